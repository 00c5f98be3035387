//! Public keys as statements carry them: one line of OpenSSH, `ssh-ed25519 AAAA…`.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64Unpadded, Encoding as _};
use sha2::{Digest as _, Sha256};

use crate::values::{ValueError, serde_as_text};

/// The 32 bytes of an Ed25519 public key: what belongs to at most one holder at a time, whatever type
/// of OpenSSH key wraps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawKey(pub [u8; 32]);

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

    /// A security key over these 32 bytes for `application`.
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

    /// OpenSSH's name of the key type.
    pub fn algorithm(&self) -> &'static str {
        if self.application.is_some() { "sk-ssh-ed25519@openssh.com" } else { "ssh-ed25519" }
    }

    /// The key blob of RFC 4253 §6.6 and `PROTOCOL.u2f`: length-prefixed type, key and application.
    pub fn blob(&self) -> Vec<u8> {
        let mut blob = Vec::with_capacity(96);
        let fields =
            [Some(self.algorithm().as_bytes()), Some(&self.raw.0[..]), self.application().map(str::as_bytes)];
        for field in fields.into_iter().flatten() {
            blob.extend_from_slice(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
            blob.extend_from_slice(field);
        }
        blob
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
        let refuse = || {
            ValueError::new(
                text,
                "an OpenSSH public key without its comment: `ssh-ed25519 AAAA…` or `sk-ssh-ed25519@openssh.com AAAA…`",
            )
        };
        let parsed = ssh_key::PublicKey::from_openssh(text).map_err(|_| refuse())?;
        let key = match parsed.key_data() {
            ssh_key::public::KeyData::Ed25519(key) => Self::plain(RawKey(key.0)),
            ssh_key::public::KeyData::SkEd25519(key) => {
                Self::security(RawKey(key.public_key().0), key.application().to_owned())
            }
            _ => return Err(refuse()),
        };
        // One text form: comments, options and other spacing do not survive the round trip.
        if key.to_string() == text { Ok(key) } else { Err(refuse()) }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.algorithm(), base64ct::Base64::encode_string(&self.blob()))
    }
}

serde_as_text!(PublicKey);
