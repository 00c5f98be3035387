//! Texts that no recorded case covers: any text at all, sizes, and where carets stand.

use proptest::prelude::*;

use super::{Checked, ESCAPED, LONGEST, escaped_length};

const SHIPPED: &str = include_str!("../../../workflows/agi-2025.toml");

/// The words of the text under each caret.
fn carets(text: &str) -> Vec<&str> {
    let found = Checked::from_text(text).map_or_else(|found| found, |checked| checked.warnings);
    found.iter().map(|found| &text[found.start..found.end]).collect()
}

#[test]
fn the_caret_stands_under_the_word_however_the_rule_is_quoted() {
    let rule = "\"met >= 2/3 of electors\"";
    for (written, word) in [
        ("\"mett >= 2/3 of electors\"", "mett"),
        ("'met >= 2/3 of elektors'", "elektors"),
        ("\"\"\"\n    met >=\n    2/3 of elektors\"\"\"", "elektors"),
        // An escape moves every word after it: the whole text is marked.
        ("\"\\u006det >= 2/3 of elektors\"", "\"\\u006det >= 2/3 of elektors\""),
    ] {
        assert_eq!(carets(&SHIPPED.replace(rule, written)), [word]);
    }
}

#[test]
fn long_texts_are_folded_into_one_line() {
    let workflow = Checked::from_text(SHIPPED).unwrap().workflow;
    for grant in workflow.grants {
        let scope = grant.scope.unwrap();
        assert!(!scope.contains('\n') && !scope.contains("  ") && scope.trim() == scope, "{scope:?}");
    }
}

#[test]
fn the_size_is_counted_as_json_escapes_it_twice() {
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let escaped: usize = SHIPPED.bytes().map(escaped_length).sum();
    // Two quotation marks around the inner text become four bytes by the second escaping, and the outer two stay.
    assert_eq!(json(&json(SHIPPED)).len(), escaped + 6);
    for (filler, count) in [("#", LONGEST), ("#\"", ESCAPED / 4)] {
        let long = format!("{SHIPPED}{}", filler.repeat(count));
        let found = Checked::from_text(&long).unwrap_err();
        assert!(found.to_string().contains("bytes"), "{found}");
    }
}

#[test]
fn deep_nesting_is_refused_before_it_fills_the_stack() {
    for opening in ["[", "{ a = "] {
        assert!(Checked::from_text(&format!("a = {}", opening.repeat(6_000))).is_err());
    }
    assert!(Checked::from_text(&format!("a{} = 1", ".a".repeat(15_000))).is_err());
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        let _ = Checked::from_text(&text);
    }

    #[test]
    fn no_change_to_a_good_text_makes_the_parser_panic(
        at in any::<prop::sample::Index>(),
        length in 0..40_usize,
        word in prop::sample::select(vec!["", "\"", "[", "]", "{ }", "1", "true", "é", "=", "[x]\n", "2031-01-01"]),
    ) {
        let mut at = at.index(SHIPPED.len());
        while !SHIPPED.is_char_boundary(at) { at -= 1; }
        let mut end = (at + length).min(SHIPPED.len());
        while !SHIPPED.is_char_boundary(end) { end -= 1; }
        let text = format!("{}{word}{}", &SHIPPED[..at], &SHIPPED[end.max(at)..]);
        if let Err(found) = Checked::from_text(&text) {
            prop_assert!(found.errors() > 0);
            prop_assert!(!found.render("x.toml", &text, false).is_empty());
        }
    }
}
