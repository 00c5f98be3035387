use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Append, Entries, Notes, ReadOnly, Store, StoreError, StoredHead, batch, blobs};
use crate::log::Hash;
use crate::values::Digest;

/// A store in memory: for tests and scenario runs. It lasts as long as the value; nothing reaches a disk.
#[derive(Debug, Default)]
pub struct MemoryStore {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    agreements: BTreeMap<Digest, Agreement>,
    read_only: BTreeMap<Digest, ReadOnly>,
    blobs: BTreeMap<Digest, Vec<u8>>,
}

#[derive(Debug)]
struct Agreement {
    head: StoredHead,
    entries: BTreeMap<u64, Vec<u8>>,
    nodes: BTreeMap<(u8, u64), Hash>,
    statements: BTreeMap<Digest, u64>,
    checkpoints: BTreeMap<u64, String>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// A panic of another holder cannot leave half a batch behind: batches are checked before the first
    /// change, and the changes do not panic.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, anchor: &Digest, read: impl FnOnce(&Agreement) -> Option<T>) -> Option<T> {
        self.kept().agreements.get(anchor).and_then(read)
    }
}

impl Store for MemoryStore {
    fn agreements(&self) -> Result<Vec<Digest>, StoreError> {
        Ok(self.kept().agreements.keys().copied().collect())
    }

    fn head(&self, anchor: &Digest) -> Result<Option<StoredHead>, StoreError> {
        Ok(self.read(anchor, |agreement| Some(agreement.head.clone())))
    }

    fn entry(&self, anchor: &Digest, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read(anchor, |agreement| agreement.entries.get(&index).cloned()))
    }

    fn entries(&self, anchor: &Digest, range: Range<u64>) -> Entries<'_> {
        let anchor = *anchor;
        let Range { start: mut next, end } = range;
        Box::new(std::iter::from_fn(move || {
            if next >= end {
                return None;
            }
            let (index, bytes) = self.read(&anchor, |agreement| {
                agreement.entries.range(next..end).next().map(|(index, bytes)| (*index, bytes.clone()))
            })?;
            next = index.saturating_add(1);
            Some(Ok((index, bytes)))
        }))
    }

    fn node(&self, anchor: &Digest, level: u8, index: u64) -> Result<Option<Hash>, StoreError> {
        Ok(self.read(anchor, |agreement| agreement.nodes.get(&(level, index)).copied()))
    }

    fn find(&self, anchor: &Digest, statement: &Digest) -> Result<Option<u64>, StoreError> {
        Ok(self.read(anchor, |agreement| agreement.statements.get(statement).copied()))
    }

    fn append(&self, batch: &[Append]) -> Result<(), StoreError> {
        let mut kept = self.kept();
        let agreements = &kept.agreements;
        batch::check(
            batch,
            |anchor| Ok(agreements.get(anchor).map(|agreement| agreement.head.head)),
            |anchor, statement| Ok(agreements.get(anchor).and_then(|a| a.statements.get(statement).copied())),
        )?;
        for append in batch {
            kept.append(append);
        }
        Ok(())
    }

    fn keep_checkpoint(&self, anchor: &Digest, size: u64, note: &str) -> Result<(), StoreError> {
        let mut kept = self.kept();
        let agreement = kept.agreements.get_mut(anchor);
        let stored = agreement.as_ref().map_or(0, |agreement| agreement.head.head.size);
        batch::check_note(anchor, stored, size, note)?;
        agreement.map(|agreement| agreement.checkpoints.insert(size, note.to_owned()));
        Ok(())
    }

    fn checkpoint_at(&self, anchor: &Digest, size: u64) -> Result<Option<String>, StoreError> {
        Ok(self.read(anchor, |agreement| agreement.checkpoints.get(&size).cloned()))
    }

    fn checkpoints(&self, anchor: &Digest) -> Notes<'_> {
        let (anchor, mut next) = (*anchor, 0);
        Box::new(std::iter::from_fn(move || {
            let kept = self.read(&anchor, |agreement| {
                agreement.checkpoints.range(next..).next().map(|(size, note)| (*size, note.clone()))
            })?;
            next = kept.0.saturating_add(1);
            Some(Ok(kept))
        }))
    }

    fn read_only(&self, anchor: &Digest) -> Result<Option<ReadOnly>, StoreError> {
        Ok(self.kept().read_only.get(anchor).copied())
    }

    fn set_read_only(&self, anchor: &Digest, why: Option<ReadOnly>) -> Result<(), StoreError> {
        let mut kept = self.kept();
        match why {
            Some(why) => drop(kept.read_only.insert(*anchor, why)),
            None => drop(kept.read_only.remove(anchor)),
        }
        Ok(())
    }

    fn put_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<(), StoreError> {
        blobs::check_new(digest, bytes)?;
        self.kept().blobs.insert(*digest, bytes.to_vec());
        Ok(())
    }

    fn erase_blob(&self, digest: &Digest) -> Result<(), StoreError> {
        self.kept().blobs.remove(digest);
        Ok(())
    }

    fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.kept().blobs.get(digest).cloned())
    }
}

impl Kept {
    fn append(&mut self, append: &Append) {
        let head = StoredHead { head: append.head, checkpoint: append.checkpoint.clone() };
        let agreement = self.agreements.entry(append.anchor).or_insert_with(|| Agreement {
            head: head.clone(),
            entries: BTreeMap::new(),
            nodes: BTreeMap::new(),
            statements: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
        });
        agreement.head = head;
        for (index, entry) in (append.first..).zip(&append.entries) {
            agreement.entries.insert(index, entry.bytes.clone());
            agreement.statements.insert(entry.statement, index);
        }
        agreement.nodes.extend(append.nodes.iter().map(|(level, index, hash)| ((*level, *index), *hash)));
    }
}
