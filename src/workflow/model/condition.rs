//! Conditions of steps: what they wait for, and what they come to.

use super::Rule;
use crate::values::Id;

/// What a `when` waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `every seat filled`.
    EverySeatFilled,
    /// `filled >= 5` and the like: the rule's amounts are counted over filled seats.
    Seats(Rule),
    /// An event's name: it has a live occurrence in the case itself or in a case of another procedure.
    Event(Id),
    /// `scope.yes`: this ballot, opened when the state was entered, has closed so.
    Outcome {
        /// One of the state's ballots.
        ballot: Id,
        /// The outcome.
        outcome: Id,
    },
    /// `subject seated`: whoever the case is about still has the seat.
    SubjectSeated,
    /// `not C`.
    Not(Box<Condition>),
    /// `C and C`.
    All(Vec<Condition>),
    /// `C or C`.
    Any(Vec<Condition>),
}

impl Condition {
    /// What it comes to by what `of` says of each of its parts that stands by itself, all of which are asked; `None` is not
    /// known. One part that decides is enough, whatever the others come to.
    pub fn comes_to<'c>(&'c self, of: &mut dyn FnMut(&'c Self) -> Option<bool>) -> Option<bool> {
        let (parts, decides) = match self {
            Self::Not(inner) => return inner.comes_to(of).map(|holds| !holds),
            Self::All(parts) => (parts, false),
            Self::Any(parts) => (parts, true),
            alone => return of(alone),
        };
        let parts: Vec<Option<bool>> = parts.iter().map(|part| part.comes_to(of)).collect();
        if parts.contains(&Some(decides)) {
            return Some(decides);
        }
        parts.iter().all(Option::is_some).then_some(!decides)
    }

    /// Its parts that stand by themselves, in order.
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Not(inner) => inner.parts(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::parts).collect(),
            alone => vec![alone],
        }
    }

    /// Whether it looks at the seats of the panel.
    pub fn counts_seats(&self) -> bool {
        self.parts().iter().any(|part| matches!(part, Self::EverySeatFilled | Self::Seats(_)))
    }
}
