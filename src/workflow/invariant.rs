//! What the authors of a workflow say must be so whatever anybody does: `[[invariant]]`. The engine does
//! not look at them; `workflow explore` does.

use super::model::{Comparison, Operator};
use crate::values::{Id, Instant, Span};

/// One `[[invariant]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invariant {
    /// In words of its authors.
    pub title: Option<String>,
    /// What must be so.
    pub promise: Promise,
    /// Who does nothing in the behaviours that are looked at: parties, roles, panels, seats. Everybody else
    /// may do what they can.
    pub silent: Vec<Id>,
    /// Where it stands in the file, from 1.
    pub line: usize,
}

/// What must be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Promise {
    /// `never`: at no time in any behaviour.
    Never(Proposition),
    /// `always`: at every time in every behaviour.
    Always(Proposition),
    /// `reaches`: at some time in some behaviour.
    Reaches(Proposition),
    /// `ends`: no behaviour keeps a case of the procedure open for ever, or longer than `within`.
    Ends {
        /// The procedure.
        procedure: Id,
        /// How long a case may be open, the last instant included.
        within: Option<Span>,
    },
}

/// Something that holds at a time, or does not, and the words in which it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposition {
    /// What it says.
    pub holds: Holds,
    /// The words.
    pub text: String,
}

/// When a proposition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// `research-ip.status = 'ended'`: the attribute has this value.
    Grant {
        /// The grant.
        grant: Id,
        /// Its attribute.
        attribute: Id,
        /// The value in words.
        value: String,
    },
    /// `verified`: the event has an occurrence that counts, in whatever case.
    Event(Id),
    /// `within 14 days of verified`: the event's latest occurrence that counts is less than that long ago.
    Within {
        /// How long.
        span: Span,
        /// Of which event.
        of: Id,
    },
    /// `verification is voting`: a case of the procedure is in this state.
    In {
        /// The procedure.
        procedure: Id,
        /// The state.
        state: Id,
    },
    /// `finding counted met >= 5`: so it was in the round of the ballot that closed last, of whatever case.
    Counted {
        /// The ballot.
        ballot: Id,
        /// What was counted.
        comparison: Comparison,
    },
    /// `now < 2031-01-01T00:00:00-08:00`.
    Now(Operator, Instant),
    /// `not P`.
    Not(Box<Holds>),
    /// `P and P`.
    All(Vec<Holds>),
    /// `P or P`.
    Any(Vec<Holds>),
}

impl Promise {
    /// The proposition, where there is one.
    pub fn proposition(&self) -> Option<&Proposition> {
        match self {
            Self::Never(it) | Self::Always(it) | Self::Reaches(it) => Some(it),
            Self::Ends { .. } => None,
        }
    }
}

impl Invariant {
    /// In words: `never verified and not declared`, `verification ends within 300 days, even if microsoft is
    /// silent`.
    pub fn words(&self) -> String {
        let promise = match &self.promise {
            Promise::Never(it) => format!("never {}", it.text),
            Promise::Always(it) => format!("always {}", it.text),
            Promise::Reaches(it) => format!("reaches {}", it.text),
            Promise::Ends { procedure, within: None } => format!("{procedure} ends"),
            Promise::Ends { procedure, within: Some(within) } => format!("{procedure} ends within {within}"),
        };
        let silent: Vec<&str> = self.silent.iter().map(Id::as_str).collect();
        let are = if silent.len() == 1 { "is" } else { "are" };
        let even = if self.promise.is_about_a_way() { "even if" } else { "if" };
        match silent.as_slice() {
            [] => promise,
            names => format!("{promise}, {even} {} {are} silent", names.join(" and ")),
        }
    }
}

impl Promise {
    /// Whether silence makes it harder to keep, so that one writes `even-if-silent`.
    pub fn is_about_a_way(&self) -> bool {
        matches!(self, Self::Reaches(_) | Self::Ends { .. })
    }
}

impl Holds {
    /// This and every part of it.
    pub fn each(&self, see: &mut impl FnMut(&Self)) {
        see(self);
        match self {
            Self::Not(inner) => inner.each(see),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each(see)),
            _ => {}
        }
    }
}
