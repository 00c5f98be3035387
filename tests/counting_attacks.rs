//! One holder, counted twice: every way in which somebody could try, one test each.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "stage_support/mod.rs"]
mod support;

use ed25519_dalek::{Signer as _, SigningKey};
use quorate::engine::ballot::BallotRun;
use quorate::scenario::{Stage, public, sign_with};
use quorate::statement::{
    Act, Blob, Body, Envelope, HolderRef, Nominate, PublicKey, ReplaceKey, Replacement, Signature, Vote,
    sshsig,
};
use quorate::values::Digest;
use sha2::{Digest as _, Sha256};
use support::*;

/// The AGI workflow with votes that can be changed until the ballot closes at its time.
fn changeable() -> String {
    AGI.replace("change     = \"never\"", "change     = \"until close\"")
        .replace("early      = \"all voted\"", "early      = \"never\"")
}

fn run(stage: &Stage) -> BallotRun {
    (*stage.state().unwrap().case(&case()).unwrap().ballots[0]).clone()
}

/// What the ballot counts now for `met` and `not-met`, and how many take part.
fn counted(stage: &Stage) -> [u64; 3] {
    let state = stage.state().unwrap();
    let table = run(stage).table(state.workflow.ballot(&id("finding")).unwrap());
    let names =
        quorate::workflow::rule::Vocabulary { choices: vec![id("met"), id("not-met")], ..Default::default() };
    ["met", "not-met", "participating"].map(|amount| {
        let rule = quorate::workflow::model::Rule::parse(&format!("{amount} >= 0"), &names).unwrap();
        table.amount(&rule.all[0].amount)
    })
}

/// A vote as a text that is not signed yet, with its rationale.
fn drafted(stage: &Stage, name: &str, choice: &str) -> (String, Vec<Blob>) {
    let rationale = format!("{:32}why {name} chose {choice}", "").into_bytes();
    let digest = Digest::of(&rationale);
    let vote = Vote {
        ballot: ballot(),
        asks: stage.state().unwrap().workflow.ballot(&id("finding")).unwrap().question.clone(),
        question: run(stage).paper,
        choice: id(choice),
        attach: [(id("rationale"), digest)].into(),
    };
    let text = stage.draft(by(name), Body::Vote(vote)).unwrap();
    (text, vec![Blob::open(rationale, &digest).unwrap()])
}

fn submit(stage: &Stage, (text, blobs): (String, Vec<Blob>), keys: &[SigningKey]) -> Answer {
    stage.submit(sign_with(&text, keys), blobs)
}

/// The same 32 bytes as a security key's.
fn security(key: &SigningKey) -> PublicKey {
    PublicKey::security(public(key).raw(), "ssh:".to_owned())
}

/// A signature as a security key makes it, with somebody present.
fn touched(text: &str, key: &SigningKey) -> Signature {
    let (flags, counter) = (1_u8, 7_u32);
    let mut message = Sha256::digest(b"ssh:").to_vec();
    message.push(flags);
    message.extend_from_slice(&counter.to_be_bytes());
    message.extend_from_slice(&Sha256::digest(sshsig::signed_data(text.as_bytes())));
    let mut blob = Vec::new();
    for part in [&b"sk-ssh-ed25519@openssh.com"[..], &key.sign(&message).to_bytes()] {
        blob.extend_from_slice(&u32::try_from(part.len()).unwrap().to_be_bytes());
        blob.extend_from_slice(part);
    }
    blob.push(flags);
    blob.extend_from_slice(&counter.to_be_bytes());
    Signature::from_armour(sshsig::armour(&security(key), &blob)).unwrap()
}

#[test]
fn one_signature_repeated() {
    let stage = voting(AGI);
    let (text, blobs) = drafted(&stage, "i1", "met");
    let mut envelope = stage.sign(&text, &[seat("i1")]);
    envelope.signatures.push(envelope.signatures[0].clone());
    let refused = refusal(&stage, |stage| stage.submit(envelope, blobs));
    assert_eq!(refused.rule, "bad-envelope");
    assert!(refused.why.contains("signs twice"), "{refused}");
    assert_eq!(counted(&stage), [0, 0, 0]);
}

#[test]
fn one_officer_signing_for_two_of_three() {
    let stage = heard(AGI);
    let officer: HolderRef = holder("openai/officer-1");
    let blob = Blob::open(vec![7; 40], &Digest::of(&[7; 40])).unwrap();
    let act = Act {
        case: case(),
        act: id("file"),
        seat: None,
        attach: [(id("exhibit"), blob.digest())].into(),
        strike: None,
    };
    let text = stage.draft(by("openai"), Body::Act(act)).unwrap();
    let mut envelope = stage.sign(&text, std::slice::from_ref(&officer));
    let once = refusal(&stage, |stage| stage.submit(envelope.clone(), vec![blob.clone()]));
    assert_eq!(once.rule, "too-few-signatures");
    envelope.signatures.push(envelope.signatures[0].clone());
    let twice = refusal(&stage, |stage| stage.submit(envelope, vec![blob]));
    assert_eq!(twice.rule, "bad-envelope");
}

#[test]
fn one_key_under_two_names() {
    let mut stage = declared(AGI);
    stage.nominate(&id("openai"), &seat("o1")).unwrap();
    let taken = public(&stage.key(&seat("o1")));
    for other in ["o2", "m1"] {
        let nominator = if other == "o2" { "openai" } else { "microsoft" };
        let nominate = Nominate {
            seat: seat(other),
            person: "Somebody else".to_owned(),
            key: taken.clone(),
            affiliation: None,
        };
        let signers = stage.signers(&by(nominator), None).unwrap();
        let refused =
            refusal(&stage, |stage| stage.say(by(nominator), Body::Nominate(nominate), &signers, Vec::new()));
        assert_eq!(refused.rule, "key-in-use");
    }
    // Nor can an officer's key sit on the panel, or a key be replaced by one that speaks for somebody.
    let officer = public(&stage.key(&holder("openai/officer-1")));
    let nominate =
        Nominate { seat: seat("o2"), person: "An officer".to_owned(), key: officer, affiliation: None };
    let signers = stage.signers(&by("openai"), None).unwrap();
    let refused =
        refusal(&stage, |stage| stage.say(by("openai"), Body::Nominate(nominate), &signers, Vec::new()));
    assert_eq!(refused.rule, "key-in-use");
    let from = holder("microsoft/officer-1");
    let replace = ReplaceKey { holder: from.clone(), how: Replacement::Rotation, key: taken };
    let text = stage.draft(by("microsoft"), Body::ReplaceKey(replace)).unwrap();
    let envelope = sign_with(&text, &[stage.key(&from), stage.key(&seat("o1"))]);
    assert_eq!(refusal(&stage, |stage| stage.submit(envelope, Vec::new())).rule, "key-in-use");
}

#[test]
fn one_key_for_two_officers_of_the_roster() {
    let stage = opened(AGI);
    let entry = stage.registry().store().entry(&stage.anchor(), 0).unwrap().unwrap();
    let text = quorate::statement::Entry::parse(&entry).unwrap().envelope.statement;
    let keys =
        ["openai/officer-1", "openai/officer-2"].map(|name| public(&stage.key(&holder(name))).to_string());
    let text = text.replace(&keys[1], &keys[0]).replace(r#""name":"agi-2025""#, r#""name":"agi-2026""#);
    let text = text.replace("stage.example/agi-2025", "stage.example/agi-2026");
    let key = quorate::registry::log_key(
        quorate::scenario::LOG_NAME,
        &id("agi-2026"),
        &quorate::scenario::log_seed(),
    )
    .unwrap();
    let old = &stage.state().unwrap().log.vkey.replace("agi-2025", "agi-2026");
    let text = text.replace(old.as_str(), &key.verifier().to_string());
    let keys = ["openai/officer-1", "microsoft/officer-1", "microsoft/officer-2"];
    let envelope = sign_with(&text, &keys.map(|name| stage.key(&holder(name))));
    let refused = refusal(&stage, |stage| stage.submit(envelope, Vec::new()));
    assert_eq!(refused.rule, "key-in-use", "{refused}");
}

#[test]
fn one_key_as_plain_and_as_security_key() {
    let stage = voting(AGI);
    let key = stage.key(&seat("i1"));
    // Both on one envelope.
    let (text, blobs) = drafted(&stage, "i1", "met");
    let both = Envelope::new(
        text.clone(),
        vec![sign_with(&text, std::slice::from_ref(&key)).signatures.remove(0), touched(&text, &key)],
    );
    let refused = refusal(&stage, |stage| stage.submit(both, blobs.clone()));
    assert_eq!(refused.rule, "bad-envelope");
    assert!(refused.why.contains("the same key in two wrappings"), "{refused}");
    // The other wrapping alone, whose statement would otherwise be another one.
    let wrapped = Envelope::new(text.clone(), vec![touched(&text, &key)]);
    let refused = refusal(&stage, |stage| stage.submit(wrapped, blobs));
    assert_eq!(refused.rule, "other-key-type");
    assert_eq!(counted(&stage), [0, 0, 0]);
    // As another seat's key, once the seat is free.
    stage.step_down(&seat("m1")).unwrap();
    let nominate = Nominate {
        seat: seat("m1"),
        person: "Somebody else".to_owned(),
        key: security(&key),
        affiliation: None,
    };
    let signers = stage.signers(&by("microsoft"), None).unwrap();
    let refused =
        refusal(&stage, |stage| stage.say(by("microsoft"), Body::Nominate(nominate), &signers, Vec::new()));
    assert_eq!(refused.rule, "key-in-use");
    // And a security key is one that can be registered and vote, once.
    let fresh = stage.next_key(&seat("m1"));
    let nominate = Nominate {
        seat: seat("m1"),
        person: "Somebody else".to_owned(),
        key: security(&fresh),
        affiliation: None,
    };
    stage.say(by("microsoft"), Body::Nominate(nominate), &signers, Vec::new()).unwrap();
    assert_eq!(stage.state().unwrap().holders.get(&seat("m1")).unwrap().key, security(&fresh));
}

#[test]
fn a_seat_that_rotates_its_key_and_votes_again() {
    let mut stage = voting(AGI);
    vote(&stage, "i1", "met").unwrap();
    stage.replace_key(&seat("i1"), Replacement::Rotation).unwrap();
    let refused = refusal(&stage, |stage| vote(stage, "i1", "not-met"));
    assert_eq!(refused.rule, "already-voted");
    let old = old_key(&stage, "i1");
    let refused = refusal(&stage, |stage| submit(stage, drafted(stage, "i1", "not-met"), &[old]));
    assert_eq!(refused.rule, "unknown-key");
    assert_eq!(counted(&stage), [1, 0, 1]);
}

#[test]
fn a_seat_that_rotates_its_key_and_changes_its_vote_counts_once() {
    let mut stage = voting(&changeable());
    vote(&stage, "i1", "met").unwrap();
    vote(&stage, "i2", "met").unwrap();
    stage.replace_key(&seat("i1"), Replacement::Rotation).unwrap();
    vote(&stage, "i1", "not-met").unwrap();
    assert_eq!(counted(&stage), [1, 1, 2]);
}

/// The key with which a seat entered, before it was replaced once.
fn old_key(stage: &Stage, name: &str) -> SigningKey {
    let fresh = nominated(AGI);
    let key = fresh.key(&seat(name));
    assert_ne!(public(&key), public(&stage.key(&seat(name))));
    key
}

#[test]
fn a_seat_whose_key_is_recovered_is_not_heard_again() {
    let mut stage = voting(AGI);
    vote(&stage, "i1", "met").unwrap();
    stage.replace_key(&seat("i1"), Replacement::Recovery).unwrap();
    assert_eq!(refusal(&stage, |stage| vote(stage, "i1", "not-met")).rule, "left-ballot");
    assert_eq!(counted(&stage), [1, 0, 1]);
}

#[test]
fn a_seat_that_is_filled_anew_while_the_ballot_is_open_does_not_vote_again() {
    let mut stage = voting(AGI);
    vote(&stage, "i1", "met").unwrap();
    stage.step_down(&seat("i1")).unwrap();
    // Whoever leaves has not voted, and the base stays.
    assert_eq!(counted(&stage), [0, 0, 0]);
    stage.nominate(&id("authority"), &seat("i1")).unwrap();
    stage.accept(&seat("i1")).unwrap();
    assert_eq!(refusal(&stage, |stage| vote(stage, "i1", "met")).rule, "left-ballot");
    assert_eq!(run(&stage).electors.len(), 7);
}

#[test]
fn an_old_vote_held_back_and_submitted_after_a_newer_one() {
    let stage = voting(&changeable());
    let held_back = drafted(&stage, "i1", "met");
    stage.clock().pass(seconds(60));
    vote(&stage, "i1", "not-met").unwrap();
    let key = stage.key(&seat("i1"));
    let refused = refusal(&stage, |stage| submit(stage, held_back, &[key]));
    assert_eq!(refused.rule, "stale-after");
    assert_eq!(counted(&stage), [0, 1, 1]);
}

#[test]
fn an_old_act_held_back_and_submitted_after_a_newer_one() {
    let stage = heard(AGI);
    let act =
        Act { case: case(), act: id("withdraw-declaration"), seat: None, attach: [].into(), strike: None };
    let text = stage.draft(by("openai"), Body::Act(act)).unwrap();
    // The newer one is signed by one of the two officers and a third.
    let signers = [holder("openai/officer-2"), holder("openai/officer-3")];
    let blob = Blob::open(vec![7; 40], &Digest::of(&[7; 40])).unwrap();
    let file = Act {
        case: case(),
        act: id("file"),
        seat: None,
        attach: [(id("exhibit"), blob.digest())].into(),
        strike: None,
    };
    stage.say(by("openai"), Body::Act(file), &signers, vec![blob]).unwrap();
    let held_back = stage.sign(&text, &[holder("openai/officer-1"), holder("openai/officer-2")]);
    assert_eq!(refusal(&stage, |stage| stage.submit(held_back, Vec::new())).rule, "stale-after");
}

/// A case that has ended without a finding, and a second one after the waiting time, its panel not yet named.
fn second_case() -> (Stage, HolderRef, HolderRef) {
    let stage = nominated(AGI);
    all_accept(&stage);
    stage.act(&case(), &id("withdraw-declaration"), &by("openai"), &[]).unwrap();
    stage.clock().pass(days(181));
    let second = "verification#2".parse().unwrap();
    stage.act(&second, &id("declare"), &by("openai"), &[id("declaration")]).unwrap();
    (stage, holder("verification#2/o1"), holder("verification#2/i1"))
}

/// Replaces a key by one of the caller's choice, signed with both.
fn rotate(stage: &Stage, holder: &HolderRef, old: &SigningKey, new: &SigningKey) -> Answer {
    let body = ReplaceKey { holder: holder.clone(), how: Replacement::Rotation, key: public(new) };
    let text = stage.draft(by(holder.name().as_str()), Body::ReplaceKey(body)).unwrap();
    stage.submit(sign_with(&text, &[old.clone(), new.clone()]), Vec::new())
}

#[test]
fn a_key_of_an_ended_case_taken_for_two_seats_of_the_next_one() {
    let (mut stage, o1, i1) = second_case();
    let ended = seat("i1");
    let shared = stage.key(&ended);
    stage.nominate(&id("openai"), &o1).unwrap();
    let own = stage.key(&o1);
    // The seat of the ended case keeps its key only until somebody else is given it.
    rotate(&stage, &o1, &own, &shared).unwrap();
    let state = stage.state().unwrap();
    assert_eq!(state.holders.speaks_for(public(&shared).raw()), Some(&o1));
    assert_eq!(state.holders.get(&ended).map(|_| ()), None);
    // That seat cannot be used to free the key again, and the key cannot be named for another seat.
    let other = SigningKey::from_bytes(&[7; 32]);
    assert_eq!(refusal(&stage, |stage| rotate(stage, &ended, &shared, &other)).rule, "unknown-holder");
    let nominate =
        Nominate { seat: i1, person: "Nobody Else".to_owned(), key: public(&shared), affiliation: None };
    let nominated = refusal(&stage, |stage| {
        let signers = stage.signers(&by("authority"), None).unwrap();
        stage.say(by("authority"), Body::Nominate(nominate.clone()), &signers, Vec::new())
    });
    assert_eq!(nominated.rule, "key-in-use");
}

#[test]
fn a_seat_of_an_ended_case_replaces_its_key() {
    let (stage, ..) = second_case();
    let ended = seat("i2");
    let refused =
        refusal(&stage, |stage| rotate(stage, &ended, &stage.key(&ended), &SigningKey::from_bytes(&[7; 32])));
    assert_eq!(refused.rule, "case-ended");
}

#[test]
fn an_old_acceptance_repeated_after_a_new_nomination_with_the_same_key() {
    let stage = nominated(AGI);
    let (i1, key) = (seat("i1"), stage.key(&seat("i1")));
    let accepted = stage.accept(&i1).unwrap();
    let old = quorate::statement::Entry::parse(&accepted.receipt.extra.unwrap()).unwrap().envelope;
    let held_back = stage.draft(by("i1"), Body::StepDown(step_down(&i1))).unwrap();
    stage.step_down(&i1).unwrap();
    let again =
        Nominate { seat: i1.clone(), person: "Panelist".to_owned(), key: public(&key), affiliation: None };
    let signers = stage.signers(&by("authority"), None).unwrap();
    stage.say(by("authority"), Body::Nominate(again), &signers, Vec::new()).unwrap();
    // The log has the acceptance already: submitting it again only gives the old receipt, and seats nobody.
    assert!(stage.submit(old, Vec::new()).unwrap().known);
    assert!(!stage.state().unwrap().seat(&i1).unwrap().is_filled());
    // A statement that was made before the nomination is not the new nominee's, be it under the same key.
    let refused =
        refusal(&stage, |stage| stage.submit(sign_with(&held_back, std::slice::from_ref(&key)), Vec::new()));
    assert_eq!(refused.rule, "stale-after");
}

fn step_down(seat: &HolderRef) -> quorate::statement::StepDown {
    quorate::statement::StepDown { seat: seat.clone(), reason: "held back".to_owned() }
}

#[test]
fn a_recusal_left_behind_for_the_successor() {
    let mut stage = nominated(AGI);
    assert_eq!(refusal(&stage, |stage| stage.recuse(&seat("m1"), &case())).rule, "not-accepted");
    stage.accept(&seat("m1")).unwrap();
    stage.recuse(&seat("m1"), &case()).unwrap();
    stage.step_down(&seat("m1")).unwrap();
    stage.nominate(&id("microsoft"), &seat("m1")).unwrap();
    all_accept(&stage);
    stage.clock().pass(days(60));
    stage.clock().pass(seconds(1));
    let run = run(&stage);
    assert_eq!((run.electors.len(), run.excluded.len()), (7, 0));
}

#[test]
fn a_vacancy_put_off_by_nominees_who_never_fill_the_seat() {
    let mut stage = declared(AGI);
    let m1 = seat("m1");
    stage.clock().pass(days(29));
    stage.nominate(&id("microsoft"), &m1).unwrap();
    stage.step_down(&m1).unwrap();
    stage.clock().pass(days(1));
    stage.clock().pass(seconds(1));
    stage.nominate(&id("authority"), &m1).unwrap();
}

#[test]
fn a_chair_who_is_not_seated_or_recused_acts_as_chair() {
    let workflow = AGI.replace(
        r#"{ do = "file", by = ["openai", "microsoft"], attach = ["exhibit"] },"#,
        r#"{ do = "file", by = ["openai", "microsoft"], attach = ["exhibit"] },
  { do = "hasten", by = "chair", to = "voting" },"#,
    );
    let stage = heard(&workflow);
    stage.recuse(&seat("i1"), &case()).unwrap();
    let hasten = |stage: &Stage| stage.act(&case(), &id("hasten"), &by("i1"), &[]);
    assert_eq!(refusal(&stage, hasten).rule, "not-entitled");
}

#[test]
fn a_recovered_vote_does_not_outlive_a_recusal() {
    let mut stage = voting(AGI);
    vote(&stage, "i1", "met").unwrap();
    stage.replace_key(&seat("i1"), Replacement::Recovery).unwrap();
    assert_eq!(counted(&stage), [1, 0, 1]);
    stage.recuse(&seat("i1"), &case()).unwrap();
    assert_eq!(counted(&stage), [0, 0, 0]);
}
