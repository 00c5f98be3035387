//! What one asks a server for besides the record itself: certificates, exports, and what readers of a restricted agreement do.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "serve_support/between.rs"]
mod between;
mod cli_support;
mod serve_support;

use std::fs;
use std::path::Path;

use between::Between;
use serde_json::Value;
use serve_support::restricted::{self, ask, bearer, machine};
use serve_support::{Machine, Server, client, operator, voting};

fn what(error: &Value) -> &str {
    error["what"].as_str().unwrap()
}

/// What a server answers with these bytes.
fn answer(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Files below a folder by name, with their bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for item in fs::read_dir(next).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_certificate_is_checked_as_a_server_gives_it_out() {
    let operator = operator();
    let server = Server::start(&operator);
    let before = voting(&operator, &server);
    let between = Between::new(&server.url);
    let people = Machine { server: Some(between.url.clone()), ..before };
    let anchor = people.ok("status")["agreement"].as_str().unwrap().split_once('@').unwrap().1.to_owned();

    // By its agreement's name, by which it was seen before; and by its address, with an anchor or without.
    let checked = people.ok("check panel");
    assert_eq!((&checked["passes"], &checked["anchor-checked"]), (&true.into(), &true.into()), "{checked}");
    assert_eq!(checked["answer"]["grants"], people.ok("license")["grants"]);
    let address = format!("{}/v1/agreements/panel/certificate", between.url);
    let nobody = Machine::new(None);
    assert_eq!(nobody.ok(&format!("check {address}"))["anchor-checked"], false);
    assert_eq!(nobody.ok(&format!("check {address} --anchor {anchor}"))["anchor-checked"], true);
    let other = format!("sha256:{}", "b".repeat(64));
    assert_eq!(nobody.run(&format!("check {address} --anchor {other}")).code, 1);
    let done = people.run(&format!("check panel@{other}"));
    assert!(done.code == 1 && done.json()["fault"].as_str().unwrap().contains("another one"), "{done:?}");

    // Receipts, too; a file asks nobody, and what is not there is said.
    let vkey = people.ok("key show --log panel")["vkey"].as_str().unwrap().to_owned();
    let receipt = format!("{}/v1/agreements/panel/entries/3/receipt", between.url);
    assert_eq!(nobody.ok(&format!("check {receipt} --log-key {vkey}"))["entry"], 3);
    assert!(what(&nobody.fails(&format!("check {receipt}"), 2)).contains("--log-key"));
    let error = nobody.fails(&format!("check {}/v1/agreements/none/certificate", between.url), 2);
    assert!(what(&error).contains("is not there, or not shown to everybody"), "{error}");
    let away = Machine {
        server: Some("http://127.0.0.1:1".to_owned()),
        path: people.path.clone(),
        _folder: tempfile::tempdir().unwrap(),
    };
    away.ok("check data/receipts/panel/1.tlog-proof");

    // An older one than was seen; and one that lacks what an address shows.
    let old = client().get(&address, 1 << 24).unwrap().unwrap();
    fs::write(people.path.join("old.json"), &old).unwrap();
    people.ok("vote --choice yes --key n1");
    let log = format!("{}/a/panel", server.url);
    let done = nobody.run(&format!("check {} --against {log}", people.path.join("old.json").display()));
    assert!(done.code == 1 && done.out.contains("missing"), "{done:?}");
    nobody.ok(&format!("check {address} --against {log}"));
    nobody.ok(&format!("audit {log} --against {log}"));
    between.answers(
        move |asked| if asked.line.contains("/certificate ") { answer(&old) } else { asked.forward() },
    );
    let done = people.run("check panel");
    assert!(
        done.code == 1 && done.json()["fault"].as_str().unwrap().contains("what you kept contradicts it"),
        "{done:?}"
    );
    // What is none at all.
    between
        .answers(|asked| if asked.line.contains("/certificate ") { answer(b"{}") } else { asked.forward() });
    let done = people.run("check panel");
    assert!(done.code == 1 && done.json()["fault"].as_str().unwrap().contains("no certificate"), "{done:?}");

    // It is no log to audit, and the command that takes it is named.
    between.is_honest();
    for name in ["old.json", &address] {
        let error = people.fails(&format!("audit {name}"), 2);
        assert!(what(&error).contains(&format!("`quorate check {name}`")), "{error}");
    }
}

#[test]
fn a_server_s_log_is_exported_as_its_operator_exports_it() {
    let operator = operator();
    let server = Server::start(&operator);
    let people = voting(&operator, &server);
    fs::write(people.path.join("interests.md"), "None. SPECIMEN.\n").unwrap();
    people.ok("disclose interests.md --seat n1 --key n1");
    let exported = people.ok("export copy");
    assert_eq!(
        (&exported["missing"], &exported["head"]["size"]),
        (&Value::Array(Vec::new()), &23.into()),
        "{exported}"
    );
    people.ok("vote --choice yes --key n2");
    assert_eq!(people.ok("export copy --agreement panel")["before"], 23);
    // Its operator's own, for which the server ends.
    assert_eq!(server.stop(), Some(0));
    operator.ok("export public");
    let server = Server::start(&operator);
    let people = Machine { server: Some(server.url.clone()), ..people };
    // The operator exported once, and has no checkpoint of the time before.
    let mut mine = files(&people.path.join("copy"));
    mine.retain(|(name, _)| !name.ends_with("/23"));
    let theirs = files(&operator.path.join("public"));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&mine), names(&theirs));
    assert!(mine == theirs);
    let anchor = exported["agreement"].as_str().unwrap().split_once('@').unwrap().1.to_owned();
    let here = Machine { server: None, path: people.path.clone(), _folder: tempfile::tempdir().unwrap() };
    assert_eq!(here.ok(&format!("audit copy --anchor {anchor}"))["entries"], 24);

    // Nobody's folder, and what is no document.
    fs::create_dir(people.path.join("mine")).unwrap();
    fs::write(people.path.join("mine/letter"), "to somebody").unwrap();
    assert!(what(&people.fails("export mine", 2)).contains("`letter` is in it"));
    assert_eq!(fs::read_dir(people.path.join("mine")).unwrap().count(), 1);
    assert!(what(&people.fails("export data/copy", 2)).contains("data folder"));
    let between = Between::new(&server.url);
    between.answers(|asked| {
        if asked.line.contains("/blobs/") { answer(b"another document") } else { asked.forward() }
    });
    let lied = Machine { server: Some(between.url.clone()), ..Machine::new(None) };
    let done = lied.run("export copy");
    assert!(done.code == 1 && done.json()["missing"][0]["name"] == "disclosure", "{done:?}");
    assert!(!lied.path.join("copy/blobs").exists());
    // What the log shows after its audit is what was audited.
    let reads = std::sync::atomic::AtomicUsize::new(0);
    between.answers(move |asked| {
        let given = asked.forward();
        let again = asked.line.contains("/tile/entries/")
            && reads.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0;
        let mut given = given;
        for at in 0..given.len() - 3 {
            // As it stands in the text of a statement, which is a string in JSON.
            if again && given[at..at + 3] == *b"n3\\" {
                given[at + 1] = b'4';
            }
        }
        given
    });
    let lied = Machine { server: Some(between.url.clone()), ..Machine::new(None) };
    let error = lied.fails("export copy", 1);
    assert!(what(&error).contains("the log changed since the audit"), "{error}");
    assert!(!lied.path.join("copy").exists());
}

#[test]
fn a_reader_follows_reports_checks_and_exports_a_restricted_agreement() {
    let operator = restricted::operator();
    let server = Server::start(&operator);
    let people = machine(&operator, &server, &["north", "n1", "outsider"]);
    for line in [
        "watch panel --from 0 --entries 1",
        "report question#1 --agreement panel",
        "check panel",
        "export copy --agreement panel",
    ] {
        for reader in ["", " --reader outsider"] {
            let done = people.run(&format!("{line}{reader}"));
            assert_eq!(done.code, 2, "{line}{reader}: {done:?}");
            assert!(!done.out.contains("stays open"), "{line}{reader}: {done:?}");
        }
    }
    assert!(!people.path.join("copy").exists());

    // What is there, and what comes while somebody listens.
    let done = people.run("watch panel --from 0 --entries 3 --reader n1");
    assert_eq!(done.code, 0, "{done:?}");
    let told: Vec<Value> = done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let entries: Vec<_> =
        told.iter().filter(|it| it["event"] == "entry").map(|it| it["entry"].as_u64()).collect();
    assert_eq!(entries, [Some(0), Some(1), Some(2)], "{done:?}");
    let size = told[0]["head"]["size"].as_u64().unwrap();
    let listening = Machine {
        server: people.server.clone(),
        path: people.path.clone(),
        _folder: tempfile::tempdir().unwrap(),
    };
    let listening = std::thread::spawn(move || listening.run("watch panel --entries 1 --reader n1"));
    let mut filed = 0;
    while !listening.is_finished() && filed < 20 {
        std::thread::sleep(std::time::Duration::from_secs(1));
        fs::write(people.path.join("more.md"), format!("No. {filed}. SPECIMEN.\n")).unwrap();
        people.ok("do file --case question#1 --attach exhibit=more.md --key north");
        filed += 1;
    }
    let done = listening.join().unwrap();
    assert!(done.code == 0 && done.out.contains("\"event\":\"entry\""), "{done:?}");

    // The report is the operator's, byte for byte, and is checked by whoever may read.
    people.ok("report question#1 --agreement panel --reader n1 --out report.md");
    let token = bearer(&server, &operator, "n1");
    let served = ask(&server, "GET", "/v1/agreements/panel/cases/question/1/report", &[&token], b"");
    assert_eq!((served.status, served.body), (200, fs::read(people.path.join("report.md")).unwrap()));
    people.ok("report --check report.md --agreement panel --reader n1");
    assert_eq!(people.run("report --check report.md --agreement panel --reader outsider").code, 2);

    // The documents of a tier go to whoever is of it.
    assert_eq!(people.ok("check panel --reader n1")["passes"], true);
    let done = people.run("export copy --agreement panel --reader n1");
    assert!(done.code == 1 && done.json()["missing"][0]["name"] == "plans", "{done:?}");
    let done = people.ok("export copy --agreement panel --reader north");
    assert_eq!(
        (&done["missing"], done["head"]["size"].as_u64()),
        (&Value::Array(Vec::new()), Some(size + filed)),
        "{done}"
    );
    let here = Machine { server: None, path: people.path.clone(), _folder: tempfile::tempdir().unwrap() };
    here.ok("audit copy");
}
