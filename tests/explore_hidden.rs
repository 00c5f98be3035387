//! Small workflows in which a walk that leaves out too much would miss what somebody can do, or tell of what nobody can.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

use std::fs;

use quorate::explore::{Bounds, Verdict, explore};

/// What is found of each invariant of a workflow: all that is shown comes true when it is played.
fn found(name: &str, bounds: Bounds) -> Vec<&'static str> {
    let text = fs::read_to_string(format!("tests/workflows/hidden/{name}.toml")).unwrap();
    let report = explore(&text, bounds, &mut |_| {}).unwrap_or_else(|error| panic!("{name}: {error}"));
    let word = |verdict: &Verdict| match verdict {
        Verdict::Kept => "holds",
        Verdict::KeptAsWalked => "holds as walked",
        Verdict::Undecided => "so far",
        Verdict::Unreached => "unreached",
        Verdict::Broken(scenario) => {
            let played = scenario.run(&text);
            assert!(played.is_ok_and(|outcome| outcome.met > 0), "{name}: {}", scenario.text());
            "broken"
        }
    };
    report.verdicts.iter().map(word).collect()
}

#[test]
fn what_somebody_can_do_is_found_and_nothing_else() {
    let trials: &[(&str, &[&str])] = &[
        ("a-value-that-stands-twice", &["broken"]),
        ("dismissed-as-the-last-who-had-not-voted", &["broken"]),
        ("edge-of-a-time-that-ends-all", &["broken"]),
        ("ended-by-exactly-two", &["broken", "holds"]),
        ("left-as-a-standstill-ends", &["broken"]),
        ("notice-given-on-a-detour", &["broken"]),
        ("objection-missed-on-a-detour", &["broken"]),
        ("the-third-reminder", &["holds", "broken"]),
    ];
    for (name, expected) in trials {
        let bounds = Bounds { leaving: 0, ..Bounds::default() };
        assert_eq!(found(name, bounds), *expected, "{name}");
        // Where two cases may be opened nothing is left out because one only is.
        assert_eq!(found(name, Bounds { cases: 2, ..bounds }), *expected, "{name}, with two cases");
    }
}

#[test]
fn nobody_votes_where_a_case_stands_still() {
    for name in ["opened-and-left-in-a-standstill", "lapsed-at-the-closing-instant"] {
        let found = found(name, Bounds { leaving: 0, ..Bounds::default() });
        assert!(found.iter().all(|word| word.starts_with("holds")), "{name}: {found:?}");
    }
}
