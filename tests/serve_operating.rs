//! What an operator meets: a clock after a long silence, an export that fails for a while.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;
mod serve_support;

use std::fs;
use std::io::{BufReader, Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use serve_support::{Machine, Server, operator, operator_of, voting};

/// Waits until this holds.
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(120), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn after_400_days_of_silence_a_server_takes_statements_by_its_operators_word_alone() {
    let operator = operator();
    for folder in ["store", "blobs", "receipts"] {
        let _ = fs::remove_dir_all(operator.path.join("data").join(folder));
    }
    operator.ok("open panel --workflow panel.toml --contract contract.txt --roster roster.toml --key north --key south \
                 --clock 2024-01-01T00:00:00Z");
    let server = Server::start(&operator);
    let people = Machine::new(Some(&server));
    people.takes_key(&operator, "north");
    people.takes_key(&operator, "n1");
    let line = "nominate n1 --person n1 --nominee-key data/keys/n1.pub --key north";
    let error = people.fails(line, 4);
    assert!(error["what"].as_str().unwrap().contains("(503) [clock]"), "{error}");
    // Where nothing is taken from anybody, it says so before.
    let answer = serve_support::client().get(&format!("{}/readyz", server.url), 1 << 20);
    let told = answer.unwrap_err().to_string();
    assert!(told.contains("503"), "{told}");
    // It is nobody's word but the operator's.
    let error = people.fails(&format!("{line} --accept-clock-jump"), 2);
    assert!(error["what"].as_str().unwrap().contains("whoever operates the log"), "{error}");
    assert_eq!(server.stop(), Some(0));
    let server = Server::start_with(&operator, &["--accept-clock-jump"]);
    let people = Machine { server: Some(server.url.clone()), ..people };
    people.ok(line);
    assert_eq!(server.get("/v1/agreements/panel")["head"]["size"], 2);
}

#[test]
fn an_export_that_failed_is_tried_again_though_nothing_is_added() {
    let operator = operator();
    let to = operator.path.join("exported");
    fs::create_dir(&to).unwrap();
    // Where the agreement's folder is to be, there is something else.
    fs::write(to.join("panel"), "in the way").unwrap();
    let config = "[export]\nfolder = \"exported\"\nevery = \"1s\"\n";
    fs::write(operator.path.join("server.toml"), config).unwrap();
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    let log = operator.path.join("serve.log");
    wait_until("it is told", || fs::read_to_string(&log).unwrap().contains("not exported"));
    fs::remove_file(to.join("panel")).unwrap();
    wait_until("it is exported", || Path::new(&to.join("panel/checkpoint")).exists());
    assert_eq!(server.get("/v1/agreements/panel")["head"]["size"], 1);
}

#[test]
fn that_a_ballot_is_abandoned_is_told_to_whoever_brought_it_about_and_to_whoever_listens() {
    let operator = operator_of(|workflow| {
        workflow.replace(
            "steps  = [\n",
            "steps  = [\n  { do = \"withdraw\", by = \"north\", to = \"closed\" },\n",
        )
    });
    let server = Server::start(&operator);
    let people = voting(&operator, &server);
    let mut listener = server.listen(None);
    let told = people.ok("do withdraw --key north");
    assert!(told["changes"].to_string().contains("the ballot question#1/answer#1 is abandoned"), "{told}");
    assert!(listener.until("is abandoned").contains("question#1/answer#1"));
    // Also one who was cut off between the entry and that is told; whoever comes new is told what is new alone.
    let size = server.get("/v1/agreements/panel")["head"]["size"].as_u64().unwrap();
    let mut again = server.listen(Some(size - 1));
    assert!(again.until("data: ").contains("question#1/answer#1 is abandoned"));
    let mut new = server.connect();
    let head = format!("GET /v1/agreements/panel/events?from={size} HTTP/1.1\r\nHost: log\r\n\r\n");
    new.write_all(head.as_bytes()).unwrap();
    let mut new = serve_support::Events(BufReader::new(new));
    new.until("listening");
    assert_eq!(server.stop(), Some(0));
    let mut rest = String::new();
    new.0.read_to_string(&mut rest).unwrap();
    assert!(!rest.contains("event: "), "{rest}");
}
