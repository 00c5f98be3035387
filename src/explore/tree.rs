//! The states of a walk in the order in which they were found: how each was reached, and coming to it again.
//!
//! Of a state its way is kept, eight bytes: from which state, by which turn. So many of those that are still to be gone
//! on from are kept whole; to any other the walk comes again from the opening, by the way on which it was found. States
//! are gone on from in the order in which they were found, so those that follow each other have most of their ways
//! in common, and every stage of them is come to once a depth.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::branch::{Branch, Turn};
use super::view::View;
use crate::scenario::plain_key;
use crate::statement::{HolderRef, PublicKey};

/// The way to a state: where from, and the how-manieth of the turns there.
#[derive(Debug, Clone, Copy)]
struct Way {
    from: u32,
    turn: u16,
}

/// A state that is gone on from, with where it can go.
pub(super) struct Stage {
    pub place: u32,
    pub branch: Branch,
    pub turns: Vec<Turn>,
}

pub(super) struct Tree<'v> {
    view: &'v View<'v>,
    root: Branch,
    ways: Vec<Way>,
    /// Those of the states ahead that are kept whole, in their order.
    kept: VecDeque<(u32, Branch)>,
    /// The stages of the way to the state that was come to anew last.
    path: Vec<Rc<Stage>>,
    keys: BTreeMap<HolderRef, PublicKey>,
}

impl<'v> Tree<'v> {
    /// `keys` are those of whoever may be named for a seat, which take long to make.
    pub(super) fn new(view: &'v View<'v>, root: Branch, keys: BTreeMap<HolderRef, PublicKey>) -> Self {
        Self { view, root, ways: Vec::new(), kept: VecDeque::new(), path: Vec::new(), keys }
    }

    pub(super) fn root(&self) -> &Branch {
        &self.root
    }

    /// How many states there are.
    pub(super) fn len(&self) -> usize {
        self.ways.len()
    }

    /// Puts a state last, which was reached from a place by a turn.
    pub(super) fn push(&mut self, branch: Branch, from: u32, turn: usize) {
        let place = u32::try_from(self.ways.len()).unwrap_or(u32::MAX);
        self.ways.push(Way { from, turn: u16::try_from(turn).unwrap_or(u16::MAX) });
        if self.kept.len() < self.view.bounds.kept {
            self.kept.push_back((place, branch));
        }
    }

    /// Where a turn leads from a state; `None` where the engine refuses it.
    pub(super) fn take(&self, branch: &Branch, turn: &Turn) -> Option<Branch> {
        branch.take(turn, &|seat| self.keys.get(seat).cloned().unwrap_or_else(|| plain_key(seat)))
    }

    /// The state at a place, of which none before is asked for again; `None` where there is none.
    pub(super) fn stage(&mut self, place: u32) -> Option<Rc<Stage>> {
        if usize::try_from(place).is_ok_and(|place| place >= self.ways.len()) {
            return None;
        }
        while self.kept.front().is_some_and(|(kept, _)| *kept < place) {
            self.kept.pop_front();
        }
        match self.kept.pop_front() {
            Some((kept, branch)) if kept == place => return Some(Rc::new(self.with_turns(place, branch))),
            Some(later) => self.kept.push_front(later),
            None => {}
        }
        let way = self.way_to(place);
        let common = self.path.iter().zip(&way).take_while(|(stage, place)| stage.place == **place).count();
        self.path.truncate(common);
        for place in way.into_iter().skip(common) {
            let branch = match self.path.last() {
                None => self.root.clone(),
                Some(stage) => {
                    let turn = stage.turns.get(usize::from(self.way(place)?.turn))?;
                    self.take(&stage.branch, turn)?
                }
            };
            self.path.push(Rc::new(self.with_turns(place, branch)));
        }
        self.path.last().cloned()
    }

    /// What was done on the way to a state, each from the state in which it was done; and the state.
    pub(super) fn told(&self, place: u32) -> (Vec<(Branch, Turn)>, Branch) {
        let mut stage = self.with_turns(0, self.root.clone());
        let mut done = Vec::new();
        for place in self.way_to(place).into_iter().skip(1) {
            let turn = self.way(place).and_then(|way| stage.turns.get(usize::from(way.turn)).cloned());
            let Some(turn) = turn else { break };
            let Some(next) = self.take(&stage.branch, &turn) else { break };
            done.push((stage.branch, turn));
            stage = self.with_turns(place, next);
        }
        (done, stage.branch)
    }

    fn with_turns(&self, place: u32, branch: Branch) -> Stage {
        let turns = branch.turns(self.view);
        Stage { place, branch, turns }
    }

    fn way(&self, place: u32) -> Option<Way> {
        self.ways.get(usize::try_from(place).ok()?).copied()
    }

    /// The places from the opening to this one, both included.
    fn way_to(&self, place: u32) -> Vec<u32> {
        let mut places = vec![place];
        let mut at = place;
        while at != 0
            && let Some(way) = self.way(at)
        {
            at = way.from;
            places.push(at);
        }
        places.reverse();
        places
    }
}
