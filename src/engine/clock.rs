//! How time passes: what is due next, and letting it happen.
//!
//! A deadline that includes its instant is passed only after everything that is done at that very
//! instant, so every instant has two moments: its acts, and what is late. An `at`, and a deadline that
//! excludes its instant, come before the acts.

use std::sync::Arc;

use crate::engine::ballot::BallotRun;
use crate::engine::case::{Case, DutyRun};
use crate::engine::count::Table;
use crate::engine::event::{Occurrence, Why};
use crate::engine::state::State;
use crate::statement::{BallotRef, CaseRef};
use crate::values::{Instant, Span};
use crate::workflow::model::{Condition, Delay, MOST_BY_ITSELF, Origin, Step, Trigger};

/// A place in time: an instant, before or after what is done at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The instant.
    pub at: Instant,
    /// Whether everything done at the instant is already past.
    pub late: bool,
}

impl Moment {
    /// The moment of acts at an instant.
    pub fn of(at: Instant) -> Self {
        Self { at, late: false }
    }
}

/// Something that happens by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// When.
    pub moment: Moment,
    /// In which case.
    pub case: CaseRef,
    /// A step of the current state by its place in the list; otherwise the open ballot closes, its window ends, a rule
    /// of it eases, or a duty has not been done in time.
    pub step: Option<usize>,
}

/// What happens in a case by itself.
enum Thing {
    /// A rule of a ballot of it eases so long after the opening.
    Ease(BallotRef, Span),
    /// The closing of a ballot of it is put off, since there is no quorum.
    PutOff(BallotRef),
    /// A ballot of it closes.
    Close(BallotRef),
    /// The duty at this place has not been done in time.
    Lapse(usize),
    /// It takes the step at this place of its state.
    Step(usize),
}

impl State {
    /// What happens next if nobody does anything: the earliest moment; among equals the cases by procedure
    /// and number, there a ballot's closing first, then steps as they are listed.
    pub fn next_due(&self) -> Option<&Due> {
        self.due.get_or_init(|| self.find_due()).as_ref()
    }

    fn find_due(&self) -> Option<Due> {
        let mut next: Option<(Moment, &CaseRef, Option<usize>)> = None;
        for id in self.awake() {
            let Some(case) = self.case(id) else { continue };
            self.dues(case, &mut |moment, step| {
                if next.is_none_or(|(earliest, ..)| moment < earliest) {
                    next = Some((moment, id, step));
                }
            });
        }
        next.map(|(moment, case, step)| Due { moment, case: case.clone(), step })
    }

    /// Lets time pass up to a moment, firing what is due in order.
    pub(super) fn pass(&mut self, until: Moment) {
        // Every round takes at least one step or closes a ballot, and nobody acts meanwhile: a workflow that
        // `check` passes never comes to this bound (`workflow/check/alone.rs`), which keeps the engine total
        // for any other. Were it reached, the state would hang on whether an entry came in between.
        for _ in 0..self.most_by_itself() {
            let due = self.next_due().map(|due| due.moment);
            let Some(due) = due.filter(|due| *due <= until) else { break };
            self.moment = self.moment.max(due);
            self.settle(None);
        }
        self.moment = self.moment.max(until);
        self.due.take();
    }

    /// [`MOST_BY_ITSELF`] for the cases of each workflow that was in force, and what is still owed.
    pub(super) fn most_by_itself(&self) -> u64 {
        let most = MOST_BY_ITSELF.saturating_mul(u64::try_from(self.workflows.len()).unwrap_or(1));
        let owing = self.owing.iter().filter_map(|id| self.case(id)).flat_map(|case| case.duties.iter());
        let owed = owing.filter(|duty| duty.may_lapse()).count();
        most.saturating_add(u64::try_from(owed).unwrap_or(u64::MAX))
    }

    /// The cases in which something can happen by itself, in order.
    pub(super) fn awake(&self) -> impl Iterator<Item = &CaseRef> {
        self.running.union(&self.owing)
    }

    /// When the steps of a case's state that wait for time can be taken, and when its ballot closes.
    fn dues(&self, case: &Case, see: &mut dyn FnMut(Moment, Option<usize>)) {
        case.duties.iter().filter_map(DutyRun::lapses).for_each(|moment| see(moment, None));
        if case.ended.is_some() {
            return;
        }
        let suspended = case.suspended().is_some();
        for run in case.open_ballots().filter(|_| !suspended) {
            see(self.ballot_due(run), None);
        }
        let steps = case.rules().map_or(&[][..], |state| &state.steps);
        for (place, step) in steps.iter().enumerate() {
            if exhausted(case, place, step) || suspended && !moves_suspended(step) {
                continue;
            }
            if let Some(moment) = self.timer(case, step) {
                see(moment, Some(place));
            }
        }
    }

    /// When a step that waits for time can be taken; `None` for other steps, and before its clock starts.
    pub(super) fn timer(&self, case: &Case, step: &Step) -> Option<Moment> {
        let moment = match &step.trigger {
            Trigger::At(at) => Moment::of(*at),
            Trigger::After(delay) => self.deadline(case, delay)?,
            Trigger::Do(_) | Trigger::When(_) | Trigger::Outcome(_) | Trigger::On(_) => return None,
        };
        // A time that had come before the state was entered is due on entering.
        Some(moment.max(Moment::of(case.entered)))
    }

    /// The moment from which a delay has run out; `None` before its clock starts, and while it stands still.
    pub(super) fn deadline(&self, case: &Case, delay: &Delay) -> Option<Moment> {
        case.moment_extended(self.origin(case, delay)?, &delay.length, !delay.excluded)
    }

    /// The instant from which an act is early enough, itself included; `None` as in [`State::deadline`].
    pub(super) fn earliest(&self, case: &Case, delay: &Delay) -> Option<Instant> {
        case.moment_after(self.origin(case, delay)?, &delay.length, false).map(|moment| moment.at)
    }

    /// The instant from which a delay counts.
    fn origin(&self, case: &Case, delay: &Delay) -> Option<Instant> {
        Some(match &delay.of {
            Origin::Entered => case.entered,
            Origin::Opened => case.opened.at,
            Origin::Served => case.served?,
            Origin::Agreement => self.opened,
            // Of opening acts only, which `State::opening_ends` answers.
            Origin::Filled => return None,
            Origin::Event(event) => self.events.reaching(event, &case.id)?.at,
        })
    }

    /// Closes every ballot whose time has come or that may close early, and takes every step that applies
    /// now without anybody acting, until there is none: case by case, a ballot's closing and what was not done in time before the steps,
    /// so that what comes at one moment in two cases goes in each as it would go there alone. `entry` is
    /// the entry under whose admission this happens.
    pub(super) fn settle(&mut self, entry: Option<u64>) {
        // The bound is only for workflows that `check` would refuse, as in `pass`. The round after the last
        // step finds that there is none.
        for _ in 0..=self.most_by_itself() {
            let next = self.awake().find_map(|id| self.next_thing(id).map(|thing| (id.clone(), thing)));
            match next {
                None => break,
                Some((_, Thing::Ease(ballot, after))) => self.ease_ballot(&ballot, after),
                Some((_, Thing::PutOff(ballot))) => self.with_ballot(&ballot, BallotRun::wait_for_quorum),
                Some((_, Thing::Close(ballot))) => self.close_ballot(&ballot, entry),
                Some((id, Thing::Lapse(place))) => self.lapse(&id, place),
                Some((id, Thing::Step(place))) => {
                    let why = self.why(&id, place, entry);
                    self.take_step(&id, place, why);
                }
            }
        }
        self.due.take();
    }

    /// What happens now in a case without anybody acting.
    fn next_thing(&self, id: &CaseRef) -> Option<Thing> {
        let case = self.case(id)?;
        for run in case.open_ballots().filter(|_| case.suspended().is_none()) {
            let ease = run.rules().and_then(|ballot| run.next_ease(ballot));
            if let Some((after, _)) = ease.filter(|(_, at)| Moment::of(*at) <= self.moment) {
                return Some(Thing::Ease(run.id.clone(), after));
            }
            // Later it is over, though an outcome may still be being confirmed: it does not open again.
            let over = Self::closing(run) == self.moment;
            if over && run.rules().is_some_and(|ballot| run.short_of_quorum(ballot).is_some()) {
                return Some(Thing::PutOff(run.id.clone()));
            }
            if self.closes_now(run) {
                return Some(Thing::Close(run.id.clone()));
            }
        }
        let late = |duty: &DutyRun| duty.lapses().is_some_and(|moment| moment <= self.moment);
        if let Some(place) = case.duties.iter().position(late) {
            return Some(Thing::Lapse(place));
        }
        if case.ended.is_some() {
            return None;
        }
        self.applicable(case).map(Thing::Step)
    }

    /// When something happens next to an open ballot: a rule of it eases, its window ends, an outcome has been
    /// confirmed.
    fn ballot_due(&self, run: &BallotRun) -> Moment {
        let closing = Self::closing(run);
        let Some(ballot) = run.rules() else { return closing };
        let ease = run.next_ease(ballot).map(|(_, at)| Moment::of(at));
        let confirmed = run.confirming(ballot, self.moment);
        let confirmed = confirmed.map(|at| Moment { at, late: !ballot.excluded });
        let window = Some(closing).filter(|closing| self.moment < *closing);
        [ease, confirmed, window].into_iter().flatten().min().unwrap_or(closing)
    }

    /// When a ballot's window ends at its time.
    pub(super) fn closing(run: &BallotRun) -> Moment {
        let late = run.rules().is_none_or(|ballot| !ballot.excluded);
        Moment { at: run.closes, late }
    }

    /// The first listed step of the case's state that applies now by itself.
    fn applicable(&self, case: &Case) -> Option<usize> {
        let steps = &case.rules()?.steps;
        let outcome = case
            .ballots
            .last()
            .and_then(|run| run.closed.as_ref())
            .and_then(|closing| closing.outcome.as_ref());
        let suspended = case.suspended().is_some();
        let answerable = self.answerable(case).map(|(_, occurrence)| &occurrence.event);
        steps.iter().enumerate().position(|(place, step)| {
            !exhausted(case, place, step)
                && (!suspended || moves_suspended(step))
                && match &step.trigger {
                    Trigger::Do(_) => false,
                    Trigger::When(condition) => self.condition(case, condition) == Some(true),
                    Trigger::After(_) | Trigger::At(_) => {
                        self.timer(case, step).is_some_and(|moment| moment <= self.moment)
                    }
                    // A state without a ballot of its own has no outcome steps, so this is this state's.
                    Trigger::Outcome(names) => outcome.is_some_and(|outcome| names.contains(outcome)),
                    Trigger::On(events) => answerable.is_some_and(|event| events.contains(event)),
                }
        })
    }

    /// The earliest event of another case that a step of this case's state answers, and its number: emitted
    /// since the state was entered, not answered yet, and still counting.
    pub(super) fn answerable(&self, case: &Case) -> Option<(usize, &Occurrence)> {
        let waiting = case
            .listening()
            .filter_map(|step| if let Trigger::On(events) = &step.trigger { Some(events) } else { None });
        let number =
            waiting.flatten().filter_map(|event| self.events.first_of_others(event, case.heard, &case.id));
        let number = number.min()?;
        Some((number, self.events.get(number)?))
    }

    /// Whether a condition holds now for a case; `None` where that hangs on a ballot that has not closed.
    fn condition(&self, case: &Case, condition: &Condition) -> Option<bool> {
        let panel = || self.panel_of(case);
        condition.comes_to(&mut |part| match part {
            Condition::EverySeatFilled => Some(panel().is_some_and(|(panel, seats)| {
                panel.seats.iter().all(|seat| seats.filled(panel, &seat.name).is_some())
            })),
            Condition::Seats(rule) => Some(panel().is_some_and(|(panel, seats)| {
                Table { seats: Arc::new(seats.marks(panel)), ..Default::default() }.holds(rule)
            })),
            Condition::Outcome { ballot, outcome } => case.outcome_of(ballot).map(|found| found == outcome),
            Condition::Event(event) => Some(self.events.reaching(event, &case.id).is_some()),
            Condition::SubjectSeated => Some(self.subject_seated(case)),
            Condition::Not(_) | Condition::All(_) | Condition::Any(_) => None,
        })
    }

    fn why(&self, id: &CaseRef, place: usize, entry: Option<u64>) -> Why {
        let unknown = Why { entry, ballot: None, words: String::new(), line: 0 };
        let Some(case) = self.case(id) else { return unknown };
        let Some(step) = case.rules().and_then(|state| state.steps.get(place)) else { return unknown };
        let run = case.ballots.last();
        match &step.trigger {
            Trigger::Outcome(_) => {
                let closing = run.and_then(|run| run.closed.as_ref());
                let outcome = closing.and_then(|closing| closing.outcome.as_ref());
                Why {
                    // The ballot was closed by this entry, or by time alone.
                    entry: closing.and_then(|closing| closing.entry),
                    ballot: run.map(|run| run.id.clone()),
                    words: format!("outcome {}", outcome.map_or("", |outcome| outcome.as_str())),
                    line: step.line,
                }
            }
            Trigger::On(_) => {
                let from = self.answerable(case).map(|(_, occurrence)| occurrence);
                Why {
                    entry,
                    ballot: None,
                    words: from.map_or(String::new(), |it| format!("on {} of {}", it.event, it.case)),
                    line: step.line,
                }
            }
            trigger => Why {
                entry: if matches!(trigger, Trigger::When(_)) { entry } else { None },
                ballot: None,
                words: trigger.words(),
                line: step.line,
            },
        }
    }
}

/// Whether a step can be taken by itself while its case is suspended: instants do not move, and other cases go on.
fn moves_suspended(step: &Step) -> bool {
    matches!(step.trigger, Trigger::At(_) | Trigger::On(_))
}

/// Whether a step cannot be taken again: its bound is reached, or it stays in its state and has fired.
pub(super) fn exhausted(case: &Case, place: usize, step: &Step) -> bool {
    case.spent.contains(&place) || step.at_most.is_some_and(|most| case.times_taken(place) >= most)
}
