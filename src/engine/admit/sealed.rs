//! Sealed ballots: commitments, and what they stand for.

use super::Admission;
use super::act::judge_attachments;
use super::signers::signed_by_leaver;
use super::vote::{judge_alone, judge_choice, judge_paper, judge_voted_before};
use crate::engine::ballot::BallotRun;
use crate::engine::case::Case;
use crate::engine::change::Change;
use crate::engine::sealed::{Committed, Sealing};
use crate::engine::{Refusal, State};
use crate::statement::{BallotRef, By, Checked, Commit, Commitment, Reveal};
use crate::values::{Digest, Id};

impl State {
    pub(super) fn judge_commit(&self, checked: &Checked, commit: &Commit) -> Result<Admission, Refusal> {
        let (case, run, ballot) = self.judge_ballot(&commit.ballot)?;
        let sealing = judge_sealed(run)?;
        if let Some(revealing) = sealing.revealing {
            let why = format!("since {} the votes on {} are being revealed", revealing.since, run.id);
            return Err(Refusal::new(
                "commit-over",
                why,
                "nothing: whoever commits now would know other votes",
            ));
        }
        let seat = judge_alone(&checked.statement().by)?;
        self.judge_elector(case, run, seat)?;
        let name = self.seat_name(case, seat);
        let signers = self.signed_by_seat(checked, &name)?;
        judge_paper(run, ballot, commit.question, &commit.asks)?;
        if let Some(other) = sealing.known.get(&commit.commitment).filter(|known| *known != seat) {
            let why = format!("{} is the commitment of `{other}`", commit.commitment);
            let instead = "nobody can open another's commitment as their own; if it was yours, it was copied on its \
                           way: vote again, which takes a new salt";
            return Err(Refusal::new("copied-commitment", why, instead));
        }
        judge_voted_before(run, ballot, seat, &name)?;
        let (ballot, commitment) = (run.id.clone(), commit.commitment);
        Ok(Admission { change: Change::Committed { ballot, seat: seat.clone(), commitment }, signers })
    }

    /// The commitment that whoever speaks so can reveal now, by which its opening is known.
    ///
    /// # Errors
    /// The refusal of a reveal, as far as it does not hang on the opening.
    pub fn may_reveal(&self, id: &BallotRef, by: &By) -> Result<Digest, Refusal> {
        let (case, run, _) = self.judge_ballot(id)?;
        Ok(self.judge_revealing(case, run, judge_alone(by)?)?.commitment)
    }

    pub(super) fn judge_reveal(&self, checked: &Checked, reveal: &Reveal) -> Result<Admission, Refusal> {
        let (case, run, ballot) = self.judge_ballot(&reveal.ballot)?;
        let seat = judge_alone(&checked.statement().by)?;
        let committed = self.judge_revealing(case, run, seat)?;
        let name = self.seat_name(case, seat);
        let signers = match &committed.leaver {
            Some(key) => signed_by_leaver(checked, &name, key)?,
            None => self.signed_by_seat(checked, &name)?,
        };
        let opening = Commitment {
            agreement: self.agreement.clone(),
            ballot: run.id.clone(),
            question: run.paper,
            seat: seat.clone(),
            choice: reveal.choice.clone(),
            salt: reveal.salt,
        };
        if opening.digest() != committed.commitment {
            let why = format!(
                "`{}` with this salt gives {}, and entry {} commits to {}",
                reveal.choice,
                opening.digest(),
                committed.done.entry,
                committed.commitment
            );
            let instead = "reveal the choice and salt of that commitment; `quorate reveal` takes them from the opening that `quorate vote` kept";
            return Err(Refusal::new("does-not-open", why, instead));
        }
        judge_choice(&reveal.choice, run.offered(ballot), ballot.answer_kind())?;
        judge_attachments(&reveal.attach, &ballot.attach)?;
        let (ballot, choice) = (run.id.clone(), reveal.choice.clone());
        Ok(Admission { change: Change::Revealed { ballot, seat: seat.clone(), choice }, signers })
    }

    /// The commitment that a seat can reveal now.
    fn judge_revealing<'r>(
        &self,
        case: &Case,
        run: &'r BallotRun,
        seat: &Id,
    ) -> Result<&'r Committed, Refusal> {
        let sealing = judge_sealed(run)?;
        if sealing.revealing.is_none() {
            let why = format!("votes on {} are still being cast, until {} at the latest", run.id, run.closes);
            let instead = "keep the opening to yourself until then: what is known now helps others to decide";
            return Err(Refusal::new("not-revealing-yet", why, instead));
        }
        // Whose vote stands is heard to the end, though they have left.
        if !(run.left.contains_key(seat) && run.counts(seat)) {
            self.judge_elector(case, run, seat)?;
        }
        judge_committed(sealing, run, seat)
    }
}

fn judge_sealed(run: &BallotRun) -> Result<&Sealing, Refusal> {
    run.sealed.as_ref().ok_or_else(|| {
        let why = format!("the ballot {} is open: its votes say what they are", run.id);
        Refusal::new("not-sealed", why, "vote with `quorate vote`")
    })
}

/// The commitment of a seat that it has not yet opened.
fn judge_committed<'r>(sealing: &'r Sealing, run: &BallotRun, seat: &Id) -> Result<&'r Committed, Refusal> {
    let Some(committed) = sealing.commitments.get(seat) else {
        let why = format!("`{seat}` has committed to no vote on {}", run.id);
        return Err(Refusal::new(
            "not-committed",
            why,
            "nothing: who has not committed in time has not voted",
        ));
    };
    if let Some(revealed) = committed.revealed {
        let why = format!("the vote of `{seat}` was revealed with entry {}", revealed.entry);
        return Err(Refusal::new("already-revealed", why, "nothing: it counts"));
    }
    Ok(committed)
}
