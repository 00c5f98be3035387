//! Steps and duties that a workflow names: `do STEP`, and short forms of the common ones.

use std::collections::BTreeSet;

use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::documents::{Attach, Documents};
use super::error::CliError;
use super::signing::{Desk, Signing};
use crate::engine::State;
use crate::engine::case::{Case, Filed};
use crate::engine::refusal::alternatives;
use crate::statement::{Act, Body, By, CaseRef};
use crate::values::{Digest, Id};
use crate::workflow::model::{self, Actor, Actors};

/// Take a step, discharge a duty, or open a case, as the workflow names it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate do sign-report --attach report=report.pdf --key chair\n\n\
    `quorate status` lists what can be done now.")]
pub struct DoArgs {
    /// The act's name in the workflow
    step: Id,
    /// Take this document out of the case, for a step that strikes: its digest, or its name where only one is filed
    #[arg(long, value_name = "DOCUMENT")]
    strike: Option<String>,
    /// The seat that it is about, where the workflow wants one named; a short name will do where it is unique
    #[arg(long)]
    seat: Option<String>,
    #[command(flatten)]
    rest: ActArgs,
}

/// The options of every act.
#[derive(Debug, Args)]
pub struct ActArgs {
    /// The case; may be left out where only one can be meant
    #[arg(long)]
    case: Option<CaseRef>,
    #[command(flatten)]
    attach: Attach,
    #[command(flatten)]
    signing: Signing,
}

/// Declare: opens a case of the procedure whose opening act is called `declare`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate declare --attach declaration=declaration.md --key ceo --key cto")]
pub struct DeclareArgs {
    #[command(flatten)]
    rest: ActArgs,
}

/// File a document in a running case
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate file --attach exhibit=benchmarks.pdf --key counsel --key cto")]
pub struct FileArgs {
    #[command(flatten)]
    rest: ActArgs,
}

/// Withdraw a declaration
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate withdraw-declaration --key ceo --key cto")]
pub struct WithdrawArgs {
    #[command(flatten)]
    rest: ActArgs,
}

/// Runs `do`.
///
/// # Errors
/// No case can be meant, or the statement is refused; so below.
pub fn run(context: &Context, args: &DoArgs) -> Result<Answer, CliError> {
    act(
        context,
        &args.step,
        Naming { seat: args.seat.as_deref(), strike: args.strike.as_deref() },
        &args.rest,
    )
}

/// Runs `declare`.
///
/// # Errors
/// As [`run`].
pub fn declare(context: &Context, args: &DeclareArgs) -> Result<Answer, CliError> {
    act(context, &Id::constant("declare"), Naming::default(), &args.rest)
}

/// Runs `file`.
///
/// # Errors
/// As [`run`].
pub fn file(context: &Context, args: &FileArgs) -> Result<Answer, CliError> {
    act(context, &Id::constant("file"), Naming::default(), &args.rest)
}

/// Runs `withdraw-declaration`.
///
/// # Errors
/// As [`run`].
pub fn withdraw(context: &Context, args: &WithdrawArgs) -> Result<Answer, CliError> {
    act(context, &Id::constant("withdraw-declaration"), Naming::default(), &args.rest)
}

/// What an act names besides its documents.
#[derive(Default, Clone, Copy)]
struct Naming<'a> {
    seat: Option<&'a str>,
    strike: Option<&'a str>,
}

fn act(context: &Context, step: &Id, names: Naming<'_>, args: &ActArgs) -> Result<Answer, CliError> {
    let documents = Documents::read(&args.attach.attach)?;
    let desk = Desk::open(context, &args.signing)?;
    let case = match &args.case {
        Some(case) => case.clone(),
        None => case_for(desk.state(), step)?,
    };
    let by = desk.speaker(&args.signing, only_actor(desk.state(), &case, step))?;
    let strike = names.strike.map(|wanted| document(desk.state(), &case, wanted)).transpose()?;
    let seat = names.seat.map(|seat| desk.seat(Some(seat))).transpose()?;
    let body = Body::Act(Act { case, act: step.clone(), seat, attach: documents.attachments(), strike });
    desk.finish(context, &args.signing, by, body, documents)
}

/// A filed document by its digest, or by its name where only one of that name is filed and not struck.
fn document(state: &State, case: &CaseRef, wanted: &str) -> Result<Digest, CliError> {
    if let Ok(digest) = wanted.parse() {
        return Ok(digest);
    }
    let filed = state.case(case).into_iter().flat_map(|case| case.filed.iter());
    let stands: Vec<&Filed> = filed.filter(|it| it.struck.is_none()).collect();
    let there: Vec<&Filed> = stands.iter().copied().filter(|it| it.name.as_str() == wanted).collect();
    match there.as_slice() {
        [only] => Ok(only.digest),
        [] => {
            let names: BTreeSet<&Id> = stands.iter().map(|it| &it.name).collect();
            let there = alternatives(names);
            Err(CliError::usage(format!(
                "no document called `{wanted}` is filed in {case}; name one by its digest, or one of {there}"
            )))
        }
        several => {
            let all = several.iter().map(|it| format!("{} (entry {})", it.digest, it.done.entry));
            Err(CliError::usage(format!("`{wanted}` may be {}; name its digest", alternatives(all))))
        }
    }
}

/// The case in which a step can be meant: a new one where it opens cases, else the only one that offers it.
///
/// # Errors
/// None offers it, or several do.
pub fn case_for(state: &State, step: &Id) -> Result<CaseRef, CliError> {
    let offering: Vec<&CaseRef> =
        state.cases.values().filter(|case| offers(state, &case.id, step)).map(|case| &case.id).collect();
    match offering.as_slice() {
        [only] => return Ok((*only).clone()),
        [] => {}
        several => {
            return Err(CliError::usage(format!(
                "`{step}` can be done in {}; name one with --case",
                alternatives(several)
            )));
        }
    }
    if let Some(procedure) = state.workflow.opened_by(step) {
        return Ok(state.next_case(&procedure.name));
    }
    // Not offered now: the newest case, so that the refusal tells what is possible there.
    let newest = state.cases.values().max_by_key(|case| case.opened.entry);
    newest.map(|case| case.id.clone()).ok_or_else(|| {
        let openings = state.workflow.procedures.iter().map(|procedure| &procedure.open.act);
        CliError::usage(format!(
            "there is no case yet in which to `{step}`; one is opened by {}",
            alternatives(openings)
        ))
    })
}

fn offers(state: &State, id: &CaseRef, step: &Id) -> bool {
    let Some(case) = state.case(id) else { return false };
    let doings = case.rules().into_iter().flat_map(model::State::doings);
    doings.map(|doing| &doing.act).any(|act| act == step)
        || case.duties.iter().any(|duty| duty.act == *step && duty.done.is_none())
}

/// Who does a step, where only one party, role or seat may.
fn only_actor(state: &State, id: &CaseRef, step: &Id) -> Option<By> {
    let case = state.case(id);
    let doings = case.and_then(Case::rules).into_iter().flat_map(model::State::doings);
    let doing = doings.filter(|doing| doing.act == *step).map(|doing| &doing.by).next();
    let owed = case.and_then(|case| case.duties.iter().find(|duty| duty.act == *step)).map(|duty| &duty.by);
    let opening = state.procedure(id).filter(|procedure| procedure.open.act == *step);
    let actors = doing.or(owed).or(opening.map(|procedure| &procedure.open.by))?;
    match actors {
        Actors::AnyOf(any) => match any.as_slice() {
            [Actor::Office(name) | Actor::Seat(name)] => Some(By::One(name.clone())),
            _ => None,
        },
        Actors::AllOf(all) => {
            let names = all.iter().map(|actor| match actor {
                Actor::Office(name) | Actor::Seat(name) => Some(name.clone()),
                Actor::Chair | Actor::Panelist | Actor::Subject => None,
            });
            names.collect::<Option<Vec<Id>>>().map(By::of)
        }
    }
}
