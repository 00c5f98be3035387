//! Reading heads and entries back from their parts.

use std::collections::BTreeMap;
use std::ops::Range;

use super::keys::{self, Joined};
use super::{SledStore, StoreError, StoredHead};
use crate::values::Digest;

impl SledStore {
    /// The number of the newest batch, 0 in a new store.
    pub(super) fn newest_batch(&self) -> Result<u64, StoreError> {
        let path = &self.folder.path;
        let Some(value) = self.guard(|| self.db.get(keys::BATCH))? else { return Ok(0) };
        match keys::read_batch(&value) {
            Some((keys::FORMAT, batch)) => Ok(batch),
            Some((found, _)) => Err(StoreError::Format { path: path.clone(), found, expected: keys::FORMAT }),
            None => Err(StoreError::damaged(path, "the number of the newest batch is unreadable")),
        }
    }

    /// Every agreement's head.
    pub(super) fn read_heads(&self) -> Result<BTreeMap<Digest, StoredHead>, StoreError> {
        self.newest_batch()?;
        let damaged =
            |why: &str| StoreError::damaged(&self.folder.path, format!("a head is unreadable: {why}"));
        let mut heads = BTreeMap::new();
        let mut joined = Joined::default();
        let mut rows = self.guard(|| Ok(self.db.scan_prefix(b"h")))?;
        while let Some((key, part)) = self.guard(|| rows.next().transpose())? {
            let (anchor, _, number) = keys::read_key(&key).ok_or_else(|| damaged("its key"))?;
            if number > 0 && heads.contains_key(&anchor) {
                // Left over from an earlier, longer checkpoint.
                continue;
            }
            joined.take(number, &part).map_err(|why| damaged(&why))?;
            if joined.is_whole() {
                let value = std::mem::take(&mut joined).value().map_err(|why| damaged(&why))?;
                heads.insert(anchor, keys::read_head(&value).ok_or_else(|| damaged("its value"))?);
            }
        }
        if joined.is_begun() { Err(damaged("its last part is missing")) } else { Ok(heads) }
    }
}

/// The entries of a range, read as they are asked for.
pub(super) struct Scan<'a> {
    store: &'a SledStore,
    anchor: Digest,
    /// `None` when there is nothing more to read, or sled cannot read on.
    rows: Option<sled::Iter>,
    /// A row that was read and belongs to the next entry.
    ahead: Option<Row>,
}

/// An entry's index, a part's number, the part.
type Row = (u64, u8, sled::IVec);

impl<'a> Scan<'a> {
    pub(super) fn new(store: &'a SledStore, anchor: Digest, range: Range<u64>) -> Self {
        let bounds = keys::entry(&anchor, range.start)..keys::entry(&anchor, range.end);
        let rows = (!range.is_empty()).then(|| store.db.range(bounds));
        Self { store, anchor, rows, ahead: None }
    }

    fn row(&mut self) -> Result<Option<Row>, StoreError> {
        if let Some(row) = self.ahead.take() {
            return Ok(Some(row));
        }
        let Some(rows) = &mut self.rows else { return Ok(None) };
        let row = self.store.guard(|| rows.next().transpose());
        let Some((key, part)) = row.inspect_err(|_| self.rows = None)? else { return Ok(None) };
        let (_, index, number) = keys::read_key(&key).ok_or_else(|| self.damaged("the key of an entry"))?;
        let index = index.try_into().map_err(|_| self.damaged("the key of an entry"))?;
        Ok(Some((u64::from_be_bytes(index), number, part)))
    }

    /// The next entry: all rows with its index. The rest of an entry that is damaged is passed over.
    fn read(&mut self) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        let Some((index, number, part)) = self.row()? else { return Ok(None) };
        let mut joined = Joined::default();
        let mut taken = joined.take(number, &part);
        while let Some(row) = self.row()? {
            if row.0 != index {
                self.ahead = Some(row);
                break;
            }
            taken = taken.and_then(|()| joined.take(row.1, &row.2));
        }
        let value = taken.and_then(|()| joined.value());
        value.map(|value| Some((index, value))).map_err(|why| self.damaged(&format!("entry {index}: {why}")))
    }

    fn damaged(&self, what: &str) -> StoreError {
        let cause = format!("agreement {}: {what}", self.anchor.short());
        StoreError::damaged(&self.store.folder.path, cause)
    }
}

impl Iterator for Scan<'_> {
    type Item = Result<(u64, Vec<u8>), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
