//! Sealed ballots against a naive clock that ticks second by second: who may commit and reveal when, when each phase
//! ends, and what the votes come to, with those who leave and those who reveal nothing.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "shared/cases.rs"]
mod cases;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use quorate::registry::{Receipted, SubmitError};
use quorate::scenario::Stage;
use quorate::statement::{BallotRef, By, CaseRef, HolderRef};
use quorate::store::MemoryStore;
use quorate::values::{Id, Instant};

/// 2026-01-01T00:00:00Z: second 0 of every play, at which the ballot opens.
const BASE: i64 = 1_767_225_600;
/// The last second that is looked at.
const END: i64 = 26;
const CHOICES: [&str; 3] = ["yes", "no", "abstain"];
/// The weights of the four seats, `s0` to `s3`.
const WEIGHTS: [u32; 4] = [1, 1, 1, 2];

fn id(text: &str) -> Id {
    text.parse().unwrap()
}

fn instant(second: i64) -> Instant {
    Instant::from_unix(BASE + second)
}

fn ballot() -> BallotRef {
    "matter#1/vote#1".parse().unwrap()
}

/// What is drawn of the ballot's rules.
#[allow(clippy::struct_excessive_bools)] // a table of cases, each a word of the language
#[derive(Debug, Clone)]
struct Rules {
    open_for: i64,
    reveal_for: i64,
    all_voted: bool,
    excluded: bool,
    change: bool,
    stands: bool,
    /// A choice by its place, or 3 for `has not voted`.
    unrevealed: usize,
}

impl Rules {
    fn text(&self) -> String {
        let Self { open_for, reveal_for, .. } = self;
        let early = if self.all_voted { "all voted" } else { "never" };
        let deadline = if self.excluded { "excluded" } else { "included" };
        let change = if self.change { "until close" } else { "never" };
        let leaving = if self.stands { "vote stands" } else { "has not voted" };
        let unrevealed = ["yes", "no", "abstains", "has not voted"][self.unrevealed];
        format!(
            r#"
language = 1
title = "A sealed ballot"
nature = "specimen"
contract = {{ digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", prevails = true }}
party.owner = {{ signatures = "1 of 1" }}
event.passed = "It has passed"
event.failed = "It has failed"
[panel.board]
formed = "standing"
seats = [{{ names = ["s0", "s1", "s2"], by = "owner" }}, {{ name = "s3", by = "owner", weight = 2 }}]
[procedure.matter]
open = {{ do = "ask", by = "owner" }}
panel = "board"
start = "voting"
[procedure.matter.state.voting]
ballot = "vote"
steps = [{{ outcome = "pass", to = "closed", emits = "passed" }}, {{ outcome = ["fail", "no-quorum"], to = "closed", emits = "failed" }}]
[procedure.matter.state.closed]
ends = true
[ballot.vote]
question = "Shall it pass?"
electors = {{ of = "board", less = ["recused"] }}
choices = ["yes", "no"]
abstention = "abstain"
open-for = "{open_for} seconds"
deadline = "{deadline}"
change = "{change}"
early = "{early}"
if-leaving = "{leaving}"
sealed = {{ reveal-for = "{reveal_for} seconds", unrevealed = "{unrevealed}" }}
quorum = "participating >= 2"
outcomes = [{{ is = "pass", if = "yes > no" }}, {{ is = "fail" }}]
[grant.right]
status = [{{ is = "open" }}, {{ is = "given", first-of = ["passed"] }}]
"#
        )
    }
}

#[derive(Debug, Clone)]
enum Deed {
    Commit(usize),
    /// What was committed to.
    Reveal,
    /// This choice, be it the one or not.
    Claim(usize),
    Recuse,
    StepDown,
}

/// A ballot by hand: nothing in it knows what is due next.
struct Naive<'r> {
    rules: &'r Rules,
    committed: BTreeMap<usize, usize>,
    revealed: BTreeSet<usize>,
    left: BTreeSet<usize>,
    /// Who has no seat any more.
    gone: BTreeSet<usize>,
    /// When revealing began, and when the ballot closed.
    revealing: Option<i64>,
    closed: Option<i64>,
}

impl Naive<'_> {
    fn counts(&self, seat: usize) -> bool {
        !self.left.contains(&seat) || self.rules.stands
    }

    fn settle(&mut self, now: i64) {
        if self.revealing.is_none() {
            let all = (0..4).all(|seat| self.left.contains(&seat) || self.committed.contains_key(&seat));
            let some = self.committed.keys().any(|seat| self.counts(*seat));
            if self.rules.all_voted && all && some {
                self.revealing = Some(now);
            }
        }
        let sealed = |seat: &&usize| self.counts(**seat) && !self.revealed.contains(*seat);
        if self.revealing.is_some()
            && self.closed.is_none()
            && !self.committed.keys().any(|seat| sealed(&seat))
        {
            self.closed = Some(now);
        }
    }

    /// What ends at this second, before (`excluded`) or after everybody has acted.
    fn tick(&mut self, now: i64, before: bool) {
        if self.closed.is_some() || self.rules.excluded != before {
            return;
        }
        match self.revealing {
            None if now >= self.rules.open_for => self.revealing = Some(now),
            Some(since) if now >= since + self.rules.reveal_for => self.closed = Some(now),
            _ => {}
        }
        self.settle(now);
    }

    /// Whether the deed is taken.
    fn act(&mut self, now: i64, seat: usize, deed: &Deed) -> bool {
        let taken = self.closed.is_none()
            && match deed {
                Deed::Commit(choice) => {
                    let free = self.rules.change || !self.committed.contains_key(&seat);
                    let may = self.revealing.is_none() && !self.left.contains(&seat) && free;
                    if may {
                        self.committed.insert(seat, *choice);
                    }
                    may
                }
                Deed::Reveal | Deed::Claim(_) => {
                    let right = match (self.committed.get(&seat), deed) {
                        (Some(own), Deed::Claim(choice)) => own == choice,
                        (own, _) => own.is_some(),
                    };
                    self.revealing.is_some() && self.counts(seat) && right && self.revealed.insert(seat)
                }
                Deed::Recuse => self.left.insert(seat),
                Deed::StepDown => {
                    self.left.insert(seat);
                    self.gone.insert(seat)
                }
            };
        self.settle(now);
        taken
    }

    /// The votes that count at the end.
    fn votes(&self) -> BTreeMap<usize, usize> {
        let counted = self.committed.iter().filter(|(seat, _)| self.counts(**seat));
        let vote = |(seat, choice): (&usize, &usize)| {
            if self.revealed.contains(seat) {
                Some((*seat, *choice))
            } else {
                Some((*seat, self.rules.unrevealed)).filter(|(_, choice)| *choice < 3)
            }
        };
        counted.filter_map(vote).collect()
    }

    fn outcome(&self) -> &'static str {
        let votes = self.votes();
        let of = |choice: usize| -> u32 {
            votes.iter().filter(|(_, it)| **it == choice).map(|(seat, _)| WEIGHTS[*seat]).sum()
        };
        match () {
            () if of(0) + of(1) + of(2) < 2 => "no-quorum",
            () if of(0) > of(1) => "pass",
            () => "fail",
        }
    }
}

/// A ballot that opens at second 0 on a real stage.
fn opened(rules: &Rules) -> Stage {
    let store = Arc::new(MemoryStore::new());
    let mut stage = Stage::open(&rules.text(), &id("sealed"), instant(-10), store).unwrap();
    for seat in 0..4 {
        stage.nominate(&id("owner"), &seat_of(seat)).unwrap();
        stage.accept_attaching(&seat_of(seat), &[]).unwrap();
    }
    stage.clock().set(instant(0));
    stage.act(&case(), &id("ask"), &By::One(id("owner")), &[]).unwrap();
    stage
}

fn case() -> CaseRef {
    "matter#1".parse().unwrap()
}

fn seat_of(seat: usize) -> HolderRef {
    format!("board/s{seat}").parse().unwrap()
}

fn acted(stage: &Stage, seat: usize, deed: &Deed) -> Result<Receipted, SubmitError> {
    let name = id(&format!("s{seat}"));
    match deed {
        Deed::Commit(choice) => stage.vote(&ballot(), &name, &id(CHOICES[*choice])),
        Deed::Reveal => stage.reveal_attaching(&ballot(), &name, None, None),
        Deed::Claim(choice) => stage.reveal_attaching(&ballot(), &name, Some(&id(CHOICES[*choice])), None),
        Deed::Recuse => stage.recuse(&seat_of(seat), &case()),
        Deed::StepDown => stage.step_down(&seat_of(seat)),
    }
}

/// Both must show the same: who has committed, which phase it is, how it ended.
fn compare(stage: &Stage, naive: &Naive<'_>) {
    let state = stage.state().unwrap();
    let run = state.ballot_run(&ballot()).unwrap();
    let sealing = run.sealed.as_ref().unwrap();
    let committed: Vec<String> = sealing.commitments.keys().map(ToString::to_string).collect();
    assert_eq!(committed, naive.committed.keys().map(|seat| format!("s{seat}")).collect::<Vec<_>>());
    assert_eq!(sealing.revealing.map(|it| it.since), naive.revealing.map(instant));
    let closed = run.closed.as_ref();
    assert_eq!(closed.map(|it| it.at), naive.closed.map(instant));
    let Some(closed) = closed else { return };
    let votes: BTreeMap<String, String> =
        run.counting().map(|(seat, cast)| (seat.to_string(), cast.choice.to_string())).collect();
    let expected = naive.votes().into_iter();
    let expected = expected.map(|(seat, choice)| (format!("s{seat}"), CHOICES[choice].to_owned()));
    assert_eq!(votes, expected.collect());
    assert_eq!(closed.outcome.as_ref().unwrap(), naive.outcome());
}

fn rules() -> impl Strategy<Value = Rules> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (2_i64..12, 1_i64..8, flags, 0_usize..4).prop_map(
        |(open_for, reveal_for, (all_voted, excluded, change, stands), unrevealed)| Rules {
            open_for,
            reveal_for,
            all_voted,
            excluded,
            change,
            stands,
            unrevealed,
        },
    )
}

fn deeds() -> impl Strategy<Value = Vec<(i64, usize, Deed)>> {
    let deed = prop_oneof![
        6 => (0_usize..3).prop_map(Deed::Commit),
        6 => Just(Deed::Reveal),
        1 => (0_usize..3).prop_map(Deed::Claim),
        1 => Just(Deed::Recuse),
        1 => Just(Deed::StepDown),
    ];
    prop::collection::vec((0..END, 0_usize..4, deed), 0..30).prop_map(|mut deeds| {
        deeds.sort_by_key(|(second, ..)| *second);
        deeds
    })
}

proptest! {
    #![proptest_config(cases::config(150))]

    #[test]
    fn a_sealed_ballot_goes_as_by_hand(rules in rules(), deeds in deeds()) {
        let stage = opened(&rules);
        let mut naive = Naive {
            rules: &rules,
            committed: [].into(),
            revealed: [].into(),
            left: [].into(),
            gone: [].into(),
            revealing: None,
            closed: None,
        };
        for now in 0..=END {
            stage.clock().set(instant(now));
            naive.tick(now, true);
            compare(&stage, &naive);
            for (_, seat, deed) in deeds.iter().filter(|(second, ..)| *second == now) {
                // Nobody leaves a case that has ended; that is not the ballot's to say.
                if naive.closed.is_some() && matches!(deed, Deed::Recuse | Deed::StepDown) {
                    continue;
                }
                let taken = acted(&stage, *seat, deed).is_ok();
                prop_assert_eq!(taken, naive.act(now, *seat, deed), "{} {} {:?}", now, seat, deed);
                compare(&stage, &naive);
            }
            naive.tick(now, false);
        }
    }
}
