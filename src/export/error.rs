//! Why an agreement was not exported.

use std::io;
use std::path::PathBuf;

use crate::store::{ReadOnly, StoreError};

/// Why an agreement was not exported. The folder's `checkpoint` is then the one that it had.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store lacks something that its head promises.
    #[error("the store lacks {0}; run `quorate audit`")]
    Missing(String),
    /// The folder holds something else than an export of this log.
    #[error("{} holds something else than an export of this log: {why}; export to a new folder", path.display())]
    NotOurs {
        /// The folder, or its checkpoint.
        path: PathBuf,
        /// What is there.
        why: String,
    },
    /// The folder is where the log's private key is, or the store.
    #[error(
        "{} cannot be exported to: {why} the data folder {}, which has the log's private key and is never given out; \
         export to a folder beside it", path.display(), data.display()
    )]
    DataFolder {
        /// The folder.
        path: PathBuf,
        /// The data folder.
        data: PathBuf,
        /// How the two lie: `it is`.
        why: &'static str,
    },
    /// The folder holds another history of this log, which the log has signed.
    #[error(
        "{} is not an earlier state of this log: {why}; both signed checkpoints together are evidence, keep them. {}",
        path.display(), remedy(*.history)
    )]
    OtherHistory {
        /// The folder's checkpoint.
        path: PathBuf,
        /// Why nothing may be added to this store's.
        history: ReadOnly,
        /// What differs.
        why: String,
    },
    /// Nothing has been cosigned by the quorum.
    #[error(
        "the policy's quorum has not cosigned any head yet: run `quorate cosign`, or publish without waiting for \
         witnesses by leaving --cosigned out"
    )]
    NotCosigned,
    /// The folder shows more than what has been cosigned.
    #[error(
        "{} shows {there} entries, and the policy's quorum has cosigned no more than {size}: what was published is never \
         taken back; run `quorate cosign`, or leave --cosigned out", path.display()
    )]
    Published {
        /// The folder's checkpoint.
        path: PathBuf,
        /// Its size.
        there: u64,
        /// The size that would have been published.
        size: u64,
    },
    /// A file operation failed.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What to do where the log has signed another history than the store has.
fn remedy(history: ReadOnly) -> &'static str {
    match history {
        ReadOnly::TwoHistories(_) => {
            "The log has two histories: the parties must hear of it and decide which holds"
        }
        _ => {
            "Going on from this store would fork the log: restore a copy with all entries, such as that folder, into a new \
             data folder"
        }
    }
}
