//! Where a log can be read from.

use crate::log::Hash;
use crate::store::{Entries, Store, StoreError};
use crate::values::Digest;

/// Signed checkpoints, each with the size it is kept for, in ascending order of size; see [`Source::checkpoints`].
pub type Checkpoints<'a> = Box<dyn Iterator<Item = Result<(u64, Vec<u8>), SourceError>> + Send + 'a>;

/// A log as somebody keeps it: everything it gives is a claim to be checked.
pub trait Source: Sync {
    /// The newest signed checkpoint; `None` where there is no log.
    fn checkpoint(&self) -> Result<Option<String>, SourceError>;

    /// The entries in `from..to` with their indices, in order; a missing one is left out.
    fn entries(&self, from: u64, to: u64) -> Entries<'_>;

    /// The leaf hash that is kept for an entry beside its bytes, if the source keeps one. Where the two
    /// disagree this tells which entry was altered.
    fn leaf(&self, index: u64) -> Result<Option<Hash>, SourceError>;

    /// The notes of earlier heads that the source keeps beside the newest, with the cosignatures by which they
    /// bound the times of entries. They are read as they are asked for; each may be anything.
    fn checkpoints(&self) -> Checkpoints<'_> {
        Box::new(std::iter::empty())
    }

    /// Whether the source keeps the hashes of all complete subtrees, as a store does.
    fn keeps_subtrees(&self) -> bool {
        false
    }

    /// The hash that is kept for the complete subtree over the 2^`level` entries from `index` × 2^`level` on.
    fn subtree(&self, _level: u8, _index: u64) -> Result<Option<Hash>, SourceError> {
        Ok(None)
    }
}

/// The source itself could not be read; nothing is known about the log.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One agreement of a store.
pub struct StoreSource<'a> {
    /// The store.
    pub store: &'a dyn Store,
    /// The agreement.
    pub anchor: Digest,
}

impl Source for StoreSource<'_> {
    fn checkpoint(&self) -> Result<Option<String>, SourceError> {
        Ok(self.store.head(&self.anchor)?.map(|head| head.checkpoint))
    }

    fn entries(&self, from: u64, to: u64) -> Entries<'_> {
        self.store.entries(&self.anchor, from..to)
    }

    fn leaf(&self, index: u64) -> Result<Option<Hash>, SourceError> {
        self.subtree(0, index)
    }

    fn keeps_subtrees(&self) -> bool {
        true
    }

    fn subtree(&self, level: u8, index: u64) -> Result<Option<Hash>, SourceError> {
        Ok(self.store.node(&self.anchor, level, index)?)
    }
}
