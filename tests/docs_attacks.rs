//! `docs/attacks.md` and the tests that it names: each attack of the table has the test of its name, each such test has
//! its line, and every file of tests is there.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

use std::fs;
use std::path::Path;

fn page() -> String {
    fs::read_to_string("docs/attacks.md").unwrap()
}

/// The cells of the lines of the first table.
fn table() -> Vec<Vec<String>> {
    let page = page();
    let lines = page.lines().skip_while(|line| !line.starts_with("|---"));
    let lines = lines.skip(1).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| {
        let inner = line.trim_start_matches('|').trim_end_matches('|');
        inner.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    lines.map(cells).collect()
}

#[test]
fn every_attack_of_the_operator_has_its_test_and_every_test_its_line() {
    let source = fs::read_to_string("tests/operator_attacks.rs").unwrap();
    let tests = source.split("#[test]\nfn ").skip(1).map(|rest| rest.split('(').next().unwrap().to_owned());
    let table = table();
    let named = table.iter().map(|line| line.last().unwrap().trim_matches('`').to_owned());
    assert_eq!(named.collect::<Vec<_>>(), tests.collect::<Vec<_>>(), "in the same order");
    for line in &table {
        let [attack, who, command, _, test] = line.as_slice() else { panic!("{line:?}") };
        assert_eq!(
            format!("`{}`", attack.replace([' ', '-'], "_")),
            *test,
            "the test is named after the attack"
        );
        assert!(!who.is_empty() && command.starts_with('`'), "{attack}: by whom, and with what command?");
    }
}

#[test]
fn every_file_of_tests_that_the_page_names_is_there() {
    let page = page();
    let files: Vec<&str> =
        page.split("`tests/").skip(1).map(|rest| rest.split('`').next().unwrap()).collect();
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        assert!(Path::new("tests").join(file).is_file(), "tests/{file}");
    }
}
