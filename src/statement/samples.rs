//! What the tests of this room sign, and with which keys.

use ed25519_dalek::{Signer as _, SigningKey};

use super::{Envelope, PublicKey, RawKey, Signature, Statement, sshsig};

/// The secret key of 32 bytes of `n`.
pub(super) fn secret(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

pub(super) fn raw(n: u8) -> RawKey {
    RawKey(secret(n).verifying_key().to_bytes())
}

pub(super) fn plain(n: u8) -> PublicKey {
    PublicKey::plain(raw(n))
}

pub(super) fn security(n: u8) -> PublicKey {
    PublicKey::security(raw(n), "ssh:".to_owned())
}

/// An armour over `text` by the plain key `n`.
pub(super) fn sign(n: u8, text: &str) -> String {
    let signature = secret(n).sign(&sshsig::signed_data(text.as_bytes())).to_bytes();
    sshsig::armour(&plain(n), &sshsig::plain_blob(&signature))
}

pub(super) fn signed(n: u8, text: &str) -> Signature {
    Signature::from_armour(sign(n, text)).unwrap()
}

pub(super) fn envelope(text: &str, keys: &[u8]) -> Envelope {
    Envelope::new(text.to_owned(), keys.iter().map(|n| signed(*n, text)).collect())
}

/// The header of every sample but `open`.
const HEADER: &str = concat!(
    r#""agreement":"agi-2025@sha256:0000000000000000000000000000000000000000000000000000000000000000","#,
    r#""by":"i1","#,
    r#""workflow":"sha256:1111111111111111111111111111111111111111111111111111111111111111","#,
    r#""after":{"size":41,"root":"rw4Ge4Lb8Vuep6fHp1SlMvj5NpNOFUDPlJHDhTbTDVE="}"#
);

const DIGEST: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

/// A statement of type `kind` with these body fields.
pub(super) fn with_header(kind: &str, body: &str) -> String {
    format!(r#"{{"type":"{kind}",{HEADER},{body}}}"#)
}

pub(super) fn vote() -> String {
    with_header(
        "vote",
        &format!(
            r#""ballot":"verification#1/finding#1","asks":"Does the declared system meet the agreement's definition of “AGI”?","question":"{DIGEST}","choice":"met","attach":{{"rationale":"{DIGEST}"}}"#
        ),
    )
}

pub(super) fn open() -> String {
    format!(
        r#"{{"type":"open","by":["microsoft","openai"],"name":"agi-2025","log":{{"origin":"log.example/agi-2025","vkey":"log.example/agi-2025+fe0831bc+AYqI"}},"policy":"log log.example/agi-2025\n\tquorum none\n","contract":"{DIGEST}","workflow":"language = 1\ntitle = \"AGI\"\n","roster":[{{"holder":"openai/ceo","person":"Ada Lovelace","key":"{}"}},{{"holder":"microsoft/gc","person":"Grace Hopper","key":"{}"}}],"nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}}"#,
        plain(1),
        security(2),
    )
}

/// One statement of every type.
pub(super) fn all() -> Vec<String> {
    vec![
        open(),
        with_header(
            "nominate",
            &format!(r#""seat":"verification#1/i1","person":"Émilie du Châtelet","key":"{}""#, plain(3)),
        ),
        with_header("accept-seat", r#""seat":"experts/i1""#),
        with_header("disclose", &format!(r#""seat":"experts/i1","attach":{{"disclosure":"{DIGEST}"}}"#)),
        with_header(
            "recuse",
            r#""seat":"experts/i1","case":"verification#2","reason":"a \"former\" colleague""#,
        ),
        with_header("step-down", r#""seat":"experts/i1","reason":"retirement""#),
        with_header(
            "act",
            &format!(
                r#""case":"verification#1","do":"declare","attach":{{"annex":"{DIGEST}","declaration":"{DIGEST}"}}"#
            ),
        ),
        vote(),
        with_header(
            "commit",
            &format!(
                r#""ballot":"verification#1/finding#1","asks":"Is it met?","question":"{DIGEST}","commitment":"{DIGEST}""#
            ),
        ),
        with_header(
            "reveal",
            &format!(
                r#""ballot":"verification#1/finding#1","choice":"met","salt":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","attach":{{"rationale":"{DIGEST}"}}"#
            ),
        ),
        with_header("reaffirm", r#""occasion":"27 February 2026""#),
        with_header(
            "amend",
            &format!(
                r#""occasion":"27 April 2026","contract":"{DIGEST}","to":"language = 1\ntitle = \"AGI\"\n","roster":[{{"holder":"authority/registrar","person":"Ada Lovelace","key":"{}"}}],"grants":{{"azure":{{"becomes":"azure-first","moves":{{"exclusive":"no"}}}},"share":{{"ends":"over"}}}},"cases":{{"appeal#1":"old rules","verification#1":"evidence"}},"attach":{{"contract":"{DIGEST}"}}"#,
                plain(5)
            ),
        ),
        with_header(
            "replace-key",
            &format!(r#""holder":"openai/ceo","how":"rotation","key":"{}""#, security(4)),
        ),
    ]
}

#[test]
fn every_type_has_a_sample() {
    let types: Vec<&str> = all().iter().map(|text| Statement::parse(text).unwrap().type_name()).collect();
    assert_eq!(types, super::wire::TYPES);
}
