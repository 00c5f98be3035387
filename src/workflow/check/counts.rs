//! What a rule can come to before anybody votes, and at the very most.
//!
//! This is not how votes are counted: the engine does that. Here only the two ends matter.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::values::Span;
use crate::workflow::model::{
    Ballot, Bound, Comparison, Counted, NO_QUORUM, Operator, Outcome, Panel, Rule, Seat, Term,
};

/// The seats that a term counts, by weight or by head.
fn size(panel: &Panel, term: &Term) -> u128 {
    let counted = panel.seats.iter().filter(|seat| term.class.is_none() || seat.class == term.class);
    counted.map(|seat| weight(seat, term)).sum()
}

fn weight(seat: &Seat, term: &Term) -> u128 {
    if term.heads { 1 } else { u128::from(seat.weight) }
}

/// The panel without votes, with every seat filled or none.
#[derive(Clone, Copy)]
pub(in crate::workflow) struct Silence<'w> {
    pub panel: &'w Panel,
    pub filled: bool,
}

impl Silence<'_> {
    fn amount(self, terms: &[Term]) -> u128 {
        let term = |term: &Term| match term.counted {
            Counted::Choice(_)
            | Counted::Votes
            | Counted::Participating
            | Counted::Leading
            | Counted::Answers
            | Counted::Agreed => 0,
            Counted::Electors | Counted::Filled if !self.filled => 0,
            Counted::Electors | Counted::Filled | Counted::Seats => size(self.panel, term),
        };
        terms.iter().map(term).sum()
    }

    pub(super) fn holds(self, rule: &Rule) -> bool {
        rule.all.iter().all(|comparison| {
            let bound = self.bound(&comparison.bound);
            bound.is_some_and(|bound| compare(self.amount(&comparison.amount), comparison.op, bound))
        })
    }

    /// Above and below the line; none for a share of nothing.
    pub(in crate::workflow) fn bound(self, bound: &Bound) -> Option<(u128, u128)> {
        line(bound, &|terms| Some(self.amount(terms)))
    }

    /// The names of the outcomes without a single vote: by the rules in force at the opening and after each ease,
    /// and where what must last has not lasted.
    pub(super) fn outcomes(self, ballot: &Ballot) -> BTreeSet<&str> {
        if ballot.quorum.as_ref().is_some_and(|quorum| !self.holds(quorum)) {
            return BTreeSet::from([NO_QUORUM]);
        }
        let eases = ballot.outcomes.iter().flat_map(|outcome| &outcome.eases).map(|ease| ease.after);
        let times: Vec<Span> = eases.chain([Span::from_seconds(0)]).collect();
        let found = times.iter().flat_map(|elapsed| [true, false].map(|lasts| (elapsed, lasts)));
        let found = found.map(|(elapsed, lasts)| {
            let holds = |outcome: &&Outcome| {
                let rule = outcome.rule_after(*elapsed);
                outcome.gives.is_none()
                    && rule.is_none_or(|rule| self.holds(rule))
                    && (lasts || outcome.lasting.is_none())
            };
            ballot.outcomes.iter().find(holds).map_or(NO_QUORUM, |outcome| outcome.is.as_str())
        });
        found.collect()
    }
}

/// The panel with every seat filled and nobody excluded but, in cases about one of its seats, that one.
#[derive(Clone, Copy)]
pub(in crate::workflow) struct Full<'w> {
    pub panel: &'w Panel,
    /// Whether one of the seats does not vote, whichever it is.
    pub less_one: bool,
}

impl Full<'_> {
    /// The most that an amount can come to; `None` where that hangs on which seat does not vote.
    pub(in crate::workflow) fn most(self, terms: &[Term]) -> Option<u128> {
        if !self.less_one {
            return Some(most(self.panel, terms));
        }
        // Whoever does not vote still has the seat.
        let of_seats = |term: &Term| matches!(term.counted, Counted::Seats | Counted::Filled);
        let (seats, voters): (Vec<Term>, Vec<Term>) = terms.iter().cloned().partition(of_seats);
        let less = |seat: &Seat| most(self.panel, &voters) - most_of(seat, &voters);
        let mut without = self.panel.seats.iter().map(less);
        let first = without.next()?;
        let seats: u128 = seats.iter().map(|term| size(self.panel, term)).sum();
        without.all(|other| other == first).then_some(first + seats)
    }

    /// Above and below the line; none for a share of nothing, or where it hangs on which seat does not vote.
    pub(in crate::workflow) fn bound(self, bound: &Bound) -> Option<(u128, u128)> {
        line(bound, &|terms| self.most(terms))
    }
}

/// A bound above and below the line, where `amount` counts; none for a share of nothing.
fn line(bound: &Bound, amount: &dyn Fn(&[Term]) -> Option<u128>) -> Option<(u128, u128)> {
    match bound {
        Bound::Number(number) => Some((u128::from(*number), 1)),
        Bound::Share { numerator, denominator, of } => {
            let of = amount(of)?;
            (of > 0).then_some((u128::from(*numerator) * of, u128::from(*denominator)))
        }
        Bound::Times { times, of } => Some((u128::from(*times) * amount(of)?, 1)),
        Bound::Lesser(a, b) => {
            let (a, b) = (line(a, amount)?, line(b, amount)?);
            Some(if a.0 * b.1 <= b.0 * a.1 { a } else { b })
        }
    }
}

/// Exact: amounts stay below 2^44 and bounds below 2^64, so products stay within 128 bits.
fn compare(amount: u128, op: Operator, (above, below): (u128, u128)) -> bool {
    let order = (amount * below).cmp(&above);
    match op {
        Operator::Above => order == Ordering::Greater,
        Operator::AtLeast => order != Ordering::Less,
        Operator::Equal => order == Ordering::Equal,
        Operator::Below => order == Ordering::Less,
        Operator::AtMost => order != Ordering::Greater,
    }
}

/// Whether no vote of a full panel can make this comparison hold. Says `false` where in doubt.
pub(super) fn out_of_reach(panel: &Panel, comparison: &Comparison) -> bool {
    out_of_reach_without(panel, &[], comparison)
}

/// Whether no vote of the panel can make this comparison hold while nobody fills the seats in `empty`. Says
/// `false` where in doubt.
pub(super) fn out_of_reach_without(panel: &Panel, empty: &[&Seat], comparison: &Comparison) -> bool {
    if !matches!(comparison.op, Operator::Above | Operator::AtLeast | Operator::Equal) {
        return false;
    }
    if !fixed(&comparison.amount, &comparison.bound) {
        return false;
    }
    let filled = |seat: &&Seat| !empty.contains(seat);
    // An empty seat is still one of the `seats`.
    let (seats, others): (Vec<Term>, Vec<Term>) =
        comparison.amount.iter().cloned().partition(|term| term.counted == Counted::Seats);
    let seats: u128 = seats.iter().map(|term| size(panel, term)).sum();
    let most = seats + panel.seats.iter().filter(filled).map(|seat| most_of(seat, &others)).sum::<u128>();
    let amount = |terms: &[Term]| {
        let term = |term: &Term| match term.counted {
            Counted::Seats => size(panel, term),
            _ => {
                panel.seats.iter().filter(filled).map(|seat| most_of(seat, std::slice::from_ref(term))).sum()
            }
        };
        Some(terms.iter().map(term).sum())
    };
    let op = if comparison.op == Operator::Equal { Operator::AtLeast } else { comparison.op };
    line(&comparison.bound, &amount).is_some_and(|bound| !compare(most, op, bound))
}

/// Whether this comparison holds whatever is counted. Says `false` where in doubt.
pub(super) fn always(panel: &Panel, comparison: &Comparison) -> bool {
    match comparison.op {
        Operator::AtLeast => nothing(&comparison.bound, panel),
        Operator::Below | Operator::AtMost => match comparison.bound {
            Bound::Number(number) => {
                compare(most(panel, &comparison.amount), comparison.op, (u128::from(number), 1))
            }
            _ => false,
        },
        Operator::Above | Operator::Equal => false,
    }
}

/// What a comparison takes a share of, where that may be nothing (neither the rule nor the quorum asks for some of it) and
/// where it asks for little (`<`, `<=`) or takes a share of choices, so that it should hold then.
pub(super) fn may_share_nothing<'w>(
    comparison: &'w Comparison,
    rule: &Rule,
    quorum: Option<&Rule>,
) -> Option<&'w [Term]> {
    let base = shared(&comparison.bound)?;
    // Of choices there may be none though everybody has voted, and much is then asked for of nothing as well.
    let choices = base.iter().all(|term| matches!(term.counted, Counted::Choice(_)));
    if !choices && !matches!(comparison.op, Operator::Below | Operator::AtMost) {
        return None;
    }
    let mut asked = rule.all.iter().chain(quorum.into_iter().flat_map(|quorum| &quorum.all));
    (base.iter().all(votes) && !asked.any(|other| gives_some(other, base))).then_some(base)
}

/// Whether nothing is counted before somebody votes.
fn votes(term: &Term) -> bool {
    !matches!(term.counted, Counted::Seats | Counted::Electors | Counted::Filled)
}

/// Whether the amount is above 0 where this comparison holds. Says `false` where in doubt.
fn gives_some(comparison: &Comparison, amount: &[Term]) -> bool {
    let some = match comparison.op {
        Operator::Above => true,
        Operator::AtLeast => !matches!(comparison.bound, Bound::Times { .. } | Bound::Lesser(..)),
        Operator::Equal | Operator::Below | Operator::AtMost => false,
    };
    let within = |term: &Term| {
        let counted = amount.iter().filter(|of| of.class.is_none() || of.class == term.class);
        counted.map(|of| &of.counted).any(|of| match (&term.counted, of) {
            (_, Counted::Participating) | (Counted::Choice(_) | Counted::Leading, Counted::Votes) => true,
            (counted, of) => counted == of,
        })
    };
    some && comparison.amount.iter().all(|term| votes(term) && within(term))
}

/// What the bound is a share of.
fn shared(bound: &Bound) -> Option<&[Term]> {
    match bound {
        Bound::Share { of, .. } => Some(of),
        Bound::Lesser(a, b) => shared(a).or_else(|| shared(b)),
        Bound::Number(_) | Bound::Times { .. } => None,
    }
}

/// Whether the bound is 0 whatever is counted. The lesser of something and a share of nothing is a share of nothing.
fn nothing(bound: &Bound, panel: &Panel) -> bool {
    match bound {
        Bound::Number(number) => *number == 0,
        Bound::Share { .. } | Bound::Times { .. } => false,
        Bound::Lesser(a, b) => {
            (nothing(a, panel) || nothing(b, panel)) && [a, b].into_iter().all(|it| of_something(it, panel))
        }
    }
}

/// Whether the bound is no share of nothing, whatever is counted.
fn of_something(bound: &Bound, panel: &Panel) -> bool {
    match bound {
        Bound::Number(_) | Bound::Times { .. } => true,
        Bound::Share { of, .. } => {
            of.iter().any(|term| term.counted == Counted::Seats && size(panel, term) > 0)
        }
        Bound::Lesser(a, b) => of_something(a, panel) && of_something(b, panel),
    }
}

/// Whether the bound does not move with the votes, and is easiest to reach with a full panel: it is a
/// number, a share of all seats, or a share of the electors among whom the amount is counted.
fn fixed(amount: &[Term], bound: &Bound) -> bool {
    match bound {
        Bound::Number(_) => true,
        Bound::Share { of, .. } | Bound::Times { of, .. } => of.iter().all(|of| match of.counted {
            Counted::Seats => true,
            Counted::Electors => amount.iter().all(|term| term.class == of.class && term.heads == of.heads),
            _ => false,
        }),
        Bound::Lesser(a, b) => fixed(amount, a) && fixed(amount, b),
    }
}

/// The most that an amount can come to: every seat votes so as to count as often as it can.
fn most(panel: &Panel, terms: &[Term]) -> u128 {
    panel.seats.iter().map(|seat| most_of(seat, terms)).sum()
}

fn most_of(seat: &Seat, terms: &[Term]) -> u128 {
    let counts = |term: &&Term| term.class.is_none() || seat.class == term.class;
    let of = |wanted: fn(&Counted) -> bool| -> u128 {
        terms.iter().filter(counts).filter(|t| wanted(&t.counted)).map(|t| weight(seat, t)).sum()
    };
    // Whatever the vote is, these count it; of the choices only one can be chosen.
    let always = of(|counted| !matches!(counted, Counted::Choice(_)));
    let best = terms.iter().filter(counts).filter_map(|term| match &term.counted {
        Counted::Choice(choice) => Some(choice),
        _ => None,
    });
    let best = best.map(|choice| {
        let same = terms.iter().filter(counts);
        same.filter(|t| t.counted == Counted::Choice(choice.clone())).map(|t| weight(seat, t)).sum::<u128>()
    });
    always + best.max().unwrap_or(0)
}
