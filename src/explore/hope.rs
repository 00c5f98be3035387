//! What a walk need not go on with: states after which what it looks for can come no more, those in which nothing of it can come,
//! and acts that only lead round.
//!
//! A proposition comes to be so by an event that is emitted or annulled, a ballot that closes, a case that goes on, or
//! time. Which events a case can still emit, and which ballots it can still ask, the states say that it can come to.

use std::collections::BTreeSet;

use super::holds::holds;
use super::told;
use super::view::View;
use crate::engine::State;
use crate::engine::case::Case;
use crate::values::{Id, Instant};
use crate::workflow::Workflow;
use crate::workflow::invariant::{Holds, Invariant, Promise};
use crate::workflow::model::{self, Actor, Cause, Doing, Gives, Moves, Origin, Procedure, Step, Trigger};

/// Whether a state or one after it may show something of one of these invariants.
pub(super) fn is_left(view: &View<'_>, invariants: &[Invariant], (state, now): (&State, Instant)) -> bool {
    let ahead = Ahead { view, state, now };
    invariants.iter().any(|invariant| match &invariant.promise {
        Promise::Ends { procedure, .. } => ahead.goes_on(procedure),
        Promise::Never(it) | Promise::Reaches(it) => ahead.may_be(&it.holds, true),
        Promise::Always(it) => ahead.may_be(&it.holds, false),
    })
}

struct Ahead<'a> {
    view: &'a View<'a>,
    state: &'a State,
    now: Instant,
}

impl Ahead<'_> {
    /// Whether a proposition is as `wanted`, or may come to be.
    fn may_be(&self, what: &Holds, wanted: bool) -> bool {
        match what {
            Holds::Not(inner) => self.may_be(inner, !wanted),
            Holds::All(parts) if wanted => parts.iter().all(|part| self.may_be(part, wanted)),
            Holds::Any(parts) if !wanted => parts.iter().all(|part| self.may_be(part, wanted)),
            Holds::All(parts) | Holds::Any(parts) => parts.iter().any(|part| self.may_be(part, wanted)),
            part => holds(self.state, self.now, self.now, part) == wanted || self.may_come(part, wanted),
        }
    }

    /// Whether a part of a proposition may come to be as `wanted`, which it is not.
    fn may_come(&self, part: &Holds, wanted: bool) -> bool {
        let workflow = self.view.workflow;
        match part {
            Holds::Event(event) if wanted => self.emits(event),
            Holds::Event(event) => self.annuls(event),
            // Where the newest is annulled, an older one is told of.
            Holds::Within { of, .. } if wanted => self.emits(of) || self.annuls(of),
            // It comes to a value as that is moved to, or as what moved it to another does not count any more; and leaves it so.
            Holds::Grant { grant, attribute, value } => {
                told::moves(workflow, grant, attribute).any(|(is, moves)| {
                    let comes = (*is == *value) == wanted;
                    moves.causes().iter().any(|cause| match cause {
                        Cause::Event(event) if comes => self.emits(event),
                        Cause::Event(event) => self.annuls(event),
                        Cause::At(..) | Cause::After(_) => true,
                    })
                })
            }
            Holds::In { procedure, .. } => self.goes_on(procedure),
            Holds::Counted { ballot, .. } => workflow.procedures.iter().any(|procedure| {
                self.any_of(procedure, told::asks(procedure, ballot), |from| {
                    procedure.reached(from).iter().any(|state| state.ballots().any(|asked| asked == ballot))
                })
            }),
            // Time brings it.
            Holds::Within { .. } | Holds::Now(..) | Holds::Not(_) | Holds::All(_) | Holds::Any(_) => true,
        }
    }

    fn emits(&self, event: &Id) -> bool {
        self.view.workflow.procedures.iter().any(|procedure| {
            self.any_of(procedure, procedure.may_emit(event), |from| {
                self.view.still_emits(&procedure.name, from, event)
            })
        })
    }

    fn annuls(&self, event: &Id) -> bool {
        self.view.workflow.annulment(event).is_some_and(|annulment| self.emits(&annulment.by))
    }

    /// Whether something is so of a procedure of which another case may be opened, or of a case of it by its state.
    fn any_of(&self, procedure: &Procedure, opened: bool, from: impl Fn(&Id) -> bool) -> bool {
        opened && self.may_open(procedure)
            // In a state that ends a case things can be done as well.
            || self.cases(procedure).any(|case| from(&case.state))
    }

    fn goes_on(&self, procedure: &Id) -> bool {
        let procedure = self.view.workflow.procedure(procedure);
        procedure.is_some_and(|it| self.may_open(it) || self.cases(it).any(|case| case.ended.is_none()))
    }

    fn may_open(&self, procedure: &Procedure) -> bool {
        let most = usize::try_from(self.view.bounds.cases).unwrap_or(usize::MAX);
        self.cases(procedure).count() < most
    }

    fn cases<'s>(&'s self, procedure: &'s Procedure) -> impl Iterator<Item = &'s Case> {
        let all = self.state.cases.values().map(|case| &**case);
        all.filter(|case| case.id.procedure == procedure.name)
    }
}

/// The states of a procedure in which what these invariants look for can come no more, where one case of it is opened at
/// most: it needs an event that nothing else emits, and neither has it been emitted on the way there, nor can it be.
pub(super) fn dead<'w>(
    workflow: &Workflow,
    procedure: &'w Procedure,
    invariants: &[&Invariant],
) -> BTreeSet<&'w Id> {
    let needed: Vec<BTreeSet<&Id>> = invariants.iter().map(|it| needed(workflow, it)).collect();
    let only = |event: &Id| {
        let mut others = workflow.procedures.iter().filter(|other| other.name != procedure.name);
        !procedure.open.emits.contains(event)
            && !procedure.duties().any(|duty| duty.may_bring(event))
            && !others.any(|other| other.may_emit(event))
    };
    let out_of_reach = |state: &Id, event: &Id| {
        let emitting = procedure.states.iter().flat_map(|from| {
            let steps = from.steps.iter().filter(|step| step.emits.contains(event));
            steps.map(|step| step.to.as_ref().unwrap_or(&from.name))
        });
        let mut after = emitting.flat_map(|to| procedure.reached(to));
        only(event) && !procedure.still_emits(state, event) && !after.any(|after| after.name == *state)
    };
    let is_dead = |state: &&Id| {
        !needed.is_empty()
            && needed.iter().all(|of_one| of_one.iter().any(|event| out_of_reach(state, event)))
    };
    procedure.states.iter().map(|state| &state.name).filter(is_dead).collect()
}

/// What invariants that share a walk look at: the events on which they hang, and the ballots and procedures of which they speak.
pub(super) struct Regard<'a> {
    events: &'a BTreeSet<Id>,
    ballots: BTreeSet<Id>,
    procedures: BTreeSet<Id>,
}

impl<'a> Regard<'a> {
    pub(super) fn of(events: &'a BTreeSet<Id>, invariants: &[&Invariant]) -> Self {
        let (mut ballots, mut procedures) = (BTreeSet::new(), BTreeSet::new());
        for invariant in invariants {
            if let Promise::Ends { procedure, .. } = &invariant.promise {
                procedures.insert(procedure.clone());
            }
            let Some(proposition) = invariant.promise.proposition() else { continue };
            proposition.holds.each(&mut |part| match part {
                Holds::In { procedure, .. } => drop(procedures.insert(procedure.clone())),
                Holds::Counted { ballot, .. } => drop(ballots.insert(ballot.clone())),
                _ => {}
            });
        }
        Self { events, ballots, procedures }
    }

    /// Whether neither what a state asks nor what comes in it is looked at.
    fn passes_over(&self, state: &model::State) -> bool {
        !state.ballots().any(|ballot| self.ballots.contains(ballot))
            && state.steps.iter().all(|step| self.is_unheard(step))
    }

    /// Whether nothing that is looked at comes of a step but where it leads.
    fn is_unheard(&self, step: &Step) -> bool {
        step.effect.is_none() && !step.emits.iter().any(|event| self.events.contains(event))
    }

    /// Whether it is looked at that a case of a procedure is in some state and not in another.
    fn heeds(&self, procedure: &Procedure) -> bool {
        self.procedures.contains(&procedure.name)
            || procedure.suspends.is_some()
            || procedure.about.is_some()
            || procedure.duties().any(|duty| self.events.iter().any(|event| duty.may_bring(event)))
    }

    /// The states of a procedure from which nothing of a case is looked at any more, where one case of it is opened at most:
    /// neither what it emits nor what it asks, nor that it goes on.
    pub(super) fn of_no_account<'w>(&self, part: &Workflow, procedure: &'w Procedure) -> BTreeSet<&'w Id> {
        let mut about = part.procedures.iter().filter_map(|it| it.about.as_ref());
        let matters = self.heeds(procedure) || about.any(|panel| procedure.panel.as_ref() == Some(panel));
        let over = |name: &&Id| procedure.reached(name).into_iter().all(|state| self.passes_over(state));
        procedure.states.iter().map(|state| &state.name).filter(|_| !matters).filter(over).collect()
    }

    /// The acts, by state and place, that only lead back to where they were done, by states that are passed over or are `dead`:
    /// without one a case can do all that it can with it. Where it comes back nothing begins anew, and nothing is missed meanwhile:
    /// there people act, and neither time nor another case does; on the way nothing is served, put off, struck, or filed that matters.
    pub(super) fn detours<'w>(
        &self,
        workflow: &Workflow,
        procedure: &'w Procedure,
        dead: &BTreeSet<&Id>,
    ) -> BTreeSet<(&'w Id, usize)> {
        let live = || procedure.states.iter().filter(|state| !dead.contains(&state.name));
        let chairs = told::who_acts(live()).any(|actor| *actor == Actor::Chair);
        let gives_chair = |ballot: &Id| {
            let outcomes = workflow.ballot(ballot).map_or(&[][..], |ballot| &ballot.outcomes);
            outcomes.iter().any(|outcome| outcome.gives == Some(Gives::Chair))
        };
        let is_mere = |doing: &Doing| {
            doing.strikes.is_empty()
                && doing.serves.is_empty()
                && doing.extends.is_none()
                && !workflow.heeds(procedure, &doing.attach)
        };
        let acts_alone = |state: &&model::State| {
            let counts = |step: &Step| step.delays().any(|delay| delay.of == Origin::Entered);
            state.ballots().next().is_none()
                && state.duties.is_empty()
                && state.steps.iter().all(|step| matches!(step.trigger, Trigger::Do(_)) && !counts(step))
        };
        let on_the_way = |state: &model::State| {
            !state.ends
                && self.passes_over(state)
                && state.duties.is_empty()
                && state.doings().all(is_mere)
                && !(chairs && state.ballots().any(gives_chair))
        };
        let leads_back = |from: &model::State, step: &Step| {
            let (Trigger::Do(doing), Some(to)) = (&step.trigger, &step.to) else { return false };
            let same = from.doings().filter(|other| other.act == doing.act).count();
            if same > 1 || !self.is_unheard(step) || !is_mere(doing) {
                return false;
            }
            let (mut seen, mut open) = (BTreeSet::from([to]), vec![to]);
            while let Some(name) = open.pop() {
                if *name == from.name || dead.contains(name) {
                    continue;
                }
                let Some(state) = procedure.state(name).filter(|state| on_the_way(state)) else {
                    return false;
                };
                open.extend(
                    state.steps.iter().filter_map(|step| step.to.as_ref()).filter(|it| seen.insert(*it)),
                );
            }
            true
        };
        let mut all = BTreeSet::new();
        for state in live().filter(acts_alone).filter(|_| !self.heeds(procedure)) {
            let acts = state.steps.iter().enumerate().filter(|(_, step)| leads_back(state, step));
            all.extend(acts.map(|(place, _)| (&state.name, place)));
        }
        all
    }
}

/// Events of which each must have been emitted for an invariant to show something.
fn needed<'w>(workflow: &'w Workflow, invariant: &'w Invariant) -> BTreeSet<&'w Id> {
    match &invariant.promise {
        Promise::Ends { .. } => BTreeSet::new(),
        Promise::Never(it) | Promise::Reaches(it) => needed_for(workflow, &it.holds, true),
        Promise::Always(it) => needed_for(workflow, &it.holds, false),
    }
}

fn needed_for<'w>(workflow: &'w Workflow, what: &'w Holds, wanted: bool) -> BTreeSet<&'w Id> {
    match what {
        Holds::Event(event) | Holds::Within { of: event, .. } if wanted => BTreeSet::from([event]),
        // A value that stands from the beginning, wherever else it stands, needs nothing.
        Holds::Grant { grant, attribute, value }
            if wanted && !told::is_first(workflow, grant, attribute, value) =>
        {
            let mut moves = told::moves(workflow, grant, attribute).filter(|(is, _)| *is == value);
            match (moves.next().map(|(_, moves)| moves), moves.next()) {
                (Some(Moves::FirstOf(causes)), None) => match &causes[..] {
                    [Cause::Event(event)] => BTreeSet::from([event]),
                    _ => BTreeSet::new(),
                },
                (Some(Moves::AllOf(causes)), None) => causes.iter().filter_map(Cause::event).collect(),
                _ => BTreeSet::new(),
            }
        }
        Holds::Not(inner) => needed_for(workflow, inner, !wanted),
        Holds::All(parts) | Holds::Any(parts) => {
            let together = matches!(what, Holds::All(_)) == wanted;
            let mut each = parts.iter().map(|part| needed_for(workflow, part, wanted));
            let first = each.next().unwrap_or_default();
            each.fold(first, |so_far, more| if together { &so_far | &more } else { &so_far & &more })
        }
        _ => BTreeSet::new(),
    }
}
