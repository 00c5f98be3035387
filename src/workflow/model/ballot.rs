//! Ballots: who votes, how long, and what the votes come to.

use std::collections::BTreeSet;

use super::rule::Rule;
use crate::values::{Id, Length, Span};

/// A ballot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ballot {
    /// Its name.
    pub name: Id,
    /// The question, as a sentence.
    pub question: String,
    /// Who may vote: the filled seats of this panel,
    pub panel: Id,
    /// of these classes, or of all where none is named,
    pub classes: Vec<Id>,
    /// less these.
    pub less: Vec<Exclusion>,
    /// Who is an elector, does not vote and counts as abstaining: only [`Exclusion::Obliged`] can.
    pub abstain: Vec<Exclusion>,
    /// The choices.
    pub choices: Vec<Id>,
    /// Among whom or what is chosen; of electors [`Ballot::choices`] are all seats that could vote.
    pub among: Among,
    /// What can be answered besides, if anything.
    pub answer: Option<Answer>,
    /// The name of the abstention, if one may abstain.
    pub abstention: Option<Id>,
    /// The documents that each vote must carry.
    pub attach: Vec<Id>,
    /// How long votes are taken.
    pub open_for: Length,
    /// Whether a vote at the closing instant is already late.
    pub excluded: bool,
    /// Whether a vote may be changed.
    pub change: Change,
    /// Whether it can close before its time.
    pub early: Early,
    /// What puts its closing off, if anything does.
    pub extend: Option<Extend>,
    /// Whether votes are committed first and revealed later.
    pub sealed: Option<Sealed>,
    /// Whether the vote of somebody who leaves while it is open stands.
    pub leaver_stands: bool,
    /// What becomes of the votes already cast when evidence moves while it is open.
    pub new_evidence: NewEvidence,
    /// Whether identical ballots of one affiliation count as one (`count = "one per affiliation"`).
    pub per_affiliation: bool,
    /// Whether a report tells who voted how, and the margin, from which that could follow.
    pub positions: Positions,
    /// What must hold for the ballot to have an outcome at all.
    pub quorum: Option<Rule>,
    /// In order: the first whose rule holds is the outcome. The last has no rule. One name may stand in several
    /// places: any of its conditions leads to it.
    pub outcomes: Vec<Outcome>,
}

impl Ballot {
    /// What a rule or a scenario can name: the choices, unless they are whoever votes, and the abstention.
    pub fn nameable(&self) -> impl Iterator<Item = &Id> {
        self.choices.iter().filter(|_| !self.candidates()).chain(&self.abstention)
    }

    /// Whether those who vote choose one of themselves.
    pub fn candidates(&self) -> bool {
        self.among == Among::Electors
    }

    /// The names of its outcomes, each once, in the order in which they are first listed: one may stand in several
    /// places, each with a condition of its own.
    pub fn named_outcomes(&self) -> impl Iterator<Item = &Id> {
        let mut named = BTreeSet::new();
        self.outcomes.iter().map(|outcome| &outcome.is).filter(move |is| named.insert(*is))
    }

    /// What an outcome of this name gives, in each of its places.
    pub fn given_by(&self, outcome: &Id) -> Option<Gives> {
        self.outcomes.iter().find(|it| it.is == *outcome)?.gives
    }
}

/// Among whom or what a ballot chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// The choices that the workflow names.
    Named,
    /// `choices = "electors"`: those who vote when it opens, each by the seat.
    Electors,
}

/// `answer = { is, unit, decides }`: votes may name a number, a date or a text instead of a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What can be answered.
    pub is: AnswerKind,
    /// What it counts, in words: `EUR`.
    pub unit: Option<String>,
    /// Which of the answers is that of the ballot.
    pub decides: Decides,
}

/// What can be answered. A vote names it as its choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// A whole number from 0 to 10^15 - 1, without leading zeros.
    Number,
    /// A day, `2026-03-01`.
    Date,
    /// A name of a-z, 0-9 and -, so that what is meant alike is spelt alike.
    Text,
}

/// Which of the answers is that of the ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decides {
    /// The one in the middle by weight: the least that at least half of the weight does not exceed.
    Median,
    /// The one that has most; none where several have equally many.
    Leading,
}

/// The name of the outcome of a ballot without quorum, in every workflow.
pub const NO_QUORUM: &str = "no-quorum";

/// How many steps and closings of ballots may follow one another at most, in all running cases together,
/// without anybody acting. `check` refuses a workflow that could exceed it, so that the engine, which
/// stops there, never has to.
pub const MOST_BY_ITSELF: u64 = 10_000;

/// Who is not an elector though seated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exclusion {
    /// Whoever recused themselves from the case.
    Recused,
    /// Whoever the case is about.
    Subject,
    /// Whoever an act of the case obliges to abstain.
    Obliged,
}

/// `change`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A vote is final.
    Never,
    /// The last vote before closing counts.
    UntilClose,
}

/// `positions`: whether a report tells who voted how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
    /// It does.
    Told,
    /// It does not, and gives no margin.
    NotTold,
}

/// `new-evidence`: what it means for an open ballot that a document is filed or struck in its case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewEvidence {
    /// Nothing is filed or struck while the ballot is open.
    Refused,
    /// The votes stand, and the paper stays as it was when the ballot opened.
    VotesStand,
    /// Votes already cast count no more, and whoever cast them may vote anew on a new paper.
    VotesLapse,
    /// Votes already cast count no more until whoever cast them says the same on a new paper.
    VotesToReaffirm,
}

/// `sealed`: while votes are taken nobody knows them; then everybody reveals their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// How long votes may be revealed after the last could be cast.
    pub reveal_for: Length,
    /// What a vote counts as that nobody revealed in time.
    pub unrevealed: Unrevealed,
}

/// `unrevealed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unrevealed {
    /// As none at all.
    HasNotVoted,
    /// As an abstention.
    Abstains,
    /// As a vote for this choice.
    Chooses(Id),
}

/// `early`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Early {
    /// Only at its time.
    Never,
    /// As soon as every elector who has not left has voted, and at least one has.
    AllVoted,
    /// As soon as no completion could give another outcome.
    Certain,
    /// As soon as an outcome has been confirmed: its rule has held for its `for`.
    Confirmed,
    /// As soon as this holds.
    When(Rule),
}

/// `extend = { on, in-last, by, at-most }`: what comes late, or that too little has come, puts the closing off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extend {
    /// What does.
    pub on: ExtendOn,
    /// How long before closing it is late, that instant itself included. None where nothing has to come.
    pub in_last: Option<Span>,
    /// By how much the closing is put off.
    pub by: Span,
    /// How often in one round; `None` is each time.
    pub at_most: Option<u32>,
}

/// What puts the closing off where it comes late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtendOn {
    /// The vote with which the quorum holds that did not hold before it.
    Quorum,
    /// Every vote.
    Vote,
    /// A document that is filed or struck in the case.
    Evidence,
    /// Nothing: at the closing there is no quorum.
    NoQuorum,
}

/// A possible outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its name.
    pub is: Id,
    /// When it is this one; `None` is "otherwise".
    pub rule: Option<Rule>,
    /// How long the rule, and the quorum with it, must have held without a break (`for`).
    pub lasting: Option<Span>,
    /// What takes the place of the rule with time, earliest first; later ones last longer.
    pub eases: Vec<Ease>,
    /// What it gives, so that it is the outcome only where the votes come to one.
    pub gives: Option<Gives>,
}

/// `gives`: what the votes come to besides an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// The answer of the ballot.
    Answer,
    /// The chair of the case: the candidate who has more votes than every other.
    Chair,
}

impl Gives {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Chair => "chair",
        }
    }
}

/// `{ after = "30 days", if = RULE }`: from then on this is the rule of the outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ease {
    /// Counted from the opening of the ballot; that instant included.
    pub after: Span,
    /// The rule.
    pub rule: Rule,
}
