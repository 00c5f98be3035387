use serde_json::{Map, Value, json};

use super::page::{Page, Tone};
use super::time;
use crate::cli::record::Record;
use crate::engine::State;
use crate::log::Head;
use crate::store::ReadOnly;
use crate::values::Instant;
use crate::workflow::model::{Nature, Workflow};

/// `1 entry`, `27 entries`.
fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

/// A workflow's title, and under it that it binds nobody where it is a specimen.
pub fn title(page: &mut Page, workflow: &Workflow) {
    page.title(&workflow.title).specimen(workflow);
}

/// ` (entry 3)`, or nothing where no entry did it.
pub fn by_entry(entry: Option<u64>) -> String {
    entry.map_or_else(String::new, |entry| format!(" (entry {entry})"))
}

/// What stands above every answer about an agreement: what it is, whether it is a specimen, the workflow, the
/// time, and how many readings are ours. The same facts are the first fields of its JSON.
///
/// `state` is the one that is asked: an earlier one than the record's where the question is what was known then.
pub fn header(record: &Record, state: &State, at: Instant, now: Instant) -> (Page, Map<String, Value>) {
    let workflow = &state.workflow;
    let readings = workflow.readings.len();
    let mut page = Page::default();
    title(&mut page, workflow);
    let when = if at == now { time::plain(at) } else { time::from_now(at, now) };
    page.fields([
        ("agreement", state.agreement.to_string()),
        (
            "workflow",
            format!("{}; {readings} readings are ours, the contract prevails", workflow.digest.short()),
        ),
        ("at", format!("{when}; the log has {}", entries(state.size))),
    ]);
    marked(&mut page, record.read_only);
    let mut facts = facts(state, record.head, at);
    facts.insert("read-only".to_owned(), mark_json(record.read_only));
    (page, facts)
}

/// That nothing may be added to the agreement that is shown, and why: it may not be what its log says today.
pub fn marked(page: &mut Page, why: Option<ReadOnly>) {
    if let Some(why) = why {
        let tone = if why.is_proven() { Tone::Bad } else { Tone::Notice };
        page.line(tone, &format!("READ-ONLY: {}", why.words()));
    }
}

/// The same for a machine: `restored`, `newer SIZE`, `two-histories SIZE`, or null.
pub fn mark_json(why: Option<ReadOnly>) -> Value {
    json!(why.map(|why| why.to_string()))
}

/// What every JSON answer about an agreement begins with.
pub fn facts(state: &State, head: Head, at: Instant) -> Map<String, Value> {
    let workflow = &state.workflow;
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("agreement", json!(state.agreement));
    put("title", json!(workflow.title));
    put("specimen", json!(workflow.nature == Nature::Specimen));
    put("workflow", json!(workflow.digest));
    put("contract", json!({ "digest": state.contract, "prevails": true }));
    put("readings", json!(workflow.readings.len()));
    put("at", json!(at));
    put("head", json!(head));
    fields
}
