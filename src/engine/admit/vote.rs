//! Votes.

use super::Admission;
use super::act::judge_attachments;
use crate::engine::ballot::BallotRun;
use crate::engine::case::Case;
use crate::engine::change::Change;
use crate::engine::evidence::judge_reaffirmed;
use crate::engine::refusal::{all_of, alternatives};
use crate::engine::{Refusal, State};
use crate::statement::{BallotRef, By, Checked, Vote};
use crate::values::Id;
use crate::workflow::model::{Ballot, Change as Changing};

impl State {
    pub(super) fn judge_vote(&self, checked: &Checked, vote: &Vote) -> Result<Admission, Refusal> {
        let (case, run, ballot) = self.judge_ballot(vote)?;
        let By::One(seat) = &checked.statement().by else {
            let why = format!("it speaks for {}", checked.statement().by);
            return Err(Refusal::new("not-an-elector", why, "everybody votes alone"));
        };
        judge_elector(run, seat)?;
        let name = self.seat_name(case, seat);
        let signers = self.signed_by_seat(checked, &name)?;
        judge_paper(run, ballot, vote)?;
        judge_attachments(&vote.attach, &ballot.attach)?;
        if let Some(cast) = run.votes.get(seat).filter(|_| ballot.change == Changing::Never) {
            let why = format!("{name} has voted with entry {}", cast.done.entry);
            return Err(Refusal::new("already-voted", why, "votes of this ballot cannot be changed"));
        }
        judge_reaffirmed(run, ballot, seat, &vote.choice)?;
        let change = Change::Voted { case: case.id.clone(), seat: seat.clone(), choice: vote.choice.clone() };
        Ok(Admission { change, signers })
    }

    fn judge_ballot<'a>(&'a self, vote: &Vote) -> Result<(&'a Case, &'a BallotRun, &'a Ballot), Refusal> {
        let (Some(case), Some(run), Some(ballot)) =
            (self.case(&vote.ballot.case), self.ballot_run(&vote.ballot), self.ballot(&vote.ballot))
        else {
            return Err(self.no_ballot(&vote.ballot));
        };
        if let Some(closing) = &run.closed {
            let why = format!("the ballot {} closed on {}", vote.ballot, closing.at);
            return Err(Refusal::new("ballot-closed", why, self.open_now()));
        }
        Ok((case, run, ballot))
    }

    /// The refusal of a vote in a ballot that there is not.
    pub fn no_ballot(&self, id: &BallotRef) -> Refusal {
        let why = format!("there is no ballot {id}, or it has not been opened yet");
        Refusal::new("ballot-not-open", why, self.open_now())
    }

    fn open_now(&self) -> String {
        let open = self.open_ballots();
        if open.is_empty() {
            "no ballot is open now; `quorate status` says what comes next".to_owned()
        } else {
            format!("open now: {}", all_of(open))
        }
    }
}

fn judge_elector(run: &BallotRun, seat: &Id) -> Result<(), Refusal> {
    if let Some(leaving) = run.left.get(seat) {
        let why =
            format!("`{seat}` is out of this ballot: {} with entry {}", leaving.reason, leaving.done.entry);
        return Err(Refusal::new("left-ballot", why, "its vote is not taken any more"));
    }
    if run.electors.contains_key(seat) {
        return Ok(());
    }
    let reason = run.excluded.get(seat).map_or("no such seat is on the panel", |reason| reason.as_str());
    let why = format!("`{seat}` is not an elector of {}: {reason}", run.id);
    Err(Refusal::new("not-an-elector", why, format!("the electors are {}", all_of(run.electors.keys()))))
}

fn judge_paper(run: &BallotRun, ballot: &Ballot, vote: &Vote) -> Result<(), Refusal> {
    if vote.question != run.paper {
        let why =
            format!("it was cast on the ballot paper {}, this ballot's is {}", vote.question, run.paper);
        return Err(Refusal::new(
            "other-paper",
            why,
            "print the paper with `quorate ballot` and vote on that",
        ));
    }
    if vote.asks != ballot.question {
        let why = format!("it answers the question “{}”", vote.asks);
        return Err(Refusal::new("other-question", why, format!("this ballot asks “{}”", ballot.question)));
    }
    judge_choice(&vote.choice, ballot.choices.iter().chain(&ballot.abstention))
}

/// Whether a choice is one of those that a ballot offers, its abstention among them.
///
/// # Errors
/// The refusal, which lists them.
pub fn judge_choice<'a>(choice: &Id, offered: impl Iterator<Item = &'a Id>) -> Result<(), Refusal> {
    let choices: Vec<&Id> = offered.collect();
    if !choices.contains(&choice) {
        let why = format!("`{choice}` is not a choice of this ballot");
        return Err(Refusal::new("unknown-choice", why, format!("choose {}", alternatives(choices))));
    }
    Ok(())
}
