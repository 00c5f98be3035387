//! What `State::possible` offers is admitted, and what is admitted is offered, along random behaviours of every workflow
//! that ships and of those of the tests; but for what the module says it leaves out. And along the same behaviours votes that are
//! tried on ballots.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use quorate::engine::State;
use quorate::engine::ballot::{BallotRun, Cast, outcome};
use quorate::engine::case::Case;
use quorate::engine::clock::Moment;
use quorate::engine::panel::Done;
use quorate::engine::possible::{Deed, Possible};
use quorate::engine::trial::Trial;
use quorate::scenario::{plain_key, supposed_agreement};
use quorate::statement::{By, HolderRef};
use quorate::values::{Id, Instant};
use quorate::workflow::Workflow;
use quorate::workflow::model::{Actor, Actors, Exclusion, Trigger};

/// `SplitMix64`: the same behaviours in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((word ^ (word >> 31)) % u64::try_from(most).unwrap()).unwrap()
    }
}

fn workflows() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for folder in ["workflows", "tests/workflows/flows"] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|it| it == "toml") {
                all.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    all.sort();
    assert!(all.len() > 30, "{}", all.len());
    all
}

fn admits(state: &State, now: Instant, possible: &Possible) -> bool {
    state.clone().suppose(now, possible, &plain_key, None).is_ok()
}

/// Everything that anybody could think of saying, by the workflow's names alone.
fn thinkable(state: &State) -> Vec<Possible> {
    let workflow = &state.workflow;
    let offices: Vec<Id> = workflow.offices().map(|office| office.name.clone()).collect();
    let seats = state.seats();
    let names = offices.iter().cloned().chain(seats.iter().map(|seat| seat.name().clone()));
    let names: BTreeSet<Id> = names.collect();
    let mut all = Vec::new();
    let bys = |by: &Actors| -> Vec<By> {
        let jointly = match by {
            Actors::AllOf(actors) => actors
                .iter()
                .map(|actor| match actor {
                    Actor::Office(office) => Some(office.clone()),
                    _ => None,
                })
                .collect::<Option<Vec<Id>>>()
                .map(By::of),
            Actors::AnyOf(_) => None,
        };
        names.iter().cloned().map(By::One).chain(jointly).collect()
    };
    for procedure in &workflow.procedures {
        let open = &procedure.open;
        let about = seats.iter().cloned().map(Some).chain([None]).collect::<Vec<_>>();
        for by in bys(&open.by) {
            for seat in &about {
                let (case, act, attach) =
                    (state.next_case(&procedure.name), open.act.clone(), open.attach.clone());
                let deed = Deed::Act { case, act, seat: seat.clone(), attach, strike: None };
                all.push(Possible { by: by.clone(), deed });
            }
        }
    }
    for case in state.cases.values() {
        for step in case.rules().into_iter().flat_map(|rules| &rules.steps) {
            let Trigger::Do(doing) = &step.trigger else { continue };
            let strikes = case.filed.iter().map(|it| Some((it.name.clone(), it.digest))).chain([None]);
            for strike in strikes.collect::<Vec<_>>() {
                for by in bys(&doing.by) {
                    let (case, act, attach) = (case.id.clone(), doing.act.clone(), doing.attach.clone());
                    all.push(Possible {
                        by,
                        deed: Deed::Act { case, act, seat: None, attach, strike: strike.clone() },
                    });
                }
            }
        }
        for run in &case.ballots {
            let ballot = run.rules().unwrap();
            for by in names.iter().cloned().map(By::One) {
                let deed = Deed::Reveal { ballot: run.id.clone(), attach: ballot.attach.clone() };
                all.push(Possible { by: by.clone(), deed });
                for choice in ballot.choices.iter().chain(&ballot.abstention) {
                    let (ballot, attach, choice) = (run.id.clone(), ballot.attach.clone(), choice.clone());
                    all.push(Possible { by: by.clone(), deed: Deed::Vote { ballot, choice, attach } });
                }
            }
        }
    }
    // Each office alone, and each two jointly.
    let pairs = offices.iter().flat_map(|one| offices.iter().map(|other| vec![one.clone(), other.clone()]));
    let nominators: BTreeMap<String, By> = pairs.map(By::of).map(|by| (by.to_string(), by)).collect();
    for seat in &seats {
        let named = |by: &By| Possible { by: by.clone(), deed: Deed::Nominate(seat.clone()) };
        all.extend(nominators.values().map(named));
        let own = || By::One(seat.name().clone());
        all.push(Possible { by: own(), deed: Deed::Accept(seat.clone()) });
        all.push(Possible { by: own(), deed: Deed::StepDown(seat.clone()) });
        for case in state.cases.keys() {
            all.push(Possible { by: own(), deed: Deed::Recuse(seat.clone(), case.clone()) });
        }
    }
    all
}

/// What is left out on purpose, since it is the same as something else, or moves nothing.
fn left_out(state: &State, possible: &Possible) -> bool {
    let running = |seat: &HolderRef| match seat {
        HolderRef::CaseSeat { case, .. } => state.running.contains(case),
        HolderRef::Office { .. } => true,
    };
    let filled = |seat: &HolderRef| state.seat(seat).is_some_and(|seating| seating.is_filled());
    let named = |seat: &HolderRef| state.seat(seat).is_some_and(|seating| seating.nominee.is_some());
    let votes_or_acts = |case: &Case| {
        let states = || &case.procedure().unwrap().states;
        let doings = states().iter().flat_map(quorate::workflow::model::State::doings);
        let seats = doings.flat_map(|doing| match &doing.by {
            Actors::AnyOf(actors) | Actors::AllOf(actors) => actors,
        });
        let ballots = states().iter().flat_map(|state| state.ballot.iter().chain(&state.together));
        let mut ballots = ballots.filter_map(|name| case.workflow.ballot(name));
        seats.into_iter().any(|actor| !matches!(actor, Actor::Office(_)))
            || ballots.any(|ballot| ballot.less.contains(&Exclusion::Recused))
    };
    match &possible.deed {
        // Of an ended case with a duty open only its panel is still there.
        Deed::Nominate(seat) => named(seat) || !running(seat),
        Deed::Accept(seat) => !running(seat),
        Deed::StepDown(seat) => !filled(seat) || !running(seat),
        Deed::Recuse(seat, case) => {
            !filled(seat) || state.case(case).is_some_and(|case| !votes_or_acts(case))
        }
        Deed::Vote { ballot, choice, .. } => {
            let seat = possible.by.actors().first().unwrap();
            let (run, rules) = (state.ballot_run(ballot).unwrap(), state.ballot(ballot).unwrap());
            // A commitment shows nobody that it is to no choice; it cannot be revealed.
            let hidden = run.sealed.is_some() && !run.offered(rules).any(|offered| offered == choice);
            hidden || run.votes.get(seat).is_some_and(|cast| cast.choice == *choice)
        }
        // Of documents of one name the newest stands for all.
        Deed::Act { strike: Some(_), .. } => true,
        _ => false,
    }
}

/// Looks at a state with its time, what can be done in it, and how many there were before it in its behaviour.
type Look<'l> = dyn FnMut(&State, Instant, &[Possible], usize, &mut Random) + 'l;

/// Looks at every state of random behaviours of a workflow. How often somebody did something.
fn along((name, text): &(String, String), look: &mut Look<'_>) -> usize {
    let opened: Instant = "2026-01-01T00:00:00Z".parse().unwrap();
    Workflow::parse(text).unwrap();
    let mut random = Random(u64::try_from(name.len()).unwrap());
    let mut taken = 0;
    for _ in 0..6 {
        let (mut state, mut now) = (supposed_agreement(text, opened).unwrap(), opened);
        for step in 0..40 {
            let possible = state.possible(now, true);
            look(&state, now, &possible, step, &mut random);
            let ahead: Vec<_> = state.moments_ahead(now).into_iter().collect();
            match (possible.len(), ahead.len()) {
                (0, 0) => break,
                (_, 1..) if possible.is_empty() || random.below(8) == 0 => {
                    let moment = ahead[random.below(ahead.len().min(2))];
                    now = if moment.late { moment.at.next() } else { moment.at };
                    state = state.at(now).into_owned();
                }
                _ => {
                    state.suppose(now, &possible[random.below(possible.len())], &plain_key, None).unwrap();
                    taken += 1;
                }
            }
        }
    }
    taken
}

#[test]
fn what_is_offered_is_admitted_and_what_is_admitted_is_offered() {
    let (mut offered, mut taken) = (0_usize, 0_usize);
    for workflow in workflows() {
        let name = &workflow.0;
        taken += along(&workflow, &mut |state, now, possible, step, _| {
            for one in possible {
                let answer = state.clone().suppose(now, one, &plain_key, None);
                assert!(answer.is_ok(), "{name}, {now}: {one:?}: {answer:?}");
            }
            offered += possible.len();
            // It is asked of every eighth state: there are many things to think of.
            if step % 8 == 0 {
                for thought in thinkable(state) {
                    if !possible.contains(&thought) && admits(state, now, &thought) {
                        assert!(left_out(state, &thought), "{name}, {now}: {thought:?} is admitted");
                    }
                }
            }
        });
    }
    assert!(offered > 20_000 && taken > 2_000, "{offered} offered, {taken} taken");
}

#[test]
fn votes_that_are_tried_come_to_what_counting_all_of_them_anew_does() {
    let (mut tried, mut early, mut outcomes) = (0_usize, 0_usize, BTreeSet::new());
    for workflow in workflows() {
        let name = &workflow.0;
        along(&workflow, &mut |state, _, _, _, random| {
            for run in state.cases.values().flat_map(|case| &case.ballots) {
                let rules = run.rules().unwrap();
                let electors: Vec<&Id> = run.electors.keys().collect();
                let votable = state.votable(&run.id);
                let (mut trial, mut anew) = (Trial::of(run).unwrap(), BallotRun::clone(run));
                for _ in 0..electors.len() {
                    let seat = electors[random.below(electors.len())];
                    let choice = votable.get(random.below(votable.len() + 1));
                    trial.give(seat, choice);
                    match choice {
                        None => drop(anew.votes.remove(seat)),
                        Some(choice) => {
                            let done = Done { at: run.opened, entry: 0 };
                            anew.votes.insert(seat.clone(), Cast { choice: choice.clone(), done });
                        }
                    }
                    let outcome = outcome(rules, &anew.table(rules), run.eased);
                    assert_eq!(trial.outcome(), outcome, "{name}: {:?}", anew.votes);
                    assert_eq!(
                        trial.chosen(&outcome),
                        anew.chosen(rules, &outcome),
                        "{name}: {:?}",
                        anew.votes
                    );
                    let ends = anew.closes_early(rules, Moment::of(run.opened));
                    assert_eq!(trial.closes_early(), ends, "{name}: {:?}", anew.votes);
                    (tried, early) = (tried + 1, early + usize::from(ends));
                    outcomes.insert(outcome);
                }
            }
        });
    }
    assert!(tried > 10_000 && early > 100 && outcomes.len() > 10, "{tried}, {early} early, {outcomes:?}");
}
