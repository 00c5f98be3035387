//! The ways between the states of a procedure.

use std::collections::BTreeSet;

use crate::values::Id;
use crate::workflow::model::{Procedure, State, Step};

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
    /// Whether a case that is in a state may still emit an event, there or later on, or by what it owes since before.
    pub fn still_emits(&self, from: &Id, event: &Id) -> bool {
        let there = reachable(self, from, |_| true);
        let mut states = self.states.iter().filter(|state| there.contains(&state.name));
        states.any(|state| state.steps.iter().any(|step| step.emits.contains(event)))
            || self.duties().any(|duty| duty.may_bring(event))
    }
}

/// The states to which ways that satisfy `wanted` lead from `start`, itself included.
pub(super) fn reachable<'p>(
    procedure: &'p Procedure,
    start: &'p Id,
    wanted: impl Fn(&Step) -> bool,
) -> BTreeSet<&'p Id> {
    let ways = ways(procedure, wanted);
    let mut reached = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(state) = open.pop() {
        for way in ways.iter().filter(|way| way.from.name == *state) {
            if reached.insert(way.to) {
                open.push(way.to);
            }
        }
    }
    reached
}

/// A shortest way round through `first`, by ways that satisfy `wanted`; none where it is on no circle.
pub(super) fn circle<'p>(
    procedure: &'p Procedure,
    first: Way<'p>,
    wanted: impl Fn(&Step) -> bool,
) -> Option<Vec<Way<'p>>> {
    let ways = ways(procedure, wanted);
    let mut paths = vec![vec![first]];
    let mut seen = BTreeSet::from([first.to]);
    while !paths.is_empty() {
        let mut longer = Vec::new();
        for path in paths {
            let Some(last) = path.last() else { continue };
            if *last.to == first.from.name {
                return Some(path);
            }
            for way in ways.iter().filter(|way| way.from.name == *last.to) {
                if seen.insert(way.to) {
                    longer.push(path.iter().copied().chain([*way]).collect());
                }
            }
        }
        paths = longer;
    }
    None
}

/// `forming → evidence → forming`.
pub(super) fn words(circle: &[Way<'_>]) -> String {
    let start = circle.iter().take(1).map(|way| way.from.name.as_str());
    start.chain(circle.iter().map(|way| way.to.as_str())).collect::<Vec<_>>().join(" → ")
}
