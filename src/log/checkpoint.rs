//! A log's signed head: C2SP tlog-checkpoint, as a body and as a signed note.
//!
//! Narrower than the specification in two things: no extension lines (no monitor could audit them), and the
//! signing key's name is the origin, so that a log has one name. It is not the cosignatures of witnesses, which
//! stand in the same note and are ignored here, and it does not compare heads (see [`proof`](super::proof)).

use std::fmt;
use std::str::FromStr;

use super::note::{LogKey, Note, NoteError, VerifierKey};
use super::{Hash, Head, decimal};

/// The head of one log: the three lines that it signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: `<log name>/<agreement name>` for ours.
    pub origin: String,
    /// Its entries and their root.
    pub head: Head,
}

/// Why a checkpoint cannot be read, signed or relied on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it is at fault.
    #[error("the checkpoint's note: {0}")]
    Note(#[from] NoteError),
    /// Fewer than three lines.
    #[error(
        "a checkpoint has three lines, origin, size and root hash, each ended by a newline; this one has \
         {ended}: fetch or copy it again whole"
    )]
    Lines {
        /// The number of lines that are ended by a newline.
        ended: usize,
    },
    /// More than three lines.
    #[error(
        "the checkpoint has a fourth line, an extension: no log of ours writes one, so it is not from ours"
    )]
    Extension,
    /// The first line cannot be an origin.
    #[error("line 1 of the checkpoint is no origin: it is not empty and has no control characters")]
    Origin,
    /// The second line is no number of entries.
    #[error(
        "line 2 of the checkpoint, `{text}`, is no size: a decimal number below 2^64 without leading zeros"
    )]
    Size {
        /// The line, shortened to 80 characters.
        text: String,
    },
    /// The third line is no hash.
    #[error("line 3 of the checkpoint, `{text}`, is no root hash: 32 bytes in padded, canonical base64")]
    Root {
        /// The line, shortened to 80 characters.
        text: String,
    },
    /// A checkpoint of another log.
    #[error(
        "the checkpoint is of the log `{origin}`, and the key is `{key}`'s: use the key of that very log"
    )]
    OtherLog {
        /// The checkpoint's origin.
        origin: String,
        /// The key's name.
        key: String,
    },
}

impl Checkpoint {
    /// The signed note of this checkpoint. The key's name must be the origin.
    ///
    /// Whoever calls this promises that the log has signed no head that is inconsistent with this one.
    pub fn sign(&self, key: &LogKey) -> Result<Note, CheckpointError> {
        self.check_key(key.name())?;
        Ok(key.sign(self.to_string())?)
    }

    /// Reads a signed note, requires `key`'s signature, and requires that the key's name is the origin.
    ///
    /// Signatures by others (witnesses, newer kinds of key) are ignored.
    pub fn open(note: &[u8], key: &VerifierKey) -> Result<Self, CheckpointError> {
        let checkpoint: Self = Note::parse(note)?.open(key)?.parse()?;
        checkpoint.check_key(key.name())?;
        Ok(checkpoint)
    }

    fn check_key(&self, name: &str) -> Result<(), CheckpointError> {
        if self.origin == name {
            Ok(())
        } else {
            Err(CheckpointError::OtherLog { origin: self.origin.clone(), key: name.to_owned() })
        }
    }
}

impl fmt::Display for Checkpoint {
    /// The note's text: three lines, each ended by a newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.head.size, self.head.root)
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    /// Reads the note's text; accepts exactly what `Display` writes.
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<&str> = text.splitn(5, '\n').collect();
        let [origin, size, root, ""] = lines.as_slice() else {
            let ended = lines.len().saturating_sub(1);
            return Err(if ended < 3 {
                CheckpointError::Lines { ended }
            } else {
                CheckpointError::Extension
            });
        };
        if origin.is_empty() || origin.contains(|c: char| c < ' ') {
            return Err(CheckpointError::Origin);
        }
        let shortened = |text: &str| text.chars().take(80).collect();
        let size = decimal(size).ok_or_else(|| CheckpointError::Size { text: shortened(size) })?;
        let root: Hash = root.parse().map_err(|_| CheckpointError::Root { text: shortened(root) })?;
        Ok(Self { origin: (*origin).to_owned(), head: Head { size, root } })
    }
}
