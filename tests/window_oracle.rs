//! The window of a ballot against a naive clock that ticks second by second: late votes that put the closing off,
//! rules that must hold for a time without a break, rules that ease, and what closes a ballot early.
//!
//! The simulator knows nothing of what is due next. At every second it looks before anybody acts, after each act, and
//! once everybody has acted; whatever has come by then happens. It shares nothing with the engine but the workflow's text.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "shared/cases.rs"]
mod cases;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;
use quorate::registry::SubmitError;
use quorate::scenario::Stage;
use quorate::statement::{BallotRef, By, CaseRef, HolderRef};
use quorate::store::MemoryStore;
use quorate::values::{Id, Instant};

/// 2026-01-01T00:00:00Z: second 0, at which every ballot opens.
const BASE: i64 = 1_767_225_600;
/// The last second that is looked at.
const END: i64 = 40;
const SEATS: [&str; 4] = ["a", "b", "c", "d"];

fn id(text: &str) -> Id {
    text.parse().unwrap()
}

fn instant(second: i64) -> Instant {
    Instant::from_unix(BASE + second)
}

/// `yes >= 3`, or `no >= 3`.
#[derive(Debug, Clone, Copy)]
struct Law {
    yes: bool,
    least: usize,
}

#[derive(Debug, Clone)]
struct Outcome {
    law: Law,
    lasting: Option<i64>,
    /// After so many seconds another law takes the place.
    eases: Vec<(i64, Law)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Early {
    Never,
    AllVoted,
    Confirmed,
    Three,
}

#[derive(Debug, Clone)]
struct Ballot {
    open_for: i64,
    excluded: bool,
    changeable: bool,
    stands: bool,
    early: Early,
    /// On the quorum, in the last, by, at most.
    extend: Option<(bool, i64, i64, Option<u32>)>,
    quorum: Option<usize>,
    outcomes: Vec<Outcome>,
}

#[derive(Debug, Clone, Copy)]
enum Deed {
    Vote { seat: usize, yes: bool },
    Leave { seat: usize },
}

impl Law {
    fn text(self) -> String {
        format!("{} >= {}", if self.yes { "yes" } else { "no" }, self.least)
    }
}

impl Ballot {
    fn text(&self) -> String {
        let mut ballot = String::new();
        let mut line = |text: String| writeln!(ballot, "{text}").unwrap();
        line(format!("open-for = \"{} seconds\"", self.open_for));
        line(format!("deadline = \"{}\"", if self.excluded { "excluded" } else { "included" }));
        line(format!("change = \"{}\"", if self.changeable { "until close" } else { "never" }));
        line(format!("if-leaving = \"{}\"", if self.stands { "vote stands" } else { "has not voted" }));
        let early = match self.early {
            Early::Never => "never",
            Early::AllVoted => "all voted",
            Early::Confirmed => "confirmed",
            Early::Three => "yes >= 3",
        };
        line(format!("early = \"{early}\""));
        if let Some((quorum, last, by, most)) = self.extend {
            let most = most.map_or_else(String::new, |most| format!(", at-most = {most}"));
            let on = if quorum { "quorum" } else { "vote" };
            line(format!(
                "extend = {{ on = \"{on}\", in-last = \"{last} seconds\", by = \"{by} seconds\"{most} }}"
            ));
        }
        if let Some(quorum) = self.quorum {
            line(format!("quorum = \"participating >= {quorum}\""));
        }
        line("outcomes = [".to_owned());
        for (number, outcome) in self.outcomes.iter().enumerate() {
            let lasting =
                outcome.lasting.map_or_else(String::new, |time| format!(", for = \"{time} seconds\""));
            let eases: Vec<String> = outcome
                .eases
                .iter()
                .map(|(after, law)| format!("{{ after = \"{after} seconds\", if = \"{}\" }}", law.text()))
                .collect();
            let eases =
                if eases.is_empty() { String::new() } else { format!(", eases = [{}]", eases.join(", ")) };
            line(format!("  {{ is = \"o{number}\", if = \"{}\"{lasting}{eases} }},", outcome.law.text()));
        }
        line("  { is = \"otherwise\" },\n]".to_owned());
        let mut outcomes: Vec<String> =
            (0..self.outcomes.len()).map(|number| format!("\"o{number}\"")).collect();
        outcomes.push("\"otherwise\"".to_owned());
        outcomes.extend(self.quorum.map(|_| "\"no-quorum\"".to_owned()));
        format!(
            r#"language = 1
title    = "A ballot made at random"
nature   = "specimen"
contract = {{ digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", prevails = true }}
[party]
alpha = {{ signatures = "1 of 1" }}
[panel.board]
formed = "standing"
seats  = [ {{ names = {SEATS:?}, by = "alpha" }} ]
[procedure.matter]
open  = {{ do = "begin", by = "alpha" }}
panel = "board"
start = "voting"
[procedure.matter.state.voting]
ballot = "poll"
steps  = [ {{ outcome = [{}], to = "over" }} ]
[procedure.matter.state.over]
ends = true
[grant.right]
status = [ {{ is = "in force" }} ]
fixed  = true
[ballot.poll]
question = "Shall it be?"
electors = {{ of = "board" }}
choices  = ["yes", "no"]
{ballot}"#,
            outcomes.join(", ")
        )
    }
}

/// A second, and whether everybody who acts in it has acted.
type Tick = (i64, bool);

struct Simulator<'b> {
    ballot: &'b Ballot,
    closes: i64,
    extended: u32,
    votes: BTreeMap<usize, bool>,
    left: Vec<usize>,
    /// Since when each outcome's law has held with the quorum.
    since: Vec<Option<i64>>,
    closed: Option<(i64, String)>,
}

impl<'b> Simulator<'b> {
    fn new(ballot: &'b Ballot) -> Self {
        let since = vec![None; ballot.outcomes.len()];
        Self {
            ballot,
            closes: ballot.open_for,
            extended: 0,
            votes: [].into(),
            left: Vec::new(),
            since,
            closed: None,
        }
    }

    fn count(&self, wanted: Option<bool>) -> usize {
        let counts = |(seat, vote): &(&usize, &bool)| {
            (self.ballot.stands || !self.left.contains(seat)) && wanted.is_none_or(|wanted| **vote == wanted)
        };
        self.votes.iter().filter(counts).count()
    }

    fn quorum(&self) -> bool {
        self.ballot.quorum.is_none_or(|least| self.count(None) >= least)
    }

    fn holds(&self, outcome: &Outcome, second: i64) -> bool {
        let mut law = outcome.law;
        for (after, eased) in &outcome.eases {
            if second >= *after {
                law = *eased;
            }
        }
        self.count(Some(law.yes)) >= law.least
    }

    /// Looks at the laws, after something may have changed.
    fn look(&mut self, second: i64) {
        for (number, outcome) in self.ballot.outcomes.iter().enumerate() {
            let holds = self.quorum() && self.holds(outcome, second);
            self.since[number] = if holds { self.since[number].or(Some(second)) } else { None };
        }
    }

    /// What it comes to now; none while something is being confirmed.
    fn comes_to(&self, now: Tick) -> Option<String> {
        if !self.quorum() {
            return Some("no-quorum".to_owned());
        }
        for (number, outcome) in self.ballot.outcomes.iter().enumerate() {
            let Some(since) = self.since[number] else { continue };
            let Some(lasting) = outcome.lasting else { return Some(format!("o{number}")) };
            if self.has_come(since + lasting, now) {
                return Some(format!("o{number}"));
            }
            if since <= self.closes {
                return None;
            }
        }
        Some("otherwise".to_owned())
    }

    fn has_come(&self, second: i64, (now, acted): Tick) -> bool {
        if self.ballot.excluded || acted { now >= second } else { now > second }
    }

    fn tick(&mut self, now: Tick) {
        if self.closed.is_some() {
            return;
        }
        self.look(now.0);
        let comes_to = self.comes_to(now);
        let early = match self.ballot.early {
            Early::Never => false,
            Early::AllVoted => {
                let awaited = |seat: &usize| !self.votes.contains_key(seat) && !self.left.contains(seat);
                self.count(None) > 0 && !(0..SEATS.len()).any(|seat| awaited(&seat))
            }
            Early::Three => self.count(Some(true)) >= 3,
            Early::Confirmed => comes_to.as_ref().is_some_and(|outcome| {
                let mut lasting =
                    self.ballot.outcomes.iter().enumerate().filter(|(_, it)| it.lasting.is_some());
                lasting.any(|(number, _)| *outcome == format!("o{number}"))
            }),
        };
        if (early || self.has_come(self.closes, now))
            && let Some(outcome) = comes_to
        {
            self.closed = Some((now.0, outcome));
        }
    }

    /// Whether the deed is allowed; then it is done.
    fn does(&mut self, deed: Deed, second: i64) -> bool {
        match deed {
            Deed::Vote { seat, yes } => {
                let again = self.votes.contains_key(&seat) && !self.ballot.changeable;
                if self.closed.is_some() || self.left.contains(&seat) || again {
                    return false;
                }
                let before = self.quorum();
                self.votes.insert(seat, yes);
                if let Some((on_quorum, last, by, most)) = self.ballot.extend {
                    let late = second >= self.closes - last && second <= self.closes;
                    let sets_off = !on_quorum || !before && self.quorum();
                    if late && sets_off && most.is_none_or(|most| self.extended < most) {
                        self.closes += by;
                        self.extended += 1;
                    }
                }
                true
            }
            Deed::Leave { seat } => {
                let first = !self.left.contains(&seat);
                self.left.push(seat);
                first
            }
        }
    }
}

fn stage(ballot: &Ballot) -> Stage {
    let text = ballot.text();
    let store = Arc::new(MemoryStore::new());
    let mut stage = Stage::open(&text, &id("random"), instant(-60), store)
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    for seat in SEATS {
        let seat = HolderRef::Office { body: id("board"), name: id(seat) };
        stage.nominate(&id("alpha"), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    stage.clock().set(instant(0));
    let case: CaseRef = "matter#1".parse().unwrap();
    stage.act(&case, &id("begin"), &By::One(id("alpha")), &[]).unwrap();
    stage
}

fn play(ballot: &Ballot, deeds: &[(i64, Deed)]) -> Result<(), TestCaseError> {
    let stage = stage(ballot);
    let run: BallotRef = "matter#1/poll#1".parse().unwrap();
    let mut simulator = Simulator::new(ballot);
    simulator.look(0);
    let same = |simulator: &Simulator<'_>, what: String| -> Result<(), TestCaseError> {
        let state = stage.state().unwrap();
        let run = state.ballot_run(&run).unwrap();
        let closed = run
            .closed
            .as_ref()
            .map(|closing| (closing.at.unix() - BASE, closing.outcome.as_ref().unwrap().to_string()));
        let found = (run.closes.unix() - BASE, run.extended, run.votes.len(), closed);
        let shows = (simulator.closes, simulator.extended, simulator.votes.len(), simulator.closed.clone());
        prop_assert_eq!(found, shows, "{}\n{}\n{:?}", what, ballot.text(), deeds);
        Ok(())
    };
    for second in 0..=END {
        stage.clock().set(instant(second));
        simulator.tick((second, false));
        same(&simulator, format!("at second {second}"))?;
        for (_, deed) in deeds.iter().filter(|(at, _)| *at == second) {
            let answer = match *deed {
                Deed::Vote { seat, yes } => {
                    stage.vote(&run, &id(SEATS[seat]), &id(if yes { "yes" } else { "no" }))
                }
                Deed::Leave { seat } => {
                    stage.step_down(&HolderRef::Office { body: id("board"), name: id(SEATS[seat]) })
                }
            };
            let taken = match answer {
                Ok(_) => true,
                Err(SubmitError::Refused { .. }) => false,
                Err(other) => panic!("{other}"),
            };
            prop_assert_eq!(
                taken,
                simulator.does(*deed, second),
                "{:?} at second {}\n{}",
                deed,
                second,
                ballot.text()
            );
            simulator.tick((second, false));
            same(&simulator, format!("after {deed:?} at second {second}"))?;
        }
        simulator.tick((second, true));
    }
    prop_assert!(simulator.closed.is_some(), "still open\n{}", ballot.text());
    Ok(())
}

// What is tried.

fn law() -> impl Strategy<Value = Law> {
    (prop::bool::weighted(0.7), 1..=4_usize).prop_map(|(yes, least)| Law { yes, least })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let eases = prop::collection::btree_map(1..10_i64, law(), 0..3);
    (law(), prop::option::weighted(0.6, 1..7_i64), eases).prop_map(|(law, lasting, eases)| Outcome {
        law,
        lasting,
        eases: eases.into_iter().collect(),
    })
}

fn ballot() -> impl Strategy<Value = Ballot> {
    let early = prop_oneof![
        2 => Just(Early::Never), 1 => Just(Early::AllVoted), 2 => Just(Early::Confirmed), 1 => Just(Early::Three),
    ];
    let extend = (any::<bool>(), 1..6_i64, 1..5_i64, prop::option::of(1..3_u32));
    (
        (3..10_i64, any::<bool>(), any::<bool>(), any::<bool>()),
        early,
        prop::option::of(extend),
        prop::option::of(1..4_usize),
        prop::collection::vec(outcome(), 1..3),
    )
        .prop_map(|((open_for, excluded, changeable, stands), early, extend, quorum, mut outcomes)| {
            // What `workflow check` refuses is made fit.
            let extend = extend.map(|(on, last, by, most)| {
                (
                    on && quorum.is_some(),
                    last.min(open_for),
                    by,
                    if changeable { most.or(Some(2)) } else { most },
                )
            });
            let lasting = outcomes.iter().any(|outcome| outcome.lasting.is_some());
            if extend.is_none() && !lasting {
                for outcome in &mut outcomes {
                    outcome.eases.retain(|(after, _)| *after <= open_for);
                }
            }
            let early = if early == Early::Confirmed && !lasting { Early::Never } else { early };
            Ballot { open_for, excluded, changeable, stands, early, extend, quorum, outcomes }
        })
}

fn deeds() -> impl Strategy<Value = Vec<(i64, Deed)>> {
    let seat = || 0..SEATS.len();
    let deed = prop_oneof![
        6 => (seat(), prop::bool::weighted(0.7)).prop_map(|(seat, yes)| Deed::Vote { seat, yes }),
        1 => seat().prop_map(|seat| Deed::Leave { seat }),
    ];
    prop::collection::vec((0..16_i64, deed), 0..12).prop_map(|mut deeds| {
        deeds.sort_by_key(|(second, _)| *second);
        deeds
    })
}

proptest! {
    #![proptest_config(cases::config(400))]

    #[test]
    fn a_ballot_closes_at_the_second_and_with_the_outcome_that_a_naive_clock_gives(
        ballot in ballot(),
        deeds in deeds(),
    ) {
        play(&ballot, &deeds)?;
    }
}
