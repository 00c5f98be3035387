//! What a rule counts of a seat, and how it compares what it has counted: exact, without floats.
//!
//! It stands here because the engine counts the votes that there are by it, and the check asks by it what can come before there
//! are any: both of one rule.

use std::cmp::Ordering;
use std::fmt;

use super::model::{Amount, Bound, Counted, Operator, Term};
use crate::values::Id;

/// What a seat is when it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is<'a> {
    /// Nobody has filled it.
    Empty,
    /// Filled, and no elector.
    Excluded,
    /// An elector who does not vote.
    Silent,
    /// A vote for none of the choices that rules name.
    Other,
    /// A vote for this choice.
    Chooses(&'a Id),
    /// An abstention, of this name.
    Abstains(&'a Id),
}

impl Counted {
    /// Whether a seat that is so is counted. What leads, and which answer is that of the ballot, hangs on all votes
    /// together: here every vote may be for it.
    pub fn counts(&self, is: Is<'_>) -> bool {
        let votes = matches!(is, Is::Other | Is::Chooses(_));
        match self {
            Self::Seats => true,
            Self::Filled => is != Is::Empty,
            Self::Electors => !matches!(is, Is::Empty | Is::Excluded),
            Self::Participating => votes || matches!(is, Is::Abstains(_)),
            Self::Votes | Self::Leading | Self::Answers | Self::Agreed => votes,
            Self::Choice(choice) => matches!(is, Is::Chooses(it) | Is::Abstains(it) if it == choice),
        }
    }
}

impl Term {
    /// Whether it counts seats of this class, or of none.
    pub fn is_of(&self, class: Option<&Id>) -> bool {
        self.class.is_none() || self.class.as_ref() == class
    }

    /// How much each seat of this weight is that it counts.
    pub fn each(&self, weight: u32) -> u64 {
        if self.heads { 1 } else { u64::from(weight) }
    }
}

/// An exact fraction: `top / bottom`, `bottom` at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    /// Above the line.
    pub top: u128,
    /// Below the line.
    pub bottom: u128,
}

impl Fraction {
    /// A whole number.
    pub const fn whole(number: u128) -> Self {
        Self { top: number, bottom: 1 }
    }
}

impl Bound {
    /// What it comes to where `amount` counts; `None` where it is a share of nothing, or `amount` knows none. An amount,
    /// once or several times, is no share: nobody against is fewer than somebody for.
    pub fn comes_to(&self, amount: &dyn Fn(&Amount) -> Option<u64>) -> Option<Fraction> {
        match self {
            Self::Number(number) => Some(Fraction::whole(u128::from(*number))),
            Self::Share { numerator, denominator, of } => {
                let of = amount(of)?;
                let top = u128::from(*numerator) * u128::from(of);
                (of > 0).then_some(Fraction { top, bottom: u128::from(*denominator) })
            }
            Self::Times { times, of } => Some(Fraction::whole(u128::from(*times) * u128::from(amount(of)?))),
            Self::Lesser(a, b) => {
                let (a, b) = (a.comes_to(amount)?, b.comes_to(amount)?);
                Some(if a.top * b.bottom <= b.top * a.bottom { a } else { b })
            }
        }
    }
}

impl Operator {
    /// Whether an amount compares so with a bound.
    pub fn holds(self, amount: u64, bound: Fraction) -> bool {
        // amount op top/bottom, multiplied out: the bounds of the model keep this far below 2^128.
        let order = (u128::from(amount) * bound.bottom).cmp(&bound.top);
        match self {
            Self::Above => order == Ordering::Greater,
            Self::AtLeast => order != Ordering::Less,
            Self::Equal => order == Ordering::Equal,
            Self::Below => order == Ordering::Less,
            Self::AtMost => order != Ordering::Greater,
        }
    }
}

impl fmt::Display for Fraction {
    /// In lowest terms: `14/3`, `5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut a, mut b) = (self.top, self.bottom);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        let (top, bottom) = (self.top / a.max(1), self.bottom / a.max(1));
        if bottom == 1 { write!(f, "{top}") } else { write!(f, "{top}/{bottom}") }
    }
}
