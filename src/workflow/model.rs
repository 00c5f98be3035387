//! A checked workflow, as the engine runs it. Every name in it resolves; every rule is well formed.
//!
//! Lists keep the order of the file: the first step that applies wins, the first outcome whose rule
//! holds is the outcome, and people see grants in the order in which the parties wrote them.

use super::invariant::Invariant;
use crate::values::{Digest, Id, Instant, Span};

/// A workflow in language 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    /// The SHA-256 of the exact text: what statements name.
    pub digest: Digest,
    /// The title, in words.
    pub title: String,
    /// Whether a real contract hangs on it.
    pub nature: Nature,
    /// The contract it puts into practice, which prevails over it.
    pub contract: Contract,
    /// The choices that are the authors' own: places listed in `ours`, and every `reading`.
    pub readings: Vec<Reading>,
    /// Who contracts.
    pub parties: Vec<Office>,
    /// Offices outside both parties and panels, such as an appointing authority.
    pub roles: Vec<Office>,
    /// The bodies of seats.
    pub panels: Vec<Panel>,
    /// The named facts that steps emit.
    pub events: Vec<Event>,
    /// The state machines.
    pub procedures: Vec<Procedure>,
    /// The ballots.
    pub ballots: Vec<Ballot>,
    /// The rights and terms.
    pub grants: Vec<Grant>,
    /// What must be so whatever anybody does.
    pub invariants: Vec<Invariant>,
}

/// `nature`: printed on every output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// A study of a contract; binds nobody.
    Specimen,
    /// The parties mean it.
    Live,
}

/// `contract`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// The digest of the contract's text that the workflow was written for; the opening statement
    /// names the same one.
    pub digest: Digest,
    /// Where its words can be read.
    pub source: Option<String>,
}

/// A choice that is the authors' and not the contract's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The place in the workflow: `ballot.finding` or `grant.research-ip`.
    pub place: String,
    /// The reason in words; absent where `ours` lists the place without one.
    pub text: Option<String>,
}

/// A party or a role: officers who sign for it, `needed` of `of`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// Its name.
    pub name: Id,
    /// Its title in words.
    pub title: Option<String>,
    /// How many officers must sign.
    pub needed: u32,
    /// How many officers the roster names.
    pub of: u32,
}

/// A body of seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// Its name.
    pub name: Id,
    /// Formed for each case, or once for the agreement.
    pub formed: Formed,
    /// Its seats.
    pub seats: Vec<Seat>,
    /// The seat that chairs, if one does.
    pub chair: Option<Id>,
    /// What makes a seat filled; never empty.
    pub filled: Vec<Filling>,
    /// Who may nominate once a seat has stayed vacant too long.
    pub vacancy: Option<Vacancy>,
    /// Whether nobody is nominated for a second seat of the body under the same name (`persons = "one seat each"`).
    pub one_seat_each: bool,
    /// Whether whoever nominates must say for whom the nominee works (`affiliation = "needed"`).
    pub affiliation_needed: bool,
}

/// When a panel comes into being.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formed {
    /// At the opening of each case; its seats are `verification#1/i1`.
    PerCase,
    /// At the opening of the agreement; its seats are `experts/i1`.
    Standing,
}

/// One place on a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Its name, unique among all actors of the workflow.
    pub name: Id,
    /// The party or role that nominates.
    pub by: Id,
    /// The named group to which it belongs.
    pub class: Option<Id>,
    /// What its vote weighs; 1 unless the workflow says otherwise, at most 1,000,000.
    pub weight: u32,
}

/// What a nominee must have done before the seat counts as filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Filling {
    /// Signed `accept-seat`.
    Accepted,
    /// Filed a disclosure, with the acceptance or alone.
    Disclosed,
}

/// `vacant = { after, filled-by }`: after that time without a filled seat, the right to nominate passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vacancy {
    /// Counted from when the seat became vacant.
    pub after: Span,
    /// The party or role to which the right passes.
    pub filled_by: Id,
    /// Whether it has passed at the very instant (`deadline = "excluded"`), or only after it.
    pub excluded: bool,
}

/// A named fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its name.
    pub name: Id,
    /// What it means, as a sentence.
    pub meaning: String,
    /// How it can be annulled.
    pub annulled: Option<Annulment>,
}

/// `[annul]`: an event that undoes another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annulment {
    /// The undoing event. It annuls what the same case emitted; emitted by a case of another
    /// procedure, it annuls every live occurrence.
    pub by: Id,
    /// From when the annulled event no longer counts.
    pub from: AnnulledFrom,
}

/// From when an annulled event no longer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnnulledFrom {
    /// `then`: from the annulling on; what followed in between stands.
    Then,
    /// `start`: as if it had never been.
    Start,
}

/// A state machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    /// Its name; its cases are `name#1`, `name#2`, …
    pub name: Id,
    /// Its title in words.
    pub title: Option<String>,
    /// The act that opens a case.
    pub open: Opening,
    /// The panel that its ballots and seats are of.
    pub panel: Option<Id>,
    /// The panel of which each case is about one seat (`about`); the act that opens a case names the seat.
    pub about: Option<Id>,
    /// How many cases may be open at once.
    pub at_once: u32,
    /// How long after the end of the last case before another may be opened.
    pub again_after: Option<Span>,
    /// How many cases there may be in all.
    pub at_most: Option<u32>,
    /// What stands still while a case of it runs.
    pub suspends: Option<Suspends>,
    /// The state in which a case begins.
    pub start: Id,
    /// The states, the first being not necessarily the start.
    pub states: Vec<State>,
}

/// `suspends`: cases of other procedures stand still while one of this procedure runs. Their clocks and ballots go
/// on where they stopped; instants (`at`) do not move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspends {
    /// The procedures that stand still; never its own.
    pub procedures: Vec<Id>,
    /// The acts that are possible in them all the same.
    pub allow: Vec<Id>,
}

/// What opens a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The act's name.
    pub act: Id,
    /// Who may.
    pub by: Actors,
    /// The documents it must carry.
    pub attach: Vec<Id>,
    /// The events that it emits.
    pub emits: Vec<Id>,
    /// The latest time for it, from the filling of the seat that the case is about, or from an event.
    pub within: Option<Delay>,
}

/// A state of a procedure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Its name.
    pub name: Id,
    /// Whether the case has ended here. A final state has no step that leaves it.
    pub ends: bool,
    /// The ballot that opens on entering.
    pub ballot: Option<Id>,
    /// Several ballots that open on entering, each for itself, instead of one: two at least. Steps wait for what
    /// they come to by conditions.
    pub together: Vec<Id>,
    /// In order: the first that applies wins.
    pub steps: Vec<Step>,
    /// What somebody owes on entering.
    pub duties: Vec<Duty>,
}

/// One way onward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What sets it off.
    pub trigger: Trigger,
    /// The state that follows; absent where the case stays in this one, whose clocks then run on.
    pub to: Option<Id>,
    /// The events that it emits.
    pub emits: Vec<Id>,
    /// How often it may be taken in one case.
    pub at_most: Option<u32>,
    /// What becomes of a seat by it.
    pub effect: Option<Effect>,
    /// Where it stands in the file, from 1.
    pub line: usize,
}

/// What a step does to a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// `dismisses = "subject"`: whoever the case is about loses the seat.
    Dismisses,
}

/// What sets a step off: exactly one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// `do`: somebody acts.
    Do(Doing),
    /// `when`: a condition holds.
    When(Condition),
    /// `after`: time has passed.
    After(Delay),
    /// `at`: an instant has come, itself included.
    At(Instant),
    /// `outcome`: the state's ballot closed with one of these.
    Outcome(Vec<Id>),
    /// `on`: another case, of the same procedure or of another, emitted one of these after the state was
    /// entered. Of each occurrence the first listed step that can still be taken answers, once.
    On(Vec<Id>),
}

/// An act that somebody may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doing {
    /// The act's name, as in `quorate do NAME`.
    pub act: Id,
    /// Who may.
    pub by: Actors,
    /// The documents that it must carry, each under its name.
    pub attach: Vec<Id>,
    /// The latest time for it.
    pub within: Option<Delay>,
    /// The earliest time for it.
    pub not_before: Option<Delay>,
    /// It takes one document that was filed under one of these names out of the case; empty where it takes none.
    pub strikes: Vec<Id>,
    /// The parties and roles on whom it serves notice: the origin `served` is the latest such act of the case.
    pub serves: Vec<Id>,
    /// By how much it puts off what this state's times (`after`, `within`) and its ballot have still to come to.
    pub extends: Option<Span>,
}

/// A time counted from an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delay {
    /// How long.
    pub span: Span,
    /// From when.
    pub of: Origin,
    /// Whether an act at the very instant is already late (`deadline = "excluded"`).
    pub excluded: bool,
}

/// The origin of a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Entering the state.
    Entered,
    /// The opening of the case.
    Opened,
    /// `served`: the latest act of the case that served notice. The clock is not armed before there is one.
    Served,
    /// The filling of the seat that the case is about; of an opening act only.
    Filled,
    /// The latest live occurrence of an event in the case itself; where there is none, the latest of a
    /// case of another procedure. The clock is not armed before there is one.
    Event(Id),
}

/// Who may act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actors {
    /// `by`: any one of these alone.
    AnyOf(Vec<Actor>),
    /// `by-all`: all of these jointly.
    AllOf(Vec<Actor>),
}

/// One who may act.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// A party or role, with the signatures that it needs.
    Office(Id),
    /// A seat of the procedure's panel.
    Seat(Id),
    /// Whoever chairs the procedure's panel.
    Chair,
    /// Any filled seat of the procedure's panel.
    Panelist,
}

/// What somebody owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// The act that discharges it.
    pub act: Id,
    /// Who owes it.
    pub by: Actors,
    /// The documents that it must carry.
    pub attach: Vec<Id>,
    /// By when, from entering the state; late is overdue, never void.
    pub within: Span,
    /// Whether it is overdue at the very instant (`deadline = "excluded"`), or only after it.
    pub excluded: bool,
    /// Where it stands in the file, from 1.
    pub line: usize,
}

/// What a `when` waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `every seat filled`.
    EverySeatFilled,
    /// `filled >= 5` and the like: the rule's amounts are counted over filled seats.
    Seats(Rule),
    /// An event's name: it has a live occurrence in the case itself or in a case of another procedure.
    Event(Id),
    /// `scope.yes`: this ballot, opened when the state was entered, has closed so.
    Outcome {
        /// One of the state's ballots.
        ballot: Id,
        /// The outcome.
        outcome: Id,
    },
    /// `subject seated`: whoever the case is about still has the seat.
    SubjectSeated,
    /// `not C`.
    Not(Box<Condition>),
    /// `C and C`.
    All(Vec<Condition>),
    /// `C or C`.
    Any(Vec<Condition>),
}

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
    /// The choices.
    pub choices: Vec<Id>,
    /// What can be answered besides, if anything.
    pub answer: Option<Answer>,
    /// The name of the abstention, if one may abstain.
    pub abstention: Option<Id>,
    /// The documents that each vote must carry.
    pub attach: Vec<Id>,
    /// How long votes are taken.
    pub open_for: Span,
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
    /// In order: the first whose rule holds is the outcome. The last has no rule.
    pub outcomes: Vec<Outcome>,
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
    pub reveal_for: Span,
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

/// `extend = { on, in-last, by, at-most }`: a late vote puts the closing off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extend {
    /// Which vote does.
    pub on: ExtendOn,
    /// How long before closing a vote is late, that instant itself included.
    pub in_last: Span,
    /// By how much the closing is put off.
    pub by: Span,
    /// How often in one round; `None` is each time.
    pub at_most: Option<u32>,
}

/// Which late vote puts the closing off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtendOn {
    /// The one with which the quorum holds that did not hold before it.
    Quorum,
    /// Every one.
    Vote,
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
    /// Whether it gives the answer of the ballot, and so is the outcome only where there is one.
    pub gives_answer: bool,
}

/// `{ after = "30 days", if = RULE }`: from then on this is the rule of the outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ease {
    /// Counted from the opening of the ballot; that instant included.
    pub after: Span,
    /// The rule.
    pub rule: Rule,
}

/// Comparisons, all of which must hold. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The comparisons.
    pub all: Vec<Comparison>,
    /// The words, as written.
    pub text: String,
}

/// `amount op bound`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The left side.
    pub amount: Amount,
    /// The operator.
    pub op: Operator,
    /// The right side.
    pub bound: Bound,
}

/// `>`, `>=`, `=`, `<`, `<=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `=`
    Equal,
    /// `<`
    Below,
    /// `<=`
    AtMost,
}

/// A sum of terms. Never empty.
pub type Amount = Vec<Term>;

/// `[heads of] COUNTED [in CLASS]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// What is counted.
    pub counted: Counted,
    /// Whether seats are counted instead of their weight.
    pub heads: bool,
    /// Only seats of this class.
    pub class: Option<Id>,
}

/// What a term counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// Votes for a choice, or abstentions by their name.
    Choice(Id),
    /// Votes without abstentions.
    Votes,
    /// Votes and abstentions.
    Participating,
    /// Who may vote, fixed at opening.
    Electors,
    /// All seats of the panel, filled or not.
    Seats,
    /// Filled seats of the panel; the only one besides `Seats` that a `when` may count.
    Filled,
    /// The votes of the choice that has most, abstentions not being a choice.
    Leading,
    /// Votes that answer, instead of naming a choice. Only in a ballot with an answer.
    Answers,
    /// Votes for the answer of the ballot; 0 where there is none. Only in a ballot with an answer.
    Agreed,
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// A number.
    Number(u64),
    /// `2/3 of AMOUNT`, `80% of AMOUNT`, `1/1 of AMOUNT`. A share of nothing (an amount of 0) never
    /// holds, whatever the operator and the fraction.
    Share {
        /// Above the line; from 1 to 1,000,000.
        numerator: u64,
        /// Below the line; from 1 to 1,000,000.
        denominator: u64,
        /// Of what.
        of: Amount,
    },
    /// `2 times AMOUNT`, `AMOUNT` (once). No share, so that `met > not-met` holds when nobody votes
    /// against.
    Times {
        /// How many times; from 1 to 1,000,000.
        times: u64,
        /// What.
        of: Amount,
    },
    /// `lesser of A and B`.
    Lesser(Box<Bound>, Box<Bound>),
}

/// A right or term that the contract gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its name.
    pub name: Id,
    /// Its title in words.
    pub title: String,
    /// Who gives it.
    pub from: Option<Id>,
    /// Who has it.
    pub to: Option<Id>,
    /// What it covers, in words.
    pub scope: Option<String>,
    /// The clause of the contract.
    pub clause: Option<String>,
    /// Where the clause can be read.
    pub source: Option<String>,
    /// How the authors read the clause, and why.
    pub reading: Option<String>,
    /// Whether nothing is meant to move it.
    pub fixed: bool,
    /// What can be said of it: `status`, `exclusive`, … At least `status`.
    pub attributes: Vec<Attribute>,
}

/// Something that is said of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: Id,
    /// In order, forward only. The first has no `moves`; every other has.
    pub values: Vec<Value>,
}

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The value in words.
    pub is: String,
    /// What makes the attribute take it.
    pub moves: Option<Moves>,
    /// How the authors read the clause, and why.
    pub reading: Option<String>,
    /// Where it stands in the file, from 1.
    pub line: usize,
}

/// What makes an attribute take a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moves {
    /// The earliest of these.
    FirstOf(Vec<Cause>),
    /// The latest of these, once all have come.
    AllOf(Vec<Cause>),
}

/// What can move an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The first live occurrence of an event.
    Event(Id),
    /// An instant, itself included, with the offset in which the workflow wrote it.
    At(Instant, String),
}
