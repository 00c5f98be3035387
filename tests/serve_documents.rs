//! Documents that come with statements, through real sockets: long ones, ones that nobody is to send, and clients that take
//! their time.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "serve_support/between.rs"]
mod between;
mod cli_support;
#[path = "serve_support/raw.rs"]
mod raw;
mod serve_support;

use std::fs;
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use between::Between;
use raw::{answer, counted, get, limited, metrics, most_memory, post};
use serve_support::{Machine, Server, operator, voting};

const LONG: usize = 5 << 20;

/// The very bytes of the request with which a command submits, which nobody answers.
fn request(people: &Machine, server: &Server, line: &str) -> Vec<u8> {
    let between = Between::new(&server.url);
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sent);
    between.answers_statements(move |asked| {
        seen.lock().unwrap().clone_from(&asked.bytes);
        Vec::new()
    });
    let Machine { _folder: _, path, server: _ } = people;
    let done = cli_support::quorate(path)
        .args(cli_support::words(line))
        .args(["--data", "data", "--json", "--server", &between.url])
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(4), "{done:?}");
    let sent = sent.lock().unwrap().clone();
    assert!(!sent.is_empty());
    sent
}

fn blobs(operator: &Machine) -> usize {
    fs::read_dir(operator.path.join("data/blobs")).map_or(0, Iterator::count)
}

#[test]
fn a_long_document_is_taken_and_one_that_is_too_long_is_told_so() {
    let operator = operator();
    let server = Server::start(&operator);
    let people = voting(&operator, &server);
    fs::write(people.path.join("long.md"), "x".repeat(LONG)).unwrap();
    let done = people.run("disclose long.md --seat n1 --key n1");
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(blobs(&operator), 1);

    // Whoever had no answer sends all of it again, and hears that it was taken.
    let between = Between::new(&server.url);
    between.answers_statements(|asked| {
        asked.forward();
        Vec::new()
    });
    let lost = Machine { server: Some(between.url.clone()), ..people };
    let error = lost.fails("disclose long.md --seat n2 --key n2", 4);
    let file = error["unsure"].as_str().unwrap().to_owned();
    let people = Machine { server: Some(server.url.clone()), ..lost };
    assert_eq!(people.ok(&format!("submit {file}"))["known"], true);
    assert_eq!(blobs(&operator), 2);

    // A refusal reaches whoever sends a long document, and nothing of it is kept.
    let refused = people.fails("disclose long.md --seat n3 --key n4", 3);
    assert!(refused["note"].is_string(), "{refused}");
    fs::write(people.path.join("longer.md"), "x".repeat((16 << 20) + 1)).unwrap();
    let error = people.fails("disclose longer.md --seat n3 --key n3", 4);
    let said = error["what"].as_str().unwrap();
    assert!(said.contains("(413) [too-long]") && said.contains("16777216 bytes"), "{said}");
    assert_eq!(blobs(&operator), 2);
}

#[test]
fn nobody_sends_documents_for_an_agreement_that_is_not_here_nor_bytes_that_are_no_part() {
    let (operator, other) = (operator(), operator());
    let server = Server::start(&operator);
    other.ok("nominate n1 --person n1 --nominee-key data/keys/n1.pub --key north");
    other.ok("log show 1 --envelope elsewhere.json");
    let envelope = fs::read_to_string(other.path.join("elsewhere.json")).unwrap();
    let mut stream = server.connect();
    let form = format!(
        "--x\r\ncontent-disposition: form-data; name=\"envelope\"\r\n\r\n{}\r\n--x\r\ncontent-disposition: form-data; \
         name=\"document\"\r\n\r\n",
        envelope.trim_end()
    );
    let head =
        "POST /v1/statements HTTP/1.1\r\nHost: log\r\nContent-Type: multipart/form-data; boundary=x\r\n";
    // The document itself never comes, and is not waited for.
    write!(stream, "{head}Content-Length: 1000000\r\n\r\n{form}").unwrap();
    let told = answer(&mut stream);
    assert_eq!((told.status, told.problem().as_str()), (422, "unknown-agreement"), "{}", told.body);

    // What comes before the first part is in none.
    let before = most_memory(&server);
    let mut stream = server.connect();
    write!(stream, "{head}Transfer-Encoding: chunked\r\n\r\n").unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(1 << 16));
    let sent = (0..1_000).take_while(|_| stream.write_all(chunk.as_bytes()).is_ok()).count();
    assert!(sent < 256, "{sent} times 64 KiB");
    let grown = most_memory(&server) - before;
    assert!(grown < 16 << 20, "{grown} bytes");
}

#[test]
fn nobody_uses_up_what_a_key_may_sign_by_sending_again_what_it_has_signed() {
    let operator = operator();
    // Eight at once.
    let server = limited(&operator, "statements = 1");
    let people = Machine::new(Some(&server));
    for key in ["north", "n1", "n2"] {
        people.takes_key(&operator, key);
    }
    people.ok("nominate n1 --person n1 --nominee-key data/keys/n1.pub --key north");
    people.ok("log show 1 --envelope taken.json");
    let taken = fs::read_to_string(people.path.join("taken.json")).unwrap();
    let request =
        request(&people, &server, "nominate s1 --person x --nominee-key data/keys/n2.pub --key north");
    let refused = String::from_utf8(request).unwrap().split_once("\r\n\r\n").unwrap().1.to_owned();
    for _ in 0..20 {
        assert_eq!(post(&server, "192.0.2.66", taken.trim_end()).status, 200);
        // Signed, and refused: it is counted for nobody.
        let told = post(&server, "192.0.2.66", &refused);
        assert_eq!(told.status, 422, "{}", told.body);
    }
    people.ok("nominate n2 --person n2 --nominee-key data/keys/n2.pub --key north");
    let told = metrics(&operator);
    assert_eq!(counted(&told, "quorate_limited_total{limit=\"statements\"}"), None, "{told}");
}

#[test]
fn clients_that_take_their_time_leave_places_for_others() {
    let operator = operator();
    let server = limited(&operator, "submissions = 4");
    let people = voting(&operator, &server);
    fs::write(people.path.join("interests.md"), "x".repeat(100_000)).unwrap();
    let long = request(&people, &server, "disclose interests.md --seat n1 --key n1");
    // An envelope that never ends, and a statement that would be taken and whose document never does.
    let mut slow = Vec::new();
    for _ in 0..8 {
        let mut stream = server.connect();
        write!(
            stream,
            "POST /v1/statements HTTP/1.1\r\nHost: log\r\nX-Forwarded-For: 192.0.2.66\r\nContent-Type: application/json\r\n\
             Content-Length: 1000\r\n\r\n{{"
        )
        .unwrap();
        slow.push(stream);
        let mut stream = server.connect();
        let line = long.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let (line, rest) = long.split_at(line);
        let half = &rest[..rest.len() / 2];
        stream.write_all(&[line, b"X-Forwarded-For: 192.0.2.66\r\n", half].concat()).unwrap();
        slow.push(stream);
    }
    while counted(&metrics(&operator), "quorate_submissions_waiting") == Some(0.0) {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(get(&server, "192.0.2.7", "/readyz").status, 200);
    people.ok("vote --choice yes --key n2");
    let done = people.run("disclose interests.md --seat n2 --key n2");
    assert_eq!(done.code, 0, "{done:?}");
    drop(slow);
}
