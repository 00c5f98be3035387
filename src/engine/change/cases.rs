//! What happens to cases: opening, steps, states, events and their annulment.

use std::sync::Arc;

use crate::engine::ballot::Closing;
use crate::engine::case::{Case, DutyRun, Filed, Move, Subject};
use crate::engine::event::{Annulled, Occurrence, Why};
use crate::engine::panel::{Done, Seats};
use crate::engine::state::State;
use crate::statement::CaseRef;
use crate::statement::body::Attachments;
use crate::values::Id;
use crate::workflow::model::{Duty, Effect, Step, Trigger};
use crate::workflow::words::undone;

impl State {
    pub(super) fn case_opened(
        &mut self,
        id: &CaseRef,
        subject: Option<Subject>,
        by: &str,
        attach: &Attachments,
        done: Done,
    ) {
        let workflow = Arc::clone(&self.workflow);
        let Some(procedure) = workflow.procedure(&id.procedure) else { return };
        let seats = workflow.own_panel(procedure).map(|panel| Seats::vacant(panel, done.at));
        let case = Case {
            id: id.clone(),
            workflow: Arc::clone(&workflow),
            opened: done,
            state: procedure.start.clone(),
            entered: done.at,
            ended: None,
            seats,
            subject,
            recused: [].into(),
            obliged: [].into(),
            chosen: None,
            ballots: Vec::new(),
            asked: 0,
            duties: Arc::default(),
            filed: Arc::default(),
            path: Arc::default(),
            taken: Arc::default(),
            spent: [].into(),
            heard: 0,
            stops: Vec::new(),
            extensions: Vec::new(),
            served: None,
        };
        Arc::make_mut(&mut self.cases).insert(id.clone(), Arc::new(case));
        Arc::make_mut(&mut self.running).insert(id.clone());
        self.stop_or_go_on();
        self.file(id, by, attach, done);
        let words = format!("{} by {by}", procedure.open.act);
        let why = Why { entry: Some(done.entry), ballot: None, words, line: 0 };
        self.emit(id, &procedure.open.emits, &why);
        self.enter(id, &procedure.start, why);
    }

    pub(super) fn file(&mut self, case: &CaseRef, by: &str, attach: &Attachments, done: Done) {
        self.documents.file(attach);
        self.with_case(case, |case| {
            for (name, digest) in attach {
                Arc::make_mut(&mut case.filed).push(Filed {
                    name: name.clone(),
                    digest: *digest,
                    by: by.to_owned(),
                    done,
                    struck: None,
                });
            }
        });
    }

    pub(super) fn act_words(&self, id: &CaseRef, place: usize, by: &str) -> Why {
        let step = self.case(id).and_then(|case| case.rules()?.steps.get(place));
        let words = match step.map(|step| &step.trigger) {
            Some(Trigger::Do(doing)) => format!("{} by {by}", doing.act),
            _ => by.to_owned(),
        };
        Why { entry: None, ballot: None, words, line: step.map_or(0, |step| step.line) }
    }

    /// Takes the step at this place of the case's state.
    pub(in crate::engine) fn take_step(&mut self, id: &CaseRef, place: usize, why: Why) {
        let Some((workflow, state)) =
            self.case(id).map(|case| (Arc::clone(&case.workflow), case.state.clone()))
        else {
            return;
        };
        let state = workflow.procedure(&id.procedure).and_then(|procedure| procedure.state(&state));
        let Some(Step { trigger, to, emits, effect, .. }) = state.and_then(|state| state.steps.get(place))
        else {
            return;
        };
        let answered = self.case(id).and_then(|case| self.answerable(case)).map(|(number, _)| number + 1);
        self.with_case(id, |case| {
            *Arc::make_mut(&mut case.taken).entry((case.state.clone(), place)).or_default() += 1;
            match trigger {
                Trigger::Do(_) => {}
                // It waits for the next occurrence.
                Trigger::On(_) => case.heard = answered.unwrap_or(case.heard),
                _ if to.is_none() => drop(case.spent.insert(place)),
                _ => {}
            }
        });
        self.emit(id, emits, &why);
        match effect {
            Some(Effect::Dismisses) => self.dismiss(id, why.entry),
            // The act that names the seat has done it.
            Some(Effect::Obliges) | None => {}
        }
        if let Some(to) = to {
            self.enter(id, to, why);
        }
    }

    /// Enters a state: its clocks start, its ballot opens, its duties arise.
    pub(in crate::engine) fn enter(&mut self, id: &CaseRef, name: &Id, why: Why) {
        let workflow = Arc::clone(self.workflow_of(id));
        let Some(procedure) = workflow.procedure(&id.procedure) else { return };
        let Some(state) = procedure.state(name) else { return };
        let (at, heard) = (self.moment.at, self.events.len());
        self.with_case(id, |case| {
            for run in case.open_ballots_mut() {
                run.closed = Some(Closing { at, entry: why.entry, outcome: None });
            }
            case.asked = case.ballots.len();
            case.state = state.name.clone();
            case.entered = at;
            case.spent.clear();
            case.heard = heard;
            case.extensions.clear();
            if state.ends {
                case.go_on(at);
            }
            let stopped = case.suspended().is_some();
            if !state.duties.is_empty() {
                let heeded = |duty: &Duty| workflow.heeds(procedure, &duty.attach);
                let arises = |duty: &Duty| DutyRun::new(duty, at, stopped, heeded(duty));
                Arc::make_mut(&mut case.duties).extend(state.duties.iter().map(arises));
            }
            Arc::make_mut(&mut case.path).push(Arc::new(Move { at, to: state.name.clone(), why }));
            case.ended = state.ends.then_some(at);
        });
        if state.ends {
            Arc::make_mut(&mut self.running).remove(id);
            self.note_owing(id);
            self.stop_or_go_on();
        }
        for ballot in state.ballots() {
            self.open_ballot(id, ballot);
        }
    }

    /// Whether something still comes of what an ended case owes.
    fn note_owing(&mut self, id: &CaseRef) {
        let owes = |case: &Case| case.ended.is_some() && case.duties.iter().any(DutyRun::may_lapse);
        let owes = self.case(id).is_some_and(owes);
        if owes != self.owing.contains(id) {
            let owing = Arc::make_mut(&mut self.owing);
            let _ = if owes { owing.insert(id.clone()) } else { owing.remove(id) };
        }
    }

    /// The duty at this place of the case is done, be it late.
    pub(super) fn duty_done(&mut self, id: &CaseRef, place: usize, by: &str, done: Done) {
        self.with_case(id, |case| case.discharged(place, done));
        self.note_owing(id);
        let Some(duty) = self.case(id).and_then(|case| case.duties.get(place)) else { return };
        let words = format!("{} by {by}", duty.act);
        let why = Why { entry: Some(done.entry), ballot: None, words, line: duty.line };
        let emits = duty.emits.clone();
        self.emit(id, &emits, &why);
    }

    /// The time for a duty is over, and it has not been done: what comes of that comes once, and it stays owed.
    pub(in crate::engine) fn lapse(&mut self, id: &CaseRef, place: usize) {
        let mut events = Vec::new();
        let mut why = Why { entry: None, ballot: None, words: String::new(), line: 0 };
        self.with_case(id, |case| {
            let Some(duty) = Arc::make_mut(&mut case.duties).get_mut(place) else { return };
            events = std::mem::take(&mut duty.if_late);
            why.words = undone(&duty.act, &duty.within);
            why.line = duty.line;
        });
        self.note_owing(id);
        self.emit(id, &events, &why);
    }

    /// Emits events, and annuls what they annul.
    fn emit(&mut self, case: &CaseRef, events: &[Id], why: &Why) {
        for event in events {
            self.annul(case, event, why);
            let occurrence = Occurrence {
                event: event.clone(),
                case: case.clone(),
                at: self.moment.at,
                why: why.clone(),
                annulled: None,
            };
            self.events.push(occurrence);
        }
        if !events.is_empty() {
            self.timelines.take();
        }
    }

    /// Annuls what the event annuls: in the same case where that emitted it, else every live occurrence
    /// of cases of other procedures.
    fn annul(&mut self, case: &CaseRef, by: &Id, why: &Why) {
        let at = self.moment.at;
        let workflow = Arc::clone(self.workflow_of(case));
        for definition in &workflow.events {
            let Some(annulment) = definition.annulled.as_ref().filter(|annulment| annulment.by == *by) else {
                continue;
            };
            let (by, case, why) = (by.clone(), case.clone(), why.clone());
            let annulled = Annulled { by, case, at, from: annulment.from, why };
            self.events.annul(&definition.name, &annulled);
        }
    }
}
