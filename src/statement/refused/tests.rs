use super::*;
use crate::log::{Checkpoint, CheckpointError, Hash, KeyError};
use crate::statement::samples;

fn key() -> LogKey {
    LogKey::from_seed("log.example/agi-2025", &[1; 32]).unwrap()
}

fn refused() -> Refused {
    let envelope = samples::envelope(&samples::vote(), &[1]);
    Refused {
        agreement: format!("agi-2025@{}", Digest::of(b"open")).parse().unwrap(),
        statement: Digest::of(envelope.statement.as_bytes()),
        envelope: envelope.digest(),
        time: "2026-05-25T09:00:01Z".parse().unwrap(),
        head: Head { size: 41, root: Hash::empty() },
        rule: "ballot-closed".parse().unwrap(),
        why: "the ballot closed on 2026-05-25T09:00:00Z".to_owned(),
        instead: "no ballot is open now".to_owned(),
    }
}

#[test]
fn a_refusal_is_read_as_it_was_signed_and_is_of_one_envelope() {
    let note = refused().sign(&key()).unwrap().to_string();
    assert!(Refused::is_meant(note.as_bytes()));
    assert_eq!(Refused::open(note.as_bytes(), key().verifier()), Ok(refused()));
    assert!(refused().is_of(&samples::envelope(&samples::vote(), &[1])));
    // The same statement with other signatures was not judged.
    assert!(!refused().is_of(&samples::envelope(&samples::vote(), &[2])));
    assert!(!refused().is_of(&samples::envelope(&samples::vote(), &[1, 2])));
}

#[test]
fn a_refusal_altered_in_any_line_or_signed_by_another_key_does_not_pass() {
    let note = refused().sign(&key()).unwrap().to_string();
    for (old, new) in [
        ("agi-2025@", "agi-2026@"),
        ("09:00:01Z", "08:59:59Z"),
        ("head 41 ", "head 42 "),
        ("ballot-closed", "ballot-open"),
        ("closed on", "opened on"),
        ("no ballot", "a ballot"),
    ] {
        let altered = note.replacen(old, new, 1);
        assert_ne!(altered, note);
        let read = Refused::open(altered.as_bytes(), key().verifier());
        assert!(matches!(read, Err(RefusedError::Note(NoteError::BadSignature { .. }))), "{new}: {read:?}");
    }
    let other = LogKey::from_seed("log.example/agi-2025", &[2; 32]).unwrap();
    let read = Refused::open(note.as_bytes(), other.verifier());
    assert!(matches!(read, Err(RefusedError::Note(NoteError::NotSigned { .. }))), "{read:?}");
    // One seed keeps many logs: the key of another agreement neither signs nor opens it.
    let bridge = LogKey::from_seed("log.example/bridge", &[1; 32]).unwrap();
    assert!(matches!(refused().sign(&bridge), Err(RefusedError::OtherLog { .. })));
    let forged = bridge.sign(refused().to_string()).unwrap().to_string();
    assert!(matches!(
        Refused::open(forged.as_bytes(), bridge.verifier()),
        Err(RefusedError::OtherLog { .. })
    ));
}

#[test]
fn every_line_has_one_spelling() {
    let text = refused().to_string();
    assert_eq!(text.parse(), Ok(refused()));
    for (line, old, new) in [
        (1, "refusal v1", "refusal v2"),
        (2, "agreement agi-2025@", "agreement AGI@"),
        (3, "statement sha256:", "statement  sha256:"),
        (4, "envelope sha256:", "envelope SHA256:"),
        (5, "09:00:01Z", "09:00:01+00:00"),
        (6, "head 41 ", "head 041 "),
        (6, "head 41 ", "head +41 "),
        (6, "head 41 ", "head 41  "),
        (7, "rule ballot-closed", "rule Ballot closed"),
        (8, "why the", "why  the"),
        (8, "why the", "because the"),
        (8, "why the", "why \u{202e}the"),
        (9, "open now\n", "open now \n"),
        (9, "instead no ballot is open now", "instead "),
    ] {
        let altered = text.replacen(old, new, 1);
        assert_ne!(altered, text);
        let read = altered.parse::<Refused>();
        assert!(matches!(read, Err(RefusedError::Line { line: at, .. }) if at == line), "{new}: {read:?}");
    }
    for lines in [text.trim_end().to_owned(), format!("{text}\n"), format!("{text}more\n"), String::new()] {
        assert!(matches!(lines.parse::<Refused>(), Err(RefusedError::Lines { .. })), "{lines}");
    }
    let long = [b"quorate refusal v1\n".as_slice(), &[b'a'; MAX_BYTES]].concat();
    assert!(matches!(Refused::parse(&long), Err(RefusedError::TooLong { .. })));
}

#[test]
fn no_refusal_is_a_checkpoint_and_no_checkpoint_a_refusal() {
    let refusal = refused().sign(&key()).unwrap().to_string();
    let read = Checkpoint::open(refusal.as_bytes(), key().verifier());
    assert!(matches!(read, Err(CheckpointError::Extension)), "{read:?}");
    // Nor its first three lines, nor any three: no key can be called so, and a checkpoint's origin is its key's name.
    let named = LogKey::from_seed(MAGIC, &[1; 32]);
    assert!(matches!(named, Err(KeyError::Name { .. })), "{named:?}");
    let head = refused().head;
    let shaped = key().sign(format!("{MAGIC}\n{}\n{}\n", head.size, head.root)).unwrap().to_string();
    let read = Checkpoint::open(shaped.as_bytes(), key().verifier());
    assert!(matches!(read, Err(CheckpointError::OtherLog { .. })), "{read:?}");

    let checkpoint = Checkpoint { origin: key().name().to_owned(), head }.sign(&key()).unwrap().to_string();
    assert!(!Refused::is_meant(checkpoint.as_bytes()));
    let read = Refused::open(checkpoint.as_bytes(), key().verifier());
    assert!(matches!(read, Err(RefusedError::Lines { .. })), "{read:?}");
}

#[test]
fn words_from_elsewhere_become_one_visible_line() {
    for (said, told) in [
        ("as it is", "as it is"),
        (" a key\nnamed \u{202e}x\u{1b}[2J ", "a key\\u{a}named \\u{202e}x\\u{1b}[2J"),
        ("", "nothing was said"),
        (" \n", "nothing was said"),
    ] {
        assert_eq!(words(said), told);
    }
    for text in ["é".repeat(MAX_WORDS), "a ".repeat(MAX_WORDS), "\u{1b}".repeat(MAX_WORDS)] {
        let told = words(&text);
        assert!(is_words(&told) && told.ends_with('…'), "{} bytes", told.len());
        assert!(told.len() > MAX_WORDS - 8);
    }
    let worst = words(&"x".repeat(2 * MAX_WORDS));
    let refused = Refused { why: worst.clone(), instead: worst, ..refused() };
    assert!(refused.sign(&key()).unwrap().to_string().len() < MAX_BYTES);
    // What was not made so is not signed.
    let raw = Refused { why: "two\nlines".to_owned(), ..refused };
    assert!(raw.sign(&key()).is_err());
}
