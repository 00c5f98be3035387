//! `reveal`: the vote behind a commitment, once the votes of a sealed ballot are revealed.

use std::path::PathBuf;

use clap::Args;

use super::answer::Answer;
use super::ballot::{self, Sheet, only_open};
use super::context::Context;
use super::documents::{Attach, Documents};
use super::error::CliError;
use super::opening;
use super::signing::{Desk, Signing, finish};
use crate::engine::admit::judge_attachments;
use crate::signer::Signer;
use crate::statement::{BallotRef, Body, By, Commitment, Header, Reveal, Statement};

/// Reveal your vote on a sealed ballot
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  quorate reveal --rationale why.md --key ~/.ssh/id_ed25519\n  \
    quorate reveal --ballot later.toml --opening vote.json.opening \\\n      \
    --rationale why.md --key ~/.ssh/id_ed25519 --out reveal.json\n\n\
    The first finds the opening where `quorate vote` kept it. The second needs the opening and the ballot paper, printed \
    anew after the commitment was taken; `quorate submit reveal.json` finishes it.")]
pub struct RevealArgs {
    /// The opening that `quorate vote` wrote; found by itself in the data folder
    #[arg(long, value_name = "FILE")]
    opening: Option<PathBuf>,
    /// Your reasons, filed as the document `rationale`
    #[arg(long, value_name = "FILE")]
    rationale: Option<PathBuf>,
    /// Reveal on this ballot paper, which `quorate ballot --out` wrote after the commitment
    #[arg(long, value_name = "FILE", requires = "opening")]
    ballot: Option<PathBuf>,
    /// The ballot, where several are open
    #[arg(long, value_name = "BALLOT", conflicts_with = "ballot")]
    on: Option<BallotRef>,
    #[command(flatten)]
    attach: Attach,
    #[command(flatten)]
    signing: Signing,
}

/// Runs `reveal`.
///
/// # Errors
/// There is no opening, or the reveal is refused.
pub fn run(context: &Context, args: &RevealArgs) -> Result<Answer, CliError> {
    let documents = Documents::with_rationale(&args.attach, args.rationale.as_ref())?;
    let opening = args.opening.as_deref().map(opening::read).transpose()?;
    match (&args.ballot, opening) {
        (Some(file), Some(opening)) => on_paper(context, args, &ballot::read(file)?, &opening, documents),
        (_, opening) => here(context, args, opening, documents),
    }
}

fn here(
    context: &Context,
    args: &RevealArgs,
    opening: Option<Commitment>,
    documents: Documents,
) -> Result<Answer, CliError> {
    let desk = Desk::open(context, &args.signing)?;
    let state = desk.state();
    let named = args.on.as_ref().or(opening.as_ref().map(|opening| &opening.ballot));
    let id = named.map_or_else(|| only_open(state), |id| Ok(id.clone()))?;
    // Whoever has left the seat since speaks for nobody by their key, and still has the vote.
    let left = |signer: &Signer| state.ballot_run(&id)?.left_by(signer.public());
    let leaver = desk.signers.iter().find_map(left).cloned().map(By::One);
    let by = desk.speaker(&args.signing, leaver)?;
    // Before it leaves this machine: a vote that is told too early stays told.
    let commitment = state.may_reveal(&id, &by)?;
    let opening = match opening {
        Some(opening) => opening,
        None => opening::find(context, &state.agreement.name, &commitment)?,
    };
    let body = reveal(id, &opening, &documents);
    desk.finish(context, &args.signing, by, Body::Reveal(body), documents)
}

fn on_paper(
    context: &Context,
    args: &RevealArgs,
    sheet: &Sheet,
    opening: &Commitment,
    documents: Documents,
) -> Result<Answer, CliError> {
    let signers = args.signing.signers(context)?;
    let paper = &sheet.paper;
    let (found, wanted) = ((&opening.agreement, &opening.ballot), (&paper.agreement, &paper.ballot));
    if found != wanted || opening.question != sheet.question {
        return Err(CliError::usage(format!(
            "the opening is of a vote on {} of {}, on the paper {}; this paper is {}: name the one that was voted on",
            opening.ballot, opening.agreement.name, opening.question, sheet.question
        )));
    }
    judge_attachments(&documents.attachments(), &paper.attach)?;
    let header = Header { agreement: paper.agreement.clone(), workflow: paper.workflow, after: sheet.head };
    let body = Body::Reveal(reveal(paper.ballot.clone(), opening, &documents));
    let statement = Statement { by: By::One(opening.seat.clone()), header: Some(header), body };
    finish(context, &args.signing, &signers, &statement, paper.nature(), documents, None)
}

fn reveal(ballot: BallotRef, opening: &Commitment, documents: &Documents) -> Reveal {
    let attach = documents.attachments();
    Reveal { ballot, choice: opening.choice.clone(), salt: opening.salt, attach }
}
