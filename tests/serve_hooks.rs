//! Webhooks and exported folders of `quorate serve`: whoever is told when a licence moves, and a copy that is always there.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;
#[path = "serve_support/hooks.rs"]
mod hooks;
mod serve_support;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use cli_support::copy_folder;
use hooks::{PATIENCE, configured, receiver};
use serde_json::Value;
use serve_support::{Machine, SEATS, Server, client, operator, operator_of, voting};

/// An operator of an agreement whose ballot closes once all have voted.
fn prompt() -> Machine {
    operator_of(|workflow| workflow.replace("change   = \"until close\"", "early    = \"all voted\""))
}

fn vote_all(people: &Machine) {
    for seat in SEATS {
        people.ok(&format!("vote --choice yes --key {seat}"));
    }
}

#[test]
fn whoever_is_to_know_is_told_when_a_licence_moves_and_again_until_they_take_it() {
    let operator = prompt();
    let (address, told) = receiver("127.0.0.1:0", vec![500, 503]);
    configured(&operator, address);
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    let people = voting(&operator, &server);
    assert!(told.try_recv().is_err(), "nothing has moved yet");
    vote_all(&people);
    let first = told.recv_timeout(PATIENCE).unwrap();
    first.check();
    // It was refused twice, and is the same each time.
    for _ in 0..2 {
        let again = told.recv_timeout(PATIENCE).unwrap();
        again.check();
        assert_eq!((&again.id, &again.body), (&first.id, &first.body));
    }
    let message = first.json();
    assert_eq!(message["type"], "licence.changed");
    assert!(!message["data"]["changes"].as_array().unwrap().is_empty(), "{message}");
    let licence = people.ok("license");
    assert_eq!(message["data"]["licence"]["grants"], licence["grants"]);
    assert!(message["data"]["checkpoint"].as_str().unwrap().starts_with("test.example/panel\n"));
    // Taken once, it does not come again.
    assert!(matches!(told.recv_timeout(Duration::from_secs(3)), Err(RecvTimeoutError::Timeout)));
}

#[test]
fn what_moved_while_nobody_listened_or_the_server_was_killed_is_told_afterwards_once_under_one_name() {
    let operator = prompt();
    // A port at which nobody listens for now.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    configured(&operator, address);
    let mut server = Server::start_with(&operator, &["--config", "server.toml"]);
    let people = voting(&operator, &server);
    let outbox = operator.path.join("data/webhooks/licensing/panel.jsonl");
    let begun = Instant::now();
    while !outbox.exists() && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
    }
    vote_all(&people);
    server.process.kill().unwrap();
    server.process.wait().unwrap();
    drop(server);

    let (_, told) = receiver(&address.to_string(), Vec::new());
    let _server = Server::start_with(&operator, &["--config", "server.toml"]);
    let message = told.recv_timeout(PATIENCE).unwrap();
    message.check();
    assert_eq!(message.json()["data"]["licence"]["grants"], exported_licence(&operator));
    assert!(matches!(told.recv_timeout(Duration::from_secs(3)), Err(RecvTimeoutError::Timeout)));
}

#[test]
fn what_waits_in_a_file_of_an_earlier_version_is_told() {
    let operator = prompt();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    configured(&operator, address);
    let mut server = Server::start_with(&operator, &["--config", "server.toml"]);
    let people = voting(&operator, &server);
    vote_all(&people);
    let outbox = operator.path.join("data/webhooks/licensing/panel.jsonl");
    let before = outbox.with_extension("json");
    let lines = || -> Vec<Value> {
        let text = fs::read_to_string(&outbox).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    let begun = Instant::now();
    while !lines().iter().any(|line| line["message"].is_object()) {
        assert!(begun.elapsed() < PATIENCE, "nothing is to be told");
        std::thread::sleep(Duration::from_millis(50));
    }
    server.process.kill().unwrap();
    server.process.wait().unwrap();
    drop(server);
    // The same, as it was written before.
    let lines = lines();
    let last = |field: &str| lines.iter().rev().find(|line| !line[field].is_null()).unwrap()[field].clone();
    let message = last("message");
    let text = serde_json::json!({ "anchor": lines[0]["anchor"], "seen": last("seen"), "queue": [message] });
    fs::write(&before, text.to_string()).unwrap();
    fs::remove_file(&outbox).unwrap();

    let (_, told) = receiver(&address.to_string(), Vec::new());
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    let first = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(
        (first.id.as_str(), first.body.as_str()),
        (message["id"].as_str().unwrap(), message["body"].as_str().unwrap())
    );
    assert!(!before.exists() && outbox.exists());
    let said = || fs::read_to_string(operator.path.join("serve.log")).unwrap();
    assert!(said().contains("in the form of an earlier version, and was taken over"), "{}", said());
    assert!(matches!(told.recv_timeout(Duration::from_secs(3)), Err(RecvTimeoutError::Timeout)));
    assert_eq!(server.stop(), Some(0));

    // Where this version has gone on already, that is said; what cannot be read is set aside.
    fs::write(&before, text.to_string()).unwrap();
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    assert!(matches!(told.recv_timeout(Duration::from_secs(3)), Err(RecvTimeoutError::Timeout)));
    assert!(before.exists() && said().contains("what waited in it is not told"), "{}", said());
    assert_eq!(server.stop(), Some(0));
    fs::remove_file(&outbox).unwrap();
    fs::write(&before, "garbage").unwrap();
    let _server = Server::start_with(&operator, &["--config", "server.toml"]);
    let begun = Instant::now();
    while !outbox.exists() {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(
        fs::read_to_string(operator.path.join("data/webhooks/licensing/panel.json.broken")).unwrap(),
        "garbage"
    );
}

#[test]
fn of_a_restricted_agreement_those_are_told_whom_the_operator_names_for_it() {
    let operator = operator_of(|workflow| {
        let prompt = workflow.replace("change   = \"until close\"", "early    = \"all voted\"");
        prompt.replace("nature   = \"specimen\"\n", "nature   = \"specimen\"\naccess   = \"restricted\"\n")
    });
    let (all, told) = receiver("127.0.0.1:0", Vec::new());
    let (named, told_named) = receiver("127.0.0.1:0", Vec::new());
    configured(&operator, all);
    let config = format!(
        "{}[[webhook]]\nname = \"party\"\nurl = \"http://{named}/quorate\"\nsecret-file = \"hook.secret\"\nagreements = [\"panel\"]\n",
        fs::read_to_string(operator.path.join("server.toml")).unwrap()
    );
    fs::write(operator.path.join("server.toml"), config).unwrap();
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    let people = voting(&operator, &server);
    vote_all(&people);
    let message = told_named.recv_timeout(PATIENCE).unwrap();
    message.check();
    assert_eq!(message.json()["data"]["licence"]["grants"], people.ok("license --reader n1")["grants"]);
    // Nobody else, neither of it nor of anything in it.
    assert!(matches!(told.recv_timeout(Duration::from_secs(3)), Err(RecvTimeoutError::Timeout)));
    let waiting = operator.path.join("data/webhooks/licensing/panel.jsonl");
    let waiting = fs::read_to_string(waiting).unwrap_or_default();
    assert!(!waiting.contains("message"), "{waiting}");
    // What moves nothing leaves nothing there: the file does not grow with the log, nor with time.
    assert!(waiting.lines().count() <= 3, "{waiting}");
}

#[test]
fn what_waits_of_an_agreement_that_is_restricted_since_is_told_to_nobody_who_does_not_name_it() {
    let operator = prompt();
    // Two webhooks, of which one names the agreement; nobody takes the other's message.
    let (all, told) = receiver("127.0.0.1:0", vec![500; 1_000]);
    let (named, told_named) = receiver("127.0.0.1:0", vec![500; 2]);
    configured(&operator, all);
    let config = format!(
        "{}[[webhook]]\nname = \"party\"\nurl = \"http://{named}/quorate\"\nsecret-file = \"hook.secret\"\nagreements = [\"panel\"]\n",
        fs::read_to_string(operator.path.join("server.toml")).unwrap()
    );
    fs::write(operator.path.join("server.toml"), config).unwrap();
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    let people = voting(&operator, &server);
    let text = fs::read_to_string(operator.path.join("panel.toml")).unwrap();
    let restricted =
        text.replace("nature   = \"specimen\"\n", "nature   = \"specimen\"\naccess   = \"restricted\"\n");
    fs::write(people.path.join("second.toml"), restricted).unwrap();
    fs::copy(operator.path.join("contract.txt"), people.path.join("contract.txt")).unwrap();
    vote_all(&people);
    let first = told.recv_timeout(PATIENCE).unwrap();
    people.ok(
        "amend --agreement panel --to second.toml --contract contract.txt --occasion 'For us alone' --key north --key south",
    );
    let begun = Instant::now();
    let waits = || {
        let path = operator.path.join("data/webhooks/licensing/panel.jsonl");
        !fs::read_to_string(path).unwrap().contains(&format!("{{\"delivered\":\"{}\"}}", first.id))
    };
    while waits() {
        assert!(begun.elapsed() < PATIENCE, "it is still to be told");
        std::thread::sleep(Duration::from_millis(50));
    }
    // What was sent before that is all.
    while told.try_recv().is_ok() {}
    assert!(matches!(told.recv_timeout(Duration::from_secs(3)), Err(RecvTimeoutError::Timeout)));
    // Whoever names it is told all the same.
    for _ in 0..3 {
        assert!(!told_named.recv_timeout(PATIENCE).unwrap().body.is_empty());
    }
}

/// The licence that follows from the exported folder, which is there without anybody having asked for it.
fn exported_licence(operator: &Machine) -> Value {
    let folder = operator.path.join("public/panel");
    let begun = Instant::now();
    loop {
        let done = operator.run(&format!("audit {}", folder.display()));
        let report = if done.code == 0 { done.json() } else { Value::Null };
        // The first export after the start may be under way.
        if report["grants"][0]["attributes"][0]["value"] == "ended" || begun.elapsed() > PATIENCE {
            return report["grants"].clone();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_configuration_that_cannot_be_meant_is_refused_before_anything_is_served() {
    let operator = operator();
    let refused = |config: &str, words: &str| {
        fs::write(operator.path.join("server.toml"), config).unwrap();
        let error = operator.fails("serve --config server.toml", 2);
        let said = error["what"].as_str().unwrap();
        assert!(said.contains(words), "{config}\n{said}");
    };
    refused("lisen = \"127.0.0.1:0\"", "lisen");
    refused("openings = true", "nothing says where to listen");
    refused("listen = \"127.0.0.1:0\"\n[limits]\nconnections = 0", "limits.connections is 0");
    refused("listen = \"127.0.0.1:0\"\n[limits]\ndocument = 100\ndocuments = 10", "limits.document (100");
    refused("listen = \"127.0.0.1:0\"\n[export]\nfolder = \"x\"\nevery = \"soon\"", "export.every");
    let export = |folder: &str, every: &str| {
        format!("listen = \"127.0.0.1:0\"\n[export]\nfolder = \"{folder}\"\nevery = \"{every}\"\n")
    };
    refused(&export("x", "0s"), "export.every is 0");
    for (folder, how) in [("data", "it is"), ("data/x", "it is inside"), (".", "it holds")] {
        refused(&export(folder, "1s"), &format!("{how} the data folder"));
    }
    refused(&export("contract.txt", "1s"), "export.folder: cannot create");
    assert!(!operator.path.join("data/board").exists() && !operator.path.join("data/x").exists());
    let hook = |url: &str, secret: &str| {
        format!(
            "listen = \"127.0.0.1:0\"\n[[webhook]]\nname = \"a\"\nurl = \"{url}\"\nsecret-file = \"{secret}\"\n"
        )
    };
    refused(&hook("http://licensing.example/", "s"), "neither an https:// address");
    refused(&hook("http://127.0.0.1.example/", "s"), "neither an https:// address");
    refused(&hook("http://127.0.0.1@licensing.example/", "s"), "neither an https:// address");
    for none in ["https:///x", "https://a b/", "https://"] {
        refused(&hook(none, "s"), "is no address");
    }
    let nobody = format!("{}agreements = []\n", hook("https://licensing.example/", "s"));
    refused(&nobody, "`agreements` names none");
    refused(&hook("https://licensing.example/", "none"), "openssl rand -base64 32");
    fs::write(operator.path.join("open.secret"), "whsec_AAAA\n").unwrap();
    fs::set_permissions(operator.path.join("open.secret"), fs::Permissions::from_mode(0o644)).unwrap();
    refused(&hook("https://licensing.example/", "open.secret"), "chmod 600");
    fs::set_permissions(operator.path.join("open.secret"), fs::Permissions::from_mode(0o600)).unwrap();
    refused(&hook("https://licensing.example/", "open.secret"), "24 to 64 bytes");
}

#[test]
fn a_broken_outbox_is_set_aside_and_a_webhook_of_no_agreement_is_told_of() {
    let operator = operator();
    configured(&operator, TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let config = fs::read_to_string(operator.path.join("server.toml")).unwrap();
    fs::write(operator.path.join("server.toml"), format!("{config}agreements = [\"nope\", \"panel\"]\n"))
        .unwrap();
    let folder = operator.path.join("data/webhooks/licensing");
    fs::create_dir_all(&folder).unwrap();
    let outbox = folder.join("panel.jsonl");
    fs::write(&outbox, "garbage").unwrap();
    // And one of an earlier version, of another agreement that had this name.
    let hex = "5".repeat(64);
    let other =
        serde_json::json!({ "anchor": format!("sha256:{hex}"), "seen": null, "queue": [] }).to_string();
    fs::write(folder.join("panel.json"), &other).unwrap();
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    // It begins anew, from what is in force.
    let begun = Instant::now();
    let begins = |text: String| text.contains("\"seen\":{\"entries\":1,");
    while !fs::read_to_string(&outbox).is_ok_and(begins) {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(fs::read_to_string(folder.join("panel.jsonl.broken")).unwrap(), "garbage");
    assert_eq!(server.stop(), Some(0));
    let log = fs::read_to_string(operator.path.join("serve.log")).unwrap();
    assert!(log.contains("was set aside"), "{log}");
    assert_eq!(fs::read_to_string(folder.join(format!("panel.json.{hex}"))).unwrap(), other);
    assert!(log.contains("of another agreement of this name") && !log.contains("was taken over"), "{log}");
    assert!(log.contains("names an agreement that is not here") && log.contains("nope"), "{log}");
}

#[test]
fn a_store_that_is_older_than_what_was_exported_takes_nothing_and_says_so() {
    let operator = operator();
    configured(&operator, TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    copy_folder(&operator.path.join("data"), &operator.path.join("old"));
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    assert_eq!(client().get(&format!("{}/readyz", server.url), 1 << 10).unwrap().unwrap(), b"ready\n");
    let people = Machine::new(Some(&server));
    people.takes_key(&operator, "north");
    people.takes_key(&operator, "n1");
    let nominate = "nominate n1 --person n1 --nominee-key data/keys/n1.pub --key north";
    people.ok(nominate);
    let checkpoint = operator.path.join("public/panel/checkpoint");
    let begun = Instant::now();
    while !fs::read_to_string(&checkpoint).is_ok_and(|text| text.contains("\n2\n")) {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.stop(), Some(0));
    let published = fs::read(&checkpoint).unwrap();

    // The same store, as it was before.
    fs::remove_dir_all(operator.path.join("data")).unwrap();
    copy_folder(&operator.path.join("old"), &operator.path.join("data"));
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    let other = Machine::new(Some(&server));
    other.takes_key(&operator, "north");
    other.takes_key(&operator, "n1");
    let refused = other.fails(nominate, 4);
    // In the words of the command line, whoever asks.
    let words = "the log has signed 2 entries, and this store ends before them: it is an older copy";
    assert!(refused["what"].as_str().unwrap().contains(words), "{refused}");
    assert_eq!(server.get("/v1/agreements/panel")["head"]["size"], 1);
    let readyz = std::process::Command::new("curl").args(["-s", &format!("{}/readyz", server.url)]).output();
    let readyz = String::from_utf8(readyz.unwrap().stdout).unwrap();
    assert!(
        readyz.contains("\"status\":503") && readyz.contains(&format!("read-only: panel: {words}")),
        "{readyz}"
    );
    assert_eq!(server.stop(), Some(0));
    let log = fs::read_to_string(operator.path.join("serve.log")).unwrap();
    let told = |line: &str| line.contains("ERROR") && line.contains("it has 2 entries, the store has 1");
    assert!(log.lines().any(told), "{log}");
    assert_eq!(fs::read(&checkpoint).unwrap(), published);
    // Both signed checkpoints are kept, since the folder may change.
    let evidence = fs::read_dir(operator.path.join("data/evidence/panel")).unwrap();
    let evidence: Vec<Vec<u8>> = evidence.map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
    assert!(evidence.len() == 2 && evidence.contains(&published), "{evidence:?}");

    // A server that knows nothing of the folder adds nothing either.
    let server = Server::start(&operator);
    let refused = Machine { server: Some(server.url.clone()), ..other }.fails(nominate, 4);
    assert!(refused["what"].as_str().unwrap().contains(words), "{refused}");
}

#[test]
fn whoever_says_that_they_are_gone_is_not_told_again_at_once() {
    let operator = prompt();
    let (address, told) = receiver("127.0.0.1:0", vec![410]);
    configured(&operator, address);
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    let people = voting(&operator, &server);
    vote_all(&people);
    told.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(told.recv_timeout(Duration::from_secs(4)), Err(RecvTimeoutError::Timeout)));
    assert_eq!(server.stop(), Some(0));
    let log = fs::read_to_string(operator.path.join("serve.log")).unwrap();
    assert!(log.contains("not told yet") && log.contains("again_in=3600"), "{log}");
}

#[test]
fn a_key_of_tls_that_cannot_be_used_is_told_with_what_to_do() {
    let operator = operator();
    fs::write(operator.path.join("cert.pem"), "").unwrap();
    fs::write(
        operator.path.join("key.pem"),
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    )
    .unwrap();
    let serve = "serve --listen 127.0.0.1:0 --tls-cert cert.pem --tls-key key.pem";
    let none = operator.fails(serve, 2);
    let said = none["what"].as_str().unwrap();
    assert!(
        said.contains("cert.pem") && said.contains("the certificate: there is none in that file"),
        "{said}"
    );
    let written = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::write(operator.path.join("cert.pem"), written).unwrap();
    let error = operator.fails(serve, 2);
    let said = error["what"].as_str().unwrap();
    assert!(said.contains("key.pem") && said.contains("openssl pkey -in KEY -out NEW"), "{said}");
}
