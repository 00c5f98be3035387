//! Comparisons that hold, or fail, however the votes fall: by the numbers alone.
//!
//! What is counted is a sum over the seats, and each seat is in one of a few states whatever the others are in. So the least
//! and the most that a comparison can come to are those of each seat, added up: exactly, without going through votes.

use super::counts::{always, of_seat, of_something};
use super::{Checker, place_of_step};
use crate::workflow::model::{
    Ballot, Bound, Comparison, Condition, Counted, Exclusion, Operator, Panel, Procedure, Seat, Term, Trigger,
};
use crate::workflow::weigh::Is;

/// The least and the most of a sum.
#[derive(Clone, Copy)]
struct Range {
    least: i128,
    most: i128,
}

/// Whether a comparison is decided by the numbers: `true` where it always holds, `false` where it never does; `None`
/// where that hangs on the votes, or is in doubt.
pub(super) fn decided(ballot: &Ballot, panel: &Panel, comparison: &Comparison) -> Option<bool> {
    // What is counted as one is no sum over seats.
    if ballot.per_affiliation || always(panel, comparison) {
        return None;
    }
    bounded((panel, &states(ballot)), comparison, &comparison.bound)
}

/// Conditions that count seats, and that the numbers alone decide.
pub(super) fn conditions(c: &mut Checker<'_>, procedure: &Procedure) {
    let Some(panel) = procedure.panel.as_ref().and_then(|name| c.workflow.panel(name)) else { return };
    for state in &procedure.states {
        for (index, step) in state.steps.iter().enumerate() {
            let Trigger::When(condition) = &step.trigger else { continue };
            let rules = condition.parts().into_iter().filter_map(|part| match part {
                Condition::Seats(rule) => Some(rule),
                _ => None,
            });
            for comparison in rules.flat_map(|rule| &rule.all) {
                let seats = [Is::Empty, Is::Silent];
                let Some(always) = bounded((panel, &seats), comparison, &comparison.bound) else { continue };
                let holds = if always { "always holds" } else { "can never hold" };
                let message = format!("`{comparison}` {holds}, whoever fills the seats of `{}`", panel.name);
                let place = format!("{}.when", place_of_step(procedure, state, index));
                c.warn(&place, message, HELP);
            }
        }
    }
}

/// What to do about a comparison that is none.
pub(super) const HELP: &str = "Leave it out, or write the amount that is meant";

/// What is counted in, and what each seat of it can be.
type Places<'p> = (&'p Panel, &'p [Is<'p>]);

fn bounded(places: Places<'_>, comparison: &Comparison, bound: &Bound) -> Option<bool> {
    let nothing: &[Term] = &[];
    let (above, below, of, number) = match bound {
        Bound::Number(number) => (0, 1, nothing, *number),
        Bound::Share { numerator, denominator, of } => (*numerator, *denominator, &**of, 0),
        Bound::Times { times, of } => (*times, 1, &**of, 0),
        Bound::Lesser(a, b) => {
            let some = of_something(bound, places.0);
            let (a, b) = (bounded(places, comparison, a), bounded(places, comparison, b));
            // To be above the lesser is to be above one of them, to be below it is to be below both. The lesser of something
            // and a share of nothing is a share of nothing, which never holds.
            let one = match comparison.op {
                Operator::Above | Operator::AtLeast => true,
                Operator::Below | Operator::AtMost => false,
                Operator::Equal => return None,
            };
            return if a == Some(one) || b == Some(one) {
                (some || !one).then_some(one)
            } else {
                (a == Some(!one) && b == Some(!one)).then_some(!one)
            };
        }
    };
    let sums = |term: &Term| !matches!(term.counted, Counted::Leading | Counted::Answers | Counted::Agreed);
    if !comparison.amount.iter().chain(of).all(sums) {
        return None;
    }
    let less = |seat: &Seat, is: Is<'_>| {
        i128::from(below) * sum(&comparison.amount, seat, is) - i128::from(above) * sum(of, seat, is)
    };
    let difference = range(places, &less);
    let by = i128::from(below) * i128::from(number);
    let (least, most) = (difference.least - by, difference.most - by);
    let (holds, fails) = match comparison.op {
        Operator::Above => (least > 0, most <= 0),
        Operator::AtLeast => (least >= 0, most < 0),
        Operator::Equal => (least == 0 && most == 0, least > 0 || most < 0),
        Operator::Below => (most < 0, least >= 0),
        Operator::AtMost => (most <= 0, least > 0),
    };
    // A share of nothing never holds.
    if holds && of_something(bound, places.0) { Some(true) } else { fails.then_some(false) }
}

/// The least and the most that a sum over the seats can come to.
fn range((panel, states): Places<'_>, of: &dyn Fn(&Seat, Is<'_>) -> i128) -> Range {
    let mut all = Range { least: 0, most: 0 };
    for seat in &panel.seats {
        let own = states.iter().map(|is| of(seat, *is));
        all.least += own.clone().min().unwrap_or(0);
        all.most += own.max().unwrap_or(0);
    }
    all
}

fn states(ballot: &Ballot) -> Vec<Is<'_>> {
    let mut states = vec![Is::Empty, Is::Silent];
    if ballot.less.iter().any(|it| matches!(it, Exclusion::Recused | Exclusion::Subject | Exclusion::Obliged))
    {
        states.push(Is::Excluded);
    }
    states.extend(ballot.abstention.iter().map(Is::Abstains));
    if ballot.candidates() || ballot.answer.is_some() {
        states.push(Is::Other);
    }
    states.extend(ballot.choices.iter().map(Is::Chooses));
    states
}

fn sum(terms: &[Term], seat: &Seat, is: Is<'_>) -> i128 {
    i128::from(of_seat(terms, seat, is))
}
