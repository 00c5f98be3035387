//! `workflow diff`: every change of a workflow is told, at its part and in its words; what is no change is not.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::fs;

use quorate::workflow::Workflow;
use quorate::workflow::diff::{Difference, How};

const FILE: &str = "tests/workflows/flows/amending.toml";

fn parse(text: &str) -> Workflow {
    Workflow::parse(text).unwrap_or_else(|found| panic!("{found}\n{text}"))
}

/// What is told when these words of the workflow are replaced.
fn told(changes: &[(&str, &str)]) -> Vec<Difference> {
    let text = fs::read_to_string(FILE).unwrap();
    let mut new = text.clone();
    for (old, words) in changes {
        assert!(new.contains(old), "{old}");
        new = new.replacen(old, words, 1);
    }
    parse(&text).diff(&parse(&new))
}

/// One change, in one part, this being the first line of it.
#[track_caller]
fn is_told(old: &str, new: &str, part: &str, line: &str) {
    let found = told(&[(old, new)]);
    let [one] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!((one.part.as_str(), one.how), (part, How::Changed));
    assert_eq!(one.lines[0], line, "{old}");
}

#[test]
fn who_nominates_jointly_is_told_in_whatever_order_they_are_named() {
    let text = fs::read_to_string("tests/workflows/flows/joint-nomination.toml").unwrap();
    let alone = fs::read_to_string("tests/workflows/flows/joint-nomination/to/authority.toml").unwrap();
    let found = parse(&text).diff(&parse(&alone));
    let [one] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(
        one.lines,
        [
            "seat, no longer: chair-seat, named by licensee and licensor jointly",
            "seat, new: chair-seat, named by authority"
        ]
    );
    let turned = text.replace(r#"["licensor", "licensee"] }"#, r#"["licensee", "licensor"] }"#);
    assert_ne!(turned, text);
    assert_eq!(parse(&text).diff(&parse(&turned)), []);
}

#[test]
fn that_the_last_instant_is_late_is_told_of_an_empty_seat_too() {
    let text = fs::read_to_string("tests/workflows/flows/joint-nomination.toml").unwrap();
    let late = text.replacen("nature ", "deadline = \"excluded\"\nnature ", 1);
    let found = parse(&text).diff(&parse(&late));
    let panel = found.iter().find(|it| it.part == "panel tribunal").unwrap();
    let line = "vacant: after 14 days authority nominates → after 14 days (that instant is late) authority nominates";
    assert_eq!(panel.lines, [line]);
}

#[test]
fn a_further_condition_of_an_outcome_is_told_with_the_others() {
    let text = fs::read_to_string("tests/workflows/flows/either-condition.toml").unwrap();
    let one = text.replace("  { is = \"passed\", if = \"yes in senior = 2\" },\n", "");
    assert_ne!(one, text);
    let found = parse(&one).diff(&parse(&text));
    let [part] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(
        part.lines,
        [
            "outcomes, the first that applies: passed, failed → passed, passed, failed",
            "outcome passed: yes >= 3 → yes >= 3; or yes in senior = 2",
        ]
    );
}

#[test]
fn each_change_is_told_at_its_part() {
    is_told(r#""1 of 2""#, r#""2 of 2""#, "party buyer", "signatures: signs with 1 of 2 → signs with 2 of 2");
    is_told(
        r#"by = "chamber" }"#,
        r#"by = "chamber", weight = 2 }"#,
        "panel experts",
        "seat, no longer: c1, named by chamber",
    );
    is_told(
        "finds the works",
        "found the works",
        "event complete",
        "meaning: The panel finds the works complete → The panel found the works complete",
    );
    is_told(
        r#"from = "start""#,
        r#"from = "then""#,
        "event complete",
        "annulled: by overturned, as if it had never been → by overturned, from then on",
    );
    is_told(
        "at-once = 2",
        "at-once = 3",
        "procedure acceptance",
        "cases: before the panel experts; at most 2 cases at once → before the panel experts; at most 3 cases at once",
    );
    is_told(
        r#"open-for = "14 days""#,
        r#"open-for = "10 days""#,
        "ballot finding",
        "open for: 14 days, early once all have voted → 10 days, early once all have voted",
    );
    is_told(
        "> 1/2 of electors",
        ">= 2/3 of electors",
        "ballot finding",
        "outcome complete: yes > 1/2 of electors → yes >= 2/3 of electors",
    );
    is_told(
        r#"first-of = ["complete"] } ]

[grant.warranty]"#,
        r#"first-of = ["complete", 2030-01-01T00:00:00Z] } ]

[grant.warranty]"#,
        "grant instalment",
        "status: “held”, then “due” with complete → “held”, then “due” with the first of complete, 2030-01-01T00:00:00Z",
    );
    is_told(
        "at-most = 1 } ]",
        "at-most = 2 } ]",
        "state closed of acceptance",
        "step, no longer: overturn by chamber, event overturned, at most once",
    );
}

#[test]
fn steps_in_another_order_are_another_procedure() {
    let complete = r#"  { outcome = "complete", to = "closed", emits = "complete" },
"#;
    let incomplete = r#"  { outcome = "incomplete", to = "closed", emits = "dropped" },
"#;
    let found = told(&[(&format!("{complete}{incomplete}"), &format!("{incomplete}{complete}"))]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].part, "state voting of acceptance");
    let order = "steps in another order, and the first that applies wins: outcome incomplete → closed, event dropped; \
                 outcome complete → closed, event complete";
    assert_eq!(found[0].lines, [order]);
}

#[test]
fn a_part_with_another_name_is_another_part() {
    let found = told(&[("[grant.retention]", "[grant.deposit]")]);
    let how: Vec<(&str, How)> = found.iter().map(|it| (it.part.as_str(), it.how)).collect();
    assert_eq!(how, [("grant deposit", How::New), ("grant retention", How::Gone)]);
    assert_eq!(found[1].lines.last().unwrap(), "status: “5 per cent”");
}

#[test]
fn comments_order_and_spelling_are_no_difference() {
    assert_eq!(told(&[("[party]", "# Who contracts.\n\n[party]")]), []);
    assert_eq!(told(&[("choices  = [\"yes\", \"no\"]", "choices = [ 'yes', 'no', ]")]), []);
}

#[test]
fn the_amendment_that_ships_is_told_as_what_it_is() {
    let read = |name: &str| parse(&fs::read_to_string(format!("workflows/{name}.toml")).unwrap());
    let found = read("agi-2025").diff(&read("agi-2026-04"));
    let lines = |part: &str| {
        found.iter().find(|it| it.part == part).map(|it| it.lines.join("\n")).unwrap_or_default()
    };
    assert!(
        lines("grant revenue-share").contains("“ended” with verified → “in force”, then “ended” with 2031")
    );
    assert!(
        lines("grant models-and-products-ip").contains("exclusive: “yes”, then “no” with verified → “no”")
    );
    let changed = |how: How| found.iter().filter(move |it| it.how == how).map(|it| it.part.as_str());
    assert_eq!(changed(How::Gone).collect::<Vec<_>>(), ["grant azure-api-exclusivity"]);
    assert_eq!(
        changed(How::New).filter(|part| part.starts_with("grant ")).collect::<Vec<_>>(),
        ["grant revenue-share-to-openai", "grant azure-first"]
    );
}

#[test]
fn another_calendar_is_told_once_and_not_at_each_time_that_counts_in_it() {
    let text = fs::read_to_string("tests/workflows/flows/business-days.toml").unwrap();
    let found = parse(&text).diff(&parse(&text.replace("\"2026-05-25\", ", "")));
    let [one] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!((one.part.as_str(), one.how), ("the calendar", How::Changed));
    assert_eq!(one.lines, ["holiday, no longer: 2026-05-25"]);
    let found = parse(&text).diff(&parse(&text.replace("-05:00", "+00:00")));
    assert_eq!(found[0].lines, ["a day begins at midnight: UTC-05:00 → UTC+00:00"]);
}
