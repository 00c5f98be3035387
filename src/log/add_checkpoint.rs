//! What a witness is asked: C2SP tlog-witness, the body of `add-checkpoint`.
//!
//! It says from which head to which the log has grown, and proves it. Nothing is verified here: whoever judges the
//! request (see the room `witness`) knows which logs count and which head was cosigned last. The checkpoint is
//! kept as bytes, which [`SeenCheckpoint`](super::SeenCheckpoint) reads.
//!
//! Where the specification leaves room: base64 has no stray bits, and a body has at most [`MAX_ADD_CHECKPOINT`] bytes.

use super::{Hash, decimal};

/// The most hashes of a consistency proof (C2SP tlog-witness, "add-checkpoint").
pub const MAX_ADD_CHECKPOINT_PROOF: usize = 63;

/// The most bytes of a body: 25 for the first line, 63 × 45 for the proof, and a note with the 16 signatures that
/// every verifier takes (C2SP signed-note), each of "nearly 5 kB" and so 7,000 characters: 115,000, and a margin.
pub const MAX_ADD_CHECKPOINT: usize = 128 * 1024;

/// A request that a witness cosign a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of the head that the witness cosigned last, as the client believes; 0 for none.
    pub old: u64,
    /// The consistency proof from there (RFC 6962 §2.1.2), at most [`MAX_ADD_CHECKPOINT_PROOF`] hashes.
    pub proof: Vec<Hash>,
    /// The log's signed checkpoint, as it stands.
    pub checkpoint: Vec<u8>,
}

/// Why bytes are no such request. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddCheckpointError {
    /// More bytes than a body may have.
    #[error("the request has {len} bytes, more than {MAX_ADD_CHECKPOINT}: send fewer signatures")]
    TooLong {
        /// Its bytes.
        len: usize,
    },
    /// The first line is not the old size.
    #[error(
        "line 1 of the request is not `old`, one space and a decimal number below 2^64 without leading zeros"
    )]
    Old,
    /// A line of the proof is no hash.
    #[error("line {line} of the request is no tree hash, 32 bytes in padded, canonical base64")]
    Hash {
        /// The line.
        line: usize,
    },
    /// More hashes than a proof may have.
    #[error("the proof has more than {MAX_ADD_CHECKPOINT_PROOF} hashes: no two heads of a log need as many")]
    LongProof,
    /// The body ends before the checkpoint.
    #[error("the request has no empty line and checkpoint after its proof: its end was cut off")]
    NoCheckpoint,
}

impl AddCheckpoint {
    /// Reads a body. What is accepted is exactly what [`to_bytes`](Self::to_bytes) writes.
    ///
    /// # Errors
    /// It is not in the form, or too long.
    pub fn parse(body: &[u8]) -> Result<Self, AddCheckpointError> {
        if body.len() > MAX_ADD_CHECKPOINT {
            return Err(AddCheckpointError::TooLong { len: body.len() });
        }
        let (first, mut rest) = line(body).ok_or(AddCheckpointError::Old)?;
        let old = first.strip_prefix("old ").and_then(decimal).ok_or(AddCheckpointError::Old)?;
        let mut proof = Vec::new();
        loop {
            // Bytes that are no text are no hash either.
            let at = AddCheckpointError::Hash { line: proof.len() + 2 };
            if !rest.contains(&b'\n') {
                return Err(AddCheckpointError::NoCheckpoint);
            }
            let (text, after) = line(rest).ok_or(at.clone())?;
            rest = after;
            if text.is_empty() {
                break;
            }
            if proof.len() == MAX_ADD_CHECKPOINT_PROOF {
                return Err(AddCheckpointError::LongProof);
            }
            proof.push(text.parse().map_err(|_| at)?);
        }
        if rest.is_empty() {
            return Err(AddCheckpointError::NoCheckpoint);
        }
        Ok(Self { old, proof, checkpoint: rest.to_vec() })
    }

    /// The body to send. Whoever fills in more than the limits allow gets it refused by every witness.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = format!("old {}\n", self.old);
        for hash in &self.proof {
            body.push_str(&hash.to_string());
            body.push('\n');
        }
        body.push('\n');
        let mut body = body.into_bytes();
        body.extend_from_slice(&self.checkpoint);
        body
    }
}

/// The first line, without the newline that must end it, and what comes after; `None` where there is none.
fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = bytes.split_at_checked(end)?;
    Some((std::str::from_utf8(line).ok()?, rest.get(1..)?))
}
