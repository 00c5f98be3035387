//! An admitted envelope with the log's time: the leaf of the tree.

use super::envelope::Envelope;
use super::exact::{Exact, FormatError, put_string};
use crate::values::{Instant, ValueError};

/// What stands before an entry's time, and between it and the envelope.
const TIME: &str = "{\"time\":";
const ENVELOPE: &str = ",\"envelope\":";

/// A leaf: `{"time":"…","envelope":{…}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When the log took it in.
    pub time: Instant,
    /// What it took in.
    pub envelope: Envelope,
}

/// An entry is longer than the log takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the entry has {bytes} bytes, and at most {most} fit; shorten the statement's texts or attach a document"
)]
pub struct TooLong {
    /// Its length.
    pub bytes: usize,
    /// [`Entry::MAX_BYTES`].
    pub most: usize,
}

/// Why bytes are not an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Longer than an entry can be.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// Not UTF-8.
    #[error("the entry is not UTF-8 at byte {at}")]
    NotText {
        /// In bytes from the start.
        at: usize,
    },
    /// Not the exact format.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The time.
    #[error("`time`: {0}")]
    Time(#[from] ValueError),
}

impl Entry {
    /// The longest entry in bytes: the length before each entry of a bundle is a `u16`
    /// (C2SP tlog-tiles, "Log Entries").
    pub const MAX_BYTES: usize = 65_535;

    /// The bytes that are stored and hashed.
    pub fn to_bytes(&self) -> Result<Vec<u8>, TooLong> {
        Self::bytes_of(self.time, &self.envelope.to_text())
    }

    /// The same, of an envelope that is [written](Envelope::to_text) already.
    pub fn bytes_of(time: Instant, envelope: &str) -> Result<Vec<u8>, TooLong> {
        let mut text = String::with_capacity(envelope.len() + 64);
        text.push_str(TIME);
        put_string(&mut text, &time.to_string());
        text.push_str(ENVELOPE);
        text.push_str(envelope);
        text.push('}');
        check_length(text.len())?;
        Ok(text.into_bytes())
    }

    /// The time of an entry; the envelope inside is not read. `None` where the bytes do not begin as an entry does.
    pub fn time_of(bytes: &[u8]) -> Option<Instant> {
        let rest = bytes.strip_prefix(TIME.as_bytes())?.strip_prefix(b"\"")?;
        let (time, _) = rest.split_at_checked(rest.iter().position(|byte| *byte == b'"')?)?;
        std::str::from_utf8(time).ok()?.parse().ok()
    }

    /// Reads exactly what [`Entry::to_bytes`] writes. The envelope inside is not checked.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        check_length(bytes.len())?;
        let text =
            std::str::from_utf8(bytes).map_err(|error| EntryError::NotText { at: error.valid_up_to() })?;
        let mut exact = Exact::new(text);
        exact.literal(TIME)?;
        let time = exact.string("time")?.parse()?;
        exact.literal(ENVELOPE)?;
        let envelope = Envelope::read(&mut exact)?;
        exact.literal("}")?;
        exact.end()?;
        Ok(Self { time, envelope })
    }
}

fn check_length(bytes: usize) -> Result<(), TooLong> {
    if bytes > Entry::MAX_BYTES { Err(TooLong { bytes, most: Entry::MAX_BYTES }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
