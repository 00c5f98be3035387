//! The audit of 100,000 votes on every core, beside the bare rate of `verify_strict` on one core, alternating.
//!
//! The log is in memory, so that this measures the audit and no disk: reading entries, checking form and
//! signatures, building the tree, and replaying every rule.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::float_arithmetic)]

mod hall;

use std::sync::Arc;
use std::time::{Duration, Instant};

use hall::{Hall, Signed, Until, cpu_time, per_second, vote_all};
use quorate::audit::{Entries, Source, SourceError, audit};
use quorate::log::Hash;
use quorate::store::MemoryStore;

const VOTES: u64 = 100_000;
const SEATS: usize = 256;
const ROUNDS: usize = 5;

fn main() {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (log, built) = timed(log);
    println!(
        "audit: {} entries, made in {:.1} s; {cores} cores",
        log.entries.len(),
        built.wall.as_secs_f64()
    );
    let bare = bare(&log);
    println!(
        "{:>5}  {:>15}  {:>15}  {:>5}  {:>14}  {:>13}",
        "round", "audit: sigs / s", "bare 1 core: /s", "ratio", "audit: CPU us", "bare: CPU us"
    );
    let mut ratios: Vec<f64> = (1..=ROUNDS)
        .map(|round| {
            let (report, audited) = timed(|| audit(&log, None, &mut |_, _| {}).unwrap());
            assert!(report.passes(), "{:?}", report.findings.first());
            let signatures = usize::try_from(report.signatures).unwrap();
            let ((), verified) = timed(|| bare.iter().for_each(Signed::verify));
            let rates = (per_second(signatures, audited.wall), per_second(bare.len(), verified.wall));
            println!(
                "{round:>5}  {:>15.0}  {:>15.0}  {:>5.2}  {:>14.1}  {:>13.1}",
                rates.0,
                rates.1,
                rates.0 / rates.1,
                1e6 / per_second(signatures, audited.cpu),
                1e6 / per_second(bare.len(), verified.cpu)
            );
            rates.0 / rates.1
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.2} on {cores} cores", ratios.get(ROUNDS / 2).unwrap());
}

/// How long work took: on the wall, and summed over the cores.
struct Took {
    wall: Duration,
    cpu: Duration,
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Took) {
    let (start, cpu) = (Instant::now(), cpu_time());
    let done = work();
    (done, Took { wall: start.elapsed(), cpu: cpu_time().saturating_sub(cpu) })
}

/// A log in memory, with the leaf hashes that every source of ours keeps beside the entries.
struct Log {
    checkpoint: String,
    entries: Vec<Vec<u8>>,
    leaves: Vec<Hash>,
}

impl Source for Log {
    fn checkpoint(&self) -> Result<Option<String>, SourceError> {
        Ok(Some(self.checkpoint.clone()))
    }

    fn entries(&self, from: u64, to: u64) -> Entries<'_> {
        let range = (from..to.min(self.entries.len() as u64)).zip(&self.entries);
        Box::new(range.map(|(index, bytes)| Ok((index, bytes.clone()))))
    }

    fn leaf(&self, index: u64) -> Result<Option<Hash>, SourceError> {
        Ok(usize::try_from(index).ok().and_then(|index| self.leaves.get(index)).copied())
    }
}

/// Made as every log is: by submitting the votes to a registry.
fn log() -> Log {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let hall = Arc::new(runtime.block_on(Hall::open(Arc::new(MemoryStore::new()), SEATS)));
    let before = hall.size();
    runtime.block_on(vote_all(&hall, Until::Size(before + VOTES)));
    let store = hall.registry.store();
    let head = store.head(&hall.anchor).unwrap().unwrap();
    let entries = store.entries(&hall.anchor, 0..head.head.size);
    let entries: Vec<Vec<u8>> = entries.map(|entry| entry.unwrap().1).collect();
    let leaves = entries.iter().map(|bytes| Hash::leaf(bytes)).collect();
    Log { checkpoint: head.checkpoint, entries, leaves }
}

/// The signatures of the last 20,000 entries.
fn bare(log: &Log) -> Vec<Signed> {
    log.entries.iter().rev().take(20_000).map(|bytes| Signed::of(bytes)).collect()
}
