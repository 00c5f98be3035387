//! A log of plain bytes as files in memory: what the reader makes of them, whole and damaged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{FileError, Files, Reader};
use crate::audit::{Source, SourceError};
use crate::log::tile::{bundles, tiles};
use crate::log::{Checkpoint, Hash, Head, LogKey, MemoryTree};

/// Files in memory. How often any was asked for is counted.
#[derive(Clone, Default)]
struct Kept {
    files: BTreeMap<String, Vec<u8>>,
    asked: Arc<AtomicUsize>,
}

impl Files for Kept {
    fn read(&self, name: &str, most: usize) -> Result<Option<Vec<u8>>, FileError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.files.get(name) {
            Some(bytes) if bytes.len() > most => Err(FileError::TooLong { place: self.place(name), most }),
            found => Ok(found.cloned()),
        }
    }

    fn list(&self, folder: &str) -> Result<Option<Vec<String>>, FileError> {
        let below = self.files.keys().filter_map(|name| name.strip_prefix(folder)?.strip_prefix('/'));
        Ok(Some(below.map(str::to_owned).collect()))
    }

    fn place(&self, name: &str) -> String {
        format!("memory:{name}")
    }

    fn at_once(&self) -> usize {
        3
    }
}

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

fn hash(index: u64) -> Hash {
    Hash::leaf(&entry(index))
}

fn checkpoint(head: Head) -> Vec<u8> {
    let key = LogKey::from_seed("log.example/test", &[1; 32]).unwrap();
    let checkpoint = Checkpoint { origin: "log.example/test".to_owned(), head };
    checkpoint.sign(&key).unwrap().to_string().into_bytes()
}

/// The export of a log of this size.
fn exported(size: u64) -> Kept {
    let tree: MemoryTree = (0..size).map(hash).collect();
    let mut kept = Kept::default();
    kept.files.insert("checkpoint".to_owned(), checkpoint(tree.head()));
    for tile in tiles(size) {
        kept.files.insert(tile.to_string(), tile.bytes(&tree).unwrap());
    }
    for bundle in bundles(size) {
        kept.files.insert(bundle.to_string(), bundle.bytes(bundle.entries().map(entry)).unwrap());
    }
    kept
}

/// The numbers of the entries that are given, each of which is the right one.
fn given(reader: &Reader, from: u64, to: u64) -> Vec<u64> {
    let right = |read: Result<(u64, Vec<u8>), SourceError>| {
        let (index, bytes) = read.unwrap();
        assert_eq!(bytes, entry(index));
        index
    };
    reader.entries(from, to).map(right).collect()
}

#[test]
fn entries_and_hashes_come_in_order_from_anywhere() {
    let reader = Reader::open(exported(1_000)).unwrap();
    for (from, to) in
        [(0, u64::MAX), (0, 1_000), (0, 300), (255, 257), (256, 512), (999, 1_001), (1_000, 2_000), (7, 7)]
    {
        assert_eq!(given(&reader, from, to), (from..to.min(1_000)).collect::<Vec<_>>(), "{from}..{to}");
    }
    for index in (0..1_000).chain([3, 999, 256, 255, 0]) {
        assert_eq!(reader.leaf(index).unwrap(), Some(hash(index)), "{index}");
    }
    assert_eq!(reader.leaf(1_000).unwrap(), None);
}

#[test]
fn one_pass_reads_every_file_once() {
    let kept = exported(1_000);
    let reader = Reader::open(kept.clone()).unwrap();
    let hashes = given(&reader, 0, u64::MAX).into_iter().map(|index| reader.leaf(index).unwrap());
    assert!(hashes.eq((0..1_000).map(|index| Some(hash(index)))));
    // The checkpoint, four bundles, four tiles.
    assert_eq!(kept.asked.load(Ordering::SeqCst), 9);
}

#[test]
fn a_log_that_has_grown_gives_what_it_was() {
    let mut kept = exported(1_000);
    let grown = exported(1_024);
    for gone in ["tile/entries/003.p/232", "tile/0/003.p/232"] {
        kept.files.remove(gone).unwrap();
    }
    for there in ["tile/entries/003", "tile/0/003"] {
        kept.files.insert(there.to_owned(), grown.files[there].clone());
    }
    let reader = Reader::open(kept).unwrap();
    assert_eq!(given(&reader, 0, u64::MAX), (0..1_000).collect::<Vec<_>>());
    assert_eq!(reader.leaf(999).unwrap(), Some(hash(999)));
}

#[test]
fn a_bundle_that_gives_nothing_is_told_with_its_name() {
    let mut kept = exported(1_000);
    kept.files.remove("tile/entries/000");
    kept.files.get_mut("tile/entries/001").unwrap().pop();
    kept.files.insert("tile/entries/002".to_owned(), vec![0; 256 * 65_537 + 1]);
    let reader = Reader::open(kept).unwrap();
    assert_eq!(given(&reader, 0, u64::MAX), (768..1_000).collect::<Vec<_>>());
    let expected = [
        (0, 256, "memory:tile/entries/000 is not there"),
        (511, 512, "memory:tile/entries/001: tile/entries/001 is cut off in entry 511"),
        (512, 768, "memory:tile/entries/002 is longer than the 16777472 bytes that it can have"),
    ];
    for (index, end, why) in expected {
        let told = reader.why_missing(index).unwrap();
        assert!(told.0 == end && told.1.starts_with(why), "{told:?}");
    }
    assert_eq!(reader.why_missing(768), None);
}

#[test]
fn a_checkpoint_that_claims_too_much_does_not_keep_a_reader_for_ever() {
    let mut kept = exported(256);
    kept.files.insert("checkpoint".to_owned(), checkpoint(Head { size: u64::MAX, root: Hash::empty() }));
    let reader = Reader::open(kept.clone()).unwrap();
    assert_eq!(given(&reader, 0, u64::MAX), (0..256).collect::<Vec<_>>());
    let (end, why) = reader.why_missing(1 << 40).unwrap();
    assert!(end == u64::MAX && why.starts_with("not looked for"), "{end} {why}");
    assert!(kept.asked.load(Ordering::SeqCst) < 100);
}

#[test]
fn kept_checkpoints_come_in_order_of_size() {
    let mut kept = exported(3);
    for (name, text) in [("10", "ten"), ("9", "nine"), ("010", "?"), ("9.part", "?"), ("x", "?")] {
        kept.files.insert(format!("checkpoints/{name}"), text.as_bytes().to_vec());
    }
    let reader = Reader::open(kept).unwrap();
    let notes: Vec<_> = reader.checkpoints().map(Result::unwrap).collect();
    assert_eq!(notes, [(9, b"nine".to_vec()), (10, b"ten".to_vec())]);
}

#[test]
fn without_a_checkpoint_there_is_no_log() {
    let told = Reader::open(Kept::default()).err().unwrap();
    assert!(matches!(&told, SourceError::NoLog(what) if what.starts_with("memory:checkpoint is not there")));
    let mut kept = Kept::default();
    kept.files.insert("checkpoint".to_owned(), vec![b'x'; 40_000]);
    let told = Reader::open(kept).err().unwrap();
    assert!(
        matches!(&told, SourceError::Damaged(what) if what.contains("memory:checkpoint is longer")),
        "{told}"
    );
}
