//! `docs/workflows.md` is held to code: its example is built from its parts and passes, its scenarios come true,
//! its patterns pass without a warning, and its mistakes are told in the words of the page.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

use std::fmt::Write as _;
use std::fs;

use quorate::scenario::Scenario;
use quorate::workflow::{Checked, Diagnostics};
use toml::{Table, Value};

fn page() -> String {
    fs::read_to_string("docs/workflows.md").unwrap()
}

/// The fenced blocks of a page: what stands behind the fence, and the text.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let inside = page.split("\n```").skip(1).step_by(2);
    inside.map(|block| block.split_once('\n').unwrap()).collect()
}

fn all<'p>(page: &'p str, info: &str) -> Vec<&'p str> {
    blocks(page).into_iter().filter(|(is, _)| *is == info).map(|(_, text)| text).collect()
}

/// The example: its parts, one after the other.
fn example(page: &str) -> String {
    all(page, "toml part").join("\n\n")
}

/// The example with an excerpt over it: tables merge, everything else is replaced.
fn with(page: &str, excerpt: &str) -> String {
    let mut table: Table = example(page).parse().unwrap();
    lay_over(&mut table, excerpt.parse().unwrap());
    toml::to_string(&table).unwrap()
}

fn lay_over(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => drop(below.insert(key, value)),
        }
    }
}

fn findings(text: &str) -> Diagnostics {
    Checked::from_text(text).map_or_else(|found| found, |checked| checked.warnings)
}

/// As the page writes them: a sign, the message, and the remedy below.
fn told(found: &Diagnostics) -> String {
    let mut text = String::new();
    for one in found.to_json().as_array().unwrap() {
        let sign = if one["severity"] == "error" { "×" } else { "⚠" };
        writeln!(text, "{sign} {}", one["message"].as_str().unwrap()).unwrap();
        writeln!(text, "  {}", one["help"].as_str().unwrap()).unwrap();
    }
    text.trim_end().to_owned()
}

#[test]
fn the_example_passes_and_each_pattern_laid_over_it() {
    let page = page();
    let whole = example(&page);
    assert_eq!(told(&findings(&whole)), "", "{whole}");
    let patterns = all(&page, "toml pattern");
    assert!(patterns.len() >= 8, "{}", patterns.len());
    for pattern in patterns {
        assert_eq!(told(&findings(&with(&page, pattern))), "", "{pattern}");
    }
}

#[test]
fn the_scenarios_of_the_example_come_true() {
    let page = page();
    let scenarios = all(&page, "toml scenario");
    assert!(scenarios.len() >= 2, "{}", scenarios.len());
    for text in scenarios {
        let outcome = Scenario::parse(text).unwrap().run(&example(&page));
        let outcome = outcome.unwrap_or_else(|failure| {
            panic!("{}", failure.render(("scenario", text), ("example", &example(&page)), false))
        });
        assert!(outcome.met > 0, "{text}");
    }
}

/// A scenario behind a pattern is played with that laid over the example.
#[test]
fn the_scenarios_of_patterns_come_true() {
    let page = page();
    let blocks = blocks(&page);
    let pairs = blocks.windows(2).filter_map(|pair| match pair {
        [("toml pattern", pattern), ("toml pattern-scenario", text)] => Some((*pattern, *text)),
        _ => None,
    });
    let mut played = 0;
    for (pattern, text) in pairs {
        let rules = with(&page, pattern);
        let outcome = Scenario::parse(text).unwrap().run(&rules);
        let outcome = outcome.unwrap_or_else(|failure| {
            panic!("{}", failure.render(("scenario", text), ("pattern", &rules), false))
        });
        assert!(outcome.met > 0, "{text}");
        played += 1;
    }
    assert!(played >= 1 && played == all(&page, "toml pattern-scenario").len(), "{played}");
}

#[test]
fn the_first_file_passes_and_its_scenario_comes_true() {
    let page = page();
    let [file] = <[&str; 1]>::try_from(all(&page, "toml first")).unwrap();
    assert_eq!(told(&findings(file)), "");
    let [scenario] = <[&str; 1]>::try_from(all(&page, "toml first-scenario")).unwrap();
    let outcome = Scenario::parse(scenario).unwrap().run(file).unwrap();
    assert_eq!((outcome.refused, outcome.met), (0, 5));
}

/// What stands in the table of what one wants to say: each key in the ballot of the example, each rule in an outcome of it.
#[test]
fn what_the_table_says_to_write_is_taken() {
    const KEYS: [&str; 10] =
        ["quorum", "early", "extend", "deadline", "change", "sealed", "if-leaving", "if", "count", "chair"];
    let page = page();
    let (_, table) = page.split_once("## \"I want to say").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let spans = table
        .lines()
        .filter(|line| line.starts_with('|'))
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    let mut tried = 0;
    for span in spans {
        let Some(key) = KEYS.into_iter().find(|key| span.starts_with(&format!("{key} = "))) else { continue };
        let excerpt = match key {
            "if" => {
                format!("[ballot.release]\noutcomes = [{{ is = \"released\", {span} }}, {{ is = \"kept\" }}]")
            }
            "chair" => format!("[panel.experts]\n{span}"),
            // Whose votes count as one is known only where nobody leaves it out.
            "count" => format!("[panel.experts]\naffiliation = \"needed\"\n[ballot.release]\n{span}"),
            // What stands beside it in the table: else leaving would pay once others have revealed.
            "sealed" => format!("[ballot.release]\nif-leaving = \"vote stands\"\n{span}"),
            _ => format!("[ballot.release]\n{span}"),
        };
        tried += 1;
        assert_eq!(told(&findings(&with(&page, &excerpt))), "", "{excerpt}");
    }
    assert!(tried >= 25, "{tried}");
}

#[test]
fn each_mistake_is_told_in_the_words_of_the_page() {
    let page = page();
    let blocks = blocks(&page);
    let pairs = blocks.windows(2).filter_map(|pair| match pair {
        [("toml mistake", mistake), (next, says)] => Some((*mistake, *next, *says)),
        _ => None,
    });
    let mut wrong = Vec::new();
    let mut made = 0;
    for (mistake, next, says) in pairs {
        made += 1;
        assert_eq!(next, "text says", "{mistake}");
        let said = told(&findings(&with(&page, mistake)));
        if said != says {
            wrong.push(format!("{mistake}\nsays\n{said}\nthe page has\n{says}"));
        }
    }
    assert!(made >= 10 && made == all(&page, "text says").len(), "{made}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn no_event_can_be_called_as_the_page_says() {
    let page = page();
    let (_, kept) = page.split_once("No event is called ").unwrap();
    let (kept, _) = kept.split_once(", or begins with a digit").unwrap();
    let kept: Vec<&str> = kept.split(", ").map(|word| word.trim_matches('`')).collect();
    assert!(kept.len() >= 15, "{kept:?}");
    for word in kept.into_iter().chain(["2nd"]) {
        let said = told(&findings(&with(&page, &format!("[event]\n{word} = \"It is so\""))));
        assert!(said.contains(&format!("× no event can be called `{word}`")), "{word}: {said}");
    }
}

#[test]
fn every_workflow_that_ships_is_on_the_page() {
    let page = page();
    for file in fs::read_dir("workflows").unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if let Some(name) = name.strip_suffix(".toml") {
            assert!(
                page.contains(&format!("(../workflows/{name}.toml)")),
                "{name} is not in docs/workflows.md"
            );
        }
    }
}
