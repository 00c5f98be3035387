//! What stands before and after the procedures: panels; events, business days and grants.

use super::canvas::{Canvas, Cut, Frame};
use super::cards::field;
use super::{BODY, MARGIN, SMALL, STRONG, WIDTH, heading};
use crate::values::Id;
use crate::workflow::model::{Attribute, Office, Panel, Workflow};

/// Parties and roles, and who signs for them.
pub fn offices(canvas: &mut Canvas, workflow: &Workflow) {
    heading(canvas, "Who takes part");
    let parties = workflow.parties.iter().map(|it| (it, "party"));
    for (office, kind) in parties.chain(workflow.roles.iter().map(|it| (it, "role"))) {
        let Office { name, title, needed, of } = office;
        let title = title.as_ref().map_or_else(String::new, |title| format!(": {title}"));
        let y = canvas.y;
        let left = canvas.block(MARGIN, y, 290, BODY, &format!("{kind} {name}{title}"));
        let right = canvas.block(MARGIN + 300, y, 470, BODY, &format!("{needed} of {of} sign"));
        canvas.y = left.max(right);
    }
    for words in workflow.reading_words() {
        let y = canvas.y + 4;
        canvas.y = canvas.block(MARGIN, y, WIDTH - 2 * MARGIN, BODY, &words);
    }
}

/// A panel: its seats by who nominates, then what else there is to know.
pub fn panel(canvas: &mut Canvas, panel: &Panel) {
    heading(canvas, &format!("Panel {}", panel.name));
    for group in panel.groups() {
        let Some(first) = group.first() else { continue };
        let class = first.class.as_ref().map_or_else(String::new, |class| format!(", class {class}"));
        let weight =
            if first.weight == 1 { String::new() } else { format!(", weight {} each", first.weight) };
        let verb = if first.by.len() == 1 { "nominates" } else { "nominate" };
        let who = first.by.iter().map(Id::as_str).collect::<Vec<_>>().join(" and ");
        let told = canvas.block(MARGIN, canvas.y + 4, 290, BODY, &format!("{who} {verb}{class}{weight}"));
        let mut x = MARGIN + 300;
        for seat in group {
            let width = BODY.width(seat.name.as_str()).max(20) + 14;
            if x + width > WIDTH - MARGIN && x > MARGIN + 300 {
                (x, canvas.y) = (MARGIN + 300, canvas.y + 26);
            }
            let frame = if panel.chair.contains(&seat.name) { Frame::Thick } else { Frame::Thin };
            // The longest names of the widest letters take a second line.
            let room = WIDTH - MARGIN - x - 14;
            let bottom = canvas.block(x + 7, canvas.y + 3, room, BODY, seat.name.as_str());
            canvas.frame(x, canvas.y, width.min(room + 14), bottom + 3 - canvas.y, frame);
            canvas.y = bottom - 18;
            x += width + 6;
        }
        canvas.y = (canvas.y + 26).max(told);
    }
    for (name, words) in panel.facts() {
        field(canvas, MARGIN, WIDTH - 2 * MARGIN, name, &words);
    }
}

/// What the events mean, and what annuls which.
pub fn events(canvas: &mut Canvas, workflow: &Workflow) {
    if workflow.events.is_empty() {
        return;
    }
    let top = heading(canvas, "What can happen");
    for event in &workflow.events {
        let mut told = canvas.y;
        let name = canvas.block(MARGIN, told, 180, STRONG, event.name.as_str());
        for sentence in workflow.event_sentences(event) {
            told = canvas.block(MARGIN + 190, told, WIDTH - 2 * MARGIN - 190, BODY, &sentence);
        }
        canvas.y = name.max(told) + 3;
        canvas.cut(Cut::Between);
    }
    canvas.part(top, "What can happen".to_owned());
}

/// What business days are, where any are counted.
pub fn calendar(canvas: &mut Canvas, workflow: &Workflow) {
    if let Some(calendar) = &workflow.calendar {
        heading(canvas, "Business days");
        canvas.paragraph(MARGIN, WIDTH - 2 * MARGIN, BODY, &calendar.words());
    }
}

/// The grants: whose they are, value by value, and the terms of the contract.
pub fn grants(canvas: &mut Canvas, workflow: &Workflow) {
    if workflow.grants.is_empty() {
        return;
    }
    let from = heading(canvas, "What hangs on it");
    if workflow.grants.iter().flat_map(|grant| &grant.attributes).any(|it| it.values.len() > 2) {
        let order = "Of several values in a column that have come, the lowest holds.";
        canvas.paragraph(MARGIN, WIDTH - 2 * MARGIN, SMALL, order);
        canvas.y += 4;
    }
    for grant in &workflow.grants {
        let top = canvas.y;
        let mut left = canvas.block(MARGIN + 8, top + 6, 230, STRONG, &grant.title);
        if grant.title != grant.name.as_str() {
            left = canvas.block(MARGIN + 8, left, 230, SMALL, grant.name.as_str());
        }
        let between = grant.between();
        if !between.is_empty() {
            left = canvas.block(MARGIN + 8, left, 230, SMALL, &between);
        }
        canvas.y = top + 6;
        grant.attributes.iter().for_each(|it| attribute(canvas, workflow, it));
        canvas.y = canvas.y.max(left + 4);
        for line in grant.terms() {
            canvas.paragraph(MARGIN + 8, WIDTH - 2 * MARGIN - 16, SMALL, &line);
        }
        canvas.y += 4;
        canvas.frame(MARGIN, top, WIDTH - 2 * MARGIN, canvas.y - top, Frame::Thin);
        canvas.y += 6;
        canvas.cut(Cut::Between);
    }
    canvas.part(from, "What hangs on it".to_owned());
}

/// An attribute: each value in a box, the next below it with what brings it.
fn attribute(canvas: &mut Canvas, workflow: &Workflow, attribute: &Attribute) {
    let (x, room) = (MARGIN + 330, WIDTH - MARGIN - 340);
    canvas.block(MARGIN + 250, canvas.y + 4, 72, SMALL, attribute.name.as_str());
    for value in &attribute.values {
        let top = canvas.y;
        let lines = BODY.wrap(&value.is, room / 2);
        let width = lines.iter().map(|line| BODY.width(line)).max().unwrap_or(0) + 14;
        if value.moves.is_some() {
            canvas.line(&[(x + 14, top - 6), (x + 14, top + 2)]);
            canvas.shape(&[(x + 14, top + 4), (x + 11, top - 1), (x + 17, top - 1)], true);
        }
        let top = if value.moves.is_some() { top + 4 } else { top };
        let height = BODY.line() * i32::try_from(lines.len()).unwrap_or(0) + 6;
        canvas.frame(x, top, width, height, Frame::Shaded);
        let bottom = canvas.block(x + 7, top + 3, room / 2, BODY, &value.is) + 3;
        let words = workflow.brought_by(value, attribute.values.len() > 1);
        let told = canvas.block(x + width + 8, top + 3, room - width - 8, BODY, &words);
        canvas.y = bottom.max(told) + 6;
    }
}
