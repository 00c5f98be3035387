//! What lies ahead: who has still to act, what is overdue, and what happens when if nobody does.

use std::collections::VecDeque;

use crate::engine::ballot::BallotRun;
use crate::engine::case::Case;
use crate::engine::clock::Moment;
use crate::engine::state::{Seating, State};
use crate::statement::{CaseRef, HolderRef};
use crate::values::{Id, Instant};
use crate::workflow::model::{Actors, Filling, NewEvidence, Trigger};

/// Something that somebody can or must do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The case.
    pub case: CaseRef,
    /// Who: a party, role or seat, in words.
    pub who: String,
    /// What, in words: `vote on verification#1/finding#1`, `nominate for verification#1/i1`.
    pub what: String,
    /// Whether it is owed, awaited, or merely possible.
    pub kind: Kind,
    /// Until when, if that ends.
    pub until: Option<Instant>,
}

/// How pressing a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A duty whose time has passed.
    Overdue,
    /// A duty.
    Owed,
    /// The case waits for it.
    Awaited,
    /// A step that somebody may take.
    Possible,
}

/// What happens by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coming {
    /// When.
    pub at: Instant,
    /// In which case.
    pub case: CaseRef,
    /// What, in words: `the ballot closes: no-quorum`, `forming → closed (undecided)`.
    pub what: String,
}

/// What happens, in order, if nobody does anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ahead {
    /// What comes first.
    pub coming: Vec<Coming>,
    /// Whether more comes than that.
    pub more: bool,
}

/// How much of what comes is listed: one who reads it looks at what is next.
const MOST_LISTED: usize = 64;

impl State {
    /// What everybody can or must do now, in running cases and in ended ones with open duties. This
    /// state must be the one at `at`.
    pub fn tasks(&self, at: Instant) -> Vec<Task> {
        let mut tasks = Vec::new();
        // An ended case may still have steps, such as a court's setting its finding aside.
        for case in self.cases.values() {
            self.duty_tasks(case, at, &mut tasks);
            if case.ended.is_none() {
                self.seat_tasks(case, at, &mut tasks);
                self.vote_tasks(case, &mut tasks);
            }
            self.step_tasks(case, at, &mut tasks);
        }
        tasks
    }

    fn seat_tasks(&self, case: &Case, at: Instant, tasks: &mut Vec<Task>) {
        let Some((panel, seats)) = self.panel_of(case) else { return };
        // The seats are told of by the case to which they belong.
        if self.body_of(case).is_some_and(|body| body.id != case.id && body.ended.is_none()) {
            return;
        }
        for seat in &panel.seats {
            let name = self.seat_name(case, &seat.name);
            let Some(seating) = self.seat(&name) else { continue };
            if seats.filled(panel, &seat.name).is_some() {
                continue;
            }
            for (who, what) in self.missing_for(&name, &seating, at) {
                let passing = seating.passing().filter(|passing| *passing > Moment::of(at));
                let until = passing.map(|passing| passing.at);
                tasks.push(Task { case: case.id.clone(), who, what, kind: Kind::Awaited, until });
            }
        }
    }

    fn missing_for(&self, name: &HolderRef, seating: &Seating<'_>, at: Instant) -> Vec<(String, String)> {
        let Some(nominee) = seating.nominee else {
            let nominator = self.nominator(seating, at);
            let how = if nominator.actors().len() > 1 { " jointly" } else { "" };
            let each = nominator.actors().iter();
            return each.map(|who| (who.to_string(), format!("nominate{how} for {name}"))).collect();
        };
        let missing = nominee.missing(seating.panel).into_iter().map(|filling| match filling {
            Filling::Accepted => format!("accept-seat {name}"),
            Filling::Disclosed => format!("disclose as {name}"),
        });
        missing.map(|what| (nominee.person.clone(), what)).collect()
    }

    fn vote_tasks(&self, case: &Case, tasks: &mut Vec<Task>) {
        for run in case.open_ballots().filter(|_| case.suspended().is_none()) {
            self.tasks_of_ballot(case, run, tasks);
        }
    }

    fn tasks_of_ballot(&self, case: &Case, run: &BallotRun, tasks: &mut Vec<Task>) {
        let until = run.rules().map(|ballot| run.until(ballot));
        for (seat, _) in run.awaited() {
            let who = self.seat_name(case, seat).to_string();
            let lapsed = run.lapsed.contains_key(seat);
            let reaffirms =
                run.rules().is_some_and(|ballot| ballot.new_evidence == NewEvidence::VotesToReaffirm);
            let deed = match (lapsed, reaffirms) {
                (false, _) if run.revealing().is_some() => "reveal the vote",
                (false, _) => "vote",
                (true, false) => "vote anew",
                (true, true) => "reaffirm the vote",
            };
            let what = format!("{deed} on {}", run.id);
            tasks.push(Task { case: case.id.clone(), who, what, kind: Kind::Awaited, until });
        }
    }

    fn step_tasks(&self, case: &Case, at: Instant, tasks: &mut Vec<Task>) {
        let steps = case.rules().map_or(&[][..], |state| &state.steps);
        for (place, step) in steps.iter().enumerate() {
            let Trigger::Do(doing) = &step.trigger else { continue };
            if !self.somebody(case, &doing.by) || self.judge_takable(at, case, (place, step, doing)).is_err()
            {
                continue;
            }
            let (who, what) = (doing.by.words(), doing.act.to_string());
            // Of steps that take turns the first that is not used up.
            let told = |task: &Task| task.case == case.id && task.what == what && task.who == who;
            if tasks.iter().any(told) {
                continue;
            }
            let until =
                doing.within.as_ref().and_then(|within| self.deadline(case, within)).map(|end| end.at);
            tasks.push(Task { case: case.id.clone(), who, what, kind: Kind::Possible, until });
        }
    }

    /// What is owed stays owed; where nobody is there to do it, it says so.
    fn duty_tasks(&self, case: &Case, at: Instant, tasks: &mut Vec<Task>) {
        for duty in case.duties.iter().filter(|duty| duty.done.is_none()) {
            let kind = if duty.is_overdue(at) { Kind::Overdue } else { Kind::Owed };
            let nobody = if self.somebody(case, &duty.by) { "" } else { " (nobody at present)" };
            tasks.push(Task {
                case: case.id.clone(),
                who: format!("{}{nobody}", duty.by.words()),
                what: duty.act.to_string(),
                kind,
                until: Some(duty.due).filter(|_| !duty.stopped),
            });
        }
    }

    /// Whether those who may act are there to do so: seats can be empty, those in them out of the case, and the chair be
    /// one of those with whom they should act.
    fn somebody(&self, case: &Case, by: &Actors) -> bool {
        !self.around(case).speakers(by).is_empty()
    }

    /// What happens, in order, if nobody does anything from now on, as far as it is listed.
    pub fn if_nobody_acts(&self) -> Ahead {
        let mut silence = Silence::of(self);
        let coming = silence.by_ref().take(MOST_LISTED).collect();
        Ahead { coming, more: silence.next().is_some() }
    }

    /// What happens next in a case if nobody does anything, however much comes before in others.
    pub fn next_in(&self, case: &CaseRef) -> Option<Coming> {
        let mut silence = Silence::of(self);
        // In a case that is not awake any more nothing happens by itself.
        while silence.ahead.awake().any(|id| id == case) || !silence.found.is_empty() {
            let coming = silence.next()?;
            if coming.case == *case {
                return Some(coming);
            }
        }
        None
    }
}

/// Time that passes while nobody does anything, and what that brings about.
struct Silence {
    ahead: State,
    /// How often something can still be due: no more than time alone can ever bring about.
    left: u64,
    /// What came at the last moment and is not told yet.
    found: VecDeque<Coming>,
}

impl Silence {
    fn of(state: &State) -> Self {
        Self { ahead: state.clone(), left: state.most_by_itself(), found: VecDeque::new() }
    }

    /// Lets time pass to the next moment at which something is due; `None` where nothing is.
    fn pass(&mut self) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        let due = self.ahead.next_due()?.clone();
        let before = self.ahead.clone();
        self.ahead.pass(due.moment);
        // What one case emits can move others at the same moment.
        let others = before.awake().filter(|id| **id != due.case);
        for id in std::iter::once(&due.case).chain(others) {
            let (Some(case), Some(after)) = (before.case(id), self.ahead.case(id)) else { continue };
            let since = self.ahead.events.iter().skip(before.events.len());
            let emitted: Vec<&Id> = since.filter(|it| it.case == *id).map(|it| &it.event).collect();
            let what = happened(case, after, &emitted);
            // A window that ends while an outcome is being confirmed, or a rule that eases, moves nothing yet.
            if !what.is_empty() {
                self.found.push_back(Coming { at: due.moment.at, case: id.clone(), what });
            }
        }
        Some(())
    }
}

impl Iterator for Silence {
    type Item = Coming;

    fn next(&mut self) -> Option<Coming> {
        while self.found.is_empty() {
            self.pass()?;
        }
        self.found.pop_front()
    }
}

fn happened(before: &Case, after: &Case, emitted: &[&Id]) -> String {
    let mut parts = Vec::new();
    for open in before.open_ballots() {
        let run = after.ballots.iter().find(|run| run.id == open.id);
        let closed = run.and_then(|run| run.closed.as_ref());
        let outcome = closed.and_then(|closing| closing.outcome.as_ref());
        parts.extend(outcome.map(|outcome| format!("{} closes: {outcome}", open.id)));
        if let Some(put_off) =
            run.filter(|run| closed.is_none() && run.extended != open.extended && run.revealing().is_none())
        {
            parts.push(format!("the closing of {} is put off to {}", open.id, put_off.closes));
        }
        if closed.is_none() && open.revealing().is_none() && run.is_some_and(|run| run.revealing().is_some())
        {
            parts.push(format!("the votes on {} can be revealed", open.id));
        }
    }
    let moved: Vec<&str> = after.path.iter().skip(before.path.len()).map(|step| step.to.as_str()).collect();
    if !moved.is_empty() {
        parts.push(format!("{} → {}", before.state, moved.join(" → ")));
    }
    if !emitted.is_empty() {
        let names: Vec<&str> = emitted.iter().map(|event| event.as_str()).collect();
        parts.push(format!("event {}", names.join(", ")));
    }
    parts.join("; ")
}
