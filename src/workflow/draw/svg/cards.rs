//! A procedure: a card for each state, a row for each of its steps, and lanes beside them.

use std::collections::BTreeMap;

use super::canvas::{Canvas, Cut, Frame};
use super::lanes::{self, Lane};
use super::marks::Mark;
use super::{BODY, CARDS_END, Lit, MARGIN, SMALL, STRONG, heading};
use crate::values::Id;
use crate::workflow::model::{Ballot, Procedure, State, Step, Workflow};

/// The width of a card.
const CARD: i32 = CARDS_END - MARGIN;
/// Where a row's words begin, and how much room they have.
const WORDS: i32 = MARGIN + 30;
const WORDS_ROOM: i32 = 410;
/// Where a row says where it leads.
const TARGET: i32 = WORDS + WORDS_ROOM + 12;
const TARGET_ROOM: i32 = CARDS_END - TARGET - 8;

/// Where lines begin and end, by the state that they lead to.
type Ends<'w> = BTreeMap<&'w Id, Lane>;

pub fn procedure(canvas: &mut Canvas, workflow: &Workflow, procedure: &Procedure, lit: Lit<'_>) {
    let title = procedure.title.as_ref().map_or_else(String::new, |title| format!(": {title}"));
    let top = heading(canvas, &format!("Procedure {}{title}", procedure.name));
    for line in procedure.facts() {
        canvas.paragraph(MARGIN, CARD, SMALL, &line);
    }
    canvas.y += 6;
    let states = procedure.states.iter();
    let mut ends: Ends<'_> = states.map(|state| (&state.name, Lane { to: 0, from: Vec::new() })).collect();
    opening(canvas, procedure, &mut ends);
    for state in &procedure.states {
        canvas.y += 14;
        canvas.cut(Cut::Between);
        let here = lit.contains(&(&procedure.name, &state.name));
        card(canvas, workflow, (state, here), &mut ends);
    }
    lanes::draw(canvas, ends.into_values().collect());
    canvas.part(top, format!("Procedure {}", procedure.name));
}

fn opening<'w>(canvas: &mut Canvas, procedure: &'w Procedure, ends: &mut Ends<'w>) {
    let top = canvas.y;
    canvas.y += 6;
    let words = procedure.open.at_length();
    let besides = crate::workflow::words::events(&procedure.open.emits);
    let besides: Vec<String> =
        (!besides.is_empty()).then(|| besides.trim_start_matches(", ").to_owned()).into_iter().collect();
    row(canvas, Mark::Act, &words, Some(&procedure.start), &besides, ends);
    canvas.frame(MARGIN, top, CARD, canvas.y - top, Frame::Dashed);
}

/// The card of a state; `here` where a case is in it.
fn card<'w>(canvas: &mut Canvas, workflow: &Workflow, (state, here): (&'w State, bool), ends: &mut Ends<'w>) {
    let top = canvas.y;
    let room = if here { CARD - 180 } else { CARD - 90 };
    let names = super::HEADING.wrap(state.name.as_str(), room);
    let header = 6 + super::HEADING.line() * i32::try_from(names.len()).unwrap_or(1);
    canvas.frame(MARGIN, top, CARD, header, if here { Frame::Lit } else { Frame::Shaded });
    canvas.block(MARGIN + 10, top + 1, room, super::HEADING, state.name.as_str());
    if here {
        canvas.text(CARDS_END - 160, top + 16, STRONG, "a case is here");
    }
    if state.ends {
        canvas.text(CARDS_END - 60, top + 16, BODY, "the end");
    }
    if let Some(lane) = ends.get_mut(&state.name) {
        lane.to = top + header / 2;
    }
    canvas.y = top + header + 6;
    for ballot in state.ballots().filter_map(|name| workflow.ballot(name)) {
        asked(canvas, ballot);
    }
    for step in &state.steps {
        let Step { trigger, to, emits: _, at_most: _, effect: _, line: _ } = step;
        row(canvas, Mark::of(trigger), &trigger.at_length(), to.as_ref(), &step.besides(), ends);
    }
    for duty in &state.duties {
        let besides = ["owed".to_owned()];
        row(canvas, Mark::Owed, &duty.at_length(), None, &besides, ends);
    }
    if state.steps.is_empty() && state.duties.is_empty() {
        canvas.y = top + header;
    }
    let frame = if state.ends { Frame::Thick } else { Frame::Thin };
    canvas.frame(MARGIN, top, CARD, canvas.y - top, frame);
    canvas.part(top, format!("state {}", state.name));
}

/// A row: its sign and words, where it leads and what comes of it besides, and where its line begins.
fn row<'w>(
    canvas: &mut Canvas,
    mark: Mark,
    words: &str,
    to: Option<&'w Id>,
    besides: &[String],
    ends: &mut Ends<'w>,
) {
    let top = canvas.y;
    mark.draw(canvas, MARGIN + 16, top + 8);
    let mut bottom = canvas.block(WORDS, top, WORDS_ROOM, BODY, words);
    let mut right = top;
    if let Some(to) = to {
        right = canvas.block(TARGET, right, TARGET_ROOM, STRONG, &format!("→ {to}"));
        if let Some(lane) = ends.get_mut(to) {
            lane.from.push(top + 8);
        }
    } else if mark != Mark::Owed {
        right = canvas.block(TARGET, right, TARGET_ROOM, BODY, "stays");
    }
    for line in besides {
        right = canvas.block(TARGET, right, TARGET_ROOM, BODY, line);
    }
    bottom = bottom.max(right);
    canvas.y = bottom + 5;
    canvas.cut(Cut::Within);
}

/// The ballot that opens in a state, inside its card.
fn asked(canvas: &mut Canvas, ballot: &Ballot) {
    let (x, room) = (WORDS - 12, CARD - 36);
    let top = canvas.y;
    canvas.y += 5;
    canvas.paragraph(x + 10, room - 20, STRONG, &format!("Ballot {}", ballot.name));
    canvas.paragraph(x + 10, room - 20, BODY, &ballot.question);
    canvas.y += 3;
    for (name, words) in ballot.facts() {
        field(canvas, x + 10, room - 20, name, &words);
    }
    canvas.y += 3;
    for outcome in &ballot.outcomes {
        let rule = if outcome.rule.is_some() { format!("if {}", outcome.words()) } else { outcome.words() };
        let y = canvas.y;
        let name = canvas.block(x + 10, y, 120, STRONG, outcome.is.as_str());
        canvas.y = canvas.block(x + 140, y, room - 150, BODY, &rule).max(name);
        canvas.cut(Cut::Within);
    }
    canvas.y += 5;
    canvas.frame(x, top, room, canvas.y - top, Frame::Dashed);
    canvas.y += 8;
}

/// A name and what belongs to it, the values in one column.
pub fn field(canvas: &mut Canvas, x: i32, room: i32, name: &str, words: &str) {
    let y = canvas.y;
    canvas.text(x, y + BODY.size, BODY, name);
    canvas.y = canvas.block(x + 60, y, room - 60, BODY, words);
}
