//! What of a workflow an invariant hangs on (its cone of influence): what the rest does cannot show or hide that the
//! invariant is broken, so that a walk for it leaves the rest alone.
//!
//! A procedure belongs to it where the invariant speaks of its cases or ballots, or of an event that it emits; and where one
//! that belongs to it hears such an event, counts a time from it, stands still while it runs, or has to do with its
//! panel, because cases are about seats. None does of which nobody opens a case but who is silent. Where an invariant would
//! only be kept more often if an event were annulled, whatever annuls it is left alone too.

use std::collections::{BTreeMap, BTreeSet};

use super::hope::{self, Regard};
use super::settled::is_settled;
use super::view::spelt_out;
use super::{Bounds, told};
use crate::values::Id;
use crate::workflow::Workflow;
use crate::workflow::invariant::{Holds, Invariant, Promise};
use crate::workflow::model::{Actor, Actors, Procedure, Step, Trigger};

/// Invariants that share a walk: they suppose the same silence, and hang on the same procedures.
pub(super) struct Group<'w> {
    /// Where each stands in the file.
    pub places: Vec<usize>,
    pub invariants: Vec<&'w Invariant>,
    /// What of the workflow they hang on.
    pub part: Workflow,
    /// What is walked instead of the workflow: the same without the times and acts that lead where nothing is to be learnt any more.
    /// What can be learnt can happen without them, and perhaps more; but nobody acts at the edges of those times.
    pub eased: Option<Workflow>,
}

/// The invariants of a workflow that the file does not settle, by the walk that they share; unless the walk is reduced, each hangs
/// on all of it. Those of these places alone; `eased` is whether what is walked may be.
pub(super) fn groups<'w>(
    workflow: &'w Workflow,
    bounds: Bounds,
    (of, eased): (&BTreeSet<usize>, bool),
) -> Vec<Group<'w>> {
    let mut alike: BTreeMap<_, (Vec<usize>, Vec<&Invariant>, BTreeSet<Id>)> = BTreeMap::new();
    for (place, invariant) in workflow.invariants.iter().enumerate().filter(|(place, _)| of.contains(place)) {
        if bounds.reduced && is_settled(workflow, invariant) {
            continue;
        }
        let cone = bounds.reduced.then(|| Cone::of(workflow, invariant));
        let (procedures, events) = cone.map(|cone| (cone.procedures, cone.emitted)).unzip();
        let (places, invariants, all) = alike.entry((&*invariant.silent, procedures)).or_default();
        places.push(place);
        invariants.push(invariant);
        all.extend(events.into_iter().flatten());
    }
    let group = |((_, procedures), (places, invariants, events)): ((_, Option<_>), (_, Vec<_>, _))| {
        let Some(procedures) = procedures else {
            return Group { places, invariants, part: workflow.clone(), eased: None };
        };
        let (mut part, mut whole) = (part(workflow, &procedures, &invariants), workflow.clone());
        let regard = Regard::of(&events, &invariants);
        let mut fewer = false;
        let once = |it: &&Procedure| bounds.cases == 1 && procedures.contains(&it.name);
        for procedure in workflow.procedures.iter().filter(once) {
            let dead = hope::dead(workflow, procedure, &invariants);
            for of in [&mut part, &mut whole].into_iter().filter(|_| eased) {
                let its = of.procedures.iter_mut().filter(|it| it.name == procedure.name);
                its.for_each(|it| fewer |= ease(workflow, it, &dead, &regard));
            }
            let still = &dead | &regard.of_no_account(&part, procedure);
            let its = part.procedures.iter_mut().filter(|it| it.name == procedure.name);
            its.for_each(|it| silence(it, &still));
        }
        let Workflow { procedures, ballots, .. } = &mut part;
        ballots.retain(|ballot| procedures.iter().any(|it| told::asks(it, &ballot.name)));
        Group { places, invariants, part, eased: fewer.then_some(whole) }
    };
    alike.into_iter().map(group).collect()
}

/// Takes the steps out of a procedure that lead to a dead state by time or by what somebody does, and those that are detours. Whether
/// there was one.
fn ease(workflow: &Workflow, procedure: &mut Procedure, dead: &BTreeSet<&Id>, regard: &Regard<'_>) -> bool {
    let leads = |step: &Step| {
        matches!(step.trigger, Trigger::After(_) | Trigger::At(_) | Trigger::Do(_))
            && step.to.iter().any(|to| dead.contains(to))
    };
    let mut fewer = false;
    for state in procedure.states.iter_mut().filter(|state| !dead.contains(&state.name)) {
        fewer |= state.steps.iter().any(leads);
        state.steps.retain(|step| !leads(step));
    }
    let whole = procedure.clone();
    let detours = regard.detours(workflow, &whole, dead);
    for state in &mut procedure.states {
        let mut places = 0..;
        state.steps.retain(|_| places.next().is_none_or(|place| !detours.contains(&(&state.name, place))));
    }
    fewer || !detours.is_empty()
}

/// Nothing is done in these states.
fn silence(procedure: &mut Procedure, states: &BTreeSet<&Id>) {
    for state in procedure.states.iter_mut().filter(|state| states.contains(&state.name)) {
        (state.ballot, state.together, state.steps, state.duties) =
            (None, Vec::new(), Vec::new(), Vec::new());
    }
}

/// A workflow with these procedures alone: with the ballots that they ask, the panels that they have to do with, and the
/// grants of which the invariants speak.
fn part(workflow: &Workflow, procedures: &BTreeSet<Id>, invariants: &[&Invariant]) -> Workflow {
    let mut part = workflow.clone();
    part.procedures.retain(|it| procedures.contains(&it.name));
    let Workflow { procedures, ballots, panels, grants, .. } = &mut part;
    ballots.retain(|ballot| procedures.iter().any(|it| told::asks(it, &ballot.name)));
    let has =
        |it: &Procedure, panel: &Id| it.panel.as_ref() == Some(panel) || it.about.as_ref() == Some(panel);
    panels.retain(|panel| procedures.iter().any(|it| has(it, &panel.name)));
    let propositions = invariants.iter().filter_map(|it| it.promise.proposition());
    let mut said = BTreeSet::new();
    for proposition in propositions {
        proposition.holds.each(&mut |it| {
            if let Holds::Grant { grant, .. } = it {
                said.insert(grant.clone());
            }
        });
    }
    grants.retain(|grant| said.contains(&grant.name));
    part.invariants.retain(|it| invariants.contains(&it));
    part
}

struct Cone<'w> {
    workflow: &'w Workflow,
    silent: BTreeSet<Id>,
    procedures: BTreeSet<Id>,
    /// The events of which it has been looked who emits them.
    emitted: BTreeSet<Id>,
}

impl<'w> Cone<'w> {
    /// What an invariant hangs on.
    fn of(workflow: &'w Workflow, invariant: &Invariant) -> Self {
        let silent = spelt_out(workflow, &invariant.silent);
        let mut cone = Self { workflow, silent, procedures: BTreeSet::new(), emitted: BTreeSet::new() };
        match &invariant.promise {
            Promise::Ends { procedure, .. } => cone.take_in(procedure),
            Promise::Never(it) | Promise::Reaches(it) => cone.say(&it.holds, true),
            Promise::Always(it) => cone.say(&it.holds, false),
        }
        cone
    }

    /// Takes in what a proposition hangs on; `wanted` is whether the walk looks for a state in which it holds, or for one
    /// in which it does not.
    fn say(&mut self, holds: &Holds, wanted: bool) {
        match holds {
            Holds::Grant { grant, attribute, .. } => {
                let workflow = self.workflow;
                told::moving(workflow, grant, attribute).for_each(|event| self.hear(event));
            }
            // An occurrence that is annulled shows less than before: what shows it then showed it without the annulment.
            Holds::Event(event) | Holds::Within { of: event, .. } if wanted => self.emit(event),
            Holds::Event(event) | Holds::Within { of: event, .. } => self.hear(event),
            Holds::In { procedure, .. } => self.take_in(procedure),
            Holds::Counted { ballot, .. } => {
                let workflow = self.workflow;
                workflow
                    .procedures
                    .iter()
                    .filter(|it| told::asks(it, ballot))
                    .for_each(|it| self.take_in(&it.name));
            }
            Holds::Now(..) => {}
            Holds::Not(inner) => self.say(inner, !wanted),
            Holds::All(parts) | Holds::Any(parts) => parts.iter().for_each(|part| self.say(part, wanted)),
        }
    }

    /// Takes in what emits an event.
    fn emit(&mut self, event: &Id) {
        if !self.emitted.insert(event.clone()) {
            return;
        }
        let workflow = self.workflow;
        workflow.procedures.iter().filter(|it| it.may_emit(event)).for_each(|it| self.take_in(&it.name));
    }

    /// Takes in what emits an event and what annuls it.
    fn hear(&mut self, event: &Id) {
        self.emit(event);
        if let Some(annulment) = self.workflow.annulment(event) {
            self.hear(&annulment.by);
        }
    }

    /// Whether somebody may open a case who is not silent.
    fn is_opened(&self, procedure: &Procedure) -> bool {
        let silent = |actor: &Actor| match actor {
            Actor::Office(name) | Actor::Seat(name) => self.silent.contains(name),
            Actor::Chair | Actor::Panelist | Actor::Subject => false,
        };
        match &procedure.open.by {
            Actors::AnyOf(all) => !all.iter().all(silent),
            Actors::AllOf(all) => !all.iter().any(silent),
        }
    }

    fn take_in(&mut self, name: &Id) {
        let workflow = self.workflow;
        let Some(procedure) = workflow.procedure(name).filter(|it| self.is_opened(it)) else { return };
        if !self.procedures.insert(name.clone()) {
            return;
        }
        for event in told::heard(procedure) {
            self.hear(event);
        }
        for other in workflow.suspending(name) {
            self.take_in(&other.name);
        }
        for other in &workflow.procedures {
            let about = |one: &Procedure, of: &Procedure| {
                one.about.is_some() && (one.about == of.panel || one.about == of.about)
            };
            if about(other, procedure) || about(procedure, other) {
                self.take_in(&other.name);
            }
        }
    }
}
