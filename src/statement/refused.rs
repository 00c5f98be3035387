//! What a log says of a statement that it did not take: a signed note (C2SP signed-note) by the log's own key, so
//! that whoever was turned away can show it.
//!
//! It is never taken for a checkpoint, nor a checkpoint for it: the first line of a checkpoint is the name of the
//! key that signed it, and a key's name has no spaces (C2SP signed-note, "Format"), as the first line here has.
//!
//! This module reads and writes the note. Whether the refusal is right is for the engine to say: see
//! `audit::Report::judge_refusal`.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use super::{AgreementRef, Envelope};
use crate::log::{Head, LogKey, Note, NoteError, VerifierKey};
use crate::values::{Digest, Id, Instant, is_hidden};

/// The first line of every refusal.
const MAGIC: &str = "quorate refusal v1";

/// The longest of `why` and `instead`, in bytes: a refusal lists alternatives, and quotes what was sent.
pub const MAX_WORDS: usize = 4_096;

/// The longest note that is read, in bytes: both texts, the short lines, and room for signatures.
pub const MAX_BYTES: usize = 16_384;

/// A refusal as its log signs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The agreement whose log refuses.
    pub agreement: AgreementRef,
    /// The SHA-256 of the statement's text.
    pub statement: Digest,
    /// The SHA-256 of the envelope's text: the same statement with other signatures may be judged otherwise.
    pub envelope: Digest,
    /// When it was judged, by the log's clock.
    pub time: Instant,
    /// The head after which it was judged, of one entry at least.
    pub head: Head,
    /// The rule that it breaks: `docs/refusals.md`.
    pub rule: Id,
    /// Why it breaks it: visible characters, at most [`MAX_WORDS`] bytes.
    pub why: String,
    /// What would have been accepted, in the same way.
    pub instead: String,
}

/// Why a note is no refusal, or not this log's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedError {
    /// It is too long to be one.
    #[error("the refusal has {bytes} bytes, and none has more than {MAX_BYTES}: it was altered")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The note around it is at fault.
    #[error("the refusal's note: {0}")]
    Note(#[from] NoteError),
    /// Another number of lines.
    #[error(
        "a refusal has the nine lines {MAGIC}, agreement, statement, envelope, time, head, rule, why and instead; \
         this one has {lines}: fetch or copy it again whole"
    )]
    Lines {
        /// How many there are.
        lines: usize,
    },
    /// A line that does not say what it should, or in another spelling.
    #[error("line {line} of the refusal is not {expected}: fetch or copy it again unchanged")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What must stand there.
        expected: &'static str,
    },
    /// Signed by the key of another agreement's log.
    #[error(
        "the refusal is of the agreement {agreement}, and the key is `{key}`'s: use the key of that agreement's log"
    )]
    OtherLog {
        /// The refusal's agreement.
        agreement: Box<AgreementRef>,
        /// The key's name.
        key: String,
    },
}

impl Refused {
    /// Whether a file looks like a signed refusal, well formed or not.
    pub fn is_meant(bytes: &[u8]) -> bool {
        bytes.strip_prefix(MAGIC.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'\n'))
    }

    /// The note of this refusal. The key is that of its agreement's log.
    ///
    /// # Errors
    /// The key is another log's, or a text is not as [`words`] makes it.
    pub fn sign(&self, key: &LogKey) -> Result<Note, RefusedError> {
        self.check_key(key.name())?;
        let text = self.to_string();
        text.parse::<Self>()?;
        Ok(key.sign(text)?)
    }

    /// Reads a note without relying on it: nothing is verified.
    ///
    /// # Errors
    /// It is not in the one form.
    pub fn parse(note: &[u8]) -> Result<(Note, Self), RefusedError> {
        if note.len() > MAX_BYTES {
            return Err(RefusedError::TooLong { bytes: note.len() });
        }
        let note = Note::parse(note)?;
        let refused = note.unverified_text().parse()?;
        Ok((note, refused))
    }

    /// Reads a note, requires `key`'s signature, and requires that it is the key of the agreement's log.
    ///
    /// # Errors
    /// It is not in the one form, not signed by the key, or of another agreement.
    pub fn open(note: &[u8], key: &VerifierKey) -> Result<Self, RefusedError> {
        let (note, refused) = Self::parse(note)?;
        note.open(key)?;
        refused.check_key(key.name())?;
        Ok(refused)
    }

    /// Whether it refuses this statement, with these very signatures.
    pub fn is_of(&self, envelope: &Envelope) -> bool {
        self.envelope == envelope.digest()
    }

    fn check_key(&self, name: &str) -> Result<(), RefusedError> {
        if name.ends_with(&format!("/{}", self.agreement.name)) {
            return Ok(());
        }
        let agreement = Box::new(self.agreement.clone());
        Err(RefusedError::OtherLog { agreement, key: name.to_owned() })
    }
}

impl fmt::Display for Refused {
    /// The note's text: nine lines, each ended by a newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{MAGIC}\nagreement {}", self.agreement)?;
        writeln!(f, "statement {}\nenvelope {}", self.statement, self.envelope)?;
        writeln!(f, "time {}\nhead {} {}", self.time, self.head.size, self.head.root)?;
        writeln!(f, "rule {}\nwhy {}\ninstead {}", self.rule, self.why, self.instead)
    }
}

impl FromStr for Refused {
    type Err = RefusedError;

    /// Reads the note's text; accepts exactly what `Display` writes.
    fn from_str(text: &str) -> Result<Self, RefusedError> {
        let lines: Vec<&str> = text.splitn(11, '\n').collect();
        let [magic, agreement, statement, envelope, time, head, rule, why, instead, ""] = lines.as_slice()
        else {
            return Err(RefusedError::Lines { lines: lines.len().saturating_sub(1) });
        };
        let wrong = |line, expected| RefusedError::Line { line, expected };
        if *magic != MAGIC {
            return Err(wrong(1, "`quorate refusal v1`"));
        }
        let agreement = value(agreement, "agreement ");
        let statement = value(statement, "statement ");
        let envelope = value(envelope, "envelope ");
        let time = value(time, "time ");
        let head = head.strip_prefix("head ").and_then(read_head);
        let rule = value(rule, "rule ");
        let why = why.strip_prefix("why ").filter(|text| is_words(text));
        let instead = instead.strip_prefix("instead ").filter(|text| is_words(text));
        Ok(Self {
            agreement: agreement.ok_or(wrong(2, "`agreement` and NAME@sha256:…"))?,
            statement: statement.ok_or(wrong(3, "`statement` and the digest of its text"))?,
            envelope: envelope.ok_or(wrong(4, "`envelope` and the digest of its text"))?,
            time: time.ok_or(wrong(5, "`time` and an instant, YYYY-MM-DDTHH:MM:SSZ"))?,
            head: head.ok_or(wrong(6, "`head`, a size from 1 on and a root hash"))?,
            rule: rule.ok_or(wrong(7, "`rule` and the name of a rule"))?,
            why: why.ok_or(wrong(8, "`why` and visible words, at most 4096 bytes"))?.to_owned(),
            instead: instead.ok_or(wrong(9, "`instead` and visible words, at most 4096 bytes"))?.to_owned(),
        })
    }
}

/// What stands after a line's name, if it is a value in its one spelling.
fn value<T: FromStr>(line: &str, name: &str) -> Option<T> {
    line.strip_prefix(name)?.parse().ok()
}

fn read_head(text: &str) -> Option<Head> {
    let (size, root) = text.split_once(' ')?;
    let parsed: u64 = size.parse().ok()?;
    // One spelling: no sign, no leading zeros. Before its opening statement no log judges anything.
    let head = Head { size: parsed, root: root.parse().ok()? };
    (parsed.to_string() == size && parsed > 0).then_some(head)
}

fn is_words(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_WORDS && text.trim() == text && !text.contains(is_hidden)
}

/// Words as a refusal may carry them: a refusal quotes what was sent, and whoever sent it chose the characters.
/// What nobody sees is written out, and a text that is too long ends in an ellipsis.
pub fn words(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.trim().chars() {
        if is_hidden(c) {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    if shown.len() > MAX_WORDS {
        let most = MAX_WORDS - '…'.len_utf8();
        let end = (0..=most).rev().find(|end| shown.is_char_boundary(*end)).unwrap_or(0);
        shown.truncate(end);
        shown.truncate(shown.trim_end().len());
        shown.push('…');
    }
    if shown.is_empty() { "nothing was said".to_owned() } else { shown }
}

#[cfg(test)]
mod tests;
