//! The rights and terms that the parties agreed on, and what moves them.

use std::borrow::Cow;

use crate::values::{Id, Instant, Span};

/// A right or term that the contract gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its name.
    pub name: Id,
    /// Its title in words.
    pub title: String,
    /// Who gives it.
    pub from: Option<Id>,
    /// Who has it.
    pub to: Option<Id>,
    /// What it covers, in words.
    pub scope: Option<String>,
    /// The clause of the contract.
    pub clause: Option<String>,
    /// Where the clause can be read.
    pub source: Option<String>,
    /// How the authors read the clause, and why.
    pub reading: Option<String>,
    /// Whether nothing is meant to move it.
    pub fixed: bool,
    /// What can be said of it: `status`, `exclusive`, … At least `status`.
    pub attributes: Vec<Attribute>,
}

/// Something that is said of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: Id,
    /// In order, forward only. The first has no `moves`; every other has.
    pub values: Vec<Value>,
}

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The value in words.
    pub is: String,
    /// What makes the attribute take it.
    pub moves: Option<Moves>,
    /// How the authors read the clause, and why.
    pub reading: Option<String>,
    /// Where it stands in the file, from 1.
    pub line: usize,
}

/// What makes an attribute take a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moves {
    /// The earliest of these.
    FirstOf(Vec<Cause>),
    /// The latest of these, once all have come.
    AllOf(Vec<Cause>),
}

/// What can move an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The first live occurrence of an event.
    Event(Id),
    /// An instant, itself included, with the offset in which the workflow wrote it.
    At(Instant, String),
    /// So long after the opening of the agreement, that instant included.
    After(Span),
}

impl Cause {
    /// The same in an agreement that was opened then: a time after the opening is an instant.
    pub fn since(&self, opened: Instant) -> Cow<'_, Self> {
        match self {
            Self::After(span) => {
                let at = opened.plus(*span);
                Cow::Owned(Self::At(at, format!("{at} ({})", self.words())))
            }
            Self::Event(_) | Self::At(..) => Cow::Borrowed(self),
        }
    }
}
