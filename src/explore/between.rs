//! Whether acts at the edges of deadlines show every order in which times can end.
//!
//! An act that begins a time while another runs decides which of the two ends first, and in between which others end. The
//! walk has people act when something has just come or is about to, so of those orders it may miss some. Where at any
//! time only what one act has begun is running, there is one order, and the edges show all.

use super::branch::{Branch, Turn};
use super::key::futures;
use super::tree::Tree;
use super::view::View;
use crate::values::{Instant, Span};

/// Whether it matters that a turn is taken only now, or once the next thing comes, and not at a time between: the turn
/// begins a time, and there is another that goes on. `next` is where the turn leads now.
///
/// What is asked is whether the futures differ. Where nothing that runs goes on, it leads to the same later as now; and
/// where it begins nothing, it is the same whether the turn comes first, or the time between.
pub(super) fn matters(
    view: &View<'_>,
    tree: &Tree<'_>,
    (branch, turns): (&Branch, &[Turn]),
    turn: &Turn,
    next: &Branch,
) -> bool {
    let inner = if let Turn::Chosen(inner, _) = turn { inner } else { turn };
    let (Some(Turn::Wait(until)), Turn::Does(_) | Turn::Enough(..)) = (turns.first(), inner) else {
        return false;
    };
    let Some(between) = midst(branch.now, *until).map(Turn::Wait) else { return false };
    let later = tree.take(branch, &between).and_then(|waited| tree.take(&waited, turn));
    let (Some(later), Some(waited)) = (later, tree.take(next, &between)) else { return false };
    let later = futures(view, &later);
    later != futures(view, next) && later != futures(view, &waited)
}

/// An instant after the one and before the other.
fn midst(now: Instant, until: Instant) -> Option<Instant> {
    let half = until.since(now).seconds() / 2;
    (half > 0).then(|| now.plus(Span::from_seconds(half)))
}
