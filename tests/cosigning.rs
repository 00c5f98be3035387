//! Cosigning from the log's side: real requests to witnesses that keep to C2SP tlog-witness, and to some that do not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // helpers of tests

mod cli_support;
mod fake_witness;
#[path = "witness_support/process.rs"]
mod process;

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;

use cli_support::{OPEN, OPENED, PARTIES, Stage, copy_folder};
use fake_witness::{Manner, Witness, introduce};
use quorate::log::{Note, Policy};
use quorate::registry::{Clock as _, SystemClock};
use quorate::store::Store as _;
use quorate::store::data::DataDir;
use quorate::values::Digest;
use serde_json::Value;

const LATER: &str = "2025-10-29T16:00:00Z";

/// An agreement whose policy names these witnesses, of which so many are needed.
fn opened(witnesses: &[&Witness], needed: usize) -> Stage {
    let lines: String = witnesses.iter().map(|it| it.line()).collect();
    let names: Vec<&str> = witnesses.iter().map(|it| it.name.as_str()).collect();
    opened_with(&format!("{lines}group all-of-them {needed} {}\nquorum all-of-them\n", names.join(" ")))
}

fn opened_with(policy: &str) -> Stage {
    let stage = Stage::prepared();
    stage.write("policy", policy);
    stage.ok(&format!("{OPEN} --policy policy {PARTIES}"));
    introduce(stage.read("data/receipts/agi-2025/log.vkey").trim_end());
    stage
}

fn reaffirm(stage: &Stage, occasion: &str) {
    stage.ok(&format!("reaffirm --occasion {occasion} {PARTIES}"));
}

/// What is stored: the head's checkpoint, and the notes by size.
fn stored(stage: &Stage) -> (String, Vec<(u64, Note)>) {
    let data = DataDir::open(&stage.path("data")).unwrap();
    let store = quorate::store::SledStore::inspect(&data.store_path(), &data.blobs_path()).unwrap();
    let anchor = store.agreements().unwrap()[0];
    let notes = store.checkpoints(&anchor).map(Result::unwrap);
    let notes = notes.map(|(size, note)| (size, Note::parse(note.as_bytes()).unwrap())).collect();
    (store.head(&anchor).unwrap().unwrap().checkpoint, notes)
}

/// The names under a note, in order.
fn signers(note: &Note) -> Vec<&str> {
    note.signatures().iter().map(|line| line.name.as_str()).collect()
}

/// The word of one witness in an answer.
fn fault<'a>(answer: &'a Value, name: &str) -> &'a str {
    let witnesses = answer["witnesses"].as_array().unwrap();
    let witness = witnesses.iter().find(|it| it["name"] == name).unwrap();
    assert!(witness["cosigned-at"].is_null(), "{witness}");
    witness["fault"].as_str().unwrap()
}

const LOG: &str = "test.example/agi-2025";

#[test]
fn a_quorum_cosigns_and_head_receipts_and_exports_carry_it() {
    let [w1, w2, w3] =
        [("w1", 1), ("w2", 2), ("w3", 3)].map(|(name, seed)| Witness::start(name, seed, OPENED));
    let mut stage = opened(&[&w1, &w2, &w3], 2);
    let answer = stage.ok("cosign");
    assert_eq!((&answer["quorum"], &answer["head"]["size"]), (&true.into(), &1.into()));

    let policy =
        format!("log {}\n{}", stage.read("data/receipts/agi-2025/log.vkey").trim_end(), stage.read("policy"));
    let policy = Policy::parse(policy.as_bytes()).unwrap();
    let good = |note: &str| drop(policy.open(note.as_bytes()).unwrap());
    good(&stored(&stage).0);
    stage.ok("log show 0 --receipt 0.tlog-proof");
    let receipt = quorate::log::Receipt::parse(stage.read("0.tlog-proof").as_bytes()).unwrap();
    good(&receipt.checkpoint);
    stage.ok("export public");
    good(&stage.read("public/checkpoint"));

    // An hour later the same head: the first and the newest of each are kept, the newest is published.
    for (day, expected) in [("2025-10-29T16:00:00Z", 7), ("2025-10-30T16:00:00Z", 7)] {
        for witness in [&w1, &w2, &w3] {
            witness.set_clock(day);
        }
        day.clone_into(&mut stage.clock);
        stage.ok("cosign");
        let (head, notes) = stored(&stage);
        assert_eq!((notes.len(), notes[0].0), (1, 1));
        let (w1, w2, w3) = ("w1.example", "w2.example", "w3.example");
        assert_eq!(signers(&notes[0].1), [LOG, w1, w1, w2, w2, w3, w3][..expected]);
        assert_eq!(signers(&Note::parse(head.as_bytes()).unwrap()), [LOG, w1, w2, w3]);
        let support = policy.support(&notes[0].1).unwrap();
        assert_eq!(support.existed_by().unwrap().time().to_string(), OPENED);
        assert_eq!(support.newest_at().unwrap().time().to_string(), day);
        stage.ok("export public");
        assert_eq!(stage.read("public/checkpoint"), head);
        assert_eq!(stage.read("public/checkpoints/1"), notes[0].1.to_string());
    }
    stage.ok("audit");
    stage.ok("audit public");
}

/// The same against `quorate witness serve`: it cosigns, follows, and shows what convicts a store that went back.
#[test]
fn the_witness_of_this_program_cosigns_and_convicts() {
    let mut stage = Stage::prepared();
    stage.clock = SystemClock.now().to_string();
    let key = stage.ok("key show --log agi-2025");
    let vkey = key["vkey"].as_str().unwrap();
    let desk = process::Desk::made();
    desk.ok(&format!("witness add-log wit {vkey}"));
    let server = desk.serve();
    stage.write("policy", &format!("witness w1 {} http://{}\nquorum w1\n", desk.key(), server.address));
    stage.ok(&format!("{OPEN} --policy policy {PARTIES}"));
    assert_eq!(stage.ok("cosign")["quorum"], true);
    copy_folder(&stage.path("data/store"), &stage.path("old"));
    for occasion in ["a", "b"] {
        reaffirm(&stage, occasion);
    }
    stage.ok("cosign");
    stage.ok("cosign");
    stage.ok("export public");
    stage.ok("audit public");
    let (head, notes) = stored(&stage);
    assert_eq!(signers(&Note::parse(head.as_bytes()).unwrap()), [LOG, "wit.example/w1"]);
    assert_eq!(notes.iter().map(|(size, _)| *size).collect::<Vec<_>>(), [1, 3]);

    fs::remove_dir_all(stage.path("data/store")).unwrap();
    copy_folder(&stage.path("old"), &stage.path("data/store"));
    let done = stage.run("cosign --json");
    assert_eq!((done.code, &done.json()["read-only"]), (1, &"newer 3".into()), "{done:?}");
}

#[test]
fn a_witness_is_asked_from_where_it_stands() {
    let witness = Witness::start("w1", 1, OPENED);
    let stage = opened(&[&witness], 1);
    stage.ok("cosign");
    assert_eq!(witness.asked(), [0]);
    for occasion in ["a", "b", "c"] {
        reaffirm(&stage, occasion);
    }
    stage.ok("cosign");
    assert_eq!((witness.asked(), witness.seen()), (vec![1], 4));
    // Somebody else has shown it this head: a copy that does not remember asks once more.
    reaffirm(&stage, "d");
    let forgetful = stage.copy(OPENED);
    stage.ok("cosign");
    assert_eq!(witness.asked(), [4]);
    forgetful.ok("cosign");
    assert_eq!((witness.asked(), witness.seen()), (vec![4, 5], 5));
}

#[test]
fn whoever_breaks_the_protocol_is_named_and_the_others_count() {
    let (good, bad) = (Witness::start("good", 1, OPENED), Witness::start("bad", 2, OPENED));
    let stage = opened(&[&good, &bad], 1);
    let cases = [
        (Manner::Silent, "did not answer within 1 seconds"),
        (Manner::Endless, "more than"),
        (Manner::Garbage, "not one of a witness"),
        (Manner::Empty, "it is empty"),
        (Manner::Another, "not of this checkpoint"),
        (Manner::OtherKey, "signs with another key"),
        (Manner::Clock(61), "clock"),
        (Manner::Clock(-61), "clock"),
        (Manner::Clock(1 << 40), "clock"),
        (Manner::Loops, "takes none"),
        (Manner::BadConflict, "409"),
        (
            Manner::Status(404),
            "does not know this log (404): give its operator the log's key, test.example/agi-2025+",
        ),
        (Manner::Status(403), "403"),
        (Manner::Status(400), "malformed"),
        (Manner::Status(429), "try again later"),
        (Manner::Status(503), "try again later"),
        (Manner::Status(418), "418"),
        (Manner::Status(302), "redirects are not followed"),
    ];
    for (manner, words) in cases {
        bad.behave(manner);
        let answer = stage.ok("cosign --timeout 1s");
        assert!(fault(&answer, "bad").contains(words), "{manner:?}: {answer}");
        assert!(stage.run("cosign --timeout 1s").out.contains("bad: "));
        assert_eq!(signers(&stored(&stage).1[0].1), [LOG, "good.example"], "{manner:?}");
    }
    bad.behave(Manner::Clock(60));
    stage.ok("cosign");
    assert_eq!(signers(&stored(&stage).1[0].1), [LOG, "good.example", "bad.example"]);
    stage.ok("audit");
}

#[test]
fn without_a_quorum_the_exit_code_says_so_unless_it_is_not_asked_for() {
    let [w1, w2] = [("w1", 1), ("w2", 2)].map(|(name, seed)| Witness::start(name, seed, OPENED));
    let stage = opened(&[&w1, &w2], 2);
    w2.behave(Manner::Status(503));
    let done = stage.run("cosign");
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.out.contains("The policy's quorum has not cosigned this head."), "{done:?}");
    stage.ok("cosign --without-quorum");
    // What one gave is kept, and counts when the other comes.
    w2.behave(Manner::Honest);
    w1.behave(Manner::Status(503));
    stage.ok("cosign");
    for line in ["cosign --timeout 0s", "cosign --timeout 1h", "cosign --every 0s", "cosign --timeout soon"] {
        stage.fails(line, 2);
    }
}

#[test]
fn where_nobody_can_be_asked_it_says_so() {
    let witness = Witness::start("w1", 1, OPENED);
    let address_less = witness.line().replace(&format!(" {}", witness.url), "");
    for (policy, code, words) in [
        (format!("{address_less}quorum w1\n"), 1, "gives no address"),
        (format!("{address_less}quorum none\n"), 0, "gives no address"),
        (format!("{}quorum none\n", witness.line()), 0, "asks for no quorum"),
    ] {
        let done = opened_with(&policy).run("cosign");
        assert_eq!(done.code, code, "{policy}: {done:?}");
        assert!(done.out.contains(words), "{policy}: {done:?}");
    }
    let done = Stage::opened().run("cosign");
    assert!(done.code == 0 && done.out.contains("no witness policy"), "{done:?}");
}

/// A store that was put back, and that its log's own word convicts: nothing is added any more.
#[test]
fn a_rolled_back_store_is_found_by_a_witness_and_can_only_be_read() {
    let [w1, w2] = [("w1", 1), ("w2", 2)].map(|(name, seed)| Witness::start(name, seed, OPENED));
    let stage = opened(&[&w1, &w2], 1);
    stage.ok("cosign");
    copy_folder(&stage.path("data/store"), &stage.path("old"));
    reaffirm(&stage, "a");
    stage.ok("cosign");
    fs::remove_dir_all(stage.path("data/store")).unwrap();
    copy_folder(&stage.path("old"), &stage.path("data/store"));
    fs::remove_dir_all(stage.path("data/receipts")).unwrap();
    w2.behave(Manner::Status(503));

    let done = stage.run("cosign --without-quorum --json");
    let answer = done.json();
    assert_eq!((done.code, &answer["read-only"]), (1, &"newer 2".into()), "{done:?}");
    let evidence = answer["evidence"][0].as_str().unwrap();
    let report = stage.run(&format!("audit --against {evidence} --json"));
    assert_eq!((report.code, &report.json()["findings"][0]["rule"]), (1, &"missing".into()));
    let told = stage.fails(&format!("reaffirm --occasion b {PARTIES}"), 1);
    assert!(told.contains("the log has signed 2 entries") && told.contains("nothing was added"), "{told}");
    for (line, code) in [("audit", 1), ("status", 0), ("license", 0), ("log", 0), ("export public", 0)] {
        let done = stage.run(line);
        let told = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
        let mark =
            "READ-ONLY: the log has signed 2 entries, and this store ends before them: it is an older copy";
        assert!(done.code == code && told.contains(mark), "{line}: {done:?}");
        let done = stage.run(&format!("{line} --json"));
        assert_eq!((done.code, &done.json()["read-only"]), (code, &"newer 2".into()), "{line}: {done:?}");
    }
    let refused = stage.fails("license --certificate licence.json", 1);
    assert!(refused.contains("no certificate") && refused.contains("Restore a copy"), "{refused}");
    assert!(!stage.path("licence.json").exists());
    assert_eq!(stage.run("cosign --every 1s").code, 1, "it must not stay");
}

/// What proves a fork is whole or not there; where there is no room for it, the agreement is marked all the same.
#[test]
fn evidence_is_written_whole_and_a_disk_without_room_does_not_keep_the_mark_off() {
    let witness = Witness::start("w1", 1, OPENED);
    let stage = opened(&[&witness], 1);
    stage.ok("cosign");
    let other = stage.copy(OPENED);
    reaffirm(&stage, "a");
    stage.ok("cosign");
    reaffirm(&other, "b");
    other.write("data/evidence", "no folder");
    let done = other.run("cosign");
    assert_eq!(done.code, 4, "{done:?}");
    let told = other.fails(&format!("reaffirm --occasion c {PARTIES}"), 1);
    assert!(told.contains("two histories"), "{told}");
    fs::remove_file(other.path("data/evidence")).unwrap();
    let folder = "data/evidence/agi-2025";
    let files = || {
        let names = fs::read_dir(other.path(folder)).unwrap().map(|it| it.unwrap().file_name());
        let names = names.map(|name| name.into_string().unwrap());
        names.map(|name| (name.clone(), other.read(&format!("{folder}/{name}")))).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(other.run("cosign").code, 1);
    let whole = files();
    assert_eq!(whole.len(), 2, "{whole:?}");
    for (name, note) in &whole {
        assert!(name.ends_with(&format!("-2-{}.checkpoint", Digest::of(note.as_bytes()).hex())), "{name}");
        // What a crash may have left of it.
        other.write(&format!("{folder}/{name}"), &note[..40]);
    }
    assert_eq!(other.run("cosign").code, 1);
    assert_eq!(files(), whole);
}

/// An operator who signs another history over the same number of entries.
#[test]
fn a_rewritten_log_is_found_by_a_witness() {
    let witness = Witness::start("w1", 1, OPENED);
    let stage = opened(&[&witness], 1);
    stage.ok("cosign");
    let other = stage.copy(OPENED);
    reaffirm(&stage, "a");
    stage.ok("cosign");
    reaffirm(&other, "b");
    let done = other.run("cosign --json");
    assert_eq!((done.code, &done.json()["read-only"]), (1, &"two-histories 2".into()), "{done:?}");
    let told = other.fails(&format!("reaffirm --occasion c {PARTIES}"), 1);
    assert!(told.contains("two histories"), "{told}");
}

/// Anybody can answer 409: what is not proved stops nobody, and is loud all the same.
#[test]
fn a_claim_without_proof_is_told_and_marks_nothing() {
    let [w1, w2] = [("w1", 1), ("w2", 2)].map(|(name, seed)| Witness::start(name, seed, OPENED));
    let stage = opened(&[&w1, &w2], 1);
    for (manner, words) in [(Manner::Ahead(7), "has cosigned 7 entries"), (Manner::Refuses, "422")] {
        w2.behave(manner);
        let done = stage.run("cosign --json");
        let answer = done.json();
        assert_eq!((done.code, &answer["quorum"], &answer["read-only"]), (1, &true.into(), &Value::Null));
        assert!(fault(&answer, "w2").contains(words), "{answer}");
    }
    reaffirm(&stage, "a");
}

/// While a witness takes its time, others go on: the folder is free, and what comes late counts for the head it was
/// asked about.
#[test]
fn submissions_go_on_while_a_witness_thinks() {
    let witness = Witness::start("w1", 1, OPENED);
    let stage = opened(&[&witness], 1);
    witness.hold(true);
    let asking = stage.command("cosign --timeout 60s --json").stdout(Stdio::piped()).spawn().unwrap();
    witness.wait_until_asked();
    reaffirm(&stage, "a");
    witness.hold(false);
    let done = cli_support::Done::of(asking.wait_with_output().unwrap());
    let answer = done.json();
    assert_eq!(
        (done.code, &answer["behind"], &answer["head"]["size"]),
        (0, &1.into(), &1.into()),
        "{done:?}"
    );
    let (head, notes) = stored(&stage);
    assert_eq!(signers(&Note::parse(head.as_bytes()).unwrap()), [LOG]);
    assert_eq!((notes.len(), notes[0].0), (1, 1));

    // The quorum has seen one entry of two.
    let export = stage.ok("export public --cosigned");
    assert_eq!((&export["head"]["size"], &export["behind"]), (&1.into(), &1.into()));
    let audit = stage.ok("audit public");
    assert_eq!(audit["entries"], 1);
    stage.ok("cosign");
    assert_eq!(stage.ok("export public --cosigned")["head"]["size"], 2);
    assert_eq!(stage.ok("audit public")["entries"], 2);
    reaffirm(&stage, "b");
    stage.ok("export public");
    let told = stage.fails("export public --cosigned", 1);
    assert!(told.contains("never taken back"), "{told}");
}

#[test]
fn nothing_is_published_as_cosigned_before_anybody_has() {
    let witness = Witness::start("w1", 1, OPENED);
    let stage = opened(&[&witness], 1);
    let told = stage.fails("export public --cosigned", 1);
    assert!(told.contains("quorate cosign"), "{told}");
    assert!(!stage.path("public/checkpoint").exists());
    let plain = Stage::opened();
    assert_eq!(plain.ok("export public --cosigned")["head"]["size"], 1);
}

#[test]
fn a_folder_never_loses_a_cosignature_that_it_has() {
    let [w1, w2] = [("w1", 1), ("w2", 2)].map(|(name, seed)| Witness::start(name, seed, OPENED));
    let mut stage = opened(&[&w1, &w2], 1);
    let before = stage.copy(OPENED);
    stage.ok("cosign");
    stage.ok("export public");
    let kept = stage.read("public/checkpoints/1");
    // A line by a key that no policy knows, as another tool may have added it.
    let line = "— stranger.example AAAAAAAAAAA=\n";
    stage.write("public/checkpoints/1", &format!("{kept}{line}"));
    // Another copy of the data folder that knows of no cosignature exports to the same folder, and an older one adds.
    copy_folder(&stage.path("public"), &before.path("public"));
    before.ok("export public");
    assert_eq!(before.read("public/checkpoint"), stage.read("public/checkpoint"));
    let there = before.read("public/checkpoints/1");
    assert!(there.lines().all(|it| kept.contains(it) || it == line.trim_end()), "{there}");
    assert_eq!(there.len(), kept.len() + line.len());
    for witness in [&w1, &w2] {
        witness.set_clock(LATER);
    }
    LATER.clone_into(&mut stage.clock);
    stage.ok("cosign");
    stage.ok("export public");
    let there = stage.read("public/checkpoints/1");
    assert!(kept.lines().chain([line.trim_end()]).all(|line| there.contains(line)), "{there}");
    assert_eq!(Note::parse(there.as_bytes()).unwrap().signatures().len(), 6);
    stage.ok("audit public");
}

/// It stays, asks again for an unchanged head, and follows the log.
#[test]
fn every_goes_on_beside_submissions() {
    let witness = Witness::start("w1", 1, OPENED);
    let stage = opened(&[&witness], 1);
    let mut command = stage.command("cosign --every 1s");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut staying = std::process::Command::new(env!("CARGO_BIN_EXE_quorate"));
    staying.args(command.get_args().skip_while(|word| *word != "--data"));
    staying.current_dir(stage.path("")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut staying = staying.spawn().unwrap();
    witness.wait_until_seen(1);
    for (size, occasion) in (2..).zip(["a", "b"]) {
        reaffirm(&stage, occasion);
        witness.wait_until_seen(size);
    }
    staying.kill().unwrap();
    staying.wait().unwrap();
    stage.ok("audit");
    stage.ok("cosign");
    assert_eq!(stored(&stage).1.last().unwrap().0, 3);
}

/// Killed at any instant: what is stored passes, and the next round brings the rest.
#[test]
fn killed_at_any_instant_it_leaves_a_store_that_passes() {
    let [w1, w2] = [("w1", 1), ("w2", 2)].map(|(name, seed)| Witness::start(name, seed, OPENED));
    let stage = opened(&[&w1, &w2], 2);
    for number in 0..12_u64 {
        let instant = Digest::of(&number.to_be_bytes()).0;
        let patience = u64::from(u16::from_be_bytes([instant[0], instant[1]])) * 4;
        let args: Vec<String> =
            stage.command("cosign").get_args().map(|it| it.to_str().unwrap().to_owned()).collect();
        let from = args.iter().position(|word| word == "--data").unwrap();
        let mut killed = std::process::Command::new(env!("CARGO_BIN_EXE_quorate"));
        killed.args(&args[from..]).current_dir(stage.path("")).stdout(Stdio::null()).stderr(Stdio::null());
        let mut killed = killed.spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_micros(patience));
        killed.kill().unwrap();
        killed.wait().unwrap();
        stage.ok("audit");
        if number % 4 == 3 {
            stage.ok("cosign");
            assert_eq!(stored(&stage).1.last().unwrap().0, number / 4 + 1);
            reaffirm(&stage, &format!("o{number}"));
        }
    }
}
