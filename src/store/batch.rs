//! What every store checks before it changes anything, so that all refuse the same batches.

use std::collections::{BTreeMap, BTreeSet};

use super::{Append, NewEntry, StoreError};
use crate::log::Head;
use crate::values::Digest;

/// The most bytes of one entry: what the u16 length of a tlog-tiles entry bundle can say.
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// The most bytes of one checkpoint: room for some 400 cosignatures of about 150 bytes.
pub const MAX_CHECKPOINT_BYTES: usize = 65_535;

/// The most bytes of one batch, counting entries, checkpoints and 40 for a node: 512 KiB.
///
/// A batch is one flush, and the flush must stay small: see the module documentation of the sled store.
pub const MAX_BATCH_BYTES: usize = 512 * 1024;

/// Level, index and hash.
const NODE_BYTES: usize = 40;

/// Checks `batch` against what is stored: `head` gives an agreement's newest head, `find` a statement's index.
pub(super) fn check(
    batch: &[Append],
    mut head: impl FnMut(&Digest) -> Result<Option<Head>, StoreError>,
    mut find: impl FnMut(&Digest, &Digest) -> Result<Option<u64>, StoreError>,
) -> Result<(), StoreError> {
    check_bytes(batch)?;
    let mut heads: BTreeMap<Digest, Option<Head>> = BTreeMap::new();
    let mut statements = BTreeSet::new();
    for append in batch {
        let anchor = append.anchor;
        let stored = match heads.get(&anchor) {
            Some(head) => *head,
            None => head(&anchor)?,
        };
        check_place(append, stored)?;
        for (index, entry) in (append.first..).zip(&append.entries) {
            let statement = entry.statement;
            let known = find(&anchor, &statement)?;
            let twice = (!statements.insert((anchor, statement))).then_some(index);
            if let Some(index) = known.or(twice) {
                return Err(StoreError::Known { statement, index });
            }
        }
        heads.insert(anchor, Some(append.head));
    }
    Ok(())
}

fn check_bytes(batch: &[Append]) -> Result<(), StoreError> {
    let mut bytes = 0_usize;
    for append in batch {
        if append.checkpoint.len() > MAX_CHECKPOINT_BYTES {
            return Err(StoreError::CheckpointSize { bytes: append.checkpoint.len() });
        }
        for (index, NewEntry { bytes: entry, .. }) in (append.first..).zip(&append.entries) {
            if entry.is_empty() || entry.len() > MAX_ENTRY_BYTES {
                return Err(StoreError::EntrySize { index, bytes: entry.len() });
            }
            bytes = bytes.saturating_add(entry.len());
        }
        let rest = append.nodes.len().saturating_mul(NODE_BYTES).saturating_add(append.checkpoint.len());
        bytes = bytes.saturating_add(rest);
    }
    if bytes > MAX_BATCH_BYTES { Err(StoreError::BatchSize { bytes }) } else { Ok(()) }
}

fn check_place(append: &Append, head: Option<Head>) -> Result<(), StoreError> {
    let Append { anchor, first, .. } = *append;
    let stored = head.map_or(0, |head| head.size);
    if first != stored {
        return Err(StoreError::Size { anchor, stored, first });
    }
    let end = u64::try_from(append.entries.len()).ok().and_then(|new| first.checked_add(new));
    if end != Some(append.head.size) {
        return Err(StoreError::HeadSize { anchor, end: end.unwrap_or(u64::MAX), head: append.head.size });
    }
    match head {
        Some(head) if append.entries.is_empty() && head != append.head => {
            Err(StoreError::HeadChanged { anchor, size: stored })
        }
        _ => Ok(()),
    }
}
