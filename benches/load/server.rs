//! `quorate serve` as a process of its own, over a data folder with agreements in which people vote.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64ct::{Base64, Encoding as _};
use quorate::log::Head;
use quorate::net::Client;
use quorate::store::SledStore;

use super::hall::{self, Hall, LOG_NAME, SEED, Voters};

/// Nobody is limited: all clients have one address, and every seat votes again and again.
const CONFIG: &str = "[limits]\nrequests = 0\nsubmitted = 0\nstatements = 0\n";

/// The server, and those who vote.
pub struct Served {
    process: Child,
    port: u16,
    voters: Vec<Voters>,
    seats: usize,
    client: Client,
}

impl Served {
    /// Makes the agreements, each with so many seats and a ballot that is open, and serves them.
    pub fn start(folder: &Path, agreements: usize, seats: usize) -> Self {
        fs::write(folder.join("config.toml"), format!("log-name = \"{LOG_NAME}\"\n")).unwrap();
        fs::write(folder.join("server.toml"), CONFIG).unwrap();
        let key = folder.join("log.key");
        fs::write(&key, format!("quorate-log-key-v1 {}\n", Base64::encode_string(&SEED))).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        fs::create_dir_all(folder.join("keys")).unwrap();
        let voters = open(folder, agreements, seats);
        // Another build of it, where one is named.
        let program = std::env::var("QUORATE_LOAD_PROGRAM");
        let program = program.as_deref().unwrap_or(env!("CARGO_BIN_EXE_quorate"));
        let mut process = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--config", "server.toml", "--data", "."])
            .current_dir(folder)
            // No line for each request, as nginx writes none.
            .env("QUORATE_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().rsplit(':').next().unwrap().parse().unwrap();
        Self { process, port, voters, seats, client: Client::new(Duration::from_secs(10)) }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// A vote of every seat, signed after the newest head.
    pub fn wave(&self) -> Vec<Vec<u8>> {
        let heads: Vec<Head> = self.voters.iter().map(|voters| self.head(voters)).collect();
        let all = (0..self.seats)
            .flat_map(|seat| self.voters.iter().zip(&heads).map(move |(voters, head)| (seat, voters, head)));
        all.map(|(seat, voters, head)| voters.vote(seat, *head).to_text().into_bytes()).collect()
    }

    fn head(&self, voters: &Voters) -> Head {
        let note = self.get(&format!("/a/{}/checkpoint", voters.agreement.name));
        let note = String::from_utf8(note).unwrap();
        let mut lines = note.lines().skip(1);
        Head { size: lines.next().unwrap().parse().unwrap(), root: lines.next().unwrap().parse().unwrap() }
    }

    /// The address of a licence, and the answer there.
    pub fn licence(&self) -> (String, Vec<u8>) {
        let path = format!("/v1/agreements/{}/licence", self.voters[0].agreement.name);
        let answer = self.get(&path);
        (path, answer)
    }

    fn get(&self, path: &str) -> Vec<u8> {
        self.client.get(&format!("http://127.0.0.1:{}{path}", self.port), 1 << 20).unwrap().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn open(folder: &Path, agreements: usize, seats: usize) -> Vec<Voters> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let store = SledStore::open(&folder.join("store"), &folder.join("blobs")).unwrap();
    runtime.block_on(async {
        let registry = Arc::new(hall::registry(Arc::new(store)));
        let mut all = Vec::new();
        for number in 1..=agreements {
            all.push(Hall::open_in(Arc::clone(&registry), &format!("hall-{number}"), seats).await.voters());
        }
        all
    })
}
