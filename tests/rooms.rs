//! The rooms of `src/` and who may import whom: `docs/design.md`. A lower room never imports an upper one.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every room, from the ground up, with the rooms that it may import.
const ROOMS: [(&str, &[&str]); 20] = [
    ("values", &[]),
    ("net", &[]),
    ("log", &["values"]),
    ("workflow", &["values"]),
    ("statement", &["values", "log"]),
    ("engine", &["values", "log", "statement", "workflow"]),
    ("report", &["values", "log", "statement", "workflow", "engine"]),
    ("store", &["values", "log"]),
    ("view", &["values", "log", "statement", "workflow", "engine", "store"]),
    ("page", &["values", "log", "statement", "workflow", "engine", "store", "view"]),
    ("audit", &["values", "log", "statement", "engine", "store"]),
    ("registry", &["values", "log", "statement", "engine", "store", "audit"]),
    ("cosign", &["values", "log", "net", "statement", "engine", "store", "audit", "registry"]),
    ("export", &["values", "net", "log", "statement", "engine", "store", "audit", "registry", "cosign"]),
    ("witness", &["values", "net", "log", "store"]),
    ("signer", &["values", "statement"]),
    ("scenario", &["values", "log", "statement", "workflow", "engine", "store", "audit", "registry"]),
    (
        "serve",
        &[
            "values",
            "net",
            "log",
            "statement",
            "engine",
            "report",
            "store",
            "view",
            "page",
            "audit",
            "registry",
            "cosign",
            "export",
        ],
    ),
    ("explore", &["values", "statement", "workflow", "engine", "scenario"]),
    (
        "cli",
        &[
            "values",
            "net",
            "log",
            "statement",
            "workflow",
            "engine",
            "report",
            "store",
            "view",
            "audit",
            "registry",
            "cosign",
            "export",
            "witness",
            "signer",
            "scenario",
            "explore",
            "serve",
        ],
    ),
];

/// The Rust files of a room.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The rooms that a text names as `crate::ROOM`, in code or in a link of a comment.
fn named(text: &str) -> BTreeSet<&str> {
    text.split("crate::")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap_or_default())
        .filter(|room| ROOMS.iter().any(|(known, _)| known == room))
        .collect()
}

#[test]
fn the_rooms_are_those_of_the_library() {
    let library = fs::read_to_string("src/lib.rs").unwrap();
    let there: BTreeSet<&str> =
        library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(there, ROOMS.iter().map(|(room, _)| *room).collect());
}

#[test]
fn no_room_imports_one_above_it() {
    let mut wrong: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for (room, may) in ROOMS {
        let mut found = Vec::new();
        files(&Path::new("src").join(room), &mut found);
        assert!(!found.is_empty(), "{room}");
        for file in found {
            let text = fs::read_to_string(&file).unwrap();
            for other in named(&text) {
                if other != room && !may.contains(&other) {
                    wrong.entry(file.clone()).or_default().insert(other.to_owned());
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_order_has_no_circle() {
    for (place, (room, may)) in ROOMS.iter().enumerate() {
        let above = |other: &&&str| ROOMS.iter().take(place).all(|(below, _)| *below != **other);
        let above: Vec<&&str> = may.iter().filter(above).collect();
        assert!(above.is_empty(), "{room} may import {above:?}, which stand above it");
    }
}

#[test]
fn the_design_tells_the_same_of_every_room() {
    let page = fs::read_to_string("docs/design.md").unwrap();
    for (room, may) in ROOMS {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{room}` |"))).unwrap();
        let told = row.split('|').nth(3).unwrap().split(',').map(str::trim).filter(|other| !other.is_empty());
        assert_eq!(told.collect::<BTreeSet<_>>(), may.iter().copied().collect(), "{room}");
    }
}
