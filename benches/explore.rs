//! How many states `explore` looks at in a second, on one core, and how much memory it comes to hold: of the model of the
//! planted faults and of every workflow that ships. `cargo bench --bench explore -- NAME…` takes those alone; a number
//! among the names is how many states are looked at of each.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::float_arithmetic, clippy::cast_precision_loss)]

use std::fs;
use std::time::Instant;

use mimalloc::MiMalloc;
use quorate::explore::{Bounds, explore};

/// As in the product.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const ROUNDS: usize = 2;

/// How many different states are looked at of each, at most, unless an argument says so.
const STATES: usize = 300_000;

fn main() {
    let arguments = std::env::args().skip(1).filter(|it| !it.starts_with('-'));
    let (numbers, named): (Vec<String>, Vec<String>) = arguments.partition(|it| it.parse::<usize>().is_ok());
    let states = numbers.first().map_or(STATES, |it| it.parse().unwrap());
    println!("explore: different states, and moves and waits, on one core");
    println!(
        "{:>5}  {:>21}  {:>9}  {:>5}  {:>7}  {:>10}  {:>10}  {:>10}  {:>8}",
        "round", "workflow", "states", "all", "s", "states / s", "moves", "moves / s", "most, MB"
    );
    for round in 1..=ROUNDS {
        for (name, text) in workflows() {
            if !named.is_empty() && !named.contains(&name) {
                continue;
            }
            forget_most_memory();
            let (start, begun) = (Instant::now(), on_core());
            let report = explore(&text, Bounds { states, ..Bounds::default() }, &mut |_| {}).unwrap();
            // Others may use the machine: what counts is the time that this thread had a core.
            let on_core = on_core().zip(begun).map(|(now, begun)| (now - begun) as f64 / 1e9);
            let took = on_core.unwrap_or_else(|| start.elapsed().as_secs_f64());
            println!(
                "{round:>5}  {name:>21}  {:>9}  {:>5}  {took:>7.2}  {:>10.0}  {:>10}  {:>10.0}  {:>8}",
                report.states,
                if report.cut_short { "no" } else { "yes" },
                report.states as f64 / took,
                report.visits,
                report.visits as f64 / took,
                most_memory().map_or_else(String::new, |kib| (kib / 1024).to_string())
            );
        }
    }
}

/// The workflows, by name.
fn workflows() -> Vec<(String, String)> {
    let shipped = fs::read_dir("workflows").unwrap().map(|entry| entry.unwrap().path());
    let mut shipped: Vec<_> =
        shipped.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
    shipped.sort();
    let shipped = shipped.into_iter().map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    });
    let planted = fs::read_to_string("tests/workflows/planted/good.toml").unwrap();
    [("planted".to_owned(), planted)].into_iter().chain(shipped).collect()
}

/// For how many nanoseconds this thread has had a core, where the system tells (Linux).
fn on_core() -> Option<u64> {
    fs::read_to_string("/proc/thread-self/schedstat").ok()?.split_whitespace().next()?.parse().ok()
}

/// Lets the system forget the most memory that this process has held so far, where it can (Linux).
fn forget_most_memory() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that this process has held since, in KiB, where the system tells (Linux).
fn most_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
