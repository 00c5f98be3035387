//! `quorate watch`: what is new comes as it comes, and only what the log shows; through broken connections, and before servers that lie.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "serve_support/between.rs"]
mod between;
mod cli_support;
mod serve_support;

use std::fs;
use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant as Timer};

use between::{Asked, Between};
use cli_support::copy_folder;
use serde_json::Value;
use serve_support::{Machine, SEATS, Server, operator, operator_of, voting};

/// A machine that watches.
struct Watcher {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    errors: std::path::PathBuf,
}

impl Watcher {
    fn start(machine: &Machine, line: &str) -> Self {
        let errors = machine.path.join("watch.log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command.args(cli_support::words(line)).args(["--data", "data", "--json"]).current_dir(&machine.path);
        for name in ["QUORATE_DATA", "QUORATE_CLOCK", "QUORATE_LOG"] {
            command.env_remove(name);
        }
        command.env("QUORATE_SERVER", machine.server.as_ref().unwrap());
        command.stdout(Stdio::piped()).stderr(fs::File::create(&errors).unwrap());
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines, errors }
    }

    fn next(&mut self) -> Value {
        let line = self.lines.next().unwrap_or_else(|| panic!("it ended: {}", self.said())).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Reads up to the next document of this kind.
    fn until(&mut self, kind: &str) -> Value {
        loop {
            let next = self.next();
            if next["event"] == kind {
                return next;
            }
        }
    }

    /// How it ended, and what it said.
    fn end(mut self) -> (Option<i32>, String) {
        let status = self.process.wait().unwrap();
        let rest: Vec<String> = self.lines.by_ref().map(Result::unwrap).collect();
        let said = self.said();
        (status.code(), format!("{said}{}", rest.join("\n")))
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.errors).unwrap_or_default()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn is_events(asked: &Asked) -> bool {
    asked.line.contains("/events ")
}

/// A stream that ends at once, without having told anything.
fn nothing_new() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n: listening\n\n".to_vec()
}

#[test]
fn entries_and_what_they_bring_about_are_told_as_they_come() {
    let operator =
        operator_of(|workflow| workflow.replace("change   = \"until close\"", "early    = \"all voted\""));
    let server = Server::start(&operator);
    let people = voting(&operator, &server);
    let mut watcher = Watcher::start(&people, "watch panel --from 20");
    let begun = watcher.next();
    assert_eq!((&begun["event"], &begun["head"]["size"]), (&"watching".into(), &22.into()), "{begun}");
    assert_eq!([watcher.next(), watcher.next()].map(|it| it["entry"].as_u64()), [Some(20), Some(21)]);
    for seat in SEATS {
        people.ok(&format!("vote --choice yes --key {seat}"));
    }
    for (index, seat) in (22..).zip(SEATS) {
        let entry = watcher.until("entry");
        assert_eq!((&entry["entry"], &entry["by"]), (&index.into(), &seat.into()), "{entry}");
        assert!(entry["what"].as_str().unwrap().contains("voted yes"), "{entry}");
    }
    let state = watcher.until("state");
    assert_eq!((&state["entries"], &state["licence"]), (&32.into(), &true.into()), "{state}");
    let changes = state["changes"].to_string();
    assert!(changes.contains("is closed") && changes.contains("→"), "{changes}");
    // What was seen is kept: the next command holds the log against it.
    let seen = fs::read_to_string(people.path.join("data/seen/panel/checkpoint")).unwrap();
    assert!(seen.contains("\n32\n"), "{seen}");

    // For a person, and as many as are asked for.
    let mut page = cli_support::quorate(&people.path);
    page.args(["watch", "panel", "--from", "0", "--entries", "2", "--data", "data", "--server", &server.url]);
    let page = cli_support::Done::of(page.output().unwrap());
    assert_eq!(page.code, 0, "{page:?}");
    let lines: Vec<&str> = page.out.lines().rev().take(2).collect();
    assert!(lines[1].starts_with("   0  ") && lines[0].starts_with("   1  "), "{}", page.out);
    let error = people.fails("watch panel --from 33", 2);
    assert!(error["what"].as_str().unwrap().contains("the log has 32 entries"), "{error}");
    let here = Machine { server: None, ..people };
    assert!(here.fails("watch panel", 2)["what"].as_str().unwrap().contains("name it with --server"));
}

#[test]
fn a_connection_that_breaks_off_is_made_again_and_goes_on_after_the_last_entry() {
    let operator = operator();
    let server = Server::start(&operator);
    let between = Between::new(&server.url);
    let people = Machine::new(Some(&server));
    for key in ["north", "n1", "n2", "n3"] {
        people.takes_key(&operator, key);
    }
    let nominate = |seat: &str| {
        people.ok(&format!("nominate {seat} --person {seat} --nominee-key data/keys/{seat}.pub --key north"))
    };
    // Each stream ends after a moment, without having told anything.
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, from) = (Arc::clone(&asked), Arc::new(std::sync::Mutex::new(Vec::new())));
    let heard = Arc::clone(&from);
    between.answers(move |asked| {
        if !is_events(asked) {
            return asked.forward();
        }
        count.fetch_add(1, Ordering::SeqCst);
        let text = String::from_utf8_lossy(&asked.bytes).to_ascii_lowercase();
        let last = text.lines().find_map(|line| line.strip_prefix("last-event-id: ").map(str::to_owned));
        heard.lock().unwrap().push(last.unwrap_or_default());
        nothing_new()
    });
    let watching = Machine { server: Some(between.url.clone()), ..Machine::new(None) };
    let mut watcher = Watcher::start(&watching, "watch panel --entries 3");
    watcher.until("watching");
    for (seat, index) in ["n1", "n2", "n3"].into_iter().zip(1..) {
        nominate(seat);
        assert_eq!(watcher.until("entry")["entry"], index);
    }
    let (code, said) = watcher.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(
        asked.load(Ordering::SeqCst) >= 2 && said.contains("not connected") && said.contains("trying again"),
        "{said}"
    );
    let from = from.lock().unwrap().clone();
    assert_eq!(from[0], "0");
    assert!(from.iter().any(|last| last != "0"), "{from:?}");
}

#[test]
fn what_a_server_announces_otherwise_than_its_log_has_it_is_told() {
    let operator = operator();
    let server = Server::start(&operator);
    let between = Between::new(&server.url);
    let watching = || Machine { server: Some(between.url.clone()), ..Machine::new(None) };
    let tells = |index: u64| {
        let none = format!("sha256:{}", "0".repeat(64));
        let data = format!(
            "{{\"entry\":{index},\"time\":\"2026-01-01T00:00:00Z\",\"type\":\"vote\",\"by\":\"n1\",\"what\":\"voted yes\",\"statement\":\"{none}\"}}"
        );
        let stream = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\nid: {index}\nevent: entry\ndata: {data}\n\n"
        );
        move |asked: &Asked| if is_events(asked) { stream.clone().into_bytes() } else { asked.forward() }
    };
    // An entry that is in no log.
    between.answers(tells(1));
    let (code, said) = Watcher::start(&watching(), "watch panel").end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("tells of entry 1, and by its signed checkpoint the log has 1"), "{said}");
    // Another one than the log has there.
    let people = Machine::new(Some(&server));
    people.takes_key(&operator, "north");
    people.takes_key(&operator, "n1");
    between.is_honest();
    between.answers({
        let lie = tells(1);
        let first = AtomicUsize::new(0);
        move |asked| {
            // It lies once somebody has something to hold it against.
            if is_events(asked) && first.fetch_add(1, Ordering::SeqCst) == 0 {
                people.ok("nominate n1 --person n1 --nominee-key data/keys/n1.pub --key north");
            }
            lie(asked)
        }
    });
    let (code, said) = Watcher::start(&watching(), "watch panel").end();
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("told of entry 1 as the statement sha256:0000") && said.contains("tell the parties"),
        "{said}"
    );
}

#[test]
fn a_log_that_goes_back_while_it_is_watched_convicts_itself() {
    let operator = operator();
    copy_folder(&operator.path.join("data"), &operator.path.join("old"));
    let server = Server::start(&operator);
    let between = Between::new(&server.url);
    let people = Machine::new(Some(&server));
    for key in ["north", "n1"] {
        people.takes_key(&operator, key);
    }
    between.answers(|asked| if is_events(asked) { nothing_new() } else { asked.forward() });
    let watching = Machine { server: Some(between.url.clone()), ..Machine::new(None) };
    let mut watcher = Watcher::start(&watching, "watch panel");
    watcher.until("watching");
    people.ok("nominate n1 --person n1 --nominee-key data/keys/n1.pub --key north");
    assert_eq!(watcher.until("entry")["entry"], 1);
    // The operator puts an older copy in its place, and nobody is answered meanwhile.
    between.answers(|_| Vec::new());
    assert_eq!(server.stop(), Some(0));
    fs::remove_dir_all(operator.path.join("data")).unwrap();
    copy_folder(&operator.path.join("old"), &operator.path.join("data"));
    let server = Server::start(&operator);
    // The machine in between leads there from now on.
    let older = server.url.strip_prefix("http://").unwrap().to_owned();
    between.answers(move |asked| {
        if is_events(asked) {
            return nothing_new();
        }
        let text = String::from_utf8(asked.bytes.clone()).unwrap();
        let text = text.replacen("\r\n", "\r\nConnection: close\r\n", 1);
        let mut stream = TcpStream::connect(&older).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    });
    let (code, said) = watcher.end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("both signed checkpoints are kept as evidence"), "{said}");
    assert_eq!(fs::read_dir(watching.path.join("data/seen/panel/evidence")).unwrap().count(), 2);
    drop(server);
}

/// Says this again and again, so often, while anybody listens.
fn again_and_again(what: &'static str, pause: Duration) -> impl Fn(TcpStream) + Send + Sync {
    move |mut stream| {
        while stream.write_all(what.as_bytes()).is_ok() {
            std::thread::sleep(pause);
        }
    }
}

#[test]
fn a_server_that_gives_signs_of_life_and_keeps_its_events_to_itself_is_found_out() {
    // Eight seconds after the question nobody can answer it any more.
    let operator =
        operator_of(|workflow| workflow.replace("open-for = \"3650 days\"", "open-for = \"8 seconds\""));
    let server = Server::start(&operator);
    let between = Between::new(&server.url);
    between.streams(again_and_again(": \n", Duration::from_millis(300)));
    let people = Machine::new(Some(&server));
    for key in ["north", "n1"] {
        people.takes_key(&operator, key);
    }
    let watching = Machine { server: Some(between.url.clone()), ..Machine::new(None) };
    people.ok("do ask --key north");
    let mut watcher = Watcher::start(&watching, "watch panel");
    let begun = watcher.until("watching");
    assert_eq!(begun["head"]["size"], 2, "{begun}");
    let begun = Timer::now();
    // What time alone brings, which no server need say.
    let state = watcher.until("state");
    assert!(state["changes"].to_string().contains("is closed"), "{state}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    // An entry of which the server says nothing: within a minute.
    people.ok("nominate n1 --person n1 --nominee-key data/keys/n1.pub --key north");
    assert_eq!(watcher.until("entry")["entry"], 2);
    assert!(begun.elapsed() < Duration::from_secs(75), "{:?}", begun.elapsed());
}

#[test]
fn a_server_that_never_stops_talking_is_heard_and_its_log_looked_at() {
    let operator = operator();
    let server = Server::start(&operator);
    let between = Between::new(&server.url);
    between.streams(again_and_again("event: state\ndata: {}\n\n", Duration::from_millis(5)));
    let people = Machine::new(Some(&server));
    for key in ["north", "n1"] {
        people.takes_key(&operator, key);
    }
    let watching = Machine { server: Some(between.url.clone()), ..Machine::new(None) };
    let mut watcher = Watcher::start(&watching, "watch panel");
    watcher.until("watching");
    people.ok("nominate n1 --person n1 --nominee-key data/keys/n1.pub --key north");
    let begun = Timer::now();
    assert_eq!(watcher.until("entry")["entry"], 1);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    drop(watcher);

    // Entries without end, which no log has.
    between.streams(|mut stream| {
        let none = format!("sha256:{}", "0".repeat(64));
        for index in 2_u64.. {
            let data =
                format!("{{\"entry\":{index},\"time\":\"2026-01-01T00:00:00Z\",\"statement\":\"{none}\"}}");
            if stream.write_all(format!("event: entry\ndata: {data}\n\n").as_bytes()).is_err() {
                return;
            }
        }
    });
    let (code, said) = Watcher::start(&watching, "watch panel").end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("tells of entry 2, and by its signed checkpoint the log has 2"), "{said}");
}
