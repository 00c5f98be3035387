//! Acts: opening a case, taking a step, discharging a duty.

use std::collections::BTreeSet;

use super::Admission;
use super::subject::judge_no_seat;
use crate::engine::around::Around;
use crate::engine::case::Case;
use crate::engine::change::Change;
use crate::engine::clock::{Moment, exhausted};
use crate::engine::evidence::{judge_evidence, judge_strike};
use crate::engine::filings::Filings;
use crate::engine::refusal::{all_of, alternatives};
use crate::engine::{Refusal, State};
use crate::statement::body::Attachments;
use crate::statement::{Act, By, CaseRef, Checked, HolderRef};
use crate::values::{Id, Instant};
use crate::workflow::model::{self, Actors, Delay, Doing, Procedure, Step, Trigger};

impl State {
    pub(super) fn judge_act(&self, at: Instant, checked: &Checked, act: &Act) -> Result<Admission, Refusal> {
        let Some(procedure) = self.procedure(&act.case) else {
            let why = format!("the workflow has no procedure `{}`", act.case.procedure);
            let names = self.workflow.procedures.iter().map(|procedure| &procedure.name);
            return Err(Refusal::new("unknown-procedure", why, format!("it has {}", alternatives(names))));
        };
        match self.case(&act.case) {
            None => self.judge_opening(at, checked, act, procedure),
            Some(case) => self.judge_step(at, checked, act, case),
        }
    }

    fn judge_opening(
        &self,
        at: Instant,
        checked: &Checked,
        act: &Act,
        procedure: &Procedure,
    ) -> Result<Admission, Refusal> {
        let next = self.next_case(&procedure.name);
        if act.act != procedure.open.act || act.case != next {
            let why = format!("there is no case {}", act.case);
            let instead = format!("`{}` opens `{next}`", procedure.open.act);
            return Err(Refusal::new("unknown-case", why, instead));
        }
        self.judge_suspended(&procedure.name, &act.act, &next)?;
        let by = &checked.statement().by;
        let subject = self.judge_subject(act.seat.as_ref(), procedure)?;
        // Before there is a case, only a standing panel has seats, or the one of which the case is about a seat.
        let around = self.around_opening(procedure, subject);
        judge_actor(around, by, &act.act, &procedure.open.by)?;
        judge_attachments(&act.attach, &procedure.open.attach)?;
        judge_strike(&Filings::default(), act.strike, &[])?;
        self.judge_room_for_case(at, procedure, &next, subject)?;
        self.judge_opening_in_time(at, procedure, subject)?;
        let signers =
            self.signed_for(by, checked, |name| self.seat_before(procedure, subject, name), None)?;
        let (case, attach) = (act.case.clone(), act.attach.clone());
        let change = Change::CaseOpened { case, subject: subject.cloned(), by: by.to_string(), attach };
        Ok(Admission { change, signers })
    }

    /// Whether a case could be opened now, about this seat where it is about one, whoever opens it.
    ///
    /// # Errors
    /// The refusal of an opening, as far as it does not hang on who signs and what is attached.
    pub(in crate::engine) fn judge_occasion(
        &self,
        at: Instant,
        procedure: &Procedure,
        subject: Option<&HolderRef>,
    ) -> Result<(), Refusal> {
        let next = self.next_case(&procedure.name);
        self.judge_suspended(&procedure.name, &procedure.open.act, &next)?;
        self.judge_subject(subject, procedure)?;
        self.judge_room_for_case(at, procedure, &next, subject)?;
        self.judge_opening_in_time(at, procedure, subject)
    }

    /// From when another case may be opened (about the same seat, where it is about one), where one has ended and it
    /// must be waited for.
    pub(in crate::engine) fn again_from(
        &self,
        procedure: &Procedure,
        subject: Option<&HolderRef>,
    ) -> Option<(Instant, Instant)> {
        let again_after = procedure.again_after.as_ref()?;
        let alike = |case: &&Case| case.subject.as_ref().map(|subject| &subject.seat) == subject;
        let ended = self.cases_of(&procedure.name).filter(alike).filter_map(|case| case.ended).max()?;
        Some((ended, again_after.end(ended, false)))
    }

    fn running_of(&self, procedure: &Procedure) -> impl Iterator<Item = &CaseRef> {
        self.running.iter().filter(|case| case.procedure == procedure.name)
    }

    /// Whether no other case of a procedure may be opened before one has ended.
    pub(in crate::engine) fn as_many_as_may_run(&self, procedure: &Procedure) -> bool {
        self.running_of(procedure).count() >= usize::try_from(procedure.at_once).unwrap_or(usize::MAX)
    }

    /// Whether another case may be opened: as many as may run do not, none about the same seat does, and the last
    /// one (about the same seat, where it is about one) ended long enough ago.
    fn judge_room_for_case(
        &self,
        at: Instant,
        procedure: &Procedure,
        next: &CaseRef,
        subject: Option<&HolderRef>,
    ) -> Result<(), Refusal> {
        let alike = |case: &&Case| case.subject.as_ref().map(|subject| &subject.seat) == subject;
        let same = self.cases_of(&procedure.name).filter(|case| case.ended.is_none()).find(alike);
        if let (Some(same), Some(seat)) = (same, subject) {
            let why = format!("{} about {seat} is still running", same.id);
            return Err(Refusal::new("case-running", why, "wait until it has ended"));
        }
        if self.as_many_as_may_run(procedure) {
            let running: Vec<&CaseRef> = self.running_of(procedure).collect();
            let are = if running.len() == 1 { "is" } else { "are" };
            let why = format!("{} {are} still running", all_of(running));
            let instead = format!(
                "wait until one has ended: `{}` may have {} open at once",
                procedure.name, procedure.at_once
            );
            return Err(Refusal::new("case-running", why, instead));
        }
        if let Some(most) = procedure.at_most.filter(|most| next.number.get() > *most) {
            let cases = if most == 1 { "case" } else { "cases" };
            let why = format!("there were {most} {cases} of `{}`, as many as there may be", procedure.name);
            return Err(Refusal::new("too-often", why, "no more is admitted under this workflow"));
        }
        match (self.again_from(procedure, subject), &procedure.again_after) {
            (Some((ended, earliest)), Some(again_after)) if at < earliest => {
                let why =
                    format!("the last case ended on {ended}, and another may be opened {again_after} later");
                Err(Refusal::new("too-early", why, format!("wait until {earliest}")))
            }
            _ => Ok(()),
        }
    }

    fn judge_step(
        &self,
        at: Instant,
        checked: &Checked,
        act: &Act,
        case: &Case,
    ) -> Result<Admission, Refusal> {
        if case.suspended().is_some() {
            self.judge_suspended(&case.id.procedure, &act.act, &case.id)?;
        }
        let by = &checked.statement().by;
        let steps = case.rules().map_or(&[][..], |state| &state.steps).iter().enumerate();
        let doings = steps.filter_map(|(place, step)| match &step.trigger {
            Trigger::Do(doing) if doing.act == act.act => Some((place, step, doing)),
            _ => None,
        });
        // `check` makes sure that one step at most is up to an actor; several take their turn.
        let (own, others): (Vec<_>, Vec<_>) =
            doings.partition(|(_, _, doing)| self.may_act_in(&doing.by, by, case));
        let next = own.iter().find(|(place, step, _)| !exhausted(case, *place, step)).or(own.first());
        let refusal = match next {
            Some((place, step, doing)) => match self.judge_doing(at, act, case, (*place, step, doing)) {
                Ok(seat) => {
                    let signers = self.signed_in_case(by, checked, case)?;
                    let (case, attach, strike) = (act.case.clone(), act.attach.clone(), act.strike);
                    let by = by.to_string();
                    let change = Change::Acted { case, place: *place, by, seat, attach, strike };
                    return Ok(Admission { change, signers });
                }
                Err(refusal) => Some(refusal),
            },
            None => None,
        };
        let others = others.into_iter().map(|(_, _, doing)| &doing.by).collect();
        self.judge_duty(checked, act, case, (refusal, others))
    }

    /// Whether an act takes this step of the case's state, whoever acts; and the seat that it obliges, if it does.
    fn judge_doing(
        &self,
        at: Instant,
        act: &Act,
        case: &Case,
        (place, step, doing): (usize, &Step, &Doing),
    ) -> Result<Option<Id>, Refusal> {
        self.judge_takable(at, case, (place, step, doing))?;
        judge_attachments(&act.attach, &doing.attach)?;
        judge_strike(&case.filed, act.strike, &doing.strikes)?;
        self.judge_obliged(case, act, step)
    }

    /// Whether the step at this place of the case's state can be taken now, whoever acts and whatever it carries.
    ///
    /// # Errors
    /// Another case suspends it, it is used up, it is too late or too early, or an open ballot takes no new evidence.
    pub(in crate::engine) fn judge_takable(
        &self,
        at: Instant,
        case: &Case,
        (place, step, doing): (usize, &Step, &Doing),
    ) -> Result<(), Refusal> {
        if case.suspended().is_some() {
            self.judge_suspended(&case.id.procedure, &doing.act, &case.id)?;
        }
        if exhausted(case, place, step) {
            let most = step.at_most.unwrap_or(1);
            let times = if most == 1 { "once".to_owned() } else { format!("{most} times") };
            let why = format!("`{}` was done {times}, as often as it may be", doing.act);
            return Err(Refusal::new("too-often", why, "no more of it is admitted in this case"));
        }
        self.judge_times(at, case, doing)?;
        judge_evidence(case, doing.moves_evidence(), step.to.is_some())
    }

    /// Whether an act is neither too late nor too early.
    fn judge_times(&self, at: Instant, case: &Case, doing: &Doing) -> Result<(), Refusal> {
        let within = doing.within.as_ref().map(|within| (within, self.deadline(case, within)));
        let not_before = doing.not_before.as_ref().map(|start| (start, self.earliest(case, start)));
        judge_in_time(at, &doing.act, within, not_before)
    }

    /// Whether an act discharges a duty of those in whose name it is. `refusal` is why it is no step of theirs, if they
    /// have one of that name; `others` are those who have one.
    fn judge_duty(
        &self,
        checked: &Checked,
        act: &Act,
        case: &Case,
        (refusal, mut others): (Option<Refusal>, Vec<&Actors>),
    ) -> Result<Admission, Refusal> {
        let by = &checked.statement().by;
        let owed = case.duties.iter().enumerate().filter(|(_, duty)| duty.act == act.act);
        let (own, of_others): (Vec<_>, Vec<_>) =
            owed.partition(|(_, duty)| self.may_act_in(&duty.by, by, case));
        if let Some((place, duty)) = own.iter().find(|(_, duty)| duty.done.is_none()) {
            judge_no_seat(act)?;
            judge_attachments(&act.attach, &duty.attach)?;
            judge_strike(&case.filed, act.strike, &[])?;
            judge_evidence(case, !act.attach.is_empty(), false)?;
            let signers = self.signed_in_case(by, checked, case)?;
            let (case, attach) = (act.case.clone(), act.attach.clone());
            let change = Change::Discharged { case, duty: *place, by: by.to_string(), attach };
            return Ok(Admission { change, signers });
        }
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        if let Some(done) = own.iter().find_map(|(_, duty)| duty.done) {
            let why = format!("`{}` was done with entry {}", act.act, done.entry);
            return Err(Refusal::new("duty-done", why, "nothing more is owed"));
        }
        others.extend(of_others.iter().map(|(_, duty)| &duty.by));
        if others.is_empty() {
            return Err(Self::nothing_of_the_kind(act, case));
        }
        Err(not_up_to(self.around(case), by, &act.act, &others))
    }

    fn nothing_of_the_kind(act: &Act, case: &Case) -> Refusal {
        let why =
            format!("`{}` cannot be done in {}, which is in the state `{}`", act.act, case.id, case.state);
        let acts = case.rules().into_iter().flat_map(model::State::doings).map(|doing| &doing.act);
        let owed = case.duties.iter().filter(|duty| duty.done.is_none()).map(|duty| &duty.act);
        let mut possible: Vec<&Id> = Vec::new();
        for act in acts.chain(owed) {
            if !possible.contains(&act) {
                possible.push(act);
            }
        }
        let instead = match case.open_ballots().next() {
            Some(run) if possible.is_empty() => {
                format!("the ballot {} is open: only votes are taken", run.id)
            }
            _ => format!("what can be done there now: {}", alternatives(possible)),
        };
        Refusal::new("no-such-step", why, instead)
    }

    /// Whether `by` is among those who may act in this case.
    pub fn may_act_in(&self, actors: &Actors, by: &By, case: &Case) -> bool {
        self.around(case).may_act(actors, by)
    }

    fn signed_in_case(
        &self,
        by: &By,
        checked: &Checked,
        case: &Case,
    ) -> Result<BTreeSet<HolderRef>, Refusal> {
        let seat = |name: &Id| {
            // Whoever the case is about may sit in another panel.
            let subject = case.subject.as_ref().map(|subject| &subject.seat);
            if let Some(seat) = subject.filter(|seat| seat.name() == name) {
                return Some(seat.clone());
            }
            let (panel, _) = self.panel_of(case)?;
            panel.seats.iter().any(|seat| seat.name == *name).then(|| self.seat_name(case, name))
        };
        self.signed_for(by, checked, seat, None)
    }
}

/// Whether exactly the documents are attached that the workflow asks for.
///
/// # Errors
/// The refusal, which names both.
pub fn judge_attachments(given: &Attachments, asked: &[Id]) -> Result<(), Refusal> {
    if given.len() == asked.len() && asked.iter().all(|name| given.contains_key(name)) {
        return Ok(());
    }
    let why = format!("it attaches {}", all_of(given.keys()));
    Err(Refusal::new("wrong-attachments", why, format!("attach {}", all_of(asked))))
}

/// Whether an act is neither too late nor too early: of its times, the moment with which it ends and the instant with
/// which it begins; `None` where its clock has not started.
pub(super) fn judge_in_time(
    at: Instant,
    act: &Id,
    within: Option<(&Delay, Option<Moment>)>,
    not_before: Option<(&Delay, Option<Instant>)>,
) -> Result<(), Refusal> {
    if let Some((within, Some(end))) = within
        && end <= Moment::of(at)
    {
        let why = format!("`{act}` was possible within {}, until {}", within.words(), end.at);
        let instead = "its time has passed; `quorate status` says what can still be done";
        return Err(Refusal::new("too-late", why, instead));
    }
    match not_before {
        Some((not_before, start)) if start.is_none_or(|start| at < start) => {
            let from = start.map_or_else(|| "its clock has started".to_owned(), |start| start.to_string());
            let why = format!("`{act}` is possible after {} at the earliest", not_before.words());
            Err(Refusal::new("too-early", why, format!("wait until {from}")))
        }
        _ => Ok(()),
    }
}

/// Whether an act is up to those in whose name the statement speaks.
fn judge_actor(around: Around<'_>, by: &By, act: &Id, actors: &Actors) -> Result<(), Refusal> {
    if around.may_act(actors, by) {
        return Ok(());
    }
    Err(not_up_to(around, by, act, &[actors]))
}

fn not_up_to(around: Around<'_>, by: &By, act: &Id, actors: &[&Actors]) -> Refusal {
    let (why, instead) = around.not_up_to(by, act, actors);
    Refusal::new("not-entitled", why, instead)
}
