use proptest::prelude::*;

use super::*;
use crate::statement::samples::{all, open, plain, vote, with_header};

/// Why this text is refused, in words.
fn refusal(text: &str) -> String {
    Statement::parse(text).map(|statement| statement.to_text()).unwrap_err().to_string()
}

/// A vote in which the first `from` is `to`.
fn bent(from: &str, to: &str) -> String {
    let text = vote();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

#[test]
fn every_type_is_read_and_written_the_same() {
    let dates = r#"D29c","from":"2026-01-01T00:00:00Z","until":"2026-12-31T23:59:59Z"},"#;
    let dated = open().replacen(r#"D29c"},"#, dates, 1);
    assert_ne!(dated, open());
    let about = with_header("act", r#""case":"challenge#1","do":"challenge","seat":"experts/i1""#);
    for text in all().into_iter().chain([dated, about]) {
        assert_eq!(Statement::parse(&text).map(|statement| statement.to_text()), Ok(text));
    }
}

#[test]
fn the_fields_are_what_the_text_says() {
    let statement = Statement::parse(&vote()).unwrap();
    let Body::Vote(vote) = statement.body else { panic!("{statement:?}") };
    assert_eq!(
        (vote.ballot.to_string(), vote.choice.as_str()),
        ("verification#1/finding#1".to_owned(), "met")
    );
    assert_eq!(statement.header.map(|header| header.after.size), Some(41));
    let Body::Open(open) = Statement::parse(&open()).unwrap().body else { panic!() };
    assert_eq!(open.workflow, "language = 1\ntitle = \"AGI\"\n");
}

#[test]
fn a_repeated_field_is_refused_at_any_depth() {
    for (text, field) in [
        (bent(r#""choice":"met""#, r#""choice":"met","choice":"not-met""#), "`choice`"),
        (bent(r#""choice":"met""#, r#""choice":"met","cho\u0069ce":"not-met""#), "`choice`"),
        (bent(r#""size":41"#, r#""size":41,"size":41"#), "`after.size`"),
        (bent(r#""type":"vote""#, r#""type":"vote","type":"act""#), "`type`"),
        (open().replacen(r#""person":"Grace"#, r#""person":"","person":"Grace"#, 1), "`roster.1.person`"),
    ] {
        assert_eq!(refusal(&text), format!("field {field} stands twice; keep one"));
    }
}

#[test]
fn words_that_say_nothing_are_refused() {
    let empty = |text: &str, words: &str, said: &str| {
        assert!(text.contains(words), "{words}");
        refusal(&text.replacen(words, said, 1))
    };
    for (kind, field, words) in [
        ("nominate", "person", "Émilie du Châtelet"),
        ("recuse", "reason", r#"a \"former\" colleague"#),
        ("step-down", "reason", "retirement"),
        ("reaffirm", "occasion", "27 February 2026"),
        ("open", "roster.0.person", "Ada Lovelace"),
    ] {
        let text = all().into_iter().find(|text| text.contains(&format!(r#""type":"{kind}""#))).unwrap();
        for said in ["", "  "] {
            assert_eq!(empty(&text, words, said), format!("field `{field}` is empty; say it in words"));
        }
    }
}

#[test]
fn numbers_that_are_not_whole_digits_are_refused() {
    for number in ["41.0", "41.5", "4e1", "41E0", "-0", "18446744073709551616"] {
        let refusal = refusal(&bent("41", number));
        assert!(refusal.starts_with("field `after.size`: numbers are whole"), "{number}: {refusal}");
    }
    for number in ["-41", "041", "+41", "0x29", "\"41\"", "null", "true", "[41]"] {
        refusal(&bent("41", number));
    }
}

#[test]
fn hidden_characters_are_refused_raw_and_escaped() {
    for c in ['\0', '\n', '\t', '\r', '\u{7f}', '\u{85}', '\u{200b}', '\u{202e}', '\u{2066}', '\u{feff}'] {
        let code = format!("U+{:04X}", u32::from(c));
        for (text, place) in [
            (bent("Does", &format!("Do{c}es")), "at byte"),
            (bent("Does", &format!("Do\\u{:04x}es", u32::from(c))), "field `asks`"),
            (bent("choice", &format!("cho{c}ice")), "at byte"),
            (bent("choice", &format!("cho\\u{:04x}ice", u32::from(c))), "field `cho"),
        ] {
            let refusal = refusal(&text);
            assert!(refusal.contains(&code) && refusal.contains(place), "{refusal}");
        }
    }
}

#[test]
fn lines_and_tabs_stand_only_in_the_long_texts_of_an_opening() {
    assert!(Statement::parse(&open()).is_ok());
    for text in [
        open().replacen("language", "lang\\ruage", 1),
        open().replacen("language", "lang\\u202euage", 1),
        open().replacen("Ada ", "Ada\\n", 1),
        open().replacen("\"contract\"", "\"contract\\n\"", 1),
        bent("Does", "Does\\n"),
    ] {
        assert!(refusal(&text).contains("hidden character"));
    }
}

#[test]
fn whatever_stands_around_or_between_is_refused() {
    for text in
        [format!(" {}", vote()), format!("{}\n", vote()), format!("\u{feff}{}", vote()), String::new()]
    {
        assert_eq!(Statement::parse(&text), Err(StatementError::Surrounded));
    }
    let at = vote().find("\"i1\"").unwrap();
    let expected = vote()[at..at + 40].to_owned();
    let spaced = bent(r#""by":"#, r#""by": "#);
    assert_eq!(Statement::parse(&spaced), Err(StatementError::Spelling { at, expected }));
    for text in
        [bent(r#"{"type""#, "{\n\"type\""), bent(r#"{"type""#, "{\t\"type\""), format!("{}{{}}", vote())]
    {
        refusal(&text);
    }
}

#[test]
fn another_spelling_of_the_same_is_refused_with_the_place() {
    for text in [
        bent("Does", "\\u0044oes"),
        bent("“AGI”", "\\u201cAGI\\u201d"),
        bent("finding#1", "finding\\u00231"),
        bent("verification#1/", "verification#1\\/"),
        bent(r#""type":"vote","#, "").replacen('{', r#"{"choice":"met","#, 1).replacen(
            r#","choice":"met","attach"#,
            r#","type":"vote","attach"#,
            1,
        ),
        with_header("act", r#""case":"verification#1","do":"declare","attach":{}"#),
    ] {
        let refusal = refusal(&text);
        assert!(refusal.contains("spelt in another way"), "{refusal}");
    }
}

#[test]
fn what_is_not_json_is_refused() {
    for text in [
        "{}}",
        "{{}",
        "{\"type\"}",
        "{'type':1}",
        "{\"a\":1,}",
        "{\"a\":NaN}",
        "{\"a\":\"\\ud800\"}",
        "{a:1}",
    ] {
        assert!(refusal(text).starts_with("not JSON"), "{text}: {}", refusal(text));
    }
}

#[test]
fn depth_is_bounded() {
    // The statement itself is the first of the eight.
    let most = json::MAX_DEPTH - 1;
    let nested = |depth| format!(r#"{{"type":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(refusal(&nested(most)).contains("invalid type: sequence"));
    for depth in [most + 1, 1_000, 30_000] {
        assert!(refusal(&nested(depth)).contains("deeper than 8"), "{depth}");
    }
}

#[test]
fn a_statement_too_long_is_refused_with_both_sizes() {
    let text = bent("Does", &"D".repeat(70_000));
    assert_eq!(Statement::parse(&text), Err(StatementError::TooLong { bytes: text.len(), most: 65_535 }));
}

#[test]
fn an_unknown_type_names_the_known_ones() {
    let unknown = refusal(&bent(r#""vote""#, r#""ballot-paper""#));
    assert_eq!(
        unknown,
        "`ballot-paper` is no type of statement; the types are open, nominate, accept-seat, disclose, recuse, \
         step-down, act, vote, commit, reveal, reaffirm, amend, replace-key"
    );
    assert_eq!(refusal("{}"), "a statement: missing field `type`");
    assert!(refusal(r#"{"type":1}"#).contains("field `type`: invalid type"));
}

#[test]
fn unknown_and_missing_fields_are_named() {
    for (text, expected) in [
        (bent(r#""choice":"met","#, ""), "`vote` statement: missing field `choice`"),
        (bent(r#""by":"i1","#, ""), "`vote` statement: missing field `by`"),
        (bent(r#""size":41,"#, ""), "`vote` statement: field `after`: missing field `size`"),
        (bent("\"choice\"", "\"choise\""), "unknown field `choise`, expected one of `ballot`, `asks`"),
        (bent(r#""size":41"#, r#""size":41,"at":1"#), "field `after`: unknown field `at`"),
        (open().replacen(r#""name""#, r#""after":{},"name""#, 1), "`open` statement: unknown field `after`"),
        (
            open().replacen(r#""person""#, r#""note":"","person""#, 1),
            "field `roster.0`: unknown field `note`",
        ),
    ] {
        let refusal = refusal(&text);
        assert!(refusal.contains(expected), "{refusal}");
    }
}

#[test]
fn a_wrong_value_names_its_field_and_what_is_accepted() {
    for (text, expected) in [
        (bent(r#""choice":"met""#, r#""choice":"Met""#), "field `choice`: `Met` is not an id"),
        (bent("finding#1", "finding"), "field `ballot`: `verification#1/finding` is not a ballot: PROC"),
        (bent("sha256:2", "sha256:g"), "is not a digest: sha256: and 64"),
        (bent(r#""rationale""#, r#""Rationale""#), "`Rationale` is not an id"),
        (
            bent(r#""by":"i1""#, r#""by":["openai","microsoft"]"#),
            "field `by`: several actors are a sorted list",
        ),
        (bent(r#""by":"i1""#, r#""by":["openai"]"#), "field `by`: several actors are a sorted list"),
        (bent(r#""by":"i1""#, r#""by":["a","a"]"#), "field `by`: several actors are a sorted list"),
        (bent(r#""by":"i1""#, r#""by":["A","b"]"#), "field `by.0`: `A` is not an id"),
        (bent(r#""by":"i1""#, r#""by":{}"#), "field `by`: invalid type: map, expected one actor's name"),
        (bent(r#""choice":"met""#, r#""choice":null"#), "field `choice`: invalid type"),
        (open().replacen("AAAA=", "AAAA", 1), "field `nonce` is not 32 bytes"),
        (open().replacen("AAAA=", "AAAB=", 1), "field `nonce` is not 32 bytes"),
        (
            open()
                .replacen(r"log log.example/agi-2025\n\tquorum none\n", "\0", 1)
                .replacen("\"\0\"", "null", 1),
            "field `policy`: invalid type",
        ),
    ] {
        let refusal = refusal(&text);
        assert!(refusal.contains(expected), "{refusal}");
    }
}

#[test]
fn a_unit_variant_lets_no_junk_through() {
    let body = |how: &str| format!(r#""holder":"openai/ceo","how":{how},"key":"{}""#, plain(1));
    assert!(Statement::parse(&with_header("replace-key", &body(r#""recovery""#))).is_ok());
    for how in [r#"{"recovery":null}"#, r#"["recovery"]"#, r#""Recovery""#, "null"] {
        assert!(refusal(&with_header("replace-key", &body(how))).contains("field `how`"));
    }
}

#[test]
fn keys_that_cannot_sign_are_refused_by_field() {
    use crate::statement::{PublicKey, RawKey};
    let identity = PublicKey::plain(RawKey(std::array::from_fn(|i| u8::from(i == 0)))).to_string();
    let refused = [
        open().replacen(&plain(1).to_string(), &identity, 1),
        with_header("nominate", &format!(r#""seat":"experts/i1","person":"Ada","key":"{identity}""#)),
        with_header("replace-key", &format!(r#""holder":"openai/ceo","how":"recovery","key":"{identity}""#)),
    ];
    for (text, field) in refused.iter().zip(["roster.0.key", "key", "key"]) {
        let expected = StatementError::Key { field: field.to_owned(), cause: KeyError::SmallOrder };
        assert_eq!(Statement::parse(text), Err(expected));
    }
    let with_comment = format!("{} ada@host", plain(1));
    let text = open().replacen(&plain(1).to_string(), &with_comment, 1);
    assert!(
        refusal(&text).contains("field `roster.0.key`") && refusal(&text).contains("without its comment")
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = Statement::parse(&text);
        let _ = Statement::parse(&format!("{{{text}}}"));
    }

    #[test]
    fn whatever_is_accepted_is_written_the_same(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        with in "[ -~]{0,3}|\\PC",
        gone in 0_usize..3,
    ) {
        let mut text: Vec<char> = which.get(&all()).chars().collect();
        let at = at.index(text.len() - 3);
        text.splice(at..at + gone, with.chars());
        let text: String = text.into_iter().collect();
        if let Ok(statement) = Statement::parse(&text) {
            prop_assert_eq!(statement.to_text(), text);
        }
    }

    #[test]
    fn any_visible_words_can_be_said(reason in "\\PC{0,80}") {
        let mut statement = Statement::parse(&with_header("step-down", r#""seat":"experts/i1","reason":"…""#)).unwrap();
        if let Body::StepDown(body) = &mut statement.body {
            body.reason.clone_from(&reason);
        }
        let refused = reason.chars().any(is_hidden) || reason.trim().is_empty();
        match Statement::parse(&statement.to_text()) {
            Ok(read) => prop_assert_eq!(read, statement),
            Err(error) => prop_assert!(refused, "{}", error),
        }
    }
}
