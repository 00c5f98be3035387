//! `log` and `log show`: the record, readable.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::context::Context;
use super::error::CliError;
use super::parcel::write_new;
use super::record::Record;
use super::show::{Tone, header, statement as words, time};
use crate::audit::replay_until;
use crate::engine::State;
use crate::statement::{Act, Body, Checked, Entry, PublicKey, Statement, attachments};
use crate::values::{Digest, Instant};
use crate::view::document::{self, Line};

/// The record, readable
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example:\n  quorate log agi-2025\n  quorate log show 3\n  quorate log show 3 --receipt 3.tlog-proof"
)]
pub struct LogArgs {
    /// The agreement; may be left out where there is only one
    agreement: Option<String>,
    #[command(subcommand)]
    command: Option<LogCommand>,
}

#[derive(Debug, Subcommand)]
enum LogCommand {
    /// Show one entry: who said what, with which signatures
    #[command(after_help = "Example:\n  quorate log show 3 --receipt 3.tlog-proof")]
    Show(ShowArgs),
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// The entry's index, from 0
    index: u64,
    /// The agreement; may be left out where there is only one
    agreement: Option<String>,
    /// Write the entry's receipt (C2SP tlog-proof) to FILE
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// Write the statement with its signatures, the envelope, to FILE
    #[arg(long, value_name = "FILE")]
    envelope: Option<PathBuf>,
}

/// Runs `log`.
///
/// # Errors
/// There is no such agreement or entry, or the log does not pass its audit.
pub fn run(context: &Context, args: &LogArgs) -> Result<Answer, CliError> {
    match &args.command {
        Some(LogCommand::Show(show)) => entry(context, show),
        None => list(context, args.agreement.as_deref()),
    }
}

fn list(context: &Context, agreement: Option<&str>) -> Result<Answer, CliError> {
    let record = Record::load(context, agreement)?;
    let now = context.now();
    let (mut page, mut json) = header(&record, &record.state, now, now);
    let mut rows = Vec::new();
    let mut entries = Vec::new();
    for read in record.entries(0..record.head.size) {
        let (index, bytes) = read?;
        let (time, checked) = checked(&bytes)?;
        let statement = checked.statement();
        let summary = words::summary(statement);
        let documents = documents(&record.state, statement);
        let named = documents.iter().map(|it| format!("{}{} {}", it.how(), it.name, it.digest.short()));
        let named = named.collect::<Vec<_>>().join(", ");
        let what = if named.is_empty() { summary } else { format!("{summary}: {named}") };
        let plain = |text: String| (text, Tone::Plain);
        rows.push(vec![
            plain(index.to_string()),
            plain(time::bare(time)),
            plain(statement.by.to_string()),
            plain(what),
        ]);
        let documents =
            documents.iter().map(|it| json!({ "name": it.name, "digest": it.digest, "strikes": it.strikes }));
        let mut line = document::fields(&Line::of(index, time, statement, checked.digest()));
        line.insert("documents".to_owned(), documents.collect());
        entries.push(Value::Object(line));
    }
    page.blank();
    page.table(&["entry", "time (UTC)", "by", "what"], rows);
    json.insert("entries".to_owned(), Value::Array(entries));
    Ok(Answer::done(page, Value::Object(json)))
}

/// A document that a statement files or strikes.
struct Named {
    name: String,
    digest: Digest,
    strikes: bool,
}

impl Named {
    fn how(&self) -> &'static str {
        if self.strikes { "strikes " } else { "" }
    }
}

/// The documents that a statement carries, and the one that it strikes, by the name under which that was filed.
fn documents(state: &State, statement: &Statement) -> Vec<Named> {
    let carried = attachments(&statement.body).into_iter();
    let mut all: Vec<Named> =
        carried.map(|(name, digest)| Named { name: name.to_string(), digest, strikes: false }).collect();
    if let Body::Act(Act { case, strike: Some(digest), .. }) = &statement.body {
        let filed = state.case(case).and_then(|case| case.filed.iter().find(|filed| filed.digest == *digest));
        let name = filed.map_or_else(|| "a document".to_owned(), |filed| filed.name.to_string());
        all.push(Named { name, digest: *digest, strikes: true });
    }
    all
}

fn entry(context: &Context, args: &ShowArgs) -> Result<Answer, CliError> {
    let record = Record::load(context, args.agreement.as_deref())?;
    let bytes = record.entry(args.index)?.ok_or_else(|| {
        CliError::usage(format!("there is no entry {}; the log has {}, from 0", args.index, record.head.size))
    })?;
    let (at, checked) = checked(&bytes)?;
    let now = context.now();
    let (mut page, mut json) = header(&record, &record.state, now, now);
    page.title(&format!("Entry {}", args.index));
    let mut fields = vec![("time", time::from_now(at, now))];
    fields.extend(words::fields(checked.statement()));
    fields.push(("digest", checked.digest().to_string()));
    page.fields(fields);
    page.title("Signatures, all of which pass");
    let signers = signers(&record, args.index, &checked)?;
    let rows =
        signers.iter().map(|(key, holder)| vec![(holder.clone(), Tone::Plain), (key.clone(), Tone::Faint)]);
    page.table(&["as", "key"], rows.collect());
    if let Some(file) = &args.receipt {
        write_new(file, record.receipt(args.index)?.to_string().as_bytes())?;
        page.blank();
        page.line(Tone::Good, &format!("wrote the receipt {}", file.display()));
    }
    if let Some(file) = &args.envelope {
        write_new(file, checked.envelope().to_text().as_bytes())?;
        page.blank();
        page.line(Tone::Good, &format!("wrote the envelope {}", file.display()));
    }
    json.insert(
        "entry".to_owned(),
        json!({
            "index": args.index,
            "time": at,
            "digest": checked.digest(),
            "statement": checked.text(),
            "signatures": checked.envelope().signatures.iter().map(|it| json!({ "key": it.key, "sig": it.sig })).collect::<Vec<_>>(),
            "signers": signers.iter().map(|(key, holder)| json!({ "key": key, "as": holder })).collect::<Vec<_>>(),
            "receipt": args.receipt.as_deref().map(answer::path),
            "envelope": args.envelope.as_deref().map(answer::path),
        }),
    );
    Ok(Answer::done(page, Value::Object(json)))
}

/// Every signing key with the holder for whom it spoke when the entry was admitted.
fn signers(record: &Record, index: u64, checked: &Checked) -> Result<Vec<(String, String)>, CliError> {
    let before = if index == 0 { None } else { replay_until(&*record.source(), |entry, _| entry < index)? };
    let state = before.as_ref().unwrap_or(&record.state);
    let holder = |key: &PublicKey| {
        let holder = state.holders.speaks_for(key.raw());
        // A nominee's key, and the new key of a replacement, spoke for nobody before the entry.
        holder.map_or_else(|| "a new key".to_owned(), ToString::to_string)
    };
    Ok(checked.signers().iter().map(|key| (key.fingerprint(), holder(key))).collect())
}

/// An entry that has passed the audit, read again.
fn checked(bytes: &[u8]) -> Result<(Instant, Checked), CliError> {
    let changed = |error: String| CliError::Faults(format!("the entry changed since the audit: {error}"));
    let entry = Entry::parse(bytes).map_err(|error| changed(error.to_string()))?;
    let checked = entry.envelope.check().map_err(|error| changed(error.to_string()))?;
    Ok((entry.time, checked))
}
