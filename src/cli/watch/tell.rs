//! What is told while an agreement is followed: for a person line by line, for a machine a document a line.

use serde_json::{Map, Value, json};

use super::log::Log;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::show::{Page, Tone, in_words, time, title, visible_json};
use crate::values::Instant;
use crate::view::document::{self, Line};
use crate::workflow::model::Nature;

/// Which agreement is followed from now on, and from where.
pub(super) fn begun(context: &Context, server: &str, log: &Log) -> Result<(), CliError> {
    let state = &log.state;
    let mut page = Page::default();
    title(&mut page, &state.workflow);
    page.fields([
        ("agreement", state.agreement.to_string()),
        ("server", server.to_owned()),
        ("head", in_words(&log.head())),
    ]);
    let json = json!({
        "event": "watching",
        "agreement": state.agreement,
        "head": log.head(),
        "specimen": state.workflow.nature == Nature::Specimen,
    });
    put(context, page, &json)
}

/// An entry: `  14  2026-05-12 09:00:00 UTC  i1: voted met on verification#1/finding#1`.
pub(super) fn entry(context: &Context, line: &Line) -> Result<(), CliError> {
    let mut page = Page::default();
    let Line { entry, by, what, .. } = line;
    page.raw(&format!("{entry:>4}  {}  {by}: {what}", time::plain(line.time)));
    let mut json = Map::from_iter([("event".to_owned(), json!("entry"))]);
    json.extend(document::fields(line));
    put(context, page, &Value::Object(json))
}

/// What has come about by a time, with so many entries.
pub(super) fn changed(
    context: &Context,
    (at, entries): (Instant, u64),
    changes: &[String],
    licence: bool,
) -> Result<(), CliError> {
    let mut page = Page::default();
    for change in changes {
        page.line(Tone::Notice, &format!("      {change}"));
    }
    let json =
        json!({ "event": "state", "at": at, "entries": entries, "changes": changes, "licence": licence });
    put(context, page, &json)
}

/// On standard error, that the server is not heard, which is no news of the agreement.
pub(super) fn lost(context: &Context, why: &str) -> Result<(), CliError> {
    say(context, Tone::Bad, &format!("not connected: {why}; trying again"))
}

/// On standard error.
pub(super) fn say(context: &Context, tone: Tone, words: &str) -> Result<(), CliError> {
    let mut page = Page::default();
    page.line(tone, &format!("{}: {words}", time::plain(context.now())));
    crate::cli::tell(page)
}

fn put(context: &Context, page: Page, json: &Value) -> Result<(), CliError> {
    let text = if context.json { format!("{}\n", visible_json(&json.to_string())) } else { page.into_text() };
    crate::cli::write(&text)
        .map_err(|error| CliError::Storage(format!("what is new cannot be written: {error}")))
}
