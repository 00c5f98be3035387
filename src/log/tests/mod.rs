//! The log's tests: the published vector, the tree against a naive one, and every malformed artefact.

mod cosignatures;
mod cosigned;
mod hostile;
mod notes;
mod oracles;
mod policies;
mod receipts;
mod sizes;
mod tiles;
mod trees;
mod vector;
mod witnesses;

use super::{Checkpoint, Hash, LogKey, MemoryTree, Receipt, tree};

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

/// The receipt for `vote <index>` in the log of `size` votes, with the entry as its extra data.
fn receipt(index: u64, size: u64) -> Receipt {
    let tree = votes(size);
    let checkpoint = Checkpoint { origin: log_key().name().to_owned(), head: tree.head() };
    Receipt {
        extra: Some(format!("vote {index}").into_bytes()),
        index,
        proof: tree::inclusion_proof(index, size, &tree).unwrap(),
        checkpoint: checkpoint.sign(&log_key()).unwrap().to_string(),
    }
}
