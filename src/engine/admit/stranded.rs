//! What becomes of cases by an amendment: whether nothing that is under way is left without rules.

use crate::engine::amend::Amended;
use crate::engine::case::Case;
use crate::engine::panel::Done;
use crate::engine::refusal::{all_of, alternatives};
use crate::engine::{Refusal, State};
use crate::statement::{CaseFate, CaseRef};
use crate::values::{Id, Instant};
use crate::workflow::Workflow;
use crate::workflow::model::{self, Actor, Actors, Formed, MOST_BY_ITSELF, Panel};

impl State {
    /// Whether every case that has not ended is said to go on, and can.
    pub(super) fn judge_cases(&self, amended: &Amended) -> Result<(), Refusal> {
        let fates = &amended.amend.cases;
        if let Some(id) = fates.keys().find(|id| !self.running.contains(*id)) {
            let state = self.case(id).map_or("there is none", |_| "it has ended");
            let why = format!("it says what becomes of the case {id}: {state}");
            let instead = format!("say it of those that have not ended: {}", all_of(&*self.running));
            return Err(Refusal::new("unknown-case", why, instead));
        }
        if let Some(id) = self.running.iter().find(|id| !fates.contains_key(*id)) {
            let why = format!("it does not say what becomes of the case {id}, which has not ended");
            let instead =
                "say that it goes on under the `old rules`, or which state of the new workflow it enters";
            return Err(stranded(why, instead));
        }
        for (id, case) in &*self.cases {
            match fates.get(id) {
                Some(CaseFate::Enters(state)) => judge_entering(amended, case, state)?,
                _ => judge_left(&amended.workflow, case)?,
            }
        }
        Ok(())
    }

    /// Whether every open case still ends if nobody does anything. `check` has found it of cases that are opened under the
    /// new text; one that enters a state of it has not emitted what its opening would have.
    pub(super) fn judge_ends(&self, at: Instant, amended: &Amended) -> Result<(), Refusal> {
        if self.running.is_empty() {
            return Ok(());
        }
        let mut ahead = self.clone();
        ahead.amended(amended, "", Done { at, entry: self.size });
        ahead.settle(None);
        for _ in 0..MOST_BY_ITSELF {
            let Some(moment) = ahead.next_due().map(|due| due.moment) else { break };
            ahead.pass(moment);
        }
        let Some(case) = ahead.running.iter().find_map(|id| ahead.case(id)) else { return Ok(()) };
        let why = format!("if nobody does anything, {} stays in `{}` for ever", case.id, case.state);
        let instead = "let it enter another state, or give that one a clock that counts from entering it";
        Err(stranded(why, instead))
    }
}

/// Whether a case can enter this state of the new workflow.
fn judge_entering(amended: &Amended, case: &Case, state: &Id) -> Result<(), Refusal> {
    let (id, workflow) = (&case.id, &amended.workflow);
    let Some(procedure) = workflow.procedure(&id.procedure) else {
        let why = format!("the new workflow has no procedure `{}` in which {id} could go on", id.procedure);
        return Err(stranded(why, "let it go on under the `old rules`, or keep that procedure"));
    };
    let about = case.procedure().and_then(|procedure| procedure.about.as_ref());
    if about != procedure.about.as_ref() {
        let of = |about: Option<&Id>| {
            about.map_or_else(|| "no seat".to_owned(), |panel| format!("a seat of `{panel}`"))
        };
        let why = format!(
            "{id} is about {}, and a case of `{}` of the new workflow is about {}",
            of(about),
            procedure.name,
            of(procedure.about.as_ref())
        );
        return Err(stranded(why, "let it go on under the `old rules`, or keep what its cases are about"));
    }
    if procedure.state(state).is_none() {
        let why = format!(
            "{id} cannot enter `{state}`: `{}` of the new workflow has no such state",
            procedure.name
        );
        let names = procedure.states.iter().map(|state| &state.name);
        return Err(stranded(why, &format!("it has {}", alternatives(names))));
    }
    let enters = |(other, fate): &(&CaseRef, &CaseFate)| {
        other.procedure == procedure.name && matches!(fate, CaseFate::Enters(_))
    };
    let entering = amended.amend.cases.iter().filter(enters).count();
    if entering > usize::try_from(procedure.at_once).unwrap_or(usize::MAX) {
        let why = format!("{entering} cases would go on in `{}` of the new workflow", procedure.name);
        let instead =
            format!("it may have {} open at once: let others go on under the `old rules`", procedure.at_once);
        return Err(stranded(why, &instead));
    }
    let panel = procedure.panel.as_ref().and_then(|name| workflow.panel(name));
    let owed = case.duties.iter().filter(|duty| duty.done.is_none());
    let missing = owed.flat_map(|duty| duty.by.named().iter().map(move |actor| (&duty.act, actor)));
    let mut missing = missing.filter(|(_, actor)| match actor {
        Actor::Office(office) => workflow.office(office).is_none(),
        Actor::Seat(seat) => panel.is_none_or(|panel| panel.seats.iter().all(|it| it.name != *seat)),
        Actor::Chair => panel.is_none_or(|panel| panel.chair.is_empty()),
        Actor::Panelist => panel.is_none(),
        Actor::Subject => procedure.about.is_none(),
    });
    match missing.next() {
        Some((act, _)) => {
            let why = format!("`{act}` is still owed in {id}, by somebody whom the new workflow has not");
            Err(stranded(why, "have it done first, or let the case go on under the `old rules`"))
        }
        None => Ok(()),
    }
}

/// Whether a case that keeps its rules still has everybody whom they name.
fn judge_left(workflow: &Workflow, case: &Case) -> Result<(), Refusal> {
    let id = &case.id;
    let needed = needed(case);
    let offices = needed.iter().filter_map(|actor| match actor {
        Actor::Office(office) => Some(office),
        _ => None,
    });
    if let Some(office) = offices.into_iter().find(|office| workflow.office(office).is_none()) {
        let why = format!(
            "the rules of {id} give `{office}` something to do, and the new workflow has no such office"
        );
        return Err(stranded(
            why,
            &format!("keep `{office}` in the new workflow, be it for that case alone"),
        ));
    }
    let Some(panel) = case.procedure().and_then(|it| case.workflow.panel(it.panel.as_ref()?)) else {
        return Ok(());
    };
    let still = case.ended.is_none() || needed.iter().any(|actor| !matches!(actor, Actor::Office(_)));
    if still && panel.formed == Formed::Standing && !keeps(workflow, panel) {
        let why = format!(
            "{id} is before the standing panel `{}`, of which the new workflow has not every seat",
            panel.name
        );
        // An ended case enters nothing any more.
        let instead = if case.ended.is_some() {
            "keep those seats in the new workflow: the case has ended, and they can still act in it"
        } else {
            "keep those seats in the new workflow, or let the case enter a state of it"
        };
        return Err(stranded(why, instead));
    }
    match panel.seats.iter().find(|seat| workflow.office(&seat.name).is_some()) {
        Some(seat) => {
            let why = format!("`{}` is a seat in {id}, and an office of the new workflow", seat.name);
            Err(stranded(why, "give that office another name: a statement speaks in one name for one holder"))
        }
        None => Ok(()),
    }
}

/// Whom the rules of a case can still ask something of.
fn needed(case: &Case) -> Vec<Actor> {
    let states: Vec<&model::State> = match (case.ended, case.procedure()) {
        (None, Some(procedure)) => procedure.states.iter().collect(),
        _ => case.rules().into_iter().collect(),
    };
    let doings = states.iter().copied().flat_map(model::State::doings).map(|doing| &doing.by);
    let running = case.ended.is_none();
    let duties = states.iter().filter(|_| running).flat_map(|state| &state.duties).map(|duty| &duty.by);
    let owed = case.duties.iter().filter(|duty| duty.done.is_none()).map(|duty| &duty.by);
    let mut needed: Vec<Actor> = doings.chain(duties).chain(owed).flat_map(Actors::named).cloned().collect();
    let panel = case.procedure().and_then(|it| case.workflow.panel(it.panel.as_ref()?));
    for panel in panel.iter().filter(|_| running) {
        let fill =
            panel.seats.iter().flat_map(|seat| &seat.by).chain(panel.vacancy.iter().map(|it| &it.filled_by));
        needed.extend(fill.cloned().map(Actor::Office));
    }
    needed
}

/// Whether a workflow has this standing panel with each of its seats.
fn keeps(workflow: &Workflow, panel: &Panel) -> bool {
    workflow.panel(&panel.name).is_some_and(|new| {
        let has = |seat: &model::Seat| new.seats.iter().any(|candidate| candidate.name == seat.name);
        new.formed == Formed::Standing && panel.seats.iter().all(has)
    })
}

pub(super) fn stranded(why: String, instead: &str) -> Refusal {
    Refusal::new("strands-case", why, instead)
}
