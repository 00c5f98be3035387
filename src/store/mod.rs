//! Where agreements are kept: opaque entries, the hashes of their tree, the newest head, cosigned heads, and blobs.
//!
//! A store never parses a statement and decides nothing. It promises three things: a batch is there as a
//! whole or not at all, it is on stable storage before [`Store::append`] returns, and nothing is seen by a
//! reader before that. Whether an entry is good is the engine's word; whether the tree is right is
//! [`check`]'s and the audit's.
//!
//! | store | for |
//! |---|---|
//! | [`SledStore`] | one process and one folder; the default |
//! | [`MemoryStore`] | tests and scenario runs; durable only as long as the process |
//! | [`Table`] | whatever else must be durable in a folder of its own: a witness's memory |
//! | [`Faulty`] | tests: any store, with a failure at a call of your choice |

mod batch;
mod blobs;
pub mod check;
pub mod data;
mod error;
mod faulty;
mod files;
mod memory;
mod notes;
pub mod seed;
mod sled;

pub use batch::{MAX_BATCH_WEIGHT, MAX_CHECKPOINT_BYTES, MAX_ENTRY_BYTES, entry_weight, head_weight};
pub use error::StoreError;
pub use faulty::{Fault, Faulty};
pub use files::replace_file;
pub use memory::MemoryStore;
pub use notes::{Notes, ReadOnly};
pub use sled::{MAX_ROW_BYTES, MAX_ROWS, Row, SledStore, Table};

use std::ops::Range;

use crate::log::{Hash, Head};
use crate::values::Digest;

/// The newest state of an agreement's log that is on stable storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHead {
    /// Size and root.
    pub head: Head,
    /// The signed checkpoint over `head`, exactly as it was given to [`Store::append`].
    pub checkpoint: String,
}

/// An entry to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// The leaf, 1 to [`MAX_ENTRY_BYTES`] bytes; kept and given back as it is.
    pub bytes: Vec<u8>,
    /// The digest of the statement inside, under which [`Store::find`] finds the entry.
    pub statement: Digest,
}

/// What a batch adds to one agreement.
///
/// Without entries it puts a new checkpoint over the head that is stored, for example with more cosignatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The agreement; its first append creates it.
    pub anchor: Digest,
    /// The index of the first new entry: the number of entries already stored, which is checked.
    pub first: u64,
    /// The new entries in order.
    pub entries: Vec<NewEntry>,
    /// The complete subtrees that the new entries close: level (0 is a leaf hash), index, hash.
    pub nodes: Vec<(u8, u64, Hash)>,
    /// The head afterwards; its size is `first` and the number of `entries`, which is checked.
    pub head: Head,
    /// The signed checkpoint over `head`, at most [`MAX_CHECKPOINT_BYTES`] bytes.
    pub checkpoint: String,
}

/// The entries of an agreement in the order of their indices; see [`Store::entries`].
pub type Entries<'a> = Box<dyn Iterator<Item = Result<(u64, Vec<u8>), StoreError>> + Send + 'a>;

/// A place for agreements. Readers run beside the one writer and never see what is not yet durable.
///
/// Every method answers [`StoreError::Lost`] once one has: what is in memory and what is on the disk may then
/// differ, and only a new process that reads the disk again knows.
pub trait Store: Send + Sync {
    /// The anchors of all agreements, in ascending order.
    fn agreements(&self) -> Result<Vec<Digest>, StoreError>;

    /// The newest durable head of an agreement; `None` when it is not here.
    fn head(&self, anchor: &Digest) -> Result<Option<StoredHead>, StoreError>;

    /// The entry at `index`, exactly as it was appended; `None` when there is none, which below the head's
    /// size means that the store is damaged.
    fn entry(&self, anchor: &Digest, index: u64) -> Result<Option<Vec<u8>>, StoreError>;

    /// The entries that are stored in `range`, below the head's size, each with its index, in order, and read
    /// as they are asked for.
    ///
    /// A missing entry is left out, so a jump of the index names it. One that cannot be read is an error
    /// in its place, after which the iteration goes on where the store can.
    fn entries(&self, anchor: &Digest, range: Range<u64>) -> Entries<'_>;

    /// The hash of the complete subtree over the 2^`level` entries from `index` × 2^`level` on;
    /// `None` when none is stored.
    fn node(&self, anchor: &Digest, level: u8, index: u64) -> Result<Option<Hash>, StoreError>;

    /// The index of the entry that admitted this statement; `None` when the agreement has none.
    fn find(&self, anchor: &Digest, statement: &Digest) -> Result<Option<u64>, StoreError>;

    /// Appends to one or several agreements, all or nothing.
    ///
    /// When it returns `Ok`, everything in `batch` is on stable storage and is found by every reader.
    /// Whoever releases anything (a receipt, a checkpoint) does so after that.
    /// After [`StoreError::Lost`] the batch may be there or not, as a whole; the caller ends the process
    /// and never tries again, because a second fsync can report success for what the first one dropped.
    /// After any other error nothing has changed.
    ///
    /// A batch weighs at most [`MAX_BATCH_WEIGHT`]; several appends to one agreement are taken in their order.
    fn append(&self, batch: &[Append]) -> Result<(), StoreError>;

    /// Keeps the note of a head that witnesses have cosigned, in place of the one that is kept for its size. When it
    /// returns `Ok`, the note is on stable storage. What is kept of a note's cosignatures is decided by whoever
    /// calls this; a store does not read them.
    ///
    /// # Errors
    /// There is no head of this size, the note is too long, or as for [`append`](Store::append).
    fn keep_checkpoint(&self, anchor: &Digest, size: u64, note: &str) -> Result<(), StoreError>;

    /// The note that is kept for a size; `None` when there is none.
    fn checkpoint_at(&self, anchor: &Digest, size: u64) -> Result<Option<String>, StoreError>;

    /// The notes that are kept, each with its size, in ascending order, read as they are asked for.
    fn checkpoints(&self, anchor: &Digest) -> Notes<'_>;

    /// Why nothing may be added to an agreement, where that is so. The store itself does not act on it: the registry
    /// refuses submissions.
    fn read_only(&self, anchor: &Digest) -> Result<Option<ReadOnly>, StoreError>;

    /// Marks an agreement, here or still to come, as one to which nothing may be added, or takes the mark away.
    /// Durable when it returns `Ok`.
    ///
    /// # Errors
    /// As for [`append`](Store::append).
    fn set_read_only(&self, anchor: &Digest, why: Option<ReadOnly>) -> Result<(), StoreError>;

    /// Keeps a blob under its SHA-256, which is checked. When it returns `Ok`, the blob is on stable storage,
    /// so call it before the append of the entry that names the blob. Storing it again changes nothing.
    fn put_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<(), StoreError>;

    /// The blob with this SHA-256, checked; `None` when it is not here, or was erased.
    fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError>;

    /// How many bytes the blob with this SHA-256 has; `None` where it is not here. Its content is not looked at where that
    /// can be known without.
    fn blob_size(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        Ok(self.blob(digest)?.map(|bytes| bytes.len() as u64))
    }

    /// That a batch could be kept now: that where they are kept can be written, and is not full.
    ///
    /// # Errors
    /// It cannot.
    fn takes_entries(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// That a blob could be kept now: that where they are kept can be written, and is not full.
    ///
    /// # Errors
    /// It cannot.
    fn takes_blobs(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Erases the blob with this SHA-256, where it is here. When it returns `Ok`, no reader finds it any more, also
    /// after a crash.
    fn erase_blob(&self, digest: &Digest) -> Result<(), StoreError>;
}
