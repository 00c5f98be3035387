//! What is said once a write may be lost: the same for agreements and for tables.

use std::sync::{Arc, OnceLock};

use super::folder::Folder;
use crate::store::StoreError;

/// The first failure; set once, never taken back.
#[derive(Debug, Default)]
pub(super) struct Lost(OnceLock<Arc<str>>);

impl Lost {
    /// Refuses every call once a write may be lost.
    pub(super) fn alive(&self, folder: &Folder) -> Result<(), StoreError> {
        self.0.get().map_or(Ok(()), |cause| Err(lost(folder, cause)))
    }

    /// Sets the failure, and keeps sled's `Drop` from writing again.
    pub(super) fn set(&self, db: &sled::Db, folder: &Folder, cause: String) -> StoreError {
        std::mem::forget(db.clone());
        folder.keep_lock();
        lost(folder, self.0.get_or_init(|| Arc::from(cause)))
    }
}

fn lost(folder: &Folder, cause: &Arc<str>) -> StoreError {
    StoreError::Lost { path: folder.path.clone(), cause: Arc::clone(cause) }
}
