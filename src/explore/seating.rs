//! The seats of a panel, and which of them nothing tells apart in a walk.
//!
//! Two seats are alike where nothing of the workflow names either, both vote with the same weight and in a class that
//! nothing looks at, or in the same one, and the same can be done about both: somebody fills them, or nobody does. By whom
//! makes no difference where all who could do so act. Exchanging two such seats everywhere in a behaviour gives a behaviour
//! of which every proposition says the same.

use std::collections::BTreeSet;

use super::blank::{Asked, Told};
use super::told;
use crate::values::{Id, Span};
use crate::workflow::Workflow;
use crate::workflow::invariant::Holds;
use crate::workflow::model::{Actor, Actors, Ballot, Origin, Panel, Seat, Vacancy};

/// The seats of a panel, in the order of their names.
pub(super) struct Seating {
    pub names: Vec<Id>,
    /// For each seat a number, the same for those that nothing can tell apart.
    pub kinds: Vec<usize>,
    /// For each seat, whether it matters who may nominate: of the appointer and the filler one acts and one is silent.
    pub passes: Vec<bool>,
    /// After how long the right to nominate passes.
    pub vacancy: Span,
    /// The longest time within which a case about a seat can be opened from its filling on.
    pub counts_filled: Option<Span>,
}

impl Seating {
    /// The seating of a panel in a walk in which these are silent, panels spelt out. Unless it is
    /// `reduced` each seat is of a kind of its own.
    pub(super) fn of(
        workflow: &Workflow,
        panel: &Panel,
        parts: &[Holds],
        (silent, reduced): (&BTreeSet<Id>, bool),
    ) -> Self {
        let mut seats: Vec<&Seat> = panel.seats.iter().collect();
        seats.sort_by(|a, b| a.name.cmp(&b.name));
        let (named, classes) = (named(workflow), told::classes(workflow, parts));
        // A vote for one of them is no vote for another, as far as it is told; and nobody chairs where the chair has nothing to do.
        let told = |ballot: &Ballot| Asked::of(workflow, ballot, parts).told != Told::Nothing;
        let mut ballots = workflow.ballots.iter().filter(|it| it.candidates() && it.panel == panel.name);
        let chairs = told::chair_acts(workflow);
        let chosen = ballots.any(|ballot| chairs || told(ballot));
        let apart = |seat: &Seat| {
            !reduced || chosen || named.contains(&seat.name) || chairs && panel.chair.contains(&seat.name)
        };
        let unfilled = |seat: &Seat| seat.by.iter().any(|by| silent.contains(by));
        let one_acts = |vacancy: &Vacancy, seat: &Seat| {
            !silent.contains(&seat.name) && silent.contains(&vacancy.filled_by) != unfilled(seat)
        };
        let matters = |vacancy: &Vacancy, seat: &Seat| {
            if reduced { one_acts(vacancy, seat) } else { vacancy.changes(seat) }
        };
        let passes = |seat: &Seat| panel.vacancy.as_ref().is_some_and(|vacancy| matters(vacancy, seat));
        let like = |seat: &Seat| {
            let class = seat.class.clone().filter(|class| classes.contains(class));
            (class, seat.weight, silent.contains(&seat.name), unfilled(seat), passes(seat))
        };
        let kind = |(place, seat): (usize, &&Seat)| {
            let twin = seats.iter().take(place).position(|other| !apart(other) && like(other) == like(seat));
            twin.filter(|_| !apart(seat)).unwrap_or(place)
        };
        let about = workflow.procedures.iter().filter(|it| it.about.as_ref() == Some(&panel.name));
        let about = about.flat_map(|it| it.open.within.iter().chain(&it.open.not_before));
        Self {
            names: seats.iter().map(|seat| seat.name.clone()).collect(),
            kinds: seats.iter().enumerate().map(kind).collect(),
            passes: seats.iter().map(|seat| passes(seat)).collect(),
            vacancy: panel.vacancy.as_ref().map_or(Span::from_seconds(0), |vacancy| vacancy.after.longest()),
            counts_filled: about.filter(|it| it.of == Origin::Filled).map(|it| it.length.longest()).max(),
        }
    }

    /// The place of a seat in the lists.
    pub(super) fn place(&self, name: &Id) -> Option<usize> {
        self.names.binary_search(name).ok()
    }
}

/// The seats that the file calls by name where somebody may act.
fn named(workflow: &Workflow) -> BTreeSet<Id> {
    let mut named = BTreeSet::new();
    let mut see = |actors: &Actors| {
        named.extend(actors.named().iter().filter_map(|actor| match actor {
            Actor::Seat(seat) => Some(seat.clone()),
            _ => None,
        }));
    };
    for procedure in &workflow.procedures {
        see(&procedure.open.by);
        for state in &procedure.states {
            state.doings().for_each(|doing| see(&doing.by));
            state.duties.iter().for_each(|duty| see(&duty.by));
        }
    }
    named
}
