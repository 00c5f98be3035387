//! The store in a folder: [sled](https://docs.rs/sled/0.34.7), one process, one tree.

mod copy;
mod folder;
mod keys;
mod lost;
mod notes;
mod read;
mod table;
#[cfg(test)]
mod tests;
mod writer;

pub use table::{MAX_ROW_BYTES, MAX_ROWS, Row, Table};

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use self::folder::Folder;
use self::lost::Lost;
use self::writer::Writer;
use super::check::{self, Mismatch};
use super::{Append, Entries, Notes, ReadOnly, Store, StoreError, StoredHead, batch, blobs};
use crate::log::Hash;
use crate::values::Digest;

/// A [`Store`] in a folder of the local disk.
///
/// One process has it open for writing; readers work on a copy of their own, and never write. An [`append`](Store::append) returns after `fdatasync` of the
/// database file; readers run beside it and see a batch only then.
#[derive(Debug)]
pub struct SledStore {
    /// After a failure a clone of it is leaked, so that sled's `Drop` cannot flush and fsync a second time.
    db: sled::Db,
    blobs: PathBuf,
    /// The newest durable head of each agreement. Written after the fsync, so it is what readers go by.
    heads: RwLock<BTreeMap<Digest, StoredHead>>,
    /// The note or the mark that is not durable yet, whose earlier one is read meanwhile; held by whoever reads one.
    unseen: RwLock<Option<notes::Unseen>>,
    /// `None` in a store that was opened for reading alone. Its mutex makes one writer of many.
    writer: Option<Mutex<Writer>>,
    /// The first failure; set once, never taken back.
    lost: Lost,
    /// With our lock, and so the last to be dropped: whoever has the lock finds sled's own released.
    folder: Folder,
}

impl SledStore {
    /// Opens or creates the store in `folder`, with blobs as files in `blobs`; both are durable afterwards.
    ///
    /// Every agreement's tree is checked against its head ([`check::verify`]), and the newest batch against
    /// the last one known to be acknowledged; a store that disagrees is refused. That is done on a copy of the
    /// database, so that nothing is lost by opening; it costs reading and writing the file once.
    pub fn open(folder: &Path, blobs: &Path) -> Result<Self, StoreError> {
        let folder = Folder::claim(folder, blobs)?;
        let acknowledged = folder.acknowledged()?;
        let reading = Folder::reading(&folder.path);
        Self::with(reading, copy::open(&folder.path)?, blobs)?.check_all(acknowledged)?;
        let db = folder.open(blobs)?;
        for of in [blobs, &folder.path] {
            blobs::tidy(of)?;
        }
        let mut store = Self::with(folder, db, blobs)?;
        store.check_all(acknowledged)?;
        let writer = Writer::start(store.db.clone(), &store.folder, store.newest_batch()?)?;
        store.writer = Some(Mutex::new(writer));
        Ok(store)
    }

    /// Opens the store in `folder` for reading alone and without checking its trees: for an audit that is to
    /// list everything that is wrong.
    ///
    /// Nothing is written: the database is read from a private copy, so the store is as it was at this moment, and
    /// other readers and a later writer are not kept waiting. It costs reading and writing the file once.
    /// A store that ends before the last batch known to be acknowledged is refused.
    pub fn inspect(folder: &Path, blobs: &Path) -> Result<Self, StoreError> {
        let (folder, db, acknowledged) = Folder::look(folder, Folder::acknowledged)?;
        let store = Self::with(folder, db, blobs)?;
        store.check_newest(acknowledged)?;
        Ok(store)
    }

    fn with(folder: Folder, db: sled::Db, blobs: &Path) -> Result<Self, StoreError> {
        let mut store = Self {
            db,
            blobs: blobs.to_owned(),
            heads: RwLock::default(),
            unseen: RwLock::default(),
            writer: None,
            lost: Lost::default(),
            folder,
        };
        store.heads = RwLock::new(store.read_heads()?);
        Ok(store)
    }

    fn check_all(&self, acknowledged: Option<u64>) -> Result<(), StoreError> {
        self.check_newest(acknowledged)?;
        self.check()
    }

    /// The newest batch against the last one known to be acknowledged.
    fn check_newest(&self, acknowledged: Option<u64>) -> Result<(), StoreError> {
        not_gone_back(&self.folder.path, acknowledged, self.newest_batch()?)
    }

    fn check(&self) -> Result<(), StoreError> {
        for anchor in self.agreements()? {
            check::verify(self, &anchor).map_err(|mismatch| match mismatch {
                Mismatch::Store(error) => error,
                mismatch => {
                    StoreError::Mismatch { path: self.folder.path.clone(), mismatch: Box::new(mismatch) }
                }
            })?;
        }
        Ok(())
    }

    /// Refuses every call once a write may be lost.
    fn alive(&self) -> Result<(), StoreError> {
        self.lost.alive(&self.folder)
    }

    /// Sets the failure, and keeps sled's `Drop` from writing again.
    fn lose(&self, cause: String) -> StoreError {
        self.lost.set(&self.db, &self.folder, cause)
    }

    fn blob_error(&self, error: blobs::PutError) -> StoreError {
        match error {
            blobs::PutError::Refused(error) => error,
            blobs::PutError::Sync(path, error) => self.lose(format!("fsync of {}: {error}", path.display())),
        }
    }

    /// Runs a read of sled, which panics on some damaged files instead of saying so.
    fn guard<T>(&self, read: impl FnOnce() -> Result<T, sled::Error>) -> Result<T, StoreError> {
        self.alive()?;
        caught(&self.folder.path, read)
    }

    /// The one writer, once nobody else has it.
    fn writing(&self) -> Result<MutexGuard<'_, Writer>, StoreError> {
        self.alive()?;
        let writer = self.writer.as_ref();
        let writer = writer.ok_or_else(|| StoreError::ReadOnly { path: self.folder.path.clone() })?;
        let writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.alive()?;
        Ok(writer)
    }

    /// The number of entries that readers may see.
    fn size(&self, anchor: &Digest) -> u64 {
        self.durable_head(anchor, |stored| stored.head.size).unwrap_or(0)
    }

    fn durable_head<T>(&self, anchor: &Digest, read: impl FnOnce(&StoredHead) -> T) -> Option<T> {
        self.heads.read().unwrap_or_else(PoisonError::into_inner).get(anchor).map(read)
    }
}

/// Refuses a folder whose newest batch is older than the last one known to be acknowledged from it.
fn not_gone_back(path: &Path, acknowledged: Option<u64>, found: u64) -> Result<(), StoreError> {
    let path = path.to_owned();
    match acknowledged {
        Some(recorded) if recorded > found => {
            Err(StoreError::WentBack { path, recorded, found, missing: recorded - found })
        }
        None if found > 0 => Err(StoreError::NoRecord { path, found }),
        _ => Ok(()),
    }
}

/// What a damaged file looks like from outside.
const UNREADABLE: &str = "a part of it does not have the checksum that it was written with";

/// Turns sled's errors and panics into ours.
fn caught<T>(path: &Path, run: impl FnOnce() -> Result<T, sled::Error>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(source))) => Err(StoreError::io("use", &path.join("db"))(source)),
        // What sled says of itself means nothing to whoever keeps the folder.
        Ok(Err(sled::Error::Corruption { .. })) => Err(StoreError::damaged(path, UNREADABLE)),
        Ok(Err(error)) => Err(StoreError::damaged(path, error.to_string())),
        Err(panic) => {
            tracing::debug!(cause = panic_text(&*panic), "sled gave up");
            Err(StoreError::damaged(path, UNREADABLE))
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
    format!("the database gave up: {}", text.lines().next().unwrap_or_default())
}

impl Store for SledStore {
    fn agreements(&self) -> Result<Vec<Digest>, StoreError> {
        self.alive()?;
        Ok(self.heads.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect())
    }

    fn head(&self, anchor: &Digest) -> Result<Option<StoredHead>, StoreError> {
        self.alive()?;
        Ok(self.durable_head(anchor, Clone::clone))
    }

    fn entry(&self, anchor: &Digest, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.entries(anchor, index..index.saturating_add(1)).next().map(|read| Ok(read?.1)).transpose()
    }

    fn entries(&self, anchor: &Digest, range: Range<u64>) -> Entries<'_> {
        match self.alive() {
            Ok(()) => Box::new(read::Scan::new(self, *anchor, range.start..range.end.min(self.size(anchor)))),
            Err(lost) => Box::new(std::iter::once(Err(lost))),
        }
    }

    fn node(&self, anchor: &Digest, level: u8, index: u64) -> Result<Option<Hash>, StoreError> {
        let complete = self.size(anchor).checked_shr(level.into()).is_some_and(|count| index < count);
        let Some(value) = self.guard(|| self.db.get(keys::node(anchor, level, index)))?.filter(|_| complete)
        else {
            return Ok(None);
        };
        let hash = value.as_ref().try_into().map_err(|_| {
            StoreError::damaged(&self.folder.path, format!("node {index} of level {level} is not a hash"))
        })?;
        Ok(Some(Hash(hash)))
    }

    fn find(&self, anchor: &Digest, statement: &Digest) -> Result<Option<u64>, StoreError> {
        let Some(value) = self.guard(|| self.db.get(keys::statement(anchor, statement)))? else {
            return Ok(None);
        };
        let index = value.as_ref().try_into().map(u64::from_be_bytes).map_err(|_| {
            StoreError::damaged(
                &self.folder.path,
                format!("the place of {} is unreadable", statement.short()),
            )
        })?;
        Ok(Some(index).filter(|index| *index < self.size(anchor)))
    }

    fn append(&self, batch: &[Append]) -> Result<(), StoreError> {
        let mut writer = self.writing()?;
        batch::check(
            batch,
            |anchor| Ok(self.durable_head(anchor, |stored| stored.head)),
            |anchor, statement| self.find(anchor, statement),
        )?;
        writer.write(batch).map_err(|cause| self.lose(cause))?;
        let mut heads = self.heads.write().unwrap_or_else(PoisonError::into_inner);
        for append in batch {
            let stored = StoredHead { head: append.head, checkpoint: append.checkpoint.clone() };
            heads.insert(append.anchor, stored);
        }
        Ok(())
    }

    fn keep_checkpoint(&self, anchor: &Digest, size: u64, note: &str) -> Result<(), StoreError> {
        self.keep_note(anchor, size, note)
    }

    fn checkpoint_at(&self, anchor: &Digest, size: u64) -> Result<Option<String>, StoreError> {
        Ok(self.note_from(anchor, size)?.filter(|(found, _)| *found == size).map(|(_, note)| note))
    }

    fn checkpoints(&self, anchor: &Digest) -> Notes<'_> {
        Box::new(notes::Scan::new(self, *anchor))
    }

    fn read_only(&self, anchor: &Digest) -> Result<Option<ReadOnly>, StoreError> {
        self.mark(anchor)
    }

    fn set_read_only(&self, anchor: &Digest, why: Option<ReadOnly>) -> Result<(), StoreError> {
        self.set_mark(anchor, why)
    }

    fn put_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<(), StoreError> {
        self.alive()?;
        blobs::put(&self.blobs, digest, bytes).map_err(|error| self.blob_error(error))
    }

    fn takes_entries(&self) -> Result<(), StoreError> {
        self.alive()?;
        blobs::probe(&self.folder.path)
    }

    fn takes_blobs(&self) -> Result<(), StoreError> {
        self.alive()?;
        blobs::probe(&self.blobs)
    }

    fn erase_blob(&self, digest: &Digest) -> Result<(), StoreError> {
        self.alive()?;
        blobs::erase(&self.blobs, digest).map_err(|error| self.blob_error(error))
    }

    fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.alive()?;
        blobs::get(&self.blobs, digest)
    }

    fn blob_size(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        self.alive()?;
        blobs::size(&self.blobs, digest)
    }
}
