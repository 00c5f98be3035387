//! What every answer about an agreement says first: what it is, under which workflow, as of when.

use crate::engine::State;
use crate::log::Head;
use crate::values::Instant;
use crate::workflow::model::Workflow;

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

/// By what something came about: `by declare by openai`, and `after 60 days`, which has a word of its own.
pub fn by_cause(words: &str) -> String {
    let own = ["after ", "at ", "when ", "on "].iter().any(|word| words.starts_with(word));
    if own { words.to_owned() } else { format!("by {words}") }
}
