//! Receipts: the proof that an entry is in a log, from the tree that its store keeps.

use super::SubmitError;
use crate::engine::admit::Heads;
use crate::log::proof::verify_inclusion;
use crate::log::tree::{TreeError, inclusion_proof};
use crate::log::{Hash, Head, Nodes, Receipt};
use crate::store::{Store, StoreError};
use crate::values::Digest;

/// The receipt of an entry, against the newest head.
///
/// # Errors
/// There is no such entry, the store cannot be read, or its tree does not prove the entry.
pub fn receipt(store: &dyn Store, anchor: &Digest, index: u64) -> Result<Receipt, SubmitError> {
    let head = store.head(anchor)?.ok_or(SubmitError::NoEntry { index })?;
    let bytes = store.entry(anchor, index)?.ok_or(SubmitError::NoEntry { index })?;
    let nodes = StoreNodes { store, anchor };
    let proof = inclusion_proof(index, head.head.size, &nodes).map_err(|error| match error {
        TreeError::Nodes(NodeError::Store(error)) => SubmitError::Store(error),
        error => SubmitError::Proof { index, error: error.to_string() },
    })?;
    proved((index, bytes), proof, head.head, head.checkpoint)
}

/// The receipt with this proof. Its nodes come from a disk, or have been in memory for long: one that others would refuse does
/// not leave.
pub(super) fn proved(
    (index, bytes): (u64, Vec<u8>),
    proof: Vec<Hash>,
    head: Head,
    checkpoint: String,
) -> Result<Receipt, SubmitError> {
    verify_inclusion(Hash::leaf(&bytes), index, head, &proof)
        .map_err(|error| SubmitError::Proof { index, error: error.to_string() })?;
    Ok(Receipt { extra: Some(bytes), index, proof, checkpoint })
}

/// The tree of one agreement as a store keeps it.
pub struct StoreNodes<'a> {
    /// The store.
    pub store: &'a dyn Store,
    /// The agreement.
    pub anchor: &'a Digest,
}

/// A node of a stored tree cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is not there.
    #[error("the node {index} of level {level} is missing")]
    Missing {
        /// Height above the leaves.
        level: u8,
        /// Position from the left.
        index: u64,
    },
}

impl Nodes for StoreNodes<'_> {
    type Error = NodeError;

    fn node(&self, level: u8, index: u64) -> Result<Hash, NodeError> {
        self.store.node(self.anchor, level, index)?.ok_or(NodeError::Missing { level, index })
    }
}

/// The roots of a stored log at its sizes up to one.
pub(super) struct Roots<'a> {
    pub(super) nodes: StoreNodes<'a>,
    /// The size up to which there are any.
    pub(super) size: u64,
}

impl Heads for Roots<'_> {
    /// What cannot be read is no root: the writer, which judges in the end, has the tree in memory.
    fn root_at(&self, size: u64) -> Option<Hash> {
        if size > self.size { None } else { crate::log::tree::root(size, &self.nodes).ok() }
    }
}
