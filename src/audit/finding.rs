//! What an audit finds wrong.

use std::fmt;

use serde::Serialize;

/// One fault of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// The stable name of the rule that is broken: one of the engine's, or `signature`, `entry`,
    /// `tree`, `missing`, `not-open`, `other-history`, `two-histories`, `checkpoint`, `cosignature`, `postdated`, `anchor`,
    /// `refusal`, `refusal-time`, `wrongly-refused`.
    pub rule: String,
    /// What is wrong, in words.
    pub what: String,
    /// The first faulty entry before this one, where this may be no more than a consequence of it: an entry
    /// that is left out of the replay makes others break rules that they kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows: Option<u64>,
    /// The signed notes that prove it to anybody who knows the log's key, verbatim.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

impl Finding {
    /// A finding that stands for itself.
    pub(super) fn new(place: Place, rule: &str, what: impl Into<String>) -> Self {
        Self { place, rule: rule.to_owned(), what: what.into(), follows: None, evidence: Vec::new() }
    }
}

/// Where a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The entry of this index.
    Entry(u64),
    /// One or several of the entries from the first to the last of these; which cannot be told.
    Entries(u64, u64),
    /// The checkpoint that the source keeps for this size, beside the newest.
    CheckpointAt(u64),
    /// The newest checkpoint.
    Checkpoint,
    /// The agreement's identity.
    Anchor,
    /// A refusal that the log was compared with.
    Refusal,
}

impl Place {
    /// The first entry that is meant.
    pub fn first_entry(self) -> Option<u64> {
        match self {
            Self::Entry(first) | Self::Entries(first, _) => Some(first),
            Self::CheckpointAt(_) | Self::Checkpoint | Self::Anchor | Self::Refusal => None,
        }
    }

    /// The order in which findings are listed: by entry, then what concerns the whole log.
    pub(super) fn order(self) -> (u64, u8) {
        match self {
            Self::Entry(first) => (first, 0),
            Self::Entries(first, _) => (first, 1),
            Self::CheckpointAt(_) => (u64::MAX, 2),
            Self::Checkpoint => (u64::MAX, 3),
            Self::Anchor => (u64::MAX, 4),
            Self::Refusal => (u64::MAX, 5),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(index) => f.pad(&format!("entry {index}")),
            Self::Entries(first, last) if first == last => f.pad(&format!("entry {first}")),
            Self::Entries(first, last) => f.pad(&format!("entries {first} to {last}")),
            Self::CheckpointAt(size) => f.pad(&format!("checkpoint {size}")),
            Self::Checkpoint => f.pad("checkpoint"),
            Self::Anchor => f.pad("anchor"),
            Self::Refusal => f.pad("refusal"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}", self.place, self.what, self.rule)?;
        match self.follows.filter(|entry| self.place != Place::Entry(*entry)) {
            Some(entry) => write!(f, "; may only follow from entry {entry}]"),
            None => f.write_str("]"),
        }
    }
}
