//! What a report says of a case as it went: as a scenario of a workflow has it, supposed on an agreement without signatures.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

use std::collections::BTreeMap;
use std::fs;

use quorate::log::MemoryTree;
use quorate::report::{Format, Report, Sources};
use quorate::scenario::{Scenario, supposed_agreement};
use serde_json::Value;

/// The reports of all cases after a scenario of a workflow, as Markdown and as JSON.
fn supposed(workflow: &str, scenario: &str) -> Vec<(String, Value)> {
    let scenario = Scenario::parse(scenario).unwrap();
    let opened = supposed_agreement(workflow, "2026-01-05T09:00:00Z".parse().unwrap()).unwrap();
    let supposed = scenario.suppose(&opened).unwrap();
    let sources = Sources {
        state: &supposed.state,
        head: MemoryTree::default().head(),
        at: supposed.at,
        attached: BTreeMap::new(),
        documents: None,
    };
    let of = |case| {
        let report = Report::of(&sources, case).unwrap();
        (report.write(Format::Markdown), serde_json::from_str(&report.write(Format::Json)).unwrap())
    };
    supposed.state.cases.keys().map(of).collect()
}

/// A small workflow of `tests/workflows/flows`, or one of its scenarios.
fn flow(name: &str) -> String {
    fs::read_to_string(format!("tests/workflows/flows/{name}.toml")).unwrap()
}

/// The report of one case among them, as Markdown.
fn of_case<'a>(reports: &'a [(String, Value)], case: &str) -> &'a str {
    let made = |json: &Value| json["made"].as_str().unwrap().contains(&format!(" {case} at "));
    &reports.iter().find(|(_, json)| made(json)).unwrap().0
}

#[test]
fn the_answer_of_a_ballot_stands_in_the_report_with_what_it_counts() {
    for (scenario, case, outcome, sentence, row) in [
        (
            "the-median-price",
            "price#1",
            "“set”, 1100 EUR (price#1/price#1)",
            "The answer is 1100 EUR: ",
            "| 1100 EUR | 1 | 2 |",
        ),
        ("the-day", "day#1", "“set”, 20", "The answer is 20", "| 20"),
        (
            "a-choice-besides",
            "price#1",
            "“refused” (price#1/price#1)",
            "Its outcome is “refused”.",
            "| refuse | ",
        ),
    ] {
        let reports = supposed(&flow("answers"), &flow(&format!("answers/{scenario}")));
        let told = of_case(&reports, case);
        for part in [outcome, sentence, row] {
            assert!(told.contains(part), "{part}: {told}");
        }
        // Whoever answered is in no minority by that.
        assert!(!told.contains("minority") && !told.contains("of another opinion"), "{told}");
        assert_eq!(told.contains("The answer is"), scenario != "a-choice-besides");
    }
}

#[test]
fn a_ballot_that_closed_early_is_told_by_the_rules_that_decided() {
    let reports = supposed(&flow("certain-eased"), &flow("certain-eased/one-vote-is-enough-in-the-end"));
    let (told, json) = &reports[0];
    assert!(told.contains("Outcome “passed”, “yes &gt;= 1”: yes is 1; 1 &gt;= 1 holds."), "{told}");
    assert_eq!(json["ballots"][0]["outcomes"][0]["holds"], true);
    // With the one vote for it cast otherwise it is not passed.
    assert_eq!(json["ballots"][0]["margin"]["votes"], 1);
}

#[test]
fn an_outcome_that_gives_what_the_votes_did_not_come_to_does_not_hold() {
    let tied = "scenario = 'Two lead'\nopened = 2026-01-05T09:00:00Z\n\
                [[step]]\nfill = ['m1', 'm2', 'm3', 'm4']\n\
                [[step]]\nby = 'club'\ndo = 'ask'\n\
                [[step]]\nvote = { m1 = ['m1', 'm2'], m2 = ['m4'], abstain = ['m3'] }\n\
                [[step]]\nreveal = ['m1', 'm2', 'm3', 'm4']\n";
    let reports = supposed(&flow("chosen-chair"), tied);
    let (told, json) = &reports[0];
    let words = "Outcome “chosen”, “leading &gt; 1/3 of electors”: leading is 2, electors is 5; 2 &gt; 5/3 holds. It is not the \
                 outcome: nobody has more votes than every other.";
    assert!(told.contains(words), "{told}");
    let ballot = &json["ballots"][0];
    assert_eq!((&ballot["outcome"], &ballot["outcomes"][0]["holds"]), (&"nobody".into(), &false.into()));
}

#[test]
fn a_case_that_undoes_what_another_found_tells_what_that_has_done() {
    let scenario = fs::read_to_string("workflows/plain-board/recalled.toml").unwrap();
    let (until_recalled, _) = scenario.split_once("# Called anew").unwrap();
    let workflow = fs::read_to_string("workflows/plain-board.toml").unwrap();
    let reports = supposed(&workflow, until_recalled);
    assert_eq!(reports.len(), 2);
    for (told, _) in reports {
        assert!(told.contains("event called annulled") && !told.contains("it has moved none"), "{told}");
    }
}

/// `amending.toml` with more that hangs on a finding, and with what other cases emit: that the price is paid, and that the
/// finding is overturned.
fn works() -> String {
    let procedure = |name: &str, act: &str, by: &str, event: &str| {
        format!(
            "[procedure.{name}]\nopen = {{ do = '{act}', by = '{by}', emits = '{event}' }}\nstart = 'done'\n\
             [procedure.{name}.state.done]\nends = true\n"
        )
    };
    let works = flow("amending")
        .replace("[event]\n", "[event]\npaid = 'The instalment is paid'\n")
        .replace("{ is = \"due\", first-of = [\"complete\"] }", "{ is = 'due', first-of = ['complete'] }, { is = 'paid', first-of = ['paid'] }")
        .replace(
            "{ is = \"running\", first-of = [\"complete\"] }",
            "{ is = 'running', first-of = ['complete'] }, { is = 'over', all-of = ['complete', 2032-01-01T00:00:00+01:00] }",
        );
    works
        + &procedure("payment", "pay", "buyer", "paid")
        + &procedure("appeal", "uphold", "chamber", "overturned")
}

/// The reports after the panel has found the works complete, and what comes then.
fn found(then: &str) -> Vec<(String, Value)> {
    let scenario = format!(
        "scenario = 'Found complete'\nopened = 2026-01-05T09:00:00Z\n\
         [[step]]\nfill = ['experts/c1', 'experts/c2', 'experts/c3']\n\
         [[step]]\nat = 2026-03-03T09:00:00Z\nby = 'seller'\ndo = 'claim'\n\
         [[step]]\nvote = {{ yes = ['c1', 'c2', 'c3'] }}\n{then}"
    );
    supposed(&works(), &scenario)
}

const REST: &str = "Every other right and term is as it would be if this case had found nothing.";

#[test]
fn what_a_case_did_to_rights_is_told_when_others_have_moved_them_on() {
    let reports = found("[[step]]\nat = 2026-04-01T09:00:00Z\nby = 'buyer'\ndo = 'pay'\n");
    let told = of_case(&reports, "acceptance#1");
    let due =
        "| instalment | status | due | 2026-03-03 09:00:00 UTC | 2026-04-01 09:00:00 UTC | event complete |";
    let running = "| warranty | status | running | 2026-03-03 09:00:00 UTC |  | event complete |";
    assert!(told.contains(due) && told.contains(running) && told.contains(REST), "{told}");
    assert!(!told.contains("| paid |"), "{told}");
    let told = of_case(&reports, "payment#1");
    assert!(
        told.contains("| instalment | status | paid | 2026-04-01 09:00:00 UTC |  | event paid |"),
        "{told}"
    );
    assert!(!told.contains("| due |"), "{told}");
}

#[test]
fn what_a_case_and_a_date_have_done_together_is_told() {
    let told = found("[[step]]\nat = 2033-01-01T00:00:00Z\nexpect = { grants = { warranty = 'over' } }\n");
    let told = of_case(&told, "acceptance#1");
    for row in [
        "| instalment | status | due | 2026-03-03 09:00:00 UTC |  | event complete |",
        "| warranty | status | running | 2026-03-03 09:00:00 UTC | 2031-12-31 23:00:00 UTC | event complete |",
        "| warranty | status | over | 2031-12-31 23:00:00 UTC |  | event complete and 2032-01-01T00:00:00+01:00 |",
        REST,
    ] {
        assert!(told.contains(row), "{row}: {told}");
    }
}

#[test]
fn a_case_that_undoes_a_finding_from_the_start_is_told_to_have_moved_what_hung_on_it() {
    let reports = found("[[step]]\nat = 2026-05-01T09:00:00Z\nby = 'chamber'\ndo = 'uphold'\n");
    let told = of_case(&reports, "appeal#1");
    for right in ["instalment | status | held", "warranty | status | not begun"] {
        let row = format!("| {right} | 2026-01-05 09:00:00 UTC |  | event complete annulled |");
        assert!(told.contains(&row), "{row}: {told}");
    }
    // For the other case it is as if it had found nothing.
    assert!(of_case(&reports, "acceptance#1").contains("As of 2026-05-01 09:00:00 UTC it has moved none."));
}

#[test]
fn one_reading_is_told_as_one() {
    let scenario =
        "scenario = 'Claimed'\nopened = 2026-01-05T09:00:00Z\n[[step]]\nby = 'seller'\ndo = 'claim'\n";
    let ours = |places: &str| {
        let workflow = works().replacen("nature ", &format!("ours = [{places}]\nnature "), 1);
        supposed(&workflow, scenario).remove(0).0
    };
    assert!(ours("'panel'").contains("; 1 choice or reading in it is its authors'"));
    assert!(ours("'panel', 'ballot'").contains("; 2 choices and readings in it are its authors'"));
}

/// The scenario up to a step that begins so.
fn until(name: &str, words: &str) -> String {
    let scenario = flow(name);
    scenario.split_once(words).unwrap().0.to_owned()
}

#[test]
fn an_open_ballot_is_told_as_it_stands() {
    let at = |last: &str| {
        let scenario = until("sealed/all-commit-all-reveal", last);
        of_case(&supposed(&flow("sealed"), &scenario), "claim#1").to_owned()
    };
    let told = at("\n[[step]]\nvote    = { yes = [\"b1\"] }");
    let words = "The ballot takes sealed votes until 2026-02-09 09:00:00 UTC; it has not been counted.";
    assert!(told.contains(words), "{told}");
    let told = at("\n[[step]]\nafter  = \"1 hour\"\nreveal");
    let words = "The ballot takes no more votes; those that were cast sealed are revealed until 2026-02-06 10:00:00 UTC; it has \
                 not been counted.";
    assert!(told.contains(words), "{told}");
    let scenario = until("suspended-ballot/holds", "\n[[step]]\nat   = 2026-02-14");
    let reports = supposed(&flow("suspended-ballot"), &scenario);
    let told = of_case(&reports, "motion#1");
    let words = "The ballot is open, and stands still while the case is suspended; it has not been counted.";
    assert!(told.contains(words), "{told}");
}

#[test]
fn whoever_is_obliged_to_abstain_is_not_said_to_have_been_able_to_vote() {
    let reports = supposed(&flow("obliged"), &flow("obliged/left-out-and-counted"));
    let told = of_case(&reports, "question#1").split("The electors of question#1/sealed#1").nth(1).unwrap();
    let could = told.lines().find(|line| line.contains(" could vote: ")).unwrap();
    assert!(could.contains("2 electors could vote: m1 (") && !could.contains("m3"), "{told}");
    for seat in ["m3", "m4"] {
        let line = told.lines().find(|line| line.contains(&format!("{seat} ("))).unwrap();
        assert!(
            line.contains("was an elector who could not vote and counts as abstaining, obliged to abstain: "),
            "{line}"
        );
    }
}

#[test]
fn a_ballot_that_closed_after_its_time_is_not_said_to_have_closed_before_it() {
    // Its window had ended while an outcome was being confirmed; then a vote broke that.
    let reports = supposed(&flow("confirmation"), &flow("confirmation/a-break-after-the-window"));
    let (told, json) = &reports[0];
    assert!(json["ballots"][0]["closed-by"].is_u64(), "{json}");
    assert!(told.contains("2026-02-14 09:00:00 UTC. Its outcome is “failed”."), "{told}");
    // Another closed before its time, by time alone: an outcome was confirmed.
    let eases = flow("confirmation/the-threshold-eases");
    let later = "[[step]]\nat = 2026-03-08T09:00:00Z\nexpect = { state = 'closed' }\n";
    let reports = supposed(&flow("confirmation"), &format!("{eases}\n{later}"));
    let (told, json) = &reports[0];
    assert!(json["ballots"][0]["closed-by"].is_null(), "{json}");
    assert!(told.contains("2026-03-07 09:00:00 UTC before its time. Its outcome is “passed”."), "{told}");
}
