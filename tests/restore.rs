//! `restore`: the copy becomes what the original was, and nobody goes on with it before somebody has said that it is
//! the newest.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // helpers of tests

mod cli_support;
mod fake_witness;

use std::fs;
use std::process::Stdio;

use cli_support::{DECLARE, DECLARED, OPEN, OPENED, PARTIES, Stage, copy_folder};
use fake_witness::{Manner, Witness, introduce};
use quorate::audit::audit;
use quorate::export::Reader;
use quorate::registry::{log_key, restore};
use quorate::store::data::DataDir;
use quorate::store::{Fault, Faulty, MemoryStore, ReadOnly, SledStore, Store};

/// An agreement with documents, whose policy names these witnesses, of which one is needed, or none where there are
/// none.
fn declared(witnesses: &[&Witness]) -> Stage {
    let mut stage = Stage::prepared();
    let lines: String = witnesses.iter().map(|it| it.line()).collect();
    let names: Vec<&str> = witnesses.iter().map(|it| it.name.as_str()).collect();
    let quorum = if names.is_empty() {
        "quorum none\n".to_owned()
    } else {
        format!("group any-of-them any {}\nquorum any-of-them\n", names.join(" "))
    };
    stage.write("policy", &format!("{lines}{quorum}"));
    stage.ok(&format!("{OPEN} --policy policy {PARTIES}"));
    introduce(stage.read("data/receipts/agi-2025/log.vkey").trim_end());
    if !names.is_empty() {
        stage.ok("cosign");
    }
    DECLARED.clone_into(&mut stage.clock);
    for witness in witnesses {
        witness.set_clock(DECLARED);
    }
    stage.ok(DECLARE);
    if !names.is_empty() {
        stage.ok("cosign");
    }
    stage.ok("export public");
    stage
}

/// Another machine with the same keys and the log's key, and the export.
fn another(stage: &Stage) -> Stage {
    let other = stage.copy(&stage.clock);
    for gone in ["store", "blobs", "receipts"] {
        fs::remove_dir_all(other.path("data").join(gone)).unwrap();
    }
    fs::create_dir(other.path("data/blobs")).unwrap();
    other
}

fn anchor(stage: &Stage) -> String {
    stage.ok("audit")["anchor"].as_str().unwrap().to_owned()
}

fn with_store<T>(stage: &Stage, see: impl FnOnce(&SledStore) -> T) -> T {
    let data = DataDir::open(&stage.path("data")).unwrap();
    see(&SledStore::inspect(&data.store_path(), &data.blobs_path()).unwrap())
}

/// Everything that a store gives of its only agreement.
#[derive(Debug, PartialEq)]
struct Everything {
    head: quorate::store::StoredHead,
    entries: Vec<(u64, Vec<u8>)>,
    nodes: Vec<Option<quorate::log::Hash>>,
    found: Vec<Option<u64>>,
    notes: Vec<(u64, String)>,
}

fn everything(store: &dyn Store) -> Everything {
    let anchor = store.agreements().unwrap()[0];
    let entries: Vec<_> = store.entries(&anchor, 0..u64::MAX).map(Result::unwrap).collect();
    let places = (0..4_u8).flat_map(|level| (0..8).map(move |index| (level, index)));
    let statement = |bytes: &[u8]| {
        let entry = quorate::statement::Entry::parse(bytes).unwrap();
        quorate::values::Digest::of(entry.envelope.statement.as_bytes())
    };
    Everything {
        head: store.head(&anchor).unwrap().unwrap(),
        nodes: places.map(|(level, index)| store.node(&anchor, level, index).unwrap()).collect(),
        found: entries.iter().map(|(_, bytes)| store.find(&anchor, &statement(bytes)).unwrap()).collect(),
        notes: store.checkpoints(&anchor).map(Result::unwrap).collect(),
        entries,
    }
}

const GO_ON: &str = "reaffirm --occasion later";

#[test]
fn a_copy_becomes_what_the_original_was_and_goes_on_once_a_witness_confirms_it() {
    let witness = Witness::start("w1", 1, OPENED);
    let stage = declared(&[&witness]);
    let other = another(&stage);
    let before = with_store(&stage, |store| everything(store));
    assert_eq!(before.notes.len(), 2);
    let answer = other.ok(&format!("restore public --anchor {}", anchor(&stage)));
    assert_eq!((&answer["writable"], &answer["anchor-checked"]), (&true.into(), &true.into()), "{answer}");
    assert_eq!(with_store(&other, |store| everything(store)), before);
    let blobs = |stage: &Stage| {
        fs::read_dir(stage.path("data/blobs"))
            .unwrap()
            .map(|it| it.unwrap().file_name())
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(blobs(&other), blobs(&stage));
    other.ok(&format!("{GO_ON} {PARTIES}"));
    other.ok("cosign");
    // The export that it was restored from goes on too.
    other.ok("export public");
    assert_eq!(other.ok("audit public")["entries"], 3);
}

#[test]
fn while_no_witness_answers_it_can_only_be_read() {
    let witness = Witness::start("w1", 1, OPENED);
    let stage = declared(&[&witness]);
    let other = another(&stage);
    witness.behave(Manner::Status(503));
    let answer = other.ok("restore public");
    assert_eq!((&answer["writable"], &answer["anchor-checked"]), (&false.into(), &false.into()), "{answer}");
    for line in ["audit", "status", "license", "log", "log show 1", "export again"] {
        let told = other.run(line);
        assert!(told.out.contains("READ-ONLY: restored from a copy, and nobody has"), "{line}: {told:?}");
        other.ok(line);
    }
    let told = other.fails(&format!("{GO_ON} {PARTIES}"), 1);
    assert!(told.contains("restored from a copy") && told.contains("quorate cosign agi-2025"), "{told}");
    // A statement that is in the log already has its receipt all the same.
    let before = other.ok("audit")["head"].clone();
    assert_eq!(other.run("cosign --without-quorum").code, 0);
    other.fails(&format!("{GO_ON} {PARTIES}"), 1);
    assert_eq!(other.ok("audit")["head"], before);
    witness.behave(Manner::Honest);
    assert_eq!(other.ok("cosign")["released"], true);
    other.ok(&format!("{GO_ON} {PARTIES}"));
}

#[test]
fn a_witness_that_had_never_seen_the_log_confirms_nothing() {
    let (old, new) = (Witness::start("old", 1, OPENED), Witness::start("new", 2, OPENED));
    new.behave(Manner::Status(503));
    let stage = declared(&[&old, &new]);
    let other = another(&stage);
    new.behave(Manner::Honest);
    old.behave(Manner::Status(503));
    let answer = other.ok("restore public");
    assert_eq!(answer["writable"], false, "{answer}");
    // Nor does it when it is asked again: it is not shown what it would then confirm.
    for _ in 0..2 {
        let told = other.run("cosign").out;
        assert!(
            told.split_whitespace().collect::<Vec<_>>().join(" ").contains("has never seen this log"),
            "{told}"
        );
        assert_eq!(new.seen(), 0);
        other.fails(&format!("{GO_ON} {PARTIES}"), 1);
    }
    other.ok("restore --accept-fork-risk agi-2025");
    other.ok("cosign");
    assert_eq!(new.seen(), 2);
}

#[test]
fn an_older_copy_is_refused_for_good_by_a_witness_that_has_seen_more() {
    let witness = Witness::start("w1", 1, OPENED);
    let stage = declared(&[&witness]);
    let other = another(&stage);
    stage.ok(&format!("{GO_ON} {PARTIES}"));
    stage.ok("cosign");
    let done = other.run("restore public --json");
    let answer = done.json();
    assert_eq!((done.code, &answer["writable"]), (1, &false.into()), "{done:?}");
    assert!(other.path(answer["evidence"][0].as_str().unwrap()).exists());
    let told = other.fails(&format!("{GO_ON} {PARTIES}"), 1);
    assert!(told.contains("has signed 3 entries"), "{told}");
    let told = other.fails("restore --accept-fork-risk agi-2025", 1);
    assert!(told.contains("has signed 3 entries"), "{told}");
    // A newer copy, in a new folder, is what it asks for.
    let newer = another(&stage);
    stage.ok("export public");
    fs::remove_dir_all(newer.path("public")).unwrap();
    copy_folder(&stage.path("public"), &newer.path("public"));
    assert_eq!(newer.ok("restore public")["writable"], true);
}

/// What a witness says without proof is overridden by its name alone, and what it proves never.
#[test]
fn nobody_accepts_a_risk_that_a_witness_says_has_come_true() {
    let [w1, w2] = [("w1", 1), ("w2", 2)].map(|(name, seed)| Witness::start(name, seed, OPENED));
    let stage = declared(&[&w1, &w2]);
    for (manner, words) in [(Manner::Ahead(9), "has cosigned 9 entries"), (Manner::Refuses, "422")] {
        let other = another(&stage);
        w1.behave(manner);
        w2.behave(manner);
        assert_eq!(other.ok("restore public")["writable"], false);
        for despite in ["", " --despite-witness w1", " --despite-witness w2"] {
            let told = other.fails(&format!("restore --accept-fork-risk agi-2025{despite}"), 1);
            assert!(told.contains(words) && told.contains("--despite-witness w"), "{told}");
        }
        other.fails(&format!("{GO_ON} {PARTIES}"), 1);
        let both = "restore --accept-fork-risk agi-2025 --despite-witness w1 --despite-witness w2";
        let told = other.fails(&format!("{both} --despite-witness w3"), 2);
        assert!(told.contains("no witness of that name"), "{told}");
        assert_eq!(other.ok(both)["despite"], serde_json::json!(["w1", "w2"]));
        other.ok(&format!("{GO_ON} {PARTIES}"));
    }
    // With proof the names change nothing.
    let other = another(&stage);
    for witness in [&w1, &w2] {
        witness.behave(Manner::Honest);
    }
    stage.ok(&format!("{GO_ON} {PARTIES}"));
    stage.ok("cosign");
    assert_eq!(other.run("restore public").code, 1);
    let told =
        other.fails("restore --accept-fork-risk agi-2025 --despite-witness w1 --despite-witness w2", 1);
    assert!(told.contains("has signed 3 entries"), "{told}");
    other.fails(&format!("{GO_ON} {PARTIES}"), 1);
}

/// One liar or faulty witness does not keep a log read-only against a quorum that knew it.
#[test]
fn a_claim_without_proof_is_outvoted_by_a_quorum_and_told() {
    let [w1, w2] = [("w1", 1), ("w2", 2)].map(|(name, seed)| Witness::start(name, seed, OPENED));
    let stage = declared(&[&w1, &w2]);
    for manner in [Manner::Ahead(9), Manner::Refuses] {
        w2.behave(manner);
        let other = another(&stage);
        let done = other.run("restore public");
        let told = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(done.code == 0 && told.contains("it takes statements again"), "{told}");
        assert!(told.contains("w2 says otherwise and proves nothing"), "{told}");
        other.ok(&format!("{GO_ON} {PARTIES}"));
    }
}

/// A stranger has shown the copy's head to a witness that had never seen the log: it knows the log by that alone.
#[test]
fn a_witness_of_which_the_copy_has_no_cosignature_confirms_nothing() {
    let (old, new) = (Witness::start("old", 1, OPENED), Witness::start("new", 2, OPENED));
    new.behave(Manner::Status(503));
    let stage = declared(&[&old, &new]);
    let (other, stranger) = (another(&stage), another(&stage));
    stage.ok(&format!("{GO_ON} {PARTIES}"));
    stage.ok("cosign");
    // The stranger, by another copy.
    new.behave(Manner::Honest);
    old.behave(Manner::Status(503));

    stranger.ok("restore public");
    stranger.ok("restore --accept-fork-risk agi-2025");
    stranger.ok("cosign");
    assert_eq!(new.seen(), 2);
    assert_eq!(other.ok("restore public")["writable"], false);
    // Nor does it vouch for itself when it is asked again.
    for _ in 0..2 {
        let told = other.run("cosign").out;
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("the copy has no cosignature by it"), "{told}");
        other.fails(&format!("{GO_ON} {PARTIES}"), 1);
    }
    old.behave(Manner::Honest);
    assert_eq!(other.run("cosign").code, 1);
    let told = other.fails("restore --accept-fork-risk agi-2025", 1);
    assert!(told.contains("has signed 3 entries"), "{told}");
}

/// What somebody found while the witnesses were asked is not wiped away by the operator's word.
#[test]
fn a_fork_that_is_found_meanwhile_stays_marked() {
    let witness = Witness::start("w1", 1, OPENED);
    let stage = declared(&[&witness]);
    let other = another(&stage);
    witness.behave(Manner::Status(503));
    other.ok("restore public");
    witness.asked();
    witness.hold(true);
    let mut accepting = other.command("restore --accept-fork-risk agi-2025 --timeout 60s");
    let accepting = accepting.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    witness.wait_until_asked();
    let data = DataDir::open(&other.path("data")).unwrap();
    let mark = Some(ReadOnly::TwoHistories(2));
    let store = data.open_store().unwrap();
    let anchor = store.agreements().unwrap()[0];
    store.set_read_only(&anchor, mark).unwrap();
    drop(store);
    witness.hold(false);
    let done = cli_support::Done::of(accepting.wait_with_output().unwrap());
    assert!(done.code == 1 && done.err.contains("two histories"), "{done:?}");
    assert_eq!(with_store(&other, |store| store.read_only(&anchor).unwrap()), mark);
}

/// A cosignature of tomorrow would be the newest for ever.
#[test]
fn cosignatures_from_the_future_are_left_out_of_a_copy_and_told() {
    let witness = Witness::start("w1", 1, OPENED);
    let mut stage = declared(&[&witness]);
    let other = another(&stage);
    let tomorrow = "2026-12-24T12:00:00Z";
    tomorrow.clone_into(&mut stage.clock);
    witness.set_clock(tomorrow);
    stage.ok("cosign");
    stage.ok("export public");
    fs::remove_dir_all(other.path("public")).unwrap();
    copy_folder(&stage.path("public"), &other.path("public"));
    witness.behave(Manner::Status(503));
    let text = other.copy(&other.clock).run("restore public").out;
    assert!(text.contains("left out: a cosignature of 2 entries by w1.example from the future"), "{text}");
    let answer = other.ok("restore public");
    assert_eq!(answer["from-the-future"], serde_json::json!([{ "size": 2, "witness": "w1.example" }]));
    let times = |note: &str| {
        let key = quorate::log::WitnessSigner::from_seed("w1.example", &[1; 32]).unwrap();
        key.verifier().cosignatures(&quorate::log::Note::parse(note.as_bytes()).unwrap()).unwrap()
    };
    let all = with_store(&other, |store| everything(store));
    let notes = all.notes.iter().map(|(_, note)| note).chain([&all.head.checkpoint]);
    for time in notes.flat_map(|note| times(note)) {
        assert!(time.time() <= DECLARED.parse().unwrap(), "{time:?}");
    }
    assert_eq!(all.notes.len(), 2, "what it cosigned in time is kept");
}

#[test]
fn without_witnesses_the_operator_says_so_by_name() {
    let stage = declared(&[]);
    let other = another(&stage);
    assert_eq!(other.ok("restore public")["writable"], false);
    let anchor = anchor(&other);
    for name in ["agi-2026", &anchor, "AGI-2025"] {
        other.fails(&format!("restore --accept-fork-risk {name}"), 2);
    }
    other.fails(&format!("{GO_ON} {PARTIES}"), 1);
    let done = other.run("cosign");
    let told = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(done.code == 1 && told.contains("No quorum of witnesses can confirm"), "{done:?}");
    assert!(told.contains("restore --accept-fork-risk agi-2025") && !told.contains("asks the"), "{told}");
    // Whoever types it to read about the risk has taken it.
    let refused = other.fails(&format!("{GO_ON} {PARTIES}"), 1);
    for told in [told, refused.split_whitespace().collect::<Vec<_>>().join(" ")] {
        assert!(
            told.contains("takes that risk at once") && told.contains("`quorate restore --help`"),
            "{told}"
        );
    }
    assert_eq!(other.run("cosign --json").json()["read-only"], "restored");
    let done = other.run("restore --accept-fork-risk agi-2025");
    assert!(done.code == 0 && done.out.contains("Accepted: should the log have gone on"), "{done:?}");
    other.ok(&format!("{GO_ON} {PARTIES}"));
    other.fails("restore --accept-fork-risk agi-2025", 2);
    assert_eq!(other.run("cosign").code, 0);
}

/// The receipts of the folder are the log's own word: they stand whatever the operator accepts.
#[test]
fn receipts_that_contradict_the_copy_keep_it_from_going_on() {
    let stage = declared(&[]);
    let other = another(&stage);
    stage.ok(&format!("{GO_ON} {PARTIES}"));
    copy_folder(&stage.path("data/receipts"), &other.path("data/receipts"));
    other.ok("restore public");
    let told = other.fails("restore --accept-fork-risk agi-2025", 1);
    assert!(told.contains("the store is older than this receipt"), "{told}");
    other.fails(&format!("{GO_ON} {PARTIES}"), 1);
}

#[test]
fn what_cannot_be_restored_leaves_nothing_behind() {
    let stage = declared(&[]);
    let told = stage.fails("restore public", 2);
    assert!(told.contains("has the agreement already"), "{told}");

    let other = another(&stage);
    let none = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    other.fails(&format!("restore public --anchor {none}"), 1);
    assert!(other.fails("restore nowhere", 2).contains("nowhere/checkpoint is not there"));
    other.fails("restore", 2);
    let key = other.read("data/log.key");
    fs::remove_file(other.path("data/log.key")).unwrap();
    other.fails("restore public", 4);
    let strange = Stage::empty();
    strange.ok("init --log-name test.example");
    fs::copy(strange.path("data/log.key"), other.path("data/log.key")).unwrap();
    let told = other.fails("restore public", 2);
    assert!(told.contains("log.key") && told.contains("in no export"), "{told}");
    other.write("data/log.key", &key);
    let entries = other.path("public/tile/entries/000.p/2");
    let mut bytes = fs::read(&entries).unwrap();
    let last = bytes.len() - 30;
    bytes[last] ^= 1;
    fs::write(&entries, bytes).unwrap();
    let told = other.fails("restore public", 1);
    assert!(told.contains("does not pass its audit"), "{told}");
    assert!(other.fails("status", 2).contains("no agreement yet"));
}

#[test]
fn a_document_that_was_erased_stays_erased() {
    let stage = declared(&[]);
    let other = another(&stage);
    let blob = fs::read_dir(other.path("public/blobs")).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&blob).unwrap();
    let answer = other.ok("restore public");
    let digest = format!("sha256:{}", blob.file_name().unwrap().to_str().unwrap());
    assert_eq!((&answer["documents"], &answer["absent"]), (&0.into(), &serde_json::json!([digest])));
    assert_eq!(fs::read_dir(other.path("data/blobs")).unwrap().count(), 0);
    other.ok("audit");
}

#[test]
fn a_document_that_was_altered_is_named_and_is_no_document_of_what_was_restored() {
    let stage = declared(&[]);
    let blob = fs::read_dir(stage.path("public/blobs")).unwrap().next().unwrap().unwrap().path();
    let digest = format!("sha256:{}", blob.file_name().unwrap().to_str().unwrap());
    let altered = |change: &dyn Fn()| {
        let other = another(&stage);
        fs::remove_dir_all(other.path("public")).unwrap();
        change();
        copy_folder(&stage.path("public"), &other.path("public"));
        let done = other.run("restore public --json");
        assert_eq!(done.code, 1, "{done:?}");
        let answer = done.json();
        assert_eq!((&answer["documents"], &answer["absent"]), (&0.into(), &serde_json::json!([])));
        let named = &answer["altered"][0];
        assert_eq!(
            (&named["document"], &named["entry"], &named["name"]),
            (&digest.as_str().into(), &1.into(), &"declaration".into())
        );
        assert_eq!(fs::read_dir(other.path("data/blobs")).unwrap().count(), 0);
        // The record itself is whole.
        other.ok("audit");
        named["instead"].as_str().unwrap().to_owned()
    };
    let said = altered(&|| fs::write(&blob, "something else").unwrap());
    assert!(said.starts_with("14 bytes, whose SHA-256 is sha256:"), "{said}");
    // Longer than any document.
    let said = altered(&|| fs::File::create(&blob).unwrap().set_len((128 << 20) + 1).unwrap());
    assert!(said.contains("is longer than the 134217728 bytes that it can have"), "{said}");
}

/// Every step of rebuilding fails in turn, persisted and not: what is there is read-only, and the same command brings
/// the rest.
#[test]
fn an_interrupted_restore_is_taken_up_again() {
    let witness = Witness::start("w1", 1, OPENED);
    let stage = declared(&[&witness]);
    let data = DataDir::open(&stage.path("data")).unwrap();
    let folder = Reader::folder(stage.path("public")).unwrap();
    let report = audit(&folder, None, &mut |_, _| {}).unwrap();
    let state = report.state.clone().unwrap();
    let key = log_key(data.log_name(), &state.agreement.name, &data.log_seed().unwrap()).unwrap();
    let now = DECLARED.parse().unwrap();
    let run = |store: &dyn Store| {
        restore(store, &folder, &report, &state, &key, now, &|digest| folder.blob(digest))
    };
    let whole = MemoryStore::new();
    run(&whole).unwrap();
    let expected = with_store(&stage, |store| everything(store));
    assert_eq!(everything(&whole), expected);

    let counting = Faulty::counting(MemoryStore::new());
    run(&counting).unwrap();
    let anchor = state.agreement.anchor;
    for call in 0..counting.calls() {
        for fault in [Fault::Persisted, Fault::NotPersisted, Fault::Refused] {
            let store = Faulty::failing(MemoryStore::new(), call, fault);
            run(&store).unwrap_err();
            let store = store.into_inner();
            let begun = store.head(&anchor).unwrap().is_some();
            assert!(
                !begun || store.read_only(&anchor).unwrap() == Some(ReadOnly::Restored),
                "{call} {fault:?}"
            );
            run(&store).unwrap();
            assert_eq!(everything(&store), expected, "{call} {fault:?}");
        }
    }
}
