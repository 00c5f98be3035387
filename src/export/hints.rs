//! What stands beside an exported log to save its readers work. Nobody needs to believe it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

use crate::engine::State;
use crate::registry::attachments;
use crate::statement::sshsig::NAMESPACE;
use crate::statement::{Body, Entry, HolderRef, PublicKey, Statement};
use crate::store::{Store, StoreError};
use crate::values::{Digest, Id};

/// The documents that entries of a range name, each with the first of these entries and the name that it has there.
pub(super) fn documents(
    store: &dyn Store,
    anchor: &Digest,
    range: Range<u64>,
) -> Result<BTreeMap<Digest, (u64, Id)>, StoreError> {
    let mut named = BTreeMap::new();
    for read in store.entries(anchor, range) {
        let (index, bytes) = read?;
        for (name, digest) in statement(&bytes).map(|it| attachments(&it.body)).unwrap_or_default() {
            named.entry(digest).or_insert((index, name));
        }
    }
    Ok(named)
}

/// Every key that has ever spoken for somebody, as `ssh-keygen -Y verify -f` takes it: the holder's name, this
/// product's namespace, the key. Which key spoke when is in the log's first `size` entries.
pub(super) fn allowed_signers(store: &dyn Store, state: &State, size: u64) -> Result<String, StoreError> {
    let mut keys: BTreeSet<(HolderRef, PublicKey)> = BTreeSet::new();
    for read in store.entries(&state.agreement.anchor, 0..size) {
        let (_, bytes) = read?;
        match statement(&bytes).map(|statement| statement.body) {
            Some(Body::Open(open)) => {
                keys.extend(open.roster.into_iter().map(|line| (line.holder, line.key)));
            }
            Some(Body::Nominate(nominate)) => drop(keys.insert((nominate.seat, nominate.key))),
            Some(Body::ReplaceKey(replace)) => drop(keys.insert((replace.holder, replace.key))),
            _ => {}
        }
    }
    let mut lines = String::new();
    for (holder, key) in keys {
        // Writing to a string does not fail.
        let _ = writeln!(lines, "{holder} namespaces=\"{NAMESPACE}\" {key}");
    }
    Ok(lines)
}

fn statement(bytes: &[u8]) -> Option<Statement> {
    Statement::parse(&Entry::parse(bytes).ok()?.envelope.statement).ok()
}
