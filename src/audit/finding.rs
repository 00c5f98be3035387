//! What an audit finds wrong.

use std::fmt;

use serde::Serialize;

/// One fault of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// The stable name of the rule that is broken: one of the engine's, or `signature`, `entry`,
    /// `tree`, `missing`, `checkpoint`, `anchor`.
    pub rule: String,
    /// What is wrong, in words.
    pub what: String,
}

/// Where a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The entry of this index.
    Entry(u64),
    /// The checkpoint.
    Checkpoint,
    /// The agreement's identity.
    Anchor,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(index) => f.pad(&format!("entry {index}")),
            Self::Checkpoint => f.pad("checkpoint"),
            Self::Anchor => f.pad("anchor"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.place, self.what, self.rule)
    }
}
