//! Notes of cosigned heads, and marks: rows that are replaced, so that nobody may read them before they are durable.
//!
//! Whoever reads meanwhile is told what was there before, and does not wait for the disk.

use std::ops::{Bound, RangeInclusive};
use std::sync::{MutexGuard, PoisonError, RwLockReadGuard};

use super::keys::{self, Joined};
use super::writer::Writer;
use super::{SledStore, StoreError, batch};
use crate::store::ReadOnly;
use crate::values::Digest;

/// What is being written, with what was there before.
#[derive(Debug)]
pub(super) enum Unseen {
    Note { anchor: Digest, size: u64, before: Option<String> },
    Mark { anchor: Digest, before: Option<sled::IVec> },
}

impl SledStore {
    pub(super) fn keep_note(&self, anchor: &Digest, size: u64, note: &str) -> Result<(), StoreError> {
        let writer = self.writing()?;
        batch::check_note(anchor, self.size(anchor), size, note)?;
        let mut rows = sled::Batch::default();
        for (key, part) in keys::parts(&keys::checkpoint(anchor, size), note.as_bytes()) {
            rows.insert(key, part);
        }
        // One that cannot be read is replaced all the same.
        let before = self.kept_note(anchor, size..=size).ok().flatten().map(|(_, note)| note);
        self.write_unseen(writer, rows, Unseen::Note { anchor: *anchor, size, before })
    }

    pub(super) fn set_mark(&self, anchor: &Digest, why: Option<ReadOnly>) -> Result<(), StoreError> {
        let writer = self.writing()?;
        let mut rows = sled::Batch::default();
        match why {
            Some(why) => rows.insert(keys::read_only(anchor), why.to_string().into_bytes()),
            None => rows.remove(keys::read_only(anchor)),
        }
        let before = self.kept_mark(anchor)?;
        self.write_unseen(writer, rows, Unseen::Mark { anchor: *anchor, before })
    }

    /// Writes rows of which nobody sees anything before they are durable. The one writer writes them, so there is nothing else
    /// that is unseen.
    fn write_unseen(
        &self,
        mut writer: MutexGuard<'_, Writer>,
        rows: sled::Batch,
        unseen: Unseen,
    ) -> Result<(), StoreError> {
        let set = |unseen| *self.unseen.write().unwrap_or_else(PoisonError::into_inner) = unseen;
        set(Some(unseen));
        // After a failure it stays unseen: nothing is read any more.
        writer.write_rows(rows).map_err(|cause| self.lose(cause))?;
        set(None);
        Ok(())
    }

    /// What is being written and not durable. As long as it is held, nothing else begins to be written.
    fn unseen(&self) -> RwLockReadGuard<'_, Option<Unseen>> {
        self.unseen.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn mark(&self, anchor: &Digest) -> Result<Option<ReadOnly>, StoreError> {
        let unseen = self.unseen();
        let value = match &*unseen {
            Some(Unseen::Mark { anchor: its, before }) if its == anchor => {
                self.alive()?;
                before.clone()
            }
            _ => self.kept_mark(anchor)?,
        };
        let Some(value) = value else { return Ok(None) };
        // A mark that cannot be read is one all the same: the error keeps whoever asks from going on.
        let text = std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok());
        text.map(Some)
            .ok_or_else(|| self.damaged_note(anchor, "why nothing may be added to it is unreadable"))
    }

    fn kept_mark(&self, anchor: &Digest) -> Result<Option<sled::IVec>, StoreError> {
        self.guard(|| self.db.get(keys::read_only(anchor)))
    }

    /// The first note that is kept for `from` or a larger size.
    pub(super) fn note_from(&self, anchor: &Digest, from: u64) -> Result<Option<(u64, String)>, StoreError> {
        let unseen = self.unseen();
        let Some(Unseen::Note { anchor: its, size, before }) = &*unseen else {
            return self.kept_note(anchor, from..=u64::MAX);
        };
        if its != anchor || *size < from {
            return self.kept_note(anchor, from..=u64::MAX);
        }
        // Around the one that is being written.
        let smaller = match size.checked_sub(1) {
            Some(smaller) => self.kept_note(anchor, from..=smaller)?,
            None => None,
        };
        if smaller.is_some() {
            return Ok(smaller);
        }
        if let Some(before) = before {
            self.alive()?;
            return Ok(Some((*size, before.clone())));
        }
        size.checked_add(1).map_or(Ok(None), |larger| self.kept_note(anchor, larger..=u64::MAX))
    }

    /// The first note of these sizes that is in the database.
    fn kept_note(
        &self,
        anchor: &Digest,
        sizes: RangeInclusive<u64>,
    ) -> Result<Option<(u64, String)>, StoreError> {
        if sizes.is_empty() {
            return Ok(None);
        }
        let end = [keys::checkpoint(anchor, *sizes.end()), vec![u8::MAX]].concat();
        let bounds = (Bound::Included(keys::checkpoint(anchor, *sizes.start())), Bound::Included(end));
        let mut rows = self.guard(|| Ok(self.db.range(bounds)))?;
        let mut joined = Joined::default();
        let mut found = None;
        while let Some((key, part)) = self.guard(|| rows.next().transpose())? {
            let read = keys::read_key(&key).and_then(|(_, size, part)| Some((size.try_into().ok()?, part)));
            let (size, number) = read.ok_or_else(|| self.damaged_note(anchor, "the key of a checkpoint"))?;
            let size = u64::from_be_bytes(size);
            let damaged = |why: String| self.damaged_note(anchor, &format!("checkpoint {size}: {why}"));
            if found.is_some_and(|found| found != size) {
                break;
            }
            found = Some(size);
            joined.take(number, &part).map_err(damaged)?;
            // Behind it parts of an earlier, longer note may be left over.
            if joined.is_whole() {
                break;
            }
        }
        let Some(size) = found else { return Ok(None) };
        let damaged = |why: &str| self.damaged_note(anchor, &format!("checkpoint {size}: {why}"));
        let bytes = joined.value().map_err(|why| damaged(&why))?;
        String::from_utf8(bytes).map(|note| Some((size, note))).map_err(|_| damaged("it is not text"))
    }

    fn damaged_note(&self, anchor: &Digest, what: &str) -> StoreError {
        StoreError::damaged(&self.folder.path, format!("agreement {}: {what}", anchor.short()))
    }
}

/// The notes of an agreement, read as they are asked for.
pub(super) struct Scan<'a> {
    store: &'a SledStore,
    anchor: Digest,
    /// The next size to look from; `None` at the end.
    next: Option<u64>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(store: &'a SledStore, anchor: Digest) -> Self {
        Self { store, anchor, next: Some(0) }
    }
}

impl Iterator for Scan<'_> {
    type Item = Result<(u64, String), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.store.note_from(&self.anchor, self.next?).transpose();
        self.next = match &found {
            Some(Ok((size, _))) => size.checked_add(1),
            Some(Err(_)) | None => None,
        };
        found
    }
}
