//! What a rule counts: its amounts and bounds, exact, without floats. The counting itself is [`marks`], one
//! function for signers, seats and witnesses.

use std::collections::BTreeMap;
use std::sync::Arc;

pub use crate::values::count::{Marks, Standing, heads, marks};

use crate::values::Id;
use crate::workflow::model::{
    Amount, AnswerKind, Ballot, Bound, Comparison, Counted, Decides, Gives, Operator, Rule, Term,
};

/// Everything that a rule's amounts can count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The electors by the choice they made.
    pub electors: Marks<Id>,
    /// All seats of the panel: marked where filled, by any name.
    pub seats: Arc<Marks<()>>,
    /// The choices, without the abstention.
    pub choices: Vec<Id>,
    /// The name of the abstention.
    pub abstention: Option<Id>,
    /// What can be answered besides the choices, and which answer decides.
    pub answer: Option<(AnswerKind, Decides)>,
}

impl Table {
    /// The table of a ballot with these electors, votes and seats.
    pub fn of_ballot(ballot: &Ballot, electors: Marks<Id>, seats: Arc<Marks<()>>) -> Self {
        Self {
            electors,
            seats,
            choices: ballot.choices.clone(),
            abstention: ballot.abstention.clone(),
            answer: ballot.answer.as_ref().map(|answer| (answer.is, answer.decides)),
        }
    }

    /// Whether every comparison of the rule holds.
    pub fn holds(&self, rule: &Rule) -> bool {
        rule.all.iter().all(|comparison| self.working(comparison).holds)
    }

    /// Whether the quorum of the ballot holds, where it asks for one.
    pub fn has_quorum(&self, ballot: &Ballot) -> bool {
        ballot.quorum.as_ref().is_none_or(|rule| self.holds(rule))
    }

    /// The sum of the terms.
    pub fn amount(&self, amount: &Amount) -> u64 {
        amount.iter().map(|term| self.term(term)).sum()
    }

    /// What one term counts.
    pub fn term(&self, term: &Term) -> u64 {
        match &term.counted {
            Counted::Choice(choice) => sum(&self.electors, term, |mark| mark == Some(choice)),
            Counted::Votes => {
                sum(&self.electors, term, |mark| mark.is_some() && mark != self.abstention.as_ref())
            }
            Counted::Participating => sum(&self.electors, term, |mark| mark.is_some()),
            Counted::Electors => sum(&self.electors, term, |_| true),
            Counted::Seats => sum(&self.seats, term, |_| true),
            Counted::Filled => sum(&self.seats, term, |mark| mark.is_some()),
            Counted::Leading => {
                let votes = |choice| sum(&self.electors, term, |mark| mark == Some(choice));
                self.choices.iter().map(votes).max().unwrap_or(0)
            }
            Counted::Answers => {
                sum(&self.electors, term, |mark| mark.is_some_and(|mark| self.is_answer(mark)))
            }
            Counted::Agreed => self.answer().map_or(0, |answer| {
                sum(&self.electors, term, |mark| mark.is_some_and(|mark| *mark == answer))
            }),
        }
    }

    fn is_answer(&self, mark: &Id) -> bool {
        self.answer.is_some() && !self.choices.contains(mark) && self.abstention.as_ref() != Some(mark)
    }

    /// The votes that answer, by weight; in the order of the answers.
    pub fn answers(&self) -> Vec<(Id, u64)> {
        let Some((kind, _)) = self.answer else { return Vec::new() };
        let marks = self.electors.values().flatten();
        let marks = marks.filter(|(_, heads)| **heads > 0).filter_map(|(mark, _)| mark.as_ref());
        let answers: BTreeMap<(u64, Id), u64> = marks
            .filter(|mark| self.is_answer(mark))
            .map(|mark| {
                let term = Term { counted: Counted::Choice(mark.clone()), heads: false, class: None };
                (kind.order(mark), self.term(&term))
            })
            .collect();
        answers.into_iter().map(|((_, answer), weight)| (answer, weight)).collect()
    }

    /// The answer of the ballot, if the votes give one. Of an even number the median is the lower one in the
    /// middle: an answer that somebody gave.
    pub fn answer(&self) -> Option<Id> {
        let (_, decides) = self.answer?;
        let answers = self.answers();
        match decides {
            Decides::Median => {
                let all: u64 = answers.iter().map(|(_, weight)| weight).sum();
                let mut sum = 0;
                answers.into_iter().find_map(|(answer, weight)| {
                    sum += weight;
                    (2 * sum >= all).then_some(answer)
                })
            }
            Decides::Leading => {
                let most = answers.iter().map(|(_, weight)| *weight).max()?;
                let mut leading = answers.into_iter().filter(|(_, weight)| *weight == most);
                let first = leading.next().map(|(answer, _)| answer);
                first.filter(|_| leading.next().is_none())
            }
        }
    }

    /// Who or what has more votes than every other choice, by weight; nobody where several have equally many.
    pub fn leader(&self) -> Option<&Id> {
        let votes = |choice: &&Id| {
            self.term(&Term { counted: Counted::Choice((*choice).clone()), heads: false, class: None })
        };
        let most = self.choices.iter().map(|choice| votes(&choice)).max().filter(|most| *most > 0)?;
        let mut leading = self.choices.iter().filter(|choice| votes(choice) == most);
        leading.next().filter(|_| leading.next().is_none())
    }

    /// Whether the votes come to what an outcome gives.
    pub fn comes_to(&self, gives: Gives) -> bool {
        match gives {
            Gives::Answer => self.answer().is_some(),
            Gives::Chair => self.leader().is_some(),
        }
    }

    /// Whether a comparison holds, with the numbers from which that follows.
    pub fn working(&self, comparison: &Comparison) -> Working {
        let amount = self.amount(&comparison.amount);
        let bound = self.bound(&comparison.bound);
        let holds = bound.is_some_and(|bound| {
            // left op top/bottom, multiplied out: the bounds of the model keep this far below 2^128.
            let (left, right) = (u128::from(amount) * bound.bottom, bound.top);
            match comparison.op {
                Operator::Above => left > right,
                Operator::AtLeast => left >= right,
                Operator::Equal => left == right,
                Operator::Below => left < right,
                Operator::AtMost => left <= right,
            }
        });
        Working { amount, bound, holds }
    }

    /// The bound as an exact fraction; `None` where it is a share of nothing. An amount, once or several
    /// times, is no share: nobody against is fewer than somebody for.
    pub fn bound(&self, bound: &Bound) -> Option<Fraction> {
        match bound {
            Bound::Number(number) => Some(Fraction { top: u128::from(*number), bottom: 1 }),
            Bound::Share { numerator, denominator, of } => {
                let of = self.amount(of);
                let top = u128::from(*numerator) * u128::from(of);
                (of > 0).then_some(Fraction { top, bottom: u128::from(*denominator) })
            }
            Bound::Times { times, of } => {
                Some(Fraction { top: u128::from(*times) * u128::from(self.amount(of)), bottom: 1 })
            }
            Bound::Lesser(a, b) => {
                let (a, b) = (self.bound(a)?, self.bound(b)?);
                Some(if a.top * b.bottom <= b.top * a.bottom { a } else { b })
            }
        }
    }
}

/// How a comparison was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Working {
    /// What its left side came to.
    pub amount: u64,
    /// What its right side came to; `None` for a share of nothing, which never holds.
    pub bound: Option<Fraction>,
    /// Whether it held.
    pub holds: bool,
}

/// An exact fraction: `top / bottom`, `bottom` at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    /// Above the line.
    pub top: u128,
    /// Below the line.
    pub bottom: u128,
}

/// The heads or weights of those whose mark counts. Identical marks of one affiliation count once, with the
/// greatest weight among them; who made none counts as often as there are heads.
fn sum<M: Ord>(marks: &Marks<M>, term: &Term, counts: impl Fn(Option<&M>) -> bool) -> u64 {
    let mut total = 0;
    let mut affiliated: BTreeMap<(&Id, &M), u64> = BTreeMap::new();
    for (standing, made) in marks {
        if term.class.is_some() && term.class != standing.class {
            continue;
        }
        let each = if term.heads { 1 } else { u64::from(standing.weight) };
        for (mark, heads) in made.iter().filter(|(mark, heads)| **heads > 0 && counts(mark.as_ref())) {
            match (&standing.affiliation, mark) {
                (Some(affiliation), Some(mark)) if merges(term) => {
                    let greatest = affiliated.entry((affiliation, mark)).or_default();
                    *greatest = each.max(*greatest);
                }
                _ => total += each * u64::from(*heads),
            }
        }
    }
    total + affiliated.values().sum::<u64>()
}

/// Whether the term counts votes, of which identical ones of one affiliation are one. Who may vote are so many people.
fn merges(term: &Term) -> bool {
    !matches!(term.counted, Counted::Electors | Counted::Seats | Counted::Filled)
}

impl std::fmt::Display for Fraction {
    /// In lowest terms: `14/3`, `5`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (mut a, mut b) = (self.top, self.bottom);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        let (top, bottom) = (self.top / a.max(1), self.bottom / a.max(1));
        if bottom == 1 { write!(f, "{top}") } else { write!(f, "{top}/{bottom}") }
    }
}
