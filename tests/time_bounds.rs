//! What the checkpoints in an exported folder say: that entries came between two times, by witnesses on whom the
//! parties rely, and that the log signed a head that it no longer shows.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fs;

use cli_support::cosigned::{head, keep, keep_newest, note, operator_key, relying, signed, witness};
use cli_support::{DECLARE, DECLARED, Done, NOMINATED, OPENED, SEATED, Stage, nomination};
use quorate::log::{Checkpoint, Hash, Head, LogKey};
use quorate::statement::{PublicKey, RawKey};
use quorate::values::{Instant, Span};
use serde_json::Value;

/// The times of the four entries.
const TIMES: [&str; 4] = [OPENED, DECLARED, NOMINATED, SEATED];

/// An agreement of four entries that relies on three witnesses, and an export of it.
fn exported() -> Stage {
    let mut stage = relying();
    for (time, line) in
        TIMES.into_iter().skip(1).zip([DECLARE.to_owned(), nomination("o1", "o1"), nomination("o2", "o2")])
    {
        time.clone_into(&mut stage.clock);
        stage.ok(&line);
    }
    stage.ok("export public");
    stage
}

/// So many seconds after an entry's time, or before it.
fn time(entry: usize, seconds: i64) -> Instant {
    let at: Instant = TIMES[entry].parse().unwrap();
    Instant::from_unix(at.unix() + seconds)
}

/// Cosigned by the first two witnesses so many seconds after an entry.
fn two(entry: usize, seconds: i64) -> [(u8, Instant); 2] {
    [(1, time(entry, seconds)), (2, time(entry, seconds))]
}

fn keep_cosigned(stage: &Stage, size: usize, by: &[(u8, Instant)]) {
    keep(stage, size as u64, &note(stage, size, by).to_string());
}

fn audit(stage: &Stage) -> Done {
    stage.run("audit public --json")
}

/// The only finding: its place, rule and words.
#[track_caller]
fn only_finding(stage: &Stage) -> (String, String, String, Value) {
    let done = audit(stage);
    assert_eq!(done.code, 1, "{done:?}");
    let report = done.json();
    let [finding] = report["findings"].as_array().unwrap().as_slice() else { panic!("{report:#}") };
    let text = |name: &str| finding[name].as_str().unwrap().to_owned();
    let page = stage.run("audit public");
    assert!(page.code == 1 && page.out.contains(&text("rule")), "{page:?}");
    (text("place"), text("rule"), text("what"), finding.clone())
}

#[test]
fn an_audit_tells_how_tight_the_times_are() {
    let stage = exported();
    keep_cosigned(&stage, 1, &two(0, 600));
    keep_cosigned(&stage, 2, &[(1, time(1, 60)), (3, time(1, 120)), (3, time(2, -60))]);
    keep_cosigned(&stage, 3, &[(2, time(2, 5)), (3, time(2, 5)), (2, time(2, 3600)), (3, time(2, 3600))]);
    let report = audit(&stage);
    assert_eq!(report.code, 0, "{report:?}");
    let times = &report.json()["times"];
    assert_eq!(times["witnesses"], 3);
    assert_eq!(times["cosigned-by"], 3);
    assert_eq!((&times["checkpoints"], &times["first"], &times["end"]), (&3.into(), &1.into(), &3.into()));
    // Entry 1 came between ten minutes after the opening and two minutes after it says; entry 2 after w1 and w3
    // last saw two entries, which was both a minute after the declaration, and five seconds after it says.
    let apart = |from: Instant, to: Instant| Value::from(to.since(from).seconds());
    assert_eq!(times["between"]["entries"], 2);
    assert_eq!(times["between"]["widest"], apart(time(0, 600), time(1, 120)));
    assert_eq!(times["between"]["median"], apart(time(1, 60), time(2, 5)));
    assert_eq!(times["until"], time(2, 3600).to_string());
    assert_eq!(times["newest-at"], Value::Null);

    let page = stage.run("audit public").out;
    let told = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "2 of 4 entries were first shown between cosignatures by 3 of 3 witnesses",
        "; no cosignature came before entry 0; no cosignature came after entry 3",
    ] {
        assert!(told.contains(words), "{words}: {page}");
    }
    let before_table = page.split("What has moved").next().unwrap();
    let digests = |line: &&str| !line.contains("sha256:") && !line.contains("key");
    assert!(before_table.lines().filter(digests).all(|line| line.chars().count() <= 80), "{page}");
}

#[test]
fn the_key_of_a_witness_speaks_for_nobody_else() {
    let mut stage = relying();
    DECLARED.clone_into(&mut stage.clock);
    stage.ok(DECLARE);
    let key = PublicKey::plain(RawKey(witness(2).verifier().raw()));
    stage.write("w2.pub", &format!("{key}\n"));
    let told = stage.refused(&nomination("i1", "w2.pub"), "key-in-use");
    assert!(told.contains("the witness `w2`"), "{told}");
}

/// The entries that the audit, which finds no fault, says witnesses were shown late: how many, and those named.
#[track_caller]
fn late(stage: &Stage) -> (u64, Vec<u64>) {
    let done = audit(stage);
    assert_eq!(done.code, 0, "{done:?}");
    let late = &done.json()["times"]["late"];
    let named = late["named"].as_array().into_iter().flatten();
    (late["entries"].as_u64().unwrap_or(0), named.map(|it| it["entry"].as_u64().unwrap()).collect())
}

/// Anybody can have witnesses sign a public head again, and they do as long as nobody has shown them a larger one: that
/// convicts no honest log.
#[test]
fn an_entry_that_witnesses_were_shown_late_is_told_and_is_no_fault() {
    let stage = exported();
    keep_cosigned(&stage, 2, &two(2, 86_400));
    assert_eq!(late(&stage), (1, vec![2]));
    let told = audit(&stage).json()["times"]["late"]["named"][0].clone();
    assert_eq!(
        (&told["time"], &told["shown-after"]),
        (&NOMINATED.into(), &time(2, 86_400).to_string().into())
    );
    let page = stage.run("audit public").out;
    let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = time(2, 86_400);
    for part in [
        format!("entry 2 says {NOMINATED}, and a quorum of witnesses was first shown it after {shown}"),
        "it was backdated, or its log, and everybody else, showed it to them no earlier".to_owned(),
        "The log passes".to_owned(),
    ] {
        assert!(words.contains(&part), "{part}: {page}");
    }
    // A quorum that had seen the entry by then says that it was there.
    keep_cosigned(&stage, 3, &two(2, 5));
    assert_eq!(late(&stage), (0, vec![]));
    keep_cosigned(&stage, 3, &two(3, 100 * 86_400));
    keep_cosigned(&stage, 2, &two(3, 90 * 86_400));
    keep_cosigned(&stage, 1, &two(3, 80 * 86_400));
    assert_eq!(late(&stage), (3, vec![1, 2, 3]));
}

/// Nor does it keep the log from going on: its witnesses' clocks may be wrong, and its own.
#[test]
fn a_head_that_witnesses_signed_later_than_the_clock_shows_locks_nobody_out() {
    let mut stage = relying();
    keep_newest(&stage, &two(0, 86_400));
    stage.clock = time(0, 3_600).to_string();
    stage.ok(DECLARE);
    stage.ok("audit");
}

#[test]
fn an_entry_that_says_it_came_later_than_it_did_is_named() {
    let stage = exported();
    keep_cosigned(&stage, 3, &two(2, -86_400));
    let (place, rule, what, _) = only_finding(&stage);
    assert_eq!((place.as_str(), rule.as_str()), ("entry 2", "postdated"));
    for words in [NOMINATED, &time(2, -86_400).to_string(), "head of 3 entries"] {
        assert!(what.contains(words), "{words}: {what}");
    }
    // A larger head bounds the same entries, whatever the smaller one says.
    keep_cosigned(&stage, 3, &two(2, 5));
    keep_cosigned(&stage, 4, &two(2, -86_400));
    let entries: Vec<Value> = audit(&stage).json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["entry"].clone())
        .collect();
    assert_eq!(entries, [2, 3]);
}

#[test]
fn clocks_may_differ_by_a_minute_and_no_more() {
    let stage = exported();
    keep_cosigned(&stage, 2, &two(2, 60));
    assert_eq!(late(&stage), (0, vec![]));
    keep_cosigned(&stage, 2, &two(2, 61));
    assert_eq!(late(&stage), (1, vec![2]));
    keep_cosigned(&stage, 2, &two(1, 60));
    keep_cosigned(&stage, 3, &two(2, -60));
    assert_eq!(audit(&stage).code, 0, "{:?}", audit(&stage));
    keep_cosigned(&stage, 3, &two(2, -61));
    assert_eq!(only_finding(&stage).1, "postdated");
    assert_eq!(quorate::audit::SLACK, Span::from_seconds(60));
}

#[test]
fn too_few_cosignatures_bound_nothing() {
    let stage = exported();
    keep_cosigned(&stage, 2, &[(1, time(3, 86_400))]);
    keep_cosigned(&stage, 3, &[(2, time(0, -86_400)), (2, time(0, 0))]);
    let done = audit(&stage);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(
        (&done.json()["times"]["checkpoints"], &done.json()["times"]["witnesses"]),
        (&0.into(), &3.into())
    );
    let page = stage.run("audit public").out;
    assert!(page.contains("quorum"), "{page}");
}

#[test]
fn the_newest_checkpoint_bounds_as_the_kept_ones_do() {
    let stage = exported();
    stage.write("public/checkpoint", &note(&stage, 4, &two(3, -3_600)).to_string());
    let (place, rule, _, _) = only_finding(&stage);
    assert_eq!((place.as_str(), rule.as_str()), ("entry 3", "postdated"));
    stage.write("public/checkpoint", &note(&stage, 4, &two(3, 30)).to_string());
    let done = audit(&stage);
    assert_eq!(done.json()["times"]["newest-at"], time(3, 30).to_string(), "{done:?}");
}

#[test]
fn a_fake_cosignature_is_a_fault_of_its_note() {
    let stage = exported();
    let fake = note(&stage, 3, &[(1, time(2, 5))]);
    let text = note(&stage, 2, &two(1, 5)).to_string();
    let line = fake.to_string().lines().last().unwrap().to_owned();
    keep(&stage, 2, &format!("{text}{line}\n"));
    let (place, rule, what, _) = only_finding(&stage);
    assert_eq!((place.as_str(), rule.as_str()), ("checkpoint 2", "cosignature"));
    assert!(what.contains("wit.example/w1+"), "{what}");
    assert_eq!(audit(&stage).json()["times"]["checkpoints"], 0);
    // Lines by nobody who is known are nobody's word, and no fault.
    let stranger = quorate::log::WitnessSigner::from_seed("wit.example/w1", &[9; 32]).unwrap();
    let line = stranger.cosign(&note(&stage, 3, &[]), time(2, 5)).unwrap();
    keep(&stage, 2, &format!("{text}{line}\n"));
    assert_eq!(audit(&stage).code, 0);
}

#[test]
fn what_is_no_checkpoint_of_this_log_is_told_with_its_size() {
    let stage = exported();
    let other = LogKey::from_seed("other.example/agi-2025", &[7; 32]).unwrap();
    let own = operator_key(&stage);
    let renamed = LogKey::from_seed(own.name(), &[7; 32]).unwrap();
    for key in [&other, &renamed] {
        let foreign = Checkpoint { origin: key.name().to_owned(), head: head(&stage, 2) };
        keep(&stage, 2, &foreign.sign(key).unwrap().to_string());
        let (place, rule, _, _) = only_finding(&stage);
        assert_eq!((place.as_str(), rule.as_str()), ("checkpoint 2", "checkpoint"));
    }
    for text in ["", "nonsense", "\u{0}", &"x".repeat(100_000)] {
        keep(&stage, 2, text);
        assert_eq!(only_finding(&stage).1, "checkpoint");
    }
    keep(&stage, 2, &note(&stage, 3, &[]).to_string());
    let (place, _, what, _) = only_finding(&stage);
    assert!(place == "checkpoint 2" && what.contains("states 3"), "{what}");
    fs::remove_file(stage.path("public/checkpoints/2")).unwrap();
    // What is not called like a size is none of it.
    for name in ["02", "2.part", "readme", "-1", "18446744073709551616"] {
        stage.write(&format!("public/checkpoints/{name}"), "nonsense");
    }
    fs::create_dir(stage.path("public/checkpoints/3")).unwrap();
    assert_eq!(audit(&stage).code, 0, "{:?}", audit(&stage));
}

/// Two notes that the log signed, of one size and two roots.
fn assert_evidence(stage: &Stage, finding: &Value, size: u64) {
    let key = operator_key(stage);
    let heads: Vec<Head> = finding["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| Checkpoint::open(note.as_str().unwrap().as_bytes(), key.verifier()).unwrap().head)
        .collect();
    assert_eq!(heads.len(), 2, "{finding}");
    assert!(heads[0].size == size && heads[0].root != heads[1].root, "{finding}");
}

#[test]
fn two_roots_of_one_size_are_kept_as_evidence() {
    let stage = exported();
    let forged = |size: u64| {
        let head = Head { size, root: Hash::leaf(b"another history") };
        keep(&stage, size, &signed(&stage, head, &[]).to_string());
    };
    forged(4);
    let (place, rule, what, finding) = only_finding(&stage);
    assert_eq!((place.as_str(), rule.as_str()), ("checkpoint 4", "two-histories"));
    for root in [head(&stage, 4).root, Hash::leaf(b"another history")] {
        assert!(what.contains(&root.to_string()), "{what}");
    }
    assert_evidence(&stage, &finding, 4);

    // Of a size that the log has outgrown: its entries tell what the root was.
    keep_cosigned(&stage, 4, &[]);
    keep_cosigned(&stage, 1, &[]);
    forged(2);
    forged(3);
    let (place, rule, what, finding) = only_finding(&stage);
    assert_eq!((place.as_str(), rule.as_str()), ("checkpoint 2", "two-histories"));
    assert!(what.contains("from 1 on") && what.contains("1 more"), "{what}");
    assert_evidence(&stage, &finding, 2);
}

#[test]
fn a_bound_from_another_history_accuses_no_entry() {
    let stage = exported();
    let forged = |size: u64, by: &[(u8, Instant)]| {
        let head = Head { size, root: Hash::leaf(b"another history") };
        keep(&stage, size, &signed(&stage, head, by).to_string());
    };
    for by in [two(3, 86_400), two(0, -86_400)] {
        forged(2, &by);
        assert_eq!(only_finding(&stage).1, "two-histories");
    }
    // Nor does it hide what a bound of this history says.
    forged(1, &two(2, 2 * 86_400));
    keep_cosigned(&stage, 2, &two(2, 86_400));
    assert_eq!(only_finding(&stage).1, "two-histories");
    assert_eq!(audit(&stage).json()["times"]["late"]["entries"], 1);
    keep_cosigned(&stage, 2, &two(1, 60));
    assert_eq!(audit(&stage).json()["times"]["late"], Value::Null);
}

#[test]
fn a_log_that_was_rolled_back_beside_its_checkpoints_is_found() {
    let stage = exported();
    let head = Head { size: 9, root: Hash::leaf(b"what was there") };
    keep(&stage, 9, &signed(&stage, head, &two(3, 86_400)).to_string());
    let (place, rule, what, finding) = only_finding(&stage);
    assert_eq!((place.as_str(), rule.as_str()), ("entries 4 to 8", "missing"));
    assert!(what.contains("signed 9 entries, and 4 are here"), "{what}");
    assert_eq!(finding["evidence"].as_array().unwrap().len(), 1);
}

#[test]
fn what_the_auditor_brings_bounds_times_too() {
    let stage = exported();
    let against = |note: &str| {
        stage.write("brought", note);
        let done = stage.run("audit public --against brought --json");
        let findings = done.json()["findings"].as_array().unwrap().clone();
        let found =
            |it: &Value| (it["place"].as_str().unwrap().to_owned(), it["rule"].as_str().unwrap().to_owned());
        (done.json()["times"]["checkpoints"].clone(), findings.iter().map(found).collect::<Vec<_>>())
    };
    let one = |place: &str, rule: &str| vec![(place.to_owned(), rule.to_owned())];
    let brought = |size: usize, by: &[(u8, Instant)]| note(&stage, size, by).to_string();
    assert_eq!(against(&brought(2, &two(1, 60))), (1.into(), vec![]));
    assert_eq!(against(&brought(2, &two(2, 86_400))), (1.into(), vec![]));
    assert_eq!(against(&brought(3, &two(2, -86_400))).1, one("entry 2", "postdated"));
    assert_eq!(against(&brought(2, &[(1, time(2, 86_400))])), (0.into(), vec![]));
    // What is of another history, or of more entries, is told once and accuses no entry, not even beside a sound note.
    keep_cosigned(&stage, 2, &two(1, 60));
    let other = |size: u64| Head { size, root: Hash::leaf(b"another history") };
    let forged = |size: u64| signed(&stage, other(size), &two(3, 86_400)).to_string();
    assert_eq!(against(&forged(2)).1, one("checkpoint", "two-histories"));
    assert_eq!(against(&forged(9)).1, one("entries 4 to 8", "missing"));
    // A cosignature that is false is a fault of what was brought.
    let fake = brought(3, &two(2, 5)).lines().last().unwrap().to_owned();
    assert_eq!(against(&format!("{}{fake}\n", brought(2, &[]))).1, one("checkpoint", "cosignature"));
}
