//! Receipts: the exact bytes, what is refused, and what does not verify.

use super::super::{CheckpointError, NoteError, ProofError, ReceiptError};
use super::*;

#[test]
fn a_receipt_has_one_form() {
    let text = "c2sp.org/tlog-proof@v1
extra dm90ZSAy
index 2
<3>
<01>

log.example/votes
5
<root>

";
    let (tree, signed) = (votes(5), receipt(2, 5));
    let text = text
        .replace("<3>", &vote(3).to_string())
        .replace("<01>", &Hash::node(vote(0), vote(1)).to_string())
        .replace("<root>", &tree.root().to_string());
    // The last sibling: leaf 4 alone.
    let text = text.replacen("\n\nlog", &format!("\n{}\n\nlog", vote(4)), 1);
    let line = signed.checkpoint.rsplit_once("\n\n").unwrap().1;
    assert_eq!(signed.to_string(), format!("{text}{line}"));
    assert_eq!(Receipt::parse(signed.to_string().as_bytes()), Ok(signed));
}

#[test]
fn a_receipt_may_have_no_extra_data_and_no_hashes() {
    let alone = Receipt { extra: None, ..receipt(0, 1) };
    let text = alone.to_string();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example/votes\n1\n"));
    assert_eq!(Receipt { extra: Some(Vec::new()), ..alone.clone() }.to_string(), text);
    assert_eq!(Receipt::parse(text.as_bytes()), Ok(alone));
}

#[test]
fn a_receipt_proves_its_entry_and_no_other() {
    let key = log_key();
    let good = receipt(6, 11);
    let checkpoint = good.verify(Hash::leaf(good.extra.as_ref().unwrap()), key.verifier()).unwrap();
    assert_eq!(checkpoint.head, votes(11).head());

    let refused = |receipt: &Receipt, leaf| receipt.verify(leaf, key.verifier()).unwrap_err();
    let inclusion = |error| matches!(error, ReceiptError::Proof(ProofError::Inclusion { .. }));
    assert!(inclusion(refused(&good, vote(7))), "another entry");
    assert!(inclusion(refused(&Receipt { index: 7, ..good.clone() }, vote(6))), "another place");
    let beyond = refused(&Receipt { index: 11, ..good.clone() }, vote(6));
    assert_eq!(beyond, ReceiptError::Proof(ProofError::NotInTree { index: 11, size: 11 }));
    let other_tree = Receipt { checkpoint: receipt(6, 10).checkpoint, ..good.clone() };
    assert!(matches!(refused(&other_tree, vote(6)), ReceiptError::Proof(_)), "another head");

    let altered = Receipt { checkpoint: good.checkpoint.replacen("\n11\n", "\n12\n", 1), ..good.clone() };
    let bad = refused(&altered, vote(6));
    assert!(matches!(bad, ReceiptError::Checkpoint(CheckpointError::Note(NoteError::BadSignature { .. }))));
    let stranger = LogKey::from_seed("log.example/votes", &[3; 32]).unwrap();
    let unsigned = good.verify(vote(6), stranger.verifier()).unwrap_err();
    assert!(matches!(unsigned, ReceiptError::Checkpoint(CheckpointError::Note(NoteError::NotSigned { .. }))));
}

#[test]
fn every_malformed_receipt_is_refused() {
    let good = receipt(6, 11).to_string();
    let hash = vote(7).to_string();
    let parse = |text: &str| Receipt::parse(text.as_bytes()).unwrap_err();
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        parse(&good.replacen(from, to, 1))
    };

    assert_eq!(Receipt::parse(b"c2sp\xff"), Err(ReceiptError::NotUtf8 { at: 4 }));
    for first in ["c2sp.org/tlog-proof@v2", "c2sp.org/tlog-proof@v1 ", "", "\u{feff}c2sp.org/tlog-proof@v1"] {
        assert_eq!(with("c2sp.org/tlog-proof@v1", first), ReceiptError::Magic);
    }
    assert_eq!(parse(""), ReceiptError::Magic);
    assert_eq!(parse("c2sp.org/tlog-proof@v1"), ReceiptError::Magic);
    for extra in ["extra ", "extra !", "extra dm90ZSA2=", "extra  dm90ZSA2", "extra dm90ZSA2\r"] {
        assert_eq!(with("extra dm90ZSA2", extra), ReceiptError::Extra, "{extra}");
    }
    for index in
        ["", "index 06", "index +6", "index", "index ", "index  6", "Index 6", "index 18446744073709551616"]
    {
        assert_eq!(with("index 6", index), ReceiptError::Index { line: 3 }, "{index}");
    }
    assert_eq!(with("extra dm90ZSA2", "extra"), ReceiptError::Index { line: 2 });
    assert_eq!(with("extra dm90ZSA2", "extra dm90ZSA2\nextra dm90ZSA2"), ReceiptError::Index { line: 3 });
    assert_eq!(parse("c2sp.org/tlog-proof@v1\n"), ReceiptError::Index { line: 2 });
    for line in ["AAAA", &hash[1..], &format!("{hash} ")] {
        assert_eq!(with(&hash, line), ReceiptError::Hash { line: 4 }, "{line}");
    }
    assert_eq!(with(&hash, &[hash.as_str(); 64].join("\n")), ReceiptError::TooLong);
    let (before, _) = good.split_once("\n\n").unwrap();
    assert_eq!(parse(&format!("{before}\n")), ReceiptError::NoCheckpoint);
    assert_eq!(parse(before), ReceiptError::NoCheckpoint);

    let note = |error| ReceiptError::Checkpoint(CheckpointError::Note(error));
    assert_eq!(parse(&format!("{before}\n\n")), note(NoteError::NoFinalNewline));
    assert_eq!(parse(good.trim_end()), note(NoteError::NoFinalNewline));
    assert!(matches!(
        with("\n\n", "\n\n\n"),
        ReceiptError::Checkpoint(CheckpointError::Extension | CheckpointError::Origin)
    ));
    assert!(matches!(with("\n11\n", "\n011\n"), ReceiptError::Checkpoint(CheckpointError::Size { .. })));
}
