//! The list of agreements.

use maud::html;

use super::parts::{table, when};
use super::{About, layout};
use crate::view::{SPECIMEN, entries};
use crate::workflow::model::Nature;

/// The agreements that are kept here.
pub fn agreements(all: &[About<'_>]) -> String {
    let top = html! {
        h1 { "Agreements kept here" }
        p { "Each is a contract’s process: who may do what, by when, and how votes count; what was signed; and what follows." }
    };
    let rows: Vec<_> = all
        .iter()
        .map(|about| {
            let running = about.state.running.len();
            vec![
                html! { a href=(about.page("")) { (about.workflow().title) } " " code { (about.name()) } },
                html! { @if about.workflow().nature == Nature::Specimen { strong { (SPECIMEN) } } @else { "meant by its parties" } },
                html! { @match running { 0 => "none", many => (many) } },
                html! { (entries(about.head.size)) ", the last of " (when(about.state.last)) },
            ]
        })
        .collect();
    let body = html! {
        @if rows.is_empty() {
            p { "None yet. The parties open one with " code { "quorate open" } "." }
        } @else {
            (table("Agreements", &["Agreement", "Nature", "Running cases", "Record"], &rows))
        }
    };
    layout::page("Agreements", None, &top, &body)
}
