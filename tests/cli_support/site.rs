//! A web server that gives out the files of a folder, and is as bad at it as a test asks.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a file is answered with instead of its bytes.
#[derive(Clone)]
pub enum Answer {
    /// Other bytes.
    Bytes(Vec<u8>),
    /// A status without a body.
    Status(u16),
    /// Another address.
    Redirect(String),
    /// A body that ends before it should.
    CutOff,
    /// A body that never ends.
    Endless,
}

/// A server on this machine, for as long as the test runs.
pub struct Site {
    pub address: String,
    instead: Arc<Mutex<BTreeMap<String, Answer>>>,
}

impl Site {
    /// Gives out the files of a folder below the address.
    pub fn of(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/log", listener.local_addr().unwrap());
        let instead = Arc::<Mutex<BTreeMap<String, Answer>>>::default();
        let (folder, answers) = (folder.to_owned(), Arc::clone(&instead));
        thread::spawn(move || {
            for peer in listener.incoming().map_while(Result::ok) {
                let (folder, answers) = (folder.clone(), Arc::clone(&answers));
                thread::spawn(move || drop(serve(peer, &folder, &answers)));
            }
        });
        Self { address, instead }
    }

    /// From now on a file is answered so.
    pub fn instead(&self, name: &str, answer: Answer) {
        self.instead.lock().unwrap().insert(name.to_owned(), answer);
    }

    /// From now on every file is answered with its bytes.
    pub fn honest(&self) {
        self.instead.lock().unwrap().clear();
    }

    pub fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }
}

fn serve(
    mut peer: TcpStream,
    folder: &Path,
    instead: &Mutex<BTreeMap<String, Answer>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        peer.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let name = head.strip_prefix("GET /log/").unwrap().split(' ').next().unwrap();
    let answer = instead.lock().unwrap().get(name).cloned();
    let path: PathBuf = folder.join(name);
    let answer = answer.unwrap_or_else(|| fs::read(path).map_or(Answer::Status(404), Answer::Bytes));
    let line =
        |status: u16, fields: &str| format!("HTTP/1.1 {status} So\r\nconnection: close\r\n{fields}\r\n");
    match answer {
        Answer::Bytes(bytes) => {
            peer.write_all(line(200, &format!("content-length: {}\r\n", bytes.len())).as_bytes())?;
            peer.write_all(&bytes)
        }
        Answer::Status(status) => peer.write_all(line(status, "content-length: 0\r\n").as_bytes()),
        Answer::Redirect(to) => {
            peer.write_all(line(302, &format!("location: {to}\r\ncontent-length: 0\r\n")).as_bytes())
        }
        Answer::CutOff => {
            peer.write_all((line(200, "content-length: 9999\r\n") + "not all of it").as_bytes())
        }
        Answer::Endless => {
            peer.write_all(line(200, "").as_bytes())?;
            // Until whoever asked has had enough.
            loop {
                peer.write_all(&[b'x'; 4096])?;
            }
        }
    }
}
