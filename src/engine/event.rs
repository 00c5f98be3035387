//! Events: named facts that steps emit, and their annulment.

use std::sync::Arc;

use crate::statement::{BallotRef, CaseRef};
use crate::values::{Id, Instant};
use crate::workflow::model::AnnulledFrom;

/// One time that an event was emitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// Which event.
    pub event: Id,
    /// The case that emitted it.
    pub case: CaseRef,
    /// When.
    pub at: Instant,
    /// By what.
    pub why: Why,
    /// Set once another event has annulled it.
    pub annulled: Option<Annulled>,
}

/// How an occurrence was annulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annulled {
    /// The annulling event.
    pub by: Id,
    /// When that was emitted.
    pub at: Instant,
    /// From when the annulled one no longer counts.
    pub from: AnnulledFrom,
    /// By what the annulling event was emitted.
    pub why: Why,
}

impl Occurrence {
    /// The first instant at which the occurrence no longer counts; `None` where it was not annulled.
    /// Equal to `at` where it never counted.
    pub fn until(&self) -> Option<Instant> {
        self.annulled.as_ref().map(|annulled| match annulled.from {
            AnnulledFrom::Then => annulled.at,
            AnnulledFrom::Start => self.at,
        })
    }

    /// Whether it speaks to a case: its own does, and one of another procedure, which looks at what this one
    /// found. Other cases of the same procedure go their own ways.
    pub fn reaches(&self, case: &CaseRef) -> bool {
        self.case == *case || self.case.procedure != case.procedure
    }

    /// Whether it counts now, after everything that has been recorded.
    pub fn live(&self) -> bool {
        self.annulled.is_none()
    }
}

/// What set a change off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The entry whose admission did it, or `None` where only time passed.
    pub entry: Option<u64>,
    /// The ballot whose outcome did it.
    pub ballot: Option<BallotRef>,
    /// The trigger in words: `declare by openai`, `outcome verified`, `after 60 days`.
    pub words: String,
    /// The step's line in the workflow; 0 for the opening of a case.
    pub line: usize,
}

/// All occurrences, in the order in which they were emitted.
pub type Events = Vec<Arc<Occurrence>>;
