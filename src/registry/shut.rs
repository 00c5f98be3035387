//! Agreements to which nothing is added: something that the log has signed shows that going on would fork it.
//!
//! The store keeps such marks. What is here besides holds them for this process where the disk did not take one.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::store::{ReadOnly, Store, StoreError};
use crate::values::Digest;

/// Marks an agreement as one to which nothing may be added, for good, unless a mark that says as much is there. `why` is
/// what the log's own signature proves.
///
/// # Errors
/// The store fails.
pub fn mark(store: &dyn Store, anchor: &Digest, why: ReadOnly) -> Result<(), StoreError> {
    match store.read_only(anchor)? {
        None | Some(ReadOnly::Restored) => store.set_read_only(anchor, Some(why)),
        Some(_) => Ok(()),
    }
}

/// What is shut, shared by readers and the writer.
#[derive(Clone, Default)]
pub(super) struct Shut(Arc<RwLock<BTreeMap<Digest, ReadOnly>>>);

impl Shut {
    pub(super) fn add(&self, anchor: Digest, why: ReadOnly) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(anchor, why);
    }

    pub(super) fn why(&self, anchor: &Digest) -> Option<ReadOnly> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(anchor).copied()
    }
}
