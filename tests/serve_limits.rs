//! What one client may take from the others, through real sockets: how often they ask, submit and sign, how much they file;
//! and requests that mean harm, beside which the service goes on.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;
#[path = "serve_support/raw.rs"]
mod raw;
mod serve_support;

use std::fmt::Write as _;
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use raw::{ask, counted, get, limited, metrics, most_memory, post};
use serve_support::{Machine, Server, operator, voting};

#[test]
fn who_asks_or_submits_too_often_waits_and_others_do_not() {
    let operator = operator();
    // Twenty requests at once, five submissions.
    let server = limited(&operator, "requests = 60\nsubmitted = 5");
    for _ in 0..20 {
        assert_eq!(get(&server, "192.0.2.1", "/v1/agreements").status, 200);
    }
    let told = get(&server, "192.0.2.1", "/v1/agreements");
    assert_eq!((told.status, told.problem().as_str()), (429, "too-many"), "{}", told.body);
    assert!(matches!(told.header("retry-after"), Some("1" | "2")), "{}", told.head);
    // A person is told so on a page.
    let told = ask(&server, "192.0.2.1", "GET /agreements/panel", "Accept: text/html,*/*;q=0.8\r\n", "");
    assert!(told.status == 429 && told.body.contains("<h1>Too Many Requests</h1>"), "{}", told.body);
    assert!(matches!(told.header("retry-after"), Some("1" | "2")), "{}", told.head);
    assert_eq!(get(&server, "192.0.2.2", "/v1/agreements").status, 200);
    // Another one says so of itself, and is not believed.
    assert_eq!(get(&server, "192.0.2.2, 192.0.2.1", "/v1/agreements").status, 429);
    // Whether it lives may be asked by anybody.
    assert_eq!(get(&server, "192.0.2.1", "/healthz").status, 200);

    for _ in 0..5 {
        assert_eq!(post(&server, "192.0.2.3", "{}").status, 422);
    }
    let told = post(&server, "192.0.2.3", "{}");
    assert_eq!((told.status, told.problem().as_str()), (429, "too-many"));
    let wait: u64 = told.header("retry-after").unwrap().parse().unwrap();
    assert!((11..=13).contains(&wait), "{wait}");
    assert_eq!(get(&server, "192.0.2.3", "/v1/agreements").status, 200);

    let metrics = metrics(&operator);
    let is = |name: &str, value: f64| assert_eq!(counted(&metrics, name), Some(value), "{name}\n{metrics}");
    is("quorate_limited_total{limit=\"requests\"}", 3.0);
    is("quorate_limited_total{limit=\"submissions\"}", 1.0);
    is("quorate_submissions_total{result=\"bad-envelope\"}", 5.0);
    is("quorate_submissions_total{result=\"too-many\"}", 1.0);
    is("quorate_requests_total{route=\"/v1/agreements\",status=\"4xx\"}", 2.0);
    is("quorate_request_seconds_count{route=\"/v1/statements\"}", 6.0);
    is("quorate_log_entries{agreement=\"panel\"}", 1.0);
    is("quorate_event_listeners", 0.0);
    // They are for the operator alone.
    assert_eq!(get(&server, "192.0.2.9", "/metrics").status, 404);
}

#[test]
fn a_key_that_signs_too_often_waits_and_other_keys_do_not() {
    let operator = operator();
    // Eight at once; each statement counts for both parties' keys where both sign.
    let server = limited(&operator, "statements = 1");
    let people = Machine::new(Some(&server));
    for key in ["north", "south", "n1", "n2", "s1"] {
        people.takes_key(&operator, key);
    }
    let nominate = |who: &str, seat: &str, key: &str| {
        format!(
            "nominate {seat} --person {who} --nominee-key data/keys/{key}.pub --key {}",
            if seat.starts_with('n') { "north" } else { "south" }
        )
    };
    for turn in 0..4 {
        people.ok(&nominate(&format!("n{turn}"), "n1", "n1"));
        people.ok(&nominate(&format!("m{turn}"), "n2", "n2"));
    }
    let size = server.get("/v1/agreements/panel")["head"]["size"].as_u64().unwrap();
    let error = people.fails(&nominate("nine", "n1", "n1"), 4);
    assert!(error["what"].as_str().unwrap().contains("(429)"), "{error}");
    assert_eq!(server.get("/v1/agreements/panel")["head"]["size"].as_u64().unwrap(), size);
    people.ok(&nominate("s", "s1", "s1"));
    let metrics = metrics(&operator);
    assert_eq!(counted(&metrics, "quorate_limited_total{limit=\"statements\"}"), Some(1.0));
    assert_eq!(counted(&metrics, "quorate_submissions_total{result=\"admitted\"}"), Some(9.0), "{metrics}");
    assert_eq!(counted(&metrics, "quorate_flush_statements_sum"), Some(9.0), "{metrics}");
}

#[test]
fn documents_have_a_quota_of_the_agreement_and_of_whoever_files_them() {
    let operator = operator();
    let server = limited(&operator, "kept = 1000\nkept-of-one = 600");
    let people = voting(&operator, &server);
    let file = |name: &str, bytes: usize, seat: &str| {
        fs::write(people.path.join(name), "x".repeat(bytes)).unwrap();
        people.run(&format!("disclose {name} --seat {seat} --key {seat}"))
    };
    // Each with 32 bytes of salt.
    let done = file("a.md", 500, "n1");
    assert_eq!(done.code, 0, "{done:?}");
    let blobs = || fs::read_dir(operator.path.join("data/blobs")).unwrap().count();
    let before = blobs();
    let done = file("b.md", 100, "n1");
    assert_eq!(done.code, 4, "{done:?}");
    assert!(done.json()["error"]["what"].as_str().unwrap().contains("(413)"), "{done:?}");
    // Another has room left, and then the agreement has none.
    assert_eq!(file("c.md", 300, "n2").code, 0);
    assert_eq!(file("d.md", 200, "n3").code, 4);
    assert_eq!(blobs(), before + 1);
    let told = metrics(&operator);
    assert_eq!(counted(&told, "quorate_limited_total{limit=\"documents\"}"), Some(2.0), "{told}");

    // It is derived from the record: a new start knows it.
    assert_eq!(server.stop(), Some(0));
    let server = limited(&operator, "kept = 1000\nkept-of-one = 600");
    let people = Machine { server: Some(server.url.clone()), ..people };
    fs::write(people.path.join("e.md"), "x".repeat(100)).unwrap();
    people.fails("disclose e.md --seat n1 --key n1", 4);
    fs::write(people.path.join("f.md"), "x".repeat(10)).unwrap();
    people.ok("disclose f.md --seat n1 --key n1");
}

#[test]
fn a_gigabyte_and_a_million_brackets_cost_next_to_nothing() {
    let operator = operator();
    let server = Server::start(&operator);
    let before = most_memory(&server);
    // A million deep: longer than an envelope, and the same within an envelope's length.
    for (deep, status) in [(1_000_000, 413), (120_000, 422)] {
        for (open, close) in [("[", "]"), ("{\"statement\":", "}")] {
            let deep = deep / open.len();
            let body = open.repeat(deep) + "1" + &close.repeat(if status == 422 { 0 } else { deep });
            let told = post(&server, "", &body);
            // It may close before all of it has come.
            assert!(told.status == status || (status == 413 && told.status == 0), "{deep} {}", told.status);
        }
    }
    for kind in ["application/json", "multipart/form-data; boundary=x"] {
        let mut stream = server.connect();
        let head = format!(
            "POST /v1/statements HTTP/1.1\r\nHost: log\r\nContent-Type: {kind}\r\nContent-Length: 1073741824\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        if kind.starts_with("multi") {
            stream.write_all(b"--x\r\ncontent-disposition: form-data; name=\"envelope\"\r\n\r\n").unwrap();
        }
        let chunk = vec![b' '; 1 << 16];
        let mut sent = 0_u64;
        let refused = loop {
            match stream.write(&chunk) {
                Ok(bytes) if sent < 1 << 30 => sent += bytes as u64,
                Ok(_) => break None,
                Err(error) => break Some(error.kind()),
            }
        };
        // What the two sockets hold came on its way; the server has read little of it.
        assert!(matches!(refused, Some(ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)), "{refused:?}");
        assert!(sent < 16 << 20, "{kind}: {sent} bytes");
    }
    let grown = most_memory(&server) - before;
    assert!(grown < 32 << 20, "{grown} bytes");
    assert_eq!(server.get("/v1/agreements")["agreements"].as_array().unwrap().len(), 1);
}

#[test]
fn clients_that_take_their_time_are_sent_away_and_others_are_served_meanwhile() {
    let operator = operator();
    let server = Server::start(&operator);
    let begun = Instant::now();
    let slow: Vec<TcpStream> = (0..500)
        .map(|place| {
            let mut stream = server.connect();
            // Some in the head, some in the body, some without a word.
            let said: &[u8] = match place % 3 {
                0 => b"GET /v1/agreements HTTP/1.1\r\nHost: log\r\nX-Slow: ",
                1 => b"POST /v1/statements HTTP/1.1\r\nHost: log\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
                _ => b"",
            };
            stream.write_all(said).unwrap();
            stream
        })
        .collect();
    let mut slowest = Duration::ZERO;
    while begun.elapsed() < Duration::from_secs(5) {
        let asked = Instant::now();
        assert_eq!(get(&server, "", "/v1/agreements/panel/licence").status, 200);
        slowest = slowest.max(asked.elapsed());
        for mut stream in slow.iter().step_by(50) {
            // A byte now and then, so that something always comes.
            let _ = stream.write(b"x");
        }
        // Not so often that it would be told to wait.
        thread::sleep(Duration::from_millis(20));
    }
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    // The head is to come within 15 seconds, whatever comes of it meanwhile.
    let mut first = &slow[0];
    let mut rest = Vec::new();
    let _ = first.read_to_end(&mut rest);
    let taken = begun.elapsed();
    assert!(taken > Duration::from_secs(10) && taken < Duration::from_secs(40), "{taken:?}");
    assert_eq!(get(&server, "", "/readyz").status, 200);
}

#[test]
fn a_flood_from_one_address_is_turned_away_and_others_are_served() {
    let operator = operator();
    let server = limited(&operator, "");
    let (ended, turned_away) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut slowest = Duration::ZERO;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut stream = server.connect();
                let mut many = String::new();
                for _ in 0..64 {
                    let _ = write!(many, "GET /v1/agreements/panel/status HTTP/1.1\r\nHost: log\r\nX-Forwarded-For: 192.0.2.66\r\n\r\n");
                }
                let mut answers = vec![0; 1 << 20];
                while !ended.load(Ordering::Relaxed) {
                    stream.write_all(many.as_bytes()).unwrap();
                    let mut told = 0;
                    while told < 64 {
                        let read = stream.read(&mut answers).unwrap();
                        assert!(read > 0);
                        let text = String::from_utf8_lossy(&answers[..read]);
                        told += text.matches("HTTP/1.1 ").count();
                        turned_away.fetch_add(text.matches("HTTP/1.1 429").count(), Ordering::Relaxed);
                    }
                }
            });
        }
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) && turned_away.load(Ordering::Relaxed) < 2_000 {
            let asked = Instant::now();
            assert_eq!(get(&server, "192.0.2.7", "/v1/agreements/panel/licence").status, 200);
            slowest = slowest.max(asked.elapsed());
        }
        ended.store(true, Ordering::Relaxed);
    });
    assert!(turned_away.load(Ordering::Relaxed) >= 2_000, "{turned_away:?}");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}
