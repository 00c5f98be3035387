//! Notes, keys and checkpoints: what is refused, each kind by its name, and what is not.

use super::super::note::MAX_SIGNATURES;
use super::super::{CheckpointError, Head, KeyError, Note, NoteError, VerifierKey};
use super::*;

const TEXT: &str = "one\n\ntwo\n";

fn key(name: &str, seed: u8) -> LogKey {
    LogKey::from_seed(name, &[seed; 32]).unwrap()
}

/// The signature line, without its newline, of this key under `text`.
fn line(key: &LogKey, text: &str) -> String {
    key.sign(text.to_owned()).unwrap().signatures()[0].to_string()
}

fn parse(note: &str) -> Result<Note, NoteError> {
    Note::parse(note.as_bytes())
}

#[test]
fn a_note_is_read_as_it_was_written() {
    let key = key("a.example/ключ", 1);
    for text in ["\n", "\n\n\n", "one\n", TEXT, "— not a signature\n\n— a.example AAAAAAA=\n"] {
        let note = key.sign(text.to_owned()).unwrap();
        let read = parse(&note.to_string());
        assert_eq!(read.as_ref(), Ok(&note));
        assert_eq!(read.unwrap().open(key.verifier()), Ok(text));
    }
}

#[test]
fn every_malformed_note_is_refused() {
    let good = line(&key("a", 1), TEXT);
    let signature = |why: &str, line: &str| {
        let refused = parse(&format!("{TEXT}\n{good}\n{line}\n")).unwrap_err();
        assert!(
            matches!(refused, NoteError::SignatureLine { line: 6, why: found } if found.contains(why)),
            "{refused}"
        );
    };
    let too_many = MAX_SIGNATURES + 1;

    assert_eq!(Note::parse(b"one\xff\n\n"), Err(NoteError::NotUtf8 { at: 3 }));
    assert_eq!(parse("one\r\n"), Err(NoteError::Control { line: 1, character: '\r' }));
    assert_eq!(parse("one\n\n\0"), Err(NoteError::Control { line: 3, character: '\0' }));
    assert_eq!(parse(&format!("{TEXT}\n{good}\t\n")), Err(NoteError::Control { line: 5, character: '\t' }));
    assert_eq!(parse(""), Err(NoteError::NoFinalNewline));
    assert_eq!(parse(&format!("{TEXT}\n{good}")), Err(NoteError::NoFinalNewline));
    assert_eq!(parse(&format!("one\n{good}\n")), Err(NoteError::NoEmptyLine));
    assert_eq!(parse(&format!("\n{good}\n")), Err(NoteError::NoEmptyLine));
    assert_eq!(parse("one\n\n"), Err(NoteError::NoSignatures));
    assert_eq!(parse(&format!("{TEXT}\n{good}\n\n")), Err(NoteError::NoSignatures));
    let crowded = format!("one\n\n{}", format!("{good}\n").repeat(too_many));
    assert_eq!(parse(&crowded), Err(NoteError::TooManySignatures { count: too_many }));

    signature("em dash", "- a AAAAAAA=");
    signature("em dash", " — a AAAAAAA=");
    signature("em dash", "—a AAAAAAA=");
    signature("no space", "— AAAAAAA=");
    signature("name", "—  AAAAAAA=");
    signature("name", "— a+b AAAAAAA=");
    signature("name", "— a\u{a0}b AAAAAAA=");
    signature("name", "— a\u{2003}b AAAAAAA=");
    signature("base64", "— a b AAAAAAA=");
    signature("base64", "— a AAAAAAA");
    signature("base64", "— a AAAAAAB=");
    signature("base64", "— a AAAA-AA=");
    signature("base64", "— a AAAAAAA= ");
    signature("four bytes", "— a ");
    signature("four bytes", "— a AAAA");
    signature("four bytes", "— a AAAAAA==");
}

#[test]
fn a_hundred_signatures_are_taken() {
    let key = key("a", 1);
    let note = format!("{TEXT}\n{}", format!("{}\n", line(&key, TEXT)).repeat(MAX_SIGNATURES));
    // However often it stands there, it is one signer.
    assert_eq!(parse(&note).unwrap().signers([key.verifier()]), Ok(vec![key.verifier()]));
}

#[test]
fn unknown_signatures_are_ignored_and_known_ones_must_be_good() {
    let (a, b, stranger) = (key("a", 1), key("b", 2), key("a", 3));
    let note = |lines: &[String]| parse(&format!("{TEXT}\n{}\n", lines.join("\n"))).unwrap();
    let renamed = line(&a, TEXT).replace("— a ", "— b ");
    let newer = "— a BgAAAAEC".to_owned();

    let both = note(&[renamed.clone(), newer.clone(), line(&b, TEXT), line(&stranger, TEXT), line(&a, TEXT)]);
    assert_eq!(both.signers([a.verifier(), b.verifier()]), Ok(vec![a.verifier(), b.verifier()]));
    assert_eq!(both.open(a.verifier()), Ok(TEXT));

    for lines in [vec![line(&b, TEXT)], vec![line(&stranger, TEXT)], vec![renamed], vec![newer]] {
        let expected = a.verifier().to_string();
        assert_eq!(note(&lines).open(a.verifier()), Err(NoteError::NotSigned { expected }));
    }
    let bad = NoteError::BadSignature { key: Box::new(a.verifier().clone()) };
    let elsewhere = line(&a, "three\n");
    assert_eq!(note(&[line(&a, TEXT), elsewhere.clone()]).open(a.verifier()), Err(bad.clone()));
    assert_eq!(note(&[line(&b, TEXT), elsewhere]).signers([b.verifier(), a.verifier()]), Err(bad.clone()));
    // The right ID with 63 bytes of signature.
    let mut short = a.sign(TEXT.to_owned()).unwrap().signatures()[0].clone();
    short.bytes.pop();
    assert_eq!(note(&[short.to_string()]).open(a.verifier()), Err(bad));
    assert!(matches!(note(&[line(&a, TEXT)]).signers([]), Err(NoteError::NotSigned { .. })));
}

#[test]
fn only_a_text_that_can_be_a_note_is_signed() {
    let sign = |text: &str| key("a", 1).sign(text.to_owned());
    assert_eq!(sign("one"), Err(NoteError::NoFinalNewline));
    assert_eq!(sign(""), Err(NoteError::NoFinalNewline));
    assert_eq!(sign("o\u{1b}ne\n"), Err(NoteError::Control { line: 1, character: '\u{1b}' }));
}

#[test]
fn every_malformed_key_is_refused() {
    let good = key("a", 1).verifier().to_string();
    let parse = |text: &str| text.parse::<VerifierKey>().unwrap_err();
    let id = |key: &str| matches!(parse(key), KeyError::Id { .. });
    let forged = |kind: &[u8], key: &[u8]| {
        use base64ct::Encoding as _;
        parse(&format!("a+00000000+{}", base64ct::Base64::encode_string(&[kind, key].concat())))
    };
    let name = || "a".to_owned();

    assert_eq!(parse(""), KeyError::Parts);
    assert_eq!(parse("a+00000000"), KeyError::Parts);
    for name in ["", "a b", "a\u{2003}b", "a\nb", "a\u{1}b"] {
        assert_eq!(parse(&good.replacen('a', name, 1)), KeyError::Name { name: name.to_owned() });
        assert_eq!(LogKey::from_seed(name, &[1; 32]).unwrap_err(), KeyError::Name { name: name.to_owned() });
    }
    assert!(matches!(LogKey::from_seed("a+b", &[1; 32]), Err(KeyError::Name { .. })));
    assert_eq!(parse(&format!("{good}=")), KeyError::Base64);
    assert_eq!(parse("a+00000000+"), KeyError::Base64);
    assert!(matches!(forged(&[6], &[0; 1312]), KeyError::Kind { kind: 6, .. }));
    assert_eq!(forged(&[1], &[0; 31]), KeyError::Length { name: name(), len: 31 });
    assert_eq!(forged(&[1], &[0; 33]), KeyError::Length { name: name(), len: 33 });
    // Not on the curve; the identity, under which anybody can sign; y = p + 3, a second encoding of y = 3.
    let mut second = [0xff; 32];
    (second[0], second[31]) = (0xf0, 0x7f);
    let mut identity = [0; 32];
    identity[0] = 1;
    for point in [[2; 32], identity, second] {
        assert_eq!(forged(&[1], &point), KeyError::Point { name: name() });
    }
    assert!(id(&good.replacen('a', "b", 1)), "another name");
    let (_, rest) = good.split_once('+').unwrap();
    let (hex, encoded) = rest.split_once('+').unwrap();
    for wrong in ["00000000", "", &hex.to_uppercase(), &format!("0{hex}")] {
        assert!(id(&format!("a+{wrong}+{encoded}")), "{wrong}");
    }
}

#[test]
fn a_private_key_is_not_shown() {
    assert_eq!(format!("{:?}", key("a", 1)), format!("LogKey({})", key("a", 1).verifier()));
}

#[test]
fn every_malformed_checkpoint_is_refused() {
    let root = Hash::empty().to_string();
    let parse = |text: &str| text.parse::<Checkpoint>();
    let size = |text: &str| {
        assert_eq!(
            parse(&format!("a\n{text}\n{root}\n")),
            Err(CheckpointError::Size { text: text.to_owned() })
        );
    };
    let hash = |text: &str| {
        assert_eq!(parse(&format!("a\n1\n{text}\n")), Err(CheckpointError::Root { text: text.to_owned() }));
    };

    let good = Checkpoint { origin: "a b+".to_owned(), head: Head { size: u64::MAX, root: Hash::empty() } };
    assert_eq!(parse(&format!("a b+\n18446744073709551615\n{root}\n")), Ok(good));
    for (ended, text) in [(0, ""), (0, "a"), (1, "a\n"), (2, "a\n1\n"), (2, &format!("a\n1\n{root}"))] {
        assert_eq!(parse(text), Err(CheckpointError::Lines { ended }), "{text}");
    }
    for more in ["extension\n", "extension", "\n", "a\nb\n"] {
        assert_eq!(parse(&format!("a\n1\n{root}\n{more}")), Err(CheckpointError::Extension));
    }
    assert_eq!(parse(&format!("\n1\n{root}\n")), Err(CheckpointError::Origin));
    assert_eq!(parse(&format!("a\r\n1\n{root}\n")), Err(CheckpointError::Origin));
    for text in ["", "01", "00", "+1", "-1", " 1", "1 ", "0x1", "1e3", "١", "18446744073709551616"] {
        size(text);
    }
    for text in ["", "AAAA", &format!("{root}="), root.trim_end_matches('='), &root.replace("FU=", "FV=")] {
        hash(text);
    }
}

#[test]
fn a_checkpoint_is_its_own_logs() {
    let (ours, theirs) = (key("log.example/a", 1), key("log.example/b", 1));
    let checkpoint = Checkpoint { origin: "log.example/a".to_owned(), head: votes(3).head() };
    let other =
        CheckpointError::OtherLog { origin: "log.example/a".to_owned(), key: "log.example/b".to_owned() };
    assert_eq!(checkpoint.sign(&theirs), Err(other.clone()));
    // A key may well sign a note about another log: it is still not that log's checkpoint.
    let borrowed = theirs.sign(checkpoint.to_string()).unwrap().to_string();
    assert_eq!(Checkpoint::open(borrowed.as_bytes(), theirs.verifier()), Err(other));
    let unsigned = Checkpoint::open(borrowed.as_bytes(), ours.verifier());
    assert!(matches!(unsigned, Err(CheckpointError::Note(NoteError::NotSigned { .. }))));
    let note = checkpoint.sign(&ours).unwrap().to_string();
    assert_eq!(Checkpoint::open(note.as_bytes(), ours.verifier()), Ok(checkpoint));
}
