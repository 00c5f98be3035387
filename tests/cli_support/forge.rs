//! What somebody with the disk, or with the log's key too, can do to a data folder.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests
#![allow(dead_code)] // each test binary uses a part

use std::fs;

use quorate::log::{Checkpoint, Hash, MemoryTree, Nodes as _};
use quorate::registry::log_key;
use quorate::statement::{Entry, Envelope};
use quorate::store::data::DataDir;
use quorate::store::{Append, NewEntry, SledStore, Store as _};
use quorate::values::{Digest, Id};

use super::Stage;

/// The entries of the only agreement in `data`, and its anchor.
pub fn entries(stage: &Stage) -> (Digest, Vec<Vec<u8>>) {
    let data = DataDir::open(&stage.path("data")).unwrap();
    let store = SledStore::inspect(&data.store_path(), &data.blobs_path()).unwrap();
    let anchor = store.agreements().unwrap()[0];
    let entries = store.entries(&anchor, 0..u64::MAX).map(|read| read.unwrap().1).collect();
    (anchor, entries)
}

/// With the disk alone: other rows for these entries, or none, beside the old tree, head and checkpoint.
pub fn overwrite(stage: &Stage, changes: &[(u64, Option<&[u8]>)]) {
    let (anchor, _) = entries(stage);
    let db = sled::Config::new().path(stage.path("data/store")).flush_every_ms(None).open().unwrap();
    for (index, bytes) in changes {
        let key = [&b"e"[..], &anchor.0, &index.to_be_bytes()].concat();
        let rows: Vec<_> = db.scan_prefix(&key).keys().map(Result::unwrap).collect();
        assert!(!rows.is_empty(), "no row of entry {index}");
        for row in rows {
            db.remove(row).unwrap();
        }
        // In parts of 4,096 bytes, each behind the number of those that follow.
        let parts: Vec<&[u8]> = bytes.unwrap_or_default().chunks(4096).collect();
        for (number, part) in parts.iter().enumerate() {
            let small = |n: usize| u8::try_from(n).unwrap();
            let key = [&key[..], &[small(number)]].concat();
            db.insert(key, [&[small(parts.len() - number - 1)], *part].concat()).unwrap();
        }
    }
    db.flush().unwrap();
}

/// With the log's key: a new store over these entries, its tree and its checkpoint made as the log makes them.
pub fn rebuild(stage: &Stage, anchor: Digest, entries: &[Vec<u8>]) {
    let data = DataDir::open(&stage.path("data")).unwrap();
    fs::remove_dir_all(data.store_path()).unwrap();
    let name: Id = "agi-2025".parse().unwrap();
    let key = log_key(data.log_name(), &name, &data.log_seed().unwrap()).unwrap();
    let tree: MemoryTree = entries.iter().map(|bytes| Hash::leaf(bytes)).collect();
    let mut nodes = Vec::new();
    for level in 0..64_u8 {
        nodes.extend((0..tree.size() >> level).map(|index| (level, index, tree.node(level, index).unwrap())));
    }
    let head = tree.head();
    let checkpoint = Checkpoint { origin: key.name().to_owned(), head }.sign(&key).unwrap().to_string();
    let new = |(index, bytes): (usize, &Vec<u8>)| NewEntry {
        bytes: bytes.clone(),
        // A repeated statement would not be taken, so each is filed under a name of its own.
        statement: Digest::of(&[&index.to_be_bytes()[..], bytes].concat()),
    };
    let entries = entries.iter().enumerate().map(new).collect();
    let store = SledStore::open(&data.store_path(), &data.blobs_path()).unwrap();
    store.append(&[Append { anchor, first: 0, entries, nodes, head, checkpoint }]).unwrap();
}

pub fn entry(bytes: &[u8]) -> Entry {
    Entry::parse(bytes).unwrap()
}

/// The same statement and signatures at another time.
pub fn at_time(bytes: &[u8], time: &str) -> Vec<u8> {
    Entry { time: time.parse().unwrap(), ..entry(bytes) }.to_bytes().unwrap()
}

/// The statement of one entry with the signatures of another.
pub fn signed_as(bytes: &[u8], other: &[u8]) -> Vec<u8> {
    let Entry { time, envelope } = entry(bytes);
    let envelope = Envelope::new(envelope.statement, entry(other).envelope.signatures);
    Entry { time, envelope }.to_bytes().unwrap()
}

/// The entry of the first statement that has this in its text.
pub fn position(entries: &[Vec<u8>], text: &str) -> usize {
    let found = entries.iter().position(|bytes| entry(bytes).envelope.statement.contains(text));
    found.unwrap_or_else(|| panic!("no statement with {text}"))
}
