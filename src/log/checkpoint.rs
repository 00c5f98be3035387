//! A log's signed head: C2SP tlog-checkpoint, as a body and as a signed note.
//!
//! Narrower than the specification in two things: no extension lines (no monitor could audit them), and the
//! signing key's name is the origin, so that a log has one name. It is not the cosignatures of witnesses, which
//! stand in the same note and are ignored here, and it does not compare heads (see [`proof`](super::proof)).
//!
//! A witness serves other people's logs too: [`SeenCheckpoint`] reads whatever the specification allows. Audits and
//! receipts never do.

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

/// The head of any log, ours or not, as a witness reads it: with extension lines, whoever's keys sign it.
///
/// Nothing is verified by reading: the text's signatures are the note's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenCheckpoint {
    /// Which log. Its keys may have other names.
    pub origin: String,
    /// Its entries and their root.
    pub head: Head,
    /// What else the log signs, line by line; none is empty. Nobody but the log knows what they mean.
    pub extensions: Vec<String>,
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
    /// The last line is cut short.
    #[error("the checkpoint does not end in a newline: its end was cut off, fetch or copy it again whole")]
    Unended,
    /// An extension line with nothing in it.
    #[error("line {line} of the checkpoint is empty: a line that extends a checkpoint has something in it")]
    EmptyExtension {
        /// The line, from 1.
        line: usize,
    },
    /// An extension line with a control character.
    #[error("line {line} of the checkpoint has a control character: only newlines may stand in a checkpoint")]
    ControlExtension {
        /// The line, from 1.
        line: usize,
    },
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

    /// What a note claims to be the checkpoint of, before anything of it is believed: no signature is verified.
    pub fn claimed(note: &[u8]) -> Result<Self, CheckpointError> {
        Note::parse(note)?.unverified_text().parse()
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
        let (origin, head) = three_lines(origin, size, root)?;
        Ok(Self { origin, head })
    }
}

impl fmt::Display for SeenCheckpoint {
    /// The note's text: three lines and the extensions, each ended by a newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.head.size, self.head.root)?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl FromStr for SeenCheckpoint {
    type Err = CheckpointError;

    /// Reads the note's text; accepts exactly what `Display` writes.
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<&str> = text.strip_suffix('\n').ok_or(CheckpointError::Unended)?.split('\n').collect();
        let [origin, size, root, extensions @ ..] = lines.as_slice() else {
            return Err(CheckpointError::Lines { ended: lines.len() });
        };
        let (origin, head) = three_lines(origin, size, root)?;
        if let Some(empty) = extensions.iter().position(|line| line.is_empty()) {
            return Err(CheckpointError::EmptyExtension { line: empty + 4 });
        }
        if let Some(control) = extensions.iter().position(|line| line.contains(|c: char| c < ' ')) {
            return Err(CheckpointError::ControlExtension { line: control + 4 });
        }
        let extensions = extensions.iter().map(|line| (*line).to_owned()).collect();
        Ok(Self { origin, head, extensions })
    }
}

/// What every checkpoint begins with: origin, size and root hash, without their newlines.
fn three_lines(origin: &str, size: &str, root: &str) -> Result<(String, Head), CheckpointError> {
    if origin.is_empty() || origin.contains(|c: char| c < ' ') {
        return Err(CheckpointError::Origin);
    }
    let shortened = |text: &str| text.chars().take(80).collect();
    let size = decimal(size).ok_or_else(|| CheckpointError::Size { text: shortened(size) })?;
    let root: Hash = root.parse().map_err(|_| CheckpointError::Root { text: shortened(root) })?;
    Ok((origin.to_owned(), Head { size, root }))
}
