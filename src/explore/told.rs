//! What of a workflow makes a difference to what can follow and to what the propositions say: the rest is not looked at.

use std::collections::BTreeSet;

use crate::values::Id;
use crate::workflow::Workflow;
use crate::workflow::invariant::Holds;
use crate::workflow::model::{
    Actor, Actors, Ballot, Cause, Comparison, Condition, Counted, Doing, Duty, Early, Moves, Origin, Outcome,
    Procedure, Rule, State, Step, Term, Trigger,
};

/// The classes that something looks at: a ballot in which they vote, or a rule that counts them.
pub(super) fn classes(workflow: &Workflow, parts: &[Holds]) -> BTreeSet<Id> {
    let mut told: BTreeSet<Id> = workflow.ballots.iter().flat_map(|it| &it.classes).cloned().collect();
    told.extend(terms(workflow, parts).into_iter().filter_map(|term| term.class.clone()));
    told
}

/// The classes that something counts of a ballot.
pub(super) fn classes_of(ballot: &Ballot, parts: &[Holds]) -> BTreeSet<Id> {
    let said = parts.iter().filter_map(|part| match part {
        Holds::Counted { ballot: of, comparison } if *of == ballot.name => Some(compared(comparison)),
        _ => None,
    });
    of_ballot(ballot).into_iter().chain(said.flatten()).filter_map(|term| term.class.clone()).collect()
}

/// Whether a procedure asks a ballot.
pub(super) fn asks(procedure: &Procedure, ballot: &Id) -> bool {
    procedure.states.iter().any(|state| state.ballots().any(|asked| asked == ballot))
}

/// Whether a rule counts which seats were filled when a ballot opened.
pub(super) fn filled(workflow: &Workflow, parts: &[Holds]) -> bool {
    terms(workflow, parts).iter().any(|term| term.counted == Counted::Filled)
}

/// The events of which something depends on whether they count, or on when they came.
pub(super) fn events(workflow: &Workflow, parts: &[Holds]) -> BTreeSet<Id> {
    let mut told: BTreeSet<Id> = workflow.procedures.iter().flat_map(heard).cloned().collect();
    for part in parts {
        match part {
            Holds::Grant { grant, attribute, .. } => told.extend(moving(workflow, grant, attribute).cloned()),
            Holds::Event(event) | Holds::Within { of: event, .. } => drop(told.insert(event.clone())),
            _ => {}
        }
    }
    told
}

/// Whether it matters that an event comes where something depends on these: it is one of them, or annuls one.
pub(super) fn matters(workflow: &Workflow, told: &BTreeSet<Id>, event: &Id) -> bool {
    let annuls = |of: &Id| workflow.annulment(of).is_some_and(|annulment| annulment.by == *event);
    told.contains(event) || told.iter().any(annuls)
}

/// The events on which the value of an attribute hangs.
pub(super) fn moving<'w>(workflow: &'w Workflow, grant: &Id, attribute: &Id) -> impl Iterator<Item = &'w Id> {
    moves(workflow, grant, attribute).flat_map(|(_, moves)| moves.causes()).filter_map(Cause::event)
}

/// The values of an attribute that something moves it to, with what does.
pub(super) fn moves<'w>(
    workflow: &'w Workflow,
    grant: &Id,
    attribute: &Id,
) -> impl Iterator<Item = (&'w String, &'w Moves)> {
    let values = workflow.attribute(grant, attribute).into_iter().flat_map(|it| &it.values);
    values.filter_map(|value| Some((&value.is, value.moves.as_ref()?)))
}

/// The events that cases of a procedure hear, or count a time from.
pub(super) fn heard(procedure: &Procedure) -> BTreeSet<&Id> {
    let counted = procedure.delays().filter_map(|delay| match &delay.of {
        Origin::Event(event) => Some(event),
        _ => None,
    });
    let mut heard: BTreeSet<&Id> = counted.collect();
    for step in procedure.states.iter().flat_map(|state| &state.steps) {
        match &step.trigger {
            Trigger::When(condition) => {
                heard.extend(condition.parts().into_iter().filter_map(|part| match part {
                    Condition::Event(event) => Some(event),
                    _ => None,
                }));
            }
            Trigger::On(events) => heard.extend(events),
            Trigger::Do(_) | Trigger::After(_) | Trigger::Outcome(_) | Trigger::At(_) => {}
        }
    }
    heard
}

/// Whether an act of a state moves nothing but the count of how often it was done, on which nothing hangs: it goes nowhere, emits nothing
/// that `matters`, puts nothing off, and what it files is neither struck nor heeded by a ballot.
pub(super) fn is_idle(
    workflow: &Workflow,
    (procedure, state, step): (&Procedure, &State, &Step),
    matters: &dyn Fn(&Id) -> bool,
) -> bool {
    let Trigger::Do(doing) = &step.trigger else { return false };
    let Doing { act: _, by: _, attach, within: _, not_before: _, strikes, serves, extends } = doing;
    let Step { trigger: _, to, emits, at_most: _, effect, line: _ } = step;
    let struck = procedure.states.iter().flat_map(State::doings).flat_map(|doing| &doing.strikes);
    let heeds = |name: &Id| workflow.ballot(name).is_none_or(Ballot::heeds_evidence);
    // How often it was done decides when another step of the same name is taken.
    let same = |other: &Step| matches!(&other.trigger, Trigger::Do(other) if other.act == doing.act);
    let counts = state.steps.iter().filter(|other| same(other)).count() > 1;
    let moves = counts || to.is_some() || effect.is_some() || extends.is_some();
    let tells = emits.iter().any(matters) || !(strikes.is_empty() && serves.is_empty());
    let heeded = !attach.is_empty() && state.ballots().any(heeds);
    !moves && !tells && !heeded && !struck.into_iter().any(|name| attach.contains(name))
}

/// Whether it matters in a state, or in one of those that can be `reached` from it, who has a seat of the panel: a ballot is
/// still to open, somebody acts by their seat, or filled seats are counted. Of a ballot that opened on entering the state itself it
/// matters who its electors are.
pub(super) fn seats(
    workflow: &Workflow,
    (procedure, state): (&Procedure, &State),
    matters: &dyn Fn(&Id) -> bool,
) -> bool {
    let reached = procedure.reached(&state.name);
    let leads_back = |to: &State| {
        reached.iter().flat_map(|from| &from.steps).any(|step| step.to.as_ref() == Some(&to.name))
    };
    let seated = |actors: &Actors| !actors.named().iter().all(|actor| matches!(actor, Actor::Office(_)));
    reached.iter().any(|there| {
        let asks = there.ballots().next().is_some() && (there.name != state.name || leads_back(there));
        let steps = || there.steps.iter();
        let acts = steps().any(|step| {
            let acts = step.doing().is_some_and(|doing| seated(&doing.by));
            (acts || step.effect.is_some()) && !is_idle(workflow, (procedure, there, step), matters)
        });
        let counts =
            steps().any(|step| matches!(&step.trigger, Trigger::When(condition) if condition.counts_seats()));
        let owed = there.duties.iter().any(|duty| seated(&duty.by) && owing(workflow, procedure, duty));
        asks || acts || counts || owed
    })
}

/// Whether a chair has anything to do.
pub(super) fn chair_acts(workflow: &Workflow) -> bool {
    let opening = workflow.procedures.iter().flat_map(|procedure| procedure.open.by.named());
    let states = workflow.procedures.iter().flat_map(|procedure| &procedure.states);
    opening.chain(who_acts(states)).any(|actor| *actor == Actor::Chair)
}

/// Everybody who acts or owes something in these states.
pub(super) fn who_acts<'w>(states: impl Iterator<Item = &'w State>) -> impl Iterator<Item = &'w Actor> {
    states.flat_map(|state| {
        let duties = state.duties.iter().map(|duty| &duty.by);
        state.doings().map(|doing| &doing.by).chain(duties).flat_map(Actors::named)
    })
}

/// Whether a value of an attribute stands from the beginning.
pub(super) fn is_first(workflow: &Workflow, grant: &Id, attribute: &Id, value: &str) -> bool {
    let mut values = workflow.attribute(grant, attribute).into_iter().flat_map(|it| &it.values);
    values.any(|it| it.moves.is_none() && it.is == value)
}

/// Whether something comes of it that a duty is done, or not.
pub(super) fn owing(workflow: &Workflow, procedure: &Procedure, duty: &Duty) -> bool {
    duty.events().next().is_some() || workflow.heeds(procedure, &duty.attach)
}

/// Every term by which something is counted.
fn terms<'a>(workflow: &'a Workflow, parts: &'a [Holds]) -> Vec<&'a Term> {
    let mut terms: Vec<&Term> = workflow.ballots.iter().flat_map(of_ballot).collect();
    let mut rules: Vec<&Rule> = Vec::new();
    let steps = workflow.procedures.iter().flat_map(|it| &it.states).flat_map(|state| &state.steps);
    for step in steps {
        if let Trigger::When(condition) = &step.trigger {
            rules.extend(condition.parts().into_iter().filter_map(|part| match part {
                Condition::Seats(rule) => Some(rule),
                _ => None,
            }));
        }
    }
    let mut comparisons: Vec<&Comparison> = rules.into_iter().flat_map(|rule| &rule.all).collect();
    comparisons.extend(parts.iter().filter_map(|part| match part {
        Holds::Counted { comparison, .. } => Some(comparison),
        _ => None,
    }));
    terms.extend(comparisons.into_iter().flat_map(compared));
    terms
}

/// Every term by which something is counted on a ballot.
fn of_ballot(ballot: &Ballot) -> Vec<&Term> {
    let early = if let Early::When(rule) = &ballot.early { Some(rule) } else { None };
    let rules = ballot.quorum.iter().chain(ballot.outcomes.iter().flat_map(Outcome::rules)).chain(early);
    rules.flat_map(|rule| &rule.all).flat_map(compared).collect()
}

/// Whether a rule hangs on who has voted, and not on what was voted.
pub(super) fn counts_voters(rule: &Rule) -> bool {
    let voters = [Counted::Participating, Counted::Electors, Counted::Seats, Counted::Filled];
    rule.all.iter().flat_map(compared).all(|term| voters.contains(&term.counted))
}

fn compared(Comparison { amount, op: _, bound }: &Comparison) -> impl Iterator<Item = &Term> {
    amount.iter().chain(bound.terms())
}
