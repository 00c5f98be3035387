//! A count as a drawing: a bar of as many cells as there are votes to be had, and a line where a rule begins to hold.
//!
//! Each drawing stands beside a sentence that says the same, and has that sentence as its text.

use maud::{Markup, html};

use crate::engine::count::{Fraction, Table, Working};
use crate::workflow::model::{Counted, Term};

/// The width of a drawing, in units.
const WIDTH: u64 = 600;
/// The height of its cells.
const HEIGHT: u64 = 26;
/// The room above and below them, for the line.
const ROOM: u64 = 6;
/// With more cells than this, each is too narrow to be seen.
const MOST_CELLS: u64 = 60;

/// A stretch of cells that are alike.
pub(super) struct Stretch {
    /// How it looks: `0` is the darkest.
    pub(super) shade: usize,
    pub(super) cells: u64,
}

/// How many electors there are, by weight.
pub(super) fn electors(table: &Table) -> u64 {
    table.term(&Term { counted: Counted::Electors, heads: false, class: None })
}

/// Stretches of cells, of `total`, with a line at `bound`.
pub(super) fn bar(words: &str, stretches: &[Stretch], total: u64, bound: Option<Fraction>) -> Markup {
    let filled: u64 = stretches.iter().map(|stretch| stretch.cells).sum();
    let reach = bound.map_or(0, ceiling);
    let total = total.max(filled).max(reach).max(1);
    let place = |cells: u64| cells.saturating_mul(WIDTH) / total;
    let mut from = 0;
    let mut cells = Vec::new();
    for stretch in stretches {
        cells.push((stretch.shade, from, from + stretch.cells));
        from += stretch.cells;
    }
    let line = bound.and_then(|bound| {
        let units = bound.top.saturating_mul(u128::from(WIDTH))
            / bound.bottom.saturating_mul(u128::from(total)).max(1);
        u64::try_from(units).ok()
    });
    html! {
        svg.bar viewBox=(format!("-2 0 {} {}", WIDTH + 4, HEIGHT + 2 * ROOM)) role="img" aria-label=(words) preserveAspectRatio="none" {
            rect.empty x="0" y=(ROOM) width=(WIDTH) height=(HEIGHT) {}
            @for (shade, from, to) in &cells {
                @if to > from {
                    rect class=(format!("shade{}", shade)) x=(place(*from)) y=(ROOM) width=(place(*to) - place(*from)) height=(HEIGHT) {}
                }
            }
            @if total <= MOST_CELLS {
                @for cell in 1..total { path.cell d=(format!("M{} {ROOM}v{HEIGHT}", place(cell))) {} }
            }
            @if let Some(x) = line { path.bound d=(format!("M{x} 0v{}", HEIGHT + 2 * ROOM)) {} }
        }
    }
}

/// The least whole number that is not below a fraction.
fn ceiling(bound: Fraction) -> u64 {
    u64::try_from(bound.top.div_ceil(bound.bottom.max(1))).unwrap_or(u64::MAX)
}

/// `4 of at least 5`, `5 > 14/3 holds`: how far a comparison is.
pub(super) fn far(working: &Working, by: &str) -> String {
    match working.bound {
        None => format!("{}, of nothing: it cannot hold", working.amount),
        Some(bound) => {
            let holds = if working.holds { "holds" } else { "does not hold" };
            format!("{} {by} {bound} {holds}", working.amount)
        }
    }
}
