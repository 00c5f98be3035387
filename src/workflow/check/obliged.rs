//! Who is obliged to abstain: by an act that comes before the ballot opens which looks at it.

use super::{Checker, place_of_step};
use crate::values::Id;
use crate::workflow::model::{Ballot, Effect, Exclusion, Procedure, State};

pub(super) fn check(c: &mut Checker<'_>) {
    for procedure in &c.workflow.procedures {
        steps(c, procedure);
    }
    for ballot in &c.workflow.ballots {
        abstention(c, ballot);
        nobody(c, ballot);
    }
}

/// Steps that oblige somebody: in time, and for a ballot that asks.
fn steps(c: &mut Checker<'_>, procedure: &Procedure) {
    let asked = ballots(procedure).filter_map(|name| c.workflow.ballot(name)).any(asks);
    for state in &procedure.states {
        for (index, step) in state.steps.iter().enumerate() {
            if step.effect != Some(Effect::Obliges) {
                continue;
            }
            let place = format!("{}.obliges", place_of_step(procedure, state, index));
            if !asked {
                let message = format!("no ballot of `{}` asks who is obliged to abstain", procedure.name);
                let help = "Say so in a ballot: electors = { of = \"…\", less = [\"obliged\"] }, or abstain = [\"obliged\"]";
                c.error(&place, message, help);
            } else if step.to.is_none() && state.ballots().next().is_some() {
                let help = "Let it come before the ballot opens: write it in a state without one";
                c.error(&place, "who votes is fixed when the ballot opens, and this comes later", help);
            } else if !later(c, procedure, step.to.as_ref().unwrap_or(&state.name)) {
                let message = "no ballot that asks who is obliged to abstain can open after this";
                c.warn(&place, message, "Let it come before the ballot opens: write it in an earlier state");
            }
        }
    }
}

/// Whether a ballot that asks opens in a state, or in one to which a case can come from there.
fn later(c: &Checker<'_>, procedure: &Procedure, from: &Id) -> bool {
    let reached = procedure.reached(from);
    reached.iter().flat_map(|state| state.ballots()).filter_map(|name| c.workflow.ballot(name)).any(asks)
}

/// Whoever counts as abstaining must be able to abstain.
fn abstention(c: &mut Checker<'_>, ballot: &Ballot) {
    if !ballot.abstain.is_empty() && ballot.abstention.is_none() {
        let help = "Give it a name: abstention = \"abstain\"; or leave them out of the electors: less = [\"obliged\"]";
        let place = format!("ballot.{}.electors.abstain", ballot.name);
        c.error(&place, "nobody can abstain in this ballot", help);
    }
}

/// A ballot that asks who is obliged, where no act obliges anybody.
fn nobody(c: &mut Checker<'_>, ballot: &Ballot) {
    if !asks(ballot) {
        return;
    }
    let opening = |procedure: &&Procedure| ballots(procedure).any(|name| *name == ballot.name);
    let obliges = |procedure: &Procedure| {
        let mut steps = procedure.states.iter().flat_map(|state| &state.steps);
        steps.any(|step| step.effect == Some(Effect::Obliges))
    };
    let without = c.workflow.procedures.iter().filter(opening).find(|procedure| !obliges(procedure));
    if let Some(procedure) = without {
        let key = if ballot.abstain.is_empty() { "less" } else { "abstain" };
        let message = format!("no act of `{}` obliges anybody to abstain", procedure.name);
        let help = "Write a step with do = \"…\" and obliges = \"abstain\", or leave \"obliged\" out";
        c.error(&format!("ballot.{}.electors.{key}", ballot.name), message, help);
    }
}

fn asks(ballot: &Ballot) -> bool {
    !ballot.abstain.is_empty() || ballot.less.contains(&Exclusion::Obliged)
}

fn ballots(procedure: &Procedure) -> impl Iterator<Item = &Id> {
    procedure.states.iter().flat_map(State::ballots)
}
