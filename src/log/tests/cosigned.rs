//! What is kept of many cosignatures.

use super::super::cosigned::{Keep, MAX_BYTES, merged};
use super::super::note::{MAX_SIGNATURES, NoteSignature};
use super::super::{Note, WitnessKey, WitnessSigner};
use super::cosignatures::{checkpoint, cosigned, witness};
use crate::values::Instant;

const LOG: &str = "log.example/votes";

/// The names under a note with the times in their lines, in order; no time for the log's.
fn lines(note: &Note) -> Vec<(&str, Option<u64>)> {
    let time = |line: &NoteSignature| line.bytes.first_chunk().copied().map(u64::from_be_bytes);
    let line = |line: &NoteSignature| time(line).filter(|_| line.name != LOG);
    note.signatures().iter().map(|it| (it.name.as_str(), line(it))).collect()
}

/// The lines by which witnesses cosign a note, each at its time.
fn new(note: &Note, by: &[(&WitnessSigner, i64)]) -> Vec<NoteSignature> {
    by.iter().map(|(witness, time)| witness.cosign(note, Instant::from_unix(*time)).unwrap()).collect()
}

#[test]
fn the_first_and_the_newest_of_each_stay() {
    let (a, b, stranger) = (witness("a", 2), witness("b", 3), witness("c", 4));
    let keys = [b.verifier(), a.verifier()];
    let note = checkpoint(5);
    let times = [(&a, 30), (&b, 20), (&a, 10), (&stranger, 7), (&a, 20), (&a, 30)];
    let kept = merged(&note, keys, &new(&note, &times), Keep::FirstAndNewest);
    assert_eq!(lines(&kept), [(LOG, None), ("b", Some(20)), ("a", Some(10)), ("a", Some(30))]);
    let newest = merged(&note, keys, &new(&note, &times), Keep::Newest);
    assert_eq!(lines(&newest), [(LOG, None), ("b", Some(20)), ("a", Some(30))]);

    // In whatever order they come, and however often.
    let mut one_by_one = note.clone();
    for line in new(&note, &times) {
        one_by_one = merged(&one_by_one, keys, std::slice::from_ref(&line), Keep::FirstAndNewest);
    }
    assert_eq!(one_by_one, kept);
    assert_eq!(merged(&kept, keys, kept.signatures(), Keep::FirstAndNewest), kept);
    assert_eq!(merged(&kept, keys, &[], Keep::Newest), newest);
    assert_eq!(Note::parse(kept.to_string().as_bytes()), Ok(kept));
}

#[test]
fn what_others_signed_stays_and_what_does_not_verify_goes() {
    let (a, stranger) = (witness("a", 2), witness("c", 4));
    let note = cosigned(&checkpoint(5), &[(&stranger, 5), (&a, 10)]);
    let mut bad = new(&checkpoint(6), &[(&a, 20)]);
    bad.extend(new(&note, &[(&a, 15)]));
    let kept = merged(&note, [a.verifier()], &bad, Keep::FirstAndNewest);
    assert_eq!(lines(&kept), [(LOG, None), ("c", Some(5)), ("a", Some(10)), ("a", Some(15))]);
    let damaged = note.clone().with(new(&checkpoint(6), &[(&a, 20)])).unwrap();
    assert!(a.verifier().cosignatures(&damaged).is_err());
    let mended = merged(&damaged, [a.verifier()], &[], Keep::FirstAndNewest);
    assert_eq!(mended, note);
}

/// The newest of each come first, then the first ones of those that are named first; and a note never becomes longer
/// than a store takes.
#[test]
fn there_is_room_for_so_many() {
    let many: Vec<WitnessSigner> = (0..120_u8).map(|seed| witness(&format!("w{seed}"), seed + 2)).collect();
    let keys: Vec<&WitnessKey> = many.iter().map(WitnessSigner::verifier).collect();
    let note = checkpoint(5);
    let both: Vec<_> = many.iter().flat_map(|witness| [(witness, 10), (witness, 20)]).collect();
    for (count, firsts) in [(40, 40), (60, 39), (99, 0), (120, 0)] {
        let kept = merged(&note, keys[..count].iter().copied(), &new(&note, &both), Keep::FirstAndNewest);
        let kept = lines(&kept).into_iter().skip(1).collect::<Vec<_>>();
        let at = |time| kept.iter().filter(|(_, at)| *at == Some(time)).count();
        assert_eq!((at(20), at(10)), (count.min(99), firsts), "{count} witnesses");
        assert!(kept.len() < MAX_SIGNATURES);
    }
    let long: Vec<WitnessSigner> =
        (0..20_u8).map(|seed| witness(&"n".repeat(2_000 + usize::from(seed)), seed + 2)).collect();
    let both: Vec<_> = long.iter().flat_map(|witness| [(witness, 10), (witness, 20)]).collect();
    let kept =
        merged(&note, long.iter().map(WitnessSigner::verifier), &new(&note, &both), Keep::FirstAndNewest);
    assert!(
        kept.to_string().len() <= MAX_BYTES && kept.signatures().len() == 1 + 15,
        "{}",
        kept.signatures().len()
    );
}
