//! Checkpoints of a log whose key the tester has, cosigned by three witnesses at times of the tester's choice.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests
#![allow(dead_code)] // each test binary uses a part

use std::fmt::Write as _;
use std::fs;

use quorate::log::{Checkpoint, Hash, Head, LogKey, MemoryTree, Note, WitnessSigner};
use quorate::registry::log_key;
use quorate::store::data::DataDir;
use quorate::store::{Append, SledStore, Store as _};
use quorate::values::{Id, Instant};

use super::forge::entries;
use super::{OPEN, PARTIES, Stage};

/// The witness `w1`, `w2` or `w3`.
pub fn witness(number: u8) -> WitnessSigner {
    WitnessSigner::from_seed(&format!("wit.example/w{number}"), &[number; 32]).unwrap()
}

/// Two of three witnesses.
pub fn policy() -> String {
    let mut text = String::from("# The witnesses on whom we rely\n");
    for number in 1..=3 {
        writeln!(text, "witness w{number} {}", witness(number).verifier()).unwrap();
    }
    text + "group two-of-three 2 w1 w2 w3\nquorum two-of-three\n"
}

/// An agreement that relies on those witnesses, with this one entry.
pub fn relying() -> Stage {
    let stage = Stage::prepared();
    stage.write("policy", &policy());
    stage.ok(&format!("{OPEN} --policy policy {PARTIES}"));
    stage
}

pub fn operator_key(stage: &Stage) -> LogKey {
    let data = DataDir::open(&stage.path("data")).unwrap();
    let name: Id = "agi-2025".parse().unwrap();
    log_key(data.log_name(), &name, &data.log_seed().unwrap()).unwrap()
}

/// The head of the first `size` entries.
pub fn head(stage: &Stage, size: usize) -> Head {
    let tree: MemoryTree = entries(stage).1[..size].iter().map(|bytes| Hash::leaf(bytes)).collect();
    tree.head()
}

/// A head signed by the log, cosigned by these witnesses.
pub fn signed(stage: &Stage, head: Head, cosigned: &[(u8, Instant)]) -> Note {
    let key = operator_key(stage);
    let note = Checkpoint { origin: key.name().to_owned(), head }.sign(&key).unwrap();
    let lines: Vec<_> =
        cosigned.iter().map(|(number, time)| witness(*number).cosign(&note, *time).unwrap()).collect();
    note.with(lines).unwrap()
}

/// The log's checkpoint of the first `size` entries, cosigned by these witnesses.
pub fn note(stage: &Stage, size: usize, cosigned: &[(u8, Instant)]) -> Note {
    signed(stage, head(stage, size), cosigned)
}

/// Puts a note into an exported folder under the name of a size.
pub fn keep(stage: &Stage, size: u64, note: &str) {
    fs::create_dir_all(stage.path("public/checkpoints")).unwrap();
    stage.write(&format!("public/checkpoints/{size}"), note);
}

/// Puts the newest checkpoint, cosigned, into the store.
pub fn keep_newest(stage: &Stage, cosigned: &[(u8, Instant)]) {
    let (anchor, all) = entries(stage);
    let (head, note) = (head(stage, all.len()), note(stage, all.len(), cosigned));
    let data = DataDir::open(&stage.path("data")).unwrap();
    let store = SledStore::open(&data.store_path(), &data.blobs_path()).unwrap();
    let append = Append {
        anchor,
        first: all.len() as u64,
        entries: Vec::new(),
        nodes: Vec::new(),
        head,
        checkpoint: note.to_string(),
    };
    store.append(&[append]).unwrap();
}
