//! An entry of the log.

use serde::Serialize;
use utoipa::ToSchema;

use crate::statement::{By, Entry, Statement};
use crate::values::{Digest, Instant};
use crate::view::statement::summary;

/// An entry on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EntryLine)]
pub struct Line {
    /// Its index in the log, from 0.
    pub entry: u64,
    /// When the log took it.
    pub time: Instant,
    /// The statement's type: `vote`, `nominate`, ….
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// In whose name it speaks.
    pub by: By,
    /// The statement in words: `voted met on verification#1/finding#1`.
    pub what: String,
    /// The SHA-256 of the statement's text.
    pub statement: Digest,
}

impl Line {
    /// The entry with this index, which has these bytes; `None` where they are none, which is for an audit to tell.
    pub fn parse(index: u64, bytes: &[u8]) -> Option<Self> {
        let (time, said, digest) = Self::read(bytes)?;
        Some(Self::of(index, time, &said, digest))
    }

    /// The time, the statement and its digest of an entry with these bytes; `None` where they are none.
    pub fn read(bytes: &[u8]) -> Option<(Instant, Statement, Digest)> {
        let entry = Entry::parse(bytes).ok()?;
        let said = Statement::parse(&entry.envelope.statement).ok()?;
        Some((entry.time, said, Digest::of(entry.envelope.statement.as_bytes())))
    }

    /// The entry with this index and time, whose statement this is.
    pub fn of(index: u64, time: Instant, statement: &Statement, digest: Digest) -> Self {
        Self {
            entry: index,
            time,
            kind: statement.type_name(),
            by: statement.by.clone(),
            what: summary(statement),
            statement: digest,
        }
    }
}
