//! Every outcome of a ballot has a step that follows it.

use std::collections::BTreeSet;

use super::together;
use super::{Checker, place_of_state, place_of_step};
use crate::values::{Length, Span};
use crate::workflow::model::{Ballot, NO_QUORUM, Origin, Procedure, State, Step, Trigger};

pub(super) fn check(c: &mut Checker<'_>, procedure: &Procedure, state: &State) {
    together::check(c, procedure, state);
    let Some(ballot) = state.ballot.as_ref().and_then(|name| c.workflow.ballot(name)) else { return };
    cut_short(c, procedure, state, ballot);
    let mut handled: BTreeSet<&str> = BTreeSet::new();
    for (index, step) in state.steps.iter().enumerate() {
        let Trigger::Outcome(outcomes) = &step.trigger else { continue };
        let place = place_of_step(procedure, state, index);
        for outcome in outcomes {
            if handled.contains(outcome.as_str()) {
                let message = format!("this step never follows `{outcome}`: one before it always does");
                let help = "The first listed that applies wins: move it up, or limit the other with at-most";
                c.warn(&format!("{place}.outcome"), message, help);
            }
        }
        if step.at_most.is_none() {
            handled.extend(outcomes.iter().map(crate::values::Id::as_str));
        }
    }
    for outcome in unhandled(ballot, state) {
        let limited = state.steps.iter().position(
            |step| matches!(&step.trigger, Trigger::Outcome(all) if all.iter().any(|one| *one == outcome)),
        );
        let state_place = place_of_state(procedure, state);
        match limited {
            Some(index) => c.error(
                &format!("{}.at-most", place_of_step(procedure, state, index)),
                format!("once this step is used up, nothing follows the outcome `{outcome}`"),
                format!("Add a step without at-most after it: {{ outcome = \"{outcome}\", to = \"…\" }}"),
            ),
            None => c.error(
                &format!("{state_place}.ballot"),
                format!("nothing follows the outcome `{outcome}` of this ballot"),
                format!("Add a step to the state: {{ outcome = \"{outcome}\", to = \"…\" }}"),
            ),
        }
    }
}

/// A clock of the state that runs out no later than its ballot closes: whatever was voted by then decides nothing.
fn cut_short(c: &mut Checker<'_>, procedure: &Procedure, state: &State, ballot: &Ballot) {
    let reveal = ballot.sealed.as_ref().map(|sealed| &sealed.reveal_for);
    let longest = |length: &Length| length.longest().seconds();
    let most = ballot
        .extend
        .as_ref()
        .map_or(0, |extend| extend.by.seconds().saturating_mul(u64::from(extend.at_most.unwrap_or(1))));
    let lasting = ballot.outcomes.iter().filter_map(|outcome| outcome.lasting).map(Span::seconds).max();
    let open = [reveal.map_or(0, longest), most, lasting.unwrap_or(0)]
        .into_iter()
        .fold(longest(&ballot.open_for), u64::saturating_add);
    // Of business days, how many there are tells: on some day a clock that counts hours may be longer or shorter.
    let shorter = |clock: &Length| match (clock, &ballot.open_for, reveal) {
        (Length::Business(clock), Length::Business(open), None) if most == 0 && lasting.is_none() => {
            clock.days() < open.days()
        }
        (clock, ..) => clock.shortest().seconds() < open,
    };
    for (index, step) in state.steps.iter().enumerate() {
        let Trigger::After(delay) = &step.trigger else { continue };
        if step.to.is_some() && delay.of == Origin::Entered && shorter(&delay.length) {
            let may = if most > 0 || lasting.is_some() { "can leave" } else { "leaves" };
            let message = format!("this clock {may} the state before the ballot `{}` closes", ballot.name);
            let help = "The votes given by then would decide nothing: make it longer, or the ballot shorter";
            c.warn(&format!("{}.after", place_of_step(procedure, state, index)), message, help);
        }
    }
}

/// The outcomes that no step of the state follows any number of times.
pub(super) fn unhandled<'w>(ballot: &'w Ballot, state: &State) -> Vec<&'w str> {
    possible(ballot).filter(|outcome| follower(state, outcome).is_none()).collect()
}

/// The first step that follows an outcome any number of times.
pub(super) fn follower<'p>(state: &'p State, outcome: &str) -> Option<&'p Step> {
    let follows = |step: &&Step| match &step.trigger {
        Trigger::Outcome(all) => step.at_most.is_none() && all.iter().any(|one| *one == outcome),
        _ => false,
    };
    state.steps.iter().find(follows)
}

/// The outcomes that a ballot can have, each once.
pub(super) fn possible(ballot: &Ballot) -> impl Iterator<Item = &str> {
    let quorum = ballot.quorum.as_ref().map(|_| NO_QUORUM);
    ballot.named_outcomes().map(crate::values::Id::as_str).chain(quorum)
}
