//! The tamper-evident log: RFC 6962 tree, C2SP notes, checkpoints and proofs. Nothing of ours.

mod hash;

pub use hash::{Hash, Head};
