//! What an amendment makes of people and of what can be supposed: an officer with another name and the same key, and a case
//! that goes on under its own text.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

#[path = "stage_support/mod.rs"]
mod support;

use quorate::scenario::{Scenario, Stage, public};
use quorate::statement::{Amend, Body, By, CaseFate, GrantFate, HolderRef, RosterLine};
use quorate::values::Id;
use support::{AGI, Answer, case, head, holder, id, opened, voting};

const AMENDED: &str = include_str!("../workflows/agi-2026-04.toml");

/// What the amendment of April 2026 says of the grants that go.
fn grants() -> [(Id, GrantFate); 1] {
    [(id("azure-api-exclusivity"), GrantFate::Ends("ended by the amendment".to_owned()))]
}

fn amend(
    stage: &Stage,
    cases: &[(quorate::statement::CaseRef, CaseFate)],
    change: impl FnOnce(&mut Amend),
) -> Answer {
    let mut amend = stage.amendment(AMENDED, &grants(), cases).unwrap();
    change(&mut amend);
    let by = By::of(vec![id("microsoft"), id("openai")]);
    let signers = stage.signers(&by, None).unwrap();
    stage.say(by, Body::Amend(Box::new(amend)), &signers, Vec::new())
}

#[test]
fn an_officers_line_with_the_same_key_names_another_person_from_then_on() {
    let mut stage = opened(AGI);
    let officer: HolderRef = holder("authority/officer-1");
    let before = stage.state().unwrap();
    let line = RosterLine {
        holder: officer.clone(),
        person: "Mallory Example".to_owned(),
        key: public(&stage.key(&officer)),
        from: None,
        until: None,
    };
    amend(&stage, &[], |amend| amend.roster = vec![line]).unwrap();
    let after = stage.state().unwrap();
    let told = |state: &quorate::engine::State| state.holders.get(&officer).unwrap().person.clone();
    assert_ne!(told(&before), "Mallory Example");
    assert_eq!(told(&after), "Mallory Example");
    assert_eq!(before.holders.get(&officer).unwrap().key, after.holders.get(&officer).unwrap().key);
    // The key speaks for the authority as before.
    stage.clock().set(support::at("2026-09-01T09:00:00Z"));
    support::declare(&stage).unwrap();
    stage.nominate(&id("authority"), &support::seat("i1")).unwrap();
}

#[test]
fn whoever_signs_is_told_that_an_officer_with_the_same_key_is_another_person() {
    let stage = opened(AGI);
    let officer = holder("authority/officer-1");
    let key = public(&stage.key(&officer));
    let mut amend = stage.amendment(AMENDED, &grants(), &[]).unwrap();
    amend.roster = vec![RosterLine {
        holder: officer.clone(),
        person: "Mallory Example".to_owned(),
        key,
        from: None,
        until: None,
    }];
    let state = stage.state().unwrap();
    let workflow = quorate::workflow::Workflow::parse(AMENDED).unwrap();
    let amended = quorate::engine::amend::Amended { workflow: std::sync::Arc::new(workflow), amend };
    let changes = state.officer_changes(&amended);
    let change = changes.iter().find(|change| change.name == officer).unwrap();
    let (before, after) = (change.before.as_ref().unwrap(), change.after.as_ref().unwrap());
    assert_eq!(before.key, after.key);
    assert_eq!((before.person == after.person, &*after.person), (false, "Mallory Example"));
}

/// What is supposed of an agreement: the state after it, and what would have been refused.
fn supposed(stage: &Stage, steps: &str) -> (quorate::engine::State, Vec<String>) {
    let state = stage.registry().agreement(&stage.anchor()).unwrap().state.clone();
    let text = format!("scenario = \"What if\"\nopened = {}\n{steps}", state.last);
    let scenario = Scenario::parse(&text).unwrap_or_else(|found| panic!("{found}"));
    let supposed = scenario.suppose(&state).unwrap_or_else(|found| panic!("{found}"));
    (supposed.state, supposed.found.iter().map(|found| found.message.clone()).collect())
}

#[test]
fn a_case_that_goes_on_under_its_own_text_is_supposed_under_that_text() {
    // Under the text in force the choices, and what they come to, have other names.
    let stage = voting(AGI);
    let before = head(&stage);
    let renamed = AMENDED.replace("\"met\"", "\"fulfilled\"").replace("met >= ", "fulfilled >= ");
    let said = stage.amendment(&renamed, &grants(), &[(case(), CaseFate::OldRules)]).unwrap();
    let by = By::of(vec![id("microsoft"), id("openai")]);
    let signers = stage.signers(&by, None).unwrap();
    stage.say(by, Body::Amend(Box::new(said)), &signers, Vec::new()).unwrap();
    let amended = head(&stage);
    assert_ne!(before, amended);
    let vote = "[[step]]\nafter = \"1 hour\"\nvote = { met = [\"o1\", \"o2\", \"m1\", \"i1\", \"i2\"], not-met = [\"m2\", \"i3\"] }\n";
    let (state, refused) = supposed(&stage, vote);
    assert_eq!(refused, Vec::<String>::new());
    let closing = state.case(&case()).unwrap().ballots.last().unwrap().closed.clone().unwrap();
    assert_eq!(closing.outcome, Some(id("verified")));
    let other = vote.replace("met = [\"o1\"", "fulfilled = [\"o1\"");
    let (state, refused) = supposed(&stage, &other);
    assert!(refused.iter().any(|said| said.contains("[unknown-choice]")), "{refused:?}");
    assert_eq!(state.case(&case()).unwrap().state, id("voting"));
    assert_eq!(head(&stage), amended, "a hypothesis wrote something");
}
