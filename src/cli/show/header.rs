use serde_json::{Map, Value, json};

use super::page::{Page, Tone};
use crate::cli::record::Record;
use crate::engine::State;
use crate::store::ReadOnly;
use crate::values::Instant;
use crate::view::document::{self, Facts};
use crate::view::{entries, in_force, time, workflow_at};
use crate::workflow::model::Workflow;
use crate::workflow::words::readings_are_ours;

/// A workflow's title, and under it that it binds nobody where it is a specimen.
pub fn title(page: &mut Page, workflow: &Workflow) {
    page.title(&workflow.title).specimen(workflow);
}

/// What stands above every answer about an agreement: what it is, whether it is a specimen, the workflow, the
/// time, and how many readings are ours. The same facts are the first fields of its JSON.
///
/// `state` is the one that is asked: an earlier one than the record's where the question is what was known then.
pub fn header(record: &Record, state: &State, at: Instant, clock: Instant) -> (Page, Map<String, Value>) {
    let now = record.state.present(clock);
    let workflow = workflow_at(state, at);
    let mut page = Page::default();
    title(&mut page, workflow);
    let when = if at == now { time::plain(at) } else { time::from_now(at, now) };
    let ours = readings_are_ours(workflow.readings.len());
    let workflow = format!("{}; {ours}, the contract prevails", workflow.digest.short());
    let mut fields = vec![("agreement", state.agreement.to_string()), ("workflow", workflow)];
    fields.extend(in_force(state, at).map(|words| ("in force", words)));
    fields.push(("at", format!("{when}; the log has {}", entries(state.size))));
    page.fields(fields);
    if clock < record.state.last {
        let words = format!(
            "The clock of this machine shows {}, and the last entry is later: its time is taken for now.",
            time::plain(clock)
        );
        page.line(Tone::Notice, &words);
    }
    marked(&mut page, record.read_only);
    let mut facts = document::fields(&Facts::of(state, record.head, at));
    facts.insert("read-only".to_owned(), json!(record.read_only));
    (page, facts)
}

/// That nothing may be added to the agreement that is shown, and why: it may not be what its log says today.
pub fn marked(page: &mut Page, why: Option<ReadOnly>) {
    if let Some(why) = why {
        let tone = if why.is_proven() { Tone::Bad } else { Tone::Notice };
        page.line(tone, &format!("READ-ONLY: {}", why.words()));
    }
}
