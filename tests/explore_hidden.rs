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
    // How often panelists leave, and what is found.
    let trials: &[(&str, u8, &[&str])] = &[
        ("a-candidate-whose-key-was-recovered", 1, &["broken", "holds"]),
        ("a-value-that-stands-twice", 0, &["broken"]),
        ("before-the-panel-of-an-ended-case", 0, &["broken", "holds"]),
        ("cancelled-or-left", 1, &["broken"]),
        ("dismissed-as-the-last-who-had-not-voted", 0, &["broken"]),
        ("dismissed-by-time-as-the-last-who-was-awaited", 0, &["broken"]),
        ("edge-of-a-time-that-ends-all", 0, &["broken"]),
        ("ended-by-exactly-two", 0, &["broken", "holds"]),
        ("left-as-a-standstill-ends", 0, &["broken"]),
        ("left-as-the-last-who-was-awaited", 1, &["broken"]),
        ("notice-given-on-a-detour", 0, &["broken"]),
        ("objection-missed-on-a-detour", 0, &["broken"]),
        ("one-duty-owed-by-two", 0, &["broken", "holds"]),
        ("opened-long-before-a-date", 0, &["broken"]),
        ("seated-after-the-end", 0, &["broken", "holds"]),
        ("the-third-reminder", 0, &["holds", "broken"]),
    ];
    for (name, leaving, expected) in trials {
        let bounds = Bounds { leaving: *leaving, ..Bounds::default() };
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

#[test]
fn an_event_is_that_of_its_case_also_when_the_case_has_ended() {
    let bounds = Bounds { leaving: 0, cases: 2, ..Bounds::default() };
    assert_eq!(found("an-event-of-an-ended-case", bounds), ["broken"]);
}

#[test]
fn what_one_person_in_two_seats_could_show_is_not_called_walked() {
    assert_eq!(found("one-person-in-two-seats", Bounds::default()), ["holds as walked"]);
}
