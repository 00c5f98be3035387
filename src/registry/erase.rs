//! Erasing the documents that were struck, and no other: what anything else kept here still names, stays.

use std::collections::BTreeSet;

use crate::engine::State;
use crate::store::{Store, StoreError};
use crate::values::Digest;

/// Erases those of `struck` that are kept and that no entry of these agreements names otherwise than by a filing that
/// was struck: whoever files what another has filed cannot have it erased.
///
/// # Errors
/// The store cannot be read or written.
pub(super) fn erase<'a>(
    store: &dyn Store,
    struck: BTreeSet<Digest>,
    agreements: &(impl Iterator<Item = &'a State> + Clone),
) -> Result<(), StoreError> {
    for digest in struck {
        let needed = agreements.clone().any(|state| state.documents.is_needed(&digest));
        if !needed && store.blob_size(&digest)?.is_some() {
            store.erase_blob(&digest)?;
        }
    }
    Ok(())
}
