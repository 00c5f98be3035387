//! What people sign: statements, envelopes, entries, signatures and keys.

use quorate::log::{Checkpoint, LogKey, Note};
use quorate::statement::{
    AgreementRef, BallotRef, CaseRef, Commitment, Entry, Envelope, HolderRef, PublicKey, Refused, Statement,
    refused, sshsig,
};
use quorate::values::{Digest, Id, Instant, Span, is_hidden};

fn text(data: &[u8]) -> &str {
    std::str::from_utf8(data).unwrap_or_default()
}

pub fn statement(data: &[u8]) {
    if let Ok(statement) = Statement::parse(text(data)) {
        assert_eq!(statement.to_text(), text(data));
    }
}

pub fn envelope(data: &[u8]) {
    let Ok(envelope) = Envelope::parse(text(data)) else { return };
    assert_eq!(envelope.to_text(), text(data));
    if let Ok(checked) = envelope.check() {
        assert_eq!(checked.signers().len(), envelope.signatures.len());
        assert_eq!(checked.text(), envelope.statement);
        let mut other = envelope.clone();
        other.statement.push(' ');
        assert!(other.check().is_err());
    }
}

pub fn entry(data: &[u8]) {
    let Ok(entry) = Entry::parse(data) else { return };
    assert!(data.len() <= Entry::MAX_BYTES);
    assert_eq!(entry.to_bytes().as_deref(), Ok(data));
    let _ = entry.envelope.check();
}

/// An armoured signature. Those of the corpus are over the text `fuzz`.
pub fn signature(data: &[u8]) {
    let (claimed, verified) = (sshsig::claimed_key(text(data)), sshsig::verify(text(data), b"fuzz"));
    if let Ok(key) = verified {
        assert_eq!(claimed.as_ref(), Ok(&key), "who is claimed is who signed");
        assert!(sshsig::verify(text(data), b"fuzz\n").is_err());
    }
}

pub fn key(data: &[u8]) {
    if let Ok(key) = text(data).parse::<PublicKey>() {
        assert_eq!(key.to_string(), text(data));
        assert_eq!(PublicKey::from_blob(&key.blob()).as_ref(), Ok(&key));
    }
    if let Ok(key) = PublicKey::from_blob(data) {
        assert_eq!(key.blob(), data);
    }
}

/// The text of a commitment, which a voter keeps as the opening.
pub fn commitment(data: &[u8]) {
    if let Ok(commitment) = text(data).parse::<Commitment>() {
        assert_eq!(commitment.text(), text(data));
    }
}

/// The small values, each of which has one text form.
pub fn references(data: &[u8]) {
    fn one_form<T: std::str::FromStr + ToString>(text: &str) {
        if let Ok(value) = text.parse::<T>() {
            assert_eq!(value.to_string(), text);
        }
    }
    one_form::<AgreementRef>(text(data));
    one_form::<BallotRef>(text(data));
    one_form::<CaseRef>(text(data));
    one_form::<HolderRef>(text(data));
    one_form::<Digest>(text(data));
    one_form::<Id>(text(data));
    one_form::<Instant>(text(data));
    // `1 days` and `24 hours` are read as well; what is written is read as the same.
    if let Ok(span) = text(data).parse::<Span>() {
        assert_eq!(span.to_string().parse(), Ok(span));
    }
}

/// A note, or the text of one.
pub fn refusal(data: &[u8]) {
    let words = refused::words(text(data));
    assert!(!words.is_empty() && words.len() <= refused::MAX_WORDS && !words.contains(is_hidden));
    assert_eq!(refused::words(&words), words, "words are already as they should be");
    if let Ok((note, read)) = Refused::parse(data) {
        assert_eq!(note.unverified_text(), read.to_string());
        assert!(data.len() <= refused::MAX_BYTES && Refused::is_meant(data));
    }
    let Ok(read) = text(data).parse::<Refused>() else { return };
    assert_eq!(read.to_string(), text(data));
    // What this log signs is this refusal and no checkpoint, whatever else it says.
    let key = LogKey::from_seed(&format!("log.example/{}", read.agreement.name), &[1; 32]).unwrap();
    let signed = read.sign(&key).unwrap().to_string();
    assert_eq!(Refused::open(signed.as_bytes(), key.verifier()).as_ref(), Ok(&read));
    assert!(Checkpoint::open(signed.as_bytes(), key.verifier()).is_err());
    assert!(Note::parse(signed.as_bytes()).unwrap().unverified_text().parse::<Checkpoint>().is_err());
    let other = Refused { why: words, ..read };
    assert_eq!(other.sign(&key).unwrap().unverified_text().parse().as_ref(), Ok(&other));
}
