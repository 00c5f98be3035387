//! Grants and the values that their attributes go through.

use toml::de::DeValue;

use super::{Fields, Item, Reader};
use crate::values::Id;
use crate::workflow::model::{Attribute, Cause, Grant, Moves, Origin, Value};

pub(super) fn grant(r: &mut Reader<'_>, name: Id, item: &Item<'_>) -> Option<Grant> {
    let mut fields = item.table(r)?;
    let mut text = |r: &mut Reader<'_>, key| fields.get(key).and_then(|item| item.text(r));
    let title = text(r, "title").unwrap_or_else(|| name.as_str().replace('-', " "));
    let (scope, clause, source) = (text(r, "scope"), text(r, "clause"), text(r, "source"));
    let offices = r.names.offices();
    let mut office =
        |r: &mut Reader<'_>, key| fields.get(key).and_then(|item| r.known(&item, "party or role", &offices));
    let (from, to) = (office(r, "from"), office(r, "to"));
    let fixed = fields.get("fixed").map_or(Some(false), |item| item.flag(r));
    let reading = r.reading(&mut fields);
    if !fields.rest().iter().any(|(key, _)| *key == "status") {
        let help = "Say what holds at first: status = [ { is = \"in force\" }, … ]";
        r.error(&item.key, format!("the grant `{name}` has no `status`"), help);
    }
    let attributes = attributes(r, &fields);
    Some(Grant { name, title, from, to, scope, clause, source, reading, fixed: fixed?, attributes })
}

/// Every other key whose value is a list is something that is said of the grant.
fn attributes(r: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    for (key, item) in fields.rest() {
        match item.value.get_ref() {
            DeValue::Array(_) => attributes.extend(attribute(r, key, &item)),
            _ if key == "status" => {
                let _: Option<()> = item.wrong(r, "a list of values", "status = [ { is = \"…\" }, … ]");
            }
            _ => fields.unknown(r, key, &item),
        }
    }
    attributes
}

fn attribute(r: &mut Reader<'_>, key: &str, item: &Item<'_>) -> Option<Attribute> {
    let Ok(name) = key.parse::<Id>() else {
        let message = format!("`{}` is not a name", key.escape_debug());
        r.error(&item.key, message, "Names are 1 to 64 characters of a-z, 0-9 and -");
        return None;
    };
    let entries = item.list(r);
    if entries.is_empty() {
        return item.wrong(r, "at least one value", "[ { is = \"…\" }, … ]");
    }
    let values: Vec<Option<Value>> =
        entries.iter().enumerate().map(|(index, entry)| value(r, entry, index == 0)).collect();
    Some(Attribute { name, values: values.into_iter().collect::<Option<_>>()? })
}

/// `{ is = "ended", first-of = ["verified", 2031-01-01T00:00:00-08:00], reading = "…" }`.
fn value(r: &mut Reader<'_>, entry: &Item<'_>, first: bool) -> Option<Value> {
    let mut fields = entry.table(r)?;
    let is = fields.need(r, "is", "Say the value in words: is = \"…\"").and_then(|item| item.text(r));
    let moves = moves(r, &mut fields, first);
    let reading = r.reading(&mut fields);
    let line = r.line(&fields);
    fields.close(r);
    Some(Value { is: is?, moves, reading, line })
}

/// What makes the attribute take the value.
fn moves(r: &mut Reader<'_>, fields: &mut Fields<'_>, first: bool) -> Option<Moves> {
    let (item, whole) = match (fields.get("first-of"), fields.get("all-of")) {
        (None, None) if first => return None,
        (None, None) => {
            let help = "Say what makes it so: first-of = [\"EVENT\", INSTANT] or all-of = […]";
            return r.refuse(&fields.span, "nothing can ever give the attribute this value", help);
        }
        (Some(_), Some(item)) => {
            let help =
                "`first-of` is the earliest, `all-of` the latest once all have come: keep one of the two";
            return r.refuse(&item.key, "this value has both `first-of` and `all-of`", help);
        }
        (Some(item), None) => (item, false),
        (None, Some(item)) => (item, true),
    };
    if first {
        let help = "The first value holds from the start: leave it out, or put a value before this one";
        return r.refuse(&item.key, "the first value cannot wait for something", help);
    }
    let causes = r.each_once(&item, cause);
    Some(if whole { Moves::AllOf(causes) } else { Moves::FirstOf(causes) })
}

fn cause(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Cause> {
    if let DeValue::Datetime(_) = item.value.get_ref() {
        return item.instant(r).map(|(instant, written)| Cause::At(instant, written));
    }
    if let DeValue::Table(_) = item.value.get_ref() {
        return after(r, item);
    }
    let events = r.names.events.clone();
    r.known(item, "event", &events).map(Cause::Event)
}

/// `{ after = "548 days", of = "agreement opened" }`.
fn after(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Cause> {
    let mut fields = item.table(r)?;
    let after = fields.need(r, "after", "Say how long: after = \"548 days\"");
    let after =
        after.and_then(|it| it.some_time(r, "The first value holds from the opening: write a longer time"));
    let of = fields.need(r, "of", "Say from when: of = \"agreement opened\"").and_then(|it| {
        if it.raw(r)? == Origin::AGREEMENT {
            return Some(());
        }
        let help = "A right hangs on no case: of = \"agreement opened\". What comes some time after an event is a state \
                    with a clock that emits another one: { after = \"90 days\", to = \"…\", emits = \"…\" }";
        r.refuse(&it.span(), "a value comes some time after the opening of the agreement, or with an event", help)
    });
    fields.close(r);
    of.and(after).map(Cause::After)
}
