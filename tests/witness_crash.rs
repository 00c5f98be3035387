//! A witness as a process of its own, killed at any instant: it never signs two heads of one size, never goes back,
//! and tells nobody what the disk does not have.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)] // helpers of tests

#[path = "witness_support/process.rs"]
mod process;
#[path = "shared/seed.rs"]
mod seed;
mod witness_support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use process::Desk;
use quorate::log::{Checkpoint, Hash, Head};
use quorate::values::Digest;
use seed::seed;
use witness_support::{History, ORIGIN, post, send};

/// What the witness says that it cosigned last.
fn last(address: SocketAddr, history: &History) -> Option<Head> {
    let hash = Digest::of(ORIGIN.as_bytes()).hex();
    let request = format!("GET /{hash}/checkpoint HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n");
    let shown = send(address, request.as_bytes());
    assert!(matches!(shown.status, 200 | 404), "{shown:?}");
    (shown.status == 200)
        .then(|| Checkpoint::open(shown.body.as_bytes(), history.key.verifier()).unwrap().head)
}

const ROUNDS: u64 = 60;
const SIZE: u64 = 6_000;
const CLIENTS: usize = 8;

#[test]
fn a_witness_killed_60_times_never_signs_two_histories_and_never_goes_back() {
    let (seed, desk) = (seed(), Desk::made());
    let histories = [History::new(SIZE), History::forked(SIZE, 0)];
    desk.ok(&format!("witness add-log wit {}", histories[0].key.verifier()));
    let key = desk.key();
    // What anybody was told, over all rounds.
    let signed: Mutex<BTreeMap<u64, Hash>> = Mutex::default();
    let mut unanswered = 0;
    for round in 0..ROUNDS {
        let mut server = desk.serve();
        let before = last(server.address, &histories[0]);
        let told =
            signed.lock().unwrap().last_key_value().map(|(size, root)| Head { size: *size, root: *root });
        if let Some(told) = told {
            let before = before.unwrap();
            assert!(
                before.size >= told.size,
                "round {round}: {told:?} was signed, and {before:?} is remembered"
            );
            assert!(before.size > told.size || before == told, "round {round}");
            unanswered += u64::from(before.size > told.size);
        }
        let start = before.map_or(0, |head| head.size);
        let random = Digest::of(&[seed, round].map(u64::to_be_bytes).concat()).0;
        let patience = Duration::from_micros(u64::from(u16::from_be_bytes([random[0], random[1]])) * 3);
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (signed, key, address) = (&signed, &key, server.address);
                let history = &histories[client % 2];
                scope.spawn(move || {
                    let (mut old, mut size) = (start, start + 1);
                    loop {
                        let answer = post(address, &history.body(old, size));
                        match answer.status {
                            0 => return,
                            200 => {
                                answer.cosignature(&history.note(size), key);
                                let root = history.head(size).root;
                                let other = signed.lock().unwrap().insert(size, root);
                                assert!(
                                    other.is_none_or(|other| other == root),
                                    "two heads of {size} entries"
                                );
                                (old, size) = (size, size + 1);
                            }
                            409 => {
                                old = answer.body.trim_end().parse().unwrap();
                                size = old + u64::from(client % 3 != 0);
                            }
                            // The other history is ahead.
                            422 => (old, size) = (old, old),
                            _ => panic!("{answer:?}"),
                        }
                    }
                });
            }
            // In the midst of it, however slow this machine is today.
            let (known, begun) = (signed.lock().unwrap().len(), Instant::now());
            while signed.lock().unwrap().len() == known && begun.elapsed() < Duration::from_secs(10) {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(patience);
            server.kill();
        });
    }
    let signed = signed.into_inner().unwrap();
    println!("{} sizes signed; {unanswered} times the last one was stored and not told", signed.len());
    assert!(signed.len() > 60, "only {} sizes were signed before the kills", signed.len());
    let one = |history: &History| signed.iter().all(|(size, root)| history.head(*size).root == *root);
    assert!(histories.iter().any(one), "what was signed is not of one history");
}

/// Killed on the way from the disk to the client: at the very call that would send the answer.
#[test]
fn what_was_stored_and_never_told_counts() {
    let desk = Desk::made();
    let (history, forked) = (History::new(99), History::forked(99, 0));
    desk.ok(&format!("witness add-log wit {}", history.key.verifier()));
    let mut size = 0;
    for when in ["1", "1", "2", "3", "1"] {
        let inject = format!("inject=sendto,writev:signal=KILL:when={when}");
        let mut server = desk.serve_under(&[
            "strace",
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "trace=sendto,writev",
            "-e",
            &inject,
        ]);
        // How many answers go out first depends on which threads send them.
        let lost = loop {
            let next = size + 1;
            let answer = post(server.address, &history.body(size, next));
            match answer.status {
                200 => size = next,
                0 => break next,
                _ => panic!("{answer:?}"),
            }
        };
        server.child.wait().unwrap();
        drop(server);

        let mut server = desk.serve();
        assert_eq!(
            last(server.address, &history),
            Some(history.head(lost)),
            "it was stored before it was told"
        );
        assert_eq!(post(server.address, &forked.body(size, lost)).status, 409);
        assert_eq!(post(server.address, &forked.body(lost, lost)).status, 422);
        assert_eq!(post(server.address, &history.body(size, lost)).status, 409);
        assert_eq!(post(server.address, &history.body(lost, lost)).status, 200);
        size = lost;
        assert!(server.end().success());
    }
}

/// The disk refuses to make something durable: that is not signed, and the process ends without another try.
#[test]
fn a_process_whose_fsync_fails_signs_nothing_and_ends() {
    let desk = Desk::made();
    let history = History::new(9);
    desk.ok(&format!("witness add-log wit {}", history.key.verifier()));
    let strace = [
        "strace",
        "-f",
        "-qq",
        "-o",
        "trace",
        "-e",
        "trace=fdatasync",
        "-e",
        "inject=fdatasync:error=EIO:when=2",
    ];
    let mut server = desk.serve_under(&strace);
    assert_eq!(post(server.address, &history.body(0, 3)).status, 200);
    let answer = post(server.address, &history.body(3, 5));
    assert!(answer.status != 200 && !answer.body.contains('—'), "{answer:?}");
    assert_eq!(server.child.wait().unwrap().code(), Some(4));
    let said = server.rest();
    assert!(said.contains("storage has failed") && said.contains("a write may be lost"), "{said}");
    let trace = std::fs::read_to_string(desk.path("trace")).unwrap();
    assert_eq!(trace.matches("fdatasync(").count(), 2, "{trace}");

    let mut server = desk.serve();
    let last = last(server.address, &history).unwrap();
    assert!(last == history.head(3) || last == history.head(5), "{last:?}");
    assert_eq!(post(server.address, &history.body(last.size, 9)).status, 200);
    assert!(server.end().success());
}
