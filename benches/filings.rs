//! What many filings cost while a ballot is open: `cargo bench --bench filings` tells the times.
//! Where votes lapse each filing makes a new ballot paper, which lists every document filed so far; the last batch must not
//! cost more than the first.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../tests/stage_support/mod.rs"]
mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use quorate::scenario::Stage;
use quorate::store::MemoryStore;
use support::{at, by, holder, id};

const LAPSES: &str = include_str!("../tests/workflows/flows/evidence-lapses.toml");
const BATCH: usize = 250;

/// How long each batch of filings took in one open ballot.
fn batches(workflow: &str, count: usize) -> Vec<Duration> {
    let store = Arc::new(MemoryStore::new());
    let mut stage = Stage::open(workflow, &id("cost"), at("2026-01-05T09:00:00Z"), store).unwrap();
    for seat in ["a1", "a2", "a3"] {
        let seat = holder(&format!("arbiters/{seat}"));
        stage.nominate(&id("chamber"), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    let case = "claim#1".parse().unwrap();
    stage.act(&case, &id("claim"), &by("claimant"), &[id("statement")]).unwrap();
    let file = || drop(stage.act(&case, &id("file"), &by("respondent"), &[id("exhibit")]).unwrap());
    let batch = |_| {
        let begun = Instant::now();
        (0..BATCH).for_each(|_| file());
        begun.elapsed()
    };
    (0..count).map(batch).collect()
}

fn main() {
    for (what, evidence) in [("votes stand", "votes stand"), ("votes lapse", "votes lapse")] {
        let text = LAPSES.replace("\"votes lapse\"", &format!("\"{evidence}\""));
        let times = batches(&text, 8);
        println!("{what}: batches of {BATCH} filings took {times:?}");
    }
}
