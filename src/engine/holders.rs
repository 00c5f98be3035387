//! Holders: whoever a key speaks for. One raw key belongs to at most one holder at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::statement::{HolderRef, PublicKey, RawKey};
use crate::values::Instant;

/// A holder and the key that speaks for it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The person, in words.
    pub person: String,
    /// The key.
    pub key: PublicKey,
    /// Where [`Holders`] keeps its last entry.
    slot: usize,
    /// When an officer's authority begins and ends, both instants included; a seat has neither.
    pub authority: Authority,
}

/// The validity of an officer's authority, as the roster dates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Authority {
    /// From when.
    pub from: Option<Instant>,
    /// Until when.
    pub until: Option<Instant>,
}

/// All holders of an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holders {
    // Shared between states: who holds which key changes seldom, who signed last with every entry.
    by_name: Arc<BTreeMap<HolderRef, Arc<Holder>>>,
    by_key: Arc<BTreeMap<RawKey, HolderRef>>,
    last: Vec<u64>,
}

impl Holders {
    /// The holder of this name.
    pub fn get(&self, name: &HolderRef) -> Option<&Holder> {
        self.by_name.get(name).map(|holder| &**holder)
    }

    /// The entry of the last statement signed as this holder, or with which it entered or got its key: its next one
    /// must come after it.
    pub fn last(&self, name: &HolderRef) -> Option<u64> {
        self.last.get(self.by_name.get(name)?.slot).copied()
    }

    /// For whom a raw key speaks, whatever type of key wraps it.
    pub fn speaks_for(&self, key: RawKey) -> Option<&HolderRef> {
        self.by_key.get(&key)
    }

    /// All holders, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&HolderRef, &Holder)> {
        self.by_name.iter().map(|(name, holder)| (name, &**holder))
    }

    /// Binds a key to a holder who enters with an entry; whoever held the name or the key before no longer does.
    /// What the key signed before that entry, in whatever seat, is not this holder's.
    pub(super) fn enter(&mut self, name: HolderRef, person: String, key: PublicKey, entry: u64) {
        self.release(key.raw());
        self.leave(&name);
        Arc::make_mut(&mut self.by_key).insert(key.raw(), name.clone());
        let (slot, authority) = (self.last.len(), Authority::default());
        self.last.push(entry);
        Arc::make_mut(&mut self.by_name).insert(name, Arc::new(Holder { person, key, slot, authority }));
    }

    /// Gives a holder who keeps their key another name: the same key, told of as somebody else from now on.
    pub(super) fn rename(&mut self, name: &HolderRef, person: &str) {
        if self.by_name.get(name).is_some_and(|holder| holder.person != person)
            && let Some(holder) = Arc::make_mut(&mut self.by_name).get_mut(name)
        {
            person.clone_into(&mut Arc::make_mut(holder).person);
        }
    }

    /// Dates the authority of a holder who has entered; a new key does not change it.
    pub(super) fn date(&mut self, name: &HolderRef, authority: Authority) {
        if let Some(holder) = Arc::make_mut(&mut self.by_name).get_mut(name) {
            Arc::make_mut(holder).authority = authority;
        }
    }

    /// Removes a holder; the key speaks for nobody.
    pub(super) fn leave(&mut self, name: &HolderRef) {
        if !self.by_name.contains_key(name) {
            return;
        }
        if let Some(holder) = Arc::make_mut(&mut self.by_name).remove(name) {
            Arc::make_mut(&mut self.by_key).remove(&holder.key.raw());
        }
    }

    /// Gives a holder another key with an entry, after which its next statement must come.
    pub(super) fn replace_key(&mut self, name: &HolderRef, key: PublicKey, entry: u64) {
        self.release(key.raw());
        if let Some(holder) = Arc::make_mut(&mut self.by_name).get_mut(name) {
            let by_key = Arc::make_mut(&mut self.by_key);
            by_key.remove(&holder.key.raw());
            by_key.insert(key.raw(), name.clone());
            Arc::make_mut(holder).key = key;
        }
        self.signed(name, entry);
    }

    /// Removes whoever holds a key: a seat whose case is at rest keeps it only until somebody else is given it.
    fn release(&mut self, key: RawKey) {
        if let Some(former) = self.by_key.get(&key).cloned() {
            self.leave(&former);
        }
    }

    /// Records that the holder signed the statement of this entry.
    pub(super) fn signed(&mut self, name: &HolderRef, entry: u64) {
        let slot = self.by_name.get(name).map(|holder| holder.slot);
        if let Some(last) = slot.and_then(|slot| self.last.get_mut(slot)) {
            *last = entry;
        }
    }
}
