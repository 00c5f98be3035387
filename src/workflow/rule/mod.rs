//! The small languages inside a workflow: rules of ballots (`met >= 2/3 of electors`), conditions of steps
//! (`every seat filled and not withdrawn`), and what invariants say (`research-ip.status = 'ended' and not verified`).
//! Their grammar stands in `docs/language.md`.

mod condition;
mod proposition;
mod rules;
mod token;
mod words;

#[cfg(test)]
mod tests;

use std::ops::Range;

pub use proposition::Nameable;

use crate::values::Id;

/// Words that rules and conditions keep for themselves: no choice or event is called so.
pub(crate) const KEPT: [&str; 16] = [
    "votes",
    "participating",
    "electors",
    "seats",
    "filled",
    "leading",
    "heads",
    "of",
    "in",
    "and",
    "or",
    "not",
    "lesser",
    "times",
    "every",
    "seat",
];

/// Words that the rules of a ballot with an answer keep besides.
pub(crate) const ANSWER_WORDS: [&str; 2] = ["answers", "agreed"];

/// The names that a rule may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// The ballot's choices, and its abstention's name.
    pub choices: Vec<Id>,
    /// The classes of the panel's seats.
    pub classes: Vec<Id>,
    /// The events of the workflow; for conditions.
    pub events: Vec<Id>,
    /// The state's ballots where it has several, with the outcomes that each can have; for conditions.
    pub outcomes: Vec<(Id, Id)>,
    /// Whether the ballot has an answer, so that `answers` and `agreed` can be counted.
    pub answers: bool,
    /// Whether the ballot chooses among its electors, whom rules do not name.
    pub candidates: bool,
    /// Whether a case is about a seat; for conditions.
    pub subject: bool,
    /// Names that stand for something else, and cannot be meant here, with what to write instead.
    pub elsewhere: Vec<(Id, String)>,
}

impl Vocabulary {
    /// What to write instead of a name that stands for something else.
    fn instead(&self, word: &str) -> Option<&str> {
        self.elsewhere.iter().find(|(name, _)| *name == word).map(|(_, help)| help.as_str())
    }
}

/// What is wrong with a rule or condition, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {help}")]
pub struct Fault {
    /// The bytes of the word.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Fault {
    fn new(at: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { at, message: message.into(), help: help.into() }
    }
}
