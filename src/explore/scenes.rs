//! Telling what was done on a way, the votes among it of which it was chosen later that they had been cast.

use super::blank::{Vote, casts, voting};
use super::branch::{Branch, Turn};
use crate::engine::possible::{Deed, Possible};
use crate::statement::By;
use crate::values::Instant;

/// What was done in a state of a behaviour: the votes of which it is chosen later that they were cast there, and the turn.
pub(super) struct Scene {
    at: Instant,
    votes: Vec<Possible>,
    deed: Option<Possible>,
}

impl Scene {
    /// Everything that was done in it, in order.
    pub(super) fn deeds(self) -> impl Iterator<Item = (Instant, Possible)> {
        let Self { at, votes, deed } = self;
        votes.into_iter().chain(deed).map(move |deed| (at, deed))
    }

    fn each(&mut self) -> impl Iterator<Item = &mut Possible> {
        self.votes.iter_mut().chain(&mut self.deed)
    }
}

/// Tells what was done with a turn with which these votes were chosen: of those that are told already what was chosen, and of the
/// others that they were cast when votes were taken last. `states` are those that the behaviour passes, up to the one of the turn.
pub(super) fn tell(scenes: &mut Vec<Scene>, states: &[(Branch, Turn)], (turn, votes): (&Turn, &[Vote])) {
    let Some((now, _)) = states.last() else { return };
    let deed = if let Turn::Does(possible) = turn { Some(voting(possible, votes)) } else { None };
    let ends = |(of, ..): &&Vote| matches!(turn, Turn::Enough(ballot, _) if ballot == of);
    let (last, others): (Vec<_>, Vec<_>) = votes.iter().partition(ends);
    let others = others.into_iter().chain(last);
    let others = others.filter(|vote| !deed.as_ref().is_some_and(|it| casts(it, vote)));
    scenes.push(Scene { at: now.now, votes: Vec::new(), deed: deed.clone() });
    for vote in others {
        let (of, seat, Some(chosen)) = vote else { continue };
        let known = scenes.iter_mut().flat_map(Scene::each).filter(|it| casts(it, vote)).last();
        if let Some(Possible { deed: Deed::Vote { choice, .. }, .. }) = known {
            chosen.clone_into(choice);
            continue;
        }
        let deed = Deed::Vote { ballot: of.clone(), choice: chosen.clone(), attach: Vec::new() };
        let vote = Possible { by: By::One(seat.clone()), deed };
        let Some(place) = states.iter().rposition(|(state, _)| state.takes_votes(of)) else { continue };
        let Some(scene) = scenes.get_mut(place) else { continue };
        // In an earlier state before what was done there, which may have been the last that took votes.
        let at = if place + 1 < states.len() { 0 } else { scene.votes.len() };
        scene.votes.insert(at, vote);
    }
}
