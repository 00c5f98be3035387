//! A count as a drawing: a bar of as many cells as there are votes to be had, and a line where a rule begins to hold.
//!
//! Each drawing stands beside a sentence that says the same, and has that sentence as its text.

use maud::{Markup, html};

use crate::engine::count::{Table, Working};
use crate::workflow::model::{Counted, Operator, Term};
use crate::workflow::weigh::Fraction;

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

/// How far a comparison is: `holds: 5, and it takes 5`.
pub(super) fn far(working: &Working, op: Operator) -> String {
    let holds = if working.holds { "holds" } else { "does not hold" };
    let amount = working.amount;
    match (working.bound, op) {
        (None, _) => format!("{holds}: a share of nothing"),
        (Some(bound), Operator::AtLeast) => format!("{holds}: {amount}, and it takes {}", ceiling(bound)),
        (Some(bound), Operator::Above) => {
            let least = (bound.top / bound.bottom.max(1)).saturating_add(1);
            format!("{holds}: {amount}, and it takes {least}")
        }
        (Some(bound), _) => format!("{holds}: {amount} {op} {bound}"),
    }
}
