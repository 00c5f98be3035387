//! What a picture tells, in words that a reader of the contract looks for: the same for the eye, for whoever cannot see it,
//! in a flowchart, and in `workflow show`.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

mod drawing_support;

use std::fs;

use drawing_support::{texts, workflows};
use quorate::workflow::Workflow;

/// What `workflow show` prints of a text, in one line.
fn shown(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("workflow.toml");
    fs::write(&file, text).unwrap();
    let show = std::process::Command::new(env!("CARGO_BIN_EXE_quorate"))
        .args(["workflow", "show"])
        .arg(&file)
        .output()
        .unwrap();
    String::from_utf8(show.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same as shown, as drawn for the eye, as told to whoever cannot see it, and as a flowchart.
fn told(text: &str) -> [String; 4] {
    let workflow = Workflow::parse(text).unwrap();
    let svg = workflow.draw_svg();
    let description = svg.split("<desc id=\"desc\">").nth(1).unwrap().split("</desc>").next().unwrap();
    [shown(text), texts(&svg).join(" "), description.to_owned(), workflow.draw_mermaid()]
}

#[test]
fn what_an_act_asks_for_is_told_in_every_form() {
    let text = fs::read_to_string("workflows/arbitrator-challenge.toml").unwrap();
    for told in told(&text) {
        assert!(told.contains("with ground, within 21 days from "), "{told}");
    }
    let text = fs::read_to_string("tests/workflows/flows/duty-late.toml").unwrap();
    for told in told(&text) {
        let told = told.replace('`', "");
        assert!(told.contains("ask-replacement by licensee, not before withheld"), "{told}");
        assert!(told.contains("hand-over by agent, with receipt, within 7 days"), "{told}");
    }
    assert!(told(&text).iter().skip(1).all(|told| !told.contains('`') && !told.contains("#96;")));
}

#[test]
fn a_ballot_that_asks_for_an_answer_alone_tells_of_no_choices() {
    let text = fs::read_to_string("tests/workflows/flows/answers.toml").unwrap();
    let [shown, drawn, _, chart] = told(&text);
    for told in [&shown, &drawn] {
        assert!(
            told.contains("choices refuse, or a number of EUR, of which the median decides, or abstain"),
            "{told}"
        );
        assert!(told.contains("answer a date, of which the median decides, or abstain open for"), "{told}");
    }
    assert!(chart.contains("<br/>answer: a date, of which the median decides, or abstain<br/>"), "{chart}");
}

#[test]
fn what_annuls_what_is_told_with_the_events_and_with_what_hangs_on_them() {
    let text = fs::read_to_string("workflows/agi-2025.toml").unwrap();
    let [_, drawn, description, chart] = told(&text);
    for told in [&drawn, &description] {
        assert!(
            told.contains("It is annulled by set-aside of the same case, as if it had never been."),
            "{told}"
        );
        assert!(told.contains("with verified (unless set-aside annuls it)"), "{told}");
    }
    assert!(chart.contains("ended with verified (unless set-aside annuls it)"), "{chart}");
}

#[test]
fn what_defines_the_words_is_in_the_picture() {
    for (name, workflow) in workflows("workflows") {
        let drawn = texts(&workflow.draw_svg()).join(" ");
        for event in &workflow.events {
            assert!(drawn.contains(&event.meaning), "{name}: {}", event.meaning);
        }
        for grant in &workflow.grants {
            let clause = grant.clause.iter().map(|clause| format!("Clause: {clause}"));
            let office = grant.from.iter().map(|office| format!("from {office}"));
            let value = grant.attributes.iter().flat_map(|it| &it.values).map(|value| value.is.clone());
            for words in clause.chain(office).chain(value).chain([grant.title.clone()]) {
                assert!(drawn.contains(&words), "{name}: {words}");
            }
        }
    }
    let text = fs::read_to_string("workflows/agi-2025.toml").unwrap();
    let [_, drawn, ..] = told(&text);
    assert!(drawn.contains("in force from the opening on; nothing moves it"), "{drawn}");
    let order = "Of several values in a column that have come, the lowest holds.";
    assert!(!drawn.contains(order), "{drawn}");
    let text = fs::read_to_string("workflows/w3c-council.toml").unwrap();
    let [_, drawn, ..] = told(&text);
    assert!(drawn.contains(order), "{drawn}");
    let text = fs::read_to_string("tests/workflows/flows/business-days.toml").unwrap();
    let [_, drawn, ..] = told(&text);
    assert!(drawn.contains("these holidays: 2026-05-25, 2026-06-19, 2026-07-03"), "{drawn}");
}

#[test]
fn states_come_in_the_order_of_the_file_and_a_page_says_what_goes_on_there() {
    let text = fs::read_to_string("workflows/agi-2025.toml").unwrap();
    let workflow = Workflow::parse(&text).unwrap();
    let states: Vec<&str> = workflow.procedures[0].states.iter().map(|state| state.name.as_str()).collect();
    let drawn = texts(&workflow.draw_svg());
    let mut cards = drawn.iter().filter(|line| states.contains(&line.as_str()));
    assert!(states.iter().all(|state| cards.next().is_some_and(|card| card == state)), "{drawn:?}");
    let pages = workflow.draw_svg_pages();
    assert_eq!(texts(&pages[1])[1], "Procedure verification (continued)");
    // A state that is longer than a page goes on, and its name with it.
    let more = (1..=60).map(|number| format!("  {{ do = \"file-{number}\", by = \"openai\" }},\n"));
    let last = "  { after = \"60 days\", to = \"voting\" },\n]";
    assert!(text.contains(last));
    let long = Workflow::parse(&text.replacen(last, &(more.collect::<String>() + last), 1)).unwrap();
    let within: Vec<String> =
        long.draw_svg_pages().iter().filter_map(|page| texts(page).get(1).cloned()).collect();
    let named = "Procedure verification, state evidence (continued)";
    assert!(within.iter().any(|line| line == named), "{within:?}");
}
