//! A scenario as it was read: what people do, and what must then be so.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::statement::{BallotRef, CaseFate, CaseRef, GrantFate, HolderRef};
use crate::values::{Id, Instant, ValueError};

/// Something that the text says, and where. Equal to the same word elsewhere.
#[derive(Debug, Clone, Eq)]
pub struct Spot<T> {
    /// What is said.
    pub is: T,
    /// The bytes of the text; empty where nobody wrote it.
    pub at: Range<usize>,
}

impl<T> From<T> for Spot<T> {
    fn from(is: T) -> Self {
        Self { is, at: 0..0 }
    }
}

impl<T: PartialEq> PartialEq for Spot<T> {
    fn eq(&self, other: &Self) -> bool {
        self.is == other.is
    }
}

/// An officer on the roster whose authority has a beginning or an end, both instants included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Officer {
    /// Who: `buyer/officer-1`.
    pub name: Spot<HolderRef>,
    /// From when.
    pub from: Option<Instant>,
    /// Until when.
    pub until: Option<Instant>,
}

/// What happens at one time, and what must then be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When; where it stands in the text.
    pub at: Spot<Instant>,
    /// The case that is meant; otherwise the newest that fits.
    pub case: Option<Spot<CaseRef>>,
    /// What somebody does; `None` where only time passes.
    pub deed: Option<Spot<Deed>>,
    /// The rule by which it must be refused.
    pub refused: Option<Spot<Id>>,
    /// What must be so afterwards.
    pub expect: Vec<Expect>,
}

/// What somebody does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// `do`: opens a case, takes a step, discharges a duty.
    Act {
        /// The act's name in the workflow.
        act: Spot<Id>,
        /// In whose name; several jointly.
        by: Vec<Spot<Id>>,
        /// The seat that it is about.
        seat: Option<Spot<SeatName>>,
        /// The documents, where they are not those that the workflow asks for.
        attach: Option<Vec<Id>>,
        /// The document that is struck: the newest that was filed under this name.
        strike: Option<Spot<Id>>,
        /// Who signs, where it is not as many officers as are needed.
        signed_by: Option<Vec<Spot<SeatName>>>,
    },
    /// Something that is done for or by seats, one after the other.
    Seats {
        /// What.
        what: SeatDeed,
        /// The seats.
        seats: Vec<Spot<SeatName>>,
        /// Who nominates, several jointly, where it is not whoever may.
        by: Option<Vec<Spot<Id>>>,
        /// The documents of an acceptance, where it does not bring the disclosure.
        attach: Option<Vec<Id>>,
        /// For whom the nominees work.
        affiliation: Option<Spot<Id>>,
    },
    /// `vote`: the voters of each choice, in the order in which they vote; on a sealed ballot, commit.
    Vote {
        /// Choices and voters.
        votes: Vec<(Spot<Id>, Vec<Spot<SeatName>>)>,
        /// The ballot; otherwise the newest that fits.
        ballot: Option<Spot<BallotRef>>,
        /// The documents, where they are not those that the ballot asks for.
        attach: Option<Vec<Id>>,
    },
    /// `reveal`: each reveals the vote on a sealed ballot to which they have committed.
    Reveal {
        /// Who, in the order in which they reveal; a choice where it is not the one committed to.
        votes: Reveals,
        /// The ballot; otherwise the newest that fits.
        ballot: Option<Spot<BallotRef>>,
        /// The documents, where they are not those that the ballot asks for.
        attach: Option<Vec<Id>>,
    },
    /// `reaffirm`: all parties, on this occasion.
    Reaffirm(String),
    /// `amend`: all parties put another workflow into force.
    Amend(Box<AmendDeed>),
}

/// An amendment, and what becomes of grants and cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmendDeed {
    /// The file of the workflow, beside the one that is tested.
    pub to: Spot<String>,
    /// What becomes of grants, where it is not that of the same name.
    pub grants: Vec<(Id, GrantFate)>,
    /// What becomes of cases that have not ended.
    pub cases: Vec<(CaseRef, CaseFate)>,
    /// In whose name, where it is not that of all parties.
    pub by: Option<Vec<Spot<Id>>>,
    /// Who signs, where it is not as many officers as are needed.
    pub signed_by: Option<Vec<Spot<SeatName>>>,
}

/// Who reveals, by the choice that they claim; without one, the choice to which they have committed.
pub type Reveals = Vec<(Option<Spot<Id>>, Vec<Spot<SeatName>>)>;

/// What is done for or by a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatDeed {
    /// Nominated by whoever may, accepted, disclosed: three deeds in one.
    Fill,
    /// Nominated.
    Nominate,
    /// Accepted, with a disclosure unless `attach` says otherwise.
    Accept,
    /// A disclosure filed.
    Disclose,
    /// Recused from the case.
    Recuse,
    /// Given up.
    StepDown,
    /// Its key replaced by the holder.
    RotateKey,
    /// Its lost key replaced by those who may.
    RecoverKey,
}

impl SeatDeed {
    /// Every one, with the key under which it is written.
    pub(super) const ALL: [(&'static str, Self); 8] = [
        ("fill", Self::Fill),
        ("nominate", Self::Nominate),
        ("accept", Self::Accept),
        ("disclose", Self::Disclose),
        ("recuse", Self::Recuse),
        ("step-down", Self::StepDown),
        ("rotate-key", Self::RotateKey),
        ("recover-key", Self::RecoverKey),
    ];
}

/// A seat, or where keys matter an officer: `i1`, or in full `verification#1/i1`, `experts/i1`, `openai/officer-1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeatName {
    /// A seat of the newest case that has one of this name.
    Short(Id),
    /// Exactly this holder.
    Full(HolderRef),
}

impl FromStr for SeatName {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if text.contains('/') { text.parse().map(Self::Full) } else { text.parse().map(Self::Short) }
    }
}

impl fmt::Display for SeatName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short(seat) => f.pad(seat.as_str()),
            Self::Full(holder) => holder.fmt(f),
        }
    }
}

/// Names in the order in which they are written.
pub type Names = Spot<Vec<Spot<Id>>>;

/// What must be so. What is left out is not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expect {
    /// At another instant than the step's: before it, grants only; after it, if nobody acts until then.
    pub at: Option<Spot<Instant>>,
    /// The state of the case.
    pub state: Option<Spot<Id>>,
    /// The events that count, in the order in which they were emitted.
    pub events: Option<Names>,
    /// The events that were annulled, in the order in which they were emitted.
    pub annulled: Option<Names>,
    /// Who is missing: whoever names for a seat or is to take it, and electors who have not voted.
    pub awaited: Option<Names>,
    /// The duties that are owed and not yet overdue.
    pub owed: Option<Names>,
    /// The duties whose time has passed.
    pub overdue: Option<Names>,
    /// The acts that somebody may do.
    pub possible: Option<Names>,
    /// The newest ballot of the case.
    pub ballot: Option<Spot<Box<ExpectBallot>>>,
    /// What happens next if nobody acts.
    pub next: Option<Spot<ExpectNext>>,
    /// The values of grants.
    pub grants: Vec<ExpectGrant>,
}

/// What must be so of the newest ballot of a case, or of the newest round of one that is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectBallot {
    /// Which ballot; the newest where none is named. Where it is, a round of it must have been opened.
    pub name: Option<Spot<Id>>,
    /// Which round it is, from 1.
    pub round: Option<Spot<u32>>,
    /// Whether votes are taken.
    pub open: Option<Spot<bool>>,
    /// When it closes if nothing closes it before.
    pub closes: Option<Spot<Instant>>,
    /// When it closed.
    pub closed: Option<Spot<Instant>>,
    /// How it ended.
    pub outcome: Option<Spot<Id>>,
    /// The answer that it gave.
    pub answer: Option<Spot<Id>>,
    /// Who may vote, fixed at opening.
    pub electors: Option<Names>,
    /// Who sits on the panel, or should, and may not vote.
    pub excluded: Option<Names>,
    /// Who voted.
    pub voted: Option<Names>,
    /// Who may not vote any more.
    pub left: Option<Names>,
    /// Who has committed to a vote, of a sealed ballot.
    pub committed: Option<Names>,
    /// Whether votes are being revealed, of a sealed ballot.
    pub revealing: Option<Spot<bool>>,
}

/// What must happen next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectNext {
    /// Nothing, ever.
    Nothing,
    /// This, or at least something then.
    Something {
        /// When.
        at: Option<Spot<Instant>>,
        /// What, in words.
        what: Option<Spot<String>>,
    },
}

/// What must be so of one attribute of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectGrant {
    /// The grant.
    pub grant: Spot<Id>,
    /// The attribute.
    pub attribute: Spot<Id>,
    /// Its value.
    pub is: Option<Spot<String>>,
    /// Since when it has had that value.
    pub since: Option<Spot<Instant>>,
    /// Why: `opening`, `date`, or the event that moved it, be it by annulling another.
    pub because: Option<Spot<Id>>,
}
