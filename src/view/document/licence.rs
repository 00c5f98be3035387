//! The licence: every grant, with its value.

use serde::Serialize;
use utoipa::ToSchema;

use super::facts::Facts;
use super::grant::Grant;
use crate::engine::State;
use crate::log::Head;
use crate::values::Instant;

/// The licence: every grant, its value, since when, why, and what could move it next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Licence {
    /// What every answer begins with.
    #[serde(flatten)]
    pub facts: Facts,
    /// Whether the time asked about is later than the last entry: then it is what follows if nobody has acted since.
    pub beyond_last_entry: bool,
    /// Every grant, in the workflow's order; then those that an amendment ended.
    pub grants: Vec<Grant>,
    /// As of when the record was looked at. There where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub known_at: Option<KnownAt>,
}

/// As of when the record was looked at: not what was annulled or amended afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KnownAt {
    /// When.
    pub at: Instant,
    /// How many entries it had then.
    pub entries: u64,
}

impl Licence {
    /// A function of the log up to `head` and of the time asked for alone. `None` before the opening.
    pub fn of(state: &State, head: Head, at: Instant) -> Option<Self> {
        let later = state.at(at);
        let licence = later.licence(at)?;
        Some(Self {
            facts: Facts::of(state, head, at),
            beyond_last_entry: licence.beyond_last_entry,
            grants: Grant::all(&later, &licence),
            known_at: None,
        })
    }
}
