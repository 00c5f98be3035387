//! From what a report was made: one line in it, which a machine reads back.
//!
//! ```text
//! quorate-report 4 agi-2025@sha256:… verification#1 at 2026-05-13T10:00:00Z size 27 root BASE64= documents out
//! ```

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::log::Head;
use crate::statement::{AgreementRef, CaseRef};
use crate::values::Instant;

/// The edition of the reports that this program writes. It is raised with every change of what they say or how, so that
/// a report by another version of the program is told from one that was altered. `tests/reports/editions` holds it to that.
pub const EDITION: u32 = 7;

/// From what a report was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The edition of its form and words: [`EDITION`] where this version of the program wrote it.
    pub edition: u32,
    /// The agreement.
    pub agreement: AgreementRef,
    /// The case.
    pub case: CaseRef,
    /// The time as of which it tells.
    pub at: Instant,
    /// The head of the log.
    pub head: Head,
    /// Whether the texts of the documents that votes carry are in it.
    pub documents: bool,
}

/// There is no such line, or it does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it holds no line that begins with `quorate-report` and says from what it was made")]
pub struct MadeError;

/// What the line begins with.
const BEGINS: &str = "quorate-report ";

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { edition, agreement, case, at, head, documents } = self;
        let documents = if *documents { "in" } else { "out" };
        write!(
            f,
            "{BEGINS}{edition} {agreement} {case} at {at} size {} root {} documents {documents}",
            head.size, head.root
        )
    }
}

impl Made {
    /// Finds the line in a report of any format.
    ///
    /// # Errors
    /// There is none.
    pub fn find(report: &str) -> Result<Self, MadeError> {
        let start = report.find(BEGINS).ok_or(MadeError)?;
        report.get(start..).unwrap_or_default().parse()
    }
}

impl FromStr for Made {
    type Err = MadeError;

    fn from_str(text: &str) -> Result<Self, MadeError> {
        let words: Vec<&str> = text.strip_prefix(BEGINS).ok_or(MadeError)?.split(' ').take(11).collect();
        let [edition, agreement, case, "at", at, "size", size, "root", root, "documents", documents] =
            words.as_slice()
        else {
            return Err(MadeError);
        };
        let documents = match documents
            .trim_end_matches(|letter: char| !letter.is_ascii_lowercase())
            .split(|letter: char| !letter.is_ascii_lowercase())
            .next()
        {
            Some("in") => true,
            Some("out") => false,
            _ => return Err(MadeError),
        };
        Ok(Self {
            edition: edition.parse().map_err(|_| MadeError)?,
            agreement: agreement.parse().map_err(|_| MadeError)?,
            case: case.parse().map_err(|_| MadeError)?,
            at: at.parse().map_err(|_| MadeError)?,
            head: Head {
                size: size.parse().map_err(|_| MadeError)?,
                root: root.parse().map_err(|_| MadeError)?,
            },
            documents,
        })
    }
}

impl Serialize for Made {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
