//! A seat whose nominee two parties name jointly, each on a machine of its own: recorded in
//! `tests/recorded/joint-nomination.txt`, to be read. `UPDATE=1 cargo test --test cli_joint` records anew.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fmt::Write as _;
use std::fs;

use cli_support::Stage;
use cli_support::redacted::redacted;

const CONTESTED: &str = "2026-03-03T09:00:00Z";
const NAMED: &str = "2026-03-05T09:00:00Z";
const NOMINATE: &str = "nominate chair-seat --person 'Ada Example' --nominee-key ada.pub";

/// Two machines, and what was typed and said on them.
struct Session {
    /// The licensor's, where the log is kept.
    licensor: Stage,
    /// The licensee's: a data folder with keys, and no log.
    licensee: Stage,
    told: String,
}

impl Session {
    /// A case is open before the tribunal, and the parties' own seats are filled.
    fn contested() -> Self {
        let (mut licensor, mut licensee) = (Stage::empty(), Stage::empty());
        licensor.ok("init --log-name test.example");
        for (stage, keys) in [
            (&licensor, &["licensor-ceo", "licensor-counsel", "registrar", "r1", "e1", "ada"][..]),
            (&licensee, &["licensee-ceo", "licensee-cfo", "licensee-counsel"][..]),
        ] {
            for key in keys {
                stage.ok(&format!("key new {key} --no-passphrase"));
            }
        }
        fs::copy("tests/workflows/flows/joint-nomination.toml", licensor.path("licence.toml")).unwrap();
        licensor.write("contract.txt", "");
        let officer = |stage: &Stage, holder: &str, key: &str| {
            let public = stage.read(&format!("data/keys/{key}.pub"));
            let key = public.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
            format!("[[officer]]\nholder = \"{holder}\"\nperson = \"Somebody Example\"\nkey = \"{key}\"\n")
        };
        let mut roster = officer(&licensor, "authority/registrar", "registrar");
        roster += &officer(&licensor, "licensor/ceo", "licensor-ceo");
        roster += &officer(&licensor, "licensor/counsel", "licensor-counsel");
        for name in ["ceo", "cfo", "counsel"] {
            roster += &officer(&licensee, &format!("licensee/{name}"), &format!("licensee-{name}"));
        }
        licensor.write("roster.toml", &roster);
        fs::copy(licensor.path("data/keys/ada.pub"), licensor.path("ada.pub")).unwrap();
        CONTESTED.clone_into(&mut licensor.clock);
        NAMED.clone_into(&mut licensee.clock);
        let mut session = Self { licensor, licensee, told: String::new() };
        session.signed_by_both(
            "open licence --workflow licence.toml --contract contract.txt --roster roster.toml",
            "open.json",
        );
        session.licensor.ok("do contest --key licensor-ceo");
        session.licensor.ok("nominate r1 --person 'A Panelist' --nominee-key r1 --key licensor-ceo");
        session.licensor.ok("accept-seat --seat r1 --key r1");
        session.licensor.ok("nominate e1 --person 'Another' --nominee-key e1 --as licensee --out e1.json");
        session.signed_by_licensee("e1.json");
        session.licensor.ok("submit e1.json");
        session.licensor.ok("accept-seat --seat e1 --key e1");
        NAMED.clone_into(&mut session.licensor.clock);
        session
    }

    fn signed_by_both(&mut self, line: &str, file: &str) {
        self.licensor.ok(&format!("{line} --key licensor-ceo --out {file}"));
        self.signed_by_licensee(file);
        self.licensor.ok(&format!("submit {file}"));
    }

    fn signed_by_licensee(&mut self, file: &str) {
        carry(&self.licensor, &self.licensee, file);
        self.licensee.ok(&format!("sign {file} --key licensee-ceo --key licensee-counsel"));
        carry(&self.licensee, &self.licensor, file);
    }

    /// Runs a line, which ends with this code, and records what it says.
    fn says(&mut self, whose: &str, line: &str, code: i32) -> String {
        let stage = if whose == "licensor" { &self.licensor } else { &self.licensee };
        let done = stage.run(line);
        assert_eq!(done.code, code, "{line}: {done:?}");
        let said = redacted(&format!("{}{}", done.err, done.out), &stage.path(""));
        let ended = if code == 0 { String::new() } else { format!("exit {code}\n") };
        writeln!(self.told, "{whose}$ quorate {line}\n{}\n{ended}", said.trim_end()).unwrap();
        said
    }
}

/// Carries the files whose names begin so from one machine to the other.
fn carry(from: &Stage, to: &Stage, name: &str) {
    for entry in fs::read_dir(from.path("")).unwrap().map(Result::unwrap) {
        let file = entry.file_name().into_string().unwrap();
        if file.starts_with(name) {
            fs::copy(entry.path(), to.path(&file)).unwrap();
        }
    }
}

#[test]
fn two_parties_name_a_chair_each_on_a_machine_of_its_own() {
    let mut session = Session::contested();
    let status = session.licensor.run("status").out;
    assert!(status.contains("licensee, licensor") && status.contains("nominate jointly for"), "{status}");

    // What one of them cannot do alone, and what is said of it.
    session.says("licensor", &format!("{NOMINATE} --as licensor --key licensor-ceo"), 3);
    session.says("licensor", &format!("{NOMINATE} --key licensor-ceo"), 3);
    session.says("licensor", &format!("{NOMINATE} --key registrar"), 3);
    assert_eq!(session.licensor.head()["size"], 6, "a refusal changed the log");

    session.says("licensor", &format!("{NOMINATE} --key licensor-ceo --out nomination.json"), 0);
    assert!(session.licensor.read("nomination.json").contains("\"by\":[\"licensee\",\"licensor\"]"));
    carry(&session.licensor, &session.licensee, "nomination.json");
    session.says("licensee", "sign nomination.json --key licensee-ceo", 0);
    carry(&session.licensee, &session.licensor, "nomination.json");
    session.says("licensor", "submit nomination.json", 3);
    session.says("licensee", "sign nomination.json --key licensee-cfo", 0);
    carry(&session.licensee, &session.licensor, "nomination.json");
    session.says("licensor", "submit nomination.json", 0);
    let entry = session.licensor.ok("log show 6");
    let signers = entry["entry"]["signers"].as_array().unwrap().iter();
    let mut signers: Vec<&str> = signers.map(|signer| signer["as"].as_str().unwrap()).collect();
    signers.sort_unstable();
    assert_eq!(signers, ["licensee/ceo", "licensee/cfo", "licensor/ceo"]);
    session.says("licensor", "accept-seat --seat chair-seat --key ada", 0);

    for (choice, seat) in [("yes", "r1"), ("no", "e1"), ("yes", "ada")] {
        session.licensor.ok(&format!("vote --choice {choice} --key {seat}"));
    }
    let report = session.licensor.run("report contest#1").out;
    let row = report.lines().find(|line| line.contains("Ada Example")).unwrap_or_else(|| panic!("{report}"));
    assert!(row.contains("licensee and licensor"), "{row}");
    assert_eq!(session.licensor.ok("audit")["passes"], true);

    let recorded = "tests/recorded/joint-nomination.txt";
    if std::env::var_os("UPDATE").is_some() {
        fs::write(recorded, &session.told).unwrap();
    }
    assert_eq!(fs::read_to_string(recorded).unwrap_or_default(), session.told);
}

/// Whoever has the keys of all of them says it at once, in whatever order the keys are named.
#[test]
fn whoever_signs_for_all_needs_no_file() {
    let session = Session::contested();
    for key in ["licensee-cfo", "licensee-counsel"] {
        for end in ["", ".pub"] {
            let name = format!("data/keys/{key}{end}");
            fs::copy(session.licensee.path(&name), session.licensor.path(&name)).unwrap();
        }
    }
    let keys = "--key licensee-cfo --key licensor-counsel --key licensee-counsel";
    let taken = session.licensor.ok(&format!("{NOMINATE} {keys}"));
    assert_eq!(taken["entry"], 6);
    // Named again: the new nominee takes the place of one who has not accepted.
    session.licensor.ok("key new bea --no-passphrase");
    session.licensor.ok(&format!(
        "nominate chair-seat --person 'Bea Example' --nominee-key bea --as licensor,licensee {keys}"
    ));
    session.licensor.ok("accept-seat --seat chair-seat --key bea");
    assert_eq!(session.licensor.ok("audit")["passes"], true);
}
