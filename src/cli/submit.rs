//! `sign` and `submit`: the second half of what `--out` began.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::answer::{self, Answer};
use super::context::Context;
use super::documents::read_text;
use super::error::CliError;
use super::keyring::signers;
use super::record::if_kept;
use super::session::Session;
use super::show::{Page, Tone, statement as words};
use super::signing::sign as signatures_of;
use super::{diff, parcel, taken};
use crate::engine::Refusal;
use crate::engine::amend::{Amended, OfficerChange};
use crate::registry::Submission;
use crate::statement::{Body, Statement};
use crate::workflow::Workflow;
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
    /// The workflow in force, against which an amendment is shown; read off the log where that is here
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

/// Submit a statement with the signatures and documents beside it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate submit vote.json\n\n\
    Takes vote.json, every vote.json.sig and vote.json.*.sig, and vote.json.documents/; or an envelope, as \
    `log show --envelope` writes it and as it is kept beside a refusal.")]
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
    let amended = amended(context, args, &statement)?;
    if let Some(Known { old, new, officers }) = &amended {
        page.title("What the amendment changes");
        diff::told(&mut page, (old, new), &old.diff(new));
        match officers {
            Some(changes) => diff::officers(&mut page, changes),
            None => {
                page.line(
                    Tone::Notice,
                    "Which officers it replaces cannot be shown: the log is not here. Those that it names are above.",
                );
            }
        }
    } else if matches!(statement.body, Body::Amend(_)) {
        page.line(
            Tone::Notice,
            "What it changes cannot be shown: the log is not here. Name the text of the workflow in force with --from FILE.",
        );
    }
    super::tell(page)?;
    let signers = signers(context, &args.keys, true)?;
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

/// What is known here of an amendment.
struct Known {
    /// The workflow that it takes the place of.
    old: Workflow,
    /// The one that it puts into force.
    new: Workflow,
    /// Whom it makes officers in whose place; `None` where the log is not here.
    officers: Option<Vec<OfficerChange>>,
}

/// What an amendment changes; `None` of another statement, and where the workflow that it takes the place of is not
/// known here.
fn amended(context: &Context, args: &Sign, statement: &Statement) -> Result<Option<Known>, CliError> {
    let (Body::Amend(amend), Some(header)) = (&statement.body, &statement.header) else { return Ok(None) };
    let kept = match if_kept(context, header.agreement.anchor) {
        // The text is at hand, whatever has become of the log.
        Err(_) if args.from.is_some() => None,
        kept => kept?,
    };
    let old = match &args.from {
        Some(file) => {
            let (_, old) = super::workflow::read(file)?;
            if old.digest != header.workflow {
                return Err(CliError::usage(format!(
                    "{} is {}, and the amendment is of the workflow {}; name the text that is in force",
                    file.display(),
                    old.digest,
                    header.workflow
                )));
            }
            Some(old)
        }
        None => kept.as_ref().and_then(|record| {
            let mut known = record.state.workflows.iter().rev().map(|it| &it.workflow);
            known.find(|workflow| workflow.digest == header.workflow).map(|workflow| (**workflow).clone())
        }),
    };
    let new = Workflow::parse(&amend.to).map_err(|found| {
        let why = format!("the workflow that it puts into force does not pass: {found}");
        Refusal::new("bad-workflow", why, "do not sign it; have it written anew")
    })?;
    let in_force = kept.filter(|record| record.state.workflow.digest == header.workflow);
    let officers = in_force.map(|record| {
        let amended = Amended { workflow: Arc::new(new.clone()), amend: (**amend).clone() };
        record.state.officer_changes(&amended)
    });
    Ok(old.map(|old| Known { old, new, officers }))
}

/// Runs `submit`.
///
/// # Errors
/// The statement is refused, or storage fails.
pub fn run(context: &Context, args: &Submit) -> Result<Answer, CliError> {
    let (envelope, blobs) = parcel::open(&args.file)?;
    let session = Session::open(context)?;
    let submission = Submission { envelope, blobs, accept_clock_jump: args.accept_clock_jump };
    taken::submit(context, &session, submission).map_err(|error| parcel::with_files(error, &args.file))
}
