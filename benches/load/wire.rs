//! The client: HTTP to the server, `PostgreSQL`'s own protocol to `PostgreSQL`, one request under way on each connection.

use std::cell::Cell;
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use super::hall::cpu_time_of;

/// What is spoken on a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Spoken {
    Http,
    Postgres,
}

/// A connection that stays open.
pub struct Line {
    stream: TcpStream,
    spoken: Spoken,
    send: Vec<u8>,
    came: Vec<u8>,
}

impl Line {
    pub async fn open_all(count: usize, port: u16, spoken: Spoken) -> Vec<Self> {
        let mut all = Vec::new();
        for _ in 0..count {
            let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut line = Self { stream, spoken, send: Vec::new(), came: Vec::with_capacity(1 << 16) };
            if spoken == Spoken::Postgres {
                line.begin().await;
            }
            all.push(line);
        }
        all
    }

    /// Starts a session, and prepares the statement that inserts a row.
    async fn begin(&mut self) {
        let start = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0";
        self.stream.write_u32(u32::try_from(start.len() + 4).unwrap()).await.unwrap();
        self.stream.write_all(start).await.unwrap();
        self.ready().await;
        self.send.clear();
        message(
            &mut self.send,
            b'P',
            &[b"insert", b"\0", b"insert into entry (envelope) values ($1)", b"\0", &[0, 0]],
        );
        message(&mut self.send, b'S', &[]);
        self.stream.write_all(&self.send).await.unwrap();
        self.ready().await;
    }

    /// Sends one, and waits until it is answered.
    async fn one(&mut self, bytes: &[u8]) {
        self.send.clear();
        match self.spoken {
            Spoken::Http => {
                let mut head = String::new();
                let length = bytes.len();
                write!(head, "POST /v1/statements HTTP/1.1\r\nhost: log\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n").unwrap();
                self.send.extend_from_slice(head.as_bytes());
                self.send.extend_from_slice(bytes);
                self.stream.write_all(&self.send).await.unwrap();
                self.receipt().await;
            }
            Spoken::Postgres => {
                // To the unnamed portal: one parameter, in binary form; no results.
                let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
                message(&mut self.send, b'B', &[b"\0insert\0\0\x01\0\x01\0\x01", &length, bytes, &[0, 0]]);
                message(&mut self.send, b'E', &[&[0], &[0; 4]]);
                message(&mut self.send, b'S', &[]);
                self.stream.write_all(&self.send).await.unwrap();
                self.ready().await;
                assert!(has(&self.came, b"INSERT 0 1\0"), "{}", String::from_utf8_lossy(&self.came));
            }
        }
    }

    /// An answer with a receipt: a C2SP tlog-proof.
    async fn receipt(&mut self) {
        self.came.clear();
        let (head, length) = loop {
            assert!(self.stream.read_buf(&mut self.came).await.unwrap() > 0, "the server has hung up");
            let Some(end) = self.came.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&self.came[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            let length: usize = length.unwrap();
            break (end + 4, length);
        };
        while self.came.len() < head + length {
            assert!(self.stream.read_buf(&mut self.came).await.unwrap() > 0, "the server has hung up");
        }
        let good = self.came.starts_with(b"HTTP/1.1 201 ")
            && has(&self.came, b"\"receipt\":\"c2sp.org/tlog-proof@v1");
        assert!(good, "{}", String::from_utf8_lossy(&self.came));
    }

    /// What comes until the other side is ready for the next.
    async fn ready(&mut self) {
        self.came.clear();
        let mut at = 0;
        loop {
            while let Some(length) = self.came.get(at + 1..at + 5) {
                let end = at + 1 + u32::from_be_bytes(length.try_into().unwrap()) as usize;
                if end > self.came.len() {
                    break;
                }
                let kind = self.came[at];
                assert!(kind != b'E', "{}", String::from_utf8_lossy(&self.came[at..end]));
                at = end;
                if kind == b'Z' {
                    return;
                }
            }
            assert!(self.stream.read_buf(&mut self.came).await.unwrap() > 0, "PostgreSQL has hung up");
        }
    }
}

/// A message of `PostgreSQL`'s protocol: its kind, its length, what it says.
fn message(to: &mut Vec<u8>, kind: u8, parts: &[&[u8]]) {
    let length = 4 + parts.iter().map(|part| part.len()).sum::<usize>();
    to.push(kind);
    to.extend_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
    for part in parts {
        to.extend_from_slice(part);
    }
}

fn has(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|part| part == what)
}

/// Sends all of them, each on whichever connection is free; how long that took.
pub async fn send_all(lines: &mut Vec<Line>, bodies: Vec<Vec<u8>>) -> (Vec<Vec<u8>>, Duration) {
    let (bodies, next) = (Rc::new(bodies), Rc::new(Cell::new(0)));
    let sending = LocalSet::new();
    let begun = Instant::now();
    let tasks: Vec<_> = lines
        .drain(..)
        .map(|mut line| {
            let (bodies, next) = (Rc::clone(&bodies), Rc::clone(&next));
            sending.spawn_local(async move {
                while let Some(body) = bodies.get(next.replace(next.get() + 1)) {
                    line.one(body).await;
                }
                line
            })
        })
        .collect();
    sending.await;
    let took = begun.elapsed();
    for task in tasks {
        lines.push(task.await.unwrap());
    }
    (Rc::into_inner(bodies).unwrap(), took)
}

/// The time that the cores have worked for a process and those that it has started.
pub fn cpu_of_all(process: u32) -> Duration {
    let children =
        std::fs::read_dir("/proc").unwrap().filter_map(|item| item.ok()?.file_name().into_string().ok());
    let parent = |stat: &str| stat.rsplit(')').next()?.split_ascii_whitespace().nth(1)?.parse::<u32>().ok();
    let its = |child: &String| {
        std::fs::read_to_string(format!("/proc/{child}/stat")).ok().and_then(|stat| parent(&stat))
            == Some(process)
    };
    let theirs: Duration = children.filter(its).map(|child| cpu_time_of(&child)).sum();
    theirs + cpu_time_of(&process.to_string())
}
