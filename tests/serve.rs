//! `quorate serve` as people meet it: a process of its own, on whose machine they have nothing, and asked by another one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;
mod serve_support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use cli_support::copy_folder;
use quorate::store::data::DataDir;
use quorate::store::{ReadOnly, Store as _};
use serde_json::Value;
use serve_support::{Machine, SEATS, Server, client, open, operator, operator_of, voting};

#[test]
fn a_case_is_run_by_people_who_have_nothing_but_an_address_and_their_keys() {
    let operator = operator();
    let server = Server::start(&operator);
    let people = voting(&operator, &server);
    // What they have is no data folder of a log.
    assert!(!people.path.join("data/config.toml").exists());
    let mut entry = 0;
    for seat in SEATS {
        entry = people.ok(&format!("vote --choice yes --key {seat}"))["entry"].as_u64().unwrap();
    }
    let status = people.ok("status");
    assert_eq!(status["cases"][0]["ballots"][0]["heads"]["yes"], 10);
    assert_eq!(server.get("/v1/agreements/panel/status")["cases"], status["cases"]);

    // The receipts that came back pass here, where only the log's key is known.
    let receipt = format!("data/receipts/panel/{entry}.tlog-proof");
    people.ok(&format!("check {receipt}"));
    people.ok(&format!("log show {entry} --receipt mine.tlog-proof"));
    people.ok("check mine.tlog-proof --log-key data/receipts/panel/log.vkey");
    let audit = Machine::new(None);
    let done = audit.run(&format!("audit {}/a/panel", server.url));
    assert_eq!(done.code, 0, "{done:?}");
    let log = people.ok("log");
    assert_eq!(log["entries"].as_array().unwrap().len() as u64, entry + 1);
    assert_eq!(people.ok("license")["grants"], server.get("/v1/agreements/panel/licence")["grants"]);

    // A statement that is sent again is taken once.
    people.ok(&format!("log show {entry} --envelope again.json"));
    let again = people.ok("submit again.json");
    assert_eq!((again["known"].as_bool(), again["entry"].as_u64()), (Some(true), Some(entry)));
}

#[test]
fn a_document_goes_with_its_statement_and_is_given_out_to_whoever_audits() {
    let operator = operator();
    let server = Server::start(&operator);
    let people = voting(&operator, &server);
    fs::write(people.path.join("interests.md"), "None. SPECIMEN.\n").unwrap();
    let entry = people.ok("disclose interests.md --seat n1 --key n1")["entry"].as_u64().unwrap();
    let log = people.ok("log");
    let digest = log["entries"][usize::try_from(entry).unwrap()]["documents"][0]["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    let hex = digest.strip_prefix("sha256:").unwrap();
    let get = |path: String| client().get(&format!("{}{path}", server.url), 1 << 20).unwrap();
    let document = get(format!("/a/panel/blobs/{hex}")).unwrap();
    // Its salt comes first.
    assert_eq!(&document[32..], b"None. SPECIMEN.\n");
    assert_eq!(quorate::values::Digest::of(&document).hex(), hex);
    assert_eq!(get(format!("/a/panel/blobs/{}", "0".repeat(64))), None);

    // What would not be taken brings no document with it: nobody but the seat discloses for it.
    fs::write(people.path.join("other.md"), "Not theirs to say. SPECIMEN.\n").unwrap();
    let before = fs::read_dir(operator.path.join("data/blobs")).unwrap().count();
    people.fails("disclose other.md --seat n1 --key n2", 3);
    assert_eq!(fs::read_dir(operator.path.join("data/blobs")).unwrap().count(), before);
}

#[test]
fn a_refusal_comes_back_signed_by_the_log_and_is_kept() {
    let operator = operator();
    let server = Server::start(&operator);
    let people = voting(&operator, &server);
    let refused = people.fails("vote --choice perhaps --key n1", 3);
    assert_eq!(refused["rule"], "unknown-choice", "{refused}");
    let refused = people.fails("do ask --key south", 3);
    let note = refused["note"].as_str().unwrap_or_else(|| panic!("{refused}"));
    assert!(people.path.join(note).exists() || Path::new(note).exists(), "{note}");
    let audit = people.run(&format!("audit {}/a/panel --against {note}", server.url));
    assert_eq!(audit.code, 0, "{audit:?}");
}

#[test]
fn a_server_that_goes_back_behind_what_was_seen_is_found_by_whoever_asks() {
    let operator = operator();
    let server = Server::start(&operator);
    let people = Machine::new(Some(&server));
    people.takes_key(&operator, "north");
    people.takes_key(&operator, "n1");
    let stop = server.stop();
    assert_eq!(stop, Some(0));
    copy_folder(&operator.path.join("data"), &operator.path.join("old"));

    let server = Server::start(&operator);
    let people = Machine { server: Some(server.url.clone()), ..people };
    people.ok("nominate n1 --person n1 --nominee-key data/keys/n1.pub --key north");
    people.ok("status");
    assert_eq!(server.stop(), Some(0));

    fs::remove_dir_all(operator.path.join("data")).unwrap();
    copy_folder(&operator.path.join("old"), &operator.path.join("data"));
    let server = Server::start(&operator);
    let people = Machine { server: Some(server.url.clone()), ..people };
    for line in ["status", "license", "vote --choice yes --key n1"] {
        let error = people.fails(line, 1);
        assert!(error["what"].as_str().unwrap().contains("does not pass its audit"), "{error}");
    }

    // Another agreement under the same name is none of theirs.
    drop(server);
    fs::remove_dir_all(operator.path.join("data")).unwrap();
    operator.ok("init --log-name test.example");
    for key in ["north", "south"] {
        operator.ok(&format!("key new {key} --no-passphrase"));
    }
    open(&operator, "");
    let server = Server::start(&operator);
    let people = Machine { server: Some(server.url.clone()), ..people };
    let error = people.fails("status", 1);
    assert!(error["what"].as_str().unwrap().contains("another agreement"), "{error}");
}

#[test]
fn whoever_listens_hears_every_entry_once_and_goes_on_where_it_was_cut_off() {
    let operator = operator();
    let server = Server::start(&operator);
    let people = voting(&operator, &server);
    let size = server.get("/v1/agreements/panel")["head"]["size"].as_u64().unwrap();
    let mut listener = server.listen(None);
    for seat in ["n1", "n2", "n3"] {
        people.ok(&format!("vote --choice yes --key {seat}"));
    }
    assert_eq!(listener.entries_up_to(size + 2), (size..=size + 2).collect::<Vec<_>>());
    drop(listener);
    people.ok("vote --choice yes --key n4");
    let mut listener = server.listen(Some(size));
    people.ok("vote --choice no --key n5");
    assert_eq!(listener.entries_up_to(size + 4), (size + 1..=size + 4).collect::<Vec<_>>());
    // From the beginning, which nobody keeps in memory.
    let mut listener = server.listen(Some(0));
    assert_eq!(listener.entries_up_to(size + 4), (1..=size + 4).collect::<Vec<_>>());
    // What an entry brings about is told after it.
    for seat in ["s1", "s2", "s3", "s4"] {
        people.ok(&format!("vote --choice yes --key {seat}"));
    }
    listener.entries_up_to(size + 8);

    // The end of the server is the end of the stream, and no error.
    assert_eq!(server.stop(), Some(0));
    let mut rest = String::new();
    listener.0.read_to_string(&mut rest).unwrap();
}

#[test]
fn what_is_no_statement_of_an_agreement_here_costs_little_and_is_told_why() {
    let operator = operator();
    let server = Server::start(&operator);
    let (status, problem) = server.post("application/json", b"{}");
    assert_eq!((status, problem["type"].as_str()), (422, Some("urn:quorate:problem:bad-envelope")));
    // A million deep.
    let deep = "[".repeat(100_000);
    assert_eq!(server.post("application/json", deep.as_bytes()).0, 422);
    assert_eq!(server.post("text/plain", b"vote").0, 415);
    assert_eq!(server.post("multipart/form-data; boundary=x", b"--x\r\n\r\n").0, 400);
    let document = b"--x\r\ncontent-disposition: form-data; name=\"document\"\r\n\r\nabc\r\n--x--\r\n";
    assert_eq!(server.post("multipart/form-data; boundary=x", document).0, 400);
    let long = vec![b' '; 1 << 20];
    // It may close before all of it is sent.
    let answer = client().post(&format!("{}/v1/statements", server.url), "application/json", &long, 1 << 16);
    assert!(answer.is_err() || answer.unwrap().status == 413);

    // Agreements are opened by the operator alone, unless they say otherwise.
    let party = Machine::new(None);
    for key in ["north", "south"] {
        party.takes_key(&operator, key);
    }
    for file in ["panel.toml", "contract.txt", "roster.toml"] {
        fs::copy(operator.path.join(file), party.path.join(file)).unwrap();
    }
    let vkey = operator.ok("key show --log another")["vkey"].as_str().unwrap().to_owned();
    let party = Machine { server: Some(server.url.clone()), ..party };
    let refused = party.fails(
        &format!(
            "open another --workflow panel.toml --contract contract.txt --roster roster.toml --log-key {vkey} \
             --key north --key south"
        ),
        4,
    );
    assert!(refused["what"].as_str().unwrap().contains("opens no agreements"), "{refused}");
    assert!(client().get(&format!("{}/v1/agreements/nothing", server.url), 1 << 16).unwrap().is_none());
    assert!(client().get(&format!("{}/a/nothing/checkpoint", server.url), 1 << 16).unwrap().is_none());
    assert!(client().get(&format!("{}/a/panel/tile/0/000", server.url), 1 << 16).unwrap().is_none());
    assert!(client().get(&format!("{}/a/panel/log.key", server.url), 1 << 16).unwrap().is_none());

    // Clients that never finish their requests keep nobody else waiting.
    let idle: Vec<TcpStream> = (0..64)
        .map(|_| {
            let mut stream = server.connect();
            stream
                .write_all(b"POST /v1/statements HTTP/1.1\r\nHost: log\r\nContent-Length: 1000\r\n")
                .unwrap();
            stream
        })
        .collect();
    assert_eq!(server.get("/v1/agreements")["agreements"].as_array().unwrap().len(), 1);
    drop(idle);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn whoever_finds_the_folder_in_use_is_told_which_server_to_ask() {
    let operator = operator();
    let server = Server::start(&operator);
    let error = operator.fails("status", 4);
    assert!(error["what"].as_str().unwrap().contains(&format!("--server {}", server.url)), "{error}");
    assert_eq!(server.stop(), Some(0));
    operator.ok("status");
}

#[test]
fn sighup_does_not_end_a_server_without_tls() {
    let operator = operator();
    let server = Server::start(&operator);
    let pid = server.process.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    let log = operator.path.join("serve.log");
    let begun = Instant::now();
    while !fs::read_to_string(&log).unwrap().contains("there is no certificate to read anew") {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.get("/v1/agreements")["agreements"].as_array().unwrap().len(), 1);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn nothing_is_served_with_the_key_of_another_log_but_what_can_only_be_read() {
    let operator = operator();
    let other = Machine::new(None);
    other.ok("init --log-name test.example");
    fs::copy(other.path.join("data/log.key"), operator.path.join("data/log.key")).unwrap();
    let error = operator.fails("serve --listen 127.0.0.1:0", 2);
    let said = error["what"].as_str().unwrap();
    assert!(
        said.contains("data/log.key: the log of the agreement panel has the key `test.example/panel+"),
        "{said}"
    );
    assert!(said.contains("put your copy of that log's key there"), "{said}");

    let store = DataDir::open(&operator.path.join("data")).unwrap().open_store().unwrap();
    let anchor = store.agreements().unwrap()[0];
    store.set_read_only(&anchor, Some(ReadOnly::Restored)).unwrap();
    drop(store);
    let server = Server::start(&operator);
    assert_eq!(server.get("/v1/agreements/panel")["head"]["size"], 1);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn what_is_asked_badly_is_told_by_its_name_and_what_is_announced_too_long_at_once() {
    let operator = operator();
    let server = Server::start(&operator);
    let asked = |request: &str| {
        let mut stream = server.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    };
    let get = |path: &str| asked(&format!("GET {path} HTTP/1.1\r\nHost: log\r\nConnection: close\r\n\r\n"));
    let answer = get("/v1/agreements/panel/licence?at=2026-01-01T00:00:00+00:00");
    assert!(
        answer.contains(" 400 ") && answer.contains("`at` is `2026") && answer.contains("%2B"),
        "{answer}"
    );
    let answer = get("/v1/agreements/panel/licence?known_at=soon");
    assert!(answer.contains(" 400 ") && answer.contains("`known_at` is `soon`"), "{answer}");
    let answer = get("/v1/agreements/panel/entries?from=x");
    assert!(answer.contains(" 400 ") && !answer.contains("deserialize"), "{answer}");
    // Whoever has heard of more than the log has is told that it has less.
    let answer = get("/v1/agreements/panel/events?from=2");
    assert!(answer.contains(" 400 ") && answer.contains("the log has 1 entries"), "{answer}");
    let last = "GET /v1/agreements/panel/events HTTP/1.1\r\nHost: log\r\nLast-Event-ID: 1\r\nConnection: close\r\n\r\n";
    let answer = asked(last);
    assert!(answer.contains(" 400 ") && answer.contains("urn:quorate:problem:bad-request"), "{answer}");
    assert!(asked("GET /v1/agreements/panel/events?from=1 HTTP/1.1\r\nHost: log\r\n\r\n").contains(" 200 "));
    let begun = Instant::now();
    for kind in ["application/json", "multipart/form-data; boundary=x"] {
        let answer = asked(&format!(
            "POST /v1/statements HTTP/1.1\r\nHost: log\r\nContent-Type: {kind}\r\nContent-Length: 999999999999\r\n\r\n"
        ));
        assert!(answer.contains(" 413 ") && answer.contains("999999999999 bytes"), "{answer}");
    }
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn where_no_document_can_be_kept_the_server_is_not_ready_and_says_so() {
    let operator = operator();
    let server = Server::start(&operator);
    let ready = || {
        let answer = Command::new("curl").args(["-s", &format!("{}/readyz", server.url)]).output().unwrap();
        String::from_utf8(answer.stdout).unwrap()
    };
    assert_eq!(ready(), "ready\n");
    let (blobs, away) = (operator.path.join("data/blobs"), operator.path.join("away"));
    fs::rename(&blobs, &away).unwrap();
    let until = |words: &str| {
        let begun = Instant::now();
        while !ready().contains(words) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{words}: {}", ready());
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    until("\"type\":\"urn:quorate:problem:storage\"");
    let told = ready();
    assert!(told.contains("no document can be kept: No such file") && !told.contains("blobs"), "{told}");
    fs::rename(&away, &blobs).unwrap();
    until("ready\n");
    assert_eq!(fs::read_dir(&blobs).unwrap().count(), 0);
}

#[test]
fn certificates_and_reports_are_the_command_lines_to_the_byte() {
    let operator = operator_of(|workflow| {
        workflow.replace("change   = \"until close\"", "early    = \"all voted\"\nattach   = [\"rationale\"]")
    });
    let server = Server::start(&operator);
    let people = voting(&operator, &server);
    fs::write(people.path.join("why.md"), "Because. SPECIMEN.\n").unwrap();
    for seat in SEATS {
        people.ok(&format!("vote --choice yes --rationale why.md --key {seat}"));
    }
    let get = |path: &str| {
        client().get(&format!("{}/v1/agreements/panel/{path}", server.url), 1 << 22).unwrap().unwrap()
    };
    let last =
        server.get("/v1/agreements/panel/entries?from=31")["entries"][0]["time"].as_str().unwrap().to_owned();
    let opened =
        server.get("/v1/agreements/panel/entries?limit=1")["entries"][0]["time"].as_str().unwrap().to_owned();

    // A certificate, as of the last entry and as of an earlier time; whoever has the anchor checks it, offline.
    let anchor = people.ok("status")["agreement"].as_str().unwrap().split_once('@').unwrap().1.to_owned();
    for (asked, file) in [(String::new(), "a.json"), (format!("?at={opened}"), "b.json")] {
        let at = asked.strip_prefix("?at=").map(|at| format!("--at {at}")).unwrap_or_default();
        people.ok(&format!("license {at} --certificate {file}"));
        let given = get(&format!("certificate{asked}"));
        assert_eq!(given, fs::read(people.path.join(file)).unwrap(), "{asked}");
        let checked = people.ok(&format!("check {file} --anchor {anchor}"));
        assert_eq!(
            (&checked["passes"], &checked["anchor-checked"]),
            (&true.into(), &true.into()),
            "{checked}"
        );
    }
    // Nothing is certified that the record does not show.
    let refused = |path: &str| {
        let answer =
            Command::new("curl").args(["-s", &format!("{}/v1/agreements/panel/{path}", server.url)]).output();
        serde_json::from_slice::<Value>(&answer.unwrap().stdout).unwrap()
    };
    let problem = refused("certificate?at=2999-01-01");
    assert!(
        problem["status"] == 400 && problem["detail"].as_str().unwrap().contains("is still to come"),
        "{problem}"
    );

    // Reports, in each form, as of a time, with and without what votes say.
    for (format, asked) in [("md", "?"), ("html", "?format=html&"), ("json", "?format=json&")] {
        for (documents, option) in [("", ""), ("documents=true&", "--with-documents")] {
            let file = format!("{format}{}", documents.len());
            let line = format!(
                "report question#1 --agreement panel --format {format} {option} --at {last} --out {file}"
            );
            people.ok(&line);
            let given = get(&format!("cases/question/1/report{asked}{documents}at={last}"));
            assert_eq!(given, fs::read(people.path.join(&file)).unwrap(), "{format} {documents}");
            let told = String::from_utf8(given).unwrap();
            assert_eq!(told.contains("Because. SPECIMEN."), !documents.is_empty(), "{format}: {told}");
        }
    }
    assert_eq!(refused("cases/question/9/report")["status"], 404);
    let problem = refused(&format!("cases/question/1/report?at={opened}"));
    assert!(
        problem["status"] == 400 && problem["detail"].as_str().unwrap().contains("the last entry is of"),
        "{problem}"
    );
    assert_eq!(refused("cases/question/1/report?format=pdf")["status"], 400);
    // The operator, in the folder itself, issues the same.
    assert_eq!(server.stop(), Some(0));
    operator.ok("license --certificate a.json");
    assert_eq!(
        fs::read(operator.path.join("a.json")).unwrap(),
        fs::read(people.path.join("a.json")).unwrap()
    );
}
