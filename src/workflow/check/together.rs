//! Several ballots in one state: whatever they come to together, a step follows.

use std::collections::BTreeSet;

use super::outcomes::possible;
use super::{Checker, place_of_state};
use crate::values::Id;
use crate::workflow::model::{Condition, Procedure, State, Step, Trigger, Workflow};

/// More ways in which the ballots of a state can come out are not gone through.
const MOST_WAYS: usize = 10_000;

/// What each ballot has come to.
type Way<'w> = Vec<(&'w Id, &'w str)>;

pub(super) fn check(c: &mut Checker<'_>, procedure: &Procedure, state: &State) {
    if state.together.is_empty() {
        return;
    }
    let place = format!("{}.ballots", place_of_state(procedure, state));
    let ballots = outcomes(c.workflow, state);
    if ways(&ballots) > MOST_WAYS {
        let message = format!("its ballots can come out in more than {MOST_WAYS} ways together");
        return c.error(&place, message, "Ask fewer questions in one state");
    }
    if let Err(way) = targets(state, &ballots) {
        let words: Vec<String> = way.iter().map(|(ballot, outcome)| format!("{ballot}.{outcome}")).collect();
        let words = words.join(" and ");
        let message = format!("nothing follows where these ballots come to {words}");
        let help = format!("Add a step to the state, without at-most: {{ when = \"{words}\", to = \"…\" }}");
        c.error(&place, message, help);
    }
}

/// The states to which the ways lead in which the ballots can come out; none where no step follows some of them, as has
/// been said.
pub(super) fn leads<'p>(workflow: &Workflow, state: &'p State) -> BTreeSet<&'p Id> {
    let ballots = outcomes(workflow, state);
    let told = ways(&ballots) > MOST_WAYS;
    if told { BTreeSet::new() } else { targets(state, &ballots).unwrap_or_default() }
}

/// The states to which every way leads in which the ballots can come out, or one that no step follows.
fn targets<'p, 'w>(
    state: &'p State,
    ballots: &[(&'w Id, Vec<&'w str>)],
) -> Result<BTreeSet<&'p Id>, Way<'w>> {
    let mut targets = BTreeSet::new();
    let nth = |number: usize| {
        let mut rest = number;
        let one = |(ballot, outcomes): &(&'w Id, Vec<&'w str>)| {
            let outcome = outcomes.get(rest % outcomes.len()).copied();
            rest /= outcomes.len();
            Some((*ballot, outcome?))
        };
        // The last ballot's outcomes change first.
        let mut way: Way<'w> = ballots.iter().rev().filter_map(one).collect();
        way.reverse();
        way
    };
    for way in (0..ways(ballots)).map(nth) {
        match follower(state, &way).and_then(|step| step.to.as_ref()) {
            Some(to) => targets.insert(to),
            None => return Err(way),
        };
    }
    Ok(targets)
}

/// The first step without bound that surely leaves the state once the ballots have come out so, whatever else is so.
fn follower<'s>(state: &'s State, way: &Way<'_>) -> Option<&'s Step> {
    let mut known = |part: &Condition| match part {
        Condition::Outcome { ballot, outcome } => {
            Some(way.iter().any(|(of, is)| *of == ballot && *outcome == *is))
        }
        _ => None,
    };
    state.steps.iter().find(|step| match &step.trigger {
        Trigger::When(condition) => {
            step.at_most.is_none() && step.to.is_some() && condition.comes_to(&mut known) == Some(true)
        }
        _ => false,
    })
}

/// The outcomes that each ballot of a state can have: one at least.
fn outcomes<'w>(workflow: &'w Workflow, state: &'w State) -> Vec<(&'w Id, Vec<&'w str>)> {
    let ballots = state.together.iter().filter_map(|name| workflow.ballot(name));
    ballots.map(|ballot| (&ballot.name, possible(ballot).collect())).collect()
}

/// In how many ways the ballots can come out together.
fn ways(ballots: &[(&Id, Vec<&str>)]) -> usize {
    ballots.iter().fold(1, |ways: usize, (_, outcomes)| ways.saturating_mul(outcomes.len()))
}

/// Whether a condition cannot hold before a ballot has closed, which takes time.
pub(super) fn waits(condition: &Condition) -> bool {
    comes_late(condition, true)
}

/// Whether a condition cannot be found to hold, or not to hold, before a ballot has closed.
fn comes_late(condition: &Condition, holds: bool) -> bool {
    match (condition, holds) {
        (Condition::Outcome { .. }, _) => true,
        (Condition::Not(inner), _) => comes_late(inner, !holds),
        (Condition::All(parts), true) | (Condition::Any(parts), false) => {
            parts.iter().any(|part| comes_late(part, holds))
        }
        (Condition::All(parts), false) | (Condition::Any(parts), true) => {
            parts.iter().all(|part| comes_late(part, holds))
        }
        (
            Condition::Event(_) | Condition::SubjectSeated | Condition::Seats(_) | Condition::EverySeatFilled,
            _,
        ) => false,
    }
}
