//! Public keys as statements carry them: one line of OpenSSH, `ssh-ed25519 AAAA…`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Base64Unpadded, Encoding as _};
use ed25519_dalek::VerifyingKey;
use sha2::{Digest as _, Sha256};

use super::sshwire::{Reader, put_string};
use crate::values::{ValueError, is_hidden, serde_as_text};

/// OpenSSH's name of a plain Ed25519 key, and of the signatures it makes (RFC 8709 §4, §6).
const PLAIN: &str = "ssh-ed25519";

/// OpenSSH's name of an Ed25519 key held by a security key, and of its signatures (`PROTOCOL.u2f`).
const SECURITY: &str = "sk-ssh-ed25519@openssh.com";

/// How many keys a thread remembers: about 200 bytes each.
const MOST_KNOWN: usize = 1_024;

thread_local! {
    /// Keys that passed, ready to verify with. Few keys sign most of a log, and finding the point behind one takes
    /// a seventh as long as verifying with it.
    static KNOWN: RefCell<HashMap<RawKey, VerifyingKey>> = RefCell::default();
}

/// Why bytes are not a key that can sign here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Another type of key.
    #[error("keys of type {0:?} cannot sign statements; use `ssh-ed25519` or `sk-ssh-ed25519@openssh.com`")]
    Type(String),
    /// The blob ends early, goes on after its end, or has a key of another length.
    #[error("the key's encoding is damaged; copy the whole line of the `.pub` file")]
    Malformed,
    /// A security key's application without the prefix on which `ssh-keygen` insists, or unreadable.
    #[error("the security key's application must begin with `ssh:` and be readable; generate the key anew")]
    Application,
    /// The 32 bytes are no point of the curve.
    #[error("the key is no point of the curve Ed25519; generate the key anew")]
    NotAPoint,
    /// The 32 bytes are a second spelling of a point (y ≥ 2²⁵⁵ − 19; RFC 8032 §5.1.3).
    #[error("the key is a non-canonical encoding of a point; generate the key anew")]
    NonCanonical,
    /// A point of small order, under which signatures hold for texts that nobody signed.
    #[error(
        "the key is a point of small order, for which anybody can make signatures; generate the key anew"
    )]
    SmallOrder,
}

/// The 32 bytes of an Ed25519 public key: what belongs to at most one holder at a time, whatever type
/// of OpenSSH key wraps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawKey(pub [u8; 32]);

impl RawKey {
    /// The key ready to verify with: a canonically encoded point of large order, or the reason why not.
    pub fn verifying(&self) -> Result<VerifyingKey, KeyError> {
        if let Some(key) = KNOWN.with_borrow(|known| known.get(self).copied()) {
            return Ok(key);
        }
        if !self.is_canonical() {
            return Err(KeyError::NonCanonical);
        }
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| KeyError::NotAPoint)?;
        if key.is_weak() {
            return Err(KeyError::SmallOrder);
        }
        KNOWN.with_borrow_mut(|known| {
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
            known.insert(*self, key);
        });
        Ok(key)
    }

    /// Whether y, the lower 255 bits in little-endian, is below p = 2²⁵⁵ − 19. The other second spelling,
    /// a set sign bit where x is 0, exists only for the points of order 1 and 2.
    fn is_canonical(&self) -> bool {
        let [first, middle @ .., last] = &self.0;
        *first < 0xed || last & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff)
    }
}

/// An OpenSSH public key of type `ssh-ed25519` or `sk-ssh-ed25519@openssh.com`, without its comment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey {
    raw: RawKey,
    /// The application of a security key (`ssh:` by default); `None` for a plain key.
    application: Option<String>,
}

impl PublicKey {
    /// A plain key over these 32 bytes.
    pub fn plain(raw: RawKey) -> Self {
        Self { raw, application: None }
    }

    /// A security key over these 32 bytes for `application`, which begins with `ssh:`.
    pub fn security(raw: RawKey, application: String) -> Self {
        Self { raw, application: Some(application) }
    }

    /// The 32 bytes.
    pub fn raw(&self) -> RawKey {
        self.raw
    }

    /// The application of a security key, `None` for a plain one.
    pub fn application(&self) -> Option<&str> {
        self.application.as_deref()
    }

    /// OpenSSH's name of the key type, which is also that of its signatures.
    pub fn algorithm(&self) -> &'static str {
        if self.application.is_some() { SECURITY } else { PLAIN }
    }

    /// The key blob of RFC 4253 §6.6 and `PROTOCOL.u2f`: length-prefixed type, key and application.
    pub fn blob(&self) -> Vec<u8> {
        let mut blob = Vec::with_capacity(96);
        put_string(&mut blob, self.algorithm().as_bytes());
        put_string(&mut blob, &self.raw.0);
        if let Some(application) = self.application() {
            put_string(&mut blob, application.as_bytes());
        }
        blob
    }

    /// Reads a key blob, the inverse of [`PublicKey::blob`]. Whether its 32 bytes are a good key is asked
    /// of [`RawKey::verifying`].
    pub fn from_blob(blob: &[u8]) -> Result<Self, KeyError> {
        let mut reader = Reader::new(blob);
        let kind = reader.text().ok_or(KeyError::Malformed)?;
        if kind != PLAIN && kind != SECURITY {
            return Err(KeyError::Type(kind.chars().take(80).collect()));
        }
        let raw = reader.string().and_then(|key| key.try_into().ok()).ok_or(KeyError::Malformed)?;
        let key = if kind == PLAIN {
            Self::plain(RawKey(raw))
        } else {
            let application = reader.text().ok_or(KeyError::Malformed)?;
            // The prefix keeps a key that logs its owner in to some web site out of statements.
            if !application.starts_with("ssh:") || application.chars().any(is_hidden) {
                return Err(KeyError::Application);
            }
            Self::security(RawKey(raw), application.to_owned())
        };
        if reader.is_at_end() { Ok(key) } else { Err(KeyError::Malformed) }
    }

    /// `SHA256:` and the unpadded base64 of the blob's SHA-256, as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", Base64Unpadded::encode_string(&Sha256::digest(self.blob())))
    }
}

impl FromStr for PublicKey {
    type Err = ValueError;

    /// Reads `TYPE BASE64` and nothing else: no comment, no options, one space.
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let read = || {
            let (kind, blob) = text.split_once(' ')?;
            let key = Self::from_blob(&Base64::decode_vec(blob).ok()?).ok()?;
            (key.algorithm() == kind).then_some(key)
        };
        read().ok_or_else(|| {
            ValueError::new(
                text,
                "an OpenSSH public key without its comment: `ssh-ed25519 AAAA…` or `sk-ssh-ed25519@openssh.com AAAA…`",
            )
        })
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.algorithm(), Base64::encode_string(&self.blob()))
    }
}

serde_as_text!(PublicKey);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_key_is_the_same_key_and_a_weak_one_is_never_remembered() {
        let weak = RawKey([0; 32]);
        for number in 0..MOST_KNOWN + 2 {
            let secret = ed25519_dalek::SigningKey::from_bytes(&Sha256::digest(number.to_be_bytes()).into());
            let key = RawKey(secret.verifying_key().to_bytes());
            for _ in 0..2 {
                assert_eq!(key.verifying(), Ok(secret.verifying_key()));
                assert_eq!(weak.verifying(), Err(KeyError::SmallOrder));
            }
            assert!(KNOWN.with_borrow(HashMap::len) <= MOST_KNOWN);
        }
    }
}
