//! A table in a folder: short rows that are on stable storage when [`Table::put`] returns.
//!
//! What the store of agreements promises, for whoever keeps something else: one process and one folder, a batch
//! there as a whole or not at all, no second attempt after a failure, and a folder that went back is refused. It
//! knows nothing of what its rows say, except their format.

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::folder::Folder;
use super::lost::Lost;
use super::writer::Writer;
use super::{caught, copy, keys};
use crate::store::StoreError;

/// The most bytes of a row, key and value together: far below what sled would put into a file that it never
/// syncs, even where 17 of them share a page (see `keys`).
pub const MAX_ROW_BYTES: usize = 4096;

/// The most rows of a batch. A batch is one flush, which must stay small to be safe from a power cut: no more than
/// the heaviest batch of agreements (`batch::MAX_BATCH_WEIGHT`).
pub const MAX_ROWS: usize = 28;

/// A row: its key, and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// Rows on the local disk, each under its key.
pub struct Table {
    /// After a failure a clone of it is leaked, so that sled's `Drop` cannot flush and fsync a second time.
    db: sled::Db,
    /// `None` in a table that was opened for reading alone.
    writer: Option<Mutex<Writer>>,
    /// The first failure; set once, never taken back.
    lost: Lost,
    /// With our lock, and so the last to be dropped.
    folder: Folder,
}

impl Table {
    /// Makes a table where there is none; durable when it returns.
    ///
    /// # Errors
    /// There is something already, or the folder cannot be written.
    pub fn create(folder: &Path) -> Result<(), StoreError> {
        let claimed = Folder::claim(folder, folder)?;
        if folder.join("db").exists() || claimed.acknowledged()?.is_some() {
            return Err(StoreError::Exists { path: folder.to_owned() });
        }
        let db = claimed.open(folder)?;
        drop(Writer::start(db, &claimed, 0)?);
        Ok(())
    }

    /// Opens the table that [`create`](Self::create) made, for one process alone.
    ///
    /// The number of its newest batch is compared with the last one known to be acknowledged, on a copy of the
    /// database, so that nothing is lost by opening. Where that number cannot be read there is no word of an operator
    /// that stands for it, as there is for agreements: nothing shows from outside what a table has forgotten.
    ///
    /// # Errors
    /// There is none, another process has it, or it is damaged or went back.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        is_there(folder)?;
        let folder = Folder::claim(folder, folder)?;
        let acknowledged = folder.recorded()?;
        let looked = Self::with(Folder::reading(&folder.path), copy::open(&folder.path)?);
        looked.check_newest(acknowledged)?;
        let db = folder.open(&folder.path)?;
        let mut table = Self::with(folder, db);
        let newest = table.check_newest(acknowledged)?;
        table.writer = Some(Mutex::new(Writer::start(table.db.clone(), &table.folder, newest)?));
        Ok(table)
    }

    /// Opens a copy of the table for reading alone; nothing is written.
    ///
    /// # Errors
    /// There is none, another process is writing it, or it is damaged or went back.
    pub fn inspect(folder: &Path) -> Result<Self, StoreError> {
        is_there(folder)?;
        let (folder, db, acknowledged) = Folder::look(folder, Folder::recorded)?;
        let table = Self::with(folder, db);
        table.check_newest(acknowledged)?;
        Ok(table)
    }

    fn with(folder: Folder, db: sled::Db) -> Self {
        Self { db, writer: None, lost: Lost::default(), folder }
    }

    fn check_newest(&self, acknowledged: Option<u64>) -> Result<u64, StoreError> {
        let path = &self.folder.path;
        let newest = match caught(path, || self.db.get(keys::BATCH))? {
            None => 0,
            Some(value) => match keys::read_batch(&value) {
                Some((keys::FORMAT, batch)) => batch,
                Some((found, _)) => {
                    return Err(StoreError::Format { path: path.clone(), found, expected: keys::FORMAT });
                }
                None => {
                    return Err(StoreError::damaged(path, "the number of the newest batch is unreadable"));
                }
            },
        };
        super::not_gone_back(path, acknowledged, newest)?;
        Ok(newest)
    }

    /// All rows, in the order of their keys. Ask before the first [`put`](Self::put): a row shows here before it
    /// is durable.
    ///
    /// # Errors
    /// The database cannot be read, or a write may be lost.
    pub fn rows(&self) -> Result<Vec<Row>, StoreError> {
        self.alive()?;
        let read = || self.db.scan_prefix(keys::TABLE).collect::<Result<Vec<_>, _>>();
        let rows = caught(&self.folder.path, read)?;
        let own = |key: &[u8]| key.get(keys::TABLE.len()..).unwrap_or_default().to_vec();
        Ok(rows.into_iter().map(|(key, value)| (own(&key), value.to_vec())).collect())
    }

    /// Puts rows, each over the one that its key had, all or nothing; on stable storage when it returns.
    ///
    /// # Errors
    /// More than [`MAX_ROWS`] rows, or one of more than [`MAX_ROW_BYTES`]: nothing has changed. After
    /// [`StoreError::Lost`] the rows may be there or not, and the caller ends the process and never tries again.
    pub fn put(&self, rows: &[Row]) -> Result<(), StoreError> {
        self.alive()?;
        let largest = rows.iter().map(|(key, value)| key.len() + value.len()).max().unwrap_or(0);
        if largest > MAX_ROW_BYTES || rows.len() > MAX_ROWS {
            return Err(StoreError::BatchWeight { weight: largest.saturating_mul(rows.len()) });
        }
        let writer = self.writer.as_ref();
        let writer = writer.ok_or_else(|| StoreError::ReadOnly { path: self.folder.path.clone() })?;
        let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.alive()?;
        let mut batch = sled::Batch::default();
        for (key, value) in rows {
            batch.insert([keys::TABLE, key].concat(), value.as_slice());
        }
        writer.write_rows(batch).map_err(|cause| self.lose(cause))
    }

    fn alive(&self) -> Result<(), StoreError> {
        self.lost.alive(&self.folder)
    }

    /// Sets the failure, and keeps sled's `Drop` from writing again.
    fn lose(&self, cause: String) -> StoreError {
        self.lost.set(&self.db, &self.folder, cause)
    }
}

/// An empty folder is not a table: whoever made one of it would have forgotten everything.
fn is_there(folder: &Path) -> Result<(), StoreError> {
    let gone = ["db", "acknowledged"].map(|name| folder.join(name)).into_iter().find(|path| !path.exists());
    gone.map_or(Ok(()), |path| Err(StoreError::Gone { path }))
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("folder", &self.folder.path).finish_non_exhaustive()
    }
}
