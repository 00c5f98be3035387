//! Exported folders: what is written is C2SP's, grows without rewriting, and is audited as a store is.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cli_support::{Done, Stage, quorate};
use quorate::statement::Entry;
use serde_json::Value;

/// A played demo with an export of it; what `audit --json` says of the store.
fn exported() -> (Stage, Value) {
    let stage = Stage::empty();
    assert_eq!(run(&stage, "demo --dir demo").code, 0);
    let done = run(&stage, "--data demo/data export public");
    assert_eq!(done.code, 0, "{done:?}");
    let audit = run(&stage, "--data demo/data audit --json").json();
    (stage, audit)
}

fn run(stage: &Stage, line: &str) -> Done {
    Done::of(quorate(&stage.path("")).args(line.split(' ')).output().unwrap())
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    all
}

#[test]
fn an_exported_folder_says_what_the_store_says() {
    let (stage, store) = exported();
    let names: Vec<String> = files(&stage.path("public"))
        .into_keys()
        .map(|path| path.strip_prefix(stage.path("public")).unwrap().display().to_string())
        .filter(|name| !name.starts_with("blobs/"))
        .collect();
    let expected = [
        "allowed_signers",
        "checkpoint",
        "checkpoints/27",
        "log.vkey",
        "tile/0/000.p/27",
        "tile/entries/000.p/27",
    ];
    assert_eq!(names, expected);
    let anchor = store["anchor"].as_str().unwrap();
    let folder = run(&stage, &format!("audit public --json --anchor {anchor}"));
    assert_eq!(folder.code, 0, "{folder:?}");
    for field in ["entries", "signatures", "head", "checkpoint", "grants", "anchor"] {
        assert_eq!(folder.json()[field], store[field], "{field}");
    }
}

#[test]
fn a_second_export_only_adds() {
    let stage = Stage::empty();
    assert_eq!(run(&stage, "demo --dir demo --until 2026-05-13").code, 0);
    assert_eq!(run(&stage, "--data demo/data export public").code, 0);
    let before = files(&stage.path("public"));
    let vote = "--clock 2026-05-13 --data demo/data vote --choice met --rationale demo/why-met.md --key m1";
    assert_eq!(run(&stage, vote).code, 0);
    assert_eq!(run(&stage, "--data demo/data export public").code, 0);
    let after = files(&stage.path("public"));
    for (path, bytes) in &before {
        let replaced = ["checkpoint", "allowed_signers", "log.vkey"].iter().any(|name| path.ends_with(name));
        assert!(replaced || after[path] == *bytes, "{}", path.display());
    }
    assert!(after.contains_key(&stage.path("public/tile/entries/000.p/25")));
    let audit = run(&stage, "audit public --json");
    assert_eq!((audit.code, &audit.json()["entries"]), (0, &25.into()), "{audit:?}");
}

#[test]
fn another_log_is_not_exported_over_it() {
    let (stage, _) = exported();
    assert_eq!(run(&stage, "demo --dir other").code, 0);
    let checkpoint = fs::read(stage.path("public/checkpoint")).unwrap();
    let done = run(&stage, "--data other/data export public");
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.err.contains("evidence"), "{done:?}");
    assert_eq!(fs::read(stage.path("public/checkpoint")).unwrap(), checkpoint);
}

#[test]
fn what_is_altered_in_an_exported_folder_is_named() {
    let (stage, _) = exported();
    let bundle = stage.path("public/tile/entries/000.p/27");
    let honest = fs::read(&bundle).unwrap();

    let place = honest.windows(13).position(|window| window == b"Panelist Five").unwrap();
    let mut flipped = honest.clone();
    flipped[place] ^= 1;
    fs::write(&bundle, &flipped).unwrap();
    let altered = run(&stage, "audit public --json");
    assert_eq!(altered.code, 1, "{altered:?}");
    let findings = altered.json()["findings"].clone();
    assert!(findings.as_array().unwrap().iter().any(|finding| finding["entry"] == 7), "{findings}");

    fs::write(&bundle, &honest[..honest.len() - 1]).unwrap();
    assert_eq!(run(&stage, "audit public").code, 1);
    fs::remove_file(&bundle).unwrap();
    assert_eq!(run(&stage, "audit public").code, 1);
}

#[test]
fn ssh_keygen_accepts_every_signature_of_every_entry() {
    let (stage, _) = exported();
    let bytes = fs::read(stage.path("public/tile/entries/000.p/27")).unwrap();
    let mut rest = bytes.as_slice();
    let mut accepted = 0;
    while let Some((length, after)) = rest.split_first_chunk() {
        let (entry, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
        rest = after;
        let envelope = Entry::parse(entry).unwrap().envelope;
        stage.write("statement", &envelope.statement);
        for signature in &envelope.signatures {
            stage.write("statement.sig", &signature.sig);
            let who = principal(&stage);
            let mut verify = Command::new("ssh-keygen");
            verify.args(["-Y", "verify", "-n", "quorate/statement/v1", "-I", &who, "-s"]);
            verify.arg(stage.path("statement.sig")).arg("-f").arg(stage.path("public/allowed_signers"));
            let output = verify.stdin(fs::File::open(stage.path("statement")).unwrap()).output().unwrap();
            assert!(output.status.success(), "{who}: {}", String::from_utf8_lossy(&output.stderr));
            accepted += 1;
        }
    }
    assert_eq!(accepted, 40);
}

/// Whose signature it is, by the exported list.
fn principal(stage: &Stage) -> String {
    let mut find = Command::new("ssh-keygen");
    find.args(["-Y", "find-principals", "-s"]).arg(stage.path("statement.sig"));
    let output = find.arg("-f").arg(stage.path("public/allowed_signers")).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().next().unwrap().to_owned()
}
