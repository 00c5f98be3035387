//! Who may read a restricted agreement, as its state says it: everybody who can sign something in it, for as long as they
//! can.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

mod stage_support;

use std::sync::Arc;

use quorate::engine::State;
use quorate::scenario::{Stage, plain_key};
use quorate::statement::{BallotRef, CaseRef, HolderRef, Replacement};
use quorate::store::MemoryStore;
use quorate::values::{Instant, Span};
use stage_support::{at, by, id};

fn workflow() -> String {
    let text = std::fs::read_to_string("tests/workflows/flows/sealed-leaving.toml").unwrap();
    text.replace("nature   = \"specimen\"\n", "nature   = \"specimen\"\naccess   = \"restricted\"\n")
}

fn holder(name: &str) -> HolderRef {
    name.parse().unwrap()
}

fn opened() -> Stage {
    let store = Arc::new(MemoryStore::default());
    let mut stage = Stage::open(&workflow(), &id("council"), at("2026-01-05T09:00:00Z"), store).unwrap();
    for seat in ["council/m1", "council/m2", "council/m3"] {
        stage.nominate(&id("chapter"), &holder(seat)).unwrap();
        stage.accept(&holder(seat)).unwrap();
    }
    stage
}

/// Whether the first key of a holder reads.
fn reads(state: &State, at: Instant, name: &str) -> bool {
    state.access().admits(Some(&plain_key(&holder(name)).raw()), at)
}

#[test]
fn whoever_has_left_reads_until_the_vote_that_stands_is_revealed_and_no_longer() {
    let stage = opened();
    let case: CaseRef = "decision#1".parse().unwrap();
    let ballot: BallotRef = "decision#1/standing#1".parse().unwrap();
    stage.act(&case, &id("ask"), &by("chapter"), &[]).unwrap();
    for seat in ["m1", "m2", "m3"] {
        stage.vote(&ballot, &id(seat), &id("yes")).unwrap();
    }
    stage.step_down(&holder("council/m1")).unwrap();
    let now = |stage: &Stage| stage.registry().now();
    let state = stage.state().unwrap();
    assert_eq!(state.holders.get(&holder("council/m1")), None);
    assert!(reads(&state, now(&stage), "council/m1"));
    // Once all could be revealed.
    stage.clock().pass(Span::from_seconds(14 * 86_400 + 1));
    assert!(reads(&stage.state().unwrap(), now(&stage), "council/m1"));
    stage.reveal_attaching(&ballot, &id("m1"), None, None).unwrap();
    let state = stage.state().unwrap();
    assert!(!reads(&state, now(&stage), "council/m1") && reads(&state, now(&stage), "council/m2"));
}

#[test]
fn whoever_is_dismissed_or_has_another_key_reads_no_more_and_time_alone_can_dismiss() {
    let mut stage = opened();
    stage.replace_key(&holder("council/m2"), Replacement::Rotation).unwrap();
    let case: CaseRef = "dismissal#1".parse().unwrap();
    let act = quorate::statement::Act {
        case,
        act: id("propose-dismissal"),
        seat: Some(holder("council/m1")),
        attach: quorate::statement::Attachments::new(),
        strike: None,
    };
    stage.act_signed(act, &by("chapter"), &[id("reasons")], &[holder("chapter/officer-1")]).unwrap();
    let ballot: BallotRef = "dismissal#1/dismissal#1".parse().unwrap();
    stage.vote(&ballot, &id("m3"), &id("dismiss")).unwrap();
    let state = stage.state().unwrap();
    let now = stage.registry().now();
    let all = ["chapter/officer-1", "council/m1", "council/m2", "council/m3"];
    assert_eq!(all.map(|name| reads(&state, now, name)), [true, true, false, true]);
    // The other one says nothing, and the ballot closes by itself.
    let later = now.plus(Span::from_seconds(7 * 86_400 + 1));
    let state = state.at(later);
    assert_eq!(all.map(|name| reads(&state, later, name)), [true, false, false, true]);
}

#[test]
fn an_officer_reads_between_the_dates_of_the_roster_and_nobody_without_a_key() {
    let (from, until) = (at("2026-01-01T00:00:00Z"), at("2026-06-30T23:59:59Z"));
    let dated =
        |line: &mut quorate::statement::RosterLine| (line.from, line.until) = (Some(from), Some(until));
    let store = Arc::new(MemoryStore::default());
    let opening = at("2026-01-05T09:00:00Z");
    let stage = Stage::open_with(&workflow(), &id("council"), opening, store, dated).unwrap();
    let state = stage.state().unwrap();
    let reads = |at: Instant| reads(&state, at, "chapter/officer-1");
    assert!(reads(opening) && reads(until) && !reads(until.next()));
    assert!(!state.access().admits(None, opening) && state.access().is_restricted());

    let store = Arc::new(MemoryStore::default());
    let open = workflow().replace("\"restricted\"", "\"public\"");
    let stage = Stage::open(&open, &id("council"), opening, store).unwrap();
    let access = stage.state().unwrap().access();
    assert!(access.admits(None, opening) && !access.is_restricted());
}
