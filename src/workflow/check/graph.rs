//! The ways between the states of a procedure.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::values::Id;
use crate::workflow::model::{Duty, Procedure, State, Step};

/// A way from one state to another.
#[derive(Clone, Copy)]
pub(super) struct Way<'p> {
    pub from: &'p State,
    pub index: usize,
    pub step: &'p Step,
    pub to: &'p Id,
}

/// All ways that satisfy `wanted`, in the order of the file.
pub(super) fn ways(procedure: &Procedure, wanted: impl Fn(&Step) -> bool) -> Vec<Way<'_>> {
    let states = procedure.states.iter().filter(|state| !state.ends);
    let ways = states.flat_map(|from| {
        let steps = from.steps.iter().enumerate();
        steps.filter_map(move |(index, step)| Some(Way { from, index, step, to: step.to.as_ref()? }))
    });
    ways.filter(|way| wanted(way.step)).collect()
}

impl Procedure {
    /// The states that a case can come to from one, itself included, in the order of the file.
    pub fn reached<'p>(&'p self, from: &'p Id) -> Vec<&'p State> {
        let reached = reachable(self, from);
        self.states.iter().filter(|state| reached.contains(&state.name)).collect()
    }

    /// The events that a case that is in a state may still emit, there or later on, or by what it owes since before.
    pub fn emitted_from<'p>(&'p self, from: &'p Id) -> impl Iterator<Item = &'p Id> {
        let steps = self.reached(from).into_iter().flat_map(|state| &state.steps);
        steps.flat_map(|step| &step.emits).chain(self.duties().flat_map(Duty::events))
    }

    /// Whether it may still emit this one.
    pub fn still_emits(&self, from: &Id, event: &Id) -> bool {
        self.emitted_from(from).any(|its| its == event)
    }
}

/// The states to which ways lead from `start`, itself included.
pub(super) fn reachable<'p>(procedure: &'p Procedure, start: &'p Id) -> BTreeSet<&'p Id> {
    let ways = ways(procedure, |_| true);
    let next = by_state(&ways, |way| (&way.from.name, way.to));
    let mut reached = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(state) = open.pop() {
        open.extend(next.get(state).into_iter().flatten().filter(|to| reached.insert(**to)));
    }
    reached
}

/// Those of the ways that lie on a circle of them: both ends are in one part of the graph in which every state leads to
/// every other.
pub(super) fn on_circles<'p>(ways: &[Way<'p>]) -> Vec<Way<'p>> {
    let part = parts(ways);
    ways.iter().filter(|way| part.get(&way.from.name) == part.get(way.to)).copied().collect()
}

/// The strongly connected parts of the graph that the ways make, each named by one of its states (Kosaraju).
fn parts<'p>(ways: &[Way<'p>]) -> BTreeMap<&'p Id, &'p Id> {
    let next = by_state(ways, |way| (&way.from.name, way.to));
    let before = by_state(ways, |way| (way.to, &way.from.name));
    let mut seen = BTreeSet::new();
    let mut left_last = Vec::new();
    for start in next.keys().copied() {
        let mut path = Vec::new();
        if seen.insert(start) {
            path.push((start, 0));
        }
        while let Some((state, tried)) = path.last_mut() {
            let to = next.get(*state).and_then(|all| all.get(*tried)).copied();
            *tried += 1;
            match to {
                Some(to) if seen.insert(to) => path.push((to, 0)),
                Some(_) => {}
                None => {
                    left_last.push(*state);
                    path.pop();
                }
            }
        }
    }
    let mut part = BTreeMap::new();
    for name in left_last.into_iter().rev() {
        let mut open = vec![name];
        while let Some(state) = open.pop() {
            if let Entry::Vacant(free) = part.entry(state) {
                free.insert(name);
                open.extend(before.get(state).into_iter().flatten());
            }
        }
    }
    part
}

fn by_state<'p, T>(ways: &[Way<'p>], entry: impl Fn(&Way<'p>) -> (&'p Id, T)) -> BTreeMap<&'p Id, Vec<T>> {
    let mut by_state: BTreeMap<&Id, Vec<T>> = BTreeMap::new();
    for (state, thing) in ways.iter().map(entry) {
        by_state.entry(state).or_default().push(thing);
    }
    by_state
}

/// A shortest way round through `first` by these ways; none where it is on no circle of them.
pub(super) fn circle<'p>(ways: &[Way<'p>], first: Way<'p>) -> Option<Vec<Way<'p>>> {
    let next = by_state(ways, |way| (&way.from.name, *way));
    // By which way each state was come to first.
    let mut came = BTreeMap::from([(first.to, first)]);
    let mut open = VecDeque::from([first.to]);
    while let Some(state) = open.pop_front() {
        if *state == first.from.name {
            let mut path = vec![*came.get(state)?];
            while let Some(way) = path.last().filter(|way| way.from.name != first.from.name) {
                path.push(*came.get(&way.from.name)?);
            }
            path.reverse();
            return Some(path);
        }
        for way in next.get(state).into_iter().flatten() {
            if let Entry::Vacant(free) = came.entry(way.to) {
                free.insert(*way);
                open.push_back(way.to);
            }
        }
    }
    None
}

/// `forming → evidence → forming`.
pub(super) fn words(circle: &[Way<'_>]) -> String {
    let start = circle.iter().take(1).map(|way| way.from.name.as_str());
    start.chain(circle.iter().map(|way| way.to.as_str())).collect::<Vec<_>>().join(" → ")
}
