//! `report`: the determination of a case as a document, and whether a document is the one that the log gives.

mod check;
mod kept;
mod missing;
mod signatures;
mod since;

use std::collections::BTreeMap;
use std::path::PathBuf;

use check::check;
use clap::{Args, ValueEnum};
use kept::Kept;
use serde_json::json;

use crate::cli::answer::{self, Answer};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::parcel::write_new;
use crate::cli::show::{Page, Tone, marked, time};
use crate::engine::State;
use crate::engine::refusal::alternatives;
use crate::log::Head;
use crate::report::{Format, Report, Sources, attached, last_change, texts};
use crate::statement::{Attachments, Blob, CaseRef};
use crate::values::{Digest, Instant};

/// The determination of a case as a document: question, panel, count, outcome, reasons, what moved
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate report verification#1 --out report.md\n  \
    quorate do sign-report --attach report=report.md --key chair\n  \
    quorate report --check report.md\n\n\
    The same log, time and options always give the same bytes. Where the workflow asks for the report's signature, whoever \
    owes it attaches the file; exit code 6 of --check says that it is not there.")]
pub struct ReportArgs {
    /// The case
    #[arg(required_unless_present = "check", conflicts_with = "check")]
    case: Option<CaseRef>,
    /// The agreement, the folder of an exported log, or the address of one; may be left out where there is only one
    #[arg(long, value_name = "AGREEMENT")]
    agreement: Option<String>,
    /// As of this time instead of when the record last changed
    #[arg(long, value_name = "TIME", value_parser = time::parse, conflicts_with = "check")]
    at: Option<Instant>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Written::Md)]
    format: Written,
    /// Put the texts of the documents that votes carry into it
    #[arg(long, conflicts_with = "check")]
    with_documents: bool,
    /// Write it to a new file instead of showing it; with --check, what the log gives
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Make the report in this file again from the log, compare, and tell who has signed it
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Written {
    /// Markdown
    Md,
    /// One page of HTML
    Html,
    /// JSON
    Json,
}

impl Written {
    fn format(self) -> Format {
        match self {
            Self::Md => Format::Markdown,
            Self::Html => Format::Html,
            Self::Json => Format::Json,
        }
    }
}

/// Runs `report`.
///
/// # Errors
/// There is no such agreement or case, or the log does not pass its audit.
pub fn run(context: &Context, args: &ReportArgs) -> Result<Answer, CliError> {
    let log = Kept::load(context, args.agreement.as_deref())?;
    match (&args.check, &args.case) {
        (Some(file), _) => check(&log, (file, context.now()), args.out.as_deref()),
        (None, Some(case)) => write(context, &log, case, args),
        (None, None) => Err(CliError::usage("name the case, such as `verification#1`")),
    }
}

fn write(context: &Context, log: &Kept, case: &CaseRef, args: &ReportArgs) -> Result<Answer, CliError> {
    let now = context.now();
    let at = args.at.unwrap_or_else(|| last_change(log.state(), now));
    if at < log.state().last {
        return Err(CliError::usage(format!(
            "the last entry is of {}: name that time or a later one",
            log.state().last
        )));
    }
    if at > now {
        return Err(CliError::usage(format!(
            "{at} is still to come: what would be if nobody acted until then is no determination; leave --at out, or ask \
             `quorate what-if`"
        )));
    }
    let state = log.state().at(at);
    let with = |attached: &BTreeMap<u64, Attachments>| texts(attached, |digest| content(log, digest));
    let report = made(log, &state, (log.head(), at), case, args.with_documents.then_some(with))?;
    let text = report.write(args.format.format());
    let mut page = Page::default();
    match &args.out {
        Some(out) => {
            write_new(out, text.as_bytes())?;
            page.specimen(&state.workflow);
            page.line(Tone::Good, &format!("wrote {}", out.display()));
            page.fields([("digest", Digest::of(text.as_bytes()).to_string())]);
            marked(&mut page, log.read_only());
        }
        None => {
            page.raw(text.trim_end());
        }
    }
    let out = args.out.as_deref().map(answer::path);
    let digest = Digest::of(text.as_bytes());
    Ok(Answer::done(page, json!({ "report": report, "digest": digest, "out": out })))
}

fn made(
    log: &Kept,
    state: &State,
    (head, at): (Head, Instant),
    case: &CaseRef,
    texts: Option<impl FnOnce(&BTreeMap<u64, Attachments>) -> Result<BTreeMap<Digest, String>, CliError>>,
) -> Result<Report, CliError> {
    let known = state.case(case).ok_or_else(|| {
        CliError::usage(format!(
            "there is no case `{case}` in that log; there are {}",
            alternatives(state.cases.keys())
        ))
    })?;
    let attached = attached(known, |entry| log.entry(entry))?;
    let documents = texts.map(|texts| texts(&attached)).transpose()?;
    let sources = Sources { state, head, at, attached, documents };
    Report::of(&sources, case).ok_or_else(|| CliError::usage(format!("there is no case `{case}`")))
}

/// What a document says, where it is at hand and is what its digest names.
fn content(log: &Kept, digest: &Digest) -> Result<Option<Vec<u8>>, CliError> {
    let blob = log.blob(digest)?;
    Ok(blob.and_then(|bytes| Blob::open(bytes, digest)).map(|blob| blob.content().to_vec()))
}
