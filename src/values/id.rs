use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use super::{ValueError, serde_as_text};

/// A name in a workflow or an agreement: 1 to 64 characters of `[a-z0-9-]`. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Id(Arc<str>);

// By their texts. Most that are equal are copies of one, which is told without reading it.
impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for Id {}

impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Id {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.0.as_bytes(), other.0.as_bytes()) {
            ([a, ..], [b, ..]) if a != b => a.cmp(b),
            _ if Arc::ptr_eq(&self.0, &other.0) => Ordering::Equal,
            (a, b) => a.cmp(b),
        }
    }
}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Id {
    /// A name that the source itself spells out; the caller's text is an id.
    pub(crate) fn constant(text: &'static str) -> Self {
        Self(text.into())
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Id {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if fits {
            Ok(Self(text.into()))
        } else {
            Err(ValueError::new(text, "an id: 1 to 64 characters of a-z, 0-9 and -"))
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl PartialEq<str> for Id {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Id {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl std::borrow::Borrow<str> for Id {
    fn borrow(&self) -> &str {
        &self.0
    }
}

serde_as_text!(Id);
