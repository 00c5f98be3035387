//! `audit`: a full replay, with no trust in whoever keeps the log.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::answer::Answer;
use super::context::Context;
use super::documents::{read, read_text};
use super::error::CliError;
use super::license;
use super::receipts;
use super::record::audited_against;
use super::refused::{Held, Holder};
use super::seen::{Kept, Seen};
use super::show::{Page, Tone, bounds, by_entry, late, marked, time, title};
use super::source::{self, Opened, Served};
use crate::audit::{Finding, Place, Report, Source as _};
use crate::engine::licence::Licence;
use crate::export::Site;
use crate::log::{Receipt, VerifierKey};
use crate::statement::Refused;
use crate::store::ReadOnly;
use crate::values::Digest;
use crate::view::document::{Grant, InForce};
use crate::workflow::model::Nature;

/// Replay the whole log: signatures, tree, checkpoint, rules, licence state
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  quorate audit --anchor sha256:34759fbf…\n  quorate audit public --against old/checkpoint\n  \
    quorate audit https://log.example/agi-2025 --anchor sha256:34759fbf…\n\n\
    The anchor is the agreement's identity. Take it from the contract or from another party, not from the log.\n\
    A receipt shows with --against what the log alone cannot: that its tail was dropped or rewritten. So does a \
    refusal that the log has signed, and the rules judge then whether it stands.\n\
    Exit code 0: nothing is wrong; 1: something is, and every fault is listed with its entry; or the\n    store is an older copy, or one of two histories, as a witness has shown."
)]
pub struct AuditArgs {
    /// The agreement, which may be left out where there is only one; or the folder of an export, or the address at
    /// which it is served
    #[arg(value_name = "AGREEMENT|DIR|URL")]
    source: Option<String>,
    /// The identity that the agreement must have
    #[arg(long, value_name = "DIGEST")]
    anchor: Option<Digest>,
    /// A receipt, signed refusal, checkpoint or export of this log that was kept elsewhere, or the address of an export; may
    /// be given several times
    #[arg(long, value_name = "FILE|URL")]
    against: Vec<PathBuf>,
    /// The statement that was refused, as it was submitted, where it is not beside the refusal; may be given several
    /// times
    #[arg(long, value_name = "FILE", requires = "against")]
    statement: Vec<PathBuf>,
}

/// Runs `audit`.
///
/// # Errors
/// There is no such agreement, or it cannot be read at all.
pub fn run(context: &Context, args: &AuditArgs) -> Result<Answer, CliError> {
    let opened = source::open(context, args.source.as_deref())?;
    let mut kept = Vec::new();
    let mut notes = Vec::new();
    for file in &args.against {
        match refusal(file)? {
            Some(note) => notes.push((file.as_path(), note)),
            None => kept.push(kept_checkpoint(context, file)?),
        }
    }
    let own = opened.served.as_ref().map_or(Ok(Vec::new()), |served| served.seen.checkpoints())?;
    kept.extend(own.iter().map(|own| own.note.clone()));
    let anchor = args.anchor.or(opened.served.as_ref().and_then(|served| served.known));
    let mut report = audited_against(&*opened.source, anchor, &kept)?;
    if opened.stored {
        compare_kept(context, &mut report)?;
    }
    if let Some(served) = &opened.served {
        seen_again(served, &own, &report)?;
    }
    answer(args, &opened, report, &notes)
}

/// Keeps what was seen of a log that a server keeps, or what convicts it.
///
/// # Errors
/// It cannot be written; or what was seen is of two histories.
pub fn seen_again(served: &Served, own: &[Kept], report: &Report) -> Result<(), CliError> {
    Seen::signed(own, report)?;
    if let (Some(state), true) = (&report.state, report.passes()) {
        let shown = |size| report.tree.root_at(size);
        return served.seen.keep(state.agreement.anchor, &report.checkpoint, &shown, own);
    }
    let proof = served.seen.convict(own, report);
    if proof.is_empty() {
        return Ok(());
    }
    let mut page = Page::default();
    page.line(Tone::Bad, proof.trim_start_matches("; "));
    super::tell(page)
}

/// Holds a log of the data folder against what this folder itself was given, unasked.
fn compare_kept(context: &Context, report: &mut Report) -> Result<(), CliError> {
    if let (Some(state), Some(Ok(key))) = (&report.state, report.vkey.as_ref().map(|vkey| vkey.parse())) {
        let kept = receipts::newest(&receipts::folder(&context.data_path()?, &state.agreement.name), &key);
        if let Some((_, checkpoint, _)) = kept {
            report.compare(&checkpoint);
        }
    }
    Ok(())
}

/// Has the rules judge the refusals that were kept elsewhere, and tells what came out.
fn answer(
    args: &AuditArgs,
    opened: &Opened,
    mut report: Report,
    notes: &[(&Path, Vec<u8>)],
) -> Result<Answer, CliError> {
    let holder = Holder { source: &*opened.source, statements: &args.statement };
    let held = notes.iter().map(|(file, note)| holder.hold(&mut report, file, note));
    let held: Vec<Held> = held.collect::<Result<_, _>>()?;
    let mut page = Page::default();
    let given = args.anchor.is_some() || opened.served.as_ref().is_none_or(|served| served.given);
    let json = told(&mut page, (&report, given), &held, opened.read_only);
    // The log passes, and proves elsewhere that it goes on, or goes another way.
    let stale = opened.read_only.is_some_and(ReadOnly::is_proven);
    if report.passes() && !stale { Ok(Answer::done(page, json)) } else { Ok(Answer::faults(page, json)) }
}

/// The signed refusal in a file, if it is one.
fn refusal(file: &Path) -> Result<Option<Vec<u8>>, CliError> {
    if file.is_dir() || address(file).is_some() {
        return Ok(None);
    }
    Ok(Some(read(file)?).filter(|bytes| Refused::is_meant(bytes)))
}

/// What somebody names, where it is an address.
fn address(file: &Path) -> Option<&str> {
    file.to_str().filter(|name| Site::is_address(name))
}

/// The signed checkpoint in a file, which is a receipt or the checkpoint itself; that of an exported folder, or of an
/// exported log at an address.
///
/// # Errors
/// The file cannot be read.
pub fn kept_checkpoint(context: &Context, file: &Path) -> Result<String, CliError> {
    if let Some(address) = address(file) {
        return Ok(source::export(context, address)?.checkpoint()?.unwrap_or_default());
    }
    if file.is_dir() {
        let checkpoint = file.join("checkpoint");
        // Whoever gave the folder may have put a pipe there, and opening one may wait for ever.
        if checkpoint.exists() && !checkpoint.is_file() {
            let what = format!("{} is no regular file, and a checkpoint is one", checkpoint.display());
            return Err(CliError::usage(what));
        }
        return read_text(&checkpoint);
    }
    match Receipt::parse(&read(file)?) {
        Ok(receipt) => Ok(receipt.checkpoint),
        Err(_) => read_text(file),
    }
}

fn told(
    page: &mut Page,
    (report, given): (&Report, bool),
    held: &[Held],
    read_only: Option<ReadOnly>,
) -> Value {
    let state = report.state.as_ref();
    if let Some(state) = state {
        title(page, &state.workflow);
    }
    page.fields(fields(report, given));
    if report.passes() {
        page.blank();
        page.line(Tone::Good, "The log passes: every signature, the tree, its checkpoint, and every rule.");
    } else {
        findings(page, report);
    }
    marked(page, read_only);
    if !held.is_empty() {
        page.blank();
        for held in held {
            held.told(page);
        }
    }
    if let Some(licence) = state.and_then(|state| state.licence(state.last)) {
        page.title(&format!("What has moved by the last entry, {}", time::plain(licence.at)));
        let moved = license::moved(page, &licence);
        page.line(
            Tone::Plain,
            &format!("{} as at the opening; `quorate license` lists all.", unmoved(&licence, moved)),
        );
    }
    json(report, held, read_only)
}

fn unmoved(licence: &Licence<'_>, moved: usize) -> String {
    let all: usize = licence.grants.iter().map(|grant| grant.attributes.len()).sum();
    match all - moved {
        rest if moved == 0 => format!("Nothing: all {rest} terms stand"),
        rest => format!("The other {rest} terms stand"),
    }
}

/// What was audited: identity, entries, root, key.
/// `given` is whether somebody named the anchor with which its own was compared, and this machine has not only seen it before.
pub fn fields(report: &Report, given: bool) -> Vec<(&'static str, String)> {
    let gave = if given { "you gave" } else { "first seen here" };
    let other = report.findings.iter().any(|finding| finding.place == Place::Anchor);
    let anchor = match (report.anchor, report.anchor_checked) {
        (Some(anchor), true) if other => format!("{anchor}, which is not the one {gave}"),
        (Some(anchor), true) => format!("{anchor}, compared with the one {gave}"),
        (Some(anchor), false) => format!("{anchor}, consistent; identity not checked: give --anchor"),
        (None, _) => "none: the opening entry cannot be read".to_owned(),
    };
    let mut fields = vec![("anchor", anchor)];
    if let Some(state) = &report.state {
        fields.push(("workflow", state.workflow.digest.to_string()));
        for former in state.workflows.windows(2).rev() {
            if let [before, amended] = former {
                let entry = by_entry(Some(amended.from.entry));
                let until =
                    format!("{}, until the amendment of {}{entry}", before.workflow.digest, amended.from.at);
                fields.push(("before", until));
            }
        }
    }
    fields.extend([
        ("entries", report.entries.to_string()),
        ("signatures", format!("{} checked", report.signatures)),
        ("root", report.head.root.to_string()),
        ("times", bounds(&report.times, report.entries)),
    ]);
    fields.extend(late(&report.times).map(|late| ("shown late", late)));
    if let Some(vkey) = &report.vkey {
        fields.push(("checkpoint key", vkey.clone()));
    }
    fields
}

/// The faults, causes first.
pub fn findings(page: &mut Page, report: &Report) {
    let (causes, others): (Vec<&Finding>, Vec<&Finding>) =
        report.findings.iter().partition(|finding| finding.follows.is_none());
    let faults = |count: usize| format!("{count} fault{}", if count == 1 { "" } else { "s" });
    page.title(&faults(causes.len()));
    list(page, &causes);
    if !others.is_empty() {
        page.title(&format!("{} more that may only follow from these", faults(others.len())));
        list(page, &others);
    }
    if report.more > 0 {
        page.blank();
        page.line(Tone::Notice, &format!("And {} more, which are not listed.", report.more));
    }
}

/// Not a table, whose narrow columns would break the digests that one has to compare.
fn list(page: &mut Page, findings: &[&Finding]) {
    let places: Vec<String> = findings.iter().map(|finding| finding.place.to_string()).collect();
    let what = findings.iter().map(|finding| format!("{} [{}]", finding.what, finding.rule));
    page.fields(places.iter().map(String::as_str).zip(what));
}

/// The faults for a machine.
pub fn findings_json(report: &Report) -> Value {
    let findings = report.findings.iter().map(|finding| {
        json!({
            "place": finding.place.to_string(),
            "entry": finding.place.first_entry(),
            "rule": finding.rule,
            "what": finding.what,
            "follows": finding.follows,
            "evidence": finding.evidence,
        })
    });
    findings.collect()
}

fn json(report: &Report, held: &[Held], read_only: Option<ReadOnly>) -> Value {
    let state = report.state.as_ref();
    let licence = state.and_then(|state| Some(Grant::all(state, &state.licence(state.last)?)));
    json!({
        "passes": report.passes(),
        "agreement": state.map(|state| &state.agreement),
        "specimen": state.map(|state| state.workflow.nature == Nature::Specimen),
        "anchor": report.anchor,
        "anchor-checked": report.anchor_checked,
        "workflow": state.map(|state| state.workflow.digest),
        "workflows": state.and_then(InForce::amended),
        "entries": report.entries,
        "signatures": report.signatures,
        "head": report.head,
        "times": report.times,
        "checkpoint-key": report.vkey.as_ref().filter(|vkey| vkey.parse::<VerifierKey>().is_ok()),
        "checkpoint": report.checkpoint,
        "findings": findings_json(report),
        "more-findings": report.more,
        "read-only": read_only,
        "refusals": held.iter().map(Held::json).collect::<Vec<_>>(),
        "at": state.map(|state| state.last),
        "grants": licence,
    })
}
