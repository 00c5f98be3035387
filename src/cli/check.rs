//! `check`: a receipt, a refusal or a certificate, offline or as somebody gives it out.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::answer::Answer;
use super::audit::kept_checkpoint;
use super::certificate;
use super::context::Context;
use super::documents::read_text;
use super::error::CliError;
use super::given::Given;
use super::record::if_kept;
use super::refused;
use super::show::{Page, Tone, in_words, statement as words, time};
use crate::audit::Certificate;
use crate::engine::paper::Paper;
use crate::log::{Checkpoint, Hash, Receipt, VerifierKey};
use crate::statement::{AgreementRef, Body, Checked, Entry, PublicKey, Refused};
use crate::values::{Digest, Instant};
use crate::workflow::model::Nature;

/// Check a receipt, a signed refusal or a licence certificate, offline, or as an address gives it out
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate check 24.tlog-proof --log-key paper.toml\n  \
    quorate check refused.note --statement vote.json --log-key paper.toml\n  \
    quorate check agi-2025@sha256:34759fbf… --server https://log.example.org\n\n\
    Without --log-key the key is taken from the file log.vkey beside the receipt, which is only a hint: whoever \
    gave you the receipt could have written both.")]
pub struct CheckArgs {
    /// The receipt (C2SP tlog-proof), the refusal, or the certificate: a file, or the address that gives it out; with
    /// --server an agreement, whose certificate it is asked for
    #[arg(value_name = "FILE|URL|AGREEMENT")]
    file: PathBuf,
    /// The log's verifier key: itself, a file with it, or a ballot paper
    #[arg(long, value_name = "VKEY|FILE")]
    log_key: Option<String>,
    /// The identity that the agreement must have
    #[arg(long, value_name = "DIGEST")]
    pub anchor: Option<Digest>,
    /// The statement or envelope that must be the one refused
    #[arg(long, value_name = "FILE")]
    pub statement: Option<PathBuf>,
    /// A receipt, checkpoint or exported folder that you kept, or the address of one: a certificate without its entries is
    /// stale
    #[arg(long, value_name = "FILE|URL")]
    against: Vec<PathBuf>,
}

/// A log's key, and how it is known.
pub struct Known {
    /// The key.
    pub key: VerifierKey,
    /// Where it was taken from, in words.
    pub from: &'static str,
    /// Whether the user gave it: what comes with a receipt shows nothing of who keeps the log.
    pub given: bool,
    /// The agreement of the ballot paper on which it stands.
    pub agreement: Option<AgreementRef>,
    /// Whether that paper is a specimen's.
    nature: Option<Nature>,
}

impl Known {
    /// A key that stands on no ballot paper.
    fn alone(key: VerifierKey, from: &'static str, given: bool) -> Self {
        Self { key, from, given, agreement: None, nature: None }
    }

    /// Whether an agreement of this identity is a specimen, as far as it is known here: by the ballot paper that the user
    /// gave, or the log where the data folder has it. Nobody else is asked, and a log that does not pass its audit tells
    /// nothing.
    pub fn nature(&self, context: &Context, anchor: Digest) -> Option<Nature> {
        let kept = || {
            let here = Context { server: None, ..context.clone() };
            if_kept(&here, anchor).ok().flatten().map(|record| record.state.workflow.nature)
        };
        self.nature.filter(|_| self.given).or_else(kept)
    }
}

/// What a receipt shows.
struct Shown {
    checkpoint: Checkpoint,
    time: Instant,
    checked: Checked,
}

/// Runs `check`.
///
/// # Errors
/// The receipt cannot be read, no key is known, or it does not pass.
pub fn run(context: &Context, args: &CheckArgs) -> Result<Answer, CliError> {
    let given = Given::of(context, &args.file)?;
    let bytes = &given.bytes;
    if given.served.is_some() || Certificate::is_meant(bytes) {
        let kept: Vec<String> =
            args.against.iter().map(|file| kept_checkpoint(context, file)).collect::<Result<_, _>>()?;
        return certificate::check(&given, args.anchor, kept, context.now());
    }
    if !args.against.is_empty() {
        return Err(CliError::usage(
            "--against is for a certificate, and this is none: `quorate audit --against` compares receipts and refusals \
             with a log",
        ));
    }
    if Refused::is_meant(bytes) {
        return refused::check(context, &given, args);
    }
    if args.statement.is_some() {
        return Err(CliError::usage(
            "--statement is for a refusal, and this is none: a receipt carries its statement",
        ));
    }
    // What is no receipt needs no key to be told so.
    if let Err(error) = Receipt::parse(bytes) {
        return Ok(faulty(&error.to_string(), None));
    }
    let known = log_key(args, &given)?;
    let (receipt, shown) = match check(bytes, &known, args.anchor) {
        Ok(passed) => passed,
        Err(fault) => return Ok(faulty(&fault, Some(&known))),
    };
    let Shown { checkpoint, time, checked } = &shown;
    let nature = words::nature(checked.statement()).or_else(|| known.nature(context, checked.anchor()));
    let Known { key, from, given, .. } = known;
    let mut page = Page::default();
    page.nature(nature);
    page.line(Tone::Good, &format!("The receipt passes: entry {} is in the log.", receipt.index));
    page.fields([
        ("log", checkpoint.origin.clone()),
        ("log key", format!("{key} ({from})")),
        ("head", in_words(&checkpoint.head)),
        ("time", time::from_now(*time, context.now())),
    ]);
    page.title("What was said");
    // A key that came with the receipt shows nothing of who keeps the log; an opening statement names its own.
    let identified = given || matches!(checked.statement().body, Body::Open(_));
    let anchor_checked = args.anchor.is_some() && identified;
    if args.anchor.is_some() && !anchor_checked {
        page.line(
            Tone::Notice,
            "The anchor agrees, but the log's key came with the receipt: anybody can write both. Give --log-key.",
        );
    }
    let signers: Vec<String> = checked.signers().iter().map(PublicKey::fingerprint).collect();
    let mut fields = words::fields(checked.statement());
    fields.extend([("digest", checked.digest().to_string()), ("signed with", signers.join(", "))]);
    page.fields(fields);
    page.blank();
    page.line(
        Tone::Faint,
        "A receipt shows that the log holds the statement at this place. Whether the rules admitted it, and what \
         followed, is what `quorate audit` replays.",
    );
    let json = json!({
        "passes": true, "entry": receipt.index, "origin": checkpoint.origin, "head": checkpoint.head,
        "log-key": key.to_string(), "key-from": from, "time": time, "digest": checked.digest(),
        "statement": checked.text(), "signers": signers,
        "anchor": checked.anchor(), "anchor-checked": anchor_checked,
        "specimen": nature.map(|nature| nature == Nature::Specimen),
    });
    Ok(Answer::done(page, json))
}

fn faulty(fault: &str, known: Option<&Known>) -> Answer {
    let mut page = Page::default();
    page.line(Tone::Bad, &format!("The receipt does not pass: {fault}."));
    let (key, from) = (known.map(|known| known.key.to_string()), known.map(|known| known.from));
    Answer::faults(page, json!({ "passes": false, "fault": fault, "log-key": key, "key-from": from }))
}

fn check(bytes: &[u8], known: &Known, anchor: Option<Digest>) -> Result<(Receipt, Shown), String> {
    let key = &known.key;
    let receipt = Receipt::parse(bytes).map_err(|error| error.to_string())?;
    let entry = receipt.extra.as_ref().ok_or("it does not carry its entry, which ours do")?;
    let checkpoint = receipt.verify(Hash::leaf(entry), key).map_err(|error| error.to_string())?;
    let entry = Entry::parse(entry).map_err(|error| error.to_string())?;
    let checked = entry.envelope.check().map_err(|error| error.to_string())?;
    if let Body::Open(open) = &checked.statement().body {
        // It names its own log, and stands first in it: any other log that carries it is not the agreement's.
        if receipt.index != 0 {
            return Err(format!(
                "it shows an opening statement at entry {}, and one stands first",
                receipt.index
            ));
        }
        if open.log.vkey != key.to_string() || open.log.origin != checkpoint.origin {
            return Err(format!(
                "its opening statement names the log key {}, and this is {key}",
                open.log.vkey
            ));
        }
    }
    let name = checked.statement().header.as_ref().map(|header| header.agreement.name.to_string());
    if name.is_some_and(|name| !checkpoint.origin.ends_with(&format!("/{name}"))) {
        return Err(format!("its statement belongs to another agreement than the log {}", checkpoint.origin));
    }
    let found = checked.anchor();
    // The paper's origin is its key's name, and so the checkpoint's.
    let mut asked = anchor.into_iter().chain(known.agreement.as_ref().map(|agreement| agreement.anchor));
    if let Some(other) = asked.find(|anchor| *anchor != found) {
        return Err(format!(
            "it is of the agreement {found}, not of {other}: another one, whatever its name"
        ));
    }
    Ok((receipt, Shown { checkpoint, time: entry.time, checked }))
}

/// The log's key: as the user gives it, else as it lies beside the file or is named in it.
///
/// # Errors
/// There is none, or what should hold it does not.
pub fn log_key(args: &CheckArgs, given: &Given) -> Result<Known, CliError> {
    if let Some(named) = &args.log_key {
        if let Ok(key) = named.parse() {
            return Ok(Known::alone(key, "as you gave it", true));
        }
        return from_file(Path::new(named), "from the file that you named", true);
    }
    if let Some(hint) = given.beside("log.vkey").filter(|hint| hint.exists()) {
        return from_file(&hint, "from log.vkey beside it: identity not checked", false);
    }
    if let Some(key) = own_key(&given.bytes) {
        let from = "from the opening statement itself: identity not checked";
        return Ok(Known::alone(key, from, false));
    }
    Err(CliError::usage(
        "name the log's verifier key with --log-key: it is on every ballot paper and in the opening entry",
    ))
}

/// A file with the key alone, or a ballot paper exactly as the log wrote it.
fn from_file(path: &Path, from: &'static str, given: bool) -> Result<Known, CliError> {
    let text = read_text(path)?;
    if let Ok(key) = text.trim().parse() {
        return Ok(Known::alone(key, from, given));
    }
    let neither = |error: String| {
        CliError::usage(format!("{} is no verifier key, nor a ballot paper: {error}", path.display()))
    };
    let paper = Paper::parse(&text).map_err(|error| neither(error.to_string()))?;
    let key = paper.vkey.parse().map_err(|error| neither(format!("{error}")))?;
    let nature = Some(paper.nature());
    Ok(Known { key, from, given, agreement: Some(paper.agreement), nature })
}

/// The key that an opening statement names.
fn own_key(receipt: &[u8]) -> Option<VerifierKey> {
    let receipt = Receipt::parse(receipt).ok()?;
    let entry = Entry::parse(receipt.extra.as_ref()?).ok()?;
    match entry.envelope.check().ok()?.statement().body {
        Body::Open(ref open) => open.log.vkey.parse().ok(),
        _ => None,
    }
}
