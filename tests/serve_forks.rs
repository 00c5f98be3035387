//! `--server` before an operator who has the log's key and more than one history: whoever is shown one of them is not told
//! that it is the other.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "serve_support/between.rs"]
mod between;
mod cli_support;
mod serve_support;

use std::fs;
use std::path::PathBuf;

use between::{Asked, Between};
use quorate::log::{Checkpoint, Hash, LogKey, MemoryTree, Receipt, tree};
use quorate::registry::log_key;
use quorate::statement::{Entry, Envelope};
use quorate::store::data::DataDir;
use serde_json::{Value, json};
use serve_support::{Machine, Server, client, operator, voting};

/// The operator's own key of the log.
fn key_of(operator: &Machine) -> LogKey {
    let data = DataDir::open(&operator.path.join("data")).unwrap();
    log_key(data.log_name(), &"panel".parse().unwrap(), &data.log_seed().unwrap()).unwrap()
}

/// The entries that the log has.
fn entries(server: &Server) -> Vec<Vec<u8>> {
    let size = server.get("/v1/agreements/panel")["head"]["size"].as_u64().unwrap();
    let entry = |index| {
        let url = format!("{}/v1/agreements/panel/entries/{index}", server.url);
        client().get(&url, 1 << 20).unwrap().unwrap()
    };
    (0..size).map(entry).collect()
}

fn tree_of(entries: &[Vec<u8>]) -> MemoryTree {
    entries.iter().map(|bytes| Hash::leaf(bytes)).collect()
}

/// The answer of a server that takes what was sent into a history of its own: as the entry after the first `before` of
/// these, with those that follow, under the log's signature.
fn taken_aside(key: &LogKey, asked: &Asked, all: &[Vec<u8>], before: usize) -> Vec<u8> {
    let text = String::from_utf8(asked.bytes.clone()).unwrap();
    let envelope = Envelope::parse(text.split_once("\r\n\r\n").unwrap().1).unwrap();
    let time = Entry::parse(all.last().unwrap()).unwrap().time;
    let mut history = all.to_vec();
    history.insert(before, Entry { time, envelope }.to_bytes().unwrap());
    shown_in(key, &history, before)
}

/// The answer by which it has an entry of a history, with the receipt that the log signs for that.
fn shown_in(key: &LogKey, history: &[Vec<u8>], index: usize) -> Vec<u8> {
    let (tree, extra) = (tree_of(history), Some(history[index].clone()));
    let index = index as u64;
    let checkpoint = Checkpoint { origin: key.name().to_owned(), head: tree.head() }.sign(key).unwrap();
    let proof = tree::inclusion_proof(index, tree.size(), &tree).unwrap();
    let receipt = Receipt { extra, index, proof, checkpoint: checkpoint.to_string() };
    let body = json!({ "known": false, "receipt": receipt.to_string() }).to_string();
    let length = body.len();
    format!("HTTP/1.1 201 Created\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
        .into_bytes()
}

/// People who ask through a machine in between, and have the receipt of the last entry.
fn case() -> (Machine, Server, Between, Machine) {
    let operator = operator();
    let server = Server::start(&operator);
    let before = voting(&operator, &server);
    let between = Between::new(&server.url);
    let people = Machine { server: Some(between.url.clone()), ..Machine::new(None) };
    for key in ["n1", "n2", "n3", "n4", "n5"] {
        people.takes_key(&before, key);
    }
    people.ok("vote --choice yes --key n5");
    (operator, server, between, people)
}

fn files(people: &Machine, folder: &str) -> Vec<PathBuf> {
    let items = fs::read_dir(people.path.join("data").join(folder)).into_iter().flatten();
    let mut paths: Vec<PathBuf> = items.map(|item| item.unwrap().path()).collect();
    paths.sort();
    paths
}

fn what(error: &Value) -> &str {
    error["what"].as_str().unwrap()
}

/// The statement that is kept, as the words name it.
fn kept(words: &str) -> String {
    let command = words
        .split('`')
        .find(|part| part.starts_with("quorate submit "))
        .unwrap_or_else(|| panic!("{words}"));
    command.split(' ').nth(2).unwrap().to_owned()
}

/// The receipts that are kept beside a statement, by their paths.
fn receipts_beside(people: &Machine, file: &str) -> Vec<String> {
    let name = PathBuf::from(file).file_name().unwrap().to_str().unwrap().to_owned();
    let here = |path: PathBuf| path.strip_prefix(&people.path).unwrap().to_str().unwrap().to_owned();
    files(people, "unsure")
        .into_iter()
        .map(here)
        .filter(|path| path.contains(&name) && path.ends_with(".tlog-proof"))
        .collect()
}

#[test]
fn a_receipt_of_a_side_history_is_no_receipt() {
    let (operator, server, between, people) = case();
    let key = key_of(&operator);
    let all = entries(&server);
    let size = all.len();
    // Beside the opening alone; beside all but the last, which makes as many as there are; and in front of all the others,
    // which makes more than there were.
    let sides: [(&str, Vec<Vec<u8>>, usize); 3] =
        [("n1", all[..1].to_vec(), 1), ("n2", all[..size - 1].to_vec(), size - 1), ("n3", all.clone(), 1)];
    for (seat, history, before) in sides {
        let (key, index) = (key_of(&operator), before);
        between.answers_statements(move |asked| taken_aside(&key, asked, &history, before));
        let evidence = files(&people, "seen/panel/evidence").len();
        let error = people.fails(&format!("vote --choice yes --key {seat}"), 1);
        let words = what(&error);
        assert!(words.contains(&format!("by a receipt of entry {index}")), "{words}");
        assert!(words.contains("[two-histories]") && words.contains("kept as evidence"), "{words}");
        assert!(!words.contains("on stable storage"), "{words}");
        assert!(files(&people, "seen/panel/evidence").len() > evidence, "{words}");
        // What is here is the statement with what came for it, and it can be submitted where the log takes it.
        let file = kept(words);
        assert!(people.path.join(&file).exists(), "{words}");
        between.is_honest();
        // The log has one history in which all of this is not there.
        let audit = words.split('`').find(|part| part.starts_with("quorate audit ")).unwrap();
        let alone =
            Machine { server: None, path: people.path.clone(), _folder: tempfile::tempdir().unwrap() };
        let done = alone.run(audit.strip_prefix("quorate ").unwrap());
        assert!(done.code == 1 && done.out.contains("two-histories"), "{done:?}");
        // It convicts the log once that shows the statement as well, and stays.
        let beside = receipts_beside(&people, &file);
        assert_eq!(beside.len(), 1, "{beside:?}");
        let error = people.fails(&format!("submit {file}"), 1);
        let words = what(&error);
        assert!(words.contains("the statement is in the log") && words.contains(&beside[0]), "{words}");
        assert!(words.contains("another history") && words.contains("kept as evidence"), "{words}");
        assert!(!people.path.join(&file).exists());
        assert_eq!(receipts_beside(&people, &file), beside);
    }
    assert_eq!(entries(&server).len(), size + 3);
    drop(key);
}

#[test]
fn no_receipt_that_came_for_a_statement_is_lost_before_the_log_shows_what_it_says() {
    let (operator, server, between, people) = case();
    let all = entries(&server);
    // Twice it is taken into another history.
    for (number, before) in [(1, 1), (2, 2)] {
        let (key, history) = (key_of(&operator), all[..before].to_vec());
        between.answers_statements(move |asked| taken_aside(&key, asked, &history, before));
        let line = if number == 1 {
            "vote --choice yes --key n1".to_owned()
        } else {
            format!("submit {}", kept_file(&people))
        };
        people.fails(&line, 1);
        assert_eq!(receipts_beside(&people, &kept_file(&people)).len(), number);
        between.is_honest();
    }
    let file = kept_file(&people);
    let beside = receipts_beside(&people, &file);
    people.fails(&format!("submit {file}"), 1);
    assert!(!people.path.join(&file).exists());
    assert_eq!(receipts_beside(&people, &file), beside);

    // A receipt of the entry is kept since it was taken: what comes for it the next time is kept beside the statement.
    people.ok("vote --choice yes --key n2");
    let mut history = entries(&server);
    let index = history.len() - 1;
    let envelope = Entry::parse(&history[index]).unwrap().envelope.to_text();
    fs::write(people.path.join("again.json"), envelope).unwrap();
    history.push(all[0].clone());
    let (key, posted) = (key_of(&operator), std::sync::atomic::AtomicBool::new(false));
    between.answers(move |asked| {
        let before = posted.fetch_or(asked.is_post(), std::sync::atomic::Ordering::SeqCst);
        match (asked.is_post(), before) {
            (true, _) => shown_in(&key, &history, index),
            (false, true) => Vec::new(),
            (false, false) => asked.forward(),
        }
    });
    let error = people.fails("submit again.json", 4);
    let file = kept(what(&error));
    let beside = receipts_beside(&people, &file);
    assert_eq!(beside.len(), 1, "{error}");
    between.is_honest();
    people.ok("vote --choice yes --key n3");
    let error = people.fails(&format!("submit {file}"), 1);
    assert!(what(&error).contains(&beside[0]) && what(&error).contains("another history"), "{error}");
    assert!(receipts_beside(&people, &file).contains(&beside[0]));
}

/// The only statement that is kept.
fn kept_file(people: &Machine) -> String {
    let mut all = files(people, "unsure");
    all.retain(|path| path.extension().is_some_and(|it| it == "json"));
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0).to_str().unwrap().to_owned()
}

#[test]
fn a_receipt_of_before_is_none_of_now() {
    let (_operator, server, between, people) = case();
    // The log's answer, which is kept back until the log has gone on.
    let answer = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let given = std::sync::Arc::clone(&answer);
    between.answers_statements(move |asked| {
        *given.lock().unwrap() = asked.forward();
        Vec::new()
    });
    let file = people.fails("vote --choice yes --key n1", 4)["unsure"].as_str().unwrap().to_owned();
    between.is_honest();
    people.ok("vote --choice yes --key n2");
    let size = entries(&server).len();
    between.answers_statements(move |_| answer.lock().unwrap().clone());
    let error = people.fails(&format!("submit {file}"), 1);
    let words = format!(
        "it was signed after {} entries, and the log had {size} entries before this was sent",
        size - 1
    );
    assert!(what(&error).contains(&words), "{error}");
    assert!(people.path.join(format!("{file}.tlog-proof")).exists());
    between.is_honest();
    assert_eq!(people.ok(&format!("submit {file}"))["known"], true);
    assert_eq!(files(&people, "unsure"), Vec::<PathBuf>::new());
}

#[test]
fn a_statement_is_kept_until_the_log_shows_it() {
    let (_operator, _server, between, people) = case();
    let posted = std::sync::atomic::AtomicBool::new(false);
    between.answers(move |asked| {
        let before = posted.fetch_or(asked.is_post(), std::sync::atomic::Ordering::SeqCst);
        if before { Vec::new() } else { asked.forward() }
    });
    let error = people.fails("vote --choice yes --key n1", 4);
    assert!(what(&error).contains("is in the log, by its receipt"), "{error}");
    let file = kept(what(&error));
    between.is_honest();
    assert_eq!(people.ok(&format!("submit {file}"))["known"], true);
    assert_eq!(files(&people, "unsure"), Vec::<PathBuf>::new());
}

#[test]
fn whoever_is_shown_no_log_after_the_receipt_keeps_what_was_sent() {
    let (_operator, _server, between, people) = case();
    let posted = std::sync::atomic::AtomicBool::new(false);
    between.answers(move |asked| {
        if posted.fetch_or(asked.is_post(), std::sync::atomic::Ordering::SeqCst) {
            between::problem(
                404,
                "",
                &json!({ "type": "urn:quorate:problem:no-agreement", "detail": "none" }),
            )
        } else {
            asked.forward()
        }
    });
    let done = people.run("vote --choice yes --key n1");
    assert!(done.out.contains("does not show it to the key"), "{done:?}");
    let file = kept_file(&people);
    between.is_honest();
    assert_eq!(people.ok(&format!("submit {file}"))["known"], true);
    assert_eq!(files(&people, "unsure"), Vec::<PathBuf>::new());
}

/// Asks with a command while the machine in between holds its tiles back, has `meanwhile` done, and gives them; how the
/// command ended.
fn overtaken(people: &Machine, between: &Between, meanwhile: impl FnOnce()) -> (i32, Value) {
    let (asked, is_asked) = std::sync::mpsc::channel();
    let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
    let held = std::sync::atomic::AtomicBool::new(false);
    between.answers(move |request| {
        if request.line.contains("/tile/entries/") && !held.swap(true, std::sync::atomic::Ordering::SeqCst) {
            let _ = asked.send(());
            let _ = goes_on.recv();
        }
        request.forward()
    });
    let command = Machine {
        server: Some(between.url.clone()),
        path: people.path.clone(),
        _folder: tempfile::tempdir().unwrap(),
    };
    let asking = std::thread::spawn(move || command.run("status panel"));
    is_asked.recv().unwrap();
    meanwhile();
    go_on.send(()).unwrap();
    let done = asking.join().unwrap();
    (done.code, done.json())
}

#[test]
fn two_commands_that_are_shown_two_histories_at_once_find_it() {
    let operator = operator();
    // The operator's other history begins here.
    let other = Machine::new(None);
    cli_support::copy_folder(&operator.path.join("data"), &other.path.join("data"));
    let (one, two) = (Server::start(&operator), Server::of(&other.path, &[]));
    let nominate = |server: &Server, seats: &[&str]| {
        let people = Machine::new(Some(server));
        people.takes_key(&operator, "north");
        for seat in seats {
            people.takes_key(&operator, seat);
            people.ok(&format!(
                "nominate {seat} --person {seat} --nominee-key data/keys/{seat}.pub --key north"
            ));
        }
    };
    let between = Between::new(&one.url);
    let people = Machine::new(Some(&one));
    people.ok("status panel");
    nominate(&one, &["n1"]);
    nominate(&two, &["n2"]);
    let seen = || fs::read_to_string(people.path.join("data/seen/panel/checkpoint")).unwrap();
    // Both have begun when nothing but the opening was seen, and both are as long.
    let aside = Machine {
        server: Some(two.url.clone()),
        path: people.path.clone(),
        _folder: tempfile::tempdir().unwrap(),
    };
    let (code, answer) = overtaken(&people, &between, || drop(aside.ok("status panel")));
    assert_eq!(code, 1, "{answer}");
    assert!(what(&answer["error"]).contains("the log has two histories: at 2 entries"), "{answer}");
    let evidence = files(&people, "seen/panel/evidence");
    assert_eq!(evidence.len(), 2, "{evidence:?}");
    assert!(evidence.iter().any(|file| fs::read_to_string(file).unwrap() == seen()), "{evidence:?}");

    // One of them is longer: what was shown of the other is kept, and the next command is held against both.
    fs::remove_dir_all(people.path.join("data/seen")).unwrap();
    between.is_honest();
    nominate(&two, &["n3"]);
    let (code, answer) = overtaken(&people, &between, || drop(aside.ok("status panel")));
    assert_eq!(code, 0, "{answer}");
    assert!(seen().contains("\n3\n"), "{}", seen());
    let error = aside.fails("status panel", 1);
    assert!(what(&error).contains("[two-histories]") && what(&error).contains("kept as evidence"), "{error}");
}

#[test]
fn a_command_that_another_overtakes_leaves_nothing_behind() {
    let (_operator, server, between, people) = case();
    let other = Machine {
        server: Some(server.url.clone()),
        path: people.path.clone(),
        _folder: tempfile::tempdir().unwrap(),
    };
    let (code, answer) = overtaken(&people, &between, || drop(other.ok("vote --choice yes --key n1")));
    assert_eq!(code, 0, "{answer}");
    assert_eq!(files(&people, "seen/panel").len(), 4, "{:?}", files(&people, "seen/panel"));
    other.ok("status panel");
    let names: Vec<_> =
        files(&people, "seen/panel").iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["anchor", "checkpoint", "lock"]);
}

#[test]
fn the_key_beside_receipts_is_replaced_at_once_and_left_alone_where_it_is_the_same() {
    let operator = operator();
    let path = operator.path.join("data/receipts/panel/log.vkey");
    let key = fs::read_to_string(&path).unwrap();
    let written = || fs::metadata(&path).unwrap().modified().unwrap();
    let before = written();
    operator.ok("nominate n1 --person n1 --nominee-key data/keys/n1.pub --key north");
    operator.fails("accept-seat --seat n1 --key n2", 3);
    assert_eq!(written(), before);
    // Whoever reads the old file meanwhile has all of it.
    let other = operator.path.join("other");
    fs::write(&path, "other\n").unwrap();
    fs::hard_link(&path, &other).unwrap();
    operator.ok("accept-seat --seat n1 --key n1");
    assert_eq!(
        (fs::read_to_string(&path).unwrap(), fs::read_to_string(&other).unwrap()),
        (key, "other\n".to_owned())
    );
}
