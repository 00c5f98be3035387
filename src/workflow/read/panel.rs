//! Panels and their seats.

use toml::de::DeValue;

use super::{Fields, Item, Reader, actors, calendar};
use crate::values::Id;
use crate::workflow::model::{Filling, Formed, Panel, Seat, Vacancy};

pub(super) fn panel(r: &mut Reader<'_>, name: Id, item: &Item<'_>, excluded: bool) -> Option<Panel> {
    let mut fields = item.table(r)?;
    let formed = fields
        .need(
            r,
            "formed",
            "formed = \"per case\" for a new panel in each case, \"standing\" for one that stays",
        )
        .and_then(|item| item.word(r, &[("per case", Formed::PerCase), ("standing", Formed::Standing)]));
    let seats =
        fields.need(r, "seats", "A panel has at least one seat: seats = [ { name = \"…\", by = \"…\" } ]");
    let seats = seats.and_then(|item| seats_of(r, &item));
    let chair = fields.get("chair").map(|item| chair(r, &item, seats.as_deref())).unwrap_or_default();
    let filled = fields.get("filled").map_or(vec![Filling::Accepted], |item| {
        let words = [("accepted", Filling::Accepted), ("disclosed", Filling::Disclosed)];
        let filled = r.each_once(&item, |r, member| member.word(r, &words));
        // Whoever appoints may replace a nominee who has not accepted, even while a ballot is open.
        if !filled.is_empty() && !filled.contains(&Filling::Accepted) {
            let help = "Let it need both: filled = [\"accepted\", \"disclosed\"]";
            r.error(&item.span(), "a seat would be filled by somebody who has not accepted it", help);
        }
        filled
    });
    let vacancy = fields.get("vacant").and_then(|item| vacancy(r, &item, excluded));
    let one_seat_each = fields
        .get("persons")
        .map_or(Some(false), |item| item.word(r, &[("one seat each", true), ("one key each", false)]));
    let affiliation_needed = fields
        .get("affiliation")
        .map_or(Some(false), |item| item.word(r, &[("needed", true), ("may be given", false)]));
    r.reading(&mut fields);
    fields.close(r);
    Some(Panel {
        name,
        formed: formed?,
        seats: seats?,
        chair,
        filled,
        vacancy,
        one_seat_each: one_seat_each?,
        affiliation_needed: affiliation_needed?,
    })
}

fn seats_of(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Vec<Seat>> {
    let entries = item.list(r);
    if entries.is_empty() {
        return item.wrong(r, "at least one seat", "seats = [ { name = \"…\", by = \"…\" } ]");
    }
    let seats: Vec<Option<Vec<Seat>>> = entries.iter().map(|entry| entry_of_seats(r, entry)).collect();
    let seats: Option<Vec<Vec<Seat>>> = seats.into_iter().collect();
    Some(seats?.concat())
}

/// `{ names = ["o1", "o2"], by = "openai", class = "…", weight = 1 }`.
fn entry_of_seats(r: &mut Reader<'_>, entry: &Item<'_>) -> Option<Vec<Seat>> {
    let mut fields = entry.table(r)?;
    let names = match (fields.get("name"), fields.get("names")) {
        (Some(one), None) => one.id(r).map(|name| vec![name]),
        (None, Some(many)) => {
            let listed = many.list(r);
            if listed.is_empty() {
                many.wrong(r, "at least one name", "names = [\"…\", \"…\"]")
            } else {
                // That each name is there once is looked at with the names of all other actors.
                Some(listed.iter().filter_map(|name| name.id(r)).collect())
            }
        }
        _ => {
            let message = format!("`{}` needs either `name` or `names`", fields.place);
            r.error(&fields.span, message, "name = \"…\" for one seat, names = [\"…\", \"…\"] for several");
            None
        }
    };
    let by = nominators(r, &mut fields);
    let class = fields.get("class").and_then(|item| item.id(r));
    let weight = fields.get("weight").map_or(Some(1), |item| item.number(r, 1, 1_000_000));
    fields.close(r);
    let (names, by, weight): (Vec<Id>, Vec<Id>, u32) = (names?, by?, weight?);
    let seat = |name| Seat { name, by: by.clone(), class: class.clone(), weight };
    Some(names.into_iter().map(seat).collect())
}

/// `by = "authority"`, or `by-all = ["buyer", "seller"]`: the order of the names says nothing.
fn nominators(r: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<Vec<Id>> {
    let offices = r.names.offices();
    match (fields.get("by"), fields.get("by-all")) {
        (one, None) => {
            let help =
                "Say which party or role nominates: by = \"…\"; or several jointly: by-all = [\"…\", \"…\"]";
            let one = one.or_else(|| fields.need(r, "by", help))?;
            let help =
                "Write one alone, without brackets; where several nominate jointly: by-all = [\"…\", \"…\"]";
            office(r, &one, help).map(|name| vec![name])
        }
        (None, Some(all)) => {
            let mut all = actors::jointly(r, &all, |r, one| r.known(one, "party or role", &offices));
            all.sort();
            (!all.is_empty()).then_some(all)
        }
        (Some(_), Some(all)) => {
            let help = "`by` is the one who nominates, `by-all` all of them together: keep one of the two";
            actors::both(r, fields, &all, help)
        }
    }
}

/// One party or role; `help` for whoever lists several.
fn office(r: &mut Reader<'_>, item: &Item<'_>, help: &str) -> Option<Id> {
    if matches!(item.value.get_ref(), DeValue::Array(_)) {
        return item.wrong(r, "one party or role", help);
    }
    let offices = r.names.offices();
    r.known(item, "party or role", &offices)
}

/// `"b1"`, or `{ first-filled = ["b1", "t1"] }`.
fn chair(r: &mut Reader<'_>, item: &Item<'_>, seats: Option<&[Seat]>) -> Vec<Id> {
    let Some(seats) = seats else { return Vec::new() };
    let names: Vec<Id> = seats.iter().map(|seat| seat.name.clone()).collect();
    if item.value.get_ref().as_str().is_some() {
        return r.known(item, "seat of this panel", &names).into_iter().collect();
    }
    let Some(mut fields) = item.table(r) else { return Vec::new() };
    let help = "Name the seats, the first choice first: chair = { first-filled = [\"…\", \"…\"] }";
    let chairs = fields.need(r, "first-filled", help);
    let chairs = chairs.map(|item| r.all_known(&item, "seat of this panel", &names)).unwrap_or_default();
    fields.close(r);
    chairs
}

/// `vacant = { after = "30 days", filled-by = "authority" }`.
fn vacancy(r: &mut Reader<'_>, item: &Item<'_>, excluded: bool) -> Option<Vacancy> {
    let mut fields = item.table(r)?;
    let after = fields.need(r, "after", "Say how long a seat may stay vacant: after = \"30 days\"");
    let after = after.and_then(|item| item.length(r));
    let filled_by = fields.need(r, "filled-by", "Say who nominates then: filled-by = \"…\"");
    let alone = "Name one who can act alone: several who must agree could leave the seat vacant for good";
    let filled_by = filled_by.and_then(|item| office(r, &item, alone));
    fields.close(r);
    let excluded = calendar::excluded(r, after.as_ref(), excluded, None);
    Some(Vacancy { after: after?, filled_by: filled_by?, excluded })
}
