//! Amending at the command line: written on one machine, signed jointly, submitted; and what is told of earlier times.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fs;
use std::sync::OnceLock;

use cli_support::{Stage, attribute};
use serde_json::Value;

const OPENED: &str = "2026-03-02T09:00:00Z";
const CLAIMED: &str = "2026-03-03T09:00:00Z";
const AMENDED: &str = "2026-04-01T09:00:00Z";
const OVERTURNED: &str = "2026-05-01T09:00:00Z";

/// Everything but who signs.
const AMEND: &str = "amend --to second.toml --contract contract.txt --occasion 'second meeting' --roster more.toml \
                     --grant instalment=final-payment --ends 'retention=released in full'";

/// The works of `amending.toml`: found complete on 3 March.
fn complete() -> Stage {
    static MADE: OnceLock<Stage> = OnceLock::new();
    let make = || {
        let mut stage = Stage::empty();
        OPENED.clone_into(&mut stage.clock);
        stage.ok("init --log-name test.example");
        let keys =
            ["buyer-1", "buyer-2", "seller", "chamber", "registrar-1", "registrar-2", "c1", "c2", "c3"];
        for name in keys {
            stage.ok(&format!("key new {name} --no-passphrase"));
        }
        let flows = "tests/workflows/flows/amending";
        fs::copy(format!("{flows}.toml"), stage.path("first.toml")).unwrap();
        fs::copy(format!("{flows}/to/second.toml"), stage.path("second.toml")).unwrap();
        stage.write("contract.txt", "");
        let officers = [
            ("buyer/a", "buyer-1"),
            ("buyer/b", "buyer-2"),
            ("seller/a", "seller"),
            ("chamber/a", "chamber"),
        ];
        roster(&stage, "roster.toml", &officers);
        roster(&stage, "more.toml", &[("registrar/a", "registrar-1"), ("registrar/b", "registrar-2")]);
        stage.ok("open works --workflow first.toml --contract contract.txt --roster roster.toml --key buyer-1 --key seller");
        for seat in ["c1", "c2", "c3"] {
            stage.ok(&format!(
                "nominate experts/{seat} --person 'Panelist {seat}' --nominee-key {seat} --key chamber"
            ));
            stage.ok(&format!("accept-seat --seat experts/{seat} --key {seat}"));
        }
        CLAIMED.clone_into(&mut stage.clock);
        stage.ok("do claim --key seller");
        for seat in ["c1", "c2", "c3"] {
            stage.ok(&format!("vote --choice yes --key {seat}"));
        }
        stage.lasting("complete")
    };
    MADE.get_or_init(make).copy(CLAIMED)
}

fn roster(stage: &Stage, name: &str, officers: &[(&str, &str)]) {
    let officer = |(holder, key): &(&str, &str)| {
        let public = stage.read(&format!("data/keys/{key}.pub"));
        let key = public.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        format!("[[officer]]\nholder = \"{holder}\"\nperson = \"Somebody Example\"\nkey = \"{key}\"\n")
    };
    stage.write(name, &officers.iter().map(officer).collect::<String>());
}

/// Amended on 1 April, by whom the first text asks for.
fn amended() -> Stage {
    let mut stage = complete();
    AMENDED.clone_into(&mut stage.clock);
    stage.ok(&format!("{AMEND} --key buyer-1 --key seller"));
    stage
}

#[test]
fn what_a_case_found_under_the_first_text_is_told_once_where_it_holds_under_the_second() {
    let stage = amended();
    stage.ok("report acceptance#1 --out report.md");
    let told = stage.read("report.md");
    let rows: Vec<&str> = told.lines().filter(|line| line.contains("| event complete |")).collect();
    assert_eq!(rows.len(), 2, "{told}");
    for (row, right) in rows.iter().zip(["final payment | status | due", "warranty | status | running"]) {
        assert!(
            row.starts_with(&format!("| {right} | 2026-03-03 09:00:00 UTC |  | event complete |")),
            "{told}"
        );
    }
}

/// All that a command says, on one line.
fn shown(stage: &Stage, line: &str) -> String {
    let done = stage.run(line);
    format!("{}{}", done.err, done.out).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn value<'a>(license: &'a Value, grant: &str) -> (&'a str, &'a str) {
    let status = attribute(license, grant, "status");
    (status["value"].as_str().unwrap(), status["since"].as_str().unwrap())
}

#[test]
fn an_amendment_is_written_without_keys_signed_by_each_party_and_submitted() {
    let mut stage = complete();
    AMENDED.clone_into(&mut stage.clock);
    stage.ok(&format!("{AMEND} --out amend.json"));
    let shown = shown(&stage, "sign amend.json --key buyer-2");
    for words in [
        "second meeting",
        "instalment becomes final-payment",
        "warranty goes on",
        "retention ends: released in full",
        "registrar/a",
        "What the amendment changes",
        "signatures: signs with 1 of 2 → signs with 2 of 2",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    stage.refused("submit amend.json", "too-few-signatures");
    stage.ok("sign amend.json --key seller");
    let told = stage.ok("submit amend.json");
    let changes = told["changes"].to_string();
    assert!(
        changes.contains("Acceptance of works, second text") && changes.contains("is in force"),
        "{changes}"
    );
}

#[test]
fn whoever_signs_an_amendment_elsewhere_sees_what_it_changes_against_the_text_in_force() {
    let mut stage = complete();
    AMENDED.clone_into(&mut stage.clock);
    let diff = shown(&stage, "workflow diff first.toml second.toml");
    let at = diff.find("party buyer").unwrap();
    let part = diff.get(at..).unwrap().to_owned();
    // The one who writes it sees it before a key is used, and whoever signs it does where the log is.
    assert!(shown(&stage, &format!("{AMEND} --out amend.json")).contains(&part));
    assert!(shown(&stage, "sign amend.json --key buyer-2").contains(&part));
    let elsewhere = Stage::empty();
    elsewhere.ok("key new seller --no-passphrase");
    for file in ["amend.json", "first.toml", "second.toml"] {
        fs::copy(stage.path(file), elsewhere.path(file)).unwrap();
    }
    let told = shown(&elsewhere, "sign amend.json --key seller");
    assert!(told.contains("What it changes cannot be shown") && told.contains("--from FILE"), "{told}");
    assert!(shown(&elsewhere, "sign amend.json --from first.toml --key seller").contains(&part));
    let told = elsewhere.fails("sign amend.json --from second.toml --key seller", 2);
    assert!(told.contains("name the text that is in force"), "{told}");
}

#[test]
fn an_unsound_workflow_is_drawn_where_it_is_named_as_check_does() {
    let stage = complete();
    stage.write("bent.toml", &stage.read("second.toml").replacen("language = 1", "language = one", 1));
    let checked = stage.run("workflow check bent.toml");
    let drawn = checked.out.lines().find(|line| line.contains("╭─[bent.toml:")).unwrap().to_owned();
    for line in [
        "workflow diff first.toml bent.toml".to_owned(),
        format!("{} --out amend.json", AMEND.replace("second.toml", "bent.toml")),
    ] {
        let done = stage.run(&line);
        assert!(done.code == 1 && done.err.contains(&drawn), "{line}: {done:?}");
    }
}

#[test]
fn what_would_be_refused_is_refused_before_anybody_signs() {
    let mut stage = complete();
    AMENDED.clone_into(&mut stage.clock);
    stage.ok("do claim --key seller");
    let told = stage.refused(&format!("{AMEND} --out amend.json"), "strands-case");
    assert!(told.contains("acceptance#2"), "{told}");
    assert!(!stage.path("amend.json").exists());
    stage.refused(&format!("{AMEND} --out amend.json --case acceptance#2=hearing"), "strands-case");
    stage.refused(
        "amend --to first.toml --contract contract.txt --occasion none --out amend.json",
        "same-workflow",
    );
    stage.write("other.txt", "another contract");
    let other = AMEND.replace("contract.txt", "other.txt");
    assert!(stage.fails(&format!("{other} --out amend.json"), 2).contains("was written for"));
    // Under the old rules it can go on, and is voted on as its paper said.
    stage.ok("ballot --out paper.toml");
    stage.ok(&format!("{AMEND} --case 'acceptance#2=old rules' --key buyer-1 --key seller"));
    let page = shown(&stage, "status");
    assert!(page.contains("goes on under the workflow"), "{page}");
    stage.ok("vote --ballot paper.toml --choice yes --key c1 --out vote.json");
    stage.ok("submit vote.json");
    for (seat, choice) in [("c2", "yes"), ("c3", "no")] {
        stage.ok(&format!("vote --choice {choice} --key {seat}"));
    }
    let status = stage.ok("status");
    assert_eq!(status["cases"][1]["ballots"][0]["closed"]["outcome"], "complete", "{status}");
}

#[test]
fn every_answer_tells_which_workflow_was_in_force() {
    let stage = amended();
    let digest = |name: &str| stage.ok(&format!("workflow check {name}"))["digest"].clone();
    let (first, second) = (digest("first.toml"), digest("second.toml"));
    let (now, then) = (stage.ok("license"), stage.ok("license --at 2026-03-31"));
    assert_eq!((&now["workflow"], &then["workflow"]), (&second, &first));
    assert_eq!(value(&now, "final-payment"), ("due", CLAIMED));
    assert_eq!(value(&now, "retention"), ("released in full", AMENDED));
    assert_eq!(value(&then, "instalment"), ("due", CLAIMED));
    assert_eq!(attribute(&now, "retention", "status")["because"]["amendment"], AMENDED);
    let page = shown(&stage, "license --at 2026-03-31");
    assert!(page.contains("first text") && page.contains("until the amendment of"), "{page}");
    let page = shown(&stage, "license");
    assert!(page.contains("second text") && page.contains("second meeting"), "{page}");
    let audit = stage.ok("audit");
    assert_eq!((&audit["workflow"], &audit["workflows"][0]["workflow"]), (&second, &first));
    assert!(shown(&stage, "audit").contains("until the amendment of"));
    // A certificate tells it to whoever has nothing else.
    stage.ok("license --certificate now.json");
    let checked = stage.ok("check now.json");
    assert_eq!(checked["answer"]["workflow"], second);
    assert_eq!(checked["answer"]["workflows"][1]["occasion"], "second meeting");
    stage.ok("license --at 2026-03-31 --certificate then.json");
    assert_eq!(stage.ok("check then.json")["answer"]["workflow"], first);
}

#[test]
fn what_held_then_and_what_the_record_showed_then_are_two_questions() {
    let mut stage = amended();
    OVERTURNED.clone_into(&mut stage.clock);
    stage.ok("do overturn --case acceptance#1 --key chamber");
    // The finding counts as never made: known now, nothing was due on 15 March. On that day the record showed otherwise.
    let held = stage.ok("license --at 2026-03-15");
    assert_eq!(value(&held, "instalment"), ("held", OPENED));
    let known = stage.ok("license --known-at 2026-03-15");
    assert_eq!(value(&known, "instalment"), ("due", CLAIMED));
    assert_eq!(known["known-at"]["at"], "2026-03-15T00:00:00Z");
    // Neither did anybody know then of the amendment to come: the first text alone, and what it foretold of later.
    assert!(known.get("workflows").is_none(), "{known}");
    let foretold = stage.ok("license --known-at 2026-03-15 --at 2026-04-15");
    assert_eq!(value(&foretold, "retention"), ("5 per cent", OPENED));
    assert_eq!(value(&stage.ok("license --at 2026-04-15"), "retention"), ("released in full", AMENDED));
    // And the other way: of 15 March, as the record showed it on 15 April, between amendment and judgment.
    let between = stage.ok("license --at 2026-03-15 --known-at 2026-04-15");
    assert_eq!(value(&between, "instalment"), ("due", CLAIMED));
    assert_eq!(between["workflows"][1]["entry"], 11);
    let page = shown(&stage, "license --at 2026-03-15 --known-at 2026-04-15");
    assert!(page.contains("As the record showed it at") && page.contains("12 of its 13 entries"), "{page}");

    let told = stage.fails("license --known-at 2026-06-01", 2);
    assert!(told.contains("still to come"), "{told}");
    assert!(stage.fails("license --known-at 2026-03-01", 2).contains("there was no agreement"));
    assert!(
        stage.fails("license --known-at 2026-03-15 --certificate c.json", 2).contains("cannot be used with")
    );
}

#[test]
fn whoever_signs_an_amendment_is_told_which_officers_it_replaces() {
    let mut stage = complete();
    AMENDED.clone_into(&mut stage.clock);
    stage.ok("key new newcomer --no-passphrase");
    let officers = [
        ("buyer/a", "newcomer"),
        ("buyer/b", "buyer-2"),
        ("registrar/a", "registrar-1"),
        ("registrar/b", "registrar-2"),
    ];
    roster(&stage, "replaced.toml", &officers);
    let named = stage.read("replaced.toml").replacen("Somebody Example", "Mallory Example", 1);
    stage.write("replaced.toml", &named);
    let line = AMEND.replace("more.toml", "replaced.toml");
    let fingerprint = |key: &str| {
        let told = stage.program("ssh-keygen", &["-lf", &format!("data/keys/{key}.pub")]);
        told.split_whitespace().find(|word| word.starts_with("SHA256:")).unwrap().to_owned()
    };
    let key = format!("key: {} → {}", fingerprint("buyer-1"), fingerprint("newcomer"));
    let written = shown(&stage, &format!("{line} --out amend.json"));
    let signed = shown(&stage, "sign amend.json --key buyer-2");
    for told in [&written, &signed] {
        let changes = told.split("What the amendment changes").nth(1).unwrap();
        for words in
            ["officer buyer/a person: Somebody Example → Mallory Example", &key, "officer registrar/a, new"]
        {
            assert!(changes.contains(words), "{words}: {changes}");
        }
        assert!(!changes.contains("officer buyer/b"), "who stays is no change: {changes}");
    }
    let elsewhere = Stage::empty();
    elsewhere.ok("key new seller --no-passphrase");
    for file in ["amend.json", "first.toml"] {
        fs::copy(stage.path(file), elsewhere.path(file)).unwrap();
    }
    let told = shown(&elsewhere, "sign amend.json --from first.toml --key seller");
    assert!(told.contains("Which officers it replaces cannot be shown"), "{told}");
}

/// A claim is over at once, and the standing panel may still sign a report on it.
const OVER_AT_ONCE: &str = r#"
language = 1
title    = "Over at once"
nature   = "specimen"
contract = { digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", prevails = true }
[party]
buyer  = { signatures = "1 of 1" }
seller = { signatures = "1 of 1" }
[panel.experts]
formed = "standing"
seats  = [{ name = "b1", by = "buyer" }, { name = "s1", by = "seller" }]
chair  = "b1"
filled = ["accepted"]
[event]
claimed = "Claimed"
[procedure.claim]
open  = { do = "claim", by = "seller", emits = "claimed" }
panel = "experts"
start = "closed"
[procedure.claim.state.closed]
ends  = true
steps = [{ do = "sign-report", by = "experts" }]
[grant.g]
status = [{ is = "held" }, { is = "due", first-of = ["claimed"] }]
"#;

#[test]
fn an_ended_case_whose_panel_may_still_act_is_not_told_to_enter_a_state() {
    let mut stage = Stage::empty();
    OPENED.clone_into(&mut stage.clock);
    stage.ok("init --log-name test.example");
    for name in ["buyer", "seller"] {
        stage.ok(&format!("key new {name} --no-passphrase"));
    }
    stage.write("contract.txt", "");
    stage.write("first.toml", OVER_AT_ONCE);
    roster(&stage, "roster.toml", &[("buyer/a", "buyer"), ("seller/a", "seller")]);
    stage.ok("open works --workflow first.toml --contract contract.txt --roster roster.toml --key buyer --key seller");
    stage.ok("do claim --key seller");
    let another = OVER_AT_ONCE.replace("{ name = \"s1\"", "{ name = \"s2\"");
    stage.write("other-seat.toml", &another);
    let amend = "amend --contract contract.txt --occasion later --key buyer --key seller --to";
    let told = stage.refused(&format!("{amend} other-seat.toml"), "strands-case");
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("keep those seats") || told.contains("Keep those seats"), "{told}");
    assert!(!told.contains("enter a state"), "{told}");
    // What it says works: the seats are kept, and another is added.
    let kept = OVER_AT_ONCE.replace(
        "by = \"seller\" }]\nchair",
        "by = \"seller\" }, { name = \"s2\", by = \"seller\" }]\nchair",
    );
    assert_ne!(kept, OVER_AT_ONCE);
    stage.write("kept.toml", &kept);
    stage.ok(&format!("{amend} kept.toml"));
}
