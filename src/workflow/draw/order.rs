//! In which order the states of a procedure are drawn.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::values::Id;
use crate::workflow::model::{Procedure, State};

/// The states from the start on, nearer ones first and those that end last, so that most lines lead down the page.
pub(super) fn states(procedure: &Procedure) -> Vec<&State> {
    let known: BTreeMap<&Id, &State> = procedure.states.iter().map(|state| (&state.name, state)).collect();
    let mut seen = BTreeSet::from([&procedure.start]);
    let mut queue = VecDeque::from([&procedure.start]);
    let mut order: Vec<&State> = Vec::new();
    while let Some(state) = queue.pop_front().and_then(|name| known.get(name)) {
        order.push(state);
        queue.extend(state.steps.iter().filter_map(|step| step.to.as_ref()).filter(|to| seen.insert(to)));
    }
    // What no case reaches is drawn all the same: the workflow says it.
    order.extend(procedure.states.iter().filter(|state| !seen.contains(&state.name)));
    order.sort_by_key(|state| state.ends);
    order
}
