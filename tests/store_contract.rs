//! What every store promises, asked of each of them.
#![allow(clippy::unwrap_used)] // the configuration exempts `#[test]` functions alone

mod store_support;

use quorate::log::Hash;
use quorate::store::{
    Append, Fault, Faulty, MAX_BATCH_WEIGHT, MAX_CHECKPOINT_BYTES, MAX_ENTRY_BYTES, MemoryStore, ReadOnly,
    Store, StoreError,
};
use quorate::values::Digest;
use store_support::{Log, open};

/// Runs a test on each store.
fn each(test: fn(&dyn Store)) {
    test(&MemoryStore::new());
    test(&Faulty::counting(MemoryStore::new()));
    let folder = tempfile::tempdir().unwrap();
    test(&open(folder.path()).unwrap());
}

#[test]
fn what_is_appended_is_read_back() {
    each(|store| {
        let (mut a, mut b) = (Log::new("a"), Log::new("b"));
        for count in [1, 2, 7, 40] {
            store.append(&[a.append(count), b.append(count + 1)]).unwrap();
            a.assert_in(store);
            b.assert_in(store);
        }
        let mut anchors = [a.anchor, b.anchor];
        anchors.sort();
        assert_eq!(store.agreements().unwrap(), anchors);
        Log::new("c").assert_in(store);
    });
}

#[test]
fn entries_of_every_size_come_back_whole() {
    each(|store| {
        for bytes in [1, 4095, 4096, 4097, 8192, 20_000, MAX_ENTRY_BYTES] {
            let mut log = Log::new(&format!("{bytes}"));
            log.entry_bytes = bytes;
            let mut append = log.append(1);
            append.entries[0].bytes.truncate(bytes);
            store.append(std::slice::from_ref(&append)).unwrap();
            for (index, entry) in (0..).zip(&append.entries) {
                assert_eq!(store.entry(&log.anchor, index).unwrap().as_ref(), Some(&entry.bytes));
            }
            assert_eq!(store.entries(&log.anchor, 0..1).count(), 1);
        }
    });
}

#[test]
fn a_range_gives_what_is_in_it() {
    each(|store| {
        let mut log = Log::new("a");
        store.append(&[log.append(150)]).unwrap();
        store.append(&[log.append(150)]).unwrap();
        let indices =
            |range| store.entries(&log.anchor, range).map(|read| read.unwrap().0).collect::<Vec<_>>();
        assert_eq!(indices(255..258), [255, 256, 257]);
        assert_eq!(indices(298..u64::MAX), [298, 299]);
        assert!(indices(300..400).is_empty());
        assert!(indices(7..7).is_empty());
        #[expect(clippy::reversed_empty_ranges)]
        let backwards = indices(9..2);
        assert!(backwards.is_empty());
    });
}

#[test]
fn nodes_above_the_leaves_are_complete_subtrees_only() {
    each(|store| {
        let mut log = Log::new("a");
        let append = log.append(6);
        store.append(std::slice::from_ref(&append)).unwrap();
        for (level, index, hash) in append.nodes {
            assert_eq!(store.node(&log.anchor, level, index).unwrap(), Some(hash));
        }
        for (level, index) in [(0, 6), (1, 3), (2, 1), (3, 0), (64, 0), (255, 0)] {
            assert_eq!(store.node(&log.anchor, level, index).unwrap(), None);
        }
    });
}

#[test]
fn several_appends_to_one_agreement_are_taken_in_order() {
    each(|store| {
        let mut log = Log::new("a");
        let (first, second) = (log.append(2), log.append(3));
        let refused = store.append(&[second.clone(), first.clone()]);
        assert!(matches!(refused, Err(StoreError::Size { stored: 0, first: 2, .. })), "{refused:?}");
        store.append(&[first, second]).unwrap();
        log.assert_in(store);
    });
}

#[test]
fn a_checkpoint_over_the_same_head_is_renewed() {
    each(|store| {
        let mut log = Log::new("a");
        store.append(&[log.append(5)]).unwrap();
        // Longer than one part, then shorter again.
        for length in [9_000, 5_000, 10, 0] {
            let renewed = Append { checkpoint: "c".repeat(length), ..log.append(0) };
            store.append(std::slice::from_ref(&renewed)).unwrap();
            assert_eq!(store.head(&log.anchor).unwrap().unwrap().checkpoint, renewed.checkpoint);
        }
        log.assert_in(store);
        let mut other = log.append(0);
        other.head.root = Hash::empty();
        let refused = store.append(&[other]);
        assert!(matches!(refused, Err(StoreError::HeadChanged { size: 5, .. })), "{refused:?}");
    });
}

#[test]
fn notes_of_heads_are_kept_by_size_and_replaced() {
    each(|store| {
        let (mut a, mut b) = (Log::new("a"), Log::new("b"));
        for _ in 0..6 {
            store.append(&[a.append(50), b.append(50)]).unwrap();
        }
        let kept = |log: &Log| store.checkpoints(&log.anchor).map(Result::unwrap).collect::<Vec<_>>();
        assert!(kept(&a).is_empty());
        let note = |size: u64, bytes: usize| format!("{size} ").repeat(bytes)[..bytes].to_owned();
        for size in [256, 1, 300, 255] {
            store.keep_checkpoint(&a.anchor, size, &note(size, 10)).unwrap();
        }
        // Longer than one part, the longest there is, and shorter again.
        for bytes in [9_000, MAX_CHECKPOINT_BYTES, 5_000, 20] {
            store.keep_checkpoint(&a.anchor, 255, &note(255, bytes)).unwrap();
            let expected = [(1, 10), (255, bytes), (256, 10), (300, 10)];
            assert_eq!(kept(&a), expected.map(|(size, bytes)| (size, note(size, bytes))));
        }
        assert_eq!(store.checkpoint_at(&a.anchor, 255).unwrap(), Some(note(255, 20)));
        assert_eq!(store.checkpoint_at(&a.anchor, 254).unwrap(), None);
        assert!(kept(&b).is_empty());
        a.assert_in(store);
    });
}

#[test]
fn only_heads_that_are_there_have_notes() {
    each(|store| {
        let mut log = Log::new("a");
        store.append(&[log.append(5)]).unwrap();
        for (anchor, size, bytes) in [
            (log.anchor, 0, 1),
            (log.anchor, 6, 1),
            (log.anchor, 5, MAX_CHECKPOINT_BYTES + 1),
            (Log::new("b").anchor, 1, 1),
        ] {
            let refused = store.keep_checkpoint(&anchor, size, &"c".repeat(bytes)).unwrap_err();
            assert!(!refused.is_fatal(), "{refused}");
            assert_eq!(store.checkpoints(&anchor).count(), 0);
        }
    });
}

#[test]
fn an_agreement_is_marked_before_it_is_there_and_afterwards() {
    each(|store| {
        let mut log = Log::new("a");
        let marks = [ReadOnly::Restored, ReadOnly::Newer(7), ReadOnly::TwoHistories(u64::MAX)];
        for mark in marks {
            store.set_read_only(&log.anchor, Some(mark)).unwrap();
            assert_eq!(store.read_only(&log.anchor).unwrap(), Some(mark));
            store.append(&[log.append(2)]).unwrap();
            assert_eq!(store.read_only(&log.anchor).unwrap(), Some(mark));
        }
        assert_eq!(store.read_only(&Log::new("b").anchor).unwrap(), None);
        store.set_read_only(&log.anchor, None).unwrap();
        assert_eq!(store.read_only(&log.anchor).unwrap(), None);
        assert_eq!(store.agreements().unwrap(), [log.anchor]);
        log.assert_in(store);
    });
}

/// A refused batch changes nothing, not even for the agreements in it that were right.
#[test]
fn what_is_refused_changes_nothing() {
    each(|store| {
        let (mut a, mut b) = (Log::new("a"), Log::new("b"));
        store.append(&[a.append(3), b.append(3)]).unwrap();
        let good = a.clone().append(2);
        let wrong = |change: fn(&mut Append)| {
            let mut append = b.clone().append(2);
            change(&mut append);
            store.append(&[good.clone(), append]).unwrap_err()
        };
        let refusals = [
            wrong(|append| append.first = 2),
            wrong(|append| append.first = 4),
            wrong(|append| append.head.size += 1),
            wrong(|append| append.entries[1].bytes = vec![]),
            wrong(|append| append.entries[1].bytes = vec![0; MAX_ENTRY_BYTES + 1]),
            wrong(|append| append.entries[1].statement = append.entries[0].statement),
            wrong(|append| append.entries[1].statement = Log::new("b").statement(1)),
            wrong(|append| append.checkpoint = "c".repeat(65_536)),
            wrong(|append| append.nodes = vec![(0, 3, Hash::empty()); MAX_BATCH_WEIGHT / 74]),
        ];
        for refusal in refusals {
            assert!(!refusal.is_fatal(), "{refusal}");
            a.assert_in(store);
            b.assert_in(store);
        }
        store.append(&[good]).unwrap();
    });
}

#[test]
fn one_statement_may_be_in_two_agreements() {
    each(|store| {
        let (mut a, mut b) = (Log::new("a"), Log::new("b"));
        let (mut first, mut second) = (a.append(1), b.append(1));
        let statement = Digest::of(b"the same");
        first.entries[0].statement = statement;
        second.entries[0].statement = statement;
        store.append(&[first, second]).unwrap();
        assert_eq!(store.find(&a.anchor, &statement).unwrap(), Some(0));
        assert_eq!(store.find(&b.anchor, &statement).unwrap(), Some(0));
    });
}

#[test]
fn blobs_are_kept_under_their_digest() {
    each(|store| {
        let digest = Digest::of(b"an exhibit");
        assert_eq!(store.blob(&digest).unwrap(), None);
        for _ in 0..2 {
            store.put_blob(&digest, b"an exhibit").unwrap();
            assert_eq!(store.blob(&digest).unwrap().unwrap(), b"an exhibit");
        }
        let refused = store.put_blob(&digest, b"another");
        assert!(matches!(refused, Err(StoreError::BlobDigest { .. })), "{refused:?}");
        for _ in 0..2 {
            store.erase_blob(&digest).unwrap();
            assert_eq!(store.blob(&digest).unwrap(), None);
        }
    });
}

/// Every call fails in turn, persisted and not: afterwards the batch is there as a whole or not at all.
#[test]
fn every_step_can_fail() {
    fn run(store: &dyn Store, a: &mut Log, b: &mut Log) -> Result<(), StoreError> {
        store.put_blob(&Digest::of(b"x"), b"x")?;
        for _ in 0..3 {
            store.append(&[a.append(2), b.append(1)])?;
            store.head(&a.anchor)?;
        }
        Ok(())
    }
    for call in 0..7 {
        for fault in [Fault::Persisted, Fault::NotPersisted] {
            let (mut a, mut b) = (Log::new("a"), Log::new("b"));
            let store = Faulty::failing(MemoryStore::new(), call, fault);
            let error = run(&store, &mut a, &mut b).unwrap_err();
            let write = call == 0 || call % 2 == 1;
            assert_eq!(error.is_fatal(), write, "{call}: {error}");
            assert_eq!(matches!(store.agreements(), Err(StoreError::Lost { .. })), write);
            let store = store.into_inner();
            let appended = call / 2 + u64::from(call % 2 == 1 && fault == Fault::Persisted);
            let (mut a, mut b) = (Log::new("a"), Log::new("b"));
            a.append(2 * appended);
            b.append(appended);
            a.assert_in(&store);
            b.assert_in(&store);
        }
    }
}

/// A note and a mark are there as a whole or not at all, too, and nothing follows a write that may be lost.
#[test]
fn keeping_a_note_or_a_mark_can_fail() {
    type Write = fn(&dyn Store, &Digest) -> Result<(), StoreError>;
    type There = fn(&dyn Store, &Digest) -> bool;
    let note: (Write, There) = (
        |store, anchor| store.keep_checkpoint(anchor, 2, "note"),
        |store, anchor| store.checkpoint_at(anchor, 2).unwrap().is_some(),
    );
    let mark: (Write, There) = (
        |store, anchor| store.set_read_only(anchor, Some(ReadOnly::Restored)),
        |store, anchor| store.read_only(anchor).unwrap().is_some(),
    );
    for (write, there) in [note, mark] {
        for fault in [Fault::Persisted, Fault::NotPersisted, Fault::Refused] {
            let mut log = Log::new("a");
            let store = Faulty::failing(MemoryStore::new(), 1, fault);
            store.append(&[log.append(2)]).unwrap();
            let error = write(&store, &log.anchor).unwrap_err();
            assert_eq!(error.is_fatal(), fault != Fault::Refused, "{error}");
            assert_eq!(store.checkpoints(&log.anchor).any(|read| read.is_err()), error.is_fatal());
            let store = store.into_inner();
            assert_eq!(there(&store, &log.anchor), fault == Fault::Persisted);
            log.assert_in(&store);
        }
    }
}
