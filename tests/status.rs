//! What `status` says of a case as it stands: nothing is told as running that stands still, nor as possible to somebody
//! who is not there.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

#[path = "stage_support/mod.rs"]
mod support;

use std::sync::Arc;

use quorate::registry::Clock as _;
use quorate::scenario::Stage;
use quorate::statement::Act;
use quorate::store::MemoryStore;
use quorate::view::status::ballot_words;
use support::{at, by, holder, id};

const MOTION: &str = include_str!("workflows/flows/suspended-ballot.toml");
const CHAIRS: &str = include_str!("workflows/flows/chairs.toml");

fn open(workflow: &str) -> Stage {
    let store = Arc::new(MemoryStore::new());
    Stage::open(workflow, &id("agi-2025"), at("2026-01-05T09:00:00Z"), store).unwrap()
}

fn told(stage: &Stage) -> String {
    let (state, now) = (stage.state().unwrap(), stage.clock().now());
    let case = state.case(&"motion#1".parse().unwrap()).unwrap();
    let run = &case.ballots[0];
    ballot_words(run, run.rules().unwrap(), now, case.suspended().is_some())
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
    stage.act(&"stay#1".parse().unwrap(), &id("stay"), &by("owner"), &[]).unwrap();
    let still = told(&stage);
    assert!(still.contains("sealed, and standing still; 0 of 3 electors have committed"), "{still}");
    assert!(!still.contains("until"), "{still}");
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
