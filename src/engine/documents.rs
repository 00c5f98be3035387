//! Which documents the record names, and which of them were struck: kept as entries come, since a record may file for
//! decades and each new document is held against all before it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::statement::body::Attachments;
use crate::values::{Digest, Id};

/// Every document that an entry names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Documents(Arc<BTreeMap<Digest, Named>>);

/// How often a document is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Named {
    /// Under which name it was named first.
    first: Option<Id>,
    /// By statements of any kind; one that names it twice counts twice.
    names: u64,
    /// By those that filed it in a case.
    filed: u64,
    /// By those that filed it and whose filing was struck.
    struck: u64,
}

impl Named {
    fn is_struck(&self) -> bool {
        self.filed > 0 && self.filed == self.struck
    }
}

impl Documents {
    /// Whether a document was struck and counts as filed in no case.
    pub fn is_struck(&self, digest: &Digest) -> bool {
        self.0.get(digest).is_some_and(Named::is_struck)
    }

    /// Every document that was struck and counts as filed in no case.
    pub fn struck(&self) -> BTreeSet<Digest> {
        self.0.iter().filter(|(_, named)| named.is_struck()).map(|(digest, _)| *digest).collect()
    }

    /// Whether an entry names a document otherwise than by a filing that was struck.
    pub fn is_needed(&self, digest: &Digest) -> bool {
        self.0.get(digest).is_some_and(|named| named.names > named.struck)
    }

    /// The name under which an entry named a document first.
    pub fn first_named(&self, digest: &Digest) -> Option<&Id> {
        self.0.get(digest)?.first.as_ref()
    }

    /// An entry names these.
    pub(super) fn name(&mut self, attach: &Attachments) {
        self.each(attach, |named, name| {
            named.first.get_or_insert_with(|| name.clone());
            named.names = named.names.saturating_add(1);
        });
    }

    /// These are filed.
    pub(super) fn file(&mut self, attach: &Attachments) {
        self.each(attach, |named, _| named.filed = named.filed.saturating_add(1));
    }

    /// So many filings of a document are struck.
    pub(super) fn strike(&mut self, digest: Digest, filings: u64) {
        let named = Arc::make_mut(&mut self.0).entry(digest).or_default();
        named.struck = named.struck.saturating_add(filings);
    }

    fn each(&mut self, attach: &Attachments, change: impl Fn(&mut Named, &Id)) {
        if attach.is_empty() {
            return;
        }
        let all = Arc::make_mut(&mut self.0);
        for (name, digest) in attach {
            change(all.entry(*digest).or_default(), name);
        }
    }
}
