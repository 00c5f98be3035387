//! Suspension: while a case of one procedure runs, the clocks of cases of others stand still.
//!
//! A case is suspended from the act that opens the first case that suspends it until the last one of these has
//! ended: the union of them. Its clocks go on then with what was left. A deadline that includes the very instant at
//! which a suspension begins has not passed yet, since the act that begins it comes before; one that excludes it has.

use std::sync::Arc;

use crate::engine::case::{Case, DutyRun};
use crate::engine::clock::Moment;
use crate::engine::panel::Done;
use crate::engine::refusal::{all_of, alternatives};
use crate::engine::state::State;
use crate::engine::{Refusal, ballot::BallotRun};
use crate::statement::CaseRef;
use crate::values::{BusinessDays, Id, Instant, Length, Span, Standstill};
use crate::workflow::model::{Suspends, Trigger};

/// A time in which a case stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// From when: an act at this instant has begun it.
    pub from: Instant,
    /// Until when; `None` while it lasts.
    pub until: Option<Instant>,
}

impl Case {
    /// Since when it has been suspended, if it is.
    pub fn suspended(&self) -> Option<Instant> {
        self.stops.last().filter(|stop| stop.until.is_none()).map(|stop| stop.from)
    }

    /// How long its clocks have run from an instant until `now`, without the time in which it stood still.
    pub fn ran(&self, from: Instant, now: Instant) -> Span {
        ran(&self.stops, from, now)
    }

    /// The moment at which `length` has run since `from`, without the time in which the case stood still; `late`
    /// says whether what is done at its instant is still in time. `None` while its clocks stand still before that.
    pub fn moment_after(&self, from: Instant, length: &Length, late: bool) -> Option<Moment> {
        moment_after(&self.stops, &[], from, length, late)
    }

    /// The same for a time of its state, which acts may have put off before it had come.
    pub(super) fn moment_extended(&self, from: Instant, length: &Length, late: bool) -> Option<Moment> {
        moment_after(&self.stops, &self.extensions, from, length, late)
    }

    /// A duty is done; where its clock stands still, its time moves by as much as it has stood.
    pub(super) fn discharged(&mut self, duty: usize, done: Done) {
        let stopped = self.suspended();
        let stops = stood_still(&self.stops, done.at);
        let Some(duty) = Arc::make_mut(&mut self.duties).get_mut(duty) else { return };
        if let Some(stopped) = stopped.filter(|_| duty.stopped) {
            duty.go_on(stopped, done.at, &stops);
        }
        duty.done = Some(done);
    }

    /// Begins to stand still.
    fn stop(&mut self, at: Instant) {
        self.stops.push(Stop { from: at, until: None });
        let runs = |duty: &DutyRun| duty.done.is_none() && !duty.is_overdue(at);
        if self.duties.iter().any(runs) {
            Arc::make_mut(&mut self.duties)
                .iter_mut()
                .filter(|duty| runs(duty))
                .for_each(|it| it.stopped = true);
        }
    }

    /// Goes on: what was still to come comes so much later.
    pub(super) fn go_on(&mut self, at: Instant) {
        let Some(stop) = self.stops.last_mut().filter(|stop| stop.until.is_none()) else { return };
        stop.until = Some(at);
        let from = stop.from;
        let stops = stood_still(&self.stops, at);
        if self.duties.iter().any(|duty| duty.stopped) {
            let stopped = Arc::make_mut(&mut self.duties).iter_mut().filter(|duty| duty.stopped);
            stopped.for_each(|duty| duty.go_on(from, at, &stops));
        }
        for run in self.open_ballots_mut() {
            run.go_on(from, at, &stops);
        }
    }
}

fn ran(stops: &[Stop], from: Instant, now: Instant) -> Span {
    let until = |stop: &Stop| stop.until.map_or(now, |until| until.min(now));
    let stood = stops.iter().map(|stop| until(stop).since(stop.from.max(from)).seconds());
    Span::from_seconds(now.since(from).seconds().saturating_sub(stood.sum()))
}

fn moment_after(
    stops: &[Stop],
    extensions: &[(Instant, Span)],
    from: Instant,
    length: &Length,
    late: bool,
) -> Option<Moment> {
    let mut moment = Moment { at: length.end(from, late), late };
    let mut days = match length {
        Length::Time(_) => None,
        Length::Business(days) => Some(Counted { days, from, moment, stops: Vec::new() }),
    };
    let stops = stops.iter().filter(|stop| stop.until.is_none_or(|until| until > from));
    let stops = stops.map(|stop| (stop.from, Push::Stop(*stop)));
    let extensions = extensions.iter().filter(|(at, _)| *at >= from).map(|(at, by)| (*at, Push::By(*by)));
    let mut pushes: Vec<(Instant, Push)> = stops.chain(extensions).collect();
    // A stable order: of one instant the stop first, which leaves what an extension then puts off.
    pushes.sort_by_key(|(at, _)| *at);
    for (at, push) in pushes {
        if moment <= Moment::of(at) {
            break;
        }
        let by = match (push, &mut days) {
            (Push::By(by), _) => by,
            (Push::Stop(stop), Some(days)) if days.moment > Moment::of(at) => days.without(stop)?,
            (Push::Stop(stop), _) => stop.until?.since(stop.from.max(from)),
        };
        moment.at = moment.at.plus(by);
    }
    Some(moment)
}

/// What puts a moment off.
enum Push {
    /// The case stands still.
    Stop(Stop),
    /// An act puts it off by so much.
    By(Span),
}

/// Business days as they are counted: what extensions add comes after them, and runs as other times do.
struct Counted<'a> {
    days: &'a BusinessDays,
    from: Instant,
    /// When they have run.
    moment: Moment,
    /// The days on which the case stood still are none of them.
    stops: Vec<Standstill>,
}

impl Counted<'_> {
    /// Counts without the days of one more standstill, and says by how much later they have run; `None` while it
    /// lasts.
    fn without(&mut self, stop: Stop) -> Option<Span> {
        self.stops.push((stop.from, stop.until));
        let end = self.days.end(self.from, self.moment.late, &self.stops)?;
        let by = end.since(self.moment.at);
        self.moment.at = end;
        Some(by)
    }
}

/// The times in which a case stood still before it goes on at `at`.
fn stood_still(stops: &[Stop], at: Instant) -> Vec<Standstill> {
    stops.iter().map(|stop| (stop.from, Some(stop.until.unwrap_or(at)))).collect()
}

impl DutyRun {
    fn go_on(&mut self, stopped: Instant, at: Instant, stops: &[Standstill]) {
        self.stopped = false;
        self.due = match &self.within {
            Length::Time(_) => self.due.plus(at.since(stopped.max(self.arisen))),
            // It was not overdue when it stopped, so no day of a stop comes after it.
            Length::Business(days) => days.end(self.arisen, !self.excluded, stops).unwrap_or(Instant::MAX),
        };
    }
}

impl BallotRun {
    /// What was still to come comes so much later: the end of the window, easier rules, and what a rule that must
    /// last has still to last.
    fn go_on(&mut self, stopped: Instant, at: Instant, stops: &[Standstill]) {
        let stood = at.since(stopped.max(self.opened));
        self.stood = Span::from_seconds(self.stood.seconds().saturating_add(stood.seconds()));
        // Also where the window had ended and an outcome was being confirmed: it began to hold within the window.
        self.closes = self.closes.plus(self.later(stopped, stops).unwrap_or(stood));
        for since in self.held.values_mut() {
            *since = since.plus(at.since(stopped.max(*since)));
        }
    }

    /// By how much later the business days of the present phase have run, where it counts any and they had not run
    /// when the case stood still.
    fn later(&mut self, stopped: Instant, stops: &[Standstill]) -> Option<Span> {
        let late = !self.rules()?.excluded;
        let counted = Moment { at: self.counted, late };
        let Length::Business(days) = self.phase().filter(|_| counted > Moment::of(stopped))? else {
            return None;
        };
        let end = days.end(self.phase_began(), late, stops)?;
        self.counted = end;
        Some(end.since(counted.at))
    }

    /// How long the present phase is open by itself.
    fn phase(&self) -> Option<&Length> {
        let ballot = self.rules()?;
        match self.revealing() {
            None => Some(&ballot.open_for),
            Some(_) => ballot.sealed.as_ref().map(|sealed| &sealed.reveal_for),
        }
    }

    fn phase_began(&self) -> Instant {
        self.revealing().map_or(self.opened, |revealing| revealing.since)
    }
}

impl State {
    /// The running cases that suspend cases of a procedure, with what they allow meanwhile.
    pub fn suspending<'a>(&'a self, procedure: &'a Id) -> impl Iterator<Item = (&'a CaseRef, &'a Suspends)> {
        self.running.iter().filter_map(move |id| {
            let suspends = self.case(id)?.procedure()?.suspends.as_ref()?;
            suspends.procedures.contains(procedure).then_some((id, suspends))
        })
    }

    /// What an act does to clocks: notice is served, times are put off that had not come.
    pub(super) fn serve_and_extend(&mut self, id: &CaseRef, place: usize, done: Done) {
        let step = self.case(id).and_then(|case| case.rules()?.steps.get(place));
        let Some(Trigger::Do(doing)) = step.map(|step| &step.trigger) else { return };
        let (serves, extends) = (!doing.serves.is_empty(), doing.extends);
        self.with_case(id, |case| {
            if serves {
                case.served = Some(done.at);
            }
            let Some(by) = extends else { return };
            case.extensions.push((done.at, by));
            let stopped = case.suspended();
            for run in case.open_ballots_mut() {
                // Where an outcome is being confirmed, the window is over: it does not open again.
                if State::closing(run) > Moment::of(run.now(done.at, stopped)) {
                    run.closes = run.closes.plus(by);
                }
            }
        });
    }

    /// Lets every running case stand still or go on, after a case was opened or has ended.
    pub(super) fn stop_or_go_on(&mut self) {
        let at = self.moment.at;
        let turning = self.running.iter().filter(|id| {
            let suspended = self.case(id).is_some_and(|case| case.suspended().is_some());
            suspended != self.suspending(&id.procedure).next().is_some()
        });
        for id in turning.cloned().collect::<Vec<_>>() {
            self.with_case(&id, |case| match case.suspended() {
                Some(_) => case.go_on(at),
                None => case.stop(at),
            });
        }
    }

    /// Whether an act is possible in a procedure though a case of another suspends it.
    ///
    /// # Errors
    /// The refusal, which names the case that suspends it.
    pub(super) fn judge_suspended(&self, procedure: &Id, act: &Id, case: &CaseRef) -> Result<(), Refusal> {
        let suspending = || self.suspending(procedure);
        if suspending().all(|(_, suspends)| suspends.allow.contains(act)) {
            return Ok(());
        }
        Err(self.is_suspended(procedure, case, &format!("`{act}`")))
    }

    /// Whether votes are taken in a case.
    ///
    /// # Errors
    /// The refusal, where the case is suspended.
    pub(super) fn judge_window(&self, case: &Case) -> Result<(), Refusal> {
        match case.suspended() {
            Some(_) => Err(self.is_suspended(&case.id.procedure, &case.id, "a vote")),
            None => Ok(()),
        }
    }

    fn is_suspended(&self, procedure: &Id, case: &CaseRef, what: &str) -> Refusal {
        let by = all_of(self.suspending(procedure).map(|(id, _)| id));
        let why = format!("{what} is not taken in {case} while {by} suspends `{procedure}`");
        let allowed: Vec<&Id> = self.allowed(procedure);
        let instead = match allowed.as_slice() {
            [] => "wait until that has ended; `quorate status` says when".to_owned(),
            allowed => format!("wait until that has ended; possible meanwhile: {}", alternatives(allowed)),
        };
        Refusal::new("suspended", why, instead)
    }

    /// The acts that every case that suspends a procedure allows meanwhile.
    pub fn allowed<'a>(&'a self, procedure: &'a Id) -> Vec<&'a Id> {
        let mut suspending = self.suspending(procedure).map(|(_, suspends)| &suspends.allow);
        let Some(first) = suspending.next() else { return Vec::new() };
        let others: Vec<_> = suspending.collect();
        first.iter().filter(|act| others.iter().all(|allow| allow.contains(act))).collect()
    }
}

#[cfg(test)]
mod tests;
