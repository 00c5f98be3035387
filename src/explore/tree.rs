//! The states of a walk in the order in which they were found: how each was reached, and coming to it again.
//!
//! Of a state its way is kept, eight bytes: from which state, by which of the turns that are known by number. So many of
//! those that are still to be gone on from are kept whole; to any other the walk comes again from the opening, by the way
//! on which it was found. States are gone on from in the order in which they were found, so those that follow each other
//! have most of their ways in common, and every state on them is come to once a depth.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::BuildHasherDefault;
use std::rc::Rc;

use super::branch::{Branch, Turn};
use super::mixer::Mixer;
use super::view::View;
use crate::engine::possible::Possible;
use crate::scenario::plain_key;
use crate::statement::{HolderRef, PublicKey};

/// The way to a state: where from, and by which turn, by its number.
#[derive(Debug, Clone, Copy)]
struct Way {
    from: u32,
    turn: u32,
}

/// Turns by number: a walk takes few different ones, again and again.
#[derive(Default)]
struct Turns {
    all: Vec<Rc<Turn>>,
    numbers: HashMap<Rc<Turn>, u32, BuildHasherDefault<Mixer>>,
}

impl Turns {
    fn number(&mut self, turn: &Turn) -> u32 {
        if let Some(known) = self.numbers.get(turn) {
            return *known;
        }
        let (number, turn) = (u32::try_from(self.all.len()).unwrap_or(u32::MAX), Rc::new(turn.clone()));
        self.all.push(Rc::clone(&turn));
        self.numbers.insert(turn, number);
        number
    }
}

/// A state that is gone on from, with where it can go.
pub(super) struct Stage {
    pub place: u32,
    pub branch: Branch,
    pub turns: Vec<Turn>,
    /// The same state at a time before the next thing comes, found when it is asked for first (`between`).
    pub midst: OnceCell<Option<Branch>>,
}

pub(super) struct Tree<'v> {
    view: &'v View<'v>,
    root: Branch,
    ways: Vec<Way>,
    turns: Turns,
    /// How many states are kept whole at most.
    most: usize,
    /// Those of the states ahead that are kept whole, in their order; in boxes, since the list is copied as it grows.
    kept: VecDeque<(u32, Box<Branch>)>,
    /// The states on the way to the one that was come to anew last, with their places.
    path: Vec<(u32, Branch)>,
    keys: BTreeMap<HolderRef, PublicKey>,
    /// Room for what can be done in a state, which is much and used once.
    room: Vec<Possible>,
}

impl<'v> Tree<'v> {
    /// `most` is how many states are kept whole; `keys` are those of whoever may be named for a seat, which take long to
    /// make.
    pub(super) fn new(
        view: &'v View<'v>,
        root: Branch,
        most: usize,
        keys: BTreeMap<HolderRef, PublicKey>,
    ) -> Self {
        let (ways, turns, kept, path) = (Vec::new(), Turns::default(), VecDeque::new(), Vec::new());
        Self { view, root, ways, turns, most, kept, path, keys, room: Vec::new() }
    }

    pub(super) fn root(&self) -> &Branch {
        &self.root
    }

    /// How many states there are.
    pub(super) fn len(&self) -> usize {
        self.ways.len()
    }

    /// Puts a state last, which was reached from a place by a turn; the opening by none.
    pub(super) fn push(&mut self, branch: Branch, from: u32, turn: Option<&Turn>) {
        let place = u32::try_from(self.ways.len()).unwrap_or(u32::MAX);
        let turn = turn.map_or(u32::MAX, |turn| self.turns.number(turn));
        self.ways.push(Way { from, turn });
        if self.kept.len() < self.most {
            self.kept.push_back((place, Box::new(branch)));
        }
    }

    /// Lets go of the states that are kept whole: none is gone on from any more.
    pub(super) fn let_go(&mut self) {
        self.kept = VecDeque::new();
        self.path = Vec::new();
    }

    /// Where a turn leads from a state; `None` where the engine refuses it.
    pub(super) fn take(&self, branch: &Branch, turn: &Turn) -> Option<Branch> {
        branch.take(turn, &|seat| self.keys.get(seat).cloned().unwrap_or_else(|| plain_key(seat)))
    }

    /// The state at a place, of which none before is asked for again; `None` where there is none.
    pub(super) fn stage(&mut self, place: u32) -> Option<Stage> {
        if usize::try_from(place).is_ok_and(|place| place >= self.ways.len()) {
            return None;
        }
        while self.kept.front().is_some_and(|(kept, _)| *kept < place) {
            self.kept.pop_front();
        }
        let branch = match self.kept.pop_front() {
            Some((kept, branch)) if kept == place => *branch,
            later => {
                if let Some(later) = later {
                    self.kept.push_front(later);
                }
                self.come_to(place)?
            }
        };
        let turns = branch.turns(self.view, &mut self.room);
        Some(Stage { place, branch, turns, midst: OnceCell::new() })
    }

    /// Comes to a state from the opening, or from the last state that both its way and the one before it pass.
    fn come_to(&mut self, place: u32) -> Option<Branch> {
        let way = self.way_to(place);
        let common = self.path.iter().zip(&way).take_while(|((known, _), place)| known == *place).count();
        self.path.truncate(common);
        for place in way.into_iter().skip(common) {
            let branch = match self.path.last() {
                None => self.root.clone(),
                Some((_, before)) => self.take(before, &*self.turn_to(place)?)?,
            };
            self.path.push((place, branch));
        }
        self.path.last().map(|(_, branch)| branch.clone())
    }

    /// What was done on the way to a state, each from the state in which it was done; and the state.
    pub(super) fn told(&self, place: u32) -> (Vec<(Branch, Turn)>, Branch) {
        let mut branch = self.root.clone();
        let mut done = Vec::new();
        for place in self.way_to(place).into_iter().skip(1) {
            let Some(turn) = self.turn_to(place) else { break };
            let Some(next) = self.take(&branch, &turn) else { break };
            done.push((branch, (*turn).clone()));
            branch = next;
        }
        (done, branch)
    }

    /// The turn by which a state was reached.
    fn turn_to(&self, place: u32) -> Option<Rc<Turn>> {
        let number = usize::try_from(self.way(place)?.turn).ok()?;
        self.turns.all.get(number).map(Rc::clone)
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
