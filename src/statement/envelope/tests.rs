use super::*;
use crate::statement::samples::{all, envelope, open, plain, raw, secret, security, sign, signed, vote};
use ed25519_dalek::Signer as _;

#[test]
fn a_signed_statement_of_every_type_passes() {
    for text in all() {
        let checked = envelope(&text, &[1, 2]).check().unwrap();
        assert_eq!(checked.text(), text);
        assert_eq!(checked.digest(), Digest::of(text.as_bytes()));
        assert_eq!(checked.statement().to_text(), text);
        assert!(
            checked.is_signed_by(raw(1)) && checked.is_signed_by(raw(2)) && !checked.is_signed_by(raw(3))
        );
        let prints: Vec<String> = checked.signers().iter().map(PublicKey::fingerprint).collect();
        assert!(prints.is_sorted());
    }
}

#[test]
fn the_text_of_an_envelope_reads_back() {
    let envelope = envelope(&open(), &[1, 2, 3]);
    assert_eq!(Envelope::parse(&envelope.to_text()), Ok(envelope));
}

#[test]
fn an_unsigned_envelope_is_refused() {
    assert_eq!(envelope(&vote(), &[]).check(), Err(EnvelopeError::Unsigned));
}

#[test]
fn signatures_out_of_order_are_refused() {
    let mut envelope = envelope(&vote(), &[1, 2]);
    envelope.signatures.reverse();
    assert!(matches!(envelope.check(), Err(EnvelopeError::Unsorted { .. })));
}

#[test]
fn a_key_that_signs_twice_is_refused() {
    let envelope = envelope(&vote(), &[1, 1]);
    assert_eq!(envelope.check(), Err(EnvelopeError::Repeated(plain(1).fingerprint())));
}

#[test]
fn one_raw_key_as_plain_and_as_security_key_is_refused() {
    let text = vote();
    let security = Signature::from_armour(sign_as_security_key(1, &text)).unwrap();
    let alone = Envelope::new(text.clone(), vec![security.clone()]);
    assert_eq!(alone.check().unwrap().signers(), [super::super::samples::security(1)]);
    let both = Envelope::new(text.clone(), vec![signed(1, &text), security]);
    assert!(matches!(both.check(), Err(EnvelopeError::SameKey(..))));
}

fn sign_as_security_key(n: u8, text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let data = sshsig::signed_data(text.as_bytes());
    let message =
        [&Sha256::digest(b"ssh:")[..], &[1], &7_u32.to_be_bytes(), &Sha256::digest(&data)[..]].concat();
    let signature = secret(n).sign(&message).to_bytes();
    let blob = [
        &26_u32.to_be_bytes()[..],
        b"sk-ssh-ed25519@openssh.com",
        &64_u32.to_be_bytes(),
        &signature,
        &[1],
        &7_u32.to_be_bytes(),
    ]
    .concat();
    sshsig::armour(&security(n), &blob)
}

#[test]
fn a_signature_named_after_another_key_is_refused() {
    let text = vote();
    let named = plain(2).fingerprint();
    let envelope = Envelope::new(text.clone(), vec![Signature { key: named.clone(), sig: sign(1, &text) }]);
    let found = plain(1).fingerprint();
    assert_eq!(envelope.check(), Err(EnvelopeError::Fingerprint { named, found }));
}

#[test]
fn a_signature_over_another_text_is_refused() {
    let text = vote();
    let with_newline = format!("{text}\n");
    for other in ["", "{}", with_newline.as_str()] {
        let envelope = Envelope::new(text.clone(), vec![signed(1, other)]);
        let key = plain(1).fingerprint();
        assert_eq!(envelope.check(), Err(EnvelopeError::Signature { key, cause: SignatureError::Wrong }));
    }
}

#[test]
fn a_statement_that_is_none_is_refused_whoever_signed() {
    let text = vote().replace("\"met\"", "\"MET\"");
    assert!(matches!(envelope(&text, &[1]).check(), Err(EnvelopeError::Statement(_))));
}
