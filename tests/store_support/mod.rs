//! What the store's tests share: agreements whose entries follow from their indices, and a check of everything.
#![allow(dead_code)] // each test binary uses a part of it
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // the configuration exempts `#[test]` functions alone

use std::path::Path;

use quorate::log::{Hash, Head};
use quorate::store::{Append, NewEntry, SledStore, Store, StoreError, check};
use quorate::values::Digest;

pub fn open(folder: &Path) -> Result<SledStore, StoreError> {
    SledStore::open(&folder.join("store"), &folder.join("blobs"))
}

/// What a writer keeps of one agreement: enough to build the next append.
#[derive(Clone)]
pub struct Log {
    pub anchor: Digest,
    pub size: u64,
    /// The hashes of the complete subtrees at the right edge, by level.
    edge: Vec<Option<Hash>>,
    /// The size of each entry in bytes.
    pub entry_bytes: usize,
}

impl Log {
    pub fn new(name: &str) -> Self {
        Self { anchor: Digest::of(name.as_bytes()), size: 0, edge: vec![None; 64], entry_bytes: 100 }
    }

    /// The entry that every test expects at `index`: its place, then filling that differs from entry to entry.
    pub fn entry(&self, index: u64) -> Vec<u8> {
        let mut entry = format!("{} {index} ", self.anchor).into_bytes();
        let seed = Digest::of(&entry).0;
        entry.extend(seed.iter().cycle().take(self.entry_bytes.saturating_sub(entry.len())));
        entry
    }

    pub fn statement(&self, index: u64) -> Digest {
        Digest::of(format!("statement {} {index}", self.anchor).as_bytes())
    }

    /// The append of the next `count` entries; the log counts them as there.
    pub fn append(&mut self, count: u64) -> Append {
        let first = self.size;
        let mut entries = Vec::new();
        let mut nodes = Vec::new();
        for index in first..first + count {
            let bytes = self.entry(index);
            self.push(Hash::leaf(&bytes), &mut nodes);
            entries.push(NewEntry { bytes, statement: self.statement(index) });
        }
        let head = Head { size: self.size, root: self.root() };
        let checkpoint = format!("log.example/test\n{}\n{}\n", head.size, head.root);
        Append { anchor: self.anchor, first, entries, nodes, head, checkpoint }
    }

    fn push(&mut self, leaf: Hash, nodes: &mut Vec<(u8, u64, Hash)>) {
        let (mut hash, mut index) = (leaf, self.size);
        for level in 0..64_u8 {
            nodes.push((level, index, hash));
            match self.edge[usize::from(level)].take() {
                None => {
                    self.edge[usize::from(level)] = Some(hash);
                    break;
                }
                Some(left) => (hash, index) = (Hash::node(left, hash), index / 2),
            }
        }
        self.size += 1;
    }

    pub fn root(&self) -> Hash {
        let edge = self.edge.iter().flatten().copied();
        edge.reduce(|right, left| Hash::node(left, right)).unwrap_or_else(Hash::empty)
    }

    /// Brings the log to what `store` has of it, after an interrupted writer.
    pub fn catch_up(&mut self, store: &dyn Store) {
        let stored = store.head(&self.anchor).unwrap().map_or(0, |stored| stored.head.size);
        assert!(stored >= self.size, "{stored} entries stored, {} acknowledged", self.size);
        self.append(stored - self.size);
    }

    /// Everything about this agreement is in `store`, and nothing else.
    pub fn assert_in(&self, store: &dyn Store) {
        let stored = store.head(&self.anchor).unwrap();
        assert_eq!(stored.as_ref().map_or(0, |stored| stored.head.size), self.size);
        if self.size > 0 {
            assert_eq!(stored.unwrap().head.root, self.root());
            check::verify(store, &self.anchor).unwrap();
        }
        let mut next = 0;
        for read in store.entries(&self.anchor, 0..u64::MAX) {
            let (index, bytes) = read.unwrap();
            assert_eq!(index, next);
            assert_eq!(bytes, self.entry(index));
            assert_eq!(store.find(&self.anchor, &self.statement(index)).unwrap(), Some(index));
            assert_eq!(store.node(&self.anchor, 0, index).unwrap(), Some(Hash::leaf(&bytes)));
            next += 1;
        }
        assert_eq!(next, self.size);
        assert_eq!(store.entry(&self.anchor, self.size).unwrap(), None);
        assert_eq!(store.node(&self.anchor, 0, self.size).unwrap(), None);
        assert_eq!(store.find(&self.anchor, &self.statement(self.size)).unwrap(), None);
    }
}
