//! The program itself, run as people run it: in a folder of its own, at a time that the test says.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests
#![allow(dead_code)] // each test binary uses a part

pub mod cosigned;
#[path = "../shared/folders.rs"]
mod folders;
pub mod forge;
pub mod redacted;
pub mod site;
pub mod terminal;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

pub use folders::copy_folder;
use serde_json::Value;
use tempfile::TempDir;

pub const OPENED: &str = "2025-10-28T16:00:00Z";
pub const DECLARED: &str = "2026-03-02T09:00:00Z";
pub const NOMINATED: &str = "2026-03-09T09:00:00Z";
pub const SEATED: &str = "2026-03-12T09:00:00Z";
/// The ballot opens by itself on 11 May, sixty days after the panel sits, and closes fourteen days later.
pub const VOTING: &str = "2026-05-12T09:00:00Z";
pub const CLOSED: &str = "2026-05-26T09:00:00Z";

pub const SEATS: [&str; 7] = ["o1", "o2", "m1", "m2", "i1", "i2", "i3"];
pub const PARTIES: &str = "--key openai-ceo --key openai-counsel --key microsoft-ceo --key microsoft-counsel";
const OFFICERS: [(&str, &str); 7] = [
    ("openai/ceo", "openai-ceo"),
    ("openai/counsel", "openai-counsel"),
    ("openai/research", "openai-research"),
    ("microsoft/ceo", "microsoft-ceo"),
    ("microsoft/counsel", "microsoft-counsel"),
    ("microsoft/cloud", "microsoft-cloud"),
    ("authority/registrar", "registrar"),
];

/// The program, with nothing of the tester's own settings, and without the tester's terminal: what would ask for a
/// passphrase there fails instead.
pub fn quorate(folder: &Path) -> Command {
    let mut command = Command::new("setsid");
    command
        .arg("--wait")
        .arg(env!("CARGO_BIN_EXE_quorate"))
        .current_dir(folder)
        .env("HOME", folder)
        .stdin(Stdio::null());
    for name in ["QUORATE_DATA", "QUORATE_CLOCK", "QUORATE_LOG", "XDG_DATA_HOME", "SSH_AUTH_SOCK"] {
        command.env_remove(name);
    }
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

/// The words of a line; what stands between apostrophes is one word.
pub fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let words = |(number, part): (usize, &str)| match number % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    };
    parts.flat_map(words).collect()
}

/// How a command ended.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Done {
    pub fn of(output: Output) -> Self {
        let code = output.status.code().unwrap_or_else(|| panic!("ended by a signal: {output:?}"));
        let out = String::from_utf8(output.stdout).unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(!err.contains("panicked"), "{err}");
        Self { code, out, err }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("no JSON: {error}\n{self:?}"))
    }
}

/// A folder in which people work: `data` with everybody's keys, and files beside it.
pub struct Stage {
    folder: PathBuf,
    /// Removes the folder in the end.
    _temporary: Option<TempDir>,
    /// What `--clock` says.
    pub clock: String,
}

impl Stage {
    /// An empty folder.
    pub fn empty() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().canonicalize().unwrap();
        Self { folder, _temporary: Some(temporary), clock: OPENED.to_owned() }
    }

    /// A folder that is made once a test binary and copied by its tests.
    pub fn lasting(self, name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(env!("CARGO_CRATE_NAME")).join(name);
        let _ = fs::remove_dir_all(&folder);
        copy_folder(&self.folder, &folder);
        Self { folder, _temporary: None, clock: self.clock.clone() }
    }

    /// Keys, workflow, contract, roster and documents; no agreement yet.
    pub fn prepared() -> Self {
        static MADE: OnceLock<Stage> = OnceLock::new();
        MADE.get_or_init(|| Self::made().lasting("prepared")).copy(OPENED)
    }

    fn made() -> Self {
        let stage = Self::empty();
        stage.ok("init --log-name test.example");
        for name in OFFICERS.iter().map(|(_, name)| name).chain(&SEATS) {
            stage.ok(&format!("key new {name} --no-passphrase"));
        }
        stage.write_roster("roster.toml");
        // The workflow as it shipped before its ballot was sealed: here everybody sees each vote as it comes.
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::copy(root.join("tests/workflows/agi-2025-open.toml"), stage.path("agi-2025.toml")).unwrap();
        fs::copy(root.join("workflows/agi-2025.contract.txt"), stage.path("agi-2025.contract.txt")).unwrap();
        for name in ["declaration.md", "interests.md", "why.md", "report.md"] {
            stage.write(name, &format!("The file {name}. SPECIMEN.\n"));
        }
        stage
    }

    /// The agreement is open.
    pub fn opened() -> Self {
        static MADE: OnceLock<Stage> = OnceLock::new();
        let make = || {
            let stage = Self::prepared();
            stage.ok(&format!("{OPEN} {PARTIES}"));
            stage.lasting("opened")
        };
        MADE.get_or_init(make).copy(OPENED)
    }

    /// OpenAI has declared, and all seven panelists sit. Until 11 May evidence is filed.
    pub fn seated() -> Self {
        static MADE: OnceLock<Stage> = OnceLock::new();
        let make = || {
            let mut stage = Self::opened();
            stage.declare_and_seat();
            stage.lasting("seated")
        };
        MADE.get_or_init(make).copy(SEATED)
    }

    /// OpenAI declares, and all seven panelists take their seats.
    pub fn declare_and_seat(&mut self) {
        DECLARED.clone_into(&mut self.clock);
        self.ok(DECLARE);
        NOMINATED.clone_into(&mut self.clock);
        for seat in SEATS {
            self.ok(&nomination(seat, seat));
        }
        SEATED.clone_into(&mut self.clock);
        for seat in SEATS {
            self.ok(&format!("accept-seat --seat {seat} --disclosure interests.md --key {seat}"));
        }
    }

    /// The ballot is open, and nobody has voted.
    pub fn voting() -> Self {
        let mut stage = Self::seated();
        VOTING.clone_into(&mut stage.clock);
        stage
    }

    /// The same folder again, to go on in it apart from this one.
    pub fn copy(&self, clock: &str) -> Self {
        let mut copy = Self::empty();
        copy_folder(&self.folder, &copy.folder);
        clock.clone_into(&mut copy.clock);
        copy
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The roster of all officers, from the public keys in `data/keys`.
    pub fn write_roster(&self, name: &str) {
        let officer = |(holder, key): &(&str, &str)| {
            let public = self.read(&format!("data/keys/{key}.pub"));
            let key = public.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
            format!("[[officer]]\nholder = \"{holder}\"\nperson = \"Somebody Example\"\nkey = \"{key}\"\n")
        };
        self.write(name, &OFFICERS.iter().map(officer).collect::<String>());
    }

    /// The program in this folder, with `--data data` and the clock.
    pub fn command(&self, line: &str) -> Command {
        let mut command = quorate(&self.folder);
        command.args(["--data", "data", "--clock", &self.clock]).args(words(line));
        command
    }

    pub fn run(&self, line: &str) -> Done {
        Done::of(self.command(line).output().unwrap())
    }

    /// What a command answers with `--json`, which must succeed.
    pub fn ok(&self, line: &str) -> Value {
        let done = self.run(&format!("{line} --json"));
        assert_eq!(done.code, 0, "{line}: {done:?}");
        done.json()
    }

    /// What a command says on standard error when it ends with `code`, once for people and once as JSON.
    pub fn fails(&self, line: &str, code: i32) -> String {
        let done = self.run(line);
        assert_eq!((done.code, done.out.as_str()), (code, ""), "{line}: {done:?}");
        done.err
    }

    /// A command is refused by this rule, says why and what to do, and the log stays as it is.
    pub fn refused(&self, line: &str, rule: &str) -> String {
        let before = self.head();
        let told = self.fails(line, 3);
        let (why, instead) = told.trim_end().split_once('\n').unwrap_or_else(|| panic!("{told}"));
        assert!(why.starts_with(&format!("error [{rule}]: ")), "{line}: {told}");
        assert!(instead.len() > 10, "{line} says nothing of what to do: {told}");
        let error = self.run(&format!("{line} --json")).json();
        assert_eq!((&error["error"]["rule"], &error["error"]["code"]), (&rule.into(), &3.into()), "{error}");
        assert_eq!(self.head(), before, "{line} changed the log");
        told
    }

    /// The head of the log, by an audit that passes.
    pub fn head(&self) -> Value {
        self.ok("audit")["head"].clone()
    }

    /// `ssh-keygen -Y sign` with a key of the data folder, which writes `FILE.sig`.
    pub fn ssh_sign(&self, key: &str, file: &str) {
        let key = format!("data/keys/{key}");
        self.program("ssh-keygen", &["-q", "-Y", "sign", "-n", "quorate/statement/v1", "-f", &key, file]);
    }

    /// Another program in this folder, which must succeed.
    pub fn program(&self, name: &str, words: &[&str]) -> String {
        let mut command = Command::new(name);
        let done = Done::of(command.args(words).current_dir(&self.folder).output().unwrap());
        assert_eq!(done.code, 0, "{name} {words:?}: {done:?}");
        done.out
    }
}

pub const OPEN: &str =
    "open agi-2025 --workflow agi-2025.toml --contract agi-2025.contract.txt --roster roster.toml";
pub const DECLARE: &str =
    "declare --attach declaration=declaration.md --key openai-ceo --key openai-research";

/// The nomination of whoever has `key` for a seat, by whoever appoints to it.
pub fn nomination(seat: &str, key: &str) -> String {
    let by = match &seat[..1] {
        "o" => "--key openai-ceo --key openai-counsel",
        "m" => "--key microsoft-ceo --key microsoft-counsel",
        _ => "--key registrar",
    };
    format!("nominate {seat} --person 'Panelist {seat}' --nominee-key {key} {by}")
}

/// The only attribute, or the named one, of a grant in an answer of `license`.
pub fn attribute<'a>(license: &'a Value, grant: &str, name: &str) -> &'a Value {
    let grants = license["grants"].as_array().unwrap();
    let grant = grants.iter().find(|it| it["grant"] == grant).unwrap_or_else(|| panic!("no {grant}"));
    let attributes = grant["attributes"].as_array().unwrap();
    attributes.iter().find(|it| it["attribute"] == name).unwrap_or_else(|| panic!("no {name}: {grant}"))
}
