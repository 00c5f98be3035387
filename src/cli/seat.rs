//! The panel's life: `nominate`, `accept-seat`, `disclose`, `recuse`, `step-down`.

use std::path::PathBuf;

use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::documents::Documents;
use super::error::CliError;
use super::keyring;
use super::signing::{Desk, Signing};
use crate::engine::admit::DISCLOSURE;
use crate::statement::{AcceptSeat, Body, By, CaseRef, Disclose, HolderRef, Nominate, Recuse, StepDown};
use crate::values::Id;

/// Name a person and their key for a seat
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  quorate nominate verification#1/i1 --person 'Ada Example' \\\n      --nominee-key ada.pub --key registrar\n  \
    quorate nominate release#1/chair --person 'Ada Example' \\\n      --nominee-key ada.pub --key ceo --out nomination.json\n\n\
    Where several name a seat jointly (`by-all`), as in the second one, it takes the signatures of each: one writes \
    nomination.json, each of the others adds theirs with `quorate sign nomination.json`, and `quorate submit \
    nomination.json` finishes it. Whoever can sign for all of them gives --key several times instead."
)]
pub struct NominateArgs {
    /// The seat: `verification#1/i1`, or `i1` where only one is called so
    seat: String,
    /// The person, in words
    #[arg(long)]
    person: String,
    /// The nominee's public key: a .pub file, or its line in quotation marks
    #[arg(long, value_name = "PUB")]
    nominee_key: String,
    /// For whom they work, as a name of a-z, 0-9 and -
    #[arg(long, value_name = "NAME")]
    affiliation: Option<Id>,
    #[command(flatten)]
    signing: Signing,
}

/// Take the seat for which you are nominated
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate accept-seat --disclosure interests.md --key ~/.ssh/id_ed25519")]
pub struct AcceptArgs {
    /// The seat; may be left out where your key fills only one
    #[arg(long)]
    seat: Option<String>,
    /// Disclose at once: the interests that bear on your independence
    #[arg(long, value_name = "FILE")]
    disclosure: Option<PathBuf>,
    #[command(flatten)]
    signing: Signing,
}

/// File a disclosure of interests
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate disclose interests.md --key ~/.ssh/id_ed25519")]
pub struct DiscloseArgs {
    /// The interests that bear on your independence
    file: PathBuf,
    /// The seat; may be left out where your key fills only one
    #[arg(long)]
    seat: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

/// Stay out of one case
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  quorate recuse --reason 'I hold shares of a party' --key ~/.ssh/id_ed25519"
)]
pub struct RecuseArgs {
    /// Why, in words
    #[arg(long)]
    reason: String,
    /// The case; may be left out where the seat is of one case
    #[arg(long)]
    case: Option<CaseRef>,
    /// The seat; may be left out where your key fills only one
    #[arg(long)]
    seat: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

/// Give up your seat
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate step-down --reason retirement --key ~/.ssh/id_ed25519")]
pub struct StepDownArgs {
    /// Why, in words
    #[arg(long)]
    reason: String,
    /// The seat; may be left out where your key fills only one
    #[arg(long)]
    seat: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

/// Runs `nominate`.
///
/// # Errors
/// There is no such seat or key, or the statement is refused; so below.
pub fn nominate(context: &Context, args: &NominateArgs) -> Result<Answer, CliError> {
    let key = keyring::public(context, &args.nominee_key)?;
    let desk = Desk::open(context, &args.signing)?;
    let seat = desk.seat(Some(&args.seat))?;
    let state = desk.state();
    let nominator = state.seat(&seat).map(|seating| state.nominator(&seating, desk.now));
    let by = match (desk.speaker(&args.signing, nominator.clone())?, nominator) {
        // Of several who nominate jointly, none says anything alone.
        (by, Some(all)) if args.signing.speaker.is_none() && all.includes(&by) => all,
        (by, _) => by,
    };
    let body = Body::Nominate(Nominate {
        seat,
        person: args.person.clone(),
        key,
        affiliation: args.affiliation.clone(),
    });
    desk.finish(context, &args.signing, by, body, Documents::default())
}

/// Runs `accept-seat`.
///
/// # Errors
/// As [`nominate`].
pub fn accept(context: &Context, args: &AcceptArgs) -> Result<Answer, CliError> {
    let documents = Documents::one(DISCLOSURE, args.disclosure.as_ref())?;
    let attach = documents.attachments();
    let body = |seat| Body::AcceptSeat(AcceptSeat { seat, attach });
    as_seat(context, &args.signing, args.seat.as_deref(), documents, body)
}

/// Runs `disclose`.
///
/// # Errors
/// As [`nominate`].
pub fn disclose(context: &Context, args: &DiscloseArgs) -> Result<Answer, CliError> {
    let documents = Documents::one(DISCLOSURE, Some(&args.file))?;
    let attach = documents.attachments();
    let body = |seat| Body::Disclose(Disclose { seat, attach });
    as_seat(context, &args.signing, args.seat.as_deref(), documents, body)
}

/// Runs `step-down`.
///
/// # Errors
/// As [`nominate`].
pub fn step_down(context: &Context, args: &StepDownArgs) -> Result<Answer, CliError> {
    let body = |seat| Body::StepDown(StepDown { seat, reason: args.reason.clone() });
    as_seat(context, &args.signing, args.seat.as_deref(), Documents::default(), body)
}

/// Runs `recuse`.
///
/// # Errors
/// As [`nominate`].
pub fn recuse(context: &Context, args: &RecuseArgs) -> Result<Answer, CliError> {
    let desk = Desk::open(context, &args.signing)?;
    let seat = desk.seat(args.seat.as_deref())?;
    let case = match (&args.case, &seat) {
        (Some(case), _) | (None, HolderRef::CaseSeat { case, .. }) => case.clone(),
        (None, HolderRef::Office { body, .. }) => only_case(&desk, body)?,
    };
    let by = desk.speaker(&args.signing, Some(By::One(seat.name().clone())))?;
    let body = Body::Recuse(Recuse { seat, case, reason: args.reason.clone() });
    desk.finish(context, &args.signing, by, body, Documents::default())
}

fn only_case(desk: &Desk, panel: &Id) -> Result<CaseRef, CliError> {
    let running: Vec<&CaseRef> = desk.state().running_before(panel).collect();
    match running.as_slice() {
        [only] => Ok((*only).clone()),
        [] => Err(CliError::usage(format!("no case of the panel {panel} is running"))),
        _ => Err(CliError::usage("several cases are running; name one with --case")),
    }
}

fn as_seat(
    context: &Context,
    signing: &Signing,
    seat: Option<&str>,
    documents: Documents,
    body: impl FnOnce(HolderRef) -> Body,
) -> Result<Answer, CliError> {
    let desk = Desk::open(context, signing)?;
    let seat = desk.seat(seat)?;
    let by = desk.speaker(signing, Some(By::One(seat.name().clone())))?;
    desk.finish(context, signing, by, body(seat), documents)
}
