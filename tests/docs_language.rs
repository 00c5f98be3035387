//! Every example of `docs/language.md` is a workflow that passes: the whole one as it stands, each excerpt
//! laid over it.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

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

#[test]
fn every_key_and_kept_word_of_the_language_is_on_the_page() {
    let page = fs::read_to_string("docs/language.md").unwrap();
    let shipped = ["workflows/agi-2025.toml", "workflows/drug-milestone.toml"];
    for file in shipped {
        let table: Table = fs::read_to_string(file).unwrap().parse().unwrap();
        for key in table.keys() {
            assert!(
                page.contains(&format!("`{key}`")) || page.contains(&format!("`[{key}")),
                "{key} of {file}"
            );
        }
    }
}
