//! What the operator of a log can do, who holds the log's key: one test an attack, as the table in `docs/attacks.md`
//! has them. Whoever finds it runs the program; the honest log passes the same command. Where nothing is found, the
//! test shows that too.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;
mod operator_support;
#[path = "witness_support/process.rs"]
mod process;

use std::fs;

use cli_support::cosigned::{keep, keep_newest, note, operator_key};
use cli_support::forge::{entries, rebuild};
use cli_support::site::Site;
use cli_support::{Done, OPEN, PARTIES, Stage, copy_folder, quorate};
use operator_support::{Log, RECEIPT, SIZE, TAIL, UNSENT, VOTES, told, tree, with, with_time};
use quorate::log::Checkpoint;
use quorate::registry::{Clock as _, SystemClock};
use quorate::statement::{
    Body, By, Entry, Envelope, Refused, ReplaceKey, Replacement, RosterLine, Signature, Statement,
};
use quorate::values::{Digest, Instant};
use serde_json::Value;

/// The officers whose keys sign for both parties.
const OFFICERS: [&str; 4] = ["openai-ceo", "openai-counsel", "microsoft-ceo", "microsoft-counsel"];
/// The nominations of i1 and of i3, both by the appointing authority.
const NOMINATION: usize = 6;
const LAST_NOMINATION: usize = 8;
/// While the ballot is open, after the last vote.
const IN_TIME: &str = "2026-05-25T09:00:00Z";
/// After it has closed.
const LATE: &str = "2026-05-27T09:00:00Z";

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn speaker(names: &[&str]) -> By {
    By::of(names.iter().map(|name| name.parse().unwrap()).collect())
}

fn choose(statement: &mut Statement, choice: &str) {
    let Body::Vote(vote) = &mut statement.body else { panic!("no vote: {statement:?}") };
    vote.choice = choice.parse().unwrap();
}

fn edit_workflow(statement: &mut Statement, old: &str, new: &str) {
    let Body::Open(open) = &mut statement.body else { panic!("no opening: {statement:?}") };
    assert!(open.workflow.contains(old), "{old}");
    open.workflow = open.workflow.replace(old, new);
}

fn public_key<T: std::str::FromStr<Err: std::fmt::Debug>>(log: &Log, name: &str) -> T {
    let line = log.stage.read(&format!("data/keys/{name}.pub"));
    line.split_whitespace().take(2).collect::<Vec<_>>().join(" ").parse().unwrap()
}

/// The heads of notes that the log's key has signed.
fn heads(log: &Log, notes: &[String]) -> Vec<(u64, String)> {
    let key = operator_key(&log.stage);
    let open = |note: &String| Checkpoint::open(note.as_bytes(), key.verifier()).unwrap().head;
    notes.iter().map(open).map(|head| (head.size, head.root.to_string())).collect()
}

/// Two notes under the log's key, of one size and two roots.
#[track_caller]
fn assert_two_roots(log: &Log, notes: &[String], size: usize) {
    let heads = heads(log, notes);
    let [one, other] = heads.as_slice() else { panic!("{heads:?}") };
    assert!(one.0 == size as u64 && other.0 == size as u64 && one.1 != other.1, "{heads:?}");
}

#[test]
fn forging() {
    let log = Log::voted();
    let last = SIZE - 1;
    let forged = |entry: Vec<u8>| with(&log.entries[..last], entry);
    // i2 is said to have voted the other way: under a key of the operator's own,
    let not_met = |keys: &[&str]| log.resigned(last, keys, |vote| choose(vote, "not-met"));
    log.audit_finds(&forged(not_met(&["operator"])), "entry 21", "unknown-key");
    // under the key of another panelist, who is with the operator,
    log.audit_finds(&forged(not_met(&["i1"])), "entry 21", "wrong-key");
    // under the signature that i2 gave to the true vote,
    let Entry { time, envelope } = Entry::parse(&log.entries[last]).unwrap();
    let statement = Entry::parse(&not_met(&["operator"])).unwrap().envelope.statement;
    let copied = Envelope::new(statement, envelope.signatures);
    let copied = Entry { time, envelope: copied }.to_bytes().unwrap();
    log.audit_finds(&forged(copied), "entry 21", "signature");
    // and under a new key for the seat, by a recovery that nobody but the operator has signed.
    let recovery = log.unsent("2026-05-12T10:30:00Z", &["operator"], |statement| {
        statement.by = speaker(&["openai", "microsoft", "authority"]);
        let holder = "verification#1/i2".parse().unwrap();
        let key = public_key(&log, "operator");
        statement.body = Body::ReplaceKey(ReplaceKey { holder, how: Replacement::Recovery, key });
    });
    let recovered = with(&forged(recovery), not_met(&["operator"]));
    log.audit_finds(&recovered, "entry 21", "too-few-signatures");

    // Who has i2's own key votes as i2. The receipt that i2 holds convicts, and where there is none, nothing does.
    log.show("shown", &forged(not_met(&["i2"])));
    log.passes(&log.audit(), "shown");
    log.found(&format!("audit {{}} --against {RECEIPT}"), "checkpoint", "two-histories");
}

#[test]
fn dropping() {
    let log = Log::voted();
    let mut fewer = log.entries.clone();
    fewer.remove(VOTES + 1);
    log.audit_finds(&fewer, "entries 17 to 18", "other-history");

    // Nobody has named a head with the last one.
    log.show("shown", &log.entries[..SIZE - 1]);
    log.passes(&log.audit(), "shown");
    log.found(&format!("audit {{}} --against {RECEIPT}"), "entry 21", "missing");
}

#[test]
fn reordering() {
    let log = Log::voted();
    log.audit_finds(&log.exchanged(VOTES, VOTES + 1), "entry 17", "other-history");
}

#[test]
fn reordering_the_tail_that_nobody_has_named_yet() {
    let log = Log::voted();
    let exchanged = log.exchanged(TAIL, TAIL + 1);
    log.show("shown", &exchanged);
    log.passes(&log.audit(), "shown");
    log.found(&format!("audit {{}} --against {RECEIPT}"), "checkpoint", "two-histories");

    // The next statement names the head that its signer saw: from then on every audit finds it.
    let head = tree(&log.entries).head();
    let next = log.unsent("2026-05-12T13:00:00Z", &["i3"], |vote| vote.header.as_mut().unwrap().after = head);
    log.show("grown", &with(&log.entries, next.clone()));
    log.passes(&log.audit(), "grown");
    log.audit_finds(&with(&exchanged, next), "entries 20 to 21", "other-history");
}

#[test]
fn withholding() {
    let log = Log::voted();
    // An entry that the checkpoint promises.
    log.show("shown", &log.entries);
    fs::remove_dir_all(log.stage.path("shown/tile/entries")).unwrap();
    log.found(&log.audit(), "entries 0 to 21", "missing");

    // A statement that was sent, and refused though the rules admit it; honestly, one that they do not admit.
    log.stage.ok("vote --choice not-met --rationale why.md --key o1 --out again.json");
    let done = log.stage.run("submit again.json --json");
    assert_eq!(done.code, 3, "{done:?}");
    fs::copy(log.stage.path(done.json()["error"]["note"].as_str().unwrap()), log.stage.path("true.note"))
        .unwrap();
    let signature = Signature::from_armour(log.stage.read(&format!("{UNSENT}.sig"))).unwrap();
    let envelope = Envelope::new(log.stage.read(UNSENT), vec![signature]);
    let (_, honest) = Refused::parse(log.stage.read("true.note").as_bytes()).unwrap();
    assert_eq!(honest.rule.to_string(), "already-voted");
    let statement = Digest::of(envelope.statement.as_bytes());
    let lie = Refused { statement, envelope: envelope.digest(), ..honest };
    log.stage.write("lie.note", &lie.sign(&operator_key(&log.stage)).unwrap().to_string());
    let against =
        |note: &str, statement: &str| format!("audit public --against {note} --statement {statement} --json");
    let stands = log.stage.run(&against("true.note", "again.json"));
    assert_eq!((stands.code, &stands.json()["refusals"][0]["outcome"]), (0, &"stands".into()), "{stands:?}");
    let convicted = log.stage.run(&against("lie.note", UNSENT));
    let finding = &convicted.json()["findings"][0];
    assert_eq!(convicted.code, 1, "{convicted:?}");
    assert_eq!((&finding["rule"], &finding["place"]), (&"wrongly-refused".into(), &"refusal".into()));

    // Where nothing was answered, nothing shows that i3 has ever sent anything.
    log.passes(&log.audit(), "public");
}

#[test]
fn duplicating() {
    let log = Log::voted();
    let again = with_time(&log.entries[VOTES], at(IN_TIME));
    log.audit_finds(&with(&log.entries, again), "entry 22", "already-voted");
    let again = with_time(&log.entries[NOMINATION], at(IN_TIME));
    log.audit_finds(&with(&log.entries, again), "entry 22", "seat-taken");
}

#[test]
fn replaying_from_another_agreement_of_the_same_name() {
    let log = Log::voted();
    // The same people, the same words, the same log.
    let other = Stage::prepared();
    fs::copy(log.stage.path("data/log.key"), other.path("data/log.key")).unwrap();
    other.ok(&format!("{OPEN} {PARTIES}"));
    other.ok(&format!("reaffirm --occasion 'A year on' {PARTIES}"));
    let (anchor, entries) = entries(&other);
    assert_ne!(anchor.to_string(), log.anchor);
    let replayed = with_time(&entries[1], at(IN_TIME));
    log.audit_finds(&with(&log.entries, replayed), "entry 22", "other-agreement");
}

#[test]
fn a_look_alike_agreement_with_its_own_keys() {
    let log = Log::voted();
    // A whole agreement of the same name and contract, with new keys for everybody.
    let demo = |line: &str| {
        let done = Done::of(quorate(&log.stage.path("")).args(line.split(' ')).output().unwrap());
        assert_eq!(done.code, 0, "{done:?}");
    };
    demo("demo --dir demo --until 2026-05-13");
    demo("--data demo/data export shown");
    let alone = log.passes("audit {}", "shown");
    assert_eq!(alone["anchor-checked"], false, "it says so");
    assert!(alone["agreement"].as_str().unwrap().starts_with("agi-2025@"));
    log.found(&log.audit(), "anchor", "anchor");
    log.passes("monitor {} --state seen", "public");
    log.found("monitor {} --state seen", "anchor", "anchor");

    // So it is with certificates.
    log.stage.ok("license --certificate own.json");
    demo("--data demo/data license --certificate theirs.json");
    log.stage.ok("check theirs.json");
    log.stage.ok(&format!("check own.json --anchor {}", log.anchor));
    let done = log.stage.run(&format!("check theirs.json --anchor {}", log.anchor));
    assert!(done.code == 1 && told(&done).contains("another one, whatever its name"), "{done:?}");
}

#[test]
fn editing_the_workflow() {
    let log = Log::voted();
    let edit = |statement: &mut Statement| edit_workflow(statement, "met >= 2/3", "met >= 1/3");
    // In the opening, under the parties' signatures of what it was.
    let Entry { time, envelope } = Entry::parse(&log.entries[0]).unwrap();
    let statement = Entry::parse(&log.resigned(0, &["operator"], edit)).unwrap().envelope.statement;
    let opening = Entry { time, envelope: Envelope::new(statement, envelope.signatures) }.to_bytes().unwrap();
    let mut edited = log.entries.clone();
    edited[0] = opening;
    log.audit_finds(&edited, "entry 0", "signature");
    // Under new signatures, even of the parties' keys: another agreement, in which nothing has been said.
    edited[0] = log.resigned(0, &OFFICERS, edit);
    log.audit_finds(&edited, "anchor", "anchor");
    log.audit_finds(&edited, "entry 1", "other-agreement");
    // In what a statement says is in force.
    let vote = log.unsent(IN_TIME, &["i3"], |vote| {
        vote.header.as_mut().unwrap().workflow = Digest::of(b"another workflow");
    });
    log.audit_finds(&with(&log.entries, vote), "entry 22", "other-workflow");

    // Whoever has no anchor takes the edited agreement for the true one.
    log.show("shown", &edited[..1]);
    log.passes("audit {}", "shown");
    log.found(&log.audit(), "anchor", "anchor");
}

#[test]
fn adding_a_seat() {
    let log = Log::voted();
    // A nominee for a seat that the workflow does not have, by whoever appoints to such seats.
    let nomination = log.unsent(IN_TIME, &["registrar"], |statement| {
        let Entry { envelope, .. } = Entry::parse(&log.entries[LAST_NOMINATION]).unwrap();
        let mut nomination = Statement::parse(&envelope.statement).unwrap();
        let Body::Nominate(body) = &mut nomination.body else { panic!("{nomination:?}") };
        body.seat = "verification#1/i4".parse().unwrap();
        body.key = public_key(&log, "operator");
        nomination.header = statement.header.take();
        *statement = nomination;
    });
    log.audit_finds(&with(&log.entries, nomination), "entry 22", "unknown-seat");
    // A nominee for a seat that somebody holds.
    let nomination = log.unsent(IN_TIME, &["registrar"], |statement| {
        let Entry { envelope, .. } = Entry::parse(&log.entries[LAST_NOMINATION]).unwrap();
        let nomination = Statement::parse(&envelope.statement).unwrap();
        *statement = Statement { header: statement.header.take(), ..nomination };
        let Body::Nominate(body) = &mut statement.body else { panic!("{statement:?}") };
        body.key = public_key(&log, "operator");
    });
    log.audit_finds(&with(&log.entries, nomination), "entry 22", "seat-taken");

    // In the opening: one more officer, one more seat. Even with the parties' signatures it is another agreement.
    let officer = log.resigned(0, &OFFICERS, |statement| {
        let Body::Open(open) = &mut statement.body else { panic!("{statement:?}") };
        let (holder, person) = ("openai/extra".parse().unwrap(), "Somebody Else".to_owned());
        open.roster.push(RosterLine {
            holder,
            person,
            key: public_key(&log, "operator"),
            from: None,
            until: None,
        });
    });
    log.audit_finds(&[officer], "entry 0", "bad-roster");
    let seat = log.resigned(0, &OFFICERS, |statement| {
        edit_workflow(statement, r#"["i1", "i2", "i3"]"#, r#"["i1", "i2", "i3", "i4"]"#);
    });
    log.audit_finds(&[seat], "anchor", "anchor");
    // What nobody finds: without the anchor it is an agreement like any other.
    log.passes("audit {}", "shown");
}

#[test]
fn misapplying_a_rule() {
    let log = Log::voted();
    // The true vote of somebody who is recused, taken all the same.
    let recused = log.unsent(IN_TIME, &["m2"], |vote| vote.by = speaker(&["m2"]));
    log.audit_finds(&with(&log.entries, recused), "entry 22", "not-an-elector");
    // A late one.
    let vote = |time: &str| log.unsent(time, &["i3"], |_| {});
    log.audit_finds(&with(&log.entries, vote(LATE)), "entry 22", "ballot-closed");
    // One of a choice that the ballot does not have, and a second one.
    let other = log.unsent(IN_TIME, &["i3"], |vote| choose(vote, "maybe"));
    log.audit_finds(&with(&log.entries, other), "entry 22", "unknown-choice");
    let again = log.unsent(IN_TIME, &["o1"], |vote| {
        vote.by = speaker(&["o1"]);
        choose(vote, "not-met");
    });
    log.audit_finds(&with(&log.entries, again), "entry 22", "already-voted");

    // The late one stamped in time breaks no rule: see `backdating`.
    log.show("shown", &with(&log.entries, vote(IN_TIME)));
    log.passes(&log.audit(), "shown");
}

#[test]
fn backdating() {
    let log = Log::voted();
    // i3 votes when the ballot has closed, and the operator says that it was in time.
    let backdated = with(&log.entries, log.unsent(IN_TIME, &["i3"], |_| {}));
    log.show("shown", &backdated);
    let cosigned = |folder: &str, by: &[u8]| {
        let by: Vec<_> = by.iter().map(|witness| (*witness, at(LATE))).collect();
        let note = note(&log.stage, SIZE, &by).to_string();
        keep(&log.stage, SIZE as u64, &note);
        log.stage.write(&format!("{folder}/checkpoints/{SIZE}"), &note);
    };
    // On the word of one of three witnesses nothing is known, nor without any.
    log.passes(&log.audit(), "shown");
    cosigned("shown", &[1]);
    log.passes(&log.audit(), "shown");
    // A quorum saw the log without it the day after.
    cosigned("shown", &[1, 2]);
    shown_late(&log, &log.audit(), 22);
    // The operator leaves the note out; a witness gives it to anybody who asks, and so does whoever kept it.
    fs::rename(log.stage.path(&format!("shown/checkpoints/{SIZE}")), log.stage.path("cosigned")).unwrap();
    log.passes(&log.audit(), "shown");
    shown_late(&log, "audit {} --against cosigned", 22);
    // A monitor remembers the head that it saw with the cosignatures under it.
    log.stage.write("public/checkpoint", &log.stage.read("cosigned"));
    log.passes("monitor {} --state seen", "public");
    shown_late(&log, "monitor {} --state seen", 22);
}

/// What is shown passes, and the entry is named as one that says a time at which a quorum had been shown no more.
#[track_caller]
fn shown_late(log: &Log, command: &str, entry: u64) {
    log.passes(command, "public");
    let done = log.stage.run(&format!("{} --json", command.replace("{}", "shown")));
    assert_eq!((done.code, &done.json()["times"]["late"]["entries"]), (0, &1.into()), "{done:?}");
    let named = done.json()["times"]["late"]["named"][0].clone();
    assert_eq!((&named["entry"], &named["shown-after"]), (&entry.into(), &LATE.into()));
    // A monitor has accepted it now, and goes on from there.
    let page = told(&log.stage.run(&command.replace("{}", "shown")));
    assert!(command.starts_with("monitor") || page.contains(&format!("entry {entry} says")), "{page}");
}

#[test]
fn rolling_the_log_back() {
    let log = Log::voted();
    log.show("shown", &log.entries[..TAIL]);
    // The log alone does not say that there was more.
    log.passes(&log.audit(), "shown");
    log.passes("monitor {} --state seen", "public");
    log.found("monitor {} --state seen", "entries 20 to 21", "missing");
    let answer = log.stage.run("monitor shown --state seen --json").json();
    let notes: Vec<String> = answer["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|path| log.stage.read(path.as_str().unwrap()))
        .collect();
    assert_eq!(heads(&log, &notes).iter().map(|head| head.0).collect::<Vec<_>>(), [SIZE as u64, TAIL as u64]);
    // So it is for whoever has the note of the larger size, and beside it.
    log.found("audit {} --against public", "entries 20 to 21", "missing");
    log.stage.write(&format!("shown/checkpoints/{SIZE}"), &log.checkpoint(&log.entries));
    log.found(&log.audit(), "entries 20 to 21", "missing");
}

#[test]
fn restoring_an_old_copy_and_going_on() {
    let mut stage = Stage::prepared();
    stage.clock = SystemClock.now().to_string();
    let key = stage.ok("key show --log agi-2025");
    let desk = process::Desk::made();
    desk.ok(&format!("witness add-log wit {}", key["vkey"].as_str().unwrap()));
    let server = desk.serve();
    stage.write("policy", &format!("witness w1 {} http://{}\nquorum w1\n", desk.key(), server.address));
    stage.ok(&format!("{OPEN} --policy policy {PARTIES}"));
    copy_folder(&stage.path("data"), &stage.path("old"));
    stage.ok(&format!("reaffirm --occasion 'what was said' {PARTIES}"));
    assert_eq!(stage.ok("cosign")["quorum"], true);
    stage.ok("export public");
    copy_folder(&stage.path("data/receipts"), &stage.path("kept"));

    // The old copy, and another entry in the place of the one that is gone. Nothing in it tells.
    fs::remove_dir_all(stage.path("data")).unwrap();
    copy_folder(&stage.path("old"), &stage.path("data"));
    stage.ok(&format!("reaffirm --occasion 'something else' {PARTIES}"));
    stage.ok("audit");
    stage.ok("export shown");
    // Whoever has the receipt finds it, and so does the witness, to the operator's face.
    let receipt = "kept/agi-2025/1.tlog-proof";
    stage.ok(&format!("audit public --against {receipt}"));
    let found = stage.run(&format!("audit shown --against {receipt} --json"));
    assert_eq!((found.code, &found.json()["findings"][0]["rule"]), (1, &"two-histories".into()), "{found:?}");
    let told = stage.run("cosign --json");
    assert_eq!((told.code, &told.json()["read-only"]), (1, &"two-histories 2".into()), "{told:?}");
    let added = stage.run(&format!("reaffirm --occasion 'and more' {PARTIES}"));
    assert!(added.code == 1 && added.err.contains("evidence"), "{added:?}");
}

#[test]
fn showing_two_histories_to_two_people() {
    let log = Log::voted();
    // In one of them i2 has voted, in the other i3.
    let other = with(&log.entries[..SIZE - 1], log.unsent("2026-05-12T11:00:00Z", &["i3"], |_| {}));
    log.show("shown", &other);
    for folder in ["public", "shown"] {
        log.passes(&log.audit(), folder);
    }
    // They compare: the other's folder, its checkpoint or a receipt will do, or what one has seen oneself.
    log.found("audit {} --against public", "checkpoint", "two-histories");
    log.found("audit {} --against public/checkpoint", "checkpoint", "two-histories");
    log.found(&format!("audit {{}} --against {RECEIPT}"), "checkpoint", "two-histories");
    log.passes("monitor {} --state seen", "public");
    log.found("monitor {} --state seen", "checkpoint", "two-histories");
}

#[test]
fn signing_two_checkpoints_of_one_size() {
    let log = Log::voted();
    let other = log.checkpoint(&log.exchanged(TAIL, TAIL + 1));
    log.show("shown", &log.entries);
    // Unless somebody has both, nobody sees it.
    log.passes(&log.audit(), "shown");
    log.stage.write(&format!("shown/checkpoints/{SIZE}"), &other);
    let finding = log.found(&log.audit(), "checkpoint 22", "two-histories");
    let notes: Vec<String> = serde_json::from_value(finding["evidence"].clone()).unwrap();
    assert_two_roots(&log, &notes, SIZE);

    // At an address nobody can list what is kept there.
    let site = Site::of(&log.stage.path("shown"));
    log.passes(&log.audit(), &site.address);

    // Or one of them is in somebody's hands.
    log.stage.write("other.checkpoint", &other);
    log.stage.ok("audit public --against public/checkpoint");
    let done = log.stage.run("audit public --against other.checkpoint --json");
    assert_eq!((done.code, &done.json()["findings"][0]["rule"]), (1, &"two-histories".into()), "{done:?}");
}

#[test]
fn serving_a_stale_licence() {
    let mut log = Log::voted();
    let check = |log: &Log, file: &str| {
        let line = format!("check {file} --anchor {}", log.anchor);
        (log.stage.run(&format!("{line} --json")), told(&log.stage.run(&line)))
    };
    LATE.clone_into(&mut log.stage.clock);
    log.stage.ok("license --certificate stale.json");
    // The ballot has closed since, and the research rights have ended: so says the certificate as of now.
    keep_newest(&log.stage, &[(1, at(LATE)), (2, at(LATE))]);
    log.stage.ok("license --certificate fresh.json");
    let (fresh, page) = check(&log, "fresh.json");
    assert_eq!((fresh.code, &fresh.json()["as-of"]), (0, &LATE.into()), "{fresh:?}");
    assert!(page.contains("had been shown no newer head than 22 then"), "{page}");

    // The stale one passes, as what it says was true. It does not pass for the state of any later time.
    let (stale, page) = check(&log, "stale.json");
    assert_eq!((stale.code, &stale.json()["as-of"]), (0, &Value::Null), "{stale:?}");
    assert!(page.contains("quorum has not cosigned it, so there may have been a newer one"), "{page}");
    let state = |done: &Done| done.json()["answer"]["grants"].clone();
    assert_ne!(state(&fresh), state(&stale));
    // Nor does one from before the last vote, beside a receipt of that vote or a checkpoint that was seen since.
    let mut before = log.stage.copy("2026-05-12T10:30:00Z");
    fs::remove_dir_all(before.path("data/receipts")).unwrap();
    rebuild(&before, log.anchor.parse().unwrap(), &log.entries[..SIZE - 1]);
    before.ok("license --certificate older.json");
    fs::copy(before.path("older.json"), log.stage.path("older.json")).unwrap();
    assert_eq!(check(&log, "older.json").0.code, 0);
    for kept in [RECEIPT, "public", "public/checkpoint"] {
        assert_eq!(check(&log, &format!("fresh.json --against {kept}")).0.code, 0);
        let (older, page) = check(&log, &format!("older.json --against {kept}"));
        assert!(older.code == 1 && page.contains("entry 21: missing"), "{older:?}");
    }
    // Not even with the word of witnesses to whom that vote was never shown. Once it is, the log has convicted itself.
    let unshown = [(1, at(LATE)), (2, at(LATE))];
    keep_newest(&before, &unshown);
    LATE.clone_into(&mut before.clock);
    before.ok("license --certificate unshown.json");
    fs::copy(before.path("unshown.json"), log.stage.path("unshown.json")).unwrap();
    let (passes, _) = check(&log, "unshown.json");
    assert_eq!((passes.code, &passes.json()["as-of"]), (0, &LATE.into()), "{passes:?}");
    assert_eq!(check(&log, &format!("unshown.json --against {RECEIPT}")).0.code, 1);
    log.show("shown", &log.entries);
    log.stage
        .write(&format!("shown/checkpoints/{}", SIZE - 1), &note(&log.stage, SIZE - 1, &unshown).to_string());
    shown_late(&log, &log.audit(), 21);
    // And no answer is dated later than its log shows.
    let mut dated: Value = serde_json::from_str(&log.stage.read("stale.json")).unwrap();
    dated["answer"]["at"] = LATE.into();
    log.stage.write("dated.json", &dated.to_string());
    let (dated, page) = check(&log, "dated.json");
    assert!(dated.code == 1 && page.contains("shows nothing after 2026-05-12T11:00:00Z"), "{dated:?}");
}

#[test]
fn a_certificate_whose_state_differs_from_the_replay() {
    let log = Log::voted();
    log.stage.ok("license --certificate licence.json");
    let honest: Value = serde_json::from_str(&log.stage.read("licence.json")).unwrap();
    let check = |certificate: &Value| {
        log.stage.write("checked.json", &certificate.to_string());
        log.stage.run(&format!("check checked.json --anchor {}", log.anchor))
    };
    assert_eq!(check(&honest).code, 0);
    let grants = honest["answer"]["grants"].as_array().unwrap();
    for (number, grant) in grants.iter().enumerate() {
        let mut lie = honest.clone();
        lie["answer"]["grants"][number]["attributes"][0]["value"] = "whatever the operator likes".into();
        let done = check(&lie);
        let words = format!("`{}` differs", grant["grant"].as_str().unwrap());
        assert!(done.code == 1 && told(&done).contains(&words), "{done:?}");
    }
}
