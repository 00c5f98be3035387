//! What the state keeps beside its entries, so as not to look at all of them each time, against looking at all of them:
//! which events count and whom they reach, what became of every grant, and which documents are struck or still needed.
//!
//! Plays are made at random: two procedures whose cases emit, annul, and answer each other's events, and that file and strike.
//! The naive forms share nothing with the engine but its list of events and of filings.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "shared/cases.rs"]
mod cases;

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use quorate::engine::State;
use quorate::engine::event::Occurrence;
use quorate::engine::licence::Because;
use quorate::scenario::supposed_agreement;
use quorate::statement::{Act, Body, By, CaseRef, Reaffirm};
use quorate::values::{Digest, Id, Instant};
use quorate::workflow::model::{Attribute, Cause, Moves};

/// Second 0 of every play.
const BASE: i64 = 1_767_225_600;
const EVENTS: [&str; 5] = ["made", "marked", "signalled", "unmarked", "unsignalled"];

const WORKFLOW: &str = r#"language = 1
title    = "Two procedures that emit, annul and answer, and file and strike"
nature   = "specimen"
contract = { digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", prevails = true }
[party]
alpha = { signatures = "1 of 1" }
[event]
made        = "A case was opened"
marked      = "A mark was made"
signalled   = "A signal was given"
unmarked    = "Marks are undone"
unsignalled = "Signals are undone"
answered    = "A signal was answered"
[annul]
marked    = { by = "unmarked", from = "then" }
signalled = { by = "unsignalled", from = "start" }
[procedure.left]
open  = { do = "open-left", by = "alpha", attach = ["exhibit", "brief"], emits = "made" }
cases = { at-once = 3 }
start = "going"
[procedure.left.state.going]
steps = [
  { do = "mark", by = "alpha", emits = "marked" },
  { do = "signal", by = "alpha", emits = ["signalled", "marked"] },
  { do = "unmark", by = "alpha", emits = "unmarked" },
  { do = "unsignal", by = "alpha", emits = "unsignalled" },
  { do = "file", by = "alpha", attach = ["exhibit"] },
  { do = "strike", by = "alpha", strikes = ["exhibit"] },
  { do = "strike-brief", by = "alpha", strikes = ["brief", "exhibit"] },
  { on = "signalled", emits = "answered", at-most = 1000 },
  { do = "end", by = "alpha", to = "over" },
  { after = "40 seconds", to = "over" },
]
[procedure.left.state.over]
ends  = true
[procedure.right]
open  = { do = "open-right", by = "alpha", attach = ["exhibit", "brief"], emits = "made" }
cases = { at-once = 3 }
start = "going"
[procedure.right.state.going]
steps = [
  { do = "mark", by = "alpha", emits = "marked" },
  { do = "signal", by = "alpha", emits = "signalled" },
  { do = "unmark", by = "alpha", emits = "unmarked" },
  { do = "unsignal", by = "alpha", emits = "unsignalled" },
  { do = "file", by = "alpha", attach = ["exhibit"] },
  { do = "strike", by = "alpha", strikes = ["exhibit"] },
  { do = "strike-brief", by = "alpha", strikes = ["brief", "exhibit"] },
  { do = "end", by = "alpha", to = "over" },
  { after = "40 seconds", to = "over" },
]
[procedure.right.state.over]
ends  = true
[grant.first]
status = [ { is = "idle" }, { is = "marked", first-of = ["marked", 2026-01-01T00:00:25Z] }, { is = "both", all-of = ["signalled", "marked"] } ]
[grant.second]
status = [ { is = "idle" }, { is = "signalled", first-of = ["signalled", "marked", { after = "20 seconds", of = "agreement opened" }] } ]
held   = [ { is = "no" }, { is = "yes", all-of = ["answered", "signalled", { after = "10 seconds", of = "agreement opened" }] } ]
"#;

fn id(text: &str) -> Id {
    text.parse().unwrap()
}

fn at(second: i64) -> Instant {
    Instant::from_unix(BASE + second)
}

/// One of few contents, so that the same one is filed again and again.
fn content(number: u8) -> Digest {
    Digest::of(&[number])
}

#[derive(Debug, Clone)]
struct Move {
    pause: i64,
    procedure: usize,
    case: u32,
    act: usize,
    contents: (u8, u8),
}

const ACTS: [&str; 10] =
    ["mark", "signal", "unmark", "unsignal", "file", "strike", "strike-brief", "end", "open", "reaffirm"];

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = (0..3_i64, 0..2_usize, 1..5_u32, 0..ACTS.len(), (0..4_u8, 0..4_u8));
    let one = one.prop_map(|(pause, procedure, case, act, contents)| Move {
        pause,
        procedure,
        case,
        act,
        contents,
    });
    proptest::collection::vec(one, 1..60)
}

/// A play with what its entries name, in the order in which they were admitted.
struct Play {
    state: State,
    second: i64,
    named: Vec<(u64, Digest)>,
}

impl Play {
    fn new() -> Self {
        let state = supposed_agreement(WORKFLOW, at(0)).unwrap();
        Self { state, second: 0, named: Vec::new() }
    }

    fn go(&mut self, it: &Move) {
        self.second += it.pause;
        let procedure = ["left", "right"][it.procedure];
        let (one, other) = (content(it.contents.0), content(it.contents.1));
        let (mut act, mut attach, mut strike) = (id(ACTS[it.act]), vec![], None);
        let mut case: CaseRef = format!("{procedure}#{}", it.case).parse().unwrap();
        match ACTS[it.act] {
            "open" => {
                act = id(&format!("open-{procedure}"));
                case = self.state.next_case(&id(procedure));
                attach = vec![(id("exhibit"), one), (id("brief"), other)];
            }
            "file" => attach = vec![(id("exhibit"), one)],
            "strike" | "strike-brief" => strike = Some(one),
            _ => {}
        }
        let body = if ACTS[it.act] == "reaffirm" {
            attach = vec![(id("note"), one)];
            let occasion = "A year has passed".to_owned();
            Body::Reaffirm(Reaffirm { occasion, attach: attach.iter().cloned().collect() })
        } else {
            Body::Act(Act { case, act, seat: None, attach: attach.iter().cloned().collect(), strike })
        };
        let entry = self.state.size;
        if self.state.suppose_statement(at(self.second), By::One(id("alpha")), body).is_ok() {
            self.named.extend(attach.into_iter().map(|(_, digest)| (entry, digest)));
        }
    }

    fn cases() -> Vec<CaseRef> {
        let numbers = 1..6;
        let both =
            numbers.flat_map(|number| ["left", "right"].map(|procedure| format!("{procedure}#{number}")));
        both.map(|name| name.parse().unwrap()).collect()
    }

    fn events_are_those_of_a_walk(&self) {
        let events = &self.state.events;
        for event in EVENTS.map(id) {
            let counting = |it: &&Occurrence| it.event == event && it.live();
            let naive = || events.iter().rev().map(|it| &**it).filter(counting);
            assert!(naive().eq(self.state.live(&event)), "{event} counts");
            for case in Self::cases() {
                let own = naive().find(|it| it.case == case);
                let beside = naive().find(|it| it.case.procedure != case.procedure);
                assert_eq!(events.live_of(&event, &case), own, "{event} of {case}");
                assert_eq!(events.live_beside(&event, &case.procedure), beside, "{event} beside {case}");
                let reaching = own.or_else(|| naive().find(|it| it.reaches(&case)));
                assert_eq!(events.reaching(&event, &case), reaching, "{event} for {case}");
            }
        }
    }

    /// Whatever its own case emits and other cases answer, nothing is answered twice, and nothing later is passed over.
    fn signals_are_answered(&self) {
        for case in self.state.cases_of(&id("left")) {
            let (opened, ended) = (case.opened.entry, case.ended.is_some());
            let answers =
                self.state.events.iter().filter(|it| it.event == id("answered") && it.case == case.id);
            let signals = self.state.events.iter().filter(|it| {
                it.event == id("signalled") && it.case != case.id && it.why.entry > Some(opened)
            });
            let (answers, signals) = (answers.count(), signals.count());
            assert!(answers == signals || ended && answers < signals, "{}: {answers} of {signals}", case.id);
        }
    }

    fn documents_are_those_of_a_walk(&self) {
        let filed = || self.state.cases.values().flat_map(|case| &*case.filed);
        let all: BTreeSet<Digest> = (0..4).map(content).collect();
        let counts = |digest: &Digest| filed().any(|it| it.digest == *digest && it.struck.is_none());
        let was_filed = |digest: &Digest| filed().any(|it| it.digest == *digest);
        let struck: BTreeSet<Digest> =
            all.iter().copied().filter(|it| was_filed(it) && !counts(it)).collect();
        assert_eq!(self.state.documents.struck(), struck);
        for digest in &all {
            assert_eq!(self.state.documents.is_struck(digest), struck.contains(digest));
            // Each naming that no struck filing of the same entry accounts for.
            let mut names: Vec<u64> = self.named.iter().filter(|it| it.1 == *digest).map(|it| it.0).collect();
            for it in filed().filter(|it| it.digest == *digest && it.struck.is_some()) {
                let place = names.iter().position(|entry| *entry == it.done.entry).unwrap();
                names.remove(place);
            }
            assert_eq!(self.state.documents.is_needed(digest), !names.is_empty(), "{digest}");
        }
    }

    /// The occurrence through which a cause has come by an instant, found by looking at all.
    fn came(&self, event: &Id, now: Instant) -> Option<&Arc<Occurrence>> {
        let counts = |it: &&Arc<Occurrence>| it.at <= now && it.until().is_none_or(|until| now < until);
        self.state.events.iter().filter(|it| it.event == *event).find(counts)
    }

    fn value(&self, attribute: &Attribute, now: Instant) -> usize {
        let came = |cause: &Cause| match cause {
            Cause::At(instant, _) => *instant <= now,
            Cause::After(span) => at(0).plus(*span) <= now,
            Cause::Event(event) => self.came(event, now).is_some(),
        };
        let holds = |moves: &Moves| match moves {
            Moves::FirstOf(causes) => causes.iter().any(came),
            Moves::AllOf(causes) => causes.iter().all(came),
        };
        let furthest = attribute.values.iter().rposition(|value| value.moves.as_ref().is_some_and(holds));
        furthest.unwrap_or(0)
    }

    fn grants_are_those_of_a_walk(&self) {
        let end = self.second + 30;
        for grant in &self.state.workflow.grants {
            for (place, attribute) in grant.attributes.iter().enumerate() {
                let values: Vec<usize> = (0..=end).map(|second| self.value(attribute, at(second))).collect();
                for (second, value) in values.iter().enumerate() {
                    let now = at(second.try_into().unwrap());
                    let licence = self.state.licence(now).unwrap();
                    let shown = licence.grants.iter().find(|it| it.grant.name == grant.name).unwrap();
                    let shown = &shown.attributes[place];
                    assert_eq!(shown.period.value, *value, "{} at {now}", grant.name);
                    let since = values[..=second].iter().rposition(|it| it != value).map_or(0, |it| it + 1);
                    assert_eq!(shown.period.since, at(since.try_into().unwrap()), "{} at {now}", grant.name);
                    match &shown.period.because {
                        Because::Event(cause) => assert_eq!(self.came(&cause.event, now), Some(cause)),
                        Because::Annulled(cause) => assert_eq!(cause.until(), Some(shown.period.from)),
                        Because::Opening => assert_eq!(*value, 0),
                        Because::Instant(_) => assert_eq!(*value, 1),
                        Because::Amendment(_) => panic!("nothing was amended"),
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(cases::config(300))]

    #[test]
    fn what_is_kept_is_what_a_walk_finds(moves in moves()) {
        let mut play = Play::new();
        for (number, step) in moves.iter().enumerate() {
            play.go(step);
            play.events_are_those_of_a_walk();
            play.documents_are_those_of_a_walk();
            if number % 8 == 0 {
                play.grants_are_those_of_a_walk();
            }
        }
        play.grants_are_those_of_a_walk();
        play.signals_are_answered();
    }
}

/// A play that meets what the walk is to find: refused moves alone would pass.
#[test]
fn the_plays_come_to_what_they_are_made_for() {
    let seen = std::cell::RefCell::new(BTreeSet::new());
    let mut runner = proptest::test_runner::TestRunner::new(cases::config(100));
    runner
        .run(&moves(), |moves| {
            let mut play = Play::new();
            for step in &moves {
                play.go(step);
            }
            let state = &play.state;
            let meets = |what, met: bool| {
                if met {
                    seen.borrow_mut().insert(what);
                }
            };
            meets("annulled", state.events.iter().any(|it| !it.live()));
            meets("answered", state.events.iter().any(|it| it.event == id("answered")));
            meets("struck", !state.documents.struck().is_empty());
            let needed = |digest: &Digest| state.documents.is_needed(digest);
            meets("struck and needed", state.documents.struck().iter().any(needed));
            meets("ended", state.cases.values().any(|case| case.ended.is_some()));
            let back = |because: &Because| matches!(because, Because::Annulled(_));
            let licence = state.licence(state.last).unwrap();
            meets(
                "back",
                licence.grants.iter().flat_map(|it| &it.attributes).any(|it| back(&it.period.because)),
            );
            Ok(())
        })
        .unwrap();
    assert_eq!(
        seen.into_inner().into_iter().collect::<Vec<_>>(),
        ["annulled", "answered", "back", "ended", "struck", "struck and needed"]
    );
}
