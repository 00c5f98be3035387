use proptest::prelude::*;

use super::*;
use crate::statement::samples::{all, envelope, vote};

fn entry() -> Entry {
    Entry { time: "2026-03-01T12:00:00Z".parse().unwrap(), envelope: envelope(&vote(), &[1, 2]) }
}

#[test]
fn entries_are_read_back_as_written() {
    for text in all() {
        let entry = Entry { envelope: envelope(&text, &[1, 2]), ..entry() };
        let bytes = entry.to_bytes().unwrap();
        // The format is ordinary JSON for everybody else.
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["time"], "2026-03-01T12:00:00Z");
        assert_eq!(json["envelope"]["statement"], text);
        assert_eq!(json.to_string().as_bytes(), bytes);
        assert_eq!(Entry::parse(&bytes), Ok(entry));
    }
}

#[test]
fn an_entry_in_another_spelling_is_refused() {
    let text = String::from_utf8(entry().to_bytes().unwrap()).unwrap();
    let spellings = [
        format!(" {text}"),
        format!("{text}\n"),
        format!("\u{feff}{text}"),
        text.replacen(':', ": ", 1),
        text.replacen("\"time\"", "\"Time\"", 1),
        text.replacen("\"time\"", "\"t\\u0069me\"", 1),
        text.replacen("12:00:00Z", "12:00:00+00:00", 1),
        text.replacen("12:00:00Z", "12:00:00.0Z", 1),
        text.replacen("met", "m\\u0065t", 1),
        text.replacen("Does", "\\u0044oes", 1),
        text.replacen("Does", "Do\u{202e}es", 1),
        text.replacen("Does", "Do\u{7f}es", 1),
        text.replacen("Does", "Do\tes", 1),
        text.replacen("\\n", "\n", 1),
        text.replacen('/', "\\/", 1),
        text.replacen("{\"time\"", "{\"extra\":1,\"time\"", 1),
        text.replacen("}]}}", "}],\"extra\":1}}", 1),
        text.replacen("}]}}", "},]}}", 1),
        text.replacen("\"key\"", "\"key\":\"\",\"key\"", 1),
        text[..text.len() - 1].to_owned(),
        String::new(),
    ];
    for spelling in spellings {
        assert!(Entry::parse(spelling.as_bytes()).is_err(), "{spelling}");
    }
}

#[test]
fn an_entry_too_long_is_refused_with_both_sizes() {
    let mut entry = entry();
    let filler = Entry::MAX_BYTES - entry.to_bytes().unwrap().len();
    entry.envelope.statement.push_str(&"x".repeat(filler));
    let longest = entry.to_bytes().unwrap();
    assert_eq!((longest.len(), Entry::parse(&longest).is_ok()), (65_535, true));
    entry.envelope.statement.push('x');
    assert_eq!(entry.to_bytes(), Err(TooLong { bytes: 65_536, most: 65_535 }));
    assert!(matches!(Entry::parse(&vec![b' '; 65_536]), Err(EntryError::TooLong(_))));
}

#[test]
fn bytes_that_are_no_text_are_refused_with_the_place() {
    let mut bytes = entry().to_bytes().unwrap();
    bytes[60] = 0xff;
    assert_eq!(Entry::parse(&bytes), Err(EntryError::NotText { at: 60 }));
}

proptest! {
    #[test]
    fn any_strings_are_written_and_read_back_or_refused(statement in ".{0,40}", key in "[ -~\n]{0,20}", sig in any::<String>()) {
        use crate::statement::Signature;
        let envelope = Envelope { statement, signatures: vec![Signature { key, sig }] };
        let written = Entry { time: entry().time, envelope };
        let bytes = written.to_bytes().unwrap();
        match Entry::parse(&bytes) {
            Ok(read) => prop_assert_eq!(read, written),
            Err(EntryError::Format(FormatError::Hidden { .. } | FormatError::Escape { .. })) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn whatever_bytes_are_an_entry_are_written_the_same(
        at in any::<prop::sample::Index>(),
        with in prop::collection::vec(any::<u8>(), 0..4),
        gone in 0_usize..4,
    ) {
        let mut bytes = entry().to_bytes().unwrap();
        let at = at.index(bytes.len() - 4);
        bytes.splice(at..at + gone, with);
        if let Ok(entry) = Entry::parse(&bytes) {
            prop_assert_eq!(entry.to_bytes().unwrap(), bytes);
            // Nor does what is inside make anything panic.
            let _ = entry.envelope.check();
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Entry::parse(&bytes).is_err());
    }
}
