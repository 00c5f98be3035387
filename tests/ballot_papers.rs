//! What a voter signs says everything that changes how the vote counts, and stays the same while the ballot runs.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

use std::fs;
use std::sync::Arc;

use quorate::engine::paper::Paper;
use quorate::scenario::Stage;
use quorate::statement::{Act, BallotRef, By, CaseRef, HolderRef};
use quorate::store::MemoryStore;
use quorate::values::{Digest, Id, Instant};

fn id(text: &str) -> Id {
    text.parse().unwrap()
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// A small workflow of `tests/workflows/flows`, its board seated, and a matter put to it on 1 February.
fn asked(flow: &str, procedure: &str) -> Stage {
    let text = fs::read_to_string(format!("tests/workflows/flows/{flow}.toml")).unwrap();
    let store = Arc::new(MemoryStore::new());
    let mut stage = Stage::open(&text, &id("papers"), at("2026-01-05T09:00:00Z"), store).unwrap();
    for seat in ["a", "b", "c"] {
        let seat = HolderRef::Office { body: id("board"), name: id(seat) };
        stage.nominate(&id("chamber"), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    stage.clock().set(at("2026-02-01T09:00:00Z"));
    let case: CaseRef = format!("{procedure}#1").parse().unwrap();
    stage.act(&case, &id(&format!("ask-{procedure}")), &By::One(id("owner")), &[]).unwrap();
    stage
}

fn paper(stage: &Stage, ballot: &BallotRef) -> String {
    let state = stage.state().unwrap();
    let text = state.ballot_paper(ballot).unwrap();
    assert_eq!(Digest::of(text.as_bytes()), state.ballot_run(ballot).unwrap().paper);
    assert_eq!(Paper::parse(&text).unwrap().to_text(), text);
    text
}

#[test]
fn a_paper_says_what_puts_its_closing_off_and_stays_as_it_is_when_that_happens() {
    let stage = asked("late-votes", "once");
    let ballot: BallotRef = "once#1/once#1".parse().unwrap();
    let before = paper(&stage, &ballot);
    assert!(
        before.contains("extend = \"by 1 day, where a vote comes in the last 1 hour, at most once\"\n"),
        "{before}"
    );
    stage.clock().set(at("2026-02-04T09:00:00Z"));
    stage.vote(&ballot, &id("a"), &id("yes")).unwrap();
    let state = stage.state().unwrap();
    assert_eq!(state.ballot_run(&ballot).unwrap().closes, at("2026-02-05T09:00:00Z"));
    assert_eq!(paper(&stage, &ballot), before);
    // Votes on the old paper are votes in the ballot that goes on.
    stage.clock().set(at("2026-02-05T09:00:00Z"));
    stage.vote(&ballot, &id("b"), &id("no")).unwrap();
}

#[test]
fn a_paper_says_how_long_a_rule_must_hold_and_what_eases_it() {
    let text = paper(&asked("confirmation", "slow"), &"slow#1/slow#1".parse().unwrap());
    let outcome = "early = \"confirmed\"\n\n[[outcome]]\nis = \"passed\"\nif = \"yes >= 4/5 of electors\"\nfor = \"3 days\"\n\
        eases = [{ after = \"30 days\", if = \"yes >= 3/5 of electors\" }, { after = \"50 days\", if = \"yes >= 2/5 of \
        electors\" }]\n\n[[outcome]]\nis = \"failed\"\n";
    assert!(text.contains(outcome), "{text}");
}

#[test]
fn a_paper_says_that_identical_ballots_of_one_affiliation_count_as_one_and_who_works_for_whom() {
    let text = fs::read_to_string("tests/workflows/flows/affiliations.toml").unwrap();
    let store = Arc::new(MemoryStore::new());
    let mut stage = Stage::open(&text, &id("papers"), at("2026-01-05T09:00:00Z"), store).unwrap();
    for (seat, affiliation) in [("a1", "acme"), ("b2", "bolt")] {
        let seat = HolderRef::Office { body: id("council"), name: id(seat) };
        stage.nominate_of(&By::One(id("chamber")), &seat, Some(&id(affiliation))).unwrap();
        stage.accept(&seat).unwrap();
    }
    stage.act(&"objection#1".parse().unwrap(), &id("object"), &By::One(id("owner")), &[]).unwrap();
    let text = paper(&stage, &"objection#1/council#1".parse().unwrap());
    assert!(text.contains("\ncount = \"one per affiliation\"\n"), "{text}");
    assert!(text.contains("weight = 2\nclass = \"senior\"\naffiliation = \"bolt\"\n"), "{text}");
}

#[test]
fn a_paper_says_what_can_be_answered_and_which_answer_decides() {
    let text = fs::read_to_string("tests/workflows/flows/answers.toml").unwrap();
    let store = Arc::new(MemoryStore::new());
    let stage = Stage::open(&text, &id("papers"), at("2026-01-05T09:00:00Z"), store).unwrap();
    stage.act(&"price#1".parse().unwrap(), &id("ask-price"), &By::One(id("owner")), &[]).unwrap();
    let text = paper(&stage, &"price#1/price#1".parse().unwrap());
    let answer =
        "choices = [\"refuse\"]\nanswer = { is = \"number\", unit = \"EUR\", decides = \"median\" }\n";
    assert!(text.contains(answer), "{text}");
    assert!(text.contains("is = \"set\"\nif = \"answers >= 3\"\ngives = \"answer\"\n"), "{text}");
}

#[test]
fn a_paper_says_how_many_business_days_the_ballot_is_open_and_when_it_closes() {
    let text = fs::read_to_string("tests/workflows/flows/business-days.toml").unwrap();
    let store = Arc::new(MemoryStore::new());
    let mut stage = Stage::open(&text, &id("papers"), at("2026-05-01T09:00:00Z"), store).unwrap();
    stage.clock().set(at("2026-05-21T20:00:00Z"));
    let case: CaseRef = "claim#1".parse().unwrap();
    stage.act(&case, &id("claim"), &By::One(id("seller")), &[]).unwrap();
    stage.act(&case, &id("answer"), &By::One(id("buyer")), &[id("answer")]).unwrap();
    for (seat, by) in [("b1", "buyer"), ("s1", "seller"), ("c1", "chamber")] {
        let seat = HolderRef::CaseSeat { case: case.clone(), seat: id(seat) };
        stage.nominate(&id(by), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    let paper = paper(&stage, &"claim#1/claim#1".parse().unwrap());
    // From a Thursday over a weekend and a Monday that is a holiday, to the end of Tuesday in New York.
    let wanted = "closes = \"2026-05-27T04:59:59Z\"\nopen-for = \"2 business days\"\n";
    assert!(paper.contains(wanted), "{paper}");
    assert!(
        paper.contains("sealed = { reveal-for = \"1 business day\", unrevealed = \"has not voted\" }\n"),
        "{paper}"
    );
}

/// The digest that voters sign goes on from the paper before: it is the text's all the same, whatever was filed and struck.
#[test]
fn a_paper_lists_what_is_filed_however_much_comes_and_whatever_is_struck() {
    let text = fs::read_to_string("tests/workflows/flows/evidence-lapses.toml").unwrap();
    let store = Arc::new(MemoryStore::new());
    let mut stage = Stage::open(&text, &id("papers"), at("2026-01-05T09:00:00Z"), store).unwrap();
    for seat in ["a1", "a2", "a3"] {
        let seat = HolderRef::Office { body: id("arbiters"), name: id(seat) };
        stage.nominate(&id("chamber"), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    let (case, ballot): (CaseRef, BallotRef) =
        ("claim#1".parse().unwrap(), "claim#1/finding#1".parse().unwrap());
    stage.act(&case, &id("claim"), &By::One(id("claimant")), &[id("statement")]).unwrap();
    let listed = |stage: &Stage| Paper::parse(&paper(stage, &ballot)).unwrap().filed;
    let file = |count: usize| {
        for _ in 0..count {
            let before = listed(&stage).len();
            stage.act(&case, &id("file"), &By::One(id("respondent")), &[id("exhibit")]).unwrap();
            assert_eq!(listed(&stage).len(), before + 1);
        }
    };
    let strike = |place: usize| {
        let mut left = listed(&stage);
        let struck = left.remove(place).digest;
        let (act, officer) = (id("strike"), HolderRef::Office { body: id("chamber"), name: id("officer-1") });
        let act = Act { case: case.clone(), act, seat: None, attach: [].into(), strike: Some(struck) };
        stage.act_signed(act, &By::One(id("chamber")), &[], &[officer]).unwrap();
        assert_eq!(listed(&stage), left);
    };
    file(70);
    strike(1);
    strike(68);
    file(3);
    strike(64);
    file(60);
    assert_eq!(listed(&stage).len(), 1 + 70 + 3 + 60 - 3);
}
