//! The server in a process of its own, killed at any instant while sixty-four panelists submit over the network: what it
//! acknowledged is there afterwards, where it was said to be, and nothing is there that nobody submitted.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)] // helpers of tests

#[path = "shared/folders.rs"]
mod folders;
mod registry_support;
#[path = "serve_support/folder.rs"]
mod served;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use folders::copy_folder;
use quorate::log::Receipt;
use quorate::net::Client;
use quorate::scenario::Stage;
use quorate::store::MemoryStore;
use quorate::values::Digest;
use registry_support::{
    Acknowledged, check, digest, entries, head_in, opened, seats, seed, spawn, statement_after, statement_of,
};
use served::{data_folder, form, serve};

const SUBMITTERS: usize = 64;
const FOLDERS: u64 = 20;
/// Few enough that the log, which every start audits, stays small.
const RUNS: u64 = 5;

/// What the submitters of one run sent, and what they were told.
#[derive(Default)]
struct Told {
    submitted: BTreeSet<Digest>,
    acknowledged: Vec<Acknowledged>,
}

/// Sends what the seats say, again and again, until nobody answers any more.
fn submit_until_killed(stage: &Stage, url: &str, run: u64, told: &Mutex<Told>) {
    std::thread::scope(|scope| {
        for (place, seat) in seats().into_iter().cycle().take(SUBMITTERS).enumerate() {
            scope.spawn(move || {
                let client = Client::new(Duration::from_secs(20));
                let mut seen = None;
                for number in 0..2_000 {
                    let number = (run * 64 + place as u64) * 2_000 + number;
                    let (envelope, blobs) = statement_after(stage, &seat, number, seen).unwrap();
                    let name = digest(&envelope);
                    told.lock().unwrap().submitted.insert(name);
                    let (kind, body) = form(&envelope, &blobs);
                    let Ok(answer) = client.post(&format!("{url}/v1/statements"), &kind, &body, 1 << 20)
                    else {
                        return;
                    };
                    // Four speak for each seat: one may have said the same, or something later, meanwhile.
                    if answer.status == 422 {
                        let why = String::from_utf8_lossy(&answer.body);
                        assert!(why.contains("urn:quorate:problem:stale-after"), "{why}");
                        let checkpoint = client.get(&format!("{url}/a/panel/checkpoint"), 1 << 16);
                        let Ok(Some(checkpoint)) = checkpoint else { return };
                        seen = Some(head_in(stage, &checkpoint));
                        continue;
                    }
                    assert!(matches!(answer.status, 200 | 201), "{}", String::from_utf8_lossy(&answer.body));
                    let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
                    let receipt = Receipt::parse(answer["receipt"].as_str().unwrap().as_bytes()).unwrap();
                    seen = Some(head_in(stage, receipt.checkpoint.as_bytes()));
                    let index = answer["entry"].as_u64().unwrap();
                    told.lock().unwrap().acknowledged.push(Acknowledged { statement: name, index, receipt });
                }
            });
        }
    });
}

/// Serves the folder, lets everybody submit, and kills the server while it starts, or once it has taken something.
fn play(stage: &Stage, folder: &Path, run: u64, instant: [u8; 32], told: &Mutex<Told>) {
    let mut server = spawn(serve(folder, &["--config", "server.toml"]).stdout(Stdio::piped()));
    let random = u64::from(u32::from_be_bytes([0, instant[0], instant[1], instant[2]]));
    if instant[3].is_multiple_of(8) {
        std::thread::sleep(Duration::from_micros(random % 300_000));
        server.kill().unwrap();
    } else {
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = format!("http://{}", line.trim().strip_prefix("listening on ").unwrap());
        std::thread::scope(|scope| {
            scope.spawn(|| submit_until_killed(stage, &url, run, told));
            // In the midst of it, however slow this machine is today.
            let (known, begun) = (told.lock().unwrap().acknowledged.len(), Instant::now());
            while told.lock().unwrap().acknowledged.len() == known
                && begun.elapsed() < Duration::from_secs(10)
            {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_micros(random % 200_000));
            server.kill().unwrap();
        });
    }
    let status = server.wait().unwrap();
    assert_eq!(status.signal(), Some(9), "it ended before it was killed: {status}");
}

#[test]
fn a_server_killed_100_times_under_64_submitters_keeps_what_it_acknowledged() {
    let seed = seed();
    let template = tempfile::tempdir().unwrap();
    let anchor = data_folder(template.path(), |store| opened(store, &seats()).anchor());
    // All of them have one address, and say more in a minute than anybody would.
    let limits = "[limits]\nrequests = 0\nsubmitted = 0\nstatements = 0\n";
    fs::write(template.path().join("server.toml"), limits).unwrap();
    // The same people with the same keys, who know the agreement as it was opened.
    let stage = opened(Arc::new(MemoryStore::new()), &seats());
    assert_eq!(stage.anchor(), anchor);
    let opening: BTreeSet<Digest> = served::with_store(template.path(), |store| {
        entries(&*store, &anchor).iter().map(|entry| statement_of(entry)).collect()
    });
    let totals = [const { AtomicU64::new(0) }; 2];
    let [kills, acknowledged] = &totals;
    let lane = |lane: u64| {
        for number in (lane..FOLDERS).step_by(2) {
            let folder = tempfile::tempdir().unwrap();
            copy_folder(template.path(), folder.path());
            let told = Mutex::new(Told { submitted: opening.clone(), ..Told::default() });
            for run in 0..RUNS {
                let instant = Digest::of(&[seed, number, run].map(u64::to_be_bytes).concat()).0;
                play(&stage, folder.path(), run, instant, &told);
                let told = told.lock().unwrap();
                served::with_store(folder.path(), |store| {
                    check(&*store, anchor, &told.submitted, &told.acknowledged)
                });
                kills.fetch_add(1, Ordering::Relaxed);
            }
            acknowledged.fetch_add(told.into_inner().unwrap().acknowledged.len() as u64, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for number in 0..2 {
            let lane = &lane;
            scope.spawn(move || lane(number));
        }
    });
    let [kills, acknowledged] = totals.map(AtomicU64::into_inner);
    println!("{kills} kills; {acknowledged} statements were acknowledged before them");
    assert_eq!(kills, FOLDERS * RUNS);
    assert!(acknowledged > 200, "only {acknowledged} statements were acknowledged before the kills");
}
