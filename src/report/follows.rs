//! What came of it: events, and the rights that moved.

use super::{Row, Section, Sources, told};
use crate::engine::case::Case;
use crate::engine::event::Occurrence;
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
                    match annulled.from {
                        crate::workflow::model::AnnulledFrom::Then => "from then on",
                        crate::workflow::model::AnnulledFrom::Start => "as if it had never been",
                    }
                ),
                annulled.why.entry,
            );
        }
    }
    section
}

pub(super) fn grants(sources: &Sources<'_>, case: &Case) -> Section {
    let mut section = Section::new("What that has done to rights and terms");
    let Some(licence) = sources.state.licence(sources.at) else { return section };
    let mut rows = Vec::new();
    for grant in &licence.grants {
        for attribute in &grant.attributes {
            let why = match &attribute.period.because {
                Because::Event(occurrence) if occurrence.case == case.id => {
                    Some((format!("event {}", occurrence.event), occurrence.why.entry))
                }
                Because::Annulled(occurrence) if concerns(occurrence, case) => {
                    let by = occurrence.annulled.as_ref().and_then(|annulled| annulled.why.entry);
                    Some((format!("event {} annulled", occurrence.event), by))
                }
                _ => None,
            };
            let Some((because, entry)) = why else { continue };
            let title = &grant.grant.title;
            let clause =
                grant.grant.clause.as_ref().map_or_else(String::new, |clause| format!(" ({clause})"));
            rows.push(Row {
                cells: vec![
                    format!("{title}{clause}"),
                    attribute.attribute.name.to_string(),
                    attribute.value.is.clone(),
                    told(attribute.period.since),
                    because,
                ],
                entries: entry.into_iter().collect(),
            });
        }
    }
    if rows.is_empty() {
        section.say(format!("As of {} it has moved none.", told(sources.at)), []);
    } else {
        section.table(vec!["right or term", "attribute", "is", "since", "because of"], rows);
        section.say("Every other right and term is as it would be without this case.", []);
    }
    section
}

/// Whether the event was the case's own, or the case annulled it.
fn concerns(occurrence: &Occurrence, case: &Case) -> bool {
    occurrence.case == case.id || occurrence.annulled.as_ref().is_some_and(|it| it.case == case.id)
}
