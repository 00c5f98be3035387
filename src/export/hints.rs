//! What stands beside an exported log to save its readers work. Nobody needs to believe it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

use crate::engine::State;
use crate::registry::attachments;
use crate::statement::sshsig::NAMESPACE;
use crate::statement::{Body, Entry, HolderRef, PublicKey, RosterLine, Statement};
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

/// The keys that have ever spoken for somebody, by the entries that name them.
#[derive(Debug, Default)]
pub struct Signers {
    keys: BTreeSet<(HolderRef, PublicKey)>,
}

impl Signers {
    /// Takes over what an entry's statement names.
    pub fn add(&mut self, statement: &Statement) {
        match &statement.body {
            Body::Open(open) => self.roster(&open.roster),
            Body::Amend(amend) => self.roster(&amend.roster),
            Body::Nominate(nominate) => {
                self.keys.insert((nominate.seat.clone(), nominate.key.clone()));
            }
            Body::ReplaceKey(replace) => {
                self.keys.insert((replace.holder.clone(), replace.key.clone()));
            }
            _ => {}
        }
    }

    fn roster(&mut self, roster: &[RosterLine]) {
        self.keys.extend(roster.iter().map(|line| (line.holder.clone(), line.key.clone())));
    }

    /// Everybody for whom the entries name a key, whatever wraps it.
    pub fn named_for(&self, key: &PublicKey) -> Vec<HolderRef> {
        let same = self.keys.iter().filter(|(_, known)| known.raw() == key.raw());
        same.map(|(holder, _)| holder.clone()).collect()
    }

    /// The keys as `ssh-keygen -Y verify -f` takes them: the holder's name, this product's namespace, the key. Which
    /// key spoke when is in the log.
    pub fn allowed_signers(&self) -> String {
        let mut lines = String::new();
        for (holder, key) in &self.keys {
            // Writing to a string does not fail.
            let _ = writeln!(lines, "{holder} namespaces=\"{NAMESPACE}\" {key}");
        }
        lines
    }
}

/// The keys of a log's first `size` entries; see [`Signers::allowed_signers`].
pub(super) fn allowed_signers(store: &dyn Store, state: &State, size: u64) -> Result<String, StoreError> {
    let mut signers = Signers::default();
    for read in store.entries(&state.agreement.anchor, 0..size) {
        // An entry that cannot be read names nothing.
        if let Some(statement) = statement(&read?.1) {
            signers.add(&statement);
        }
    }
    Ok(signers.allowed_signers())
}

fn statement(bytes: &[u8]) -> Option<Statement> {
    Statement::parse(&Entry::parse(bytes).ok()?.envelope.statement).ok()
}
