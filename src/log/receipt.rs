//! Proof in one file that an entry is in a log: C2SP tlog-proof, `c2sp.org/tlog-proof@v1`.
//!
//! It does not say what an entry is or how it hashes to a leaf: whoever verifies brings the leaf hash. The
//! `extra` line can carry the entry's bytes, but is authenticated only by being hashed to that leaf. It is not
//! a witness policy: cosignatures stay in the checkpoint's note, for whoever counts them.

use std::fmt;

use base64ct::{Base64, Encoding as _};

use super::checkpoint::{Checkpoint, CheckpointError};
use super::note::{Note, VerifierKey};
use super::proof::{ProofError, verify_inclusion};
use super::{Hash, decimal};

/// The first line of every proof.
const MAGIC: &str = "c2sp.org/tlog-proof@v1";

/// The longest audit path there is: one hash for each level of a tree of 2^64 − 1 leaves.
const MAX_PROOF: usize = 64;

/// An entry's place in a log, with everything needed to check it but the log's key and the leaf hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Opaque data beside the proof; an empty one is the same as none, and is not written.
    pub extra: Option<Vec<u8>>,
    /// The entry's number in the log, from 0.
    pub index: u64,
    /// From the leaf's sibling up to the root's child (RFC 6962 §2.1.1).
    pub proof: Vec<Hash>,
    /// The log's signed checkpoint, verbatim, with whatever cosignatures it has.
    pub checkpoint: String,
}

/// Why a receipt cannot be read or does not prove what it should. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not text at all.
    #[error(
        "byte {at} of the receipt is not UTF-8: a receipt is plain text, fetch or copy it again unchanged"
    )]
    NotUtf8 {
        /// Offset of the first bad byte, from 0.
        at: usize,
    },
    /// Another file, or another version.
    #[error("line 1 of the receipt is not `{MAGIC}`: this is no receipt, or one of a version not known here")]
    Magic,
    /// The extra data cannot be read.
    #[error(
        "line 2 of the receipt is not `extra` and data in padded, canonical base64: take it out or copy it again"
    )]
    Extra,
    /// The index is missing or cannot be read.
    #[error(
        "line {line} of the receipt is not `index` and a decimal number below 2^64 without leading zeros: \
         fetch or copy the receipt again unchanged"
    )]
    Index {
        /// The line where it should stand.
        line: usize,
    },
    /// A line of the proof is no hash.
    #[error(
        "line {line} of the receipt is no tree hash, 32 bytes in padded, canonical base64: fetch or copy the \
         receipt again unchanged"
    )]
    Hash {
        /// The line.
        line: usize,
    },
    /// More hashes than any tree asks for.
    #[error("the receipt's proof has more than {MAX_PROOF} hashes, more than any tree needs: it was altered")]
    TooLong,
    /// The file ends before the checkpoint.
    #[error("the receipt has no empty line and checkpoint after its proof: fetch or copy it again whole")]
    NoCheckpoint,
    /// The checkpoint cannot be read, or is not signed by the log.
    #[error("in the receipt, {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The entry is not shown to be in the log.
    #[error("in the receipt, {0}")]
    Proof(#[from] ProofError),
}

impl Receipt {
    /// Reads a receipt. Accepts exactly what `Display` writes, around a checkpoint that can be read.
    ///
    /// Nothing is verified: [`verify`](Self::verify) does that.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let text =
            std::str::from_utf8(bytes).map_err(|error| ReceiptError::NotUtf8 { at: error.valid_up_to() })?;
        let mut lines = Lines { rest: text, number: 0 };
        if lines.next() != Some(MAGIC) {
            return Err(ReceiptError::Magic);
        }
        let mut line = lines.next();
        let extra = match line.and_then(|line| line.strip_prefix("extra ")) {
            Some(encoded) => Some(extra(encoded)?),
            None => None,
        };
        if extra.is_some() {
            line = lines.next();
        }
        let index = line.and_then(|line| decimal(line.strip_prefix("index ")?));
        let index = index.ok_or(ReceiptError::Index { line: lines.number })?;
        let proof = hashes(&mut lines)?;
        let checkpoint = lines.rest.to_owned();
        let note = Note::parse(checkpoint.as_bytes()).map_err(CheckpointError::Note)?;
        note.unverified_text().parse::<Checkpoint>()?;
        Ok(Self { extra, index, proof, checkpoint })
    }

    /// Checks that the log of `key` has the entry hashed to `leaf_hash` at this index, and returns the
    /// checkpoint that says so.
    pub fn verify(&self, leaf_hash: Hash, key: &VerifierKey) -> Result<Checkpoint, ReceiptError> {
        let checkpoint = Checkpoint::open(self.checkpoint.as_bytes(), key)?;
        verify_inclusion(leaf_hash, self.index, checkpoint.head, &self.proof)?;
        Ok(checkpoint)
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{MAGIC}")?;
        if let Some(extra) = self.extra.as_ref().filter(|extra| !extra.is_empty()) {
            writeln!(f, "extra {}", Base64::encode_string(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Reads the extra line's data. Where there is none, the line is left out.
fn extra(encoded: &str) -> Result<Vec<u8>, ReceiptError> {
    let data = Base64::decode_vec(encoded).map_err(|_| ReceiptError::Extra)?;
    if data.is_empty() { Err(ReceiptError::Extra) } else { Ok(data) }
}

/// Reads the proof's lines and the empty line after them.
fn hashes(lines: &mut Lines<'_>) -> Result<Vec<Hash>, ReceiptError> {
    let mut proof = Vec::new();
    loop {
        match lines.next() {
            None => return Err(ReceiptError::NoCheckpoint),
            Some("") => return Ok(proof),
            Some(_) if proof.len() == MAX_PROOF => return Err(ReceiptError::TooLong),
            Some(line) => proof.push(line.parse().map_err(|_| ReceiptError::Hash { line: lines.number })?),
        }
    }
}

/// The lines of a text, each ended by a newline, and what is left after those taken.
struct Lines<'t> {
    rest: &'t str,
    /// The number of the line taken last, from 1; after the end, of the one that is missing.
    number: usize,
}

impl<'t> Iterator for Lines<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        self.number += 1;
        let (line, rest) = self.rest.split_once('\n')?;
        self.rest = rest;
        Some(line)
    }
}
