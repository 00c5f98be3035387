//! Evidence that moves while a ballot is open, as voters and the operator see it, and documents that are struck.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use std::fs;

use cli_support::Stage;

const ANEW: &str = "vote anew on claim#1/finding#1";
const START: &str = "2026-02-02T09:00:00Z";

/// A claim before three arbiters, whose ballot is open, in one of the small workflows.
fn claimed(workflow: &str) -> Stage {
    let mut stage = Stage::empty();
    START.clone_into(&mut stage.clock);
    stage.ok("init --log-name test.example");
    let offices = ["claimant", "respondent", "chamber"];
    let seats = ["a1", "a2", "a3"];
    for name in offices.iter().chain(&seats) {
        stage.ok(&format!("key new {name} --no-passphrase"));
    }
    let officer = |name: &&str| {
        let public = stage.read(&format!("data/keys/{name}.pub"));
        let key = public.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        format!("[[officer]]\nholder = \"{name}/officer-1\"\nperson = \"{name}\"\nkey = \"{key}\"\n")
    };
    stage.write("roster.toml", &offices.iter().map(officer).collect::<String>());
    let rules = fs::read_to_string(format!("tests/workflows/flows/{workflow}.toml")).unwrap();
    stage.write("workflow.toml", &rules);
    stage.write("contract.txt", "");
    for name in ["statement.md", "exhibit.md", "letter.md"] {
        stage.write(name, &format!("The file {name}. SPECIMEN.\n"));
    }
    stage.ok("open claim --workflow workflow.toml --contract contract.txt --roster roster.toml \
         --key claimant --key respondent");
    for seat in seats {
        stage.ok(&format!("nominate arbiters/{seat} --person {seat} --nominee-key {seat} --key chamber"));
        stage.ok(&format!("accept-seat --seat arbiters/{seat} --key {seat}"));
    }
    stage.ok("do claim --attach statement=statement.md --key claimant");
    stage
}

fn digest_of(stage: &Stage, name: &str) -> String {
    let status = stage.ok("status");
    let filed = status["cases"][0]["filed"].as_array().unwrap().clone();
    let of_name = filed.iter().rev().find(|it| it["name"] == name).unwrap();
    of_name["digest"].as_str().unwrap().to_owned()
}

/// Lines of 80 columns as one.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_struck_document_is_erased_and_its_entry_stays() {
    let stage = claimed("evidence-stands");
    stage.ok("do file --attach exhibit=letter.md --key respondent");
    stage.ok("export public");
    let digest = digest_of(&stage, "exhibit");
    let hex = digest.strip_prefix("sha256:").unwrap();
    let (kept, published) = (stage.path("data/blobs").join(hex), stage.path("public/blobs").join(hex));
    let content = fs::read(&kept).unwrap();
    assert!(published.exists());

    stage.ok("do strike --strike exhibit --key chamber");
    assert!(!kept.exists());
    stage.ok("export public");
    assert!(!published.exists());
    // What a crash between the entry and the erasing leaves is erased with the next entry that is written.
    fs::write(&kept, content).unwrap();
    stage.ok("vote --choice yes --key a1");
    assert!(!kept.exists());
    assert_eq!(stage.ok("audit")["passes"], true);
    let told = stage.refused(&format!("do strike --strike {digest} --key chamber"), "wrong-strike");
    assert!(told.contains("was struck with entry"), "{told}");
    let told = stage.fails("do strike --strike exhibit --key chamber", 2);
    assert!(told.contains("no document called `exhibit`"), "{told}");
}

#[test]
fn nobody_has_anothers_document_erased_by_filing_it_again() {
    let stage = claimed("evidence-stands");
    stage.ok("do file --attach exhibit=letter.md --key respondent");
    let digest = digest_of(&stage, "exhibit");
    let kept = stage.path("data/blobs").join(digest.strip_prefix("sha256:").unwrap());
    // The opening act's document, filed anew by the respondent under a name that can be struck.
    let statement = digest_of(&stage, "statement");
    let original = stage.path("data/blobs").join(statement.strip_prefix("sha256:").unwrap());
    stage.ok("do file --attach exhibit=exhibit.md --as respondent --out again.json");
    let other = stage.read("again.json");
    let named = other.split("\"exhibit\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    stage.write("again.json", &other.replace(&named, &statement));
    fs::remove_dir_all(stage.path("again.json.documents")).unwrap();
    stage.ssh_sign("respondent", "again.json");
    stage.ok("submit again.json");
    stage.ok(&format!("do strike --strike {statement} --key chamber"));
    assert!(original.exists(), "the claimant's statement was erased");
    stage.ok(&format!("do strike --strike {digest} --key chamber"));
    assert!(!kept.exists());
    let filed = stage.ok("status")["cases"][0]["filed"].as_array().unwrap().clone();
    let of = |name: &str| filed.iter().find(|it| it["name"] == name).unwrap()["struck"].is_null();
    assert!(of("statement") && !of("exhibit"), "{filed:?}");
}

#[test]
fn each_voter_is_told_what_came_after_the_vote() {
    let stage = claimed("evidence-stands");
    stage.ok("vote --choice yes --key a1");
    stage.ok("do file --attach exhibit=exhibit.md --key claimant");
    stage.ok("vote --choice yes --key a2");
    stage.ok("do strike --strike exhibit --key chamber");
    let shown = folded(&stage.run("status").out);
    assert!(
        shown.contains("since the vote of a1: exhibit filed (entry 9), exhibit struck (entry 11)"),
        "{shown}"
    );
    assert!(shown.contains("since the vote of a2: exhibit struck (entry 11)"), "{shown}");
    let since = &stage.ok("status")["cases"][0]["ballots"][0]["since-votes"];
    assert_eq!((&since[0]["seat"], &since[0]["counts"]), (&"a1".into(), &true.into()), "{since}");
}

#[test]
fn a_vote_on_the_paper_before_the_new_evidence_is_refused_and_the_voter_told() {
    let stage = claimed("evidence-lapses");
    stage.ok("ballot --out before.toml");
    stage.ok("vote --ballot before.toml --choice yes --key a1");
    stage.ok("vote --ballot before.toml --choice yes --key a2 --out late.json");
    stage.ok("do file --attach exhibit=exhibit.md --key respondent");
    stage.refused("submit late.json", "other-paper");
    let shown = folded(&stage.run("status").out);
    assert!(shown.contains("that vote does not count any more"), "{shown}");
    let tasks = stage.ok("status")["tasks"].as_array().unwrap().clone();
    let of = |who: &str| tasks.iter().find(|it| it["who"] == who).unwrap()["what"].clone();
    assert_eq!((of("arbiters/a1"), of("arbiters/a2")), (ANEW.into(), "vote on claim#1/finding#1".into()));
    stage.ok("ballot --out after.toml");
    let (before, after) = (stage.read("before.toml"), stage.read("after.toml"));
    assert!(before.contains("new-evidence = \"votes lapse\"") && !before.contains("\"exhibit\""), "{before}");
    assert!(after.contains("name = \"exhibit\""), "{after}");
    stage.ok("vote --ballot after.toml --choice no --key a1");
    assert_eq!(stage.ok("status")["cases"][0]["ballots"][0]["heads"]["no"], 1);
}

#[test]
fn an_export_names_a_document_that_was_lost_and_publishes_the_rest() {
    let stage = claimed("evidence-stands");
    stage.ok("do file --attach exhibit=letter.md --key respondent");
    let (lost, filed) = (digest_of(&stage, "statement"), digest_of(&stage, "exhibit"));
    let blob = |digest: &str| stage.path("data/blobs").join(digest.strip_prefix("sha256:").unwrap());
    let content = fs::read(blob(&lost)).unwrap();
    fs::remove_file(blob(&lost)).unwrap();
    let done = stage.run("export public");
    let told = folded(&done.out);
    assert!(done.code == 1 && told.contains(&lost), "{done:?}");
    assert!(told.contains("the document `statement` of entry") && told.contains("was lost"), "{told}");
    assert!(stage.path("public/blobs").join(filed.strip_prefix("sha256:").unwrap()).exists());
    assert_eq!(stage.ok("audit public")["passes"], true);
    // As often as it is not there; and once it is back, it is published, also where nothing else is new.
    assert_eq!(stage.run("export public --json").json()["missing"][0]["digest"], lost.as_str());
    fs::write(blob(&lost), content).unwrap();
    assert_eq!(stage.ok("export public")["missing"].as_array().unwrap().len(), 0);
    assert!(stage.path("public/blobs").join(lost.strip_prefix("sha256:").unwrap()).exists());
    // What was struck is not missed.
    stage.ok("do strike --strike exhibit --key chamber");
    stage.ok("export elsewhere");
}

#[test]
fn a_struck_report_is_told_to_be_erased_not_unsigned() {
    let stage = claimed("evidence-stands");
    stage.ok("report claim#1 --out report.md");
    stage.ok("do file --attach exhibit=report.md --key respondent");
    assert_eq!(stage.ok("report --check report.md")["signed"].as_array().unwrap().len(), 1);
    let strike = stage.ok("do strike --strike exhibit --key chamber")["entry"].clone();
    let checked = stage.ok("report --check report.md");
    assert_eq!((&checked["passes"], &checked["erased"][0]["struck"]), (&true.into(), &strike));
    let told = folded(&stage.run("report --check report.md").out);
    assert!(told.contains(&format!("erased by entry {strike}: that holds")), "{told}");
}

#[test]
fn the_log_names_what_was_filed_and_struck() {
    let stage = claimed("evidence-stands");
    stage.ok("do file --attach exhibit=letter.md --key respondent");
    let digest = digest_of(&stage, "exhibit");
    stage.ok("do strike --strike exhibit --key chamber");
    let short = digest.get(..19).unwrap();
    let told = folded(&stage.run("log").out);
    assert!(told.contains(&format!("did “file” in claim#1: exhibit {short}…")), "{told}");
    assert!(told.contains(&format!("did “strike” in claim#1: strikes exhibit {short}…")), "{told}");
    let entries = stage.ok("log")["entries"].as_array().unwrap().clone();
    let [.., filed, struck] = entries.as_slice() else { panic!("{entries:?}") };
    for (entry, strikes) in [(filed, false), (struck, true)] {
        let named = &entry["documents"][0];
        assert_eq!((&named["name"], &named["digest"]), (&"exhibit".into(), &digest.as_str().into()));
        assert_eq!(named["strikes"], strikes);
    }
}
