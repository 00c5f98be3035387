//! Erasing the documents that were struck, and no other: what anything else kept here still names, stays.

use std::collections::BTreeSet;

use crate::engine::State;
use crate::statement::{Entry, Statement, attachments};
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
        if store.blob(&digest)?.is_none() {
            continue;
        }
        let mut named = false;
        for state in agreements.clone() {
            named = named || is_named(store, state, &digest)?;
        }
        if !named {
            store.erase_blob(&digest)?;
        }
    }
    Ok(())
}

/// Whether an entry of an agreement names a document otherwise than by a filing that was struck.
fn is_named(store: &dyn Store, state: &State, digest: &Digest) -> Result<bool, StoreError> {
    let filed = || state.cases.values().flat_map(|case| &case.filed);
    for read in store.entries(&state.agreement.anchor, 0..state.size) {
        let (index, bytes) = read?;
        let Ok(entry) = Entry::parse(&bytes) else { continue };
        let Ok(statement) = Statement::parse(&entry.envelope.statement) else { continue };
        let names = attachments(&statement.body).values().any(|named| named == digest);
        let struck =
            || filed().any(|it| it.done.entry == index && it.digest == *digest && it.struck.is_some());
        if names && !struck() {
            return Ok(true);
        }
    }
    Ok(false)
}
