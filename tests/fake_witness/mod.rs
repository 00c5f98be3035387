//! Witnesses on this machine for tests of the log's side: honest ones, and those that break the protocol in one way.
#![allow(dead_code)] // each test binary uses a part of it
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use quorate::log::{AddCheckpoint, Checkpoint, Head, Note, VerifierKey, WitnessSigner, verify_consistency};
use quorate::values::{Digest, Instant, Span};

/// How a witness behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// As C2SP tlog-witness says.
    Honest,
    /// It takes the request and never answers.
    Silent,
    /// It sends signature lines without end.
    Endless,
    /// It answers 200 with something else.
    Garbage,
    /// It answers 200 with nothing.
    Empty,
    /// It cosigns a checkpoint, but not this one.
    Another,
    /// It signs with a key that the policy does not name.
    OtherKey,
    /// Its clock is so many seconds ahead, or behind.
    Clock(i64),
    /// Each time it says that it has seen another size, and takes none.
    Loops,
    /// It says that it has cosigned this many entries, and shows nothing.
    Ahead(u64),
    /// Status 409 with something that is no size.
    BadConflict,
    /// It answers with this status.
    Status(u16),
    /// It says that the head does not continue its own, and shows this nowhere.
    Refuses,
}

/// A running witness. It lasts as long as the test's process.
#[derive(Clone)]
pub struct Witness {
    pub name: String,
    pub url: String,
    inner: Arc<Inner>,
}

struct Inner {
    signer: WitnessSigner,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    manner: Manner,
    now: Instant,
    /// The only log it serves, once it knows it.
    log: Option<VerifierKey>,
    seen: Head,
    /// The note that it cosigned last.
    note: Option<String>,
    /// The old sizes that it was asked with.
    asked: Vec<u64>,
    /// Whether requests wait.
    held: bool,
}

impl Witness {
    /// Starts a witness that serves whatever log asks it first.
    pub fn start(name: &str, seed: u8, now: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/{name}", listener.local_addr().unwrap());
        let signer = WitnessSigner::from_seed(&format!("{name}.example"), &[seed; 32]).unwrap();
        let state = State {
            manner: Manner::Honest,
            now: now.parse().unwrap(),
            log: None,
            seen: Head { size: 0, root: quorate::log::Hash::empty() },
            note: None,
            asked: Vec::new(),
            held: false,
        };
        let inner = Arc::new(Inner { signer, state: Mutex::new(state), changed: Condvar::new() });
        let witness = Self { name: name.to_owned(), url, inner };
        let serving = witness.clone();
        thread::spawn(move || {
            for peer in listener.incoming() {
                let witness = serving.clone();
                thread::spawn(move || witness.serve(peer.unwrap()));
            }
        });
        witness
    }

    pub fn behave(&self, manner: Manner) {
        self.inner.state.lock().unwrap().manner = manner;
    }

    pub fn set_clock(&self, now: &str) {
        self.inner.state.lock().unwrap().now = now.parse().unwrap();
    }

    /// The size that it cosigned last.
    pub fn seen(&self) -> u64 {
        self.inner.state.lock().unwrap().seen.size
    }

    /// The old sizes that it was asked with since this was asked last.
    pub fn asked(&self) -> Vec<u64> {
        std::mem::take(&mut self.inner.state.lock().unwrap().asked)
    }

    /// Lets requests wait, or go on.
    pub fn hold(&self, held: bool) {
        self.inner.state.lock().unwrap().held = held;
        self.inner.changed.notify_all();
    }

    /// Waits until a request has come.
    pub fn wait_until_asked(&self) {
        let state = self.inner.state.lock().unwrap();
        drop(self.inner.changed.wait_while(state, |state| state.asked.is_empty()).unwrap());
    }

    /// Waits until it has cosigned this size.
    pub fn wait_until_seen(&self, size: u64) {
        let state = self.inner.state.lock().unwrap();
        drop(self.inner.changed.wait_while(state, |state| state.seen.size < size).unwrap());
    }

    /// The line of a policy.
    pub fn line(&self) -> String {
        format!("witness {} {} {}\n", self.name, self.inner.signer.verifier(), self.url)
    }

    fn serve(&self, mut peer: TcpStream) {
        let Some((line, body)) = request(&mut peer) else { return };
        let (status, kind, answer) = match line.split(' ').collect::<Vec<_>>()[..] {
            ["POST", path, _] if path == format!("/{}/add-checkpoint", self.name) => {
                self.add_checkpoint(&body)
            }
            ["GET", path, _] => self.published(path),
            _ => (400, "text/plain", Vec::new()),
        };
        let manner = self.inner.state.lock().unwrap().manner;
        if manner == Manner::Silent {
            let _ = peer.read(&mut [0; 1]);
            return;
        }
        if manner == Manner::Endless {
            let _ = peer.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
            while peer.write_all("— nobody.example AAAAAAAA\n".as_bytes()).is_ok() {}
            return;
        }
        let length = answer.len();
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        let _ = peer.write_all(&[head.as_bytes(), &answer].concat());
    }

    fn published(&self, path: &str) -> (u16, &'static str, Vec<u8>) {
        let state = self.inner.state.lock().unwrap();
        let origin = state.log.as_ref().map(|log| Digest::of(log.name().as_bytes()).hex());
        let right = origin.is_some_and(|origin| path == format!("/{}/{origin}/checkpoint", self.name));
        match state
            .note
            .as_ref()
            .filter(|_| right && !matches!(state.manner, Manner::Ahead(_) | Manner::Refuses))
        {
            Some(note) => (200, "text/plain", note.clone().into_bytes()),
            None => (404, "text/plain", Vec::new()),
        }
    }

    fn add_checkpoint(&self, body: &[u8]) -> (u16, &'static str, Vec<u8>) {
        let request = AddCheckpoint::parse(body).unwrap();
        let mut state = self.inner.state.lock().unwrap();
        state.asked.push(request.old);
        self.inner.changed.notify_all();
        let mut state = self.inner.changed.wait_while(state, |state| state.held).unwrap();
        let plain = |status| (status, "text/plain", Vec::new());
        let size = |size: u64| (409, "text/x.tlog.size", format!("{size}\n").into_bytes());
        match state.manner {
            Manner::Garbage => return (200, "text/html", b"<html>welcome</html>\n".to_vec()),
            Manner::Empty => return plain(200),
            Manner::Loops => return size(u64::from(request.old != 1)),
            Manner::Ahead(more) => return size(more),
            Manner::BadConflict => return (409, "text/x.tlog.size", b"01\n".to_vec()),
            Manner::Status(status) => return plain(status),
            Manner::Refuses => return plain(422),
            _ => {}
        }
        let note = Note::parse(&request.checkpoint).unwrap();
        if state.log.is_none() {
            state.log = Some(log_key(&note, &request.checkpoint));
        }
        let Ok(checkpoint) = Checkpoint::open(&request.checkpoint, state.log.as_ref().unwrap()) else {
            return plain(404);
        };
        if request.old != state.seen.size {
            return size(state.seen.size);
        }
        if request.old > checkpoint.head.size {
            return plain(400);
        }
        if verify_consistency(state.seen, checkpoint.head, &request.proof).is_err() {
            return plain(422);
        }
        let lines = self.lines(&note, &state);
        state.seen = checkpoint.head;
        state.note = Some(format!("{note}{lines}"));
        self.inner.changed.notify_all();
        (200, "text/plain", lines.into_bytes())
    }

    /// Its cosignature, before one by a key that nobody knows.
    fn lines(&self, note: &Note, state: &State) -> String {
        let signer = &self.inner.signer;
        let stranger = WitnessSigner::from_seed("stranger.example", &[99; 32]).unwrap();
        let other = Note::parse(note.to_string().replacen('\n', "x\n", 1).as_bytes()).unwrap();
        let line = match state.manner {
            Manner::OtherKey => None,
            Manner::Another => Some(signer.cosign(&other, state.now).unwrap()),
            Manner::Clock(seconds) => {
                Some(signer.cosign(note, Instant::from_unix(state.now.unix() + seconds)).unwrap())
            }
            _ => Some(signer.cosign(note, state.now).unwrap()),
        };
        let unknown = stranger.cosign(note, state.now.plus(Span::from_seconds(1))).unwrap();
        line.into_iter().chain([unknown]).fold(String::new(), |text, line| format!("{text}{line}\n"))
    }
}

/// The key of whichever log asks: these witnesses know it from the test's opening, by the folder that it wrote. Logs of
/// several tests have the same name: it is the one that has signed this, if any has.
fn log_key(note: &Note, checkpoint: &[u8]) -> VerifierKey {
    let name = &note.signatures()[0].name;
    let keys = LOGS.lock().unwrap();
    let signed = keys.iter().find(|key| Checkpoint::open(checkpoint, key).is_ok());
    let found = signed.or_else(|| keys.iter().rev().find(|key| key.name() == name));
    found.cloned().unwrap_or_else(|| panic!("no key for {name}"))
}

/// The logs that witnesses of this process are told about.
static LOGS: Mutex<Vec<VerifierKey>> = Mutex::new(Vec::new());

/// Tells every witness about a log.
pub fn introduce(vkey: &str) {
    LOGS.lock().unwrap().push(vkey.parse().unwrap());
}

/// The first line and the body of a request.
fn request(peer: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = peer.read(&mut buffer).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if bytes.len() >= end + 4 + length.unwrap_or(0_usize) {
            return Some((head.lines().next()?.to_owned(), bytes.split_off(end + 4)));
        }
    }
}
