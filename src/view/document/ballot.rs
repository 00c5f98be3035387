//! A ballot with its count.

use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::as_object;
use super::case::SinceVote;
use crate::engine::ballot::BallotRun;
use crate::engine::sealed::Sealing;
use crate::statement::BallotRef;
use crate::values::{Digest, Id, Instant};
use crate::view::status::tally;
use crate::workflow::model::Ballot as Rules;

/// A ballot with its count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Ballot {
    /// Which one.
    pub ballot: BallotRef,
    /// The SHA-256 of its paper, which every vote signs.
    pub question: Digest,
    /// When it was opened.
    pub opened: Instant,
    /// Until when votes are taken; of a sealed ballot, until when they are revealed once that has begun. `null` while the
    /// case stands still: what is left of that time begins to run once it goes on.
    #[schema(required)]
    pub closes: Option<Instant>,
    /// How it ended; `null` while it is open.
    #[schema(required)]
    pub closed: Option<Closing>,
    /// The seats that may vote, fixed when it was opened.
    pub electors: Vec<Id>,
    /// The seats that may not, each with why.
    #[schema(value_type = BTreeMap<String, String>)]
    pub excluded: BTreeMap<Id, String>,
    /// The electors who are not heard any more.
    pub left: Vec<Leaving>,
    /// How many people have voted for each choice, in the workflow's order; of one affiliation those who count.
    #[serde(serialize_with = "as_object")]
    #[schema(value_type = BTreeMap<String, u64>)]
    pub heads: Vec<(Id, u64)>,
    /// The electors who have still to vote.
    pub awaited: Vec<Id>,
    /// The answer that it has come to. There where the ballot asks for a number or a text, and has come to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub answer: Option<Id>,
    /// The seat that it has chosen. There where the ballot chooses somebody, and has chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub chosen: Option<Id>,
    /// Who has committed to a vote and revealed it. There where the ballot is sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sealed: Option<Sealed>,
    /// What electors have not seen who voted before it came. Empty once the ballot has closed.
    pub since_votes: Vec<SinceVote>,
}

/// How a ballot ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Closing {
    /// When.
    pub at: Instant,
    /// The entry that closed it; `null` where time did.
    #[schema(required)]
    pub entry: Option<u64>,
    /// Its outcome; `null` where it was abandoned.
    #[schema(required)]
    pub outcome: Option<Id>,
}

/// An elector who is not heard any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Leaving {
    /// The seat.
    pub seat: Id,
    /// Why, in words.
    pub reason: &'static str,
    /// The entry by which; `null` where time alone did.
    #[schema(required)]
    pub entry: Option<u64>,
}

/// A sealed ballot's commitments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Sealed {
    /// What is done now.
    pub phase: Phase,
    /// Since when votes are revealed; `null` while they are cast.
    #[schema(required)]
    pub revealing_since: Option<Instant>,
    /// Who has committed to a vote.
    pub committed: Vec<Commitment>,
}

/// What is done now in a sealed ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Votes are committed to.
    Commit,
    /// Votes are revealed.
    Reveal,
}

/// A seat that has committed to a vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Commitment {
    /// The seat.
    pub seat: Id,
    /// The entry with the commitment.
    pub entry: u64,
    /// The entry that reveals it; `null` while it is sealed.
    #[schema(required)]
    pub revealed: Option<u64>,
}

impl Ballot {
    /// A ballot of a case, which may be suspended, with what electors have not seen.
    pub fn of(run: &BallotRun, rules: &Rules, suspended: bool, since_votes: Vec<SinceVote>) -> Self {
        let outcome = run.closed.as_ref().and_then(|end| end.outcome.as_ref());
        let closed = run.closed.as_ref();
        let left = run.left.iter();
        let mut heads: Vec<(Id, u64)> = Vec::new();
        for (choice, votes) in tally(run, rules) {
            // What somebody wrote as an answer may be the name of a choice.
            if heads.iter().all(|(known, _)| *known != choice) {
                heads.push((choice, votes));
            }
        }
        Self {
            ballot: run.id.clone(),
            question: run.paper,
            opened: run.opened,
            closes: run.takes(suspended && closed.is_none()).1,
            closed: closed.map(|it| Closing { at: it.at, entry: it.entry, outcome: it.outcome.clone() }),
            electors: run.electors.keys().cloned().collect(),
            excluded: (*run.excluded).clone(),
            left: left
                .map(|(seat, it)| Leaving { seat: seat.clone(), reason: it.reason.words(), entry: it.entry })
                .collect(),
            heads,
            awaited: run.awaited().map(|(seat, _)| seat.clone()).collect(),
            answer: run.answer(rules),
            chosen: outcome.and_then(|outcome| run.chosen(rules, outcome)),
            sealed: run.sealed.as_ref().map(Sealed::of),
            since_votes,
        }
    }
}

impl Sealed {
    fn of(sealing: &Sealing) -> Self {
        let committed = sealing.commitments.iter().map(|(seat, it)| Commitment {
            seat: seat.clone(),
            entry: it.done.entry,
            revealed: it.revealed.map(|done| done.entry),
        });
        Self {
            phase: if sealing.revealing.is_some() { Phase::Reveal } else { Phase::Commit },
            revealing_since: sealing.revealing.map(|revealing| revealing.since),
            committed: committed.collect(),
        }
    }
}
