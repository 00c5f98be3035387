//! The workflow in force: as a picture, with the states of running cases lit, and in plain words.

use maud::{Markup, html};

use super::layout::Here;
use super::parts::{coded, diagram, digest, facts, linked, to_case};
use super::{About, layout};
use crate::workflow::explain::{Paragraph, Section};

/// The page of the workflow.
pub fn workflow(about: &About<'_>) -> String {
    let workflow = about.workflow();
    let running = about.state.running.iter().filter_map(|id| about.state.case(id));
    let running: Vec<_> = running.filter(|case| case.workflow.digest == workflow.digest).collect();
    let lit: Vec<_> = running.iter().map(|case| (&case.id.procedure, &case.state)).collect();
    let explained = workflow.explain();
    let body = html! {
        (facts([
            ("Workflow", digest(&workflow.digest)),
            ("Contract", html! { (digest(&workflow.contract.digest)) ", which prevails" }),
            ("Its text", html! { a href=(about.page("/entries/0")) { "in entry 0" } }),
        ]))
        section #picture data-live aria-labelledby="picture-heading" {
            h2 #picture-heading { "As a picture" }
            @for case in &running { p { (to_case(about, &case.id)) " is in the state " strong { (case.state) } "." } }
            (diagram("The workflow as a picture", &workflow.draw_svg_lit(&lit)))
        }
        section aria-labelledby="words" {
            h2 #words { "In words" }
            p.note { "The workflow’s text is what binds its parties, and the contract prevails over it; this only explains it." }
            @for sentence in &explained.preamble { p { (linked(about, sentence)) } }
            @for (section, number) in explained.sections.iter().zip(1..) { (explained_section(about, section, number)) }
        }
    };
    layout::of(about, Here::Workflow, "The workflow", &body)
}

fn explained_section(about: &About<'_>, section: &Section, number: u32) -> Markup {
    html! {
        h3 { (number) ". " (coded(&section.heading)) }
        @for paragraph in &section.paragraphs { (explained_paragraph(about, paragraph)) }
    }
}

fn explained_paragraph(about: &About<'_>, paragraph: &Paragraph) -> Markup {
    html! {
        p { @if !paragraph.label.is_empty() { span.label { (paragraph.label) } " " } (linked(about, &paragraph.text)) }
        @if !paragraph.items.is_empty() { ol.lettered { @for item in &paragraph.items { li { (linked(about, item)) } } } }
    }
}
