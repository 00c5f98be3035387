//! Reading and writing the fixed JSON of envelopes and entries.
//!
//! Their format has one spelling, so reading is matching: no general parser, nothing to normalise, and
//! whatever is accepted is by construction what would be written again. It is also several times faster
//! than a general parser, which an audit of a million entries notices.

use crate::values::is_hidden;

/// Where bytes part from the exact format of an envelope or an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Something else stands where the format fixes the text.
    #[error(
        "at byte {at} there must stand `{expected}`: the format is exact, without spaces or other fields"
    )]
    Expected {
        /// In bytes from the start.
        at: usize,
        /// What belongs there.
        expected: &'static str,
    },
    /// A text that does not end.
    #[error("the text of `{0}` does not end with a quotation mark")]
    Unended(&'static str),
    /// Another escape than `\"`, `\\` and `\n`.
    #[error(
        "`{field}`, byte {at}: the only escapes are `\\\"`, `\\\\` and `\\n`; write every other character as itself"
    )]
    Escape {
        /// The field.
        field: &'static str,
        /// In bytes from the start.
        at: usize,
    },
    /// A control, bidirectional or invisible character.
    #[error("`{field}` has the hidden character U+{:04X}; take it out", u32::from(*character))]
    Hidden {
        /// The field.
        field: &'static str,
        /// The character.
        character: char,
    },
}

/// A text that is matched from its start.
pub(super) struct Exact<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Exact<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Steps over `literal` if it comes next.
    pub(super) fn takes(&mut self, literal: &str) -> bool {
        let found = self.rest().starts_with(literal);
        if found {
            self.at += literal.len();
        }
        found
    }

    /// Steps over `expected`, which must come next.
    pub(super) fn literal(&mut self, expected: &'static str) -> Result<(), FormatError> {
        if self.takes(expected) { Ok(()) } else { Err(FormatError::Expected { at: self.at, expected }) }
    }

    /// A text in quotation marks, decoded.
    pub(super) fn string(&mut self, field: &'static str) -> Result<String, FormatError> {
        self.literal("\"")?;
        let mut decoded = String::new();
        loop {
            let rest = self.rest();
            let run = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\'));
            let run = rest.get(..run.ok_or(FormatError::Unended(field))?).unwrap_or_default();
            if let Some(character) = find_hidden(run) {
                return Err(FormatError::Hidden { field, character });
            }
            if decoded.is_empty() {
                // Nearly all of what is left belongs to the first, longest text.
                decoded.reserve(run.len().max(rest.len().min(1_024)));
            }
            decoded.push_str(run);
            self.at += run.len();
            let escape = rest.get(run.len()..).unwrap_or_default();
            if self.takes("\"") {
                return Ok(decoded);
            }
            decoded.push(match escape.as_bytes().get(1) {
                Some(b'"') => '"',
                Some(b'\\') => '\\',
                Some(b'n') => '\n',
                _ => return Err(FormatError::Escape { field, at: self.at }),
            });
            self.at += 2;
        }
    }

    /// Nothing may come after.
    pub(super) fn end(&self) -> Result<(), FormatError> {
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err(FormatError::Expected { at: self.at, expected: "the end" })
        }
    }
}

fn find_hidden(run: &str) -> Option<char> {
    if is_visible_ascii(run) { None } else { run.chars().find(|c| is_hidden(*c)) }
}

/// Whether a text is visible ASCII, as nearly every one is: that is seen without decoding it, many bytes at once.
pub(super) fn is_visible_ascii(text: &str) -> bool {
    text.as_bytes().iter().fold(true, |visible, byte| visible & matches!(byte, b' '..=b'~'))
}

/// Appends `text` in quotation marks. Control characters, which [`Exact::string`] refuses but for the
/// newline, are written as JSON would.
pub(super) fn put_string(out: &mut String, text: &str) {
    use std::fmt::Write as _;
    out.push('"');
    let mut rest = text;
    while let Some(run) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        out.push_str(rest.get(..run).unwrap_or_default());
        match rest.as_bytes().get(run) {
            Some(b'\n') => out.push_str("\\n"),
            Some(byte @ (b'"' | b'\\')) => out.extend(['\\', char::from(*byte)]),
            // Writing to a string does not fail.
            Some(byte) => drop(write!(out, "\\u{byte:04x}")),
            None => {}
        }
        rest = rest.get(run + 1..).unwrap_or_default();
    }
    out.push_str(rest);
    out.push('"');
}
