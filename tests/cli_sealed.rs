//! A sealed ballot as people vote on it: commitments first, with the opening on the voter's own disk, then reveals.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::OnceLock;

use cli_support::{DECLARE, DECLARED, NOMINATED, OPEN, PARTIES, SEATED, SEATS, Stage, VOTING, nomination};
use serde_json::{Value, json};

/// The votes can be revealed from 25 May to 28 May, unless all have committed before.
const REVEALING: &str = "2026-05-26T09:00:00Z";
const TOO_LATE: &str = "2026-05-29T09:00:00Z";

/// The agreement as it ships, with its sealed ballot open.
fn voting() -> Stage {
    static MADE: OnceLock<Stage> = OnceLock::new();
    let make = || {
        let mut stage = prepared();
        stage.declare_and_seat();
        stage.lasting("sealed")
    };
    MADE.get_or_init(make).copy(VOTING)
}

/// The same, opened and nothing more.
fn prepared() -> Stage {
    let stage = Stage::prepared();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows/agi-2025.toml");
    fs::copy(shipped, stage.path("agi-2025.toml")).unwrap();
    stage.ok(&format!("{OPEN} {PARTIES}"));
    stage
}

fn vote(seat: &str, choice: &str) -> String {
    format!("vote --choice {choice} --key {seat}")
}

fn reveal(seat: &str) -> String {
    format!("reveal --rationale why.md --key {seat}")
}

fn ballot(stage: &Stage) -> Value {
    stage.ok("status")["cases"][0]["ballots"][0].clone()
}

/// Lines end where the terminal does.
fn folded(page: &str) -> String {
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn openings(stage: &Stage) -> usize {
    fs::read_dir(stage.path("data/openings/agi-2025")).map_or(0, Iterator::count)
}

/// One that stands as it was kept, not set aside.
fn kept(stage: &Stage) -> Vec<String> {
    let files = fs::read_dir(stage.path("data/openings/agi-2025")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".opening")).collect()
}

#[test]
fn a_hypothesis_about_a_sealed_ballot_commits_and_reveals() {
    let stage = voting();
    let votes = "what-if --vote met=o1,o2,i1,i2,i3 --vote not-met=m1,m2";
    let shown = folded(&stage.run(votes).out);
    assert!(shown.contains("verification#1/finding#1 is sealed") && shown.contains("--reveal"), "{shown}");
    let follows = stage.ok(&format!("{votes} --reveal o1,o2,i1,i2,i3,m1,m2"))["follows"].to_string();
    assert!(follows.contains("finding#1 closes: verified"), "{follows}");
    assert_eq!(openings(&stage), 0);
}

#[test]
fn what_somebody_has_committed_to_is_supposed_in_a_hypothesis() {
    let stage = voting();
    stage.ok(&vote("i1", "not-met"));
    let others = "what-if --vote met=o1,o2,i2,i3 --vote not-met=m1,m2 --reveal o1,o2,i2,i3,m1,m2";
    let either = |choice: &str| stage.ok(&format!("{others} --reveal {choice}=i1"))["follows"].to_string();
    assert!(either("met").contains("finding#1 closes: verified"));
    assert!(!either("not-met").contains("finding#1 closes: verified"));
    let unknown = folded(&stage.run(&format!("{others} --reveal i1")).out);
    assert!(unknown.contains("to what `i1` has committed is not known"), "{unknown}");
    assert!(unknown.contains("--reveal CHOICE=i1"), "{unknown}");
    // Of what is supposed itself it is known.
    let supposed = folded(&stage.run(&format!("{others} --reveal not-met=o1")).out);
    assert!(supposed.contains("What is revealed is what was committed to"), "{supposed}");
}

#[test]
fn votes_are_known_only_once_all_have_committed() {
    let stage = voting();
    for seat in ["o1", "o2", "i1", "i2", "i3"] {
        stage.ok(&vote(seat, "met"));
    }
    let shown = stage.run("status").out;
    assert!(folded(&shown).contains("5 of 7 electors have committed: i1, i2, i3, o1, o2"), "{shown}");
    assert_eq!(ballot(&stage)["heads"], json!({ "abstain": 0, "met": 0, "not-met": 0 }));
    let paper = stage.run("ballot").out;
    assert!(paper.contains("# SEALED: "), "{paper}");
    assert!(paper.contains("sealed = { reveal-for = \"3 days\", unrevealed = \"abstains\" }"), "{paper}");
    stage.refused(&reveal("i1"), "not-revealing-yet");

    stage.ok(&vote("m1", "not-met"));
    let told = stage.run(&vote("m2", "not-met")).out;
    assert!(folded(&told).contains("the votes on verification#1/finding#1 can be revealed until"), "{told}");
    assert!(told.contains("data/openings/agi-2025/"), "{told}");
    assert_eq!(ballot(&stage)["sealed"]["phase"], "reveal");
    for seat in ["i1", "m1", "o1"] {
        stage.ok(&reveal(seat));
    }
    assert_eq!(ballot(&stage)["heads"], json!({ "abstain": 0, "met": 2, "not-met": 1 }));
    let shown = stage.run("status").out;
    assert!(folded(&shown).contains("still sealed: i2, i3, m2, o2"), "{shown}");
    assert!(shown.contains("reveal the vote on"), "{shown}");
    for seat in ["i2", "i3", "m2", "o2"] {
        stage.ok(&reveal(seat));
    }
    assert_eq!(ballot(&stage)["closed"]["outcome"], "verified");
    assert_eq!(stage.ok("audit")["findings"], json!([]));
}

#[test]
fn a_vote_that_is_never_revealed_is_told_as_such() {
    let mut stage = voting();
    for seat in SEATS {
        stage.ok(&vote(seat, "met"));
    }
    for seat in ["o1", "o2", "i1", "i2"] {
        stage.ok(&reveal(seat));
    }
    TOO_LATE.clone_into(&mut stage.clock);
    assert_eq!(ballot(&stage)["heads"], json!({ "abstain": 3, "met": 4, "not-met": 0 }));
    assert_eq!(ballot(&stage)["closed"]["outcome"], "undecided");
    let shown = stage.run("status").out;
    assert!(folded(&shown).contains("not revealed by i3, m1, m2"), "{shown}");
    stage.refused(&format!("{} --on verification#1/finding#1", reveal("i3")), "ballot-closed");
}

#[test]
fn the_opening_is_kept_for_its_owner_alone_and_is_the_text_of_the_commitment() {
    let stage = voting();
    let told = stage.ok(&vote("i1", "met"));
    let path = stage.path(told["opening"].as_str().unwrap());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // As anybody can check who is shown it: with sha256sum.
    let digest = stage.program("sha256sum", &[path.to_str().unwrap()]);
    let shown = stage.ok(&format!("log show {}", told["entry"]));
    let statement: Value = serde_json::from_str(shown["entry"]["statement"].as_str().unwrap()).unwrap();
    assert_eq!(statement["commitment"], format!("sha256:{}", digest.split_whitespace().next().unwrap()));
    // What the log has of the vote says nothing of the choice: its text has no word of it.
    assert!(!shown["entry"]["statement"].as_str().unwrap().contains("\"met"), "{shown}");
    assert!(fs::read_to_string(&path).unwrap().contains("\nchoice met\n"));
}

#[test]
fn nothing_leaves_where_the_opening_cannot_be_kept_and_no_opening_is_ever_forgotten() {
    let mut stage = voting();
    let before = stage.head();
    // Where the openings would be there is a file, so that no folder can be made.
    stage.write("data/openings", "");
    let told = stage.fails(&vote("i1", "met"), 4);
    assert!(told.contains("openings"), "{told}");
    assert_eq!(stage.head(), before);
    fs::remove_file(stage.path("data/openings")).unwrap();

    stage.refused("vote --choice maybe --key i1", "unknown-choice");
    let told = stage.refused("vote --choice met --rationale why.md --key i1", "wrong-attachments");
    assert!(told.contains("quorate reveal"), "{told}");
    assert_eq!(openings(&stage), 0);
    stage.ok(&vote("i1", "met"));
    stage.refused(&vote("i1", "not-met"), "already-committed");
    // That vote is refused here, and its opening is set aside all the same: somebody's last word is not everybody's.
    let kept = kept(&stage);
    assert!(openings(&stage) > kept.len());
    let [kept] = kept.as_slice() else { panic!("{kept:?}") };
    // `reveal` finds the one behind the commitment that the log has, also where it was set aside wrongly.
    let folder = stage.path("data/openings/agi-2025");
    fs::rename(folder.join(kept), folder.join(format!("{kept}.refused"))).unwrap();
    REVEALING.clone_into(&mut stage.clock);
    stage.ok(&reveal("i1"));
    assert_eq!(ballot(&stage)["heads"]["met"], 1);
}

#[test]
fn a_lost_or_another_opening_reveals_nothing() {
    let mut stage = voting();
    let first = stage.ok(&vote("i1", "met"))["opening"].as_str().unwrap().to_owned();
    let other = stage.ok(&vote("i2", "met"))["opening"].as_str().unwrap().to_owned();
    REVEALING.clone_into(&mut stage.clock);
    stage.refused(&reveal("m1"), "not-committed");
    stage.refused(&format!("{} --opening {other}", reveal("i1")), "does-not-open");
    fs::rename(stage.path(&first), stage.path("elsewhere.opening")).unwrap();
    let told = folded(&stage.fails(&reveal("i1"), 2));
    for part in [
        first.as_str(),
        "behind the commitment sha256:",
        "name it with --opening",
        "from a backup",
        "cannot be revealed by anybody",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let told = folded(&stage.fails(&format!("{} --opening nowhere.opening", reveal("i1")), 2));
    assert!(told.contains("there is no opening nowhere.opening; name it with --opening"), "{told}");
    stage.write("edited.opening", &stage.read("elsewhere.opening").replace("choice met", "choice not-met"));
    stage.refused(&format!("{} --opening edited.opening", reveal("i1")), "does-not-open");
    stage.write("cut.opening", stage.read("elsewhere.opening").trim_end());
    let told = stage.fails(&format!("{} --opening cut.opening", reveal("i1")), 2);
    assert!(told.contains("the seven lines of a commitment"), "{told}");
    stage.ok(&format!("{} --opening elsewhere.opening", reveal("i1")));
    assert_eq!(ballot(&stage)["heads"]["met"], 1);
}

/// Carries files whose names begin so from one machine to another.
fn carry(from: &Stage, to: &Stage, name: &str) {
    for entry in fs::read_dir(from.path("")).unwrap().map(Result::unwrap) {
        let file = entry.file_name().into_string().unwrap();
        if !file.starts_with(name) {
            continue;
        }
        if entry.path().is_dir() {
            cli_support::copy_folder(&entry.path(), &to.path(&file));
        } else {
            fs::copy(entry.path(), to.path(&file)).unwrap();
        }
    }
}

/// The agreement as [`voting`], in which the seat i1 is filled by the key `ada` of another machine.
fn with_voter(voter: &Stage) -> Stage {
    let mut log = prepared();
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
    log.ok("accept-seat --seat i1 --disclosure interests.md --out accept.json");
    carry(&log, voter, "accept.json");
    voter.ssh_sign("ada", "accept.json");
    carry(voter, &log, "accept.json");
    log.ok("submit accept.json");
    VOTING.clone_into(&mut log.clock);
    log.ok("ballot --out paper.toml");
    carry(&log, voter, "paper.toml");
    log
}

#[test]
fn a_voter_elsewhere_needs_the_paper_twice_and_openssh_signs_both() {
    let mut voter = Stage::empty();
    VOTING.clone_into(&mut voter.clock);
    voter.write("why.md", "The system did what the definition asks. SPECIMEN.\n");
    voter.program("mkdir", &["-p", "data/keys"]);
    voter.program("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", "data/keys/ada"]);
    let mut log = with_voter(&voter);

    let told = voter.run("vote --ballot paper.toml --choice met --as i1 --out vote.json").out;
    assert!(told.contains("ssh-keygen -Y sign") && told.contains("opening: vote.json.opening"), "{told}");
    assert!(!voter.read("vote.json").contains("\"met\""));
    // The opening is there before the statement, and neither is ever overwritten.
    let told = voter.fails("vote --ballot paper.toml --choice not-met --as i1 --out vote.json", 2);
    assert!(told.contains("vote.json is there already"), "{told}");
    fs::rename(voter.path("vote.json"), voter.path("vote.moved")).unwrap();
    voter.fails("vote --ballot paper.toml --choice not-met --as i1 --out vote.json", 4);
    assert!(!voter.path("vote.json").exists());
    fs::rename(voter.path("vote.moved"), voter.path("vote.json")).unwrap();
    voter.ssh_sign("ada", "vote.json");
    for file in ["vote.json", "vote.json.sig"] {
        fs::copy(voter.path(file), log.path(file)).unwrap();
    }
    log.ok("submit vote.json");
    assert!(!Path::new(&log.path("vote.json.opening")).exists());

    REVEALING.clone_into(&mut log.clock);
    REVEALING.clone_into(&mut voter.clock);
    let line = "reveal --opening vote.json.opening --rationale why.md --as i1 --out";
    // The first paper names a head from before the commitment: such a reveal could have been made earlier.
    voter.ok(&format!("{line} early.json --ballot paper.toml"));
    voter.ssh_sign("ada", "early.json");
    carry(&voter, &log, "early.json");
    log.refused("submit early.json", "stale-after");
    log.ok("ballot --out later.toml");
    carry(&log, &voter, "later.toml");
    assert_eq!(voter.read("later.toml"), voter.read("paper.toml"));
    voter.ok(&format!("{line} reveal.json --ballot later.toml"));
    voter.ssh_sign("ada", "reveal.json");
    carry(&voter, &log, "reveal.json");
    log.ok("submit reveal.json");
    // Nobody else had committed, so this ends it.
    let ballot = ballot(&log);
    assert_eq!((&ballot["heads"]["met"], &ballot["closed"]["outcome"]), (&json!(1), &json!("no-quorum")));
}
