//! What can happen, and what hangs on it: events and grants.

use super::{Paragraph, Section, sentence, within};
use crate::values::Id;
use crate::workflow::model::{Attribute, Cause, Event, Grant, Moves, Value, Workflow};
use crate::workflow::words::quoted;

pub(super) fn events(workflow: &Workflow) -> Section {
    let event = |event: &Event| {
        let Event { name, meaning, annulled: _ } = event;
        let marks = workflow.marked(&format!("event.{name}"));
        let annulled = workflow.annulled(event);
        let annulled =
            annulled.map(|words| format!(" It is {words}.{}", workflow.marked(&format!("annul.{name}"))));
        Paragraph::of(format!(
            "{}: {}{marks}{}",
            quoted(name),
            sentence(meaning),
            annulled.unwrap_or_default()
        ))
    };
    Section { heading: "What can happen".to_owned(), paragraphs: workflow.events.iter().map(event).collect() }
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
        let annulment = event.and_then(|event| event.annulled.as_ref());
        annulment.map_or_else(String::new, |annulment| format!(" ({})", annulment.exception()))
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
