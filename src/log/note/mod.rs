//! Texts with signatures: C2SP signed-note, with Ed25519 keys (type 0x01).
//!
//! It does not know what the text says (see [`checkpoint`](super::checkpoint)), and it is not how people sign
//! (that is SSHSIG, among the statements). Of other signature types it keeps the lines and verifies nothing:
//! a note may carry signatures that nobody here knows.
//!
//! Stricter than the specification in one thing, so that a note has one form: base64 has no stray bits.

mod error;
mod key;

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding as _};

pub use error::{KeyError, NoteError};
#[cfg(test)]
pub(super) use key::key_id;
pub(super) use key::{Kind, NamedKey};
pub use key::{LogKey, VerifierKey};

/// The most signatures that a note may carry; C2SP signed-note asks for a limit of at least 16.
pub const MAX_SIGNATURES: usize = 100;

/// A text with one or more signatures, none of them verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Ends in a newline, and has no other control character.
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line: whose it says it is, and the bytes that their key's type gives a meaning to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: String,
    /// The key's ID. Name and ID together say which key it is; either alone says nothing.
    pub id: u32,
    /// The signature without the ID: 64 bytes for type 0x01, at least one.
    pub bytes: Vec<u8>,
}

impl Note {
    /// Reads a note. Its signatures are not verified: [`open`](Self::open) and [`signers`](Self::signers) do.
    ///
    /// What is accepted is exactly what `Display` writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let note =
            std::str::from_utf8(bytes).map_err(|error| NoteError::NotUtf8 { at: error.valid_up_to() })?;
        check_lines(note)?;
        // The last empty line: a text may have empty lines of its own.
        let (text, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::NoEmptyLine)?;
        let lines = signatures.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
        let count = lines.split('\n').count();
        if count > MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures { count });
        }
        let first = text.split('\n').count() + 2;
        let signatures = lines
            .split('\n')
            .zip(first..)
            .map(|(line, at)| signature_line(line).map_err(|why| NoteError::SignatureLine { line: at, why }))
            .collect::<Result<_, _>>()?;
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// The note of a text that a note has had, with these signatures, at most [`MAX_SIGNATURES`].
    pub(super) fn of(text: &str, signatures: Vec<NoteSignature>) -> Self {
        Self { text: text.to_owned(), signatures }
    }

    /// The same text under these of its signatures alone.
    pub fn only(&self, signatures: Vec<NoteSignature>) -> Self {
        let kept = signatures.into_iter().filter(|line| self.signatures.contains(line)).collect();
        Self { text: self.text.clone(), signatures: kept }
    }

    /// The text, its final newline included, whoever may have written it: rely on it only once
    /// [`open`](Self::open) or [`signers`](Self::signers) has passed.
    pub fn unverified_text(&self) -> &str {
        &self.text
    }

    /// The signatures in the note's order, those by unknown keys included.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The note with these signatures after its own, each once. More than [`MAX_SIGNATURES`] are refused.
    pub fn with(mut self, signatures: impl IntoIterator<Item = NoteSignature>) -> Result<Self, NoteError> {
        for signature in signatures {
            if !self.signatures.contains(&signature) {
                self.signatures.push(signature);
            }
        }
        let count = self.signatures.len();
        if count > MAX_SIGNATURES { Err(NoteError::TooManySignatures { count }) } else { Ok(self) }
    }

    /// The same text under these signatures instead of its own: what is left of a note to which strangers have added.
    pub fn with_only(self, signatures: Vec<NoteSignature>) -> Self {
        Self { text: self.text, signatures }
    }

    /// The text, once `key` is known to have signed it.
    pub fn open(&self, key: &VerifierKey) -> Result<&str, NoteError> {
        self.signers([key]).map(|_| self.text.as_str())
    }

    /// Which of `keys` have signed the text: at least one, each as often as it is among `keys`.
    ///
    /// Signatures by other keys are ignored. One bad signature by a known key rejects the note, whatever
    /// good ones stand beside it.
    pub fn signers<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<Vec<&'k VerifierKey>, NoteError> {
        let mut signers = Vec::new();
        let mut expected = Vec::new();
        for key in keys {
            expected.push(key.to_string());
            let mut signed = false;
            for signature in &self.signatures {
                if key.names(signature) {
                    if !key.verify(&self.text, &signature.bytes) {
                        return Err(NoteError::BadSignature { key: Box::new(key.clone()) });
                    }
                    signed = true;
                }
            }
            if signed {
                signers.push(key);
            }
        }
        if signers.is_empty() {
            return Err(NoteError::NotSigned { expected: expected.join(" or ") });
        }
        Ok(signers)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl NoteSignature {
    /// Whether the line says that it is by `key`; nothing is verified.
    pub fn names(&self, key: &VerifierKey) -> bool {
        key.names(self)
    }
}

impl FromStr for NoteSignature {
    type Err = NoteError;

    /// Reads one signature line without its newline: exactly what `Display` writes.
    fn from_str(line: &str) -> Result<Self, NoteError> {
        signature_line(line).map_err(|why| NoteError::SignatureLine { line: 1, why })
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id.to_be_bytes(), self.bytes.as_slice()].concat();
        write!(f, "— {} {}", self.name, Base64::encode_string(&bytes))
    }
}

/// Checks what holds for a note's text as for the whole: a final newline, and no other control character.
fn check_lines(text: &str) -> Result<(), NoteError> {
    for (line, number) in text.split('\n').zip(1..) {
        if let Some(character) = line.chars().find(|character| *character < ' ') {
            return Err(NoteError::Control { line: number, character });
        }
    }
    if text.ends_with('\n') { Ok(()) } else { Err(NoteError::NoFinalNewline) }
}

/// Reads a signature line without its newline, or says what is wrong with it.
fn signature_line(line: &str) -> Result<NoteSignature, &'static str> {
    let rest = line.strip_prefix("— ").ok_or("it does not begin with an em dash and a space")?;
    let (name, encoded) = rest.split_once(' ').ok_or("it has no space between name and signature")?;
    if !key::is_name(name) {
        return Err("a key's name is not empty and has no spaces and no plus");
    }
    let bytes = Base64::decode_vec(encoded).map_err(|_| "the signature is not padded, canonical base64")?;
    match bytes.split_first_chunk() {
        Some((id, bytes)) if !bytes.is_empty() => {
            Ok(NoteSignature { name: name.to_owned(), id: u32::from_be_bytes(*id), bytes: bytes.to_vec() })
        }
        _ => Err("a signature has more than the four bytes of the key's ID"),
    }
}
