//! Evidence that moves while a ballot is open, and documents that are struck.

use super::{Checker, place_of_state, place_of_step};
use crate::values::Id;
use crate::workflow::model::{Ballot, Change, Early, NewEvidence, Procedure, State, Step, Trigger};

pub(super) fn check(c: &mut Checker<'_>, procedure: &Procedure) {
    for state in &procedure.states {
        for (index, step) in state.steps.iter().enumerate() {
            let place = place_of_step(procedure, state, index);
            strikes(c, procedure, step, &place);
            files_in_vain(c, state, step, &place);
            files_without_limit(c, state, step, &place);
        }
        owed_in_vain(c, procedure, state);
    }
}

/// What nobody files cannot be struck.
fn strikes(c: &mut Checker<'_>, procedure: &Procedure, step: &Step, place: &str) {
    let Trigger::Do(doing) = &step.trigger else { return };
    let filed = documents(procedure);
    for name in doing.strikes.iter().filter(|name| !filed.contains(name)) {
        let message = format!("no act of `{}` files a document called `{name}`", procedure.name);
        let help = "Name what an act attaches: attach = [\"…\"] there, strikes = [\"…\"] here";
        c.error(&format!("{place}.strikes"), message, help);
    }
}

/// The documents that acts of a procedure bring, its opening act and duties included.
fn documents(procedure: &Procedure) -> Vec<&Id> {
    let steps = procedure.states.iter().flat_map(State::doings).flat_map(|doing| &doing.attach);
    let duties = procedure.states.iter().flat_map(|state| &state.duties).flat_map(|duty| &duty.attach);
    procedure.open.attach.iter().chain(steps).chain(duties).collect()
}

/// A step that stays in the state and files, while the state's ballot refuses evidence, is never taken.
fn files_in_vain(c: &mut Checker<'_>, state: &State, step: &Step, place: &str) {
    let Trigger::Do(doing) = &step.trigger else { return };
    let mut ballots = state.ballots().filter_map(|name| c.workflow.ballot(name));
    let Some(ballot) = ballots.find(|ballot| ballot.new_evidence == NewEvidence::Refused) else { return };
    let name = &ballot.name;
    if step.to.is_none() && doing.moves_evidence() {
        let message = format!("`{}` files or strikes evidence while `{name}` refuses it", doing.act);
        let help = "Leave the step out, or say otherwise in the ballot: new-evidence = \"votes stand\"";
        c.error(&format!("{place}.do"), message, help);
    }
}

/// What somebody owes with a document is refused while a ballot refuses evidence; where its time ends meanwhile, what
/// comes of being late comes though they could not do it.
fn owed_in_vain(c: &mut Checker<'_>, procedure: &Procedure, state: &State) {
    let reached = procedure.reached(&state.name);
    let mut ballots = reached.iter().flat_map(|it| it.ballots()).filter_map(|name| c.workflow.ballot(name));
    let Some(ballot) = ballots.find(|ballot| ballot.new_evidence == NewEvidence::Refused) else { return };
    for (index, duty) in state.duties.iter().enumerate() {
        if duty.attach.is_empty() || duty.if_late.is_empty() {
            continue;
        }
        let message = format!(
            "`{}` is refused while `{}` is open, and late where its time ends meanwhile",
            duty.act, ballot.name
        );
        let help = "Let it carry no document, let the state last until its time is over, or say otherwise in the ballot: \
                    new-evidence = \"votes stand\"";
        c.warn(&format!("{}.duties[{}].if-late", place_of_state(procedure, state), index + 1), message, help);
    }
}

/// An act that files any number of documents takes the votes away as often, each time with a new paper.
fn files_without_limit(c: &mut Checker<'_>, state: &State, step: &Step, place: &str) {
    let Trigger::Do(doing) = &step.trigger else { return };
    let mut ballots = state.ballots().filter_map(|name| c.workflow.ballot(name));
    let Some(ballot) = ballots.find(|ballot| lapses(ballot)) else { return };
    let name = &ballot.name;
    if step.to.is_none() && step.at_most.is_none() && !doing.attach.is_empty() {
        let by = doing.by.words();
        let message =
            format!("{by} can take the votes of `{name}` away without limit, each time by a new paper");
        c.warn(&format!("{place}.do"), message, "Say how often: at-most = 10");
    }
}

/// Whether votes of a ballot can come to count no more, and be cast anew.
pub(super) fn lapses(ballot: &Ballot) -> bool {
    matches!(ballot.new_evidence, NewEvidence::VotesLapse | NewEvidence::VotesToReaffirm)
}

/// Nothing is certain while new evidence can take votes away.
pub(super) fn votes_that_lapse(c: &mut Checker<'_>, ballot: &Ballot) {
    if lapses(ballot) && ballot.early == Early::Certain && ballot.change == Change::Never {
        let message = "the ballot closes once the outcome is certain, but new evidence can take votes away";
        let help = "Close with \"all voted\" or a rule, or let the votes stand";
        c.error(&format!("ballot.{}.early", ballot.name), message, help);
    }
}
