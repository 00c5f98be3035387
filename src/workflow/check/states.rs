//! What may stand in a state: little in one that ends the case, nothing that repeats itself.

use super::graph::reachable;
use super::{Checker, place_of_state, place_of_step};
use crate::workflow::model::{Procedure, State, Trigger};

pub(super) fn check(c: &mut Checker<'_>, procedure: &Procedure) {
    let reached = reachable(procedure, &procedure.start);
    for state in &procedure.states {
        let place = place_of_state(procedure, state);
        if !reached.contains(&state.name) {
            let message = format!("no case ever comes to the state `{}`", state.name);
            c.error_at_name(&place, message, "Let a step lead to it (to = \"…\"), or leave it out");
        }
        if state.ends {
            ended(c, procedure, state);
        } else {
            standing(c, procedure, state);
        }
    }
}

/// A case that has ended takes acts, and nothing else moves it.
fn ended(c: &mut Checker<'_>, procedure: &Procedure, state: &State) {
    let place = place_of_state(procedure, state);
    if state.ballots().next().is_some() {
        let help = "Open it in a state before this one, or leave out `ends`";
        c.error(&format!("{place}.ballot"), "a ballot cannot open in a state that ends the case", help);
    }
    for (index, step) in state.steps.iter().enumerate() {
        let place = place_of_step(procedure, state, index);
        if step.to.is_some() {
            let help = "Leave out `to`, or `ends`";
            c.error(&format!("{place}.to"), "no step leaves a state that ends the case", help);
        } else if !matches!(step.trigger, Trigger::Do(_) | Trigger::Outcome(_)) {
            let help = "Its clocks have stopped: write a step with `do`, or a duty";
            c.error(&place, "a case that has ended takes acts only", help);
        }
    }
}

/// A step that stays in its state and needs nobody would be taken again at once, unless it is limited.
fn standing(c: &mut Checker<'_>, procedure: &Procedure, state: &State) {
    for (index, step) in state.steps.iter().enumerate() {
        let again = matches!(step.trigger, Trigger::On(_));
        if step.to.is_some() || matches!(step.trigger, Trigger::Do(_) | Trigger::Outcome(_)) {
            continue;
        }
        let place = place_of_step(procedure, state, index);
        if step.emits.is_empty() && step.effect.is_none() {
            c.error(&place, "this step does nothing", "Say where it leads (to = \"…\") or what it emits");
        } else if again && step.at_most.is_none() {
            let help = "Events of other cases may come without end: say how often it answers (at-most = 10)";
            c.error(&place, "this step has no bound", help);
        } else if !again && step.at_most != Some(1) {
            let help = "It stays in its state, where the same would hold again: add at-most = 1, or a `to`";
            c.error(&place, "this step would be taken again and again", help);
        }
    }
}
