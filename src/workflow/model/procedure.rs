//! Events, and the state machines that emit them.

use serde::Serialize;

use super::Condition;
use crate::values::{Id, Instant, Length, Span};

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
    pub again_after: Option<Length>,
    /// How many cases there may be in all.
    pub at_most: Option<u32>,
    /// What stands still while a case of it runs.
    pub suspends: Option<Suspends>,
    /// Who signs the report of a case (`report`), where it says so.
    pub report: Option<ReportSigner>,
    /// The state in which a case begins.
    pub start: Id,
    /// The states, the first being not necessarily the start.
    pub states: Vec<State>,
}

/// `report = { signed-by = "chair" }`: whose signature makes the report of a case the panel's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportSigner {
    /// `chair`.
    Chair,
    /// `majority`: more than half of the panel's filled seats.
    Majority,
}

impl ReportSigner {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Chair => "chair",
            Self::Majority => "majority",
        }
    }

    /// As people say it.
    pub const fn plainly(self) -> &'static str {
        match self {
            Self::Chair => "the chair",
            Self::Majority => "a majority of the panel's filled seats",
        }
    }
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
    /// The earliest time for it, from the same origin: before that has come, no case is opened.
    pub not_before: Option<Delay>,
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
    /// `obliges = "abstain"`: the seat that the act names does not vote in this case, whoever sits there.
    Obliges,
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
    pub length: Length,
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
    /// `agreement opened`: the opening of the agreement, by whatever workflow it is amended later.
    Agreement,
    /// The filling of the seat that the case is about; of an opening act only.
    Filled,
    /// The latest live occurrence of an event in the case itself; where there is none, the latest of a
    /// case of another procedure. The clock is not armed before there is one.
    Event(Id),
}

impl Origin {
    /// How [`Origin::Agreement`] is written. No event can be called so.
    pub const AGREEMENT: &'static str = "agreement opened";
}

/// Who may act.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actors {
    /// `by`: any one of these alone.
    AnyOf(Vec<Actor>),
    /// `by-all`: all of these jointly.
    AllOf(Vec<Actor>),
}

impl Actors {
    /// Everybody who is named, as listed.
    pub fn named(&self) -> &[Actor] {
        let (Self::AnyOf(actors) | Self::AllOf(actors)) = self;
        actors
    }
}

/// One who may act.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// A party or role, with the signatures that it needs.
    Office(Id),
    /// A seat of the procedure's panel.
    Seat(Id),
    /// Whoever chairs the procedure's panel.
    Chair,
    /// Any filled seat of the procedure's panel, but not the one that the case is about.
    Panelist,
    /// Whoever the case is about, while they have the seat.
    Subject,
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
    pub within: Length,
    /// Whether it is overdue at the very instant (`deadline = "excluded"`), or only after it.
    pub excluded: bool,
    /// The events that doing it emits, be it late.
    pub emits: Vec<Id>,
    /// The events that come where it has not been done in time.
    pub if_late: Vec<Id>,
    /// Where it stands in the file, from 1.
    pub line: usize,
}

impl Duty {
    /// Every event that can come of it.
    pub fn events(&self) -> impl Iterator<Item = &Id> {
        self.emits.iter().chain(&self.if_late)
    }

    /// Whether this event can come of it.
    pub fn may_bring(&self, event: &Id) -> bool {
        self.events().any(|its| its == event)
    }
}
