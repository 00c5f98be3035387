//! Outcomes that come where nobody may vote: no vote of none is all of them.

use super::Checker;
use super::counts::Silence;
use crate::workflow::model::{Ballot, Condition, Exclusion, Panel, Procedure, State, Trigger};

pub(super) fn check(c: &mut Checker<'_>, ballot: &Ballot, panel: &Panel) {
    let holds = |filled: bool, rule| Silence { panel, filled }.holds(rule);
    if ballot.quorum.as_ref().is_some_and(|quorum| !holds(false, quorum)) || !may_be_without(c, ballot) {
        return;
    }
    for (index, outcome) in ballot.outcomes.iter().enumerate().filter(|(_, it)| it.gives.is_none()) {
        // Where everybody is silent it does not come: that it comes with nobody is hardly meant.
        let Some(rule) = outcome.rule.as_ref().filter(|it| holds(false, it) && !holds(true, it)) else {
            continue;
        };
        let message = format!("`{}` holds where nobody may vote", rule.text);
        let help = "Ask for a share, which is never one of nothing (`100% of electors`), for a vote as well (`votes >= 1`), or \
                    for a quorum";
        c.warn(&format!("ballot.{}.outcomes[{}].if", ballot.name, index + 1), message, help);
    }
}

/// Whether the ballot may open without an elector: who stays out is none, or a way to it waits for nobody to take a seat.
fn may_be_without(c: &Checker<'_>, ballot: &Ballot) -> bool {
    let excluded = |it: &Exclusion| matches!(it, Exclusion::Recused | Exclusion::Obliged);
    ballot.less.iter().any(excluded)
        || c.workflow.procedures.iter().any(|procedure| {
            let opens = |state: &&State| state.ballots().any(|name| *name == ballot.name);
            procedure.states.iter().filter(opens).any(|state| entered_without(c, ballot, procedure, state))
        })
}

/// Whether a way into a state waits for no seat of the ballot to be filled.
fn entered_without(c: &Checker<'_>, ballot: &Ballot, procedure: &Procedure, state: &State) -> bool {
    let Some(panel) = c.workflow.panel(&ballot.panel) else { return false };
    let mut into = procedure.states.iter().flat_map(|from| &from.steps);
    procedure.start == state.name
        || into.any(|step| {
            let waits = match &step.trigger {
                Trigger::When(condition) => waits(condition, ballot, panel),
                _ => false,
            };
            step.to.as_ref() == Some(&state.name) && !waits
        })
}

/// Whether a condition holds only once somebody has a seat of the ballot.
fn waits(condition: &Condition, ballot: &Ballot, panel: &Panel) -> bool {
    match condition {
        Condition::EverySeatFilled => true,
        // Of a class it would have to count that class.
        Condition::Seats(rule) => ballot.classes.is_empty() && !Silence { panel, filled: false }.holds(rule),
        Condition::All(parts) => parts.iter().any(|part| waits(part, ballot, panel)),
        Condition::Any(parts) => parts.iter().all(|part| waits(part, ballot, panel)),
        Condition::Not(_) | Condition::Event(_) | Condition::Outcome { .. } | Condition::SubjectSeated => {
            false
        }
    }
}
