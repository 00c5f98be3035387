//! Private keys in OpenSSH files (`PROTOCOL.key`).
//!
//! What is secret is wiped from memory when it is dropped: file contents, passphrases, keys.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use ssh_key::PrivateKey;
use zeroize::Zeroizing;

use super::{Ask, SignerError};
use crate::statement::sshwire::Reader;
use crate::statement::{KeyError, PublicKey, sshsig};

/// How many passphrases are asked for, as `ssh` does (`NumberOfPasswordPrompts`).
pub const TRIES: usize = 3;

/// The longest file that is read, in bytes: an Ed25519 key has about 500, and an RSA key of 16,384 bits,
/// which is refused for what it is, about 13,000.
pub const MAX_FILE: u64 = 64 * 1_024;

const BEGIN: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";
const END: &str = "-----END OPENSSH PRIVATE KEY-----";
const MAGIC: &[u8; 15] = b"openssh-key-v1\0";

/// A private key from a file, unlocked and in memory.
pub struct KeyFile {
    public: PublicKey,
    private: SigningKey,
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFile").field("public", &self.public).finish_non_exhaustive()
    }
}

impl KeyFile {
    /// Reads the key at `path`, and asks for its passphrase if it is encrypted.
    ///
    /// # Errors
    /// Anything but an Ed25519 key in OpenSSH's format that its owner alone can read.
    pub fn load(path: &Path, ask: &mut Ask<'_>) -> Result<Self, SignerError> {
        let (contents, mode) = read(path)?;
        let bytes = unarmour(path, &contents)?;
        // Only now that it is a private key: `chmod` is no answer to whoever names another file by mistake.
        if mode & 0o077 != 0 {
            return Err(SignerError::Permissions { path: path.to_owned(), mode });
        }
        let public = public_part(path, &bytes)?;
        let damaged = |cause: ssh_key::Error| damaged(path, cause);
        let mut key = PrivateKey::from_bytes(&bytes).map_err(damaged)?;
        if key.is_encrypted() {
            key = unlock(path, &key, ask)?;
        }
        let pair = key.key_data().ed25519().ok_or_else(|| damaged(ssh_key::Error::PublicKey))?;
        let private = SigningKey::try_from(pair).map_err(damaged)?;
        if private.verifying_key().to_bytes() != public.raw().0 {
            return Err(damaged(ssh_key::Error::PublicKey));
        }
        Ok(Self { public, private })
    }

    /// The public key.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The signature blob over `data` (RFC 8709 §6).
    pub(super) fn sign(&self, data: &[u8]) -> Vec<u8> {
        sshsig::plain_blob(&self.private.sign(data).to_bytes())
    }
}

fn damaged(path: &Path, cause: impl fmt::Display) -> SignerError {
    SignerError::Damaged { path: path.to_owned(), cause: cause.to_string() }
}

/// A file's contents and its permission bits, both of the file that was opened.
fn read(path: &Path) -> Result<(Zeroizing<Vec<u8>>, u32), SignerError> {
    let owned = || path.to_owned();
    // Asked before opening, because opening a pipe waits for its writer.
    if !path.metadata().map_err(SignerError::io("open", path))?.is_file() {
        return Err(SignerError::NotAFile { path: owned() });
    }
    let file = File::open(path).map_err(SignerError::io("open", path))?;
    let mode = file.metadata().map_err(SignerError::io("read", path))?.mode() & 0o7777;
    // All the room at once: a buffer that grows leaves copies of the key behind.
    let room = usize::try_from(MAX_FILE).unwrap_or(0) + 64;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(SignerError::io("read", path))?;
    if bytes.len() as u64 > MAX_FILE {
        Err(SignerError::TooLong { path: owned() })
    } else {
        Ok((bytes, mode))
    }
}

/// The bytes in the armour of a private key.
fn unarmour(path: &Path, contents: &[u8]) -> Result<Zeroizing<Vec<u8>>, SignerError> {
    let not_private = |remedy| SignerError::NotPrivate { path: path.to_owned(), remedy };
    let text = std::str::from_utf8(contents)
        .map_err(|_| not_private("name the file that `ssh-keygen -t ed25519` wrote"))?
        .trim();
    let Some(body) = text.strip_prefix(BEGIN) else {
        return Err(not_private(if text.contains(" PRIVATE KEY-----") {
            "it is in another format; make a key with `ssh-keygen -t ed25519`"
        } else if super::public::looks_like_key(text) {
            "it is a public key; call the file NAME.pub to use the private key that belongs to it"
        } else {
            "name the file that `ssh-keygen -t ed25519` wrote"
        }));
    };
    let body = body.strip_suffix(END).ok_or_else(|| damaged(path, "its last line is missing"))?;
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    base64.extend(body.chars().filter(|c| !c.is_ascii_whitespace()));
    Base64::decode_vec(&base64).map(Zeroizing::new).map_err(|_| damaged(path, "its base64 cannot be read"))
}

/// The public key, which stands unencrypted in front (`PROTOCOL.key` §1), if it is one that can sign.
fn public_part(path: &Path, bytes: &[u8]) -> Result<PublicKey, SignerError> {
    let mut reader = Reader::new(bytes);
    let mut blob = || {
        (reader.array() == Some(*MAGIC)).then_some(())?;
        let (_cipher, _kdf, _options) = (reader.string()?, reader.string()?, reader.string()?);
        let _keys = reader.uint32()?;
        reader.string()
    };
    let blob = blob().ok_or_else(|| damaged(path, "it ends too early"))?;
    let key = PublicKey::from_blob(blob).and_then(|key| key.raw().verifying().map(|_| key));
    match key {
        Ok(key) if key.application().is_none() => Ok(key),
        Ok(_) | Err(KeyError::Application) => Err(SignerError::Handle { path: path.to_owned() }),
        Err(KeyError::Malformed) => Err(damaged(path, "its public part cannot be read")),
        Err(cause) => Err(SignerError::Key { path: path.to_owned(), cause }),
    }
}

/// Decrypts a key with a passphrase that a person is asked for.
fn unlock(path: &Path, key: &PrivateKey, ask: &mut Ask<'_>) -> Result<PrivateKey, SignerError> {
    for _ in 0..TRIES {
        let passphrase = ask(path).map_err(|source| SignerError::Ask { path: path.to_owned(), source })?;
        match key.decrypt(passphrase.as_bytes()) {
            Ok(key) => return Ok(key),
            Err(ssh_key::Error::Crypto) => {}
            Err(other) => return Err(damaged(path, other)),
        }
    }
    Err(SignerError::Passphrase { path: path.to_owned() })
}
