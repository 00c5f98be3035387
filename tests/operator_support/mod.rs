//! A log that the tester keeps, with its key, and everybody else's view of it: what the operator does to its entries
//! is signed as the log itself would have signed it, and published as it would have published it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::fs;
use std::sync::OnceLock;

use quorate::log::tile::{bundles, tiles};
use quorate::log::{Checkpoint, Hash, MemoryTree};
use quorate::signer::{Places, Signer};
use quorate::statement::{Entry, Envelope, Signature, Statement};
use quorate::values::Instant;
use serde_json::Value;

use crate::cli_support::cosigned::{operator_key, relying};
use crate::cli_support::forge::entries;
use crate::cli_support::{Done, SEATS, Stage, VOTING};

/// The votes of o1, o2 and m1, each of which names a head with those before it.
pub const VOTES: usize = 17;
/// The votes of i1 and i2, on the paper of 20 entries: nobody has named a head with either.
pub const TAIL: usize = 20;
/// How many entries there are.
pub const SIZE: usize = 22;
/// What i2 was given for the last entry.
pub const RECEIPT: &str = "data/receipts/agi-2025/21.tlog-proof";
/// The vote of i3 on the same paper, signed and never submitted.
pub const UNSENT: &str = "i3.json";

/// A log with its key in the tester's hands, honest so far and exported to `public`.
pub struct Log {
    pub stage: Stage,
    pub anchor: String,
    pub entries: Vec<Vec<u8>>,
}

impl Log {
    /// A declaration on which five of six electors have voted, m2 being recused. The agreement relies on two of three
    /// witnesses, none of which was asked yet. `operator` is a key of the operator's own.
    pub fn voted() -> Self {
        static MADE: OnceLock<Stage> = OnceLock::new();
        let stage = MADE.get_or_init(|| made().lasting("voted")).copy("2026-05-12T12:00:00Z");
        let (anchor, entries) = entries(&stage);
        assert_eq!(entries.len(), SIZE);
        Self { stage, anchor: anchor.to_string(), entries }
    }

    /// Publishes these entries in a new folder, under a tree and a checkpoint that fit.
    pub fn show(&self, folder: &str, entries: &[Vec<u8>]) {
        let _ = fs::remove_dir_all(self.stage.path(folder));
        let tree = tree(entries);
        let put = |name: &str, bytes: &[u8]| {
            let path = self.stage.path(folder).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        for tile in tiles(tree.size()) {
            put(&tile.to_string(), &tile.bytes(&tree).unwrap());
        }
        for bundle in bundles(tree.size()) {
            let range = bundle.entries();
            let here = &entries[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
            put(&bundle.to_string(), &bundle.bytes(here).unwrap());
        }
        let checkpoint = self.checkpoint(entries);
        put("checkpoint", checkpoint.as_bytes());
        put(&format!("checkpoints/{}", tree.size()), checkpoint.as_bytes());
        put("log.vkey", format!("{}\n", operator_key(&self.stage).verifier()).as_bytes());
    }

    /// The log's signature under the head of these entries.
    pub fn checkpoint(&self, entries: &[Vec<u8>]) -> String {
        let key = operator_key(&self.stage);
        let checkpoint = Checkpoint { origin: key.name().to_owned(), head: tree(entries).head() };
        checkpoint.sign(&key).unwrap().to_string()
    }

    /// The commands of everybody else, in which `{}` is the folder that they are shown: this one passes.
    #[track_caller]
    pub fn passes(&self, command: &str, folder: &str) -> Value {
        self.stage.ok(&command.replace("{}", folder))
    }

    /// The honest log passes this command, and what is shown does not: the fault at this place stands for itself.
    #[track_caller]
    pub fn found(&self, command: &str, place: &str, rule: &str) -> Value {
        self.passes(command, "public");
        let line = command.replace("{}", "shown");
        let done = self.stage.run(&format!("{line} --json"));
        assert_eq!(done.code, 1, "{line}: {done:?}");
        let findings = done.json()["findings"].as_array().unwrap().clone();
        let meant = |it: &&Value| it["follows"].is_null() && it["place"] == place && it["rule"] == rule;
        let found = findings.iter().find(meant);
        let found = found.unwrap_or_else(|| panic!("{line}: no {rule} at {place}: {findings:#?}"));
        let page = self.stage.run(&line);
        assert!(page.code == 1 && page.out.contains(place), "{line}: {page:?}");
        found.clone()
    }

    /// The plain audit of whoever knows the anchor finds this in these entries.
    #[track_caller]
    pub fn audit_finds(&self, entries: &[Vec<u8>], place: &str, rule: &str) {
        self.show("shown", entries);
        self.found(&self.audit(), place, rule);
    }

    /// `audit` by whoever knows the anchor.
    pub fn audit(&self) -> String {
        format!("audit {{}} --anchor {}", self.anchor)
    }

    /// The vote that i3 never sent, changed and signed with these keys, as an entry of this time.
    pub fn unsent(&self, time: &str, keys: &[&str], change: impl FnOnce(&mut Statement)) -> Vec<u8> {
        self.entry(time, &self.stage.read(UNSENT), keys, change)
    }

    /// What an entry says, changed and signed with these keys, as an entry of the same time.
    pub fn resigned(&self, index: usize, keys: &[&str], change: impl FnOnce(&mut Statement)) -> Vec<u8> {
        let Entry { time, envelope } = Entry::parse(&self.entries[index]).unwrap();
        self.entry(&time.to_string(), &envelope.statement, keys, change)
    }

    fn entry(&self, time: &str, text: &str, keys: &[&str], change: impl FnOnce(&mut Statement)) -> Vec<u8> {
        let mut statement = Statement::parse(text).unwrap();
        change(&mut statement);
        let text = statement.to_text();
        let signatures = keys.iter().map(|key| self.sign(key, &text)).collect();
        Entry { time: time.parse().unwrap(), envelope: Envelope::new(text, signatures) }.to_bytes().unwrap()
    }

    fn sign(&self, key: &str, text: &str) -> Signature {
        let places = Places { keys: self.stage.path("data/keys"), agent: None };
        let signer = Signer::find(key, &places, &mut |path| panic!("{} asks", path.display()));
        signer.unwrap().sign(text).unwrap()
    }

    /// Two entries exchanged, each with the time of the place to which it came.
    pub fn exchanged(&self, one: usize, other: usize) -> Vec<Vec<u8>> {
        let mut all = self.entries.clone();
        all[one] = with_time(&self.entries[other], time(&self.entries[one]));
        all[other] = with_time(&self.entries[one], time(&self.entries[other]));
        all
    }
}

fn made() -> Stage {
    let mut stage = relying();
    stage.ok("key new operator --no-passphrase");
    stage.declare_and_seat();
    stage.ok("recuse --reason 'An interest' --key m2");
    VOTING.clone_into(&mut stage.clock);
    let vote = "vote --choice met --rationale why.md";
    for (minute, seat) in SEATS[..3].iter().enumerate() {
        stage.clock = format!("2026-05-12T09:{minute:02}:00Z");
        stage.ok(&format!("{vote} --key {seat}"));
    }
    stage.ok("ballot --out paper.toml");
    for seat in ["i1", "i2", "i3"] {
        stage.ok(&format!("{vote} --ballot paper.toml --key {seat} --out {seat}.json"));
    }
    for (hour, seat) in [(10, "i1"), (11, "i2")] {
        stage.clock = format!("2026-05-12T{hour}:00:00Z");
        stage.ok(&format!("submit {seat}.json"));
    }
    stage.ok("export public");
    stage
}

pub fn tree(entries: &[Vec<u8>]) -> MemoryTree {
    entries.iter().map(|bytes| Hash::leaf(bytes)).collect()
}

pub fn time(entry: &[u8]) -> Instant {
    Entry::parse(entry).unwrap().time
}

pub fn with_time(entry: &[u8], time: Instant) -> Vec<u8> {
    Entry { time, ..Entry::parse(entry).unwrap() }.to_bytes().unwrap()
}

/// These entries and one more.
pub fn with(entries: &[Vec<u8>], more: Vec<u8>) -> Vec<Vec<u8>> {
    entries.iter().cloned().chain([more]).collect()
}

/// What a command said to people, in one line.
pub fn told(done: &Done) -> String {
    done.out.split_whitespace().collect::<Vec<_>>().join(" ")
}
