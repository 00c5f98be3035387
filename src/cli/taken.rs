//! What a submission brought about: its receipt kept, and what changed told.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::answer::{self, Answer};
use super::context::Context;
use super::error::CliError;
use super::receipts;
use super::session::{Session, Submitted};
use super::show::{Page, Tone, changes, time};
use crate::engine::State;
use crate::registry::{Receipted, Submission};
use crate::statement::{Entry, Statement};
use crate::values::Instant;
use crate::workflow::model::Nature;

/// Submits, keeps the receipt, and tells what the entry brought about.
///
/// # Errors
/// The statement is refused, or storage fails.
pub fn submit(context: &Context, session: &Session, submission: Submission) -> Result<Answer, CliError> {
    let anchor = Statement::parse(&submission.envelope.statement).ok().and_then(|statement| statement.header);
    let state_now = |anchor: &str| session.agreement(Some(anchor)).map(|live| live.state);
    let before = anchor.and_then(|header| state_now(&header.agreement.anchor.to_string()).ok());
    let Submitted { receipted, after } = session.submit(submission)?;
    let after = match after {
        // Whoever steps down, or gives a key up, has ended their own right to read.
        Err(CliError::Usage(_)) if before.as_ref().is_some_and(State::is_restricted) => None,
        after => Some(after.map_err(|error| not_told(&receipted, &error))?.state),
    };
    let Some(state) = after.as_ref().or(before.as_ref()) else {
        return Err(CliError::usage("there is no agreement"));
    };
    let receipt = keep_receipt(session, state, &receipted)?;
    let changes = after.as_ref().map(|after| changes::between(before.as_ref(), after));
    Ok(told(context, changes, state, &receipted, &receipt))
}

/// The receipt is the log's word, whatever has become of the way to it since.
fn not_told(receipted: &Receipted, error: &CliError) -> CliError {
    let words = format!(
        "Entry {} is in the log, by its receipt; what it has brought about cannot be told: {error}",
        receipted.index
    );
    if matches!(error, CliError::Faults(_)) { CliError::Faults(words) } else { CliError::Storage(words) }
}

fn told(
    context: &Context,
    changes: Option<Vec<String>>,
    state: &State,
    receipted: &Receipted,
    receipt: &Path,
) -> Answer {
    let mut page = Page::default();
    let known = if receipted.known { "It was there already: entry" } else { "Entry" };
    page.line(
        Tone::Good,
        &format!("{known} {} of {}, on stable storage.", receipted.index, state.agreement.name),
    );
    page.specimen(&state.workflow);
    for change in changes.iter().flatten() {
        page.line(Tone::Plain, &format!("  {change}"));
    }
    if changes.is_none() {
        page.line(Tone::Notice, "With this key the agreement cannot be read any more.");
    }
    page.line(Tone::Faint, &format!("receipt: {}", receipt.display()));
    let at = receipted_time(receipted).map_or_else(|| time::plain(context.now()), time::plain);
    page.line(Tone::Faint, &format!("time: {at}"));
    Answer::done(
        page,
        json!({
            "agreement": state.agreement,
            "specimen": state.workflow.nature == Nature::Specimen,
            "entry": receipted.index,
            "known": receipted.known,
            "time": receipted_time(receipted),
            "changes": changes.unwrap_or_default(),
            "receipt": answer::path(receipt),
        }),
    )
}

fn receipted_time(receipted: &Receipted) -> Option<Instant> {
    let bytes = receipted.receipt.extra.as_ref()?;
    Entry::parse(bytes).ok().map(|entry| entry.time)
}

/// `receipts/AGREEMENT/INDEX.tlog-proof` in the data folder, with the log's key beside it as a hint.
fn keep_receipt(session: &Session, state: &State, receipted: &Receipted) -> Result<PathBuf, CliError> {
    let kept = receipts::keep_with_key(&session.data, &state.agreement.name, &state.log.vkey, receipted);
    kept.map_err(|(path, cause)| {
        let index = receipted.index;
        CliError::Storage(format!(
            "Entry {index} is in the log and on stable storage; its receipt could not be written to {}: {cause}; \
             `quorate log show {index} --receipt FILE` writes it",
            path.display()
        ))
    })
}
