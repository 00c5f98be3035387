//! The Merkle tree of RFC 6962 §2.1: roots and proofs made from the hashes of complete subtrees.
//!
//! A complete subtree of 2^level leaves never changes once its last leaf is there, so a store needs to
//! keep only those ([`Nodes`]); everything at the ragged right edge is computed anew for the size asked for.
//!
//! It is not a store (it reads nodes and hands over new ones), not tiles (C2SP tlog-tiles is how nodes are
//! published), and checks no proof (see [`proof`](super::proof)).

mod frontier;
mod memory;

pub use frontier::Frontier;
pub use memory::{BeyondTree, MemoryTree};

use super::{Hash, Head};

/// The hash of one complete subtree, and its place: the 2^`level` leaves from `index` × 2^`level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Height above the leaves: 0 is a leaf hash, at most 63.
    pub level: u8,
    /// Position from the left among the subtrees of that level, from 0.
    pub index: u64,
    /// The subtree's Merkle tree hash.
    pub hash: Hash,
}

/// Where the hashes of complete subtrees are kept.
pub trait Nodes {
    /// Why a node cannot be had: it is not in the tree, or its store cannot be read.
    type Error;

    /// The hash of the complete subtree over the 2^`level` leaves from `index` × 2^`level` on.
    /// It is only asked for subtrees that lie wholly within the size that the caller named.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// Why a proof cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError<E> {
    /// The entry comes after the tree's last one.
    #[error(
        "entry {index} is not in the tree of {size} entries: ask for a tree of more than {index} entries"
    )]
    NotInTree {
        /// The entry asked for, from 0.
        index: u64,
        /// The tree's entries.
        size: u64,
    },
    /// A log only grows.
    #[error("a tree of {old} entries cannot have become one of {new}: name the smaller size first")]
    Shrinks {
        /// The size asked for as the earlier one, in entries.
        old: u64,
        /// The size asked for as the later one, in entries.
        new: u64,
    },
    /// A node could not be had.
    #[error(transparent)]
    Nodes(E),
}

/// The root of the tree over the first `size` leaves: `MTH(D[0:size])` (RFC 6962 §2.1).
///
/// Reads at most 64 nodes. The only error is one of `nodes`.
pub fn root<N: Nodes + ?Sized>(size: u64, nodes: &N) -> Result<Hash, N::Error> {
    range(0, size, nodes)
}

/// The audit path of leaf `index` in the tree of `size` leaves: `PATH(index, D[0:size])` (RFC 6962 §2.1.1).
///
/// From the leaf's sibling up to the root's child, at most 64 hashes; none in a tree of one leaf.
pub fn inclusion_proof<N: Nodes + ?Sized>(
    index: u64,
    size: u64,
    nodes: &N,
) -> Result<Vec<Hash>, TreeError<N::Error>> {
    if index >= size {
        return Err(TreeError::NotInTree { index, size });
    }
    let mut path = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split(end - start);
        let sibling = if index < middle { range(middle, end, nodes) } else { range(start, middle, nodes) };
        path.push(sibling.map_err(TreeError::Nodes)?);
        if index < middle { end = middle } else { start = middle }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `new` leaves begins with the tree of `old` ones: `PROOF(old, D[0:new])`
/// (RFC 6962 §2.1.2). At most 65 hashes; none where the sizes are equal or `old` is 0, as there is nothing
/// to show.
pub fn consistency_proof<N: Nodes + ?Sized>(
    old: u64,
    new: u64,
    nodes: &N,
) -> Result<Vec<Hash>, TreeError<N::Error>> {
    if old > new {
        return Err(TreeError::Shrinks { old, new });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let mut proof = Vec::new();
    let (mut start, mut end) = (0, new);
    while end != old {
        let middle = start + split(end - start);
        let other = if old <= middle { range(middle, end, nodes) } else { range(start, middle, nodes) };
        proof.push(other.map_err(TreeError::Nodes)?);
        if old <= middle { end = middle } else { start = middle }
    }
    // Where `old` is itself a complete subtree, whoever checks has its root already.
    if start > 0 {
        proof.push(range(start, end, nodes).map_err(TreeError::Nodes)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The largest power of two below `width`, for a `width` of 2 or more: k in RFC 6962 §2.1.
fn split(width: u64) -> u64 {
    1 << (width - 1).ilog2()
}

/// `MTH(D[start:end])` for a range of which `start` is a multiple of the largest power of two within it.
fn range<N: Nodes + ?Sized>(start: u64, end: u64, nodes: &N) -> Result<Hash, N::Error> {
    let mut hash = None;
    for (level, index) in peaks(start, end) {
        let peak = nodes.node(level, index)?;
        hash = Some(hash.map_or(peak, |right| Hash::node(peak, right)));
    }
    Ok(hash.unwrap_or_else(Hash::empty))
}

/// Level and index of the complete subtrees that make up such a range, from the smallest, rightmost one on.
fn peaks(start: u64, end: u64) -> impl Iterator<Item = (u8, u64)> {
    let width = end - start;
    (0..64_u8).filter(move |level| width >> level & 1 == 1).map(move |level| {
        let bit = 1_u64 << level;
        // The widths above this bit lie to the left of it; those below, to the right.
        let left = width & !bit & !(bit - 1);
        (level, (start + left) >> level)
    })
}
