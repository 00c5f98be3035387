//! Cosignatures: the published vector's, what they cover, and whose count.

use std::collections::BTreeSet;

use super::super::note::NoteSignature;
use super::super::{Cosignature, CosignatureError, KeyError, Note, WitnessKey, WitnessSigner};
use super::vector::{COSIGNED, LOG, WITNESS};
use super::*;
use crate::values::Instant;

pub(super) fn witness(name: &str, seed: u8) -> WitnessSigner {
    WitnessSigner::from_seed(name, &[seed; 32]).unwrap()
}

/// The checkpoint of `size` votes, with the log's signature alone.
pub(super) fn checkpoint(size: u64) -> Note {
    let checkpoint = Checkpoint { origin: log_key().name().to_owned(), head: votes(size).head() };
    checkpoint.sign(&log_key()).unwrap()
}

/// The note, cosigned by these witnesses, each at its time.
pub(super) fn cosigned(note: &Note, by: &[(&WitnessSigner, i64)]) -> Note {
    let lines = by.iter().map(|(witness, time)| witness.cosign(note, Instant::from_unix(*time)).unwrap());
    note.clone().with(lines).unwrap()
}

fn times(key: &WitnessKey, note: &Note) -> Result<Vec<u64>, CosignatureError> {
    Ok(key.cosignatures(note)?.into_iter().map(|cosignature| cosignature.unix).collect())
}

#[test]
fn the_vectors_cosignature() {
    let witness = witness("wit.example/w1", 2);
    assert_eq!(witness.verifier().to_string(), WITNESS);
    assert_eq!(WITNESS.parse().as_ref(), Ok(witness.verifier()));

    let note = cosigned(&checkpoint(70_000), &[(&witness, 1_767_000_000)]);
    assert_eq!(note.to_string(), COSIGNED);
    let read = Note::parse(COSIGNED.as_bytes()).unwrap();
    let at = Cosignature { unix: 1_767_000_000 };
    assert_eq!(witness.verifier().cosignatures(&read), Ok(BTreeSet::from([at])));
    assert_eq!(at.time().to_string(), "2025-12-29T09:20:00Z");
}

/// The example of C2SP tlog-cosignature names no witness key, but its time stands in the line.
#[test]
fn the_time_stands_before_the_signature() {
    let line = "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";
    let read: NoteSignature = line.parse().unwrap();
    assert_eq!((read.id, read.bytes.len()), (0x8d66_cf3f, 8 + 64));
    assert_eq!(read.bytes[..8], 1_679_315_147_u64.to_be_bytes());
    assert_eq!(read.to_string(), line);
    for bad in
        [&line[3..], &format!("{line}\n"), &format!("{line} "), "", "— w AAAA", &format!("{line}\n{line}")]
    {
        assert!(bad.parse::<NoteSignature>().is_err(), "{bad}");
    }
}

#[test]
fn a_witness_may_cosign_a_head_again() {
    let witness = witness("w", 2);
    let note = cosigned(&checkpoint(3), &[(&witness, 500), (&witness, 20), (&witness, 500)]);
    assert_eq!(note.signatures().len(), 3, "one line a time");
    assert_eq!(times(witness.verifier(), &note), Ok(vec![20, 500]));
}

#[test]
fn what_is_not_known_is_ignored_and_what_is_known_must_be_good() {
    let (ours, other) = (witness("w", 2), witness("w", 3));
    let note = cosigned(&checkpoint(3), &[(&ours, 7)]);
    // ML-DSA-44 under the witness's own name; a type to come; a stranger; the log itself.
    let line = |id: u32, bytes: Vec<u8>| NoteSignature { name: "w".to_owned(), id, bytes };
    let strange = note.with([line(6, vec![1; 8 + 2_420]), line(0xff, vec![1])]).unwrap();
    let strange = cosigned(&strange, &[(&other, 9)]);
    assert_eq!(times(ours.verifier(), &strange), Ok(vec![7]));
    assert_eq!(times(other.verifier(), &strange), Ok(vec![9]));
    assert_eq!(times(witness("other", 2).verifier(), &strange), Ok(vec![]));
    assert!(Checkpoint::open(strange.to_string().as_bytes(), log_key().verifier()).is_ok());

    let good = ours.cosign(&checkpoint(3), Instant::from_unix(7)).unwrap();
    let with = |bytes: Vec<u8>| checkpoint(3).with([good.clone(), line(good.id, bytes)]).unwrap();
    let bad = Err(CosignatureError::Bad { key: Box::new(ours.verifier().clone()) });
    for at in 0..good.bytes.len() {
        let mut bytes = good.bytes.clone();
        bytes[at] ^= 1;
        assert_eq!(times(ours.verifier(), &with(bytes)), bad, "byte {at}");
    }
    for length in [1, 7, 8, 64, 71] {
        assert_eq!(times(ours.verifier(), &with(good.bytes[..length].to_vec())), bad, "{length} bytes");
    }
    assert_eq!(times(ours.verifier(), &with([&good.bytes[..], &[0]].concat())), bad);
    let elsewhere = checkpoint(4).with([good.clone()]).unwrap();
    assert_eq!(times(ours.verifier(), &elsewhere), bad, "another checkpoint");
}

/// A plain note signature by the witness's raw key is no cosignature, and a cosignature is no log's signature.
#[test]
fn a_cosignature_is_not_mistaken_for_a_signature() {
    let (as_log, as_witness) = (LogKey::from_seed("w", &[2; 32]).unwrap(), witness("w", 2));
    assert_eq!(as_log.verifier().raw(), as_witness.verifier().raw());
    assert_ne!(as_log.verifier().id(), as_witness.verifier().id());
    let text = checkpoint(3).unverified_text().to_owned();
    let mut signed = as_log.sign(text).unwrap().signatures()[0].clone();
    signed.id = as_witness.verifier().id();
    signed.bytes = [&7_u64.to_be_bytes()[..], &signed.bytes].concat();
    let note = checkpoint(3).with([signed]).unwrap();
    assert!(matches!(times(as_witness.verifier(), &note), Err(CosignatureError::Bad { .. })));
    assert!(matches!(LOG.parse::<WitnessKey>(), Err(KeyError::Kind { kind: 1, .. })));
    let refused = LOG.parse::<WitnessKey>().unwrap_err().to_string();
    assert!(
        refused.ends_with("has type 0x01: a witness's key has type 0x04 (Ed25519 cosignatures)"),
        "{refused}"
    );
}

/// The specification: a time "MUST NOT exceed 2^63 − 1".
#[test]
fn times_have_their_range() {
    use ed25519_dalek::Signer as _;
    let (witness, note) = (witness("w", 2), checkpoint(3));
    for time in [0, -1, i64::MIN] {
        let time = Instant::from_unix(time);
        assert_eq!(witness.cosign(&note, time), Err(CosignatureError::Time { time }));
    }
    let signed = |unix: u64| {
        let message = format!("cosignature/v1\ntime {unix}\n{}", note.unverified_text());
        let signature = ed25519_dalek::SigningKey::from_bytes(&[2; 32]).sign(message.as_bytes()).to_bytes();
        let bytes = [&unix.to_be_bytes()[..], &signature].concat();
        let line = NoteSignature { name: "w".to_owned(), id: witness.verifier().id(), bytes };
        times(witness.verifier(), &note.clone().with([line]).unwrap())
    };
    let last = i64::MAX.cast_unsigned();
    assert_eq!(signed(1), Ok(vec![1]));
    assert_eq!(signed(last), Ok(vec![last]));
    assert!(matches!(signed(last + 1), Err(CosignatureError::Bad { .. })));
    assert!(matches!(signed(u64::MAX), Err(CosignatureError::Bad { .. })));
    assert_eq!(Cosignature { unix: last }.time(), Instant::MAX);
}

#[test]
fn a_witnesss_private_key_is_not_shown() {
    let witness = witness("w", 2);
    assert_eq!(format!("{witness:?}"), format!("WitnessSigner({})", witness.verifier()));
}
