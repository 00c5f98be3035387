//! The picture as SVG: black on white, in units of which 800 go into 190 mm.

mod canvas;
mod cards;
mod font;
mod lanes;
mod marks;
mod sides;

use std::fmt::Write as _;

use canvas::{Canvas, escaped};
use font::Face;

use super::{nature, order};
use crate::workflow::model::Workflow;

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

pub(super) fn draw(workflow: &Workflow) -> String {
    let mut canvas = Canvas::from(MARGIN);
    let room = WIDTH - 2 * MARGIN;
    canvas.paragraph(MARGIN, room, TITLE, &workflow.title);
    canvas.y += 2;
    canvas.paragraph(MARGIN, room, STRONG, nature(workflow));
    canvas.paragraph(MARGIN, room, SMALL, &format!("Workflow {}", workflow.digest));
    canvas.paragraph(MARGIN, room, SMALL, &format!("Contract {}", workflow.contract.digest));
    if !workflow.readings.is_empty() {
        let told = format!(
            "{} choices and readings in it are the authors' and not the contract's.",
            workflow.readings.len()
        );
        canvas.paragraph(MARGIN, room, SMALL, &told);
    }
    sides::offices(&mut canvas, workflow);
    workflow.panels.iter().for_each(|panel| sides::panel(&mut canvas, panel));
    workflow.procedures.iter().for_each(|procedure| cards::procedure(&mut canvas, workflow, procedure));
    sides::grants(&mut canvas, workflow);
    marks::legend(&mut canvas);
    let height = canvas.y + MARGIN;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{MILLIMETRES}mm\" height=\"{}mm\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\" aria-labelledby=\"title desc\" lang=\"en\" font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\">",
        height * MILLIMETRES / WIDTH
    );
    let _ = writeln!(out, "<title id=\"title\">{}</title>", escaped(&workflow.title));
    let _ = writeln!(out, "<desc id=\"desc\">{}</desc>", escaped(&described(workflow)));
    let _ = writeln!(out, "<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>");
    out.push_str(&canvas.into_body());
    out.push_str("</svg>\n");
    out
}

/// A section's heading.
fn heading(canvas: &mut Canvas, text: &str) {
    canvas.y += 16;
    canvas.paragraph(MARGIN, WIDTH - 2 * MARGIN, HEADING, text);
    canvas.y += 4;
}

/// The picture in words, for whoever cannot see it: nature, then each procedure state by state, then what moves.
fn described(workflow: &Workflow) -> String {
    let mut told = vec![nature(workflow).to_owned()];
    for procedure in &workflow.procedures {
        told.push(format!(
            "Procedure {}: {}, in the state {}.",
            procedure.name,
            procedure.open.at_length(),
            procedure.start
        ));
        for state in order::states(procedure) {
            let steps = state.steps.iter().map(crate::workflow::model::Step::words);
            let owed = state.duties.iter().map(|duty| format!("owed {}", duty.at_length()));
            let steps: Vec<String> = steps.chain(owed).collect();
            told.push(format!(
                "{}: {}.",
                state.words(),
                if steps.is_empty() { "nothing".to_owned() } else { steps.join("; ") }
            ));
        }
    }
    for grant in workflow.grants.iter().filter(|grant| grant.moves()) {
        let values = grant.attributes.iter().flat_map(|it| &it.values);
        let values =
            values.filter_map(|value| Some(format!("{} with {}", value.is, value.moves.as_ref()?.words())));
        told.push(format!("Grant {}: {}.", grant.name, values.collect::<Vec<_>>().join("; ")));
    }
    told.join("\n")
}
