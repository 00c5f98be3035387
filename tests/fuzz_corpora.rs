//! The fuzzer's corpora as ordinary tests: every file, whole and cut short, through its target (`fuzz/targets`).

#![allow(clippy::unwrap_used)] // helpers of tests

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

#[path = "../fuzz/targets/mod.rs"]
mod targets;

/// How many cuts of a file are tried, evenly spread.
const CUTS: usize = 24;

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(format!("fuzz/corpus/{target}")).unwrap();
    files.map(|file| file.unwrap().path()).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn every_target_has_a_corpus_and_every_corpus_a_target() {
    let folders = fs::read_dir("fuzz/corpus").unwrap();
    let folders: BTreeSet<String> =
        folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
    let targets = targets::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(folders, targets);
    for (name, _) in targets::TARGETS {
        assert!(!corpus(name).is_empty(), "{name}");
        assert!(targets::named(name).is_some());
    }
    assert!(targets::named("no such target").is_none());
}

#[test]
fn every_file_passes_whole_and_cut_short() {
    for (name, target) in targets::TARGETS {
        for (path, bytes) in corpus(name) {
            // Shown only where the target then fails.
            println!("{}", path.display());
            target(&bytes);
            for cut in (0..bytes.len()).step_by(bytes.len() / CUTS + 1) {
                target(&bytes[..cut]);
                target(&bytes[cut..]);
            }
        }
    }
}
