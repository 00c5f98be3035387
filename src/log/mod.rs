//! The tamper-evident log: RFC 6962 tree, C2SP notes, checkpoints and proofs. No format of ours.
//!
//! One module a specification:
//! - [`tree`]: the Merkle tree (RFC 6962 §2.1): roots and proofs made from stored nodes;
//! - [`proof`]: those proofs checked (RFC 9162 §2.1.3.2, §2.1.4.2);
//! - [`note`]: texts with signatures, and their keys (C2SP signed-note);
//! - [`checkpoint`]: a log's signed head (C2SP tlog-checkpoint);
//! - [`receipt`]: proof that an entry is in a log, in one file (C2SP tlog-proof);
//! - [`tile`]: the tree and its entries as files that never change (C2SP tlog-tiles);
//! - [`cosignature`]: what witnesses sign, and when (C2SP tlog-cosignature);
//! - [`add_checkpoint`]: what witnesses are asked (C2SP tlog-witness);
//! - [`cosigned`]: which cosignatures a note is kept with (ours);
//! - [`policy`]: whose cosignatures are enough (C2SP tlog-policy).
//!
//! It does no I/O and reads no clock, and does not know what an entry says: entries are bytes here.

pub mod add_checkpoint;
pub mod checkpoint;
pub mod cosignature;
pub mod cosigned;
mod hash;
pub mod note;
pub mod policy;
pub mod proof;
pub mod receipt;
pub mod tile;
pub mod tree;

#[cfg(test)]
mod tests;

pub use add_checkpoint::{AddCheckpoint, AddCheckpointError};
pub use checkpoint::{Checkpoint, CheckpointError, SeenCheckpoint};
pub use cosignature::{Cosignature, CosignatureError, WitnessKey, WitnessSigner};
pub use hash::{Hash, Head};
pub use note::{KeyError, LogKey, Note, NoteError, VerifierKey};
pub use policy::{Policy, PolicyError, Support, SupportError};
pub use proof::{ProofError, verify_consistency, verify_inclusion};
pub use receipt::{Receipt, ReceiptError};
pub use tile::{Bundle, BundleError, Tile, TileError, TileNodes, TilePathError, Tiles};
pub use tree::{Frontier, MemoryTree, Nodes};

/// A size or an index as checkpoints and proofs write it: ASCII digits, no sign, no leading zero but `0` itself.
fn decimal(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}
