//! Asking again: an answer that says something else now is sent whole, whatever time alone has brought about, and whoever listens
//! misses nothing when the server starts anew.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;
mod registry_support;
mod serve_support;
#[path = "serve_support/folder.rs"]
mod served;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use quorate::values::Instant;
use registry_support::{ballot, id, opened, seats, spawn};
use serve_support::restricted::ask;
use serve_support::{Server, operator, operator_of};
use served::{data_folder, serve};

fn unix() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn sleep_until(unix_seconds: i64) {
    let then = UNIX_EPOCH + Duration::from_secs(u64::try_from(unix_seconds).unwrap());
    sleep(then.duration_since(SystemTime::now()).unwrap_or_default());
}

/// Asks, and asks again with the tag of the answer: the tag, what was answered first, and the status of the second.
fn twice(server: &Server, path: &str) -> (String, String, u16) {
    let first = ask(server, "GET", path, &[], b"");
    assert_eq!(first.status, 200, "{path}: {}", first.text());
    let tag = first.header("etag").unwrap();
    (tag.clone(), first.text(), with(server, path, &tag).0)
}

/// The status and the body for whoever has the answer with this tag.
fn with(server: &Server, path: &str, tag: &str) -> (u16, String) {
    let answer = ask(server, "GET", path, &[&format!("If-None-Match: {tag}")], b"");
    assert_eq!(answer.body.is_empty(), answer.status == 304);
    (answer.status, answer.text())
}

#[test]
fn what_time_alone_brings_to_a_grant_or_a_duty_is_told_to_whoever_has_the_answer_before_it() {
    // Long enough for the agreement to be opened, and asked about, before.
    let mut ends = 0;
    let operator = operator_of(|text| {
        ends = unix() + 25;
        let instant = Instant::from_unix(ends);
        text.replace("first-of = [\"answered\"]", &format!("first-of = [\"answered\", {instant}]")).replace(
            "ballot = \"answer\"\n",
            "ballot = \"answer\"\nduties = [ { do = \"explain\", by = \"north\", within = \"12 seconds\" } ]\n",
        )
    });
    operator.ok("do ask --key north");
    let asked = unix();
    let server = Server::start(&operator);
    // From the next second on what is asked about is beyond the last entry, which the answers tell.
    sleep_until(asked + 1);
    let [licence, status] = ["licence", "status"].map(|what| format!("/v1/agreements/panel/{what}"));
    let page = "/agreements/panel/grants/licence";
    let ((of_licence, before, same), (of_status, owed, same_status)) =
        (twice(&server, &licence), twice(&server, &status));
    // That time goes on is no reason to send it again.
    assert_eq!((same, same_status), (304, 304));
    sleep(Duration::from_secs(1));
    assert_eq!((with(&server, &licence, &of_licence).0, with(&server, &status, &of_status).0), (304, 304));
    assert!(unix() < ends - 1, "the machine was too slow for this");
    assert!(before.contains("\"value\":\"in force\""), "{before}");
    assert!(owed.contains("\"owed\"") && !owed.contains("\"overdue\""), "{owed}");

    // A duty that nobody did, of whose lateness nothing comes.
    sleep_until(asked + 14);
    let (told, late) = with(&server, &status, &of_status);
    assert!(told == 200 && late.contains("\"overdue\""), "{told} {late}");
    // A page is asked for a little before the grant's own instant, mostly within the same minute.
    sleep_until(ends - 3);
    let of_page = ask(&server, "GET", page, &[], b"").header("etag").unwrap();
    sleep_until(ends + 1);
    let (told, after) = with(&server, &licence, &of_licence);
    assert!(told == 200 && after.contains("\"value\":\"ended\""), "{told} {after}");
    assert_eq!(with(&server, page, &of_page).0, 200);
}

#[test]
fn whether_what_is_asked_about_is_still_to_come_is_told_to_whoever_has_the_answer_before_it() {
    let server = Server::start(&operator());
    let soon = unix() + 5;
    let path = format!("/v1/agreements/panel/status?at={}", Instant::from_unix(soon));
    let (tag, before, same) = twice(&server, &path);
    assert!(same == 304 && before.contains("\"projection\":true"), "{same} {before}");
    sleep_until(soon + 1);
    let (told, after) = with(&server, &path, &tag);
    assert!(told == 200 && after.contains("\"projection\":false"), "{told} {after}");
}

#[test]
fn a_report_with_documents_which_may_be_struck_is_not_kept_in_between() {
    let operator = operator();
    operator.ok("do ask --key north");
    let server = Server::start(&operator);
    for format in ["md", "html", "json"] {
        let path = format!("/v1/agreements/panel/cases/question/1/report?format={format}");
        let kept = |path: &str| ask(&server, "GET", path, &[], b"").header("cache-control").unwrap();
        assert_eq!(kept(&path), "no-cache");
        assert_eq!(kept(&format!("{path}&documents=true")), "no-store");
    }
}

#[test]
fn whoever_comes_back_as_soon_as_a_server_starts_anew_hears_every_entry_and_finds_every_key() {
    let folder = tempfile::tempdir().unwrap();
    let size = data_folder(folder.path(), |store| {
        let stage = opened(store, &seats());
        for choice in ["yes", "no"].into_iter().cycle().take(60) {
            for seat in seats() {
                stage.vote(&ballot(), seat.name(), &id(choice)).unwrap();
            }
        }
        stage.state().unwrap().size
    });
    let mut server = spawn(serve(folder.path(), &[]).stdout(Stdio::piped()));
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on ").unwrap().to_owned();
    let asks = |path: &str, header: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: log\r\n{header}\r\n").unwrap();
        BufReader::new(stream).lines()
    };
    let last = size - 1;
    let events = asks("/v1/agreements/panel/events", &format!("Last-Event-ID: {}\r\n", last - 1));
    let signers = asks("/a/panel/allowed_signers", "Connection: close\r\n");
    // As long as it has not said that there is nothing new.
    let told = events.map_while(Result::ok).take_while(|line| line != ": still here");
    let told: Vec<String> = told.filter(|line| line.starts_with("id: ")).take(1).collect();
    let signers: Vec<String> =
        signers.map_while(Result::ok).filter(|line| line.contains("ssh-ed25519")).collect();
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(told, [format!("id: {last}")]);
    assert!(signers.len() > seats().len(), "{signers:?}");
}
