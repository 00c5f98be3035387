//! What anybody could say now, and when that changes: what `explore` walks through.
//!
//! This is a list of candidates: admission alone says what is taken. Whatever it would take and moves a case has to be
//! among them, so whoever teaches the engine a new statement adds it here.

use std::collections::BTreeSet;

use crate::engine::ballot::BallotRun;
use crate::engine::case::Case;
use crate::engine::clock::{Moment, exhausted};
use crate::engine::panel::Seats;
use crate::engine::state::State;
use crate::statement::{BallotRef, By, CaseRef, HolderRef};
use crate::values::{Id, Instant};
use crate::workflow::model::{Actor, Actors, Change, Doing, Exclusion, Formed, Panel, Trigger};

/// Something that somebody could say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Possible {
    /// In whose name.
    pub by: By,
    /// What.
    pub deed: Deed,
}

/// What somebody could say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Opens a case, or takes a step of it, with these documents.
    Act {
        /// The case.
        case: CaseRef,
        /// The act.
        act: Id,
        /// The documents that the workflow asks for.
        attach: Vec<Id>,
    },
    /// A vote; on a sealed ballot the commitment to it.
    Vote {
        /// On which ballot.
        ballot: BallotRef,
        /// For what.
        choice: Id,
        /// The documents that the ballot asks for.
        attach: Vec<Id>,
    },
    /// The vote is revealed to which the seat has committed.
    Reveal {
        /// On which ballot.
        ballot: BallotRef,
        /// The documents that the ballot asks for.
        attach: Vec<Id>,
    },
    /// Somebody is named for a seat.
    Nominate(HolderRef),
    /// A nominee takes the seat, with a disclosure.
    Accept(HolderRef),
    /// A nominee files the disclosure that is missing.
    Disclose(HolderRef),
    /// A panelist stays out of a case.
    Recuse(HolderRef, CaseRef),
    /// A panelist gives up the seat.
    StepDown(HolderRef),
}

/// Who sits where, for the acts of one case or of an opening.
struct Around<'a> {
    panel: Option<(&'a Panel, &'a Seats)>,
    case: Option<&'a Case>,
}

impl State {
    /// What anybody could say at `at`, in a fixed order; duties apart, which move nothing. This state must be the
    /// one at `at`.
    pub fn possible(&self, at: Instant) -> Vec<Possible> {
        let mut all = Vec::new();
        for procedure in &self.workflow.procedures {
            let running = self.running.iter().filter(|case| case.procedure == procedure.name).count();
            if running >= usize::try_from(procedure.at_once).unwrap_or(usize::MAX)
                || self.again_from(&procedure.name).is_some_and(|from| at < from)
            {
                continue;
            }
            let around = Around { panel: self.standing_panel(procedure), case: None };
            let (case, open) = (self.next_case(&procedure.name), &procedure.open);
            for by in around.speakers(&open.by) {
                let (case, act, attach) = (case.clone(), open.act.clone(), open.attach.clone());
                all.push(Possible { by, deed: Deed::Act { case, act, attach } });
            }
        }
        for case in self.cases.values() {
            self.possible_acts(at, case, &mut all);
            Self::possible_votes(case, &mut all);
        }
        self.possible_seats(at, &mut all);
        all
    }

    /// From when another case of a procedure may be opened, where one has ended and it must be waited for.
    fn again_from(&self, procedure: &Id) -> Option<Instant> {
        let again_after = self.workflow.procedure(procedure)?.again_after?;
        let ended = self.cases_of(procedure).filter_map(|case| case.ended).max()?;
        Some(ended.plus(again_after))
    }

    fn possible_acts(&self, at: Instant, case: &Case, all: &mut Vec<Possible>) {
        let around = Around { panel: self.panel_of(case), case: Some(case) };
        let steps = case.rules().map_or(&[][..], |state| &state.steps);
        for (place, step) in steps.iter().enumerate() {
            let Trigger::Do(doing) = &step.trigger else { continue };
            if exhausted(case, place, step) || !self.in_time(at, case, doing) {
                continue;
            }
            for by in around.speakers(&doing.by) {
                let (act, attach) = (doing.act.clone(), doing.attach.clone());
                let possible = Possible { by, deed: Deed::Act { case: case.id.clone(), act, attach } };
                if !all.contains(&possible) {
                    all.push(possible);
                }
            }
        }
    }

    fn in_time(&self, at: Instant, case: &Case, doing: &Doing) -> bool {
        let end = doing.within.as_ref().and_then(|delay| self.deadline(case, delay));
        let late = end.is_some_and(|end| end <= Moment::of(at));
        let early = |delay| self.earliest(case, delay).is_none_or(|start| at < start);
        !late && !doing.not_before.as_ref().is_some_and(early)
    }

    fn possible_votes(case: &Case, all: &mut Vec<Possible>) {
        case.open_ballots().for_each(|run| Self::possible_votes_in(run, all));
    }

    fn possible_votes_in(run: &BallotRun, all: &mut Vec<Possible>) {
        let Some(ballot) = run.rules() else { return };
        if let Some(sealing) = run.sealed.as_ref().filter(|sealing| sealing.revealing.is_some()) {
            for seat in sealing.unrevealed().filter(|seat| run.counts(seat)) {
                let (ballot, attach) = (run.id.clone(), ballot.attach.clone());
                all.push(Possible { by: By::One(seat.clone()), deed: Deed::Reveal { ballot, attach } });
            }
            return;
        }
        let committed = |seat: &Id| run.sealed.as_ref().is_some_and(|it| it.commitments.contains_key(seat));
        for seat in run.electors.keys().filter(|seat| !run.left.contains_key(*seat)) {
            let cast = run.votes.get(seat);
            if (cast.is_some() || committed(seat)) && ballot.change == Change::Never {
                continue;
            }
            for choice in ballot.choices.iter().chain(&ballot.abstention) {
                if cast.is_none_or(|cast| cast.choice != *choice) {
                    let (ballot, attach) = (run.id.clone(), ballot.attach.clone());
                    let deed = Deed::Vote { ballot, choice: choice.clone(), attach };
                    all.push(Possible { by: By::One(seat.clone()), deed });
                }
            }
        }
    }

    fn possible_seats(&self, at: Instant, all: &mut Vec<Possible>) {
        for panel in self.workflow.panels.iter().filter(|panel| panel.formed == Formed::Standing) {
            let Some(seats) = self.panels.get(&panel.name) else { continue };
            let name = |seat: &Id| HolderRef::Office { body: panel.name.clone(), name: seat.clone() };
            let cases: Vec<&Case> = self.running_before(&panel.name).filter_map(|id| self.case(id)).collect();
            self.seats_of(at, panel, seats, &name, &cases, all);
        }
        for case in self.running.iter().filter_map(|id| self.case(id)) {
            let (Some(seats), Some((panel, _))) = (&case.seats, self.panel_of(case)) else { continue };
            let name = |seat: &Id| HolderRef::CaseSeat { case: case.id.clone(), seat: seat.clone() };
            self.seats_of(at, panel, seats, &name, &[case], all);
        }
    }

    fn seats_of(
        &self,
        at: Instant,
        panel: &Panel,
        seats: &Seats,
        name: &dyn Fn(&Id) -> HolderRef,
        cases: &[&Case],
        all: &mut Vec<Possible>,
    ) {
        for (seat, place) in seats.seats.iter() {
            let mut says = |deed: Deed| all.push(Possible { by: By::One(seat.clone()), deed });
            match &place.nominee {
                None => {
                    let full = name(seat);
                    let nominator = self.seat(&full).map(|seating| self.nominator(&seating, at).clone());
                    if let Some(nominator) = nominator {
                        all.push(Possible { by: By::One(nominator), deed: Deed::Nominate(full) });
                    }
                }
                Some(nominee) if nominee.accepted.is_none() => says(Deed::Accept(name(seat))),
                Some(nominee) if !nominee.missing(panel).is_empty() => says(Deed::Disclose(name(seat))),
                Some(_) => {
                    says(Deed::StepDown(name(seat)));
                    let recusable = |case: &&&Case| {
                        let states = case.procedure().into_iter().flat_map(|it| &it.states);
                        let mut ballots =
                            states.filter_map(|state| case.workflow.ballot(state.ballot.as_ref()?));
                        !case.recused.contains_key(seat)
                            && ballots.any(|ballot| ballot.less.contains(&Exclusion::Recused))
                    };
                    for case in cases.iter().filter(recusable) {
                        says(Deed::Recuse(name(seat), case.id.clone()));
                    }
                }
            }
        }
    }

    /// The moments after `at` from which, if nobody acts, something else is possible than before, or at which
    /// something happens by itself; each for the first time from this state on.
    pub fn moments_ahead(&self, at: Instant) -> BTreeSet<Moment> {
        let mut ahead = BTreeSet::new();
        ahead.extend(self.next_due().map(|due| due.moment));
        for procedure in &self.workflow.procedures {
            ahead.extend(self.again_from(&procedure.name).map(Moment::of));
        }
        for case in self.cases.values() {
            for run in case.open_ballots() {
                let Some(extend) = run.rules().and_then(|rules| rules.extend.as_ref()) else { continue };
                // From here on a vote is late, and puts the closing off.
                let late = run.closes.unix().saturating_sub_unsigned(extend.in_last.seconds());
                ahead.insert(Moment::of(Instant::from_unix(late)));
            }
            let steps = case.rules().map_or(&[][..], |state| &state.steps);
            for step in steps {
                let Trigger::Do(doing) = &step.trigger else { continue };
                ahead.extend(doing.within.as_ref().and_then(|delay| self.deadline(case, delay)));
                let start = doing.not_before.as_ref().and_then(|delay| self.earliest(case, delay));
                ahead.extend(start.map(Moment::of));
            }
        }
        let own = self.running.iter().filter_map(|id| self.case(id)?.seats.as_ref());
        for seats in self.panels.values().chain(own) {
            let panel = self.workflow.panel(&seats.panel);
            let Some((panel, vacancy)) = panel.and_then(|it| Some((it, it.vacancy.as_ref()?))) else {
                continue;
            };
            for (name, place) in seats.seats.iter() {
                let passes =
                    panel.seats.iter().any(|seat| seat.name == *name && seat.by != vacancy.filled_by);
                if passes && seats.filled(panel, name).is_none() {
                    let at = place.vacant_since.plus(vacancy.after);
                    ahead.insert(Moment { at, late: !vacancy.excluded });
                }
            }
        }
        ahead.retain(|moment| *moment > Moment::of(at));
        ahead
    }
}

impl Around<'_> {
    fn sits(&self, seat: &Id) -> bool {
        let filled = self.panel.is_some_and(|(panel, seats)| seats.filled(panel, seat).is_some());
        filled && !self.case.is_some_and(|case| case.recused.contains_key(seat))
    }

    /// In whose name one who may act could speak now.
    fn names(&self, actor: &Actor) -> Vec<Id> {
        match actor {
            Actor::Office(office) => vec![office.clone()],
            Actor::Seat(seat) => self.sits(seat).then(|| seat.clone()).into_iter().collect(),
            Actor::Chair => {
                let chair = self.panel.and_then(|(panel, _)| panel.chair.as_ref());
                chair.filter(|seat| self.sits(seat)).cloned().into_iter().collect()
            }
            Actor::Panelist => {
                let seats = self.panel.into_iter().flat_map(|(panel, _)| &panel.seats);
                seats.map(|seat| &seat.name).filter(|seat| self.sits(seat)).cloned().collect()
            }
        }
    }

    /// Every `by` in which these may act now. Where all of several act, "any panelist" is the first one.
    fn speakers(&self, actors: &Actors) -> Vec<By> {
        match actors {
            Actors::AnyOf(any) => {
                let mut names: Vec<Id> = any.iter().flat_map(|actor| self.names(actor)).collect();
                names.dedup();
                names.into_iter().map(By::One).collect()
            }
            Actors::AllOf(all) => {
                let names: Option<Vec<Id>> =
                    all.iter().map(|actor| self.names(actor).into_iter().next()).collect();
                names.map(By::of).into_iter().collect()
            }
        }
    }
}
