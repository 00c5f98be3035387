//! What of a workflow its rules can tell apart: computed once, before the walk.

use std::collections::{BTreeMap, BTreeSet};

use super::blank::{Asked, Told};
use super::key::goes_on;
use super::seating::Seating;
use super::times::{self, Clocks};
use super::{Bounds, story, told};
use crate::engine;
use crate::engine::case::{Case, DutyRun};
use crate::statement::{CaseRef, HolderRef};
use crate::values::{Id, Instant, Span};
use crate::workflow::Workflow;
use crate::workflow::invariant::{Holds, Invariant, Promise};
use crate::workflow::model::{Origin, Procedure, State, Step, Trigger};

/// What matters of a workflow for a set of invariants.
pub(super) struct View<'w> {
    /// As much of it as they hang on: nothing else is done in a walk.
    pub workflow: &'w Workflow,
    pub bounds: Bounds,
    /// Who does nothing, panels spelt out as their seats.
    pub silent: BTreeSet<Id>,
    panels: BTreeMap<Id, Seating>,
    states: BTreeMap<Id, BTreeMap<Id, Clocks>>,
    /// The events that a case can still emit, by procedure and state.
    emitted: BTreeMap<Id, BTreeMap<Id, BTreeSet<Id>>>,
    /// The longest time that anything counts from an event.
    events: BTreeMap<Id, Span>,
    /// The events on which something depends.
    told: BTreeSet<Id>,
    /// The classes that something looks at.
    pub classes: BTreeSet<Id>,
    /// Whether it matters which seats were filled when a ballot opened.
    pub filled: bool,
    /// Whether a chair has anything to do.
    pub chair_acts: bool,
    /// The ballots as a walk sees them.
    ballots: BTreeMap<Id, Asked>,
    /// The steps that move nothing, by procedure, state and place.
    idle: BTreeSet<(Id, Id, usize)>,
    /// When the agreement is opened: long before the first date that something waits for; and where nothing does, so
    /// long ago that no date of the file comes meanwhile.
    pub opened: Instant,
    /// Whether anything counts from the opening of the agreement.
    pub since_opening: bool,
    /// The dates at which something happens: all of the file, where a step waits for one, and those that lie some time
    /// after the opening; else the walk takes place at no date, and what is said of dates is asked of every state with
    /// each of [`View::dates`].
    pub anchored: Vec<Instant>,
    /// The instants that stand for every order of now and the dates of the file, where nothing waits for one.
    pub dates: Vec<Instant>,
    /// How near a date must be to matter: longer than any case takes by itself.
    pub horizon: Span,
    /// How long before a date that a step waits for a case may begin, for the date to come in the midst of it.
    pub leads: Vec<Span>,
    /// How long a time can be that begins between the edges of others; none where nobody acts there.
    pub begun: Vec<Span>,
    /// Parts of propositions that depend on the past of cases.
    pub marks: Vec<Holds>,
    /// What the propositions count from events.
    pub withins: Vec<(Span, Id)>,
    /// How long cases may be open, by procedure.
    pub ends: Vec<(Id, Span)>,
    /// The names of documents that can be struck, by procedure.
    strikable: BTreeMap<Id, BTreeSet<Id>>,
}

impl<'w> View<'w> {
    /// The view of a part of the `whole` workflow for invariants that hang on no more of it, and all suppose the same
    /// silence.
    pub(super) fn new(
        workflow: &'w Workflow,
        whole: &Workflow,
        invariants: &[&Invariant],
        bounds: Bounds,
    ) -> Self {
        let silent = invariants.first().map(|invariant| spelt_out(whole, &invariant.silent));
        let silent = silent.unwrap_or_default();
        let mut parts = Vec::new();
        for proposition in invariants.iter().filter_map(|invariant| invariant.promise.proposition()) {
            proposition.holds.each(&mut |part| parts.push(part.clone()));
        }
        let ends = invariants.iter().filter_map(|invariant| match &invariant.promise {
            Promise::Ends { procedure, within } => Some((procedure.clone(), (*within)?)),
            _ => None,
        });
        let ends: Vec<(Id, Span)> = ends.collect();
        // For how long cases are looked at that may be open so long.
        let open = ends.iter().map(|(_, within)| within.and(Span::from_seconds(1)));
        let withins = parts.iter().filter_map(|part| match part {
            Holds::Within { span, of } => Some((*span, of.clone())),
            _ => None,
        });
        let dates = times::dates(workflow, &parts);
        // Where business days count, nothing can be told as of another day.
        let after_opening = times::after_opening(workflow);
        let waits = workflow.calendar.is_some()
            || !after_opening.is_empty()
            || times::steps(workflow).any(|(_, step)| matches!(step.trigger, Trigger::At(_)));
        let anchored: Vec<Instant> = if waits { dates.iter().copied().collect() } else { Vec::new() };
        let horizon =
            open.clone().map(|it| it.and(Span::from_seconds(1))).fold(times::horizon(workflow), Span::max);
        let opened = match anchored.first() {
            None if waits => story::usual(),
            None => Instant::MIN,
            Some(first) => {
                let far = horizon.seconds().saturating_mul(2);
                story::usual().min(Instant::from_unix(first.unix().saturating_sub_unsigned(far)))
            }
        };
        let counted = after_opening.iter().flat_map(|it| [false, true].map(|late| it.end(opened, late)));
        let anchored: BTreeSet<Instant> = anchored.into_iter().chain(counted).collect();
        let seating = |panel: &_| Seating::of(workflow, panel, &parts, (&silent, bounds.reduced));
        let panels: BTreeMap<Id, Seating> =
            workflow.panels.iter().map(|it| (it.name.clone(), seating(it))).collect();
        let told = told::events(workflow, &parts);
        let matters = |event: &Id| told::matters(workflow, &told, event);
        let mut view = Self {
            workflow,
            bounds,
            panels,
            silent,
            states: BTreeMap::new(),
            emitted: workflow.procedures.iter().map(|it| (it.name.clone(), emitted(it))).collect(),
            events: BTreeMap::new(),
            told: told.clone(),
            classes: told::classes(workflow, &parts),
            filled: !bounds.reduced || told::filled(workflow, &parts),
            chair_acts: !bounds.reduced || told::chair_acts(workflow),
            ballots: if bounds.reduced { ballots(workflow, &parts) } else { BTreeMap::new() },
            idle: if bounds.reduced { idle(workflow, &matters) } else { BTreeSet::new() },
            opened,
            since_opening: !after_opening.is_empty(),
            anchored: anchored.into_iter().collect(),
            dates: if waits { Vec::new() } else { dates.iter().flat_map(|it| [*it, it.next()]).collect() },
            horizon,
            leads: if waits { times::leads(workflow).into_iter().chain(open).collect() } else { Vec::new() },
            begun: if bounds.between { times::begun(workflow) } else { Vec::new() },
            marks: Vec::new(),
            withins: withins.collect(),
            ends,
            strikable: workflow.procedures.iter().map(|it| (it.name.clone(), strikable(it))).collect(),
        };
        for part in parts.iter().filter(|part| matches!(part, Holds::In { .. } | Holds::Counted { .. })) {
            if !view.marks.contains(part) {
                view.marks.push(part.clone());
            }
        }
        for procedure in &workflow.procedures {
            for state in &procedure.states {
                let idle = |place: usize| view.is_idle(&procedure.name, &state.name, place);
                let acts = state.steps.iter().enumerate();
                let acts = acts.filter(|(_, step)| matches!(step.trigger, Trigger::Do(_)));
                let acts = acts.into_iter().any(|(place, _)| !idle(place));
                let seats = !bounds.reduced || told::seats(workflow, (procedure, state), &matters);
                let clocks = Clocks { acts, seats, ..times::clocks(procedure, state) };
                view.states.entry(procedure.name.clone()).or_default().insert(state.name.clone(), clocks);
            }
        }
        for delay in times::delays(workflow) {
            if let Origin::Event(event) = &delay.of {
                let longest = view.events.entry(event.clone()).or_insert(delay.length.longest());
                *longest = (*longest).max(delay.length.longest());
            }
        }
        for (span, event) in &view.withins {
            let longest = view.events.entry(event.clone()).or_insert(*span);
            *longest = (*longest).max(*span);
        }
        view
    }

    /// Whether a case of a procedure that is in a state can still emit an event.
    pub(super) fn still_emits(&self, procedure: &Id, state: &Id, event: &Id) -> bool {
        let emitted = self.emitted.get(procedure).and_then(|states| states.get(state));
        emitted.is_some_and(|events| events.contains(event))
    }

    /// The names of documents that a step of a procedure can strike.
    pub(super) fn strikable(&self, procedure: &Id) -> impl Iterator<Item = &Id> {
        self.strikable.get(procedure).into_iter().flatten()
    }

    pub(super) fn seating(&self, panel: &Id) -> Option<&Seating> {
        self.panels.get(panel)
    }

    pub(super) fn clocks(&self, procedure: &Id, state: &Id) -> Clocks {
        self.states.get(procedure).and_then(|states| states.get(state)).copied().unwrap_or_default()
    }

    /// Whether it matters who has a seat of a standing panel, or of one case, beside the electors of open ballots.
    pub(super) fn seats_matter(&self, state: &engine::State, panel: &Id, case: Option<&CaseRef>) -> bool {
        let of = |procedure: &&Procedure| {
            [&procedure.panel, &procedure.about].into_iter().flatten().any(|its| its == panel)
        };
        self.workflow.procedures.iter().filter(of).any(|procedure| {
            let cases = || state.cases.values().filter(|it| it.id.procedure == procedure.name);
            let most = usize::try_from(self.bounds.cases).unwrap_or(usize::MAX);
            let opens = cases().count() < most;
            let mut going_on = cases().filter(|it| goes_on(self, it));
            if procedure.about.as_ref() == Some(panel) {
                return opens || going_on.next().is_some();
            }
            let mut its = going_on.filter(|it| case.is_none_or(|case| *case == it.id));
            // What is owed from an earlier state is owed by whoever has the seat then.
            let matter = |it: &Case| {
                self.clocks(&procedure.name, &it.state).seats || it.duties.iter().any(DutyRun::tells)
            };
            opens && case.is_none() || its.any(|it| matter(it))
        })
    }

    /// Whether it matters of any seat who may nominate.
    pub(super) fn passes_somewhere(&self) -> bool {
        self.panels.values().any(|it| it.passes.contains(&true))
    }

    /// Whether it matters who may nominate for a seat.
    pub(super) fn passes(&self, state: &engine::State, seat: &HolderRef) -> bool {
        let panel = state.seat(seat).map(|seating| &seating.panel.name);
        let seating = panel.and_then(|panel| self.seating(panel));
        seating.is_some_and(|it| it.place(seat.name()).and_then(|place| it.passes.get(place)) == Some(&true))
    }

    /// Whether something depends on an event.
    pub(super) fn tells(&self, event: &Id) -> bool {
        !self.bounds.reduced || self.told.contains(event)
    }

    /// What is told of the votes of a ballot before it closes.
    pub(super) fn told_of(&self, ballot: &Id) -> Told {
        self.ballots.get(ballot).map_or(Told::Choices, |asked| asked.told)
    }

    /// Whether it matters what becomes of a ballot.
    pub(super) fn asks(&self, ballot: &Id) -> bool {
        !self.bounds.reduced || self.workflow.ballot(ballot).is_some()
    }

    /// Whether it matters what is done in a state.
    pub(super) fn goes_on_from(&self, procedure: &Id, state: &Id) -> bool {
        let state = self.workflow.procedure(procedure).and_then(|it| it.state(state));
        !self.bounds.reduced || state.is_some_and(|state| !state.steps.is_empty())
    }

    /// Whether something counts a class of a ballot.
    pub(super) fn counts_class(&self, ballot: &Id, class: &Id) -> bool {
        self.ballots.get(ballot).is_some_and(|asked| asked.classes.contains(class))
    }

    /// Whether the step at this place of a state's list moves nothing.
    pub(super) fn is_idle(&self, procedure: &Id, state: &Id, place: usize) -> bool {
        self.idle.contains(&(procedure.clone(), state.clone(), place))
    }

    /// The events from which anything counts, each with the longest time.
    pub(super) fn counted(&self) -> impl Iterator<Item = (&Id, &Span)> {
        self.events.iter()
    }

    /// The longest time that anything counts from an event, if anything does.
    pub(super) fn counted_from(&self, event: &Id) -> Option<Span> {
        self.events.get(event).copied()
    }
}

fn ballots(workflow: &Workflow, parts: &[Holds]) -> BTreeMap<Id, Asked> {
    let all = workflow.ballots.iter();
    all.map(|ballot| (ballot.name.clone(), Asked::of(workflow, ballot, parts))).collect()
}

/// Who is silent, panels spelt out as their seats.
pub(super) fn spelt_out(workflow: &Workflow, silent: &[Id]) -> BTreeSet<Id> {
    let seats = |name: &Id| {
        let panel = workflow.panel(name);
        panel.into_iter().flat_map(|panel| &panel.seats).map(|seat| seat.name.clone()).collect::<Vec<_>>()
    };
    silent.iter().flat_map(|name| seats(name).into_iter().chain([name.clone()])).collect()
}

/// The steps that move nothing where these events matter, by procedure, state and place.
pub(super) fn idle(workflow: &Workflow, matters: &dyn Fn(&Id) -> bool) -> BTreeSet<(Id, Id, usize)> {
    let mut idle = BTreeSet::new();
    for procedure in &workflow.procedures {
        for state in &procedure.states {
            let is_idle = |step: &Step| told::is_idle(workflow, (procedure, state, step), matters);
            let places = state.steps.iter().enumerate().filter(|(_, step)| is_idle(step));
            idle.extend(places.map(|(place, _)| (procedure.name.clone(), state.name.clone(), place)));
        }
    }
    idle
}

/// The events that a case can still emit, by the state that it is in.
fn emitted(procedure: &Procedure) -> BTreeMap<Id, BTreeSet<Id>> {
    let from = |state: &State| (state.name.clone(), procedure.emitted_from(&state.name).cloned().collect());
    procedure.states.iter().map(from).collect()
}

fn strikable(procedure: &Procedure) -> BTreeSet<Id> {
    let doings = procedure.states.iter().flat_map(State::doings);
    doings.flat_map(|doing| doing.strikes.iter().cloned()).collect()
}
