//! Licence certificates: one file convinces whoever has only the anchor, and every lie in it is told.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fs;

use cli_support::{Done, Stage, quorate};
use serde_json::Value;

/// A played demo with a certificate of its end beside it, and the anchor.
fn certified() -> (Stage, Value, String) {
    let stage = Stage::empty();
    let run = |words: &[&str]| Done::of(quorate(&stage.path("")).args(words).output().unwrap());
    assert_eq!(run(&["demo", "--dir", "demo"]).code, 0);
    let issued =
        run(&["--data", "demo/data", "license", "--certificate", "licence.json", "--at", "2026-06-03"]);
    assert_eq!(issued.code, 0, "{issued:?}");
    let certificate: Value = serde_json::from_str(&stage.read("licence.json")).unwrap();
    let anchor =
        run(&["--data", "demo/data", "audit", "--json"]).json()["anchor"].as_str().unwrap().to_owned();
    fs::remove_dir_all(stage.path("demo")).unwrap();
    (stage, certificate, anchor)
}

fn check(stage: &Stage, certificate: &Value, anchor: &str) -> Done {
    stage.write("checked.json", &serde_json::to_string(certificate).unwrap());
    let words = ["check", "checked.json", "--anchor", anchor];
    Done::of(quorate(&stage.path("")).args(words).output().unwrap())
}

#[track_caller]
fn fails(stage: &Stage, certificate: &Value, anchor: &str, why: &str) {
    let done = check(stage, certificate, anchor);
    assert_eq!(done.code, 1, "{done:?}");
    let told = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(why), "{told}");
}

#[test]
fn a_certificate_needs_nothing_but_the_anchor() {
    let (stage, certificate, anchor) = certified();
    let done = check(&stage, &certificate, &anchor);
    assert_eq!(done.code, 0, "{done:?}");
    let told = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in
        ["as of head 27", "SPECIMEN", "research-ip ended 2026-05-13", "compared with yours", "cannot show"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn every_lie_of_a_certificate_is_told() {
    let (stage, honest, anchor) = certified();

    let mut answer_differs = honest.clone();
    answer_differs["answer"]["grants"][2]["attributes"][0]["value"] = "in force".into();
    fails(&stage, &answer_differs, &anchor, "`research-ip` differs");

    let mut says_live = honest.clone();
    says_live["answer"]["specimen"] = false.into();
    fails(&stage, &says_live, &anchor, "what stands above the grants differs");

    let mut entry_altered = honest.clone();
    let vote = honest["entries"][20].as_str().unwrap().replace("2026-05-12", "2026-05-11");
    entry_altered["entries"][20] = vote.into();
    fails(&stage, &entry_altered, &anchor, "entry 20");

    let mut entry_dropped = honest.clone();
    entry_dropped["entries"].as_array_mut().unwrap().remove(24);
    fails(&stage, &entry_dropped, &anchor, "entry 2");

    let mut time_to_come = honest.clone();
    time_to_come["answer"]["at"] = "2999-01-01T00:00:00Z".into();
    fails(&stage, &time_to_come, &anchor, "still to come");

    let other = format!("sha256:{}", "0".repeat(64));
    fails(&stage, &honest, &other, "another one, whatever its name");

    let mut other_form = honest;
    other_form["certificate"] = "quorate/certificate/v2".into();
    fails(&stage, &other_form, &anchor, "knows `quorate/certificate/v1`");
}

#[test]
fn a_state_to_come_is_never_certified() {
    let stage = Stage::opened();
    let done = Done::of(stage.command("license --certificate c.json --at 2033-01-02").output().unwrap());
    assert_eq!(done.code, 2, "{done:?}");
    assert!(done.err.contains("projection") && !stage.path("c.json").exists(), "{done:?}");
}
