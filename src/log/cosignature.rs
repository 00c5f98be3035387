//! What a witness signs, and when: C2SP tlog-cosignature, the Ed25519 kind, `cosignature/v1` (type 0x04).
//!
//! A cosignature says that at its time the largest head that the witness had seen of this log, consistent with
//! all those before, was this one. It is not the witness (that remembers heads and answers requests), and not
//! which witnesses are enough (see [`policy`](super::policy)).
//!
//! Signatures of kinds that are not known here, ML-DSA-44 (type 0x06) among them, are ignored and never refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer as _, SigningKey};

use super::note::{KeyError, Kind, NamedKey, Note, NoteSignature};
use crate::values::{Instant, serde_as_text};

/// C2SP signed-note, "Signature types": timestamped Ed25519 checkpoint cosignatures.
const COSIGNATURE: Kind = Kind { byte: 0x04, known: "a witness's key has type 0x04 (Ed25519 cosignatures)" };

/// The public key of a witness, with its name, as a "vkey" of type 0x04.
#[derive(Clone, PartialEq, Eq)]
pub struct WitnessKey(NamedKey);

/// The private key of a witness, with its name. Its memory is wiped when it is dropped.
pub struct WitnessSigner {
    key: SigningKey,
    verifier: WitnessKey,
}

/// One verified cosignature: when the witness says that this head was the newest it had seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cosignature {
    /// Seconds since 1970-01-01T00:00:00Z, at most 2^63 − 1. Not checked against any clock.
    pub unix: u64,
}

/// Why cosignatures cannot be made or relied on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CosignatureError {
    /// A cosignature by a known witness does not verify.
    #[error(
        "the cosignature by {key} is not of this checkpoint: the text, the time or the signature was altered, \
         reject the note"
    )]
    Bad {
        /// The known key.
        key: Box<WitnessKey>,
    },
    /// The time is not one at which a witness signs.
    #[error("a witness cannot cosign at {time}: times are counted from 1970-01-01T00:00:01Z; set its clock")]
    Time {
        /// The time given.
        time: Instant,
    },
}

impl WitnessKey {
    /// A witness's key of this name, with the 32 bytes of an Ed25519 public key (RFC 8032 §5.1.5).
    pub fn new(name: &str, key: [u8; 32]) -> Result<Self, KeyError> {
        NamedKey::new(COSIGNATURE, name, key).map(Self)
    }

    /// The key's name, which its signature lines begin with.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The key's ID: the first four bytes, big-endian, of SHA-256(name ‖ 0x0A ‖ 0x04 ‖ key).
    pub fn id(&self) -> u32 {
        self.0.id
    }

    /// The 32 bytes of the Ed25519 public key.
    pub fn raw(&self) -> [u8; 32] {
        self.0.raw()
    }

    /// All cosignatures by this witness under the note, each time once, the earliest first; none where it has
    /// not cosigned. One that is bad rejects the note, whatever good ones stand beside it.
    pub fn cosignatures(&self, note: &Note) -> Result<BTreeSet<Cosignature>, CosignatureError> {
        let lines = note.signatures().iter().filter(|line| self.0.names(line));
        let verified = lines.map(|line| {
            let bad = || CosignatureError::Bad { key: Box::new(self.clone()) };
            self.verify(note.unverified_text(), &line.bytes).ok_or_else(bad)
        });
        verified.collect()
    }

    /// The newest cosignature by this witness under the note, with its line; `None` where it has not cosigned.
    ///
    /// # Errors
    /// One that is bad, as for [`cosignatures`](Self::cosignatures).
    pub fn newest(&self, note: &Note) -> Result<Option<(Cosignature, NoteSignature)>, CosignatureError> {
        self.cosignatures(note)?;
        let lines = self.verified(note.unverified_text(), note.signatures());
        Ok(lines.last_key_value().map(|(time, line)| (*time, (*line).clone())))
    }

    /// Of `lines`, those by this witness that are cosignatures of the checkpoint `text`, by their time. What is not is
    /// left out: nobody relies on it.
    pub(super) fn verified<'l>(
        &self,
        text: &str,
        lines: impl IntoIterator<Item = &'l NoteSignature>,
    ) -> BTreeMap<Cosignature, &'l NoteSignature> {
        let lines = lines.into_iter().filter(|line| self.names(line));
        lines.filter_map(|line| Some((self.verify(text, &line.bytes)?, line))).collect()
    }

    /// Whether a line says that it is by this key.
    pub fn names(&self, line: &NoteSignature) -> bool {
        self.0.names(line)
    }

    /// What `signature`, without the key's ID, says of the checkpoint `text`; `None` where it is not this key's.
    fn verify(&self, text: &str, signature: &[u8]) -> Option<Cosignature> {
        let (time, signature) = signature.split_first_chunk()?;
        let unix = u64::from_be_bytes(*time);
        let verified = i64::try_from(unix).is_ok() && self.0.verify(&message(unix, text), signature);
        verified.then_some(Cosignature { unix })
    }
}

impl WitnessSigner {
    /// The key of this name that the 32-byte seed of RFC 8032 §5.1.5 gives. The caller wipes its own copy.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = SigningKey::from_bytes(seed);
        let verifier = WitnessKey::new(name, key.verifying_key().to_bytes())?;
        Ok(Self { key, verifier })
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        self.verifier.name()
    }

    /// The public half.
    pub fn verifier(&self) -> &WitnessKey {
        &self.verifier
    }

    /// The signature line under this checkpoint, whose text is signed as it stands, extension lines included.
    ///
    /// Whoever calls this promises that the head is the largest and newest that the witness has seen of this
    /// log, that it extends all those before, and that this is on stable storage.
    pub fn cosign(&self, checkpoint: &Note, time: Instant) -> Result<NoteSignature, CosignatureError> {
        let unix = u64::try_from(time.unix()).ok().filter(|unix| *unix > 0);
        let unix = unix.ok_or(CosignatureError::Time { time })?;
        let signature = self.key.sign(&message(unix, checkpoint.unverified_text())).to_bytes();
        let bytes = [unix.to_be_bytes().as_slice(), &signature].concat();
        Ok(NoteSignature { name: self.name().to_owned(), id: self.verifier.id(), bytes })
    }
}

impl Cosignature {
    /// The time as a value of ours; the end of the range where it lies beyond the years that four digits write.
    pub fn time(self) -> Instant {
        i64::try_from(self.unix).map_or(Instant::MAX, Instant::from_unix)
    }
}

/// What is signed: two lines and the checkpoint (C2SP tlog-cosignature, "Ed25519 signed message").
fn message(unix: u64, checkpoint: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {unix}\n{checkpoint}").into_bytes()
}

impl FromStr for WitnessKey {
    type Err = KeyError;

    /// Reads the one form that `Display` writes.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        NamedKey::parse(COSIGNATURE, text).map(Self)
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for WitnessSigner {
    /// The public half only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WitnessSigner").field(&self.verifier).finish()
    }
}

serde_as_text!(WitnessKey);
