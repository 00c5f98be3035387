//! Who takes part: parties, roles, and bodies of seats.

use crate::values::{Id, Length};

/// A party or a role: officers who sign for it, `needed` of `of`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// Its name.
    pub name: Id,
    /// Its title in words.
    pub title: Option<String>,
    /// How many officers must sign.
    pub needed: u32,
    /// How many officers the roster names.
    pub of: u32,
}

/// A body of seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// Its name.
    pub name: Id,
    /// Formed for each case, or once for the agreement.
    pub formed: Formed,
    /// Its seats.
    pub seats: Vec<Seat>,
    /// Who chairs: the first of these seats that is filled and not out of the case. Empty where nobody does.
    pub chair: Vec<Id>,
    /// What makes a seat filled; never empty.
    pub filled: Vec<Filling>,
    /// Who may nominate once a seat has stayed vacant too long.
    pub vacancy: Option<Vacancy>,
    /// Whether nobody is nominated for a second seat of the body under the same name (`persons = "one seat each"`).
    pub one_seat_each: bool,
    /// Whether whoever nominates must say for whom the nominee works (`affiliation = "needed"`).
    pub affiliation_needed: bool,
}

/// When a panel comes into being.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formed {
    /// At the opening of each case; its seats are `verification#1/i1`.
    PerCase,
    /// At the opening of the agreement; its seats are `experts/i1`.
    Standing,
}

/// One place on a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Its name, unique among all actors of the workflow.
    pub name: Id,
    /// The party or role that nominates, or several, which do so jointly. Sorted, each once; never empty.
    pub by: Vec<Id>,
    /// The named group to which it belongs.
    pub class: Option<Id>,
    /// What its vote weighs; 1 unless the workflow says otherwise, at most 1,000,000.
    pub weight: u32,
}

/// What a nominee must have done before the seat counts as filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Filling {
    /// Signed `accept-seat`.
    Accepted,
    /// Filed a disclosure, with the acceptance or alone.
    Disclosed,
}

/// `vacant = { after, filled-by }`: after that time without a filled seat, the right to nominate passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vacancy {
    /// Counted from when the seat became vacant.
    pub after: Length,
    /// The party or role to which the right passes: one alone, since it is there for when others do not agree.
    pub filled_by: Id,
    /// Whether it has passed at the very instant (`deadline = "excluded"`), or only after it.
    pub excluded: bool,
}

impl Vacancy {
    /// Whether the right passes to somebody who had it not, or not alone.
    pub fn changes(&self, seat: &Seat) -> bool {
        seat.by.as_slice() != std::slice::from_ref(&self.filled_by)
    }
}
