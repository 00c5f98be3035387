//! What `status` says of a case as it stands: nothing is told as running that stands still, nor as possible to somebody
//! who is not there.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

#[path = "stage_support/mod.rs"]
mod support;

use std::sync::Arc;

use quorate::log::MemoryTree;
use quorate::page::{About, case};
use quorate::registry::Clock as _;
use quorate::scenario::{Scenario, Stage};
use quorate::statement::Act;
use quorate::store::MemoryStore;
use quorate::view::document::Cases;
use quorate::view::status::ballot_words;
use serde_json::{Value, json};
use support::{at, by, holder, id};

const MOTION: &str = include_str!("workflows/flows/suspended-ballot.toml");
const CHAIRS: &str = include_str!("workflows/flows/chairs.toml");
const SEALED: &str = include_str!("workflows/flows/sealed.toml");
const ANSWERS: &str = include_str!("workflows/flows/answers.toml");

fn open(workflow: &str) -> Stage {
    let store = Arc::new(MemoryStore::new());
    Stage::open(workflow, &id("agi-2025"), at("2026-01-05T09:00:00Z"), store).unwrap()
}

fn told(stage: &Stage) -> String {
    told_of(stage, "motion#1")
}

fn told_of(stage: &Stage, case: &str) -> String {
    let (state, now) = (stage.state().unwrap(), stage.clock().now());
    let case = state.case(&case.parse().unwrap()).unwrap();
    let run = &case.ballots[0];
    ballot_words(run, run.rules().unwrap(), now, case.suspended().is_some())
}

/// What `status --json` tells now.
fn document(stage: &Stage) -> Value {
    let (state, now) = (stage.state().unwrap(), stage.clock().now());
    json!(Cases::of(&state.at(now), now))
}

/// The page of a case now.
fn page_of(stage: &Stage, of: &str) -> String {
    let (state, now) = (stage.state().unwrap(), stage.clock().now());
    let about = About { state: &state.at(now), head: MemoryTree::default().head(), at: now, read_only: None };
    case(&about, &of.parse().unwrap()).unwrap()
}

#[test]
fn a_sealed_ballot_that_stands_still_is_told_so() {
    let (before, _) = MOTION.split_once("early    = \"confirmed\"").unwrap();
    let (_, after) = MOTION.split_once("\n[grant.leave]").unwrap();
    let sealed = "sealed = { reveal-for = \"3 days\", unrevealed = \"has not voted\" }";
    let outcomes = "outcomes = [{ is = \"passed\", if = \"yes >= 2\" }, { is = \"failed\" }]";
    let mut stage = open(&format!("{before}{sealed}\n{outcomes}\n\n[grant.leave]{after}"));
    for seat in ["b1", "b2", "b3"] {
        let seat = holder(&format!("board/{seat}"));
        stage.nominate(&id("chamber"), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    stage.act(&"motion#1".parse().unwrap(), &id("move"), &by("owner"), &[]).unwrap();
    let running = told(&stage);
    assert!(running.contains("sealed, votes are cast until 2026-01-15"), "{running}");
    let closes = |stage: &Stage| document(stage)["cases"][0]["ballots"][0]["closes"].clone();
    assert_eq!(closes(&stage), json!("2026-01-15T09:00:00Z"));
    stage.act(&"stay#1".parse().unwrap(), &id("stay"), &by("owner"), &[]).unwrap();
    let still = told(&stage);
    assert!(still.contains("sealed, and standing still; 0 of 3 electors have committed"), "{still}");
    assert!(!still.contains("until"), "{still}");
    assert_eq!(closes(&stage), json!(null), "it ends later than that, and nobody knows when");
    let page = page_of(&stage, "motion#1");
    assert!(page.contains("it stands still while the case is suspended"), "{page}");
}

/// As many cases at once as one likes, each of which ends by itself.
const MANY: &str = r#"
language = 1
title    = "Many applications"
nature   = "specimen"
contract = { digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", prevails = true }
[party]
borrower = { signatures = "1 of 1" }
lender   = { signatures = "1 of 1" }
[event]
refused = "The loan is not prolonged"
[procedure.loan]
open  = { do = "apply", by = "borrower" }
cases = { at-once = 100 }
start = "waiting"
[procedure.loan.state.waiting]
steps = [{ do = "grant", by = "lender", to = "closed" }, { after = "10 days", to = "closed", emits = "refused" }]
[procedure.loan.state.closed]
ends = true
[grant.term]
status = [{ is = "until 2027" }, { is = "over", first-of = ["refused"] }]
"#;

#[test]
fn what_comes_in_a_case_is_told_however_much_comes_in_others_first() {
    let stage = open(MANY);
    let (mut steps, comes) = (String::new(), "waiting → closed; event refused");
    for number in 1..=70 {
        let case = format!("loan#{number}").parse().unwrap();
        stage.act(&case, &id("apply"), &by("borrower"), &[]).unwrap();
        steps.push_str("[[step]]\nby = 'borrower'\ndo = 'apply'\n");
        if number == 64 {
            assert_eq!(document(&stage)["more-follows"], json!(false));
        }
    }
    let told = document(&stage);
    let listed = told["if-nobody-acts"].as_array().unwrap();
    assert_eq!((listed.len(), &listed[63]["case"]), (64, &json!("loan#64")));
    assert_eq!(told["more-follows"], json!(true));
    let page = page_of(&stage, "loan#70");
    assert!(page.contains(comes) && !page.contains("Nothing happens in this case by itself"), "{page}");
    stage.act(&"loan#70".parse().unwrap(), &id("grant"), &by("lender"), &[]).unwrap();
    assert!(page_of(&stage, "loan#70").contains("Nothing happens in this case by itself"));
    // A scenario looks at one case.
    let last = format!("case = 'loan#70'\nexpect = {{ next = {{ what = '{comes}' }} }}\n");
    let scenario = format!("scenario = 'Many'\nopened = 2026-01-05T09:00:00Z\n{steps}{last}");
    let outcome = Scenario::parse(&scenario).unwrap().run(MANY).unwrap();
    assert_eq!(outcome.met, 1);
}

#[test]
fn an_act_of_the_subject_is_told_while_they_have_the_seat() {
    let mut stage = open(CHAIRS);
    for number in 1..=4 {
        let seat = holder(&format!("board/m{number}"));
        stage.nominate(&id("club"), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    let (case, seat) = ("removal#1".parse().unwrap(), Some(holder("board/m2")));
    let act = Act { case, act: id("accuse"), seat, attach: [].into(), strike: None };
    stage.act_signed(act, &by("auditor"), &[], &[holder("auditor/officer-1")]).unwrap();
    let acts = |stage: &Stage| -> Vec<String> {
        let tasks = stage.state().unwrap().tasks(stage.clock().now());
        tasks.into_iter().map(|task| task.what).collect()
    };
    assert!(acts(&stage).contains(&"defend".to_owned()), "{:?}", acts(&stage));
    stage.step_down(&holder("board/m2")).unwrap();
    let left = acts(&stage);
    assert!(!left.contains(&"defend".to_owned()) && left.contains(&"remove".to_owned()), "{left:?}");
}

#[test]
fn a_ballot_that_only_asks_for_an_answer_is_told_without_a_gap() {
    // Of this ballot nobody can abstain.
    let day = "\nabstention = \"abstain\"\nopen-for   = \"10 days\"\nearly      = \"all voted\"\nquorum     = \"participating >= 3\"\noutcomes   = [{ is = \"set\", if = \"answers > 1/2";
    assert!(ANSWERS.contains(day));
    let mut stage = open(&ANSWERS.replace(day, &day.replace("\nabstention = \"abstain\"", "")));
    for seat in ["a", "b"] {
        let seat = holder(&format!("appraisers/{seat}"));
        stage.nominate(&id("chamber"), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    stage.act(&"day#1".parse().unwrap(), &id("ask-day"), &by("owner"), &[]).unwrap();
    let none = told_of(&stage, "day#1");
    assert!(none.contains("; no answers; 2 of 2 electors still to vote"), "{none}");
    stage.vote(&"day#1/day#1".parse().unwrap(), &id("a"), &id("2026-01-01")).unwrap();
    let one = told_of(&stage, "day#1");
    assert!(one.contains("; 2026-01-01 1; 1 of 2 electors still to vote"), "{one}");
}

/// The seller can withdraw the claim while votes are taken, and `s1` owes minutes then.
fn withdrawn() -> Stage {
    let votes = "ballot = \"finding\"\nsteps  = [\n";
    let withdraw =
        format!("{votes}  {{ do = \"withdraw\", by = \"seller\", to = \"closed\", emits = \"not-due\" }},\n");
    let closed = "[procedure.claim.state.closed]\nends = true\n";
    let owed = format!("{closed}duties = [{{ do = \"write-minutes\", by = \"s1\", within = \"7 days\" }}]\n");
    let text = SEALED.replace(votes, &withdraw).replace(closed, &owed);
    let mut stage = open(&text);
    for (seat, party) in
        [("b1", "buyer"), ("b2", "buyer"), ("s1", "seller"), ("s2", "seller"), ("s3", "seller")]
    {
        let seat = holder(&format!("experts/{seat}"));
        stage.nominate(&id(party), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    stage.act(&"claim#1".parse().unwrap(), &id("claim"), &by("seller"), &[]).unwrap();
    stage.vote(&"claim#1/finding#1".parse().unwrap(), &id("b1"), &id("yes")).unwrap();
    stage.act(&"claim#1".parse().unwrap(), &id("withdraw"), &by("seller"), &[]).unwrap();
    stage
}

#[test]
fn nobody_is_said_not_to_have_revealed_a_vote_in_a_ballot_that_was_abandoned() {
    let told = told_of(&withdrawn(), "claim#1");
    assert!(told.contains("abandoned 2026-01-05"), "{told}");
    assert!(!told.contains("revealed"), "{told}");
}

#[test]
fn what_nobody_is_there_to_do_stays_owed_and_is_told_so() {
    let stage = withdrawn();
    let owed = |stage: &Stage| -> Vec<String> {
        let tasks = stage.state().unwrap().tasks(stage.clock().now());
        tasks.into_iter().filter(|task| task.what == "write-minutes").map(|task| task.who).collect()
    };
    assert_eq!(owed(&stage), ["s1"]);
    stage.step_down(&holder("experts/s1")).unwrap();
    assert_eq!(owed(&stage), ["s1 (nobody at present)"]);
}
