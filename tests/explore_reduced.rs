//! The walk that takes once what nothing can tell apart finds the same as one that walks all of it: in every workflow of
//! the tests, of each event, of each state of each procedure, and of what each ballot can come to.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

use std::fmt::Write as _;
use std::fs;

use quorate::explore::{Bounds, Report, Verdict, explore};
use quorate::workflow::Workflow;

/// How many states are looked at of each workflow in each way, at most.
const STATES: usize = 1_000;

fn workflows() -> Vec<(String, String)> {
    let folder = fs::read_dir("tests/workflows/flows").unwrap().map(|entry| entry.unwrap().path());
    let flows = folder.filter(|path| path.extension().is_some_and(|it| it == "toml"));
    let good = ["planted", "moves"].map(|name| format!("tests/workflows/{name}/good.toml").into());
    let read = |path: std::path::PathBuf| (path.display().to_string(), fs::read_to_string(path).unwrap());
    let mut all: Vec<_> = flows.chain(good).map(read).collect();
    all.sort();
    assert!(all.len() > 30, "{}", all.len());
    all
}

/// The workflow with an invariant for everything that can be asked simply; once with nobody silent, and once with each
/// party.
fn asked(text: &str) -> String {
    let workflow = Workflow::parse(text).unwrap();
    let mut asked: Vec<String> = workflow.events.iter().map(|event| event.name.to_string()).collect();
    for procedure in &workflow.procedures {
        asked.extend(procedure.states.iter().map(|state| format!("{} is {}", procedure.name, state.name)));
    }
    for ballot in workflow.ballots.iter().filter(|ballot| !ballot.candidates()) {
        let most = ballot.choices.iter().map(|choice| format!("{} counted {choice} >= 2", ballot.name));
        asked.extend(most);
    }
    let mut text = text.to_owned();
    for what in asked {
        write!(text, "\n[[invariant]]\nreaches = \"{what}\"\n").unwrap();
    }
    let party = &workflow.parties.first().unwrap().name;
    for event in &workflow.events {
        write!(text, "\n[[invariant]]\nnever = \"{}\"\nif-silent = \"{party}\"\n", event.name).unwrap();
    }
    text
}

fn verdicts(report: &Report) -> Vec<&'static str> {
    let word = |verdict: &Verdict| match verdict {
        Verdict::Kept => "kept",
        // What more may show it, that walk says nothing of.
        Verdict::KeptAsWalked | Verdict::Undecided => "undecided",
        Verdict::Unreached => "unreached",
        Verdict::Broken(_) => "broken",
    };
    report.verdicts.iter().map(word).collect()
}

#[test]
fn what_nothing_can_tell_apart_is_walked_once_and_hides_nothing() {
    let (mut compared, mut fewer) = (0, 0);
    for (name, text) in workflows() {
        let text = asked(&text);
        let walked = |reduced| {
            let bounds = Bounds { states: STATES, leaving: 0, reduced, ..Bounds::default() };
            explore(&text, bounds, &mut |_| {}).unwrap_or_else(|error| panic!("{name}: {error}"))
        };
        let (reduced, plain) = (walked(true), walked(false));
        for (place, (a, b)) in verdicts(&reduced).into_iter().zip(verdicts(&plain)).enumerate() {
            // A walk that was cut short says nothing of what it has not seen.
            if a != "undecided" && b != "undecided" {
                assert_eq!(a, b, "{name}: {}", Workflow::parse(&text).unwrap().invariants[place].words());
                compared += 1;
            }
        }
        assert!(plain.cut_short || !reduced.cut_short, "{name}");
        if !plain.cut_short {
            fewer += usize::from(reduced.states < plain.states);
        }
    }
    assert!(compared > 300 && fewer > 10, "{compared} compared, {fewer} with fewer states");
}

/// Faults that are planted are found both ways, and nothing else.
#[test]
fn what_breaks_an_invariant_breaks_it_both_ways() {
    let (mut compared, mut broken) = (0, 0);
    for folder in ["planted", "moves"] {
        for entry in fs::read_dir(format!("tests/workflows/{folder}")).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let walked = |reduced| {
                let bounds = Bounds { states: 3_000, leaving: 0, reduced, ..Bounds::default() };
                verdicts(&explore(&text, bounds, &mut |_| {}).unwrap_or_else(|error| panic!("{error}")))
            };
            for (a, b) in walked(true).into_iter().zip(walked(false)) {
                if a != "undecided" && b != "undecided" {
                    assert_eq!(a, b, "{}", path.display());
                    compared += 1;
                    broken += usize::from(a == "broken");
                }
            }
        }
    }
    assert!(compared > 20 && broken > 5, "{compared} compared, {broken} broken");
}

/// What was voted is chosen at the closing, where nothing tells it before: that finds the same as choosing it with each vote;
/// and what is found is told as it would have been done, with real signatures.
#[test]
fn what_was_voted_is_chosen_when_it_counts_and_told_from_the_beginning() {
    let (mut compared, mut played) = (0, 0);
    let walks = [
        ("flows/sealed-estimates", 0),
        ("flows/sealed-leaving", 1),
        ("flows/two-questions", 0),
        // Here votes are told before the closing: they end the window, put it off, must last, or must be said again.
        ("flows/certain", 0),
        ("flows/confirmation", 0),
        ("flows/late-votes", 0),
        ("flows/evidence-reaffirmed", 0),
        ("planted/good", 1),
        ("moves/good", 1),
    ];
    for (name, leaving) in walks {
        let whole = fs::read_to_string(format!("tests/workflows/{name}.toml")).unwrap();
        let (rules, _) = whole.split_once("[[invariant]]").unwrap_or((&whole, ""));
        let workflow = Workflow::parse(rules).unwrap();
        let mut text = rules.to_owned();
        for ballot in workflow.ballots.iter().filter(|ballot| !ballot.candidates()) {
            for (choice, votes) in ballot.choices.iter().flat_map(|choice| [(choice, 1), (choice, 2)]) {
                let what = format!("{} counted {choice} >= {votes}", ballot.name);
                write!(text, "\n[[invariant]]\nnever = \"{what}\"\n").unwrap();
            }
            for pair in ballot.choices.windows(2) {
                let [some, others] = pair else { continue };
                let what = format!("{0} counted {some} >= 1 and {0} counted {others} >= 2", ballot.name);
                write!(text, "\n[[invariant]]\nnever = \"{what}\"\n").unwrap();
            }
        }
        let walked = |reduced| {
            let bounds = Bounds { states: 3_000, leaving, reduced, ..Bounds::default() };
            explore(&text, bounds, &mut |_| {}).unwrap_or_else(|error| panic!("{name}: {error}"))
        };
        let (reduced, plain) = (walked(true), walked(false));
        for (a, b) in verdicts(&reduced).into_iter().zip(verdicts(&plain)) {
            if a != "undecided" && b != "undecided" {
                assert_eq!(a, b, "{name}");
                compared += 1;
            }
        }
        for verdict in &reduced.verdicts {
            let Verdict::Broken(scenario) = verdict else { continue };
            let outcome = scenario.run(&text).unwrap_or_else(|failure| {
                let told = failure.render(("counterexample", scenario.text()), ("workflow", &text), false);
                panic!("{told}\n{}", scenario.text())
            });
            assert!(outcome.met > 0, "{}", scenario.text());
            played += 1;
        }
    }
    assert!(compared > 10 && played > 10, "{compared} compared, {played} played");
}

/// A vote that ends the window is told at once: what was voted cannot be chosen at the closing.
#[test]
fn votes_that_end_a_window_are_walked_one_by_one() {
    let whole = fs::read_to_string("tests/workflows/flows/two-questions.toml").unwrap();
    let text = whole.replace("early      = \"yes >= 2\"", "early      = \"no >= 2\"");
    assert_ne!(text, whole);
    let text = text
        + "\n[[invariant]]\nnever = \"merit counted no >= 3\"\n"
        + "\n[[invariant]]\nreaches = \"merit counted no >= 2 and merit counted yes >= 1\"\n";
    for reduced in [true, false] {
        let bounds = Bounds { leaving: 0, reduced, ..Bounds::default() };
        let report = explore(&text, bounds, &mut |_| {}).unwrap();
        assert_eq!(verdicts(&report), ["kept", "kept"], "{reduced}: {} states", report.states);
    }
}
