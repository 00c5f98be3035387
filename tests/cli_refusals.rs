//! Votes that must not count: each is refused with exit code 3 and a sentence that says why and what to do, and
//! the log stays as it is.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use cli_support::{CLOSED, OPEN, PARTIES, Stage, VOTING};

const VOTE: &str = "vote --choice met --rationale why.md";

/// The statement of a vote of o1, unsigned, with something in it replaced; then signed by `key`.
fn edited(stage: &Stage, key: &str, edit: impl FnOnce(String) -> String) {
    stage.ok(&format!("{VOTE} --as o1 --out vote.json"));
    let text = stage.read("vote.json");
    let changed = edit(text.clone());
    assert_ne!(changed, text, "the edit changed nothing");
    stage.write("vote.json", &changed);
    stage.ssh_sign(key, "vote.json");
}

fn field(text: &str, name: &str) -> String {
    let document: serde_json::Value = serde_json::from_str(text).unwrap();
    document[name].as_str().unwrap().to_owned()
}

#[test]
fn an_unedited_vote_signed_by_hand_is_taken() {
    let stage = Stage::voting();
    stage.ok(&format!("{VOTE} --as o1 --out vote.json"));
    stage.ssh_sign("o1", "vote.json");
    assert_eq!(stage.ok("submit vote.json")["known"], false);
    assert_eq!(stage.ok("submit vote.json")["known"], true);
}

#[test]
fn a_vote_before_the_ballot_opens() {
    let stage = Stage::seated();
    let told = stage.refused(&format!("{VOTE} --key o1"), "ballot-not-open");
    assert!(told.contains("quorate status"), "{told}");
    stage.refused(&format!("{VOTE} --key o1 --on verification#1/finding#1"), "ballot-not-open");
    // Written as if it were open, on a machine whose clock is ahead.
    let mut ahead = stage.copy(VOTING);
    ahead.ok(&format!("{VOTE} --key o1 --out {}", stage.path("vote.json").display()));
    stage.refused("submit vote.json", "ballot-not-open");
    stage.refused(
        "vote --choice met --rationale why.md --key o1 --on nonesuch#1/finding#1",
        "ballot-not-open",
    );
    // The same text is taken once the ballot is open.
    ahead.clock = VOTING.to_owned();
    ahead.ok(&format!("submit {}", stage.path("vote.json").display()));
}

#[test]
fn a_vote_after_the_ballot_closes() {
    let mut stage = Stage::voting();
    stage.ok(&format!("{VOTE} --key o1 --out vote.json"));
    CLOSED.clone_into(&mut stage.clock);
    let told = stage.refused("submit vote.json", "ballot-closed");
    assert!(told.contains("2026-05-25T09:00:00Z"), "it does not say when it closed: {told}");
    stage.refused(&format!("{VOTE} --key o1"), "ballot-closed");
}

#[test]
fn a_vote_at_the_last_second_counts() {
    let mut stage = Stage::voting();
    "2026-05-25T09:00:00Z".clone_into(&mut stage.clock);
    stage.ok(&format!("{VOTE} --key o1"));
    "2026-05-25T09:00:01Z".clone_into(&mut stage.clock);
    stage.refused(&format!("{VOTE} --key o2"), "ballot-closed");
}

#[test]
fn a_vote_of_somebody_not_seated() {
    let stage = Stage::voting();
    stage.ok("key new stranger --no-passphrase");
    stage.refused(&format!("{VOTE} --key stranger"), "unknown-key");
    stage.refused(&format!("{VOTE} --key stranger --as o1"), "unknown-key");
    stage.refused(&format!("{VOTE} --key registrar"), "not-an-elector");
    stage.refused(&format!("{VOTE} --key openai-ceo"), "not-an-elector");
    stage.ok("ballot --out paper.toml");
    stage.refused(&format!("{VOTE} --ballot paper.toml --key stranger"), "not-an-elector");
}

#[test]
fn a_vote_of_somebody_recused() {
    let mut stage = Stage::seated();
    stage.ok("recuse --reason 'I hold shares of a party' --key o1");
    VOTING.clone_into(&mut stage.clock);
    let told = stage.refused(&format!("{VOTE} --key o1"), "not-an-elector");
    assert!(told.contains("shares"), "it does not say why: {told}");
    stage.ok(&format!("{VOTE} --key o2"));
}

#[test]
fn a_vote_of_somebody_recused_while_the_ballot_is_open() {
    let stage = Stage::voting();
    stage.ok("recuse --reason 'I hold shares of a party' --key o1");
    stage.refused(&format!("{VOTE} --key o1"), "left-ballot");
}

#[test]
fn a_vote_on_another_ballot_paper() {
    let stage = Stage::voting();
    edited(&stage, "o1", |text| {
        let question = field(&text, "question");
        text.replace(&question, &format!("sha256:{}", "0".repeat(64)))
    });
    let told = stage.refused("submit vote.json", "other-paper");
    assert!(told.contains("quorate ballot"), "{told}");
    // A paper that somebody has changed has another digest.
    stage.ok("ballot --out paper.toml");
    let paper = stage.read("paper.toml");
    let changed = paper.replace("meet the agreement", "miss the agreement");
    assert_ne!(changed, paper);
    stage.write("paper.toml", &changed);
    stage.refused(&format!("{VOTE} --ballot paper.toml --key o1"), "other-paper");
}

#[test]
fn a_vote_on_another_question() {
    let stage = Stage::voting();
    edited(&stage, "o1", |text| text.replace("meet the agreement", "miss the agreement"));
    stage.refused("submit vote.json", "other-question");
}

#[test]
fn a_vote_with_an_unknown_choice() {
    let stage = Stage::voting();
    let told = stage.refused("vote --choice maybe --rationale why.md --key o1", "unknown-choice");
    assert!(told.contains("`met`") && told.contains("`abstain`"), "{told}");
    stage.ok("ballot --out paper.toml");
    stage.refused(
        "vote --ballot paper.toml --choice maybe --rationale why.md --key o1 --out vote.json",
        "unknown-choice",
    );
    assert!(!stage.path("vote.json").exists());
}

#[test]
fn a_vote_without_its_rationale() {
    let stage = Stage::voting();
    stage.refused("vote --choice met --key o1", "wrong-attachments");
}

#[test]
fn a_vote_signed_with_the_wrong_key() {
    let stage = Stage::voting();
    stage.refused(&format!("{VOTE} --as o1 --key o2"), "wrong-key");
    stage.refused(&format!("{VOTE} --as o1 --key o1 --key o2"), "needless-signature");
    edited(&stage, "o1", |text| text.replace("\"choice\":\"met\"", "\"choice\":\"not-met\""));
    // The signature of another text: the statement was changed after it was signed.
    let text = stage.read("vote.json");
    stage.write("vote.json", &text.replace("not-met", "met"));
    stage.refused("submit vote.json", "bad-envelope");
}

#[test]
fn a_vote_that_nobody_signed() {
    let stage = Stage::voting();
    stage.ok(&format!("{VOTE} --as o1 --out vote.json"));
    stage.refused("submit vote.json", "bad-envelope");
}

#[test]
fn a_vote_for_another_agreement() {
    let stage = Stage::voting();
    edited(&stage, "o1", |text| {
        let agreement = field(&text, "agreement");
        text.replace(&agreement, &format!("agi-2025@sha256:{}", "0".repeat(64)))
    });
    stage.refused("submit vote.json", "unknown-agreement");

    // One with the same name and the same people, in another folder.
    let other = stage.copy(cli_support::OPENED);
    std::fs::remove_dir_all(other.path("data/store")).unwrap();
    std::fs::remove_dir_all(other.path("data/receipts")).unwrap();
    other.ok(&format!("{OPEN} {PARTIES}"));
    let folder = stage.path("declaration.json");
    other.ok(&format!("{} --out {}", cli_support::DECLARE, folder.display()));
    stage.refused("submit declaration.json", "unknown-agreement");
}

#[test]
fn a_vote_that_is_too_long() {
    let stage = Stage::voting();
    edited(&stage, "o1", |text| text.replace("Does the", &format!("Does{} the", " really".repeat(10_000))));
    let told = stage.refused("submit vote.json", "bad-envelope");
    assert!(told.contains("65") && told.contains("bytes"), "it does not say both sizes: {told}");
    let long = "x".repeat(70_000);
    stage.refused(&format!("recuse --reason {long} --key o1"), "bad-statement");
}

#[test]
fn a_vote_with_a_duplicate_key() {
    let stage = Stage::voting();
    edited(&stage, "o1", |text| text.replace("\"choice\":", "\"choice\":\"not-met\",\"choice\":"));
    let told = stage.refused("submit vote.json", "bad-envelope");
    assert!(told.contains("choice"), "{told}");
}

#[test]
fn a_vote_held_back_while_its_voter_went_on() {
    let stage = Stage::voting();
    stage.ok(&format!("{VOTE} --key o1 --out vote.json"));
    stage.ok("disclose interests.md --key o1");
    stage.refused("submit vote.json", "stale-after");
    stage.ok(&format!("{VOTE} --key o1"));
}

#[test]
fn a_second_vote_of_the_same_seat() {
    let stage = Stage::voting();
    stage.ok(&format!("{VOTE} --key o1"));
    stage.refused("vote --choice not-met --rationale why.md --key o1", "already-voted");
}

#[test]
fn a_vote_whose_document_stayed_behind() {
    let stage = Stage::voting();
    stage.ok(&format!("{VOTE} --key o1 --out vote.json"));
    std::fs::remove_dir_all(stage.path("vote.json.documents")).unwrap();
    stage.refused("submit vote.json", "document-absent");
}
