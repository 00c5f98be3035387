//! Votes.

use super::Admission;
use super::act::judge_attachments;
use crate::engine::ballot::{BallotRun, Leaving, Reason};
use crate::engine::case::Case;
use crate::engine::change::Change;
use crate::engine::evidence::judge_reaffirmed;
use crate::engine::refusal::{all_of, alternatives};
use crate::engine::{Refusal, State};
use crate::statement::{BallotRef, By, Checked, HolderRef, Vote};
use crate::values::{Digest, Id};
use crate::workflow::model::{AnswerKind, Ballot, Change as Changing, Exclusion};

impl State {
    pub(super) fn judge_vote(&self, checked: &Checked, vote: &Vote) -> Result<Admission, Refusal> {
        let (case, run, ballot) = self.judge_ballot(&vote.ballot)?;
        if ballot.sealed.is_some() {
            let why = format!("the ballot {} is sealed, and this vote says what it is", vote.ballot);
            let instead = "commit to a vote (`quorate vote` does), and reveal it once everybody has";
            return Err(Refusal::new("sealed-ballot", why, instead));
        }
        let seat = judge_alone(&checked.statement().by)?;
        self.judge_elector(case, run, seat)?;
        let name = self.seat_name(case, seat);
        let signers = self.signed_by_seat(checked, &name)?;
        judge_paper(run, ballot, vote.question, &vote.asks)?;
        judge_choice(&vote.choice, run.offered(ballot), ballot.answer_kind())?;
        judge_attachments(&vote.attach, &ballot.attach)?;
        judge_voted_before(run, ballot, seat, &name)?;
        judge_reaffirmed(run, ballot, seat, &vote.choice)?;
        let change =
            Change::Voted { ballot: run.id.clone(), seat: seat.clone(), choice: vote.choice.clone() };
        Ok(Admission { change, signers })
    }

    /// Whether a seat may vote in a ballot of a case: it was an elector at the opening, and has not left since.
    pub(in crate::engine) fn judge_elector(
        &self,
        case: &Case,
        run: &BallotRun,
        seat: &Id,
    ) -> Result<(), Refusal> {
        let left = run.left.get(seat);
        let lost = self.panel_of(case).and_then(|(_, seats)| seats.dismissal(seat));
        if let (Some(Leaving { reason: Reason::Dismissed, .. }) | None, Some(dismissal)) = (left, lost) {
            let why = format!(
                "{} was dismissed from `{seat}` by {} on {}",
                dismissal.person, dismissal.case, dismissal.at
            );
            return Err(Refusal::new("dismissed", why, "the seat has no vote until somebody else fills it"));
        }
        if let Some(leaving) = left {
            let entry = leaving.entry.map(|entry| format!(" with entry {entry}")).unwrap_or_default();
            let why = format!("`{seat}` is out of this ballot: {}{entry}", leaving.reason.words());
            return Err(Refusal::new("left-ballot", why, "its vote is not taken any more"));
        }
        if let Some(obligation) = case.obliged.get(seat).filter(|_| Self::abstains(run, seat)) {
            let why = format!("`{seat}` does not vote in {}: {}", run.id, obligation.words());
            let instead = format!("nothing: that stands since entry {}", obligation.done.entry);
            return Err(Refusal::new("obliged-to-abstain", why, instead));
        }
        if run.electors.contains_key(seat) {
            return Ok(());
        }
        let reason = run.excluded.get(seat).map_or("no such seat is on the panel", |reason| reason.as_str());
        let why = format!("`{seat}` is not an elector of {}: {reason}", run.id);
        Err(Refusal::new("not-an-elector", why, format!("the electors are {}", all_of(run.electors.keys()))))
    }

    /// Whether a seat that is obliged to abstain does so in this ballot: as an elector, or as none.
    fn abstains(run: &BallotRun, seat: &Id) -> bool {
        let less = run.rules().is_some_and(|ballot| ballot.less.contains(&Exclusion::Obliged));
        run.obliged.contains_key(seat) || less && run.excluded.contains_key(seat)
    }

    /// The open ballot that a statement names.
    pub(super) fn judge_ballot<'a>(
        &'a self,
        id: &BallotRef,
    ) -> Result<(&'a Case, &'a BallotRun, &'a Ballot), Refusal> {
        let (Some(case), Some(run), Some(ballot)) =
            (self.case(&id.case), self.ballot_run(id), self.ballot(id))
        else {
            return Err(self.no_ballot(id));
        };
        if let Some(closing) = &run.closed {
            let why = format!("the ballot {id} closed on {}", closing.at);
            return Err(Refusal::new("ballot-closed", why, self.open_now()));
        }
        self.judge_window(case)?;
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

/// Whether a seat that has voted, or committed to a vote, may do so anew.
pub(in crate::engine) fn judge_voted_before(
    run: &BallotRun,
    ballot: &Ballot,
    seat: &Id,
    name: &HolderRef,
) -> Result<(), Refusal> {
    let never = "votes of this ballot cannot be changed";
    let committed = run.sealed.as_ref().and_then(|sealing| sealing.commitments.get(seat));
    match (run.votes.get(seat), committed) {
        _ if ballot.change != Changing::Never => Ok(()),
        (_, Some(before)) => {
            let why = format!("{name} has committed to a vote with entry {}", before.done.entry);
            Err(Refusal::new("already-committed", why, never))
        }
        (Some(cast), None) => {
            let why = format!("{name} has voted with entry {}", cast.done.entry);
            Err(Refusal::new("already-voted", why, never))
        }
        (None, None) => Ok(()),
    }
}

/// The one in whose name a vote speaks.
pub(super) fn judge_alone(by: &By) -> Result<&Id, Refusal> {
    match by {
        By::One(seat) => Ok(seat),
        by @ By::Jointly(_) => {
            Err(Refusal::new("not-an-elector", format!("it speaks for {by}"), "everybody votes alone"))
        }
    }
}

impl State {
    /// Whether a vote on a ballot that was opened is cast on its very paper and answers its question.
    ///
    /// # Errors
    /// The refusal, which names the paper that the ballot has; or there is no such ballot.
    pub fn judge_question(&self, id: &BallotRef, question: Digest, asks: &str) -> Result<(), Refusal> {
        match (self.ballot_run(id), self.ballot(id)) {
            (Some(run), Some(ballot)) => judge_paper(run, ballot, question, asks),
            _ => Err(self.no_ballot(id)),
        }
    }
}

pub(super) fn judge_paper(
    run: &BallotRun,
    ballot: &Ballot,
    question: Digest,
    asks: &str,
) -> Result<(), Refusal> {
    if question != run.paper {
        let why = format!("it was cast on the ballot paper {question}, this ballot's is {}", run.paper);
        return Err(Refusal::new(
            "other-paper",
            why,
            "print the paper with `quorate ballot` and vote on that",
        ));
    }
    if asks != ballot.question {
        let why = format!("it answers the question “{asks}”");
        return Err(Refusal::new("other-question", why, format!("this ballot asks “{}”", ballot.question)));
    }
    Ok(())
}

/// Whether a choice is one of those that a ballot offers, its abstention among them, or an answer of its kind.
///
/// # Errors
/// The refusal, which lists them.
pub fn judge_choice<'a>(
    choice: &Id,
    offered: impl Iterator<Item = &'a Id>,
    answer: Option<AnswerKind>,
) -> Result<(), Refusal> {
    let choices: Vec<&Id> = offered.collect();
    if choices.contains(&choice) || answer.is_some_and(|kind| kind.reads(choice)) {
        return Ok(());
    }
    let (what, instead) = match answer {
        None => (String::new(), format!("choose {}", alternatives(choices))),
        Some(kind) if choices.is_empty() => {
            (format!(", and no {}", kind.word()), format!("answer with {}", kind.form()))
        }
        Some(kind) => (
            format!(", and no {}", kind.word()),
            format!("choose {}, or answer with {}", alternatives(choices), kind.form()),
        ),
    };
    Err(Refusal::new("unknown-choice", format!("`{choice}` is not a choice of this ballot{what}"), instead))
}
