//! What every answer about an agreement begins with.

use serde::Serialize;
use utoipa::ToSchema;

use crate::engine::State;
use crate::log::Head;
use crate::statement::AgreementRef;
use crate::values::{Digest, Instant};
use crate::view::workflow_at;
use crate::workflow::model::Nature;

/// What every answer about an agreement begins with: what it is, under which workflow, as of when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Facts {
    /// The agreement.
    pub agreement: AgreementRef,
    /// The workflow's title.
    pub title: String,
    /// Whether the workflow is a study, which binds nobody.
    pub specimen: bool,
    /// The workflow that was in force at the time asked about; before the opening, that of the opening.
    pub workflow: Digest,
    /// Every workflow that was in force, in order. There where the agreement was amended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub workflows: Option<Vec<InForce>>,
    /// The contract that the workflow puts into practice.
    pub contract: Contract,
    /// How many readings of the contract in the workflow are its authors' own.
    pub readings: usize,
    /// The time asked about.
    pub at: Instant,
    /// The log's newest state, on which the answer rests.
    pub head: Head,
}

/// A workflow, from when it was in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct InForce {
    /// The SHA-256 of its text.
    pub workflow: Digest,
    /// Its title.
    pub title: String,
    /// Since when it was in force.
    pub from: Instant,
    /// The entry that put it into force.
    pub entry: u64,
    /// On what occasion the parties did; `null` for the opening.
    #[schema(required)]
    pub occasion: Option<String>,
}

/// The contract that a workflow puts into practice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Contract {
    /// The SHA-256 of the contract's text that the workflow was written for.
    pub digest: Digest,
    /// Whether the contract prevails where the two differ. It always does.
    pub prevails: bool,
}

impl Facts {
    /// Where the agreement was amended, `workflow` is the one that was in force at the time, and `workflows` tells all.
    pub fn of(state: &State, head: Head, at: Instant) -> Self {
        let workflow = workflow_at(state, at);
        Self {
            agreement: state.agreement.clone(),
            title: workflow.title.clone(),
            specimen: workflow.nature == Nature::Specimen,
            workflow: workflow.digest,
            workflows: InForce::amended(state),
            contract: Contract { digest: workflow.contract.digest, prevails: true },
            readings: workflow.readings.len(),
            at,
            head,
        }
    }
}

impl InForce {
    /// Every workflow that was in force, where there was more than one.
    pub fn amended(state: &State) -> Option<Vec<Self>> {
        let each = state.workflows.iter().map(|it| Self {
            workflow: it.workflow.digest,
            title: it.workflow.title.clone(),
            from: it.from.at,
            entry: it.from.entry,
            occasion: it.occasion.clone(),
        });
        (state.workflows.len() > 1).then(|| each.collect())
    }
}
