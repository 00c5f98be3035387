//! How much can happen between two entries: the engine takes so many steps at a time and no more.
//!
//! Counted for the worst case of each procedure. A step with `at-most` is taken so often in one case. Between
//! two of these a case goes by steps without bound, on which no circle lies (see `flow`), so through each
//! state once at most; in each it takes one of them, and a ballot closes where one is open, its rules having eased,
//! its outcomes having been confirmed, and its votes having been revealed before. What cases that have ended still owe the
//! engine counts by itself, since of these there may be any number.

use super::Checker;
use crate::workflow::model::{Ballot, MOST_BY_ITSELF, Procedure, State, Trigger, Workflow};

pub(super) fn check(c: &mut Checker<'_>) {
    let workflow = c.workflow;
    let procedures = workflow.procedures.iter().map(|procedure| (most(workflow, procedure), procedure));
    let total = procedures.clone().fold(0, |sum: u64, (steps, _)| sum.saturating_add(steps));
    let Some((steps, procedure)) = procedures.max_by_key(|(steps, _)| *steps) else { return };
    if total > MOST_BY_ITSELF {
        let message = format!(
            "up to {total} steps could follow one another with nobody acting, {steps} of them in `{}`; at most \
             {MOST_BY_ITSELF} may",
            procedure.name
        );
        let help = "Lower the at-most of its steps that need nobody, or at-once, or leave out states";
        c.error_at_name(&format!("procedure.{}", procedure.name), message, help);
    }
}

/// Steps and closings of ballots that all cases of a procedure together can come to by themselves.
fn most(workflow: &Workflow, procedure: &Procedure) -> u64 {
    let going = procedure.states.iter().filter(|state| !state.ends);
    let steps = going.clone().flat_map(|state| &state.steps);
    let limited: u64 = steps
        .filter(|step| !matches!(step.trigger, Trigger::Do(_)))
        .filter_map(|step| step.at_most.map(u64::from))
        .fold(0, u64::saturating_add);
    let of = |state: &State| {
        let ballots = state.ballots().filter_map(|name| workflow.ballot(name));
        ballots.map(Ballot::moments).fold(0, u64::saturating_add)
    };
    let moments = going.map(|state| of(state).saturating_add(1));
    // What is owed may turn out not to have been done, once each time that its state is entered.
    let late = procedure.duties().filter(|duty| !duty.if_late.is_empty()).map(|_| 1);
    let through = moments.chain(late).fold(0, u64::saturating_add);
    // Once through the states before the first of the limited steps, and again after each.
    let one_case = limited.saturating_add(1).saturating_mul(through.saturating_add(1));
    one_case.saturating_mul(u64::from(procedure.at_once))
}
