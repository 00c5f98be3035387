//! What every answer about an agreement says first: what it is, under which workflow, as of when.

use serde_json::{Map, Value, json};

use crate::engine::State;
use crate::log::Head;
use crate::store::ReadOnly;
use crate::values::Instant;
use crate::workflow::model::{Nature, Workflow};

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

/// The same for a machine: `restored`, `newer SIZE`, `two-histories SIZE`, or null.
pub fn mark_json(why: Option<ReadOnly>) -> Value {
    json!(why.map(|why| why.to_string()))
}

/// The workflow that was in force at a time; before the opening that of the opening.
pub fn workflow_at(state: &State, at: Instant) -> &Workflow {
    state.in_force_at(at).or(state.workflows.first()).map_or(&state.workflow, |it| &it.workflow)
}

/// Every workflow that was in force, for a machine.
pub fn workflows_json(state: &State) -> Value {
    let each = state.workflows.iter().map(|it| {
        json!({
            "workflow": it.workflow.digest,
            "title": it.workflow.title,
            "from": it.from.at,
            "entry": it.from.entry,
            "occasion": it.occasion,
        })
    });
    each.collect()
}

/// What every JSON answer about an agreement begins with. Where the agreement was amended, `workflow` is the one that
/// was in force at the time, and `workflows` tells all.
pub fn facts(state: &State, head: Head, at: Instant) -> Map<String, Value> {
    let workflow = workflow_at(state, at);
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("agreement", json!(state.agreement));
    put("title", json!(workflow.title));
    put("specimen", json!(workflow.nature == Nature::Specimen));
    put("workflow", json!(workflow.digest));
    if state.workflows.len() > 1 {
        put("workflows", workflows_json(state));
    }
    put("contract", json!({ "digest": workflow.contract.digest, "prevails": true }));
    put("readings", json!(workflow.readings.len()));
    put("at", json!(at));
    put("head", json!(head));
    fields
}

/// By what something came about: `by declare by openai`, and `after 60 days`, which has a word of its own.
pub fn by_cause(words: &str) -> String {
    let own = ["after ", "at ", "when ", "on "].iter().any(|word| words.starts_with(word));
    if own { words.to_owned() } else { format!("by {words}") }
}
