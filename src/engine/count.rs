//! What a rule comes to where votes are counted. The counting itself is [`marks`], one function for signers, seats and
//! witnesses; what a rule counts of a seat, and how it compares, [`crate::workflow::weigh`] says.

use std::collections::BTreeMap;
use std::sync::Arc;

pub use crate::values::count::{Marks, Standing, heads, marks};

use crate::values::Id;
use crate::workflow::model::{
    Amount, AnswerKind, Ballot, Bound, Comparison, Counted, Decides, Gives, Rule, Term,
};
use crate::workflow::weigh::{Fraction, Is};

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
        let counted = &term.counted;
        match counted {
            Counted::Seats | Counted::Filled => {
                // Of a filled one nothing else is known here, nor asked.
                sum(&self.seats, term, |mark| counted.counts(mark.map_or(Is::Empty, |()| Is::Excluded)))
            }
            Counted::Choice(_) | Counted::Votes | Counted::Participating | Counted::Electors => {
                sum(&self.electors, term, |mark| counted.counts(self.is(mark)))
            }
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

    /// What an elector is by the mark that they made.
    fn is<'a>(&self, mark: Option<&'a Id>) -> Is<'a> {
        match mark {
            None => Is::Silent,
            Some(name) if self.abstention.as_ref() == Some(name) => Is::Abstains(name),
            Some(name) => Is::Chooses(name),
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

    /// Moves so many heads of one standing from one mark to another; `None` is silence.
    pub(super) fn shift(&mut self, standing: &Standing, heads: u32, (from, to): (Option<&Id>, Option<&Id>)) {
        if let Some(made) = self.electors.get_mut(standing) {
            let count = made.entry(from.cloned()).or_default();
            *count = count.saturating_sub(heads);
            let count = made.entry(to.cloned()).or_default();
            *count = count.saturating_add(heads);
        }
    }

    /// Whether a comparison holds, with the numbers from which that follows.
    pub fn working(&self, comparison: &Comparison) -> Working {
        let amount = self.amount(&comparison.amount);
        let bound = self.bound(&comparison.bound);
        let holds = bound.is_some_and(|bound| comparison.op.holds(amount, bound));
        Working { amount, bound, holds }
    }

    /// What the bound comes to; `None` where it is a share of nothing.
    pub fn bound(&self, bound: &Bound) -> Option<Fraction> {
        bound.comes_to(&|amount| Some(self.amount(amount)))
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

/// The heads or weights of those whose mark counts. Identical marks of one affiliation count once, with the
/// greatest weight among them; who made none counts as often as there are heads.
fn sum<M: Ord>(marks: &Marks<M>, term: &Term, counts: impl Fn(Option<&M>) -> bool) -> u64 {
    let mut total = 0;
    let mut affiliated: BTreeMap<(&Id, &M), u64> = BTreeMap::new();
    for (standing, made) in marks {
        if !term.is_of(standing.class.as_ref()) {
            continue;
        }
        let each = term.each(standing.weight);
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
