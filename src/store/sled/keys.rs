//! The layout of the one tree: which key holds what. Integers are big-endian, so that keys sort by them.
//!
//! | key | value |
//! |---|---|
//! | `b` | format (u8) and the number of the newest batch (u64) |
//! | `h` anchor part | head: size (u64), root (32), checkpoint |
//! | `e` anchor index part | entry |
//! | `n` anchor level index | the hash of a complete subtree (32) |
//! | `s` anchor statement | the index of the entry that admitted it (u64) |
//! | `t` key | a row of a [`Table`](super::Table), which no store of agreements has |
//! | `c` anchor size part | the note of a head that witnesses have cosigned |
//! | `r` anchor | why nothing may be added, as text |
//!
//! Heads, entries and notes are kept in parts of [`PART_BYTES`]: a part is how many parts follow (u8), then bytes.

use crate::log::{Hash, Head};
use crate::store::StoredHead;
use crate::values::Digest;

/// The format that this version writes and reads.
pub(super) const FORMAT: u8 = 1;

/// The most bytes of a part. sled writes a page of up to 17 values as one message, and one above
/// 131,052 bytes goes to a file that it never syncs: 17 × (1 + 4,096 + 42 for the key + 16) stays below 72 KiB.
pub(super) const PART_BYTES: usize = 4096;

/// Where the format and the number of the newest batch are.
pub(super) const BATCH: &[u8] = b"b";

/// What the keys of a table's rows begin with.
pub(super) const TABLE: &[u8] = b"t";

pub(super) fn head(anchor: &Digest) -> Vec<u8> {
    key(b'h', anchor, &[])
}

pub(super) fn entry(anchor: &Digest, index: u64) -> Vec<u8> {
    key(b'e', anchor, &index.to_be_bytes())
}

pub(super) fn node(anchor: &Digest, level: u8, index: u64) -> Vec<u8> {
    let mut key = key(b'n', anchor, &[level]);
    key.extend_from_slice(&index.to_be_bytes());
    key
}

pub(super) fn statement(anchor: &Digest, statement: &Digest) -> Vec<u8> {
    key(b's', anchor, &statement.0)
}

pub(super) fn checkpoint(anchor: &Digest, size: u64) -> Vec<u8> {
    key(b'c', anchor, &size.to_be_bytes())
}

pub(super) fn read_only(anchor: &Digest) -> Vec<u8> {
    key(b'r', anchor, &[])
}

fn key(kind: u8, anchor: &Digest, rest: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(66);
    key.push(kind);
    key.extend_from_slice(&anchor.0);
    key.extend_from_slice(rest);
    key
}

/// The parts of a value, each with its key. There are at most 17, as 65,535 and 40 bytes are the most.
pub(super) fn parts<'a>(key: &'a [u8], value: &'a [u8]) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> + 'a {
    let count = value.len().div_ceil(PART_BYTES);
    value.chunks(PART_BYTES).enumerate().map(move |(number, bytes)| {
        let small = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
        let key = [key, &[small(number)]].concat();
        let part = [&[small(count.saturating_sub(number).saturating_sub(1))], bytes].concat();
        (key, part)
    })
}

/// A value put together from its parts as they come, in the order of their keys.
#[derive(Debug, Default)]
pub(super) struct Joined {
    value: Vec<u8>,
    next: u8,
    /// Parts that are still to come, known from the first one on.
    left: Option<u8>,
}

impl Joined {
    /// Takes a part; an error names what does not fit.
    pub(super) fn take(&mut self, number: u8, part: &[u8]) -> Result<(), String> {
        let Some((left, bytes)) = part.split_first() else { return Err(format!("part {number} is empty")) };
        let fits = self.left.is_none_or(|before| before.checked_sub(1) == Some(*left));
        if number != self.next || !fits {
            return Err(format!("part {} is missing", self.next));
        }
        self.value.extend_from_slice(bytes);
        self.next = self.next.wrapping_add(1);
        self.left = Some(*left);
        Ok(())
    }

    /// Whether parts were taken.
    pub(super) fn is_begun(&self) -> bool {
        self.left.is_some()
    }

    /// Whether the last part was taken.
    pub(super) fn is_whole(&self) -> bool {
        self.left == Some(0)
    }

    /// The whole value; an error when parts are missing at its end.
    pub(super) fn value(self) -> Result<Vec<u8>, String> {
        if self.is_whole() { Ok(self.value) } else { Err(format!("part {} is missing", self.next)) }
    }
}

pub(super) fn batch_value(batch: u64) -> Vec<u8> {
    [&[FORMAT][..], &batch.to_be_bytes()].concat()
}

/// Format and number of the newest batch.
pub(super) fn read_batch(value: &[u8]) -> Option<(u8, u64)> {
    let (format, batch) = value.split_first()?;
    Some((*format, u64::from_be_bytes(batch.try_into().ok()?)))
}

pub(super) fn head_value(head: &Head, checkpoint: &str) -> Vec<u8> {
    [&head.size.to_be_bytes()[..], &head.root.0, checkpoint.as_bytes()].concat()
}

pub(super) fn read_head(value: &[u8]) -> Option<StoredHead> {
    let (size, rest) = value.split_first_chunk()?;
    let (root, checkpoint) = rest.split_first_chunk()?;
    Some(StoredHead {
        head: Head { size: u64::from_be_bytes(*size), root: Hash(*root) },
        checkpoint: String::from_utf8(checkpoint.to_vec()).ok()?,
    })
}

/// Anchor, what stands between it and the part, and the part's number, of a head's, an entry's or a note's key.
pub(super) fn read_key(key: &[u8]) -> Option<(Digest, &[u8], u8)> {
    let (_, rest) = key.split_first()?;
    let (anchor, rest) = rest.split_first_chunk()?;
    let (part, middle) = rest.split_last()?;
    Some((Digest(*anchor), middle, *part))
}
