//! `sign` and `submit`: the second half of what `--out` began; and what a submission brought about.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::answer::{self, Answer};
use super::context::Context;
use super::documents::read_text;
use super::error::{CliError, file_error};
use super::keys;
use super::parcel;
use super::session::Session;
use super::show::{Page, Tone, changes, statement as words, time};
use super::signing::{Signing, sign as signatures_of};
use crate::engine::{Refusal, State};
use crate::registry::{Receipted, Submission};
use crate::statement::Statement;
use crate::workflow::model::Nature;

/// Sign a statement that somebody wrote with --out
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate sign open.json --key ~/.ssh/id_ed25519\n\n\
    `ssh-keygen -Y sign -n quorate/statement/v1 -f KEY open.json` does the same.")]
pub struct Sign {
    /// The statement
    file: PathBuf,
    /// Sign with this key; several times for several signatures
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
}

/// Submit a statement with the signatures and documents beside it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate submit vote.json\n\n\
    Takes vote.json, every vote.json*.sig and vote.json.documents/, or an envelope as `log show` prints it.")]
pub struct Submit {
    /// The statement, or an envelope
    file: PathBuf,
    /// Take the entry though the clock is far ahead of the last one
    #[arg(long)]
    accept_clock_jump: bool,
}

/// Runs `sign`.
///
/// # Errors
/// The file is no statement, or the key cannot sign.
pub fn sign(context: &Context, args: &Sign) -> Result<Answer, CliError> {
    let text = read_text(&args.file)?;
    let statement = Statement::parse(&text).map_err(|error| {
        let why = format!("{}: {error}", args.file.display());
        Refusal::new("bad-statement", why, "sign the file that --out wrote, unchanged")
    })?;
    // Before any key is unlocked: nobody signs blind, and whoever does not like it stops here.
    let mut page = Page::default();
    page.title("You sign");
    page.nature(words::nature(&statement));
    page.fields(words::fields(&statement));
    super::tell(page)?;
    let signers = keys::signers(context, &Signing { keys: args.keys.clone(), ..Signing::default() })?;
    let mut page = Page::default();
    let mut written = Vec::new();
    for signature in signatures_of(&signers, &text)? {
        let path = parcel::add_signature(&args.file, &signature.sig)?;
        page.line(Tone::Good, &format!("signed with {}: {}", signature.key, path.display()));
        written.push(json!({ "key": signature.key, "file": answer::path(&path) }));
    }
    let specimen = words::nature(&statement).map(|nature| nature == Nature::Specimen);
    Ok(Answer::done(
        page,
        json!({ "type": statement.type_name(), "specimen": specimen, "signatures": written }),
    ))
}

/// Runs `submit`.
///
/// # Errors
/// The statement is refused, or storage fails.
pub fn run(context: &Context, args: &Submit) -> Result<Answer, CliError> {
    let (envelope, blobs) = parcel::open(&args.file)?;
    let session = Session::open(context)?;
    let submission = Submission { envelope, blobs, accept_clock_jump: args.accept_clock_jump };
    submit(context, &session, submission)
}

/// Submits, keeps the receipt, and tells what the entry brought about.
///
/// # Errors
/// The statement is refused, or storage fails.
pub fn submit(context: &Context, session: &Session, submission: Submission) -> Result<Answer, CliError> {
    let anchor = Statement::parse(&submission.envelope.statement).ok().and_then(|statement| statement.header);
    let state_now = |anchor: &str| session.agreement(Some(anchor)).map(|live| live.state);
    let before = anchor.and_then(|header| state_now(&header.agreement.anchor.to_string()).ok());
    let receipted = session.submit(submission)?;
    let after = state_now(&receipted.anchor.to_string())?;
    let receipt = keep_receipt(session, &after, &receipted)?;
    Ok(told(context, before.as_ref(), &after, &receipted, &receipt))
}

fn told(
    context: &Context,
    before: Option<&State>,
    after: &State,
    receipted: &Receipted,
    receipt: &Path,
) -> Answer {
    let mut page = Page::default();
    let known = if receipted.known { "It was there already: entry" } else { "Entry" };
    page.line(
        Tone::Good,
        &format!("{known} {} of {}, on stable storage.", receipted.index, after.agreement.name),
    );
    page.specimen(&after.workflow);
    let changes = changes::between(before, after);
    for change in &changes {
        page.line(Tone::Plain, &format!("  {change}"));
    }
    page.line(Tone::Faint, &format!("receipt: {}", receipt.display()));
    let at = receipted_time(receipted).map_or_else(|| time::plain(context.now()), time::plain);
    page.line(Tone::Faint, &format!("time: {at}"));
    Answer::done(
        page,
        json!({
            "agreement": after.agreement,
            "specimen": after.workflow.nature == Nature::Specimen,
            "entry": receipted.index,
            "known": receipted.known,
            "time": receipted_time(receipted),
            "changes": changes,
            "receipt": answer::path(receipt),
        }),
    )
}

fn receipted_time(receipted: &Receipted) -> Option<crate::values::Instant> {
    let bytes = receipted.receipt.extra.as_ref()?;
    crate::statement::Entry::parse(bytes).ok().map(|entry| entry.time)
}

/// `receipts/AGREEMENT/INDEX.tlog-proof` in the data folder, with the log's key beside it as a hint.
fn keep_receipt(session: &Session, state: &State, receipted: &Receipted) -> Result<PathBuf, CliError> {
    let folder = session.data.root().join("receipts").join(state.agreement.name.as_str());
    fs::create_dir_all(&folder).map_err(file_error("create", &folder))?;
    let path = folder.join(format!("{}.tlog-proof", receipted.index));
    fs::write(&path, receipted.receipt.to_string()).map_err(file_error("write", &path))?;
    let key = folder.join("log.vkey");
    fs::write(&key, format!("{}\n", state.log.vkey)).map_err(file_error("write", &key))?;
    Ok(path)
}
