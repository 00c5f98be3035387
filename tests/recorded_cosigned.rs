//! A cosigned log recorded once and never changed, with a receipt, a signed refusal and a licence certificate: whatever
//! reads one of them otherwise is noticed here. `keys/README.md` says what it is.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

use cli_support::cosigned::{policy, witness};
use cli_support::{Done, Stage, copy_folder, quorate};
use quorate::log::cosigned::{Keep, merged};
use quorate::log::{Note, Policy};
use quorate::statement::{Envelope, Refused};
use quorate::store::data::DataDir;
use quorate::store::{Append, SledStore, Store as _};
use serde_json::Value;

const NAME: &str = "medicine-2026";
const RECEIPT: &str = "4.tlog-proof";
const REFUSAL: &str = "refused.note";
const REFUSED: &str = "refused.json";
const CERTIFICATE: &str = "licence.certificate";
/// When everything is looked at.
const LATER: &str = "2032-01-01T00:00:00Z";
/// When two of the three witnesses saw the last head as the newest.
const AS_OF: &str = "2026-05-01T00:00:00Z";

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn updating() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// A file of the recorded log, which `UPDATE=1` records where there is none. Nothing replaces what is there.
fn recorded(file: &str) -> PathBuf {
    static ONCE: Once = Once::new();
    let folder = root("tests/data").join(NAME);
    ONCE.call_once(|| {
        if updating() && !folder.exists() {
            record(&folder);
        }
    });
    folder.join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(recorded(file)).unwrap()
}

/// A file of `keys/`, which is recorded with the log.
fn key(kind: &str) -> String {
    recorded("");
    fs::read_to_string(root(&format!("keys/{NAME}.{kind}"))).unwrap()
}

/// A claim that is conceded: an objection comes a day too late and is refused, and the payment is due and made.
fn record(folder: &Path) {
    let mut stage = Stage::empty();
    stage.ok("init --log-name demo.example");
    let officers = [
        ("licensor/ceo", "Lena Example", "licensor-ceo"),
        ("licensor/counsel", "Lars Example", "licensor-counsel"),
        ("licensee/ceo", "Emil Example", "licensee-ceo"),
        ("licensee/counsel", "Enya Example", "licensee-counsel"),
        ("institute/registrar", "Ruth Registrar", "registrar"),
    ];
    let mut roster = String::new();
    for (holder, person, key) in officers {
        stage.ok(&format!("key new {key} --no-passphrase"));
        let public = stage.read(&format!("data/keys/{key}.pub"));
        let public = public.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        writeln!(roster, "[[officer]]\nholder = \"{holder}\"\nperson = \"{person}\"\nkey = \"{public}\"\n")
            .unwrap();
    }
    stage.ok("key new n1 --no-passphrase");
    stage.write("roster.toml", &roster);
    for name in ["drug-milestone.toml", "drug-milestone.contract.txt"] {
        fs::copy(root("workflows").join(name), stage.path(name)).unwrap();
    }
    for name in ["trial-report", "objection", "interests", "proof-of-payment"] {
        stage.write(&format!("{name}.md"), &format!("The {name}. SPECIMEN.\n"));
    }
    let key = witness(1).verifier().to_string();
    stage.write("policy", &policy().replacen(&key, &format!("{key} https://w1.example/witness"), 1));

    let licensee = "--key licensee-ceo --key licensee-counsel";
    "2026-01-05T09:00:00Z".clone_into(&mut stage.clock);
    let open = "--workflow drug-milestone.toml --contract drug-milestone.contract.txt --roster roster.toml";
    stage.ok(&format!("open {NAME} {open} --policy policy --key licensor-ceo {licensee}"));
    cosign(&stage, &[(1, "2026-01-05T10:00:00Z"), (2, "2026-01-05T10:00:30Z")]);
    cosign(&stage, &[(1, "2026-02-01T00:00:00Z"), (3, "2026-02-01T00:00:07Z")]);
    "2026-02-02T09:00:00Z".clone_into(&mut stage.clock);
    stage.ok("nominate n1 --person 'Nora Example' --nominee-key n1 --key registrar");
    "2026-02-03T09:00:00Z".clone_into(&mut stage.clock);
    stage.ok("accept-seat --disclosure interests.md --key n1");
    "2026-03-02T09:00:00Z".clone_into(&mut stage.clock);
    stage.ok("do claim --attach trial-report=trial-report.md --key licensor-counsel");
    cosign(&stage, &[(2, "2026-03-02T09:05:00Z"), (3, "2026-03-02T09:05:20Z")]);
    cosign(&stage, &[(1, "2026-03-10T00:00:00Z")]);
    "2026-03-17T09:00:00Z".clone_into(&mut stage.clock);
    let object = format!(
        "do object --case milestone#1 --attach objection=objection.md --as licensee {licensee} --json"
    );
    let done = stage.run(&object);
    assert_eq!(done.code, 3, "{done:?}");
    let note = done.json()["error"]["note"].as_str().unwrap().to_owned();
    "2026-03-18T09:00:00Z".clone_into(&mut stage.clock);
    stage.ok(&format!("do concede --case milestone#1 {licensee}"));
    // One witness is no quorum.
    cosign(&stage, &[(3, "2026-03-18T09:02:00Z")]);
    "2026-04-01T09:00:00Z".clone_into(&mut stage.clock);
    let pay = "do pay --case milestone#1 --attach proof-of-payment=proof-of-payment.md";
    stage.ok(&format!("{pay} {licensee}"));
    cosign(&stage, &[(1, "2026-04-01T09:00:30Z"), (2, "2026-04-01T09:01:00Z")]);
    cosign(&stage, &[(1, AS_OF), (3, "2026-05-01T00:00:10Z")]);

    "2026-06-01T00:00:00Z".clone_into(&mut stage.clock);
    stage.ok("export public");
    stage.ok(&format!("log show 4 --receipt {RECEIPT}"));
    stage.ok(&format!("license --certificate {CERTIFICATE}"));
    fs::create_dir(folder).unwrap();
    for name in ["tile", "checkpoints"] {
        copy_folder(&stage.path(&format!("public/{name}")), &folder.join(name));
    }
    for (name, kept) in [
        ("public/checkpoint", "checkpoint"),
        (RECEIPT, RECEIPT),
        (CERTIFICATE, CERTIFICATE),
        (&note, REFUSAL),
        (&note.replace(".note", ".json"), REFUSED),
    ] {
        fs::copy(stage.path(name), folder.join(kept)).unwrap();
    }
    let keep = |kind: &str, text: &str| fs::write(root(&format!("keys/{NAME}.{kind}")), text).unwrap();
    keep("anchor", &format!("{}\n", stage.ok("audit")["anchor"].as_str().unwrap()));
    keep("roster.toml", &roster);
    keep("vkey", &stage.read("public/log.vkey"));
    keep("policy", &stage.read("public/policy"));
}

/// These witnesses cosign the newest head at these times, and it is kept as `quorate cosign` keeps it.
fn cosign(stage: &Stage, by: &[(u8, &str)]) {
    let data = DataDir::open(&stage.path("data")).unwrap();
    let store = SledStore::open(&data.store_path(), &data.blobs_path()).unwrap();
    let anchor = store.agreements().unwrap()[0];
    let stored = store.head(&anchor).unwrap().unwrap();
    let size = stored.head.size;
    let note = Note::parse(stored.checkpoint.as_bytes()).unwrap();
    let lines: Vec<_> = by
        .iter()
        .map(|(number, time)| witness(*number).cosign(&note, time.parse().unwrap()).unwrap())
        .collect();
    let [w1, w2, w3] = [1, 2, 3].map(witness);
    let keys = [w1.verifier(), w2.verifier(), w3.verifier()];
    let kept = store.checkpoint_at(&anchor, size).unwrap();
    let kept = kept.map_or_else(|| note.clone(), |kept| Note::parse(kept.as_bytes()).unwrap());
    let both = merged(&kept, keys, &lines, Keep::FirstAndNewest).to_string();
    store.keep_checkpoint(&anchor, size, &both).unwrap();
    let checkpoint = merged(&note, keys, &lines, Keep::Newest).to_string();
    let append =
        Append { anchor, first: size, entries: Vec::new(), nodes: Vec::new(), head: stored.head, checkpoint };
    store.append(&[append]).unwrap();
}

/// The program in the recorded folder, at [`LATER`], with the recorded keys alone.
fn run(folder: &Path, line: &str) -> Done {
    let anchor = key("anchor");
    let mut command = quorate(folder);
    command.args(["--clock", LATER, "--json", "--data", "none"]).args(line.split(' '));
    Done::of(command.args(["--anchor", anchor.trim()]).output().unwrap())
}

/// What the program answers is what it answered when this was recorded; it may say more.
#[track_caller]
fn says(line: &str, told: &str) -> Value {
    let done = run(&recorded(""), line);
    assert_eq!(done.code, 0, "{done:?}");
    let answer = done.json();
    let file = recorded("told").join(told);
    if updating() && !file.exists() {
        let mut kept = answer.as_object().unwrap().clone();
        // Words for people, and what the certificate has itself.
        kept.retain(|name, _| !["key-from", "answer"].contains(&name.as_str()));
        fs::create_dir_all(recorded("told")).unwrap();
        fs::write(&file, format!("{}\n", Value::Object(kept))).unwrap();
    }
    let before: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert_still(&before, &answer, told);
    answer
}

#[track_caller]
fn assert_still(before: &Value, now: &Value, place: &str) {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            for (name, value) in before {
                let now = now.get(name).unwrap_or_else(|| panic!("{place}: no {name} any more"));
                assert_still(value, now, &format!("{place}, {name}"));
            }
        }
        (Value::Array(before), Value::Array(now)) if before.len() == now.len() => {
            for (number, (before, now)) in before.iter().zip(now).enumerate() {
                assert_still(before, now, &format!("{place}, {number}"));
            }
        }
        _ => assert_eq!(before, now, "{place}"),
    }
}

fn log_key() -> String {
    root(&format!("keys/{NAME}.vkey")).to_str().unwrap().to_owned()
}

#[test]
fn the_audit_says_what_it_said_and_how_far_the_times_are_bounded() {
    let report = says("audit .", "audit.json");
    assert_eq!((&report["passes"], &report["anchor-checked"]), (&true.into(), &true.into()));
    assert_eq!(report["checkpoint-key"], key("vkey").trim());
    let times = &report["times"];
    assert_eq!((&times["first"], &times["end"]), (&1.into(), &6.into()));
    assert_eq!((&times["newest-at"], &times["between"]["entries"]), (&AS_OF.into(), &5.into()));
}

#[test]
fn its_policy_reads_each_note_as_it_did() {
    // The parties' policy names no log.
    let text = format!("log {}{}", key("vkey"), key("policy"));
    let policy = Policy::parse(text.as_bytes()).unwrap();
    let support = |file: &str| {
        let text = read(file);
        let support = policy.support(&Note::parse(text.as_bytes()).unwrap()).unwrap();
        let time = |of: Option<quorate::log::Cosignature>| of.map(|of| of.time().to_string());
        // A note without the quorum opens for nobody.
        assert_eq!(policy.open(text.as_bytes()).is_ok(), support.met(), "{file}");
        (support.met(), time(support.existed_by()), time(support.newest_at()))
    };
    let cosigned = |existed: &str, newest: &str| (true, Some(existed.to_owned()), Some(newest.to_owned()));
    let (opened, claimed) = ("2026-01-05T10:00:30Z", "2026-03-02T09:05:20Z");
    assert_eq!(support("checkpoints/1"), cosigned(opened, "2026-02-01T00:00:00Z"));
    assert_eq!(support("checkpoints/4"), cosigned(claimed, claimed));
    assert_eq!(support("checkpoints/5"), (false, None, None));
    assert_eq!(support("checkpoints/6"), cosigned("2026-04-01T09:01:00Z", AS_OF));
    assert_eq!(support("checkpoint"), cosigned(AS_OF, AS_OF));
}

#[test]
fn the_receipt_says_what_it_said() {
    let told = says(&format!("check {RECEIPT} --log-key {}", log_key()), "receipt.json");
    assert_eq!((&told["entry"], &told["passes"]), (&4.into(), &true.into()));
    says(&format!("audit . --against {RECEIPT}"), "audit.json");
}

#[test]
fn the_refusal_says_what_it_said_and_stands() {
    let told = says(&format!("check {REFUSAL} --log-key {}", log_key()), "refusal.json");
    assert_eq!((&told["statement-checked"], &told["signatures-checked"]), (&true.into(), &true.into()));
    let done = run(&recorded(""), &format!("audit . --against {REFUSAL}"));
    let refusals = done.json()["refusals"].clone();
    assert_eq!(
        (done.code, &refusals[0]["outcome"], &refusals[0]["by"]),
        (0, &"stands".into(), &"too-late".into())
    );
    let refused = Refused::open(read(REFUSAL).as_bytes(), &key("vkey").trim().parse().unwrap()).unwrap();
    assert!(refused.is_of(&Envelope::parse(&read(REFUSED)).unwrap()));
}

#[test]
fn the_certificate_says_what_it_said() {
    let told = says(&format!("check {CERTIFICATE}"), "certificate.json");
    assert_eq!((&told["as-of"], &told["answer"]["at"]), (&AS_OF.into(), &AS_OF.into()));
    let certificate: Value = serde_json::from_str(&read(CERTIFICATE)).unwrap();
    assert_eq!(certificate["answer"], told["answer"]);
    let grants = &told["answer"]["grants"];
    assert_eq!((&grants[0]["grant"], grants.as_array().unwrap().len()), (&"milestone-payment".into(), 4));
    assert_eq!(grants[0]["attributes"][0]["value"], "due");
}

/// The witnesses' keys are known, the log's is not: cosignatures at other times, over a head that it has signed.
#[test]
fn other_times_by_its_witnesses_would_be_told() {
    let stage = Stage::empty();
    copy_folder(&recorded(""), &stage.path("log"));
    let note = Note::parse(read("checkpoints/5").as_bytes()).unwrap();
    // Entry 4 came on 18 March at nine, entry 5 on 1 April at nine.
    // A quorum had been shown entry 5 by then, so that an old head cosigned later says nothing of it.
    for (time, code, rule) in
        [("2026-04-01T09:02:00Z", 0, Value::Null), ("2026-03-18T08:00:00Z", 1, "postdated".into())]
    {
        let cosigned = |number| witness(number).cosign(&note, time.parse().unwrap()).unwrap();
        let more = note.clone().with([1, 2].map(cosigned)).unwrap();
        stage.write("log/checkpoints/5", &more.to_string());
        let done = run(&stage.path("log"), "audit .");
        assert_eq!((done.code, &done.json()["findings"][0]["rule"]), (code, &rule), "{done:?}");
        assert_eq!(done.json()["times"]["late"], Value::Null, "{done:?}");
    }
}
