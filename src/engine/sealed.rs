//! A sealed ballot as it runs: first commitments, which tell nothing, then what each of them stands for.
//!
//! Until the first phase ends, nobody but a voter knows a choice, the log included. What is revealed afterwards is
//! a vote like any other; what is not counts as the workflow says, from the closing on.

use std::collections::BTreeMap;

use crate::engine::ballot::{BallotRun, Cast};
use crate::engine::panel::Done;
use crate::statement::PublicKey;
use crate::values::{Digest, Id, Instant};
use crate::workflow::model::{Ballot, Early, Unrevealed};

/// The commitments of one round, and whether they are being revealed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sealing {
    /// By seat: the one that counts.
    pub commitments: BTreeMap<Id, Committed>,
    /// Every commitment of the round, changed ones included, with the seat that made it first.
    pub known: BTreeMap<Digest, Id>,
    /// The second phase, once it has begun.
    pub revealing: Option<Revealing>,
}

/// A vote that is committed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The digest.
    pub commitment: Digest,
    /// When, and by which entry.
    pub done: Done,
    /// When and by which entry the vote was revealed.
    pub revealed: Option<Done>,
    /// The key of its voter when they left the seat, which from then on speaks for nobody or for somebody else: where
    /// the vote stands, it is revealed with this one.
    pub leaver: Option<PublicKey>,
}

/// The second phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revealing {
    /// When it began.
    pub since: Instant,
    /// The entry that ended the first phase early, or `None` at its time.
    pub entry: Option<u64>,
}

impl BallotRun {
    /// The second phase of a sealed ballot; `None` in the first, and of any other ballot.
    pub fn revealing(&self) -> Option<Revealing> {
        self.sealed.as_ref()?.revealing
    }

    /// Whether a seat's vote counts if it has one: it has not left, or its vote stands.
    pub fn counts(&self, seat: &Id) -> bool {
        self.left.get(seat).is_none_or(|leaving| leaving.vote_stands)
    }

    /// Whether everybody has done what the present phase of a sealed ballot waits for.
    pub(super) fn phase_is_done(&self, sealing: &Sealing, ballot: &Ballot) -> bool {
        let all = self.awaited().next().is_none();
        if sealing.revealing.is_some() {
            return all;
        }
        let some = sealing.commitments.keys().any(|seat| self.counts(seat));
        ballot.early == Early::AllVoted && some && all
    }

    /// Takes a commitment over, in the place of an earlier one of the seat.
    pub(super) fn commit(&mut self, seat: Id, commitment: Digest, done: Done) {
        if let Some(sealing) = &mut self.sealed {
            sealing.known.entry(commitment).or_insert_with(|| seat.clone());
            sealing.commitments.insert(seat, Committed { commitment, done, revealed: None, leaver: None });
        }
    }

    /// Another commitment in the place of the one that a seat has made, as if it had made this one.
    pub(super) fn commit_instead(&mut self, seat: &Id, commitment: Digest) {
        let Some(sealing) = &mut self.sealed else { return };
        let Some(committed) = sealing.commitments.get_mut(seat) else { return };
        if let Some(first) = sealing.known.remove(&committed.commitment) {
            sealing.known.insert(commitment, first);
        }
        committed.commitment = commitment;
    }

    /// Keeps the key of a voter who leaves the seat; whoever is nominated for it afterwards has nothing to do with the vote.
    pub(super) fn keep_key(&mut self, seat: &Id, key: &PublicKey) {
        let committed = self.sealed.as_mut().and_then(|sealing| sealing.commitments.get_mut(seat));
        if let Some(committed) = committed {
            committed.leaver.get_or_insert_with(|| key.clone());
        }
    }

    /// The seat that a key has left with a commitment to a vote that it can still reveal.
    pub fn left_by(&self, key: &PublicKey) -> Option<&Id> {
        let mut sealed = self.sealed.iter().flat_map(|sealing| &sealing.commitments);
        let open = |seat: &Id, committed: &Committed| committed.revealed.is_none() && self.counts(seat);
        let left = |(seat, committed): &(&Id, &Committed)| {
            committed.leaver.as_ref() == Some(key) && open(seat, committed)
        };
        sealed.find(left).map(|(seat, _)| seat)
    }

    /// Takes over the vote behind a seat's commitment.
    pub(super) fn reveal(&mut self, ballot: &Ballot, seat: Id, cast: Cast) {
        let committed = self.sealed.as_mut().and_then(|sealing| sealing.commitments.get_mut(&seat));
        if let Some(committed) = committed {
            committed.revealed = Some(cast.done);
            self.cast(ballot, seat, cast);
        }
    }

    /// Ends the first phase of a sealed ballot. Whether it did, so that the ballot does not close yet.
    pub(super) fn begins_to_reveal(&mut self, ballot: &Ballot, at: Instant, entry: Option<u64>) -> bool {
        let first = self.sealed.as_mut().filter(|sealing| sealing.revealing.is_none());
        let (Some(sealing), Some(sealed)) = (first, &ballot.sealed) else { return false };
        sealing.revealing = Some(Revealing { since: at, entry });
        self.counted = sealed.reveal_for.end(at, !ballot.excluded);
        self.closes = self.counted;
        true
    }

    /// At the closing: gives every vote that was not revealed what the workflow makes of it.
    pub(super) fn take_unrevealed(&mut self, ballot: &Ballot) {
        let (Some(sealing), Some(sealed)) = (&self.sealed, &ballot.sealed) else { return };
        let choice = match &sealed.unrevealed {
            Unrevealed::HasNotVoted => return,
            Unrevealed::Abstains => ballot.abstention.as_ref(),
            Unrevealed::Chooses(choice) => Some(choice),
        };
        let Some(choice) = choice else { return };
        for (seat, committed) in
            sealing.commitments.iter().filter(|(_, committed)| committed.revealed.is_none())
        {
            self.votes.insert(seat.clone(), Cast { choice: choice.clone(), done: committed.done });
        }
    }
}

impl Sealing {
    /// The seats that have not revealed what they committed to.
    pub fn unrevealed(&self) -> impl Iterator<Item = &Id> {
        self.commitments.iter().filter(|(_, committed)| committed.revealed.is_none()).map(|(seat, _)| seat)
    }
}
