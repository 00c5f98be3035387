//! The tree of an agreement that is live here: the writer adds to it, and receipts are proved from it.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::engine::admit::Heads;
use crate::log::tree::{BeyondTree, TreeError, inclusion_proof};
use crate::log::{Hash, Head, MemoryTree};

/// A tree in memory, which its copies share. It may be ahead of the disk; a complete subtree never changes, so what it gives for
/// a durable size is as durable as that.
#[derive(Clone, Default)]
pub(super) struct Tree(Arc<RwLock<MemoryTree>>);

impl Tree {
    pub(super) fn new(tree: MemoryTree) -> Self {
        Self(Arc::new(RwLock::new(tree)))
    }

    /// As it is now: nothing is added while somebody looks at it.
    pub(super) fn now(&self) -> RwLockReadGuard<'_, MemoryTree> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its size and root now.
    pub(super) fn head(&self) -> Head {
        self.now().head()
    }

    /// Its size now.
    pub(super) fn size(&self) -> u64 {
        self.now().size()
    }

    /// Adds a leaf.
    pub(super) fn push(&self, leaf: Hash) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(leaf);
    }

    /// The proof of an entry at a size that it has reached.
    pub(super) fn proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, TreeError<BeyondTree>> {
        inclusion_proof(index, size, &*self.now())
    }
}

impl Heads for Tree {
    fn root_at(&self, size: u64) -> Option<Hash> {
        self.now().root_at(size)
    }
}
