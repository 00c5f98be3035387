//! Exported folders: what is written is C2SP's, grows without rewriting, and is audited as a store is, from the disk
//! and from the web.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cli_support::site::{Answer, Site};
use cli_support::{Done, Stage, copy_folder, quorate};
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
        "checkpoints/34",
        "log.vkey",
        "tile/0/000.p/34",
        "tile/entries/000.p/34",
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
    assert_eq!(run(&stage, "demo --dir demo --until 2026-05-12T10:00:00Z").code, 0);
    assert_eq!(run(&stage, "--data demo/data export public").code, 0);
    let before = files(&stage.path("public"));
    let vote = "--clock 2026-05-13 --data demo/data vote --choice met --key m1";
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
    assert!(done.err.contains("holds something else") && !done.err.contains("evidence"), "{done:?}");
    assert_eq!(fs::read(stage.path("public/checkpoint")).unwrap(), checkpoint);
}

#[test]
fn an_older_store_is_not_exported_over_what_it_signed_later() {
    let stage = Stage::empty();
    assert_eq!(run(&stage, "demo --dir demo --until 2026-05-12T10:00:00Z").code, 0);
    copy_folder(&stage.path("demo/data"), &stage.path("old"));
    let vote = "--clock 2026-05-13 --data demo/data vote --choice met --key m1";
    assert_eq!(run(&stage, vote).code, 0);
    assert_eq!(run(&stage, "--data demo/data export public").code, 0);
    let done = run(&stage, "--data old export public");
    assert_eq!(done.code, 1, "{done:?}");
    assert!(
        done.err.contains("both signed checkpoints together are evidence")
            && done.err.contains("restore a copy"),
        "{done:?}"
    );
}

#[test]
fn what_is_no_export_of_this_log_is_not_exported_over_and_is_no_evidence() {
    let (stage, _) = exported();
    let refused = |folder: &str, words: &str| {
        let done = run(&stage, &format!("--data demo/data export {folder}"));
        assert_eq!(done.code, 2, "{done:?}");
        let told = done.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(words) && told.contains("export to a new folder"), "{told}");
        assert!(!told.contains("evidence"), "{told}");
    };
    let checkpoint = fs::read_to_string(stage.path("public/checkpoint")).unwrap();
    let unsigned = checkpoint.replacen("\n34\n", "\n35\n", 1);
    for (number, text) in ["hi", &checkpoint.replace("agi-2025", "bridge"), &unsigned].into_iter().enumerate()
    {
        fs::create_dir(stage.path(&format!("other{number}"))).unwrap();
        stage.write(&format!("other{number}/checkpoint"), text);
        refused(&format!("other{number}"), "holds something else");
    }
    for (folder, how) in
        [("demo/data", "it is"), ("demo/data/x", "it is inside"), ("demo/../demo", "it holds")]
    {
        let done = run(&stage, &format!("--data demo/data export {folder}"));
        let told = done.err.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = format!("{how} the data folder demo/data, which has the log's private key");
        assert!(done.code == 2 && told.contains(&words), "{done:?}");
    }
    assert!(!stage.path("demo/data/x").exists());
    for name in ["log.key", "config.toml", "store", "openings"] {
        stage.write(&format!("public/{name}"), "");
        refused("public", name);
        fs::remove_file(stage.path(&format!("public/{name}"))).unwrap();
    }
    fs::create_dir(stage.path("letters")).unwrap();
    stage.write("letters/mine.txt", "");
    refused("letters", "`mine.txt` is in it, and no checkpoint");
    assert_eq!(fs::read_dir(stage.path("letters")).unwrap().count(), 1);
    // What an interrupted export left is gone on with.
    fs::remove_file(stage.path("public/checkpoint")).unwrap();
    stage.write("public/checkpoint.part", "half");
    assert_eq!(run(&stage, "--data demo/data export public").code, 0);
    assert_eq!(run(&stage, "audit public").code, 0);
}

/// Nobody need have signed a checkpoint of no entries.
#[test]
fn a_log_without_an_opening_statement_never_passes() {
    let (stage, store) = exported();
    fs::create_dir(stage.path("empty")).unwrap();
    let root = store["head"]["root"].as_str().unwrap();
    let origin = "anything.example/x";
    let note = format!("{origin}\n0\n{root}\n\n\u{2014} {origin} cnViYmlzaHJ1YmJpc2g=\n");
    stage.write("empty/checkpoint", &note);
    let rules = |line: &str| {
        let done = run(&stage, &format!("{line} --json"));
        assert_eq!(done.code, 1, "{done:?}");
        let findings = done.json()["findings"].as_array().unwrap().clone();
        findings
            .iter()
            .map(|it| format!("{} {}", it["place"], it["rule"]).replace('"', ""))
            .collect::<Vec<_>>()
    };
    assert_eq!(rules("audit empty"), ["checkpoint not-open"]);
    let anchor = store["anchor"].as_str().unwrap();
    assert_eq!(rules(&format!("audit empty --anchor {anchor}")), ["checkpoint not-open", "anchor anchor"]);
    assert_eq!(rules("audit empty --against public"), ["checkpoint not-open", "checkpoint not-open"]);
    assert_eq!(rules("monitor empty --state seen.json"), ["checkpoint not-open"]);
    assert!(run(&stage, "monitor empty --state seen.json").out.contains("1 fault"));
}

#[test]
fn what_is_altered_in_an_exported_folder_is_named() {
    let (stage, _) = exported();
    let bundle = stage.path("public/tile/entries/000.p/34");
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

/// Whoever alters or drops a tile, which nobody has signed, makes no log say two things.
#[test]
fn a_tile_that_is_altered_or_not_whole_is_a_fault_of_its_entries_alone() {
    let (stage, _) = exported();
    let site = Site::of(&stage.path("public"));
    let tile = stage.path("public").join(TILE);
    let honest = fs::read(&tile).unwrap();
    let mut flipped = honest.clone();
    flipped[5 * 32] ^= 1;
    let short = honest[..honest.len() - 32].to_vec();
    let cases = [
        (Some(flipped), "entry 5", "that hash was altered"),
        (Some(Vec::new()), "entries 0 to 33", "has 0 bytes, and its hashes have 1088"),
        (Some(short), "entries 0 to 33", "has 1056 bytes"),
        (None, "entries 0 to 33", "is not there"),
    ];
    for (bytes, place, words) in cases {
        match bytes {
            Some(bytes) => fs::write(&tile, bytes).unwrap(),
            None => fs::remove_file(&tile).unwrap(),
        }
        for source in ["public", &site.address] {
            let done = run(&stage, &format!("audit {source} --against public --json"));
            let findings = done.json()["findings"].as_array().unwrap().clone();
            assert_eq!((done.code, findings.len()), (1, 1), "{done:?}");
            assert_eq!(
                (&findings[0]["place"], &findings[0]["rule"]),
                (&place.into(), &"tree".into()),
                "{done:?}"
            );
            let what = findings[0]["what"].as_str().unwrap();
            assert!(what.contains(words) && (place == "entry 5" || what.contains(TILE)), "{what}");
        }
    }
    fs::write(&tile, honest).unwrap();
    assert_eq!(run(&stage, "audit public").code, 0);
}

const TILE: &str = "tile/0/000.p/34";
const BUNDLE: &str = "tile/entries/000.p/34";

#[test]
fn a_site_says_what_the_folder_says() {
    let (stage, store) = exported();
    let site = Site::of(&stage.path("public"));
    let anchor = store["anchor"].as_str().unwrap();
    let folder = run(&stage, &format!("audit public --json --anchor {anchor}"));
    for address in [&site.address, &site.url("")] {
        let done = run(&stage, &format!("audit {address} --json --anchor {anchor}"));
        assert_eq!((done.code, done.json()), (0, folder.json()), "{done:?}");
    }
    let told = run(&stage, &format!("audit {} --anchor {anchor}", site.address));
    assert_eq!(told.out, run(&stage, &format!("audit public --anchor {anchor}")).out);
}

#[test]
fn what_is_altered_on_a_site_is_found_as_in_a_folder() {
    let (stage, _) = exported();
    let site = Site::of(&stage.path("public"));
    // No site lists it, and what a folder keeps there says more of an altered tree.
    fs::remove_dir_all(stage.path("public/checkpoints")).unwrap();
    let honest = fs::read(stage.path("public").join(BUNDLE)).unwrap();
    let place = honest.windows(13).position(|window| window == b"Panelist Five").unwrap();
    let mut flipped = honest.clone();
    flipped[place] ^= 1;
    let half = honest[..honest.len() / 2].to_vec();
    let page = b"<html><body>Welcome!</body></html>".to_vec();
    let altered = [
        (BUNDLE, flipped),
        (BUNDLE, half),
        (BUNDLE, page.clone()),
        ("checkpoint", page),
        ("checkpoint", Vec::new()),
        ("tile/0/000.p/34", vec![7; 34 * 32]),
    ];
    for (name, bytes) in altered {
        let file = stage.path("public").join(name);
        let honest = fs::read(&file).unwrap();
        fs::write(&file, bytes).unwrap();
        let folder = run(&stage, "audit public --json");
        let done = run(&stage, &format!("audit {} --json", site.address));
        fs::write(&file, honest).unwrap();
        let place = |text: &str| text.replace(&site.url(""), "public/");
        assert_eq!((folder.code, done.code, place(&done.out)), (1, 1, folder.out), "{name}");
    }
    assert_eq!(run(&stage, &format!("audit {}", site.address)).code, 0);
}

#[test]
fn a_site_that_answers_badly_is_told_with_its_address() {
    let (stage, _) = exported();
    let site = Site::of(&stage.path("public"));
    let elsewhere = || Answer::Redirect("http://elsewhere.example/checkpoint".to_owned());
    let (none, busy) = (Answer::Status(404), Answer::Status(503));
    let cases = [
        ("checkpoint", none.clone(), 2, "is not there, so there is no exported log; give"),
        (
            "checkpoint",
            elsewhere(),
            4,
            "points to http://elsewhere.example/checkpoint, and redirects are not followed",
        ),
        ("checkpoint", Answer::CutOff, 4, "broke off"),
        ("checkpoint", Answer::Endless, 1, "is longer than the 32768 bytes that it can have"),
        (BUNDLE, none, 1, "is not there"),
        (BUNDLE, Answer::Endless, 1, "is longer than the 2228258 bytes that it can have"),
        (BUNDLE, elsewhere(), 4, "redirects are not followed"),
        (BUNDLE, busy, 4, "answers with the status 503"),
        ("tile/0/000.p/34", Answer::CutOff, 4, "broke off"),
    ];
    for (name, answer, code, words) in cases {
        site.honest();
        site.instead(name, answer);
        let done = run(&stage, &format!("audit {} --json", site.address));
        assert_eq!(done.code, code, "{name}: {done:?}");
        let told = if code == 1 && name == BUNDLE { &done.out } else { &done.err };
        assert!(told.contains(&site.url(name)) && told.contains(words), "{name}: {done:?}");
    }
    for address in ["http://127.0.0.1:1/log", "http://", "https://log.example/?log=1"] {
        let done = run(&stage, &format!("audit {address}"));
        assert!(done.code != 0 && done.err.contains(address), "{done:?}");
    }
}

#[test]
fn a_partial_tile_that_is_gone_is_read_from_the_full_one() {
    let (stage, _) = exported();
    let site = Site::of(&stage.path("public"));
    // What came later does not matter: only the first 34 of each are read.
    let (bundle, tile) = (stage.path("public/tile/entries/000"), stage.path("public/tile/0/000"));
    let later = [0, 1, b'x'].repeat(256 - 34);
    let grown = |path: &str, more: &[u8]| [fs::read(stage.path(path)).unwrap(), more.to_vec()].concat();
    let full =
        [grown("public/tile/entries/000.p/34", &later), grown("public/tile/0/000.p/34", &[9; 222 * 32])];
    fs::remove_dir_all(stage.path("public/tile/entries/000.p")).unwrap();
    fs::remove_dir_all(stage.path("public/tile/0/000.p")).unwrap();
    assert_eq!(run(&stage, "audit public").code, 1);
    for (path, bytes) in [bundle, tile].iter().zip(full) {
        fs::write(path, bytes).unwrap();
    }
    for source in ["public", &site.address] {
        let done = run(&stage, &format!("audit {source} --json"));
        assert_eq!((done.code, &done.json()["entries"]), (0, &34.into()), "{done:?}");
    }
}

#[test]
fn ssh_keygen_accepts_every_signature_of_every_entry() {
    let (stage, _) = exported();
    let bytes = fs::read(stage.path("public/tile/entries/000.p/34")).unwrap();
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
    assert_eq!(accepted, 47);
}

/// Whose signature it is, by the exported list.
fn principal(stage: &Stage) -> String {
    let mut find = Command::new("ssh-keygen");
    find.args(["-Y", "find-principals", "-s"]).arg(stage.path("statement.sig"));
    let output = find.arg("-f").arg(stage.path("public/allowed_signers")).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().next().unwrap().to_owned()
}

/// Opening a pipe waits until somebody writes into it.
#[test]
fn a_pipe_in_an_exported_folder_is_told_and_never_opened() {
    let (stage, _) = exported();
    for name in ["checkpoint", "checkpoints/34", "tile/0/000.p/34", "tile/entries/000.p/34"] {
        let (path, aside) = (stage.path(&format!("public/{name}")), stage.path("aside"));
        fs::rename(&path, &aside).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let done = run(&stage, "audit public");
        // Files below `checkpoints` are found by listing them, and a pipe is none.
        let left_out = name.starts_with("checkpoints");
        assert_eq!(done.code == 0, left_out, "{name}: {done:?}");
        assert!(left_out || done.err.contains("no regular file"), "{name}: {done:?}");
        if name == "checkpoint" {
            let against = run(&stage, "--data demo/data audit --against public");
            assert!(against.code != 0 && against.err.contains("no regular file"), "{against:?}");
        }
        fs::remove_file(&path).unwrap();
        fs::rename(&aside, &path).unwrap();
    }
}
