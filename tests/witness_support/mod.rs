//! Logs to be witnessed, a served witness, and a client that sends exactly what a test says.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use quorate::log::note::NoteSignature;
use quorate::log::{
    AddCheckpoint, Checkpoint, Cosignature, Hash, Head, LogKey, MemoryTree, Note, WitnessKey, WitnessSigner,
    tree,
};
use quorate::store::{Row, StoreError};
use quorate::values::{Digest, Instant};
use quorate::witness::{Disk, Evidence, Limits, Logs, State, Witness, WitnessError, run};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub const ORIGIN: &str = "log.example/votes";
/// When served witnesses begin to sign.
pub const NOW: i64 = 1_767_000_000;

/// A log, and the tree that it may show.
pub struct History {
    pub key: LogKey,
    pub tree: MemoryTree,
}

impl History {
    /// The log of [`ORIGIN`] with `size` entries, of which those from `fork` on are another history's.
    pub fn forked(size: u64, fork: u64) -> Self {
        Self::named(ORIGIN, size, fork)
    }

    pub fn new(size: u64) -> Self {
        Self::forked(size, size)
    }

    pub fn named(origin: &str, size: u64, fork: u64) -> Self {
        let leaf = |index: u64| format!("{} {index}", if index < fork { "vote" } else { "other" });
        Self {
            key: LogKey::from_seed(origin, &[1; 32]).unwrap(),
            tree: (0..size).map(|index| Hash::leaf(leaf(index).as_bytes())).collect(),
        }
    }

    pub fn head(&self, size: u64) -> Head {
        Head { size, root: self.tree.root_at(size).unwrap() }
    }

    pub fn note(&self, size: u64) -> Note {
        let origin = self.key.name().to_owned();
        Checkpoint { origin, head: self.head(size) }.sign(&self.key).unwrap()
    }

    pub fn request(&self, old: u64, size: u64) -> AddCheckpoint {
        let proof = tree::consistency_proof(old, size, &self.tree).unwrap_or_default();
        AddCheckpoint { old, proof, checkpoint: self.note(size).to_string().into_bytes() }
    }

    pub fn body(&self, old: u64, size: u64) -> Vec<u8> {
        self.request(old, size).to_bytes()
    }
}

/// The witness's key.
pub fn signer() -> WitnessSigner {
    WitnessSigner::from_seed("wit.example/w1", &[2; 32]).unwrap()
}

/// A disk in memory, which a test keeps hold of, and can make fail.
#[derive(Clone, Default)]
pub struct Shelf(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    rows: std::collections::BTreeMap<Vec<u8>, Vec<u8>>,
    puts: usize,
    /// At which put to fail, and whether the rows are there all the same.
    fault: Option<(usize, bool)>,
}

impl Shelf {
    /// The empty memory of the witness of [`signer`].
    pub fn new() -> Self {
        let shelf = Self::default();
        let (key, value) = State::first_row(&signer());
        shelf.0.lock().unwrap().rows.insert(key, value);
        shelf
    }

    pub fn failing(&self, at: usize, persisted: bool) {
        self.0.lock().unwrap().fault = Some((at, persisted));
    }

    pub fn repaired(&self) {
        self.0.lock().unwrap().fault = None;
    }

    /// How often something was put.
    pub fn puts(&self) -> usize {
        self.0.lock().unwrap().puts
    }
}

impl Disk for Shelf {
    fn rows(&self) -> Result<Vec<Row>, StoreError> {
        Ok(self.0.lock().unwrap().rows.clone().into_iter().collect())
    }

    fn put(&self, rows: &[Row]) -> Result<(), StoreError> {
        let mut content = self.0.lock().unwrap();
        content.puts += 1;
        let fails = content.fault.filter(|(at, _)| *at <= content.puts);
        if fails.is_none_or(|(_, persisted)| persisted) {
            content.rows.extend(rows.iter().cloned());
        }
        match fails {
            Some(_) => Err(StoreError::Lost { path: "shelf".into(), cause: "the disk is gone".into() }),
            None => Ok(()),
        }
    }
}

/// A witness that is being served.
pub struct Served {
    pub address: SocketAddr,
    pub clock: Arc<AtomicI64>,
    pub logs: Arc<RwLock<Arc<Logs>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), WitnessError>>>,
}

impl Served {
    /// Serves the log of [`ORIGIN`] alone.
    pub fn on(shelf: &Shelf, evidence: &Path) -> Self {
        let mut logs = Logs::default();
        logs.add(ORIGIN, History::new(0).key.verifier().clone()).unwrap();
        Self::with(shelf, evidence, logs, Limits::default())
    }

    pub fn with(shelf: &Shelf, evidence: &Path, logs: Logs, limits: Limits) -> Self {
        let clock = Arc::new(AtomicI64::new(NOW));
        let logs = Arc::new(RwLock::new(Arc::new(logs)));
        let shown = Arc::clone(&clock);
        let witness = Witness {
            state: State::open(Box::new(shelf.clone()), signer()).unwrap(),
            logs: Arc::clone(&logs),
            evidence: Evidence::new(evidence),
            now: Box::new(move || Instant::from_unix(shown.load(Ordering::SeqCst))),
            limits,
        };
        let (tell, address) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                run(listener, witness, async { drop(stopped.await) }).await
            })
        });
        Self { address: address.recv().unwrap(), clock, logs, stop: Some(stop), thread: Some(thread) }
    }

    pub fn post(&self, body: &[u8]) -> Response {
        post(self.address, body)
    }

    /// Sends a request that must be cosigned.
    pub fn cosigns(&self, history: &History, old: u64, size: u64) -> Cosignature {
        let answer = self.post(&history.body(old, size));
        assert_eq!(answer.status, 200, "{old} → {size}: {answer:?}");
        answer.cosignature(&history.note(size), signer().verifier())
    }

    /// Sends a request that must be refused.
    pub fn refuses(&self, body: &[u8], status: u16) -> Response {
        let answer = self.post(body);
        assert_eq!(answer.status, status, "{answer:?}");
        answer
    }

    pub fn get(&self, origin: &str) -> Response {
        let hash = Digest::of(origin.as_bytes()).hex();
        send(
            self.address,
            format!("GET /{hash}/checkpoint HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n").as_bytes(),
        )
    }

    /// Ends it, as SIGTERM does.
    pub fn stop(&mut self) -> Result<(), WitnessError> {
        drop(self.stop.take());
        self.ended()
    }

    /// Asks it to end, and does not wait.
    pub fn stopping(&mut self) {
        drop(self.stop.take());
    }

    /// Waits until it has ended by itself.
    pub fn ended(&mut self) -> Result<(), WitnessError> {
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Response {
    /// 0 where the connection ended without an answer.
    pub status: u16,
    /// In lower case.
    pub head: String,
    pub body: String,
}

impl Response {
    pub fn content_type(&self) -> &str {
        let line = self.head.lines().find_map(|line| line.strip_prefix("content-type: "));
        line.unwrap_or_default()
    }

    /// The one cosignature that the body is, verified by putting it under the checkpoint.
    pub fn cosignature(&self, checkpoint: &Note, key: &WitnessKey) -> Cosignature {
        let line = self.body.strip_suffix('\n').expect("a line ends in a newline");
        let signature: NoteSignature = line.parse().unwrap();
        let note = checkpoint.clone().with([signature]).unwrap();
        let cosignatures = key.cosignatures(&note).unwrap();
        assert_eq!(cosignatures.len(), 1, "{self:?}");
        cosignatures.into_iter().next().unwrap()
    }
}

pub fn post(address: SocketAddr, body: &[u8]) -> Response {
    send(address, &request(body, "close"))
}

/// The bytes of a request.
pub fn request(body: &[u8], connection: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nConnection: {connection}\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// Sends bytes and reads until the other side closes.
pub fn send(address: SocketAddr, bytes: &[u8]) -> Response {
    let mut answer = Vec::new();
    if let Ok(mut stream) = TcpStream::connect(address) {
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // It may be answered, or gone, before all is sent.
        let _ = stream.write_all(bytes);
        let _ = stream.read_to_end(&mut answer);
    }
    read_response(&answer)
}

/// What the bytes of one answer say.
pub fn read_response(answer: &[u8]) -> Response {
    let answer = String::from_utf8_lossy(answer);
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return Response { status: 0, head: String::new(), body: String::new() };
    };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Response { status, head: head.replace("\r\n", "\n").to_lowercase(), body: body.to_owned() }
}
