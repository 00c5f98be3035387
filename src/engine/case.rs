//! A case: one run of a procedure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::engine::ballot::BallotRun;
use crate::engine::clock::{Moment, exhausted};
use crate::engine::event::Why;
use crate::engine::filings::Filings;
use crate::engine::panel::{Done, Seats};
use crate::engine::suspension::Stop;
use crate::statement::{BallotRef, CaseRef, HolderRef, PublicKey};
use crate::values::{Digest, Id, Instant, Length, Span};
use crate::workflow::Workflow;
use crate::workflow::model::{Actors, Duty, Procedure, State, Step, Trigger};

/// One run of a procedure. What seldom changes is shared between states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its name.
    pub id: CaseRef,
    /// The workflow under which it runs.
    pub workflow: Arc<Workflow>,
    /// The act that opened it.
    pub opened: Done,
    /// The state it is in.
    pub state: Id,
    /// When it entered that state.
    pub entered: Instant,
    /// When it ended, if it has.
    pub ended: Option<Instant>,
    /// Its own panel, where the panel is formed per case.
    pub seats: Option<Seats>,
    /// Whose seat it is about, where its procedure is about one.
    pub subject: Option<Subject>,
    /// Who stays out of it, by seat.
    pub recused: BTreeMap<Id, Recusal>,
    /// Which seats are obliged to abstain in it, whoever sits there.
    pub obliged: BTreeMap<Id, Obligation>,
    /// Who was chosen last to chair it.
    pub chosen: Option<Chosen>,
    /// The ballots opened so far; only those of its present state can be open.
    pub ballots: Vec<Arc<BallotRun>>,
    /// How many of them were opened before it entered its state.
    pub asked: usize,
    /// The duties that arose.
    pub duties: Arc<Vec<DutyRun>>,
    /// The documents filed, in order.
    pub filed: Arc<Filings>,
    /// How it got here.
    pub path: Arc<Vec<Arc<Move>>>,
    /// How often each step was taken, by state and place in the list.
    pub taken: Arc<BTreeMap<(Id, usize), u32>>,
    /// Steps without `to` that have been set off since entering; they do so once.
    pub spent: BTreeSet<usize>,
    /// How many of the agreement's events its steps with `on` no longer wait for: those emitted before it
    /// entered its state, and those that one of them has answered.
    pub heard: usize,
    /// The times in which it stands still because others suspend it, in order; none overlaps another.
    pub stops: Vec<Stop>,
    /// What acts have put its state's times off by since it entered the state, and when, in order.
    pub extensions: Vec<(Instant, Span)>,
    /// When notice was served last.
    pub served: Option<Instant>,
}

/// Why whoever the case is about is no elector. A part of ballot papers: it never changes.
pub const ABOUT_THEM: &str = "the case is about this seat";

/// Whoever a case is about: who sat there when it was opened, and nobody who comes after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The seat.
    pub seat: HolderRef,
    /// The person, in words.
    pub person: String,
    /// The key that speaks for the person, the newest while they had the seat.
    pub key: PublicKey,
    /// The entry of the nomination with which the person came.
    pub nominated: u64,
}

/// Whoever the electors have chosen to chair a case: who sat there then, and nobody who comes after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The seat.
    pub seat: Id,
    /// The entry of the nomination with which the person came.
    pub nominated: u64,
    /// The ballot that chose.
    pub ballot: BallotRef,
}

/// A recusal from one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recusal {
    /// When, and by which entry.
    pub done: Done,
    /// The reason, in words.
    pub reason: String,
}

/// What obliges a seat to abstain in one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obligation {
    /// When, and by which entry.
    pub done: Done,
    /// The act, in words: `name-party by secretariat`.
    pub by: String,
}

impl Obligation {
    /// `obliged to abstain: name-party by secretariat`. A part of ballot papers: it never changes.
    pub fn words(&self) -> String {
        format!("obliged to abstain: {}", self.by)
    }
}

/// A document filed with an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// The name under which the workflow asks for it.
    pub name: Id,
    /// The digest of its blob.
    pub digest: Digest,
    /// In whose name.
    pub by: String,
    /// The entry and its time.
    pub done: Done,
    /// When, and by which entry it was struck: it is no part of the question any more, and its blob is erased.
    pub struck: Option<Done>,
}

impl Filed {
    /// Whether it is evidence for whoever knows the first `size` entries: filed by then and not struck by then.
    pub fn counts_at(&self, size: u64) -> bool {
        self.done.entry < size && self.struck.is_none_or(|struck| struck.entry >= size)
    }
}

/// A duty of this case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyRun {
    /// The act that discharges it.
    pub act: Id,
    /// Who owes it.
    pub by: Actors,
    /// The documents it must carry.
    pub attach: Vec<Id>,
    /// When it arose.
    pub arisen: Instant,
    /// By when. Later it is overdue, never void. While its case is suspended, what it was before.
    pub due: Instant,
    /// How long it may take.
    pub within: Length,
    /// Whether its clock stands still.
    pub stopped: bool,
    /// Whether it is overdue at that very instant.
    pub excluded: bool,
    /// When and by which entry it was done.
    pub done: Option<Done>,
    /// The events that doing it emits.
    pub emits: Vec<Id>,
    /// The events that come where it has not been done in time; none any more once they have come.
    pub if_late: Vec<Id>,
    /// Whether something can come of the documents that it carries: a step strikes them, or a ballot heeds them.
    pub heeded: bool,
    /// Its line in the workflow.
    pub line: usize,
}

/// A change of state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// When.
    pub at: Instant,
    /// To which state.
    pub to: Id,
    /// By what.
    pub why: Why,
}

impl DutyRun {
    pub(super) fn new(duty: &Duty, entered: Instant, stopped: bool, heeded: bool) -> Self {
        Self {
            act: duty.act.clone(),
            by: duty.by.clone(),
            attach: duty.attach.clone(),
            arisen: entered,
            due: duty.within.end(entered, !duty.excluded),
            within: duty.within.clone(),
            stopped,
            excluded: duty.excluded,
            done: None,
            emits: duty.emits.clone(),
            if_late: duty.if_late.clone(),
            heeded,
            line: duty.line,
        }
    }

    /// Whether anything can still come of it.
    pub fn tells(&self) -> bool {
        self.done.is_none() && (self.heeded || !(self.emits.is_empty() && self.if_late.is_empty()))
    }

    /// Whether something still comes of it if it is not done.
    pub fn may_lapse(&self) -> bool {
        self.done.is_none() && !self.if_late.is_empty()
    }

    /// When something comes of its not having been done; `None` where nothing does, and while its clock stands still.
    pub fn lapses(&self) -> Option<Moment> {
        (self.may_lapse() && !self.stopped).then_some(Moment { at: self.due, late: !self.excluded })
    }

    /// Whether it should have been done by `at` and was not.
    pub fn is_overdue(&self, at: Instant) -> bool {
        self.done.is_none() && !self.stopped && (at > self.due || self.excluded && at == self.due)
    }
}

impl Case {
    /// The procedure of which it is a run.
    pub fn procedure(&self) -> Option<&Procedure> {
        self.workflow.procedure(&self.id.procedure)
    }

    /// The workflow's definition of the state it is in.
    pub fn rules(&self) -> Option<&State> {
        self.procedure()?.state(&self.state)
    }

    /// The ballots that are open now, of its present state.
    pub fn open_ballots(&self) -> impl Iterator<Item = &BallotRun> {
        self.ballots.iter().skip(self.asked).map(|run| &**run).filter(|run| run.closed.is_none())
    }

    pub(super) fn open_ballots_mut(&mut self) -> impl Iterator<Item = &mut BallotRun> {
        let open = self.ballots.iter_mut().skip(self.asked).filter(|run| run.closed.is_none());
        open.map(Arc::make_mut)
    }

    pub(super) fn open_ballot_mut(&mut self, id: &BallotRef) -> Option<&mut BallotRun> {
        let open = self.ballots.iter_mut().skip(self.asked).filter(|run| run.closed.is_none());
        open.into_iter().find(|run| run.id == *id).map(Arc::make_mut)
    }

    /// What one of its present state's ballots has come to.
    pub(super) fn outcome_of(&self, ballot: &Id) -> Option<&Id> {
        let run = self.ballots.iter().skip(self.asked).find(|run| run.id.ballot == *ballot)?;
        run.closed.as_ref()?.outcome.as_ref()
    }

    /// Whether everything that the case asks of anybody is over: it has ended and no duty is open.
    pub fn at_rest(&self) -> bool {
        self.ended.is_some() && self.duties.iter().all(|duty| duty.done.is_some())
    }

    /// The steps of its state that wait for other cases and can still be taken.
    pub fn listening(&self) -> impl Iterator<Item = &Step> {
        let steps = self.rules().map_or(&[][..], |state| &state.steps);
        let waits = |(place, step): &(usize, &Step)| {
            matches!(step.trigger, Trigger::On(_)) && !exhausted(self, *place, step)
        };
        steps.iter().enumerate().filter(waits).map(|(_, step)| step)
    }

    /// How often the step at this place of the current state's list was taken.
    pub fn times_taken(&self, place: usize) -> u32 {
        self.taken.get(&(self.state.clone(), place)).copied().unwrap_or(0)
    }
}
