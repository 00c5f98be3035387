//! `--server` before a machine that lies: what the log has not signed is nobody's word, and nothing that was signed here is
//! lost.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "serve_support/between.rs"]
mod between;
mod cli_support;
mod serve_support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use between::{Asked, Between, problem};
use serde_json::{Value, json};
use serve_support::{Machine, Server, client, operator, voting};

/// A case with its voters, who ask through a machine in between.
fn case() -> (Machine, Server, Between, Machine) {
    let operator = operator();
    let server = Server::start(&operator);
    let people = voting(&operator, &server);
    let between = Between::new(&server.url);
    let people = Machine { server: Some(between.url.clone()), ..people };
    (operator, server, between, people)
}

/// What is kept of statements of which nobody knows.
fn unsure(people: &Machine) -> Vec<PathBuf> {
    let items = fs::read_dir(people.path.join("data/unsure")).into_iter().flatten();
    items.map(|item| item.unwrap().path()).collect()
}

/// The command fails since nothing signed says what has become of the statement; the file in which that is kept.
fn not_known(people: &Machine, line: &str, words: &[&str]) -> String {
    let error = people.fails(line, 4);
    assert_eq!(error["rule"], "unsure", "{error}");
    let what = error["what"].as_str().unwrap();
    for words in words.iter().chain(&["Whether the statement was taken is not known"]) {
        assert!(what.contains(words), "{words}: {what}");
    }
    let file = error["unsure"].as_str().unwrap().to_owned();
    assert!(what.contains(&format!("`quorate submit {file} --server ")), "{what}");
    file
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn refusal(rule: &str, note: Option<&str>) -> Value {
    json!({ "type": format!("urn:quorate:problem:{rule}"), "title": rule, "detail": "So it is said.", "note": note })
}

#[test]
fn what_the_log_has_not_signed_is_no_refusal() {
    let (_operator, server, between, people) = case();

    // It was taken, and the answer says that it was not.
    between.answers_statements(|asked| {
        asked.forward();
        problem(422, "", &refusal("already-voted", None))
    });
    let file = not_known(
        &people,
        "vote --choice yes --key n1",
        &["[already-voted]: So it is said.", "not signed by the log"],
    );
    assert_eq!((mode(&people.path.join(&file)), mode(&people.path.join("data/unsure"))), (0o600, 0o700));
    between.is_honest();
    assert_eq!(people.ok(&format!("submit {file}"))["known"], true);
    assert_eq!(unsure(&people), Vec::<PathBuf>::new());

    // The log's own refusal, of another statement.
    let refused = people.fails("do ask --key south", 3);
    let note = fs::read_to_string(people.path.join(refused["note"].as_str().unwrap())).unwrap();
    assert_eq!(unsure(&people), Vec::<PathBuf>::new(), "{refused}");
    let (other, sent) = (note.clone(), refusal("unknown-seat", Some(&note)));
    between.answers_statements(move |_| problem(422, "", &sent));
    let file = not_known(&people, "vote --choice yes --key n2", &["it is of another statement, sha256:"]);
    // The same, altered.
    between.answers_statements(move |_| {
        problem(422, "", &refusal("unknown-seat", Some(&other.replacen("\nwhy ", "\nwhy Not ", 1))))
    });
    not_known(&people, &format!("submit {file}"), &["not signed by the log", "signature"]);
    assert_eq!(unsure(&people), [people.path.join(&file)]);

    // What is no answer of a log at all.
    between.answers_statements(|_| {
        b"HTTP/1.1 502 Bad\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno".to_vec()
    });
    not_known(&people, &format!("submit {file}"), &["answers with the status 502"]);
    between.answers_statements(|_| {
        let document = json!({ "type": "urn:quorate:problem:busy", "title": "busy", "detail": "Too many.", "instead": "wait" });
        problem(503, "retry-after: 7\r\n", &document)
    });
    not_known(&people, &format!("submit {file}"), &["(503) [busy]: Too many.; wait; try again in 7 s"]);
    between.is_honest();
    assert_eq!(people.ok(&format!("submit {file}"))["known"], false);
    assert_eq!(unsure(&people), Vec::<PathBuf>::new());
    drop(server);
}

#[test]
fn a_refusal_that_the_log_has_signed_before_is_none_of_now() {
    let (_operator, _server, between, people) = case();
    fs::write(people.path.join("interests.md"), "None. SPECIMEN.\n").unwrap();
    people.ok("disclose interests.md --seat n2 --key n2 --out d.json");
    let (documents, away) = (people.path.join("d.json.documents"), people.path.join("away"));
    fs::rename(&documents, &away).unwrap();
    let refused = people.fails("submit d.json", 3);
    assert_eq!(refused["rule"], "document-absent", "{refused}");
    let note = fs::read_to_string(people.path.join(refused["note"].as_str().unwrap())).unwrap();
    fs::rename(&away, &documents).unwrap();

    // The log goes on, takes the statement with its document, and the old note is shown again.
    people.ok("vote --choice yes --key n1");
    between.answers_statements(move |asked| {
        asked.forward();
        problem(422, "", &refusal("document-absent", Some(&note)))
    });
    let file =
        not_known(&people, "submit d.json", &["is not the log's present refusal: it was signed after"]);
    between.is_honest();
    assert_eq!(people.ok(&format!("submit {file}"))["known"], true);
    assert_eq!(unsure(&people), Vec::<PathBuf>::new());
}

#[test]
fn what_was_sent_and_not_answered_can_be_submitted_again_with_its_documents() {
    let (_operator, server, between, people) = case();
    // Taken, and the answer lost.
    between.answers_statements(|asked| {
        asked.forward();
        Vec::new()
    });
    let file = not_known(&people, "vote --choice yes --key n1", &["does not answer"]);
    let size = || server.get("/v1/agreements/panel")["head"]["size"].as_u64().unwrap();
    let taken = size();
    between.is_honest();
    let again = people.ok(&format!("submit {file}"));
    assert_eq!(
        (again["known"].as_bool(), again["entry"].as_u64(), size()),
        (Some(true), Some(taken - 1), taken)
    );

    // Never arrived, and its document neither.
    fs::write(people.path.join("interests.md"), "None. SPECIMEN.\n").unwrap();
    between.answers_statements(|_: &Asked| Vec::new());
    let file = not_known(&people, "disclose interests.md --seat n1 --key n1", &["does not answer"]);
    let documents = people.path.join(format!("{file}.documents"));
    let document = fs::read_dir(&documents).unwrap().next().unwrap().unwrap().path();
    assert_eq!((mode(&documents), mode(&document), size()), (0o700, 0o600, taken));
    between.is_honest();
    let sent = people.ok(&format!("submit {file}"));
    assert_eq!((sent["known"].as_bool(), sent["entry"].as_u64()), (Some(false), Some(taken)));
    people.ok(&format!("check {}", sent["receipt"].as_str().unwrap()));
    assert_eq!(unsure(&people), Vec::<PathBuf>::new());

    // A receipt that proves nothing leaves it where it is as well.
    between.answers_statements(|asked| {
        let answer = String::from_utf8(asked.forward()).unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        answer.replace(body, &body.replace("extra ", "extra AAAA")).into_bytes()
    });
    let error = people.fails("vote --choice yes --key n3", 1);
    assert!(error["what"].as_str().unwrap().contains("submit the same again: `quorate submit "), "{error}");
    assert_eq!(unsure(&people).len(), 1);
}

/// What a command says of a fault.
fn what(error: &Value) -> &str {
    error["what"].as_str().unwrap()
}

#[test]
fn whoever_is_shown_an_older_log_keeps_both_signed_checkpoints() {
    let (_operator, server, between, people) = case();
    let address = |name: &str| format!("{}/a/panel/{name}", server.url);
    let file = |name: &str| client().get(&address(name), 1 << 20).unwrap().unwrap();
    let size = server.get("/v1/agreements/panel")["head"]["size"].as_u64().unwrap();
    let (old, entries, leaves) = (
        file("checkpoint"),
        file(&format!("tile/entries/000.p/{size}")),
        file(&format!("tile/0/000.p/{size}")),
    );
    let vote = people.ok("vote --choice yes --key n1");
    people.ok("status");
    let seen = fs::read(people.path.join("data/seen/panel/checkpoint")).unwrap();

    let shown = old.clone();
    between.answers(move |asked| {
        let path = asked.line.split(' ').nth(1).unwrap();
        let body = match path.strip_prefix("/a/panel/") {
            Some("checkpoint") => &shown,
            Some(tile) if tile.starts_with("tile/entries/000.p/") => &entries,
            Some(tile) if tile.starts_with("tile/0/000.p/") => &leaves,
            _ => return asked.forward(),
        };
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    });
    let error = people.fails("status", 1);
    let words = what(&error);
    let log = format!("{}/a/panel", between.url);
    assert!(words.contains("does not pass its audit") && words.contains("[missing]"), "{words}");
    // The command that it names tells the same.
    let audit = words.split('`').nth(1).unwrap();
    assert!(audit.starts_with(&format!("quorate audit {log} --anchor sha256:")), "{audit}");
    let audit = Machine { server: None, ..people };
    let done = audit.run(words.split('`').nth(1).unwrap().strip_prefix("quorate ").unwrap());
    assert_eq!(done.code, 1, "{done:?}");
    assert_eq!(done.json()["findings"][0]["rule"], "missing");
    let people = Machine { server: Some(between.url.clone()), ..audit };

    let mut evidence: Vec<PathBuf> = fs::read_dir(people.path.join("data/seen/panel/evidence"))
        .unwrap()
        .map(|item| item.unwrap().path())
        .collect();
    evidence.sort();
    let [kept, newer] = evidence.as_slice() else { panic!("{evidence:?}") };
    assert_eq!((fs::read(kept).unwrap(), fs::read(newer).unwrap()), (seen.clone(), old));
    for path in [kept, newer] {
        assert!(words.contains(path.file_name().unwrap().to_str().unwrap()), "{words}");
    }
    // What was accepted stays what it was.
    assert_eq!(fs::read(people.path.join("data/seen/panel/checkpoint")).unwrap(), seen);
    assert!(people.path.join(vote["receipt"].as_str().unwrap()).exists());
}

#[test]
fn what_this_machine_has_seen_is_named_where_it_is_damaged_or_of_another_agreement() {
    let (_operator, server, _between, people) = case();
    people.ok("vote --choice yes --key n1");
    let anchor = people.ok("status")["agreement"].as_str().unwrap().to_owned();
    let (_, anchor) = anchor.split_once('@').unwrap();
    let other = format!("sha256:{}", "b".repeat(64));

    // What one types is not what the server says.
    let error = people.fails(&format!("status panel@{other}"), 1);
    assert!(
        what(&error).starts_with(&format!("you name the agreement panel@{other}, and by this name")),
        "{error}"
    );
    let seen = people.path.join("data/seen/panel");
    let away = people.path.join("away");
    fs::rename(&seen, &away).unwrap();
    let error = people.fails(&format!("status panel@{other}"), 1);
    assert!(
        what(&error)
            .contains(&format!("/a/panel is another agreement, {anchor}, and not {other}, which you name")),
        "{error}"
    );
    assert!(!seen.exists());
    fs::rename(&away, &seen).unwrap();

    // Nobody goes on without what was kept.
    for (file, bytes) in [
        ("data/seen/panel/checkpoint", &b"garbage\n"[..]),
        ("data/seen/panel/checkpoint", b"\xff\xfe"),
        ("data/seen/panel/anchor", b"\xff\xfe"),
        ("data/receipts/panel/log.vkey", b"none"),
    ] {
        damaged(&people, Path::new(file), bytes);
    }
    let newest = fs::read_dir(people.path.join("data/receipts/panel")).unwrap();
    let number = |path: &Path| path.file_stem().unwrap().to_str().unwrap().parse::<u64>().ok();
    let newest = newest.map(|item| item.unwrap().path()).max_by_key(|path| number(path)).unwrap();
    damaged(&people, &newest, b"garbage");
    // One byte of the signature.
    let checkpoint = fs::read_to_string(seen.join("checkpoint")).unwrap();
    let signature = checkpoint.rfind(' ').unwrap() + 12;
    let letter = if checkpoint.as_bytes()[signature] == b'A' { "B" } else { "A" };
    let mut altered = checkpoint.clone();
    altered.replace_range(signature..=signature, letter);
    damaged(&people, Path::new("data/seen/panel/checkpoint"), altered.as_bytes());
    people.ok("status");

    // `audit` holds the log against what was seen, and finds the one that is another.
    let report = people.ok("audit");
    assert_eq!((&report["anchor"], &report["anchor-checked"]), (&anchor.into(), &true.into()), "{report}");
    let mut page = cli_support::quorate(&people.path);
    let page = page.args(["audit", "panel", "--data", "data", "--server", &server.url]).output().unwrap();
    let page = String::from_utf8(page.stdout).unwrap();
    assert!(page.contains("compared with the one first seen here"), "{page}");
    let audit = people.run(&format!("audit panel@{other}"));
    assert_eq!(audit.code, 1, "{audit:?}");
    let mut checkpoint = fs::read(seen.join("checkpoint")).unwrap();
    people.ok("vote --choice yes --key n2");
    people.ok("audit panel");
    assert_ne!(std::mem::replace(&mut checkpoint, fs::read(seen.join("checkpoint")).unwrap()), checkpoint);
    let audit = people.run(&format!("audit {}/a/panel --anchor {other}", server.url));
    assert_eq!(audit.code, 1, "{audit:?}");
    let mut page = cli_support::quorate(&people.path);
    page.args(["audit", &format!("{}/a/panel", server.url), "--anchor", &other]);
    let page = String::from_utf8(page.output().unwrap().stdout).unwrap();
    assert!(page.contains("which is not the one you gave") && !page.contains("compared with"), "{page}");
}

/// With this in its place, the file is named and nothing is answered; it is put back.
fn damaged(people: &Machine, file: &Path, bytes: &[u8]) {
    let path = people.path.join(file);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    let error = people.fails("status", 4);
    let name = path.strip_prefix(&people.path).unwrap().to_str().unwrap();
    assert!(what(&error).contains(&format!("{name} is not as it was written here")), "{error}");
    fs::write(&path, whole).unwrap();
}

#[test]
fn what_the_server_says_of_a_busy_hour_is_told_and_an_address_is_one() {
    let (_operator, _server, between, people) = case();
    let document =
        json!({ "type": "urn:quorate:problem:busy", "title": "busy", "detail": "512 are being answered." });
    between.answers(move |_| problem(503, "retry-after: 3\r\n", &document));
    for line in ["status", "status panel", "log"] {
        let error = people.fails(line, 4);
        assert!(what(&error).contains("503: 512 are being answered.; try again in 3 s"), "{error}");
    }
    for address in ["127.0.0.1:7501", "https:///x", "ftp://log.example"] {
        let error = people.fails(&format!("status --server {address}"), 2);
        assert!(what(&error).contains(&format!("`{address}` is no address that can be asked")), "{error}");
    }
}

#[test]
fn the_parties_open_an_agreement_at_a_server_that_takes_openings() {
    let operator = operator();
    let vkey = operator.ok("key show --log another")["vkey"].as_str().unwrap().to_owned();
    let server = Server::start_with(&operator, &["--openings"]);
    let people = Machine::new(Some(&server));
    for key in ["north", "south"] {
        people.takes_key(&operator, key);
    }
    for file in ["panel.toml", "contract.txt", "roster.toml"] {
        fs::copy(operator.path.join(file), people.path.join(file)).unwrap();
    }
    people.ok(&format!(
        "open another --workflow panel.toml --contract contract.txt --roster roster.toml --log-key {vkey} --out open.json"
    ));
    for key in ["north", "south"] {
        people.ok(&format!("sign open.json --key {key}"));
    }
    assert_eq!(people.ok("submit open.json")["entry"], 0);
    let anchor = quorate::values::Digest::of(&fs::read(people.path.join("open.json")).unwrap());
    people.ok(&format!("status another@{anchor}"));
    assert_eq!(unsure(&people), Vec::<PathBuf>::new());
    // What works on the data folder takes no server.
    let error = people.fails("cosign", 2);
    assert!(what(&error).contains("leave out --server"), "{error}");
    // The key of an agreement that is there is known, of another the operator knows it.
    assert_eq!(people.ok("key show --log another")["vkey"], vkey.as_str());
    assert!(what(&people.fails("key show --log third", 2)).contains("there is no agreement `third`"));
    // `monitor` and `restore` take an agreement there by its name.
    let accepted = people.ok(&format!("monitor another@{anchor} --state another.seen"));
    assert_eq!(
        (&accepted["anchor-checked"], &accepted["head"]["size"]),
        (&true.into(), &1.into()),
        "{accepted}"
    );
    let copy = Machine::new(Some(&server));
    copy.ok("init --log-name test.example");
    fs::copy(operator.path.join("data/log.key"), copy.path.join("data/log.key")).unwrap();
    let restored = copy.ok(&format!("restore another@{anchor}"));
    assert_eq!(
        (&restored["anchor-checked"], &restored["writable"]),
        (&true.into(), &false.into()),
        "{restored}"
    );
}

#[test]
fn an_audit_waits_as_long_as_a_busy_server_asks_it_to() {
    let operator = operator();
    let server = Server::start(&operator);
    let between = Between::new(&server.url);
    let people = Machine { server: Some(between.url.clone()), ..Machine::new(None) };
    // More often than it tries again by itself.
    let busy = std::sync::atomic::AtomicUsize::new(5);
    let less = |left: usize| left.checked_sub(1);
    between.answers(move |asked| {
        let ordering = std::sync::atomic::Ordering::SeqCst;
        if asked.line.contains("/tile/") && busy.fetch_update(ordering, ordering, less).is_ok() {
            let told = json!({ "type": "urn:quorate:problem:busy", "detail": "too many" });
            return problem(503, "retry-after: 0\r\n", &told);
        }
        asked.forward()
    });
    people.ok("status panel");
}
