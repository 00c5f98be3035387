//! `explore` keeps quiet about a good workflow, finds what one changed number, deadline or role breaks, and what it
//! finds replays with real signatures.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

use std::fs;

use quorate::explore::{Bounds, Report, Verdict, explore};
use quorate::workflow::{Checked, Workflow};

const GOOD: &str = "tests/workflows/planted/good.toml";

/// The planted faults, and the title of the invariant that each breaks.
const PLANTED: [(&str, &str); 10] = [
    ("anybody-claims", "Nobody but the seller can claim"),
    ("anybody-contests", "Nobody but the buyer can contest a finding"),
    ("buyer-sets-aside", "Nobody but the chamber records what a court says"),
    ("due-a-year-early", "Before 2030 nothing is due unless the works are complete"),
    ("forming-too-long", "Nothing takes longer than three months"),
    ("one-vote-finds", "Two of the three stand behind every finding"),
    ("one-vote-quashes", "A finding falls only if two find it wrong"),
    ("seat-filled-too-late", "The buyer cannot keep the panel from finding by doing nothing"),
    ("window-a-day-short", "The buyer has ten days to contest a finding"),
    ("without-the-independent", "The independent expert is among them"),
];

fn explored(text: &str, leaving: u8) -> Report {
    let report = explore(text, Bounds { leaving, ..Bounds::default() }, &mut |_| {})
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(!report.cut_short, "{} states", report.states);
    report
}

/// The titles of the invariants that do not hold; every counterexample comes true.
fn broken(text: &str, report: &Report) -> Vec<String> {
    let workflow = Workflow::parse(text).unwrap();
    let mut titles = Vec::new();
    for (invariant, verdict) in workflow.invariants.iter().zip(&report.verdicts) {
        if let Verdict::Broken(scenario) = verdict {
            let played = scenario.run(text);
            let told = |failure: &quorate::scenario::Failure| {
                failure.render(("counterexample", scenario.text()), ("workflow", text), false)
            };
            let outcome = played.unwrap_or_else(|failure| panic!("{}\n{}", told(&failure), scenario.text()));
            assert!(outcome.met > 0, "{}", scenario.text());
        }
        if !matches!(verdict, Verdict::Kept | Verdict::KeptAsWalked | Verdict::Undecided) {
            titles.push(invariant.title.clone().unwrap());
        }
    }
    titles
}

#[test]
fn a_good_workflow_keeps_its_invariants() {
    let text = fs::read_to_string(GOOD).unwrap();
    let report = explored(&text, 1);
    assert_eq!(broken(&text, &report), Vec::<String>::new());
    assert!(report.states > 500, "{}", report.states);
}

/// Where two nominate jointly the seat is filled only if neither is silent, and after the time by whom the right passes to.
#[test]
fn two_who_nominate_jointly_do_so_only_together() {
    let whole = fs::read_to_string("tests/workflows/flows/joint-nomination.toml").unwrap();
    let report = explored(&whole, 0);
    assert_eq!(broken(&whole, &report), Vec::<String>::new());
    // Only the chair hangs on the licensee.
    let text = whole.replace(r#"by = "licensee" },"#, r#"by = "licensor" },"#);
    assert_ne!(text, whole);
    let vacant = "vacant = { after = \"14 days\", filled-by = \"authority\" }\n";
    let (text, _) = text.split_once("[[invariant]]").unwrap();
    for (filler, silent, sits) in [
        ("", "", true),
        ("", "licensee", false),
        ("", "authority", true),
        (vacant, "licensee", true),
        (vacant, "licensee, authority", false),
    ] {
        let text = text.replace(vacant, filler);
        let silent: Vec<String> =
            silent.split(", ").filter(|it| !it.is_empty()).map(|it| format!("{it:?}")).collect();
        let silent = if silent.is_empty() {
            String::new()
        } else {
            format!("even-if-silent = [{}]", silent.join(", "))
        };
        let text = format!("{text}[[invariant]]\nreaches = \"contest is voting\"\n{silent}\n");
        let kept = explored(&text, 0).verdicts.iter().all(|verdict| matches!(verdict, Verdict::Kept));
        assert_eq!(kept, sits, "{text}");
    }
}

#[test]
fn every_planted_fault_is_found_and_replays() {
    let good = fs::read_to_string(GOOD).unwrap();
    let files = fs::read_dir("tests/workflows/planted").unwrap().count();
    assert_eq!(files, PLANTED.len() + 1);
    for (name, title) in PLANTED {
        let text = fs::read_to_string(format!("tests/workflows/planted/{name}.toml")).unwrap();
        let changed: Vec<_> = good.lines().zip(text.lines()).filter(|(good, bad)| good != bad).collect();
        assert_eq!((changed.len(), good.lines().count()), (1, text.lines().count()), "{name}");
        Checked::from_text(&text).unwrap_or_else(|found| panic!("{}", found.render(name, &text, false)));
        assert_eq!(broken(&text, &explored(&text, 0)), [title], "{name}");
    }
}

/// The same of a workflow with cases about a seat, documents that are filed and struck, and lost keys.
const MOVES: [(&str, &str); 3] = [
    ("anybody-strikes", "Nobody but the chamber strikes what was filed"),
    ("dismissed-vote-stands", "Whoever is dismissed while the panel votes has no vote in it"),
    ("nobody-dismissed", "Whoever is dismissed while the panel votes has no vote in it"),
];

#[test]
fn faults_of_dismissal_and_of_evidence_are_found_and_replay() {
    let good = fs::read_to_string("tests/workflows/moves/good.toml").unwrap();
    assert_eq!(broken(&good, &explored(&good, 1)), Vec::<String>::new());
    assert_eq!(fs::read_dir("tests/workflows/moves").unwrap().count(), MOVES.len() + 1);
    for (name, title) in MOVES {
        let text = fs::read_to_string(format!("tests/workflows/moves/{name}.toml")).unwrap();
        let changed = good.lines().zip(text.lines()).filter(|(good, bad)| good != bad).count();
        assert_eq!((changed, good.lines().count()), (1, text.lines().count()), "{name}");
        Checked::from_text(&text).unwrap_or_else(|found| panic!("{}", found.render(name, &text, false)));
        assert_eq!(broken(&text, &explored(&text, 0)), [title], "{name}");
    }
}

/// What is kept whole and what is come to again from the opening makes no difference to what is found.
#[test]
fn what_is_kept_whole_changes_nothing() {
    let moves = fs::read_to_string("tests/workflows/moves/good.toml").unwrap();
    for (text, leaving) in [(two_walks(), 1), (moves, 0)] {
        let found = |kept| {
            let bounds = Bounds { leaving, kept, states: 1_000, ..Bounds::default() };
            let report = explore(&text, bounds, &mut |_| {}).unwrap();
            (report.states, report.visits, report.complete, format!("{:?}", report.verdicts))
        };
        let all = found(usize::MAX);
        for kept in [0, 1, 50] {
            assert_eq!(found(kept), all, "{kept}");
        }
    }
}

/// Of seats that no rule can tell apart one is walked for all. A chair is told apart, so that everything is walked: the same is
/// found.
#[test]
fn seats_that_change_places_hide_nothing() {
    let faults = ["good", "one-vote-finds", "forming-too-long"];
    for name in faults {
        let text = fs::read_to_string(format!("tests/workflows/planted/{name}.toml")).unwrap();
        let alike = text.replace("{ name = \"s1\", by = \"seller\" }", "{ name = \"s1\", by = \"buyer\" }");
        assert_ne!(alike, text);
        let titles =
            ["Two of the three stand behind", "The buyer cannot keep the panel", "Nothing takes longer"];
        let alike = only(&alike, &titles);
        let apart = alike.replace("formed = \"per case\"", "formed = \"per case\"\nchair = \"b1\"");
        let claim = "by = \"seller\", to = \"closed\", emits = \"withdrawn\"";
        let apart = apart.replace(claim, &claim.replace("\"seller\"", "[\"seller\", \"chair\"]"));
        let alike = alike.replace(claim, &claim.replace("\"seller\"", "[\"seller\", \"experts\"]"));
        let (reduced, plain) = (explored(&alike, 0), explored(&apart, 0));
        assert_eq!(broken(&alike, &reduced), broken(&apart, &plain), "{name}");
        assert!(
            name != "one-vote-finds" || reduced.states < plain.states,
            "{name}: {} and {}",
            reduced.states,
            plain.states
        );
    }
}

/// A supposed statement counts as signed, and a blank paper as voted on. Only what asks the engine makes one; nothing that
/// writes a log does.
#[test]
fn nothing_that_writes_supposes_a_signature() {
    fn look(folder: &std::path::Path, words: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                look(&path, words, found);
            } else if fs::read_to_string(&path).unwrap().contains(words) {
                found.push(path.display().to_string());
            }
        }
    }
    for (words, files) in [
        ("Checked::supposed(", ["src/engine/suppose.rs", "src/scenario/stage.rs"]),
        ("with_blank_papers(", ["src/engine/suppose.rs", "src/explore/search.rs"]),
    ] {
        let mut found = Vec::new();
        look(std::path::Path::new("src"), words, &mut found);
        found.sort();
        assert_eq!(found, files);
    }
}

/// A workflow with these of its invariants alone, by their titles.
fn only(text: &str, titles: &[&str]) -> String {
    let mut parts = text.split("\n[[invariant]]\n");
    let head = parts.next().unwrap().to_owned();
    let kept = parts.filter(|part| titles.iter().any(|title| part.contains(title)));
    kept.fold(head, |text, part| text + "\n[[invariant]]\n" + part)
}

/// Two walks of different length.
fn two_walks() -> String {
    let good = fs::read_to_string(GOOD).unwrap();
    only(&good, &["Nobody but the seller can claim", "The buyer cannot keep the panel"])
}

fn bounded(text: &str, states: usize) -> Report {
    explore(text, Bounds { states, leaving: 0, ..Bounds::default() }, &mut |_| {}).unwrap()
}

#[test]
fn what_is_not_all_seen_is_not_said_to_hold() {
    // What the longer walk looks for is not there, so it goes on to the end.
    let text = two_walks()
        .replace("reaches        = \"complete\"", "reaches        = \"second counted wrong >= 1\"");
    let all = explored(&text, 0);
    let whole = bounded(&text, all.states);
    assert_eq!((whole.complete, whole.states), (true, all.states));
    assert!(matches!(whole.verdicts[..], [Verdict::Kept, Verdict::Unreached]), "{:?}", whole.verdicts);
    let short = bounded(&text, all.states - 1);
    assert_eq!(
        (short.complete, short.passes(), short.fails()),
        (false, false, false),
        "{:?}",
        short.verdicts
    );
    assert_eq!(short.states, all.states - 1);
    assert!(matches!(short.verdicts[..], [Verdict::Kept, Verdict::Undecided]), "{:?}", short.verdicts);
    for states in [1, 2, 3, 10, 30] {
        assert_eq!(bounded(&text, states).states, states);
    }
}

#[test]
fn the_command_says_so_and_ends_with_a_code_of_its_own() {
    let folder = std::env::temp_dir().join(format!("quorate-explore-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("two-walks.toml");
    fs::write(&file, two_walks()).unwrap();
    let run = |more: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_quorate"));
        let done =
            command.args(["workflow", "explore", "--leaving", "0"]).arg(&file).args(more).output().unwrap();
        (done.status.code(), String::from_utf8(done.stdout).unwrap())
    };
    let (code, page) = run(&[]);
    assert!(code == Some(0) && page.contains("holds") && !page.contains("so far"), "{page}");
    let (code, page) = run(&["--most", "20"]);
    assert_eq!(code, Some(5), "{page}");
    for words in ["holds ", "not reached so far", "20 different states, not all;", "It ended at 20 states"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let (code, json) = run(&["--most", "20", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &json["complete"], &json["passes"]), (Some(5), &false.into(), &false.into()));
    assert_eq!(json["invariants"][1]["holds"], serde_json::Value::Null);
    assert_eq!(run(&["--most", "0"]).0, Some(2));
    fs::remove_dir_all(&folder).unwrap();
}

/// One business day, from the opening: over on Friday night from a Thursday, and on Monday night from a Friday.
const ONE_BUSINESS_DAY: &str = r#"
language = 1
title    = "One business day"
nature   = "specimen"
contract = { digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", prevails = true }
calendar = { weekend = ["saturday", "sunday"], holidays = ["2027-03-26", "2027-03-29"], offset = "+00:00" }
[party]
buyer  = { signatures = "1 of 1" }
seller = { signatures = "1 of 1" }
[event]
claimed = "Claimed"
dropped = "Dropped"
[procedure.acceptance]
open  = { do = "claim", by = "seller", emits = "claimed" }
start = "forming"
[procedure.acceptance.state.forming]
steps = [{ after = "1 business day", to = "closed", emits = "dropped" }]
[procedure.acceptance.state.closed]
ends = true
[grant.g]
status = [{ is = "held" }, { is = "due", first-of = ["dropped"] }]
[[invariant]]
ends   = "acceptance"
within = "2 days"
[[invariant]]
reaches = "dropped"
"#;

#[test]
fn where_business_days_count_nothing_is_said_to_hold_from_one_opening() {
    // The bound holds from a Thursday, as the walk opens, and not from a Friday.
    let friday = "scenario = \"Friday\"\nopened = 2026-02-06T00:00:00Z\n[[step]]\nby = \"seller\"\ndo = \"claim\"\n\
                  [[step]]\nafter = \"3 days\"\nexpect = { state = \"forming\" }\n";
    let scenario = quorate::scenario::Scenario::parse(friday).unwrap();
    assert!(scenario.run(ONE_BUSINESS_DAY).is_ok(), "the case runs for more than three days");
    let report = bounded(ONE_BUSINESS_DAY, 1_000);
    assert_eq!(
        (report.complete, report.cut_short, report.passes(), report.fails()),
        (false, false, true, false)
    );
    assert!(matches!(report.verdicts[..], [Verdict::KeptAsWalked, Verdict::Kept]), "{:?}", report.verdicts);
    let told = quorate::explore::not_walked(&Workflow::parse(ONE_BUSINESS_DAY).unwrap(), false).join("; ");
    assert!(
        told.contains("openings on other days of the calendar")
            && !told.contains("which no act at an edge shows"),
        "{told}"
    );
    // The same in days of 24 hours is seen whole.
    let days = ONE_BUSINESS_DAY.replace("1 business day", "1 day");
    let days: String = days.split_inclusive('\n').filter(|line| !line.starts_with("calendar")).collect();
    assert!(bounded(&days, 1_000).passes());
    let file = std::env::temp_dir().join(format!("quorate-explore-calendar-{}.toml", std::process::id()));
    fs::write(&file, ONE_BUSINESS_DAY).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_quorate"));
    let done = command.args(["workflow", "explore"]).arg(&file).output().unwrap();
    let page = String::from_utf8(done.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(done.status.code(), Some(0), "{page}");
    for words in [
        "holds as walked",
        "Not walked: amendments; openings on other days of the calendar",
        "opens on one day alone",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("It ended at"), "{page}");
    fs::remove_file(&file).unwrap();
}

/// What counts from the opening of the agreement is seen to come, whatever anybody does, and not before.
#[test]
fn times_from_the_opening_of_the_agreement_are_walked_to() {
    let flow = fs::read_to_string("tests/workflows/flows/since-the-agreement.toml").unwrap();
    let invariants = [
        ("Over in 110 days", "ends = \"option\"\nwithin = \"110 days\""),
        ("Over in 109 days", "ends = \"option\"\nwithin = \"109 days\""),
        ("Ended by time", "reaches = \"fee.status = 'ended' and not closed\"\neven-if-silent = \"buyer\""),
        ("Ended by closing alone", "never = \"fee.status = 'ended' and not closed\""),
    ];
    let invariants: Vec<String> =
        invariants.iter().map(|(title, is)| format!("\n[[invariant]]\ntitle = {title:?}\n{is}\n")).collect();
    let invariants = invariants.concat();
    let text = format!("{flow}{invariants}");
    let found = broken(&text, &explored(&text, 0));
    assert_eq!(found, ["Over in 109 days", "Ended by closing alone"]);
    // Where something happens at a date as well, only one of the days on which it can be opened is seen; if an invariant hangs
    // on it.
    let dated =
        text.replace("first-of = [\"closed\"] }]", "first-of = [\"closed\", 2030-01-01T00:00:00Z] }]");
    assert_ne!(dated, text);
    assert!(explored(&dated, 0).complete);
    let told =
        format!("{dated}\n[[invariant]]\nnever = \"shares.status = 'sold' and fee.status = 'owed'\"\n");
    assert!(!explored(&told, 0).complete);
}

/// Who asks on the eighth day is answered on the eleventh, between the edges of the case's own times: at an edge nobody
/// asks then.
const TWO_TIMES: &str = r#"
language = 1
title    = "Two times"
nature   = "specimen"
contract = { digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", prevails = true }
[party]
buyer  = { signatures = "1 of 1" }
seller = { signatures = "1 of 1" }
[event]
claimed  = "Claimed"
answered = "Answered"
caught   = "Answered in the midst"
[procedure.acceptance]
open  = { do = "claim", by = "seller", emits = "claimed" }
cases = { at-most = 1 }
start = "early"
[procedure.acceptance.state.early]
steps = [{ after = "10 days", to = "midst" }]
[procedure.acceptance.state.midst]
steps = [{ on = "answered", to = "closed", emits = "caught" }, { after = "12 days", of = "opened", to = "closed" }]
[procedure.acceptance.state.closed]
ends = true
[procedure.question]
open  = { do = "ask", by = "buyer" }
cases = { at-most = 1 }
start = "waiting"
[procedure.question.state.waiting]
steps = [{ after = "3 days", to = "closed", emits = "answered" }]
[procedure.question.state.closed]
ends = true
[grant.g]
status = [{ is = "held" }, { is = "due", first-of = ["caught"] }]
[[invariant]]
never = "caught"
"#;

#[test]
fn what_an_act_between_the_edges_may_show_is_not_said_to_hold() {
    let asks = "scenario = \"Asks on the eighth day\"\nopened = 2026-02-06T00:00:00Z\n[[step]]\nby = \"seller\"\ndo = \"claim\"\n\
                [[step]]\nafter = \"8 days\"\nby = \"buyer\"\ndo = \"ask\"\n[[step]]\nafter = \"3 days 1 second\"\n\
                expect = { events = [\"claimed\", \"answered\", \"caught\"] }\n";
    let scenario = quorate::scenario::Scenario::parse(asks).unwrap();
    assert!(scenario.run(TWO_TIMES).is_ok_and(|it| it.met > 0), "it is not caught");
    let report = bounded(TWO_TIMES, 1_000);
    assert_eq!((report.between, report.complete, report.cut_short), (true, false, false));
    assert_eq!((report.passes(), report.fails()), (true, false));
    assert!(matches!(report.verdicts[..], [Verdict::KeptAsWalked]), "{:?}", report.verdicts);
    // Asked to act there as well, it finds who asks on the eighth day.
    let bounds = Bounds { between: true, leaving: 0, ..Bounds::default() };
    let between =
        explore(&TWO_TIMES.replace("never", "title = \"Never caught\"\nnever"), bounds, &mut |_| {}).unwrap();
    assert!(between.fails());
    assert_eq!(
        broken(&TWO_TIMES.replace("never", "title = \"Never caught\"\nnever"), &between),
        ["Never caught"]
    );
    // Nor is it said to be out of reach; and where the two cannot run at once, the edges show all.
    let reaches = TWO_TIMES.replace("never = ", "reaches = ");
    assert!(matches!(bounded(&reaches, 1_000).verdicts[..], [Verdict::Undecided]));
    let alone = TWO_TIMES.replace(
        "{ do = \"ask\", by = \"buyer\" }",
        "{ do = \"ask\", by = \"buyer\", within = \"0 days\", not-before = \"0 days\", of = \"claimed\" }",
    );
    assert_ne!(alone, TWO_TIMES);
    let report = bounded(&alone, 1_000);
    assert_eq!((report.between, report.complete), (false, true), "{:?}", report.verdicts);
}

/// That what is owed was not done in time is seen to come, and what follows from it; what nothing hangs on is not walked.
#[test]
fn what_comes_of_duties_is_walked() {
    let flow = fs::read_to_string("tests/workflows/flows/duty-late.toml").unwrap();
    let invariants = [
        ("Late if nobody moves", "reaches = \"withheld\"\neven-if-silent = \"agent\""),
        ("Late only after an agreement", "never = \"withheld and not agreed\""),
        ("Never late", "never = \"fee.status = 'suspended'\""),
        ("Taken back when done", "never = \"withheld and handed-over\""),
    ];
    let invariants: Vec<String> =
        invariants.iter().map(|(title, is)| format!("\n[[invariant]]\ntitle = {title:?}\n{is}\n")).collect();
    let invariants = invariants.concat();
    let text = format!("{flow}{invariants}");
    let report = explore(&text, Bounds { leaving: 0, ..Bounds::default() }, &mut |_| {}).unwrap();
    assert!(!report.cut_short, "{} states", report.states);
    let [late, after, never, taken_back] = &report.verdicts[..] else { panic!("{:?}", report.verdicts) };
    assert!(matches!(late, Verdict::Kept), "{late:?}");
    assert!(matches!((after, taken_back), (Verdict::Kept, Verdict::Kept)), "{after:?} {taken_back:?}");
    let Verdict::Broken(scenario) = never else { panic!("{never:?}") };
    assert!(scenario.run(&text).is_ok_and(|outcome| outcome.met > 0), "{}", scenario.text());
}

/// The third time an act is done something else follows, however little the first times move.
#[test]
fn acts_that_are_counted_are_walked() {
    let flow = fs::read_to_string("tests/workflows/flows/third-time.toml").unwrap();
    let quiet = flow.replace("emits = \"default\", at-most = 2", "at-most = 2");
    assert_ne!(quiet, flow);
    let invariant = "\n[[invariant]]\ntitle = \"Never terminated\"\nnever = \"terminated\"\nif-silent = [\"seller\", \"board\"]\n";
    let text = format!("{quiet}{invariant}");
    assert_eq!(broken(&text, &explored(&text, 0)), ["Never terminated"]);
}

/// Whoever stops a walk hears how far it came, that nothing is proven, and what was found by then; the exit code is that of
/// the signal, as of a command that it ends.
#[test]
fn a_walk_that_is_stopped_tells_how_far_it_came() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_quorate"));
        let command = command.args(["workflow", "explore", "--json", "workflows/plain-board.toml"]);
        let walk = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        // Once it answers signals itself it is walking; before that the signal would just end it.
        let status = format!("/proc/{}/status", walk.id());
        let catches = || {
            let status = fs::read_to_string(&status).unwrap();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap().trim();
            u64::from_str_radix(caught, 16).unwrap() & (1 << 1) != 0
        };
        while !catches() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let id = walk.id().to_string();
        assert!(std::process::Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        let done = walk.wait_with_output().unwrap();
        assert_eq!(done.status.code(), Some(code));
        let told: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!((&told["stopped"], &told["complete"]), (&true.into(), &false.into()));
        assert!(told["states"].as_u64().is_some() && told["invariants"][0]["holds"].is_null(), "{told}");
    }
}

/// A ballot of one, whose closing the document that is owed puts off, or which is sealed.
const ONE_BALLOT: &str = r#"
language = 1
title    = "One ballot"
nature   = "specimen"
contract = { digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", prevails = true }
[party]
buyer  = { signatures = "1 of 1" }
seller = { signatures = "1 of 1" }
[panel.board]
formed = "standing"
seats  = [{ name = "b1", by = "buyer" }]
[event]
claimed = "Claimed"
[procedure.claim]
open  = { do = "claim", by = "seller", emits = "claimed" }
panel = "board"
cases = { at-most = 1 }
start = "voting"
[procedure.claim.state.voting]
ballot = "finding"
duties = [{ do = "deliver", by = "seller", attach = ["plans"], within = "5 days" }]
steps  = [{ outcome = ["due", "not-due"], to = "closed" }]
[procedure.claim.state.closed]
ends = true
[ballot.finding]
question = "Is it due?"
electors = { of = "board" }
choices  = ["yes", "no"]
open-for = "10 days"
extend   = { on = "evidence", in-last = "10 days", by = "30 days", at-most = 1 }
outcomes = [{ is = "due", if = "yes = 1" }, { is = "not-due" }]
[grant.g]
status = [{ is = "held" }, { is = "due", first-of = ["claimed"] }]
[[invariant]]
title  = "It does not take long"
ends   = "claim"
within = "39 days"
"#;

/// Doing what is owed files a document, which an open ballot may heed.
#[test]
fn what_is_owed_is_done_where_a_ballot_heeds_its_documents() {
    assert_eq!(broken(ONE_BALLOT, &explored(ONE_BALLOT, 0)), ["It does not take long"]);
    let patient = ONE_BALLOT.replace("39 days", "40 days");
    assert!(explored(&patient, 0).passes());
}

/// Before a date a case is opened as early as it can still run then, its votes being revealed.
#[test]
fn a_case_is_opened_as_long_before_a_date_as_it_can_take() {
    let sealed = ONE_BALLOT
        .replace(
            "duties = [{ do = \"deliver\", by = \"seller\", attach = [\"plans\"], within = \"5 days\" }]\n",
            "",
        )
        .replace("steps  = [{", "steps  = [{ at = 2026-06-01T00:00:00Z, to = \"closed\" }, {")
        .replace("open-for = \"10 days\"", "open-for = \"1 day\"")
        .replace(
            "extend   = { on = \"evidence\", in-last = \"10 days\", by = \"30 days\", at-most = 1 }",
            "sealed   = { reveal-for = \"300 days\", unrevealed = \"has not voted\" }",
        )
        .replace("39 days", "290 days");
    assert_eq!(broken(&sealed, &explored(&sealed, 0)), ["It does not take long"]);
}
