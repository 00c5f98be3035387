//! A machine between somebody and a server, which answers as it likes.
#![allow(dead_code)] // each test binary uses a part of it

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What one asked: the first line, all of its bytes, and the server's answer to it, if it is asked for.
pub struct Asked {
    pub line: String,
    pub bytes: Vec<u8>,
    to: String,
}

impl Asked {
    /// What the server answers, byte for byte.
    pub fn forward(&self) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.to).unwrap();
        let line = self.bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let (line, rest) = self.bytes.split_at(line);
        stream.write_all(&[line, b"Connection: close\r\n", rest].concat()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }

    pub fn is_post(&self) -> bool {
        self.line.starts_with("POST ")
    }
}

type Answers = dyn Fn(&Asked) -> Vec<u8> + Send;

/// Writes events for as long as it likes, or until nobody listens.
type Streams = dyn Fn(TcpStream) + Send + Sync;

/// It answers until the test ends.
pub struct Between {
    pub url: String,
    answers: Arc<Mutex<Box<Answers>>>,
    streams: Arc<Mutex<Option<Arc<Streams>>>>,
}

impl Between {
    /// Before the server of this address, and honest as yet.
    pub fn new(url: &str) -> Self {
        let to = url.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers: Arc<Mutex<Box<Answers>>> = Arc::new(Mutex::new(Box::new(Asked::forward)));
        let streams: Arc<Mutex<Option<Arc<Streams>>>> = Arc::default();
        let (given, streamed) = (Arc::clone(&answers), Arc::clone(&streams));
        std::thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                answer(stream, &to, &given, &streamed);
            }
        });
        Self { url, answers, streams }
    }

    /// From now on it answers so; nothing is no answer.
    pub fn answers(&self, answers: impl Fn(&Asked) -> Vec<u8> + Send + 'static) {
        *self.answers.lock().unwrap() = Box::new(answers);
    }

    /// From now on it answers statements so, and everything else as the server does.
    pub fn answers_statements(&self, answers: impl Fn(&Asked) -> Vec<u8> + Send + 'static) {
        self.answers(move |asked| if asked.is_post() { answers(asked) } else { asked.forward() });
    }

    /// From now on whoever listens to events hears these, after the head of the answer.
    pub fn streams(&self, streams: impl Fn(TcpStream) + Send + Sync + 'static) {
        *self.streams.lock().unwrap() = Some(Arc::new(streams));
    }

    pub fn is_honest(&self) {
        self.answers(Asked::forward);
    }
}

fn answer(
    mut stream: TcpStream,
    to: &str,
    answers: &Mutex<Box<Answers>>,
    streams: &Mutex<Option<Arc<Streams>>>,
) {
    let mut bytes = Vec::new();
    let mut chunk = [0; 1 << 14];
    loop {
        let read = stream.read(&mut chunk).unwrap_or(0);
        if read == 0 {
            return;
        }
        bytes.extend(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some(head) = text.find("\r\n\r\n") else { continue };
        let length = text[..head].lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
        });
        if bytes.len() >= head + 4 + length.unwrap_or(0) {
            let line = text.lines().next().unwrap_or_default().to_owned();
            let streams = streams.lock().unwrap().clone().filter(|_| line.contains("/events "));
            if let Some(streams) = streams {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(head.as_bytes());
                std::thread::spawn(move || streams(stream));
                return;
            }
            let asked = Asked { line, bytes, to: to.to_owned() };
            let given = answers.lock().unwrap()(&asked);
            let _ = stream.write_all(&given);
            return;
        }
    }
}

/// An answer of this status, whose body is a problem document.
pub fn problem(status: u16, headers: &str, document: &serde_json::Value) -> Vec<u8> {
    let body = document.to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Told\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\n\
         connection: close\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}
