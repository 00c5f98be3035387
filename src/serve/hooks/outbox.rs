//! What has still to be delivered to one webhook of one agreement: a file, replaced whole and durably.
//!
//! It says how far the agreement has been looked through as well. Both change together, so that a licence that moves is
//! neither forgotten nor told under two names, wherever the process ends.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::store::{StoreError, replace_file};
use crate::values::{Digest, Instant};

/// How many messages wait at most. Further ones are made once there is room, of what has changed until then.
const MOST: usize = 1_000;

/// The outbox of a webhook for an agreement.
pub(super) struct Outbox {
    path: PathBuf,
    kept: Mutex<Kept>,
    changed: Notify,
}

/// What the file has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Kept {
    anchor: Digest,
    seen: Option<Seen>,
    queue: VecDeque<Message>,
}

/// How far the agreement has been looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seen {
    /// So many entries.
    pub entries: u64,
    /// Until this time.
    pub at: Instant,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    /// Its name, the same each time it is sent.
    pub id: String,
    /// What is sent, to the byte.
    pub body: String,
}

impl Outbox {
    /// The outbox in this file, which need not be there. What is there of another agreement is not this one's.
    pub(super) fn open(path: PathBuf, anchor: Digest) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(StoreError::io("create", folder))?;
        }
        let kept = read(&path)?.filter(|kept| kept.anchor == anchor);
        let kept = kept.unwrap_or(Kept { anchor, seen: None, queue: VecDeque::new() });
        Ok(Self { path, kept: Mutex::new(kept), changed: Notify::new() })
    }

    /// How far the agreement has been looked through; `None` before the first time.
    pub(super) fn seen(&self) -> Option<Seen> {
        self.kept().seen
    }

    /// Whether there is room for a message.
    pub(super) fn has_room(&self) -> bool {
        self.kept().queue.len() < MOST
    }

    /// Notes how far the agreement has been looked through, and what is to be told of it.
    pub(super) fn add(&self, seen: Seen, message: Option<Message>) -> Result<(), StoreError> {
        self.change(|kept| {
            kept.seen = Some(seen);
            kept.queue.extend(message);
        })
    }

    /// The message that is delivered next.
    pub(super) fn first(&self) -> Option<Message> {
        self.kept().queue.front().cloned()
    }

    /// Takes out the message that has been delivered.
    pub(super) fn delivered(&self) -> Result<(), StoreError> {
        self.change(|kept| {
            kept.queue.pop_front();
        })
    }

    /// Waits until something has been added or taken out.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is kept once the change is on stable storage.
    fn change(&self, change: impl FnOnce(&mut Kept)) -> Result<(), StoreError> {
        let mut kept = self.kept();
        let mut next = kept.clone();
        change(&mut next);
        let text = serde_json::to_vec(&next).map_err(io::Error::from);
        let text = text.map_err(StoreError::io("write", &self.path))?;
        replace_file(&self.path, &text)?;
        *kept = next;
        drop(kept);
        self.changed.notify_one();
        Ok(())
    }
}

/// What a file has; `None` where it is not there. One that is none is set aside: else nobody would be told anything more.
fn read(path: &Path) -> Result<Option<Kept>, StoreError> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(StoreError::io("read", path))?,
    };
    let why = match serde_json::from_slice(&bytes) {
        Ok(kept) => return Ok(Some(kept)),
        Err(error) => error,
    };
    let aside = path.with_extension("json.broken");
    fs::rename(path, &aside).map_err(StoreError::io("rename", path))?;
    tracing::error!(
        path = %path.display(), %why, aside = %aside.display(),
        "the outbox of a webhook cannot be read and was set aside: it is told what changes from now on, and not what waited there"
    );
    Ok(None)
}
