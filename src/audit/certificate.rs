//! A licence certificate: the state of an agreement's grants with everything from which it follows, in one file,
//! for somebody who has nothing but the anchor.
//!
//! It carries all entries (a log is small) and the signed checkpoint over them, so whoever has it replays the log
//! and compares. It proves what follows from the log up to its head; it cannot prove that this head is the newest,
//! that nobody was turned away, or that the times in it are right: `docs/formats.md`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::report::claimed;
use super::{Checkpoints, Entries, Source, SourceError, Times};
use crate::engine::State;
use crate::log::Hash;
use crate::store::ReadOnly;
use crate::values::Instant;

/// The first field of every certificate.
const FORM: &str = "quorate/certificate/v1";

/// A certificate as it is read. Nothing is checked: it is a [`Source`] for an audit, and an answer to compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    #[serde(rename = "certificate")]
    form: String,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
    /// Signed checkpoints of earlier heads and of this one, verbatim: their cosignatures bound the entries' times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checkpoints: Vec<String>,
    /// Every entry as its exact text, in order.
    pub entries: Vec<String>,
    /// The licence state that it certifies, as `license --json` prints it.
    pub answer: Value,
}

/// Why a text is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// It is not JSON of that shape.
    #[error("it is no certificate: {0}; copy the file again whole")]
    Json(#[from] serde_json::Error),
    /// Another form.
    #[error("it is a certificate of the form `{0}`, and this version of quorate knows `{FORM}`")]
    Form(String),
}

impl Certificate {
    /// A certificate of these parts.
    pub fn new(checkpoint: String, checkpoints: Vec<String>, entries: Vec<String>, answer: Value) -> Self {
        Self { form: FORM.to_owned(), checkpoint, checkpoints, entries, answer }
    }

    /// A certificate of this answer, with everything from which it follows: the first `size` entries of a log that has just
    /// passed its audit, its checkpoint, and those that are kept beside it; `most` bytes of them.
    ///
    /// # Errors
    /// The log cannot be read again, is another one by now, or has more.
    pub fn gather(
        source: &dyn Source,
        size: u64,
        checkpoint: String,
        answer: Value,
        most: u64,
    ) -> Result<Self, GatherError> {
        let mut left = most;
        let mut text = |what: &str, number: u64, bytes: Vec<u8>| {
            left = left.checked_sub(bytes.len() as u64).ok_or(GatherError::TooLong { most })?;
            String::from_utf8(bytes).map_err(|_| GatherError::Changed(format!("{what} {number}")))
        };
        let entries = source.entries(0, size).map(|read| {
            let (index, bytes) = read?;
            text("entry", index, bytes)
        });
        let entries = entries.collect::<Result<_, GatherError>>()?;
        let checkpoints = source.checkpoints().map(|read| {
            let (size, bytes) = read?;
            text("checkpoint", size, bytes)
        });
        let checkpoints = checkpoints.collect::<Result<_, GatherError>>()?;
        Ok(Self::new(checkpoint, checkpoints, entries, answer))
    }

    /// Whether a file looks like a certificate, well formed or not.
    pub fn is_meant(text: &[u8]) -> bool {
        text.starts_with(b"{\"certificate\":")
    }

    /// Reads a certificate.
    pub fn parse(text: &[u8]) -> Result<Self, CertificateError> {
        let certificate: Self = serde_json::from_slice(text)?;
        if certificate.form == FORM { Ok(certificate) } else { Err(CertificateError::Form(certificate.form)) }
    }

    /// The file's text: one line of JSON.
    pub fn to_text(&self) -> Result<String, CertificateError> {
        Ok(serde_json::to_string(self)? + "\n")
    }
}

/// Why a certificate was not put together.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// The log cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It has more than one may have here.
    #[error("the log has more than {most} bytes")]
    TooLong {
        /// So many bytes of entries and checkpoints.
        most: u64,
    },
    /// What has just passed the audit is something else now.
    #[error("{0} changed since the audit; run `quorate audit`")]
    Changed(String),
}

/// Who says that they had been shown no newer head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Witnessed {
    /// A quorum of the agreement's witnesses, at this time.
    At(Instant),
    /// No quorum has cosigned it.
    NoQuorum,
    /// Nobody could: the agreement relies on no witnesses.
    Nobody,
}

/// Who says so of the head at which a log has arrived at this state.
pub fn witnessed(state: &State, times: &Times) -> Witnessed {
    match times.newest_at {
        Some(at) => Witnessed::At(at),
        None if state.witnesses.as_ref().is_some_and(|policy| policy.asks_witnesses()) => Witnessed::NoQuorum,
        None => Witnessed::Nobody,
    }
}

/// The latest time as of which a state may be certified: that of the last entry, or later, where a quorum of the
/// policy's witnesses had been shown no newer head by then. An entry that was there, and that nobody had shown them,
/// it does not exclude.
pub fn shown_until(state: &State, times: &Times) -> Instant {
    times.newest_at.map_or(state.last, |newest| newest.max(state.last))
}

/// Why a state is not certified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCertified {
    /// Its time is still to come.
    #[error("{0} is still to come: a state to come is a projection and never a certificate")]
    ToCome(Instant),
    /// The store is proven not to be the log's newest or only history.
    #[error("{}", .0.words())]
    Proven(ReadOnly),
    /// Nothing shows what happened by then.
    #[error(
        "the record shows nothing after {shown}, {}: a state at {at} is a projection and never a certificate",
        by_what(*.witnessed)
    )]
    Beyond {
        /// The time that was asked for.
        at: Instant,
        /// Until when the record shows what happened.
        shown: Instant,
        /// Who says so.
        witnessed: Witnessed,
    },
}

fn by_what(witnessed: Witnessed) -> &'static str {
    match witnessed {
        Witnessed::At(_) => {
            "the time at which a quorum of the policy's witnesses had been shown no newer head"
        }
        Witnessed::NoQuorum | Witnessed::Nobody => "the time of the last entry",
    }
}

/// Whether the state of a log at a time may be certified now: nothing is that is still to come, or of which the record does
/// not show what happened by then.
///
/// # Errors
/// It may not.
pub fn may_certify(
    state: &State,
    times: &Times,
    read_only: Option<ReadOnly>,
    at: Instant,
    now: Instant,
) -> Result<(), NotCertified> {
    if at > now {
        return Err(NotCertified::ToCome(at));
    }
    if let Some(why) = read_only.filter(|why| why.is_proven()) {
        return Err(NotCertified::Proven(why));
    }
    let shown = shown_until(state, times);
    if at > shown {
        return Err(NotCertified::Beyond { at, shown, witnessed: witnessed(state, times) });
    }
    Ok(())
}

impl Source for Certificate {
    fn checkpoint(&self) -> Result<Option<String>, SourceError> {
        Ok(Some(self.checkpoint.clone()))
    }

    fn entries(&self, from: u64, to: u64) -> Entries<'_> {
        let all = (0_u64..).zip(&self.entries);
        let wanted = all.filter(move |(index, _)| (from..to).contains(index));
        Box::new(wanted.map(|(index, entry)| Ok((index, entry.clone().into_bytes()))))
    }

    fn checkpoints(&self) -> Checkpoints<'_> {
        let sized = self.checkpoints.iter().map(|note| (claimed(note).ok().map(|head| head.size), note));
        // What claims no size is no checkpoint, and the audit says so.
        Box::new(sized.map(|(size, note)| Ok((size.unwrap_or(0), note.clone().into_bytes()))))
    }

    fn leaf(&self, _: u64) -> Result<Option<Hash>, SourceError> {
        Ok(None)
    }
}
