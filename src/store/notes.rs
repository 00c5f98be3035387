//! What a store keeps of an agreement beside its log: notes of cosigned heads, and whether it may go on.

use std::fmt;
use std::str::FromStr;

use super::StoreError;
use crate::values::{ValueError, serde_as_text};

/// Notes of heads, each with its size, in ascending order; see [`Store::checkpoints`](super::Store::checkpoints).
pub type Notes<'a> = Box<dyn Iterator<Item = Result<(u64, String), StoreError>> + Send + 'a>;

/// Why nothing may be added to an agreement that is stored here: going on could fork its log, or would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadOnly {
    /// It was rebuilt from a copy, and nobody has confirmed that the log did not go on after that.
    Restored,
    /// The log has signed a head of this size, and the store ends before it.
    Newer(u64),
    /// The log has signed another root than the store's for this size.
    TwoHistories(u64),
}

impl ReadOnly {
    /// Whether the log's own signature proves that this is not its newest or only history.
    pub fn is_proven(self) -> bool {
        self != Self::Restored
    }

    /// Why nothing can be added, in words for everybody: what a reader of this store has to know.
    pub fn words(self) -> String {
        match self {
            Self::Restored => {
                "restored from a copy, and nobody has confirmed that it is the newest".to_owned()
            }
            Self::Newer(size) => format!(
                "the log has signed {size} entries, and this store ends before them: it is an older copy"
            ),
            Self::TwoHistories(size) => format!(
                "the log has two histories: for {size} entries it has signed another root than this store has"
            ),
        }
    }
}

impl fmt::Display for ReadOnly {
    /// As it is stored: a word, and the size after a space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Restored => f.write_str("restored"),
            Self::Newer(size) => write!(f, "newer {size}"),
            Self::TwoHistories(size) => write!(f, "two-histories {size}"),
        }
    }
}

impl FromStr for ReadOnly {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (word, size) = text.split_once(' ').unwrap_or((text, ""));
        match (word, size.parse()) {
            ("restored", Err(_)) if size.is_empty() => Ok(Self::Restored),
            ("newer", Ok(size)) => Ok(Self::Newer(size)),
            ("two-histories", Ok(size)) => Ok(Self::TwoHistories(size)),
            _ => Err(ValueError::new(text, "a mark, `restored`, `newer SIZE` or `two-histories SIZE`")),
        }
    }
}

serde_as_text!(ReadOnly);
