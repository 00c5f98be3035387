//! What is so of every seat.

use std::collections::BTreeSet;

use super::branch::Branch;
use super::key::{age, goes_on, put_off, ran, up_to};
use super::mixer::Mixer;
use super::seating::Seating;
use super::view::View;
use crate::engine::ballot::{Cast, Elector, Leaving, Reason};
use crate::engine::case::{Case, Subject};
use crate::engine::panel::{Nominee, Place, Seats};
use crate::engine::sealed::Committed as Sealed;
use crate::statement::{CaseRef, HolderRef};
use crate::values::{Id, Instant, Span};
use crate::workflow::model::NewEvidence;

/// What sits in each seat.
fn places(
    view: &View<'_>,
    (seating, idle): (&Seating, &[bool]),
    seats: &Seats,
    (case, now, put_off): (Option<&Case>, Instant, bool),
    marks: &mut [Mixer],
) {
    // Whoever was dismissed does not come back: somebody else is named, whom nothing tells apart from them.
    let Seats { panel, seats, dismissed: _, keys: _ } = seats;
    let Some(panel) = view.workflow.panel(panel) else { return };
    let all = seats.values().zip(&seating.passes).zip(idle).zip(marks);
    for (((place, passes), _), mark) in all.filter(|((_, idle), _)| !**idle) {
        let Place { vacant_since, nominee } = place;
        match nominee {
            None => mark.put(1),
            Some(nominee) => {
                // Everybody has an affiliation of their own, if any.
                let Nominee { person: _, key: _, by: _, nominated: _, affiliation: _, accepted, disclosures } =
                    &**nominee;
                mark.put(2 + u64::from(accepted.is_some()) + 2 * u64::from(!disclosures.is_empty()));
                let since = seating.counts_filled.and_then(|it| Some((it, nominee.filled_since(panel)?)));
                if let Some((longest, since)) = since {
                    mark.put(age(now, since, longest));
                }
            }
        }
        let filled = nominee.as_ref().is_some_and(|nominee| nominee.fills(panel));
        if *passes && !filled {
            let vacant =
                case.map_or_else(|| now.since(*vacant_since), |case| ran(view, case, (*vacant_since, now)));
            mark.put(up_to(vacant, if put_off { Span::MAX } else { seating.vacancy }));
        }
    }
}

/// What is so of every seat: a digest each, equal where nothing tells two seats of a kind apart.
pub(super) struct SeatMarks<'a> {
    pub all: Vec<PanelMarks<'a>>,
}

/// The seats of a standing panel, or of one case.
pub(super) struct PanelMarks<'a> {
    pub case: Option<&'a CaseRef>,
    panel: &'a Id,
    seating: &'a Seating,
    marks: Vec<Mixer>,
    /// The seats of which it does not matter any more who has them; in the order of their names.
    idle: Vec<bool>,
}

impl<'a> SeatMarks<'a> {
    pub(super) fn of(view: &'a View<'_>, branch: &'a Branch) -> Self {
        let (state, now, put_off) = (&branch.state, branch.now, put_off(view, &branch.state));
        let mut all = Vec::new();
        let going_on = || state.cases.values().filter(|case| goes_on(view, case));
        let votes = |seat: &Id| {
            let mut open = going_on().flat_map(|case| case.open_ballots());
            open.any(|run| run.electors.contains_key(seat) && view.asks(&run.id.ballot))
        };
        // Also the panel of a case that has ended, before which another one goes on.
        let bodies: BTreeSet<&CaseRef> =
            going_on().filter_map(|case| state.body_of(case)).map(|body| &body.id).collect();
        let bodies = bodies.into_iter().filter_map(|id| state.case(id));
        let own = bodies.filter_map(|case| Some((Some(&case.id), case.seats.as_ref()?)));
        for (case, seats) in state.panels.values().map(|seats| (None, seats)).chain(own) {
            let Some(seating) = view.seating(&seats.panel) else { continue };
            let mut marks = vec![Mixer::default(); seating.names.len()];
            let matter = view.seats_matter(state, &seats.panel, case);
            let idle: Vec<bool> = seating.names.iter().map(|seat| !matter && !votes(seat)).collect();
            places(
                view,
                (seating, &idle),
                seats,
                (case.and_then(|id| state.case(id)), now, put_off),
                &mut marks,
            );
            all.push(PanelMarks { case, panel: &seats.panel, seating, marks, idle });
        }
        for case in going_on() {
            let panel = case.procedure().and_then(|procedure| procedure.panel.as_ref());
            let body = state.body_of(case).map(|body| &body.id);
            let its = |marks: &&mut PanelMarks<'_>| match (marks.case, body) {
                (Some(own), Some(body)) => own == body,
                (None, None) => panel == Some(marks.panel),
                _ => false,
            };
            if let Some(marks) = all.iter_mut().find(its) {
                marks.of_case(view, case, branch);
                let chosen = case.chosen.as_ref().filter(|_| view.chair_acts);
                let chosen = chosen.and_then(|_| state.around(case).chosen());
                if let Some(mark) = chosen.and_then(|chosen| marks.mark(&chosen.seat)) {
                    mark.put(37);
                }
            }
        }
        let mut marks = Self { all };
        for case in state.cases.values().filter(|case| case.subject.is_some()) {
            marks.subject(view, case, (state.subject_seated(case), now));
        }
        marks
    }

    /// That a case is about somebody marks their seat; and an ended one, where how long ago matters to the next about it.
    fn subject(&mut self, view: &View<'_>, case: &Case, (seated, now): (bool, Instant)) {
        let Some(Subject { seat, person: _, key: _, nominated: _ }) = &case.subject else { return };
        let Some(mark) =
            self.all.iter_mut().find(|panel| panel.has(seat)).and_then(|marks| marks.mark(seat.name()))
        else {
            return;
        };
        match case.ended {
            None if seated => {
                mark.put(23);
                mark.put_id(&case.id.procedure);
                mark.put(u64::from(case.id.number.get()));
            }
            Some(ended) if view.bounds.cases > 1 => {
                if let Some(after) = case.procedure().and_then(|procedure| procedure.again_after.as_ref()) {
                    mark.put(29);
                    mark.put_id(&case.id.procedure);
                    mark.put(age(now, ended, after.longest()));
                }
            }
            _ => {}
        }
    }

    /// Whether it does not matter any more who has a seat.
    pub(super) fn is_idle(&self, seat: &HolderRef) -> bool {
        let panel = self.all.iter().find(|panel| panel.has(seat));
        panel.is_none_or(|panel| {
            panel.seating.place(seat.name()).and_then(|place| panel.idle.get(place)) == Some(&true)
        })
    }

    /// Whether another seat, before this one and not the one called `but`, is like it in everything. The seat is one of the
    /// panel of the case, or a standing one.
    pub(super) fn has_twin(&self, case: Option<&CaseRef>, seat: &Id, but: Option<&Id>) -> bool {
        let panels = self.all.iter().filter(|panel| panel.case.is_none() || panel.case == case);
        let mut panels = panels.filter_map(|panel| Some((panel, panel.seating.place(seat)?)));
        panels.next().is_some_and(|(panel, place)| {
            let like = |place: usize| Some((panel.seating.kinds.get(place)?, panel.marks.get(place)?));
            let other = |place: usize| but.is_none() || panel.seating.names.get(place) != but;
            (0..place).any(|before| other(before) && like(before) == like(place))
        })
    }
}

impl PanelMarks<'_> {
    /// Whether a seat is one of these.
    fn has(&self, seat: &HolderRef) -> bool {
        match seat {
            HolderRef::CaseSeat { case, .. } => self.case == Some(case),
            HolderRef::Office { body, .. } => self.case.is_none() && self.panel == body,
        }
    }

    /// The seats, those that are alike in any order.
    pub(super) fn sorted_into(&self, key: &mut Mixer) {
        let mut sorted: Vec<(usize, Mixer)> =
            self.seating.kinds.iter().copied().zip(self.marks.iter().copied()).collect();
        sorted.sort_unstable();
        for (_, mark) in sorted {
            key.put_mixer(mark);
        }
    }

    /// Marks the seats that are among these, which come in the order of their names.
    fn put_each<'n, T>(&mut self, all: impl Iterator<Item = (&'n Id, T)>, put: impl Fn(&mut Mixer, T)) {
        let mut marks = self.seating.names.iter().zip(&mut self.marks).peekable();
        for (name, it) in all {
            while marks.next_if(|(known, _)| *known < name).is_some() {}
            if let Some((_, mark)) = marks.next_if(|(known, _)| *known == name) {
                put(mark, it);
            }
        }
    }

    fn mark(&mut self, name: &Id) -> Option<&mut Mixer> {
        self.marks.get_mut(self.seating.place(name)?)
    }

    fn of_case(&mut self, view: &View<'_>, case: &Case, branch: &Branch) {
        self.put_each(case.recused.iter(), |mark, _| mark.put(11));
        self.put_each(case.obliged.iter(), |mark, _| mark.put(31));
        for run in case.open_ballots().filter(|run| view.asks(&run.id.ballot)) {
            let reaffirms = run.rules().is_some_and(|it| it.new_evidence == NewEvidence::VotesToReaffirm);
            self.put_each(run.lapsed.iter().filter(|_| reaffirms), |mark, cast| {
                mark.put(19);
                mark.put_id(&cast.choice);
            });
            self.put_each(run.electors.iter(), |mark, elector| {
                let Elector { person: _, key: _, taken: _, standing: _ } = elector; // a seat's standing is its kind's
                mark.put(13);
            });
            self.put_each(run.votes.iter(), |mark, cast| {
                let Cast { choice, done: _ } = cast;
                mark.put_id(choice);
            });
            for (name, its) in run.sealed.iter().flat_map(|sealing| &sealing.commitments) {
                // Whoever left the seat reveals as they would have in it.
                let Sealed { commitment: _, done: _, revealed, leaver: _ } = its;
                let choice = branch.committed.get(&(run.id.clone(), name.clone()));
                if let Some(mark) = self.mark(name) {
                    mark.put(17 + u64::from(revealed.is_some()));
                    if let Some(choice) = choice {
                        mark.put_id(choice);
                    }
                }
            }
            self.put_each(run.left.iter(), |mark, leaving| {
                let Leaving { reason, at: _, entry: _, vote_stands } = leaving;
                // Whose key was recovered is a candidate still.
                mark.put(14 + u64::from(*vote_stands) + 64 * u64::from(*reason == Reason::KeyRecovered));
            });
            // Whoever left in a standstill was among those who were awaited before it.
            if let Some(was) = branch.stilled.get(&run.id) {
                let since = run.left.keys().filter(|seat| !was.left.contains_key(*seat));
                self.put_each(since.map(|seat| (seat, ())), |mark, ()| mark.put(41));
            }
        }
        // What comes after is of another case.
        self.marks.iter_mut().for_each(|mark| mark.put(12));
    }
}
