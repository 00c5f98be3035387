//! The table of `docs/service.md` says of every command what `--server` does to it, and the program does that.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;
mod serve_support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use clap::CommandFactory as _;
use quorate::cli::Cli;
use serde_json::Value;
use serve_support::{Machine, operator};

/// Where nobody listens.
const NOBODY: &str = "http://127.0.0.1:1";

/// The words of the table's second and third column, by command.
fn table() -> BTreeMap<String, [String; 2]> {
    let page = fs::read_to_string("docs/service.md").unwrap();
    let (_, table) =
        page.split_once("| command | in a data folder | with `--server` |\n|---|---|---|\n").unwrap();
    let mut rows = BTreeMap::new();
    for line in table.lines().take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let word = |cell: &str| cell.split([':', ',']).next().unwrap().trim().to_owned();
        for command in cells[0].split('`').skip(1).step_by(2) {
            let before = rows.insert(command.to_owned(), [word(cells[1]), word(cells[2])]);
            assert!(before.is_none(), "{command} is there twice");
        }
    }
    rows
}

/// Every command that can be run.
fn commands(command: &clap::Command, words: &str, found: &mut BTreeSet<String>) {
    for inner in command.get_subcommands() {
        let name = format!("{words} {}", inner.get_name()).trim().to_owned();
        if !inner.is_subcommand_required_set() {
            found.insert(name.clone());
        }
        commands(inner, &name, found);
    }
}

/// A line by which each command is run, where there is something for it to do.
fn lines() -> BTreeMap<&'static str, &'static str> {
    let open = "open other --workflow panel.toml --contract contract.txt --roster roster.toml --key north --key south";
    BTreeMap::from([
        ("init", "init --log-name test.example"),
        ("key new", "key new fresh --no-passphrase"),
        ("key show", "key show --log panel"),
        ("key replace", "key replace --new-key spare --key north"),
        ("open", open),
        ("sign", "sign amend.json --key north"),
        ("submit", "submit vote.json"),
        ("nominate", "nominate n1 --person n1 --nominee-key n1 --key north"),
        ("accept-seat", "accept-seat --seat n1 --key n1"),
        ("disclose", "disclose contract.txt --seat n1 --key n1"),
        ("recuse", "recuse --reason because --seat n1 --key n1"),
        ("step-down", "step-down --reason because --seat n1 --key n1"),
        ("declare", "declare --key north"),
        ("file", "file --attach exhibit=contract.txt --key north"),
        ("withdraw-declaration", "withdraw-declaration --key north"),
        ("do", "do ask --key north"),
        ("reaffirm", "reaffirm --occasion today --key north --key south"),
        ("amend", "amend --to new.toml --contract contract.txt --occasion today --key north --key south"),
        ("ballot", "ballot panel"),
        ("vote", "vote --choice yes --key n1"),
        ("reveal", "reveal --key n1"),
        ("status", "status panel"),
        ("license", "license panel"),
        ("what-if", "what-if panel"),
        ("report", "report question#1 --agreement panel"),
        ("log", "log panel"),
        ("log show", "log show 0 panel"),
        ("audit", "audit panel"),
        ("monitor", "monitor panel --state panel.seen"),
        ("watch", "watch panel"),
        ("check", "check data/receipts/panel/0.tlog-proof"),
        ("cosign", "cosign panel --without-quorum"),
        ("export", "export public"),
        ("restore", "restore panel"),
        ("workflow check", "workflow check panel.toml"),
        ("workflow show", "workflow show panel.toml"),
        ("workflow explain", "workflow explain panel.toml"),
        ("workflow diff", "workflow diff panel.toml new.toml"),
        ("workflow draw", "workflow draw panel.toml"),
        ("workflow explore", "workflow explore SHIPPED --most 10"),
        ("workflow test", "workflow test SHIPPED"),
        ("witness init", "witness init another --name wit.example/w2"),
        ("witness add-log", "witness add-log wit LOG"),
        ("witness show", "witness show wit"),
        ("completions", "completions bash"),
        ("man", "man pages"),
    ])
}

/// An operator's machine with an agreement, an amendment that nobody has submitted, and another statement.
fn machine() -> Machine {
    let operator = operator();
    operator.ok("key new spare --no-passphrase");
    let text = fs::read_to_string(operator.path.join("panel.toml")).unwrap();
    let title = text.lines().find(|line| line.starts_with("title")).unwrap();
    fs::write(operator.path.join("new.toml"), text.replace(title, "title = \"Another title\"")).unwrap();
    fs::create_dir(operator.path.join("panel")).unwrap();
    operator.ok("witness init wit --name wit.example/w1");
    operator.ok("amend --to new.toml --contract contract.txt --occasion today --out amend.json --key north");
    operator.ok("nominate n1 --person n1 --nominee-key n1 --out vote.json --key north");
    operator
}

fn what(error: &Value) -> &str {
    error["error"]["what"].as_str().unwrap_or_default()
}

#[test]
fn every_command_does_with_a_server_what_the_table_says() {
    let table = table();
    let mut there = BTreeSet::new();
    commands(&Cli::command(), "", &mut there);
    assert_eq!(table.keys().collect::<Vec<_>>(), there.iter().collect::<Vec<_>>());
    let lines = lines();
    let here = machine();
    let vkey = here.ok("key show --log panel")["vkey"].as_str().unwrap().to_owned();
    let there = Machine { server: Some(NOBODY.to_owned()), ..machine() };
    let shipped = format!("{}/workflows/plain-board.toml", env!("CARGO_MANIFEST_DIR"));
    for (command, [folder, server]) in &table {
        // These last, and are looked at below.
        if matches!(command.as_str(), "serve" | "witness serve" | "demo") {
            continue;
        }
        let line = lines.get(command.as_str()).unwrap_or_else(|| panic!("{command}: no line"));
        let line = line.replace("LOG", &vkey).replace("SHIPPED", &shipped);
        // It makes the folder that others work in.
        let fresh = |server: &Machine| Machine { server: server.server.clone(), ..Machine::new(None) };
        let (mine, other) = match command.as_str() {
            "init" => (&fresh(&here), &fresh(&there)),
            _ => (&here, &there),
        };
        let done = other.run(&line);
        let said = serde_json::from_str(&done.out).unwrap_or(Value::Null);
        match server.as_str() {
            "asks" => assert!(done.code == 4 && what(&said).contains("127.0.0.1:1"), "{line}: {done:?}"),
            "refuses" => {
                assert!(done.code == 2 && what(&said).contains("leave out --server"), "{line}: {done:?}");
            }
            "does not look" => {
                assert!(
                    matches!(done.code, 0 | 1 | 5) && !done.out.contains("127.0.0.1:1"),
                    "{line}: {done:?}"
                );
            }
            other => panic!("{command}: {other}"),
        }
        let done = mine.run(&line);
        let said = serde_json::from_str(&done.out).unwrap_or(Value::Null);
        match folder.as_str() {
            // It may be refused by the rules, and is not for want of a server.
            "works" => assert!(!what(&said).contains("--server"), "{line}: {done:?}"),
            "needs a server" => {
                assert!(done.code == 2 && what(&said).contains("--server"), "{line}: {done:?}");
            }
            "needs none" => assert!(matches!(done.code, 0 | 1 | 5), "{line}: {done:?}"),
            other => panic!("{command}: {other}"),
        }
    }
}

/// A server does not end because its user's other commands ask one; and it asks none, so nobody is to name one.
#[test]
fn what_serves_does_not_look_at_the_server_of_others() {
    let table = table();
    for (command, line) in
        [("serve", "serve --listen 127.0.0.1:0"), ("witness serve", "witness serve wit --listen 127.0.0.1:0")]
    {
        assert_eq!(table[command][1], "does not look", "{command}");
        let operator = operator();
        operator.ok("witness init wit --name wit.example/w1");
        let mut process = Command::new(env!("CARGO_BIN_EXE_quorate"));
        process.args(cli_support::words(line)).args(["--data", "data"]).current_dir(&operator.path);
        process.env("QUORATE_SERVER", NOBODY).env_remove("QUORATE_CLOCK").env_remove("QUORATE_DATA");
        let mut process = process.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(first.contains("127.0.0.1:"), "{command}: {first}");
        process.kill().unwrap();
        process.wait().unwrap();
    }
    let error = operator().fails(&format!("serve --listen 127.0.0.1:0 --server {NOBODY}"), 2);
    assert!(error["what"].as_str().unwrap().contains("leave out --server"), "{error}");
    assert_eq!(table["demo"], ["needs none", "does not look"]);
}
