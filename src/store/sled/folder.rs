//! The store's folder: who has it open, what sled needs cleaned up first, what must be durable around it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{StoreError, caught, copy};

/// sled's page cache. Pages of one batch must fit many times over, as pages are evicted from 256 shards.
const CACHE_BYTES: u64 = 128 * 1024 * 1024;

/// How often, and after which pauses, a lock is asked for: two seconds in all.
const LOCK_ATTEMPTS: u32 = 200;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// What an operator writes into `acknowledged` to go on without the number that was in it.
const ACCEPTED: &[u8] = b"accepted";

/// A store folder. The writer's lock lasts as long as this value, and ends with the process.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// `None` for a reader, who needs the folder only while it is copied.
    lock: Option<File>,
}

/// One tree, so that one batch spans agreements. No flusher thread: it swallows fsync errors.
pub(super) fn config(path: &Path) -> sled::Config {
    sled::Config::new().path(path).cache_capacity(CACHE_BYTES).flush_every_ms(None)
}

impl Folder {
    /// Locks `path` for writing; creates it and `blobs` where they are missing.
    pub(super) fn claim(path: &Path, blobs: &Path) -> Result<Self, StoreError> {
        create(path)?;
        create(blobs)?;
        Ok(Self { path: path.to_owned(), lock: Some(lock(path)?) })
    }

    /// The folder, to be read from a copy of its database; whoever calls it sees to the lock.
    pub(super) fn reading(path: &Path) -> Self {
        Self { path: path.to_owned(), lock: None }
    }

    /// The folder for reading alone, a copy of its database, and what was acknowledged when that was taken.
    /// Other readers are let in meanwhile, a writer is not; nothing is written. `acknowledged` is
    /// [`acknowledged`](Self::acknowledged) or [`recorded`](Self::recorded).
    pub(super) fn look(
        path: &Path,
        acknowledged: impl Fn(&Self) -> Result<Option<u64>, StoreError>,
    ) -> Result<(Self, sled::Db, Option<u64>), StoreError> {
        let folder = Self::reading(path);
        let lock = lock_shared(path)?;
        let db = copy::open(path)?;
        let acknowledged = acknowledged(&folder)?;
        drop(lock);
        Ok((folder, db, acknowledged))
    }

    /// Opens the database itself, and makes its creation durable. sled may cut it off: look at a copy first.
    pub(super) fn open(&self, blobs: &Path) -> Result<sled::Db, StoreError> {
        self.remove_half_snapshots()?;
        let db = self.open_sled(&config(&self.path))?;
        self.sync_creation()?;
        sync(blobs)?;
        Ok(db)
    }

    /// Opens the database. We have the folder's lock, so whoever still has sled's own is done with the database
    /// and about to let go: sled's threads after a store of this process was closed, or a process that was
    /// being started at that moment.
    fn open_sled(&self, config: &sled::Config) -> Result<sled::Db, StoreError> {
        for _ in 0..LOCK_ATTEMPTS {
            match caught(&self.path, || config.open()) {
                // sled has no error of its own for it.
                Err(error) if error.to_string().contains("could not acquire lock") => {
                    std::thread::sleep(LOCK_PAUSE);
                }
                opened => return opened,
            }
        }
        Err(StoreError::Busy { path: self.path.clone() })
    }

    /// Keeps the folder until the process ends: whoever opened it again in this process would read memory
    /// that the disk may not have.
    pub(super) fn keep_lock(&self) {
        if let Some(Ok(same_lock)) = self.lock.as_ref().map(File::try_clone) {
            std::mem::forget(same_lock);
        }
    }

    /// Our own handle to the database file: sled gives none away, and `fdatasync` works on the file, not on
    /// the handle.
    pub(super) fn open_db(&self) -> Result<File, StoreError> {
        let path = self.path.join("db");
        OpenOptions::new().read(true).write(true).open(&path).map_err(StoreError::io("open", &path))
    }

    /// sled reads `snap.*.generating`, left by a crash while opening, as if it were whole, and refuses to open.
    /// Snapshots only speed up opening. We hold the lock, so nobody is writing one.
    fn remove_half_snapshots(&self) -> Result<(), StoreError> {
        for item in fs::read_dir(&self.path).map_err(StoreError::io("list", &self.path))? {
            let item = item.map_err(StoreError::io("list", &self.path))?;
            let name = item.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("snap.") && name.ends_with(".generating") {
                fs::remove_file(item.path()).map_err(StoreError::io("remove", &item.path()))?;
            }
        }
        Ok(())
    }

    /// Done on every opening: the process that created the files may have died before it got here.
    fn sync_creation(&self) -> Result<(), StoreError> {
        for name in ["db", "conf", "blobs"] {
            sync(&self.path.join(name))?;
        }
        sync(&self.path)?;
        self.path.parent().filter(|parent| *parent != Path::new("")).map_or(Ok(()), sync)
    }

    /// The number of the last batch known to be acknowledged from this folder; `None` where that cannot be read.
    ///
    /// sled takes damage in its log for the end of the log and opens an older state without a word; going on
    /// from there would fork the log. This number is written after each acknowledged batch and not synced, so
    /// after a power cut it may be old, but it is never ahead of the truth. The file is there, and synced, before
    /// the first batch. An operator may have put [`ACCEPTED`] in its place.
    pub(super) fn acknowledged(&self) -> Result<Option<u64>, StoreError> {
        let bytes = self.read_acknowledged()?;
        let accepted = bytes.as_deref().is_some_and(|bytes| bytes.trim_ascii() == ACCEPTED);
        Ok(if accepted { Some(0) } else { bytes.as_deref().and_then(read_record) })
    }

    /// The same number, for whoever takes nobody's word in its place.
    pub(super) fn recorded(&self) -> Result<Option<u64>, StoreError> {
        Ok(self.read_acknowledged()?.as_deref().and_then(read_record))
    }

    fn read_acknowledged(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.acknowledged_path();
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io("read", &path)(error)),
        }
    }

    /// Opens the file of that number for writing, and makes sure that it is on stable storage with a number in it.
    pub(super) fn open_acknowledged(&self) -> Result<Acknowledged, StoreError> {
        let path = self.acknowledged_path();
        let known = fs::read(&path).is_ok_and(|bytes| read_record(&bytes).is_some());
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(StoreError::io("open", &path))?;
        if !known {
            file.set_len(0).map_err(StoreError::io("write", &path))?;
            file.write_all_at(&record(0), 0).map_err(StoreError::io("write", &path))?;
            file.sync_all().map_err(StoreError::io("fsync", &path))?;
            sync(&self.path)?;
        }
        Ok(Acknowledged(file))
    }

    fn acknowledged_path(&self) -> PathBuf {
        self.path.join("acknowledged")
    }
}

/// The file that names the last acknowledged batch.
#[derive(Debug)]
pub(super) struct Acknowledged(File);

impl Acknowledged {
    /// A failure is not one of the batch, which is durable: the number stays behind, which is always safe.
    pub(super) fn record(&self, batch: u64) {
        if let Err(error) = self.0.write_all_at(&record(batch), 0) {
            tracing::warn!(%error, "cannot record the last acknowledged batch");
        }
    }
}

/// The number and its complement, so that half a write is not taken for a number.
fn record(batch: u64) -> [u8; 16] {
    let mut record = [0; 16];
    let (number, complement) = record.split_at_mut(8);
    number.copy_from_slice(&batch.to_be_bytes());
    complement.copy_from_slice(&(!batch).to_be_bytes());
    record
}

fn read_record(bytes: &[u8]) -> Option<u64> {
    let (number, complement) = bytes.split_first_chunk()?;
    let number = u64::from_be_bytes(*number);
    (complement == (!number).to_be_bytes()).then_some(number)
}

/// A lock of our own, taken before anything is touched: sled's own comes after it has read and written files.
fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join("lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(StoreError::io("open", &path))?;
    // A command holds it for a moment, and the next one can wait for that; a server does not let go.
    wait_for(folder, &path, || file.try_lock())?;
    Ok(file)
}

/// The same lock, shared with other readers, through a file that need not be writable. A folder without one, on a
/// medium where nobody can write or before anybody has, is read without.
fn lock_shared(folder: &Path) -> Result<Option<File>, StoreError> {
    let path = folder.join("lock");
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("open", &path)(error)),
    };
    wait_for(folder, &path, || file.try_lock_shared())?;
    Ok(Some(file))
}

/// Asks for a lock of a folder's file at `path` until it is free, for two seconds in all.
pub(super) fn wait_for(
    folder: &Path,
    path: &Path,
    ask: impl Fn() -> Result<(), TryLockError>,
) -> Result<(), StoreError> {
    for _ in 0..LOCK_ATTEMPTS {
        match ask() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", path)(error)),
        }
    }
    Err(StoreError::Busy { path: folder.to_owned() })
}

fn create(folder: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(folder).map_err(StoreError::io("create", folder))
}

fn sync(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(StoreError::io("fsync", path))
}
