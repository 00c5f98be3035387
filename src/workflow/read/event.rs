//! Events and what annuls them.

use toml::de::DeValue;

use super::{Item, Reader};
use crate::values::Id;
use crate::workflow::model::{AnnulledFrom, Annulment, Event};
use crate::workflow::rule::KEPT;

/// Names that mean something of their own where an event is named.
const EVENT_WORDS: [&str; 3] = ["opened", "entered", "served"];

/// `verified = "The panel finds …"`, or `{ meaning = "…", reading = "…" }`.
pub(super) fn event(r: &mut Reader<'_>, name: Id, item: &Item<'_>) -> Option<Event> {
    if EVENT_WORDS.contains(&name.as_str()) || KEPT.contains(&name.as_str()) || starts_with_digit(&name) {
        let help = "Rules and clocks read this word otherwise: choose another name, starting with a letter";
        return r.refuse(&item.key, format!("no event can be called `{name}`"), help);
    }
    if let DeValue::String(_) = item.value.get_ref() {
        return Some(Event { name, meaning: item.text(r)?, annulled: None });
    }
    let mut fields = item.table(r)?;
    let meaning = fields.need(r, "meaning", "Say as a sentence what has happened: meaning = \"…\"");
    let meaning = meaning.and_then(|item| item.text(r));
    r.reading(&mut fields);
    fields.close(r);
    Some(Event { name, meaning: meaning?, annulled: None })
}

/// Whether a rule would read the name as a number, or a person could.
pub(super) fn starts_with_digit(name: &Id) -> bool {
    name.as_str().starts_with(|c: char| c.is_ascii_digit())
}

/// `[annul] verified = { by = "set-aside", from = "start" }`.
pub(super) fn annulments(r: &mut Reader<'_>, item: &Item<'_>, events: &mut [Event]) {
    let known = r.names.events.clone();
    for (name, entry) in item.named(r) {
        if !known.contains(&name) {
            let near = super::nearest(name.as_str(), known.iter().map(Id::as_str));
            let help =
                near.map_or("Only events can be annulled".into(), |near| format!("Did you mean `{near}`?"));
            r.error(&entry.key, format!("there is no event `{name}`"), help);
        }
        let annulment = annulment(r, &entry, &known);
        if let Some(event) = events.iter_mut().find(|event| event.name == name) {
            event.annulled = annulment;
        }
    }
}

fn annulment(r: &mut Reader<'_>, entry: &Item<'_>, known: &[Id]) -> Option<Annulment> {
    let mut fields = entry.table(r)?;
    let by = fields.need(r, "by", "Name the event that undoes it: by = \"…\"");
    let by = by.and_then(|item| r.known(&item, "event", known));
    let from = fields
        .need(r, "from", "from = \"then\" if what happened in between stands, \"start\" if it never counted")
        .and_then(|item| item.word(r, &[("then", AnnulledFrom::Then), ("start", AnnulledFrom::Start)]));
    r.reading(&mut fields);
    fields.close(r);
    Some(Annulment { by: by?, from: from? })
}
