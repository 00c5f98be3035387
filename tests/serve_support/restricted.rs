//! An agreement that only those may read who can sign in it, with a tier of documents.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use quorate::signer::{Places, Signer};
use quorate::statement::request::Challenge;

use super::{Machine, Server};

/// Everybody who has a key: officers, two who are named for seats, one who only reads, and one who has no part.
pub const KEYS: [&str; 7] = ["north", "south", "n1", "n2", "n3", "press", "outsider"];

/// The text of the agreement `panel`, restricted, with documents of which one kind is for the parties alone.
pub fn workflow() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("tests/registry_support/panel.toml")).unwrap();
    let text =
        text.replace("nature   = \"specimen\"\n", "nature   = \"specimen\"\naccess   = \"restricted\"\n");
    let text = text.replace("[panel.jury]\n", "[role.press]\nsignatures = \"1 of 1\"\n\n[panel.jury]\n");
    let file = "  { do = \"file\", by = \"north\", attach = [\"exhibit\"] },\n  \
                { do = \"disclose-plans\", by = \"north\", attach = [\"plans\"] },\n";
    let text = text
        .replace("steps  = [\n  { outcome = \"yes\"", &format!("steps  = [\n{file}  {{ outcome = \"yes\""));
    let text = text.replace(
        "change   = \"until close\"\n",
        "change   = \"until close\"\nnew-evidence = \"votes stand\"\n",
    );
    text + "\n[tier.secret]\ndocuments = [\"plans\"]\nreaders   = [\"north\", \"south\"]\n"
}

/// The operator's machine with that agreement, whose case is open; nobody has a seat yet but those who are named.
pub fn operator() -> Machine {
    let operator = Machine::new(None);
    operator.ok("init --log-name test.example");
    for key in KEYS {
        operator.ok(&format!("key new {key} --no-passphrase"));
    }
    fs::write(operator.path.join("panel.toml"), workflow()).unwrap();
    fs::write(operator.path.join("contract.txt"), "The test's own contract.\n").unwrap();
    fs::write(operator.path.join("roster.toml"), roster(&operator, &["north", "south", "press"])).unwrap();
    operator.ok(
        "open panel --workflow panel.toml --contract contract.txt --roster roster.toml --key north --key south",
    );
    for seat in ["n1", "n2"] {
        operator
            .ok(&format!("nominate {seat} --person {seat} --nominee-key data/keys/{seat}.pub --key north"));
        operator.ok(&format!("accept-seat --seat {seat} --key {seat}"));
    }
    operator.ok("do ask --key north");
    for (name, act) in [("exhibit", "file"), ("plans", "disclose-plans")] {
        fs::write(operator.path.join(format!("{name}.md")), format!("The {name}. SPECIMEN.\n")).unwrap();
        operator.ok(&format!("do {act} --case question#1 --attach {name}={name}.md --key north"));
    }
    operator
}

/// A roster of these parties and roles, one officer each, whose key is called as they are.
pub fn roster(operator: &Machine, offices: &[&str]) -> String {
    let officer = |office: &&str| {
        let key = fs::read_to_string(operator.path.join(format!("data/keys/{office}.pub"))).unwrap();
        let key = key.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        format!("[[officer]]\nholder = \"{office}/officer\"\nperson = \"{office}\"\nkey = \"{key}\"\n")
    };
    offices.iter().map(officer).collect()
}

/// A machine with these keys of the operator's, which asks the server.
pub fn machine(operator: &Machine, server: &Server, keys: &[&str]) -> Machine {
    let machine = Machine::new(Some(server));
    for key in keys {
        machine.takes_key(operator, key);
    }
    machine
}

/// A key of the operator's folder.
pub fn signer(operator: &Machine, key: &str) -> Signer {
    let places = Places { keys: operator.path.join("data/keys"), agent: None };
    Signer::find(key, &places, &mut |_| panic!("no passphrase")).unwrap()
}

/// What a server answers: its status, its headers but those that are each request's own, and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let line = self.headers.iter().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.map(str::to_owned)
    }
}

/// Asks once, byte by byte as it is written here.
pub fn ask(server: &Server, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
    let mut stream = server.connect();
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let headers = headers.iter().fold(String::new(), |all, line| all + line + "\r\n");
    let head = format!("{method} {path} HTTP/1.1\r\nHost: log\r\nConnection: close\r\n{headers}{length}\r\n");
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let own = |line: &&str| !line.starts_with("x-request-id: ") && !line.starts_with("date: ");
    let headers = lines.filter(own).map(str::to_owned).collect();
    Answer { status, headers, body: bytes[end + 4..].to_vec() }
}

/// What a server gives to be signed.
pub fn challenge(server: &Server) -> Challenge {
    let answer = ask(server, "GET", "/v1/challenge", &[], b"");
    assert_eq!(answer.status, 200, "{answer:?}");
    Challenge::parse(&answer.text()).unwrap()
}

/// What it answers to a challenge with a signature.
pub fn exchange(server: &Server, challenge: &str, signature: &str) -> Answer {
    let body = serde_json::json!({ "challenge": challenge, "signature": signature }).to_string();
    ask(server, "POST", "/v1/token", &["Content-Type: application/json"], body.as_bytes())
}

/// The header of whoever has signed in with a key.
pub fn bearer(server: &Server, operator: &Machine, key: &str) -> String {
    let challenge = challenge(server);
    let signature = signer(operator, key).sign_request(&challenge).unwrap();
    let answer = exchange(server, &challenge.to_text(), &signature.sig);
    assert_eq!(answer.status, 200, "{answer:?}");
    let given: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    format!("Authorization: Bearer {}", given["token"].as_str().unwrap())
}
