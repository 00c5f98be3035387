//! A refusal is signed by the log: whoever was turned away on the last day can show it, and a log that turns
//! somebody away against its rules can be convicted of it. The notes of every other refusal are checked where it is
//! played: `tests/refusals.rs`; those judged after a batch that failed: `tests/registry_faults.rs`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "stage_support/mod.rs"]
mod support;

use quorate::audit::{Report, StoreSource, Verdict, audit};
use quorate::log::{Checkpoint, Hash, Head};
use quorate::registry::SubmitError;
use quorate::scenario::{Stage, sign_with};
use quorate::statement::{Blob, Body, By, Envelope, Refused, Vote};
use quorate::values::Digest;
use support::*;

/// A vote of a seat of the open ballot, as it is signed, and its rationale.
fn drafted(stage: &Stage, seat: &str, choice: &str) -> (String, Vec<Blob>) {
    let mut bytes = vec![0; 32];
    bytes.extend_from_slice(format!("{seat} says {choice}").as_bytes());
    let digest = Digest::of(&bytes);
    let state = stage.state().unwrap();
    let vote = Vote {
        ballot: ballot(),
        asks: state.workflow.ballot(&id("finding")).unwrap().question.clone(),
        question: Digest::of(state.ballot_paper(&ballot()).unwrap().as_bytes()),
        choice: id(choice),
        attach: [(id("rationale"), digest)].into(),
    };
    let text = stage.draft(By::One(id(seat)), Body::Vote(vote)).unwrap();
    (text, vec![Blob::open(bytes, &digest).unwrap()])
}

/// The signed note of a refused submission.
fn turned_away(stage: &Stage, envelope: &Envelope, blobs: Vec<Blob>) -> String {
    match stage.submit(envelope.clone(), blobs) {
        Err(SubmitError::Refused { note: Some(note), .. }) => note,
        other => panic!("{other:?}"),
    }
}

fn audited(stage: &Stage) -> Report {
    let source = StoreSource { store: stage.registry().store(), anchor: stage.anchor() };
    audit(&source, Some(stage.anchor()), &mut |_, _| {}).unwrap()
}

/// What an audit says of a note and the envelope that somebody brings with it: the verdict, where the note is this
/// log's, and the rules of all findings.
fn judged(stage: &Stage, note: &str, envelope: &Envelope) -> (Option<Verdict>, Vec<String>) {
    let source = StoreSource { store: stage.registry().store(), anchor: stage.anchor() };
    let mut report = audited(stage);
    assert!(report.passes(), "{:?}", report.findings);
    let refused = report.compare_refusal(note.as_bytes());
    let verdict = refused.map(|refused| report.judge_refusal(&source, &refused, envelope).unwrap());
    (verdict, report.findings.into_iter().map(|finding| finding.rule).collect())
}

/// The rule by which an audit says that a refusal stands; nothing is wrong with the log then.
fn stands(stage: &Stage, note: &str, envelope: &Envelope) -> &'static str {
    match judged(stage, note, envelope) {
        (Some(Verdict::Stands(refusal)), findings) if findings.is_empty() => refusal.rule,
        other => panic!("{other:?}"),
    }
}

/// The note that a log signs which refuses this for that reason, whether it is one or not.
fn lie(stage: &Stage, envelope: &Envelope, change: impl FnOnce(&mut Refused)) -> String {
    let mut refused = Refused {
        agreement: stage.state().unwrap().agreement,
        statement: Digest::of(envelope.statement.as_bytes()),
        envelope: envelope.digest(),
        time: stage.registry().now(),
        head: head(stage),
        rule: id("ballot-closed"),
        why: "the ballot has closed".to_owned(),
        instead: "nothing".to_owned(),
    };
    change(&mut refused);
    refused.sign(&stage_key()).unwrap().to_string()
}

#[test]
fn a_late_vote_is_refused_in_writing_and_the_refusal_stands() {
    let stage = voting(AGI);
    let (text, blobs) = drafted(&stage, "i1", "met");
    let envelope = stage.sign(&text, &[seat("i1")]);
    stage.clock().pass(days(14));
    let note = turned_away(&stage, &envelope, blobs);
    assert_eq!(stands(&stage, &note, &envelope), "ballot-closed");
    let refused = Refused::open(note.as_bytes(), stage_key().verifier()).unwrap();
    assert!(refused.is_of(&envelope));
    assert_eq!((refused.time, refused.head), (stage.registry().now(), head(&stage)));
    // It stands for good: what the log takes in later is not asked.
    stage.reaffirm("later").unwrap();
    assert_eq!(stands(&stage, &note, &envelope), "ballot-closed");
}

#[test]
fn refusals_for_form_signatures_and_documents_are_signed_and_judged() {
    let stage = voting(AGI);
    let (text, blobs) = drafted(&stage, "i1", "met");
    let good = stage.sign(&text, &[seat("i1")]);

    let unsigned = Envelope::new(text.clone(), Vec::new());
    let note = turned_away(&stage, &unsigned, blobs.clone());
    assert_eq!(stands(&stage, &note, &unsigned), "bad-envelope");

    let mut altered = good.clone();
    altered.statement = text.replace(r#""choice":"met""#, r#""choice":"not-met""#);
    let note = turned_away(&stage, &altered, blobs.clone());
    assert_eq!(stands(&stage, &note, &altered), "bad-envelope");

    let other = sign_with(&text, &[stage.key(&seat("i2"))]);
    let note = turned_away(&stage, &other, blobs.clone());
    assert_eq!(stands(&stage, &note, &other), "wrong-key");

    // Which documents came along, no log can show.
    let note = turned_away(&stage, &good, Vec::new());
    assert_eq!(judged(&stage, &note, &good), (Some(Verdict::NotShown), Vec::new()));
    let more = [blobs.clone(), vec![Blob::seal(b"something else").unwrap()]].concat();
    let note = turned_away(&stage, &good, more);
    assert_eq!(judged(&stage, &note, &good), (Some(Verdict::NotShown), Vec::new()));

    stage.submit(good, blobs).unwrap();
}

#[test]
fn what_is_no_statement_or_of_no_agreement_here_is_refused_without_a_note() {
    let stage = voting(AGI);
    let (text, _) = drafted(&stage, "i1", "met");
    let elsewhere = text.replace(&stage.anchor().to_string(), &Digest::of(b"another").to_string());
    for text in ["no statement".to_owned(), format!("{text}\n"), elsewhere] {
        for signers in [Vec::new(), vec![seat("i1")]] {
            let answer = stage.submit(stage.sign(&text, &signers), Vec::new());
            assert!(matches!(answer, Err(SubmitError::Refused { note: None, .. })), "{answer:?}");
        }
    }
}

/// Withholding in writing: on the last day the log says that the ballot has closed.
#[test]
fn a_log_that_refuses_against_its_rules_is_convicted_by_its_own_note() {
    let stage = voting(AGI);
    let (text, blobs) = drafted(&stage, "i1", "met");
    let envelope = stage.sign(&text, &[seat("i1")]);
    for rule in ["ballot-closed", "already-voted", "bad-envelope", "too-long", "unknown-agreement"] {
        let note = lie(&stage, &envelope, |refused| refused.rule = id(rule));
        let found = judged(&stage, &note, &envelope);
        assert_eq!(found, (Some(Verdict::Wrong), vec!["wrongly-refused".to_owned()]), "{rule}");
    }
    // It cannot be put right afterwards: neither by taking the statement nor by the ballot's end.
    let note = lie(&stage, &envelope, |_| {});
    stage.submit(envelope.clone(), blobs).unwrap();
    stage.clock().pass(days(14));
    stage.reaffirm("later").unwrap();
    assert_eq!(judged(&stage, &note, &envelope).1, ["wrongly-refused"]);
}

#[test]
fn a_true_refusal_for_a_false_reason_stands_by_the_rule_that_is_broken() {
    let stage = voting(AGI);
    let (text, blobs) = drafted(&stage, "i1", "maybe");
    let envelope = stage.sign(&text, &[seat("i1")]);
    let note = lie(&stage, &envelope, |_| {});
    assert_eq!(stands(&stage, &note, &envelope), "unknown-choice");
    drop(blobs);
}

/// Nobody convicts an honest log with the same statement better signed.
#[test]
fn a_refusal_for_too_few_signatures_is_not_judged_on_others() {
    let stage = opened(AGI);
    let parties = By::of(vec![id("microsoft"), id("openai")]);
    let body =
        Body::Reaffirm(quorate::statement::Reaffirm { occasion: "a meeting".to_owned(), attach: [].into() });
    let text = stage.draft(parties.clone(), body).unwrap();
    let signers = stage.signers(&parties, None).unwrap();
    let few = stage.sign(&text, &signers[..3]);
    let note = turned_away(&stage, &few, Vec::new());
    assert_eq!(stands(&stage, &note, &few), "too-few-signatures");
    let all = stage.sign(&text, &signers);
    assert_eq!(judged(&stage, &note, &all), (Some(Verdict::Unjudged), Vec::new()));
}

#[test]
fn a_refusal_whose_time_or_head_contradicts_the_log_is_told() {
    let stage = voting(AGI);
    let (text, blobs) = drafted(&stage, "i1", "met");
    let envelope = stage.sign(&text, &[seat("i1")]);
    let now = stage.registry().now();
    let before = head(&stage);
    vote(&stage, "i2", "met").unwrap();

    // Dated after the ballot's end, though an entry that came later is dated before it: told, and no fault.
    let closed =
        lie(&stage, &envelope, |refused| (refused.head, refused.time) = (before, now.plus(days(14))));
    let (verdict, findings) = judged(&stage, &closed, &envelope);
    let Some(Verdict::Doubtful { refusal, entry, time }) = verdict else { panic!("{verdict:?}") };
    assert_eq!((refusal.rule, entry, time, findings), ("ballot-closed", before.size, now, Vec::new()));
    // Form and signatures need no time: that they were at fault is a lie at any.
    let late = |refused: &mut Refused| (refused.head, refused.time) = (before, now.plus(days(14)));
    let note = lie(&stage, &envelope, |refused| {
        late(refused);
        refused.rule = id("bad-envelope");
    });
    assert_eq!(judged(&stage, &note, &envelope), (Some(Verdict::Wrong), vec!["wrongly-refused".to_owned()]));
    let unsigned = Envelope::new(envelope.statement.clone(), Vec::new());
    assert_eq!(stands(&stage, &lie(&stage, &unsigned, late), &unsigned), "bad-envelope");
    // A clock set right by a minute is no lie.
    let minute =
        lie(&stage, &envelope, |refused| (refused.head, refused.time) = (before, now.plus(seconds(60))));
    assert_eq!(judged(&stage, &minute, &envelope).0, Some(Verdict::Wrong));
    // Dated before the entry after which it was judged.
    let early = lie(&stage, &envelope, |refused| refused.time = at("2026-09-01T09:00:00Z"));
    assert_eq!(judged(&stage, &early, &envelope).1, ["refusal-time"]);

    let other = Head { size: before.size, root: Hash::leaf(b"another history") };
    let note = lie(&stage, &envelope, |refused| refused.head = other);
    assert_eq!(judged(&stage, &note, &envelope), (Some(Verdict::Unjudged), vec!["two-histories".to_owned()]));
    let ahead = Head { size: before.size + 5, ..other };
    let note = lie(&stage, &envelope, |refused| refused.head = ahead);
    assert_eq!(judged(&stage, &note, &envelope), (Some(Verdict::Unjudged), vec!["missing".to_owned()]));
    drop(blobs);
}

/// By an earlier head, the one that the statement names would be unknown.
#[test]
fn a_refusal_under_a_head_before_the_one_that_the_statement_names_is_convicted() {
    let stage = voting(AGI);
    let earlier = head(&stage);
    vote(&stage, "i2", "met").unwrap();
    let (text, _) = drafted(&stage, "i1", "met");
    let envelope = stage.sign(&text, &[seat("i1")]);
    for rule in ["unknown-head", "needless-document"] {
        let note = lie(&stage, &envelope, |refused| (refused.head, refused.rule) = (earlier, id(rule)));
        let found = judged(&stage, &note, &envelope);
        assert_eq!(found, (Some(Verdict::Unjudged), vec!["refusal-time".to_owned()]), "{rule}");
    }
    // A head that this log never had is unknown by any.
    let elsewhere =
        stage.sign(&text.replace(&head(&stage).root.to_string(), &Hash::empty().to_string()), &[seat("i1")]);
    assert_ne!(elsewhere, envelope);
    let note =
        lie(&stage, &elsewhere, |refused| (refused.head, refused.rule) = (earlier, id("unknown-head")));
    assert_eq!(stands(&stage, &note, &elsewhere), "unknown-head");
}

#[test]
fn no_log_refuses_before_its_opening() {
    let stage = voting(AGI);
    let (text, _) = drafted(&stage, "i1", "met");
    let envelope = stage.sign(&text, &[seat("i1")]);
    let refused = Refused::open(lie(&stage, &envelope, |_| {}).as_bytes(), stage_key().verifier()).unwrap();
    let nothing = Refused { head: Head { size: 0, root: Hash::empty() }, ..refused };
    assert!(nothing.sign(&stage_key()).is_err());
    let note = stage_key().sign(nothing.to_string()).unwrap().to_string();
    assert_eq!(judged(&stage, &note, &envelope), (None, vec!["refusal".to_owned()]));
}

/// An honest log, whose clock was ahead and was set right.
#[test]
fn a_clock_that_was_set_back_convicts_no_log() {
    let stage = voting(AGI);
    let (text, blobs) = drafted(&stage, "i1", "met");
    let envelope = stage.sign(&text, &[seat("i1")]);
    let now = stage.registry().now();
    stage.clock().set(now.plus(days(14)));
    let note = turned_away(&stage, &envelope, blobs.clone());
    stage.clock().set(now);
    assert_eq!(stands(&stage, &note, &envelope), "ballot-closed");
    let at = stage.submit(envelope.clone(), blobs).unwrap().index;
    let (verdict, findings) = judged(&stage, &note, &envelope);
    assert!(matches!(verdict, Some(Verdict::Doubtful { entry, .. }) if entry == at), "{verdict:?}");
    assert_eq!(findings, Vec::<String>::new());
}

#[test]
fn what_this_log_has_not_signed_convicts_it_of_nothing() {
    let stage = voting(AGI);
    let (text, _) = drafted(&stage, "i1", "met");
    let envelope = stage.sign(&text, &[seat("i1")]);
    let note = lie(&stage, &envelope, |_| {});
    let altered = note.replace("rule ballot-closed", "rule already-voted");
    assert_eq!(judged(&stage, &altered, &envelope), (None, vec!["refusal".to_owned()]));
    let checkpoint = Checkpoint { origin: stage_key().name().to_owned(), head: head(&stage) };
    let checkpoint = checkpoint.sign(&stage_key()).unwrap().to_string();
    assert_eq!(judged(&stage, &checkpoint, &envelope), (None, vec!["refusal".to_owned()]));
    // The same people and the same name, another agreement: its log has the same key.
    let namesake = lie(&stage, &envelope, |refused| refused.agreement.anchor = Digest::of(b"another"));
    assert_eq!(judged(&stage, &namesake, &envelope), (None, vec!["anchor".to_owned()]));
}
