//! Notes of cosigned heads, and marks: rows that are replaced, so that nobody may read them before they are durable.

use std::ops::Bound;
use std::sync::PoisonError;

use super::keys::{self, Joined};
use super::{SledStore, StoreError, batch};
use crate::store::ReadOnly;
use crate::values::Digest;

impl SledStore {
    pub(super) fn keep_note(&self, anchor: &Digest, size: u64, note: &str) -> Result<(), StoreError> {
        let mut writer = self.writing()?;
        batch::check_note(anchor, self.size(anchor), size, note)?;
        let mut rows = sled::Batch::default();
        for (key, part) in keys::parts(&keys::checkpoint(anchor, size), note.as_bytes()) {
            rows.insert(key, part);
        }
        let _unseen = self.notes.write().unwrap_or_else(PoisonError::into_inner);
        writer.write_rows(rows).map_err(|cause| self.lose(cause))
    }

    pub(super) fn set_mark(&self, anchor: &Digest, why: Option<ReadOnly>) -> Result<(), StoreError> {
        let mut writer = self.writing()?;
        let mut rows = sled::Batch::default();
        match why {
            Some(why) => rows.insert(keys::read_only(anchor), why.to_string().into_bytes()),
            None => rows.remove(keys::read_only(anchor)),
        }
        let _unseen = self.notes.write().unwrap_or_else(PoisonError::into_inner);
        writer.write_rows(rows).map_err(|cause| self.lose(cause))
    }

    pub(super) fn mark(&self, anchor: &Digest) -> Result<Option<ReadOnly>, StoreError> {
        let _durable = self.notes.read().unwrap_or_else(PoisonError::into_inner);
        let Some(value) = self.guard(|| self.db.get(keys::read_only(anchor)))? else { return Ok(None) };
        // A mark that cannot be read is one all the same: the error keeps whoever asks from going on.
        let text = std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok());
        text.map(Some)
            .ok_or_else(|| self.damaged_note(anchor, "why nothing may be added to it is unreadable"))
    }

    /// The first note that is kept for `from` or a larger size.
    pub(super) fn note_from(&self, anchor: &Digest, from: u64) -> Result<Option<(u64, String)>, StoreError> {
        let _durable = self.notes.read().unwrap_or_else(PoisonError::into_inner);
        let end = [keys::checkpoint(anchor, u64::MAX), vec![u8::MAX]].concat();
        let bounds = (Bound::Included(keys::checkpoint(anchor, from)), Bound::Included(end));
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
