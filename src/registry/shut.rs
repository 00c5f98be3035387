//! Agreements to which this process adds nothing: something that the log has signed shows that going on would fork it.
//!
//! The store has such marks too, and keeps them. One of these ends with the process, since what showed it is looked at
//! again by the next.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::store::ReadOnly;
use crate::values::Digest;

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
