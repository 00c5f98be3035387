//! What pages are made of: times, links to entries, tables.

use maud::{Markup, PreEscaped, html};

use super::About;
use crate::statement::CaseRef;
use crate::values::{Digest, Instant};
use crate::view::time;

/// `2026-04-28 12:00:00 UTC`.
pub(super) fn when(at: Instant) -> Markup {
    html! { time datetime=(at) { (time::plain(at)) } }
}

/// `2026-04-28 12:00:00 UTC, in 3 days`.
pub(super) fn when_from(at: Instant, now: Instant) -> Markup {
    html! { (when(at)) ", " (time::distance(at, now)) }
}

/// Words of `view`, in which `entry 3` leads to that entry, and what stands between backticks is code.
pub(super) fn linked(about: &About<'_>, words: &str) -> Markup {
    marked(words, |part| entries(about, part))
}

/// Words in which what stands between backticks is code.
pub(super) fn coded(words: &str) -> Markup {
    marked(words, |part| html! { (part) })
}

fn marked(words: &str, plain: impl Fn(&str) -> Markup) -> Markup {
    let parts = words.split('`').zip([false, true].into_iter().cycle());
    html! {
        @for (part, is_code) in parts {
            @if is_code { code { (part) } } @else { (plain(part)) }
        }
    }
}

fn entries(about: &About<'_>, words: &str) -> Markup {
    const ENTRY: &str = "entry ";
    let mut pieces = words.split(ENTRY);
    let first = pieces.next().unwrap_or_default();
    html! {
        (first)
        @for piece in pieces {
            @let (digits, rest) = piece.split_at(piece.find(|c: char| !c.is_ascii_digit()).unwrap_or(piece.len()));
            @match digits.parse() {
                Ok(index) => { (to_entry(about, index)) },
                Err(_) => { (ENTRY) (digits) },
            }
            (rest)
        }
    }
}

/// `entry 3`, which leads there.
pub(super) fn to_entry(about: &About<'_>, index: u64) -> Markup {
    html! { a href=(about.page(&format!("/entries/{index}"))) { "entry " (index) } }
}

/// The address of a case's page.
pub(super) fn case_address(about: &About<'_>, case: &CaseRef) -> String {
    about.page(&format!("/cases/{}/{}", case.procedure, case.number))
}

/// A case, which leads to its page.
pub(super) fn to_case(about: &About<'_>, case: &CaseRef) -> Markup {
    html! { a href=(case_address(about, case)) { (case) } }
}

/// A digest, in a face of its own, which may break anywhere.
pub(super) fn digest(digest: &Digest) -> Markup {
    html! { code.digest { (digest) } }
}

/// A document by its name, which leads to what it says.
pub(super) fn document(about: &About<'_>, name: &str, digest: &Digest) -> Markup {
    let address = about.page(&format!("/documents/{}", digest.hex()));
    html! { a href=(address) { (name) } " " code.digest title=(digest) { (digest.short()) } }
}

/// Names and what belongs to them.
pub(super) fn facts<'a>(facts: impl IntoIterator<Item = (&'a str, Markup)>) -> Markup {
    html! {
        dl.facts {
            @for (name, fact) in facts {
                div { dt { (name) } dd { (fact) } }
            }
        }
    }
}

/// A table whose first column names its rows. On a narrow screen each row stands as a block, and stays a row for whoever
/// hears it: hence the roles, which a browser would else drop.
pub(super) fn table(caption: &str, columns: &[&str], rows: &[Vec<Markup>]) -> Markup {
    // A column in which nothing stands is left out.
    let is_used =
        |place: &usize| rows.iter().any(|row| row.get(*place).is_some_and(|cell| !cell.0.is_empty()));
    let used: Vec<(usize, &str)> =
        columns.iter().copied().enumerate().filter(|(place, _)| is_used(place)).collect();
    html! {
        table role="table" {
            caption.unseen { (caption) }
            thead role="rowgroup" {
                tr role="row" { @for (_, column) in &used { th role="columnheader" scope="col" { (column) } } }
            }
            tbody role="rowgroup" {
                @for row in rows {
                    tr role="row" {
                        @for (place, column) in &used {
                            @match row.get(*place).map(|cell| cell.0.as_str()) {
                                Some(cell) if *place == 0 => { th role="rowheader" scope="row" { (PreEscaped(cell)) } },
                                None | Some("") => { td.none role="cell" {} },
                                Some(cell) => { td role="cell" data-name=(column) { (PreEscaped(cell)) } },
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A sentence begins with a capital letter.
pub(super) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A drawing that is wider than a telephone: it scrolls in its own box, by touch and by keyboard, and the page does not.
pub(super) fn diagram(label: &str, svg: &str) -> Markup {
    html! {
        p.note.hint { "The picture is wider than this screen, and scrolls sideways." }
        div.wide.diagram role="region" aria-label=(label) tabindex="0" { (PreEscaped(svg)) }
    }
}
