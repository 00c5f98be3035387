//! Licence certificates: one file convinces whoever has only the anchor, and every lie in it is told.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fs;

use cli_support::cosigned::{keep_newest, note, relying};
use cli_support::{Done, OPENED, Stage, quorate};
use serde_json::Value;

/// A played demo with a certificate of its end beside it, and the anchor.
fn certified() -> (Stage, Value, String) {
    let stage = Stage::empty();
    let run = |words: &[&str]| Done::of(quorate(&stage.path("")).args(words).output().unwrap());
    assert_eq!(run(&["demo", "--dir", "demo"]).code, 0);
    let issued = run(&[
        "--data",
        "demo/data",
        "license",
        "--certificate",
        "licence.json",
        "--at",
        "2026-06-02T09:00:00Z",
    ]);
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
    for words in [
        "as of head 34",
        "head 34 alone",
        "names no witnesses",
        "SPECIMEN",
        "research-ip ended 2026-05-13",
        "compared with yours",
        "cannot show",
    ] {
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

    let mut beyond_the_log = honest.clone();
    beyond_the_log["answer"]["at"] = "2026-06-03T00:00:00Z".into();
    fails(&stage, &beyond_the_log, &anchor, "shows nothing after 2026-06-02T09:00:00Z");

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

#[test]
fn a_certificate_is_as_of_a_time_where_witnesses_had_been_shown_no_newer_head() {
    let mut stage = relying();
    "2026-06-01T00:00:00Z".clone_into(&mut stage.clock);
    let at = |text: &str| text.parse().unwrap();
    let check = |stage: &Stage, file: &str| {
        let json = stage.ok(&format!("check {file}"));
        let page = stage.run(&format!("check {file}")).out;
        (json, page.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    // Without cosignatures it is as of the head, at the last entry's time.
    stage.ok("license --certificate bare.json");
    let (json, page) = check(&stage, "bare.json");
    assert_eq!((&json["as-of"], &json["answer"]["at"]), (&Value::Null, &OPENED.into()));
    assert!(page.contains("head 1 alone") && page.contains("quorum has not cosigned"), "{page}");

    // One witness is no quorum.
    keep_newest(&stage, &[(1, at("2026-05-01T00:00:00Z"))]);
    stage.ok("license --certificate one.json");
    assert_eq!(check(&stage, "one.json").0["as-of"], Value::Null);
    let told = stage.fails("license --certificate no.json --at 2026-04-01", 2);
    assert!(told.contains("projection") && told.contains("cosign this head first"), "{told}");

    keep_newest(&stage, &[(1, at("2026-05-01T00:00:00Z")), (3, at("2026-05-01T00:10:00Z"))]);
    stage.ok("license --certificate two.json");
    let (json, page) = check(&stage, "two.json");
    assert_eq!((&json["as-of"], &json["answer"]["at"]), (&"2026-05-01T00:00:00Z".into(), &json["as-of"]));
    let as_of = "2026-05-01 00:00:00 UTC: a quorum of its witnesses had been shown no newer head than 1 then";
    assert!(page.contains(as_of) && page.contains("nobody had shown the witnesses yet"), "{page}");
    assert_eq!(json["answer"]["beyond-last-entry"], true);
    stage.ok("license --certificate earlier.json --at 2026-04-01");
    check(&stage, "earlier.json");
    let told = stage.fails("license --certificate no.json --at 2026-05-02", 2);
    assert!(told.contains("2026-05-01T00:00:00Z") && told.contains("projection"), "{told}");
    assert!(!stage.path("no.json").exists());

    // Cosigned checkpoints that it carries bound the times of its entries.
    let mut bound = serde_json::from_str::<Value>(&stage.read("two.json")).unwrap();
    let by = |time: &str| note(&stage, 1, &[(1, at(time)), (2, at(time))]).to_string();
    bound["checkpoints"] = vec![by("2025-10-28T16:01:00Z")].into();
    stage.write("bound.json", &bound.to_string());
    assert_eq!(stage.run("check bound.json").code, 0);
    bound["checkpoints"] = vec![by("2025-10-28T15:00:00Z")].into();
    stage.write("bound.json", &bound.to_string());
    let done = stage.run("check bound.json");
    assert!(done.code == 1 && done.out.contains("[postdated"), "{done:?}");
}

/// A witness that signs ahead of the clock says nothing of what happens by then.
#[test]
fn cosignatures_of_times_to_come_are_not_counted() {
    let mut stage = relying();
    let at = |text: &str| text.parse().unwrap();
    let (may, later) = (at("2026-05-01T00:00:00Z"), at("2026-05-01T00:10:00Z"));
    keep_newest(&stage, &[(1, may), (2, may), (3, later)]);
    "2026-06-01T00:00:00Z".clone_into(&mut stage.clock);
    stage.ok("license --certificate april.json --at 2026-04-01");
    stage.ok("license --certificate opening.json --at 2025-10-28T16:00:00Z");
    let check = |stage: &Stage, file: &str| {
        let page = stage.run(&format!("check {file}"));
        (
            stage.run(&format!("check {file} --json")),
            page.out.split_whitespace().collect::<Vec<_>>().join(" "),
        )
    };
    // A minute before the quorum's time, as clocks differ.
    "2026-04-30T23:59:00Z".clone_into(&mut stage.clock);
    let (done, page) = check(&stage, "april.json");
    assert_eq!((done.code, &done.json()["as-of"]), (0, &"2026-05-01T00:00:00Z".into()), "{done:?}");
    assert!(page.contains("one witness has cosigned its head at a time that is still to come"), "{page}");
    "2026-04-30T23:58:59Z".clone_into(&mut stage.clock);
    let (done, page) = check(&stage, "april.json");
    assert_eq!(done.code, 1, "{done:?}");
    for words in
        ["that is a projection", "3 witnesses have cosigned its head at a time that is still to come"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let (done, page) = check(&stage, "opening.json");
    assert_eq!(
        (done.code, &done.json()["as-of"], &done.json()["signed-ahead"]),
        (0, &Value::Null, &3.into())
    );
    assert!(page.contains("does not count"), "{page}");
}
