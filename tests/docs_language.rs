//! Every example of `docs/language.md` is a workflow that passes: the whole one as it stands, each excerpt
//! laid over it.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

use std::collections::BTreeSet;
use std::fs;

use quorate::workflow::Checked;
use toml::{Table, Value};

/// The fenced blocks of a page whose fence says exactly `info`.
fn blocks(page: &str, info: &str) -> Vec<String> {
    let fence = format!("\n```{info}\n");
    let parts = page.split(&fence).skip(1);
    parts.map(|part| part.split_once("\n```").unwrap().0.to_owned()).collect()
}

/// Tables merge, everything else is replaced.
fn lay_over(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => drop(below.insert(key, value)),
        }
    }
}

fn passes(text: &str, example: &str) {
    match Checked::from_text(text) {
        Ok(checked) => {
            let warnings = checked.warnings.render("example", text, false);
            assert!(checked.warnings.is_empty(), "{example}\n{warnings}");
        }
        Err(found) => panic!("{example}\n{}", found.render("example", text, false)),
    }
}

#[test]
fn every_example_of_the_language_passes() {
    let page = fs::read_to_string("docs/language.md").unwrap();
    let [whole] = <[String; 1]>::try_from(blocks(&page, "toml complete")).unwrap();
    passes(&whole, &whole);
    let excerpts = blocks(&page, "toml");
    assert!(excerpts.len() >= 5, "{}", excerpts.len());
    for excerpt in excerpts {
        let mut table: Table = whole.parse().unwrap();
        lay_over(&mut table, excerpt.parse().unwrap());
        passes(&toml::to_string(&table).unwrap(), &excerpt);
    }
}

/// The words in quotation marks between `start` and the next `end` of a source file.
fn words<'s>(source: &'s str, start: &str, end: &str) -> Vec<&'s str> {
    let part = source.split(start).nth(1).unwrap().split(end).next().unwrap();
    part.split('"').skip(1).step_by(2).collect()
}

#[test]
fn every_key_and_kept_word_of_the_language_is_on_the_page() {
    let page = fs::read_to_string("docs/language.md").unwrap();
    let mut wanted = Vec::new();
    for file in fs::read_dir("src/workflow/read").unwrap() {
        let source = fs::read_to_string(file.unwrap().path()).unwrap();
        for asked in
            [".get(\"", ".need(r, \"", ".need(\n            r,\n            \"", "section(r, &mut fields, \""]
        {
            wanted.extend(source.split(asked).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
        for list in
            ["const LATER", "const EVENT_WORDS", "const ACTOR_WORDS", "const TRIGGERS", "const PROMISES"]
        {
            if source.contains(list) {
                wanted.extend(words(&source, list, "];").into_iter().map(str::to_owned));
            }
        }
    }
    let kept = fs::read_to_string("src/workflow/rule/mod.rs").unwrap();
    wanted.extend(words(&kept, "const KEPT", "];").into_iter().map(str::to_owned));
    assert!(wanted.len() > 80, "{}", wanted.len());
    // As a whole word: in a table, an example or a sentence.
    let there: BTreeSet<&str> =
        page.split(|c: char| !c.is_ascii_lowercase() && c != '-' && !c.is_ascii_digit()).collect();
    let missing: Vec<&String> = wanted.iter().filter(|word| !there.contains(word.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
