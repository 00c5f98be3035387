//! Asking which rights are in force, and starting up, at 1,000 and at 100,000 entries.
#![allow(clippy::unwrap_used)]

mod hall;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use divan::{Bencher, black_box};
use hall::{Hall, Until, vote_all};
use quorate::engine::State;
use quorate::store::SledStore;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const SIZES: [u64; 2] = [1_000, 100_000];

fn main() {
    divan::main();
}

/// A look-up: what `license` does each time but the first after an event.
#[divan::bench(args = SIZES)]
fn look_up(bencher: Bencher<'_, '_>, entries: u64) {
    let state = &record(entries).state;
    let derived = state.clone();
    assert!(derived.licence(derived.last).is_some_and(|licence| licence.grants.len() == 14));
    bencher.bench_local(|| derived.licence(black_box(derived.last)).map(|licence| licence.grants.len()));
}

/// The first question after an event, which derives every grant's timeline.
#[divan::bench(args = SIZES)]
fn first_derivation(bencher: Bencher<'_, '_>, entries: u64) {
    let state = &record(entries).state;
    bencher
        .with_inputs(|| state.clone())
        .bench_local_refs(|state| state.licence(black_box(state.last)).map(|licence| licence.grants.len()));
}

/// Opening the store's folder: what sled reads, and the check of the tree's right edge.
#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn open_store(bencher: Bencher<'_, '_>, entries: u64) {
    let record = record(entries);
    bencher.bench_local(|| record.store());
}

/// Opening the registry over an open store: the audit of every entry, signatures included.
#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn open_registry(bencher: Bencher<'_, '_>, entries: u64) {
    let record = record(entries);
    let store = Arc::new(record.store());
    let _inside = record.runtime.enter();
    bencher.bench_local(|| hall::registry(store.clone()));
}

/// A log of so many entries on the disk, and the state after the last of them, of which nobody has asked the
/// licence yet.
struct Record {
    runtime: Runtime,
    folder: TempDir,
    state: State,
}

impl Record {
    fn new(entries: u64) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let folder = hall::folder();
        let hall = {
            let store = SledStore::open(&store_path(&folder), &folder.path().join("blobs")).unwrap();
            Arc::new(runtime.block_on(Hall::open(Arc::new(store), 64)))
        };
        runtime.block_on(vote_all(&hall, Until::Size(entries)));
        assert_eq!(hall.size(), entries);
        let state = hall.registry.agreement(&hall.anchor).unwrap().state.clone();
        Self { runtime, folder, state }
    }

    fn store(&self) -> SledStore {
        SledStore::open(&store_path(&self.folder), &self.folder.path().join("blobs")).unwrap()
    }
}

fn store_path(folder: &TempDir) -> PathBuf {
    folder.path().join("store")
}

fn record(entries: u64) -> &'static Record {
    static RECORDS: [OnceLock<Record>; 2] = [OnceLock::new(), OnceLock::new()];
    let place = usize::from(entries != 1_000);
    RECORDS.get(place).unwrap().get_or_init(|| Record::new(entries))
}
