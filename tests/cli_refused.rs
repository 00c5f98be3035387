//! The log's signed refusals through the program: kept by whoever was turned away, checked offline, and held against
//! a log that refuses on the last day.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fs;

use cli_support::{CLOSED, Done, PARTIES, Stage, copy_folder};
use quorate::log::LogKey;
use quorate::registry::log_key;
use quorate::statement::{Envelope, Refused};
use quorate::store::data::DataDir;
use quorate::values::Id;
use serde_json::Value;

const VOTE: &str = "vote --choice met --rationale why.md";

fn agreement_key(stage: &Stage) -> LogKey {
    let data = DataDir::open(&stage.path("data")).unwrap();
    log_key(data.log_name(), &"agi-2025".parse::<Id>().unwrap(), &data.log_seed().unwrap()).unwrap()
}

/// The path of the note of a refused command, relative to the stage.
fn note_of(stage: &Stage, line: &str) -> String {
    let done = stage.run(&format!("{line} --json"));
    assert_eq!(done.code, 3, "{done:?}");
    done.json()["error"]["note"].as_str().unwrap().to_owned()
}

/// A vote of o1 in `vote.json`, and the ballot is closed.
fn late() -> Stage {
    let mut stage = Stage::voting();
    stage.ok(&format!("{VOTE} --key o1 --out vote.json"));
    CLOSED.clone_into(&mut stage.clock);
    stage
}

/// `audit --json` and how it ended.
fn audit(stage: &Stage, rest: &str) -> (i32, Value) {
    let done = stage.run(&format!("audit {rest} --json"));
    (done.code, done.json())
}

fn text(done: &Done) -> String {
    done.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn whoever_is_turned_away_has_the_logs_word_for_it() {
    let stage = late();
    let told = stage.refused("submit vote.json", "ballot-closed");
    let path = note_of(&stage, "submit vote.json");
    assert!(path.starts_with("data/receipts/agi-2025/refused-") && path.contains(".note"), "{path}");
    assert!(told.ends_with(&format!("The log has signed this refusal: {path}\n")), "{told}");

    // Offline, with nothing but the note and the log's key.
    let away = Stage::empty();
    fs::copy(stage.path(&path), away.path("refused.note")).unwrap();
    for file in ["vote.json", "vote.json.sig"] {
        fs::copy(stage.path(file), away.path(file)).unwrap();
    }
    let vkey = agreement_key(&stage).verifier().to_string();
    let checked = away.ok(&format!("check refused.note --log-key {vkey}"));
    assert_eq!(checked["refusal"]["rule"], "ballot-closed");
    assert_eq!(checked["refusal"]["time"], CLOSED);
    assert_eq!(checked["statement-checked"], false);
    let checked = away.ok(&format!("check refused.note --statement vote.json --log-key {vkey}"));
    assert_eq!((&checked["statement-checked"], &checked["signatures-checked"]), (&true.into(), &true.into()));
    let page = text(&away.run(&format!("check refused.note --statement vote.json --log-key {vkey}")));
    for words in [
        "has signed that it turned this statement away",
        "2026-05-26 09:00:00 UTC",
        "ballot-closed",
        "choice met",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    // Without a key there is nothing to check it with; beside its log.vkey there is a hint.
    assert!(away.fails("check refused.note", 2).contains("--log-key"));
    let checked = stage.ok(&format!("check {path}"));
    assert!(checked["key-from"].as_str().unwrap().contains("identity not checked"), "{checked}");
    assert_eq!(checked["signatures-checked"], true, "the envelope is kept beside it");
}

#[test]
fn a_note_that_was_altered_or_is_of_something_else_does_not_pass() {
    let stage = late();
    let path = note_of(&stage, "submit vote.json");
    let vkey = agreement_key(&stage).verifier().to_string();
    let anchor = stage.ok("audit")["anchor"].as_str().unwrap().to_owned();
    stage.ok(&format!("check {path} --log-key {vkey} --anchor {anchor}"));
    let note = stage.read(&path);
    for (old, new) in
        [("T09:00:00Z\nhead", "T08:00:00Z\nhead"), ("rule ballot-closed", "rule other"), ("why ", "why  ")]
    {
        let altered = note.replacen(old, new, 1);
        assert_ne!(altered, note);
        stage.write("altered.note", &altered);
        assert_eq!(stage.run(&format!("check altered.note --log-key {vkey}")).code, 1, "{new}");
        assert_eq!(audit(&stage, "--against altered.note").0, 1, "{new}");
    }
    let shown = text(&stage.run(&format!("check {path}")));
    assert!(shown.contains("SPECIMEN") && !shown.contains("not at hand"), "{shown}");
    let zeros = "0".repeat(64);
    assert_eq!(stage.run(&format!("check {path} --anchor sha256:{zeros}")).code, 1);
    stage.ok(&format!("reaffirm --occasion x {PARTIES} --out other.json"));
    let done = stage.run(&format!("check {path} --statement other.json"));
    assert!(done.code == 1 && text(&done).contains("other.json is sha256:"), "{done:?}");
    // The same statement with fewer signatures is the one refused, and says what differs.
    fs::copy(stage.path("vote.json"), stage.path("unsigned.json")).unwrap();
    let checked = stage.ok(&format!("check {path} --statement unsigned.json"));
    assert_eq!(checked["statement-checked"], true);
    stage.fails("check data/receipts/agi-2025/0.tlog-proof --statement vote.json", 2);
    stage.write("garbage", "no statement");
    for line in
        [format!("check {path} --statement garbage"), format!("audit --against {path} --statement garbage")]
    {
        let told = stage.fails(&line, 2);
        assert!(told.contains("--statement garbage") && !told.contains("refused"), "{told}");
    }
    // A refusal is no checkpoint, nor a receipt.
    fs::copy(stage.path(&path), stage.path("data/receipts/agi-2025/99.tlog-proof")).unwrap();
    stage.ok("audit");
}

#[test]
fn an_audit_says_that_a_refusal_stands() {
    let stage = late();
    let path = note_of(&stage, "submit vote.json");
    stage.ok("export public");
    for source in ["", "public"] {
        let (code, report) = audit(&stage, &format!("{source} --against {path}"));
        assert_eq!((code, &report["refusals"][0]["outcome"]), (0, &"stands".into()), "{report}");
        assert_eq!(report["refusals"][0]["by"], "ballot-closed");
    }
    let page = text(&stage.run(&format!("audit --against {path}")));
    assert!(page.contains("stands: the ballot verification#1/finding#1 closed"), "{page}");
    // Without its statement only its head is compared, and with other signatures it is not what was judged.
    fs::copy(stage.path(&path), stage.path("alone.note")).unwrap();
    let (code, report) = audit(&stage, "--against alone.note");
    assert_eq!((code, &report["refusals"][0]["outcome"]), (0, &"statement-absent".into()), "{report}");
    fs::copy(stage.path("vote.json"), stage.path("unsigned.json")).unwrap();
    let done = stage.run("audit --against alone.note --statement unsigned.json");
    assert!(done.code == 0 && text(&done).contains("other signatures"), "{done:?}");
    let (_, report) = audit(&stage, "--against alone.note --statement vote.json");
    assert_eq!(report["refusals"][0]["outcome"], "stands");
}

/// Refusing on the last day: the vote is in time, and the log signs that it is not.
#[test]
fn refusing_on_the_last_day_is_convicted() {
    let stage = Stage::voting();
    stage.ok(&format!("{VOTE} --key o1 --out vote.json"));
    stage.ok("log show 0 --envelope open.json");
    let report = stage.ok("audit");
    let head = serde_json::from_value(report["head"].clone()).unwrap();
    // The envelope as the voter sent it: `submit` makes the same from both files.
    let signature = quorate::statement::Signature::from_armour(stage.read("vote.json.sig")).unwrap();
    let envelope = Envelope::new(stage.read("vote.json"), vec![signature]);
    let lie = Refused {
        agreement: report["agreement"].as_str().unwrap().parse().unwrap(),
        statement: quorate::values::Digest::of(envelope.statement.as_bytes()),
        envelope: envelope.digest(),
        time: stage.clock.parse().unwrap(),
        head,
        rule: "ballot-closed".parse().unwrap(),
        why: "the ballot has closed".to_owned(),
        instead: "nothing".to_owned(),
    };
    stage.write("lie.note", &lie.sign(&agreement_key(&stage)).unwrap().to_string());
    let (code, report) = audit(&stage, "--against lie.note --statement vote.json");
    assert_eq!((code, &report["findings"][0]["rule"]), (1, &"wrongly-refused".into()), "{report}");
    assert_eq!(
        (&report["findings"][0]["place"], &report["refusals"][0]["outcome"]),
        (&"refusal".into(), &"wrongly-refused".into())
    );
    let page = text(&stage.run("audit --against lie.note --statement vote.json"));
    assert!(page.contains("refused though the rules admit it"), "{page}");
    // Taking the vote afterwards does not undo it.
    stage.ok("submit vote.json");
    assert_eq!(audit(&stage, "--against lie.note --statement vote.json").0, 1);
}

#[test]
fn a_refusal_by_a_clock_that_was_set_back_is_told_and_is_no_fault() {
    let mut stage = Stage::voting();
    let open = stage.clock.clone();
    stage.ok(&format!("{VOTE} --key o1 --out vote.json"));
    CLOSED.clone_into(&mut stage.clock);
    let path = note_of(&stage, "submit vote.json");
    open.clone_into(&mut stage.clock);
    stage.ok("submit vote.json");
    let (code, report) = audit(&stage, &format!("--against {path}"));
    let held = &report["refusals"][0];
    assert_eq!((code, &held["outcome"], &held["by"]), (0, &"doubtful".into(), &"ballot-closed".into()));
    assert_eq!(held["next"]["time"], open, "{report}");
    let page = text(&stage.run(&format!("audit --against {path}")));
    for words in [format!("is dated {open}"), "clock was set back".to_owned(), "The log passes".to_owned()] {
        assert!(page.contains(&words), "{words}: {page}");
    }
}

#[test]
fn a_refusal_convicts_a_log_that_was_rolled_back() {
    let stage = Stage::opened();
    copy_folder(&stage.path("data/store"), &stage.path("old"));
    stage.ok(&format!("reaffirm --occasion one {PARTIES}"));
    let path = note_of(&stage, "do sign-report --case verification#1 --key openai-ceo --as openai");
    fs::copy(stage.path(&path), stage.path("kept.note")).unwrap();
    fs::remove_dir_all(stage.path("data/receipts")).unwrap();
    fs::remove_dir_all(stage.path("data/store")).unwrap();
    copy_folder(&stage.path("old"), &stage.path("data/store"));
    stage.ok("audit");
    let (code, report) = audit(&stage, "--against kept.note");
    assert_eq!((code, &report["findings"][0]["rule"]), (1, &"missing".into()), "{report}");
    stage.ok(&format!("reaffirm --occasion another {PARTIES}"));
    let (code, report) = audit(&stage, "--against kept.note");
    assert_eq!((code, &report["findings"][0]["rule"]), (1, &"two-histories".into()), "{report}");
}

#[test]
fn no_note_is_overwritten_and_none_is_taken_for_a_receipt() {
    let mut stage = late();
    let first = note_of(&stage, "submit vote.json");
    assert_eq!(note_of(&stage, "submit vote.json"), first, "the same refusal is the same file");
    let before = stage.read(&first);
    stage.clock = "2026-05-27T09:00:00Z".to_owned();
    let second = note_of(&stage, "submit vote.json");
    assert_eq!(second, first.replace(".note", ".2.note"));
    assert_eq!(stage.read(&first), before);
    assert!(stage.read(&second).contains("2026-05-27T09:00:00Z"));
    // The kept envelope is submitted as it is; documents are not kept with it.
    let third = note_of(&stage, &format!("submit {}", second.replace(".note", ".json")));
    assert_eq!(third, first.replace(".note", ".3.note"));
    assert!(stage.read(&third).contains("rule document-absent"));
    let report = audit(&stage, &format!("--against {third} --against {second} --against {first}")).1;
    assert_eq!(report["refusals"][0]["outcome"], "stands", "{report}");
    assert_eq!(report["refusals"].as_array().unwrap().len(), 3);
    // A note that cannot be kept does not hide the refusal.
    let folder = stage.path("data/receipts/agi-2025");
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "in the way").unwrap();
    let told = stage.fails("submit vote.json", 3);
    assert!(told.contains("[ballot-closed]") && told.contains("could not be kept"), "{told}");
    fs::remove_file(&folder).unwrap();
    note_of(&stage, "submit vote.json");
    stage.ok(&format!("reaffirm --occasion x {PARTIES}"));
    stage.ok("audit");
}

#[test]
fn an_entry_is_written_as_the_envelope_that_it_was() {
    let stage = Stage::opened();
    stage.ok("log show 0 --envelope open.json");
    assert_eq!(stage.ok("submit open.json")["known"], true);
}

#[test]
fn a_signature_that_does_not_belong_is_told_by_its_file() {
    let stage = Stage::voting();
    stage.ok(&format!("{VOTE} --key o1 --out vote.json"));
    stage.ok(&format!("{VOTE} --key o2 --out other.json"));
    fs::copy(stage.path("other.json.sig"), stage.path("vote.json.old.sig")).unwrap();
    let told = stage.refused("submit vote.json", "bad-envelope");
    assert!(told.contains("./vote.json.old.sig, ./vote.json.sig: take away one"), "{told}");
    let whole = stage.read("vote.json.sig");
    stage.write("vote.json.old.sig", whole.trim_end());
    let told = stage.fails("submit vote.json", 3);
    assert!(
        told.contains("vote.json.old.sig") && told.contains("newline after") && told.contains("take it away"),
        "{told}"
    );
    fs::remove_file(stage.path("vote.json.old.sig")).unwrap();
    stage.ok("submit vote.json");
}

#[test]
fn a_receipt_is_of_the_agreement_on_the_ballot_paper() {
    let stage = Stage::voting();
    stage.ok("ballot --out paper.toml");
    let receipt = "data/receipts/agi-2025/1.tlog-proof";
    stage.ok(&format!("check {receipt} --log-key paper.toml"));
    let paper = stage.read("paper.toml");
    // A paper that was written by somebody else gives no key.
    stage.write("altered.toml", &format!("{paper}# more\n"));
    assert!(stage.fails(&format!("check {receipt} --log-key altered.toml"), 2).contains("altered"));
    let anchor = stage.ok("audit")["anchor"].as_str().unwrap().to_owned();
    let zeros = format!("sha256:{}", "0".repeat(64));
    stage.write("namesake.toml", &paper.replace(&anchor, &zeros));
    let done = stage.run(&format!("check {receipt} --log-key namesake.toml"));
    assert!(done.code == 1 && text(&done).contains("another one, whatever its name"), "{done:?}");
}
