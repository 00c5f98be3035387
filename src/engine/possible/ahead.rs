//! When something else is possible than now.

use std::collections::BTreeSet;

use crate::engine::clock::Moment;
use crate::engine::state::State;
use crate::statement::HolderRef;
use crate::values::Instant;
use crate::workflow::model::{Procedure, Trigger};

impl State {
    /// The moments after `at` from which, if nobody acts, something else is possible than before, or at which
    /// something happens by itself; each for the first time from this state on.
    pub fn moments_ahead(&self, at: Instant) -> BTreeSet<Moment> {
        let passing = self.passing().map(|(_, moment)| moment);
        let all = self.moments_of_cases(&self.workflow.procedures).into_iter().chain(passing);
        all.filter(|moment| *moment > Moment::of(at)).collect()
    }

    /// The vacant seats with the moments, past ones too, from which another than before may nominate for them.
    pub fn passing(&self) -> impl Iterator<Item = (HolderRef, Moment)> {
        self.seats().into_iter().filter_map(|name| {
            let seating = self.seat(&name).filter(|seating| !seating.is_filled())?;
            Some((name, seating.passing()?))
        })
    }

    /// The moments, past ones too, at which something happens in a case by itself, or from which an act is possible that was
    /// not, or not any more: the acts in cases, and those that open a case of one of these procedures.
    pub fn moments_of_cases(&self, opening: &[Procedure]) -> Vec<Moment> {
        let mut ahead = Vec::new();
        ahead.extend(self.next_due().map(|due| due.moment));
        for procedure in opening {
            for seat in self.subjects(procedure) {
                ahead.extend(self.again_from(procedure, seat.as_ref()).map(|(_, from)| Moment::of(from)));
                let within = procedure.open.within.as_ref();
                ahead.extend(within.and_then(|within| self.opening_ends(procedure, within, seat.as_ref())));
                ahead.extend(self.opening_starts(procedure, seat.as_ref()).map(Moment::of));
            }
        }
        for case in self.cases.values() {
            for run in case.open_ballots() {
                let Some(extend) = run.rules().and_then(|rules| rules.extend.as_ref()) else { continue };
                let Some(in_last) = extend.in_last else { continue };
                // From here on a vote is late, and puts the closing off.
                let late = run.closes.unix().saturating_sub_unsigned(in_last.seconds());
                ahead.push(Moment::of(Instant::from_unix(late)));
            }
            let steps = case.rules().map_or(&[][..], |state| &state.steps);
            for step in steps {
                let Trigger::Do(doing) = &step.trigger else { continue };
                ahead.extend(doing.within.as_ref().and_then(|delay| self.deadline(case, delay)));
                let start = doing.not_before.as_ref().and_then(|delay| self.earliest(case, delay));
                ahead.extend(start.map(Moment::of));
            }
        }
        ahead
    }
}
