//! The log, a page at a time, the newest entry first.

use maud::{Markup, html};

use super::layout::Here;
use super::parts::{document, table, to_entry, when};
use super::{About, layout};
use crate::statement::{Attachments, Entry, Statement, attachments};
use crate::values::Instant;
use crate::view::entries;
use crate::view::statement::summary;

/// How many entries a page shows.
pub const PAGE: u64 = 50;

/// An entry on a line.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its index.
    pub index: u64,
    /// What it says; `None` where it cannot be read, which an audit tells.
    said: Option<(Instant, String, String, Attachments)>,
}

impl Line {
    /// Reads an entry.
    pub fn read(index: u64, bytes: &[u8]) -> Self {
        let read = Entry::parse(bytes).ok().and_then(|entry| {
            let statement = Statement::parse(&entry.envelope.statement).ok()?;
            let (by, what) = (statement.by.to_string(), summary(&statement));
            Some((entry.time, by, what, attachments(&statement.body)))
        });
        Self { index, said: read }
    }
}

/// A page of the record: `lines`, the newest first, of which the last has the index `from`.
pub fn record(about: &About<'_>, lines: &[Line], from: u64) -> String {
    let size = about.head.size;
    let upto = lines.first().map_or(0, |line| line.index);
    let newer = (upto + 1 < size).then(|| (upto + 1 + PAGE).min(size));
    let body = html! {
        div #entries data-live[newer.is_none()] {
            @if let Some(oldest) = lines.last() {
                p { "Entries " (oldest.index) " to " (upto) " of " (entries(size)) ", the newest first." }
            }
            (table_of(about, lines, "Entries"))
        }
        nav.pages aria-label="Pages of the record" {
            @if let Some(newer) = newer { a rel="prev" href=(before(about, newer)) { "Newer entries" } }
            @if from > 0 { a rel="next" href=(before(about, from)) { "Older entries" } }
        }
    };
    layout::of(about, Here::Record, "The record", &body)
}

/// The address of the page that ends before an entry.
fn before(about: &About<'_>, entry: u64) -> String {
    about.page(&format!("/entries?before={entry}"))
}

/// Entries as a table.
pub(super) fn table_of(about: &About<'_>, lines: &[Line], caption: &str) -> Markup {
    let row = |line: &Line| match &line.said {
        Some((time, by, what, attached)) => vec![
            to_entry(about, line.index),
            when(*time),
            html! { (by) },
            html! {
                (what)
                @for (name, digest) in attached { "; " (document(about, name.as_str(), digest)) }
            },
        ],
        None => vec![to_entry(about, line.index), html! {}, html! {}, html! { "cannot be read" }],
    };
    let rows: Vec<_> = lines.iter().map(row).collect();
    table(caption, &["Entry", "Time", "By", "What"], &rows)
}
