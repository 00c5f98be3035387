use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::{KeyError, Note, NoteError, NoteSignature, check_lines};
use crate::values::serde_as_text;

/// What a key signs: the signature type's byte, and who has such a key, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::log) struct Kind {
    /// C2SP signed-note, "Signature types".
    pub(in crate::log) byte: u8,
    /// "a log's key has type 0x01 (Ed25519)".
    pub(in crate::log) known: &'static str,
}

/// C2SP signed-note, "Signature types": Ed25519 over the note's text.
const LOG: Kind = Kind { byte: 0x01, known: "a log's key has type 0x01 (Ed25519)" };

/// An Ed25519 public key with its name: `<name>+<key ID in hex>+<base64 of type and key>`, a "vkey".
///
/// Signatures are checked by RFC 8032 in its strict reading (`verify_strict`): no small-order or non-canonical
/// points and scalars, so that two verifiers never disagree.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::log) struct NamedKey {
    pub(in crate::log) name: String,
    /// The first four bytes, big-endian, of SHA-256(name ‖ 0x0A ‖ type ‖ key).
    pub(in crate::log) id: u32,
    kind: u8,
    key: VerifyingKey,
}

/// The public key of a log, with its name: `<name>+<key ID in hex>+<base64 of type and key>`, a "vkey".
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey(NamedKey);

/// The private key of a log, with its name. Its memory is wiped when it is dropped.
pub struct LogKey {
    key: SigningKey,
    verifier: VerifierKey,
}

impl NamedKey {
    pub(in crate::log) fn new(kind: Kind, name: &str, key: [u8; 32]) -> Result<Self, KeyError> {
        check_name(name)?;
        let point = VerifyingKey::from_bytes(&key).ok();
        // RFC 8032 §5.1.3 refuses y ≥ p, dalek's parser does not; and a small-order key verifies by accident.
        let key = point
            .filter(|point| point.to_edwards().compress().0 == key && !point.is_weak())
            .ok_or_else(|| KeyError::Point { name: name.to_owned() })?;
        let id = key_id(name, kind.byte, key.as_bytes());
        Ok(Self { name: name.to_owned(), id, kind: kind.byte, key })
    }

    /// Reads the one form that `Display` writes.
    pub(in crate::log) fn parse(kind: Kind, text: &str) -> Result<Self, KeyError> {
        // Names have no plus, base64 may have.
        let (name, rest) = text.split_once('+').ok_or(KeyError::Parts)?;
        let (id, key) = rest.split_once('+').ok_or(KeyError::Parts)?;
        check_name(name)?;
        let bytes = Base64::decode_vec(key).map_err(|_| KeyError::Base64)?;
        let (byte, key) = bytes.split_first().ok_or(KeyError::Base64)?;
        if *byte != kind.byte {
            return Err(KeyError::Kind { name: name.to_owned(), kind: *byte, known: kind.known });
        }
        let len = key.len();
        let key = key.try_into().map_err(|_| KeyError::Length { name: name.to_owned(), len })?;
        let parsed = Self::new(kind, name, key)?;
        let expected = format!("{:08x}", parsed.id);
        if id != expected {
            return Err(KeyError::Id { name: name.to_owned(), given: shortened(id), expected });
        }
        Ok(parsed)
    }

    pub(in crate::log) fn raw(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// Whether `signature`, 64 bytes, is this key's over `message`.
    pub(in crate::log) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }

    /// Whether a signature line says that it is by this key.
    pub(in crate::log) fn names(&self, signature: &NoteSignature) -> bool {
        signature.id == self.id && signature.name == self.name
    }
}

impl VerifierKey {
    /// A log's key of this name, with the 32 bytes of an Ed25519 public key (RFC 8032 §5.1.5).
    pub fn new(name: &str, key: [u8; 32]) -> Result<Self, KeyError> {
        NamedKey::new(LOG, name, key).map(Self)
    }

    /// The key's name. A log's is its origin.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The key's ID: the first four bytes, big-endian, of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key).
    pub fn id(&self) -> u32 {
        self.0.id
    }

    /// The 32 bytes of the Ed25519 public key.
    pub fn raw(&self) -> [u8; 32] {
        self.0.raw()
    }

    /// Whether `signature`, without the key's ID, is this key's over `text`.
    pub(super) fn verify(&self, text: &str, signature: &[u8]) -> bool {
        self.0.verify(text.as_bytes(), signature)
    }

    /// Whether a signature line says that it is by this key.
    pub(super) fn names(&self, signature: &NoteSignature) -> bool {
        self.0.names(signature)
    }
}

impl LogKey {
    /// The key of this name that the 32-byte seed of RFC 8032 §5.1.5 gives. The caller wipes its own copy.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(name, key.verifying_key().to_bytes())?;
        Ok(Self { key, verifier })
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        self.verifier.name()
    }

    /// The public half.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The note of `text` with this key's signature. The text ends in a newline and has no other control
    /// character, or [`NoteError::NoFinalNewline`] or [`NoteError::Control`] says so.
    pub fn sign(&self, text: String) -> Result<Note, NoteError> {
        check_lines(&text)?;
        let bytes = self.key.sign(text.as_bytes()).to_bytes().to_vec();
        let signature = NoteSignature { name: self.name().to_owned(), id: self.verifier.id(), bytes };
        Ok(Note { text, signatures: vec![signature] })
    }
}

impl fmt::Debug for LogKey {
    /// The public half only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LogKey").field(&self.verifier).finish()
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    /// Reads the one form that `Display` writes.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        NamedKey::parse(LOG, text).map(Self)
    }
}

impl fmt::Display for NamedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.kind], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{:08x}+{}", self.name, self.id, Base64::encode_string(&key))
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

serde_as_text!(VerifierKey);

/// Whether a key can have this name (C2SP signed-note, "Format").
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c < ' ' || c.is_whitespace() || c == '+')
}

fn check_name(name: &str) -> Result<(), KeyError> {
    if is_name(name) { Ok(()) } else { Err(KeyError::Name { name: shortened(name) }) }
}

/// A key's ID: the first 4 bytes of SHA-256(name ‖ 0x0A ‖ signature type ‖ public key) (C2SP signed-note,
/// "Signatures").
pub(in crate::log) fn key_id(name: &str, kind: u8, key: &[u8]) -> u32 {
    let hash = Sha256::new().chain_update(name).chain_update([b'\n', kind]).chain_update(key).finalize();
    hash.iter().take(4).fold(0, |id, byte| id << 8 | u32::from(*byte))
}

/// At most 80 characters of a text that somebody else chose, for a message.
fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
