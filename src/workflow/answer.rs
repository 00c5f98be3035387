//! Answers: what a vote may name instead of a choice.

use std::fmt;

use super::model::{Answer, AnswerKind, Ballot, Decides};
use crate::values::Id;

/// Digits of the largest number: sums and comparisons stay far within 64 bits.
const MOST_DIGITS: usize = 15;
/// No calendar of anybody has a year 0.
const FIRST_YEAR: i16 = 1;

impl AnswerKind {
    /// Whether a vote for this is such an answer.
    pub fn reads(self, vote: &Id) -> bool {
        let text = vote.as_str();
        match self {
            Self::Number => {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                digits && text.len() <= MOST_DIGITS && (text == "0" || !text.starts_with('0'))
            }
            Self::Date => text
                .parse::<jiff::civil::Date>()
                .is_ok_and(|date| date.to_string() == text && text.len() == 10 && date.year() >= FIRST_YEAR),
            Self::Text => true,
        }
    }

    /// Answers that stand for all where only their order matters: the least, the greatest and one between; of texts two.
    pub(crate) fn samples(self) -> impl Iterator<Item = Id> {
        let samples: &[&'static str] = match self {
            Self::Number => &["0", "1", "999999999999999"],
            Self::Date => &["0001-01-01", "2000-01-01", "9999-12-31"],
            Self::Text => &["an-answer", "another-answer"],
        };
        samples.iter().copied().map(Id::constant)
    }

    /// Where an answer stands among others.
    pub(crate) fn order(self, answer: &Id) -> (u64, Id) {
        let number = match self {
            Self::Number => answer.as_str().parse().unwrap_or(u64::MAX),
            Self::Date | Self::Text => 0,
        };
        (number, answer.clone())
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Date => "date",
            Self::Text => "text",
        }
    }

    /// What is to be written, for whoever wrote something else.
    pub fn form(self) -> &'static str {
        match self {
            Self::Number => "a whole number such as 1200, with at most 15 digits",
            Self::Date => "a day such as 2026-03-01",
            Self::Text => "a name of a-z, 0-9 and -",
        }
    }
}

impl Decides {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Median => "median",
            Self::Leading => "leading",
        }
    }
}

impl Answer {
    /// An answer with its unit: `1200 EUR`.
    pub fn with_unit(&self, answer: &Id) -> String {
        self.unit.as_ref().map_or_else(|| answer.to_string(), |unit| format!("{answer} {unit}"))
    }
}

impl fmt::Display for Answer {
    /// `a number of EUR, of which the median decides`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit.as_ref().map_or_else(String::new, |unit| format!(" of {unit}"));
        let decides = match self.decides {
            Decides::Median => "the median",
            Decides::Leading => "the leading one",
        };
        write!(f, "a {}{unit}, of which {decides} decides", self.is.word())
    }
}

impl Ballot {
    /// What can be answered, if anything.
    pub fn answer_kind(&self) -> Option<AnswerKind> {
        self.answer.as_ref().map(|answer| answer.is)
    }

    /// Whether a vote for this is an answer, and none of the choices.
    pub fn answers(&self, vote: &Id) -> bool {
        let named = self.choices.contains(vote) || self.abstention.as_ref() == Some(vote);
        !named && self.answer.as_ref().is_some_and(|answer| answer.is.reads(vote))
    }
}
