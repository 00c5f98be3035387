//! Rules and conditions in words that read back as the same rule.

use std::fmt;

use crate::workflow::model::{Bound, Comparison, Condition, Counted, Operator, Rule, Term};

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Equal => "=",
            Self::Below => "<",
            Self::AtMost => "<=",
        })
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Choice(choice) => choice.as_str(),
            Self::Votes => "votes",
            Self::Participating => "participating",
            Self::Electors => "electors",
            Self::Seats => "seats",
            Self::Filled => "filled",
            Self::Leading => "leading",
            Self::Answers => "answers",
            Self::Agreed => "agreed",
        })
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = if self.heads { "heads of " } else { "" };
        write!(f, "{heads}{}", self.counted)?;
        self.class.iter().try_for_each(|class| write!(f, " in {class}"))
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Times { times: 1, of } => sum(f, of),
            Self::Times { times, of } => {
                write!(f, "{times} times ")?;
                sum(f, of)
            }
            Self::Share { numerator, denominator, of } => {
                match denominator {
                    100 => write!(f, "{numerator}% of ")?,
                    _ => write!(f, "{numerator}/{denominator} of ")?,
                }
                sum(f, of)
            }
            Self::Lesser(a, b) => write!(f, "lesser of {a} and {b}"),
        }
    }
}

fn sum(f: &mut fmt::Formatter<'_>, terms: &[Term]) -> fmt::Result {
    joined(f, terms, " + ")
}

fn joined<T: fmt::Display>(f: &mut fmt::Formatter<'_>, parts: &[T], by: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        write!(f, "{}{part}", if index == 0 { "" } else { by })?;
    }
    Ok(())
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        sum(f, &self.amount)?;
        write!(f, " {} {}", self.op, self.bound)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        joined(f, &self.all, " and ")
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EverySeatFilled => f.write_str("every seat filled"),
            Self::Seats(rule) => rule.fmt(f),
            Self::Event(event) => event.fmt(f),
            Self::Outcome { ballot, outcome } => write!(f, "{ballot}.{outcome}"),
            Self::SubjectSeated => f.write_str("subject seated"),
            Self::Not(inner) => write!(f, "not {}", Inner(inner)),
            Self::All(parts) => joined(f, &parts.iter().map(Inner).collect::<Vec<_>>(), " and "),
            Self::Any(parts) => joined(f, &parts.iter().map(Inner).collect::<Vec<_>>(), " or "),
        }
    }
}

/// A part of a condition, in parentheses where it is itself joined.
struct Inner<'c>(&'c Condition);

impl fmt::Display for Inner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Condition::All(_) | Condition::Any(_) => write!(f, "({})", self.0),
            inner => inner.fmt(f),
        }
    }
}
