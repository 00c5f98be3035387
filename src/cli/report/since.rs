//! What has come of a case since a report on it: a report stays true of its time, and tells nothing of later ones.

use serde::Serialize;

use super::kept::Kept;
use crate::cli::error::CliError;
use crate::cli::show::{Page, Tone, time};
use crate::engine::State;
use crate::engine::event::Occurrence;
use crate::report::{Made, last_change};
use crate::statement::CaseRef;
use crate::values::Instant;

/// What came after the head and the time of a report.
#[derive(Debug, Serialize)]
pub(super) struct Since {
    /// How many entries the log has more than the report knew.
    entries: u64,
    /// The time of the last of them.
    last: Option<Instant>,
    /// What of the case is otherwise now than it tells, each in words.
    changed: Vec<String>,
}

/// What came since a report was made; `None` where nothing did, or the report names no head of this log.
///
/// # Errors
/// The log cannot be read.
pub(super) fn since(log: &Kept, named: &Made, now: Instant) -> Result<Option<Since>, CliError> {
    let entries = log.head().size.saturating_sub(named.head.size);
    let Some(then) = log.until(named.head.size)? else { return Ok(None) };
    let now = log.state().at(last_change(log.state(), now).max(named.at));
    let changed = changed(&then.at(named.at), &now, &named.case);
    let last = (entries > 0).then_some(log.state().last);
    Ok((entries > 0 || !changed.is_empty()).then_some(Since { entries, last, changed }))
}

/// What a report tells of a case and is otherwise now: where it is, what its ballots have come to, which of its events
/// count.
fn changed(then: &State, now: &State, case: &CaseRef) -> Vec<String> {
    let (Some(before), Some(after)) = (then.case(case), now.case(case)) else { return Vec::new() };
    let mut changed = Vec::new();
    for run in &after.ballots {
        let known = before.ballots.iter().find(|known| known.id == run.id);
        let Some(closing) = run.closed.as_ref().filter(|_| known.is_none_or(|known| known.closed.is_none()))
        else {
            continue;
        };
        changed.push(match &closing.outcome {
            Some(outcome) => format!("`{}` has closed with `{outcome}`", run.id),
            None => format!("`{}` was abandoned", run.id),
        });
    }
    let known = then.events.len();
    for (number, occurrence) in now.events.iter().enumerate().filter(|(_, it)| it.case == *case) {
        if number >= known {
            changed.push(format!("it has emitted `{}`", occurrence.event));
        }
        let counted = then.events.get(number).is_none_or(Occurrence::live);
        if let Some(annulled) = occurrence.annulled.as_ref().filter(|_| counted) {
            changed.push(format!("`{}` counts no more: `{}` has annulled it", occurrence.event, annulled.by));
        }
    }
    if before.state != after.state {
        changed.push(format!("it has gone on from `{}` to `{}`", before.state, after.state));
    }
    changed
}

impl Since {
    pub(super) fn tell(&self, page: &mut Page, named: &Made) {
        let Self { entries, last, changed } = self;
        let came = match (entries, last) {
            (1, Some(last)) => format!("Since then one entry has come, of {}.", time::plain(*last)),
            (entries, Some(last)) => {
                format!("Since then {entries} entries have come, the last of {}.", time::plain(*last))
            }
            (_, None) => "Since then time alone has gone on.".to_owned(),
        };
        if changed.is_empty() {
            page.line(Tone::Plain, &format!("{came} What it tells of {} is still so.", named.case));
            return;
        }
        page.line(Tone::Notice, &format!("{came} What it tells of {} is no longer all so:", named.case));
        for words in changed {
            page.line(Tone::Notice, &format!("  {words}"));
        }
    }
}
