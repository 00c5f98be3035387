//! A licence certificate: the state of an agreement's grants with everything from which it follows, in one file,
//! for somebody who has nothing but the anchor.
//!
//! It carries all entries (a log is small) and the signed checkpoint over them, so whoever has it replays the log
//! and compares. It proves what follows from the log up to its head; it cannot prove that this head is the newest,
//! that nobody was turned away, or that the times in it are right: `docs/formats.md`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::report::claimed;
use super::{Checkpoints, Entries, Source, SourceError};
use crate::log::Hash;

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
