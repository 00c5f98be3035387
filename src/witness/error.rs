use std::io;
use std::path::{Path, PathBuf};

use super::LogsError;
use crate::log::KeyError;
use crate::store::StoreError;
use crate::values::Digest;

/// Why a witness cannot be made, or does not serve.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// There is something that `init` would have to overwrite.
    #[error("{} is there already: name another folder, or go on with this one without `init`", path.display())]
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// The folder was never made, or `init` was interrupted.
    #[error("{} is not there: make the witness with `quorate witness init`, or name the right folder", path.display())]
    Missing {
        /// The file that is missing.
        path: PathBuf,
    },
    /// The settings cannot be read.
    #[error("{}: {cause}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        cause: String,
    },
    /// The list of logs cannot be read, or takes no such addition.
    #[error("{}: {error}", path.display())]
    Logs {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: LogsError,
    },
    /// A name that no witness can have.
    #[error(
        "`{name}` cannot name a witness: use a host name or a URL without its scheme, such as `wit.example/w1`; \
         no spaces, no `+`, at most 200 characters"
    )]
    Name {
        /// The name, shortened to 80 characters.
        name: String,
    },
    /// The key is unsound.
    #[error("the witness's key: {0}")]
    Key(#[from] KeyError),
    /// The private key is gone.
    #[error("{} is not there: restore the key alone from your copy, never the folder's `state`", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The key file is not one.
    #[error("{} is not a witness's key: it must be one line, `quorate-witness-key-v1`, a space, 32 bytes in base64", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
    },
    /// Others on this machine could sign as the witness.
    #[error("{} can be read by others (mode {mode:04o}): run `chmod 600 {}`, and if others were about, make a new \
             witness", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The state is of another witness.
    #[error(
        "the state is {}, and the key is {key}: with another's memory a witness would sign two histories; where the state of \
         this key was only moved, move it back, and never take a copy; else make a new witness with a new key", .whose.as_deref().unwrap_or("of no witness")
    )]
    OtherKey {
        /// The key that the state names.
        whose: Option<String>,
        /// The key in the folder.
        key: String,
    },
    /// A row of the state says nothing.
    #[error("the state has an unreadable row ({}): it is damaged, and what was cosigned cannot be known; \
             never restore it from a copy; make a new witness with a new key, and tell whoever relies on the old one", key.short())]
    Row {
        /// The SHA-256 of the row's key.
        key: Digest,
    },
    /// The state's folder is gone.
    #[error(
        "{} is not there: this witness has forgotten what it cosigned, and could sign a second history; if the \
         folder cannot be found, make a new witness with a new key, and tell whoever relies on the old one",
        path.display()
    )]
    Forgotten {
        /// What is missing.
        path: PathBuf,
    },
    /// The state is there, and cannot be relied on.
    #[error(
        "{}: {why}: what this witness cosigned cannot be known, and it could sign a second history. Never restore this \
         folder from a backup, nor alter a file in it: make a new witness with a new key, and tell whoever relies on the \
         old one", path.display()
    )]
    Untrusted {
        /// Its folder.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// The state cannot be read or written.
    #[error("{0}")]
    Store(StoreError),
    /// The thread that signs ended without saying why.
    #[error("the thread that signs has ended: a defect of quorate; nothing was signed that is not stored")]
    Desk,
    /// A file or network operation failed.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// The operation.
        what: &'static str,
        /// The file, folder or address.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The operating system gives no random numbers.
    #[error("no random numbers for the witness's key: {0}")]
    Random(getrandom::Error),
}

impl WitnessError {
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }
}

/// In words of a witness: those of the store advise a backup, and an audit that would show what is missing from it. A witness
/// has nothing of the kind.
impl From<StoreError> for WitnessError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Gone { path } => Self::Forgotten { path },
            StoreError::Damaged { path, cause } => {
                Self::Untrusted { path, why: format!("the database file is damaged: {cause}") }
            }
            StoreError::WentBack { path, recorded, found, .. } => Self::Untrusted {
                path,
                why: format!(
                    "batch {recorded} was acknowledged, and the database ends at batch {found}: it is damaged, or an \
                     older copy was put in its place"
                ),
            },
            StoreError::NoRecord { path, .. } => Self::Untrusted {
                path,
                why: "the file `acknowledged`, which says how many batches there must be, is unreadable"
                    .to_owned(),
            },
            StoreError::Mismatch { path, mismatch } => Self::Untrusted { path, why: mismatch.to_string() },
            other => Self::Store(other),
        }
    }
}
