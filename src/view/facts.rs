//! What every answer about an agreement says first: what it is, under which workflow, as of when.

use super::time;
use crate::engine::State;
use crate::engine::in_force::InForce;
use crate::log::Head;
use crate::values::Instant;
use crate::workflow::model::Workflow;

/// What every page, paper and answer about a specimen says.
pub const SPECIMEN: &str = "SPECIMEN: it binds nobody.";

/// ` (entry 3)`, or nothing where no entry did it.
pub fn by_entry(entry: Option<u64>) -> String {
    entry.map_or_else(String::new, |entry| format!(" (entry {entry})"))
}

/// A head in words.
pub fn in_words(head: &Head) -> String {
    format!("{}, root {}", entries(head.size), head.root)
}

/// How many entries: `1 entry`, `27 entries`.
pub fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

/// The workflow that was in force at a time; before the opening that of the opening.
pub fn workflow_at(state: &State, at: Instant) -> &Workflow {
    state.in_force_at(at).or(state.workflows.first()).map_or(&state.workflow, |it| &it.workflow)
}

/// From when to when the workflow of a time was in force, and by which amendments; nothing where there was none.
pub fn in_force(state: &State, at: Instant) -> Option<String> {
    let is_it = |it: &InForce| state.in_force_at(at) == Some(it);
    let place = state.workflows.iter().position(is_it).filter(|_| state.workflows.len() > 1)?;
    let amended = |it: &InForce| format!("{}{}", time::plain(it.from.at), by_entry(Some(it.from.entry)));
    let it = state.workflows.get(place)?;
    let since = match &it.occasion {
        None => "from the opening".to_owned(),
        Some(occasion) => format!("from the amendment of {}, {occasion}", amended(it)),
    };
    let until = state.workflows.get(place + 1);
    let until = until.map_or_else(String::new, |next| format!(", until the amendment of {}", amended(next)));
    Some(format!("{since}{until}"))
}

/// By what something came about: `through declare by openai`, and `by itself, after 60 days`, which nobody did.
pub fn by_cause(words: &str) -> String {
    let begins = |all: &[&str]| all.iter().any(|word| words.starts_with(word));
    if begins(&["after ", "at "]) {
        format!("by itself, {words}")
    } else if begins(&["when ", "on "]) {
        words.to_owned()
    } else {
        format!("through {words}")
    }
}
