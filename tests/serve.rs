//! `quorate serve` as people meet it: a process of its own, on whose machine they have nothing, and asked by another one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cli_support::{Done, copy_folder, quorate, words};
use quorate::net::Client;
use serde_json::Value;

const SEATS: [&str; 10] = ["n1", "n2", "n3", "n4", "n5", "s1", "s2", "s3", "s4", "s5"];

/// A machine: a folder with keys, and perhaps a server that it asks.
struct Machine {
    _folder: tempfile::TempDir,
    path: PathBuf,
    server: Option<String>,
}

impl Machine {
    fn new(server: Option<&Server>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        Self { _folder: folder, path, server: server.map(|it| it.url.clone()) }
    }

    fn run(&self, line: &str) -> Done {
        let mut command = quorate(&self.path);
        command.args(words(line)).args(["--data", "data", "--json"]).env_remove("QUORATE_SERVER");
        if let Some(server) = &self.server {
            command.env("QUORATE_SERVER", server);
        }
        Done::of(command.output().unwrap())
    }

    fn ok(&self, line: &str) -> Value {
        let done = self.run(line);
        assert_eq!(done.code, 0, "{line}\n{done:?}");
        if done.out.is_empty() { Value::Null } else { done.json() }
    }

    /// The error of a command that ends with this code.
    fn fails(&self, line: &str, code: i32) -> Value {
        let done = self.run(line);
        assert_eq!(done.code, code, "{line}\n{done:?}");
        done.json()["error"].clone()
    }

    fn takes_key(&self, from: &Self, name: &str) {
        fs::create_dir_all(self.path.join("data/keys")).unwrap();
        for file in [name.to_owned(), format!("{name}.pub")] {
            fs::copy(from.path.join("data/keys").join(&file), self.path.join("data/keys").join(&file))
                .unwrap();
        }
    }
}

/// An operator's machine with an agreement that is open and nothing more.
fn operator() -> Machine {
    let operator = Machine::new(None);
    operator.ok("init --log-name test.example");
    for key in ["north", "south"].into_iter().chain(SEATS) {
        operator.ok(&format!("key new {key} --no-passphrase"));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::copy(root.join("tests/registry_support/panel.toml"), operator.path.join("panel.toml")).unwrap();
    fs::write(operator.path.join("contract.txt"), "The test's own contract.\n").unwrap();
    open(&operator);
    operator
}

/// Opens the agreement with the keys of the two parties that are there.
fn open(operator: &Machine) {
    let officer = |party: &str| {
        let key = fs::read_to_string(operator.path.join(format!("data/keys/{party}.pub"))).unwrap();
        // A roster names keys without their comments.
        let key: Vec<&str> = key.split_whitespace().take(2).collect();
        let key = key.join(" ");
        format!("[[officer]]\nholder = \"{party}/officer\"\nperson = \"{party}\"\nkey = \"{key}\"\n")
    };
    fs::write(operator.path.join("roster.toml"), officer("north") + &officer("south")).unwrap();
    operator.ok(
        "open panel --workflow panel.toml --contract contract.txt --roster roster.toml --key north --key south",
    );
}

/// The process that serves.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(operator: &Machine) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data", "data"]).current_dir(&operator.path);
        for name in ["QUORATE_DATA", "QUORATE_CLOCK", "QUORATE_SERVER", "QUORATE_LOG"] {
            command.env_remove(name);
        }
        let log = fs::File::create(operator.path.join("serve.log")).unwrap();
        let mut process = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}"));
        Self { process, url: format!("http://{address}") }
    }

    fn get(&self, path: &str) -> Value {
        let bytes = client().get(&format!("{}{path}", self.url), 1 << 20).unwrap().unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    fn post(&self, kind: &str, body: &[u8]) -> (u16, Value) {
        let answer = client().post(&format!("{}/v1/statements", self.url), kind, body, 1 << 20).unwrap();
        assert_eq!(answer.content_type.as_deref().unwrap_or(""), "application/problem+json");
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.url.strip_prefix("http://").unwrap()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Listens to what is new, perhaps after the last entry that it has.
    fn listen(&self, last: Option<u64>) -> Events {
        let mut stream = self.connect();
        let last = last.map(|last| format!("Last-Event-ID: {last}\r\n")).unwrap_or_default();
        let head = format!("GET /v1/agreements/panel/events HTTP/1.1\r\nHost: log\r\n{last}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut events = Events(BufReader::new(stream));
        events.until("listening");
        events
    }

    /// Sends SIGTERM and waits for the end.
    fn stop(mut self) -> Option<i32> {
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

struct Events(BufReader<TcpStream>);

impl Events {
    /// Reads up to a line that has this in it, and gives that line.
    fn until(&mut self, words: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream ended before `{words}`");
            if line.contains(words) {
                return line.trim().to_owned();
            }
        }
    }

    /// The entries told next, in order, up to this one.
    fn entries_up_to(&mut self, last: u64) -> Vec<u64> {
        let mut entries = Vec::new();
        while entries.last() != Some(&last) {
            entries.push(self.until("id: ").strip_prefix("id: ").unwrap().parse().unwrap());
        }
        entries
    }
}

fn client() -> Client {
    Client::new(Duration::from_secs(60))
}

/// Everybody is seated and the ballot is open: by people who have the server's address and their keys.
fn voting(operator: &Machine, server: &Server) -> Machine {
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

#[test]
fn a_case_is_run_by_people_who_have_nothing_but_an_address_and_their_keys() {
    let operator = operator();
    let server = Server::start(&operator);
    let people = voting(&operator, &server);
    // What they have is no data folder of a log.
    assert!(!people.path.join("data/config.toml").exists());
    let mut entry = 0;
    for seat in SEATS {
        entry = people.ok(&format!("vote --choice yes --key {seat}"))["entry"].as_u64().unwrap();
    }
    let status = people.ok("status");
    assert_eq!(status["cases"][0]["ballots"][0]["heads"]["yes"], 10);
    assert_eq!(server.get("/v1/agreements/panel/status")["cases"], status["cases"]);

    // The receipts that came back pass here, where only the log's key is known.
    let receipt = format!("data/receipts/panel/{entry}.tlog-proof");
    people.ok(&format!("check {receipt}"));
    people.ok(&format!("log show {entry} --receipt mine.tlog-proof"));
    people.ok("check mine.tlog-proof --log-key data/receipts/panel/log.vkey");
    let audit = Machine::new(None);
    let done = audit.run(&format!("audit {}/a/panel", server.url));
    assert_eq!(done.code, 0, "{done:?}");
    let log = people.ok("log");
    assert_eq!(log["entries"].as_array().unwrap().len() as u64, entry + 1);
    assert_eq!(people.ok("license")["grants"], server.get("/v1/agreements/panel/licence")["grants"]);

    // A statement that is sent again is taken once.
    people.ok(&format!("log show {entry} --envelope again.json"));
    let again = people.ok("submit again.json");
    assert_eq!((again["known"].as_bool(), again["entry"].as_u64()), (Some(true), Some(entry)));
}

#[test]
fn a_document_goes_with_its_statement_and_is_given_out_to_whoever_audits() {
    let operator = operator();
    let server = Server::start(&operator);
    let people = voting(&operator, &server);
    fs::write(people.path.join("interests.md"), "None. SPECIMEN.\n").unwrap();
    let entry = people.ok("disclose interests.md --seat n1 --key n1")["entry"].as_u64().unwrap();
    let log = people.ok("log");
    let digest = log["entries"][usize::try_from(entry).unwrap()]["documents"][0]["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    let hex = digest.strip_prefix("sha256:").unwrap();
    let get = |path: String| client().get(&format!("{}{path}", server.url), 1 << 20).unwrap();
    let document = get(format!("/a/panel/blobs/{hex}")).unwrap();
    // Its salt comes first.
    assert_eq!(&document[32..], b"None. SPECIMEN.\n");
    assert_eq!(quorate::values::Digest::of(&document).hex(), hex);
    assert_eq!(get(format!("/a/panel/blobs/{}", "0".repeat(64))), None);

    // What would not be taken brings no document with it: nobody but the seat discloses for it.
    fs::write(people.path.join("other.md"), "Not theirs to say. SPECIMEN.\n").unwrap();
    let before = fs::read_dir(operator.path.join("data/blobs")).unwrap().count();
    people.fails("disclose other.md --seat n1 --key n2", 3);
    assert_eq!(fs::read_dir(operator.path.join("data/blobs")).unwrap().count(), before);
}

#[test]
fn a_refusal_comes_back_signed_by_the_log_and_is_kept() {
    let operator = operator();
    let server = Server::start(&operator);
    let people = voting(&operator, &server);
    let refused = people.fails("vote --choice perhaps --key n1", 3);
    assert_eq!(refused["rule"], "unknown-choice", "{refused}");
    let refused = people.fails("do ask --key south", 3);
    let note = refused["note"].as_str().unwrap_or_else(|| panic!("{refused}"));
    assert!(people.path.join(note).exists() || Path::new(note).exists(), "{note}");
    let audit = people.run(&format!("audit {}/a/panel --against {note}", server.url));
    assert_eq!(audit.code, 0, "{audit:?}");
}

#[test]
fn a_server_that_goes_back_behind_what_was_seen_is_found_by_whoever_asks() {
    let operator = operator();
    let server = Server::start(&operator);
    let people = Machine::new(Some(&server));
    people.takes_key(&operator, "north");
    people.takes_key(&operator, "n1");
    let stop = server.stop();
    assert_eq!(stop, Some(0));
    copy_folder(&operator.path.join("data"), &operator.path.join("old"));

    let server = Server::start(&operator);
    let people = Machine { server: Some(server.url.clone()), ..people };
    people.ok("nominate n1 --person n1 --nominee-key data/keys/n1.pub --key north");
    people.ok("status");
    assert_eq!(server.stop(), Some(0));

    fs::remove_dir_all(operator.path.join("data")).unwrap();
    copy_folder(&operator.path.join("old"), &operator.path.join("data"));
    let server = Server::start(&operator);
    let people = Machine { server: Some(server.url.clone()), ..people };
    for line in ["status", "license", "vote --choice yes --key n1"] {
        let error = people.fails(line, 1);
        assert!(error["what"].as_str().unwrap().contains("does not pass its audit"), "{error}");
    }

    // Another agreement under the same name is none of theirs.
    drop(server);
    fs::remove_dir_all(operator.path.join("data")).unwrap();
    operator.ok("init --log-name test.example");
    for key in ["north", "south"] {
        operator.ok(&format!("key new {key} --no-passphrase"));
    }
    open(&operator);
    let server = Server::start(&operator);
    let people = Machine { server: Some(server.url.clone()), ..people };
    let error = people.fails("status", 1);
    assert!(error["what"].as_str().unwrap().contains("another agreement"), "{error}");
}

#[test]
fn whoever_listens_hears_every_entry_once_and_goes_on_where_it_was_cut_off() {
    let operator = operator();
    let server = Server::start(&operator);
    let people = voting(&operator, &server);
    let size = server.get("/v1/agreements/panel")["head"]["size"].as_u64().unwrap();
    let mut listener = server.listen(None);
    for seat in ["n1", "n2", "n3"] {
        people.ok(&format!("vote --choice yes --key {seat}"));
    }
    assert_eq!(listener.entries_up_to(size + 2), (size..=size + 2).collect::<Vec<_>>());
    drop(listener);
    people.ok("vote --choice yes --key n4");
    let mut listener = server.listen(Some(size));
    people.ok("vote --choice no --key n5");
    assert_eq!(listener.entries_up_to(size + 4), (size + 1..=size + 4).collect::<Vec<_>>());
    // From the beginning, which nobody keeps in memory.
    let mut listener = server.listen(Some(0));
    assert_eq!(listener.entries_up_to(size + 4), (1..=size + 4).collect::<Vec<_>>());
    // What an entry brings about is told after it.
    for seat in ["s1", "s2", "s3", "s4"] {
        people.ok(&format!("vote --choice yes --key {seat}"));
    }
    listener.entries_up_to(size + 8);

    // The end of the server is the end of the stream, and no error.
    assert_eq!(server.stop(), Some(0));
    let mut rest = String::new();
    listener.0.read_to_string(&mut rest).unwrap();
}

#[test]
fn what_is_no_statement_of_an_agreement_here_costs_little_and_is_told_why() {
    let operator = operator();
    let server = Server::start(&operator);
    let (status, problem) = server.post("application/json", b"{}");
    assert_eq!((status, problem["type"].as_str()), (422, Some("urn:quorate:problem:bad-envelope")));
    // A million deep.
    let deep = "[".repeat(100_000);
    assert_eq!(server.post("application/json", deep.as_bytes()).0, 422);
    assert_eq!(server.post("text/plain", b"vote").0, 415);
    assert_eq!(server.post("multipart/form-data; boundary=x", b"--x\r\n\r\n").0, 400);
    let document = b"--x\r\ncontent-disposition: form-data; name=\"document\"\r\n\r\nabc\r\n--x--\r\n";
    assert_eq!(server.post("multipart/form-data; boundary=x", document).0, 400);
    let long = vec![b' '; 1 << 20];
    // It may close before all of it is sent.
    let answer = client().post(&format!("{}/v1/statements", server.url), "application/json", &long, 1 << 16);
    assert!(answer.is_err() || answer.unwrap().status == 413);

    // Agreements are opened by the operator alone, unless they say otherwise.
    let party = Machine::new(None);
    for key in ["north", "south"] {
        party.takes_key(&operator, key);
    }
    for file in ["panel.toml", "contract.txt", "roster.toml"] {
        fs::copy(operator.path.join(file), party.path.join(file)).unwrap();
    }
    let vkey = operator.ok("key show --log another")["vkey"].as_str().unwrap().to_owned();
    let party = Machine { server: Some(server.url.clone()), ..party };
    let refused = party.fails(
        &format!(
            "open another --workflow panel.toml --contract contract.txt --roster roster.toml --log-key {vkey} \
             --key north --key south"
        ),
        4,
    );
    assert!(refused["what"].as_str().unwrap().contains("opens no agreements"), "{refused}");
    assert!(client().get(&format!("{}/v1/agreements/nothing", server.url), 1 << 16).unwrap().is_none());
    assert!(client().get(&format!("{}/a/nothing/checkpoint", server.url), 1 << 16).unwrap().is_none());
    assert!(client().get(&format!("{}/a/panel/tile/0/000", server.url), 1 << 16).unwrap().is_none());
    assert!(client().get(&format!("{}/a/panel/log.key", server.url), 1 << 16).unwrap().is_none());

    // Clients that never finish their requests keep nobody else waiting.
    let idle: Vec<TcpStream> = (0..64)
        .map(|_| {
            let mut stream = server.connect();
            stream
                .write_all(b"POST /v1/statements HTTP/1.1\r\nHost: log\r\nContent-Length: 1000\r\n")
                .unwrap();
            stream
        })
        .collect();
    assert_eq!(server.get("/v1/agreements")["agreements"].as_array().unwrap().len(), 1);
    drop(idle);
    assert_eq!(server.stop(), Some(0));
}
