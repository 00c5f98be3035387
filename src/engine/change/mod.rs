//! What follows from an admitted statement, and taking it over into the state.

mod ballots;
mod cases;
mod reach;
mod seats;

use crate::engine::amend::Amended;
use crate::engine::ballot::Cast;
use crate::engine::event::Why;
use crate::engine::panel::{Done, Nominee};
use crate::engine::state::{Reaffirmed, State};
use crate::statement::body::Attachments;
use crate::statement::{BallotRef, By, CaseRef, HolderRef, PublicKey};
use crate::values::{Digest, Id};

/// What an admitted statement does. Judging has made sure that it can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A person is named for a seat.
    Nominated { seat: HolderRef, person: String, key: PublicKey, by: By, affiliation: Option<Id> },
    /// The nominee takes the seat, perhaps with a disclosure.
    Accepted { seat: HolderRef, disclosure: Option<Digest> },
    /// A disclosure is filed.
    Disclosed { seat: HolderRef, disclosure: Digest },
    /// A panelist stays out of a case.
    Recused { seat: HolderRef, case: CaseRef, reason: String },
    /// A panelist gives up the seat.
    SteppedDown { seat: HolderRef },
    /// A case is opened, perhaps about a seat.
    CaseOpened { case: CaseRef, subject: Option<HolderRef>, by: String, attach: Attachments },
    /// Somebody acts: the step at this place of the case's state, perhaps one that obliges a seat.
    Acted {
        case: CaseRef,
        place: usize,
        by: String,
        seat: Option<Id>,
        attach: Attachments,
        strike: Option<Digest>,
    },
    /// Somebody discharges the duty at this place.
    Discharged { case: CaseRef, duty: usize, by: String, attach: Attachments },
    /// A vote.
    Voted { ballot: BallotRef, seat: Id, choice: Id },
    /// A commitment to a vote on a sealed ballot.
    Committed { ballot: BallotRef, seat: Id, commitment: Digest },
    /// The vote behind a commitment.
    Revealed { ballot: BallotRef, seat: Id, choice: Id },
    /// The parties put another workflow into force.
    Amended { amended: Box<Amended>, by: String },
    /// The parties say that the workflow stands.
    Reaffirmed { occasion: String },
    /// A holder's key is another one from now on.
    KeyReplaced { holder: HolderRef, key: PublicKey, recovered: bool },
}

impl State {
    /// Takes over what an admitted entry does, and everything that follows at once.
    pub(super) fn apply(&mut self, change: Change, done: Done) {
        match change {
            Change::Nominated { seat, person, key, by, affiliation } => {
                let nominee = Nominee {
                    person,
                    key,
                    by,
                    affiliation,
                    nominated: done,
                    accepted: None,
                    disclosures: Vec::new(),
                };
                self.nominated(seat, nominee);
            }
            Change::Accepted { seat, disclosure } => self.with_nominee(&seat, |nominee| {
                nominee.accepted = Some(done);
                nominee.disclosures.extend(disclosure.map(|digest| (done, digest)));
            }),
            Change::Disclosed { seat, disclosure } => {
                self.with_nominee(&seat, |nominee| nominee.disclosures.push((done, disclosure)));
            }
            Change::Recused { seat, case, reason } => self.recused(&seat, &case, reason, done),
            Change::SteppedDown { seat } => self.stepped_down(&seat, done),
            Change::CaseOpened { case, subject, by, attach } => {
                let subject = subject.and_then(|seat| self.sitting(&seat));
                self.case_opened(&case, subject, &by, &attach, done);
            }
            Change::Acted { case, place, by, seat, attach, strike } => {
                self.file(&case, &by, &attach, done);
                self.strike(&case, place, strike, done);
                self.serve_and_extend(&case, place, done);
                let why = Why { entry: Some(done.entry), ..self.act_words(&case, place, &by) };
                if let Some(seat) = seat {
                    self.oblige(&case, seat, &why.words, done);
                }
                self.take_step(&case, place, why);
                self.evidence_moved(&case, done);
            }
            Change::Discharged { case, duty, by, attach } => {
                self.file(&case, &by, &attach, done);
                self.duty_done(&case, duty, &by, done);
                self.evidence_moved(&case, done);
            }
            Change::Voted { ballot, seat, choice } => {
                self.with_ballot(&ballot, |run, ballot| run.cast(ballot, seat, Cast { choice, done }));
            }
            Change::Committed { ballot, seat, commitment } => {
                self.with_ballot(&ballot, |run, _| run.commit(seat, commitment, done));
            }
            Change::Revealed { ballot, seat, choice } => {
                self.with_ballot(&ballot, |run, ballot| run.reveal(ballot, seat, Cast { choice, done }));
            }
            Change::Amended { amended, by } => self.amended(&amended, &by, done),
            Change::Reaffirmed { occasion } => self.reaffirmed.push(Reaffirmed { done, occasion }),
            Change::KeyReplaced { holder, key, recovered } => {
                self.key_replaced(&holder, &key, recovered, done);
            }
        }
        self.settle(Some(done.entry));
    }
}
