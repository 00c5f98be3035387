//! What can happen, and what hangs on it: events and grants.

use super::{Paragraph, Section, sentence, within};
use crate::values::{Calendar, Id};
use crate::workflow::model::{
    AnnulledFrom, Annulment, Attribute, Cause, Event, Grant, Moves, Value, Workflow,
};
use crate::workflow::words::quoted;

pub(super) fn events(workflow: &Workflow) -> Section {
    let event = |event: &Event| {
        let Event { name, meaning, annulled } = event;
        let marks = workflow.marked(&format!("event.{name}"));
        let annulled = annulled.as_ref().map(|annulment| annulled_by(annulment, workflow, name));
        Paragraph::of(format!(
            "{}: {}{marks}{}",
            quoted(name),
            sentence(meaning),
            annulled.unwrap_or_default()
        ))
    };
    Section { heading: "What can happen".to_owned(), paragraphs: workflow.events.iter().map(event).collect() }
}

fn annulled_by(annulment: &Annulment, workflow: &Workflow, name: &Id) -> String {
    let Annulment { by, from } = annulment;
    let until = match from {
        AnnulledFrom::Then => "; until then it counted",
        AnnulledFrom::Start => "",
    };
    let marks = workflow.marked(&format!("annul.{name}"));
    let whose = whose(workflow, name, by);
    format!(" It is annulled by {}{whose}, {}{until}.{marks}", quoted(by), from.words())
}

/// Whose event annuls which occurrences: a case's own those of that case, and one of another procedure all.
fn whose(workflow: &Workflow, name: &Id, by: &Id) -> &'static str {
    let emit = |event: &Id| workflow.procedures.iter().filter(|it| it.may_emit(event)).collect::<Vec<_>>();
    let (emitting, annulling) = (emit(name), emit(by));
    let mut pairs = emitting.iter().flat_map(|one| annulling.iter().map(move |other| one.name == other.name));
    match (pairs.clone().any(|same| same), pairs.any(|same| !same)) {
        (true, false) => " of the same case",
        (false, true) => ", in whatever case it came",
        (true, true) => " of the same case, or of a case of another procedure in whatever case it came",
        (false, false) => "",
    }
}

pub(super) fn grants(workflow: &Workflow) -> Section {
    Section {
        heading: format!("What hangs on it{}", workflow.marked_around("grant")),
        paragraphs: workflow.grants.iter().map(|grant| paragraph(workflow, grant)).collect(),
    }
}

fn paragraph(workflow: &Workflow, grant: &Grant) -> Paragraph {
    let Grant { name, title, from, to, scope, clause, source, reading: _, fixed, attributes } = grant;
    let office = |name: &Id| {
        let office = workflow.office(name).and_then(|office| office.title.clone());
        // A title stands in the midst of a sentence here.
        let the = |title: String| match title.strip_prefix("The ") {
            Some(rest) => format!("the {rest}"),
            None => title,
        };
        office.map_or_else(|| quoted(name), the)
    };
    let from = from.as_ref().map_or_else(String::new, |name| format!(", from {}", office(name)));
    let to = to.as_ref().map_or_else(String::new, |name| format!(", to {}", office(name)));
    let clause = clause.as_ref().map_or_else(String::new, |clause| format!(" Clause: {}", sentence(clause)));
    let source = source.as_ref().map_or_else(String::new, |source| format!(" Source: {}", sentence(source)));
    let scope = scope.as_ref().map_or_else(String::new, |scope| format!(" {}", sentence(scope)));
    let place = format!("grant.{name}");
    let of = |attribute: &Attribute| format!("{place}.{}", attribute.name);
    // The readings of an attribute are marked there.
    let own = |known: &str| within(known, &place) && !attributes.iter().any(|it| within(known, &of(it)));
    let marks = workflow.marks(own);
    let called = if title == name.as_str() { quoted(name) } else { format!("{title} ({})", quoted(name)) };
    let text = format!("{called}{from}{to}.{marks}{scope}{clause}{source}");
    let mut items: Vec<String> =
        attributes.iter().map(|it| attribute(workflow, it) + &workflow.marked_within(&of(it))).collect();
    if *fixed {
        items.push("Nothing moves it.".to_owned());
    }
    Paragraph::listing(text, items)
}

fn attribute(workflow: &Workflow, attribute: &Attribute) -> String {
    let Attribute { name, values } = attribute;
    let value = |value: &Value| {
        let Value { is, moves, reading: _, line: _ } = value;
        let when = match moves {
            None => "from the opening of the agreement on".to_owned(),
            Some(Moves::FirstOf(causes)) => after(workflow, causes, "the earliest of ", " or "),
            Some(Moves::AllOf(causes)) => {
                after(workflow, causes, "the latest of ", " and ") + ", once all have come"
            }
        };
        format!("“{is}” {when}")
    };
    let last = if values.len() > 2 { ". Of several that have come, the one told last holds" } else { "" };
    sentence(&format!("{}: {}{last}", quoted(name), values.iter().map(value).collect::<Vec<_>>().join("; ")))
}

fn after(workflow: &Workflow, causes: &[Cause], several: &str, by: &str) -> String {
    let annulled = |name: &Id| {
        let event = workflow.events.iter().find(|event| event.name == *name);
        event.and_then(|event| event.annulled.as_ref()).map_or_else(String::new, |annulment| {
            let until = match annulment.from {
                AnnulledFrom::Then => "until",
                AnnulledFrom::Start => "unless",
            };
            format!(" ({until} {} annuls it)", quoted(&annulment.by))
        })
    };
    let causes: Vec<String> = causes
        .iter()
        .map(|cause| match cause {
            Cause::Event(event) => format!("the event {}{}", quoted(event), annulled(event)),
            Cause::At(_, written) => format!("the instant {written}"),
            Cause::After(_) => format!("the instant {}", cause.words()),
        })
        .collect();
    match causes.as_slice() {
        [only] => format!("from {only} on"),
        list => format!("from {several}{} on", list.join(by)),
    }
}

/// What business days are, as a paragraph of the preamble.
pub(super) fn calendar(calendar: &Calendar) -> String {
    let days: Vec<String> = calendar.holidays().iter().map(ToString::to_string).collect();
    let holidays = match days.as_slice() {
        [] => String::new(),
        days => format!(" and these holidays: {}", days.join(", ")),
    };
    let until = calendar.until().map_or_else(String::new, |until| {
        format!(" The holidays are known until {until}; after it every other day counts.")
    });
    format!(
        "Business days are all days but {weekend}{holidays}. Each lasts from midnight to midnight at UTC{offset}, in \
         summer as in winter. Some number of them from an event on has passed at the end of the last of them; the day \
         of the event is not counted, and neither is a day on which the case stood still.{until}",
        weekend = calendar.weekend_words(),
        offset = calendar.offset(),
    )
}
