//! Events that nothing emits, and events that undo each other.

use std::collections::BTreeSet;

use super::Checker;
use crate::values::Id;

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
