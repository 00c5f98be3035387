//! Which workflow was in force when: that of the opening, then one for each amendment.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::panel::Done;
use crate::engine::state::State;
use crate::values::{Id, Instant};
use crate::workflow::Workflow;
use crate::workflow::model::Grant;

/// A workflow, from when it was in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The workflow.
    pub workflow: Arc<Workflow>,
    /// Since when, and by which entry.
    pub from: Done,
    /// On what occasion the parties put it into force; `None` for the opening.
    pub occasion: Option<String>,
    /// Grants of earlier workflows that ended with an amendment: one status, for good.
    pub ended: Vec<Grant>,
    /// Of each grant that goes on, the name that it had in the workflow before.
    pub(super) carries: BTreeMap<Id, Id>,
}

impl InForce {
    pub(super) fn opening(workflow: Arc<Workflow>, at: Instant) -> Self {
        let from = Done { at, entry: 0 };
        Self { workflow, from, occasion: None, ended: Vec::new(), carries: BTreeMap::new() }
    }

    /// Its grants in the workflow's order, then those that ended before it.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.workflow.grants.iter().chain(&self.ended)
    }
}

impl State {
    /// The workflow that was in force at an instant, from the instant of its amendment on; `None` before the opening.
    pub fn in_force_at(&self, at: Instant) -> Option<&InForce> {
        self.workflows.iter().rev().find(|workflow| workflow.from.at <= at)
    }
}
