//! Every mistake that a person can make at the command line, and what they are told: recorded in
//! `tests/recorded/mistakes.txt`, to be read. `UPDATE=1 cargo test --test cli_mistakes` records anew.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use cli_support::redacted::redacted;
use cli_support::{CLOSED, Done, OPEN, OPENED, PARTIES, Stage};
use quorate::store::SledStore;

/// What was recorded so far.
#[derive(Default)]
struct Book(String);

impl Book {
    /// Runs a line that must fail, and records it with its exit code and what it says.
    fn mistake(&mut self, stage: &Stage, title: &str, line: &str) {
        let done = stage.run(line);
        self.record(stage, title, line, &done);
        // Machines are told the same: the rule, the code and the words.
        let error = stage.run(&format!("{line} --json"));
        if done.out.is_empty() {
            let error = error.json();
            assert_eq!(error["error"]["code"], done.code, "{line}: {error}");
            assert!(!error["error"]["what"].as_str().unwrap().is_empty(), "{line}: {error}");
        } else {
            // A check found faults, which are its answer.
            assert_eq!((error.code, &error.json()["passes"]), (1, &false.into()), "{line}");
        }
    }

    fn record(&mut self, stage: &Stage, title: &str, line: &str, done: &Done) {
        assert!((1..=4).contains(&done.code), "{title}: {line}: {done:?}");
        assert!(done.out.is_empty() || done.code == 1, "{title}: {done:?}");
        let said = redacted(&format!("{}{}", done.out, done.err), &stage.path(""));
        writeln!(self.0, "# {title}\n$ quorate {line}\n{}\nexit {}\n", said.trim_end(), done.code).unwrap();
    }
}

#[test]
fn every_mistake_is_told_with_what_to_do() {
    let mut book = Book::default();
    data_folder(&mut book);
    command_line(&mut book);
    agreements(&mut book);
    keys(&mut book);
    files(&mut book);
    opening(&mut book);
    acts(&mut book);
    storage(&mut book);
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded/mistakes.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&recorded, &book.0).unwrap();
    }
    let expected = fs::read_to_string(&recorded).unwrap_or_default();
    let cases = |text: &str| text.split("\n# ").map(str::to_owned).collect::<Vec<_>>();
    let (said, expected) = (cases(&book.0), cases(&expected));
    for case in &said {
        assert!(expected.contains(case), "not as recorded:\n{case}");
    }
    assert_eq!(said.len(), expected.len(), "a recorded case is gone");
}

fn data_folder(book: &mut Book) {
    let stage = Stage::empty();
    book.mistake(&stage, "A data folder that was never made", "status");
    book.mistake(&stage, "A log that is nowhere, without a data folder", "audit plainx");
    book.mistake(&stage, "An address of a file", "audit file:///etc/passwd");
    book.mistake(&stage, "An address of another kind of server", "audit FTP://log.example/public");
    book.mistake(&stage, "An address in capitals, of nobody", "audit HTTP://127.0.0.1:1/x");
    stage.ok("init --log-name log.example");
    book.mistake(&stage, "A data folder made twice", "init --log-name log.example");
    book.mistake(&stage, "A log name with a space", "init --data other --log-name 'my log'");
    book.mistake(&stage, "A data folder with nothing in it yet", "license");
    book.mistake(&stage, "The same, with a name", "license agi-2025");
    book.mistake(&stage, "A file where the data folder should be", "status --data data/log.key");
    stage.write("data/config.toml", "log-name = \"log.example\"\nlogname = 1\n");
    book.mistake(&stage, "A configuration with a word too many", "status");
    fs::remove_file(stage.path("data/config.toml")).unwrap();
    fs::create_dir(stage.path("data/config.toml")).unwrap();
    book.mistake(&stage, "A configuration that cannot be read", "status");
}

fn command_line(book: &mut Book) {
    let stage = Stage::opened();
    book.mistake(&stage, "A command that does not exist", "licence");
    book.mistake(&stage, "An option that does not exist", "license --when 2033-01-02");
    book.mistake(&stage, "A time without a zone", "license --at 2033-01-02T00:00:00");
    book.mistake(&stage, "A time in words", "license --at tomorrow");
    book.mistake(&stage, "A time beyond all times", "license --at 9999-12-31T23:59:59Z");
    book.mistake(&stage, "A time before the agreement", "license --at 2025-01-01");
    book.mistake(&stage, "The same, asking for the status", "status --at 2025-01-01");
    book.mistake(&stage, "A hypothesis before the agreement", "what-if --at 2025-01-01");
    book.mistake(
        &stage.copy("2026-02-01T00:00:00Z"),
        "A hypothesis of what is past",
        "what-if --at 2026-01-01",
    );
    let done = "what-if --do declare=openai --after '-1 day'";
    book.mistake(&stage, "A hypothesis that goes back in time", done);
    book.mistake(&stage, "A number that is none", "log show one");
    book.mistake(&stage, "A number beyond all numbers", "log show 18446744073709551616");
    book.mistake(&stage, "An entry that is not there", "log show 18446744073709551615");
    book.mistake(&stage, "An empty name", "license --why ''");
    book.mistake(&stage, "A grant that is not there", "license --why reserch-ip");
    book.mistake(&stage, "An anchor that is none", "audit --anchor 34759fbf");
    book.mistake(&stage, "A shell that is not known", "completions tcsh");
    book.mistake(&stage, "A play that ends before it begins", "demo --until 2020-01-01 --dir demo");
    book.mistake(&stage, "A document without its name", "declare --attach declaration.md --key openai-ceo");
}

fn agreements(book: &mut Book) {
    let stage = Stage::opened();
    book.mistake(&stage, "An agreement that is not there", "status agi-2026");
    book.mistake(&stage, "An agreement without a name", "status ''");
    let wrong = format!("audit --anchor sha256:{}", "0".repeat(64));
    book.mistake(&stage, "The anchor of another agreement", &wrong);
    let beyond = "license --certificate licence.json --at 2025-10-28T16:00:01Z";
    book.mistake(&stage.copy("2025-10-29T00:00:00Z"), "A certificate of what nothing shows yet", beyond);
    stage.write("policy", "quorum experts\n");
    let relying = OPEN.replace("open agi-2025", "open second");
    book.mistake(&stage, "A policy that nobody can apply", &format!("{relying} --policy policy {PARTIES}"));
    stage.ok(&format!("{} {PARTIES}", OPEN.replace("open agi-2025", "open second")));
    book.mistake(&stage, "Several agreements, and none named", "license");
    book.mistake(&stage, "The same, when signing", "reaffirm --occasion 'a meeting' --key openai-ceo");
}

fn keys(book: &mut Book) {
    let stage = Stage::opened();
    book.mistake(&stage, "Several keys, and none named", "declare --attach declaration=declaration.md");
    book.mistake(&stage, "A key that is not there", "declare --attach declaration=declaration.md --key ceo");
    book.mistake(&stage, "A key to show that is not there", "key show ceo");
    book.mistake(&stage, "A key made twice", "key new o1 --no-passphrase");
    book.mistake(&stage, "A key with a path for a name", "key new ../o1 --no-passphrase");
    book.mistake(&stage, "A passphrase, and no terminal to type it", "key new ada");
    stage.ok("key new stranger --no-passphrase");
    book.mistake(&stage, "A key of nobody", "declare --attach declaration=declaration.md --key stranger");
    book.mistake(
        &stage,
        "Too few of a party's keys",
        "declare --attach declaration=declaration.md --key openai-ceo",
    );
    book.mistake(
        &stage,
        "A file that is no key",
        "declare --attach declaration=declaration.md --key roster.toml",
    );
    book.mistake(&stage, "A private key where the public one belongs", "key show data/keys/o1");
    book.mistake(&stage, "No key at all", "reaffirm --occasion x --data other");
    fs::set_permissions(stage.path("data/keys/o1"), fs::Permissions::from_mode(0o644)).unwrap();
    book.mistake(&stage, "A private key that others can read", "sign roster.toml --key data/keys/o1");
    let line = "ssh-keygen -q -t rsa -b 2048 -N '' -C rsa -f rsa";
    let words = cli_support::words(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    stage.program(words[0], &words[1..]);
    stage.write("statement.json", STATEMENT);
    book.mistake(&stage, "A key of another type", "sign statement.json --key rsa");
    stage.program("ssh-keygen", &["-q", "-t", "ed25519", "-N", "phrase", "-C", "x", "-f", "locked"]);
    book.mistake(&stage, "A passphrase that nobody can type", "sign statement.json --key locked");
}

/// A statement as a machine without a store can sign it.
const STATEMENT: &str = concat!(
    r#"{"type":"reaffirm","agreement":"agi-2025@sha256:0000000000000000000000000000000000000000000000000000000000000000","#,
    r#""by":["microsoft","openai"],"workflow":"sha256:0000000000000000000000000000000000000000000000000000000000000000","#,
    r#""after":{"size":1,"root":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},"occasion":"a meeting"}"#,
);

fn files(book: &mut Book) {
    let stage = Stage::voting();
    book.mistake(&stage, "A file that is not there", "submit vote.json");
    book.mistake(&stage, "A folder instead of a file", "submit data");
    book.mistake(&stage, "A file that is no statement", "submit roster.toml");
    book.mistake(&stage, "Signing a file that is no statement", "sign roster.toml --key o1");
    book.mistake(&stage, "A file that is no receipt", "check roster.toml");
    book.mistake(&stage, "A file that is no ballot paper", "vote --ballot roster.toml --choice met --key o1");
    book.mistake(&stage, "A file that is no workflow", "workflow check roster.toml");
    book.mistake(&stage, "A workflow that is not there", "workflow check agi.toml");
    book.mistake(&stage, "Showing what is no workflow", "workflow show roster.toml");
    stage.ok("ballot --out paper.toml");
    book.mistake(&stage, "A paper that is there already", "ballot --out paper.toml");
    fs::remove_file(stage.path("paper.toml.checkpoint")).unwrap();
    let line = "vote --ballot paper.toml --choice met --rationale why.md --key o1";
    book.mistake(&stage, "A paper without its checkpoint", line);
    book.mistake(
        &stage,
        "A rationale that is not there",
        "vote --choice met --rationale because.md --key o1",
    );
    book.mistake(
        &stage,
        "A folder that is not there",
        "vote --choice met --rationale why.md --key o1 --out no/vote.json",
    );
    stage.ok("vote --choice met --rationale why.md --key o1 --out vote.json");
    stage.write("vote.json.sig", "no signature\n");
    book.mistake(&stage, "A file that is no signature", "submit vote.json");
    fs::remove_file(stage.path("vote.json.sig")).unwrap();
    stage.write("vote.json", &format!("{}\n", stage.read("vote.json")));
    stage.ssh_sign("o1", "vote.json");
    book.mistake(&stage, "A statement with a line feed that an editor left", "submit vote.json");
}

fn opening(book: &mut Book) {
    let stage = Stage::prepared();
    let line = |replaced: &str, by: &str| format!("{} {PARTIES}", OPEN.replace(replaced, by));
    book.mistake(&stage, "A contract of another text", &line("agi-2025.contract.txt", "why.md"));
    book.mistake(&stage, "A roster that is none", &line("roster.toml", "agi-2025.toml"));
    book.mistake(
        &stage,
        "A workflow that does not pass",
        &line("--workflow agi-2025.toml", "--workflow roster.toml"),
    );
    book.mistake(&stage, "A name with capitals", &line("open agi-2025", "open AGI-2025"));
    let roster = stage.read("roster.toml");
    let tables: Vec<&str> = roster.split_inclusive("[[officer]]\n").collect();
    stage.write("short.toml", tables[..tables.len() - 1].concat().trim_end_matches("[[officer]]\n"));
    book.mistake(&stage, "A roster that lacks somebody", &line("roster.toml", "short.toml"));
    book.mistake(
        &stage,
        "An opening without one party",
        &format!("{OPEN} --key openai-ceo --key openai-counsel"),
    );
    stage.ok(&line("", ""));
    book.mistake(&stage, "A name that is taken", &line("", ""));
}

fn acts(book: &mut Book) {
    let mut stage = Stage::opened();
    book.mistake(
        &stage,
        "Filing where nothing was declared",
        "file --attach exhibit=why.md --key openai-ceo",
    );
    book.mistake(&stage, "A step that no workflow knows", "do nonesuch --key openai-ceo");
    book.mistake(&stage, "A ballot where none is open", "ballot");
    book.mistake(
        &stage,
        "A seat where no panel sits",
        "nominate i1 --person Ada --nominee-key i1 --key registrar",
    );
    stage = Stage::seated();
    stage.ok("key new ada --no-passphrase");
    book.mistake(&stage, "A declaration while a case runs", cli_support::DECLARE);
    book.mistake(
        &stage,
        "A seat that is not there",
        "nominate i9 --person Ada --nominee-key i1 --key registrar",
    );
    book.mistake(&stage, "A seat that is taken", &cli_support::nomination("i1", "ada"));
    book.mistake(&stage, "A report before its time", "do sign-report --attach report=report.md --key i1");
    book.mistake(
        &stage,
        "A case that is not there",
        "do file --case verification#9 --attach exhibit=why.md --key openai-ceo --key openai-counsel",
    );
    book.mistake(&stage, "A case that is no case", "do file --case nine --key openai-ceo");
    book.mistake(
        &stage,
        "A clock that goes back",
        &format!("reaffirm --occasion x {PARTIES} --clock {OPENED}"),
    );
    let far = "2030-01-01T00:00:00Z";
    book.mistake(&stage, "A clock far ahead", &format!("reaffirm --occasion x {PARTIES} --clock {far}"));
    book.mistake(&stage, "A recusal without a reason", "recuse --reason '' --key o1");
    book.mistake(&stage, "A key replaced by itself", "key replace --new-key o1 --key o1");
    CLOSED.clone_into(&mut stage.clock);
    book.mistake(&stage, "A vote after the ballot", "vote --choice met --rationale why.md --key o1");
}

fn storage(book: &mut Book) {
    let stage = Stage::voting();
    let held = SledStore::open(&stage.path("data/store"), &stage.path("data/blobs")).unwrap();
    book.mistake(&stage, "A store that another process has open", "license");
    book.mistake(&stage, "The same, when voting", "vote --choice met --rationale why.md --key o1");
    drop(held);
    stage.ok("license");
    let key = stage.path("data/log.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let vote = "vote --choice met --rationale why.md --key o1";
    book.mistake(&stage, "A log key that others can read", vote);
    fs::remove_file(&key).unwrap();
    book.mistake(&stage, "A log key that is gone", vote);
    // Reading and writing a file for submission elsewhere need no log key.
    stage.ok("license");
    stage.ok(&format!("{vote} --out vote.json"));
}

#[test]
fn a_scenario_file_that_cannot_be_read_is_told_and_the_others_are_run() {
    let stage = Stage::empty();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows");
    fs::copy(shipped.join("plain-board.toml"), stage.path("board.toml")).unwrap();
    cli_support::copy_folder(&shipped.join("plain-board"), &stage.path("board"));
    let all = stage.ok("workflow test board.toml")["passed"].as_u64().unwrap();
    fs::write(stage.path("board/aaa.toml"), [0xff, 0xfe]).unwrap();
    let done = stage.run("workflow test board.toml --json");
    let (json, code) = (done.json(), done.code);
    assert_eq!((code, &json["passed"], &json["failed"]), (1, &all.into(), &1.into()));
    let told = stage.run("workflow test board.toml").out;
    assert!(told.contains("FAIL") && told.contains("aaa.toml is no text"), "{told}");
}
