//! From the text of a scenario to the model, as strictly as a workflow is read: an unknown key is a
//! mistake, and every mistake is told with its place.

use std::str::FromStr;

use toml::de::DeValue;

use super::model::{Deed, Expect, Names, Officer, Reveals, SeatDeed, SeatName, Spot, Step};
use super::{Scenario, amend, expected};
use crate::statement::{BallotRef, CaseRef};
use crate::values::{Id, Instant};
use crate::workflow::Diagnostics;
use crate::workflow::read::{Fields, Item, Reader};

impl Scenario {
    /// Reads a text. Whether its names mean something is seen once it is run against a workflow.
    ///
    /// # Errors
    /// Everything that is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, Diagnostics> {
        let mut r = Reader::new(text, "scenario");
        let root = r.tables();
        let scenario = root.and_then(|root| scenario(&mut r, Fields::root(&root), text));
        r.finish(scenario).map(|(scenario, _)| scenario)
    }
}

fn scenario(r: &mut Reader<'_>, mut fields: Fields<'_>, text: &str) -> Option<Scenario> {
    let title = fields.need(r, "scenario", "Say in words what it shows: scenario = \"…\"");
    let title = title.and_then(|item| item.text(r));
    let note = fields.get("note").and_then(|item| item.text(r));
    let opened = fields.need(r, "opened", "Say when the agreement is opened: opened = 2025-10-28T16:00:00Z");
    let opened = opened.and_then(|item| instant(r, &item));
    let officers = fields.get("officer").map(|item| item.list(r)).unwrap_or_default();
    let officers = officers.iter().filter_map(|item| officer(r, item)).collect();
    let opened_with = fields.get("opened-with").and_then(|item| amend::file(r, &item));
    let steps = fields.need(r, "step", "Say what happens: [[step]]").map(|item| {
        let steps = item.list(r);
        if steps.is_empty() {
            let help = "A scenario that does nothing shows nothing: write a [[step]]";
            r.error(&item.span(), "nothing happens in this scenario", help);
        }
        steps
    });
    fields.close(r);
    // Without a time to begin with, every other time would be a mistake as well.
    let opened = opened?.is;
    let mut now = opened;
    let mut all = Vec::new();
    for item in steps? {
        let Some(mut fields) = item.table(r) else { continue };
        now = time(r, &mut fields, now).unwrap_or(now);
        let at = Spot { is: now, at: fields.span.clone() };
        let step = step(r, &mut fields, at);
        fields.close(r);
        all.extend(step);
    }
    Some(Scenario { title: title?, note, opened, opened_with, officers, steps: all, text: text.to_owned() })
}

/// `[[officer]]`: `name = "buyer/officer-1"`, `from`, `until`.
fn officer(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Officer> {
    let mut fields = item.table(r)?;
    let name = fields.need(r, "name", "Name the officer: name = \"buyer/officer-1\"");
    let name = name.and_then(|item| parsed(r, &item, "an officer such as \"buyer/officer-1\""));
    let mut time = |r: &mut Reader<'_>, key| fields.get(key).and_then(|item| instant(r, &item));
    let (from, until) = (time(r, "from"), time(r, "until"));
    if from.is_none() && until.is_none() {
        let help = "Say when the authority begins or ends: from, until";
        r.error(&item.span(), "nothing is said of this officer", help);
    }
    fields.close(r);
    Some(Officer { name: name?, from: from.map(|at| at.is), until: until.map(|at| at.is) })
}

/// `at`, `after` the step before, or neither: at the same time.
fn time(r: &mut Reader<'_>, fields: &mut Fields<'_>, before: Instant) -> Option<Instant> {
    match (fields.get("at"), fields.get("after")) {
        (None, None) => None,
        (Some(_), Some(item)) => {
            let help = "`at` is an instant, `after` counts from the step before: keep one of the two";
            r.refuse(&item.key, "this step has both `at` and `after`", help)
        }
        (None, Some(item)) => Some(before.plus(item.time(r)?)),
        (Some(item), None) => {
            let at = instant(r, &item)?.is;
            if at < before {
                let message = format!("{at} is before {before}, the time of the step before");
                return r.refuse(&item.span(), message, "Times never go back: put the steps in their order");
            }
            Some(at)
        }
    }
}

fn step(r: &mut Reader<'_>, fields: &mut Fields<'_>, at: Spot<Instant>) -> Option<Step> {
    let case = fields.get("case").and_then(|item| parsed(r, &item, "a case such as \"verification#1\""));
    let deed = deed(r, fields, case.as_ref());
    let refused = fields.get("refused").and_then(|item| id(r, &item));
    if let (Some(refused), Ok(None)) = (&refused, &deed) {
        r.error(&refused.at, "nobody does anything that could be refused", "Say what: do, vote, fill, …");
    }
    if let (Some(refused), Ok(Some(Spot { is: Deed::Seats { what: SeatDeed::Fill, .. }, .. }))) =
        (&refused, &deed)
    {
        let help = "Name the one that is refused: nominate, accept or disclose";
        r.error(&refused.at, "`fill` is three statements in one", help);
    }
    let expect = fields.get("expect").map(|item| item.one_or_many()).unwrap_or_default();
    let expect: Vec<Expect> = expect.iter().filter_map(|item| expected::expect(r, item, at.is)).collect();
    // A key that is unknown is said to be so, and was probably meant to say what happens.
    if matches!(deed, Ok(None)) && expect.is_empty() && fields.rest().is_empty() {
        let help = "Say what somebody does (do, vote, fill, …), or what must be so: expect = { … }";
        r.error(&at.at, "nothing happens in this step", help);
    }
    Some(Step { at, case, deed: deed.ok()?, refused, expect })
}

/// The deed of a step, if it has one.
fn deed(
    r: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    case: Option<&Spot<CaseRef>>,
) -> Result<Option<Spot<Deed>>, ()> {
    let seats = SeatDeed::ALL.into_iter().map(|(key, _)| key);
    let keys = ["do", "vote", "reveal", "reaffirm", "amend"].into_iter().chain(seats);
    let found: Vec<(&str, Item<'_>)> = keys.filter_map(|key| Some((key, fields.get(key)?))).collect();
    let (key, item) = match found.as_slice() {
        [] => ("", None),
        [(key, item)] => (*key, Some(item)),
        [_, (second, item), ..] => {
            let help = "Keep one, and write the other as a step of its own: a step without `at` and `after` \
                        comes at the same time";
            r.error(&item.key, format!("`{second}` is a second deed of this step"), help);
            return Err(());
        }
    };
    let by = member(r, fields, "by", key, &["do", "nominate", "amend"]);
    let grants = member(r, fields, "grants", key, &["amend"]);
    let cases = member(r, fields, "cases", key, &["amend"]);
    let attach = member(r, fields, "attach", key, &["do", "vote", "reveal", "accept"]);
    let attach = attach.map(|item| names(r, &item).is.into_iter().map(|name| name.is).collect());
    let strike = member(r, fields, "strike", key, &["do"]).and_then(|item| id(r, &item));
    let ballot = member(r, fields, "ballot", key, &["vote", "reveal"]);
    let affiliation = member(r, fields, "affiliation", key, &["fill", "nominate"]);
    let signed_by = member(r, fields, "signed-by", key, &["do", "amend"]).map(|item| seats_of(r, &item));
    let seat = member(r, fields, "seat", key, &["do"]).and_then(|item| seat_of(r, &item));
    let Some(item) = item else { return Ok(None) };
    let deed = match key {
        "do" => id(r, item).and_then(|act| {
            let Some(by) = by else {
                let help = "by = \"…\", or by = [\"…\", \"…\"] where several do it jointly";
                return r.refuse(&item.key, "it is not said who does this", help);
            };
            let by = r.each_once(&by, |r, member| id(r, member));
            Some(Deed::Act { act, by, seat, attach, strike, signed_by })
        }),
        "vote" => Some(Deed::Vote { votes: votes(r, item), ballot: ballot_ref(r, ballot, case), attach }),
        "reveal" => {
            Some(Deed::Reveal { votes: reveals(r, item), ballot: ballot_ref(r, ballot, case), attach })
        }
        "reaffirm" => item.text(r).map(Deed::Reaffirm),
        "amend" => amend::read(r, item, amend::Keys { grants, cases, by, signed_by }),
        _ => {
            let what = SeatDeed::ALL.into_iter().find(|(name, _)| *name == key).map(|(_, what)| what);
            let seats = seats_of(r, item);
            let by = by.map(|item| r.each_once(&item, |r, member| id(r, member)));
            let affiliation = affiliation.and_then(|item| id(r, &item));
            what.map(|what| Deed::Seats { what, seats, by, attach, affiliation })
        }
    };
    deed.map(|is| Some(Spot { is, at: item.span() })).ok_or(())
}

/// A key that belongs to some deeds only.
fn member<'a>(
    r: &mut Reader<'_>,
    fields: &mut Fields<'a>,
    key: &'static str,
    deed: &str,
    deeds: &[&str],
) -> Option<Item<'a>> {
    let item = fields.get(key)?;
    if deeds.contains(&deed) {
        return Some(item);
    }
    let help = format!("It belongs to {}: leave it out", deeds.join(", "));
    r.refuse(&item.key, format!("`{key}` says nothing here"), help)
}

fn votes(r: &mut Reader<'_>, item: &Item<'_>) -> Vec<(Spot<Id>, Vec<Spot<SeatName>>)> {
    let named = item.named(r);
    if named.is_empty() {
        r.error(&item.span(), "nobody votes", "vote = { CHOICE = [\"SEAT\", …] }");
    }
    let vote = |(choice, item): (Id, Item<'_>)| {
        let voters = seats_of(r, &item);
        (Spot { is: choice, at: item.key }, voters)
    };
    named.into_iter().map(vote).collect()
}

/// In the example of a mistake the ballot is the one that was named, as far as it was.
fn ballot_ref(
    r: &mut Reader<'_>,
    item: Option<Item<'_>>,
    case: Option<&Spot<CaseRef>>,
) -> Option<Spot<BallotRef>> {
    let item = item?;
    let raw = item.raw(r)?;
    if let Ok(is) = raw.parse() {
        return Some(Spot { is, at: item.span() });
    }
    // A procedure's name is in the workflow, and this is read without one.
    let (case, which) = case.map_or_else(
        || ("claim#1".to_owned(), ", with the procedure of your case for `claim`"),
        |case| (case.is.to_string(), ""),
    );
    let ballot = raw.rsplit('/').next().and_then(|name| name.split('#').next()?.parse::<Id>().ok());
    let ballot = ballot.map_or_else(|| "BALLOT".to_owned(), |ballot| ballot.to_string());
    let help = format!("Name case, ballot and round: \"{case}/{ballot}#1\"{which}");
    r.refuse(&item.span(), format!("`{}` is not a round of a ballot", raw.escape_debug()), help)
}

/// `["o1", "i1"]`, or as votes are written where somebody claims another choice than the one committed to.
fn reveals(r: &mut Reader<'_>, item: &Item<'_>) -> Reveals {
    match item.value.get_ref() {
        DeValue::Table(_) => {
            votes(r, item).into_iter().map(|(choice, voters)| (Some(choice), voters)).collect()
        }
        _ => vec![(None, seats_of(r, item))],
    }
}

pub(super) fn seats_of(r: &mut Reader<'_>, item: &Item<'_>) -> Vec<Spot<SeatName>> {
    r.each_once(item, seat_of)
}

fn seat_of(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Spot<SeatName>> {
    parsed(r, item, "a seat such as \"i1\" or \"verification#1/i1\"")
}

pub(super) fn spot<T>(item: &Item<'_>, is: Option<T>) -> Option<Spot<T>> {
    Some(Spot { is: is?, at: item.span() })
}

pub(super) fn id(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Spot<Id>> {
    let is = item.id(r);
    spot(item, is)
}

pub(super) fn instant(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Spot<Instant>> {
    let is = item.instant(r).map(|(instant, _)| instant);
    spot(item, is)
}

/// One name or several, or an empty list.
pub(super) fn names(r: &mut Reader<'_>, item: &Item<'_>) -> Names {
    let is = item.one_or_many().iter().filter_map(|member| id(r, member)).collect();
    Spot { is, at: item.span() }
}

pub(super) fn parsed<T: FromStr>(r: &mut Reader<'_>, item: &Item<'_>, expected: &str) -> Option<Spot<T>> {
    let raw = item.raw(r)?;
    let Ok(is) = raw.parse() else {
        return r.refuse(&item.span(), format!("`{}` is not {expected}", raw.escape_debug()), "Write it so");
    };
    Some(Spot { is, at: item.span() })
}
