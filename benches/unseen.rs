//! How long a server takes to answer for a restricted agreement that the asker may not read, beside one that does not
//! exist: 4,000 requests each, in random order over one connection. Beside it two names that nobody has, which differ by
//! chance alone.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)] // a benchmark
#![allow(clippy::cast_precision_loss, clippy::float_arithmetic)] // statistics of counts far below 2^52

#[path = "../tests/cli_support/mod.rs"]
mod cli_support;
#[path = "../tests/serve_support/mod.rs"]
mod serve_support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use quorate::statement::Envelope;
use serve_support::Server;
use serve_support::restricted::{bearer, operator, signer};

/// How often each of two is asked.
const EACH: usize = 4_000;

/// A request, and its answer's end, over a connection that stays.
fn ask(stream: &mut TcpStream, request: &[u8]) -> f64 {
    let begun = Instant::now();
    stream.write_all(request).unwrap();
    let (mut bytes, mut chunk) = (Vec::new(), [0; 8_192]);
    loop {
        let read = stream.read(&mut chunk).unwrap();
        assert!(read > 0, "closed: {}", String::from_utf8_lossy(&bytes));
        bytes.extend_from_slice(&chunk[..read]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        assert!(head.starts_with("http/1.1 404") || head.starts_with("http/1.1 422"), "{head}");
        let length: usize =
            head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        if bytes.len() >= end + 4 + length {
            return begun.elapsed().as_secs_f64() * 1e6;
        }
    }
}

/// The times of two requests, in microseconds, asked in an order that nobody chose.
fn both(server: &Server, one: &[u8], other: &[u8]) -> [Vec<f64>; 2] {
    let mut stream = server.connect();
    stream.set_nodelay(true).unwrap();
    let mut times = [Vec::new(), Vec::new()];
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..500 {
        ask(&mut stream, one);
        ask(&mut stream, other);
    }
    while times.iter().any(|it| it.len() < EACH) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let which = usize::from(random & 1 == 1);
        let which = if times[which].len() < EACH { which } else { 1 - which };
        let took = ask(&mut stream, if which == 0 { one } else { other });
        times[which].push(took);
    }
    times
}

/// How far the ranks of two samples are from those of one population, in standard deviations (Mann and Whitney).
fn mann_whitney([one, other]: &[Vec<f64>; 2]) -> f64 {
    let mut all: Vec<(f64, bool)> =
        one.iter().map(|it| (*it, true)).chain(other.iter().map(|it| (*it, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ranks = all.iter().zip(1_u32..).filter(|((_, first), _)| *first).map(|(_, rank)| f64::from(rank));
    let (n, m) = (one.len() as f64, other.len() as f64);
    let u = ranks.sum::<f64>() - n * (n + 1.0) / 2.0;
    (u - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn told(what: &str, times: &[Vec<f64>; 2]) {
    let [one, other] = times;
    println!("{what:<52} {:>8.1} {:>8.1} {:>8.2}", median(one), median(other), mann_whitney(times));
}

fn main() {
    let operator = operator();
    let anchor = operator.ok("status")["agreement"].as_str().unwrap().split_once('@').unwrap().1.to_owned();
    operator.ok("recuse --case question#1 --reason 'Mine to say' --seat n1 --key n1 --out said.json");
    let limits = "listen = \"127.0.0.1:0\"\n[limits]\nrequests = 0\nsubmitted = 0\nstatements = 0\n";
    fs::write(operator.path.join("server.toml"), limits).unwrap();
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    let token = bearer(&server, &operator, "outsider");
    println!("{:<52} {:>8} {:>8} {:>8}", "medians in µs; z of Mann and Whitney", "hidden", "none", "z");
    let get = |path: &str, header: &str| {
        let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
        format!("GET {path} HTTP/1.1\r\nHost: log\r\n{header}\r\n").into_bytes()
    };
    for (what, path, header) in [
        ("licence, by anybody", "/v1/agreements/panel/licence", ""),
        ("licence, with a stranger's token", "/v1/agreements/panel/licence", token.as_str()),
        ("page, with a stranger's token", "/agreements/panel", token.as_str()),
        ("a tile, by anybody", "/a/panel/tile/entries/000.p/8", ""),
    ] {
        let pair = |name: &str| get(&path.replace("panel", name), header);
        told(what, &both(&server, &pair("panel"), &pair("pinel")));
        told("  two that do not exist", &both(&server, &pair("ponel"), &pair("pinel")));
    }
    let text = fs::read_to_string(operator.path.join("said.json")).unwrap();
    let post = |anchor_of: &str| {
        let text = text.replace(&anchor, anchor_of);
        let signature = signer(&operator, "outsider").sign(&text).unwrap();
        let body = Envelope::new(text, vec![signature]).to_text();
        let head = "POST /v1/statements HTTP/1.1\r\nHost: log\r\nContent-Type: application/json\r\n";
        format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    let none = |digit: &str| post(&format!("sha256:{}", digit.repeat(64)));
    told("a statement that a stranger signed", &both(&server, &post(&anchor), &none("0")));
    told("  two that do not exist", &both(&server, &none("1"), &none("0")));
}
