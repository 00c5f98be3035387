//! How many bytes of documents an agreement keeps, and how many of them are whose: derived from its entries, as
//! everything is, and from what is on its way.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::engine::State;
use crate::statement::{Body, Statement, attachments};
use crate::store::Store;
use crate::values::Digest;

/// How many bytes of documents are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Of an agreement.
    pub agreement: u64,
    /// Of one party, role or seat in it.
    pub party: u64,
}

/// What is kept of one agreement.
#[derive(Default)]
pub(super) struct Kept(Mutex<Bytes>);

#[derive(Default)]
struct Bytes {
    /// Each document that an entry names and that is here, with its bytes and in whose name it came first.
    documents: HashMap<Digest, (u64, String)>,
    of: HashMap<String, u64>,
    all: u64,
}

impl Bytes {
    fn add(&mut self, who: &str, bytes: u64) {
        self.all += bytes;
        *self.of.entry(who.to_owned()).or_default() += bytes;
    }

    fn remove(&mut self, who: &str, bytes: u64) {
        self.all = self.all.saturating_sub(bytes);
        if let Some(its) = self.of.get_mut(who) {
            *its = its.saturating_sub(bytes);
        }
    }
}

impl Kept {
    /// Takes over what an entry says of documents: which it names, and which it strikes. One that another entry of the state's still
    /// names is kept.
    pub(super) fn entry(&self, statement: &Statement, state: &State, store: &dyn Store) {
        let who = statement.by.to_string();
        for digest in attachments(&statement.body).into_values() {
            // What cannot be read is told by an audit.
            let Ok(Some(bytes)) = store.blob_size(&digest) else { continue };
            let mut kept = self.lock();
            if let Entry::Vacant(new) = kept.documents.entry(digest) {
                new.insert((bytes, who.clone()));
                kept.add(&who, bytes);
            }
        }
        if let Body::Act(act) = &statement.body {
            let mut kept = self.lock();
            let struck = act.strike.filter(|digest| !state.documents.is_needed(digest));
            let struck = struck.and_then(|digest| kept.documents.remove(&digest));
            if let Some((bytes, who)) = struck {
                kept.remove(&who, bytes);
            }
        }
    }

    /// Room for documents that are on their way, in this name.
    pub(super) fn coming(self: &Arc<Self>, who: String) -> Coming {
        Coming { kept: Arc::clone(self), who, bytes: 0 }
    }

    fn lock(&self) -> MutexGuard<'_, Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Documents on their way: they count until they are taken, which the entry tells, or are not.
pub(super) struct Coming {
    kept: Arc<Kept>,
    who: String,
    bytes: u64,
}

impl Coming {
    /// So many more bytes; `false` where there is no room for them.
    pub(super) fn more(&mut self, bytes: u64, quota: Quota) -> bool {
        let mut kept = self.kept.lock();
        let its = kept.of.get(&self.who).copied().unwrap_or(0);
        if kept.all.saturating_add(bytes) > quota.agreement || its.saturating_add(bytes) > quota.party {
            return false;
        }
        kept.add(&self.who, bytes);
        self.bytes += bytes;
        true
    }

    /// So many of them are kept already, and take no more room.
    pub(super) fn kept_already(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.kept.lock().remove(&self.who, bytes);
        self.bytes -= bytes;
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.kept.lock().remove(&self.who, self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_its_way_counts_until_it_has_come_or_not() {
        let kept = Arc::new(Kept::default());
        let quota = Quota { agreement: 100, party: 60 };
        let mut north = kept.coming("north".to_owned());
        assert!(north.more(60, quota));
        assert!(!north.more(1, quota), "more than one party has");
        let mut south = kept.coming("south".to_owned());
        assert!(!south.more(41, quota), "more than the agreement has");
        assert!(south.more(40, quota));
        drop(north);
        assert!(south.more(20, quota));
        south.kept_already(20);
        assert!(south.more(20, quota));
        drop(south);
        let kept = kept.lock();
        assert_eq!((kept.all, kept.of.values().sum::<u64>()), (0, 0));
    }
}
