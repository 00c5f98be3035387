//! Which documents the record names, and which of them were struck: kept as entries come, since a record may file for
//! decades and each new document is held against all before it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::statement::body::Attachments;
use crate::values::Digest;

/// Every document that an entry names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Documents(Arc<BTreeMap<Digest, Named>>);

/// How often a document is named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Named {
    /// By statements of any kind; one that names it twice counts twice.
    names: u64,
    /// By those that filed it in a case.
    filed: u64,
    /// By those that filed it and whose filing was struck.
    struck: u64,
}

impl Named {
    fn is_struck(self) -> bool {
        self.filed > 0 && self.filed == self.struck
    }
}

impl Documents {
    /// Whether a document was struck and counts as filed in no case.
    pub fn is_struck(&self, digest: &Digest) -> bool {
        self.0.get(digest).is_some_and(|named| named.is_struck())
    }

    /// Every document that was struck and counts as filed in no case.
    pub fn struck(&self) -> BTreeSet<Digest> {
        self.0.iter().filter(|(_, named)| named.is_struck()).map(|(digest, _)| *digest).collect()
    }

    /// Whether an entry names a document otherwise than by a filing that was struck.
    pub fn is_needed(&self, digest: &Digest) -> bool {
        self.0.get(digest).is_some_and(|named| named.names > named.struck)
    }

    /// An entry names these.
    pub(super) fn name(&mut self, attach: &Attachments) {
        self.each(attach, |named| named.names = named.names.saturating_add(1));
    }

    /// These are filed.
    pub(super) fn file(&mut self, attach: &Attachments) {
        self.each(attach, |named| named.filed = named.filed.saturating_add(1));
    }

    /// So many filings of a document are struck.
    pub(super) fn strike(&mut self, digest: Digest, filings: u64) {
        let named = Arc::make_mut(&mut self.0).entry(digest).or_default();
        named.struck = named.struck.saturating_add(filings);
    }

    fn each(&mut self, attach: &Attachments, change: impl Fn(&mut Named)) {
        if attach.is_empty() {
            return;
        }
        let all = Arc::make_mut(&mut self.0);
        for digest in attach.values() {
            change(all.entry(*digest).or_default());
        }
    }
}
