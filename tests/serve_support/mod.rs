//! What tests of `quorate serve` share: machines, a server that is a process of its own, and a case run over it.
#![allow(dead_code)] // no test uses all of it

pub mod restricted;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use quorate::net::Client;
use serde_json::Value;

use crate::cli_support::{Done, quorate, words};

pub const SEATS: [&str; 10] = ["n1", "n2", "n3", "n4", "n5", "s1", "s2", "s3", "s4", "s5"];

/// A machine: a folder with keys, and perhaps a server that it asks.
pub struct Machine {
    pub _folder: tempfile::TempDir,
    pub path: PathBuf,
    pub server: Option<String>,
}

impl Machine {
    pub fn new(server: Option<&Server>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        Self { _folder: folder, path, server: server.map(|it| it.url.clone()) }
    }

    pub fn run(&self, line: &str) -> Done {
        let mut command = quorate(&self.path);
        command.args(words(line)).args(["--data", "data", "--json"]).env_remove("QUORATE_SERVER");
        if let Some(server) = &self.server {
            command.env("QUORATE_SERVER", server);
        }
        Done::of(command.output().unwrap())
    }

    pub fn ok(&self, line: &str) -> Value {
        let done = self.run(line);
        assert_eq!(done.code, 0, "{line}\n{done:?}");
        if done.out.is_empty() { Value::Null } else { done.json() }
    }

    /// The error of a command that ends with this code.
    pub fn fails(&self, line: &str, code: i32) -> Value {
        let done = self.run(line);
        assert_eq!(done.code, code, "{line}\n{done:?}");
        done.json()["error"].clone()
    }

    pub fn takes_key(&self, from: &Self, name: &str) {
        fs::create_dir_all(self.path.join("data/keys")).unwrap();
        for file in [name.to_owned(), format!("{name}.pub")] {
            fs::copy(from.path.join("data/keys").join(&file), self.path.join("data/keys").join(&file))
                .unwrap();
        }
    }
}

/// An operator's machine with an agreement that is open and nothing more.
pub fn operator() -> Machine {
    operator_of(|workflow| workflow)
}

/// With another workflow, made of the usual one, whose ballot is open for years.
pub fn operator_of(workflow: impl FnOnce(String) -> String) -> Machine {
    let operator = prepared(workflow);
    open(&operator, "");
    operator
}

/// A machine on which everything is ready to open the agreement.
pub fn prepared(workflow: impl FnOnce(String) -> String) -> Machine {
    let operator = Machine::new(None);
    operator.ok("init --log-name test.example");
    for key in ["north", "south"].into_iter().chain(SEATS) {
        operator.ok(&format!("key new {key} --no-passphrase"));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("tests/registry_support/panel.toml")).unwrap();
    fs::write(operator.path.join("panel.toml"), workflow(text)).unwrap();
    fs::write(operator.path.join("contract.txt"), "The test's own contract.\n").unwrap();
    operator
}

/// Opens the agreement with the keys of the two parties that are there.
pub fn open(operator: &Machine, options: &str) {
    let officer = |party: &str| {
        let key = fs::read_to_string(operator.path.join(format!("data/keys/{party}.pub"))).unwrap();
        // A roster names keys without their comments.
        let key: Vec<&str> = key.split_whitespace().take(2).collect();
        let key = key.join(" ");
        format!("[[officer]]\nholder = \"{party}/officer\"\nperson = \"{party}\"\nkey = \"{key}\"\n")
    };
    fs::write(operator.path.join("roster.toml"), officer("north") + &officer("south")).unwrap();
    operator.ok(&format!(
        "open panel --workflow panel.toml --contract contract.txt --roster roster.toml --key north --key south {options}"
    ));
}

/// The process that serves.
pub struct Server {
    pub process: Child,
    pub url: String,
}

impl Server {
    pub fn start(operator: &Machine) -> Self {
        Self::start_with(operator, &[])
    }

    /// With further options.
    pub fn start_with(operator: &Machine, options: &[&str]) -> Self {
        Self::of(&operator.path, options)
    }

    /// Of the data folder in a folder.
    pub fn of(folder: &Path, options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data", "data"]).args(options);
        command.current_dir(folder);
        for name in ["QUORATE_DATA", "QUORATE_CLOCK", "QUORATE_SERVER", "QUORATE_LOG"] {
            command.env_remove(name);
        }
        let log = fs::File::create(folder.join("serve.log")).unwrap();
        let mut process = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}"));
        Self { process, url: format!("http://{address}") }
    }

    pub fn get(&self, path: &str) -> Value {
        let bytes = client().get(&format!("{}{path}", self.url), 1 << 20).unwrap().unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    pub fn post(&self, kind: &str, body: &[u8]) -> (u16, Value) {
        let answer = client().post(&format!("{}/v1/statements", self.url), kind, body, 1 << 20).unwrap();
        assert_eq!(answer.content_type.as_deref().unwrap_or(""), "application/problem+json");
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.url.strip_prefix("http://").unwrap()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Listens to what is new, perhaps after the last entry that it has.
    pub fn listen(&self, last: Option<u64>) -> Events {
        let mut stream = self.connect();
        let last = last.map(|last| format!("Last-Event-ID: {last}\r\n")).unwrap_or_default();
        let head = format!("GET /v1/agreements/panel/events HTTP/1.1\r\nHost: log\r\n{last}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut events = Events(BufReader::new(stream));
        events.until("listening");
        events
    }

    /// Sends SIGTERM and waits for the end.
    pub fn stop(mut self) -> Option<i32> {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.process.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub struct Events(pub BufReader<TcpStream>);

impl Events {
    /// Reads up to a line that has this in it, and gives that line.
    pub fn until(&mut self, words: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream ended before `{words}`");
            if line.contains(words) {
                return line.trim().to_owned();
            }
        }
    }

    /// The entries told next, in order, up to this one.
    pub fn entries_up_to(&mut self, last: u64) -> Vec<u64> {
        let mut entries = Vec::new();
        while entries.last() != Some(&last) {
            entries.push(self.until("id: ").strip_prefix("id: ").unwrap().parse().unwrap());
        }
        entries
    }
}

pub fn client() -> Client {
    Client::new(Duration::from_secs(60))
}

/// Everybody is seated and the ballot is open: by people who have the server's address and their keys.
pub fn voting(operator: &Machine, server: &Server) -> Machine {
    let people = Machine::new(Some(server));
    for key in ["north", "south"].into_iter().chain(SEATS) {
        people.takes_key(operator, key);
    }
    for seat in SEATS {
        let party = if seat.starts_with('n') { "north" } else { "south" };
        people
            .ok(&format!("nominate {seat} --person {seat} --nominee-key data/keys/{seat}.pub --key {party}"));
        people.ok(&format!("accept-seat --seat {seat} --key {seat}"));
    }
    people.ok("do ask --key north");
    people
}
