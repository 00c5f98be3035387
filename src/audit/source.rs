//! Where a log can be read from.

use std::ops::Deref;

use crate::log::Hash;
use crate::store::{Store, StoreError};
use crate::values::Digest;

/// Entries with their indices, in order; see [`Source::entries`].
pub type Entries<'a> = Box<dyn Iterator<Item = Result<(u64, Vec<u8>), SourceError>> + Send + 'a>;

/// Signed checkpoints, each with the size it is kept for, in ascending order of size; see [`Source::checkpoints`].
pub type Checkpoints<'a> = Box<dyn Iterator<Item = Result<(u64, Vec<u8>), SourceError>> + Send + 'a>;

/// A log as somebody keeps it: everything it gives is a claim to be checked.
pub trait Source: Sync {
    /// The newest signed checkpoint; `None` where there is no log.
    fn checkpoint(&self) -> Result<Option<String>, SourceError>;

    /// The entries in `from..to` with their indices, in order; a missing one is left out.
    fn entries(&self, from: u64, to: u64) -> Entries<'_>;

    /// Why [`entries`](Source::entries) has just left out an entry, if the source can tell: the end of the entries, in
    /// order, of which the same is true, and what that is.
    fn why_missing(&self, _index: u64) -> Option<(u64, String)> {
        None
    }

    /// The leaf hash that is kept for an entry beside its bytes, if the source keeps one. Where the two
    /// disagree this tells which entry was altered.
    fn leaf(&self, index: u64) -> Result<Option<Hash>, SourceError>;

    /// Why [`leaf`](Source::leaf) has just given none for an entry, where the source ought to keep the hashes of all: the
    /// end of the entries, in order, of which the same is true, and what that is.
    fn why_no_leaf(&self, _index: u64) -> Option<(u64, String)> {
        None
    }

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

impl<S: Source + ?Sized> Source for &S {
    fn checkpoint(&self) -> Result<Option<String>, SourceError> {
        (**self).checkpoint()
    }

    fn entries(&self, from: u64, to: u64) -> Entries<'_> {
        (**self).entries(from, to)
    }

    fn why_missing(&self, index: u64) -> Option<(u64, String)> {
        (**self).why_missing(index)
    }

    fn leaf(&self, index: u64) -> Result<Option<Hash>, SourceError> {
        (**self).leaf(index)
    }

    fn why_no_leaf(&self, index: u64) -> Option<(u64, String)> {
        (**self).why_no_leaf(index)
    }

    fn checkpoints(&self) -> Checkpoints<'_> {
        (**self).checkpoints()
    }

    fn keeps_subtrees(&self) -> bool {
        (**self).keeps_subtrees()
    }

    fn subtree(&self, level: u8, index: u64) -> Result<Option<Hash>, SourceError> {
        (**self).subtree(level, index)
    }
}

/// The source itself could not be read; nothing is known about the log.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was named is no log. In words, with what to do.
    #[error("{0}")]
    NoLog(String),
    /// A file could not be read or fetched. In words, with its place and what to do.
    #[error("{0}")]
    Unreadable(String),
    /// A file without which there is no audit is none that a log has. In words, with its place.
    #[error("{0}")]
    Damaged(String),
}

/// One agreement of a store that is borrowed or owned.
pub struct StoreSource<S> {
    /// The store.
    pub store: S,
    /// The agreement.
    pub anchor: Digest,
}

impl<S: Deref<Target: Store> + Sync> Source for StoreSource<S> {
    fn checkpoint(&self) -> Result<Option<String>, SourceError> {
        Ok(self.store.head(&self.anchor)?.map(|head| head.checkpoint))
    }

    fn entries(&self, from: u64, to: u64) -> Entries<'_> {
        Box::new(self.store.entries(&self.anchor, from..to).map(|read| read.map_err(SourceError::from)))
    }

    fn checkpoints(&self) -> Checkpoints<'_> {
        let notes = self.store.checkpoints(&self.anchor);
        Box::new(notes.map(|note| note.map(|(size, note)| (size, note.into_bytes())).map_err(Into::into)))
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
