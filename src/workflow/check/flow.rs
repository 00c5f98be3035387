//! Whether every case comes to an end, though nobody ever does anything.
//!
//! Two rules together give it. From each state a chain of ways that need nobody and can be taken any
//! number of times leads to a state that ends the case; and no circle of ways that need nobody can be
//! gone round without end. An outcome counts as needing nobody, even one that takes votes: otherwise
//! a panel could keep a case open for ever. A circle that takes an act each time round is a warning.

use std::collections::BTreeSet;

use super::counts::Silence;
use super::graph::{Way, circle, on_circles, reachable, ways, words};
use super::outcomes::{follower, possible, unhandled};
use super::together;
use super::{Checker, place_of_state, place_of_step};
use crate::values::Id;
use crate::workflow::model::{Actor, Actors, Origin, Procedure, State, Step, Trigger, Workflow};

pub(super) fn check(c: &mut Checker<'_>, procedure: &Procedure) {
    ways_out(c, procedure);
    let mut told = BTreeSet::new();
    circles(c, procedure, &mut told, no_time, |c, way, path| {
        let place = place_of_step(procedure, way.from, way.index);
        let help = "The machine would run round in no time: let one of the steps take time or an act";
        c.error(&place, format!("the circle {} takes no time", words(path)), help);
    });
    circles(c, procedure, &mut told, without_anybody, |c, way, path| {
        let place = place_of_step(procedure, way.from, way.index);
        let help = "Limit one of its steps (at-most = 1), and add a step for when it is used up";
        let message = format!("the circle {} has no bound, and nobody needs to act in it", words(path));
        c.error(&place, message, help);
    });
    let unbounded = |step: &Step| step.at_most.is_none();
    circles(c, procedure, &mut told, unbounded, |c, way, path| {
        let place = place_of_step(procedure, way.from, way.index);
        let help = "Whoever acts in it can put the end off for ever: limit a step with at-most";
        let alone =
            alone(path).map_or_else(String::new, |who| format!(", and `{who}` alone can go round it"));
        let message = format!("the circle {} has no bound{alone}", words(path));
        if procedure.suspends.is_some() {
            c.error(&place, format!("a suspension without end: {message}"), help);
        } else {
            c.warn(&place, message, help);
        }
    });
}

/// Reports a circle of such ways once for each group of states that it joins.
fn circles<'p>(
    c: &mut Checker<'_>,
    procedure: &'p Procedure,
    told: &mut BTreeSet<&'p Id>,
    wanted: fn(&Step) -> bool,
    mut report: impl FnMut(&mut Checker<'_>, Way<'p>, &[Way<'p>]),
) {
    let ways = on_circles(&ways(procedure, wanted));
    for way in &ways {
        if told.contains(&way.from.name) {
            continue;
        }
        if let Some(path) = circle(&ways, *way) {
            told.extend(path.iter().map(|way| way.to));
            report(c, *way, &path);
        }
    }
}

/// A party or role that may do every act of the circle.
fn alone<'p>(circle: &[Way<'p>]) -> Option<&'p Id> {
    let acts = circle.iter().filter_map(|way| match &way.step.trigger {
        Trigger::Do(doing) => Some(&doing.by),
        _ => None,
    });
    let mut who = acts.map(|by| match by {
        Actors::AnyOf(all) => all.iter().filter_map(office).collect(),
        Actors::AllOf(_) => Vec::new(),
    });
    let first: Vec<&Id> = who.next()?;
    let rest: Vec<Vec<&Id>> = who.collect();
    first.into_iter().find(|office| rest.iter().all(|others| others.contains(office)))
}

fn office(actor: &Actor) -> Option<&Id> {
    match actor {
        Actor::Office(name) => Some(name),
        _ => None,
    }
}

fn no_time(step: &Step) -> bool {
    match &step.trigger {
        Trigger::When(condition) => !together::waits(condition),
        Trigger::After(delay) => !delay.length.is_some_time(),
        _ => false,
    }
}

fn without_anybody(step: &Step) -> bool {
    step.at_most.is_none() && !matches!(step.trigger, Trigger::Do(_))
}

fn ways_out(c: &mut Checker<'_>, procedure: &Procedure) {
    let clocks = Clocks { workflow: c.workflow, procedure, annulled: &BTreeSet::new() };
    for state in clocks.for_ever() {
        let message = format!("if nobody does anything, a case stays in `{}` for ever", state.name);
        let put_off = state.steps.iter().any(|step| match &step.trigger {
            Trigger::After(delay) => !clocks.surely_run(state, &delay.of),
            _ => false,
        });
        let help = if put_off {
            "A clock that counts from an event that may not come, can come again or can be annulled may never \
             run out: count one from `entered` or `opened`: { after = \"90 days\", to = \"…\" }"
        } else {
            "Add a step that needs nobody, without at-most, and leads to an end: \
             { after = \"90 days\", to = \"…\" }; or say ends = true"
        };
        c.error_at_name(&place_of_state(procedure, state), message, help);
    }
}

impl Workflow {
    /// A state that a case in `from` comes to, or is in, in which it could stay for ever if nobody did anything, were
    /// these events annulled as well: by the text of a case that runs under other rules.
    pub fn stays_for_ever<'p>(
        &self,
        procedure: &'p Procedure,
        from: &'p Id,
        annulled: &BTreeSet<&Id>,
    ) -> Option<&'p State> {
        let there = reachable(procedure, from);
        let clocks = Clocks { workflow: self, procedure, annulled };
        clocks.for_ever().into_iter().find(|state| there.contains(&state.name))
    }
}

/// The clocks of a procedure, and what annuls the events from which they count besides its own workflow.
#[derive(Clone, Copy)]
struct Clocks<'p, 'a> {
    workflow: &'a Workflow,
    procedure: &'p Procedure,
    annulled: &'a BTreeSet<&'a Id>,
}

impl<'p> Clocks<'p, '_> {
    /// The states from which silence leads to no end.
    fn for_ever(self) -> Vec<&'p State> {
        let mut left: Vec<(&State, Vec<BTreeSet<&Id>>)> =
            self.procedure.states.iter().map(|state| (state, self.leads(state))).collect();
        let mut out: BTreeSet<&Id> = BTreeSet::new();
        loop {
            let known = out.len();
            left.retain(|(state, ways)| {
                let leads_out = ways.iter().any(|to| to.is_subset(&out));
                if leads_out {
                    out.insert(&state.name);
                }
                !leads_out
            });
            if out.len() == known {
                return left.into_iter().map(|(state, _)| state).collect();
            }
        }
    }

    /// Where silence leads from a state, each way with all states to which it may: to none where the case ends there.
    fn leads(self, state: &'p State) -> Vec<BTreeSet<&'p Id>> {
        if state.ends {
            return vec![BTreeSet::new()];
        }
        let timed = |step: &&Step| match &step.trigger {
            Trigger::At(_) => true,
            Trigger::After(delay) => self.surely_run(state, &delay.of),
            _ => false,
        };
        let lasting = state.steps.iter().filter(|step| step.at_most.is_none()).filter(timed);
        let lasting = lasting.filter_map(|step| Some([step.to.as_ref()?].into()));
        lasting.chain(closes(self.workflow, state)).collect()
    }

    /// Whether a clock of a state with this origin surely runs and nobody can put it off: the case itself has emitted
    /// the event on opening, no step or duty of it emits it anew, and nothing annuls it; or service alone leads to the state.
    /// What a case of another procedure emits does not matter then: a case's own occurrence comes first.
    fn surely_run(self, state: &State, origin: &Origin) -> bool {
        let event = match origin {
            Origin::Entered | Origin::Opened | Origin::Agreement => return true,
            Origin::Served => return served_on_entering(self.procedure, state),
            Origin::Filled => return false,
            Origin::Event(event) => event,
        };
        let annulled = self.workflow.events.iter().any(|it| it.name == *event && it.annulled.is_some());
        self.procedure.open.emits.contains(event)
            && !self.procedure.emits_on_its_way(event)
            && !annulled
            && !self.annulled.contains(event)
    }
}

/// Whether every way into the state serves notice, and nobody there can serve it anew without end.
fn served_on_entering(procedure: &Procedure, state: &State) -> bool {
    let serves = |step: &Step| matches!(&step.trigger, Trigger::Do(doing) if !doing.serves.is_empty());
    let mut all = procedure.states.iter().flat_map(|from| &from.steps);
    let mut here = state.steps.iter();
    procedure.start != state.name
        && all.all(|step| step.to.as_ref() != Some(&state.name) || serves(step))
        && here.all(|step| !serves(step) || step.to.is_some() || step.at_most.is_some())
}

/// Where the closing of the state's ballot leads: to all states that follow its outcomes without a vote, whoever is
/// seated; `None` where some outcome does not lead on. What is told of an outcome is not told again here.
fn closes<'p>(workflow: &Workflow, state: &'p State) -> Option<BTreeSet<&'p Id>> {
    if !state.together.is_empty() {
        return Some(together::leads(workflow, state));
    }
    let ballot = workflow.ballot(state.ballot.as_ref()?)?;
    let panel = &*ballot.part_of(workflow.panel(&ballot.panel)?);
    if !unhandled(ballot, state).is_empty() {
        return Some(BTreeSet::new());
    }
    let follows = |outcome: &str| follower(state, outcome).and_then(|step| step.to.as_ref());
    let silent = [true, false].map(|filled| Silence { panel, filled }.outcomes(ballot));
    let silent = silent.iter().flatten().map(|outcome| follows(outcome)).collect::<Option<_>>()?;
    possible(ballot).all(|outcome| follows(outcome).is_some()).then_some(silent)
}
