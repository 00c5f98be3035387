//! The roots of earlier sizes, of which each entry asks for one: its statement's head.

use std::cell::Cell;

use crate::engine::admit::Heads;
use crate::log::{Hash, Head, MemoryTree};

/// The earlier root that was worked out last: it is asked for twice for each entry, and many entries name the same head.
#[derive(Debug, Default)]
pub(super) struct Roots(Cell<Option<Head>>);

/// A tree, with the root that was worked out last.
pub(super) struct RootsOf<'r> {
    last: &'r Cell<Option<Head>>,
    tree: &'r MemoryTree,
}

impl Roots {
    /// The roots of a tree; always of the same one, which grows.
    pub(super) fn of<'r>(&'r self, tree: &'r MemoryTree) -> RootsOf<'r> {
        RootsOf { last: &self.0, tree }
    }
}

impl Heads for RootsOf<'_> {
    fn root_at(&self, size: u64) -> Option<Hash> {
        // A tree that grows keeps the roots that it had.
        if let Some(last) = self.last.get().filter(|last| last.size == size) {
            return Some(last.root);
        }
        let root = self.tree.root_at(size)?;
        self.last.set(Some(Head { size, root }));
        Some(root)
    }
}
