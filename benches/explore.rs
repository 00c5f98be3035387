//! How many states `explore` looks at in a second, on one core, and how much memory it comes to hold: of the workflow with
//! the planted faults' model, of the AGI agreement with its panel of seven, and of a board that forms and recalls.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::float_arithmetic, clippy::cast_precision_loss)]

use std::fs;
use std::time::Instant;

use mimalloc::MiMalloc;
use quorate::explore::{Bounds, explore};

/// As in the product.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const ROUNDS: usize = 3;

const AGI: &str = "\n[[invariant]]\nnever = \"verified and not finding counted met >= 5\"\n";

fn main() {
    let small = fs::read_to_string("tests/workflows/planted/good.toml").unwrap();
    let agi = fs::read_to_string("workflows/agi-2025.toml").unwrap() + AGI;
    let board = fs::read_to_string("workflows/plain-board.toml").unwrap();
    println!("explore: different states, and moves and waits, on one core");
    println!(
        "{:>5}  {:>11}  {:>9}  {:>10}  {:>10}  {:>10}  {:>10}",
        "round", "workflow", "states", "states / s", "moves", "moves / s", "most, MB"
    );
    for round in 1..=ROUNDS {
        for (name, text) in [("instalment", &small), ("agi-2025", &agi), ("plain-board", &board)] {
            let (start, begun) = (Instant::now(), on_core());
            let bounds = Bounds { states: 300_000, ..Bounds::default() };
            let report = explore(text, bounds, &mut |_| {}).unwrap();
            // Others may use the machine: what counts is the time that this thread had a core.
            let on_core = on_core().zip(begun).map(|(now, begun)| (now - begun) as f64 / 1e9);
            let took = on_core.unwrap_or_else(|| start.elapsed().as_secs_f64());
            println!(
                "{round:>5}  {name:>11}  {:>9}  {:>10.0}  {:>10}  {:>10.0}  {:>10}",
                report.states,
                report.states as f64 / took,
                report.visits,
                report.visits as f64 / took,
                most_memory().map_or_else(String::new, |kib| (kib / 1024).to_string())
            );
        }
    }
}

/// For how many nanoseconds this thread has had a core, where the system tells (Linux).
fn on_core() -> Option<u64> {
    fs::read_to_string("/proc/thread-self/schedstat").ok()?.split_whitespace().next()?.parse().ok()
}

/// The most memory that this process has held so far, in KiB, where the system tells (Linux).
fn most_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
