//! `monitor`: whoever looks at a log again and again finds that it was rewritten, and holds the proof in hand.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fs;
use std::path::PathBuf;

use cli_support::{Done, Stage, copy_folder, quorate};
use quorate::log::{Checkpoint, Head, VerifierKey};
use serde_json::Value;

const MONITOR: &str = "monitor public --state seen";

/// A demo in which two votes of seven are still to be revealed, exported to `public`.
fn voting() -> Stage {
    let stage = Stage::empty();
    assert_eq!(run(&stage, "demo --dir demo --until 2026-05-13T10:00:00Z").code, 0);
    export(&stage, "demo", "public");
    stage
}

fn run(stage: &Stage, line: &str) -> Done {
    Done::of(quorate(&stage.path("")).args(line.split(' ')).output().unwrap())
}

fn export(stage: &Stage, of: &str, to: &str) {
    let done = run(stage, &format!("--data {of}/data export {to}"));
    assert_eq!(done.code, 0, "{done:?}");
}

fn reveal(stage: &Stage, of: &str, seat: &str) {
    let line = format!(
        "--clock 2026-05-13T12:00:00Z --data {of}/data reveal --rationale demo/why-not-met.md --key {seat}"
    );
    let done = run(stage, &line);
    assert_eq!(done.code, 0, "{done:?}");
}

/// The heads in the two notes that a monitor kept, each of which the log's key has signed.
fn evidence(stage: &Stage, answer: &Value) -> [Head; 2] {
    let key: VerifierKey = stage.read("public/log.vkey").trim().parse().unwrap();
    let paths: Vec<PathBuf> = serde_json::from_value(answer["evidence"].clone()).unwrap();
    let heads = paths.iter().map(|path| {
        let note = fs::read(stage.path("").join(path)).unwrap();
        Checkpoint::open(&note, &key).unwrap().head
    });
    heads.collect::<Vec<_>>().try_into().unwrap()
}

#[test]
fn what_was_added_is_told_in_words_and_remembered() {
    let stage = voting();
    let first = run(&stage, MONITOR);
    assert_eq!(first.code, 0, "{first:?}");
    assert!(first.out.contains("is remembered from now on"), "{}", first.out);
    assert!(first.out.contains("identity not checked"), "{}", first.out);
    let again = run(&stage, MONITOR);
    assert!(again.code == 0 && again.out.contains("nothing was added"), "{again:?}");

    reveal(&stage, "demo", "m1");
    reveal(&stage, "demo", "m2");
    export(&stage, "demo", "public");
    let grown = run(&stage, MONITOR);
    assert_eq!(grown.code, 0, "{grown:?}");
    for words in ["revealed the vote not-met on", "revenue-share, status: in force → ended"] {
        assert!(grown.out.contains(words), "{words}: {}", grown.out);
    }
    assert!(grown.out.contains("identity not checked"), "{}", grown.out);
    let seen: Value = serde_json::from_str(&stage.read("seen")).unwrap();
    assert_eq!(seen["checkpoint"], stage.read("public/checkpoint"));
}

#[test]
fn a_log_rolled_back_is_convicted_by_both_checkpoints() {
    let stage = voting();
    copy_folder(&stage.path("public"), &stage.path("old"));
    reveal(&stage, "demo", "m1");
    export(&stage, "demo", "public");
    assert_eq!(run(&stage, MONITOR).code, 0);
    let before = stage.read("seen");

    let back = run(&stage, "monitor old --state seen --json");
    assert_eq!(back.code, 1, "{back:?}");
    assert_eq!(back.json()["findings"][0]["rule"], "missing");
    let [kept, shown] = evidence(&stage, &back.json());
    assert_eq!(kept.size, shown.size + 1);
    assert_eq!(stage.read("seen"), before, "what was accepted stays");
    assert!(run(&stage, "monitor old --state seen").out.contains("Keep both signed checkpoints"));
    assert_eq!(run(&stage, MONITOR).code, 0, "the honest log goes on");
}

#[test]
fn two_histories_shown_to_two_people_are_found_when_they_compare() {
    let stage = voting();
    copy_folder(&stage.path("demo"), &stage.path("fork"));
    reveal(&stage, "demo", "m1");
    export(&stage, "demo", "public");
    reveal(&stage, "fork", "m1");
    export(&stage, "fork", "elsewhere");
    // Each is consistent in itself.
    for shown in ["public", "elsewhere"] {
        assert_eq!(run(&stage, &format!("audit {shown}")).code, 0);
    }
    assert_eq!(run(&stage, MONITOR).code, 0);
    let other = run(&stage, "monitor elsewhere --state seen --json");
    assert_eq!(other.code, 1, "{other:?}");
    assert_eq!(other.json()["findings"][0]["rule"], "two-histories");
    let [kept, shown] = evidence(&stage, &other.json());
    assert_eq!(kept.size, shown.size);
    assert_ne!(kept.root, shown.root);
    // The first observer's checkpoint alone does as well.
    assert_eq!(run(&stage, "audit elsewhere --against public").code, 1);
}

#[test]
fn a_fault_among_what_was_added_is_not_accepted() {
    let stage = voting();
    assert_eq!(run(&stage, MONITOR).code, 0);
    let before = stage.read("seen");
    reveal(&stage, "demo", "m1");
    export(&stage, "demo", "public");
    let size: u64 = stage.read("public/checkpoint").lines().nth(1).unwrap().parse().unwrap();
    let bundle = stage.path(&format!("public/tile/entries/000.p/{size}"));
    let mut bytes = fs::read(&bundle).unwrap();
    let last = bytes.windows(8).rposition(|window| window == b"\\\"choice").unwrap();
    bytes[last + 2] = b'C';
    fs::write(&bundle, bytes).unwrap();
    let found = run(&stage, "monitor public --state seen --json");
    assert_eq!((found.code, &found.json()["findings"][0]["entry"]), (1, &(size - 1).into()));
    assert_eq!(stage.read("seen"), before);
}

#[test]
fn another_agreement_is_not_taken_for_the_one_that_is_watched() {
    let stage = voting();
    assert_eq!(run(&stage, MONITOR).code, 0);
    assert_eq!(run(&stage, "demo --dir other --until 2026-05-13T10:00:00Z").code, 0);
    export(&stage, "other", "look-alike");
    let other = run(&stage, "monitor look-alike --state seen --json");
    let findings = other.json()["findings"].as_array().unwrap().clone();
    assert!(findings.iter().any(|finding| finding["rule"] == "anchor"), "{findings:?}");
    assert_eq!(other.code, 1);
    let other = format!("{MONITOR} --anchor sha256:{}", "0".repeat(64));
    let told = run(&stage, &other);
    assert!(told.code == 2 && told.err.contains("a state file of its own"), "{told:?}");
}

#[test]
fn a_log_that_never_passed_is_not_remembered_and_a_broken_state_file_is_told() {
    let stage = voting();
    let wrong = format!("{MONITOR} --anchor sha256:{}", "0".repeat(64));
    assert_eq!(run(&stage, &wrong).code, 1);
    assert!(!stage.path("seen").exists());
    assert_eq!(run(&stage, MONITOR).code, 0);
    let seen = stage.read("seen");
    let cut = seen.replace("\\n\\n", "\\n");
    assert_ne!(cut, seen);
    for text in ["", "{}", "not JSON", r#"{"monitor":"quorate/monitor/v9"}"#, &cut] {
        stage.write("seen", text);
        let told = run(&stage, MONITOR);
        assert!(told.code == 2 && told.err.contains("state file"), "{text}: {told:?}");
        assert_eq!(stage.read("seen"), text);
    }
}
