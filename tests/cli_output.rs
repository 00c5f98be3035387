//! What is printed, and to whom: help, completions, manual pages, colour, JSON, and output that nobody takes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Stdio;

use clap::CommandFactory as _;
use cli_support::terminal::at_terminal;
use cli_support::{Done, OPEN, PARTIES, Stage, quorate};
use quorate::cli::Cli;

/// Every command with the words that call it, groups included.
fn commands() -> Vec<Vec<String>> {
    fn walk(command: &clap::Command, path: &[String], all: &mut Vec<Vec<String>>) {
        for sub in command.get_subcommands() {
            let path = [path, &[sub.get_name().to_owned()]].concat();
            walk(sub, &path, all);
            all.push(path);
        }
    }
    let mut all = vec![Vec::new()];
    walk(&Cli::command(), &[], &mut all);
    all
}

#[test]
fn the_help_of_every_command_has_an_example() {
    let stage = Stage::empty();
    let all = commands();
    assert!(all.len() >= 30, "{all:?}");
    for words in all {
        let help = |option: &str| {
            let done = Done::of(quorate(&stage.path("")).args(&words).arg(option).output().unwrap());
            assert_eq!((done.code, done.err.as_str()), (0, ""), "{words:?}");
            done.out
        };
        for text in [help("--help"), help("-h")] {
            let name = ["quorate".to_owned()].iter().chain(&words).cloned().collect::<Vec<_>>().join(" ");
            let example =
                text.split("Example").nth(1).unwrap_or_else(|| panic!("{name}: no example in\n{text}"));
            assert!(example.contains(&name), "{name}: the example shows another command");
            // A line that is wrapped cannot be copied.
            let wide = |line: &&str| line.starts_with("  ") && line.chars().count() > 80;
            assert_eq!(example.lines().find(wide), None, "{name}");
        }
    }
}

#[test]
fn help_that_no_terminal_shows_is_eighty_columns_wide() {
    let stage = Stage::empty();
    for words in commands() {
        let done = Done::of(quorate(&stage.path("")).args(&words).arg("--help").output().unwrap());
        // The line of usage is clap's, in one piece.
        let wide = |line: &&str| line.chars().count() > 80 && !line.starts_with("Usage:");
        assert_eq!(done.out.lines().find(wide), None, "{words:?}");
    }
}

#[test]
fn help_to_open_an_agreement_does_not_ask_for_one() {
    let stage = Stage::prepared();
    let help = stage.run("open --help").out;
    assert!(help.contains("--key") && !help.contains("--agreement"), "{help}");
    assert!(stage.fails(&format!("{OPEN} {PARTIES} --agreement agi-2025"), 2).contains("--agreement"));
}

#[test]
fn a_variable_that_is_empty_counts_as_one_that_is_not_set() {
    let stage = Stage::opened();
    let empty = |line: &str| {
        let mut command = quorate(&stage.path(""));
        for name in ["QUORATE_DATA", "QUORATE_SERVER", "QUORATE_READER", "QUORATE_CLOCK", "QUORATE_LOG"] {
            command.env(name, "");
        }
        Done::of(command.args(line.split(' ')).output().unwrap())
    };
    let done = empty("status --data data");
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    // Where the data folder is, nothing says: then it is the usual one.
    assert!(empty("status").err.contains(".local/share/quorate"));
    // What a server does is told as if nothing were said of the log.
    let mut serve = quorate(&stage.path(""));
    serve.envs([("QUORATE_LOG", ""), ("QUORATE_SERVER", "http://127.0.0.1:1")]);
    let done =
        Done::of(serve.args(["serve", "--listen", "127.0.0.1:0", "--data", "nosuch"]).output().unwrap());
    assert!(done.err.contains("QUORATE_SERVER is not looked at"), "{done:?}");
}

#[test]
fn examples_in_help_name_options_that_exist() {
    // The options of every line that an example shows.
    for words in commands() {
        let mut command = Cli::command();
        command.build();
        for word in &words {
            command = command.find_subcommand(word).unwrap().clone();
        }
        let help = command.render_long_help().to_string();
        let examples = help.split("Example").nth(1).unwrap_or_default();
        let own: Vec<String> =
            command.get_arguments().filter_map(|it| it.get_long()).map(|it| format!("--{it}")).collect();
        let prefix = format!("quorate {}", words.join(" "));
        let lines = examples.replace("\\\n", " ");
        for line in lines.lines().filter(|line| line.trim().starts_with(&prefix)) {
            for option in line.split_whitespace().filter(|word| word.starts_with("--")) {
                let known =
                    own.iter().any(|it| it == option) || ["--data", "--json", "--clock"].contains(&option);
                let group = command.has_subcommands();
                assert!(known || group, "{prefix}: `{option}` in `{line}`");
            }
        }
    }
}

#[test]
fn completions_for_every_shell() {
    let stage = Stage::empty();
    for (shell, mark) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef quorate"),
        ("fish", "complete -c quorate"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let script = stage.run(&format!("completions {shell}")).out;
        assert!(script.contains(mark) && script.contains("withdraw-declaration"), "{shell}");
    }
    let script = stage.run("completions bash").out;
    stage.write("quorate.bash", &script);
    stage.program("bash", &["-n", "quorate.bash"]);
}

#[test]
fn a_manual_page_for_every_command() {
    let stage = Stage::empty();
    let written = stage.ok("man pages")["files"].as_array().unwrap().len();
    assert_eq!(written, commands().len());
    for words in commands() {
        let name = [&["quorate".to_owned()][..], &words].concat().join("-");
        let page = stage.read(&format!("pages/{name}.1"));
        assert!(page.contains(".TH") && page.contains("Example"), "{name}");
    }
}

#[test]
fn colour_at_a_terminal_and_nowhere_else() {
    let stage = Stage::seated();
    for line in ["status", "license", "audit", "status nosuch"] {
        let piped = stage.run(line);
        assert!(!piped.out.contains('\u{1b}') && !piped.err.contains('\u{1b}'), "{line}");
        let (code, shown) = at_terminal(&stage, line, &[], &[]);
        assert_eq!(code, piped.code, "{line}");
        assert!(shown.contains('\u{1b}'), "{line}: no colour at a terminal: {shown}");
        // A grey of its own is not read on every ground.
        assert!(!shown.contains("[38;5;8m") && !shown.contains("[90m"), "{line}: {shown}");
        for set in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let (_, shown) = at_terminal(&stage, line, &[], &[set]);
            assert!(!shown.contains("\u{1b}["), "{line} with {set:?}: {shown}");
        }
        // Without its colours a page is the same.
        let (_, plain) = at_terminal(&stage, line, &[], &[("NO_COLOR", "1")]);
        assert_eq!(plain.replace('\r', ""), format!("{}{}", piped.out, piped.err), "{line}");
    }
    let workflow = stage.path("roster.toml");
    let line = format!("workflow check {}", workflow.display());
    assert!(at_terminal(&stage, &line, &[], &[]).1.contains('\u{1b}'));
    assert!(!at_terminal(&stage, &line, &[], &[("NO_COLOR", "1")]).1.contains("\u{1b}["));
    assert!(!stage.run(&line).out.contains('\u{1b}'));
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let stage = Stage::opened();
    for line in ["license --json", "status", "workflow show agi-2025.toml", "completions bash", "log --json"]
    {
        let mut child = stage.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let done = Done::of(child.wait_with_output().unwrap());
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{line}");
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    let stage = Stage::opened();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let done = Done::of(stage.command("license").stdout(full).output().unwrap());
    assert_eq!(done.code, 4, "{done:?}");
    assert!(done.err.contains("cannot be written"), "{done:?}");
}

#[test]
fn names_that_are_not_utf8_are_names_like_others() {
    let stage = Stage::prepared();
    let odd = |name: &[u8]| OsStr::from_bytes(name).to_owned();
    let run = |words: &[&OsStr]| {
        let mut command = quorate(&stage.path(""));
        Done::of(command.args(["--clock", &stage.clock]).args(words).output().unwrap())
    };
    let data = [odd(b"--data"), odd(b"d\xff")];
    let with = |line: &str| {
        let words = cli_support::words(line);
        let words: Vec<&OsStr> =
            data.iter().map(OsString::as_os_str).chain(words.iter().map(OsStr::new)).collect();
        run(&words)
    };
    for line in ["init --log-name log.example", "key new ada --no-passphrase", "key show ada --json"] {
        assert_eq!(with(line).code, 0, "{line}: {:?}", with(line));
    }
    assert_eq!(with("status").code, 2);
    // A receipt in such a folder.
    fs::rename(stage.path("data/keys"), stage.path("keys")).unwrap();
    let mut line = format!("{OPEN} {PARTIES}");
    for key in ["openai-ceo", "openai-counsel", "microsoft-ceo", "microsoft-counsel"] {
        line = line.replace(&format!("--key {key}"), &format!("--key keys/{key}"));
    }
    let opened = with(&format!("{line} --json"));
    assert_eq!(opened.code, 0, "{opened:?}");
    assert!(opened.json()["receipt"].as_str().unwrap().ends_with("0.tlog-proof"));
    let out = odd(b"reaffirm\xff.json");
    let words = cli_support::words("reaffirm --occasion x --key keys/openai-ceo --json --out");
    let words: Vec<&OsStr> = data
        .iter()
        .map(OsString::as_os_str)
        .chain(words.iter().map(OsStr::new))
        .chain([out.as_os_str()])
        .collect();
    assert_eq!(run(&words).code, 0);
    for words in [&[&b"status"[..], b"\xff"][..], &[b"st\xff"], &[b"license", b"--why", b"\xff"]] {
        let words: Vec<_> = words.iter().map(|word| OsStr::from_bytes(word)).collect();
        assert_eq!(run(&words).code, 2, "{words:?}");
    }
    for command in ["submit", "check", "sign"] {
        assert_eq!(run(&[OsStr::new(command), OsStr::from_bytes(b"\xff")]).code, 4, "{command}");
    }
}

#[test]
fn variables_and_relative_folders_stand_for_options() {
    let stage = Stage::seated();
    let expected = stage.ok("license");
    let mut command = quorate(&stage.path("data/keys"));
    command.env("QUORATE_DATA", "..").env("QUORATE_CLOCK", &stage.clock).args(["license", "--json"]);
    assert_eq!(Done::of(command.output().unwrap()).json(), expected);
    let mut command = quorate(&stage.path("data"));
    command.args(["--data", ".", "--clock", &stage.clock, "license", "--json"]);
    assert_eq!(Done::of(command.output().unwrap()).json(), expected);
    // By default it is in the XDG data folder.
    fs::create_dir_all(stage.path("share")).unwrap();
    fs::rename(stage.path("data"), stage.path("share/quorate")).unwrap();
    let mut command = quorate(&stage.path(""));
    command.env("XDG_DATA_HOME", stage.path("share")).args(["--clock", &stage.clock, "license", "--json"]);
    assert_eq!(Done::of(command.output().unwrap()).json(), expected);
}

#[test]
fn workflows_are_checked_with_an_exit_code() {
    let stage = Stage::empty();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workflows = |folder: &str| {
        let files = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect::<Vec<_>>()
    };
    let (broken, good) = (workflows("tests/workflows/broken"), workflows("workflows"));
    assert!(broken.len() >= 12 && !good.is_empty());
    for (files, whole) in [(broken, false), (good, true)] {
        for file in files {
            let check = |more: &[&str]| {
                let mut command = quorate(&stage.path(""));
                Done::of(command.args(["workflow", "check"]).arg(&file).args(more).output().unwrap())
            };
            let (page, json) = (check(&[]), check(&["--json"]));
            // A workflow with nothing but warnings passes.
            let report = json.json();
            let passes = report["passes"].as_bool().unwrap();
            assert_eq!((page.code, json.code), if passes { (0, 0) } else { (1, 1) }, "{}", file.display());
            assert!(passes || !whole, "{}: {page:?}", file.display());
            let findings = report["findings"].as_array().unwrap();
            assert!(whole || !findings.is_empty(), "{}", file.display());
            for finding in findings {
                assert!(
                    finding["line"].as_u64().is_some_and(|line| line > 0),
                    "{}: {finding}",
                    file.display()
                );
                assert!(finding["help"].is_string(), "{}: {finding}", file.display());
                assert!(page.out.contains(&format!(":{}:", finding["line"])), "{}: {page:?}", file.display());
            }
        }
    }
}

#[test]
fn how_far_a_walk_has_gone_is_said_in_the_singular_where_it_is_one() {
    let stage = Stage::empty();
    let walk =
        format!("workflow explore '{}/workflows/plain-board.toml' --most 10", env!("CARGO_MANIFEST_DIR"));
    for (leaving, words) in [("1", "keys at most once, acts"), ("2", "keys at most 2 times, acts")] {
        let told = stage.run(&format!("{walk} --leaving {leaving}")).out;
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(words), "{told}");
    }
}

/// One agreement's life with `--json`: [`Stage::ok`] parses every answer.
#[test]
fn every_command_answers_in_json() {
    let mut stage = Stage::seated();
    for line in
        ["status", "license", "license --why research-ip", "log", "log show 0", "audit", "key show o1"]
    {
        assert!(stage.ok(line).is_object(), "{line}");
    }
    stage.copy(&stage.clock).ok("withdraw-declaration --key openai-ceo --key openai-counsel");
    assert!(stage.ok("key show --log agi-2025")["vkey"].is_string());
    stage.ok("file --attach exhibit=why.md --key openai-ceo --key openai-counsel");
    stage.ok("disclose interests.md --key o1");
    stage.ok("recuse --reason 'shares of a party' --key m1");
    stage.ok("step-down --reason retirement --key i3");
    stage.ok("key new o1-new --no-passphrase");
    stage.ok("key replace --new-key o1-new --key o1");
    stage.ok(&format!("reaffirm --occasion 'a meeting' {PARTIES}"));
    cli_support::VOTING.clone_into(&mut stage.clock);
    assert!(stage.ok("ballot")["paper"].is_string());
    stage.ok("ballot --out paper.toml");
    let vote = stage.ok("vote --choice met --rationale why.md --key i1");
    stage.ok(&format!("check {} --log-key paper.toml", vote["receipt"].as_str().unwrap()));
    stage.ok("vote --choice met --rationale why.md --as i2 --out vote.json");
    stage.ok("sign vote.json --key i2");
    stage.ok("submit vote.json");
    stage.ok("log show 3 --receipt 3.tlog-proof");
    stage.ok("check 3.tlog-proof --log-key paper.toml");
    stage.ok("workflow check agi-2025.toml");
    stage.ok("workflow show agi-2025.toml");
    stage.ok("completions bash");
    assert_eq!(stage.ok("audit")["passes"], true);
    let demo = Done::of(quorate(&stage.path("")).args(["demo", "--dir", "demo", "--json"]).output().unwrap());
    assert!(demo.json()["anchor"].is_string());
}

#[test]
fn errors_are_json_too_and_words_go_to_standard_error() {
    let stage = Stage::opened();
    for (line, code, rule) in [
        ("nosuch", 2, "usage"),
        ("license --at tomorrow", 2, "usage"),
        ("license nosuch", 2, "usage"),
        ("submit nosuch.json", 4, "file"),
        ("declare --attach declaration=declaration.md --key openai-ceo", 3, "too-few-signatures"),
    ] {
        let done = stage.run(&format!("{line} --json"));
        let error = &done.json()["error"];
        assert_eq!((done.code, &error["code"], &error["rule"]), (code, &code.into(), &rule.into()), "{line}");
        assert!(done.err.starts_with("error"), "{line}: {done:?}");
        assert_eq!(stage.run(line).out, "", "{line}");
    }
}

#[test]
fn a_picture_is_written_as_the_name_of_its_file_says_or_not_at_all() {
    let stage = Stage::empty();
    let draw = format!("workflow draw '{}/workflows/w3c-council.toml'", env!("CARGO_MANIFEST_DIR"));
    stage.ok(&format!("{draw} --out a.mmd"));
    assert!(stage.read("a.mmd").starts_with("flowchart TB\n"));
    stage.ok(&format!("{draw} --out a.svg"));
    assert!(stage.read("a.svg").starts_with("<svg "));
    stage.ok(&format!("{draw} --format mermaid --out flowchart.txt"));
    let pages = stage.ok(&format!("{draw} --pages --out annex.svg"))["out"].clone();
    let pages: Vec<&str> = pages.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(pages.len() > 3 && pages[0] == "annex-1.svg", "{pages:?}");
    assert!(pages.iter().all(|page| stage.read(page).starts_with("<svg ")));

    for (wrong, words) in [
        ("--format svg --out b.mmd", "--format says otherwise than the ending .mmd"),
        ("--format mermaid --out b.svg", "--format says otherwise than the ending .svg"),
        ("--out b.pdf", "nothing is drawn as .pdf"),
        ("--pages --out b.mmd", "a Mermaid flowchart has no pages"),
    ] {
        let told = stage.fails(&format!("{draw} {wrong}"), 2);
        assert!(told.contains(words), "{told}");
    }
    // One page is there already: none is written.
    stage.write("c-2.svg", "mine");
    assert!(stage.fails(&format!("{draw} --pages --out c.svg"), 2).contains("c-2.svg is there already"));
    assert_eq!(stage.read("c-2.svg"), "mine");
    let written = fs::read_dir(stage.path("")).unwrap().map(|it| it.unwrap().file_name());
    let written: Vec<OsString> = written.filter(|it| it.to_string_lossy().starts_with(['b', 'c'])).collect();
    assert_eq!(written, ["c-2.svg"]);
}
