//! What of a workflow makes a difference to what can follow and to what the propositions say: the rest is not looked at.

use std::collections::BTreeSet;

use crate::values::Id;
use crate::workflow::Workflow;
use crate::workflow::invariant::Holds;
use crate::workflow::model::{
    Amount, Ballot, Bound, Cause, Comparison, Condition, Counted, Doing, Early, Moves, Origin, Procedure,
    Rule, State, Step, Term, Trigger,
};

/// The classes that something looks at: a ballot in which they vote, or a rule that counts them.
pub(super) fn classes(workflow: &Workflow, parts: &[Holds]) -> BTreeSet<Id> {
    let mut told: BTreeSet<Id> = workflow.ballots.iter().flat_map(|it| &it.classes).cloned().collect();
    told.extend(terms(workflow, parts).into_iter().filter_map(|term| term.class.clone()));
    told
}

/// Whether a rule counts which seats were filled when a ballot opened.
pub(super) fn filled(workflow: &Workflow, parts: &[Holds]) -> bool {
    terms(workflow, parts).iter().any(|term| term.counted == Counted::Filled)
}

/// The events of which something depends on whether they count, or on when they came.
pub(super) fn events(workflow: &Workflow, parts: &[Holds]) -> BTreeSet<Id> {
    let mut told = BTreeSet::new();
    let causes = |grant: &Id, attribute: &Id| {
        let grant = workflow.grants.iter().filter(|known| known.name == *grant);
        let attribute = grant.flat_map(|known| &known.attributes).filter(|known| known.name == *attribute);
        let moves = attribute.flat_map(|it| &it.values).filter_map(|value| value.moves.as_ref());
        moves.flat_map(Moves::causes).cloned().collect::<Vec<_>>()
    };
    for part in parts {
        match part {
            Holds::Grant { grant, attribute, .. } => {
                told.extend(causes(grant, attribute).into_iter().filter_map(|cause| match cause {
                    Cause::Event(event) => Some(event),
                    Cause::At(..) | Cause::After(_) => None,
                }));
            }
            Holds::Event(event) | Holds::Within { of: event, .. } => drop(told.insert(event.clone())),
            _ => {}
        }
    }
    let mut delays = Vec::new();
    for procedure in &workflow.procedures {
        delays.extend(procedure.open.within.iter().chain(&procedure.open.not_before));
        for step in procedure.states.iter().flat_map(|state| &state.steps) {
            match &step.trigger {
                Trigger::Do(doing) => delays.extend(doing.within.iter().chain(&doing.not_before)),
                Trigger::After(delay) => delays.push(delay),
                Trigger::When(condition) => each(condition, &mut |part| {
                    if let Condition::Event(event) = part {
                        told.insert(event.clone());
                    }
                }),
                Trigger::On(events) => told.extend(events.iter().cloned()),
                Trigger::Outcome(_) | Trigger::At(_) => {}
            }
        }
    }
    told.extend(delays.into_iter().filter_map(|delay| match &delay.of {
        Origin::Event(event) => Some(event.clone()),
        _ => None,
    }));
    told
}

/// Whether an act of a state moves nothing but the count of how often it was done, on which nothing hangs: it goes nowhere, tells nothing, puts
/// nothing off, and what it files is neither struck nor heeded by a ballot.
pub(super) fn is_idle(workflow: &Workflow, procedure: &Procedure, state: &State, step: &Step) -> bool {
    let Trigger::Do(doing) = &step.trigger else { return false };
    let Doing { act: _, by: _, attach, within: _, not_before: _, strikes, serves, extends } = doing;
    let Step { trigger: _, to, emits, at_most: _, effect, line: _ } = step;
    let struck = procedure.states.iter().flat_map(State::doings).flat_map(|doing| &doing.strikes);
    let heeds = |name: &Id| workflow.ballot(name).is_none_or(Ballot::heeds_evidence);
    // How often it was done decides when another step of the same name is taken.
    let same = |other: &Step| matches!(&other.trigger, Trigger::Do(other) if other.act == doing.act);
    let counts = state.steps.iter().filter(|other| same(other)).count() > 1;
    let moves = counts || to.is_some() || effect.is_some() || extends.is_some();
    let tells = !(emits.is_empty() && strikes.is_empty() && serves.is_empty());
    let matters = !attach.is_empty() && state.ballots().any(heeds);
    !moves && !tells && !matters && !struck.into_iter().any(|name| attach.contains(name))
}

/// Every term by which something is counted.
fn terms<'a>(workflow: &'a Workflow, parts: &'a [Holds]) -> Vec<&'a Term> {
    let mut rules: Vec<&Rule> = Vec::new();
    for ballot in &workflow.ballots {
        rules.extend(&ballot.quorum);
        rules.extend(ballot.outcomes.iter().filter_map(|outcome| outcome.rule.as_ref()));
        rules.extend(ballot.outcomes.iter().flat_map(|outcome| &outcome.eases).map(|ease| &ease.rule));
        if let Early::When(rule) = &ballot.early {
            rules.push(rule);
        }
    }
    let steps = workflow.procedures.iter().flat_map(|it| &it.states).flat_map(|state| &state.steps);
    for step in steps {
        if let Trigger::When(condition) = &step.trigger {
            each(condition, &mut |part| {
                if let Condition::Seats(rule) = part {
                    rules.push(rule);
                }
            });
        }
    }
    let mut comparisons: Vec<&Comparison> = rules.into_iter().flat_map(|rule| &rule.all).collect();
    comparisons.extend(parts.iter().filter_map(|part| match part {
        Holds::Counted { comparison, .. } => Some(comparison),
        _ => None,
    }));
    let mut terms = Vec::new();
    for Comparison { amount, op: _, bound } in comparisons {
        terms.extend(amount);
        bounding(bound, &mut terms);
    }
    terms
}

fn bounding<'a>(bound: &'a Bound, terms: &mut Vec<&'a Term>) {
    let mut of = |amount: &'a Amount| terms.extend(amount);
    match bound {
        Bound::Number(_) => {}
        Bound::Share { of: amount, .. } | Bound::Times { of: amount, .. } => of(amount),
        Bound::Lesser(a, b) => {
            bounding(a, terms);
            bounding(b, terms);
        }
    }
}

/// A condition and all its parts.
fn each<'a>(condition: &'a Condition, see: &mut dyn FnMut(&'a Condition)) {
    see(condition);
    match condition {
        Condition::Not(inner) => each(inner, see),
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| each(part, see)),
        _ => {}
    }
}
