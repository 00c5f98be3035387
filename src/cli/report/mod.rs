//! `report`: the determination of a case as a document, and whether a document is the one that the log gives.

mod kept;
mod missing;
mod signatures;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use kept::Kept;
use serde_json::{Value, json};
use signatures::{asked, seats_signed, signed};

use crate::cli::answer::{self, Answer};
use crate::cli::context::Context;
use crate::cli::documents::read_text;
use crate::cli::error::CliError;
use crate::cli::parcel::write_new;
use crate::cli::show::{Page, Tone, marked, time};
use crate::engine::State;
use crate::engine::case::Case;
use crate::engine::refusal::alternatives;
use crate::log::Head;
use crate::report::{Format, Made, Report, Sources};
use crate::statement::{Attachments, Blob, Body, CaseRef, Entry};
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
    /// Write it to a new file instead of showing it
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
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
        (Some(file), _) => check(&log, file),
        (None, Some(case)) => write(context, &log, case, args),
        (None, None) => Err(CliError::usage("name the case, such as `verification#1`")),
    }
}

fn write(context: &Context, log: &Kept, case: &CaseRef, args: &ReportArgs) -> Result<Answer, CliError> {
    let now = context.now();
    let at = args.at.unwrap_or_else(|| last_change(&log.state().at(now)).min(now.max(log.state().last)));
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
    let with = |attached: &BTreeMap<u64, Attachments>| texts(log, attached);
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

/// When the record last changed: its last entry, or what time alone has brought since.
fn last_change(state: &State) -> Instant {
    let moves = state.cases.values().flat_map(|case| {
        let closed = case.ballots.iter().filter_map(|run| run.closed.as_ref()).map(|end| end.at);
        case.path.iter().map(|step| step.at).chain(closed)
    });
    let events = state.events.iter().map(|occurrence| occurrence.at);
    // What comes at an instant itself may come after the acts of that instant: a second later it is there.
    let changed = moves.chain(events).max().filter(|at| *at > state.last);
    changed.map_or(state.last, Instant::next)
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
    let attached = attached(log, known)?;
    let documents = texts.map(|texts| texts(&attached)).transpose()?;
    let sources = Sources { state, head, at, attached, documents };
    Report::of(&sources, case).ok_or_else(|| CliError::usage(format!("there is no case `{case}`")))
}

/// The documents that the votes of a case carry, by entry.
fn attached(log: &Kept, case: &Case) -> Result<BTreeMap<u64, Attachments>, CliError> {
    let mut attached = BTreeMap::new();
    for cast in case.ballots.iter().flat_map(|run| run.votes.values()) {
        let entry = cast.done.entry;
        let Some(bytes) = log.entry(entry)? else { continue };
        let body = Entry::parse(&bytes).ok().and_then(|entry| entry.envelope.check().ok());
        match body.map(|checked| checked.statement().body.clone()) {
            Some(Body::Vote(vote)) => drop(attached.insert(entry, vote.attach)),
            Some(Body::Reveal(reveal)) => drop(attached.insert(entry, reveal.attach)),
            _ => {}
        }
    }
    Ok(attached)
}

/// The longest document whose text is put into a report, in characters.
const LONGEST_TEXT: usize = 100_000;

fn texts(log: &Kept, attached: &BTreeMap<u64, Attachments>) -> Result<BTreeMap<Digest, String>, CliError> {
    let mut texts = BTreeMap::new();
    for digest in attached.values().flat_map(Attachments::values) {
        let Some(content) = content(log, digest)? else { continue };
        let Ok(text) = String::from_utf8(content) else { continue };
        if text.len() <= LONGEST_TEXT && crate::cli::show::visible(&text) == text {
            texts.insert(*digest, text);
        }
    }
    Ok(texts)
}

/// What a document says, where it is at hand and is what its digest names.
fn content(log: &Kept, digest: &Digest) -> Result<Option<Vec<u8>>, CliError> {
    let blob = log.blob(digest)?;
    Ok(blob.and_then(|bytes| Blob::open(bytes, digest)).map(|blob| blob.content().to_vec()))
}

fn check(log: &Kept, file: &Path) -> Result<Answer, CliError> {
    let text = read_text(file)?;
    let named = Made::find(&text)
        .map_err(|error| CliError::usage(format!("{} is no report: {error}", file.display())))?;
    if named.agreement != log.state().agreement {
        return Err(CliError::usage(format!(
            "it is a report on {}, and this is {}; name the other with --agreement",
            named.agreement,
            log.state().agreement
        )));
    }
    let format = match text.bytes().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => Format::Json,
        _ if text.starts_with("<!doctype html>") => Format::Html,
        _ => Format::Markdown,
    };
    let same = again_with(log, &named, |attached| texts(log, attached))?;
    let same = same.is_some_and(|report| report.write(format) == text);
    let missing = if same { Vec::new() } else { missing::missing(log, &named, format, &text)? };
    let mut page = Page::default();
    page.specimen(&log.state().workflow);
    let (signed, erased) = signed(log, &named.case, text.as_bytes())?;
    let overtaken = overtaken(log, &named)?;
    if let (true, Some(time)) = (same, overtaken) {
        page.line(
            Tone::Bad,
            &format!(
                "It tells what would have been: it is as of {}, and after its head the log has an entry of {time}, which it \
                 does not know.",
                named.at
            ),
        );
    } else if same {
        page.line(Tone::Good, "It is what the log gives at the head that it names, byte for byte.");
    } else if missing.is_empty() {
        page.line(
            Tone::Bad,
            "It is not what the log gives at the head that it names: it was altered, or its head is not of this log.",
        );
    } else {
        page.line(
            Tone::Bad,
            "Everything but the texts of these documents is what the log gives at the head that it names. Whether it quotes \
             them rightly cannot be told, since they are not here:",
        );
        for it in &missing {
            let why = it.struck.map_or("not at hand".to_owned(), |entry| format!("erased by entry {entry}"));
            page.line(Tone::Plain, &format!("  {} of entry {}, {}: {why}", it.name, it.entry, it.digest));
        }
    }
    page.fields([
        ("report", file.display().to_string()),
        ("digest", Digest::of(text.as_bytes()).to_string()),
        ("made from", named.to_string()),
        ("signed", times(signed.len())),
    ]);
    for (by, entry, at) in &signed {
        page.line(Tone::Plain, &format!("  by {by}, {} (entry {entry})", time::plain(*at)));
    }
    for it in &erased {
        let by = it.struck.map_or_else(String::new, |done| format!(", erased by entry {}", done.entry));
        page.line(
            Tone::Notice,
            &format!(
                "  {} filed `{}`, {} (entry {}){by}: that holds, and whether it was this report cannot be told any more",
                it.by, it.name, time::plain(it.done.at), it.done.entry
            ),
        );
    }
    let panel = seats_signed(log.state(), &named.case, &signed);
    if let Some((signed, seats)) = panel.filter(|(signed, _)| *signed > 0) {
        let most = if signed * 2 > seats { ", a majority of the panel" } else { "" };
        page.line(Tone::Plain, &format!("{signed} of {seats} filled seats have signed it{most}."));
    }
    let asked = asked(log.state(), &named.case, &signed);
    if let Some((signer, met)) = asked {
        let who = signer.plainly();
        let (tone, words) = if met {
            (Tone::Good, format!("It is signed by {who}, as the workflow asks."))
        } else {
            (Tone::Bad, format!("It is not signed by {who}, as the workflow asks."))
        };
        page.line(tone, &words);
    }
    marked(&mut page, log.read_only());
    let signatures = signed.iter().map(|(by, entry, at)| json!({ "by": by, "entry": entry, "at": at }));
    let json = json!({
        "passes": same && overtaken.is_none(),
        "overtaken": overtaken,
        "digest": Digest::of(text.as_bytes()),
        "made": named,
        "missing": missing.iter().map(|it| json!({ "entry": it.entry, "name": it.name, "digest": it.digest, "struck": it.struck })).collect::<Vec<Value>>(),
        "erased": erased.iter().map(|it| json!({ "by": it.by, "entry": it.done.entry, "name": it.name, "struck": it.struck.map(|done| done.entry) })).collect::<Vec<Value>>(),
        "signed": signatures.collect::<Vec<Value>>(),
        "seats": panel.map(|(signed, seats)| json!({ "signed": signed, "filled": seats })),
        "asked": asked.map(|(signer, met)| json!({ "signed-by": signer.word(), "met": met })),
    });
    Ok(match (same && overtaken.is_none(), asked) {
        (false, _) => Answer::faults(page, json),
        (true, Some((_, false))) => Answer::unsigned(page, json),
        (true, _) => Answer::done(page, json),
    })
}

/// The time of the next entry after a report's head, where that is before the time as of which the report tells.
fn overtaken(log: &Kept, named: &Made) -> Result<Option<Instant>, CliError> {
    if named.head.size >= log.head().size {
        return Ok(None);
    }
    let next = log.until(named.head.size + 1)?;
    Ok(next.map(|state| state.last).filter(|last| *last < named.at))
}

fn times(signed: usize) -> String {
    match signed {
        0 => "by nobody yet".to_owned(),
        1 => "once".to_owned(),
        many => format!("{many} times"),
    }
}

/// The report that the log gives at the head, time and case that a line names; `None` where the log has no such head.
/// `texts` gives the documents that are put into it, where it has any.
fn again_with(
    log: &Kept,
    named: &Made,
    texts: impl FnOnce(&BTreeMap<u64, Attachments>) -> Result<BTreeMap<Digest, String>, CliError>,
) -> Result<Option<Report>, CliError> {
    if named.head.size > log.head().size || named.head.size == 0 {
        return Ok(None);
    }
    let root = log.root(named.head.size)?;
    let before = log.until(named.head.size)?;
    let Some(before) = before.filter(|state| root == Some(named.head.root) && named.at >= state.last) else {
        return Ok(None);
    };
    let state = before.at(named.at);
    if state.case(&named.case).is_none() {
        return Ok(None);
    }
    made(log, &state, (named.head, named.at), &named.case, named.documents.then_some(texts)).map(Some)
}
