//! The AGI agreement played on a stage, as far as a test needs it; and what a refusal must leave unchanged.

#![allow(dead_code)] // not every test file uses all of it
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

use std::sync::Arc;

use quorate::engine::Refusal;
use quorate::log::{Head, LogKey};
use quorate::registry::{Receipted, SubmitError, log_key};
use quorate::scenario::{LOG_NAME, Stage, log_seed};
use quorate::statement::{BallotRef, By, CaseRef, HolderRef, Refused};
use quorate::store::MemoryStore;
use quorate::values::{Id, Instant, Span};

/// As it shipped before its ballot was sealed: here everybody sees each vote as it comes.
pub const AGI: &str = include_str!("../workflows/agi-2025-open.toml");

/// The seats of the AGI panel and who nominates for them.
pub const SEATS: [(&str, &str); 7] = [
    ("o1", "openai"),
    ("o2", "openai"),
    ("m1", "microsoft"),
    ("m2", "microsoft"),
    ("i1", "authority"),
    ("i2", "authority"),
    ("i3", "authority"),
];

pub type Answer = Result<Receipted, SubmitError>;

pub fn id(text: &str) -> Id {
    text.parse().unwrap()
}

pub fn by(text: &str) -> By {
    By::One(id(text))
}

pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub fn days(days: u64) -> Span {
    Span::from_seconds(days * 86_400)
}

pub fn seconds(seconds: u64) -> Span {
    Span::from_seconds(seconds)
}

pub fn holder(text: &str) -> HolderRef {
    text.parse().unwrap()
}

/// `verification#1`.
pub fn case() -> CaseRef {
    "verification#1".parse().unwrap()
}

/// `verification#1/finding#1`.
pub fn ballot() -> BallotRef {
    "verification#1/finding#1".parse().unwrap()
}

/// A seat of `verification#1`.
pub fn seat(name: &str) -> HolderRef {
    HolderRef::CaseSeat { case: case(), seat: id(name) }
}

/// An agreement called `agi-2025` with this workflow, opened on 28 October 2025.
pub fn opened(workflow: &str) -> Stage {
    let store = Arc::new(MemoryStore::new());
    Stage::open(workflow, &id("agi-2025"), at("2025-10-28T17:00:00Z"), store).unwrap()
}

/// Reaffirmed, and AGI declared on 1 September 2026.
pub fn declared(workflow: &str) -> Stage {
    let stage = opened(workflow);
    stage.clock().set(at("2026-02-27T17:00:00Z"));
    stage.reaffirm("the joint statement of 27 February 2026").unwrap();
    stage.clock().set(at("2026-09-01T09:00:00Z"));
    declare(&stage).unwrap();
    stage
}

pub fn declare(stage: &Stage) -> Answer {
    stage.act(&case(), &id("declare"), &by("openai"), &[id("declaration")])
}

/// All seven seats nominated, none accepted.
pub fn nominated(workflow: &str) -> Stage {
    let mut stage = declared(workflow);
    for (name, nominator) in SEATS {
        stage.clock().pass(seconds(3_600));
        stage.nominate(&id(nominator), &seat(name)).unwrap();
    }
    stage
}

/// All seven seats filled, both parties heard; the ballot opens 60 days later.
pub fn heard(workflow: &str) -> Stage {
    let stage = nominated(workflow);
    for (name, _) in SEATS {
        stage.clock().pass(seconds(3_600));
        stage.accept(&seat(name)).unwrap();
    }
    for party in ["openai", "microsoft"] {
        stage.clock().pass(days(1));
        file(&stage, party).unwrap();
    }
    stage
}

/// Every seat accepts and discloses.
pub fn all_accept(stage: &Stage) {
    for (name, _) in SEATS {
        stage.accept(&seat(name)).unwrap();
    }
}

/// Every seat votes `met`.
pub fn all_vote(stage: &Stage) {
    for (name, _) in SEATS {
        vote(stage, name, "met").unwrap();
    }
}

pub fn file(stage: &Stage, party: &str) -> Answer {
    stage.act(&case(), &id("file"), &by(party), &[id("exhibit")])
}

/// The ballot is open since an hour.
pub fn voting(workflow: &str) -> Stage {
    let stage = heard(workflow);
    stage.clock().pass(days(58));
    stage.clock().pass(seconds(3_600));
    stage
}

pub fn vote(stage: &Stage, name: &str, choice: &str) -> Answer {
    stage.vote(&ballot(), &id(name), &id(choice))
}

/// Verified by six of seven, and reported. 27 entries: 0 `open`, 1 `reaffirm`, 2 `declare`, 3 to 9
/// nominations, 10 to 16 acceptances, 17 and 18 exhibits, 19 to 25 votes, 26 the report.
pub fn verified(workflow: &str) -> Stage {
    let stage = voting(workflow);
    for (name, _) in SEATS {
        stage.clock().pass(seconds(3_600));
        vote(&stage, name, if name == "o2" { "not-met" } else { "met" }).unwrap();
    }
    stage.clock().pass(days(7));
    stage.act(&case(), &id("sign-report"), &by("i1"), &[id("report")]).unwrap();
    stage
}

/// Size and root of the log.
pub fn head(stage: &Stage) -> Head {
    stage.registry().store().head(&stage.anchor()).unwrap().unwrap().head
}

/// Rules by which is refused what is of no agreement that is kept here.
const OF_NO_LOG: [&str; 5] =
    ["unknown-agreement", "bad-log-identity", "other-log", "name-taken", "bad-policy"];

/// The key of the stage's log.
pub fn stage_key() -> LogKey {
    log_key(LOG_NAME, &id("agi-2025"), &log_seed()).unwrap()
}

/// The log has signed the refusal: what it was, when, and after which head. Of what is of no agreement here it
/// signs nothing.
fn check_note(stage: &Stage, refusal: &Refusal, note: Option<&str>) {
    let Some(note) = note else {
        // An opening statement is signed by the key under test, or repeats one: it has no log either.
        let opening = [
            "key-in-use",
            "bad-envelope",
            "too-few-signatures",
            "needless-signature",
            // Those that an amendment, which has a log, may break as well.
            "bad-workflow",
            "other-contract",
            "bad-roster",
            "not-all-parties",
        ];
        let of_no_log = OF_NO_LOG.contains(&refusal.rule) || opening.contains(&refusal.rule);
        assert!(of_no_log, "not signed: {refusal}");
        return;
    };
    assert!(!OF_NO_LOG.contains(&refusal.rule), "signed: {refusal}");
    let refused = Refused::open(note.as_bytes(), stage_key().verifier()).unwrap();
    assert_eq!((&*refused.rule.to_string(), refused.head), (refusal.rule, head(stage)));
    assert_eq!((&refused.why, &refused.instead), (&refusal.why, &refusal.instead));
    let state = stage.state().unwrap();
    assert_eq!((refused.agreement, refused.time), (state.agreement.clone(), stage.registry().now()));
}

/// The refusal of what is attempted, which must leave the log as it was, and is signed.
pub fn refusal(stage: &Stage, answer: impl FnOnce(&Stage) -> Answer) -> Refusal {
    let before = head(stage);
    let answer = answer(stage);
    assert_eq!(head(stage), before, "a refusal changed the log");
    assert_eq!(stage.state().unwrap().size, before.size, "a refusal changed what readers see");
    match answer {
        Err(SubmitError::Refused { refusal, note }) => {
            check_note(stage, &refusal, note.as_deref());
            refusal
        }
        other => panic!("not refused: {other:?}"),
    }
}
