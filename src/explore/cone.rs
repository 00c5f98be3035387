//! What of a workflow an invariant hangs on (its cone of influence): what the rest does cannot show or hide that the
//! invariant is broken, so that a walk for it leaves the rest alone.
//!
//! A procedure belongs to it where the invariant speaks of its cases or ballots, or of an event that it emits; and where one
//! that belongs to it hears such an event, counts a time from it, stands still while it runs, or has to do with its
//! panel, because cases are about seats. None does of which nobody opens a case but who is silent. Where an invariant would
//! only be kept more often if an event were annulled, whatever annuls it is left alone too.

use std::collections::{BTreeMap, BTreeSet};

use super::told;
use super::view::spelt_out;
use crate::values::Id;
use crate::workflow::Workflow;
use crate::workflow::invariant::{Holds, Invariant, Promise};
use crate::workflow::model::{Actor, Actors, Procedure};

/// Invariants that share a walk: they suppose the same silence, and hang on the same procedures.
pub(super) struct Group<'w> {
    /// Where each stands in the file.
    pub places: Vec<usize>,
    pub invariants: Vec<&'w Invariant>,
    /// What of the workflow they hang on.
    pub part: Workflow,
}

/// The invariants of a workflow, by the walk that they share; unless it is `reduced`, each hangs on all of it.
pub(super) fn groups(workflow: &Workflow, reduced: bool) -> Vec<Group<'_>> {
    let mut alike: BTreeMap<_, (Vec<usize>, Vec<&Invariant>)> = BTreeMap::new();
    for (place, invariant) in workflow.invariants.iter().enumerate() {
        let procedures = reduced.then(|| procedures(workflow, invariant));
        let (places, invariants) = alike.entry((&*invariant.silent, procedures)).or_default();
        places.push(place);
        invariants.push(invariant);
    }
    let group = |((_, procedures), (places, invariants)): ((_, Option<BTreeSet<Id>>), (_, Vec<_>))| {
        let part = procedures
            .map_or_else(|| workflow.clone(), |procedures| part(workflow, &procedures, &invariants));
        Group { places, invariants, part }
    };
    alike.into_iter().map(group).collect()
}

/// The procedures on which an invariant hangs.
fn procedures(workflow: &Workflow, invariant: &Invariant) -> BTreeSet<Id> {
    let silent = spelt_out(workflow, &invariant.silent);
    let mut cone = Cone { workflow, silent, procedures: BTreeSet::new(), emitted: BTreeSet::new() };
    match &invariant.promise {
        Promise::Ends { procedure, .. } => cone.take_in(procedure),
        Promise::Never(it) | Promise::Reaches(it) => cone.say(&it.holds, true),
        Promise::Always(it) => cone.say(&it.holds, false),
    }
    cone.procedures
}

/// A workflow with these procedures alone: with the ballots that they ask, the panels that they have to do with, and the
/// grants of which the invariants speak.
fn part(workflow: &Workflow, procedures: &BTreeSet<Id>, invariants: &[&Invariant]) -> Workflow {
    let mut part = workflow.clone();
    part.procedures.retain(|it| procedures.contains(&it.name));
    let Workflow { procedures, ballots, panels, grants, .. } = &mut part;
    ballots.retain(|ballot| procedures.iter().any(|it| asks(it, &ballot.name)));
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

impl Cone<'_> {
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
                    .filter(|it| asks(it, ballot))
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
        let known = self.workflow.events.iter().find(|known| known.name == *event);
        if let Some(annulment) = known.and_then(|known| known.annulled.as_ref()) {
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
        for other in &workflow.procedures {
            let suspends = other.suspends.as_ref().is_some_and(|it| it.procedures.contains(name));
            let about = |one: &Procedure, of: &Procedure| {
                one.about.is_some() && (one.about == of.panel || one.about == of.about)
            };
            if suspends || about(other, procedure) || about(procedure, other) {
                self.take_in(&other.name);
            }
        }
    }
}

fn asks(procedure: &Procedure, ballot: &Id) -> bool {
    procedure.states.iter().any(|state| state.ballots().any(|asked| asked == ballot))
}
