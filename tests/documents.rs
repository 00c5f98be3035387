//! The documents of `--json` and of a server, of recorded logs: their fields, names and order are an interface.
#![allow(clippy::unwrap_used)] // helpers of tests

use std::fmt::Write as _;
use std::fs;

use quorate::audit::{Source as _, audit, replay_until};
use quorate::export::Reader;
use quorate::statement::{Entry, Statement};
use quorate::values::{Digest, Instant};
use quorate::view::document::{Licence, Line, Status};
use serde::Serialize;

const RECORDED: &str = "tests/recorded/documents.txt";

/// Before the panel, in the midst of it, while votes are cast and revealed, and after the finding and its annulment.
const TIMES: [(&str, &[&str]); 2] = [
    (
        "agi-2025",
        &["2025-10-28T16:00:00Z", "2026-03-20T00:00:00Z", "2026-05-20T00:00:00Z", "2033-01-02T00:00:00Z"],
    ),
    ("medicine-2026", &["2026-02-15T00:00:00Z", "2032-01-01T00:00:00Z"]),
];

fn tell(told: &mut String, what: &str, document: &impl Serialize) {
    writeln!(told, "## {what}\n{}", serde_json::to_string_pretty(document).unwrap()).unwrap();
}

#[test]
fn documents_of_recorded_logs_are_as_recorded() {
    let mut told = String::new();
    for (log, times) in TIMES {
        let source = Reader::folder(format!("tests/data/{log}")).unwrap();
        let head = audit(&source, None, &mut |_, _| {}).unwrap().head;
        for time in times {
            let at: Instant = time.parse().unwrap();
            let Some(state) = replay_until(&source, |_, time| time <= at).unwrap() else { continue };
            tell(&mut told, &format!("{log}, licence at {at}"), &Licence::of(&state, head, at));
            tell(&mut told, &format!("{log}, status at {at}"), &Status::of(&state, head, at, state.last));
        }
        let lines: Vec<Line> = source
            .entries(0, head.size)
            .map(|read| {
                let (index, bytes) = read.unwrap();
                let entry = Entry::parse(&bytes).unwrap();
                let said = Statement::parse(&entry.envelope.statement).unwrap();
                Line::of(index, entry.time, &said, Digest::of(entry.envelope.statement.as_bytes()))
            })
            .collect();
        tell(&mut told, &format!("{log}, entries"), &lines);
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(RECORDED, &told).unwrap();
    }
    let recorded = fs::read_to_string(RECORDED).unwrap_or_default();
    let differs = recorded.lines().zip(told.lines()).find(|(was, is)| was != is);
    assert!(recorded == told, "{differs:?}; if that is meant: UPDATE=1 cargo test --test documents");
}
