//! Files and words from somebody who means ill, given to the program as people give them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fs;

use cli_support::terminal::at_terminal;
use cli_support::{Stage, VOTING};

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
            code[..*end].chars().all(|c| c.is_ascii_digit() || c == ';') && !code[..*end].split(';').any(|it| it == "8")
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
    let _ = VOTING;
}
