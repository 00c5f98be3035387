//! The workflows that ship pass their own checks and name the contract text beside them.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

use std::fs;
use std::path::Path;

use quorate::explore::{Bounds, Verdict, explore};
use quorate::values::Digest;
use quorate::workflow::Checked;

fn shipped() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir("workflows")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".toml").map(str::to_owned))
        .collect();
    names.sort();
    names
}

fn checked(name: &str) -> Checked {
    let path = format!("workflows/{name}.toml");
    let text = fs::read_to_string(&path).unwrap();
    Checked::from_text(&text).unwrap_or_else(|found| panic!("{}", found.render(&path, &text, false)))
}

#[test]
fn every_workflow_that_ships_passes_without_a_warning() {
    let names = shipped();
    assert!(names.contains(&"agi-2025".to_owned()), "{names:?}");
    for name in names {
        let path = format!("workflows/{name}.toml");
        let warnings = checked(&name).warnings;
        assert!(
            warnings.is_empty(),
            "{}",
            warnings.render(&path, &fs::read_to_string(&path).unwrap(), false)
        );
    }
}

#[test]
fn every_workflow_that_ships_names_the_contract_text_beside_it() {
    for name in shipped() {
        let contract = format!("workflows/{name}.contract.txt");
        assert!(Path::new(&contract).exists(), "{contract}");
        let digest = Digest::of(&fs::read(&contract).unwrap());
        assert_eq!(checked(&name).workflow.contract.digest, digest, "put {digest} into {name}.toml");
    }
}

/// What is explored of each: the breadth of what can be done first. `quorate workflow explore` goes further.
const STATES: usize = 3_000;

#[test]
fn no_workflow_that_ships_breaks_an_invariant_of_its_own() {
    for name in shipped() {
        let text = fs::read_to_string(format!("workflows/{name}.toml")).unwrap();
        let bounds = Bounds { states: STATES, leaving: 0, ..Bounds::default() };
        let report = explore(&text, bounds, &mut |_| {}).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(report.verdicts.len() >= 2, "{name} has fewer than two invariants");
        for (verdict, invariant) in report.verdicts.iter().zip(checked(&name).workflow.invariants) {
            // What is out of reach within so few states may be reached later.
            if let Verdict::Broken(scenario) = verdict {
                panic!("{name}: {:?} is broken:\n{}", invariant.title, scenario.text());
            }
        }
    }
}
