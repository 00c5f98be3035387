//! `open`: the parties open an agreement with a workflow and a roster.

use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding as _};
use clap::Args;
use serde::Deserialize;

use super::answer::Answer;
use super::context::Context;
use super::documents::{Documents, read, read_text};
use super::error::CliError;
use super::signing::{Signing, finish};
use crate::engine::admit::judge_opening;
use crate::log::VerifierKey;
use crate::registry::log_key;
use crate::statement::{Body, By, LogIdentity, Open, RosterLine, Statement};
use crate::values::{Digest, Id, is_hidden};
use crate::workflow::Workflow;
use crate::workflow::model::Nature;

/// Open an agreement: every party signs a workflow, a roster and the log that keeps it
#[derive(Debug, Args)]
#[command(
    // Of what all share that sign: here there is no agreement yet, and `name` says how it will be called.
    mut_arg("agreement", |it| it.hide(true)),
    after_help = "Example:\n  quorate open agi-2025 --workflow agi-2025.toml --contract contract.pdf \\\n      \
    --roster roster.toml --out open.json\n\nThe roster is TOML, one table an officer:\n  [[officer]]\n  \
    holder = \"openai/ceo\"\n  person = \"Ada Example\"\n  key    = \"ssh-ed25519 AAAA…\""
)]
pub struct OpenArgs {
    /// The agreement's name, the last part of its log's origin
    name: Id,
    /// The workflow
    #[arg(long, value_name = "FILE")]
    workflow: PathBuf,
    /// The contract, whose digest the workflow names
    #[arg(long, value_name = "FILE")]
    contract: PathBuf,
    /// The officers of every party and role, with their keys
    #[arg(long, value_name = "FILE")]
    roster: PathBuf,
    /// The witnesses on whom the parties rely, as a C2SP tlog-policy
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The log's verifier key, where another machine keeps the log: `quorate key show --log NAME` prints it there
    #[arg(long, value_name = "VKEY")]
    log_key: Option<VerifierKey>,
    #[command(flatten)]
    signing: Signing,
}

/// A roster file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Roster {
    officer: Vec<RosterLine>,
}

/// Runs `open`.
///
/// # Errors
/// A file is unfit, or the statement is refused.
pub fn run(context: &Context, args: &OpenArgs) -> Result<Answer, CliError> {
    if args.signing.agreement.is_some() {
        return Err(CliError::usage(
            "what is opened is no agreement yet: leave out --agreement, its name comes first",
        ));
    }
    let statement = statement(context, args)?;
    let nature = judged(&statement)?;
    let signers = args.signing.signers(context)?;
    finish(context, &args.signing, &signers, &statement, nature, Documents::default(), None)
}

/// The draft as the engine will judge it, before anybody has signed; and whether it is a specimen.
fn judged(statement: &Statement) -> Result<Nature, CliError> {
    match &statement.body {
        Body::Open(open) => Ok(judge_opening(open)?.workflow.nature),
        _ => Err(CliError::usage("this opens nothing")),
    }
}

fn statement(context: &Context, args: &OpenArgs) -> Result<Statement, CliError> {
    let text = read_text(&args.workflow)?;
    let workflow = Workflow::parse(&text).map_err(|found| {
        CliError::usage(format!(
            "{} does not pass: {found}; run `quorate workflow check {}`",
            args.workflow.display(),
            args.workflow.display()
        ))
    })?;
    let contract = Digest::of(&read(&args.contract)?);
    if contract != workflow.contract.digest {
        return Err(other_contract(&args.contract, contract, workflow.contract.digest));
    }
    let open = Open {
        name: args.name.clone(),
        log: log(context, args)?,
        policy: args.policy.as_deref().map(policy).transpose()?,
        contract,
        workflow: text,
        roster: roster(&args.roster)?,
        nonce: nonce()?,
    };
    let by = By::of(workflow.party_names());
    Ok(Statement { by, header: None, body: Body::Open(Box::new(open)) })
}

/// The contract that was named is not the workflow's.
pub fn other_contract(path: &Path, contract: Digest, asked: Digest) -> CliError {
    CliError::usage(format!(
        "{} has the digest {contract}, and the workflow was written for {asked}; name that contract, or put this \
         digest into the workflow",
        path.display(),
    ))
}

fn log(context: &Context, args: &OpenArgs) -> Result<LogIdentity, CliError> {
    let vkey = if let Some(key) = &args.log_key {
        key.clone()
    } else {
        let data = context.data()?;
        log_key(data.log_name(), &args.name, &*data.log_seed()?)?.verifier().clone()
    };
    Ok(LogIdentity { origin: vkey.name().to_owned(), vkey: vkey.to_string() })
}

/// The longest policy in bytes: some dozens of witnesses.
const LONGEST_POLICY: usize = 8 * 1024;

/// The policy's text, which the engine reads before anybody signs. It is signed and kept for ever, so nothing gets in
/// that nobody sees.
fn policy(path: &Path) -> Result<String, CliError> {
    let text = read_text(path)?;
    let name = path.display();
    if text.len() > LONGEST_POLICY {
        return Err(CliError::usage(format!(
            "{name} is longer than a policy may be, {LONGEST_POLICY} bytes"
        )));
    }
    match text.split('\n').position(|line| line.contains(|c| c != '\t' && is_hidden(c))) {
        None => Ok(text),
        Some(place) => Err(CliError::usage(format!(
            "line {} of {name} has a character that nobody sees; it would be signed and kept for ever: take it out",
            place + 1
        ))),
    }
}

/// The lines of a roster file.
///
/// # Errors
/// It cannot be read, or is none.
pub fn roster(path: &Path) -> Result<Vec<RosterLine>, CliError> {
    let roster: Roster = toml::from_str(&read_text(path)?)
        .map_err(|error| CliError::usage(format!("{}: {}", path.display(), error.to_string().trim_end())))?;
    Ok(roster.officer)
}

fn nonce() -> Result<String, CliError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| CliError::Storage(format!("no random numbers for the nonce: {error}")))?;
    Ok(Base64::encode_string(&bytes))
}
