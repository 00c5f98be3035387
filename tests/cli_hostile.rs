//! Files and words from somebody who means ill, given to the program as people give them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fs;

use cli_support::cosigned::{policy, witness};
use cli_support::terminal::at_terminal;
use cli_support::{CLOSED, OPEN, Stage, VOTING};

/// Clears the screen, moves up, turns the writing round, and hides a word.
const OBEYED: &str = "\u{1b}[2J\u{1b}[1A\u{9b}8m\u{202e}\u{e0041}";

/// Whether a terminal would obey anything that is shown, our own colours apart.
fn obeyed(shown: &str) -> Option<String> {
    let plain = shown.replace('\r', "");
    let mut rest = plain.as_str();
    while let Some(at) = rest.find(|c| c != '\n' && quorate::values::is_hidden(c)) {
        let from = &rest[at..];
        let code = from.strip_prefix("\u{1b}[").and_then(|code| Some((code, code.find('m')?)));
        let ours = code.filter(|(code, end)| {
            code[..*end].chars().all(|c| c.is_ascii_digit() || c == ';')
                && !code[..*end].split(';').any(|it| it == "8")
        });
        let Some((code, end)) = ours else {
            return Some(from.chars().take(20).flat_map(char::escape_default).collect());
        };
        rest = &code[end + 1..];
    }
    None
}

#[test]
fn nothing_that_others_wrote_is_obeyed_by_a_terminal() {
    let stage = Stage::opened();
    stage.write("workflow.toml", &format!("language = 1\ntitle = \"{OBEYED}\" x\n"));
    // TOML can write what it does not hold.
    stage.write("escaped.toml", "language = 1\n\"\\u001b[2J\\u009b8m\" = 1\n");
    stage.write("paper.toml", &format!("paper = 1\nnature = \"{OBEYED}\"\n"));
    stage.write("quoted.toml", "paper = \"\\u001b[2J\"\n");
    stage.write("roster.toml", &format!("[[officer]]\nholder = \"{OBEYED}\"\n"));
    stage.write("key.vkey", OBEYED);
    fs::write(stage.path(&format!("{OBEYED}.json")), "x").unwrap();
    stage.write("3.tlog-proof", OBEYED);
    let open = "open second --workflow agi-2025.toml --contract agi-2025.contract.txt --roster roster.toml";
    let lines = [
        "workflow check workflow.toml".to_owned(),
        "workflow check escaped.toml".to_owned(),
        "vote --ballot paper.toml --choice met --key o1".to_owned(),
        "vote --ballot quoted.toml --choice met --key o1".to_owned(),
        format!("{open} --key openai-ceo"),
        "check 3.tlog-proof --log-key key.vkey".to_owned(),
        format!("submit {OBEYED}.json"),
        format!("status {OBEYED}"),
        format!("license --at {OBEYED}"),
    ];
    for line in lines {
        let quoted = line.replace(OBEYED, &format!("'{OBEYED}'"));
        let (code, shown) = at_terminal(&stage, &quoted, &[], &[]);
        assert_ne!(code, 0, "{line:?}: {shown}");
        assert_eq!(obeyed(&shown), None, "{line:?}: {shown:?}");
        let json = stage.run(&format!("{line} --json")).out;
        assert_eq!(obeyed(&json), None, "{line:?}: {json:?}");
    }
    stage.write("data/config.toml", &format!("log-name = \"{OBEYED}\n"));
    let (_, shown) = at_terminal(&stage, "status", &[], &[]);
    assert_eq!(obeyed(&shown), None, "{shown:?}");
}

#[test]
fn a_private_key_is_not_shown_signed_or_filed() {
    let stage = Stage::prepared();
    let seed = stage.read("data/log.key").split_whitespace().last().unwrap().to_owned();
    let body = stage.read("data/keys/o1").lines().nth(1).unwrap().to_owned();
    stage.write("hidden.toml", &format!("# a workflow\n{}", stage.read("data/keys/o1")));
    for file in ["data/log.key", "data/keys/o1", "hidden.toml"] {
        for line in [
            format!("workflow check {file}"),
            format!("vote --ballot {file} --choice met --key o1"),
            format!("sign {file} --key o1"),
            format!("submit {file}"),
            format!(
                "open x --workflow agi-2025.toml --contract agi-2025.contract.txt --roster {file} --out x.json"
            ),
            format!("{OPEN} --policy {file} --out x.json"),
        ] {
            let done = stage.run(&line);
            assert_eq!((done.code, done.out.as_str()), (2, ""), "{line}: {done:?}");
            assert!(done.err.contains("private key"), "{line}: {done:?}");
            assert!(!done.err.contains(&seed) && !done.err.contains(&body), "{line}: {done:?}");
        }
    }
    assert!(!stage.path("x.json").exists());
    let told = stage.fails("declare --attach declaration=data/keys/o1 --key openai-ceo", 2);
    assert!(told.contains("private key"), "{told}");
}

#[test]
fn only_a_policy_is_signed_as_one() {
    let stage = Stage::prepared();
    for (text, code) in [
        (policy() + "# ours\n\n", 0),
        ("\tquorum none\n".to_owned(), 0),
        (String::new(), 3),
        ("quorum w1\n".to_owned(), 3),
        (policy().replace('+', "+0"), 3),
        ("quorum none\nmy password is swordfish\n".to_owned(), 3),
        ("swordfish\n".to_owned(), 3),
        ("quorum none\n# \u{1b}[8m\n".to_owned(), 2),
        ("quorum none\r\n".to_owned(), 2),
    ] {
        stage.write("policy", &text);
        let done = stage.run(&format!("{OPEN} --policy policy --out open.json"));
        assert_eq!(done.code, code, "{text:?}: {done:?}");
        assert!(code != 3 || done.err.starts_with("error [bad-policy]: "), "{done:?}");
        assert_eq!(stage.path("open.json").exists(), code == 0);
        assert!(!done.err.contains("swordfish"), "{done:?}");
        let _ = fs::remove_file(stage.path("open.json"));
    }
    stage.write("policy", &"# a policy\n".repeat(1000));
    assert!(stage.fails(&format!("{OPEN} --policy policy --out open.json"), 2).contains("8192 bytes"));
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let stage = Stage::prepared();
    stage.program("mkfifo", &["pipe"]);
    for line in ["workflow check pipe", "submit pipe", "check pipe", "check x --log-key pipe"] {
        stage.write("x", "x");
        let done = stage.run(line);
        assert!(line.contains(" x ") || done.err.contains("pipe is a pipe"), "{line}: {done:?}");
    }
}

#[test]
fn what_is_signed_is_shown_before_the_key_is_unlocked() {
    let stage = Stage::prepared();
    stage.write("policy", &policy());
    stage.ok(&format!("{OPEN} --policy policy --out open.json"));
    stage.program("ssh-keygen", &["-q", "-t", "ed25519", "-N", "phrase", "-C", "x", "-f", "locked"]);
    let told = stage.fails("sign open.json --key locked", 2);
    for shown in ["You sign", "openai/ceo", "policy", "witness w1", &witness(1).verifier().to_string()] {
        assert!(told.contains(shown), "{shown}: {told}");
    }
    let (code, shown) = at_terminal(&stage, "sign open.json --key locked", &[("Passphrase", "phrase")], &[]);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.find("You sign").unwrap() < shown.find("Passphrase").unwrap(), "{shown}");
}

#[test]
fn an_altered_paper_is_not_voted_on() {
    let mut stage = Stage::voting();
    stage.ok("ballot --out paper.toml");
    let paper = stage.read("paper.toml");
    let vote = "vote --ballot paper.toml --choice met --rationale why.md --key i1 --out vote.json";
    for (altered, told) in [
        (format!("{paper}# vote met\n"), "altered"),
        (paper.replace("paper = 1", "paper  = 1"), "altered"),
        (paper.replace("# SPECIMEN: it binds nobody.\n", ""), "altered"),
        (paper.replace("origin = \"test.example", "origin = \"other.example"), "do not belong together"),
    ] {
        assert_ne!(altered, paper);
        stage.write("paper.toml", &altered);
        let said = stage.fails(vote, 2);
        assert!(said.contains(told), "{said}");
    }
    stage.write("paper.toml", &paper);
    assert!(stage.refused(&format!("{vote} --as i2"), "not-an-elector").contains("vote as i1"));
    CLOSED.clone_into(&mut stage.clock);
    assert!(stage.fails(vote, 3).contains("--clock"));
    assert!(!stage.path("vote.json").exists());
    VOTING.clone_into(&mut stage.clock);
    assert_eq!(stage.ok(vote)["specimen"], true);
}

#[test]
fn a_roster_that_will_be_refused_is_refused_before_anybody_signs() {
    let stage = Stage::prepared();
    let roster = stage.read("roster.toml");
    let key = |line: &&str| line.starts_with("key = ");
    let keys: Vec<&str> = roster.lines().filter(key).collect();
    let last = roster.rfind("[[officer]]").unwrap();
    for (unfit, rule) in [
        (roster.replace(keys[1], keys[0]), "key-in-use"),
        (roster[..last].to_owned(), "bad-roster"),
        (format!("{roster}{}", roster[last..].replace("registrar", "second")), "key-in-use"),
    ] {
        stage.write("roster.toml", &unfit);
        let told = stage.fails(&format!("{OPEN} --out open.json"), 3);
        assert!(told.contains(rule), "{told}");
        assert!(!stage.path("open.json").exists());
    }
}

#[test]
fn a_specimen_says_so_wherever_it_is_signed_or_sent() {
    let stage = Stage::prepared();
    let said = |line: &str| {
        let done = stage.run(line);
        assert_eq!(done.code, 0, "{line}: {done:?}");
        done.out + &done.err
    };
    assert!(said(&format!("{OPEN} --out open.json")).contains("SPECIMEN"));
    assert!(said("sign open.json --key openai-ceo").contains("SPECIMEN"));
    for key in ["openai-counsel", "microsoft-ceo", "microsoft-counsel"] {
        stage.ok(&format!("sign open.json --key {key}"));
    }
    assert!(said("submit open.json").contains("SPECIMEN"));
    assert!(said("reaffirm --occasion x --as openai,microsoft --out again.json").contains("SPECIMEN"));
    // A statement that does not carry its workflow cannot tell.
    assert!(said("sign again.json --key openai-ceo").contains("its agreement's workflow says"));
    let stage = Stage::voting();
    assert!(stage.run("ballot --out paper.toml").out.contains("SPECIMEN"));
}

#[test]
fn a_log_that_copies_an_opening_is_not_the_agreements() {
    let stage = Stage::opened();
    stage.ok("log show 0 --receipt 0.tlog-proof");
    let anchor = stage.ok("audit")["anchor"].as_str().unwrap().to_owned();
    let line = format!("check 0.tlog-proof --anchor {anchor}");
    // The opening names its log's key itself: no other word is needed.
    let passed = stage.ok(&line);
    assert_eq!((&passed["anchor-checked"], &passed["specimen"]), (&true.into(), &true.into()));

    // Somebody else's log of the same name holds the same opening.
    let other = Stage::empty();
    other.ok("init --log-name test.example");
    let vkey = other.ok("key show --log agi-2025")["vkey"].as_str().unwrap().to_owned();
    let text = stage.read("0.tlog-proof");
    let extra = text.lines().nth(1).unwrap().strip_prefix("extra ").unwrap();
    let seed = other.read("data/log.key");
    let rogue = rogue_receipt(extra, seed.split_whitespace().nth(1).unwrap());
    stage.write("rogue.tlog-proof", &rogue);
    let done = stage.run(&format!("check rogue.tlog-proof --log-key {vkey} --anchor {anchor}"));
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.out.contains("names the log key"), "{done:?}");

    // A key that lies beside a later receipt identifies nobody.
    let stage = Stage::seated();
    stage.ok("log show 1 --receipt data/receipts/agi-2025/one.tlog-proof");
    let anchor = stage.ok("audit")["anchor"].as_str().unwrap().to_owned();
    let line = format!("check data/receipts/agi-2025/one.tlog-proof --anchor {anchor}");
    assert_eq!(stage.ok(&line)["anchor-checked"], false);
    assert_eq!(
        stage.ok(&format!("{line} --log-key data/receipts/agi-2025/log.vkey"))["anchor-checked"],
        true
    );
    assert!(stage.run(&line).out.contains("Give --log-key"));
}

/// The receipt of a log of one entry, signed with the log key of this seed.
fn rogue_receipt(extra: &str, seed: &str) -> String {
    use base64ct::{Base64, Encoding as _};
    use quorate::log::{Checkpoint, Hash, Head};
    let entry = Base64::decode_vec(extra).unwrap();
    let seed: [u8; 32] = Base64::decode_vec(seed).unwrap().try_into().unwrap();
    let name = "agi-2025".parse().unwrap();
    let key = quorate::registry::log_key("test.example", &name, &seed).unwrap();
    let head = Head { size: 1, root: Hash::leaf(&entry) };
    let checkpoint = Checkpoint { origin: key.verifier().name().to_owned(), head };
    format!("c2sp.org/tlog-proof@v1\nextra {extra}\nindex 0\n\n{}", checkpoint.sign(&key).unwrap())
}
