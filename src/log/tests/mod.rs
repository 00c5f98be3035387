//! The log's tests: the published vector, the tree against a naive one, and every malformed note.

mod notes;
mod sizes;
mod trees;
mod vector;

use super::{Checkpoint, Hash, LogKey, MemoryTree};

/// The leaves `vote 0`, `vote 1`, … of the published vector, as a tree of `size` of them.
fn votes(size: u64) -> MemoryTree {
    (0..size).map(vote).collect()
}

/// The hash of the leaf `vote <index>`.
fn vote(index: u64) -> Hash {
    Hash::leaf(format!("vote {index}").as_bytes())
}

/// The published vector's log.
fn log_key() -> LogKey {
    LogKey::from_seed("log.example/votes", &[1; 32]).unwrap()
}
