//! `key new`, `key show`, `key replace`.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use clap::{Args, Subcommand};
use serde_json::json;
use zeroize::Zeroizing;

use super::answer::{self, Answer};
use super::context::Context;
use super::documents::Documents;
use super::error::{CliError, file_error};
use super::keyring::{keys_folder, public, signer_of};
use super::remote::Server;
use super::show::{Page, Tone, visible};
use super::signing::{Desk, Signing};
use crate::registry::log_key;
use crate::signer;
use crate::statement::{Body, By, HolderRef, PublicKey, ReplaceKey, Replacement};
use crate::values::Id;

/// Make, show or replace keys
#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  quorate key new ada")]
pub enum Key {
    /// Make a new key in the data folder, protected by a passphrase
    #[command(after_help = "Example:\n  quorate key new ada\n\n\
        It is an OpenSSH key: `ssh-keygen`, `ssh-agent` and `ssh-add` work with it.")]
    New(New),
    /// Show a key, or the verifier key of a log
    #[command(after_help = "Example:\n  quorate key show ada\n  quorate key show --log agi-2025")]
    Show(Show),
    /// Replace the key that speaks for a holder: rotate it, or recover from its loss
    #[command(after_help = "Example:\n  quorate key replace --new-key ada-2 --key ada\n  \
        quorate key replace verification#1/i1 --recovery \\\n      --new-key ada-2.pub --out recovery.json\n\n\
        Rotation is signed by the old and the new key. Recovery is signed by all parties, by whoever appoints \
        to the seat, and by the new key.")]
    Replace(Replace),
}

/// The arguments of `key new`.
#[derive(Debug, Args)]
pub struct New {
    /// The key's name: a file of that name in DIR/keys
    name: String,
    /// Leave the key unprotected: for specimens and machines only
    #[arg(long)]
    no_passphrase: bool,
}

/// The arguments of `key show`.
#[derive(Debug, Args)]
pub struct Show {
    /// A name in the data folder, a key file, or a public key
    #[arg(required_unless_present = "log")]
    key: Option<String>,
    /// The verifier key of this folder's log for an agreement of that name
    #[arg(long, value_name = "AGREEMENT")]
    log: Option<Id>,
}

/// The arguments of `key replace`.
#[derive(Debug, Args)]
pub struct Replace {
    /// Whose key: `openai/ceo`, `verification#1/i1`; may be left out where --key says it
    holder: Option<HolderRef>,
    /// The new key
    #[arg(long, value_name = "KEY")]
    new_key: String,
    /// The old key is lost: others sign in its stead
    #[arg(long)]
    recovery: bool,
    #[command(flatten)]
    signing: Signing,
}

/// Runs `key`.
///
/// # Errors
/// There is no such key, or the statement is refused.
pub fn run(context: &Context, command: &Key) -> Result<Answer, CliError> {
    match command {
        Key::New(args) => new(context, args),
        Key::Show(args) => show(context, args),
        Key::Replace(args) => replace(context, args),
    }
}

fn new(context: &Context, args: &New) -> Result<Answer, CliError> {
    if args.name.is_empty()
        || args.name.contains(['/', '\\'])
        || args.name.starts_with('.')
        || Path::new(&args.name).extension().is_some_and(|extension| extension == "pub")
    {
        return Err(CliError::usage(format!("`{}` cannot name a key; use a plain word", args.name)));
    }
    let folder = keys_folder(context)?;
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(file_error("create", &folder))?;
    let path = folder.join(&args.name);
    if path.exists() {
        // Before anybody thinks of a passphrase.
        return Err(signer::SignerError::Exists { path }.into());
    }
    let passphrase = if args.no_passphrase { None } else { Some(new_passphrase(&path)?) };
    let public = signer::generate(&path, &args.name, passphrase.as_ref().map(|words| words.as_str()))?;
    let mut page = Page::default();
    page.line(Tone::Good, &format!("made the key {}", path.display()));
    tell(&mut page, &public);
    if args.no_passphrase {
        page.line(Tone::Notice, "It has no passphrase: whoever reads the file can sign with it.");
    }
    Ok(Answer::done(
        page,
        json!({ "file": answer::path(&path), "key": public, "fingerprint": public.fingerprint() }),
    ))
}

fn show(context: &Context, args: &Show) -> Result<Answer, CliError> {
    let mut page = Page::default();
    if let Some(name) = &args.log {
        let vkey = if let Some(server) = Server::of(context)? {
            server.record(Some(name.as_str()))?.state.log.vkey.clone()
        } else {
            let data = context.data()?;
            log_key(data.log_name(), name, &*data.log_seed()?)?.verifier().to_string()
        };
        page.raw(&vkey);
        return Ok(Answer::done(page, json!({ "vkey": vkey })));
    }
    let key = public(context, args.key.as_deref().unwrap_or_default())?;
    tell(&mut page, &key);
    Ok(Answer::done(page, json!({ "key": key, "fingerprint": key.fingerprint() })))
}

/// A key on a line of its own, which can be copied into a roster whole.
fn tell(page: &mut Page, key: &PublicKey) {
    page.fields([("fingerprint", key.fingerprint())]);
    page.raw(&key.to_string());
}

fn replace(context: &Context, args: &Replace) -> Result<Answer, CliError> {
    let mut desk = Desk::open(context, &args.signing)?;
    let holder = match &args.holder {
        Some(holder) => holder.clone(),
        None => own_holder(&desk)?,
    };
    let (how, by) = if args.recovery {
        (Replacement::Recovery, desk.state().who_recovers(&holder))
    } else {
        (Replacement::Rotation, By::One(desk.state().speaks_as(&holder).clone()))
    };
    let key = match signer_of(context, &args.new_key) {
        Ok(signer) => {
            let key = signer.public().clone();
            desk.signers.push(signer);
            key
        }
        // Whoever has the new key elsewhere signs the file that is written.
        Err(_) if args.signing.out.is_some() => public(context, &args.new_key)?,
        Err(error) => return Err(error),
    };
    let body = Body::ReplaceKey(ReplaceKey { holder, how, key });
    desk.finish(context, &args.signing, by, body, Documents::default())
}

fn own_holder(desk: &Desk) -> Result<HolderRef, CliError> {
    match desk.holders().as_slice() {
        [only] => Ok((*only).clone()),
        _ => Err(CliError::usage(
            "name the holder, such as `openai/ceo`, or sign with the key that speaks for it",
        )),
    }
}

fn new_passphrase(path: &Path) -> Result<Zeroizing<String>, CliError> {
    let ask = |words: &str| {
        rpassword::prompt_password(words).map(Zeroizing::new).map_err(|error| {
            CliError::usage(format!(
                "no terminal to ask for a passphrase ({error}); run this at a terminal, or make a key without one \
                 with --no-passphrase"
            ))
        })
    };
    let first = ask(&visible(&format!("New passphrase for {}: ", path.display())))?;
    if first.is_empty() {
        return Err(CliError::usage(
            "the passphrase is empty; a key without one is made with --no-passphrase",
        ));
    }
    if *ask("The same again: ")? != *first {
        return Err(CliError::usage("the two passphrases differ; nothing was made"));
    }
    Ok(first)
}
