//! Several machines: a voter without a store, parties who sign one after the other, keys in files, agents and
//! OpenSSH's own programs. What one machine has, another one gets only as copied files.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "shared/agents.rs"]
mod agents;
mod cli_support;

use std::fs;
use std::process::Command;

use agents::RealAgent;
use cli_support::terminal::at_terminal;
use cli_support::{
    DECLARE, DECLARED, Done, NOMINATED, OPEN, PARTIES, SEATED, SEATS, Stage, VOTING, copy_folder, nomination,
};

const ON_PAPER: &str = "vote --ballot paper.toml --choice met --rationale why.md";

/// Carries files from one machine to another: everything whose name begins with `name`.
fn carry(from: &Stage, to: &Stage, name: &str) {
    let mut carried = 0;
    for entry in fs::read_dir(from.path("")).unwrap().map(Result::unwrap) {
        let file = entry.file_name().into_string().unwrap();
        if file.starts_with(name) {
            carried += 1;
            if entry.path().is_dir() {
                copy_folder(&entry.path(), &to.path(&file));
            } else {
                fs::copy(entry.path(), to.path(&file)).unwrap();
            }
        }
    }
    assert!(carried > 0, "there is no {name}");
}

/// A machine with nothing but a file of reasons.
fn machine() -> Stage {
    let mut machine = Stage::empty();
    VOTING.clone_into(&mut machine.clock);
    machine.write("why.md", "The system did what the definition asks. SPECIMEN.\n");
    machine
}

/// The agreement with an open ballot, in which `voter`'s key `ada` fills the seat i1.
fn with_voter(voter: &Stage) -> Stage {
    let mut log = Stage::opened();
    fs::copy(voter.path("data/keys/ada.pub"), log.path("ada.pub")).unwrap();
    DECLARED.clone_into(&mut log.clock);
    log.ok(DECLARE);
    NOMINATED.clone_into(&mut log.clock);
    for seat in SEATS {
        log.ok(&nomination(seat, if seat == "i1" { "ada.pub" } else { seat }));
    }
    SEATED.clone_into(&mut log.clock);
    for seat in SEATS.iter().filter(|seat| **seat != "i1") {
        log.ok(&format!("accept-seat --seat {seat} --disclosure interests.md --key {seat}"));
    }
    // The voter has no store: the statement is written for them, and they sign it.
    log.ok("accept-seat --seat i1 --disclosure interests.md --out accept.json");
    carry(&log, voter, "accept.json");
    voter.ok("sign accept.json --key ada");
    carry(voter, &log, "accept.json");
    log.ok("submit accept.json");
    VOTING.clone_into(&mut log.clock);
    log.ok("ballot --out paper.toml");
    carry(&log, voter, "paper.toml");
    log
}

fn votes(log: &Stage) -> i64 {
    log.ok("status")["cases"][0]["ballots"][0]["heads"]["met"].as_i64().unwrap()
}

#[test]
fn a_vote_on_a_second_machine_needs_the_paper_and_nothing_else() {
    let voter = machine();
    voter.ok("key new ada --no-passphrase");
    let log = with_voter(&voter);
    assert!(!voter.path("data/config.toml").exists());
    let written = voter.ok(&format!("{ON_PAPER} --key ada --out vote.json"));
    assert_eq!(written["signatures"], 1);
    carry(&voter, &log, "vote.json");
    log.ok("submit vote.json");
    assert_eq!(votes(&log), 1);
    // Where there is only one key, it signs without being named.
    assert!(voter.fails("vote --ballot paper.toml --choice met", 3).contains("rationale"));
}

#[test]
fn whoever_votes_on_a_paper_is_told_what_is_signed_and_whether_the_log_has_it() {
    let voter = machine();
    voter.ok("key new ada --no-passphrase");
    let log = with_voter(&voter);
    let question = log.ok("ballot")["question"].clone();
    let digest = question.as_str().unwrap();
    let told = voter.run(&format!("{ON_PAPER} --key ada --out vote.json"));
    assert!(told.out.contains(digest) && told.out.contains("No log is here to compare"), "{told:?}");
    // Somebody on the way puts another name on it, in the form that a log writes. Nothing on the voter's machine can tell.
    let paper = log.read("paper.toml");
    let bent = paper.replacen("person = \"", "person = \"Not ", 1);
    assert_ne!(bent, paper);
    for machine in [&voter, &log] {
        machine.write("bent.toml", &bent);
        machine.write("bent.toml.checkpoint", &log.read("paper.toml.checkpoint"));
        machine.write("why.md", "Because. SPECIMEN.\n");
    }
    let on_bent = "vote --ballot bent.toml --choice met --rationale why.md";
    let signed = voter.ok(&format!("{on_bent} --key ada --out bent.json"));
    assert_eq!(signed["compared"], false);
    assert_ne!(signed["question"], question);
    // Where the log is, nothing is signed on such a paper, and the right one is told to be right.
    let told = log.refused(&format!("{on_bent} --as i1 --out bent.json"), "other-paper");
    assert!(told.contains(digest), "{told}");
    assert!(!log.path("bent.json").exists());
    let signed = log.ok(&format!("{ON_PAPER} --as i1 --out here.json"));
    assert_eq!((&signed["compared"], &signed["question"]), (&true.into(), &question));
}

#[test]
fn openssh_signs_a_vote_in_our_stead() {
    let voter = machine();
    voter.program("mkdir", &["-p", "data/keys"]);
    voter.program("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", "data/keys/ada"]);
    let log = with_voter(&voter);
    let told = voter.run(&format!("{ON_PAPER} --as i1 --out vote.json")).out;
    assert!(told.contains("not signed yet") && told.contains("ssh-keygen -Y sign"), "{told}");
    voter.ssh_sign("ada", "vote.json");
    carry(&voter, &log, "vote.json");
    log.ok("submit vote.json");
    assert_eq!(votes(&log), 1);
}

#[test]
fn openssh_accepts_what_we_sign() {
    let voter = machine();
    voter.ok("key new ada --no-passphrase");
    let log = with_voter(&voter);
    voter.ok(&format!("{ON_PAPER} --key ada --out vote.json"));
    voter.write("allowed_signers", &format!("ada {}", voter.read("data/keys/ada.pub")));
    let verify = |text: &str| {
        let mut command = Command::new("ssh-keygen");
        command.args(["-Y", "verify", "-n", "quorate/statement/v1", "-I", "ada"]);
        command.args(["-f", "allowed_signers", "-s", "vote.json.sig"]).current_dir(voter.path(""));
        command.stdin(fs::File::open(voter.path(text)).unwrap()).output().unwrap().status.success()
    };
    assert!(verify("vote.json"));
    assert!(!verify("why.md"));
    // And so it is with what the log gives back.
    carry(&voter, &log, "vote.json");
    let entry = log.ok("submit vote.json")["entry"].to_string();
    let shown = log.ok(&format!("log show {entry}"));
    voter.write("stored.json", shown["entry"]["statement"].as_str().unwrap());
    assert!(verify("stored.json"));
}

#[test]
fn a_key_with_a_passphrase_is_made_and_used_at_a_terminal() {
    let voter = machine();
    let phrase = "correct horse battery";
    let (code, shown) = at_terminal(&voter, "key new ada", &[("passphrase", phrase), ("again", phrase)], &[]);
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains(phrase), "the passphrase is shown: {shown}");
    assert!(voter.read("data/keys/ada").starts_with("-----BEGIN OPENSSH PRIVATE KEY-----"));
    let log = with_passphrase_voter(&voter, phrase);
    let line = format!("{ON_PAPER} --key ada --out vote.json");
    let (code, shown) = at_terminal(&voter, &line, &[("Passphrase", "wrong"), ("Passphrase", phrase)], &[]);
    assert_eq!(code, 0, "{shown}");
    carry(&voter, &log, "vote.json");
    log.ok("submit vote.json");

    let (code, shown) = at_terminal(&voter, "key new bob", &[("passphrase", "a"), ("again", "b")], &[]);
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("differ") && !voter.path("data/keys/bob").exists(), "{shown}");
    let (code, shown) = at_terminal(&voter, "key new bob", &[("passphrase", "")], &[]);
    assert_eq!(code, 2, "{shown}");
    let line = format!("{ON_PAPER} --key ada --out other.json");
    let wrong = ("Passphrase", "wrong");
    let (code, shown) = at_terminal(&voter, &line, &[wrong, wrong, wrong], &[]);
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("3 wrong passphrases") && !voter.path("other.json").exists(), "{shown}");
}

/// As [`with_voter`], where the key signs its acceptance at a terminal too.
fn with_passphrase_voter(voter: &Stage, phrase: &str) -> Stage {
    let plain = voter.copy(VOTING);
    plain.program("ssh-keygen", &["-q", "-p", "-P", phrase, "-N", "", "-f", "data/keys/ada"]);
    let log = with_voter(&plain);
    carry(&log, voter, "paper.toml");
    log
}

#[test]
fn the_parties_sign_an_opening_on_three_machines() {
    let log = Stage::prepared();
    // The keys of each party are on its own machine, and nowhere else.
    let (openai, microsoft) = (machine(), machine());
    let places = [
        ("openai-ceo", &openai),
        ("openai-counsel", &openai),
        ("microsoft-ceo", &microsoft),
        ("microsoft-counsel", &microsoft),
    ];
    for (name, party) in places {
        fs::create_dir_all(party.path("data/keys")).unwrap();
        for file in [name.to_owned(), format!("{name}.pub")] {
            fs::rename(log.path("data/keys").join(&file), party.path("data/keys").join(&file)).unwrap();
        }
    }
    let vkey = log.ok("key show --log agi-2025")["vkey"].as_str().unwrap().to_owned();
    // OpenAI writes it, naming the other machine's log, and signs.
    for name in ["agi-2025.toml", "agi-2025.contract.txt", "roster.toml"] {
        carry(&log, &openai, name);
    }
    openai.ok(&format!("{OPEN} --log-key {vkey} --key openai-ceo --key openai-counsel --out open.json"));
    // One officer of Microsoft signs with quorate, the other with OpenSSH.
    carry(&openai, &microsoft, "open.json");
    let told = microsoft.run("sign open.json --key microsoft-ceo").err;
    assert!(told.contains("You sign") && told.contains("Somebody Example"), "{told}");
    carry(&microsoft, &log, "open.json");
    let told = log.fails("submit open.json", 3);
    assert!(told.contains("too-few-signatures") && told.contains("microsoft"), "{told}");
    fs::copy(microsoft.path("open.json"), microsoft.path("own.json")).unwrap();
    microsoft.ssh_sign("microsoft-counsel", "own.json");
    fs::copy(microsoft.path("own.json.sig"), log.path("open.json.counsel.sig")).unwrap();
    log.ok("submit open.json");
    assert_eq!(log.ok("audit")["signatures"], 4);
}

#[test]
fn an_agent_signs_where_the_key_itself_is_elsewhere() {
    let stage = Stage::voting();
    let socket = stage.path("agent");
    let _agent = RealAgent::at(&socket);
    let add = Command::new("ssh-add")
        .args(["-q", "data/keys/i1", "data/keys/i2"])
        .env("SSH_AUTH_SOCK", &socket)
        .current_dir(stage.path(""))
        .output();
    assert!(add.unwrap().status.success());
    let fingerprint = stage.ok("key show i2")["fingerprint"].as_str().unwrap().to_owned();
    for key in ["i1", "i2", "i2.pub"] {
        fs::remove_file(stage.path("data/keys").join(key)).unwrap();
    }
    let vote = |key: &str| {
        let mut command = stage.command(&format!("vote --choice met --rationale why.md --key {key}"));
        Done::of(command.env("SSH_AUTH_SOCK", &socket).output().unwrap())
    };
    for key in ["i1", &fingerprint] {
        assert_eq!(vote(key).code, 0, "{key}");
    }
    assert_eq!(votes(&stage), 2);
    let told = stage.fails("vote --choice met --rationale why.md --key i1", 2);
    assert!(told.contains("SSH_AUTH_SOCK") || told.contains("ssh-agent"), "{told}");
    assert_eq!(stage.ok("audit")["passes"], true);
}

#[test]
fn nothing_is_overwritten_by_out() {
    let stage = Stage::voting();
    for taken in ["vote.json", "vote.json.sig"] {
        stage.write(taken, "precious");
    }
    let told = stage.fails("vote --choice met --rationale why.md --key o1 --out vote.json", 2);
    assert!(told.contains("vote.json is there already"), "{told}");
    assert_eq!(stage.read("vote.json.sig"), "precious");
}

// ---- receipts

/// A receipt of a vote, and the ballot paper with the log's key.
fn with_receipt() -> (Stage, String) {
    let stage = Stage::voting();
    stage.ok("ballot --out paper.toml");
    let receipt =
        stage.ok("vote --choice met --rationale why.md --key o1")["receipt"].as_str().unwrap().to_owned();
    let reader = machine();
    fs::copy(stage.path(&receipt), reader.path("vote.tlog-proof")).unwrap();
    carry(&stage, &reader, "paper.toml");
    let anchor = stage.ok("audit")["anchor"].as_str().unwrap().to_owned();
    (reader, anchor)
}

#[test]
fn a_receipt_is_checked_offline_with_the_key_on_the_paper() {
    let (reader, anchor) = with_receipt();
    let shown = reader.ok(&format!("check vote.tlog-proof --log-key paper.toml --anchor {anchor}"));
    assert_eq!((&shown["passes"], &shown["anchor-checked"]), (&true.into(), &true.into()));
    let vkey = shown["log-key"].as_str().unwrap();
    assert_eq!(shown["specimen"], true, "the paper says so");
    let shown = reader.ok(&format!("check vote.tlog-proof --log-key {vkey}"));
    assert!(shown["specimen"].is_null(), "nothing here says so");
    reader.write("log.vkey", &format!("{vkey}\n"));
    assert!(reader.run("check vote.tlog-proof").out.contains("identity not checked"));
    let page = reader.run("check vote.tlog-proof --log-key paper.toml").out;
    assert!(page.contains("met") && page.contains("definition of AGI"), "{page}");
    assert!(page.contains("SPECIMEN") && !page.contains("not at hand"), "{page}");
    // So does the log, where it is here.
    let stage = Stage::opened();
    let vkey = stage.ok("key show --log agi-2025")["vkey"].as_str().unwrap().to_owned();
    stage.ok(&format!("reaffirm --occasion x {PARTIES}"));
    let own = stage.run(&format!("check data/receipts/agi-2025/1.tlog-proof --log-key {vkey}")).out;
    assert!(own.contains("SPECIMEN") && !own.contains("not at hand"), "{own}");
}

#[test]
fn a_tampered_receipt_does_not_pass() {
    let (reader, _) = with_receipt();
    let text = reader.read("vote.tlog-proof");
    let mut tried = 0;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        // One letter in the middle of every line becomes another one.
        let mut letters: Vec<char> = line.chars().collect();
        let place = letters.len() / 2;
        letters[place] = if letters[place] == 'A' { 'B' } else { 'A' };
        let bent: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(other, line)| if other == number { letters.iter().collect() } else { line.to_owned() })
            .collect();
        reader.write("bent.tlog-proof", &(bent.join("\n") + "\n"));
        let done = reader.run("check bent.tlog-proof --log-key paper.toml --json");
        assert_eq!(done.code, 1, "line {}: {done:?}", number + 1);
        assert_eq!(done.json()["passes"], false);
        tried += 1;
    }
    assert!(tried >= 8, "{text}");
    for bent in [&text[..text.len() / 2], "", &format!("{text}\n")] {
        reader.write("bent.tlog-proof", bent);
        assert_eq!(reader.run("check bent.tlog-proof --log-key paper.toml").code, 1, "{bent}");
    }
}

#[test]
fn a_receipt_of_another_log_or_agreement_does_not_pass() {
    let (reader, _) = with_receipt();
    let done =
        reader.run(&format!("check vote.tlog-proof --log-key paper.toml --anchor sha256:{}", "0".repeat(64)));
    assert_eq!(done.code, 1, "{done:?}");
    // The same name, another key.
    let other = Stage::empty();
    other.ok("init --log-name test.example");
    let vkey = other.ok("key show --log agi-2025")["vkey"].as_str().unwrap().to_owned();
    assert_eq!(reader.run(&format!("check vote.tlog-proof --log-key {vkey}")).code, 1);
    assert_eq!(reader.run("check vote.tlog-proof --log-key why.md").code, 2);
    assert_eq!(reader.run("check vote.tlog-proof").code, 2);
}
