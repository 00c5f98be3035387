use serde_json::{Map, Value, json};

use super::page::{Page, Tone};
use super::time;
use crate::cli::record::Record;
use crate::engine::State;
use crate::engine::in_force::InForce;
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
    let workflow = workflow_at(state, at);
    let readings = workflow.readings.len();
    let mut page = Page::default();
    title(&mut page, workflow);
    let when = if at == now { time::plain(at) } else { time::from_now(at, now) };
    let readings =
        format!("{}; {readings} readings are ours, the contract prevails", workflow.digest.short());
    let mut fields = vec![("agreement", state.agreement.to_string()), ("workflow", readings)];
    fields.extend(in_force(state, at).map(|words| ("in force", words)));
    fields.push(("at", format!("{when}; the log has {}", entries(state.size))));
    page.fields(fields);
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

/// The workflow that was in force at a time; before the opening that of the opening.
pub fn workflow_at(state: &State, at: Instant) -> &Workflow {
    state.in_force_at(at).or(state.workflows.first()).map_or(&state.workflow, |it| &it.workflow)
}

/// From when to when the workflow of a time was in force, and by which amendments; nothing where there was none.
fn in_force(state: &State, at: Instant) -> Option<String> {
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
