//! Requests through real sockets, for clients at addresses that a proxy names, and what the server counts of them.
#![allow(dead_code)] // each test binary uses a part of it

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::serve_support::{Machine, Server};

/// A server with these limits, which believes this machine whom it speaks for.
pub fn limited(operator: &Machine, limits: &str) -> Server {
    let config = format!("behind-proxy = [\"127.0.0.1\"]\nmetrics = \"127.0.0.1:0\"\n\n[limits]\n{limits}\n");
    fs::write(operator.path.join("server.toml"), config).unwrap();
    Server::start_with(operator, &["--config", "server.toml"])
}

/// A whole answer.
pub struct Told {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Told {
    pub fn problem(&self) -> String {
        let problem: Value = serde_json::from_str(&self.body).unwrap();
        problem["type"].as_str().unwrap().strip_prefix("urn:quorate:problem:").unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(its, _)| its.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Asks on a connection of its own, for a client at this address.
pub fn ask(server: &Server, client: &str, line: &str, headers: &str, body: &str) -> Told {
    let mut stream = server.connect();
    let length = body.len();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: log\r\nX-Forwarded-For: {client}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // It may answer, and close, before all of it has come: what it answered is looked at.
    let _ = stream.write_all(body.as_bytes());
    answer(&mut stream)
}

pub fn answer(stream: &mut TcpStream) -> Told {
    let mut text = Vec::new();
    // It may close before all that was sent has been read.
    let _ = stream.read_to_end(&mut text);
    let text = String::from_utf8(text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Told { status, head: head.to_owned(), body: body.to_owned() }
}

pub fn get(server: &Server, client: &str, path: &str) -> Told {
    ask(server, client, &format!("GET {path}"), "", "")
}

pub fn post(server: &Server, client: &str, body: &str) -> Told {
    ask(server, client, "POST /v1/statements", "Content-Type: application/json\r\n", body)
}

/// What is counted, line by line.
pub fn metrics(operator: &Machine) -> String {
    let log = fs::read_to_string(operator.path.join("serve.log")).unwrap();
    // Without what colours it.
    let log: String = log.replace("\u{1b}[3m", "").replace("\u{1b}[0m", "").replace("\u{1b}[2m", "");
    let address = log.split("metrics=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: log\r\nConnection: close\r\n\r\n").unwrap();
    let told = answer(&mut stream);
    assert_eq!(told.status, 200);
    assert!(told.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    told.body
}

/// The value of a metric with these labels.
pub fn counted(metrics: &str, name: &str) -> Option<f64> {
    metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

/// The most memory that the server has had, in bytes.
pub fn most_memory(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}
