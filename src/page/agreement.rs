//! One agreement: what is in force first, then its cases, the newest of its record, and how to check it.

use maud::{Markup, html};

use super::layout::{self, Here, live, standing};
use super::parts::{digest, facts, linked, table, to_case, when};
use super::record::{self, Line};
use super::{About, case, check, grants};
use crate::view::in_force;
use crate::workflow::words::readings_are_ours;

/// The page of an agreement. `newest` are the last entries of its log, the newest first.
pub fn agreement(about: &About<'_>, newest: &[Line]) -> String {
    let workflow = about.workflow();
    let top = html! {
        h1 { (workflow.title) }
        (standing(about))
    };
    let body = html! {
        (live("in-force", "What is in force?", &grants::table_of_all(about)))
        (live("cases", "Cases", &cases(about)))
        (live("record", "The newest of the record", &newest_of(about, newest)))
        (what(about))
        (check::panel(about))
    };
    layout::page(&workflow.title, Some((about, Here::InForce)), &top, &body)
}

/// What it is, to the digest.
fn what(about: &About<'_>) -> Markup {
    let (state, workflow) = (about.state, about.workflow());
    let mut known = vec![
        ("Agreement", html! { code.digest { (state.agreement) } }),
        ("Contract", html! { (digest(&state.contract)) ", which prevails over the workflow" }),
        (
            "Workflow",
            html! {
                (digest(&workflow.digest)) "; "
                a href=(about.page("/workflow")) { (readings_are_ours(workflow.readings.len())) }
            },
        ),
        ("Opened", when(state.opened)),
    ];
    if let Some(words) = in_force(state, about.at) {
        known.push(("In force", linked(about, &words)));
    }
    html! {
        section aria-labelledby="what-heading" {
            h2 #what-heading { "What it is" }
            (facts(known))
        }
    }
}

/// How many cases are shown in some detail, and how many in a line.
const CARDS: usize = 10;
const LINES: usize = 50;

/// Cases that run in some detail, the others in a line.
fn cases(about: &About<'_>) -> Markup {
    let (state, outlook) = (about.state, case::Outlook::of(about));
    let (running, ended): (Vec<_>, Vec<_>) = state.cases.values().rev().partition(|case| !case.at_rest());
    let (cards, lines) = running.split_at(running.len().min(CARDS));
    let lines: Vec<_> = lines.iter().chain(&ended).collect();
    let rows: Vec<_> = lines
        .iter()
        .take(LINES)
        .map(|case| {
            vec![
                to_case(about, &case.id),
                html! { (case.state) },
                html! { @if let Some(ended) = case.ended { (when(ended)) } },
                case::came_to(case),
            ]
        })
        .collect();
    html! {
        @if state.cases.is_empty() { (linked(about, &crate::view::status::none_yet(state))) }
        @for case in cards { (case::card(about, &outlook, case)) }
        @if !rows.is_empty() {
            h3 { @if cards.is_empty() { "All at rest" } @else { "Others" } }
            (table("Other cases", &["Case", "State", "Ended", "Ballots"], &rows))
            @if lines.len() > LINES { p { "And " (lines.len() - LINES) " more, which " code { "quorate status" } " tells." } }
        }
    }
}

fn newest_of(about: &About<'_>, newest: &[Line]) -> Markup {
    html! {
        (record::table_of(about, newest, "The newest entries"))
        p { a href=(about.page("/entries")) { "The whole record" } }
    }
}
