//! `quorate serve` with `[cosign]`: witnesses cosign what is new while statements are taken, and whatever they do holds up nobody.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;
mod fake_witness;
mod serve_support;
#[path = "witness_support/process.rs"]
mod witness_process;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use cli_support::copy_folder;
use fake_witness::{Manner, Witness, introduce};
use quorate::log::{Note, Policy};
use quorate::registry::{Clock as _, SystemClock};
use serve_support::{Machine, Server, client, open, operator, prepared};

/// How long something may take before it counts as never coming.
const PATIENCE: Duration = Duration::from_secs(60);

const COSIGN: &str = "metrics = \"127.0.0.1:0\"\n[cosign]\nevery = \"1s\"\ntimeout = \"2s\"\n[export]\nfolder = \"public\"\nevery = \"1s\"\n";

fn witness(name: &str, seed: u8) -> Witness {
    Witness::start(name, seed, &SystemClock.now().to_string())
}

/// An operator of an agreement that relies on all of these witnesses.
fn relying(policy: &str) -> Machine {
    let operator = prepared(|workflow| workflow);
    fs::write(operator.path.join("policy"), policy).unwrap();
    fs::write(operator.path.join("server.toml"), COSIGN).unwrap();
    open(&operator, "--policy policy");
    introduce(vkey(&operator).trim_end());
    operator
}

fn vkey(operator: &Machine) -> String {
    fs::read_to_string(operator.path.join("data/receipts/panel/log.vkey")).unwrap()
}

fn text(server: &Server, path: &str) -> String {
    let bytes = client().get(&format!("{}{path}", server.url), 1 << 20).unwrap().unwrap();
    String::from_utf8(bytes).unwrap()
}

fn until(mut what: impl FnMut() -> bool, words: &str) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < PATIENCE, "{words}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until so many of the entries are cosigned.
fn cosigned(server: &Server, words: &str, witnesses: &[&Witness]) {
    let ready = || {
        for witness in witnesses {
            witness.set_clock(&SystemClock.now().to_string());
        }
        text(server, "/readyz")
    };
    until(|| ready().contains(&format!("cosigned: panel: {words} entries\n")), words);
}

/// What is counted.
fn metrics(operator: &Machine) -> String {
    let log = fs::read_to_string(operator.path.join("serve.log")).unwrap();
    let log: String = log.replace("\u{1b}[3m", "").replace("\u{1b}[0m", "").replace("\u{1b}[2m", "");
    let address = log.split("metrics=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: log\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// The parties' people, who seat this panelist.
fn seat(operator: &Machine, server: &Server, name: &str) -> Machine {
    let people = Machine::new(Some(server));
    for key in ["north", name] {
        people.takes_key(operator, key);
    }
    people.ok(&format!("nominate {name} --person {name} --nominee-key data/keys/{name}.pub --key north"));
    people
}

#[test]
fn what_is_added_is_cosigned_in_the_background_and_a_witness_that_is_down_holds_up_nobody() {
    let [w1, w2] = [("w1", 1), ("w2", 2)].map(|(name, seed)| witness(name, seed));
    let both = [&w1, &w2];
    let policy = format!("{}{}group both all w1 w2\nquorum both\n", w1.line(), w2.line());
    let operator = relying(&policy);
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    cosigned(&server, "1 of 1", &both);
    seat(&operator, &server, "n1");
    cosigned(&server, "2 of 2", &both);
    let policy = Policy::parse(format!("log {}\n{policy}", vkey(&operator).trim_end()).as_bytes()).unwrap();
    let good = |note: &str| drop(policy.open(note.as_bytes()).unwrap());
    good(&text(&server, "/a/panel/checkpoint"));
    good(&text(&server, "/a/panel/checkpoints/2"));
    let receipt = text(&server, "/v1/agreements/panel/entries/0/receipt");
    good(&quorate::log::Receipt::parse(receipt.as_bytes()).unwrap().checkpoint);
    // The copy in the folder gets them too.
    let exported = operator.path.join("public/panel/checkpoint");
    let there = || fs::read_to_string(&exported).unwrap_or_default();
    until(|| there() == text(&server, "/a/panel/checkpoint"), "the folder");

    // One of them takes requests and never answers: statements are taken all the same.
    w2.behave(Manner::Silent);
    seat(&operator, &server, "n2");
    seat(&operator, &server, "n3");
    w1.wait_until_seen(4);
    until(|| text(&server, "/readyz").contains("cosigned: panel: 2 of 4 entries\n"), "how far they are");
    let counted = metrics(&operator);
    for line in
        ["quorate_log_entries{agreement=\"panel\"} 4", "quorate_log_cosigned_entries{agreement=\"panel\"} 2"]
    {
        assert!(counted.lines().any(|it| it == line), "{line}\n{counted}");
    }
    until(|| metrics(&operator).contains("quorate_witness_answers_total{result=\"not\"}"), "counted");
    // Once it answers again, the head is cosigned without anything new having come.
    w2.behave(Manner::Honest);
    cosigned(&server, "4 of 4", &both);
    assert_eq!(server.stop(), Some(0));
    let log = fs::read_to_string(operator.path.join("serve.log")).unwrap();
    assert!(
        log.contains("a witness has not cosigned") && log.contains("did not answer within 2 seconds"),
        "{log}"
    );
    operator.ok("audit");
    operator.ok("audit public/panel");
}

#[test]
fn a_witness_that_proves_more_shuts_a_store_that_went_back_for_good() {
    let desk = witness_process::Desk::made();
    let operator = prepared(|workflow| workflow);
    let key = operator.ok("key show --log panel");
    desk.ok(&format!("witness add-log wit {}", key["vkey"].as_str().unwrap()));
    let witness = desk.serve();
    let policy = format!("witness w1 {} http://{}\nquorum w1\n", desk.key(), witness.address);
    fs::write(operator.path.join("policy"), policy).unwrap();
    fs::write(operator.path.join("server.toml"), "[cosign]\nevery = \"1s\"\n").unwrap();
    open(&operator, "--policy policy");
    copy_folder(&operator.path.join("data"), &operator.path.join("old"));
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    seat(&operator, &server, "n1");
    cosigned(&server, "2 of 2", &[]);
    assert_eq!(server.stop(), Some(0));

    fs::remove_dir_all(operator.path.join("data")).unwrap();
    copy_folder(&operator.path.join("old"), &operator.path.join("data"));
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    let log = || fs::read_to_string(operator.path.join("serve.log")).unwrap();
    until(|| log().contains("nothing is added to this agreement"), "shut");
    let evidence: Vec<_> = fs::read_dir(operator.path.join("data/evidence/panel")).unwrap().collect();
    assert_eq!(evidence.len(), 2, "{evidence:?}");
    assert_eq!(server.stop(), Some(0));
    // Whoever serves it later, and asks nobody, adds nothing either.
    let server = Server::start(&operator);
    let people = Machine::new(Some(&server));
    for key in ["north", "n1"] {
        people.takes_key(&operator, key);
    }
    let refused = people.fails("nominate n1 --person n1 --nominee-key data/keys/n1.pub --key north", 4);
    assert!(refused["what"].as_str().unwrap().contains("the log has signed 2 entries"), "{refused}");
}

#[test]
fn the_operator_names_witnesses_where_the_parties_rely_on_nobody() {
    let operator = operator();
    introduce(vkey(&operator).trim_end());
    let w1 = witness("w1", 1);
    fs::write(operator.path.join("witnesses"), format!("{}quorum w1\n", w1.line())).unwrap();
    fs::write(operator.path.join("server.toml"), "[cosign]\nevery = \"1s\"\npolicy = \"witnesses\"\n")
        .unwrap();
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    cosigned(&server, "1 of 1", &[&w1]);
    let note = Note::parse(text(&server, "/a/panel/checkpoint").as_bytes()).unwrap();
    let names: Vec<&str> = note.signatures().iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["test.example/panel", "w1.example"]);
    assert_eq!(server.stop(), Some(0));
    operator.ok("audit");
}

/// A workflow that only those may read who can sign in it.
fn restricted(workflow: &str) -> String {
    workflow.replace("nature   = \"specimen\"\n", "nature   = \"specimen\"\naccess   = \"restricted\"\n")
}

#[test]
fn a_restricted_agreement_is_shown_to_no_witness_but_those_of_its_own_policy() {
    let [own, others] = [("own", 3), ("others", 4)].map(|(name, seed)| witness(name, seed));
    let serve = |operator: &Machine| {
        introduce(vkey(operator).trim_end());
        fs::write(operator.path.join("witnesses"), format!("{}quorum others\n", others.line())).unwrap();
        let config = "metrics = \"127.0.0.1:0\"\n[cosign]\nevery = \"1s\"\npolicy = \"witnesses\"\n";
        fs::write(operator.path.join("server.toml"), config).unwrap();
        Server::start_with(operator, &["--config", "server.toml"])
    };
    // An unasked witness is asked within a second where it is to be.
    let asked_nobody = || {
        std::thread::sleep(Duration::from_secs(4));
        assert_eq!(others.asked(), [0_u64; 0]);
    };
    // One that relies on witnesses is shown to these, and one that relies on nobody to nobody.
    let relies = prepared(|workflow| restricted(&workflow));
    fs::write(relies.path.join("policy"), format!("{}quorum own\n", own.line())).unwrap();
    open(&relies, "--policy policy");
    let server = serve(&relies);
    own.wait_until_seen(1);
    drop(server);
    let alone = prepared(|workflow| restricted(&workflow));
    open(&alone, "");
    let server = serve(&alone);
    asked_nobody();
    drop(server);

    // Nor is one any more that an amendment has restricted since.
    let public = operator();
    let server = serve(&public);
    cosigned(&server, "1 of 1", &[&others]);
    assert!(metrics(&public).contains("quorate_log_cosigned_entries{agreement=\"panel\"} 1"));
    let people = Machine::new(Some(&server));
    for key in ["north", "south", "n1"] {
        people.takes_key(&public, key);
    }
    others.hold(true);
    let text = fs::read_to_string(public.path.join("panel.toml")).unwrap();
    fs::write(people.path.join("second.toml"), restricted(&text)).unwrap();
    fs::copy(public.path.join("contract.txt"), people.path.join("contract.txt")).unwrap();
    others.asked();
    people.ok(
        "amend --agreement panel --to second.toml --contract contract.txt --occasion 'For us alone' --key north --key south",
    );
    others.hold(false);
    people.ok("nominate n1 --agreement panel --person n1 --nominee-key data/keys/n1.pub --key north");
    asked_nobody();
    assert_eq!(others.seen(), 1);
    // And it is not counted by its name any more.
    let counted = metrics(&public);
    assert!(counted.contains("quorate_event_listeners") && !counted.contains("panel\""), "{counted}");
}

#[test]
fn a_configuration_that_cannot_be_meant_is_refused() {
    let operator = operator();
    let refused = |cosign: &str, words: &str| {
        let config = format!("listen = \"127.0.0.1:0\"\n{cosign}\n");
        fs::write(operator.path.join("server.toml"), config).unwrap();
        let error = operator.fails("serve --config server.toml", 2);
        assert!(error["what"].as_str().unwrap().contains(words), "{cosign}\n{error}");
    };
    refused("[cosign]\nevery = \"0s\"", "cosign.every is 0");
    refused("[cosign]\ntimeout = \"1h\"", "cosign.timeout is more than the 600 seconds");
    refused("[cosign]\nagreements = []", "cosign.agreements names none");
    refused("openings = true\n[cosign]", "with openings anybody writes policies");
    fs::write(operator.path.join("none"), "quorum none\n").unwrap();
    refused("[cosign]\npolicy = \"none\"", "names no witness with an address");
    fs::write(operator.path.join("none"), "quorum").unwrap();
    refused("[cosign]\npolicy = \"none\"", "does not end in a newline");
}
