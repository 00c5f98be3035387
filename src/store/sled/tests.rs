//! Failures that only the inside can produce: an fsync that fails, and one that has not returned yet.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};

use super::writer::{Sync, Writer};
use super::{SledStore, Store as _, StoreError};
use crate::log::{Hash, Head};
use crate::store::{Append, NewEntry, ReadOnly};
use crate::values::Digest;

fn open(folder: &tempfile::TempDir, sync: Sync) -> SledStore {
    let mut store = SledStore::open(&folder.path().join("store"), &folder.path().join("blobs")).unwrap();
    let writer = Writer::start_with(store.db.clone(), &store.folder, 0, sync).unwrap();
    store.writer = Some(Mutex::new(writer));
    store
}

fn append(size: u64) -> Append {
    let bytes = format!("entry {size}").into_bytes();
    let root = Hash::leaf(&bytes);
    let statement = Digest::of(&bytes);
    Append {
        anchor: Digest::of(b"a"),
        first: size,
        entries: vec![NewEntry { bytes, statement }],
        nodes: vec![(0, size, root)],
        head: Head { size: size + 1, root },
        checkpoint: String::new(),
    }
}

/// A second fsync can report success for what the first one dropped: there must not be one.
#[test]
fn after_a_failed_fsync_every_call_is_refused_and_nothing_is_tried_again() {
    static SYNCS: AtomicUsize = AtomicUsize::new(0);
    fn fails(_: &File) -> io::Result<()> {
        SYNCS.fetch_add(1, Ordering::SeqCst);
        Err(io::Error::other("the disk is gone"))
    }
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, fails);
    let anchor = Digest::of(b"a");
    for _ in 0..2 {
        let lost = store.append(&[append(0)]).unwrap_err();
        assert!(lost.is_fatal() && lost.to_string().contains("the disk is gone"), "{lost}");
    }
    let answers = [
        store.agreements().err(),
        store.head(&anchor).err(),
        store.entry(&anchor, 0).err(),
        store.entries(&anchor, 0..1).next().and_then(Result::err),
        store.node(&anchor, 0, 0).err(),
        store.find(&anchor, &anchor).err(),
        store.keep_checkpoint(&anchor, 1, "note").err(),
        store.checkpoint_at(&anchor, 1).err(),
        store.checkpoints(&anchor).next().and_then(Result::err),
        store.set_read_only(&anchor, None).err(),
        store.read_only(&anchor).err(),
        store.put_blob(&anchor, b"a").err(),
        store.blob(&anchor).err(),
    ];
    for answer in answers {
        assert!(matches!(answer, Some(StoreError::Lost { .. })), "{answer:?}");
    }
    drop(store);
    assert_eq!(SYNCS.load(Ordering::SeqCst), 1);
    // sled still has its files: dropping it would have flushed and synced them again.
    let again = SledStore::open(&folder.path().join("store"), &folder.path().join("blobs"));
    assert!(matches!(again, Err(StoreError::Busy { .. })), "{again:?}");
}

#[test]
fn what_a_killed_process_was_writing_is_removed_by_the_next_that_writes() {
    let folder = tempfile::tempdir().unwrap();
    let (of_store, blobs) = (folder.path().join("store"), folder.path().join("blobs"));
    let store = open(&folder, File::sync_data);
    let kept = Digest::of(b"a");
    store.put_blob(&kept, b"a").unwrap();
    drop(store);
    for left in [of_store.join("0.1-0.part"), blobs.join(format!("{}.1-0.part", kept.hex()))] {
        std::fs::write(left, "half of it").unwrap();
    }
    drop(SledStore::inspect(&of_store, &blobs).unwrap());
    let parts = || {
        let all = [&of_store, &blobs].into_iter().flat_map(|of| std::fs::read_dir(of).unwrap());
        all.filter(|item| item.as_ref().unwrap().path().extension().is_some_and(|it| it == "part")).count()
    };
    assert_eq!(parts(), 2);
    let store = SledStore::open(&of_store, &blobs).unwrap();
    assert_eq!((parts(), store.blob(&kept).unwrap().as_deref()), (0, Some(&b"a"[..])));
}

#[test]
fn nobody_sees_a_batch_before_its_fsync_returned() {
    static SYNCING: Barrier = Barrier::new(2);
    fn waits(file: &File) -> io::Result<()> {
        SYNCING.wait();
        SYNCING.wait();
        file.sync_data()
    }
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, waits);
    let new = append(0);
    std::thread::scope(|scope| {
        let appending = scope.spawn(|| store.append(&[append(0)]));
        SYNCING.wait();
        assert_eq!(store.agreements().unwrap(), []);
        assert_eq!(store.head(&new.anchor).unwrap(), None);
        assert_eq!(store.entry(&new.anchor, 0).unwrap(), None);
        assert_eq!(store.entries(&new.anchor, 0..9).count(), 0);
        assert_eq!(store.node(&new.anchor, 0, 0).unwrap(), None);
        assert_eq!(store.find(&new.anchor, &new.entries[0].statement).unwrap(), None);
        SYNCING.wait();
        appending.join().unwrap().unwrap();
    });
    assert_eq!(store.entry(&new.anchor, 0).unwrap().unwrap(), b"entry 0");
}

#[test]
fn whoever_reads_while_a_note_or_a_mark_is_made_durable_is_told_what_was_there_and_does_not_wait() {
    static WAITS: AtomicBool = AtomicBool::new(false);
    static SYNCING: Barrier = Barrier::new(2);
    fn waits(file: &File) -> io::Result<()> {
        if WAITS.load(Ordering::SeqCst) {
            SYNCING.wait();
            SYNCING.wait();
        }
        file.sync_data()
    }
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, waits);
    let anchor = Digest::of(b"a");
    for size in 0..3 {
        store.append(&[append(size)]).unwrap();
    }
    store.keep_checkpoint(&anchor, 1, "one").unwrap();
    store.keep_checkpoint(&anchor, 3, "three").unwrap();
    WAITS.store(true, Ordering::SeqCst);
    // What is written, and what is read before and while it is.
    let while_written = |write: &(dyn Fn() -> Result<(), StoreError> + std::marker::Sync)| {
        let read = || {
            let notes: Vec<_> = store.checkpoints(&anchor).map(Result::unwrap).collect();
            (notes, store.checkpoint_at(&anchor, 2).unwrap(), store.read_only(&anchor).unwrap())
        };
        let before = read();
        std::thread::scope(|scope| {
            let writing = scope.spawn(write);
            SYNCING.wait();
            // Were it to wait for the disk, it would wait for ever here.
            assert_eq!(read(), before);
            SYNCING.wait();
            writing.join().unwrap().unwrap();
        });
        assert_ne!(read(), before);
    };
    while_written(&|| store.keep_checkpoint(&anchor, 2, "two"));
    while_written(&|| store.keep_checkpoint(&anchor, 2, "two with one more cosignature"));
    while_written(&|| store.keep_checkpoint(&anchor, 1, "another one"));
    while_written(&|| store.set_read_only(&anchor, Some(ReadOnly::Restored)));
    while_written(&|| store.set_read_only(&anchor, Some(ReadOnly::Newer(7))));
    while_written(&|| store.set_read_only(&anchor, None));
}
