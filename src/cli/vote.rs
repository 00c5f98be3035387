//! `vote`: on the machine that keeps the log, or on any other with a ballot paper.

use std::path::PathBuf;

use clap::Args;

use super::answer::Answer;
use super::ballot::{self, Sheet};
use super::context::Context;
use super::documents::{Attach, Documents};
use super::error::CliError;
use super::opening;
use super::signing::{Desk, Signing, finish};
use crate::engine::admit::{judge_attachments, judge_choice};
use crate::engine::paper::AnswerLine;
use crate::engine::refusal::alternatives;
use crate::engine::{Refusal, State};
use crate::signer::Signer;
use crate::statement::{BallotRef, Body, By, Commit, Commitment, Header, Statement, Vote};
use crate::values::Id;

/// Vote
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  quorate vote --choice met --rationale why.md --key ~/.ssh/id_ed25519\n  \
    quorate vote --ballot paper.toml --choice met --rationale why.md \\\n      --key ~/.ssh/id_ed25519 --out vote.json\n\n\
    The second one needs the ballot paper and nothing else; `quorate submit vote.json` finishes it.\n\n\
    On a sealed ballot it commits to the vote, and first keeps the opening: in the data folder, or as vote.json.opening. \
    `quorate reveal` tells the vote later."
)]
pub struct VoteArgs {
    /// One of the ballot's choices, or its abstention; or the number, date or text that answers its question
    #[arg(long)]
    choice: Id,
    /// Your reasons, filed as the document `rationale`
    #[arg(long, value_name = "FILE")]
    rationale: Option<PathBuf>,
    /// Vote on this ballot paper, which `quorate ballot --out` wrote
    #[arg(long, value_name = "FILE")]
    ballot: Option<PathBuf>,
    /// The ballot, where several are open
    #[arg(long, value_name = "BALLOT", conflicts_with = "ballot")]
    on: Option<BallotRef>,
    #[command(flatten)]
    attach: Attach,
    #[command(flatten)]
    signing: Signing,
}

/// Runs `vote`.
///
/// # Errors
/// No ballot can be meant, or the vote is refused.
pub fn run(context: &Context, args: &VoteArgs) -> Result<Answer, CliError> {
    let documents = Documents::with_rationale(&args.attach, args.rationale.as_ref())?;
    match &args.ballot {
        Some(file) => {
            let sheet = ballot::read(file)?;
            let compared = sheet.compare(context)?;
            let mut answer = on_paper(context, args, &sheet, documents)?;
            sheet.told(&mut answer, compared);
            Ok(answer)
        }
        None => here(context, args, documents),
    }
}

fn here(context: &Context, args: &VoteArgs, documents: Documents) -> Result<Answer, CliError> {
    let desk = Desk::open(context, &args.signing)?;
    let state = desk.state();
    let id = match &args.on {
        Some(id) => id.clone(),
        None => meant(state)?,
    };
    let (Some(run), Some(rules)) = (state.ballot_run(&id), state.ballot(&id)) else {
        return Err(state.no_ballot(&id).into());
    };
    if rules.sealed.is_some() {
        unattached(&documents)?;
        judge_choice(&args.choice, run.offered(rules), rules.answer_kind())?;
        let By::One(seat) = desk.speaker(&args.signing, None)? else {
            return Err(Refusal::new(
                "not-an-elector",
                "several keys speak for several seats",
                "everybody votes alone",
            )
            .into());
        };
        let opening = Commitment {
            agreement: state.agreement.clone(),
            ballot: id,
            question: run.paper,
            seat: seat.clone(),
            choice: args.choice.clone(),
            salt: opening::salt()?,
        };
        let body = commit(&opening, &rules.question);
        return kept(context, args, &opening, |context| {
            desk.finish(context, &args.signing, By::One(seat), body, documents)
        });
    }
    let vote = Vote {
        ballot: id,
        asks: rules.question.clone(),
        question: run.paper,
        choice: args.choice.clone(),
        attach: documents.attachments(),
    };
    let by = desk.speaker(&args.signing, None)?;
    desk.finish(context, &args.signing, by, Body::Vote(vote), documents)
}

/// The only open ballot; where none is open, the newest one, so that the refusal tells when it closed.
fn meant(state: &State) -> Result<BallotRef, CliError> {
    match (state.open_ballots().as_slice(), state.newest_ballot()) {
        ([], Some(newest)) => Ok(newest.clone()),
        ([], None) => Err(Refusal::new(
            "ballot-not-open",
            "no ballot has been opened yet",
            "`quorate status` says what comes next, and when",
        )
        .into()),
        _ => ballot::only_open(state),
    }
}

fn on_paper(
    context: &Context,
    args: &VoteArgs,
    sheet: &Sheet,
    documents: Documents,
) -> Result<Answer, CliError> {
    let signers = args.signing.signers(context)?;
    check(args, sheet, &documents)?;
    still_open(context, sheet)?;
    let paper = &sheet.paper;
    let header = Header { agreement: paper.agreement.clone(), workflow: paper.workflow, after: sheet.head };
    if paper.sealed.is_some() {
        let seat = seat(args, sheet, &signers)?;
        let opening = Commitment {
            agreement: paper.agreement.clone(),
            ballot: paper.ballot.clone(),
            question: sheet.question,
            seat: seat.clone(),
            choice: args.choice.clone(),
            salt: opening::salt()?,
        };
        let body = commit(&opening, &paper.asks);
        let statement = Statement { by: By::One(seat), header: Some(header), body };
        return kept(context, args, &opening, |context| {
            finish(context, &args.signing, &signers, &statement, paper.nature(), documents, None)
        });
    }
    let vote = Vote {
        ballot: paper.ballot.clone(),
        asks: paper.asks.clone(),
        question: sheet.question,
        choice: args.choice.clone(),
        attach: documents.attachments(),
    };
    let by = By::One(seat(args, sheet, &signers)?);
    let statement = Statement { by, header: Some(header), body: Body::Vote(vote) };
    finish(context, &args.signing, &signers, &statement, paper.nature(), documents, None)
}

/// What the paper alone can say of a vote, so that a voter hears of it before sending anything.
fn check(args: &VoteArgs, sheet: &Sheet, documents: &Documents) -> Result<(), CliError> {
    let paper = &sheet.paper;
    let answer = paper.answer.as_ref().and_then(AnswerLine::kind);
    judge_choice(&args.choice, paper.choices.iter().chain(&paper.abstention), answer)?;
    if paper.sealed.is_some() {
        return unattached(documents);
    }
    Ok(judge_attachments(&documents.attachments(), &paper.attach)?)
}

/// Whatever tells of the vote comes when it is revealed.
fn unattached(documents: &Documents) -> Result<(), CliError> {
    if documents.attachments().is_empty() {
        return Ok(());
    }
    let why = "the ballot is sealed, and a commitment carries no documents";
    Err(Refusal::new("wrong-attachments", why, "file them with `quorate reveal`, once votes are revealed")
        .into())
}

fn commit(opening: &Commitment, asks: &str) -> Body {
    let (ballot, asks) = (opening.ballot.clone(), asks.to_owned());
    Body::Commit(Commit { ballot, asks, question: opening.question, commitment: opening.digest() })
}

/// Keeps the opening, and only then signs and sends.
fn kept(
    context: &Context,
    args: &VoteArgs,
    opening: &Commitment,
    send: impl FnOnce(&Context) -> Result<Answer, CliError>,
) -> Result<Answer, CliError> {
    let path = opening::keep(context, &args.signing, opening)?;
    match send(context) {
        Ok(mut answer) => {
            opening::told(&mut answer, &path);
            Ok(answer)
        }
        Err(error) => {
            if matches!(error, CliError::Refused { .. }) {
                opening::set_aside(&path);
            }
            Err(error)
        }
    }
}

/// A vote that comes too late is not counted, so none is signed: by this machine's clock, or by `--clock`.
fn still_open(context: &Context, sheet: &Sheet) -> Result<(), CliError> {
    let (closes, now) = (sheet.paper.closes, context.now());
    // A suspension or late votes may have put the closing off, or an outcome is still being confirmed: only the log
    // knows.
    let later = sheet.paper.extend.is_some()
        || !sheet.paper.suspended_by.is_empty()
        || !sheet.paper.put_off_by.is_empty()
        || sheet.paper.outcomes.iter().any(|line| line.lasting.is_some());
    if now <= closes || later {
        return Ok(());
    }
    let why = format!("the ballot {} closed at {closes}, and here it is {now}", sheet.paper.ballot);
    let instead =
        "late votes are not counted; if this machine's clock is wrong, give the right time with --clock";
    Err(Refusal::new("ballot-closed", why, instead).into())
}

/// The seat that votes: as asked, or the elector whose key signs.
fn seat(args: &VoteArgs, sheet: &Sheet, signers: &[Signer]) -> Result<Id, CliError> {
    if let Some(wanted) = &args.signing.speaker {
        let wanted: Id = wanted.parse().map_err(|error| CliError::usage(format!("--as: {error}")))?;
        own_seat(&wanted, sheet, signers)?;
        return Ok(wanted);
    }
    let keys: Vec<String> = signers.iter().map(|signer| signer.public().fingerprint()).collect();
    let elector = sheet.paper.electors.iter().find(|line| keys.contains(&line.key));
    elector.map(|line| line.seat.name().clone()).ok_or_else(|| {
        let seats = alternatives(sheet.paper.electors.iter().map(|line| line.seat.name()));
        let why = "the paper names no elector with the key that signs";
        let instead = format!("sign with the key of your seat, or name your seat with --as: {seats}");
        Refusal::new("not-an-elector", why, instead).into()
    })
}

/// A key that the paper gives to one seat does not sign for another. One that it does not name may be a new key of
/// the seat: the log knows.
fn own_seat(wanted: &Id, sheet: &Sheet, signers: &[Signer]) -> Result<(), CliError> {
    for key in signers.iter().map(|signer| signer.public().fingerprint()) {
        let elector = sheet.paper.electors.iter().find(|line| line.key == key);
        if let Some(other) = elector.map(|line| line.seat.name()).filter(|name| *name != wanted) {
            let why = format!("the paper gives the key {key} to the seat {other}, not to {wanted}");
            let instead = format!("sign with the key of {wanted}, or vote as {other}");
            return Err(Refusal::new("not-an-elector", why, instead).into());
        }
    }
    Ok(())
}
