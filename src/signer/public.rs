//! Public keys as people have them: a `.pub` file, or its line.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding as _};

use crate::statement::{KeyError, PublicKey};

/// The longest `.pub` file that is read, in bytes: about 100 for a key, the rest is room for its comment and
/// for RSA keys, so that those are refused for what they are.
const MAX_FILE: u64 = 16 * 1_024;

/// Why something is not a public key that can sign here.
#[derive(Debug, thiserror::Error)]
pub enum PublicError {
    /// The file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file does not hold a key.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with its line.
        cause: LineError,
    },
    /// The text is not a key.
    #[error("`{}`: {cause}", text.chars().take(40).collect::<String>())]
    Text {
        /// What was given.
        text: String,
        /// What is wrong with it.
        cause: LineError,
    },
}

/// Why a line is not a public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Empty, several lines, or not text.
    #[error("not one line of text: a public key is `ssh-ed25519 AAAA…` and a comment")]
    NotALine,
    /// A private key where a public one belongs. None of it is repeated.
    #[error("a private key, which must stay where it is: give its .pub file (`ssh-keygen -y` prints it)")]
    Private,
    /// Other words, or options as in `authorized_keys`.
    #[error(
        "not a public key: it begins with its type, as in `ssh-ed25519 AAAA…`, with no options before it"
    )]
    NotAKey,
    /// A key that cannot sign here.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A public key with the comment that stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The key; its 32 bytes are a good point.
    pub key: PublicKey,
    /// The comment, possibly empty.
    pub comment: String,
}

/// Reads `TYPE BASE64 COMMENT`, the comment optional.
pub fn parse(text: &str) -> Result<Line, LineError> {
    let text = text.trim();
    if text.starts_with("-----BEGIN") {
        return Err(LineError::Private);
    }
    if text.is_empty() || text.contains(['\n', '\r', '\0']) {
        return Err(LineError::NotALine);
    }
    let (kind, rest) = text.split_once([' ', '\t']).ok_or(LineError::NotAKey)?;
    if !is_type(kind) {
        return Err(LineError::NotAKey);
    }
    let rest = rest.trim_start();
    let (base64, comment) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    let blob = Base64::decode_vec(base64).map_err(|_| KeyError::Malformed)?;
    let key = PublicKey::from_blob(&blob)?;
    if key.algorithm() != kind {
        return Err(KeyError::Malformed.into());
    }
    key.raw().verifying()?;
    Ok(Line { key, comment: comment.trim().to_owned() })
}

/// Reads a `.pub` file.
pub fn read(path: &Path) -> Result<Line, PublicError> {
    let io = |source| PublicError::Io { path: path.to_owned(), source };
    // Asked before opening, because opening a pipe waits for its writer.
    if !path.metadata().map_err(io)?.is_file() {
        return Err(io(io::Error::other("not a regular file")));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes)).map_err(io)?;
    let text = std::str::from_utf8(&bytes).ok().filter(|text| text.len() as u64 <= MAX_FILE);
    let line = text.ok_or(LineError::NotALine).and_then(parse);
    line.map_err(|cause| PublicError::File { path: path.to_owned(), cause })
}

/// The public key that a person has given: as text, or as the path of a `.pub` file.
pub fn given(value: &str) -> Result<Line, PublicError> {
    if looks_like_key(value) {
        parse(value).map_err(|cause| PublicError::Text { text: value.to_owned(), cause })
    } else {
        read(Path::new(value))
    }
}

/// Whether a value is a key as text, and not the name of a file.
pub(super) fn looks_like_key(value: &str) -> bool {
    value.trim_start().split_once([' ', '\t']).is_some_and(|(kind, _)| is_type(kind))
}

/// OpenSSH's names of key types: `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`, `sk-…@openssh.com`.
fn is_type(word: &str) -> bool {
    ["ssh-", "sk-", "ecdsa-"].iter().any(|prefix| word.starts_with(prefix))
}
