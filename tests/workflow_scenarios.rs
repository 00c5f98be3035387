//! Every workflow that ships has scenarios, every one of them comes true, and a scenario that does not is
//! told with its place. `UPDATE=1 cargo test --test workflow_scenarios` records the failures anew.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use quorate::scenario::{Failure, Outcome, Scenario, files_of};
use quorate::values::Instant;

/// What a scenario shows, or the failure as a person reads it.
fn play(file: &Path, workflow: &Path) -> Result<Outcome, String> {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let (text, rules) = (fs::read_to_string(file).unwrap(), fs::read_to_string(workflow).unwrap());
    let scenario = Scenario::parse(&text).map_err(|found| found.render(&name(file), &text, false))?;
    let (files, rule_files) = ((&*name(file), &*text), (&*name(workflow), &*rules));
    scenario
        .run_beside(&rules, workflow.parent().unwrap())
        .map_err(|failure| failure.render(files, rule_files, false))
}

/// Plays every scenario of a workflow; names those that do not come true.
fn play_all(workflow: &str) -> Vec<(PathBuf, Outcome)> {
    let workflow = Path::new(workflow);
    let files = files_of(workflow).unwrap();
    assert!(!files.is_empty(), "{} has no scenarios", workflow.display());
    let (mut passed, mut failed) = (Vec::new(), Vec::new());
    for file in files {
        match play(&file, workflow) {
            Ok(outcome) => passed.push((file, outcome)),
            Err(failure) => failed.push(failure),
        }
    }
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
    passed
}

/// The workflows in a folder, sorted by name.
fn workflows_in(folder: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect();
    files.sort();
    files
}

/// Plays every scenario of every workflow in a folder; each looks at something, since a play without
/// expectations would show nothing. Gives how many attempts were refused as expected, and how many workflows
/// there are.
fn play_folder(folder: &str, fewest: usize) -> (usize, usize) {
    let workflows = workflows_in(folder);
    let mut refused = 0;
    for workflow in &workflows {
        let passed = play_all(workflow.to_str().unwrap());
        assert!(passed.len() >= fewest, "{} has {} scenarios", workflow.display(), passed.len());
        for (file, outcome) in &passed {
            assert!(outcome.met > 0, "{} expects nothing", file.display());
            refused += outcome.refused;
        }
    }
    (refused, workflows.len())
}

#[test]
fn every_scenario_of_a_workflow_that_ships_comes_true() {
    let (refused, workflows) = play_folder("workflows", 6);
    assert!(refused > 0 && workflows >= 2, "{refused} refused in {workflows} workflows");
}

/// `tests/workflows/flows`: small workflows, each to show one thing that the language says.
#[test]
fn every_scenario_of_a_small_workflow_comes_true() {
    play_folder("tests/workflows/flows", 1);
}

/// The workflow with which the failing scenarios are played.
const WORKFLOW: &str = "tests/workflows/agi-2025-open.toml";

#[test]
fn a_scenario_that_does_not_come_true_is_told_with_its_place() {
    let files = fs::read_dir("tests/workflows/failing-scenarios").unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect();
    files.sort();
    assert!(files.len() >= 12, "{}", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let said = play(&file, Path::new(WORKFLOW)).err().unwrap_or_default();
        let recorded = file.with_extension("txt");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&recorded, &said).unwrap();
        }
        let expected = fs::read_to_string(&recorded).unwrap_or_default();
        if said != expected || said.is_empty() {
            wrong.push(format!("{}: said\n{said}\nexpected\n{expected}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is of another text than the one in force is not met by being absent.
#[test]
fn a_grant_that_is_not_in_force_meets_no_expectation() {
    let flows = Path::new("tests/workflows/flows");
    let rules = fs::read_to_string(flows.join("amending.toml")).unwrap();
    let amended = "[[step]]\nafter = '1 day'\namend = 'amending/to/second.toml'\n\
                   grants = { instalment = 'final-payment', retention = { ends = 'released' } }\n";
    for (steps, told) in [
        (
            format!("{amended}expect = {{ grants = {{ instalment.status = {{ is = 'anything' }} }} }}\n"),
            "on 2026-03-03T09:00:00Z no such grant is in force: instalment",
        ),
        (
            format!(
                "{amended}expect = {{ at = 2026-03-02T09:00:00Z, grants = {{ final-payment = 'held' }} }}\n"
            ),
            "on 2026-03-02T09:00:00Z no such grant is in force: final-payment",
        ),
        (
            format!(
                "[[step]]\nexpect = {{ grants = {{ final-payment.status.since = 2026-03-02T09:00:00Z }} }}\n{amended}"
            ),
            "on 2026-03-02T09:00:00Z no such grant is in force: final-payment",
        ),
        (
            format!("{amended}expect = {{ grants = {{ retention.share = '5 per cent' }} }}\n"),
            "on 2026-03-03T09:00:00Z `retention` has no such attribute: share",
        ),
    ] {
        let text = format!("scenario = 'Amended'\nopened = 2026-03-02T09:00:00Z\n{steps}");
        // The attribute is of the first text alone: the grant ends with the amendment.
        let rules = rules.replace("fixed  = true", "share = [ { is = \"5 per cent\" } ]\nfixed  = true");
        let failure = Scenario::parse(&text).unwrap().run_beside(&rules, flows).unwrap_err();
        let said = failure.render(("s.toml", &text), ("w.toml", &rules), false);
        assert!(said.contains(told) && said.contains("By the text in force then there are: "), "{said}");
    }
}

#[test]
fn a_workflow_that_is_refused_is_told_as_such() {
    let text = fs::read_to_string("workflows/agi-2025/verified.toml").unwrap();
    let broken = fs::read_to_string("tests/workflows/broken/no-panel.toml").unwrap();
    let failure = Scenario::parse(&text).unwrap().run(&broken).unwrap_err();
    assert!(matches!(failure, Failure::Workflow(_)), "{failure}");
}

#[test]
fn a_scenario_that_a_machine_writes_reads_back_as_the_same() {
    let workflows = ["workflows", "tests/workflows/flows"].into_iter().flat_map(workflows_in);
    for file in workflows.flat_map(|workflow| files_of(&workflow).unwrap()) {
        let read = Scenario::parse(&fs::read_to_string(file).unwrap()).unwrap();
        let written = Scenario::of(&read.title, read.opened, &read.steps).unwrap();
        assert_eq!(written.steps, read.steps, "{}", written.text());
        assert_eq!((written.opened, &written.title), (read.opened, &read.title));
    }
}

#[test]
fn the_example_in_the_documents_comes_true() {
    let page = fs::read_to_string("docs/scenarios.md").unwrap();
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let outcome = Scenario::parse(example).unwrap().run(include_str!("../workflows/agi-2025.toml")).unwrap();
    assert_eq!((outcome.refused, outcome.met), (1, 10));
}

#[test]
fn words_that_a_machine_writes_are_quoted() {
    let title = "\"No\", said the panel, C:\\ and 'yes'";
    let written = Scenario::of(title, Instant::MIN, &[]).err().unwrap();
    assert_eq!(written.to_string(), "1 error; line 1: the scenario lacks `step`: Say what happens: [[step]]");
    let text = fs::read_to_string("workflows/agi-2025/reaffirmed.toml").unwrap();
    let steps = Scenario::parse(&text).unwrap().steps;
    assert_eq!(Scenario::of(title, Instant::MIN, &steps).unwrap().title, title);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = Scenario::parse(&text);
    }

    #[test]
    fn no_change_to_a_good_text_makes_the_reader_panic(at in 0_usize..3000, cut in 0_usize..40, put in "[\\[\\]{}=\"0-9a-z.#, \n-]{0,6}") {
        let text = include_str!("../workflows/agi-2025/verified.toml");
        let (start, end) = (at.min(text.len()), (at + cut).min(text.len()));
        prop_assume!(text.is_char_boundary(start) && text.is_char_boundary(end));
        let _ = Scenario::parse(&format!("{}{put}{}", &text[..start], &text[end..]));
    }
}

/// Capital letters in a name, and a folder of its own, hide no scenario; a workflow that scenarios name is none.
#[test]
fn scenarios_are_found_whatever_their_files_are_called_and_in_folders_of_theirs() {
    let folder = std::env::temp_dir().join(format!("quorate-scenarios-{}", std::process::id()));
    let (own, deep) = (folder.join("w"), folder.join("w/late/later"));
    fs::create_dir_all(&deep).unwrap();
    let scenario = "scenario = \"It is refused\"\nopened = 2026-01-01T00:00:00Z\nstep = []\n";
    for file in [own.join("a.toml"), own.join("B.TOML"), deep.join("c.Toml"), own.join("notes.txt")] {
        fs::write(file, scenario).unwrap();
    }
    fs::write(deep.join("second.toml"), "language = 1\ntitle = \"No scenario\"\n").unwrap();
    let found = files_of(&folder.join("w.toml")).unwrap();
    let names: Vec<_> = found.iter().map(|it| it.strip_prefix(&own).unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["B.TOML", "a.toml", "late/later/c.Toml"]);
    fs::remove_dir_all(&folder).unwrap();
}
