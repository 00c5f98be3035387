//! What a request deserves: C2SP tlog-witness, "add-checkpoint". Pure: no clock, no disk, no network.
//!
//! In two halves, as only the second needs to know what was cosigned last: [`read`], which verifies signatures and
//! can be done for many requests at once, and [`Submission::judge`], which is done for one after the other.

use crate::log::{
    AddCheckpoint, AddCheckpointError, CheckpointError, Hash, Head, Note, NoteError, ProofError,
    SeenCheckpoint, verify_consistency,
};
use crate::values::{Digest, Instant};

use super::Logs;

/// The most bytes of a checkpoint's text together with the signature lines of the log's keys. The specification
/// has no limit; a checkpoint without extension lines has some 300 bytes.
pub const MAX_CHECKPOINT: usize = 3_000;

/// The head that everything extends: what a witness has cosigned of a log of which it has cosigned nothing.
pub fn nothing() -> Head {
    Head { size: 0, root: Hash::empty() }
}

/// A checkpoint that a known log has signed, and the proof that it extends the head of `old` entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Which log.
    pub origin: String,
    /// The head to cosign.
    pub head: Head,
    /// The size that the client believes was cosigned last.
    pub old: u64,
    /// The consistency proof from there.
    pub proof: Vec<Hash>,
    /// The checkpoint with one signature by each known key that has signed, all verified; those of others are left out.
    pub note: Note,
}

/// Why a witness does not cosign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The body is no request.
    #[error("{0}")]
    Request(#[from] AddCheckpointError),
    /// What is to be cosigned is no checkpoint.
    #[error("{0}")]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint is longer than is kept here.
    #[error(
        "the checkpoint has {len} bytes with its log's signatures, and this witness keeps {MAX_CHECKPOINT}"
    )]
    Long {
        /// Its bytes.
        len: usize,
    },
    /// A log that is not known here.
    #[error("the log `{origin}` is not known to this witness: ask its operator to add the log's key")]
    Unknown {
        /// The log, shortened to 200 characters.
        origin: String,
    },
    /// No signature by a known key, or a bad one.
    #[error("{0}")]
    Signature(NoteError),
    /// The old size is larger than the checkpoint's.
    #[error("the old size {old} is larger than the checkpoint's {size}: a log never shrinks")]
    Shrinks {
        /// The old size.
        old: u64,
        /// The checkpoint's.
        size: u64,
    },
    /// Another head was cosigned last.
    #[error("{size}")]
    Conflict {
        /// Its size.
        size: u64,
    },
    /// The head does not follow from the one cosigned last.
    #[error("{0}")]
    Inconsistent(ProofError),
    /// The witness's clock stands before the time of its own last cosignature.
    #[error(
        "this witness's clock is behind its last cosignature of this log, and it signs no time that has passed"
    )]
    Clock,
    /// The witness's clock stands far ahead of all its cosignatures.
    #[error(
        "this witness's clock is at {now}, more than 400 days after its newest cosignature, of {newest}: its operator \
         should set the clock right, or where it is right say so, by `witness serve --accept-clock-jump`"
    )]
    Jump {
        /// The time of the newest cosignature of any log.
        newest: Instant,
        /// The clock.
        now: Instant,
    },
}

impl Refused {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Request(_) | Self::Checkpoint(_) | Self::Long { .. } | Self::Shrinks { .. } => 400,
            Self::Signature(_) => 403,
            Self::Unknown { .. } => 404,
            Self::Conflict { .. } => 409,
            Self::Inconsistent(_) => 422,
            Self::Clock | Self::Jump { .. } => 503,
        }
    }
}

/// What a refused checkpoint shows about its log, beside the head that was cosigned last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// Nothing: the request is at fault, or late.
    Nothing,
    /// Perhaps another history: a proof of the right form does not lead from one head to the other. Whoever has a
    /// genuine checkpoint can send a bad proof with it.
    Doubt,
    /// Two histories: two heads of one size, both signed by the log, or one that no log has.
    Fork,
}

/// Reads a request for one of `logs`, and verifies who signed the checkpoint.
///
/// # Errors
/// [`Refused`] with status 400, 403 or 404.
pub fn read(logs: &Logs, body: &[u8]) -> Result<Submission, Refused> {
    let AddCheckpoint { old, proof, checkpoint } = AddCheckpoint::parse(body)?;
    let note = Note::parse(&checkpoint).map_err(CheckpointError::Note)?;
    let SeenCheckpoint { origin, head, .. } = note.unverified_text().parse()?;
    let Some(keys) = logs.keys(&origin) else {
        return Err(Refused::Unknown { origin: origin.chars().take(200).collect() });
    };
    let signers = note.signers(keys).map_err(Refused::Signature)?;
    if old > head.size {
        return Err(Refused::Shrinks { old, size: head.size });
    }
    let mut signed = Vec::new();
    for key in signers {
        signed.extend(note.signatures().iter().find(|line| line.names(key)).cloned());
    }
    let note = note.with_only(signed);
    let len = note.to_string().len();
    if len > MAX_CHECKPOINT {
        return Err(Refused::Long { len });
    }
    Ok(Submission { origin, head, old, proof, note })
}

impl Submission {
    /// The SHA-256 of the origin, which names a log in the monitoring interface and on the disk.
    pub fn log(&self) -> Digest {
        Digest::of(self.origin.as_bytes())
    }

    /// Whether this head may be cosigned after `last`, the head cosigned last ([`nothing`] for none).
    ///
    /// # Errors
    /// [`Refused`] with status 409 or 422.
    pub fn judge(&self, last: Head) -> Result<(), Refused> {
        if self.old != last.size {
            return Err(Refused::Conflict { size: last.size });
        }
        verify_consistency(last, self.head, &self.proof).map_err(Refused::Inconsistent)
    }

    /// What this checkpoint shows beside `last`, having been refused.
    pub fn shows(&self, last: Head) -> Shows {
        let impossible = self.head.size == 0 && self.head.root != Hash::empty();
        if impossible || (self.head.size == last.size && self.head.root != last.root) {
            return Shows::Fork;
        }
        match self.judge(last) {
            Err(Refused::Inconsistent(ProofError::Consistency { .. })) => Shows::Doubt,
            _ => Shows::Nothing,
        }
    }
}
