//! Acts that name a seat: those that open a case about one, before whom and until when, and those that oblige one.

use super::act::judge_in_time;
use crate::engine::case::Case;
use crate::engine::clock::Moment;
use crate::engine::panel::Seats;
use crate::engine::refusal::alternatives;
use crate::engine::{Refusal, State};
use crate::statement::{Act, HolderRef};
use crate::values::{Id, Instant};
use crate::workflow::model::{Delay, Effect, Formed, Origin, Panel, Procedure, Step};

impl State {
    /// The seat that the case to be opened is about: one of the panel that the workflow says, with somebody in it.
    pub(super) fn judge_subject<'a>(
        &self,
        seat: Option<&'a HolderRef>,
        procedure: &Procedure,
    ) -> Result<Option<&'a HolderRef>, Refusal> {
        let wrong = |why: String, instead: String| Err(Refusal::new("wrong-seat", why, instead));
        let (about, seat) = match (&procedure.about, seat) {
            (None, None) => return Ok(None),
            (None, Some(seat)) => {
                let why =
                    format!("it names the seat {seat}, and a case of `{}` is about none", procedure.name);
                return wrong(why, "leave the seat out".to_owned());
            }
            (Some(about), None) => {
                let why = format!("it names no seat, and a case of `{}` is about one", procedure.name);
                return wrong(why, format!("name a seat of the panel `{about}`"));
            }
            (Some(about), Some(seat)) => (about, seat),
        };
        let seating = self.judge_seat(seat)?;
        if seating.panel.name != *about {
            let why = format!("the seat {seat} is of the panel `{}`", seating.panel.name);
            return wrong(why, format!("a case of `{}` is about a seat of `{about}`", procedure.name));
        }
        if !seating.is_filled() {
            let why = format!("nobody fills the seat {seat}");
            return Err(Refusal::new(
                "not-seated",
                why,
                "the case would be about nobody: wait until it is filled",
            ));
        }
        Ok(Some(seat))
    }

    /// The seat that an act obliges to abstain, where its step obliges one: of the panel before which the case runs,
    /// and not obliged before.
    pub(super) fn judge_obliged(&self, case: &Case, act: &Act, step: &Step) -> Result<Option<Id>, Refusal> {
        if step.effect != Some(Effect::Obliges) {
            return judge_no_seat(act).map(|()| None);
        }
        let wrong = |why: String| {
            let seats = self.panel_of(case).into_iter().flat_map(|(panel, _)| &panel.seats);
            let free = seats.filter(|seat| !case.obliged.contains_key(&seat.name));
            let free = alternatives(free.map(|seat| self.seat_name(case, &seat.name)));
            Err(Refusal::new("wrong-seat", why, format!("name a seat that it obliges: {free}")))
        };
        let Some(seat) = &act.seat else {
            return wrong(format!("it names no seat, and `{}` obliges one to abstain", act.act));
        };
        let known = self.panel_of(case).is_some_and(|(panel, _)| {
            panel.seats.iter().any(|candidate| self.seat_name(case, &candidate.name) == *seat)
        });
        match case.obliged.get(seat.name()) {
            _ if !known => wrong(format!("{seat} is no seat of the panel of {}", case.id)),
            Some(obligation) => {
                wrong(format!("{seat} is obliged to abstain since entry {}", obligation.done.entry))
            }
            None => Ok(Some(seat.name().clone())),
        }
    }

    /// The panel before which a case that is to be opened will run, as far as it sits already: a standing one, or
    /// the very one in which the seat is that the case is about.
    pub(in crate::engine) fn panel_before<'a>(
        &'a self,
        procedure: &'a Procedure,
        subject: Option<&HolderRef>,
    ) -> Option<(&'a Panel, &'a Seats)> {
        let shared = procedure.about.is_some() && procedure.about == procedure.panel;
        match subject.filter(|_| shared).and_then(|seat| self.seat(seat)) {
            Some(seating) if seating.panel.formed == Formed::PerCase => Some((seating.panel, seating.body)),
            _ => self.standing_panel(procedure),
        }
    }

    /// The full name of a seat of that panel.
    pub(in crate::engine) fn seat_before(
        &self,
        procedure: &Procedure,
        subject: Option<&HolderRef>,
        name: &Id,
    ) -> Option<HolderRef> {
        let (panel, _) = self.panel_before(procedure, subject)?;
        let seat = &panel.seats.iter().find(|seat| seat.name == *name)?.name;
        Some(match subject.filter(|_| panel.formed == Formed::PerCase) {
            Some(HolderRef::CaseSeat { case, .. }) => {
                HolderRef::CaseSeat { case: case.clone(), seat: seat.clone() }
            }
            _ => HolderRef::Office { body: panel.name.clone(), name: seat.clone() },
        })
    }

    /// Whether the time in which a case can be opened has begun, and has not passed.
    pub(super) fn judge_opening_in_time(
        &self,
        at: Instant,
        procedure: &Procedure,
        subject: Option<&HolderRef>,
    ) -> Result<(), Refusal> {
        let open = &procedure.open;
        let ends = |within| self.opening_ends(procedure, within, subject);
        let within = open.within.as_ref().map(|within| (within, ends(within)));
        let not_before = open.not_before.as_ref();
        let not_before = not_before.map(|start| (start, self.opening_starts(procedure, subject)));
        judge_in_time(at, &open.act, within, not_before)
    }

    /// When the time to open a case ends; `None` before it has begun. An event counts by its latest occurrence: in
    /// the case to which the seat belongs, or else in one of another procedure.
    pub(in crate::engine) fn opening_ends(
        &self,
        procedure: &Procedure,
        within: &Delay,
        subject: Option<&HolderRef>,
    ) -> Option<Moment> {
        let late = !within.excluded;
        let from = self.opening_origin(procedure, &within.of, subject)?;
        Some(Moment { at: within.length.end(from, late), late })
    }

    /// From when a case can be opened, of a procedure that says so; `None` before its time has begun.
    pub(in crate::engine) fn opening_starts(
        &self,
        procedure: &Procedure,
        subject: Option<&HolderRef>,
    ) -> Option<Instant> {
        let not_before = procedure.open.not_before.as_ref()?;
        let from = self.opening_origin(procedure, &not_before.of, subject)?;
        Some(not_before.length.end(from, false))
    }

    fn opening_origin(
        &self,
        procedure: &Procedure,
        of: &Origin,
        subject: Option<&HolderRef>,
    ) -> Option<Instant> {
        let seating = subject.and_then(|seat| self.seat(seat));
        Some(match of {
            Origin::Filled => {
                let seating = seating?;
                seating.nominee?.filled_since(seating.panel)?
            }
            Origin::Event(event) => {
                let own = seating.and_then(|seating| seating.case);
                let own = own.and_then(|own| self.events.live_of(event, &own.id));
                own.or_else(|| self.events.live_beside(event, &procedure.name))?.at
            }
            Origin::Agreement => self.opened,
            Origin::Entered | Origin::Opened | Origin::Served => return None,
        })
    }
}

/// Whether an act that is about no seat names none.
pub(super) fn judge_no_seat(act: &Act) -> Result<(), Refusal> {
    let Some(seat) = &act.seat else { return Ok(()) };
    let why = format!("it names the seat {seat}, and `{}` is about none", act.act);
    Err(Refusal::new("wrong-seat", why, "leave the seat out"))
}
