//! What is refused, one test each: with the rule, an unchanged log, and a sentence that says why and what to do.
//! The sentences are recorded in `tests/refusals.txt`, to be read; `UPDATE=1 cargo test --test refusals` records
//! anew. `docs/refusals.md` lists every rule.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "stage_support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use quorate::engine::Refusal;
use quorate::engine::paper::Paper;
use quorate::log::{Head, WitnessSigner};
use quorate::registry::log_key;
use quorate::scenario::{LOG_NAME, Stage, log_seed, public, sign_with};
use quorate::statement::{
    AcceptSeat, Act, Amend, Blob, Body, By, CaseFate, CaseRef, Commit, Disclose, Entry, GrantFate, Header,
    HolderRef, Nominate, Open, Reaffirm, Recuse, ReplaceKey, Replacement, Reveal, RosterLine, Salt,
    Statement, StepDown, Vote,
};
use quorate::store::MemoryStore;
use quorate::values::{Digest, Id};
use support::*;

/// Each play is refused by this rule. Makes a test of each, and the list that is recorded.
macro_rules! refused {
    ($($name:ident: $rule:literal = $play:expr;)+) => {
        $(#[test]
        fn $name() {
            let refusal: Refusal = $play;
            assert_eq!(refusal.rule, $rule, "{refusal}");
        })+

        fn all() -> Vec<(&'static str, Refusal)> {
            vec![$((stringify!($name), $play)),+]
        }
    };
}

refused! {
    // Votes.
    a_vote_before_the_ballot_opens: "ballot-not-open" = refusal(&heard(AGI), |s| vote(s, "i1", "met"));
    a_vote_after_the_ballot_has_closed: "ballot-closed" = {
        let stage = voting(AGI);
        stage.clock().pass(days(14));
        refusal(&stage, |s| vote(s, "i1", "met"))
    };
    a_vote_in_a_ballot_that_is_not_in_the_workflow: "ballot-not-open" =
        refusal(&voting(AGI), |s| s.vote(&"verification#1/verdict#1".parse().unwrap(), &id("i1"), &id("met")));
    a_vote_by_a_seat_that_does_not_exist: "not-an-elector" = refusal(&voting(AGI), |s| vote(s, "i9", "met"));
    a_vote_by_somebody_who_was_not_seated_at_the_opening: "not-an-elector" = {
        let mut stage = heard(AGI);
        stage.step_down(&seat("m1")).unwrap();
        stage.clock().pass(days(58));
        // Vacant for more than 30 days: the authority fills it, and too late for this ballot.
        stage.clock().pass(seconds(3_600));
        stage.nominate(&id("authority"), &seat("m1")).unwrap();
        stage.accept(&seat("m1")).unwrap();
        refusal(&stage, |s| vote(s, "m1", "met"))
    };
    a_vote_by_an_officer_of_a_party: "not-an-elector" =
        refusal(&voting(AGI), |s| voted(s, by("openai"), &[holder("openai/officer-1")], |_| {}));
    a_vote_by_two_seats_jointly: "not-an-elector" = {
        let jointly = By::of(vec![id("i1"), id("i2")]);
        refusal(&voting(AGI), |s| voted(s, jointly, &[seat("i1"), seat("i2")], |_| {}))
    };
    a_vote_by_somebody_recused_before_the_opening: "not-an-elector" = {
        let stage = heard(AGI);
        stage.recuse(&seat("i1"), &case()).unwrap();
        stage.clock().pass(days(59));
        refusal(&stage, |s| vote(s, "i1", "met"))
    };
    a_vote_by_somebody_recused_during_the_ballot: "left-ballot" = {
        let stage = voting(AGI);
        stage.recuse(&seat("i1"), &case()).unwrap();
        refusal(&stage, |s| vote(s, "i1", "met"))
    };
    a_vote_by_somebody_who_stepped_down: "left-ballot" = {
        let stage = voting(AGI);
        stage.step_down(&seat("i1")).unwrap();
        refusal(&stage, |s| vote(s, "i1", "met"))
    };
    a_vote_on_another_ballot_paper: "other-paper" =
        refusal(&voting(AGI), |s| voted_by_i1(s, |vote| vote.question = Digest::of(b"another paper")));
    a_vote_on_another_question: "other-question" =
        refusal(&voting(AGI), |s| voted_by_i1(s, |vote| "Is it raining?".clone_into(&mut vote.asks)));
    a_vote_for_an_unknown_choice: "unknown-choice" = refusal(&voting(AGI), |s| vote(s, "i1", "maybe"));
    a_vote_for_neither_a_choice_nor_a_number: "unknown-choice" = {
        let answered = AGI
            .replace(r#"choices    = ["met", "not-met"]"#, "choices    = [\"met\", \"not-met\"]\nanswer = { is = \"number\", decides = \"median\" }")
            .replace(r#"{ is = "verified", "#, r#"{ is = "priced", if = "answers >= 7", gives = "answer" }, { is = "verified", "#)
            .replace(r#"{ outcome = "verified", "#, r#"{ outcome = ["verified", "priced"], "#);
        refusal(&voting(&answered), |s| vote(s, "i1", "012"))
    };
    a_vote_without_its_rationale: "wrong-attachments" =
        refusal(&voting(AGI), |s| voted_by_i1(s, |vote| vote.attach.clear()));
    a_vote_signed_with_another_seats_key: "wrong-key" =
        refusal(&voting(AGI), |s| voted(s, by("i1"), &[seat("i2")], |_| {}));
    a_vote_signed_with_a_key_that_nobody_knows: "unknown-key" = refusal(&voting(AGI), |s| {
        let (text, blobs) = drafted_vote(s, by("i1"), |_| {});
        s.submit(sign_with(&text, &[s.next_key(&seat("i1"))]), blobs)
    });
    a_vote_that_somebody_else_signed_too: "needless-signature" =
        refusal(&voting(AGI), |s| voted(s, by("i1"), &[seat("i1"), seat("i2")], |_| {}));
    a_vote_that_nobody_signed: "bad-envelope" = refusal(&voting(AGI), |s| voted(s, by("i1"), &[], |_| {}));
    a_vote_altered_after_it_was_signed: "bad-envelope" = refusal(&voting(AGI), |s| {
        let (text, blobs) = drafted_vote(s, by("i1"), |_| {});
        let mut envelope = s.sign(&text, &[seat("i1")]);
        envelope.statement = text.replace(r#""choice":"met""#, r#""choice":"not-met""#);
        s.submit(envelope, blobs)
    });
    a_vote_for_another_agreement: "other-agreement" = {
        let other = voting(&format!("{AGI}\n# Another agreement.\n"));
        let (text, blobs) = drafted_vote(&other, by("i1"), |_| {});
        let stage = voting(AGI);
        let text = text.replace(&other.anchor().to_string(), &stage.anchor().to_string());
        let named = text.replace("agi-2025@", "agi-2026@");
        refusal(&stage, |s| s.submit(s.sign(&named, &[seat("i1")]), blobs))
    };
    a_vote_for_an_agreement_that_is_not_here: "unknown-agreement" = {
        let other = voting(&format!("{AGI}\n# Another agreement.\n"));
        let (text, blobs) = drafted_vote(&other, by("i1"), |_| {});
        refusal(&voting(AGI), |s| s.submit(s.sign(&text, &[seat("i1")]), blobs))
    };
    a_vote_for_another_workflow: "other-workflow" = refusal(&voting(AGI), |s| {
        headed(s, |header| header.workflow = Digest::of(b"another workflow"))
    });
    a_vote_too_long_for_any_entry: "bad-envelope" =
        refusal(&voting(AGI), |s| voted_by_i1(s, |vote| vote.asks = "a".repeat(70_000)));
    a_vote_too_long_with_its_signature: "too-long" = refusal(&voting(AGI), |s| {
        let (text, _) = drafted_vote(s, by("i1"), |vote| vote.asks.clear());
        voted_by_i1(s, |vote| vote.asks = "a".repeat(Entry::MAX_BYTES - text.len() - 10))
    });
    a_vote_with_a_duplicate_json_key: "bad-envelope" = refusal(&voting(AGI), |s| {
        let (text, blobs) = drafted_vote(s, by("i1"), |_| {});
        let text = text.replace(r#""choice":"met""#, r#""choice":"met","choice":"not-met""#);
        s.submit(s.sign(&text, &[seat("i1")]), blobs)
    });
    a_vote_with_a_stale_after: "stale-after" = {
        let stage = voting(AGI);
        let (text, blobs) = drafted_vote(&stage, by("i1"), |_| {});
        stage.disclose(&seat("i1")).unwrap();
        refusal(&stage, |s| s.submit(s.sign(&text, &[seat("i1")]), blobs))
    };
    a_vote_after_a_head_that_is_not_there_yet: "unknown-head" =
        refusal(&voting(AGI), |s| headed(s, |header| header.after.size = 99));
    a_vote_after_the_head_of_another_history: "other-history" = refusal(&voting(AGI), |s| {
        headed(s, |header| header.after = Head { root: quorate::log::Hash([7; 32]), ..header.after })
    });
    a_second_vote: "already-voted" = {
        let stage = voting(AGI);
        vote(&stage, "i1", "met").unwrap();
        stage.clock().pass(seconds(1));
        refusal(&stage, |s| vote(s, "i1", "not-met"))
    };

    // Sealed ballots.
    a_vote_in_words_on_a_sealed_ballot: "sealed-ballot" = refusal(&voting(SEALED), |s| voted_by_i1(s, |_| {}));
    a_commitment_on_an_open_ballot: "not-sealed" =
        refusal(&voting(AGI), |s| s.commit(&ballot(), &id("i1"), Digest::of(b"a vote")));
    a_reveal_on_an_open_ballot: "not-sealed" = refusal(&voting(AGI), |s| revealed(s, "i1", None));
    a_second_commitment: "already-committed" = {
        let stage = voting(SEALED);
        vote(&stage, "i1", "met").unwrap();
        refusal(&stage, |s| vote(s, "i1", "not-met"))
    };
    a_commitment_copied_from_somebody_else: "copied-commitment" = {
        let stage = voting(SEALED);
        vote(&stage, "i1", "met").unwrap();
        refusal(&stage, |s| s.commit(&ballot(), &id("m1"), commitment_of(s, "i1")))
    };
    a_commitment_copied_after_its_owner_has_left: "copied-commitment" = {
        let stage = voting(SEALED);
        vote(&stage, "i1", "met").unwrap();
        stage.step_down(&seat("i1")).unwrap();
        refusal(&stage, |s| s.commit(&ballot(), &id("m1"), commitment_of(s, "i1")))
    };
    a_commitment_on_another_ballot_paper: "other-paper" =
        refusal(&voting(SEALED), |s| committed(s, |commit| commit.question = Digest::of(b"another paper")));
    a_commitment_on_another_question: "other-question" =
        refusal(&voting(SEALED), |s| committed(s, |commit| "Is it raining?".clone_into(&mut commit.asks)));
    a_commitment_by_somebody_recused: "left-ballot" = {
        let stage = voting(SEALED);
        stage.recuse(&seat("i1"), &case()).unwrap();
        refusal(&stage, |s| vote(s, "i1", "met"))
    };
    a_commitment_while_votes_are_revealed: "commit-over" =
        refusal(&revealing(), |s| s.commit(&ballot(), &id("m2"), Digest::of(b"a late vote")));
    a_commitment_after_the_ballot_has_closed: "ballot-closed" = {
        let stage = revealing();
        stage.clock().pass(days(4));
        refusal(&stage, |s| vote(s, "m2", "met"))
    };
    a_reveal_while_others_still_commit: "not-revealing-yet" = {
        let stage = voting(SEALED);
        vote(&stage, "i1", "met").unwrap();
        refusal(&stage, |s| revealed(s, "i1", None))
    };
    a_reveal_after_the_ballot_has_closed: "ballot-closed" = {
        let stage = revealing();
        stage.clock().pass(days(4));
        refusal(&stage, |s| revealed(s, "i1", None))
    };
    a_reveal_by_somebody_who_did_not_commit: "not-committed" =
        refusal(&revealing(), |s| revealed(s, "m2", None));
    a_reveal_by_an_officer_of_a_party: "not-an-elector" = refusal(&revealing(), |s| {
        let (text, blobs) = drafted_reveal(s, by("openai"), "met", |_| {});
        s.submit(s.sign(&text, &[holder("openai/officer-1")]), blobs)
    });
    a_reveal_that_does_not_open_its_commitment: "does-not-open" =
        refusal(&revealing(), |s| revealed(s, "i1", Some("not-met")));
    a_reveal_with_another_salt: "does-not-open" = refusal(&revealing(), |s| {
        let (text, blobs) = drafted_reveal(s, by("i1"), "met", |reveal| reveal.salt = Salt([0; 32]));
        s.submit(s.sign(&text, &[seat("i1")]), blobs)
    });
    a_reveal_of_somebody_elses_vote: "wrong-key" = refusal(&revealing(), |s| {
        let (text, blobs) = drafted_reveal(s, by("i1"), "met", |_| {});
        s.submit(s.sign(&text, &[seat("m1")]), blobs)
    });
    a_reveal_of_a_choice_that_there_is_not: "unknown-choice" = {
        let stage = voting(SEALED);
        all_but_m2_commit(&stage, "maybe");
        stage.clock().pass(days(14));
        refusal(&stage, |s| {
            let (text, blobs) = drafted_reveal(s, by("i1"), "maybe", |_| {});
            s.submit(s.sign(&text, &[seat("i1")]), blobs)
        })
    };
    a_reveal_without_its_rationale: "wrong-attachments" =
        refusal(&revealing(), |s| s.reveal_attaching(&ballot(), &id("i1"), None, Some(&[])));
    a_second_reveal: "already-revealed" = {
        let stage = revealing();
        revealed(&stage, "i1", None).unwrap();
        refusal(&stage, |s| revealed(s, "i1", None))
    };
    a_reveal_by_somebody_who_stepped_down: "left-ballot" = {
        let stage = revealing_and_lapsing();
        stage.step_down(&seat("i1")).unwrap();
        refusal(&stage, |s| revealed(s, "i1", None))
    };
    a_reveal_of_a_vote_that_stands_with_another_key: "wrong-key" =
        refusal(&stepped_down_standing(), |s| reveal_of_i1(s, &[seat("m1")]));
    a_reveal_of_a_vote_that_stands_with_a_colleague: "needless-signature" =
        refusal(&stepped_down_standing(), |s| reveal_of_i1(s, &[seat("i1"), seat("m1")]));
    a_reveal_by_somebody_recused: "left-ballot" = {
        let stage = revealing_and_lapsing();
        stage.recuse(&seat("i1"), &case()).unwrap();
        refusal(&stage, |s| revealed(s, "i1", None))
    };

    // Documents.
    a_document_missing: "document-absent" = refusal(&voting(AGI), |s| {
        let (text, _) = drafted_vote(s, by("i1"), |_| {});
        s.submit(s.sign(&text, &[seat("i1")]), Vec::new())
    });
    a_document_that_is_not_named: "needless-document" = refusal(&voting(AGI), |s| {
        let (text, mut blobs) = drafted_vote(s, by("i1"), |_| {});
        blobs.push(document("a photograph"));
        s.submit(s.sign(&text, &[seat("i1")]), blobs)
    });
    a_document_under_another_name: "wrong-attachments" =
        refusal(&heard(AGI), |s| s.act(&case(), &id("file"), &by("openai"), &[id("brief")]));
    a_filing_while_the_ballot_refuses_evidence: "evidence-closed" = {
        let stage = claimed("evidence-refused");
        stage.clock().pass(days(21));
        refusal(&stage, |s| claim_act(s, "answer", "respondent", &["answer"], None))
    };
    a_strike_that_names_no_document: "wrong-strike" =
        refusal(&claimed("evidence-stands"), |s| claim_act(s, "strike", "chamber", &[], None));
    a_strike_of_a_document_that_it_may_not_strike: "wrong-strike" = refusal(&claimed("evidence-stands"), |s| {
        let statement = filed(s, "statement");
        claim_act(s, "strike", "chamber", &[], Some(statement))
    });
    a_document_struck_twice: "wrong-strike" = {
        let stage = claimed("evidence-stands");
        let exhibit = struck(&stage).digest();
        refusal(&stage, |s| claim_act(s, "strike", "chamber", &[], Some(exhibit)))
    };
    a_strike_by_an_act_that_strikes_nothing: "wrong-strike" = refusal(&claimed("evidence-stands"), |s| {
        let statement = filed(s, "statement");
        claim_act(s, "file", "claimant", &["exhibit"], Some(statement))
    });
    a_struck_document_filed_again: "struck-document" = {
        let stage = claimed("evidence-stands");
        let exhibit = struck(&stage);
        let attach = [(id("exhibit"), exhibit.digest())].into();
        let act = Body::Act(Act { case: claim(), act: id("file"), seat: None, attach, strike: None });
        refusal(&stage, |s| s.say(by("claimant"), act, &[holder("claimant/officer-1")], vec![exhibit]))
    };
    a_vote_to_reaffirm_with_another_choice: "not-reaffirmed" = {
        let stage = claimed("evidence-reaffirmed");
        let ballot = "claim#1/finding#1".parse().unwrap();
        stage.vote(&ballot, &id("a1"), &id("yes")).unwrap();
        stage.clock().pass(seconds(1));
        claim_act(&stage, "file", "claimant", &["exhibit"], None).unwrap();
        refusal(&stage, |s| s.vote(&ballot, &id("a1"), &id("no")))
    };
    documents_where_none_is_asked_for: "wrong-attachments" = refusal(&heard(AGI), |s| {
        s.act(&case(), &id("withdraw-declaration"), &by("openai"), &[id("brief"), id("reasons")])
    });

    an_act_without_its_document_of_a_name_that_another_has_used_up: "wrong-attachments" =
        refusal(&heard(&filed_apart()), |s| s.act(&case(), &id("file"), &by("microsoft"), &[]));
    an_act_that_its_actor_alone_has_used_up: "too-often" =
        refusal(&heard(&filed_apart()), |s| file(s, "openai"));

    // The panel.
    a_nomination_by_the_wrong_party: "wrong-nominator" =
        nominated_by(&mut declared(AGI), "openai", &seat("m1"));
    a_nomination_by_the_authority_before_the_seat_is_long_vacant: "wrong-nominator" = {
        let mut stage = declared(AGI);
        stage.clock().pass(days(30));
        nominated_by(&mut stage, "authority", &seat("m1"))
    };
    a_nomination_by_the_party_after_its_right_has_passed: "wrong-nominator" = {
        let mut stage = declared(AGI);
        stage.clock().pass(seconds(30 * 86_400 + 1));
        nominated_by(&mut stage, "microsoft", &seat("m1"))
    };
    a_nomination_by_the_party_at_the_instant_that_is_late_already: "wrong-nominator" = {
        let mut stage = declared(&AGI.replacen("deadline = \"included\"", "deadline = \"excluded\"", 1));
        stage.clock().pass(days(30));
        nominated_by(&mut stage, "microsoft", &seat("m1"))
    };
    a_nomination_by_one_of_two_who_nominate_jointly: "wrong-nominator" =
        nominated_by(&mut contested(), "licensor", &holder("contest#1/chair-seat"));
    a_nomination_by_the_authority_where_two_nominate_jointly: "wrong-nominator" =
        nominated_by(&mut contested(), "authority", &holder("contest#1/chair-seat"));
    a_nomination_by_two_jointly_after_their_right_has_passed: "wrong-nominator" = {
        let mut stage = contested();
        stage.clock().pass(seconds(14 * 86_400 + 1));
        nominated_jointly(&mut stage, &["licensee", "licensor"])
    };
    a_nomination_by_two_jointly_and_a_third: "wrong-nominator" =
        nominated_jointly(&mut contested(), &["authority", "licensee", "licensor"]);
    a_nomination_by_two_jointly_signed_by_one: "too-few-signatures" = {
        let stage = contested();
        let nominate = a_chair(&stage);
        let jointly = By::of(vec![id("licensor"), id("licensee")]);
        let signers = ["licensor/officer-1", "licensee/officer-1"].map(holder);
        refusal(&stage, |s| s.say(jointly, Body::Nominate(nominate), &signers, Vec::new()))
    };
    a_nomination_by_two_jointly_signed_by_a_third: "needless-signature" = {
        let stage = contested();
        let nominate = a_chair(&stage);
        let jointly = By::of(vec![id("licensor"), id("licensee")]);
        let mut signers = stage.signers(&jointly, None).unwrap();
        signers.push(holder("authority/officer-1"));
        refusal(&stage, |s| s.say(jointly, Body::Nominate(nominate), &signers, Vec::new()))
    };
    a_nomination_for_a_seat_that_is_taken: "seat-taken" =
        nominated_by(&mut heard(AGI), "microsoft", &seat("m1"));
    a_nomination_for_a_seat_that_does_not_exist: "unknown-seat" =
        nominated_by(&mut declared(AGI), "microsoft", &seat("m3"));
    a_nomination_without_a_case: "unknown-seat" = nominated_by(&mut opened(AGI), "microsoft", &seat("m1"));
    a_nomination_after_the_case: "case-ended" =
        nominated_by(&mut verified(AGI), "microsoft", &seat("m1"));
    a_nomination_with_a_key_in_use: "key-in-use" = {
        let stage = declared(AGI);
        let key = public(&stage.key(&holder("openai/officer-3")));
        let nominate = Nominate { seat: seat("o1"), person: "An officer".to_owned(), key, affiliation: None };
        refusal(&stage, |s| signed_by_all(s, by("openai"), Body::Nominate(nominate)))
    };
    a_nomination_of_somebody_who_was_dismissed: "dismissed" = {
        let stage = dismissed();
        let nominate = Nominate {
            affiliation: None,
            seat: holder("council/m2"),
            person: "Panelist council/m1".to_owned(),
            key: public(&stage.next_key(&holder("council/m2"))),
        };
        stage.step_down(&holder("council/m2")).unwrap();
        refusal(&stage, |s| signed_by_all(s, by("chapter"), Body::Nominate(nominate)))
    };
    a_nomination_with_the_key_of_somebody_who_was_dismissed: "dismissed" = {
        let stage = dismissed();
        let key = public(&stage.key(&holder("council/m1")));
        let nominate = Nominate { seat: holder("council/m1"), person: "Somebody else".to_owned(), key, affiliation: None };
        refusal(&stage, |s| signed_by_all(s, by("chapter"), Body::Nominate(nominate)))
    };
    a_nomination_with_an_earlier_key_of_somebody_who_was_dismissed: "dismissed" = {
        let mut stage = council();
        let seat = holder("council/m1");
        let earlier = public(&stage.key(&seat));
        stage.replace_key(&seat, Replacement::Rotation).unwrap();
        dismiss(&stage);
        let nominate = Nominate { seat, person: "Somebody else".to_owned(), key: earlier, affiliation: None };
        refusal(&stage, |s| signed_by_all(s, by("chapter"), Body::Nominate(nominate)))
    };
    a_nomination_with_the_key_of_an_earlier_term_of_somebody_who_was_dismissed: "dismissed" = {
        let stage = council();
        let seat = holder("council/m1");
        let (earlier, person) = (public(&stage.key(&seat)), "Panelist council/m1".to_owned());
        reseat(&stage, "chapter", &seat, &person, &SigningKey::from_bytes(&[7; 32]));
        dismiss(&stage);
        let nominate = Nominate { seat, person: "Somebody else".to_owned(), key: earlier, affiliation: None };
        refusal(&stage, |s| signed_by_all(s, by("chapter"), Body::Nominate(nominate)))
    };
    a_nomination_with_an_earlier_key_of_somebody_whom_a_case_is_about: "case-about-them" = {
        let mut stage = challenged();
        let seat = holder("arbitration#1/a1");
        let earlier = public(&stage.key(&seat));
        stage.replace_key(&seat, Replacement::Rotation).unwrap();
        stage.step_down(&seat).unwrap();
        let nominate = Nominate { seat, person: "Somebody else".to_owned(), key: earlier, affiliation: None };
        refusal(&stage, |s| signed_by_all(s, by("claimant"), Body::Nominate(nominate)))
    };
    a_nomination_of_somebody_who_left_before_they_were_dismissed: "dismissed" = {
        let stage = accused();
        let seat = holder("board/m2");
        stage.step_down(&seat).unwrap();
        stage.act(&"removal#1".parse().unwrap(), &id("remove"), &by("m1"), &[]).unwrap();
        let (person, key) = ("Panelist board/m2".to_owned(), public(&stage.next_key(&seat)));
        let nominate = Nominate { seat, person, key, affiliation: None };
        refusal(&stage, |s| signed_by_all(s, by("club"), Body::Nominate(nominate)))
    };
    a_nomination_of_somebody_whom_a_case_is_about: "case-about-them" = {
        let stage = challenged();
        stage.step_down(&holder("arbitration#1/a1")).unwrap();
        let key = public(&stage.key(&holder("arbitration#1/a1")));
        let (seat, person) = (holder("arbitration#1/a1"), "Somebody else".to_owned());
        let nominate = Nominate { seat, person, key, affiliation: None };
        refusal(&stage, |s| signed_by_all(s, by("claimant"), Body::Nominate(nominate)))
    };
    a_nomination_of_the_same_person_with_another_key: "case-about-them" = {
        let stage = challenged();
        stage.step_down(&holder("arbitration#1/a2")).unwrap();
        let (seat, person) = (holder("arbitration#1/a2"), "panelist ARBITRATION#1/a1".to_owned());
        let key = public(&stage.next_key(&seat));
        let nominate = Nominate { seat, person, key, affiliation: None };
        refusal(&stage, |s| signed_by_all(s, by("respondent"), Body::Nominate(nominate)))
    };
    an_act_of_the_chair_whom_the_case_is_about: "not-entitled" = {
        let stage = accused();
        refusal(&stage, |s| s.act(&"removal#1".parse().unwrap(), &id("keep"), &by("m2"), &[]))
    };
    an_act_of_the_next_chair_who_is_whom_the_case_is_about: "not-entitled" = {
        let stage = accused_twice_seated();
        refusal(&stage, |s| s.act(&"removal#1".parse().unwrap(), &id("keep"), &by("m1"), &[]))
    };
    an_act_of_a_panelist_who_is_whom_the_case_is_about: "not-entitled" = {
        let stage = accused_twice_seated();
        refusal(&stage, |s| s.act(&"removal#1".parse().unwrap(), &id("support"), &by("m1"), &[id("statement")]))
    };
    a_case_about_themselves_opened_from_another_seat: "not-entitled" = {
        let stage = council_with_two_seats_of_one();
        let (case, seat) = ("dismissal#1".parse().unwrap(), Some(holder("council/m1")));
        let act = Act { case, act: id("propose-dismissal"), seat, attach: [].into(), strike: None };
        refusal(&stage, |s| s.act_signed(act, &by("m2"), &[id("reasons")], &[holder("council/m2")]))
    };
    a_vote_on_themselves_from_another_seat: "not-an-elector" = {
        let stage = council_with_two_seats_of_one();
        propose(&stage, 1, Some("council/m1")).unwrap();
        refusal(&stage, |s| s.vote(&"dismissal#1/dismissal#1".parse().unwrap(), &id("m2"), &id("keep")))
    };
    a_vote_on_themselves_from_another_seat_after_a_new_key: "not-an-elector" = {
        // Known by the key with which the other seat's holder sat in the accused one: another name does not help.
        let mut stage = council();
        let (accused, other) = (holder("council/m1"), holder("council/m2"));
        let earlier = stage.key(&accused);
        stage.replace_key(&accused, Replacement::Rotation).unwrap();
        reseat(&stage, "chapter", &other, "Somebody else", &earlier);
        propose(&stage, 1, Some("council/m1")).unwrap();
        refusal(&stage, |s| s.vote(&"dismissal#1/dismissal#1".parse().unwrap(), &id("m2"), &id("keep")))
    };
    an_act_of_a_chair_who_is_recused: "not-entitled" = {
        let stage = accused();
        stage.recuse(&holder("board/m1"), &"removal#1".parse().unwrap()).unwrap();
        refusal(&stage, |s| s.act(&"removal#1".parse().unwrap(), &id("keep"), &by("m1"), &[]))
    };
    an_act_of_a_panelist_who_is_recused: "not-entitled" = {
        let stage = accused();
        stage.recuse(&holder("board/m3"), &"removal#1".parse().unwrap()).unwrap();
        refusal(&stage, |s| s.act(&"removal#1".parse().unwrap(), &id("support"), &by("m3"), &[id("statement")]))
    };
    a_vote_by_somebody_who_was_dismissed: "dismissed" = {
        let stage = dismissed();
        stage.act(&"decision#1".parse().unwrap(), &id("ask"), &by("team"), &[]).unwrap();
        refusal(&stage, |s| s.vote(&"decision#1/decision#1".parse().unwrap(), &id("m1"), &id("yes")))
    };
    a_challenge_outside_its_time: "too-late" = {
        let stage = council();
        stage.clock().pass(seconds(90 * 86_400 + 1));
        refusal(&stage, |s| propose(s, 1, Some("council/m1")))
    };
    a_challenge_of_nobody: "wrong-seat" = refusal(&council(), |s| propose(s, 1, None));
    a_challenge_of_an_officer: "unknown-seat" =
        refusal(&council(), |s| propose(s, 1, Some("team/officer-1")));
    a_challenge_of_an_empty_seat: "not-seated" = {
        let stage = council();
        stage.step_down(&holder("council/m1")).unwrap();
        refusal(&stage, |s| propose(s, 1, Some("council/m1")))
    };
    a_second_challenge_of_a_seat_while_one_runs: "case-running" = {
        let stage = council();
        propose(&stage, 1, Some("council/m1")).unwrap();
        refusal(&stage, |s| propose(s, 2, Some("council/m1")))
    };
    an_opening_that_names_a_seat_and_is_about_none: "wrong-seat" = refusal(&council(), |s| {
        let (case, seat) = ("decision#1".parse().unwrap(), holder("council/m1"));
        let act = Act { case, act: id("ask"), seat: Some(seat), attach: [].into(), strike: None };
        s.act_signed(act, &by("team"), &[], &[holder("team/officer-1")])
    });
    an_act_that_names_a_seat_and_is_about_none: "wrong-seat" = refusal(&heard(AGI), |s| {
        let signers = ["openai/officer-1", "openai/officer-2"].map(holder);
        let act = Act { case: case(), act: id("file"), seat: Some(seat("i1")), attach: [].into(), strike: None };
        s.act_signed(act, &by("openai"), &[id("exhibit")], &signers)
    });
    an_act_that_obliges_and_names_nobody: "wrong-seat" = refusal(&board(), |s| finds_interest(s, None));
    an_act_that_obliges_an_officer: "wrong-seat" =
        refusal(&board(), |s| finds_interest(s, Some("auditor/officer-1")));
    an_act_that_obliges_somebody_twice: "wrong-seat" = {
        let stage = board();
        finds_interest(&stage, Some("question#1/m1")).unwrap();
        refusal(&stage, |s| finds_interest(s, Some("question#1/m1")))
    };
    a_vote_by_somebody_who_must_abstain: "obliged-to-abstain" = {
        let stage = board();
        finds_interest(&stage, Some("question#1/m1")).unwrap();
        stage.clock().pass(days(11));
        refusal(&stage, |s| s.vote(&"question#1/open#1".parse().unwrap(), &id("m1"), &id("no")))
    };
    a_nomination_of_somebody_for_a_second_seat: "person-seated" = {
        let stage = nominated(&AGI.replace("filled  =", "persons = \"one seat each\"\nfilled  ="));
        stage.say(by("o2"), Body::StepDown(StepDown { seat: seat("o2"), reason: "no".to_owned() }), &[seat("o2")], Vec::new()).unwrap();
        let key = public(&stage.next_key(&seat("o2")));
        let person = " panelist  VERIFICATION#1/o1".to_owned();
        let nominate = Nominate { seat: seat("o2"), person, key, affiliation: None };
        refusal(&stage, |s| signed_by_all(s, by("openai"), Body::Nominate(nominate)))
    };
    a_nomination_that_does_not_say_for_whom_somebody_works: "affiliation-missing" =
        nominated_by(&mut declared(&AGI.replace("filled  =", "affiliation = \"needed\"\nfilled  =")), "openai", &seat("o1"));
    an_acceptance_with_the_wrong_key: "wrong-key" = refusal(&nominated(AGI), |s| {
        s.say(by("i1"), accepting("i1", &[]), &[seat("i2")], Vec::new())
    });
    an_acceptance_for_somebody_else: "not-your-seat" = refusal(&nominated(AGI), |s| {
        s.say(by("i2"), accepting("i1", &[]), &[seat("i2")], Vec::new())
    });
    an_acceptance_without_a_nomination: "not-seated" = refusal(&declared(AGI), |s| {
        s.say(by("i1"), accepting("i1", &[]), &[holder("openai/officer-1")], Vec::new())
    });
    an_acceptance_with_a_strange_document: "wrong-attachments" = {
        let blob = document("a curriculum vitae");
        refusal(&nominated(AGI), |s| {
            s.say(by("i1"), accepting("i1", &[("cv", blob.digest())]), &[seat("i1")], vec![blob])
        })
    };
    a_second_acceptance: "already-accepted" = refusal(&heard(AGI), |s| s.accept(&seat("i1")));
    a_disclosure_without_a_document: "wrong-attachments" = refusal(&heard(AGI), |s| {
        let disclose = Disclose { seat: seat("i1"), attach: BTreeMap::new() };
        s.say(by("i1"), Body::Disclose(disclose), &[seat("i1")], Vec::new())
    });
    a_second_recusal: "already-recused" = {
        let stage = heard(AGI);
        stage.recuse(&seat("i1"), &case()).unwrap();
        stage.clock().pass(seconds(1));
        refusal(&stage, |s| {
            let reason = "another reason".to_owned();
            let recuse = Recuse { seat: seat("i1"), case: case(), reason };
            s.say(by("i1"), Body::Recuse(recuse), &[seat("i1")], Vec::new())
        })
    };
    a_recusal_from_another_case: "unknown-case" =
        refusal(&heard(AGI), |s| s.recuse(&seat("i1"), &"verification#2".parse().unwrap()));
    a_recusal_after_the_end: "case-ended" = {
        // The chair owes a report, so the panel is not dissolved yet.
        let stage = voting(AGI);
        all_vote(&stage);
        refusal(&stage, |s| s.recuse(&seat("i2"), &case()))
    };

    // Acts.
    a_second_declaration_while_one_runs: "case-running" =
        refusal(&declared(AGI), |s| declare_as(s, "verification#2", "openai"));
    a_second_declaration_too_soon: "too-early" = {
        let stage = declared(AGI);
        stage.act(&case(), &id("withdraw-declaration"), &by("openai"), &[]).unwrap();
        stage.clock().pass(seconds(180 * 86_400 - 1));
        refusal(&stage, |s| declare_as(s, "verification#2", "openai"))
    };
    a_third_stay_where_there_may_be_two: "too-often" = {
        let stage = suspended();
        stage.act(&"stay#1".parse().unwrap(), &id("lift"), &by("microsoft"), &[]).unwrap();
        stage.act(&"stay#2".parse().unwrap(), &id("ask-stay"), &by("openai"), &[]).unwrap();
        stage.act(&"stay#2".parse().unwrap(), &id("lift"), &by("openai"), &[]).unwrap();
        refusal(&stage, |s| s.act(&"stay#3".parse().unwrap(), &id("ask-stay"), &by("openai"), &[]))
    };
    an_act_in_a_suspended_case: "suspended" =
        refusal(&suspended(), |s| s.act(&case(), &id("withdraw-declaration"), &by("openai"), &[]));
    a_vote_in_a_suspended_case: "suspended" = refusal(&suspended(), |s| vote(s, "i1", "met"));
    a_case_of_a_suspended_procedure: "suspended" =
        refusal(&suspended(), |s| declare_as(s, "verification#2", "openai"));
    a_declaration_by_the_other_party: "not-entitled" =
        refusal(&opened(AGI), |s| declare_as(s, "verification#1", "microsoft"));
    a_declaration_that_leaves_a_number_out: "unknown-case" =
        refusal(&opened(AGI), |s| declare_as(s, "verification#2", "openai"));
    a_declaration_in_an_unknown_procedure: "unknown-procedure" =
        refusal(&opened(AGI), |s| declare_as(s, "appeal#1", "openai"));
    an_act_in_a_case_that_was_never_opened: "unknown-case" = refusal(&opened(AGI), |s| file(s, "openai"));
    an_act_that_the_state_does_not_know: "no-such-step" = refusal(&voting(AGI), |s| file(s, "openai"));
    an_act_where_nothing_can_be_done: "no-such-step" = {
        let stage = declared(AGI);
        stage.act(&case(), &id("withdraw-declaration"), &by("openai"), &[]).unwrap();
        refusal(&stage, |s| file(s, "openai"))
    };
    an_act_by_somebody_not_entitled: "not-entitled" = refusal(&heard(AGI), |s| {
        s.act(&case(), &id("withdraw-declaration"), &by("microsoft"), &[])
    });
    an_act_by_somebody_not_entitled_that_several_others_may_do: "not-entitled" = {
        let step = r#"{ do = "withdraw-declaration", by = "openai", to = "lapsed", emits = "withdrawn" },"#;
        let more = ["authority", "chair"].map(|by| step.replace("\"openai\"", &format!("\"{by}\""))).concat();
        refusal(&heard(&AGI.replace(step, &format!("{step}{more}"))), |s| {
            s.act(&case(), &id("withdraw-declaration"), &by("microsoft"), &[])
        })
    };
    an_act_once_too_often: "too-often" = {
        let stage = verified(AGI);
        stage.act(&case(), &id("set-aside"), &by("authority"), &[id("judgment")]).unwrap();
        stage.clock().pass(seconds(1));
        refusal(&stage, |s| s.act(&case(), &id("set-aside"), &by("authority"), &[id("judgment")]))
    };
    an_act_after_its_time: "too-late" = {
        let within = AGI.replace(r#"attach = ["exhibit"] }"#, r#"attach = ["exhibit"], within = "30 days" }"#);
        let stage = heard(&within);
        stage.clock().pass(days(40));
        refusal(&stage, |s| file(s, "openai"))
    };
    an_act_before_its_time: "too-early" = {
        let later =
            AGI.replace(r#"attach = ["exhibit"] }"#, r#"attach = ["exhibit"], not-before = "30 minutes" }"#);
        let stage = nominated(&later);
        all_accept(&stage);
        refusal(&stage, |s| file(s, "openai"))
    };
    a_duty_by_somebody_else: "not-entitled" = {
        let stage = voting(AGI);
        all_vote(&stage);
        refusal(&stage, |s| s.act(&case(), &id("sign-report"), &by("i2"), &[id("report")]))
    };
    a_duty_done_twice: "duty-done" = {
        let stage = verified(AGI);
        stage.clock().pass(seconds(1));
        refusal(&stage, |s| s.act(&case(), &id("sign-report"), &by("i1"), &[id("report")]))
    };

    // Signatures of the parties.
    a_declaration_by_one_officer_of_two: "too-few-signatures" = refusal(&opened(AGI), |s| {
        let blob = document("the declaration");
        let attach = [(id("declaration"), blob.digest())].into();
        let act = Body::Act(Act { case: case(), act: id("declare"), seat: None, attach, strike: None });
        s.say(by("openai"), act, &[holder("openai/officer-3")], vec![blob])
    });
    a_declaration_by_an_officer_whose_authority_has_ended: "authority-expired" = {
        let stage = dated("openai/officer-1", None, Some("2026-02-27T16:59:59Z"));
        stage.clock().set(at("2026-02-27T17:00:00Z"));
        refusal(&stage, |s| declare_as(s, "verification#1", "openai"))
    };
    a_declaration_by_an_officer_whose_authority_has_not_begun: "too-early" = {
        let stage = dated("openai/officer-3", Some("2026-02-27T17:00:01Z"), None);
        stage.clock().set(at("2026-02-27T17:00:00Z"));
        let signers = ["openai/officer-1", "openai/officer-3"].map(holder);
        refusal(&stage, |s| {
            let act = Act { case: case(), act: id("declare"), seat: None, attach: BTreeMap::new(), strike: None };
            s.act_signed(act, &by("openai"), &[id("declaration")], &signers)
        })
    };
    a_declaration_that_the_other_party_signed_too: "needless-signature" = refusal(&opened(AGI), |s| {
        let blob = document("the declaration");
        let attach = [(id("declaration"), blob.digest())].into();
        let act = Body::Act(Act { case: case(), act: id("declare"), seat: None, attach, strike: None });
        let signers = ["openai/officer-1", "openai/officer-2", "microsoft/officer-1"].map(holder);
        s.say(by("openai"), act, &signers, vec![blob])
    });
    a_reaffirmation_by_one_party: "not-entitled" = refusal(&opened(AGI), |s| {
        let reaffirm = Reaffirm { occasion: "a doubt".to_owned(), attach: BTreeMap::new() };
        signed_by_all(s, by("openai"), Body::Reaffirm(reaffirm))
    });

    // Amendments.
    an_amendment_with_one_signature_missing: "too-few-signatures" = {
        let signers = ["openai/officer-1", "openai/officer-2", "microsoft/officer-3"].map(holder);
        refusal(&opened(AGI), |s| s.amend(AMENDED, (&api_ends(), &[]), None, Some(signers.to_vec())))
    };
    an_amendment_by_one_party: "not-all-parties" =
        refusal(&opened(AGI), |s| s.amend(AMENDED, (&api_ends(), &[]), Some(by("openai")), None));
    an_amendment_that_the_authority_signed_too: "needless-signature" = {
        let stage = opened(AGI);
        let mut signers = stage.signers(&speaking_for(PARTIES), None).unwrap();
        signers.push(holder("authority/officer-1"));
        refusal(&stage, |s| s.amend(AMENDED, (&api_ends(), &[]), None, Some(signers)))
    };
    an_amendment_that_would_strand_an_open_case: "strands-case" =
        refusal(&declared(AGI), |s| s.amend(AMENDED, (&api_ends(), &[]), None, None));
    an_amendment_that_sends_an_open_case_to_a_state_that_there_is_not: "strands-case" = {
        let cases = [(case(), CaseFate::Enters(id("hearing")))];
        refusal(&declared(AGI), |s| s.amend(AMENDED, (&api_ends(), &cases), None, None))
    };
    an_amendment_under_which_an_open_case_would_never_end: "strands-case" = {
        let (stage, case) = (opened(WAITS), "contest#1".parse().unwrap());
        stage.act(&case, &id("contest"), &by("licensor"), &[]).unwrap();
        let enters = CaseFate::Enters(id("waiting"));
        refusal(&stage, |s| s.amend(&WAITS.replace("claimed", "asked"), (&[], &[(case, enters)]), None, None))
    };
    an_amendment_that_takes_an_office_from_an_open_case: "strands-case" = {
        let cases = [(case(), CaseFate::OldRules)];
        let (text, renamed) = (without_authority(), api_ends());
        refusal(&declared(AGI), |s| s.amend(&text, (&renamed, &cases), None, None))
    };
    an_amendment_that_takes_one_of_two_who_nominate_jointly_from_an_open_case: "strands-case" = {
        let vacant = "vacant = { after = \"14 days\", filled-by = \"authority\" }\n";
        let old = joint().replace(vacant, "").replace(r#"["licensor", "licensee"]"#, r#"["authority", "licensor"]"#);
        let role = "[role]\nauthority = { signatures = \"1 of 1\" }\n";
        let new = old.replace(r#"by-all = ["authority", "licensor"]"#, r#"by = "licensor""#).replace(role, "");
        let new = new.replace(r#"["licensee", "authority"]"#, r#""licensee""#);
        let (stage, case) = (opened(&old), "contest#1".parse().unwrap());
        stage.act(&case, &id("contest"), &by("licensor"), &[]).unwrap();
        refusal(&stage, |s| s.amend(&new, (&[], &[(case, CaseFate::OldRules)]), None, None))
    };
    an_amendment_that_speaks_of_a_case_that_there_is_not: "unknown-case" =
        refusal(&opened(AGI), |s| s.amend(AMENDED, (&api_ends(), &[(case(), CaseFate::OldRules)]), None, None));
    an_amendment_that_would_strand_a_grant: "strands-grant" =
        refusal(&opened(AGI), |s| s.amend(AMENDED, (&[], &[]), None, None));
    an_amendment_that_makes_a_grant_one_that_there_is_not: "strands-grant" = {
        let becomes = [(id("azure-api-exclusivity"), becomes("azure"))];
        refusal(&opened(AGI), |s| s.amend(AMENDED, (&becomes, &[]), None, None))
    };
    an_amendment_that_makes_one_grant_of_two: "strands-grant" = {
        let becomes = [(id("azure-api-exclusivity"), becomes("research-ip"))];
        refusal(&opened(AGI), |s| s.amend(AMENDED, (&becomes, &[]), None, None))
    };
    an_amendment_that_ends_a_grant_that_goes_on: "strands-grant" = {
        let mut grants = api_ends();
        grants.push((id("research-ip"), GrantFate::Ends("ended".to_owned())));
        refusal(&opened(AGI), |s| s.amend(AMENDED, (&grants, &[]), None, None))
    };
    an_amendment_that_speaks_of_a_grant_that_there_is_not: "unknown-grant" = {
        let mut grants = api_ends();
        grants.push((id("azure-first"), becomes("azure-first")));
        refusal(&opened(AGI), |s| s.amend(AMENDED, (&grants, &[]), None, None))
    };
    an_amendment_that_moves_more_than_it_says: "other-value" = refusal(&opened(AGI), |s| {
        amending(s, |amend| {
            let fate = becomes("models-and-products-ip");
            drop(amend.grants.insert(id("models-and-products-ip"), fate));
        })
    });
    an_amendment_to_a_text_that_does_not_pass: "bad-workflow" = {
        let broken = AMENDED.replace("chair ", "chaire ");
        refusal(&opened(AGI), |s| s.amend(&broken, (&api_ends(), &[]), None, None))
    };
    an_amendment_to_the_text_that_is_in_force: "same-workflow" =
        refusal(&opened(AGI), |s| s.amend(AGI, (&[], &[]), None, None));
    an_amendment_with_another_contract: "other-contract" =
        refusal(&opened(AGI), |s| amending(s, |amend| amend.contract = Digest::of(b"another contract")));
    an_amendment_of_a_specimen_to_a_live_text: "other-nature" = {
        let live = AMENDED.replace("nature   = \"specimen\"", "nature   = \"live\"");
        refusal(&opened(AGI), |s| s.amend(&live, (&api_ends(), &[]), None, None))
    };
    an_amendment_to_a_text_between_other_parties: "other-parties" = {
        let other = AMENDED.replace("microsoft", "contoso");
        refusal(&opened(AGI), |s| s.amend(&other, (&api_ends(), &[]), None, None))
    };
    an_amendment_without_the_officers_of_a_new_office: "bad-roster" = {
        let court = AMENDED.replace("[role.authority]", "[role.court]\nsignatures = \"1 of 1\"\n[role.authority]");
        let stage = opened(AGI);
        let mut amend = stage.amendment(&court, &api_ends(), &[]).unwrap();
        amend.roster.clear();
        refusal(&stage, |s| signed_by_all(s, speaking_for(PARTIES), Body::Amend(Box::new(amend))))
    };
    an_amendment_with_an_officer_of_nothing: "bad-roster" = refusal(&opened(AGI), |s| {
        let line = roster_line(s, "court/officer-1", "court/officer-1");
        amending(s, |amend| amend.roster = vec![line])
    });
    an_amendment_that_gives_an_officer_a_key_in_use: "key-in-use" = refusal(&opened(AGI), |s| {
        let line = roster_line(s, "authority/officer-1", "openai/officer-1");
        amending(s, |amend| amend.roster = vec![line])
    });
    an_amendment_too_long_with_its_signatures: "too-long" = refusal(&opened(AGI), |s| {
        // As long as a statement may be, and then four signatures.
        let before = s.amendment(AMENDED, &api_ends(), &[]).unwrap();
        let text = s.draft(speaking_for(PARTIES), Body::Amend(Box::new(before))).unwrap();
        amending(s, |amend| amend.occasion = "a".repeat(Entry::MAX_BYTES - text.len()))
    });
    a_statement_under_the_workflow_before_the_amendment: "former-workflow" = {
        let stage = opened(AGI);
        let reaffirm = Reaffirm { occasion: "a meeting".to_owned(), attach: BTreeMap::new() };
        let text = stage.draft(speaking_for(PARTIES), Body::Reaffirm(reaffirm)).unwrap();
        stage.amend(AMENDED, (&api_ends(), &[]), None, None).unwrap();
        let signers = stage.signers(&speaking_for(PARTIES), None).unwrap();
        refusal(&stage, |s| s.submit(s.sign(&text, &signers), Vec::new()))
    };
    a_vote_under_the_workflow_before_the_case_passed_to_another: "former-workflow" = {
        let stage = voting(AGI);
        let (text, blobs) = drafted_vote(&stage, by("i1"), |_| {});
        let cases = [(case(), CaseFate::Enters(id("evidence")))];
        stage.amend(AMENDED, (&api_ends(), &cases), None, None).unwrap();
        refusal(&stage, |s| s.submit(s.sign(&text, &[seat("i1")]), blobs))
    };
    an_act_under_the_new_workflow_in_a_case_of_the_old: "other-workflow" = {
        let stage = declared(AGI);
        stage.amend(AMENDED, (&api_ends(), &[(case(), CaseFate::OldRules)]), None, None).unwrap();
        let state = stage.state().unwrap();
        let act = Act { case: case(), act: id("withdraw-declaration"), seat: None, attach: BTreeMap::new(), strike: None };
        let header = Some(Header { workflow: state.workflow.digest, ..state.header(head(&stage)) });
        let text = Statement { by: by("openai"), header, body: Body::Act(act) }.to_text();
        let signers = stage.signers(&by("openai"), None).unwrap();
        refusal(&stage, |s| s.submit(s.sign(&text, &signers), Vec::new()))
    };

    // Keys.
    a_key_replaced_of_nobody: "unknown-holder" =
        replaced("openai/officer-9", Replacement::Rotation, "openai", &["openai/officer-1"], true);
    a_key_rotated_without_the_new_key: "new-key-absent" =
        replaced("openai/officer-1", Replacement::Rotation, "openai", &["openai/officer-1"], false);
    a_key_rotated_without_the_old_key: "wrong-key" =
        replaced("openai/officer-1", Replacement::Rotation, "openai", &[], true);
    a_key_rotated_by_a_colleague: "wrong-key" =
        replaced("openai/officer-1", Replacement::Rotation, "openai", &["openai/officer-2"], true);
    a_key_rotated_with_a_colleague: "wrong-key" = replaced(
        "openai/officer-1",
        Replacement::Rotation,
        "openai",
        &["openai/officer-1", "openai/officer-2"],
        true,
    );
    a_key_rotated_in_the_name_of_another: "not-entitled" =
        replaced("openai/officer-1", Replacement::Rotation, "microsoft", &["openai/officer-1"], true);
    a_key_rotated_to_one_in_use: "key-in-use" = {
        let stage = opened(AGI);
        let (old, taken) = (holder("openai/officer-1"), holder("openai/officer-2"));
        let how = Replacement::Rotation;
        let replace = ReplaceKey { holder: old.clone(), how, key: public(&stage.key(&taken)) };
        refusal(&stage, |s| s.say(by("openai"), Body::ReplaceKey(replace), &[old, taken], Vec::new()))
    };
    a_key_recovered_by_its_own_party_alone: "not-entitled" = replaced(
        "openai/officer-1",
        Replacement::Recovery,
        "openai",
        &["openai/officer-2", "openai/officer-3"],
        true,
    );
    a_key_recovered_that_is_not_lost: "needless-signature" = replaced(
        "openai/officer-1",
        Replacement::Recovery,
        "microsoft and openai",
        &["openai/officer-1", "openai/officer-2", "microsoft/officer-1", "microsoft/officer-2"],
        true,
    );
    a_key_recovered_with_too_few_signatures: "too-few-signatures" = replaced(
        "openai/officer-1",
        Replacement::Recovery,
        "microsoft and openai",
        &["openai/officer-2", "openai/officer-3", "microsoft/officer-1"],
        true,
    );

    // Opening.
    an_agreement_whose_name_is_taken: "name-taken" = reopened("agi-2025", |open| open.nonce.replace_range(..1, "A"), PARTIES);
    an_agreement_for_another_log: "other-log" =
        reopened("agi-2026", |open| open.log.vkey = open.log.vkey.replace("agi-2026", "agi-2027"), PARTIES);
    an_agreement_with_another_origin: "bad-log-identity" =
        reopened("agi-2026", |open| "elsewhere.example/agi-2026".clone_into(&mut open.log.origin), PARTIES);
    an_agreement_with_a_broken_workflow: "bad-workflow" =
        reopened("agi-2026", |open| open.workflow = open.workflow.replace("chair ", "chaire "), PARTIES);
    an_agreement_on_another_contract: "other-contract" =
        reopened("agi-2026", |open| open.contract = Digest::of(b"another contract"), PARTIES);
    an_agreement_with_a_short_nonce: "bad-envelope" =
        reopened("agi-2026", |open| "AAAA".clone_into(&mut open.nonce), PARTIES);
    an_agreement_without_one_of_its_officers: "bad-roster" =
        reopened("agi-2026", |open| drop(open.roster.pop()), PARTIES);
    an_agreement_with_an_officer_of_nothing: "bad-roster" =
        reopened("agi-2026", |open| open.roster[0].holder = holder("experts/i1"), PARTIES);
    an_agreement_with_an_officer_twice: "bad-roster" =
        reopened("agi-2026", |open| open.roster[1].holder = open.roster[0].holder.clone(), PARTIES);
    an_agreement_with_an_authority_that_ends_before_it_begins: "bad-roster" = reopened(
        "agi-2026",
        |open| (open.roster[0].from, open.roster[0].until) = (Some(at("2026-01-01T00:00:00Z")), Some(at("2025-12-31T23:59:59Z"))),
        PARTIES,
    );
    an_agreement_with_one_key_for_two_officers: "key-in-use" =
        reopened("agi-2026", |open| open.roster[1].key = open.roster[0].key.clone(), PARTIES);
    an_agreement_whose_policy_is_none: "bad-policy" =
        reopened("agi-2026", |open| open.policy = Some("quorum none\npanel 5 of 7\n".to_owned()), PARTIES);
    an_agreement_whose_policy_names_an_unknown_witness: "bad-policy" =
        reopened("agi-2026", |open| open.policy = Some("quorum w1\n".to_owned()), PARTIES);
    an_agreement_whose_policy_is_for_another_log: "bad-policy" = reopened(
        "agi-2026",
        |open| open.policy = Some(format!("log {}\nquorum none\n", log_vkey("agi-2025"))),
        PARTIES,
    );
    an_agreement_with_more_witnesses_than_fit_on_a_checkpoint: "bad-policy" =
        reopened("agi-2026", |open| open.policy = Some(witnesses(49)), PARTIES);
    an_agreement_with_a_witness_whose_name_is_too_long: "bad-policy" =
        reopened("agi-2026", |open| open.policy = Some(named(&"w".repeat(201))), PARTIES);
    an_agreement_with_a_witness_whose_address_is_a_file: "bad-policy" =
        reopened("agi-2026", |open| open.policy = Some(addressed("file:///etc/passwd")), PARTIES);
    an_agreement_with_a_witness_whose_address_has_a_query: "bad-policy" =
        reopened("agi-2026", |open| open.policy = Some(addressed("http://wit.example:1/#x?y")), PARTIES);
    an_agreement_with_a_witness_whose_address_has_no_host: "bad-policy" =
        reopened("agi-2026", |open| open.policy = Some(addressed("https:///w1")), PARTIES);
    an_agreement_whose_log_is_its_own_witness: "bad-policy" =
        reopened("agi-2026", |open| open.policy = Some(witnessed_by(&log_seed())), PARTIES);
    an_agreement_with_an_officer_as_witness: "key-in-use" = {
        let officer = opened(AGI).key(&holder("openai/officer-1")).to_bytes();
        reopened("agi-2026", |open| open.policy = Some(witnessed_by(&officer)), PARTIES)
    };
    an_agreement_opened_by_one_party: "not-all-parties" = reopened("agi-2026", |_| {}, "openai");
}

/// A claim before a standing panel, in one of the small workflows.
/// A case waits from what its opening emits on.
const WAITS: &str = r#"
language = 1
title    = "A case that waits"
nature   = "specimen"
[contract]
digest   = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
prevails = true
[party]
licensor = { signatures = "1 of 1" }
licensee = { signatures = "1 of 1" }
[event]
claimed = "It is said"
[procedure.contest]
open  = { do = "contest", by = "licensor", emits = "claimed" }
start = "waiting"
[procedure.contest.state.waiting]
steps = [{ after = "60 days", of = "claimed", to = "over" }]
[procedure.contest.state.over]
ends = true
[grant.right]
status = [{ is = "in force" }]
fixed  = true
"#;

/// Two acts of one name: OpenAI files once, and Microsoft as often as it likes.
fn filed_apart() -> String {
    let both = "{ do = \"file\", by = [\"openai\", \"microsoft\"], attach = [\"exhibit\"] },";
    let apart = "{ do = \"file\", by = \"openai\", attach = [\"exhibit\"], at-most = 1 },
  { do = \"file\", by = \"microsoft\", attach = [\"exhibit\"] },";
    assert!(AGI.contains(both));
    AGI.replace(both, apart)
}

fn claimed(workflow: &str) -> Stage {
    let mut stage = opened(&fs::read_to_string(format!("tests/workflows/flows/{workflow}.toml")).unwrap());
    for seat in ["arbiters/a1", "arbiters/a2", "arbiters/a3"].map(holder) {
        stage.nominate(&id("chamber"), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    claim_act(&stage, "claim", "claimant", &["statement"], None).unwrap();
    stage
}

fn joint() -> String {
    fs::read_to_string("tests/workflows/flows/joint-nomination.toml").unwrap()
}

/// A case before a tribunal whose chair two parties name jointly.
fn contested() -> Stage {
    let stage = opened(&joint());
    stage.act(&"contest#1".parse().unwrap(), &id("contest"), &by("licensor"), &[]).unwrap();
    stage
}

fn a_chair(stage: &Stage) -> Nominate {
    let seat = holder("contest#1/chair-seat");
    let key = public(&stage.key(&seat));
    Nominate { seat, person: "A chair".to_owned(), key, affiliation: None }
}

fn nominated_jointly(stage: &mut Stage, by: &[&str]) -> Refusal {
    let by = By::of(by.iter().map(|name| id(name)).collect());
    let nominate = a_chair(stage);
    refusal(stage, |stage| signed_by_all(stage, by, Body::Nominate(nominate)))
}

fn claim() -> CaseRef {
    "claim#1".parse().unwrap()
}

fn claim_act(stage: &Stage, act: &str, party: &str, attach: &[&str], strike: Option<Digest>) -> Answer {
    let attach: Vec<_> = attach.iter().map(|name| id(name)).collect();
    let act = Act { case: claim(), act: id(act), seat: None, attach: BTreeMap::new(), strike };
    stage.act_signed(act, &by(party), &attach, &stage.signers(&by(party), None).unwrap())
}

/// The document of this name that is filed in the claim.
fn filed(stage: &Stage, name: &str) -> Digest {
    let state = stage.state().unwrap();
    state.case(&claim()).unwrap().filed.iter().find(|filed| filed.name == *name).unwrap().digest
}

/// Files an exhibit in the claim and has it struck: its content is gone, and is given back here.
fn struck(stage: &Stage) -> Blob {
    claim_act(stage, "file", "claimant", &["exhibit"], None).unwrap();
    let digest = filed(stage, "exhibit");
    let content = stage.registry().store().blob(&digest).unwrap().unwrap();
    claim_act(stage, "strike", "chamber", &[], Some(digest)).unwrap();
    assert_eq!(stage.registry().store().blob(&digest).unwrap(), None);
    stage.clock().pass(seconds(1));
    Blob::open(content, &digest).unwrap()
}

/// The text to which the AGI agreement is amended.
const AMENDED: &str = include_str!("../workflows/agi-2026-04.toml");

/// What becomes of the one grant that the amended text has not.
fn api_ends() -> Vec<(Id, GrantFate)> {
    vec![(id("azure-api-exclusivity"), GrantFate::Ends("ended".to_owned()))]
}

fn becomes(grant: &str) -> GrantFate {
    GrantFate::Becomes { grant: id(grant), moves: BTreeMap::new() }
}

/// The amended text, in which the authority is called the chamber.
fn without_authority() -> String {
    AMENDED.replace("[role.authority]", "[role.chamber]").replace("\"authority\"", "\"chamber\"")
}

/// An amendment that all parties sign, with something in it changed.
fn amending(stage: &Stage, change: impl FnOnce(&mut Amend)) -> Answer {
    let mut amend = stage.amendment(AMENDED, &api_ends(), &[]).unwrap();
    change(&mut amend);
    signed_by_all(stage, speaking_for(PARTIES), Body::Amend(Box::new(amend)))
}

fn roster_line(stage: &Stage, name: &str, key_of: &str) -> RosterLine {
    let key = public(&stage.key(&holder(key_of)));
    RosterLine { holder: holder(name), person: "Ada Lovelace".to_owned(), key, from: None, until: None }
}

/// In whose name an agreement is opened.
const PARTIES: &str = "microsoft and openai";

/// The ballot is open, and a stay suspends it.
fn suspended() -> Stage {
    let stage = voting(&format!("{AGI}{STAY}"));
    stage.act(&"stay#1".parse().unwrap(), &id("ask-stay"), &by("microsoft"), &[]).unwrap();
    stage
}

/// A procedure that suspends the verification.
const STAY: &str = r#"
[procedure.stay]
open     = { do = "ask-stay", by = ["openai", "microsoft"] }
cases    = { at-most = 2 }
suspends = { procedures = "verification", allow = "file" }
start    = "stayed"
[procedure.stay.state.stayed]
steps = [
  { do = "lift", by = ["openai", "microsoft"], to = "over" },
  { after = "30 days", to = "over" },
]
[procedure.stay.state.over]
ends = true
"#;

fn speaking_for(names: &str) -> By {
    By::of(names.split(" and ").map(id).collect())
}

/// A salted document, the salt being of no matter here.
fn document(content: &str) -> Blob {
    let bytes = format!("{:32}{content}", "").into_bytes();
    let digest = Digest::of(&bytes);
    Blob::open(bytes, &digest).unwrap()
}

/// A vote for `met` with something in it changed, as a text that is not signed yet, and its documents.
fn drafted_vote(stage: &Stage, by: By, change: impl FnOnce(&mut Vote)) -> (String, Vec<Blob>) {
    let state = stage.state().unwrap();
    let blob = document("reasons");
    let mut vote = Vote {
        ballot: ballot(),
        asks: state.workflow.ballot(&id("finding")).unwrap().question.clone(),
        question: state.case(&case()).unwrap().ballots[0].paper,
        choice: id("met"),
        attach: [(id("rationale"), blob.digest())].into(),
    };
    change(&mut vote);
    let blobs = if vote.attach.is_empty() { Vec::new() } else { vec![blob] };
    (stage.draft(by, Body::Vote(vote)).unwrap(), blobs)
}

fn voted(stage: &Stage, by: By, signers: &[HolderRef], change: impl FnOnce(&mut Vote)) -> Answer {
    let (text, blobs) = drafted_vote(stage, by, change);
    stage.submit(stage.sign(&text, signers), blobs)
}

fn voted_by_i1(stage: &Stage, change: impl FnOnce(&mut Vote)) -> Answer {
    voted(stage, by("i1"), &[seat("i1")], change)
}

/// The agreement as it ships, with a sealed ballot.
const SEALED: &str = include_str!("../workflows/agi-2025.toml");

/// All but m2 have committed to this choice.
fn all_but_m2_commit(stage: &Stage, choice: &str) {
    for (name, _) in SEATS.into_iter().filter(|(name, _)| *name != "m2") {
        vote(stage, name, choice).unwrap();
    }
}

/// All but m2 have committed to `met`, and votes are revealed since a day.
fn revealing() -> Stage {
    revealing_under(SEALED)
}

/// The same, where the vote of whoever leaves does not stand.
fn revealing_and_lapsing() -> Stage {
    let lines = SEALED.split_inclusive('\n').filter(|line| !line.starts_with("if-leaving"));
    revealing_under(&lines.collect::<String>())
}

fn revealing_under(text: &str) -> Stage {
    let stage = voting(text);
    all_but_m2_commit(&stage, "met");
    stage.clock().pass(days(14));
    stage
}

/// As `revealing`, and i1 has stepped down with a vote that stands.
fn stepped_down_standing() -> Stage {
    let stage = revealing();
    stage.step_down(&seat("i1")).unwrap();
    stage
}

fn reveal_of_i1(stage: &Stage, signers: &[HolderRef]) -> Answer {
    let (text, blobs) = drafted_reveal(stage, by("i1"), "met", |_| {});
    stage.submit(stage.sign(&text, signers), blobs)
}

fn revealed(stage: &Stage, name: &str, choice: Option<&str>) -> Answer {
    stage.reveal_attaching(&ballot(), &id(name), choice.map(id).as_ref(), None)
}

fn commitment_of(stage: &Stage, name: &str) -> Digest {
    let state = stage.state().unwrap();
    let sealing = state.case(&case()).unwrap().ballots[0].sealed.clone().unwrap();
    sealing.commitments[&id(name)].commitment
}

/// A commitment of i1 with something in it changed.
fn committed(stage: &Stage, change: impl FnOnce(&mut Commit)) -> Answer {
    let state = stage.state().unwrap();
    let mut commit = Commit {
        ballot: ballot(),
        asks: state.ballot(&ballot()).unwrap().question.clone(),
        question: state.case(&case()).unwrap().ballots[0].paper,
        commitment: Digest::of(b"a vote"),
    };
    change(&mut commit);
    signed_by(stage, "i1", Body::Commit(commit))
}

/// The reveal by which a seat would open its commitment to a choice, with something in it changed.
fn drafted_reveal(
    stage: &Stage,
    by: By,
    choice: &str,
    change: impl FnOnce(&mut Reveal),
) -> (String, Vec<Blob>) {
    let blob = document("reasons");
    let salt = Digest::of(format!("salt of {choice} by {by} on {}", ballot()).as_bytes());
    let attach = [(id("rationale"), blob.digest())].into();
    let mut reveal = Reveal { ballot: ballot(), choice: id(choice), salt: Salt(salt.0), attach };
    change(&mut reveal);
    (stage.draft(by, Body::Reveal(reveal)).unwrap(), vec![blob])
}

/// A vote of i1 with something in its header changed.
fn headed(stage: &Stage, change: impl FnOnce(&mut Header)) -> Answer {
    let (text, blobs) = drafted_vote(stage, by("i1"), |_| {});
    let mut statement = Statement::parse(&text).unwrap();
    change(statement.header.as_mut().unwrap());
    stage.submit(stage.sign(&statement.to_text(), &[seat("i1")]), blobs)
}

fn signed_by(stage: &Stage, name: &str, body: Body) -> Answer {
    stage.say(by(name), body, &[seat(name)], Vec::new())
}

fn signed_by_all(stage: &Stage, by: By, body: Body) -> Answer {
    let signers = stage.signers(&by, None).unwrap();
    stage.say(by, body, &signers, Vec::new())
}

fn nominated_by(stage: &mut Stage, nominator: &str, seat: &HolderRef) -> Refusal {
    let before = head(stage);
    let answer = stage.nominate(&id(nominator), seat);
    assert_eq!(head(stage), before);
    refusal(stage, |_| answer)
}

fn accepting(name: &str, attach: &[(&str, Digest)]) -> Body {
    let attach = attach.iter().map(|(name, digest)| (id(name), *digest)).collect();
    Body::AcceptSeat(AcceptSeat { seat: seat(name), attach })
}

fn declare_as(stage: &Stage, case: &str, party: &str) -> Answer {
    stage.act(&case.parse().unwrap(), &id("declare"), &by(party), &[id("declaration")])
}

/// The refusal of a replacement signed by these holders, and by the new key where `proven`.
fn replaced(of: &str, how: Replacement, by: &str, signers: &[&str], proven: bool) -> Refusal {
    let stage = opened(AGI);
    let new = stage.next_key(&holder(of));
    let replace = ReplaceKey { holder: holder(of), how, key: public(&new) };
    let text = stage.draft(speaking_for(by), Body::ReplaceKey(replace)).unwrap();
    let mut keys: Vec<_> = signers.iter().map(|name| stage.key(&holder(name))).collect();
    keys.extend(proven.then_some(new));
    refusal(&stage, |s| s.submit(sign_with(&text, &keys), Vec::new()))
}

/// The refusal of another agreement on the same log, with something in its opening statement changed.
fn reopened(name: &str, change: impl FnOnce(&mut Open), by: &str) -> Refusal {
    let stage = opened(AGI);
    let entry = stage.registry().store().entry(&stage.anchor(), 0).unwrap().unwrap();
    let mut statement = Statement::parse(&Entry::parse(&entry).unwrap().envelope.statement).unwrap();
    let Body::Open(open) = &mut statement.body else { panic!("no opening statement") };
    let key = log_key(LOG_NAME, &id(name), &log_seed()).unwrap();
    open.name = id(name);
    key.name().clone_into(&mut open.log.origin);
    open.log.vkey = key.verifier().to_string();
    change(open);
    statement.by = speaking_for(by);
    let signers = stage.signers(&statement.by, None).unwrap();
    refusal(&stage, |s| s.submit(s.sign(&statement.to_text(), &signers), Vec::new()))
}

/// Five members who can dismiss one another.
const COUNCIL: &str = include_str!("workflows/flows/dismissal.toml");
const CHAIRS: &str = include_str!("workflows/flows/chairs.toml");
const TRIBUNAL: &str = include_str!("workflows/flows/challenge.toml");
const BOARD: &str = include_str!("workflows/flows/obliged.toml");

/// The council, every seat filled.
fn council() -> Stage {
    let store = Arc::new(MemoryStore::new());
    let mut stage = Stage::open(COUNCIL, &id("agi-2025"), at("2026-01-05T09:00:00Z"), store).unwrap();
    for number in 1..=5 {
        let seat = holder(&format!("council/m{number}"));
        stage.nominate(&id("chapter"), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    stage
}

/// A board whose members can have an interest, every seat filled.
fn board() -> Stage {
    let store = Arc::new(MemoryStore::new());
    let mut stage = Stage::open(BOARD, &id("agi-2025"), at("2026-01-05T09:00:00Z"), store).unwrap();
    stage.act(&"question#1".parse().unwrap(), &id("ask"), &by("club"), &[]).unwrap();
    for number in 1..=4 {
        let seat = holder(&format!("question#1/m{number}"));
        stage.nominate(&id("club"), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    stage
}

/// The auditor finds that a member has an interest.
fn finds_interest(stage: &Stage, seat: Option<&str>) -> Answer {
    let (case, seat) = ("question#1".parse().unwrap(), seat.map(holder));
    let act = Act { case, act: id("find-interest"), seat, attach: [].into(), strike: None };
    stage.act_signed(act, &by("auditor"), &[id("grounds")], &[holder("auditor/officer-1")])
}

/// A tribunal of which the arbitrator `a1` is challenged; the ballot is open.
fn challenged() -> Stage {
    let store = Arc::new(MemoryStore::new());
    let mut stage = Stage::open(TRIBUNAL, &id("agi-2025"), at("2026-01-05T09:00:00Z"), store).unwrap();
    stage.act(&"arbitration#1".parse().unwrap(), &id("claim"), &by("claimant"), &[]).unwrap();
    for (seat, party) in [("a1", "claimant"), ("a2", "respondent"), ("president", "institution")] {
        let seat = holder(&format!("arbitration#1/{seat}"));
        stage.nominate(&id(party), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    let (case, seat) = ("challenge#1".parse().unwrap(), Some(holder("arbitration#1/a1")));
    let act = Act { case, act: id("challenge"), seat, attach: [].into(), strike: None };
    stage.act_signed(act, &by("respondent"), &[id("ground")], &[holder("respondent/officer-1")]).unwrap();
    stage.clock().pass(days(22));
    stage
}

/// A board whose chair, `m2`, is accused.
fn accused() -> Stage {
    let stage = chaired();
    accuse(&stage);
    stage
}

/// A board whose chair, `m2`, is accused, and has the seat of the next chair, `m1`, as well.
fn accused_twice_seated() -> Stage {
    let stage = chaired();
    let second = holder("board/m1");
    reseat(&stage, "club", &second, "Panelist board/m2", &stage.next_key(&second));
    accuse(&stage);
    stage
}

/// A board with a chair, every seat filled.
fn chaired() -> Stage {
    let store = Arc::new(MemoryStore::new());
    let mut stage = Stage::open(CHAIRS, &id("agi-2025"), at("2026-01-05T09:00:00Z"), store).unwrap();
    for number in 1..=4 {
        let seat = holder(&format!("board/m{number}"));
        stage.nominate(&id("club"), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    stage
}

/// The auditor accuses the chair.
fn accuse(stage: &Stage) {
    let (case, seat) = ("removal#1".parse().unwrap(), Some(holder("board/m2")));
    let act = Act { case, act: id("accuse"), seat, attach: [].into(), strike: None };
    stage.act_signed(act, &by("auditor"), &[], &[holder("auditor/officer-1")]).unwrap();
}

/// Somebody leaves a seat, and it is filled anew with this person and key.
fn reseat(stage: &Stage, nominator: &str, seat: &HolderRef, person: &str, key: &SigningKey) {
    stage.step_down(seat).unwrap();
    let (seat, person) = (seat.clone(), person.to_owned());
    let nominate = Nominate { seat: seat.clone(), person, key: public(key), affiliation: None };
    signed_by_all(stage, by(nominator), Body::Nominate(nominate)).unwrap();
    let (name, accept) = (seat.name().clone(), AcceptSeat { seat, attach: [].into() });
    let text = stage.draft(By::One(name), Body::AcceptSeat(accept)).unwrap();
    stage.submit(sign_with(&text, std::slice::from_ref(key)), Vec::new()).unwrap();
}

/// The council, in which the person of `m1` has the seat `m2` as well.
fn council_with_two_seats_of_one() -> Stage {
    let stage = council();
    let second = holder("council/m2");
    reseat(&stage, "chapter", &second, "panelist COUNCIL/m1", &stage.next_key(&second));
    stage
}

/// The team proposes the dismissal of a member.
fn propose(stage: &Stage, number: u32, seat: Option<&str>) -> Answer {
    let case = format!("dismissal#{number}").parse().unwrap();
    let (seat, team) = (seat.map(holder), [holder("team/officer-1")]);
    let act = Act { case, act: id("propose-dismissal"), seat, attach: [].into(), strike: None };
    stage.act_signed(act, &by("team"), &[id("reasons")], &team)
}

/// The council after it has dismissed `m1`.
fn dismissed() -> Stage {
    let stage = council();
    dismiss(&stage);
    stage
}

/// The council dismisses `m1`.
fn dismiss(stage: &Stage) {
    propose(stage, 1, Some("council/m1")).unwrap();
    for seat in ["m2", "m3", "m4", "m5"] {
        stage.vote(&"dismissal#1/dismissal#1".parse().unwrap(), &id(seat), &id("dismiss")).unwrap();
    }
}

/// The AGI agreement, in which the authority of an officer begins and ends.
fn dated(officer: &str, from: Option<&str>, until: Option<&str>) -> Stage {
    let store = Arc::new(MemoryStore::new());
    Stage::open_with(AGI, &id("agi-2025"), at("2025-10-28T17:00:00Z"), store, |line| {
        if line.holder == holder(officer) {
            (line.from, line.until) = (from.map(at), until.map(at));
        }
    })
    .unwrap()
}

fn log_vkey(name: &str) -> String {
    log_key(LOG_NAME, &id(name), &log_seed()).unwrap().verifier().to_string()
}

/// A policy with one witness, which has this key.
fn witnessed_by(seed: &[u8; 32]) -> String {
    let key = WitnessSigner::from_seed("wit.example", seed).unwrap();
    format!("witness w1 {}\nquorum w1\n", key.verifier())
}

/// A policy with one witness, whose key has this name.
fn named(name: &str) -> String {
    let key = WitnessSigner::from_seed(name, &[1; 32]).unwrap();
    format!("witness w1 {}\nquorum w1\n", key.verifier())
}

/// A policy with one witness at this address.
fn addressed(url: &str) -> String {
    let key = WitnessSigner::from_seed("wit.example", &[1; 32]).unwrap();
    format!("witness w1 {} {url}\nquorum w1\n", key.verifier())
}

/// A policy with so many witnesses.
fn witnesses(count: u8) -> String {
    let line = |number: u8| {
        let key = WitnessSigner::from_seed("wit.example", &[number; 32]).unwrap();
        format!("witness w{number} {}\n", key.verifier())
    };
    (1..=count).map(line).collect::<String>() + "quorum w1\n"
}

#[test]
fn a_ballot_paper_says_what_can_put_its_closing_off_and_does_not_change_with_it() {
    let text = AGI.replace("ballot = \"finding\"\nsteps  = [", "ballot = \"finding\"\nsteps  = [\n  { do = \"extend\", by-all = [\"openai\", \"microsoft\"], extends = \"7 days\" },");
    assert_ne!(text, AGI);
    let stage = voting(&format!("{text}{STAY}"));
    let paper = || stage.state().unwrap().ballot_paper(&ballot()).unwrap();
    let closes = || stage.state().unwrap().ballot_run(&ballot()).unwrap().closes;
    let (before, closing) = (paper(), closes());
    stage.act(&case(), &id("extend"), &By::of(vec![id("microsoft"), id("openai")]), &[]).unwrap();
    assert_eq!(closes(), closing.plus(days(7)));
    stage.act(&"stay#1".parse().unwrap(), &id("ask-stay"), &by("microsoft"), &[]).unwrap();
    stage.clock().pass(days(3));
    stage.act(&"stay#1".parse().unwrap(), &id("lift"), &by("microsoft"), &[]).unwrap();
    assert_eq!(closes(), closing.plus(days(10)));
    assert_eq!(paper(), before);
    let paper = Paper::parse(&before).unwrap();
    assert_eq!((paper.closes, paper.suspended_by), (closing, vec![id("stay")]));
    assert_eq!(
        paper.put_off_by,
        ["extend by openai and microsoft jointly, which puts this state's times off by 7 days"]
    );
}

#[test]
fn a_policy_that_names_this_log_and_few_enough_witnesses_is_taken() {
    for policy in [
        format!("log {}\nquorum none\n", log_vkey("agi-2026")),
        witnesses(48),
        named(&"w".repeat(200)),
        addressed("https://wit.example/w1"),
        "quorum none\n".to_owned(),
    ] {
        // What is still refused is that one party opens it, which is asked after the policy.
        let refused = reopened("agi-2026", |open| open.policy = Some(policy.clone()), "openai");
        assert_eq!(refused.rule, "not-all-parties", "{policy}: {refused}");
    }
}

#[test]
fn every_refusal_is_recorded_as_people_read_it() {
    let shown = |(name, refusal): (&str, Refusal)| {
        format!(
            "{}
    {}

",
            name.replace('_', " "),
            without_digests(&refusal.to_string())
        )
    };
    let said = all().into_iter().map(shown).collect::<Vec<_>>().concat();
    let recorded = Path::new("tests/refusals.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(recorded, &said).unwrap();
    }
    let expected = fs::read_to_string(recorded).unwrap_or_default();
    assert!(said == expected, "said\n{said}\nrecorded\n{expected}");
}

/// Digests, fingerprints and roots as `…`: they change with every comment in the workflow.
fn without_digests(text: &str) -> String {
    let part_of_one = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    let word = |word: &str| {
        let digits = word.trim_start_matches("sha256:").trim_start_matches("SHA256:");
        let is_one = digits.len() < word.len() || (word.len() == 44 && word.ends_with('='));
        if is_one { word.replacen(digits, "…", 1) } else { word.to_owned() }
    };
    let mut shown = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !part_of_one(c) && c != ':').unwrap_or(rest.len());
        let (one, after) = rest.split_at(end);
        shown.push_str(&word(one));
        let next = after.chars().next().map_or(0, char::len_utf8);
        shown.push_str(&after[..next]);
        rest = &after[next..];
    }
    shown
}

#[test]
fn every_rule_is_in_the_documents_and_every_one_there_is_in_use() {
    let mut used = BTreeSet::new();
    for room in ["src/engine", "src/registry", "src/cli"] {
        rules_in(Path::new(room), &mut used);
    }
    assert!(used.len() > 40, "{used:?}");
    let table = fs::read_to_string("docs/refusals.md").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let listed: BTreeSet<String> = rows.map(|(rule, _)| rule.to_owned()).collect();
    let absent: Vec<_> = used.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&used).collect();
    assert!(absent.is_empty() && gone.is_empty(), "absent from the table: {absent:?}; in no code: {gone:?}");
}

/// The first text after every `Refusal::new(`.
fn rules_in(folder: &Path, rules: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rules_in(&path, rules);
        } else {
            let code = fs::read_to_string(&path).unwrap();
            let made = code.split("Refusal::new(").skip(1);
            rules.extend(made.map(|code| code.split('"').nth(1).unwrap().to_owned()));
        }
    }
}

#[test]
fn a_known_statement_gets_the_receipt_that_it_already_has() {
    let stage = voting(AGI);
    let (text, blobs) = drafted_vote(&stage, by("i1"), |_| {});
    let envelope = stage.sign(&text, &[seat("i1")]);
    let first = stage.submit(envelope.clone(), blobs.clone()).unwrap();
    let before = head(&stage);
    stage.clock().pass(days(30));
    // With its documents or without, long after the ballot closed, and signed by others.
    let by_others = stage.sign(&text, &[seat("i2")]);
    for (envelope, blobs) in [(envelope.clone(), blobs), (envelope, Vec::new()), (by_others, Vec::new())] {
        let again = stage.submit(envelope, blobs).unwrap();
        assert!(again.known && !first.known);
        assert_eq!((again.index, again.receipt.extra.as_ref()), (first.index, first.receipt.extra.as_ref()));
    }
    assert_eq!(head(&stage), before);
}

#[test]
fn a_known_statement_of_a_party_signed_by_other_officers_is_known() {
    let stage = opened(AGI);
    let blob = document("the declaration");
    let attach = [(id("declaration"), blob.digest())].into();
    let act = Body::Act(Act { case: case(), act: id("declare"), seat: None, attach, strike: None });
    let text = stage.draft(by("openai"), act).unwrap();
    let one = stage.sign(&text, &["openai/officer-1", "openai/officer-2"].map(holder));
    let other = stage.sign(&text, &["openai/officer-2", "openai/officer-3"].map(holder));
    let first = stage.submit(one, vec![blob]).unwrap();
    let again = stage.submit(other, Vec::new()).unwrap();
    assert_eq!((again.index, again.known), (first.index, true));
}

#[test]
fn a_document_that_is_stored_need_not_come_again() {
    let stage = heard(AGI);
    let blob = document("an exhibit");
    let act = |party: &str| {
        let attach = [(id("exhibit"), blob.digest())].into();
        let text = stage
            .draft(
                by(party),
                Body::Act(Act { case: case(), act: id("file"), seat: None, attach, strike: None }),
            )
            .unwrap();
        stage.sign(&text, &stage.signers(&by(party), None).unwrap())
    };
    stage.submit(act("openai"), vec![blob.clone()]).unwrap();
    stage.submit(act("microsoft"), Vec::new()).unwrap();
}

#[test]
fn a_recovery_by_everybody_who_may_is_taken_and_the_new_key_speaks() {
    let mut stage = opened(AGI);
    let lost = holder("authority/officer-1");
    let old = stage.key(&lost);
    stage.replace_key(&lost, Replacement::Recovery).unwrap();
    let state = stage.state().unwrap();
    assert_eq!(state.holders.speaks_for(public(&stage.key(&lost)).raw()), Some(&lost));
    assert_eq!(state.holders.speaks_for(public(&old).raw()), None);
}

#[test]
fn a_log_that_begins_with_anything_else_or_opens_twice_is_refused_by_the_engine() {
    let stage = declared(AGI);
    let entries = stage.registry().store().entries(&stage.anchor(), 0..3);
    let entries: Vec<Entry> = entries.map(|entry| Entry::parse(&entry.unwrap().1).unwrap()).collect();
    let checked = |index: usize| entries[index].envelope.check().unwrap();
    let refusal = quorate::engine::State::open(entries[1].time, &checked(1)).unwrap_err();
    assert_eq!(refusal.rule, "not-open");
    let mut state = quorate::engine::State::open(entries[0].time, &checked(0)).unwrap();
    let mut tree = quorate::log::MemoryTree::default();
    tree.push(quorate::log::Hash::leaf(&entries[0].to_bytes().unwrap()));
    // What comes next is remembered once somebody has asked, as each admission does.
    assert!(state.next_due().is_none());
    let before = format!("{state:?}");
    assert_eq!(state.admit(entries[0].time, &checked(0), &tree).unwrap_err().rule, "already-open");
    let early = quorate::values::Instant::from_unix(entries[0].time.unix() - 1);
    assert_eq!(state.admit(early, &checked(1), &tree).unwrap_err().rule, "time-goes-back");
    assert_eq!(format!("{state:?}"), before);
}

#[test]
fn an_unsound_workflow_gives_no_stage() {
    let broken = AGI.replace("start = \"forming\"", "start = \"forming-up\"");
    let store = Arc::new(MemoryStore::new());
    let error = Stage::open(&broken, &id("agi-2025"), at("2025-10-28T17:00:00Z"), store).err().unwrap();
    assert!(error.to_string().contains("bad-workflow"), "{error}");
}
