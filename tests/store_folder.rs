//! The store's folder: opening again, opening twice, and what a crash or a damaged disk leaves in it.
#![allow(clippy::unwrap_used)] // the configuration exempts `#[test]` functions alone

#[path = "shared/folders.rs"]
mod folders;
mod store_support;

use std::fs;
use std::path::Path;
use std::process::Command;

use folders::copy_folder;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use quorate::store::{Append, MAX_ENTRY_BYTES, SledStore, Store as _, StoreError};
use store_support::{Log, open};

#[test]
fn everything_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut a, mut b) = (Log::new("a"), Log::new("b"));
    for round in 0..20 {
        let store = open(folder.path()).unwrap();
        a.assert_in(&store);
        b.assert_in(&store);
        store.append(&[a.append(round), b.append(1)]).unwrap();
        store.append(&[a.append(1)]).unwrap();
    }
    let store = open(folder.path()).unwrap();
    a.assert_in(&store);
    b.assert_in(&store);
}

/// sled writes a page above 128 KiB, values of up to 17 keys, to a file in `blobs` that it never syncs.
#[test]
fn no_entry_reaches_the_files_that_sled_never_syncs() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    for bytes in [MAX_ENTRY_BYTES, 32_000, 9_000, 4_095] {
        let mut log = Log::new(&bytes.to_string());
        log.entry_bytes = bytes;
        for _ in 0..40 {
            let renewed = Append { checkpoint: "c".repeat(20_000), ..log.append(1) };
            store.append(&[renewed]).unwrap();
        }
    }
    assert_eq!(fs::read_dir(folder.path().join("store/blobs")).unwrap().count(), 0);
}

#[test]
fn the_rest_of_an_interrupted_snapshot_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::new("a");
    open(folder.path()).unwrap().append(&[log.append(5)]).unwrap();
    drop(open(folder.path()).unwrap());
    let store = folder.path().join("store");
    let whole = fs::read_dir(&store).unwrap().map(|item| item.unwrap().file_name().into_string().unwrap());
    let snapshot = whole.into_iter().find(|name| name.starts_with("snap.")).unwrap();
    for name in [format!("{snapshot}.generating"), "snap.FFFFFFFFFFFFFFFF.generating".to_owned()] {
        fs::write(store.join(&name), b"half").unwrap();
        log.assert_in(&open(folder.path()).unwrap());
        assert!(!store.join(&name).exists());
    }
}

/// Not a test of its own: the second process of the next one.
#[test]
fn second_process() {
    if let Some(folder) = std::env::var_os("QUORATE_TEST_OPEN") {
        println!(
            "answer: {}",
            open(Path::new(&folder)).err().map_or("open".to_owned(), |error| error.to_string())
        );
    }
}

#[test]
fn a_second_process_is_told_who_has_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let ask = || {
        let mut second = Command::new(std::env::current_exe().unwrap());
        second.args(["--exact", "second_process", "--nocapture"]).env("QUORATE_TEST_OPEN", folder.path());
        String::from_utf8(second.output().unwrap().stdout).unwrap()
    };
    let store = open(folder.path()).unwrap();
    let path = folder.path().join("store");
    let expected = format!("answer: {}: another quorate process has it open", path.display());
    assert!(ask().contains(&expected), "{}", ask());
    drop(store);
    assert!(ask().contains("answer: open"), "{}", ask());
}

/// sled lets go of its own lock a little after a store is closed, where one of its threads is still about.
#[test]
fn opening_waits_until_sled_has_let_go_of_its_own_lock() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    let held = fs::File::open(folder.path().join("store/db")).unwrap();
    held.lock().unwrap();
    std::thread::scope(|scope| {
        let opening = scope.spawn(|| open(folder.path()).map(drop));
        std::thread::sleep(std::time::Duration::from_millis(50));
        drop(held);
        opening.join().unwrap().unwrap();
    });

    let held = fs::File::open(folder.path().join("store/db")).unwrap();
    held.lock().unwrap();
    let refused = open(folder.path()).map(drop);
    assert!(matches!(refused, Err(StoreError::Busy { .. })), "{refused:?}");
}

#[test]
fn a_store_that_was_opened_for_reading_refuses_to_append() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::new("a");
    open(folder.path()).unwrap().append(&[log.append(5)]).unwrap();
    let store = SledStore::inspect(&folder.path().join("store"), &folder.path().join("blobs")).unwrap();
    log.assert_in(&store);
    assert!(matches!(store.append(&[log.append(1)]), Err(StoreError::ReadOnly { .. })));
}

#[test]
fn a_tree_that_is_not_the_head_s_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let wrongs: [fn(&mut Append); 3] = [
        |append| append.nodes[0].2 = append.head.root,
        |append| append.nodes.clear(),
        |append| append.entries[4].bytes.push(b'!'),
    ];
    for (number, wrong) in wrongs.into_iter().enumerate() {
        let folder = folder.path().join(number.to_string());
        let mut append = Log::new("a").append(5);
        append.nodes.reverse();
        wrong(&mut append);
        open(&folder).unwrap().append(&[append]).unwrap();
        let refused = open(&folder).unwrap_err();
        assert!(matches!(refused, StoreError::Mismatch { .. }), "{refused}");
        assert!(refused.to_string().contains("quorate audit"), "{refused}");
        SledStore::inspect(&folder.join("store"), &folder.join("blobs")).unwrap();
    }
}

/// An old `db` beside a newer record of what was acknowledged: going on from it would fork the log.
#[test]
fn a_database_that_went_back_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::new("a");
    open(folder.path()).unwrap().append(&[log.append(5)]).unwrap();
    let old = folder.path().join("old");
    copy_folder(&folder.path().join("store"), &old);
    open(folder.path()).unwrap().append(&[log.append(5)]).unwrap();
    fs::remove_dir_all(folder.path().join("store")).unwrap();
    let acknowledged = 2_u64.to_be_bytes().into_iter().chain((!2_u64).to_be_bytes()).collect::<Vec<_>>();
    copy_folder(&old, &folder.path().join("store"));
    drop(open(folder.path()).unwrap());
    fs::write(folder.path().join("store/acknowledged"), acknowledged).unwrap();
    let refused = open(folder.path()).unwrap_err();
    assert!(matches!(refused, StoreError::WentBack { recorded: 2, found: 1, missing: 1, .. }), "{refused}");
    let refused = inspect(folder.path()).unwrap_err();
    assert!(matches!(refused, StoreError::WentBack { recorded: 2, found: 1, missing: 1, .. }), "{refused}");
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for item in fs::read_dir(folder).unwrap().map(|item| item.unwrap().path()) {
        if item.is_dir() {
            files.extend(self::files(&item));
        } else {
            files.push((item.clone(), fs::read(&item).unwrap()));
        }
    }
    files.sort();
    files
}

fn inspect(folder: &Path) -> Result<SledStore, StoreError> {
    SledStore::inspect(&folder.join("store"), &folder.join("blobs"))
}

#[test]
fn a_damaged_database_is_refused_and_nothing_of_it_is_lost_by_opening() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::new("a");
    let store = open(folder.path()).unwrap();
    for _ in 0..20 {
        store.append(&[log.append(5)]).unwrap();
    }
    drop(store);
    let db = folder.path().join("store/db");
    let whole = fs::read(&db).unwrap();
    let middle = whole.iter().rposition(|byte| *byte != 0).unwrap() / 2;
    let mut damaged = whole.clone();
    damaged[middle] ^= 1;
    fs::write(&db, &damaged).unwrap();
    let before = files(folder.path());
    for _ in 0..2 {
        let told = inspect(folder.path()).unwrap_err().to_string();
        assert!(told.contains("nothing was changed by looking") && told.contains("receipts"), "{told}");
        assert!(!told.contains("backtrace"), "{told}");
        open(folder.path()).unwrap_err();
        assert!(files(folder.path()) == before, "opening changed the folder");
    }
    // The bit put right again, everything is there.
    fs::write(&db, &whole).unwrap();
    log.assert_in(&inspect(folder.path()).unwrap());
}

#[test]
fn readers_write_nothing_run_side_by_side_and_keep_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    inspect(folder.path()).unwrap();
    assert!(files(folder.path()).is_empty(), "a reader made files");
    let mut log = Log::new("a");
    open(folder.path()).unwrap().append(&[log.append(5)]).unwrap();
    let before = files(folder.path());
    let (one, two) = (inspect(folder.path()).unwrap(), inspect(folder.path()).unwrap());
    log.assert_in(&one);
    log.assert_in(&two);
    assert!(files(folder.path()) == before, "a reader changed the folder");
    let then = log.clone();
    let store = open(folder.path()).unwrap();
    store.append(&[log.append(1)]).unwrap();
    then.assert_in(&one);
    assert!(matches!(inspect(folder.path()), Err(StoreError::Busy { .. })));
    drop(store);
    log.assert_in(&inspect(folder.path()).unwrap());
}

#[test]
fn a_store_whose_number_of_batches_is_gone_is_refused_until_somebody_accepts_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::new("a");
    // It is there before the first batch, so a crash after that one does not look like tampering.
    let store = open(folder.path()).unwrap();
    let file = folder.path().join("store/acknowledged");
    assert_eq!(fs::read(&file).unwrap().len(), 16);
    store.append(&[log.append(5)]).unwrap();
    drop(store);
    for bytes in [None, Some(&b""[..]), Some(b"half")] {
        fs::remove_file(&file).unwrap();
        if let Some(bytes) = bytes {
            fs::write(&file, bytes).unwrap();
        }
        for refused in [open(folder.path()), inspect(folder.path())] {
            assert!(matches!(refused, Err(StoreError::NoRecord { found: 1, .. })), "{refused:?}");
        }
        fs::write(&file, "accepted\n").unwrap();
        log.assert_in(&open(folder.path()).unwrap());
    }
}

#[derive(Debug, Clone)]
enum Damage {
    Flip { at: f64, bit: u8 },
    Zero { at: f64, length: usize },
    Fill { at: f64, bytes: Vec<u8> },
    Cut { at: f64 },
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = || 0.0..1.0_f64;
    prop_oneof![
        3 => (at(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip { at, bit }),
        1 => (at(), 1..100_000_usize).prop_map(|(at, length)| Damage::Zero { at, length }),
        1 => (at(), prop::collection::vec(any::<u8>(), 1..64)).prop_map(|(at, bytes)| Damage::Fill { at, bytes }),
        1 => at().prop_map(|at| Damage::Cut { at }),
    ]
}

impl Damage {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    #[expect(clippy::float_arithmetic)]
    fn place(at: f64, file: &[u8]) -> usize {
        (at * file.len() as f64) as usize
    }

    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Flip { at, bit } => {
                let place = Self::place(*at, file);
                file.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1 << bit);
            }
            Self::Zero { at, length } => {
                let place = Self::place(*at, file);
                file.iter_mut().skip(place).take(*length).for_each(|byte| *byte = 0);
            }
            Self::Fill { at, bytes } => {
                let place = Self::place(*at, file);
                file.iter_mut().skip(place).zip(bytes).for_each(|(old, new)| *old = *new);
            }
            Self::Cut { at } => file.truncate(Self::place(*at, file)),
        }
    }
}

/// Whatever happens to the database's bytes: no panic, no wrong entry, and no older state taken for the newest.
#[test]
fn a_damaged_database_gives_an_error_or_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let (mut a, mut b) = (Log::new("a"), Log::new("b"));
    a.entry_bytes = 3_000;
    for _ in 0..12 {
        let store = open(folder.path()).unwrap();
        store.append(&[a.append(7), b.append(3)]).unwrap();
        store.append(&[a.append(7)]).unwrap();
    }
    let whole = folder.path().join("store");
    let strategy = (prop_oneof![5 => Just("db"), 1 => Just("snap."), 1 => Just("conf")], damage());
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&strategy, |(name, damage)| {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        copy_folder(&whole, &store);
        let file = fs::read_dir(&store).unwrap().map(|item| item.unwrap().path());
        let file = file
            .into_iter()
            .find(|path| path.file_name().unwrap().to_string_lossy().starts_with(name))
            .unwrap();
        let mut bytes = fs::read(&file).unwrap();
        damage.apply(&mut bytes);
        fs::write(&file, bytes).unwrap();

        let Ok(store) = open(folder.path()) else { return Ok(()) };
        for log in [&a, &b] {
            prop_assert_eq!(store.head(&log.anchor).unwrap().unwrap().head.size, log.size);
            for (index, bytes) in store.entries(&log.anchor, 0..u64::MAX).flatten() {
                prop_assert_eq!(bytes, log.entry(index));
            }
            for index in 0..log.size {
                if let Ok(Some(bytes)) = store.entry(&log.anchor, index) {
                    prop_assert_eq!(bytes, log.entry(index));
                }
                let _ = store.find(&log.anchor, &log.statement(index));
            }
        }
        Ok(())
    });
    outcome.unwrap();
}
