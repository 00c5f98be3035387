//! `what-if` walks a hypothesis against an agreement as it stands, and leaves it as it is.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

mod cli_support;

use cli_support::Stage;

#[test]
fn a_hypothesis_is_walked_and_nothing_is_written() {
    let stage = Stage::seated();
    let before = stage.ok("log agi-2025");
    let answer = stage.ok("what-if agi-2025 --do withdraw-declaration=openai --after '1 day'");
    let follows = answer["follows"].to_string();
    assert!(follows.contains("verification#1 goes to lapsed"), "{follows}");
    assert!(
        follows.contains("event withdrawn") && follows.contains("withdrawn annuls declared"),
        "{follows}"
    );
    assert_eq!(answer["at"], "2026-03-13T09:00:00Z");
    // What brings something about is told before it.
    let place = |what: &str| follows.find(what).unwrap_or_else(|| panic!("{what}: {follows}"));
    assert!(place("goes to lapsed") < place("event withdrawn"), "{follows}");
    assert!(place("event withdrawn") < place("withdrawn annuls"), "{follows}");
    // Time alone, up to the ballot's end.
    let silent = stage.ok("what-if agi-2025 --after '80 days'").to_string();
    assert!(silent.contains("no-quorum"), "{silent}");
    assert_eq!(stage.ok("log agi-2025"), before);
}

#[test]
fn what_would_be_refused_is_told_with_its_reason() {
    let stage = Stage::seated();
    let refused = stage.run("what-if agi-2025 --do declare=openai");
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.out.contains("[case-running]"), "{}", refused.out);
    let steps = "scenario = \"Tomorrow\"\nopened = 2026-03-12T09:00:00Z\n\n[[step]]\nafter = \"1 day\"\n\
                 do = \"declare\"\nby = \"openai\"\nrefused = \"case-running\"\n";
    stage.write("steps.toml", steps);
    stage.ok("what-if agi-2025 --steps steps.toml");
    stage.write("steps.toml", &steps.replace("2026-03-12", "2026-03-01"));
    let past = stage.run("what-if agi-2025 --steps steps.toml");
    assert_eq!(past.code, 1, "{past:?}");
    assert!(past.err.contains("the time of the last"), "{}", past.err);
}

#[test]
fn a_ballot_can_be_named_and_a_refusal_of_several_is_told_once() {
    let stage = Stage::seated();
    let named = "what-if agi-2025 --vote met=o1,o2 --on verification#1/finding#1 --at 2026-05-12T09:00:00Z";
    stage.ok(named);
    let other = stage.run(&named.replace("finding#1 ", "finding#2 "));
    assert_eq!(other.code, 1, "{other:?}");
    assert_eq!(other.out.matches("this would be refused").count(), 1, "{}", other.out);
    assert!(other.out.contains("[ballot-not-open]"), "{}", other.out);
}

#[test]
fn what_a_scenario_says_of_documents_counts_and_what_it_says_of_signatures_is_not_supposed() {
    let stage = Stage::seated();
    let steps = "scenario = \"Tomorrow\"\nopened = 2026-03-12T09:00:00Z\n\n[[step]]\nafter = \"1 day\"\n\
                 do = \"withdraw-declaration\"\nby = \"openai\"\nattach = [\"exhibit\"]\nrefused = \"wrong-attachments\"\n";
    stage.write("steps.toml", steps);
    stage.ok("what-if agi-2025 --steps steps.toml");
    let signed = "signed-by = [\"openai/officer-1\"]\nrefused = \"too-few-signatures\"";
    stage.write(
        "steps.toml",
        &steps.replace("attach = [\"exhibit\"]\nrefused = \"wrong-attachments\"", signed),
    );
    let done = stage.run("what-if agi-2025 --steps steps.toml");
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.out.contains("this is not supposed") && done.out.contains("No case moves"), "{}", done.out);
    assert!(!done.out.contains("this would be taken"), "{}", done.out);
}
