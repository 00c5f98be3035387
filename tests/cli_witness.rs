//! `quorate witness` as an operator runs it: the folder, its key, its logs, a server that signals control.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "witness_support/process.rs"]
mod process;
mod witness_support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use process::{Desk, signal};
use quorate::log::{AddCheckpoint, WitnessKey};
use quorate::registry::{Clock as _, SystemClock};
use quorate::values::{Digest, Instant};
use quorate::witness::{WitnessDir, judge};
use serde_json::json;
use witness_support::{History, ORIGIN, post};

#[test]
fn a_witness_is_made_once_with_a_key_for_its_owner_alone() {
    let desk = Desk::empty();
    let made = desk.ok("witness init wit --name wit.example/w1");
    let key: WitnessKey = made["vkey"].as_str().unwrap().parse().unwrap();
    assert_eq!(key.name(), "wit.example/w1");
    let mode = fs::metadata(desk.path("wit/witness.key")).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode, 0o600);
    let shown = desk.ok("witness show wit");
    assert_eq!(shown, json!({ "vkey": key, "serving": false, "logs": [] }));

    let again = desk.fails("witness init wit --name wit.example/w2", 2);
    assert!(again.contains("is there already"), "{again}");
    for name in ["a+b", "", "a b", &"a".repeat(201)] {
        let refused = desk.fails_with(&["witness", "init", "other", "--name", name], 2);
        assert!(refused.contains("cannot name a witness"), "{refused}");
    }
    assert!(!desk.path("other").exists());

    // Its key is read by signing alone, and never by a mistake.
    let refused = desk.fails("check wit/witness.key", 2);
    assert!(refused.contains("private key"), "{refused}");
    fs::set_permissions(desk.path("wit/witness.key"), fs::Permissions::from_mode(0o640)).unwrap();
    assert!(desk.fails("witness show wit", 2).contains("chmod 600"));
}

#[test]
fn logs_are_added_by_key_by_policy_and_by_hand() {
    let desk = Desk::made();
    let (one, two) = (History::named("log.example/1", 0, 0), History::named("log.example/2", 0, 0));
    let (one, two) = (one.key.verifier(), two.key.verifier());
    desk.ok(&format!("witness add-log wit {one}"));
    desk.ok(&format!("witness add-log wit {one} --origin other.example"));
    fs::write(desk.path("policy"), format!("log {two} https://log.example\nquorum none\n")).unwrap();
    desk.ok("witness add-log wit --policy policy");
    let twice = desk.fails(&format!("witness add-log wit {one}"), 2);
    assert!(twice.contains("logs.toml") && twice.contains("there already"), "{twice}");
    let shown = desk.ok("witness show wit");
    let origins: Vec<&str> =
        shown["logs"].as_array().unwrap().iter().map(|log| log["origin"].as_str().unwrap()).collect();
    assert_eq!(origins, ["log.example/1", "log.example/2", "other.example"]);

    fs::write(desk.path("empty"), "quorum none\n").unwrap();
    assert!(desk.fails("witness add-log wit --policy empty", 2).contains("names no log"));
    desk.fails("witness add-log wit", 2);
    desk.fails("witness add-log wit nonsense", 2);
    desk.fails(&format!("witness add-log wit {}", witness_support::signer().verifier()), 2);
    fs::write(desk.path("wit/logs.toml"), "[[log]]\norigin = \"a\"\n").unwrap();
    assert!(desk.fails("witness show wit", 2).contains("logs.toml"));
}

#[test]
fn a_folder_that_has_forgotten_or_is_not_its_own_does_not_serve() {
    let desk = Desk::made();
    let missing = desk.fails("witness serve nowhere --listen 127.0.0.1:0", 2);
    assert!(missing.contains("witness init"), "{missing}");
    assert!(desk.fails("witness serve wit --listen 127.0.0.1:0 --clock 2026-01-01", 2).contains("--clock"));

    // The memory of another witness.
    desk.ok("witness init other --name wit.example/w2");
    fs::rename(desk.path("wit/state"), desk.path("kept")).unwrap();
    fs::rename(desk.path("other/state"), desk.path("wit/state")).unwrap();
    let refused = desk.fails("witness serve wit --listen 127.0.0.1:0", 1);
    assert!(refused.contains("wit.example/w2") && refused.contains("two histories"), "{refused}");
    // None at all, or an empty folder.
    fs::remove_dir_all(desk.path("wit/state")).unwrap();
    for _ in 0..2 {
        let refused = desk.fails("witness serve wit --listen 127.0.0.1:0", 1);
        assert!(refused.contains("forgotten"), "{refused}");
        let _ = fs::create_dir(desk.path("wit/state"));
    }
    // Its own again.
    fs::remove_dir_all(desk.path("wit/state")).unwrap();
    fs::rename(desk.path("kept"), desk.path("wit/state")).unwrap();
    let mut server = desk.serve();
    assert!(server.end().success());
}

/// The store of agreements advises a backup, or to write `accepted`: a witness would sign two histories by it.
#[test]
fn a_folder_that_went_back_or_is_damaged_is_never_to_be_restored_or_accepted() {
    let desk = Desk::made();
    let history = History::new(9);
    desk.ok(&format!("witness add-log wit {}", history.key.verifier()));
    let file = |name: &str| desk.path(&format!("wit/state/{name}"));
    let cosign = |old, size| {
        let mut server = desk.serve();
        assert_eq!(post(server.address, &history.body(old, size)).status, 200);
        assert!(server.end().success());
    };
    cosign(0, 3);
    fs::copy(file("db"), desk.path("old")).unwrap();
    cosign(3, 5);
    let (db, acknowledged) = (fs::read(file("db")).unwrap(), fs::read(file("acknowledged")).unwrap());
    let refused = |what: &str| {
        for line in ["witness serve wit --listen 127.0.0.1:0", "witness show wit"] {
            let told = desk.fails(line, 1);
            assert!(
                told.contains("new witness with a new key") && told.contains("Never restore"),
                "{what}: {told}"
            );
            for advice in ["restore it", "restore the folder", "accepted", "audit"] {
                assert!(!told.contains(advice), "{what}: {told}");
            }
        }
    };
    // It went back.
    fs::copy(desk.path("old"), file("db")).unwrap();
    refused("went back");
    // The record is unreadable, or says what goes for the store of agreements.
    for word in ["", "half", "accepted", "accepted\n"] {
        fs::write(file("acknowledged"), word).unwrap();
        refused(word);
    }
    // A page is damaged.
    fs::write(file("acknowledged"), &acknowledged).unwrap();
    let mut bytes = db.clone();
    let place = bytes.windows(ORIGIN.len()).position(|window| window == ORIGIN.as_bytes()).unwrap();
    bytes[place] ^= 1;
    fs::write(file("db"), bytes).unwrap();
    refused("damaged");
    // As it was.
    fs::write(file("db"), db).unwrap();
    cosign(5, 9);
}

#[test]
fn a_server_takes_up_logs_on_sighup_and_ends_on_sigterm() {
    let desk = Desk::made();
    let history = History::new(9);
    let mut server = desk.serve();
    assert_eq!(server.told["vkey"], json!(desk.key()));
    assert_eq!(post(server.address, &history.body(0, 3)).status, 404);
    desk.ok(&format!("witness add-log wit {}", history.key.verifier()));
    signal(&server.child, "HUP");
    server.logged("read anew");
    let answer = post(server.address, &history.body(0, 3));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.cosignature(&history.note(3), &desk.key());
    // A mistake in the file leaves the logs as they were.
    let logs = fs::read_to_string(desk.path("wit/logs.toml")).unwrap();
    fs::write(desk.path("wit/logs.toml"), "log = 1").unwrap();
    signal(&server.child, "HUP");
    server.logged("not read anew");
    // Nor does a stranger write to the operator's terminal.
    let note = history.note(3).to_string().replacen(ORIGIN, "\u{9b}31m\u{202e}log", 1);
    let request = AddCheckpoint { checkpoint: note.into_bytes(), ..history.request(0, 3) };
    assert_eq!(post(server.address, &request.to_bytes()).status, 404);
    let told = server.logged("is not known");
    assert!(told.contains("\\u{9b}31m\\u{202e}log") && !told.contains('\u{9b}'), "{told}");
    assert_eq!(post(server.address, &history.body(3, 4)).status, 200);
    fs::write(desk.path("wit/logs.toml"), logs).unwrap();

    // One process alone may sign.
    let busy = desk.fails("witness serve wit --listen 127.0.0.1:0", 4);
    assert!(busy.contains("another quorate process"), "{busy}");
    let shown = desk.shows("witness show wit");
    let hash = Digest::of(ORIGIN.as_bytes()).hex();
    assert!(shown.contains(&format!("GET /{hash}/checkpoint")), "{shown}");
    let shown = desk.ok("witness show wit");
    assert_eq!((&shown["serving"], &shown["logs"][0]["head"]), (&json!(true), &json!(null)));

    assert!(server.end().success());
    let shown = desk.ok("witness show wit");
    assert_eq!(shown["serving"], false);
    assert_eq!(shown["logs"][0]["origin"], ORIGIN);
    assert_eq!(shown["logs"][0]["head"], json!(history.head(4)));
}

/// Signed once, a time of the far future would keep the witness from signing anything when the clock is right again.
#[test]
fn a_clock_that_jumped_ahead_is_not_signed_unless_the_operator_says_that_it_is_right() {
    let desk = Desk::made();
    let (history, other) = (History::new(9), History::named("other.example", 9, 9));
    for history in [&history, &other] {
        desk.ok(&format!("witness add-log wit {}", history.key.verifier()));
    }
    // It cosigned last 401 days ago.
    let folder = WitnessDir::open(&desk.path("wit")).unwrap();
    let submission = judge::read(&folder.logs().unwrap(), &history.body(0, 3)).unwrap();
    let before = SystemClock.now().unix() - 401 * 86_400;
    let mut state = folder.open_state().unwrap();
    state.take(&[submission], Instant::from_unix(before)).unwrap().remove(0).unwrap();
    drop(state);
    let mut server = desk.serve();
    for body in [history.body(3, 5), other.body(0, 5)] {
        let answer = post(server.address, &body);
        assert!(answer.status == 503 && answer.body.contains("400 days"), "{answer:?}");
    }
    let told = server.logged("the clock has jumped");
    assert!(told.contains("ERROR") && told.contains("--accept-clock-jump"), "{told}");
    assert!(server.end().success());
    let mut server = desk.serve_with(&[], &["--accept-clock-jump"]);
    assert_eq!(post(server.address, &history.body(3, 5)).status, 200);
    assert!(server.end().success());
    // The memory has followed.
    let mut server = desk.serve();
    assert_eq!(post(server.address, &history.body(5, 9)).status, 200);
    assert_eq!(post(server.address, &other.body(0, 5)).status, 200);
    assert!(server.end().success());
}

#[test]
fn two_histories_are_shown_to_the_operator() {
    let desk = Desk::made();
    let (history, forked) = (History::new(9), History::forked(9, 1));
    desk.ok(&format!("witness add-log wit {}", history.key.verifier()));
    let mut server = desk.serve();
    assert_eq!(post(server.address, &history.body(0, 9)).status, 200);
    assert_eq!(post(server.address, &forked.body(9, 9)).status, 422);
    server.logged("two histories");
    assert!(server.end().success());
    let shown = desk.ok("witness show wit");
    assert_eq!((&shown["logs"][0]["evidence"], &shown["logs"][0]["forks"]), (&json!(2), &json!([9])));
}

#[test]
fn an_address_that_cannot_be_listened_on_is_told() {
    let desk = Desk::made();
    let mut server = desk.serve();
    desk.ok("witness init other --name wit.example/w2");
    let refused = desk.fails(&format!("witness serve other --listen {}", server.address), 2);
    assert!(refused.contains("cannot listen on"), "{refused}");
    assert!(server.end().success());
}
