//! Many people who follow one agreement at once: nobody misses an entry, and nobody hears one twice.
//!
//! `QUORATE_STREAMS=10000 cargo test --release --test serve_streams -- --nocapture` does the same with ten thousand and
//! tells the server's memory. Each of the two processes, client and server, has a file open for each stream: `ulimit -n 13000`
//! before it, where the shell allows less.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)] // helpers of tests

mod registry_support;
#[path = "serve_support/folder.rs"]
mod served;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use quorate::log::Receipt;
use quorate::net::Client;
use quorate::scenario::Stage;
use registry_support::{head_in, opened, seats, spawn, statement_after};
use served::{data_folder, form, serve};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Barrier, Semaphore};

const VOTES: u64 = 500;

/// How many connect at a time. Where more wait to be accepted than the system queues, it drops what they send, and sends it
/// again later and later: until after the server has given up waiting for it.
const AT_ONCE: usize = 256;

/// Follows the agreement over a connection of its own, and gives the entries that it heard of, up to this one.
async fn follow(address: String, last: u64, turn: &Semaphore, listening: &Barrier) -> Vec<u64> {
    let mut turn = Some(turn.acquire().await.unwrap());
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(b"GET /v1/agreements/panel/events HTTP/1.1\r\nhost: log\r\n\r\n").await.unwrap();
    let mut lines = tokio::io::BufReader::with_capacity(4_096, stream).lines();
    let mut heard = Vec::new();
    let mut begun = false;
    while heard.last() != Some(&last) {
        let line = lines.next_line().await.unwrap();
        let line = line.unwrap_or_else(|| panic!("the stream ended after {heard:?}"));
        if line == ": listening" && !begun {
            begun = true;
            drop(turn.take());
            listening.wait().await;
        }
        heard.extend(line.strip_prefix("id: ").map(|id| id.parse::<u64>().unwrap()));
    }
    heard
}

/// What everybody says, by the seats side by side.
fn vote(stage: &Stage, url: &str) {
    let each = VOTES / seats().len() as u64;
    let more = VOTES % seats().len() as u64;
    std::thread::scope(|scope| {
        for (place, seat) in (0..).zip(seats()) {
            scope.spawn(move || {
                let client = Client::new(Duration::from_secs(60));
                let mut seen = None;
                for number in 0..each + u64::from(place < more) {
                    // Votes alone: every fourth would be a disclosure.
                    let (envelope, blobs) =
                        statement_after(stage, &seat, number * 4 + number % 3, seen).unwrap();
                    let (kind, body) = form(&envelope, &blobs);
                    let answer = client.post(&format!("{url}/v1/statements"), &kind, &body, 1 << 20).unwrap();
                    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
                    let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
                    let receipt = Receipt::parse(answer["receipt"].as_str().unwrap().as_bytes()).unwrap();
                    seen = Some(head_in(stage, receipt.checkpoint.as_bytes()));
                }
            });
        }
    });
}

/// The most memory that a process has had, in MiB.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<u64>().unwrap() / 1024
}

#[test]
fn a_thousand_people_who_follow_an_agreement_miss_none_of_500_votes() {
    let streams: usize = std::env::var("QUORATE_STREAMS").map_or(1_000, |most| most.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let before = data_folder(folder.path(), |store| {
        let stage = opened(store, &seats());
        stage.state().unwrap().size
    });
    let stage = opened(std::sync::Arc::new(quorate::store::MemoryStore::new()), &seats());
    let limits = format!(
        "[limits]\nconnections = {0}\nper-address = {0}\nrequests = 0\nsubmitted = 0\nstatements = 0\n",
        streams + streams / 6
    );
    fs::write(folder.path().join("server.toml"), limits).unwrap();
    let mut server = spawn(serve(folder.path(), &["--config", "server.toml"]).stdout(Stdio::piped()));
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on ").unwrap().to_owned();
    let empty = peak(server.id());

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let last = before + VOTES - 1;
    let took = runtime.block_on(async {
        let listening = std::sync::Arc::new((Semaphore::new(AT_ONCE), Barrier::new(streams + 1)));
        let followers: Vec<_> = (0..streams)
            .map(|_| {
                let (address, listening) = (address.clone(), std::sync::Arc::clone(&listening));
                tokio::spawn(async move { follow(address, last, &listening.0, &listening.1).await })
            })
            .collect();
        listening.1.wait().await;
        let begun = Instant::now();
        let url = format!("http://{address}");
        tokio::task::spawn_blocking(move || vote(&stage, &url)).await.unwrap();
        let expected: Vec<u64> = (before..=last).collect();
        for follower in followers {
            assert_eq!(follower.await.unwrap(), expected);
        }
        begun.elapsed()
    });
    println!(
        "{streams} streams heard {VOTES} votes in {:.1} s; the server's memory: {empty} MiB before, {} MiB at most",
        took.as_secs_f64(),
        peak(server.id())
    );
    server.kill().unwrap();
    server.wait().unwrap();
}
