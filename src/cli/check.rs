//! `check`: a receipt or a certificate, offline.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::answer::Answer;
use super::certificate;
use super::context::Context;
use super::documents::{read, read_text};
use super::error::CliError;
use super::show::{Page, Tone, statement as words, time};
use crate::audit::Certificate;
use crate::engine::paper::Paper;
use crate::log::{Checkpoint, Hash, Receipt, VerifierKey};
use crate::statement::{Body, Checked, Entry, PublicKey};
use crate::values::{Digest, Instant};
use crate::workflow::model::Nature;

/// Check a receipt or a licence certificate, offline
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate check 24.tlog-proof --log-key paper.toml\n\n\
    Without --log-key the key is taken from the file log.vkey beside the receipt, which is only a hint: whoever \
    gave you the receipt could have written both.")]
pub struct CheckArgs {
    /// The receipt (C2SP tlog-proof), or the certificate
    file: PathBuf,
    /// The log's verifier key: itself, a file with it, or a ballot paper
    #[arg(long, value_name = "VKEY|FILE")]
    log_key: Option<String>,
    /// The identity that the agreement must have
    #[arg(long, value_name = "DIGEST")]
    anchor: Option<Digest>,
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
    let bytes = read(&args.file)?;
    if Certificate::is_meant(&bytes) {
        return certificate::check(&bytes, args.anchor, context.now());
    }
    // What is no receipt needs no key to be told so.
    if let Err(error) = Receipt::parse(&bytes) {
        return Ok(faulty(&error.to_string(), None));
    }
    let (key, from, given) = log_key(args)?;
    let (receipt, shown) = match check(&bytes, &key, args.anchor) {
        Ok(passed) => passed,
        Err(fault) => return Ok(faulty(&fault, Some((&key, from)))),
    };
    let mut page = Page::default();
    let Shown { checkpoint, time, checked } = &shown;
    page.nature(words::nature(checked.statement()));
    page.line(Tone::Good, &format!("The receipt passes: entry {} is in the log.", receipt.index));
    page.fields([
        ("log", checkpoint.origin.clone()),
        ("log key", format!("{key} ({from})")),
        ("head", format!("{} entries, root {}", checkpoint.head.size, checkpoint.head.root)),
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
        "specimen": words::nature(checked.statement()).map(|nature| nature == Nature::Specimen),
    });
    Ok(Answer::done(page, json))
}

fn faulty(fault: &str, key: Option<(&VerifierKey, &str)>) -> Answer {
    let mut page = Page::default();
    page.line(Tone::Bad, &format!("The receipt does not pass: {fault}."));
    let (key, from) = (key.map(|(key, _)| key.to_string()), key.map(|(_, from)| from));
    Answer::faults(page, json!({ "passes": false, "fault": fault, "log-key": key, "key-from": from }))
}

fn check(bytes: &[u8], key: &VerifierKey, anchor: Option<Digest>) -> Result<(Receipt, Shown), String> {
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
    if let Some(anchor) = anchor.filter(|anchor| *anchor != found) {
        return Err(format!(
            "it is of the agreement {found}, not of {anchor}: another one, whatever its name"
        ));
    }
    Ok((receipt, Shown { checkpoint, time: entry.time, checked }))
}

/// The log's key, where it was taken from in words, and whether the user gave it.
fn log_key(args: &CheckArgs) -> Result<(VerifierKey, &'static str, bool), CliError> {
    if let Some(given) = &args.log_key {
        if let Ok(key) = given.parse() {
            return Ok((key, "as you gave it", true));
        }
        return Ok((from_file(Path::new(given))?, "from the file that you named", true));
    }
    let hint = args.file.parent().unwrap_or(Path::new("")).join("log.vkey");
    if hint.exists() {
        return Ok((from_file(&hint)?, "from log.vkey beside the receipt: identity not checked", false));
    }
    if let Some(key) = own_key(&args.file) {
        return Ok((key, "from the opening statement itself: identity not checked", false));
    }
    Err(CliError::usage(
        "name the log's verifier key with --log-key: it is on every ballot paper and in the opening entry",
    ))
}

fn from_file(path: &Path) -> Result<VerifierKey, CliError> {
    let text = read_text(path)?;
    let paper: Option<Paper> = toml::from_str(&text).ok();
    let key = paper.as_ref().map_or(text.trim(), |paper| &paper.vkey);
    key.parse().map_err(|error| {
        CliError::usage(format!("{} is neither a verifier key nor a ballot paper: {error}", path.display()))
    })
}

/// The key that an opening statement names.
fn own_key(file: &Path) -> Option<VerifierKey> {
    let receipt = Receipt::parse(&read(file).ok()?).ok()?;
    let entry = Entry::parse(receipt.extra.as_ref()?).ok()?;
    match entry.envelope.check().ok()?.statement().body {
        Body::Open(ref open) => open.log.vkey.parse().ok(),
        _ => None,
    }
}
