use std::io;
use std::path::{Path, PathBuf};

use super::agent::AgentError;
use super::file::{MAX_FILE, TRIES};
use super::public::PublicError;
use crate::statement::{KeyError, SignatureError};

/// Why there is no key to sign with, or no signature. Nothing has been signed.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// A file operation failed.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// The operation: "open", "write", ….
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder, a pipe or a device.
    #[error("{} is not a regular file: name an OpenSSH private key or a `.pub` file", path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// Others than its owner can read the private key.
    #[error(
        "{0}: its mode {mode:04o} lets others use this private key: run `chmod 600 {0}`, and think of replacing the \
         key if anybody else uses this machine", path.display()
    )]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Far longer than a key.
    #[error("{}: more than {MAX_FILE} bytes, which no Ed25519 key has: name an OpenSSH key file", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// Not an OpenSSH private key.
    #[error("{}: not an OpenSSH private key: {remedy}", path.display())]
    NotPrivate {
        /// The file.
        path: PathBuf,
        /// What to do next.
        remedy: &'static str,
    },
    /// A key of another type, or a weak one.
    #[error("{}: {cause}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: KeyError,
    },
    /// The file of a security key holds a handle, which only the key itself can use.
    #[error(
        "{0}: a handle for a security key, not a private key: load it with `ssh-add {0}`, then name its .pub file",
        path.display()
    )]
    Handle {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read as a key.
    #[error("{}: the private key is damaged ({cause}): take a good copy of it, or make a new key", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        cause: String,
    },
    /// No passphrase could be had.
    #[error(
        "{0}: encrypted, and no passphrase could be asked for ({source}): run this at a terminal, or load the key with \
         `ssh-add {0}` and name its .pub file", path.display()
    )]
    Ask {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// None of the passphrases fits.
    #[error(
        "{0}: {TRIES} wrong passphrases: try again, or load the key with `ssh-add {0}` and name its .pub file",
        path.display()
    )]
    Passphrase {
        /// The file.
        path: PathBuf,
    },
    /// A new key would replace a file.
    #[error(
        "{}: already there, and a key is never overwritten: choose another name, or move the file away",
        path.display()
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A comment that would break its line.
    #[error(
        "the key's comment has the character U+{:04X}, which nobody sees: use plain words on one line",
        u32::from(*.character)
    )]
    Comment {
        /// The first such character.
        character: char,
    },
    /// An empty passphrase was given for a new key.
    #[error("the passphrase is empty: choose one, or make the key without a passphrase")]
    EmptyPassphrase,
    /// The operating system gives no random bytes.
    #[error("no random bytes from the operating system: {0}; no key was made")]
    Random(getrandom::Error),
    /// The key could not be encoded.
    #[error("the new key could not be encoded: {0}; no key was made")]
    Encode(String),
    /// The public key cannot be read.
    #[error(transparent)]
    Public(#[from] PublicError),
    /// The private key is not the one that the public file beside it promises.
    #[error(
        "{}: not the private key of {}: make the public file anew with `ssh-keygen -y -f {0}`",
        private.display(), public.display(),
    )]
    NotAPair {
        /// The private key file.
        private: PathBuf,
        /// The public key file.
        public: PathBuf,
    },
    /// The agent did not do what it was asked.
    #[error("ssh-agent at {}: {cause}", socket.display())]
    Agent {
        /// Its socket.
        socket: PathBuf,
        /// Why.
        cause: AgentError,
    },
    /// The key is nowhere.
    #[error("no key for `{value}`: {}; {remedy}", tried.join("; "))]
    NotFound {
        /// What was asked for.
        value: String,
        /// Where it was looked for, and what was there.
        tried: Vec<String>,
        /// What to do next.
        remedy: &'static str,
    },
    /// A signature was made that does not hold.
    #[error("the signature just made by `{key}` does not hold and was thrown away: {cause}")]
    Faulty {
        /// The key's fingerprint.
        key: String,
        /// What is wrong with it.
        cause: SignatureError,
    },
}

impl SignerError {
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }
}
