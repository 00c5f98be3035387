//! Events that nothing emits, that no other case can emit, that the case cannot have emitted yet, and that undo each
//! other.

use std::collections::BTreeSet;

use super::graph::reachable;
use super::{Checker, place_of_step};
use crate::values::Id;
use crate::workflow::model::{Condition, Origin, Procedure, State, Step, Trigger};

pub(super) fn check(c: &mut Checker<'_>) {
    for event in &c.workflow.events {
        if !emitted(c, &event.name) {
            let message = format!("nothing ever emits the event `{}`", event.name);
            let help = "Let a step emit it (emits = \"…\"), or leave it out";
            c.warn_at_name(&format!("event.{}", event.name), message, help);
        }
        if undoes_itself(c, &event.name) {
            let message = format!("`{}` is undone by events that it undoes", event.name);
            let help = "Whether it happened could never be said: break the circle in [annul]";
            c.error(&format!("annul.{}", event.name), message, help);
        } else if let Some(by) = event.annulled.as_ref().map(|annulment| &annulment.by)
            && c.workflow.events.iter().any(|other| other.name == *by && other.annulled.is_some())
        {
            let message = format!("`{}` is undone by `{by}`, which can be undone itself", event.name);
            let help = format!(
                "Undoing `{by}` would not bring `{}` back: leave `{by}` out of [annul], and emit `{}` anew",
                event.name, event.name
            );
            c.error(&format!("annul.{}", event.name), message, help);
        } else if let Some(by) = event.annulled.as_ref().map(|annulment| &annulment.by)
            && emitted(c, &event.name)
            && emitted(c, by)
            && !undoes(c, &event.name, by)
        {
            let message = format!("`{by}` never undoes `{}`: no case emits it after that", event.name);
            let help = "What one case emits annuls what the same case has emitted before, and what cases of other procedures \
                        have: emit it later on, or leave the annulment out";
            c.warn(&format!("annul.{}", event.name), message, help);
        }
    }
}

/// Whether one event can come after another that it reaches: emitted by a case of another procedure, or later in the same
/// case.
fn undoes(c: &Checker<'_>, event: &Id, by: &Id) -> bool {
    let emitting = |name| c.workflow.procedures.iter().filter(move |it: &&Procedure| it.may_emit(name));
    emitting(event).any(|procedure| {
        if emitting(by).any(|other| other.name != procedure.name) {
            return true;
        }
        let opening = procedure.open.emits.contains(event) && procedure.may_emit(by);
        let owed = procedure.duties().any(|duty| duty.may_bring(event)) && procedure.may_emit(by);
        let steps = procedure.states.iter().flat_map(|from| from.steps.iter().map(move |step| (from, step)));
        let mut emits = steps.filter(|(_, step)| step.emits.contains(event));
        let then = |(from, step): (&State, &Step)| {
            let to = step.to.as_ref().unwrap_or(&from.name);
            step.emits.contains(by) || procedure.still_emits(to, by)
        };
        opening || owed || emits.any(then)
    })
}

/// A step that waits for an event that only its own case can emit.
pub(super) fn unheard(c: &mut Checker<'_>, procedure: &Procedure) {
    for state in procedure.states.iter().filter(|state| !state.ends) {
        for (index, step) in state.steps.iter().enumerate() {
            let Trigger::On(events) = &step.trigger else { continue };
            if let Some(event) = events.iter().find(|event| !hears(c, procedure, event)) {
                let message =
                    format!("no other case emits `{event}` while a case of `{}` is open", procedure.name);
                let help = "`on` waits for other cases: let another procedure emit it, or wait for one's own \
                            event by `when`";
                c.error(&format!("{}.on", place_of_step(procedure, state, index)), message, help);
            }
        }
    }
}

/// A step whose condition is decided by an event that its own case cannot have emitted yet. What its own procedure
/// emits a condition asks of its own case only, while a grant hears every case: that is easily confused.
pub(super) fn not_yet(c: &mut Checker<'_>, procedure: &Procedure) {
    for state in procedure.states.iter().filter(|state| !state.ends) {
        for (index, step) in state.steps.iter().enumerate() {
            let Trigger::When(condition) = &step.trigger else { continue };
            let mut absent = BTreeSet::new();
            let always = condition.comes_to(&mut |part| match part {
                Condition::Event(event) if !may_count(c, procedure, state, event) => {
                    absent.insert(event);
                    Some(false)
                }
                _ => None,
            });
            let Some(always) = always else { continue };
            if absent.is_empty() {
                continue;
            }
            let holds = if always { "always" } else { "never" };
            let events: Vec<String> = absent.iter().map(|event| format!("`{event}`")).collect();
            let message = format!(
                "this {holds} holds: a case in `{}` has not emitted {} itself",
                state.name,
                events.join(" or ")
            );
            let help = format!(
                "What `{}` emits, `when` asks of this case only: let a step on the way to this state or another \
                 procedure emit it, or hear another case of `{}` by `on`",
                procedure.name, procedure.name
            );
            c.warn(&format!("{}.when", place_of_step(procedure, state, index)), message, help);
        }
    }
}

/// A step that counts its time from an event that its own case cannot have emitted yet, and that no other procedure emits:
/// its clock never begins.
pub(super) fn not_begun(c: &mut Checker<'_>, procedure: &Procedure) {
    for state in &procedure.states {
        let clock = |step: &Step| matches!(step.trigger, Trigger::After(_) | Trigger::At(_));
        let only = state.steps.iter().filter(|step| clock(step)).count() == 1;
        for (index, step) in state.steps.iter().enumerate() {
            // Of the only clock of a state `flow` tells that it may never run out.
            if only && clock(step) {
                continue;
            }
            let absent = step.delays().find_map(|delay| match &delay.of {
                Origin::Event(event) => (!may_count(c, procedure, state, event)).then_some(event),
                _ => None,
            });
            let Some(event) = absent else { continue };
            let message = format!(
                "this time never begins: a case in `{}` has not emitted `{event}` itself",
                state.name
            );
            let help = format!(
                "Of what `{}` emits the time of a step counts from this case only: let a step on the way to this state or \
                 another procedure emit it, or count from something else",
                procedure.name
            );
            c.warn(&place_of_step(procedure, state, index), message, help);
        }
    }
}

/// Whether an event may count for a case in this state. One that nothing emits is told of once, where it is declared.
fn may_count(c: &Checker<'_>, procedure: &Procedure, state: &State, event: &Id) -> bool {
    let mut others = c.workflow.procedures.iter().filter(|it| it.name != procedure.name);
    let elsewhere = others.any(|it| it.may_emit(event)) || !procedure.may_emit(event);
    let before = || {
        let steps = procedure.states.iter().flat_map(|from| from.steps.iter().map(move |step| (from, step)));
        let mut emitting = steps.filter(|(_, step)| step.emits.contains(event));
        emitting.any(|(from, step)| {
            let to = step.to.as_ref().unwrap_or(&from.name);
            reachable(procedure, to).contains(&state.name)
        })
    };
    let owed = || {
        let mut owing =
            procedure.states.iter().filter(|from| from.duties.iter().any(|it| it.may_bring(event)));
        owing.any(|from| reachable(procedure, &from.name).contains(&state.name))
    };
    elsewhere || procedure.open.emits.contains(event) || before() || owed()
}

/// Whether another case may emit an event while one of this procedure is open.
fn hears(c: &Checker<'_>, procedure: &Procedure, event: &Id) -> bool {
    let elsewhere = c.workflow.emitters(event).any(|(name, _)| *name != procedure.name);
    // Where one case at a time is open, an earlier one can still emit by acts after its end.
    let mut ended = procedure.states.iter().filter(|state| state.ends).flat_map(|state| &state.steps);
    elsewhere
        || procedure.at_once > 1
        || ended.any(|step| step.emits.contains(event))
        || procedure.duties().any(|duty| duty.may_bring(event))
        || !emitted(c, event)
}

fn emitted(c: &Checker<'_>, event: &Id) -> bool {
    c.workflow.procedures.iter().any(|procedure| procedure.may_emit(event))
}

/// Whether the chain of what undoes it leads back to the event.
fn undoes_itself(c: &Checker<'_>, name: &Id) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = Some(name);
    while let Some(event) = next.and_then(|name| c.workflow.events.iter().find(|e| e.name == *name)) {
        if !seen.insert(&event.name) {
            return event.name == *name;
        }
        next = event.annulled.as_ref().map(|annulment| &annulment.by);
    }
    false
}
