//! What witnesses are asked, and other logs' checkpoints.

use super::super::add_checkpoint::{MAX_ADD_CHECKPOINT, MAX_ADD_CHECKPOINT_PROOF};
use super::super::{AddCheckpoint, AddCheckpointError, CheckpointError, Head, SeenCheckpoint};
use super::*;

fn request() -> AddCheckpoint {
    let tree = votes(5);
    let checkpoint = Checkpoint { origin: log_key().name().to_owned(), head: tree.head() };
    AddCheckpoint {
        old: 3,
        proof: tree::consistency_proof(3, 5, &tree).unwrap(),
        checkpoint: checkpoint.sign(&log_key()).unwrap().to_string().into_bytes(),
    }
}

#[test]
fn a_request_is_written_as_it_is_read() {
    let request = request();
    let body = request.to_bytes();
    assert!(body.starts_with(format!("old 3\n{}\n", request.proof[0]).as_bytes()));
    assert_eq!(AddCheckpoint::parse(&body), Ok(request.clone()));
    for (old, proof) in [(0, Vec::new()), (u64::MAX, vec![Hash([7; 32]); MAX_ADD_CHECKPOINT_PROOF])] {
        let other = AddCheckpoint { old, proof, ..request.clone() };
        assert_eq!(AddCheckpoint::parse(&other.to_bytes()), Ok(other));
    }
}

#[test]
fn a_request_in_another_form_is_refused_with_its_place() {
    let hash = Hash::empty();
    for first in
        ["", "old", "old ", "old 01", "old -1", "old +1", "old  1", "Old 1", "old 1 ", "old 1\r", "new 1"]
    {
        let refused = AddCheckpoint::parse(format!("{first}\n\nnote\n").as_bytes());
        assert_eq!(refused, Err(AddCheckpointError::Old), "{first:?}");
    }
    for overflow in ["old 18446744073709551616\n\nn\n", "old 1", "\u{0}"] {
        assert_eq!(AddCheckpoint::parse(overflow.as_bytes()), Err(AddCheckpointError::Old));
    }
    for bad in [
        "AAAA",
        " ",
        &format!("{hash} "),
        &format!("{hash}\r"),
        "\u{e4}",
        hash.to_string().trim_end_matches('='),
    ] {
        let body = format!("old 1\n{hash}\n{bad}\n\nnote\n");
        assert_eq!(
            AddCheckpoint::parse(body.as_bytes()),
            Err(AddCheckpointError::Hash { line: 3 }),
            "{bad:?}"
        );
    }
    assert_eq!(AddCheckpoint::parse(b"old 1\n\xff\n\nn\n"), Err(AddCheckpointError::Hash { line: 2 }));
    for cut in ["old 1\n", "old 1\n\n", &format!("old 1\n{hash}\n"), &format!("old 1\n{hash}")] {
        assert_eq!(AddCheckpoint::parse(cut.as_bytes()), Err(AddCheckpointError::NoCheckpoint), "{cut:?}");
    }
    let long = AddCheckpoint { proof: vec![hash; MAX_ADD_CHECKPOINT_PROOF + 1], ..request() };
    assert_eq!(AddCheckpoint::parse(&long.to_bytes()), Err(AddCheckpointError::LongProof));
    let mut large = request();
    large.checkpoint.resize(MAX_ADD_CHECKPOINT, b'a');
    let len = large.to_bytes().len();
    assert_eq!(AddCheckpoint::parse(&large.to_bytes()), Err(AddCheckpointError::TooLong { len }));
}

#[test]
fn the_specifications_own_example_is_read() {
    let checkpoint = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let body = format!(
        "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\n{checkpoint}\n\
         — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    );
    let request = AddCheckpoint::parse(body.as_bytes()).unwrap();
    assert_eq!((request.old, request.proof.len()), (20_852_014, 1));
    assert!(request.checkpoint.starts_with(checkpoint.as_bytes()));
}

#[test]
fn other_logs_may_extend_their_checkpoints_and_ours_may_not() {
    let head = Head { size: 1, root: Hash::empty() };
    let plain = format!("a b+\n1\n{}\n", head.root);
    let seen = |extensions: &[&str]| SeenCheckpoint {
        origin: "a b+".to_owned(),
        head,
        extensions: extensions.iter().map(|line| (*line).to_owned()).collect(),
    };
    assert_eq!(plain.parse(), Ok(seen(&[])));
    let extended = format!("{plain}an extension\n \n");
    assert_eq!(extended.parse(), Ok(seen(&["an extension", " "])));
    assert_eq!(seen(&["an extension", " "]).to_string(), extended);
    assert_eq!(extended.parse::<Checkpoint>(), Err(CheckpointError::Extension));

    let refused = |text: &str| text.parse::<SeenCheckpoint>().unwrap_err();
    assert_eq!(refused(&format!("{plain}one\n\ntwo\n")), CheckpointError::EmptyExtension { line: 5 });
    assert_eq!(refused(&format!("{plain}\n")), CheckpointError::EmptyExtension { line: 4 });
    assert_eq!(refused(&format!("{plain}one\ttwo\n")), CheckpointError::ControlExtension { line: 4 });
    assert_eq!(refused(&format!("{plain}one")), CheckpointError::Unended);
    assert_eq!(refused("a\n1\n"), CheckpointError::Lines { ended: 2 });
    assert_eq!(refused(&plain.replace("a b+", "")), CheckpointError::Origin);
    assert!(matches!(refused(&plain.replace("\n1\n", "\n01\n")), CheckpointError::Size { .. }));
    assert!(matches!(refused(&plain.replace('=', "")), CheckpointError::Root { .. }));
}
