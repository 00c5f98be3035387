//! The one writer of a store: a thread that applies a batch, makes it durable, and says so.
//!
//! It is a thread of its own because a write error can leave sled's `flush` waiting for ever (a batch's
//! manifest is written by `exit_reservation`, which stores the error without waking who waits for it);
//! so the caller waits with a limit.

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::folder::Folder;
use super::{StoreError, keys, panic_text};
use crate::store::Append;

/// How long a batch may take to become durable before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the database file is made durable: `File::sync_data`, and a failure in tests.
pub(super) type Sync = fn(&File) -> io::Result<()>;

#[derive(Debug)]
pub(super) struct Writer {
    /// `None` once a batch failed: there is no second attempt.
    line: Option<Line>,
    /// The number of the newest batch.
    batch: u64,
}

#[derive(Debug)]
struct Line {
    batches: Sender<(u64, sled::Batch)>,
    results: Receiver<Result<(), String>>,
    thread: JoinHandle<()>,
}

impl Writer {
    /// Starts the thread; the next batch's number follows `batch`.
    pub(super) fn start(db: sled::Db, folder: &Folder, batch: u64) -> Result<Self, StoreError> {
        Self::start_with(db, folder, batch, File::sync_data)
    }

    pub(super) fn start_with(
        db: sled::Db,
        folder: &Folder,
        batch: u64,
        sync: Sync,
    ) -> Result<Self, StoreError> {
        let file = folder.open_db()?;
        let acknowledged = folder.open_acknowledged()?;
        let (batches, receive) = channel();
        let (send, results) = channel();
        let work = move || {
            while let Ok((number, batch)) = receive.recv() {
                let result = catch_unwind(AssertUnwindSafe(|| persist(&db, batch, &file, sync)));
                let result = result.unwrap_or_else(|panic| Err(panic_text(&*panic)));
                if result.is_err() {
                    std::mem::forget(db.clone());
                } else {
                    acknowledged.record(number);
                }
                if send.send(result).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("store writer".to_owned()).spawn(work);
        let thread = thread.map_err(StoreError::io("start the writer of", &folder.path))?;
        Ok(Self { line: Some(Line { batches, results, thread }), batch })
    }

    /// Writes a checked batch; an error says what failed, and is the last word.
    pub(super) fn write(&mut self, batch: &[Append]) -> Result<(), String> {
        self.write_rows(rows(batch))
    }

    /// Writes rows as one batch, with its number among them; as [`write`](Self::write).
    pub(super) fn write_rows(&mut self, mut rows: sled::Batch) -> Result<(), String> {
        let number = self.batch.saturating_add(1);
        rows.insert(keys::BATCH, keys::batch_value(number));
        // Taken, and put back only after success: a failed line is never used again, nor waited for.
        let line = self.line.take().ok_or("an earlier write failed")?;
        line.batches.send((number, rows)).map_err(|_| "the writer ended")?;
        match line.results.recv_timeout(PATIENCE) {
            Ok(result) => result?,
            Err(RecvTimeoutError::Timeout) => {
                return Err(format!("the disk took longer than {} seconds", PATIENCE.as_secs()));
            }
            Err(RecvTimeoutError::Disconnected) => return Err("the writer ended".to_owned()),
        }
        self.line = Some(line);
        self.batch = number;
        Ok(())
    }
}

impl Drop for Writer {
    /// Waits until the thread has let go of the database, so that the folder can be opened again.
    fn drop(&mut self) {
        if let Some(Line { batches, thread, .. }) = self.line.take() {
            drop(batches);
            let _ = thread.join();
        }
    }
}

/// `flush` writes the log but persists neither the file's size nor the disk's cache; `sync` does both.
fn persist(db: &sled::Db, batch: sled::Batch, file: &File, sync: Sync) -> Result<(), String> {
    db.apply_batch(batch).map_err(|error| format!("write: {error}"))?;
    db.flush().map_err(|error| format!("flush: {error}"))?;
    sync(file).map_err(|error| format!("fsync: {error}"))
}

fn rows(appends: &[Append]) -> sled::Batch {
    let mut batch = sled::Batch::default();
    for append in appends {
        let anchor = &append.anchor;
        for (index, entry) in (append.first..).zip(&append.entries) {
            for (key, part) in keys::parts(&keys::entry(anchor, index), &entry.bytes) {
                batch.insert(key, part);
            }
            batch.insert(keys::statement(anchor, &entry.statement), &index.to_be_bytes());
        }
        for (level, index, hash) in &append.nodes {
            batch.insert(keys::node(anchor, *level, *index), &hash.0);
        }
        let head = keys::head_value(&append.head, &append.checkpoint);
        for (key, part) in keys::parts(&keys::head(anchor), &head) {
            batch.insert(key, part);
        }
    }
    batch
}
