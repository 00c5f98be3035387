//! Events that nothing emits, that no other case can emit, and that undo each other.

use std::collections::BTreeSet;

use super::{Checker, place_of_step};
use crate::values::Id;
use crate::workflow::model::{Procedure, Trigger};

pub(super) fn check(c: &mut Checker<'_>) {
    let emitted = emitted(c);
    for event in &c.workflow.events {
        if !emitted.contains(&event.name) {
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
        }
    }
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

/// Whether another case may emit an event while one of this procedure is open.
fn hears(c: &Checker<'_>, procedure: &Procedure, event: &Id) -> bool {
    let elsewhere = c.workflow.emitters(event).any(|(name, _)| *name != procedure.name);
    // Where one case at a time is open, an earlier one can still emit by acts after its end.
    let mut ended = procedure.states.iter().filter(|state| state.ends).flat_map(|state| &state.steps);
    elsewhere
        || procedure.at_once > 1
        || ended.any(|step| step.emits.contains(event))
        || !emitted(c).contains(event)
}

fn emitted<'w>(c: &Checker<'w>) -> BTreeSet<&'w Id> {
    let procedures = c.workflow.procedures.iter();
    procedures
        .flat_map(|procedure| {
            let steps = procedure.states.iter().flat_map(|state| &state.steps);
            procedure.open.emits.iter().chain(steps.flat_map(|step| &step.emits))
        })
        .collect()
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
