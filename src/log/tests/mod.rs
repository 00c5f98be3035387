//! The tree against a naive one, and at sizes that no disk holds.

mod sizes;
mod trees;

use super::{Hash, MemoryTree};

/// The leaves `vote 0`, `vote 1`, … of the published vector, as a tree of `size` of them.
fn votes(size: u64) -> MemoryTree {
    (0..size).map(vote).collect()
}

/// The hash of the leaf `vote <index>`.
fn vote(index: u64) -> Hash {
    Hash::leaf(format!("vote {index}").as_bytes())
}
