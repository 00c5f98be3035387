//! `quorate submit` and `quorate vote` killed at any instant: the statement is then in the log or it is not, and
//! submitting the same parcel again gives it one entry, never two.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod registry_support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use quorate::store::data::DataDir;
use quorate::store::{SledStore, Store as _};
use quorate::values::Digest;
use registry_support::{CONTRACT, WORKFLOW, check, entries, seed, spawn, statement_of};
use serde_json::Value;

/// The members who vote, each with a key of that name.
const MEMBERS: [&str; 3] = ["n1", "n2", "s1"];

/// A folder with data, keys and files, and the commands that are run in it.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    /// Opens the agreement, fills three seats and opens the ballot, by commands alone.
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        desk.done("init --log-name log.example");
        let mut roster = String::new();
        for party in ["north", "south"] {
            let key = desk.key(party);
            write!(roster, "[[officer]]\nholder = \"{party}/chief\"\nperson = \"Chief\"\nkey = \"{key}\"\n")
                .unwrap();
        }
        fs::write(desk.path("roster.toml"), roster).unwrap();
        fs::write(desk.path("panel.toml"), WORKFLOW).unwrap();
        fs::write(desk.path("contract.txt"), CONTRACT).unwrap();
        fs::write(desk.path("interests.md"), "None.").unwrap();
        desk.done(
            "open panel --workflow panel.toml --contract contract.txt --roster roster.toml --key north --key south",
        );
        for member in MEMBERS {
            desk.key(member);
            let party = if member.starts_with('n') { "north" } else { "south" };
            desk.done(&format!("nominate {member} --person {member} --nominee-key {member} --key {party}"));
            desk.done(&format!("accept-seat --key {member}"));
        }
        desk.done("do ask --key north");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn with_store<T>(&self, see: impl FnOnce(&SledStore) -> T) -> T {
        let data = DataDir::open(&self.path("data")).unwrap();
        registry_support::with_store(&data.store_path(), &data.blobs_path(), |store| see(&store))
    }

    /// The log as it is stored, and its anchor.
    fn log(&self) -> (Digest, Vec<Vec<u8>>) {
        self.with_store(|store| {
            let anchor = store.agreements().unwrap()[0];
            (anchor, entries(store, &anchor))
        })
    }

    fn key(&self, name: &str) -> String {
        self.done(&format!("key new {name} --no-passphrase"))["key"].as_str().unwrap().to_owned()
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command.current_dir(self.folder.path()).env("QUORATE_DATA", "data").env_remove("QUORATE_CLOCK");
        command.arg("--json").args(line.split(' ')).stdin(Stdio::null());
        command
    }

    /// Runs a command that must succeed, and gives its record.
    fn done(&self, line: &str) -> Value {
        let Output { status, stdout, stderr } =
            spawn(self.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()))
                .wait_with_output()
                .unwrap();
        assert!(status.success(), "{line}: {}", String::from_utf8_lossy(&stderr));
        serde_json::from_slice(&stdout).unwrap()
    }

    /// Kills a command after `patience`; whether that came before its end.
    fn killed(&self, line: &str, patience: Duration) -> bool {
        let mut command = self.command(line);
        let mut child = spawn(command.stdout(Stdio::null()).stderr(Stdio::null()));
        std::thread::sleep(patience);
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert!(status.success() || status.signal() == Some(9), "{line}: {status}");
        status.signal().is_some()
    }
}

/// A random part of the time that a whole command takes, and a little beyond.
fn patience(whole: Duration, seed: u64, number: u64) -> Duration {
    let random = Digest::of(&[seed, number].map(u64::to_be_bytes).concat()).0;
    whole * u32::from(random[0]) / 220
}

const KILLS: u64 = 20;

#[test]
fn a_parcel_whose_submission_was_killed_gets_one_entry_however_often_it_is_submitted() {
    let (seed, desk) = (seed(), Desk::new());
    let (anchor, mut before) = desk.log();
    let mut whole = Duration::from_millis(100);
    let (mut killed, mut number) = (0, 0);
    while killed < KILLS {
        number += 1;
        let (member, choice) =
            (MEMBERS[usize::try_from(number % 3).unwrap()], ["yes", "no"][usize::from(number % 2 == 0)]);
        // Every other parcel brings a document.
        let what = if number % 2 == 0 {
            format!("vote --choice {choice}")
        } else {
            "disclose interests.md".to_owned()
        };
        let parcel = format!("parcel-{number}.json");
        desk.done(&format!("{what} --key {member} --out {parcel}"));
        let statement = Digest::of(&fs::read(desk.path(&parcel)).unwrap());
        let submit = format!("submit {parcel}");
        killed += u64::from(desk.killed(&submit, patience(whole, seed, number)));

        let found = desk.with_store(|store| store.find(&anchor, &statement).unwrap());
        let submitted = before.iter().map(|entry| statement_of(entry)).chain([statement]).collect();
        let size = desk.with_store(|store| check(store, anchor, &submitted, &[]));
        assert_eq!(size, before.len() as u64 + u64::from(found.is_some()));

        let began = Instant::now();
        let again = desk.done(&submit);
        whole = began.elapsed();
        let place = before.len() as u64;
        assert_eq!((again["entry"].as_u64(), again["known"].as_bool()), (Some(place), Some(found.is_some())));
        let once_more = desk.done(&submit);
        assert_eq!((once_more["entry"].as_u64(), once_more["known"].as_bool()), (Some(place), Some(true)));
        assert_eq!(desk.with_store(|store| check(store, anchor, &submitted, &[])), place + 1);
        before = desk.log().1;
    }
    desk.done(&format!("audit --anchor {anchor}"));
    println!("{KILLS} of {number} submissions were killed");
}

#[test]
fn a_vote_that_was_killed_is_in_the_log_as_a_whole_or_not_at_all() {
    let (seed, desk) = (seed(), Desk::new());
    let began = Instant::now();
    desk.done("vote --choice yes --key n1");
    let whole = began.elapsed();
    let (anchor, mut before) = desk.log();
    let (mut killed, mut number) = (0, 0);
    while killed < KILLS {
        number += 1;
        let member = MEMBERS[usize::try_from(number % 3).unwrap()];
        let vote = format!("vote --choice no --key {member}");
        killed += u64::from(desk.killed(&vote, patience(whole, seed, number)));
        let (_, after) = desk.log();
        assert!(after.starts_with(&before) && after.len() <= before.len() + 1, "more than was said");
        let submitted: BTreeSet<Digest> = after.iter().map(|entry| statement_of(entry)).collect();
        desk.with_store(|store| check(store, anchor, &submitted, &[]));
        before = after;
    }
    // Whatever was left behind, everybody can go on.
    for member in MEMBERS {
        desk.done(&format!("vote --choice yes --key {member}"));
    }
    assert_eq!(desk.log().1.len(), before.len() + MEMBERS.len());
    desk.done(&format!("audit --anchor {anchor}"));
    println!("{KILLS} of {number} votes were killed");
}
