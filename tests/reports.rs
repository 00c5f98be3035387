//! Reports: those of the recorded logs, word for word (`UPDATE=1 cargo test --test reports` records them anew in `tests/reports`),
//! and what a person does with one: write it, sign it, check it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cli_support::{CLOSED, OPEN, PARTIES, SEATS, Stage, VOTING};
use quorate::audit::{Source as _, audit};
use quorate::export::Reader;
use quorate::log::MemoryTree;
use quorate::report::{EDITION, Format, Made, Report, Sources};
use quorate::scenario::{Scenario, supposed_agreement};
use quorate::statement::{Attachments, Body, Entry};
use quorate::values::{Digest, Instant};
use serde_json::Value;

/// The reports of every case of a recorded log as of its last entry.
fn recorded(folder: &str) -> Vec<Report> {
    let source = Reader::folder(folder).unwrap();
    let audited = audit(&source, None, &mut |_, _| {}).unwrap();
    let state = audited.state.unwrap();
    let mut attached: BTreeMap<u64, Attachments> = BTreeMap::new();
    for read in source.entries(0, u64::MAX) {
        let (index, bytes) = read.unwrap();
        let checked = Entry::parse(&bytes).unwrap().envelope.check().unwrap();
        if let Body::Vote(vote) = &checked.statement().body {
            attached.insert(index, vote.attach.clone());
        }
    }
    let at: Instant = state.last;
    let state = state.at(at).into_owned();
    let sources = Sources { state: &state, head: audited.head, at, attached, documents: None };
    state.cases.keys().map(|case| Report::of(&sources, case).unwrap()).collect()
}

#[test]
fn recorded_logs_are_told_as_recorded() {
    let mut wrong = Vec::new();
    let mut cases = 0;
    let mut all = String::new();
    for log in ["agi-2025", "medicine-2026"] {
        for report in recorded(&format!("tests/data/{log}")) {
            cases += 1;
            for (format, end) in [(Format::Markdown, "md"), (Format::Html, "html"), (Format::Json, "json")] {
                let text = report.write(format);
                assert_eq!(Made::find(&text).unwrap(), report.made);
                all.push_str(&text);
                let file =
                    format!("tests/reports/{log}.{}.{end}", report.made.case.to_string().replace('#', "-"));
                if std::env::var_os("UPDATE").is_some() {
                    fs::create_dir_all("tests/reports").unwrap();
                    fs::write(&file, &text).unwrap();
                }
                if fs::read_to_string(&file).unwrap_or_default() != text {
                    wrong.push(file);
                }
            }
        }
    }
    assert!(cases >= 2, "{cases}");
    edition(Digest::of(all.as_bytes()));
    assert!(wrong.is_empty(), "not as told now: {wrong:?}");
}

/// A report of one edition says the same for ever: other words are another edition.
fn edition(digest: Digest) {
    let file = "tests/reports/editions";
    let known = fs::read_to_string(file).unwrap_or_default();
    let line = format!("{EDITION} {digest}");
    match known.lines().find(|line| line.starts_with(&format!("{EDITION} "))) {
        Some(known) => assert_eq!(
            known, line,
            "reports say something else than edition {EDITION} did: raise EDITION in src/report/made.rs"
        ),
        None if std::env::var_os("UPDATE").is_some() => {
            fs::write(file, format!("{known}{line}\n")).unwrap();
        }
        None => panic!("edition {EDITION} is not recorded: UPDATE=1 records it"),
    }
}

#[test]
fn a_report_by_another_version_of_the_program_is_not_called_altered() {
    let mut stage = Stage::voting();
    closed(&mut stage);
    for format in ["md", "html", "json"] {
        stage.ok(&format!("report verification#1 --format {format} --out good.{format}"));
        let good = stage.read(&format!("good.{format}"));
        let old = good
            .replacen(&format!("quorate-report {EDITION} "), "quorate-report 1 ", 1)
            .replace("How the case went", "The way of the case");
        stage.write(&format!("old.{format}"), &old);
        let line = format!("report --check old.{format} --out again.{format}");
        let done = stage.run(&line);
        assert_eq!(done.code, 5, "{done:?}");
        let told = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("another version of the program: it is of edition 1,"), "{told}");
        assert!(!told.contains("byte for byte") && !told.contains("was altered, or"), "{told}");
        // There is something to compare it with.
        assert_eq!(stage.read(&format!("again.{format}")), good);
    }
    // Its signature holds.
    CLOSED.clone_into(&mut stage.clock);
    stage.ok("do sign-report --attach report=old.md --key i1");
    let checked = stage.run("report --check old.md --json");
    let json = checked.json();
    assert_eq!((checked.code, &json["passes"], &json["other-edition"]), (5, &false.into(), &true.into()));
    assert_eq!((&json["edition"], &json["signed"][0]["by"]), (&1.into(), &"i1".into()));
    // A head that is not of this log, or what would have been, is no matter of words.
    for (name, before, after) in [("root", " root ", " root AA"), ("size", " size ", " size 9")] {
        stage.write("bad.md", &stage.read("old.md").replacen(before, after, 1));
        assert_ne!(stage.run("report --check bad.md").code, 5, "{name}");
    }
    stage.fails("report --check bad.md --out none.md", 2);
}

/// The parts of a report in JSON that hold entries.
fn entries(report: &Value) -> Vec<u64> {
    let sections = report["sections"].as_array().unwrap().iter();
    let parts = sections.flat_map(|section| section["parts"].as_array().unwrap());
    let lists = parts.flat_map(|part| match part["rows"].as_array() {
        Some(rows) => rows.iter().map(|row| row["entries"].clone()).collect(),
        None => vec![part["entries"].clone()],
    });
    lists.filter_map(|list| list.as_array().cloned()).flatten().map(|entry| entry.as_u64().unwrap()).collect()
}

/// Five vote met, two not: the case has closed.
fn closed(stage: &mut Stage) {
    VOTING.clone_into(&mut stage.clock);
    for (seat, choice) in SEATS.iter().zip(["met", "met", "not-met", "not-met", "met", "met", "met"]) {
        stage.ok(&format!("vote --choice {choice} --rationale why.md --key {seat}"));
    }
}

#[test]
fn a_report_is_written_signed_by_the_chair_and_checked() {
    let mut stage = Stage::voting();
    closed(&mut stage);
    for format in ["md", "html", "json"] {
        stage.ok(&format!("report verification#1 --format {format} --out report-1.{format}"));
        let checked = stage.ok(&format!("report --check report-1.{format}"));
        assert_eq!(
            (&checked["passes"], checked["signed"].as_array().unwrap().len()),
            (&Value::Bool(true), 0)
        );
    }
    let written = stage.ok("report verification#1 --with-documents --out report-2.md");
    assert!(stage.read("report-2.md").contains("> The file why.md. SPECIMEN."));
    assert!(!stage.read("report-1.md").contains("The file why.md"));
    // The log goes on; the report is made again at the head that it names.
    CLOSED.clone_into(&mut stage.clock);
    stage.ok("do sign-report --attach report=report-2.md --key i1");
    let checked = stage.ok("report --check report-2.md");
    assert_eq!(checked["passes"], true);
    assert_eq!(checked["digest"], written["digest"]);
    assert_eq!(checked["signed"][0]["by"], "i1");
    assert_eq!(checked["seats"]["signed"], 1);
    assert_eq!(checked["seats"]["filled"], 7);
    // The other one says nearly the same, and nobody has signed it.
    assert_eq!(stage.ok("report --check report-1.md")["signed"].as_array().unwrap().len(), 0);
    // An export does for whoever checks, and so it does for whoever writes.
    stage.ok("export public");
    let exported = stage.ok("report --check report-2.md --agreement ./public");
    assert_eq!(exported, checked);
    stage.ok("report verification#1 --agreement ./public --out from-export.md");
    assert_eq!(stage.ok("report --check from-export.md")["passes"], true);
    // It holds as of its time, and whoever checks it hears what came later.
    assert_eq!(
        (&checked["since"]["entries"], &checked["since"]["changed"]),
        (&1.into(), &serde_json::json!([]))
    );
    let so = "Since then one entry has come, of 2026-05-26 09:00:00 UTC. What it tells of verification#1 is still so.";
    assert!(
        stage
            .run("report --check report-2.md")
            .out
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .contains(so)
    );
    stage.write("judgment.md", "Set aside.");
    stage.ok("do set-aside --attach judgment=judgment.md --key registrar");
    let since = stage.ok("report --check report-2.md")["since"].clone();
    assert_eq!(since["entries"], 2);
    let changed = ["it has emitted `set-aside`", "`verified` counts no more: `set-aside` has annulled it"];
    for words in changed {
        assert!(since["changed"].as_array().unwrap().contains(&words.into()), "{words}: {since}");
    }
    let told = stage.run("report --check report-2.md").out;
    assert!(told.contains("is no longer all so:") && told.contains("byte for byte"), "{told}");
    let folded = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("signed     once\n  by i1, 2026-05-26 09:00:00 UTC (entry 23)\n"), "{told}");
    let signed =
        "1 of 7 seats that were filled when the case ended, 2026-05-12 09:00:00 UTC, have signed it.";
    assert!(folded.contains(signed), "{told}");
}

#[test]
fn a_report_of_what_would_have_been_is_no_determination() {
    let mut stage = Stage::voting();
    let told = stage.fails("report verification#1 --at 2026-12-01 --out early.md", 2);
    assert!(told.contains("still to come"), "{told}");
    // Written on a machine whose clock is ahead, before anybody had voted: the ballot closes without a quorum.
    let ahead = stage.copy("2026-12-01T00:00:00Z");
    ahead.ok("report verification#1 --at 2026-11-30 --out false.md");
    stage.write("false.md", &ahead.read("false.md"));
    assert_eq!(stage.ok("report --check false.md")["passes"], true, "nothing has come since");
    closed(&mut stage);
    CLOSED.clone_into(&mut stage.clock);
    let done = stage.run("report --check false.md");
    assert!(done.code == 1 && done.out.contains("what would have been"), "{done:?}");
}

#[test]
fn what_holds_of_a_report_without_its_documents_is_told() {
    let mut stage = Stage::voting();
    closed(&mut stage);
    for format in ["md", "html", "json"] {
        let file = format!("with.{format}");
        stage.ok(&format!("report verification#1 --format {format} --with-documents --out {file}"));
        let text = stage.read(&file);
        let blobs = stage.path("data/blobs");
        let away = stage.path("away");
        fs::rename(&blobs, &away).unwrap();
        fs::create_dir(&blobs).unwrap();
        let done = stage.run(&format!("report --check {file}"));
        let told = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            done.code == 1 && told.contains("Everything but the texts of these documents"),
            "{format}: {told}"
        );
        assert!(
            told.contains("rationale of entry 16, sha256:") && told.contains(": not at hand"),
            "{format}: {told}"
        );
        let checked = stage.run(&format!("report --check {file} --json")).json();
        assert_eq!(
            (&checked["passes"], checked["missing"].as_array().unwrap().len()),
            (&Value::Bool(false), 7)
        );
        // What was altered elsewhere, or within a text so that it is no text of a document any more, is altered.
        let within = match format {
            "md" => text.replacen("\n> ", "\n## ", 1),
            "html" => text.replacen("<blockquote>", "<blockquote></blockquote><p>No</p><blockquote>", 1),
            _ => text.replacen("SPECIMEN.", "SPECIMEN.\",\"no\":\"", 1),
        };
        for bent in [text.replacen("not-met", "not-met ", 1), within] {
            assert_ne!(bent, text);
            stage.write("bent", &bent);
            let done = stage.run("report --check bent");
            assert!(done.code != 0 && !done.out.contains("Everything but"), "{format}: {done:?}");
        }
        fs::remove_dir(&blobs).unwrap();
        fs::rename(&away, &blobs).unwrap();
        assert_eq!(stage.ok(&format!("report --check {file}"))["passes"], true);
    }
}

#[test]
fn an_altered_report_and_one_of_another_head_are_found() {
    let mut stage = Stage::voting();
    closed(&mut stage);
    stage.ok("report verification#1 --out good.md");
    let good = stage.read("good.md");
    for (name, text) in [
        ("vote", good.replacen("| not-met | 2 |", "| not-met | 3 |", 1)),
        ("margin", good.replacen("if 1 vote differed", "if 3 votes differed", 1)),
        ("end", format!("{good}\n")),
        ("case", good.replacen(" verification#1 at", " verification#2 at", 1)),
        ("size", good.replacen(" size ", " size 9", 1)),
        ("time", good.replacen(" at 2026", " at 2025", 1)),
        ("root", good.replacen(" root ", " root AA", 1)),
    ] {
        assert_ne!(text, good, "{name}");
        stage.write("bad.md", &text);
        let done = stage.run("report --check bad.md");
        assert_ne!(done.code, 0, "{name}: {done:?}");
        assert!(!done.out.contains("byte for byte"), "{name}: {done:?}");
    }
    for text in ["", "quorate-report 2 ", "quorate-report 2 x y at z size 1 root r documents in", "# Report"]
    {
        stage.write("none.md", text);
        let told = stage.fails("report --check none.md", 2);
        assert!(told.contains("is no report"), "{told}");
    }
}

#[test]
fn the_numbers_are_those_of_the_count_and_every_entry_is_there() {
    let mut stage = Stage::voting();
    closed(&mut stage);
    let report = stage.ok("report verification#1")["report"].clone();
    let ballot = &report["ballots"][0];
    let status = stage.ok("status");
    let heads = &status["cases"][0]["ballots"][0]["heads"];
    for vote in ballot["votes"].as_array().unwrap() {
        assert_eq!(vote["heads"], heads[vote["choice"].as_str().unwrap()]);
    }
    assert_eq!(ballot["outcome"], "verified");
    assert_eq!(ballot["outcomes"][0]["comparisons"][0]["bound"], "14/3");
    assert_eq!(ballot["outcomes"][1]["comparisons"][0]["bound"], "7/3");
    assert_eq!(ballot["margin"]["votes"], 1);
    let size = stage.head()["size"].as_u64().unwrap();
    let entries = entries(&report);
    assert!(entries.iter().all(|entry| *entry < size));
    // Nothing that the case is made of goes without its entry: all but the opening of the agreement and the filings.
    for entry in 1..size {
        assert!(entries.contains(&entry), "entry {entry} stands behind nothing");
    }
}

#[test]
fn positions_that_are_not_told_follow_from_nothing_in_the_report() {
    let mut stage = Stage::prepared();
    let workflow = stage.read("agi-2025.toml");
    let workflow =
        workflow.replace("change     = \"never\"", "change     = \"never\"\npositions  = \"not told\"");
    stage.write("agi-2025.toml", &workflow);
    stage.ok(&format!("{OPEN} {PARTIES}"));
    stage.declare_and_seat();
    closed(&mut stage);
    let report = stage.ok("report verification#1 --with-documents")["report"].clone();
    let text = report.to_string();
    assert!(!text.contains("why.md") && !text.contains("rationale"), "{text}");
    assert!(!text.contains("Positions") && !text.contains("would be another"), "{text}");
    assert_eq!(report["ballots"][0]["margin"], Value::Null);
    assert_eq!(report["ballots"][0]["votes"][0]["heads"], 5);
    // The entries of votes stand behind nothing but the closing.
    let votes: Vec<u64> = stage.ok("log")["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["type"] == "vote")
        .map(|entry| entry["entry"].as_u64().unwrap())
        .collect();
    let told = entries(&report);
    assert_eq!(votes.iter().filter(|entry| told.contains(entry)).count(), 1);
}

#[test]
fn what_people_wrote_is_no_part_of_the_report() {
    let mut stage = Stage::seated();
    let hostile = "</p><script>alert(1)</script> | [x](javascript:x) | `a` *b* <!-- x -->";
    stage.ok(&format!("recuse --reason '{hostile}' --case verification#1 --key o1"));
    VOTING.clone_into(&mut stage.clock);
    stage.write("why.md", "# Outcome\n\n1. The panel <b>refuses</b>.\n> - | x |\n");
    for seat in &SEATS[1..] {
        stage.ok(&format!("vote --choice met --rationale why.md --key {seat}"));
    }
    for format in ["md", "html"] {
        stage.ok(&format!("report verification#1 --with-documents --format {format} --out hostile.{format}"));
        let text = stage.read(&format!("hostile.{format}"));
        assert!(text.contains("o1 stays out of the case"), "{text}");
        assert!(
            !text.contains("<script>") && !text.contains("<b>") && text.matches("<!-- ").count() == 1,
            "{text}"
        );
        if format == "md" {
            assert!(
                text.contains("\\](javascript") && !text.contains("\n> # ") && !text.contains("| ["),
                "{text}"
            );
        }
        assert_eq!(stage.ok(&format!("report --check hostile.{format}"))["passes"], true);
    }
}

#[test]
fn a_case_that_has_not_ended_is_told_as_open() {
    let stage = Stage::voting();
    let report = stage.ok("report verification#1")["report"].clone();
    let text = report.to_string();
    assert!(text.contains("The case has not ended") && text.contains("it has not been counted"), "{text}");
    assert_eq!(report["ballots"].as_array().unwrap().len(), 0);
    let told = stage.fails("report verification#2", 2);
    assert!(told.contains("there is no case `verification#2`"), "{told}");
}

#[test]
fn html_needs_nothing_from_elsewhere() {
    for file in fs::read_dir(Path::new("tests/reports")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|end| end == "html") {
            let text = fs::read_to_string(&path).unwrap();
            for word in ["src=", "href=", "url(", "@import", "<script", "http:", "https:"] {
                assert!(!text.contains(word), "{}: {word}", path.display());
            }
            assert!(
                text.contains("name=\"viewport\"")
                    && text.contains("@media print")
                    && text.contains("lang=\"en\"")
            );
        }
    }
}

/// A stage up to the open ballot whose workflow has these words in place of others.
fn stage_with(changes: &[(&str, &str)]) -> Stage {
    let mut stage = Stage::prepared();
    let text = changes.iter().fold(stage.read("agi-2025.toml"), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    stage.write("agi-2025.toml", &text);
    stage.ok(&format!("{OPEN} {PARTIES}"));
    stage.declare_and_seat();
    closed(&mut stage);
    stage.ok("report verification#1 --out report-1.md");
    CLOSED.clone_into(&mut stage.clock);
    stage
}

#[test]
fn the_workflow_says_whose_signature_makes_a_report_the_panels_and_check_tells_whether_it_is_there() {
    let procedure = "[procedure.verification]\n";
    let chair = format!("{procedure}report = {{ signed-by = \"chair\" }}\n");
    let stage = stage_with(&[(procedure, &chair)]);
    let asked = "- to be signed: by the chair; quorate report --check tells whether it is\n";
    assert!(stage.read("report-1.md").contains(asked), "{}", stage.read("report-1.md"));
    let told = stage.run("report --check report-1.md");
    assert_eq!(told.code, 6, "{told:?}");
    assert!(told.out.contains("It is not signed by the chair, as the workflow asks."), "{told:?}");
    // What was altered is altered first of all, signed or not.
    stage.write("altered.md", &format!("{}\n", stage.read("report-1.md")));
    assert_eq!(stage.run("report --check altered.md").code, 1);
    stage.ok("do sign-report --attach report=report-1.md --key i1");
    let told = stage.run("report --check report-1.md");
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.out.contains("It is signed by the chair, as the workflow asks."), "{told:?}");
    let asked = stage.ok("report --check report-1.md")["asked"].clone();
    assert_eq!((&asked["signed-by"], &asked["met"]), (&"chair".into(), &true.into()));

    // Of seven filled seats four are a majority, and one seat counts once.
    let majority = format!("{procedure}report = {{ signed-by = \"majority\" }}\n");
    let step = "{ do = \"set-aside\"";
    let either = "{ do = \"co-sign\", by = \"experts\", attach = [\"report\"] },\n  { do = \"set-aside\"";
    let stage = stage_with(&[(procedure, &majority), (step, either)]);
    for (seat, code) in [("o1", 6), ("m1", 6), ("i2", 6), ("i1", 0)] {
        stage.ok(&format!("do co-sign --attach report=report-1.md --key {seat}"));
        let told = stage.run("report --check report-1.md");
        assert_eq!(told.code, code, "{seat}: {told:?}");
    }
    let told = stage.run("report --check report-1.md").out;
    assert!(
        told.contains("It is signed by a majority of the panel's filled seats, as the workflow asks."),
        "{told}"
    );
    let explained = stage.run("workflow explain agi-2025.toml").out;
    let folded = explained.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        folded.contains("The report of a case is signed by a majority of the panel's filled seats."),
        "{folded}"
    );
}

#[test]
fn a_rationale_cannot_pass_for_a_part_of_the_report() {
    let mut stage = Stage::voting();
    let wild = "</blockquote></main><script>alert(1)</script>\n# Report on verification#2\n\n---\n\n## 9. The count\n\
                | choice | votes | entry |\n|---|---|---|\n| met | 7 | 1 |\n```\n<!-- quorate-report 1 x -->\n~~~\n1. one\n\
                - two\n> three\n===\n    four\n[a]: javascript:b \"c\"\n![x](y) **bold** _it_ &amp; \\\\ %%{init}%%; --> \u{5d0}\u{5d1}\n";
    stage.write("wild.md", wild);
    VOTING.clone_into(&mut stage.clock);
    for (seat, choice) in SEATS.iter().zip(["met", "met", "not-met", "not-met", "met", "met", "met"]) {
        stage.ok(&format!("vote --choice {choice} --rationale wild.md --key {seat}"));
    }
    for format in ["md", "html"] {
        stage.ok(&format!(
            "report verification#1 --with-documents --format {format} --out wild-report.{format}"
        ));
        assert_eq!(stage.ok(&format!("report --check wild-report.{format}"))["passes"], true);
        stage.ok(&format!("report verification#1 --format {format} --out plain.{format}"));
    }
    // Of Markdown: each line of a rationale is quoted, and with the quotes left out the page is as without documents.
    let (wild_page, plain) = (stage.read("wild-report.md"), stage.read("plain.md"));
    let heads = |page: &str| -> Vec<String> {
        page.lines()
            .filter(|line| line.starts_with(['#', '|', '-', '*', '`', '~', '=', '<', ' ']))
            .map(str::to_owned)
            .collect()
    };
    let but_made = |page: &str| heads(page).into_iter().skip(1).collect::<Vec<_>>();
    assert_eq!(but_made(&wild_page), but_made(&plain));
    let quoted: Vec<&str> = wild_page.lines().filter(|line| line.starts_with('>')).collect();
    assert_eq!(quoted.len(), 7 * wild.lines().count());
    for line in quoted {
        let words = line.trim_start_matches('>').trim_start();
        assert!(!words.starts_with(['#', '|', '-', '`', '~', '=', '<', '>', '[', '+']), "{line}");
        let numbered = words.trim_start_matches(|letter: char| letter.is_ascii_digit());
        assert!(numbered.len() == words.len() || !numbered.starts_with(['.', ')']), "{line}");
        assert!(!line.contains('<') && !words.contains("\u{5d0}\u{202e}"), "{line}");
        for mark in ["**", "](", "`"] {
            assert!(!line.replace("\\*", "").replace("\\]", "").replace("\\`", "").contains(mark), "{line}");
        }
    }
    // Of HTML: no element that a report without documents does not have, but the paragraphs and quotes themselves.
    let tags = |page: &str| -> BTreeMap<String, usize> {
        let mut counted = BTreeMap::new();
        for part in page.split("-->").nth(1).unwrap().split('<').skip(1) {
            let name = part.split([' ', '>']).next().unwrap().to_owned();
            *counted.entry(name).or_default() += 1;
        }
        counted
    };
    let (mut with, without) = (tags(&stage.read("wild-report.html")), tags(&stage.read("plain.html")));
    assert_eq!((with.remove("blockquote"), with.remove("/blockquote")), (Some(7), Some(7)));
    for end in ["p", "/p"] {
        *with.get_mut(end).unwrap() -= 7;
    }
    assert_eq!(with, without);
}

/// A standing panel of four; its cases are questions, votes on whom to remove, and reports that it signs.
const LAB: &str = include_str!("reports/lab.toml");

/// A stage on which the lab's agreement is open since 5 January and its four seats are filled.
fn lab() -> Stage {
    let mut stage = Stage::empty();
    stage.ok("init --log-name test.example");
    let mut roster = String::new();
    for key in ["buyer", "seller", "chamber", "b1", "s1", "c1", "c2", "x1", "x2"] {
        stage.ok(&format!("key new {key} --no-passphrase"));
        if ["buyer", "seller", "chamber"].contains(&key) {
            let public = stage.read(&format!("data/keys/{key}.pub"));
            let public = public.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
            let line = format!(
                "[[officer]]\nholder = \"{key}/officer-1\"\nperson = \"Officer {key}\"\nkey = \"{public}\"\n"
            );
            roster.push_str(&line);
        }
    }
    stage.write("roster.toml", &roster);
    stage.write("lab.toml", LAB);
    stage.write("contract.txt", "");
    "2026-01-05T09:00:00Z".clone_into(&mut stage.clock);
    stage.ok(
        "open lab --workflow lab.toml --contract contract.txt --roster roster.toml --key buyer --key seller",
    );
    for (seat, by) in [("b1", "buyer"), ("s1", "seller"), ("c1", "chamber"), ("c2", "chamber")] {
        seated(&stage, seat, &format!("P {seat}"), seat, by);
    }
    stage
}

fn seated(stage: &Stage, seat: &str, person: &str, key: &str, by: &str) {
    stage.ok(&format!("nominate experts/{seat} --person '{person}' --nominee-key {key} --key {by}"));
    stage.ok(&format!("accept-seat --key {key}"));
}

#[test]
fn whoever_comes_or_leaves_after_the_end_of_a_case_does_not_change_by_whom_its_report_is_signed() {
    let mut stage = lab();
    stage.write("paper.md", "A paper.\n");
    stage.ok("do claim --attach claim=paper.md --key seller");
    stage.ok("do close --key chamber");
    "2026-01-06T09:00:00Z".clone_into(&mut stage.clock);
    stage.ok("report acceptance#1 --out ra.md");
    let sign = "do sign-report --attach report=ra.md --case acceptance#1";
    let seats = |stage: &Stage| {
        let done = stage.run("report --check ra.md --json");
        (done.code, done.json()["seats"].clone(), done.json()["asked"]["met"] == true)
    };
    let figures =
        |signed: u32| serde_json::json!({ "signed": signed, "filled": 4, "as-of": "2026-01-05T09:00:00Z" });
    for (seat, signed, code) in [("c1", 1, 6), ("s1", 2, 6)] {
        stage.ok(&format!("{sign} --key {seat}"));
        assert_eq!(seats(&stage), (code, figures(signed), false), "{seat}");
    }
    // Whoever comes to a seat after the case signs for nobody.
    stage.ok("step-down --reason gone --key c2");
    seated(&stage, "c2", "Somebody Else", "x2", "chamber");
    stage.ok(&format!("{sign} --key x2"));
    assert_eq!(seats(&stage), (6, figures(2), false));
    stage.ok(&format!("{sign} --key b1"));
    assert_eq!(seats(&stage), (0, figures(3), true));
    // Whoever signed and leaves has signed.
    for seat in ["c1", "s1", "b1"] {
        stage.ok(&format!("step-down --reason gone --key {seat}"));
        assert_eq!(seats(&stage), (0, figures(3), true), "{seat}");
    }
    seated(&stage, "c1", "New One", "x1", "chamber");
    assert_eq!(seats(&stage), (0, figures(3), true));
    let told = stage.run("report --check ra.md").out;
    assert!(told.contains("3 of 4 seats that were filled when the case ended, 2026-01-05"), "{told}");
}

/// What a report says of a case, with the entries behind it: `sentence [1, 2]`, `cell | cell [3]`.
fn said(report: &Value) -> Vec<String> {
    let sections = report["sections"].as_array().unwrap().iter();
    let parts = sections.flat_map(|section| section["parts"].as_array().unwrap());
    let lines = parts.flat_map(|part| match part["rows"].as_array() {
        Some(rows) => rows
            .iter()
            .map(|row| {
                let cells: Vec<&str> =
                    row["cells"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
                format!("{} {}", cells.join(" | "), row["entries"])
            })
            .collect(),
        None => vec![format!("{} {}", part["sentence"].as_str().unwrap_or_default(), part["entries"])],
    });
    lines.collect()
}

#[test]
fn withheld_and_lapsed_votes_and_standstills_are_told_as_what_they_are() {
    let scenario = Scenario::parse(include_str!("reports/lab-withheld.toml")).unwrap();
    let opened = supposed_agreement(LAB, "2026-01-05T09:00:00Z".parse().unwrap()).unwrap();
    let supposed = scenario.suppose(&opened).unwrap();
    let sources = Sources {
        state: &supposed.state,
        head: MemoryTree::default().head(),
        at: supposed.at,
        attached: BTreeMap::new(),
        documents: None,
    };
    let report = Report::of(&sources, &"acceptance#1".parse().unwrap()).unwrap();
    let said = said(&serde_json::to_value(&report).unwrap());
    let all = said.join("\n");
    for line in [
        "s1 | Panelist experts/s1 | committed, not revealed (counts as abstain) |  [13]",
        "1 vote stayed sealed: what was committed to and not revealed counts as “abstain”",
        "No vote that was revealed is for another choice than “yes”; whether those that stayed sealed",
        "s1 | Panelist experts/s1 | 100, which lapsed by entry 17; not cast anew |  [16,17]",
        "dismissed; the vote cast before had lapsed by entry 17, and the number of electors stays. [15,17,21]",
        "dismissed; the vote cast before does not count",
        "The case was suspended from 2026-01-06 09:00:00 UTC until 2026-01-08 09:00:00 UTC, while challenge#1 ran: what was \
         still to come came so much later. [18,21]",
        // Whoever sat there when the ballot opened, and not whoever sits there now.
        "(Panelist experts/c2), s1 (Panelist experts/s1). [1,2,3,4,5,6,7,8]",
    ] {
        assert!(all.contains(line), "{line}\n\n{all}");
    }
    for untrue in ["no vote had been cast", "did not vote", "there is no minority", "s1 | abstain"] {
        assert!(!all.contains(untrue), "{untrue}\n\n{all}");
    }
}

#[test]
fn the_report_of_a_dismissal_names_whom_it_dismissed_and_a_question_the_text_that_asks_it() {
    let mut stage = lab();
    stage.write("paper.md", "A paper.\n");
    stage.ok("do challenge --seat c2 --attach ground=paper.md --key buyer");
    for seat in ["b1", "s1", "c1"] {
        stage.ok(&format!("vote --choice remove --key {seat}"));
    }
    let size = stage.head()["size"].as_u64().unwrap();
    "2026-01-06T09:00:00Z".clone_into(&mut stage.clock);
    seated(&stage, "c2", "New Two", "x2", "chamber");
    let all = said(&stage.ok("report challenge#1")["report"]).join("\n");
    for line in [
        "The case is about P c2, who had the seat experts/c2 when it was opened, 2026-01-05 09:00:00 UTC. [7,9]".to_owned(),
        format!("P c2 was dismissed from it 2026-01-05 09:00:00 UTC, by this case. [{}]", size - 1),
        "c2 (P c2) was not an elector: the case is about this seat. [9]".to_owned(),
        format!("c2 | New Two | chamber | indep | filled, only after the case had ended [{},{}]", size, size + 1),
    ] {
        assert!(all.contains(&line), "{line}\n\n{all}");
    }
    // Under an amended text the question stands in the amendment.
    stage.ok("do claim --attach claim=paper.md --key seller");
    let (old, new) = ("Are the works complete?", "Are they really complete?");
    stage.write("other.toml", &LAB.replace(old, new));
    let entry = stage.head()["size"].as_u64().unwrap();
    stage.ok("amend --to other.toml --contract contract.txt --case acceptance#1=voting --occasion 'A better question' --key buyer --key seller");
    let all = said(&stage.ok("report acceptance#1")["report"]);
    let asked = all.iter().find(|line| line.contains("finding#1 asked")).unwrap();
    assert!(asked.contains(new) && asked.ends_with(&format!(" [{entry}]")), "{asked}");
}
