//! The tamper-evident log: RFC 6962 tree, and the proofs of it. Nothing of ours.
//!
//! One module a specification:
//! - [`tree`]: the Merkle tree (RFC 6962 §2.1): roots and proofs made from stored nodes;
//! - [`proof`]: those proofs checked (RFC 9162 §2.1.3.2, §2.1.4.2).
//!
//! It does no I/O and reads no clock, and does not know what an entry says: entries are bytes here.

mod hash;
pub mod proof;
pub mod tree;

#[cfg(test)]
mod tests;

pub use hash::{Hash, Head};
pub use proof::{ProofError, verify_consistency, verify_inclusion};
pub use tree::{Frontier, MemoryTree, Nodes};
