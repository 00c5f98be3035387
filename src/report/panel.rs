//! Who decided.

use super::{Row, Section, Sources};
use crate::engine::case::Case;
use crate::engine::panel::Nominee;

pub(super) fn seats(sources: &Sources<'_>, case: &Case) -> Section {
    let mut section = Section::new("The panel");
    let Some((panel, seats)) = sources.state.panel_of(case) else { return section };
    let chair = sources.state.around(case).seat_of_chair();
    let rows = panel.seats.iter().map(|seat| {
        let nominee = seats.seats.get(&seat.name).and_then(|place| place.nominee.as_ref());
        let state = match nominee {
            None => "vacant",
            Some(_) if seats.filled(panel, &seat.name).is_some() => "filled",
            Some(_) => "not filled",
        };
        let chairs = if chair == Some(&seat.name) { ", chairs" } else { "" };
        let class = seat.class.as_ref().map_or_else(String::new, ToString::to_string);
        let entries = nominee.map(seated).unwrap_or_default();
        let person = nominee.map_or_else(String::new, |nominee| nominee.person.clone());
        let by = nominee.map_or_else(|| seat.by.to_string(), |nominee| nominee.by.to_string());
        Row { cells: vec![seat.name.to_string(), person, by, class, format!("{state}{chairs}")], entries }
    });
    section.table(vec!["seat", "person", "nominated by", "class", "state"], rows.collect());
    for (seat, recusal) in &case.recused {
        section.say(format!("{seat} stays out of the case: {}.", end(&recusal.reason)), [recusal.done.entry]);
    }
    section
}

/// The entries by which somebody took a seat: nominated, accepted, disclosed.
pub(super) fn seated(nominee: &Nominee) -> Vec<u64> {
    let disclosed = nominee.disclosures.iter().map(|(done, _)| done.entry);
    let accepted = nominee.accepted.map(|done| done.entry);
    let mut entries: Vec<u64> =
        [nominee.nominated.entry].into_iter().chain(accepted).chain(disclosed).collect();
    entries.sort_unstable();
    entries.dedup();
    entries
}

/// The text without a full stop of its own.
pub(super) fn end(text: &str) -> &str {
    text.trim_end_matches('.')
}
