//! What a rule can come to before anybody votes, and at the very most.
//!
//! The engine counts votes. Here only the two ends matter; what a seat counts, and how amounts compare, is of one place
//! for both.

use std::collections::BTreeSet;

use crate::values::Span;
use crate::workflow::model::{
    Amount, Ballot, Bound, Comparison, Counted, NO_QUORUM, Operator, Outcome, Panel, Rule, Seat, Term,
};
use crate::workflow::weigh::{Fraction, Is};

/// How much of the terms a seat is that is so.
pub(super) fn of_seat(terms: &[Term], seat: &Seat, is: Is<'_>) -> u64 {
    let counts = |term: &&Term| term.is_of(seat.class.as_ref()) && term.counted.counts(is);
    terms.iter().filter(counts).map(|term| term.each(seat.weight)).sum()
}

/// What the terms come to where every seat is so.
fn of_all(panel: &Panel, terms: &[Term], is: Is<'_>) -> u64 {
    panel.seats.iter().map(|seat| of_seat(terms, seat, is)).sum()
}

/// The panel without votes, with every seat filled or none.
#[derive(Clone, Copy)]
pub(in crate::workflow) struct Silence<'w> {
    pub panel: &'w Panel,
    pub filled: bool,
}

impl Silence<'_> {
    pub(super) fn holds(self, rule: &Rule) -> bool {
        rule.all.iter().all(|comparison| {
            let bound = comparison.bound.comes_to(&|terms| Some(self.amount(terms)));
            bound.is_some_and(|bound| comparison.op.holds(self.amount(&comparison.amount), bound))
        })
    }

    fn amount(self, terms: &[Term]) -> u64 {
        of_all(self.panel, terms, if self.filled { Is::Silent } else { Is::Empty })
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
    pub(in crate::workflow) fn most(self, terms: &[Term]) -> Option<u64> {
        let all = most(self.panel, terms);
        if !self.less_one {
            return Some(all);
        }
        let less = |seat: &Seat| all - most_of(seat, terms) + of_seat(terms, seat, Is::Excluded);
        let mut without = self.panel.seats.iter().map(less);
        let first = without.next()?;
        without.all(|other| other == first).then_some(first)
    }

    /// What a bound comes to; none for a share of nothing, or where it hangs on which seat does not vote.
    pub(in crate::workflow) fn bound(self, bound: &Bound) -> Option<Fraction> {
        bound.comes_to(&|terms| self.most(terms))
    }
}

impl Comparison {
    /// Whether it holds only where another does, which compares the same amount alike, with a number, or a share or a
    /// multiple of the same. Says `false` where in doubt.
    pub(super) fn asks_as_much_as(&self, other: &Self) -> bool {
        if (&self.amount, self.op) != (&other.amount, other.op) {
            return false;
        }
        // How much of what: of the same, nothing is a share of nothing for both.
        let of = |bound: &Bound| match bound {
            Bound::Number(number) => Some((u128::from(*number), 1_u128, None)),
            Bound::Share { numerator, denominator, of } => {
                Some((u128::from(*numerator), u128::from(*denominator), Some((of.clone(), true))))
            }
            Bound::Times { times, of } => Some((u128::from(*times), 1, Some((of.clone(), false)))),
            Bound::Lesser(..) => None,
        };
        let (Some((top, bottom, of_this)), Some((its_top, its_bottom, of_it))) =
            (of(&self.bound), of(&other.bound))
        else {
            return false;
        };
        let order = top.saturating_mul(its_bottom).cmp(&its_top.saturating_mul(bottom));
        of_this == of_it
            && match self.op {
                Operator::Above | Operator::AtLeast => order.is_ge(),
                Operator::Below | Operator::AtMost => order.is_le(),
                Operator::Equal => order.is_eq(),
            }
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
    let most_of = |terms: &[Term], seat: &Seat| {
        if empty.contains(&seat) { of_seat(terms, seat, Is::Empty) } else { most_of(seat, terms) }
    };
    let most = |terms: &Amount| panel.seats.iter().map(|seat| most_of(terms, seat)).sum();
    let op = if comparison.op == Operator::Equal { Operator::AtLeast } else { comparison.op };
    let bound = comparison.bound.comes_to(&|terms| Some(most(terms)));
    bound.is_some_and(|bound| !op.holds(most(&comparison.amount), bound))
}

/// Whether this comparison holds whatever is counted. Says `false` where in doubt.
pub(super) fn always(panel: &Panel, comparison: &Comparison) -> bool {
    match comparison.op {
        Operator::AtLeast => nothing(&comparison.bound, panel),
        Operator::Below | Operator::AtMost => match comparison.bound {
            Bound::Number(number) => {
                comparison.op.holds(most(panel, &comparison.amount), Fraction::whole(u128::from(number)))
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
    !term.counted.counts(Is::Silent)
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
pub(super) fn of_something(bound: &Bound, panel: &Panel) -> bool {
    match bound {
        Bound::Number(_) | Bound::Times { .. } => true,
        // Whatever a seat is, it counts what it counts empty.
        Bound::Share { of, .. } => of_all(panel, of, Is::Empty) > 0,
        Bound::Lesser(a, b) => of_something(a, panel) && of_something(b, panel),
    }
}

/// Whether the bound does not move with the votes, and is easiest to reach with a full panel: it is a
/// number, a share of all seats, or a share of the electors among whom the amount is counted.
fn fixed(amount: &[Term], bound: &Bound) -> bool {
    bound.terms().iter().all(|of| match of.counted {
        Counted::Seats => true,
        Counted::Electors => amount.iter().all(|term| term.class == of.class && term.heads == of.heads),
        _ => false,
    })
}

/// The most that an amount can come to: every seat votes so as to count as often as it can.
fn most(panel: &Panel, terms: &[Term]) -> u64 {
    panel.seats.iter().map(|seat| most_of(seat, terms)).sum()
}

fn most_of(seat: &Seat, terms: &[Term]) -> u64 {
    // Of the choices only one can be chosen.
    let choices = terms.iter().filter_map(|term| match &term.counted {
        Counted::Choice(choice) => Some(Is::Chooses(choice)),
        _ => None,
    });
    choices.chain([Is::Other]).map(|is| of_seat(terms, seat, is)).max().unwrap_or(0)
}
