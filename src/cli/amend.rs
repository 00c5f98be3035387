//! `amend`: all parties put another workflow into force.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::documents::{Attach, Documents, read};
use super::error::CliError;
use super::open::{other_contract, roster};
use super::show::Page;
use super::signing::{Desk, Signing};
use super::{diff, workflow};
use crate::statement::{Amend, Body, CaseFate, CaseRef, GrantFate};
use crate::values::{Digest, Id};

/// Put another workflow into force, with every party's signatures; nothing of it is retroactive
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate amend --to second.toml --contract amended.txt \\\n      \
    --occasion 'second meeting' --case 'verification#1=old rules' \\\n      --out amend.json\n\n\
    A grant becomes the one of the same name, unless --grant or --ends says otherwise. Every case that has not ended is \
    named with --case: it goes on under the old rules, or enters a state of the new workflow.")]
pub struct AmendArgs {
    /// The workflow that is in force from then on
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// The amended contract, whose digest that workflow names
    #[arg(long, value_name = "FILE")]
    contract: PathBuf,
    /// On what occasion, in words
    #[arg(long)]
    occasion: String,
    /// The grant OLD becomes NEW; several times for several
    #[arg(long = "grant", value_name = "OLD=NEW", value_parser = pair::<Id>)]
    grants: Vec<(Id, Id)>,
    /// The grant OLD ends, its status being these words from then on; several times for several
    #[arg(long = "ends", value_name = "OLD=STATUS", value_parser = pair::<String>)]
    ends: Vec<(Id, String)>,
    /// The case goes on under the `old rules`, or enters a STATE of the new workflow; several times for several
    #[arg(long = "case", value_name = "CASE=STATE", value_parser = case)]
    cases: Vec<(CaseRef, CaseFate)>,
    /// All officers of every party and role whose officers change, as in `quorate open`
    #[arg(long, value_name = "FILE")]
    roster: Option<PathBuf>,
    #[command(flatten)]
    attach: Attach,
    #[command(flatten)]
    signing: Signing,
}

fn pair<T: FromStr<Err: ToString>>(text: &str) -> Result<(Id, T), String> {
    let (name, value) = text.split_once('=').ok_or("write OLD=NEW")?;
    let name = name.parse().map_err(|error| format!("{error}"))?;
    Ok((name, value.parse().map_err(|error: T::Err| error.to_string())?))
}

fn case(text: &str) -> Result<(CaseRef, CaseFate), String> {
    let (case, fate) = text.split_once('=').ok_or("write CASE=STATE or 'CASE=old rules'")?;
    let case = case.parse().map_err(|error| format!("{error}"))?;
    Ok((case, fate.parse().map_err(|error| format!("{error}"))?))
}

/// Runs `amend`.
///
/// # Errors
/// A file is unfit, or the statement is refused.
pub fn run(context: &Context, args: &AmendArgs) -> Result<Answer, CliError> {
    let (to, new) = workflow::read(&args.to)?;
    let contract = Digest::of(&read(&args.contract)?);
    if contract != new.contract.digest {
        return Err(other_contract(&args.contract, contract, new.contract.digest));
    }
    let documents = Documents::read(&args.attach.attach)?;
    let desk = Desk::open(context, &args.signing)?;
    let state = desk.state();
    let mut grants = state.going_on(&new);
    grants.extend(
        args.grants.iter().map(|(old, new)| {
            (old.clone(), GrantFate::Becomes { grant: new.clone(), moves: BTreeMap::new() })
        }),
    );
    grants.extend(args.ends.iter().map(|(old, status)| (old.clone(), GrantFate::Ends(status.clone()))));
    let amend = Amend {
        occasion: args.occasion.clone(),
        contract,
        to,
        roster: args.roster.as_deref().map(roster).transpose()?.unwrap_or_default(),
        grants,
        cases: args.cases.iter().cloned().collect(),
        attach: documents.attachments(),
    };
    // Judged before anybody signs, and again when it is submitted.
    let amend = state.with_moves(desk.now, amend)?;
    let amended = state.judge_amendment(desk.now, &amend)?;
    // Before any key is used: nobody signs blind.
    let mut page = Page::default();
    page.title("What the amendment changes");
    diff::told(&mut page, (&state.workflow, &new), &state.workflow.diff(&new));
    diff::officers(&mut page, &state.officer_changes(&amended));
    super::tell(page)?;
    let by = state.all_parties();
    desk.finish(context, &args.signing, by, Body::Amend(Box::new(amend)), documents)
}
