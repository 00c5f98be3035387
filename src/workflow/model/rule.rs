//! Rules of outcomes: comparisons of what was counted with fractions, counts and weights.

use crate::values::Id;

/// Comparisons, all of which must hold. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The comparisons.
    pub all: Vec<Comparison>,
    /// The words, as written.
    pub text: String,
}

/// `amount op bound`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The left side.
    pub amount: Amount,
    /// The operator.
    pub op: Operator,
    /// The right side.
    pub bound: Bound,
}

/// `>`, `>=`, `=`, `<`, `<=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `=`
    Equal,
    /// `<`
    Below,
    /// `<=`
    AtMost,
}

/// A sum of terms. Never empty.
pub type Amount = Vec<Term>;

/// `[heads of] COUNTED [in CLASS]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// What is counted.
    pub counted: Counted,
    /// Whether seats are counted instead of their weight.
    pub heads: bool,
    /// Only seats of this class.
    pub class: Option<Id>,
}

/// What a term counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// Votes for a choice, or abstentions by their name.
    Choice(Id),
    /// Votes without abstentions.
    Votes,
    /// Votes and abstentions.
    Participating,
    /// Who may vote, fixed at opening.
    Electors,
    /// All seats of the panel, filled or not.
    Seats,
    /// Filled seats of the panel; the only one besides `Seats` that a `when` may count.
    Filled,
    /// The votes of the choice that has most, abstentions not being a choice.
    Leading,
    /// Votes that answer, instead of naming a choice. Only in a ballot with an answer.
    Answers,
    /// Votes for the answer of the ballot; 0 where there is none. Only in a ballot with an answer.
    Agreed,
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// A number.
    Number(u64),
    /// `2/3 of AMOUNT`, `80% of AMOUNT`, `1/1 of AMOUNT`. A share of nothing (an amount of 0) never
    /// holds, whatever the operator and the fraction.
    Share {
        /// Above the line; from 1 to 1,000,000.
        numerator: u64,
        /// Below the line; from 1 to 1,000,000.
        denominator: u64,
        /// Of what.
        of: Amount,
    },
    /// `2 times AMOUNT`, `AMOUNT` (once). No share, so that `met > not-met` holds when nobody votes
    /// against.
    Times {
        /// How many times; from 1 to 1,000,000.
        times: u64,
        /// What.
        of: Amount,
    },
    /// `lesser of A and B`.
    Lesser(Box<Bound>, Box<Bound>),
}

impl Bound {
    /// Every term that it counts, in order.
    pub fn terms(&self) -> Vec<&Term> {
        match self {
            Self::Number(_) => Vec::new(),
            Self::Share { of, .. } | Self::Times { of, .. } => of.iter().collect(),
            Self::Lesser(a, b) => a.terms().into_iter().chain(b.terms()).collect(),
        }
    }
}
