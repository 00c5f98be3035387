//! The audit of an exported folder by the program itself, beside the bare rate of `verify_strict` in the same run.
//!
//!     cargo bench --bench export                 100,000 entries
//!     cargo bench --bench export -- 1000000      a million: 1.3 GB below target/tmp, deleted in the end
//!
//! The log is made as every log is, by submitting signed votes to a registry (in memory), and exported as `quorate
//! export` does. Each round then measures `verify_strict` on one core and on all of them, `quorate audit FOLDER` from
//! its start to its end as a process of its own, and `verify_strict` on all cores again.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, clippy::float_arithmetic)]
#![allow(clippy::cast_precision_loss)] // for people to read

mod hall;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hall::{Hall, Signed, Until, cpu_time_of, folder, per_second, vote_all};
use quorate::export::{Publish, export};
use quorate::store::MemoryStore;
use rayon::prelude::*;
use serde_json::Value;

const SEATS: usize = 256;
const ROUNDS: usize = 3;
/// How many signatures the bare rates are measured on.
const BARE: usize = 20_000;
/// How many times over on all cores: some seconds, as what else a machine does comes and goes.
const TIMES: usize = 8;

fn main() {
    let entries = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(100_000);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let exported = folder();
    let start = Instant::now();
    let bare = make(entries, exported.path());
    println!("export: {entries} entries, made in {:.0} s; {cores} cores", start.elapsed().as_secs_f64());
    let small = audited(Path::new("tests/data/agi-2025")).peak;
    println!("an audit of 27 entries needs {} MB at its peak\n", small / 1_000_000);

    println!("rates in signatures a second; CPU in microseconds for each");
    println!(
        "{:>5}  {:>8}  {:>8}  {:>8}  {:>9}  {:>9}  {:>9}  {:>9}  {:>8}  {:>7}  {:>11}",
        "round",
        "1 core",
        "all",
        "all, aft",
        "audit: s",
        "audit: /s",
        "to 1 core",
        "to all",
        "bare CPU",
        "CPU",
        "bytes/entry"
    );
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let one = verified(&bare, 1, |bare| bare.iter().for_each(Signed::verify));
        let all = |bare: &[Signed]| bare.par_iter().for_each(Signed::verify);
        let before = verified(&bare, TIMES, all);
        let audit = audited(exported.path());
        let after = verified(&bare, TIMES, all);
        assert_eq!(audit.entries, entries);
        // On a machine whose cores share something, a signature costs more CPU time where both work.
        let bare_cpu = before.1.midpoint(after.1);
        let rate = per_second(usize::try_from(audit.signatures).unwrap(), audit.wall);
        let to_one = rate / (one.0 * cores as f64);
        let to_all = rate * 2.0 / (before.0 + after.0);
        println!(
            "{round:>5}  {:>8.0}  {:>8.0}  {:>8.0}  {:>9.1}  {rate:>9.0}  {to_one:>9.2}  {to_all:>9.2}  {:>8.1}  {:>7.1}  {:>11.0}",
            one.0,
            before.0,
            after.0,
            audit.wall.as_secs_f64(),
            bare_cpu,
            1e6 * audit.cpu.as_secs_f64() / audit.signatures as f64,
            audit.peak.saturating_sub(small) as f64 / entries as f64,
        );
        println!("       peak {} MB", audit.peak / 1_000_000);
        ratios.push((to_one, to_all));
    }
    let median = |mut ratios: Vec<f64>| {
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap()
    };
    let (to_one, to_all): (Vec<f64>, Vec<f64>) = ratios.into_iter().unzip();
    println!(
        "median ratio to one core's rate x {cores}: {:.2}; to all cores at once: {:.2}",
        median(to_one),
        median(to_all)
    );
}

/// Fills the folder with the export of a log of so many entries. Gives the signatures of its last entries.
fn make(entries: u64, folder: &Path) -> Vec<Signed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let hall = Arc::new(runtime.block_on(Hall::open(Arc::new(MemoryStore::new()), SEATS)));
    runtime.block_on(vote_all(&hall, Until::Size(entries)));
    let published = hall.registry.agreement(&hall.anchor).unwrap();
    assert_eq!(published.state.size, entries);
    let store = hall.registry.store();
    export(store, &published.state, folder, Publish::Newest).unwrap();
    let last = store.entries(&hall.anchor, entries.saturating_sub(BARE as u64)..entries);
    last.map(|read| Signed::of(&read.unwrap().1)).collect()
}

/// Rate on the wall, and CPU time for each in microseconds.
fn verified(bare: &[Signed], times: usize, work: impl Fn(&[Signed])) -> (f64, f64) {
    let cpu = || cpu_time_of("self");
    let (start, before) = (Instant::now(), cpu());
    (0..times).for_each(|_| work(bare));
    let took = start.elapsed();
    (per_second(times * bare.len(), took), 1e6 / per_second(times * bare.len(), cpu().saturating_sub(before)))
}

/// What an audit by the program did and cost.
struct Audited {
    entries: u64,
    signatures: u64,
    wall: Duration,
    cpu: Duration,
    /// The most memory that it had, in bytes.
    peak: u64,
}

fn audited(folder: &Path) -> Audited {
    let start = Instant::now();
    let program = env!("CARGO_BIN_EXE_quorate");
    let mut child =
        Command::new(program).arg("audit").arg(folder).arg("--json").stdout(Stdio::piped()).spawn().unwrap();
    let id = child.id().to_string();
    let (mut cpu, mut peak) = (Duration::ZERO, 0);
    // Both only grow, and are gone with the process: what is lost is less than a pause.
    while child.try_wait().unwrap().is_none() {
        (cpu, peak) = (cpu.max(cpu_time_of(&id)), peak.max(peak_of(&id)));
        std::thread::sleep(Duration::from_millis(5));
    }
    let wall = start.elapsed();
    let answer: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(answer["passes"], true, "{}", answer["findings"]);
    let count = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap();
    Audited { entries: count("entries"), signatures: count("signatures"), wall, cpu, peak }
}

/// The peak of a process's resident memory in bytes, on Linux: `VmHWM` of `proc_pid_status`(5).
fn peak_of(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1_024
}
