//! The outcomes of a ballot.

use super::ballot::rule;
use super::{Item, Reader};
use crate::workflow::model::{Ease, Gives, NO_QUORUM, Outcome};
use crate::workflow::rule::Vocabulary;

pub(super) fn outcomes_of(r: &mut Reader<'_>, item: &Item<'_>, names: &Vocabulary) -> Option<Vec<Outcome>> {
    let entries = item.list(r);
    if entries.is_empty() {
        return item.wrong(
            r,
            "at least one outcome",
            "outcomes = [ { is = \"…\", if = \"…\" }, { is = \"…\" } ]",
        );
    }
    let mut outcomes: Vec<Option<Outcome>> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let last = index + 1 == entries.len();
        let outcome = outcome(r, entry, names, last);
        if let Some(outcome) = &outcome {
            named_again(r, entry, outcome, outcomes.iter().flatten());
        }
        outcomes.push(outcome);
    }
    outcomes.into_iter().collect()
}

/// One outcome may stand in several places, each with a condition of its own. What follows from it, steps and what it
/// gives, goes by the name, so it gives the same in all of them.
fn named_again<'o>(
    r: &mut Reader<'_>,
    entry: &Item<'_>,
    outcome: &Outcome,
    mut before: impl Iterator<Item = &'o Outcome>,
) {
    if before.any(|other| other.is == outcome.is && other.gives != outcome.gives) {
        let message = format!("the outcome `{}` gives something in one place and not in another", outcome.is);
        let help = "What follows an outcome goes by its name: write `gives` in each place, or give this one another name";
        r.error(&entry.span(), message, help);
    }
}

fn outcome(r: &mut Reader<'_>, entry: &Item<'_>, names: &Vocabulary, last: bool) -> Option<Outcome> {
    let mut fields = entry.table(r)?;
    let is = fields.need(r, "is", "Name the outcome: is = \"…\"").and_then(|item| {
        let is = item.id(r)?;
        if is == NO_QUORUM {
            let help = "Without quorum a ballot has this outcome of itself: leave it out";
            r.error(&item.span(), "no outcome can be called `no-quorum`", help);
        }
        Some(is)
    });
    let rule_item = fields.get("if");
    match &rule_item {
        None if !last => r.error(
            &fields.span,
            "this outcome has no rule, so those after it can never be reached",
            "Give it one (if = \"…\"), or move it to the end: the last is what happens otherwise",
        ),
        Some(item) if last => r.error(
            &item.key,
            "the last outcome has a rule, so there may be no outcome at all",
            "Leave out its `if`, or add { is = \"…\" } after it: the last is what happens otherwise",
        ),
        _ => {}
    }
    let rule_of = rule_item.as_ref().and_then(|item| rule(r, item, names));
    let lasting = fields.get("for");
    let eases = fields.get("eases");
    let given = fields.get("gives");
    if let Some(item) = given.as_ref().filter(|_| last && names.candidates) {
        let help = "Several may have equally many votes: choose with an outcome before, and say here what happens then";
        r.error(&item.key, "the last outcome is what happens otherwise, and chooses nobody", help);
    }
    if last && names.answers && given.is_some() {
        let help =
            "There may be no answer: give it with an outcome before, and say here what happens otherwise";
        r.error(&fields.span, "the last outcome is what happens otherwise, and gives no answer", help);
    }
    for item in [&lasting, &eases].into_iter().flatten().filter(|_| rule_item.is_none()) {
        let help = "The last outcome is what happens otherwise: give it to one that has a rule";
        r.error(&item.key, "this outcome has no rule", help);
    }
    let lasting = lasting.map_or(Some(None), |item| {
        item.some_time(r, "Say how long its rule must have held: for = \"3 days\"").map(Some)
    });
    if let Some(item) = given.as_ref().filter(|_| names.candidates && matches!(lasting, Some(Some(_)))) {
        let help = "Leave out `for`, or let the ballot be open for longer";
        r.error(
            &item.key,
            "who leads may change while the rule holds: what is given lasts for no time",
            help,
        );
    }
    let gives = given.map_or(Some(None), |item| gives(r, &item, names).map(Some));
    let eases = eases.map_or(Some(Vec::new()), |item| eases_of(r, &item, names));
    fields.close(r);
    Some(Outcome { is: is?, rule: rule_of, lasting: lasting?, eases: eases?, gives: gives? })
}

/// `gives = "answer"`, or `"chair"`: what there is in this ballot to be given.
fn gives(r: &mut Reader<'_>, item: &Item<'_>, names: &Vocabulary) -> Option<Gives> {
    let chair = item.value.get_ref().as_str() == Some(Gives::Chair.word());
    match (names.answers, names.candidates) {
        (true, _) if !chair => item.word(r, &[(Gives::Answer.word(), Gives::Answer)]),
        (_, true) => item.word(r, &[(Gives::Chair.word(), Gives::Chair)]),
        _ if chair => {
            let help = "Let the electors choose one of themselves: choices = \"electors\"; or leave it out";
            r.refuse(&item.key, "nobody can be chosen in this ballot", help)
        }
        _ => {
            let help = "Say what can be answered: answer = { is = \"number\", decides = \"median\" }, or leave it out";
            r.refuse(&item.key, "the ballot has no answer that it could give", help)
        }
    }
}

/// `[{ after = "30 days", if = RULE }, …]`, earliest first.
fn eases_of(r: &mut Reader<'_>, item: &Item<'_>, names: &Vocabulary) -> Option<Vec<Ease>> {
    let entries = item.list(r);
    if entries.is_empty() {
        return item.wrong(r, "at least one rule", "eases = [ { after = \"30 days\", if = \"…\" } ]");
    }
    let mut eases: Vec<Ease> = Vec::new();
    for entry in &entries {
        let mut fields = entry.table(r)?;
        let after =
            fields.need(r, "after", "Say from when on: after = \"30 days\", from the opening of the ballot");
        let last = eases.last().map(|ease| ease.after);
        let after = after.and_then(|item| {
            let after = item.some_time(r, "At the opening `if` is the rule: after = \"30 days\"")?;
            if last.is_some_and(|last| after <= last) {
                let help = "Each takes the place of the one before it: put them in their order";
                return r.refuse(&item.span(), "this rule comes no later than the one before it", help);
            }
            Some(after)
        });
        let eased = fields.need(r, "if", "Say which rule takes the place: if = \"…\"");
        let eased = eased.and_then(|item| rule(r, &item, names));
        fields.close(r);
        eases.push(Ease { after: after?, rule: eased? });
    }
    Some(eases)
}
