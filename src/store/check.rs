//! Whether a stored tree is the one that its stored head promises: what is checked on every opening.
//!
//! It costs O(log n) reads: the root from the complete subtrees at the right edge, and the last entry against
//! its leaf hash. It is not the audit, which recomputes every hash from every entry.

use super::{Store, StoreError};
use crate::log::Hash;
use crate::values::Digest;

/// How a stored tree and its head disagree.
#[derive(Debug, thiserror::Error)]
pub enum Mismatch {
    /// There is no such agreement.
    #[error("agreement {} is not stored", anchor.short())]
    NoHead {
        /// The agreement.
        anchor: Digest,
    },
    /// A hash that the root needs is missing.
    #[error("agreement {}: the tree's node {index} of level {level} is missing", anchor.short())]
    NoNode {
        /// The agreement.
        anchor: Digest,
        /// Height above the leaves.
        level: u8,
        /// Position from the left.
        index: u64,
    },
    /// The root is another one.
    #[error("agreement {}: at {size} entries the head says root {stored}, and the tree has {computed}", anchor.short())]
    Root {
        /// The agreement.
        anchor: Digest,
        /// The head's size.
        size: u64,
        /// The head's root.
        stored: Hash,
        /// The root of the stored nodes.
        computed: Hash,
    },
    /// The last entry is missing.
    #[error("agreement {}: the last entry, {index}, is missing", anchor.short())]
    NoEntry {
        /// The agreement.
        anchor: Digest,
        /// Its index.
        index: u64,
    },
    /// The last entry is not the one in the tree.
    #[error("agreement {}: the last entry, {index}, is not the one in the tree", anchor.short())]
    Entry {
        /// The agreement.
        anchor: Digest,
        /// Its index.
        index: u64,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks the stored tree of one agreement against its stored head, and its last entry against the tree.
pub fn verify(store: &(impl Store + ?Sized), anchor: &Digest) -> Result<(), Mismatch> {
    let anchor = *anchor;
    let stored = store.head(&anchor)?.ok_or(Mismatch::NoHead { anchor })?.head;
    let node =
        |level, index| store.node(&anchor, level, index)?.ok_or(Mismatch::NoNode { anchor, level, index });
    let computed = root(stored.size, node)?;
    if computed != stored.root {
        return Err(Mismatch::Root { anchor, size: stored.size, stored: stored.root, computed });
    }
    let Some(index) = stored.size.checked_sub(1) else { return Ok(()) };
    let entry = store.entry(&anchor, index)?.ok_or(Mismatch::NoEntry { anchor, index })?;
    if Hash::leaf(&entry) == node(0, index)? { Ok(()) } else { Err(Mismatch::Entry { anchor, index }) }
}

/// The root of `size` leaves: the complete subtrees, one for each bit of the size, joined from the right.
fn root<E>(size: u64, node: impl Fn(u8, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    let mut root = None;
    for level in (0..64_u8).filter(|level| size >> level & 1 == 1) {
        let left = node(level, (size >> level) - 1)?;
        root = Some(root.map_or(left, |right| Hash::node(left, right)));
    }
    Ok(root.unwrap_or_else(Hash::empty))
}
