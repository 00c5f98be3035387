//! What could take a right away again: every event on which it rests and that another can annul.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fs;

use cli_support::{Stage, attribute};
use serde_json::json;

fn stage(clock: &str) -> Stage {
    let mut stage = Stage::empty();
    clock.clone_into(&mut stage.clock);
    stage.ok("init --log-name test.example");
    stage
}

fn open(stage: &Stage, officers: &[&str], signing: &str, contract: &str) {
    let officer = |holder: &&str| {
        let name = holder.replace('/', "-");
        stage.ok(&format!("key new {name} --no-passphrase"));
        let public = stage.read(&format!("data/keys/{name}.pub"));
        let key = public.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        format!("[[officer]]\nholder = \"{holder}\"\nperson = \"Officer {name}\"\nkey = \"{key}\"\n")
    };
    stage.write("roster.toml", &officers.iter().map(officer).collect::<String>());
    stage.write("contract.txt", contract);
    stage.ok(&format!(
        "open works --workflow workflow.toml --contract contract.txt --roster roster.toml {signing}"
    ));
}

fn story(stage: &Stage, line: &str) -> String {
    stage.run(line).out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_rate_that_an_instant_moved_once_a_milestone_was_reached_rests_on_the_milestone() {
    let mut stage = stage("2026-01-05T09:00:00Z");
    fs::copy("workflows/drug-milestone.toml", stage.path("workflow.toml")).unwrap();
    let contract = fs::read_to_string("workflows/drug-milestone.contract.txt").unwrap();
    open(
        &stage,
        &["licensor/a", "licensor/b", "licensee/a", "licensee/b", "institute/i"],
        "--key licensor-a --key licensee-a --key licensee-b",
        &contract,
    );
    "2026-03-02T09:00:00Z".clone_into(&mut stage.clock);
    stage.ok("do claim --attach trial-report=contract.txt --key licensor-a");
    "2026-03-03T09:00:00Z".clone_into(&mut stage.clock);
    stage.ok("do concede --key licensee-a --key licensee-b");
    let retracted = json!({ "event": "retracted" });
    let before = stage.ok("license");
    assert_eq!(
        attribute(&before, "royalty", "rate")["back"],
        json!(null),
        "it is 8 percent from the opening"
    );
    // A clock that is behind the log makes nothing undone.
    "2026-03-02T09:30:00Z".clone_into(&mut stage.clock);
    let behind = stage.ok("license");
    assert_eq!(attribute(&behind, "milestone-payment", "status")["value"], "due", "{behind}");
    assert_eq!(behind["at"], "2026-03-03T09:00:00Z");
    let told = story(&stage, "status");
    assert!(told.contains("shows 2026-03-02 09:30:00 UTC, and the last entry is later"), "{told}");
    "2028-05-01T09:00:00Z".clone_into(&mut stage.clock);
    let now = stage.ok("license");
    let rate = attribute(&now, "royalty", "rate");
    assert_eq!((&rate["value"], &rate["back"]), (&json!("11 percent"), &retracted), "{rate}");
    assert!(rate["because"]["instant"].is_string(), "{rate}");
    let told = story(&stage, "license --why royalty");
    assert!(
        told.contains("It rests on the event `reached`, which can be annulled, and the value is then derived anew, with: the event `retracted`"),
        "{told}"
    );
    let rate = told.split("rate: 11 percent").nth(1).unwrap();
    assert!(!rate.contains("Nothing moves it any further"), "{told}");
}

const TWO: &str = r#"
language = 1
title    = "A grant that rests on two events"
nature   = "specimen"
contract = { digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", prevails = true }
ours     = ["party.buyer.signatures", "party.seller.signatures"]
[party]
buyer  = { signatures = "1 of 1" }
seller = { signatures = "1 of 1" }
[event]
found    = "Found"
agreed   = "Agreed"
setaside = "Set aside"
rescinded = "Rescinded"
[annul]
found  = { by = "setaside", from = "start" }
agreed = { by = "rescinded", from = "then" }
[procedure.finding]
open  = { do = "find", by = "seller", emits = "found" }
start = "open"
[procedure.finding.state.open]
steps = [{ do = "set-aside", by = "buyer", to = "closed", emits = "setaside" }, { after = "900 days", to = "closed" }]
[procedure.finding.state.closed]
ends = true
[procedure.bargain]
open  = { do = "agree", by = "buyer", emits = "agreed" }
start = "open"
[procedure.bargain.state.open]
steps = [{ do = "rescind", by = "seller", to = "closed", emits = "rescinded" }, { after = "900 days", to = "closed" }]
[procedure.bargain.state.closed]
ends = true
[grant.both]
status = [{ is = "held" }, { is = "due", all-of = ["found", "agreed"] }]
[grant.either]
status = [{ is = "held" }, { is = "due", first-of = ["found", "agreed"] }]
"#;

#[test]
fn what_all_of_several_events_moved_goes_back_with_the_annulment_of_any() {
    let mut stage = stage("2026-01-05T09:00:00Z");
    stage.write("workflow.toml", TWO);
    open(&stage, &["buyer/a", "seller/a"], "--key buyer-a --key seller-a", "");
    stage.ok("do find --key seller-a");
    // It waits for nothing that has come.
    let told = story(&stage, "license --why both");
    assert!(told.contains("with all of: the event `agreed`") && !told.contains("`found`"), "{told}");
    "2026-01-06T09:00:00Z".clone_into(&mut stage.clock);
    stage.ok("do agree --key buyer-a");
    let now = stage.ok("license");
    let back = |grant: &str| attribute(&now, grant, "status")["back"].clone();
    assert_eq!(back("both"), json!([{ "event": "setaside" }, { "event": "rescinded" }]));
    assert_eq!(back("either"), json!({ "event": "setaside" }), "what came first moved it");
    let told = story(&stage, "license");
    assert!(told.contains("back: setaside or") && told.contains("rescinded"), "{told}");
    // The certificate says the same, and is checked against it.
    stage.ok("license --certificate both.json");
    assert_eq!(attribute(&stage.ok("check both.json")["answer"], "both", "status")["back"], back("both"));
    // And so it is: the earlier of the two is set aside, and the right is as at the opening again.
    "2026-01-07T09:00:00Z".clone_into(&mut stage.clock);
    stage.ok("do set-aside --key buyer-a");
    let now = stage.ok("license");
    let status = attribute(&now, "both", "status");
    assert_eq!((&status["value"], &status["back"]), (&json!("held"), &json!(null)), "{status}");
    // What was found can be set aside no more by its case; the other right is due by the bargain now, and rests on that.
    let status = attribute(&now, "either", "status");
    assert_eq!((&status["value"], &status["back"]), (&json!("due"), &json!({ "event": "rescinded" })));
}
