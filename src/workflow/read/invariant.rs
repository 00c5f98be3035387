//! `[[invariant]]`: what must be so whatever anybody does.

use super::{Fields, Item, Reader};
use crate::values::Id;
use crate::workflow::invariant::{Invariant, Promise, Proposition};
use crate::workflow::model::{Ballot, Event, Grant, Panel, Procedure};
use crate::workflow::rule::Nameable;

/// Exactly one of these says what must be so.
const PROMISES: [&str; 4] = ["never", "always", "reaches", "ends"];

/// What the file declares, as it was read.
pub(super) struct Declared<'m> {
    pub panels: &'m [Panel],
    pub events: &'m [Event],
    pub procedures: &'m [Procedure],
    pub ballots: &'m [Ballot],
    pub grants: &'m [Grant],
}

pub(super) fn invariants(
    r: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    declared: &Declared<'_>,
) -> Vec<Invariant> {
    let Some(item) = fields.get("invariant") else { return Vec::new() };
    // What could not be read is no name here: one mistake elsewhere is not told as two.
    if !r.found.is_empty() {
        return Vec::new();
    }
    let classes = |ballot: &Ballot| -> Vec<Id> {
        let panel = declared.panels.iter().find(|panel| panel.name == ballot.panel);
        panel.into_iter().flat_map(|panel| &panel.seats).filter_map(|seat| seat.class.clone()).collect()
    };
    let ballots: Vec<(&Ballot, Vec<Id>)> =
        declared.ballots.iter().map(|ballot| (ballot, classes(ballot))).collect();
    let names = Nameable {
        events: declared.events,
        grants: declared.grants,
        procedures: declared.procedures,
        ballots: &ballots,
    };
    item.list(r).iter().filter_map(|item| invariant(r, item, names)).collect()
}

fn invariant(r: &mut Reader<'_>, item: &Item<'_>, names: Nameable<'_>) -> Option<Invariant> {
    let mut fields = item.table(r)?;
    let title = fields.get("title").and_then(|item| item.text(r));
    let promise = promise(r, &mut fields, names);
    let about_a_way = promise.as_ref().is_none_or(Promise::is_about_a_way);
    let (if_silent, even) = (fields.get("if-silent"), fields.get("even-if-silent"));
    if let Some(item) = if_silent.as_ref().filter(|_| promise.is_some() && about_a_way) {
        let help = "Silence can only be in the way of it: write `even-if-silent`";
        r.error(&item.key, "`if-silent` belongs to `never` and `always`", help);
    }
    if let Some(item) = even.as_ref().filter(|_| !about_a_way) {
        let help = "It is then asked of what the others do: write `if-silent`";
        r.error(&item.key, "`even-if-silent` belongs to `reaches` and `ends`", help);
    }
    let actors = r.names.actors();
    let silent = if_silent.or(even);
    let silent =
        silent.map(|item| r.all_known(&item, "party, role, panel or seat", &actors)).unwrap_or_default();
    let line = r.line(&fields);
    fields.close(r);
    Some(Invariant { title, promise: promise?, silent, line })
}

fn promise(r: &mut Reader<'_>, fields: &mut Fields<'_>, names: Nameable<'_>) -> Option<Promise> {
    let given: Vec<(&str, Item<'_>)> =
        PROMISES.iter().filter_map(|key| Some((*key, fields.get(key)?))).collect();
    let within = fields.get("within");
    let (key, item) = match given.as_slice() {
        [(key, item)] => (*key, item),
        [] => {
            let help =
                "Say what must be so: never = \"…\", always = \"…\", reaches = \"…\" or ends = \"PROCEDURE\"";
            return r.refuse(&fields.span, "the invariant says nothing", help);
        }
        [_, (_, second), ..] => {
            return r.refuse(&second.key, "the invariant says two things", "Write two [[invariant]]s");
        }
    };
    if let Some(within) = within.as_ref().filter(|_| key != "ends") {
        let help = "Write it into the proposition: within 14 days of EVENT";
        r.error(&within.key, "`within` belongs to `ends`", help);
    }
    if key == "ends" {
        let procedures: Vec<Id> = names.procedures.iter().map(|procedure| procedure.name.clone()).collect();
        let within = within.map(|item| item.time(r));
        let procedure = r.known(item, "procedure", &procedures)?;
        return Some(Promise::Ends { procedure, within: within.unwrap_or_default() });
    }
    let it = proposition(r, item, names)?;
    Some(match key {
        "never" => Promise::Never(it),
        "always" => Promise::Always(it),
        _ => Promise::Reaches(it),
    })
}

fn proposition(r: &mut Reader<'_>, item: &Item<'_>, names: Nameable<'_>) -> Option<Proposition> {
    match Proposition::parse(item.raw(r)?, names) {
        Ok(read) => Some(read),
        Err(fault) => {
            let at = item.inside(r, &fault.at);
            r.refuse(&at, fault.message, fault.help)
        }
    }
}
