//! Everything that a small panel and its parties can do, walked through: whether the invariants of a workflow hold.
//!
//! It drives the engine itself: every move is a statement judged by the one admission, unsigned, and every wait lets the
//! engine's own time pass; votes of which nothing tells before their ballot closes are put in where they could have been cast
//! (`blank`). What is walked: who may say what now ([`crate::engine::State::possible`]); each choice;
//! silence up to the last instant before and the first instant after everything that time brings; in every
//! order. States of which the futures are equal are one (`key`): clocks count from now, seats that no rule
//! can tell apart change places, and what is past and without effect is forgotten.
//!
//! What is not walked is said by [`Bounds`] and [`not_walked`]. It is no proof of a workflow,
//! and a counterexample is one: it is a scenario, which anybody can play with real signatures.

mod between;
mod blank;
mod branch;
mod cone;
mod holds;
mod hope;
mod key;
mod marks;
mod mixer;
mod scenes;
mod search;
mod seating;
mod settled;
mod story;
mod times;
mod told;
mod tree;
mod view;
mod ways;

pub use search::{explore, explore_until};

use crate::engine::Refusal;
use crate::scenario::Scenario;
use crate::workflow::{Diagnostics, Workflow, model};

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many different states to look at, at most, in all walks together.
    pub states: usize,
    /// How many cases of each procedure are opened in one behaviour, at most.
    pub cases: u32,
    /// How often each act is done in one case, at most, of those that may be done several times.
    pub repeats: u32,
    /// How often panelists leave (step down from a seat, or stay out of a case) in one behaviour, at most.
    pub leaving: u8,
    /// How many of the states that are still to be gone on from are kept whole, at most, in all walks together: to the
    /// others a walk comes again from the opening. It bounds memory, and changes nothing of what is found. Few are
    /// quicker (`docs/performance.md`).
    pub kept: usize,
    /// Whether what nothing can tell apart is walked once: seats that are alike, votes before they count, acts that move
    /// nothing, events of which nothing depends, who may nominate where all act. Without it all of that is walked, which
    /// finds the same and takes longer: so that this can be tried.
    pub reduced: bool,
    /// Whether people also act between the edges of deadlines: when a time of the file that begins then ends at one of
    /// them. Not all orders are seen even so, as times that follow one another can end there too.
    pub between: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            states: 1_000_000,
            cases: 1,
            repeats: 2,
            leaving: 1,
            kept: 4_000,
            reduced: true,
            between: false,
        }
    }
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Report {
    /// One for each invariant, in the order of the file.
    pub verdicts: Vec<Verdict>,
    /// How many different states were seen.
    pub states: usize,
    /// How often a move or a wait led to a state, new or seen before.
    pub visits: u64,
    /// How far it went.
    pub bounds: Bounds,
    /// Whether the number of states ended it, or somebody stopped it, before everything within the other bounds was seen.
    pub cut_short: bool,
    /// Whether acts between the edges of deadlines may show what those at the edges do not: somewhere an act begins a time
    /// while another goes on, and which of them ends first hangs on when it is done.
    pub between: bool,
    /// Whether everything within the other bounds was seen, or all that could be learnt from it: never where something may show
    /// more that is not walked ([`Verdict::KeptAsWalked`]).
    pub complete: bool,
}

/// Whether an invariant holds.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// In everything within the bounds; what `reaches` says is reached.
    Kept,
    /// Nothing within the bounds breaks it, and something that is not walked may: another day on which the agreement is
    /// opened, acts between the edges of deadlines, panelists of one house, one person in two seats.
    KeptAsWalked,
    /// Nothing that was seen breaks it and the number of states ended the walk; or nothing reaches what `reaches` says, and
    /// not all that may was seen.
    Undecided,
    /// No behaviour within the bounds reaches what `reaches` says.
    Unreached,
    /// Not: the shortest behaviour that shows it, as a scenario whose last step expects what must not be.
    Broken(Box<Scenario>),
}

/// How far an exploration has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Different states so far.
    pub states: usize,
    /// Moves and waits so far.
    pub visits: u64,
    /// How many moves and waits from the opening.
    pub depth: u32,
}

/// Why nothing could be explored.
#[derive(Debug, thiserror::Error)]
pub enum ExploreError {
    /// The workflow does not pass.
    #[error("the workflow does not pass: {0}")]
    Workflow(Diagnostics),
    /// The workflow has no invariant.
    #[error(
        "the workflow has no [[invariant]]: say what must be so whatever anybody does, such as \
         never = \"…\", or ends = \"PROCEDURE\""
    )]
    NoInvariant,
    /// An agreement under it cannot be opened.
    #[error("an agreement under this workflow cannot be opened: {0}")]
    Opening(Refusal),
    /// The counterexample cannot be told: a defect of `explore`.
    #[error("the counterexample cannot be told as a scenario: {0}")]
    Story(Diagnostics),
}

impl Report {
    /// Whether every invariant holds in everything within the bounds.
    pub fn passes(&self) -> bool {
        self.verdicts.iter().all(|verdict| matches!(verdict, Verdict::Kept | Verdict::KeptAsWalked))
    }

    /// Whether some invariant does not hold, whatever has not been seen.
    pub fn fails(&self) -> bool {
        self.verdicts.iter().any(|verdict| matches!(verdict, Verdict::Broken(_) | Verdict::Unreached))
    }
}

/// What anybody could do under a workflow and is not walked, in words; `between` as the report says it.
pub fn not_walked(workflow: &Workflow, between: bool) -> Vec<&'static str> {
    let calendar = workflow.calendar.is_some();
    let doings = || workflow.procedures.iter().flat_map(|it| &it.states).flat_map(model::State::doings);
    let mut duties = workflow.procedures.iter().flat_map(|it| it.duties().map(move |duty| (it, duty)));
    let telling = duties.any(|(procedure, duty)| told::owing(workflow, procedure, duty));
    let said = [
        (true, "amendments"),
        (
            calendar,
            "openings on other days of the calendar, from which business days take longer or shorter: before a weekend, \
             before holidays, at another hour",
        ),
        (
            !calendar && between,
            "acts in the midst of a deadline's run: where an act begins a time, that time may then end between the edges of \
             another, which no act at an edge shows",
        ),
        (calendar, "acts in the midst of a deadline's run, also on other days of the calendar"),
        (
            search::opened_on_one_day(workflow),
            "openings of the agreement nearer to the dates of the file, from which what counts from the opening comes before or \
             after them",
        ),
        (search::houses(workflow), "panelists of one affiliation, whose identical votes count as one"),
        (
            search::persons(workflow),
            "one person in two seats, who is left out of a vote about either in both",
        ),
        (!telling, "duties, reaffirmations and rotated keys, which move nothing"),
        (telling, "reaffirmations, rotated keys, and duties of which nothing comes, which move nothing"),
        (
            !view::idle(workflow, &|_| true).is_empty(),
            "acts that go nowhere and tell nothing, and file what is neither struck nor heeded by an open ballot: they move \
             nothing either",
        ),
        (!workflow.panels.is_empty(), "nominees who do not accept, as nobody fills their seat"),
        (
            workflow.procedures.iter().any(|procedure| procedure.about.is_some()),
            "cases about a seat of a case that has ended",
        ),
        (
            doings().any(|doing| !doing.strikes.is_empty()),
            "that more than two documents of one name are on file, which count as two",
        ),
        (
            workflow.ballots.iter().any(|ballot| ballot.answer.is_some()),
            "other answers than some that stand for all: the least, the greatest, one between; of texts two",
        ),
    ];
    said.into_iter().filter_map(|(applies, words)| applies.then_some(words)).collect()
}
