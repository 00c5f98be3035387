//! What one client may have the server work out, read and hold for them, through real sockets.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;
#[path = "serve_support/raw.rs"]
mod raw;
mod serve_support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use quorate::statement::Envelope;
use raw::{Told, answer, ask, counted, get, limited, metrics, most_memory, post};
use serde_json::json;
use serve_support::restricted::{challenge, signer};
use serve_support::{Machine, Server, operator, operator_of};

/// Begins to ask, for a client at this address, and reads nothing.
fn begin(server: &Server, client: &str, line: &str) -> TcpStream {
    let mut stream = server.connect();
    write!(stream, "{line} HTTP/1.1\r\nHost: log\r\nX-Forwarded-For: {client}\r\nConnection: close\r\n\r\n")
        .unwrap();
    stream
}

/// What everybody is answered who asks this at the same time, for a client at this address.
fn at_once(server: &Server, client: &str, line: &str, times: usize) -> Vec<Told> {
    let mut all: Vec<TcpStream> = (0..times).map(|_| begin(server, client, line)).collect();
    all.iter_mut().map(answer).collect()
}

/// That some were answered and all others told to come again; and that another address is answered, as is this one afterwards.
/// How many were told to.
fn some_come_again(server: &Server, line: &str, times: usize) -> f64 {
    let told = at_once(server, "192.0.2.66", line, times);
    let answered = told.iter().filter(|told| told.status == 200).count();
    let again: Vec<&Told> = told.iter().filter(|told| told.status == 503).collect();
    assert!(answered >= 2 && !again.is_empty(), "{line}: {answered} answered, {} busy", again.len());
    assert_eq!(answered + again.len(), times);
    for told in &again {
        assert_eq!(told.header("retry-after"), Some("2"), "{}", told.head);
    }
    for client in ["192.0.2.7", "192.0.2.66"] {
        assert_eq!(ask(server, client, line, "", "").status, 200);
    }
    u32::try_from(again.len()).unwrap().into()
}

/// A case in which north files what it likes.
fn filing(bytes: usize) -> Machine {
    let operator = operator_of(|text| {
        let file =
            "steps  = [\n  { do = \"file\", by = \"north\", attach = [\"exhibit\"] },\n  { outcome = \"yes\"";
        let text = text.replace("steps  = [\n  { outcome = \"yes\"", file);
        text.replace(
            "change   = \"until close\"\n",
            "change   = \"until close\"\nnew-evidence = \"votes stand\"\n",
        )
    });
    operator.ok("do ask --key north");
    fs::write(operator.path.join("exhibit.md"), "x".repeat(bytes)).unwrap();
    operator.ok("do file --case question#1 --attach exhibit=exhibit.md --key north");
    operator
}

fn digest_of_exhibit(operator: &Machine) -> String {
    let blob = fs::read_dir(operator.path.join("data/blobs")).unwrap().next().unwrap().unwrap();
    blob.file_name().into_string().unwrap()
}

#[test]
fn reports_are_made_a_few_at_a_time_and_who_asks_for_many_comes_again() {
    let operator = operator();
    operator.ok("do ask --key north");
    let server = limited(&operator, "");
    let busy = some_come_again(&server, "GET /v1/agreements/panel/cases/question/1/report", 100)
        + some_come_again(&server, "GET /agreements/panel/cases/question/1/report", 100);
    let told = metrics(&operator);
    assert_eq!(counted(&told, "quorate_limited_total{limit=\"work\"}"), Some(busy), "{told}");
}

#[test]
fn documents_are_read_a_few_at_a_time_and_who_asks_for_many_comes_again() {
    let operator = filing(8 << 20);
    let digest = digest_of_exhibit(&operator);
    let server = limited(&operator, "");
    // Without their bytes, which are bounded as well.
    let busy = some_come_again(&server, &format!("HEAD /a/panel/blobs/{digest}"), 150)
        + some_come_again(&server, &format!("HEAD /agreements/panel/documents/{digest}"), 150);
    let told = metrics(&operator);
    assert_eq!(counted(&told, "quorate_limited_total{limit=\"reading\"}"), Some(busy), "{told}");
}

#[test]
fn pages_of_the_log_and_events_of_long_ago_are_read_in_turn_with_everything_else_that_is() {
    let operator = filing(8 << 20);
    let blob = format!("HEAD /a/panel/blobs/{}", digest_of_exhibit(&operator));
    let server = limited(&operator, "");
    // As many as one address may have read, each for long, some of which are turned away.
    let mut held = Vec::new();
    let mut many = || held.extend((0..100).map(|_| begin(&server, "192.0.2.66", &blob)));
    let busy = |told: &Told| told.status == 503 && told.header("retry-after") == Some("2");
    for path in ["/agreements/panel/entries", "/agreements/panel", "/v1/agreements/panel/entries"] {
        let some = (0..20).any(|_| {
            many();
            at_once(&server, "192.0.2.66", &format!("GET {path}"), 8).iter().any(busy)
        });
        assert!(some, "{path}");
    }
    let waits = (0..20).any(|_| {
        many();
        let mut events = begin(&server, "192.0.2.66", "GET /v1/agreements/panel/events?from=0");
        let mut heard = String::new();
        // It comes to its turn in any case.
        while !heard.contains("id: 0\n") {
            let mut bytes = [0; 4096];
            let read = events.read(&mut bytes).unwrap();
            assert!(read > 0, "{heard}");
            heard.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
        heard.contains(": waits for its turn")
    });
    assert!(waits);
    assert_eq!(get(&server, "192.0.2.7", "/agreements/panel/entries").status, 200);
}

#[test]
fn answers_that_are_not_read_take_so_much_memory_and_no_more() {
    const LONG: usize = 15 << 20;
    let operator = filing(LONG);
    let digest = digest_of_exhibit(&operator);
    let server = limited(&operator, "");
    let path = format!("/a/panel/blobs/{digest}");
    assert_eq!(raw_length(begin(&server, "192.0.2.7", &format!("GET {path}"))), LONG + 32);
    let before = most_memory(&server);
    let mut held: Vec<TcpStream> =
        (0..40).map(|_| begin(&server, "192.0.2.66", &format!("GET {path}"))).collect();
    // The first bytes of each say what became of it.
    let statuses: Vec<String> = held.iter_mut().map(first_line).collect();
    let sent = statuses.iter().filter(|line| line.contains(" 200 ")).count();
    let busy = statuses.iter().filter(|line| line.contains(" 503 ")).count();
    assert_eq!((sent, busy), (4, 36), "{statuses:?}");
    // What is read meanwhile and what is held: 40 of them would be 600 MiB.
    let grown = most_memory(&server).saturating_sub(before);
    assert!(grown < 160 << 20, "{grown} bytes");
    let told = metrics(&operator);
    assert_eq!(counted(&told, "quorate_limited_total{limit=\"answers\"}"), Some(36.0), "{told}");
    // Others are answered, and so is whoever reads, or gives up, what they have asked for.
    assert_eq!(raw_length(begin(&server, "192.0.2.7", &format!("GET {path}"))), LONG + 32);
    assert_eq!(get(&server, "192.0.2.66", "/v1/agreements/panel/licence").status, 200);
    drop(held);
    let again = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        raw_length(begin(&server, "192.0.2.66", &format!("GET {path}"))) == LONG + 32
    });
    assert!(again);
}

/// The length of an answer's body, read to its end.
fn raw_length(mut stream: TcpStream) -> usize {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes.len() - bytes.windows(4).position(|it| it == b"\r\n\r\n").unwrap() - 4
}

fn first_line(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 32];
    stream.read_exact(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn one_address_uses_up_no_more_than_its_share_of_the_challenges_that_are_remembered() {
    let operator = operator();
    let server = limited(&operator, "submitted = 0\nrequests = 0");
    let north = signer(&operator, "north");
    let sign_in = |client: &str| {
        let challenge = challenge(&server);
        let signature = north.sign_request(&challenge).unwrap().sig;
        let body = json!({ "challenge": challenge.to_text(), "signature": signature }).to_string();
        ask(&server, client, "POST /v1/token", "Content-Type: application/json\r\n", &body)
    };
    for _ in 0..256 {
        assert_eq!(sign_in("192.0.2.66").status, 200);
    }
    let told = sign_in("192.0.2.66");
    assert_eq!((told.status, told.problem().as_str()), (429, "too-many"), "{}", told.body);
    assert_eq!(told.header("retry-after"), Some("30"));
    assert_eq!(sign_in("192.0.2.7").status, 200);
    let told = metrics(&operator);
    assert_eq!(counted(&told, "quorate_limited_total{limit=\"readers\"}"), Some(1.0), "{told}");
}

#[test]
fn one_address_has_so_many_streams_of_events_and_all_leave_an_eighth_of_the_connections() {
    let operator = operator();
    let server = limited(&operator, "connections = 40\nper-address = 8");
    let opens = |client: &str| {
        let mut stream = begin(&server, client, "GET /v1/agreements/panel/events");
        let told = first_line(&mut stream);
        (stream, told.contains(" 200 "), told)
    };
    let of_one: Vec<_> = (0..8).map(|_| opens("192.0.2.66")).collect();
    assert!(of_one.iter().all(|(_, open, _)| *open));
    let (_, open, told) = opens("192.0.2.66");
    assert!(!open && told.contains(" 503 "), "{told}");
    // Whoever cannot listen can ask.
    assert_eq!(get(&server, "192.0.2.66", "/v1/agreements/panel/entries").status, 200);
    let of_others: Vec<_> = (0..28).map(|last| opens(&format!("192.0.2.{last}"))).collect();
    assert_eq!(of_others.iter().filter(|(_, open, _)| *open).count(), 27);
    assert_eq!(get(&server, "192.0.2.7", "/v1/agreements/panel/entries").status, 200);
    let told = metrics(&operator);
    assert_eq!(counted(&told, "quorate_limited_total{limit=\"streams\"}"), Some(2.0), "{told}");
    drop(of_one);
    let again = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        opens("192.0.2.66").1
    });
    assert!(again);
}

#[test]
fn of_an_envelope_with_more_signatures_than_anybody_needs_none_is_checked() {
    let operator = operator();
    operator.ok("log show 0 panel --envelope opened.json");
    let server = limited(&operator, "");
    let opened = fs::read_to_string(operator.path.join("opened.json")).unwrap();
    let send = |signatures: usize| {
        let mut envelope = Envelope::parse(&opened).unwrap();
        let signature = envelope.signatures[0].clone();
        envelope.signatures.resize(signatures, signature);
        post(&server, "192.0.2.66", &envelope.to_text())
    };
    let told = send(65);
    assert_eq!((told.status, told.problem().as_str()), (422, "bad-envelope"), "{}", told.body);
    assert!(told.body.contains("65 signatures") && told.body.contains("at most 64"), "{}", told.body);
    // These are, and do not hold.
    let told = send(64);
    assert!(told.status == 422 && !told.body.contains("at most 64"), "{}", told.body);
    // What opened the agreement is known here, though nobody may open one.
    let told = post(&server, "192.0.2.66", &opened);
    assert!(told.status == 200 && told.body.contains("\"known\":true"), "{}", told.body);
}

#[test]
fn no_more_agreements_are_opened_over_the_network_than_the_operator_lets() {
    let operator = operator();
    let config = "openings = true\n\n[limits]\nagreements = 2\n";
    fs::write(operator.path.join("server.toml"), config).unwrap();
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    let people = Machine::new(Some(&server));
    for key in ["north", "south"] {
        people.takes_key(&operator, key);
    }
    for file in ["panel.toml", "contract.txt", "roster.toml"] {
        fs::copy(operator.path.join(file), people.path.join(file)).unwrap();
    }
    let opening = |name: &str| {
        let key = operator.ok(&format!("key show --log {name}"))["vkey"].as_str().unwrap().to_owned();
        format!(
            "open {name} --workflow panel.toml --contract contract.txt --roster roster.toml --log-key {key} --key north \
             --key south"
        )
    };
    people.ok(&opening("second"));
    let error = people.fails(&opening("third"), 4);
    let what = error["what"].as_str().unwrap();
    assert!(what.contains("(403) [no-openings]") && what.contains("keeps 2 agreements"), "{what}");
    assert_eq!(server.get("/v1/agreements")["agreements"].as_array().unwrap().len(), 2);
}
