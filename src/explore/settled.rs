//! Invariants that the file settles by itself: nothing has to be walked for them.
//!
//! That a procedure ends, however long it takes, is broken where a case goes on and nothing is due any more. Where in every
//! state a time runs, or a ballot of which every outcome leads on, something always is; and while a case stands still,
//! the same is asked of whatever suspends it.

use crate::values::Id;
use crate::workflow::Workflow;
use crate::workflow::invariant::{Invariant, Promise};
use crate::workflow::model::{Ballot, Delay, NO_QUORUM, Origin, State, Step, Trigger};

/// Whether the file shows that an invariant holds.
pub(super) fn is_settled(workflow: &Workflow, invariant: &Invariant) -> bool {
    match &invariant.promise {
        Promise::Ends { procedure, within: None } => always_goes_on(workflow, procedure, &mut Vec::new()),
        Promise::Ends { .. } | Promise::Never(_) | Promise::Always(_) | Promise::Reaches(_) => false,
    }
}

/// Whether something is always due while a case of a procedure is open; `asked` are those of which it is asked already.
fn always_goes_on<'w>(workflow: &'w Workflow, name: &'w Id, asked: &mut Vec<&'w Id>) -> bool {
    if asked.contains(&name) {
        return false;
    }
    asked.push(name);
    let Some(procedure) = workflow.procedure(name) else { return false };
    let mut open = procedure.states.iter().filter(|state| !state.ends);
    let goes_on = open.all(|state| is_timed(workflow, state))
        && workflow.suspending(name).all(|other| always_goes_on(workflow, &other.name, asked));
    asked.pop();
    goes_on
}

/// Whether a state leads on by itself: after a time that begins with it or before, or by its ballot.
fn is_timed(workflow: &Workflow, state: &State) -> bool {
    let leads_on = |step: &&Step| step.to.is_some() && step.at_most.is_none();
    let mut steps = state.steps.iter().filter(leads_on);
    let begun = |delay: &Delay| matches!(delay.of, Origin::Entered | Origin::Opened | Origin::Agreement);
    steps.any(|step| match &step.trigger {
        Trigger::At(_) => true,
        Trigger::After(delay) => begun(delay),
        Trigger::Do(_) | Trigger::When(_) | Trigger::Outcome(_) | Trigger::On(_) => false,
    }) || asked_alone(workflow, state).is_some_and(|ballot| {
        let no_quorum = Id::constant(NO_QUORUM);
        let quorum = ballot.quorum.is_some().then_some(&no_quorum);
        let leads = |outcome: &Id| {
            let mut steps = state.steps.iter().filter(leads_on);
            steps.any(|step| matches!(&step.trigger, Trigger::Outcome(names) if names.contains(outcome)))
        };
        let named = ballot.named_outcomes().chain(quorum).all(leads);
        // Without one that always applies, it can come to none.
        named
            && (leads(&no_quorum) || ballot.outcomes.iter().any(|it| it.rule.is_none() && it.gives.is_none()))
    })
}

/// The ballot of a state that asks one.
fn asked_alone<'w>(workflow: &'w Workflow, state: &State) -> Option<&'w Ballot> {
    state.ballot.as_ref().filter(|_| state.together.is_empty()).and_then(|name| workflow.ballot(name))
}
