//! Every workflow in `tests/workflows/broken` has one kind of mistake, and beside it what is said
//! about it. `UPDATE=1 cargo test --test workflow_check` records anew.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

use std::fs;
use std::path::PathBuf;

use quorate::workflow::{Checked, Diagnostics};

fn broken() -> Vec<PathBuf> {
    let files = fs::read_dir("tests/workflows/broken").unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    files
}

fn findings(text: &str) -> Diagnostics {
    Checked::from_text(text).map_or_else(|found| found, |checked| checked.warnings)
}

#[test]
fn every_mistake_is_told_with_its_place_and_a_remedy() {
    let files = broken();
    assert!(files.len() >= 60, "{}", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let said = findings(&text).render(name, &text, false);
        let recorded = file.with_extension("txt");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&recorded, &said).unwrap();
        }
        let expected = fs::read_to_string(&recorded).unwrap_or_default();
        if said != expected || said.is_empty() {
            wrong.push(format!("{name}: said\n{said}\nexpected\n{expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn findings_are_told_to_machines_too() {
    let text = fs::read_to_string("tests/workflows/broken/unknown-key.toml").unwrap();
    let found = findings(&text).to_json();
    let first = &found[0];
    assert_eq!(first["severity"], "error");
    assert_eq!(first["line"], 21);
    assert_eq!(first["help"], "Did you mean `chair`?");
    assert_eq!(found.as_array().unwrap().len(), findings(&text).iter().count());
}

/// The lesser of a number and a share of nothing is a share of nothing, which never holds.
#[test]
fn a_rule_by_the_lesser_of_two_bounds_is_accused_only_where_neither_is_a_share_of_nothing() {
    let text = fs::read_to_string("tests/workflows/broken/by-the-numbers.toml").unwrap();
    let (_, outcomes) = text.split_once("outcomes = [").unwrap();
    let (outcomes, _) = outcomes.split_once("\n]").unwrap();
    let said = |share: &str| {
        let rule = format!("seats >= lesser of 2 and {share} and yes > 1/2 of electors");
        let text = text
            .replace(
                "filled <= seats and filled >= 2",
                "seats >= lesser of 2 and 1/2 of filled and filled >= 2",
            )
            .replace(
                "yes + no = votes and participating",
                &format!("yes >= lesser of 0 and {share} and participating"),
            )
            .replace(outcomes, &format!("\n  {{ is = 'due', if = '{rule}' }},\n  {{ is = 'not-due' }},"));
        findings(&text).render("lesser.toml", &text, false)
    };
    assert_eq!(said("1/2 of votes"), "");
    let said = said("1/2 of seats");
    assert!(said.contains("`yes >= lesser of 0 and 1/2 of seats` holds whatever is counted"), "{said}");
    assert!(said.contains("`seats >= lesser of 2 and 1/2 of seats` always holds"), "{said}");
}

#[test]
fn colour_is_added_only_where_asked_for() {
    let text = fs::read_to_string("tests/workflows/broken/unknown-key.toml").unwrap();
    assert!(!findings(&text).render("a.toml", &text, false).contains('\u{1b}'));
    assert!(findings(&text).render("a.toml", &text, true).contains('\u{1b}'));
}

/// With two choices whoever withholds a vote for one of them helps the other alone, which nobody wants who is for the one;
/// where withholding is not to have taken part, an abstention is a third way.
#[test]
fn a_share_of_votes_is_accused_where_somebody_gains_by_withholding() {
    let text = fs::read_to_string("tests/workflows/broken/sealed-withheld-share.toml").unwrap();
    let two = text.replace(r#""yes", "in-part", "no""#, r#""yes", "no""#);
    let said = |text: &str| findings(text).render("share.toml", text, false);
    assert_eq!(said(&two), "");
    assert_eq!(said(&text.replace("1/2 of votes", "1/2 of participating")), "");
    let not_voted = two
        .replace("1/2 of votes", "1/2 of participating")
        .replace(r#"unrevealed = "abstains""#, r#"unrevealed = "has not voted""#);
    let said = said(&not_voted);
    assert!(
        said.contains("withholding pays") && said.contains("`yes > 1/2 of participating` holds"),
        "{said}"
    );
}

/// An act that puts the end of the ballot off brings a rule into force that eases after its ordinary time.
#[test]
fn a_rule_that_eases_later_is_in_force_where_an_act_puts_the_closing_off() {
    let text = fs::read_to_string("tests/workflows/broken/ease-late.toml").unwrap();
    let said = |text: &str| findings(text).render("eases.toml", text, false);
    assert!(said(&text).contains("this rule is never in force"), "{}", said(&text));
    let act = "{ do = \"prolong\", by-all = [\"buyer\", \"seller\"], extends = \"20 days\", at-most = 1 },";
    let extended = text.replacen(
        "ballot = \"finding\"\nsteps  = [",
        &format!("ballot = \"finding\"\nsteps  = [\n  {act}"),
        1,
    );
    assert_ne!(extended, text);
    assert!(!said(&extended).contains("this rule is never in force"), "{}", said(&extended));
}
