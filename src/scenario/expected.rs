//! What a step expects, from the text to the model.

use toml::de::DeValue;

use super::model::{Expect, ExpectBallot, ExpectGrant, ExpectNext, Spot};
use super::read::{id, instant, names, spot};
use crate::values::{Id, Instant};
use crate::workflow::read::{Item, Reader};

pub(super) fn expect(r: &mut Reader<'_>, item: &Item<'_>, now: Instant) -> Option<Expect> {
    let mut fields = item.table(r)?;
    let at = fields.get("at").and_then(|item| instant(r, &item));
    let mut list = |r: &mut Reader<'_>, key| fields.get(key).map(|item| names(r, &item));
    let (events, annulled) = (list(r, "events"), list(r, "annulled"));
    let (awaited, owed, overdue) = (list(r, "awaited"), list(r, "owed"), list(r, "overdue"));
    let possible = list(r, "possible");
    let state = fields.get("state").and_then(|item| id(r, &item));
    let ballot = fields.get("ballot").and_then(|item| spot(&item, expect_ballot(r, &item).map(Box::new)));
    let next = fields.get("next").and_then(|item| expect_next(r, &item));
    let grants = fields.get("grants").map(|item| expect_grants(r, &item)).unwrap_or_default();
    if let Some(case) = fields.get("case") {
        let help = "It is a key of the step, and `expect` looks at that case";
        r.error(&case.key, "`case` says nothing within `expect`", help);
    }
    let (span, empty) = (fields.span.clone(), fields.entries().is_empty());
    fields.close(r);
    let expect =
        Expect { at, state, events, annulled, awaited, owed, overdue, possible, ballot, next, grants };
    let only_grants = Expect { at: expect.at.clone(), grants: expect.grants.clone(), ..Expect::default() };
    if let Some(at) = expect.at.as_ref().filter(|at| at.is < now && expect != only_grants) {
        let help = "Of the past only grants are told: write the rest at the step of that time";
        r.error(&at.at, format!("{} is before this step", at.is), help);
    }
    let only_a_time =
        expect.at.is_some() && expect == (Expect { at: expect.at.clone(), ..Expect::default() });
    if empty || only_a_time {
        let help = "state, events, annulled, awaited, owed, overdue, possible, ballot, next, grants";
        r.error(&span, "nothing is expected here", format!("Say what must be so: {help}"));
    }
    Some(expect)
}

fn expect_ballot(r: &mut Reader<'_>, item: &Item<'_>) -> Option<ExpectBallot> {
    let mut fields = item.table(r)?;
    let name = fields.get("name").and_then(|item| id(r, &item));
    let round = fields.get("round").and_then(|item| spot(&item, item.number(r, 1, u32::MAX)));
    let open = fields.get("open").and_then(|item| spot(&item, item.flag(r)));
    let mut time = |r: &mut Reader<'_>, key| fields.get(key).and_then(|item| instant(r, &item));
    let (closes, closed) = (time(r, "closes"), time(r, "closed"));
    let outcome = fields.get("outcome").and_then(|item| id(r, &item));
    let answer = fields.get("answer").and_then(|item| answer(r, &item));
    let mut list = |r: &mut Reader<'_>, key| fields.get(key).map(|item| names(r, &item));
    let (electors, excluded) = (list(r, "electors"), list(r, "excluded"));
    let (voted, left) = (list(r, "voted"), list(r, "left"));
    let committed = list(r, "committed");
    let revealing = fields.get("revealing").and_then(|item| spot(&item, item.flag(r)));
    let empty = fields.entries().is_empty();
    fields.close(r);
    let ballot = ExpectBallot {
        name,
        round,
        open,
        closes,
        closed,
        outcome,
        answer,
        electors,
        excluded,
        voted,
        left,
        committed,
        revealing,
    };
    // Of what cannot be read it is said why, and not that it is missing as well.
    if empty {
        let help = "Say what must be so: name, round, open, closes, closed, outcome, answer, electors, excluded, voted, left, \
                    committed, revealing";
        r.error(&item.span(), "nothing is expected of the ballot here", help);
    }
    Some(ballot)
}

/// `"nothing"`, or `{ at = …, what = "…" }`.
fn expect_next(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Spot<ExpectNext>> {
    if item.value.get_ref().as_str().is_some() {
        return spot(item, item.word(r, &[("nothing", ())]).map(|()| ExpectNext::Nothing));
    }
    let mut fields = item.table(r)?;
    let at = fields.get("at").and_then(|item| instant(r, &item));
    let what = fields.get("what").and_then(|item| spot(&item, item.text(r)));
    fields.close(r);
    spot(item, Some(ExpectNext::Something { at, what }))
}

/// `research-ip = "ended"` for the status, `research-ip.exclusive = "no"` for another attribute, and
/// `research-ip.status = { is = "ended", since = …, because = "verified" }`.
fn expect_grants(r: &mut Reader<'_>, item: &Item<'_>) -> Vec<ExpectGrant> {
    let mut all = Vec::new();
    for (grant, item) in item.named(r) {
        let grant = Spot { is: grant, at: item.key.clone() };
        if item.value.get_ref().as_str().is_some() {
            let attribute = Spot { is: Id::constant("status"), at: item.key.clone() };
            let is = spot(&item, item.text(r));
            all.push(ExpectGrant { grant, attribute, is, since: None, because: None });
            continue;
        }
        for (attribute, item) in item.named(r) {
            let attribute = Spot { is: attribute, at: item.key.clone() };
            all.extend(attribute_of(r, grant.clone(), attribute, &item));
        }
    }
    all
}

fn attribute_of(
    r: &mut Reader<'_>,
    grant: Spot<Id>,
    attribute: Spot<Id>,
    item: &Item<'_>,
) -> Option<ExpectGrant> {
    let DeValue::Table(_) = item.value.get_ref() else {
        let is = spot(item, item.text(r));
        return Some(ExpectGrant { grant, attribute, is, since: None, because: None });
    };
    let mut fields = item.table(r)?;
    let is = fields.get("is").and_then(|item| spot(&item, item.text(r)));
    let since = fields.get("since").and_then(|item| instant(r, &item));
    let because = fields.get("because").and_then(|item| id(r, &item));
    let empty = fields.entries().is_empty();
    fields.close(r);
    if empty {
        let help = "Say what must be so: is, since, because";
        r.error(&item.span(), "nothing is expected of the grant here", help);
    }
    Some(ExpectGrant { grant, attribute, is, since, because })
}

/// An answer is a name, as a vote for it is; a number or a day may stand without quotes.
fn answer(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Spot<Id>> {
    let plain = match item.value.get_ref() {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
        DeValue::Datetime(day) => day.to_string().parse().ok(),
        _ => None,
    };
    if plain.is_some() { spot(item, plain) } else { id(r, item) }
}
