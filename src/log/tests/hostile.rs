//! Whatever a person, a peer or a disk supplies: no parser panics, and what one accepts it writes back to the byte.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::super::{Head, Note, VerifierKey, verify_consistency, verify_inclusion};
use super::*;

/// Reads `bytes` as everything there is.
fn read(bytes: &[u8]) {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes);
        let _ = note.open(log_key().verifier());
    }
    if let Ok(receipt) = Receipt::parse(bytes) {
        assert_eq!(receipt.to_string().as_bytes(), bytes);
        let _ = receipt.verify(vote(2), log_key().verifier());
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(checkpoint) = text.parse::<Checkpoint>() {
        assert_eq!(checkpoint.to_string(), text);
        let _ = checkpoint.sign(&log_key());
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    let _ = log_key().sign(text.to_owned());
    let _ = LogKey::from_seed(text, &[1; 32]);
}

/// One good artefact of each kind.
fn artefacts() -> [String; 4] {
    let receipt = receipt(2, 5);
    let body = receipt.checkpoint.split_once("\n\n").unwrap().0.to_owned() + "\n";
    [receipt.to_string(), receipt.checkpoint, body, log_key().verifier().to_string()]
}

/// Pieces of the formats, which random bytes would hardly ever hit upon.
const PIECES: [&str; 12] =
    ["\n", "\n\n", " ", "+", "=", "— ", "0", "extra ", "index ", "A", "\r", "— a AAAAAAA=\n"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..400)) {
        read(&bytes);
    }

    #[test]
    fn any_text_of_the_formats_pieces(pieces in vec(proptest::sample::select(PIECES.to_vec()), 0..12)) {
        read(pieces.concat().as_bytes());
    }

    #[test]
    fn artefacts_with_some_bytes_replaced(
        which in 0..4_usize,
        edits in vec((any::<Index>(), 0..4_usize, prop_oneof![
            proptest::sample::select(PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
            vec(any::<u8>(), 0..3),
        ]), 0..4),
    ) {
        let mut bytes = artefacts()[which].clone().into_bytes();
        for (at, remove, insert) in edits {
            let at = at.index(bytes.len() + 1);
            let end = (at + remove).min(bytes.len());
            bytes.splice(at..end, insert);
        }
        read(&bytes);
    }

    #[test]
    fn any_heads_and_proofs(
        sizes: [u64; 2], roots: [[u8; 32]; 2], index: u64, proof in vec(any::<[u8; 32]>(), 0..70),
    ) {
        let proof: Vec<Hash> = proof.into_iter().map(Hash).collect();
        let [old, new] = [0, 1].map(|i| Head { size: sizes[i], root: Hash(roots[i]) });
        prop_assert!(verify_inclusion(vote(0), index, new, &proof).is_err());
        // From the empty tree there is nothing to show, but random roots are not its root.
        prop_assert!(verify_consistency(old, new, &proof).is_err());
    }
}
