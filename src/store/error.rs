use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check::Mismatch;
use super::{MAX_BATCH_WEIGHT, MAX_CHECKPOINT_BYTES, MAX_ENTRY_BYTES};
use crate::values::Digest;

/// Why a store refuses or fails. After every variant but [`StoreError::Lost`] nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else appended in between, or the caller counted wrongly.
    #[error("agreement {} has {stored} entries and the batch begins at {first}: read its head and build the batch anew", anchor.short())]
    Size {
        /// The agreement.
        anchor: Digest,
        /// The number of entries stored.
        stored: u64,
        /// The index at which the batch begins.
        first: u64,
    },
    /// The batch contradicts itself.
    #[error("agreement {}: the batch ends at {end} entries but its head says {head}: build the batch anew", anchor.short())]
    HeadSize {
        /// The agreement.
        anchor: Digest,
        /// The number of entries after the batch.
        end: u64,
        /// The size that the head states.
        head: u64,
    },
    /// A batch without entries may renew a checkpoint, but not change the head.
    #[error("agreement {}: a batch without entries changes the root at {size} entries: only a checkpoint over the stored head can be renewed", anchor.short())]
    HeadChanged {
        /// The agreement.
        anchor: Digest,
        /// The number of entries stored.
        size: u64,
    },
    /// A leaf is too large or empty.
    #[error(
        "entry {index} has {bytes} bytes; an entry has 1 to {MAX_ENTRY_BYTES}: file long texts as exhibits"
    )]
    EntrySize {
        /// The entry's index.
        index: u64,
        /// Its size.
        bytes: usize,
    },
    /// A checkpoint is too large.
    #[error("a checkpoint of {bytes} bytes; one has at most {MAX_CHECKPOINT_BYTES}: name fewer witnesses")]
    CheckpointSize {
        /// Its size.
        bytes: usize,
    },
    /// A note of a head that the agreement does not have.
    #[error("agreement {} has {stored} entries, and the checkpoint is of {size}: only heads that are here are kept", anchor.short())]
    NoSuchHead {
        /// The agreement.
        anchor: Digest,
        /// The number of entries stored.
        stored: u64,
        /// The size that the checkpoint is for.
        size: u64,
    },
    /// The batch is larger than one flush may be.
    #[error(
        "a batch of weight {weight}; one weighs at most {MAX_BATCH_WEIGHT}: append it in several batches"
    )]
    BatchWeight {
        /// The sum of its appends' weights.
        weight: usize,
    },
    /// The statement is in the log already.
    #[error("statement {} is already entry {index}: its receipt is there", statement.short())]
    Known {
        /// The statement.
        statement: Digest,
        /// Where it is.
        index: u64,
    },
    /// Bytes that are not what their name says.
    #[error("blob {}: these bytes have the digest {actual}: {remedy}", expected.short())]
    BlobDigest {
        /// The name.
        expected: Digest,
        /// What the bytes hash to.
        actual: Digest,
        /// What to do next.
        remedy: &'static str,
    },
    /// A table would have to be made over another one.
    #[error("{}: something is kept there already; nothing was changed", path.display())]
    Exists {
        /// The table's folder.
        path: PathBuf,
    },
    /// A table that was made is not there any more.
    #[error("{} is not there, and with it goes what was kept: whoever went on would have forgotten it", path.display())]
    Gone {
        /// The file that is missing.
        path: PathBuf,
    },
    /// The folder is in use.
    #[error("{}: another quorate process has it open; try again when that one has ended, or stop it", path.display())]
    Busy {
        /// The store's folder.
        path: PathBuf,
    },
    /// The folder is in use, by a server.
    #[error("{}: a server has it open: ask it with --server {url}, or stop it", path.display())]
    Served {
        /// The store's folder.
        path: PathBuf,
        /// Where the server listens, as far as it knows.
        url: String,
    },
    /// The store was opened for reading alone.
    #[error("{}: opened for reading alone; nothing was appended", path.display())]
    ReadOnly {
        /// The store's folder.
        path: PathBuf,
    },
    /// The folder holds a store of another format.
    #[error("{}: store format {found}, and this version of quorate reads format {expected}; use the version that wrote it", path.display())]
    Format {
        /// The store's folder.
        path: PathBuf,
        /// The format found.
        found: u8,
        /// The format of this version.
        expected: u8,
    },
    /// A file operation failed; nothing was changed by it.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// The operation: "open", "write", ….
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database's files cannot be read.
    #[error("{}: the database file is damaged: {cause}; nothing was changed by looking at it. Keep a copy of the folder, restore it \
             from a backup, and audit that against your receipts, which show what is missing", path.display())]
    Damaged {
        /// The store's folder.
        path: PathBuf,
        /// What was found.
        cause: String,
    },
    /// The database is older than what was acknowledged from this folder.
    #[error("{}: {missing} of the batches that were acknowledged are missing: batch {recorded} was, but the store ends at \
             batch {found}. Its database file is damaged, or an older copy was put in its place; nothing was changed by \
             looking at it. Going on would fork the log: keep a copy of the folder, restore it from a backup, and audit \
             that against your receipts, which show what is missing", path.display())]
    WentBack {
        /// The store's folder.
        path: PathBuf,
        /// The number of the last batch known to be acknowledged.
        recorded: u64,
        /// The number of the last batch found.
        found: u64,
        /// The batches between them.
        missing: u64,
    },
    /// The number of the last acknowledged batch is gone, so nobody knows whether the store went back.
    #[error("{}: the file `acknowledged`, which says how many batches there must be, is missing or unreadable beside \
             {found} batches; only damage or tampering takes it away. Restore it from a backup; or, once an audit \
             against your receipts shows that nothing is missing, write the word `accepted` into it", path.display())]
    NoRecord {
        /// The store's folder.
        path: PathBuf,
        /// The number of the last batch found.
        found: u64,
    },
    /// The stored tree is not the one that the stored head promises.
    #[error("{}: {mismatch}; do not go on with it: run `quorate audit` to list what is wrong, then restore the folder from a backup", path.display())]
    Mismatch {
        /// The store's folder.
        path: PathBuf,
        /// What disagrees.
        mismatch: Box<Mismatch>,
    },
    /// A write, flush or fsync failed, so nobody knows what is on the disk until it is read anew. Fatal.
    #[error("{}: a write may be lost ({cause}); quorate must end now: check the disk, then start it again, and it will say what is stored", path.display())]
    Lost {
        /// The store's folder.
        path: PathBuf,
        /// The first failure.
        cause: Arc<str>,
    },
}

impl StoreError {
    /// Whether the process must end now, without another attempt.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }

    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }

    pub(super) fn damaged(path: &Path, cause: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), cause: cause.into() }
    }
}
