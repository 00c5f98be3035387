//! Whether acts at the edges of deadlines show every order in which times can end.
//!
//! An act that begins a time while another runs decides which of the two ends first, and in between which others end. The
//! walk has people act when something has just come or is about to, so of those orders it may miss some. Where at any
//! time only what one act has begun is running, there is one order, and the edges show all.

use super::branch::{Branch, Turn};
use super::key::futures;
use super::mixer::Mixer;
use super::tree::{Stage, Tree};
use super::view::View;
use crate::engine::possible::Deed;
use crate::values::{Instant, Span};
use crate::workflow::model::Ballot;

/// Whether it matters that a turn is taken only now, or once the next thing comes, and not at a time between: the turn
/// begins a time, and there is another that goes on. `next` is where the turn leads now, with its futures.
///
/// What is asked is whether the futures differ. Where nothing that runs goes on, it leads to the same later as now; and
/// where it begins nothing, it is the same whether the turn comes first, or the time between.
pub(super) fn matters(
    view: &View<'_>,
    tree: &Tree<'_>,
    stage: &Stage,
    turn: &Turn,
    (next, its): (&Branch, Mixer),
) -> bool {
    let inner = if let Turn::Chosen(inner, _) = turn { inner } else { turn };
    let (Some(Turn::Wait(until)), Turn::Does(_) | Turn::Enough(..)) = (stage.turns.first(), inner) else {
        return false;
    };
    if begins_nothing(&stage.branch, turn, next) {
        return false;
    }
    let Some(between) = midst(stage.branch.now, *until).map(Turn::Wait) else { return false };
    let waited = stage.midst.get_or_init(|| tree.take(&stage.branch, &between));
    let Some(later) = waited.as_ref().and_then(|waited| tree.take(waited, turn)) else { return false };
    let later = futures(view, &later);
    later != its && tree.take(next, &between).is_some_and(|waited| later != futures(view, &waited))
}

/// Whether it is plain that a turn begins no time: a vote, or its opening, after which its ballot is as open as before. Where an
/// outcome must last, a vote may begin that, or uncover that it has begun.
fn begins_nothing(before: &Branch, turn: &Turn, after: &Branch) -> bool {
    let Turn::Does(possible) = turn else { return false };
    let (Deed::Vote { ballot, .. } | Deed::Reveal { ballot, .. }) = &possible.deed else { return false };
    let window = |branch: &Branch| {
        let run = branch.state.ballot_run(ballot).filter(|run| run.closed.is_none())?;
        let lasts = run.rules().is_none_or(Ballot::lasts);
        (!lasts).then(|| (run.closes, run.extended, run.revealing().is_some()))
    };
    window(before).is_some_and(|open| window(after) == Some(open))
}

/// An instant after the one and before the other.
fn midst(now: Instant, until: Instant) -> Option<Instant> {
    let half = until.since(now).seconds() / 2;
    (half > 0).then(|| now.plus(Span::from_seconds(half)))
}
