//! `monitor`: has the log only grown since last time, and by what?

use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::audit::{fields, findings, findings_json};
use super::context::Context;
use super::documents::read_text;
use super::error::{CliError, not_replaced};
use super::record::audited_against;
use super::show::{Page, Tone, changes, entries, statement as words, time, title};
use super::source;
use crate::audit::{Report, Source, replay_until};
use crate::cosign::Evidence;
use crate::engine::State;
use crate::log::Checkpoint;
use crate::statement::Entry;
use crate::store::replace_file;
use crate::values::{Digest, Instant};
use crate::workflow::model::Nature;

/// Remember the last checkpoint of a log, and tell what was added since, or that history was rewritten
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  quorate monitor https://log.example/agi-2025 --state agi-2025.seen \\\n      \
    --anchor sha256:34759fbf…\n\n\
    Each run audits the whole log, compares it with the checkpoint that the last run accepted, and tells the entries \
    that were added. Run it from a timer, and keep FILE where whoever keeps the log cannot write.\n\
    Exit code 0: the log passes and extends what was seen; 1: it does not, and both signed checkpoints are in \
    FILE.evidence. FILE then still holds the last one that was accepted."
)]
pub struct MonitorArgs {
    /// An exported log: its folder, or its address; with --server, an agreement
    #[arg(value_name = "DIR|URL|AGREEMENT")]
    source: String,
    /// Where the last accepted checkpoint is kept; made by the first run
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// The identity that the agreement must have; the first run remembers it
    #[arg(long, value_name = "DIGEST")]
    anchor: Option<Digest>,
}

/// The first field of every state file.
const FORM: &str = "quorate/monitor/v1";

/// What the last run accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    monitor: String,
    /// The agreement that is watched.
    anchor: Digest,
    /// Whether somebody named that agreement, or the first run took the log's word for it.
    named: bool,
    /// The signed checkpoint, verbatim.
    checkpoint: String,
    /// When it was accepted, by this machine's clock.
    accepted: Instant,
}

/// Runs `monitor`.
///
/// # Errors
/// The source or the state file cannot be read, or the state file not be written.
pub fn run(context: &Context, args: &MonitorArgs) -> Result<Answer, CliError> {
    let seen = Seen::read(&args.state)?;
    let (source, named) = source::copy(context, &args.source)?;
    let given = args.anchor.or(named);
    let expected = expected(args, given, seen.as_ref())?;
    let kept: Vec<String> = seen.iter().map(|seen| seen.checkpoint.clone()).collect();
    let mut report = audited_against(&source, expected, &kept)?;
    // The log's own word of the first run is no identity that somebody named.
    report.anchor_checked &= given.is_some() || seen.as_ref().is_some_and(|seen| seen.named);
    match (&report.state, report.passes()) {
        (Some(state), true) => accepted(context, args, &source, &report, state, seen.as_ref()),
        _ => contradicted(args, &report, seen.as_ref()),
    }
}

/// The anchor that the log must have: as given, and as the first run saw it.
fn expected(
    args: &MonitorArgs,
    given: Option<Digest>,
    seen: Option<&Seen>,
) -> Result<Option<Digest>, CliError> {
    match (given, seen.map(|seen| seen.anchor)) {
        (Some(given), Some(known)) if given != known => Err(CliError::usage(format!(
            "{} remembers the agreement {known}, and --anchor names {given}; give each agreement a state file of its \
             own",
            args.state.display()
        ))),
        (given, known) => Ok(given.or(known)),
    }
}

/// The log passes and extends what was seen: tells what is new, and remembers.
fn accepted(
    context: &Context,
    args: &MonitorArgs,
    source: &dyn Source,
    report: &Report,
    state: &State,
    seen: Option<&Seen>,
) -> Result<Answer, CliError> {
    let before = seen.map_or(0, Seen::size);
    let mut page = Page::default();
    title(&mut page, &state.workflow);
    let words = match (seen, report.entries.saturating_sub(before)) {
        (None, count) => format!("The log passes, and is remembered from now on: {}.", entries(count)),
        (Some(_), 0) => format!("The log passes, and nothing was added: {}.", entries(before)),
        (Some(_), added) => {
            format!("The log passes, and extends what was seen, {}, by {added}.", entries(before))
        }
    };
    page.line(Tone::Good, &words);
    page.fields(fields(report, true));
    let added = if seen.is_some() { added(source, before)? } else { Vec::new() };
    let mut changed = Vec::new();
    if !added.is_empty() {
        page.title("Added");
        let rows = added.iter().map(|entry| {
            let columns =
                [entry.index.to_string(), time::bare(entry.time), entry.by.clone(), entry.what.clone()];
            columns.map(|text| (text, Tone::Plain)).to_vec()
        });
        page.table(&["entry", "time (UTC)", "by", "what"], rows.collect());
        let earlier = replay_until(source, |index, _| index < before)?;
        changed = changes::between(earlier.as_ref(), state);
        if !changed.is_empty() {
            page.title("What that brought about");
            for change in &changed {
                page.line(Tone::Plain, &format!("  {change}"));
            }
        }
    }
    Seen {
        monitor: FORM.to_owned(),
        anchor: state.agreement.anchor,
        named: report.anchor_checked,
        checkpoint: report.checkpoint.clone(),
        accepted: context.now(),
    }
    .write(&args.state)?;
    let mut json = answer_json(report, seen);
    json.insert("added".to_owned(), added.iter().map(Added::json).collect());
    json.insert("changes".to_owned(), json!(changed));
    json.insert("specimen".to_owned(), json!(state.workflow.nature == Nature::Specimen));
    Ok(Answer::done(page, Value::Object(json)))
}

/// The log does not pass, or is not what it was: both checkpoints are kept, and the state file stays as it is.
fn contradicted(args: &MonitorArgs, report: &Report, seen: Option<&Seen>) -> Result<Answer, CliError> {
    let mut page = Page::default();
    if let Some(state) = &report.state {
        title(&mut page, &state.workflow);
    }
    let words = match seen {
        Some(seen) => format!(
            "The log does not pass, or does not extend what was accepted before, {}.",
            entries(seen.size())
        ),
        None => "The log does not pass; nothing is remembered of it.".to_owned(),
    };
    page.line(Tone::Bad, &words);
    page.fields(fields(report, true));
    findings(&mut page, report);
    let mut json = answer_json(report, seen);
    let differing = seen.filter(|seen| seen.checkpoint != report.checkpoint);
    if let Some(seen) = differing {
        let mut folder = args.state.clone().into_os_string();
        folder.push(".evidence");
        let pair = Evidence { kept: &seen.checkpoint, shown: &report.checkpoint };
        let paths = pair.write(Path::new(&folder)).map_err(not_replaced)?;
        told(&mut page, &paths);
        json.insert("evidence".to_owned(), paths.iter().map(|path| answer::path(path)).collect());
    }
    Ok(Answer::faults(page, Value::Object(json)))
}

/// Tells where both notes are, and what they are good for.
fn told(page: &mut Page, [kept, shown]: &[PathBuf; 2]) {
    page.title("Evidence");
    page.fields([("accepted", kept.display().to_string()), ("shown now", shown.display().to_string())]);
    page.line(
        Tone::Notice,
        "Keep both signed checkpoints, and show them to the parties and to anybody who relies on this log: with the \
         log's key they can be checked by whoever has them.",
    );
}

fn answer_json(report: &Report, seen: Option<&Seen>) -> serde_json::Map<String, Value> {
    let document = json!({
        "passes": report.passes(),
        "anchor": report.anchor,
        "anchor-checked": report.anchor_checked,
        "before": seen.map(Seen::size),
        "head": report.head,
        "times": report.times,
        "findings": findings_json(report),
        "checkpoint": report.checkpoint,
        "accepted": seen.map(|seen| &seen.checkpoint),
    });
    match document {
        Value::Object(map) => map,
        _ => serde_json::Map::new(),
    }
}

/// An entry that was added, in words.
struct Added {
    index: u64,
    time: Instant,
    by: String,
    what: String,
}

impl Added {
    fn json(&self) -> Value {
        json!({ "entry": self.index, "time": self.time, "by": self.by, "what": self.what })
    }
}

/// The entries from `from` on. They have just passed an audit.
fn added(source: &dyn Source, from: u64) -> Result<Vec<Added>, CliError> {
    let mut added = Vec::new();
    for read in source.entries(from, u64::MAX) {
        let (index, bytes) = read?;
        let changed =
            |error: String| CliError::Faults(format!("entry {index} changed since the audit: {error}"));
        let entry = Entry::parse(&bytes).map_err(|error| changed(error.to_string()))?;
        let checked = entry.envelope.check().map_err(|error| changed(error.to_string()))?;
        let statement = checked.statement();
        added.push(Added {
            index,
            time: entry.time,
            by: statement.by.to_string(),
            what: words::summary(statement),
        });
    }
    Ok(added)
}

impl Seen {
    /// What the last run accepted; `None` before the first.
    fn read(file: &Path) -> Result<Option<Self>, CliError> {
        if !file.exists() {
            return Ok(None);
        }
        let unfit = |why: String| {
            CliError::usage(format!(
                "{} is not a state file that `monitor` wrote: {why}; name another file, or bring it back from a copy",
                file.display()
            ))
        };
        let seen: Self = serde_json::from_str(&read_text(file)?).map_err(|error| unfit(error.to_string()))?;
        if seen.monitor != FORM {
            return Err(unfit(format!("its form is `{}`, and this version knows `{FORM}`", seen.monitor)));
        }
        if seen.claimed().is_none() {
            return Err(unfit("its checkpoint is none".to_owned()));
        }
        Ok(Some(seen))
    }

    /// What the checkpoint says; whether the log has signed that is for the audit to tell.
    fn claimed(&self) -> Option<Checkpoint> {
        Checkpoint::claimed(self.checkpoint.as_bytes()).ok()
    }

    /// How many entries there were.
    fn size(&self) -> u64 {
        self.claimed().map_or(0, |checkpoint| checkpoint.head.size)
    }

    /// Beside its place first, and durable before it is put there: a crash leaves the old one or the new one.
    fn write(&self, file: &Path) -> Result<(), CliError> {
        let text =
            serde_json::to_string_pretty(self).map_err(|error| CliError::Storage(error.to_string()))?;
        replace_file(file, format!("{text}\n").as_bytes()).map_err(not_replaced)
    }
}
