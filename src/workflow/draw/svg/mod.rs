//! The picture as SVG: black on white, in units of which 800 go into 190 mm.

mod canvas;
mod cards;
mod font;
mod lanes;
mod marks;
mod sides;

use std::fmt::Write as _;

use canvas::{Canvas, Cut, escaped};
pub use font::Face;

use super::{bare, nature};
use crate::values::Id;
use crate::workflow::model::{Attribute, Event, Grant, Procedure, Value, Workflow};
use crate::workflow::words::readings;

/// The states in which cases are: each by its procedure and its name.
type Lit<'a> = &'a [(&'a Id, &'a Id)];

/// The width of the picture.
const WIDTH: i32 = 800;
/// The space around it.
const MARGIN: i32 = 12;
/// Where cards end and lanes begin.
const CARDS_END: i32 = 680;
/// How wide the picture is on paper.
const MILLIMETRES: i32 = 190;

const TITLE: Face = Face { size: 18, bold: true };
const HEADING: Face = Face { size: 15, bold: true };
const STRONG: Face = Face { size: 12, bold: true };
const BODY: Face = Face { size: 12, bold: false };
const SMALL: Face = Face { size: 11, bold: false };

/// How long the drawing on a page may be: 250 mm, so that it goes on A4 and on US Letter.
const PAGE: i32 = 250 * WIDTH / MILLIMETRES;
/// The room on a page that the drawing does not have: the head, which may take three lines, as may the foot.
const BESIDES: i32 = 136;

/// One picture, as long as it needs.
pub(super) fn draw(workflow: &Workflow, lit: Lit<'_>) -> String {
    let canvas = drawn(workflow, lit);
    let told = described(workflow, &workflow.procedures, lit);
    picture(&workflow.title, &told, canvas.y + MARGIN, &canvas.whole())
}

/// One procedure, with the state in which a case of it is.
pub(super) fn one(workflow: &Workflow, procedure: &Procedure, state: &Id) -> String {
    let mut canvas = Canvas::from(MARGIN);
    let lit = [(&procedure.name, state)];
    cards::procedure(&mut canvas, workflow, procedure, &lit);
    marks::legend(&mut canvas);
    let told = described(workflow, std::slice::from_ref(procedure), &lit);
    let title = format!("Procedure {}", procedure.name);
    picture(&title, &told, canvas.y + MARGIN, &canvas.whole())
}

/// The picture in pages. A line that leaves a page below goes on at the same place above on the next.
pub(super) fn pages(workflow: &Workflow) -> Vec<String> {
    let canvas = drawn(workflow, &[]);
    let pages = canvas.pages(PAGE - BESIDES);
    let many = pages.len();
    let page = |(number, (from, to)): (usize, &(i32, i32))| {
        let of = format!("Page {} of {many}", number + 1);
        let lines = number + 1 < many && canvas.goes_on_below(*to);
        let on = if lines { ". Lines go on at the same place above on the next page." } else { "" };
        let mut head = Canvas::from(0);
        if number > 0 {
            goes_on(&mut head, &workflow.title, &canvas.going_on(*from));
        }
        let top = head.y;
        let mut foot = Canvas::from(to - from + top + 14);
        let room = WIDTH - 2 * MARGIN;
        foot.line(&[(MARGIN, foot.y - 6), (WIDTH - MARGIN, foot.y - 6)]);
        foot.paragraph(MARGIN, room, SMALL, &format!("{of}. Workflow {}{on}", workflow.digest));
        foot.paragraph(MARGIN, room, SMALL, nature(workflow));
        let told = if number == 0 {
            format!("{of}.\n{}", described(workflow, &workflow.procedures, &[]))
        } else {
            format!("{of}, goes on.")
        };
        let body = head.whole() + &canvas.between((*from, *to), top) + &foot.whole();
        picture(&format!("{} ({of})", workflow.title), &told, foot.y + MARGIN, &body)
    };
    pages.iter().enumerate().map(page).collect()
}

/// The head of a later page: the title, as far as it fits on a line, and what goes on there.
fn goes_on(head: &mut Canvas, title: &str, parts: &[&str]) {
    let room = WIDTH - 2 * MARGIN;
    head.y = MARGIN;
    let title = match SMALL.wrap(title, room - 20).as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first, ..] => format!("{first} …"),
    };
    head.paragraph(MARGIN, room, SMALL, &title);
    if !parts.is_empty() {
        head.paragraph(MARGIN, room, STRONG, &format!("{} (continued)", parts.join(", ")));
    }
    head.y += 8;
}

fn drawn(workflow: &Workflow, lit: Lit<'_>) -> Canvas {
    let mut canvas = Canvas::from(MARGIN);
    let room = WIDTH - 2 * MARGIN;
    canvas.paragraph(MARGIN, room, TITLE, &workflow.title);
    canvas.y += 2;
    canvas.paragraph(MARGIN, room, STRONG, nature(workflow));
    canvas.paragraph(MARGIN, room, SMALL, &format!("Workflow {}", workflow.digest));
    canvas.paragraph(MARGIN, room, SMALL, &format!("Contract {}", workflow.contract.digest));
    if !workflow.readings.is_empty() {
        let told = format!("{} the authors' and not the contract's.", readings(workflow.readings.len()));
        canvas.paragraph(MARGIN, room, SMALL, &told);
    }
    sides::offices(&mut canvas, workflow);
    workflow.panels.iter().for_each(|panel| sides::panel(&mut canvas, panel));
    workflow.procedures.iter().for_each(|procedure| cards::procedure(&mut canvas, workflow, procedure, lit));
    sides::events(&mut canvas, workflow);
    sides::calendar(&mut canvas, workflow);
    sides::grants(&mut canvas, workflow);
    marks::legend(&mut canvas);
    canvas
}

fn picture(title: &str, description: &str, height: i32, body: &str) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{MILLIMETRES}mm\" height=\"{}mm\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\" aria-labelledby=\"title desc\" lang=\"en\" font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\">",
        height * MILLIMETRES / WIDTH
    );
    let _ = writeln!(out, "<title id=\"title\">{}</title>", escaped(title));
    let _ = writeln!(out, "<desc id=\"desc\">{}</desc>", escaped(&bare(description)));
    let _ = writeln!(out, "<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>");
    out.push_str(body);
    out.push_str("</svg>\n");
    out
}

/// A section's heading; where it begins.
fn heading(canvas: &mut Canvas, text: &str) -> i32 {
    canvas.y += 16;
    let top = canvas.y;
    canvas.cut(Cut::Between);
    canvas.paragraph(MARGIN, WIDTH - 2 * MARGIN, HEADING, text);
    canvas.y += 4;
    top
}

/// The picture in words, for whoever cannot see it: nature, then where cases stand, each procedure state by state, and what moves.
fn described(workflow: &Workflow, procedures: &[Procedure], lit: Lit<'_>) -> String {
    let mut told = vec![nature(workflow).to_owned()];
    let here = lit.iter().map(|(procedure, state)| format!("A case of {procedure} is in the state {state}."));
    told.extend(here);
    for procedure in procedures {
        told.push(format!(
            "Procedure {}: {}, in the state {}.",
            procedure.name,
            procedure.open.at_length(),
            procedure.start
        ));
        for state in &procedure.states {
            let steps = state.steps.iter().map(crate::workflow::model::Step::at_length);
            let owed = state.duties.iter().map(|duty| format!("owed {}", duty.at_length()));
            let steps: Vec<String> = steps.chain(owed).collect();
            told.push(format!(
                "{}: {}.",
                state.words(),
                if steps.is_empty() { "nothing".to_owned() } else { steps.join("; ") }
            ));
        }
    }
    let whole = procedures.len() == workflow.procedures.len();
    if whole {
        let event = |it: &Event| format!("Event {}: {}", it.name, workflow.event_sentences(it).join(". "));
        told.extend(workflow.events.iter().map(event));
        told.extend(workflow.calendar.as_ref().map(|it| it.words()));
        told.extend(workflow.grants.iter().map(|grant| hangs(workflow, grant)));
    }
    told.join("\n")
}

/// A grant in words, with whose it is, its values and its terms.
fn hangs(workflow: &Workflow, grant: &Grant) -> String {
    let value = |of: &Attribute, value: &Value| {
        format!("{} {} {}", of.name, value.is, workflow.brought_by(value, of.values.len() > 1))
    };
    let values = grant.attributes.iter().flat_map(|it| it.values.iter().map(move |one| value(it, one)));
    let told = [grant.between()].into_iter().filter(|it| !it.is_empty()).chain(values).chain(grant.terms());
    format!("Grant {}, {}: {}.", grant.name, grant.title, told.collect::<Vec<_>>().join("; "))
}
