//! What came of it: events, and the rights that moved.

use super::{Row, Section, Sources, told};
use crate::engine::case::Case;
use crate::engine::course::Held;
use crate::engine::licence::Because;

pub(super) fn events(sources: &Sources<'_>, case: &Case) -> Section {
    let mut section = Section::new("What the case has found");
    let own = sources.state.events.iter().filter(|occurrence| occurrence.case == case.id);
    for occurrence in own {
        let meaning = case.workflow.events.iter().find(|event| event.name == occurrence.event);
        let meaning = meaning.map_or_else(String::new, |event| format!(": {}", event.meaning));
        section.say(
            format!(
                "{}, event “{}”{meaning} ({}).",
                told(occurrence.at),
                occurrence.event,
                occurrence.why.words
            ),
            occurrence.why.entry,
        );
        if let Some(annulled) = &occurrence.annulled {
            section.say(
                format!(
                    "It was annulled {} by the event “{}” ({}), {}.",
                    told(annulled.at),
                    annulled.by,
                    annulled.why.words,
                    annulled.from.words()
                ),
                annulled.why.entry,
            );
        }
    }
    section
}

pub(super) fn grants(sources: &Sources<'_>, case: &Case) -> Section {
    let mut section = Section::new("What that has done to rights and terms");
    let brought = sources.state.brought_about_by(&case.id, sources.at);
    if brought.is_empty() {
        section.say(format!("As of {} it has moved none.", told(sources.at)), []);
        return section;
    }
    let rows = brought.iter().map(|held| {
        let clause = held.grant.clause.as_ref().map_or_else(String::new, |clause| format!(" ({clause})"));
        let until = held.until.as_ref().map_or_else(String::new, |(until, because)| match because {
            Because::Amendment(_) => format!("{}, by amendment", told(*until)),
            _ => told(*until),
        });
        let (because, mut entries) = because(held, case);
        entries.extend(held.until.as_ref().and_then(|(_, because)| because.entry()));
        entries.dedup();
        Row {
            cells: vec![
                format!("{}{clause}", held.grant.title),
                held.attribute.name.to_string(),
                held.value.is.clone(),
                told(held.since),
                until,
                because,
            ],
            entries,
        }
    });
    section
        .table(vec!["right or term", "attribute", "value", "since", "until", "because of"], rows.collect());
    section.say("Every other right and term is as it would be if this case had found nothing.", []);
    section
}

/// Why an attribute has a value in which the case has a part, and the entries of that.
fn because(held: &Held<'_>, case: &Case) -> (String, Vec<u64>) {
    let mut words: Vec<String> = Vec::new();
    let mut entries: Vec<u64> = Vec::new();
    if !held.because.is_of(&case.id) {
        words.extend(held.rests_on.iter().map(|own| format!("event {}", own.event)));
        entries.extend(held.rests_on.iter().filter_map(|own| own.why.entry));
        if held.rests_on.is_empty() {
            words.extend(held.annulled.iter().map(|it| format!("event {} annulled", it.event)));
            let by = held.annulled.iter().filter_map(|it| it.annulled.as_ref());
            entries.extend(by.filter_map(|by| by.why.entry));
        }
    }
    match &held.because {
        Because::Event(it) if it.case == case.id => words.push(format!("event {}", it.event)),
        Because::Event(it) => words.push(format!("event {} of {}", it.event, it.case)),
        Because::Annulled(it) => words.push(format!("event {} annulled", it.event)),
        Because::Instant(written) => words.push(written.clone()),
        Because::Amendment(_) => words.push("the amendment".to_owned()),
        Because::Opening => {}
    }
    entries.extend(held.because.entry());
    words.dedup();
    (words.join(" and "), entries)
}
