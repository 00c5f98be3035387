//! The window of a ballot against a naive clock that ticks second by second: late votes that put the closing off,
//! rules that must hold for a time without a break, rules that ease, what closes a ballot early, evidence that moves, and
//! cases that suspend its own.
//!
//! The simulator knows nothing of what is due next. At every second it looks before anybody acts, after each act, and
//! once everybody has acted; whatever has come by then happens. It shares nothing with the engine but the workflow's text.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "shared/cases.rs"]
mod cases;
#[path = "window_support/mod.rs"]
mod window_support;

use std::sync::Arc;

use proptest::prelude::*;
use quorate::registry::SubmitError;
use quorate::scenario::Stage;
use quorate::statement::{BallotRef, By, CaseRef, HolderRef};
use quorate::store::MemoryStore;
use quorate::values::{Id, Instant};
use window_support::ballot::{Ballot, Deed, Early, Evidence, Law, On, Outcome};
use window_support::simulator::Simulator;

/// 2026-01-01T00:00:00Z: second 0, at which every ballot opens.
const BASE: i64 = 1_767_225_600;
/// The last second that is looked at.
const END: i64 = 70;
/// After so many seconds a case that suspends the ballot's ends by itself.
const HALT: i64 = 6;
const SEATS: [&str; 4] = ["a", "b", "c", "d"];

fn id(text: &str) -> Id {
    text.parse().unwrap()
}

fn instant(second: i64) -> Instant {
    Instant::from_unix(BASE + second)
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
    stage.act(&case("matter", 1), &id("begin"), &alpha(), &[]).unwrap();
    stage
}

fn case(procedure: &str, number: u32) -> CaseRef {
    format!("{procedure}#{number}").parse().unwrap()
}

fn alpha() -> By {
    By::One(id("alpha"))
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
        // When it closes is known again once it goes on.
        let still = !simulator.halts.is_empty() && simulator.closed.is_none();
        let closes = |at: i64| (!still).then_some(at);
        let found = (closes(run.closes.unix() - BASE), run.extended, run.votes.len(), closed);
        let stood = simulator.closed_after.unwrap_or(simulator.stood);
        let shows = (
            closes(simulator.closes + stood),
            simulator.extended,
            simulator.votes.len(),
            simulator.closed.clone(),
        );
        prop_assert_eq!(found, shows, "{}\n{}\n{:?}", what, ballot.text(), deeds);
        Ok(())
    };
    for second in 0..=END {
        stage.clock().set(instant(second));
        simulator.stood += i64::from(!simulator.halts.is_empty());
        simulator.tick(second, false);
        same(&simulator, format!("at second {second}"))?;
        for (_, deed) in deeds.iter().filter(|(at, _)| *at == second) {
            let answer = match *deed {
                Deed::Vote { seat, yes } => {
                    stage.vote(&run, &id(SEATS[seat]), &id(if yes { "yes" } else { "no" }))
                }
                Deed::Leave { seat } => {
                    stage.step_down(&HolderRef::Office { body: id("board"), name: id(SEATS[seat]) })
                }
                Deed::File => stage.act(&case("matter", 1), &id("file"), &alpha(), &[id("exhibit")]),
                Deed::Halt => stage.act(&case("halt", simulator.halted + 1), &id("halt"), &alpha(), &[]),
                Deed::Lift => {
                    let first = simulator.halts.keys().next().copied().unwrap_or(1);
                    stage.act(&case("halt", first), &id("lift"), &alpha(), &[])
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
            simulator.tick(second, false);
            same(&simulator, format!("after {deed:?} at second {second}"))?;
        }
        simulator.tick(second, true);
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
    let on = prop_oneof![Just(On::Quorum), Just(On::NoQuorum), Just(On::Vote), Just(On::Evidence)];
    let extend = (on, 1..6_i64, 1..5_i64, prop::option::of(1..3_u32));
    let evidence = prop_oneof![Just(Evidence::Stand), Just(Evidence::Lapse), Just(Evidence::Reaffirm)];
    (
        (3..10_i64, any::<bool>(), any::<bool>(), any::<bool>()),
        (early, evidence),
        prop::option::of(extend),
        prop::option::of(1..4_usize),
        prop::collection::vec(outcome(), 1..3),
    )
        .prop_map(
            |((open_for, excluded, changeable, stands), (early, evidence), extend, quorum, mut outcomes)| {
                // What `workflow check` refuses is made fit.
                let extend = extend.map(|(on, last, by, most)| {
                    let asks = matches!(on, On::Quorum | On::NoQuorum);
                    let on = if asks && quorum.is_none() { On::Vote } else { on };
                    let anew = on == On::NoQuorum
                        || on != On::Evidence && (changeable || evidence != Evidence::Stand);
                    (on, last.min(open_for), by, if anew { most.or(Some(2)) } else { most })
                });
                let lasting = outcomes.iter().any(|outcome| outcome.lasting.is_some());
                if extend.is_none() && !lasting {
                    for outcome in &mut outcomes {
                        outcome.eases.retain(|(after, _)| *after <= open_for);
                    }
                }
                let early = if early == Early::Confirmed && !lasting { Early::Never } else { early };
                Ballot { open_for, excluded, changeable, stands, early, extend, evidence, quorum, outcomes }
            },
        )
}

fn deeds() -> impl Strategy<Value = Vec<(i64, Deed)>> {
    let seat = || 0..SEATS.len();
    let deed = prop_oneof![
        6 => (seat(), prop::bool::weighted(0.7)).prop_map(|(seat, yes)| Deed::Vote { seat, yes }),
        1 => seat().prop_map(|seat| Deed::Leave { seat }),
        3 => Just(Deed::File),
        1 => Just(Deed::Halt),
        1 => Just(Deed::Lift),
    ];
    prop::collection::vec((0..16_i64, deed), 0..14).prop_map(|mut deeds| {
        deeds.sort_by_key(|(second, _)| *second);
        deeds
    })
}

proptest! {
    #![proptest_config(cases::config(500))]

    #[test]
    fn a_ballot_closes_at_the_second_and_with_the_outcome_that_a_naive_clock_gives(
        ballot in ballot(),
        deeds in deeds(),
    ) {
        play(&ballot, &deeds)?;
    }
}
