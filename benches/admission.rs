//! Statements admitted per second with 1, 16 and 256 in flight, fsync included.
//!
//! Each is a real vote: drafted after the newest head, signed, submitted to a registry over a sled store on the
//! disk, checked, judged, made durable, and answered with its receipt. The signer runs in the same process and on
//! the same cores, so its share is measured alone and printed beside.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::float_arithmetic)]

mod hall;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hall::{Hall, Until, per_second, vote_all};
use quorate::store::SledStore;

/// How long each number of statements in flight is measured, in each round.
const ROUND: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = hall::folder();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("admission: votes from their submission to a durable receipt, {cores} cores");
    let halls: Vec<(usize, Arc<Hall>)> = [1, 16, 256]
        .into_iter()
        .map(|seats| {
            let data = folder.path().join(seats.to_string());
            std::fs::create_dir(&data).unwrap();
            let store = SledStore::open(&data.join("store"), &data.join("blobs")).unwrap();
            (seats, Arc::new(runtime.block_on(Hall::open(Arc::new(store), seats))))
        })
        .collect();
    let signing = halls.last().map(|(_, hall)| signatures_per_second(hall)).unwrap();
    println!("drafting and signing alone, one core: {signing:.0} a second\n");
    println!(
        "{:>5}  {:>9}  {:>12}  {:>11}  {:>10}  {:>10}",
        "round", "in flight", "admitted / s", "to fsync/s", "median ms", "99 % ms"
    );
    for round in 1..=ROUNDS {
        // The disk is measured in every round, right before, since others may be using it.
        let syncs = syncs_per_second(folder.path());
        println!("{round:>5}  {:>9}  {syncs:>12.0}  {:>11}", "(fsync)", "1.0");
        for (seats, hall) in &halls {
            let start = Instant::now();
            let mut took = runtime.block_on(vote_all(hall, Until::Time(start + ROUND)));
            let rate = per_second(took.len(), start.elapsed());
            took.sort();
            let at = |part: usize| took.get(took.len() * part / 100).map_or(0.0, |t| t.as_secs_f64() * 1e3);
            println!(
                "{round:>5}  {seats:>9}  {rate:>12.0}  {:>11.1}  {:>10.2}  {:>10.2}",
                rate / syncs,
                at(50),
                at(99)
            );
        }
    }
}

/// What whoever signs needs: the newest head, a statement's text, a signature and its armour.
fn signatures_per_second(hall: &Hall) -> f64 {
    let (count, start) = (5_000, Instant::now());
    for _ in 0..count {
        std::hint::black_box(hall.vote(0));
    }
    per_second(count, start.elapsed())
}

/// The same disk without a database: a file of a few KiB that grows, made durable again and again.
fn syncs_per_second(folder: &Path) -> f64 {
    let mut file = File::create(folder.join("bare")).unwrap();
    let (record, start) = ([0x55; 2048], Instant::now());
    let mut count = 0;
    while start.elapsed() < ROUND / 3 {
        file.write_all(&record).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    per_second(count, start.elapsed())
}
