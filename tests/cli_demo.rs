//! `quorate demo` as a newcomer runs it, and what can be asked of the data folder that it leaves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fs;
use std::path::Path;
use std::process::Command;

use cli_support::{Done, Stage, attribute, copy_folder, quorate};
use serde_json::Value;

/// A played demo: `demo/data` is its data folder.
fn played() -> (Stage, String) {
    let stage = Stage::empty();
    let done = Done::of(quorate(&stage.path("")).args(["demo", "--dir", "demo"]).output().unwrap());
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:?}");
    (stage, done.out)
}

/// What a command says of the demo's data folder. The machine's clock is the one that counts.
fn asked(stage: &Stage, words: &[&str]) -> Done {
    let done = Done::of(quorate(&stage.path("demo")).args(["--data", "data"]).args(words).output().unwrap());
    assert_eq!(done.code, 0, "{words:?}: {done:?}");
    done
}

fn license(stage: &Stage, at: &str) -> Value {
    asked(stage, &["license", "--json", "--at", at]).json()
}

fn assert_value(license: &Value, grant: &str, attribute_name: &str, value: &str, because: &Value) {
    let found = attribute(license, grant, attribute_name);
    assert_eq!(found["value"], value, "{grant}");
    for (name, expected) in because.as_object().unwrap() {
        assert_eq!(&found["because"][name], expected, "{grant}: {}", found["because"]);
    }
}

fn event(name: &str) -> Value {
    serde_json::json!({ "event": name })
}

/// Every attribute of every grant with its value.
fn values(license: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let grants = license["grants"].as_array().unwrap().iter();
    let attributes = grants.flat_map(|grant| {
        let attributes = grant["attributes"].as_array().unwrap().iter();
        attributes.map(move |it| (text(&grant["grant"]), text(&it["attribute"]), text(&it["value"])))
    });
    attributes.collect()
}

#[test]
fn the_demo_switches_the_licences_by_signed_votes() {
    let (stage, told) = played();
    assert!(told.contains("SPECIMEN") && told.contains("Try next"), "{told}");
    assert!(!told.contains('\u{1b}'), "colour where no terminal is");
    let license = asked(&stage, &["license", "--json"]).json();
    assert_eq!((&license["specimen"], &license["contract"]["prevails"]), (&true.into(), &true.into()));
    assert!(license["readings"].as_u64().unwrap() > 0);

    assert_value(&license, "research-ip", "status", "ended", &event("verified"));
    assert_value(&license, "revenue-share", "status", "ended", &event("verified"));
    assert_value(&license, "compute-thresholds", "status", "lifted", &event("declared"));
    assert_value(&license, "consumer-hardware", "status", "not granted", &serde_json::json!({ "entry": 0 }));
    let models = attribute(&license, "models-and-products-ip", "status");
    assert_eq!(models["value"], "in force");
    let causes = models["next"][0]["first-of"].as_array().unwrap();
    assert!(!causes.is_empty() && causes.iter().all(|it| it["instant"].as_str() >= Some("2033-01-01")));
    // The event came from the ballot, and its entry is the last vote that was revealed.
    let because = &attribute(&license, "research-ip", "status")["because"];
    assert_eq!(because["ballot"], "verification#1/finding#1");
    let entry = because["entry"].to_string();
    let shown = asked(&stage, &["log", "show", &entry, "--json"]).json();
    assert!(shown["entry"]["statement"].as_str().unwrap().contains("\"type\":\"reveal\""));
}

#[test]
fn before_the_declaration_everything_is_as_at_the_opening() {
    let (stage, _) = played();
    let opening = license(&stage, "2025-10-28T16:00:00Z");
    let before = license(&stage, "2026-03-02T08:59:59Z");
    assert_eq!(values(&before), values(&opening));
    for (grant, value) in [
        ("research-ip", "in force"),
        ("models-and-products-ip", "in force"),
        ("revenue-share", "in force"),
        ("azure-api-exclusivity", "in force"),
        ("consumer-hardware", "not granted"),
        ("compute-thresholds", "apply"),
        ("right-of-first-refusal", "ended"),
    ] {
        assert_value(&before, grant, "status", value, &serde_json::json!({ "entry": 0 }));
    }
    // The declaration itself moves one term and no other.
    let declared = license(&stage, "2026-03-02T09:00:00Z");
    let moved: Vec<_> = values(&declared).into_iter().filter(|it| !values(&before).contains(it)).collect();
    assert_eq!(moved, [("compute-thresholds".to_owned(), "status".to_owned(), "lifted".to_owned())]);
}

#[test]
fn the_dates_of_the_contract_switch_by_themselves() {
    let (stage, _) = played();
    let then = license(&stage, "2033-01-02T00:00:00Z");
    assert_eq!(then["beyond-last-entry"], true);
    let status = attribute(&then, "models-and-products-ip", "status");
    assert_eq!(status["value"], "ended");
    assert!(status["because"]["instant"].as_str().unwrap().starts_with("2033-01-01T00:00:00"));
    assert_value(&then, "research-ip", "status", "ended", &event("verified"));
    // To the hour, in the table too: the day of an instant is another one elsewhere.
    let page = asked(&stage, &["license", "--at", "2033-01-02"]);
    for hour in ["08:00:00", "00:00:00", "-08:00"] {
        assert!(page.out.lines().any(|line| line.contains(hour) && !line.starts_with("at ")), "{page:?}");
    }

    // Without a declaration the other date does it.
    let stage = Stage::opened();
    let status = |at: &str| {
        let then = stage.ok(&format!("license --at {at}"));
        attribute(&then, "research-ip", "status").clone()
    };
    assert_eq!(status("2031-01-01T07:59:59Z")["value"], "in force");
    assert_eq!(status("2031-01-01T08:00:00Z")["value"], "ended");
    assert_eq!(status("2033-01-02T00:00:00Z")["because"]["instant"], "2031-01-01T00:00:00-08:00");
}

#[test]
fn two_runs_and_a_copy_give_the_same_bytes() {
    let (stage, _) = played();
    for at in ["2026-03-01T00:00:00Z", "2026-06-02T09:00:00Z", "2033-01-02T00:00:00Z"] {
        let once = asked(&stage, &["license", "--json", "--at", at]).out;
        assert_eq!(asked(&stage, &["license", "--json", "--at", at]).out, once);
        let copy = Stage::empty();
        copy_folder(&stage.path("demo/data"), &copy.path("demo/data"));
        assert_eq!(asked(&copy, &["license", "--json", "--at", at]).out, once);
    }
}

/// `tests/run` names a second build of the program, made with other settings: the answers are the same.
#[test]
fn another_build_gives_the_same_bytes() {
    let other =
        std::env::var_os("QUORATE_OTHER_BUILD").unwrap_or_else(|| env!("CARGO_BIN_EXE_quorate").into());
    let other = Path::new(&other).canonicalize().unwrap();
    let stage = Stage::empty();
    let run = |words: &[&str]| {
        let mut command = Command::new(&other);
        command
            .current_dir(stage.path(""))
            .env_remove("QUORATE_DATA")
            .env_remove("QUORATE_CLOCK")
            .args(words);
        let done = Done::of(command.output().unwrap());
        assert_eq!(done.code, 0, "{words:?}: {done:?}");
        done.out
    };
    run(&["demo", "--dir", "demo"]);
    let clock = ["--data", "demo/data", "--clock", "2026-07-01T00:00:00Z"];
    for words in [
        &["license", "--json", "--at", "2026-06-02T09:00:00Z"][..],
        &["license", "--json", "--at", "2033-01-02T00:00:00Z"],
        &["license"],
        &["status", "--json"],
        &["audit", "--json"],
        &["log", "--json"],
    ] {
        let words = [&clock[..], words].concat();
        let ours = Done::of(quorate(&stage.path("")).args(&words).output().unwrap());
        assert_eq!(ours.out, run(&words), "{words:?}");
    }
}

/// Pastes what the demo says to try next into a shell, a line after the other, and gives the lines back.
fn tried(words: &[&str]) -> Vec<String> {
    let stage = Stage::empty();
    let played = Done::of(quorate(&stage.path("")).arg("demo").args(words).output().unwrap());
    assert_eq!(played.code, 0, "{played:?}");
    let (_, next) = played.out.split_once("Try next\n").unwrap();
    let lines: Vec<String> = next.lines().map(str::to_owned).collect();
    for line in &lines {
        assert!(line.chars().count() <= 80 || line.contains("sha256:") || line.contains("cd "), "{line}");
    }
    // One that fails ends the shell with its exit code; `-x` tells which it was.
    let program = Path::new(env!("CARGO_BIN_EXE_quorate"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-e", "-x", "-c", next]).current_dir(stage.path("")).env("PATH", path);
    shell.env_remove("QUORATE_DATA").env_remove("QUORATE_CLOCK");
    let done = Done::of(shell.output().unwrap());
    assert_eq!(done.code, 0, "{next}\n{done:?}");
    // Each has been reached.
    assert_eq!(done.err.lines().filter(|line| line.starts_with("+ ")).count(), lines.len(), "{done:?}");
    lines
}

#[test]
fn what_the_demo_says_to_try_next_works() {
    let lines = tried(&["--dir", "it's my demo"]);
    assert!(lines.len() >= 8, "{lines:?}");
    // Left off while the ballot is open, and before there is any panel or declaration.
    let voting = tried(&["--dir", "stage", "--until", "2026-05-12"]);
    assert!(voting.iter().any(|line| line.contains("quorate ballot")), "{voting:?}");
    let early = tried(&["--dir", "stage", "--until", "2025-12-01"]);
    assert!(!early.iter().any(|line| line.contains("quorate ballot")), "{early:?}");
}

#[test]
fn the_demo_overwrites_nothing() {
    let (stage, _) = played();
    let before = fs::read(stage.path("demo/roster.toml")).unwrap();
    let again = Done::of(quorate(&stage.path("")).args(["demo", "--dir", "demo"]).output().unwrap());
    assert_eq!((again.code, again.out.as_str()), (2, ""));
    assert!(again.err.contains("--dir"), "{}", again.err);
    assert_eq!(fs::read(stage.path("demo/roster.toml")).unwrap(), before);
    let file =
        Done::of(quorate(&stage.path("")).args(["demo", "--dir", "demo/roster.toml"]).output().unwrap());
    assert_eq!(file.code, 2, "{file:?}");
}

#[test]
fn pages_of_the_demo_fit_eighty_columns() {
    let (_, told) = played();
    // Digests and keys stay whole, and commands to copy stay on one line.
    let whole = |line: &str| line.contains("sha256:") || line.contains('+') || line.trim().starts_with("cd ");
    let wide: Vec<&str> = told.lines().filter(|line| line.chars().count() > 80 && !whole(line)).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    // A command that needs two lines is one for a shell, and has a beginning.
    let joined = told.replace("\\\n      ", "");
    let commands: Vec<&str> = joined.lines().filter(|line| line.starts_with("  $ ")).collect();
    assert!(commands.iter().any(|line| line.chars().count() > 80), "{commands:?}");
    assert!(commands.iter().all(|line| !line.ends_with('\\') && !line.ends_with("--key")), "{commands:?}");
    assert!(commands.contains(
        &"  $ quorate declare --attach declaration=declaration.md --key openai-ceo --key openai-research"
    ));
}

#[test]
fn what_can_still_be_undone_is_told() {
    let (stage, _) = played();
    let license = license(&stage, "2026-06-03");
    let research = attribute(&license, "research-ip", "status");
    assert_eq!(
        (&research["back"]["event"], &research["next"]),
        (&"set-aside".into(), &serde_json::json!([]))
    );
    let why = asked(&stage, &["license", "--why", "research-ip"]).out;
    assert!(why.contains("the event `set-aside`") && !why.contains("Nothing moves it"), "{why}");
    // The step that would undo it stands among what can still be done.
    let status = asked(&stage, &["status", "--json"]).json();
    let tasks = status["tasks"].as_array().unwrap();
    assert!(tasks.iter().any(|task| task["what"] == "set-aside" && task["kind"] == "possible"), "{status}");
}

#[test]
fn tables_break_no_date_and_leave_no_blanks() {
    let stage = Stage::empty();
    let words = ["demo", "--dir", "demo", "--until", "2026-05-12"];
    let done = Done::of(quorate(&stage.path("")).args(words).output().unwrap());
    assert_eq!(done.code, 0, "{done:?}");
    let at = ["--clock", "2026-05-12T00:00:00Z"];
    let status = asked(&stage, &[&at[..], &["status"]].concat()).out;
    let (_, coming) = status.split_once("If nobody acts\n").unwrap();
    assert!(coming.contains("2026-05-25 09:00:00 UTC  in 13 days   verification#1  "), "{coming}");
    assert!(status.contains("\n  by itself, after 60 days\n") && !status.contains("by after"), "{status}");
    for words in [&["status"][..], &["license"], &["log"], &["what-if"], &["audit"]] {
        let told = asked(&stage, &[&at[..], words].concat()).out;
        assert!(!told.lines().any(|line| line.ends_with(' ')), "{words:?}: {told}");
        let fits = |line: &str| line.chars().count() <= 80 || line.contains("sha256:") || line.contains('+');
        assert!(told.lines().all(fits), "{words:?}: {told}");
    }
}
