//! What every store checks before it changes anything, so that all refuse the same batches.

use std::collections::{BTreeMap, BTreeSet};

use super::{Append, StoreError};
use crate::log::{Head, cosigned};
use crate::values::Digest;

/// The most bytes of one entry: what the u16 length of a tlog-tiles entry bundle can say.
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// The most bytes of one checkpoint: what [`cosigned::merged`] gives at most.
pub const MAX_CHECKPOINT_BYTES: usize = cosigned::MAX_BYTES;

/// The most weight of one batch ([`Append::weight`]): 128 KiB, room for the largest entry under the largest
/// checkpoint, or for some 80 votes.
///
/// A batch is one flush, and a flush must stay small to be safe from a power cut: see `sled/mod.rs`.
pub const MAX_BATCH_WEIGHT: usize = 128 * 1024;

/// What an entry costs besides its bytes, and an append besides its entries: keys, the row that finds an entry
/// by its statement, and the pages around them that are written anew.
const ROW_WEIGHT: usize = 384;

/// What a node costs: its key of 42 bytes and its hash of 32.
const NODE_WEIGHT: usize = 74;

impl Append {
    /// About how many bytes this append stores; the appends of a batch weigh [`MAX_BATCH_WEIGHT`] at most.
    pub fn weight(&self) -> usize {
        let entries = self.entries.iter().map(|entry| entry_weight(entry.bytes.len(), 0));
        let nodes = self.nodes.len().saturating_mul(NODE_WEIGHT);
        let head = head_weight(self.checkpoint.len());
        entries.fold(nodes.saturating_add(head), usize::saturating_add)
    }
}

/// What an entry of `bytes` that closes `nodes` subtrees adds to the weight of its append.
pub fn entry_weight(bytes: usize, nodes: usize) -> usize {
    bytes.saturating_add(ROW_WEIGHT).saturating_add(nodes.saturating_mul(NODE_WEIGHT))
}

/// What an append weighs besides its entries and nodes, under a checkpoint of `bytes`.
pub fn head_weight(bytes: usize) -> usize {
    bytes.saturating_add(ROW_WEIGHT)
}

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
    for append in batch {
        if append.checkpoint.len() > MAX_CHECKPOINT_BYTES {
            return Err(StoreError::CheckpointSize { bytes: append.checkpoint.len() });
        }
        for (index, entry) in (append.first..).zip(&append.entries) {
            if entry.bytes.is_empty() || entry.bytes.len() > MAX_ENTRY_BYTES {
                return Err(StoreError::EntrySize { index, bytes: entry.bytes.len() });
            }
        }
    }
    let weight = batch.iter().map(Append::weight).fold(0, usize::saturating_add);
    if weight > MAX_BATCH_WEIGHT { Err(StoreError::BatchWeight { weight }) } else { Ok(()) }
}

/// Checks the note of a head against the number of entries stored.
pub(super) fn check_note(anchor: &Digest, stored: u64, size: u64, note: &str) -> Result<(), StoreError> {
    if size == 0 || size > stored {
        return Err(StoreError::NoSuchHead { anchor: *anchor, stored, size });
    }
    if note.len() > MAX_CHECKPOINT_BYTES {
        return Err(StoreError::CheckpointSize { bytes: note.len() });
    }
    Ok(())
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
