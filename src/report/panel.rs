//! Who decided.

use super::{Row, Section, Sources, told};
use crate::engine::case::Case;
use crate::engine::panel::{Nominee, named_by};

pub(super) fn seats(sources: &Sources<'_>, case: &Case) -> Section {
    let mut section = Section::new("The panel");
    subject(&mut section, sources, case);
    let Some((panel, seats)) = sources.state.panel_of(case) else { return section };
    let chair = sources.state.around(case).seat_of_chair();
    let rows = panel.seats.iter().map(|seat| {
        let nominee = seats.seats.get(&seat.name).and_then(|place| place.nominee.as_deref());
        let state = match nominee {
            None => "vacant",
            Some(_) if seats.filled(panel, &seat.name).is_some() => "filled",
            Some(_) => "not filled",
        };
        let chairs = if chair == Some(&seat.name) { ", chairs" } else { "" };
        let after = |nominee: &Nominee| case.ended.is_some_and(|ended| nominee.nominated.at > ended);
        let later = if nominee.is_some_and(after) { ", only after the case had ended" } else { "" };
        let class = seat.class.as_ref().map_or_else(String::new, ToString::to_string);
        let entries = nominee.map(Nominee::entries).unwrap_or_default();
        let person = nominee.map_or_else(String::new, |nominee| nominee.person.clone());
        let by = named_by(seat, nominee).to_string();
        Row {
            cells: vec![seat.name.to_string(), person, by, class, format!("{state}{chairs}{later}")],
            entries,
        }
    });
    section.table(vec!["seat", "person", "nominated by", "class", "state"], rows.collect());
    for (seat, recusal) in &case.recused {
        section.say(format!("{seat} stays out of the case: {}.", end(&recusal.reason)), [recusal.done.entry]);
    }
    section
}

/// Whom the case is about, and whether it has cost them the seat.
fn subject(section: &mut Section, sources: &Sources<'_>, case: &Case) {
    let Some(subject) = &case.subject else { return };
    section.say(
        format!(
            "The case is about {}, who had the seat {} when it was opened, {}.",
            subject.person,
            subject.seat,
            told(case.opened.at)
        ),
        [subject.nominated, case.opened.entry],
    );
    let bodies = sources.state.panels.values();
    let bodies = bodies.chain(sources.state.cases.values().filter_map(|case| case.seats.as_ref()));
    let mut dismissed = bodies.flat_map(|seats| &seats.dismissed);
    match dismissed.find(|dismissal| dismissal.case == case.id) {
        Some(dismissal) if !dismissal.seated => section.say(
            format!("{} had left that seat when this case found that they lose it.", dismissal.person),
            [],
        ),
        Some(dismissal) => {
            let step = case.path.iter().rev().find(|step| step.at == dismissal.at);
            section.say(
                format!("{} was dismissed from it {}, by this case.", dismissal.person, told(dismissal.at)),
                step.and_then(|step| step.why.entry),
            );
        }
        None if !sources.state.subject_seated(case) => {
            section.say(format!("{} has left that seat; this case dismissed nobody.", subject.person), []);
        }
        None => {}
    }
}

/// The text without a full stop of its own.
pub(super) fn end(text: &str) -> &str {
    text.trim_end_matches('.')
}
