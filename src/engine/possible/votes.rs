//! Who could vote, and for what.

use super::{Deed, Possible};
use crate::engine::admit::judge_voted_before;
use crate::engine::ballot::BallotRun;
use crate::engine::case::Case;
use crate::engine::evidence::judge_reaffirmed;
use crate::engine::state::State;
use crate::statement::{BallotRef, By};
use crate::values::Id;
use crate::workflow::model::{AnswerKind, Ballot, ExtendOn};

impl State {
    /// What can be voted for on a ballot that was opened; of the answers that can be given some stand for all.
    pub fn votable(&self, id: &BallotRef) -> Vec<Id> {
        self.ballot_run(id).and_then(|run| Some(choices(run, run.rules()?))).unwrap_or_default()
    }

    pub(super) fn possible_votes(&self, case: &Case, run: &BallotRun, all: &mut Vec<Possible>) {
        let Some(ballot) = run.rules() else { return };
        let attach = || ballot.attach.clone();
        if let Some(sealing) = run.sealed.as_ref().filter(|sealing| sealing.revealing.is_some()) {
            for seat in sealing.unrevealed() {
                let by = By::One(seat.clone());
                if self.may_reveal(&run.id, &by).is_ok() {
                    all.push(Possible {
                        by,
                        deed: Deed::Reveal { ballot: run.id.clone(), attach: attach() },
                    });
                }
            }
            return;
        }
        for seat in run.electors.keys() {
            let name = self.seat_name(case, seat);
            if self.judge_elector(case, run, seat).is_err()
                || judge_voted_before(run, ballot, seat, &name).is_err()
            {
                continue;
            }
            let cast = run.votes.get(seat);
            for choice in choices(run, ballot) {
                // Saying the same again changes nothing, unless every vote puts the closing off.
                let same = cast.is_some_and(|cast| cast.choice == choice)
                    && ballot.extend.as_ref().is_none_or(|extend| extend.on != ExtendOn::Vote);
                if !same && judge_reaffirmed(run, ballot, seat, &choice).is_ok() {
                    let deed = Deed::Vote { ballot: run.id.clone(), choice, attach: attach() };
                    all.push(Possible { by: By::One(seat.clone()), deed });
                }
            }
        }
    }
}

/// What can be voted for; of the answers that can be given some stand for all.
fn choices(run: &BallotRun, ballot: &Ballot) -> Vec<Id> {
    let mut choices: Vec<Id> = run.offered(ballot).cloned().collect();
    for answer in ballot.answer_kind().into_iter().flat_map(AnswerKind::samples) {
        if !choices.contains(&answer) {
            choices.push(answer);
        }
    }
    choices
}
