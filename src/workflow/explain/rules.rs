//! Rules as sentences, each with what it comes to for a full panel.

use crate::values::Id;
use crate::workflow::check::counts::Full;
use crate::workflow::model::{Ballot, Bound, Comparison, Counted, Exclusion, Operator, Panel, Rule, Term};
use crate::workflow::weigh::{Fraction, Is};
use crate::workflow::words::quoted;

/// What a rule is about: the panel whose seats are counted, the name of abstaining from its ballot, whether whoever
/// the case is about has no vote in it, and whether identical ballots of one affiliation count as one.
#[derive(Clone, Copy)]
pub(super) struct Counting<'w> {
    pub panel: &'w Panel,
    pub abstention: Option<&'w Id>,
    pub less_one: bool,
    pub alike: bool,
}

impl<'w> Counting<'w> {
    /// In a ballot of this panel, or of this part of one.
    pub(super) fn of(ballot: &'w Ballot, panel: &'w Panel) -> Self {
        let less_one = ballot.less.contains(&Exclusion::Subject);
        Self { panel, abstention: ballot.abstention.as_ref(), less_one, alike: ballot.per_affiliation }
    }

    /// Of seats, where nobody votes.
    pub(super) fn seats(panel: &'w Panel) -> Self {
        Self { panel, abstention: None, less_one: false, alike: false }
    }
}

impl Counting<'_> {
    /// `votes for `met` are at least 2/3 of the electors (at least 5 of 7)`.
    pub(super) fn rule(self, rule: &Rule) -> String {
        let Rule { all, text: _ } = rule;
        all.iter().map(|comparison| self.comparison(comparison)).collect::<Vec<_>>().join(", and ")
    }

    pub(super) fn comparison(self, comparison: &Comparison) -> String {
        let Comparison { amount, op, bound } = comparison;
        let op = match op {
            Operator::Above => "more than",
            Operator::AtLeast => "at least",
            Operator::Equal => "exactly",
            Operator::Below => "fewer than",
            Operator::AtMost => "at most",
        };
        format!("{} are {op} {}{}", self.amount(amount), self.bound(bound), self.comes_to(comparison))
    }

    fn amount(self, terms: &[Term]) -> String {
        let terms: Vec<String> = terms.iter().map(|term| self.term(term)).collect();
        match terms.as_slice() {
            [only] => only.clone(),
            several => format!("{} together", several.join(" and ")),
        }
    }

    fn term(self, term: &Term) -> String {
        let Term { counted, heads, class } = term;
        let class =
            class.as_ref().map_or_else(String::new, |class| format!(" of the class {}", quoted(class)));
        // Where nobody votes nothing else says that seats have weights.
        let heads = match (heads, self.weighs()) {
            (true, true) => " counted by head",
            (false, true) if matches!(counted, Counted::Seats | Counted::Filled) => " counted by weight",
            _ => "",
        };
        let counted = match counted {
            Counted::Choice(name) if Some(name) == self.abstention => "abstentions".to_owned(),
            Counted::Choice(name) => format!("votes for {}", quoted(name)),
            Counted::Votes if self.abstention.is_none() => "votes".to_owned(),
            Counted::Votes => "votes without abstentions".to_owned(),
            Counted::Participating if self.abstention.is_none() => "electors who take part".to_owned(),
            Counted::Participating => "electors who take part (abstentions included)".to_owned(),
            Counted::Electors => "electors".to_owned(),
            Counted::Seats => "seats (filled or not)".to_owned(),
            Counted::Filled => "filled seats".to_owned(),
            Counted::Leading => "votes for the leading choice".to_owned(),
            Counted::Answers => "votes that answer".to_owned(),
            Counted::Agreed => "votes for the answer that decides".to_owned(),
        };
        format!("{counted}{class}{heads}")
    }

    /// Whether weights make a difference.
    pub(super) fn weighs(self) -> bool {
        self.panel.seats.iter().any(|seat| seat.weight != 1)
    }

    fn bound(self, bound: &Bound) -> String {
        match bound {
            Bound::Number(number) => number.to_string(),
            Bound::Share { numerator, denominator, of } if numerator == denominator => {
                format!("all of the {}", self.amount(of))
            }
            Bound::Share { numerator, denominator: 100, of } => {
                format!("{numerator}% of the {}", self.amount(of))
            }
            Bound::Share { numerator, denominator, of } => {
                format!("{numerator}/{denominator} of the {}", self.amount(of))
            }
            Bound::Times { times: 1, of } => format!("the {}", self.amount(of)),
            Bound::Times { times, of } => format!("{times} times the {}", self.amount(of)),
            Bound::Lesser(a, b) => format!("the lesser of {} and {}", self.bound(a), self.bound(b)),
        }
    }

    /// ` (at least 5 of 7)`: the whole numbers for a full panel; empty where they depend on how its votes fall, on whose
    /// count as one, or on whom the case is about.
    fn comes_to(self, comparison: &Comparison) -> String {
        let Comparison { amount, op, bound } = comparison;
        let Some((full, votes)) = of_everybody(bound).filter(|(_, votes)| !(*votes && self.alike)) else {
            return String::new();
        };
        let when = match (votes, self.abstention) {
            (false, _) => "",
            (true, None) => "if all vote, ",
            (true, Some(_)) => "if all vote and nobody abstains, ",
        };
        let everybody = Full { panel: self.panel, less_one: self.less_one };
        let Some(most) = everybody.most(amount) else { return String::new() };
        // Of votes there may be fewer than voters, where those of one affiliation count as one.
        let fewer = self.alike && amount.iter().any(|term| !term.counted.counts(Is::Silent));
        let at_most = if fewer { "at most " } else { "" };
        let Some(Fraction { top, bottom }) = everybody.bound(&full) else {
            let none = Full { less_one: false, ..everybody }.bound(&full).is_none();
            return if none { " (never, as it is a share of nothing)".to_owned() } else { String::new() };
        };
        let whole = top / bottom;
        let exact = top % bottom == 0;
        let up = if exact { whole } else { whole + 1 };
        let (words, number) = match op {
            Operator::AtLeast => ("at least", up),
            Operator::Above => ("at least", whole + 1),
            Operator::AtMost => ("at most", whole),
            Operator::Below if up == 0 => return " (never)".to_owned(),
            Operator::Below => ("at most", up - 1),
            Operator::Equal if exact => ("exactly", whole),
            Operator::Equal => {
                return format!(" (never for a full panel: {top}/{bottom} is no whole number)");
            }
        };
        match (bound, op) {
            _ if number > u128::from(most) && *op != Operator::AtMost && *op != Operator::Below => {
                format!(" ({when}{words} {number}, out of reach of a full panel, which has {at_most}{most})")
            }
            (Bound::Number(_), Operator::AtLeast | Operator::AtMost | Operator::Equal) => {
                format!(" (of {at_most}{most})")
            }
            _ => format!(" ({when}{words} {number} of {at_most}{most})"),
        }
    }
}

/// The bound as it is where everybody votes and nobody abstains, and whether that was needed to know it; `None`
/// where it depends on what they vote for.
fn of_everybody(bound: &Bound) -> Option<(Bound, bool)> {
    let terms = |of: &[Term]| -> Option<(Vec<Term>, bool)> {
        let mut votes = false;
        let term = |term: &Term| match term.counted {
            Counted::Votes | Counted::Participating => {
                votes = true;
                Some(Term { counted: Counted::Electors, ..term.clone() })
            }
            Counted::Electors | Counted::Seats | Counted::Filled => Some(term.clone()),
            Counted::Choice(_) | Counted::Leading | Counted::Answers | Counted::Agreed => None,
        };
        let terms = of.iter().map(term).collect::<Option<Vec<_>>>()?;
        Some((terms, votes))
    };
    match bound {
        Bound::Number(_) => Some((bound.clone(), false)),
        Bound::Share { numerator, denominator, of } => {
            let (of, votes) = terms(of)?;
            Some((Bound::Share { numerator: *numerator, denominator: *denominator, of }, votes))
        }
        Bound::Times { times, of } => {
            let (of, votes) = terms(of)?;
            Some((Bound::Times { times: *times, of }, votes))
        }
        Bound::Lesser(a, b) => {
            let ((a, in_a), (b, in_b)) = (of_everybody(a)?, of_everybody(b)?);
            Some((Bound::Lesser(Box::new(a), Box::new(b)), in_a || in_b))
        }
    }
}
