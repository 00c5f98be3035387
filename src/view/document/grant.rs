//! A grant: a right or term that the contract gives.

use serde::Serialize;
use utoipa::ToSchema;

use crate::engine::State;
use crate::engine::event::{Annulled, Occurrence as Occurred};
use crate::engine::licence::{self, AttributeState, GrantState, Period};
use crate::statement::{BallotRef, CaseRef};
use crate::values::{Id, Instant};
use crate::view::licence::annulling;
use crate::workflow::model::Cause as Moving;

/// A right or term that the contract gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Grant {
    /// Its name.
    pub grant: Id,
    /// Its title.
    pub title: String,
    /// The party that gives it.
    #[schema(required)]
    pub from: Option<Id>,
    /// The party that has it.
    #[schema(required)]
    pub to: Option<Id>,
    /// What it covers, in words.
    #[schema(required)]
    pub scope: Option<String>,
    /// The clause of the contract.
    #[schema(required)]
    pub clause: Option<String>,
    /// Where the clause can be read.
    #[schema(required)]
    pub source: Option<String>,
    /// How the workflow's authors read the clause, and why.
    #[schema(required)]
    pub reading: Option<String>,
    /// Whether nothing is meant to move it.
    pub fixed: bool,
    /// What can be said of it, in the workflow's order: at least `status`.
    pub attributes: Vec<Attribute>,
}

/// Something that is said of a grant, with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Attribute {
    /// Its name: `status`, `exclusive`, ….
    pub attribute: Id,
    /// Its value, in the workflow's words: `in force`, `ended`, ….
    pub value: String,
    /// Since when it has this value.
    pub since: Instant,
    /// Why it has it.
    pub because: Because,
    /// How the workflow's authors read the clause for this value, and why.
    #[schema(required)]
    pub reading: Option<String>,
    /// The later values, each with what could bring it. Empty where nothing moves it any further.
    pub next: Vec<Next>,
    /// What could move it back: the value is then derived anew.
    #[schema(required)]
    pub back: Option<Back>,
}

/// Why an attribute has its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Because {
    /// So it was when the agreement was opened.
    Opening {
        /// When that was.
        opening: Instant,
        /// The entry that opened it: 0.
        entry: u64,
    },
    /// So the parties put it when they amended the workflow.
    Amendment {
        /// When that was.
        amendment: Instant,
        /// The entry with the amendment.
        entry: u64,
    },
    /// An instant came.
    Instant {
        /// As the workflow writes it, with its offset from UTC.
        instant: String,
    },
    /// An event occurred.
    Event(Occurrence),
    /// The event that had moved it further was annulled.
    Annulled {
        /// The event.
        annulled: Occurrence,
        /// How it was annulled.
        #[schema(required)]
        by: Option<Annulment>,
    },
}

/// One time that an event occurred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Occurrence {
    /// The event's name in the workflow.
    pub event: Id,
    /// The case in which it occurred.
    pub case: CaseRef,
    /// When.
    pub at: Instant,
    /// What set it off, in words: `declare by openai`, `outcome verified`, `after 60 days`.
    pub by: String,
    /// The ballot whose outcome set it off.
    #[schema(required)]
    pub ballot: Option<BallotRef>,
    /// The entry that set it off; `null` where time alone did.
    #[schema(required)]
    pub entry: Option<u64>,
    /// The line of the workflow that says so, from 1; 0 for the opening of a case.
    pub line: usize,
}

/// How an event was annulled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Annulment {
    /// The event that annuls it.
    pub event: Id,
    /// When that occurred.
    pub at: Instant,
    /// What set that off, in words.
    pub by: String,
    /// The entry that set it off; `null` where time alone did.
    #[schema(required)]
    pub entry: Option<u64>,
}

/// A later value of an attribute, with what could bring it: either `all-of` or `first-of` is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Next {
    /// The value, in the workflow's words.
    pub value: String,
    /// What has to come, all of it, and has not come yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub all_of: Option<Vec<Cause>>,
    /// What could come, any of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub first_of: Option<Vec<Cause>>,
}

/// What can move an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Cause {
    /// An event of the workflow.
    Event {
        /// Its name.
        event: Id,
    },
    /// An instant.
    Instant {
        /// The instant.
        instant: Instant,
        /// As the workflow writes it, with its offset from UTC.
        written: String,
    },
}

/// The events any of which moves a value back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Back {
    /// One.
    One(Named),
    /// Several.
    Several(Vec<Named>),
}

/// An event by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = NamedEvent)]
pub struct Named {
    /// The event's name in the workflow.
    pub event: Id,
}

impl Grant {
    /// Every grant of a licence that was derived from this state.
    pub fn all(state: &State, licence: &licence::Licence<'_>) -> Vec<Self> {
        licence.grants.iter().map(|grant| Self::of(state, grant)).collect()
    }

    /// One grant.
    pub fn of(state: &State, grant: &GrantState<'_>) -> Self {
        let defined = grant.grant;
        Self {
            grant: defined.name.clone(),
            title: defined.title.clone(),
            from: defined.from.clone(),
            to: defined.to.clone(),
            scope: defined.scope.clone(),
            clause: defined.clause.clone(),
            source: defined.source.clone(),
            reading: defined.reading.clone(),
            fixed: defined.fixed,
            attributes: grant.attributes.iter().map(|it| Attribute::of(state, it)).collect(),
        }
    }
}

impl Attribute {
    fn of(state: &State, attribute: &AttributeState<'_>) -> Self {
        Self {
            attribute: attribute.attribute.name.clone(),
            value: attribute.value.is.clone(),
            since: attribute.period.since,
            because: Because::of(state, &attribute.period),
            reading: attribute.value.reading.clone(),
            next: attribute.next.iter().map(Next::of).collect(),
            back: Back::of(attribute),
        }
    }
}

impl Because {
    fn of(state: &State, period: &Period) -> Self {
        match &period.because {
            licence::Because::Opening => Self::Opening { opening: state.opened, entry: 0 },
            licence::Because::Amendment(done) => Self::Amendment { amendment: done.at, entry: done.entry },
            licence::Because::Instant(written) => Self::Instant { instant: written.clone() },
            licence::Because::Event(event) => Self::Event(Occurrence::of(event)),
            licence::Because::Annulled(event) => Self::Annulled {
                annulled: Occurrence::of(event),
                by: event.annulled.as_ref().map(Annulment::of),
            },
        }
    }
}

impl Occurrence {
    fn of(it: &Occurred) -> Self {
        Self {
            event: it.event.clone(),
            case: it.case.clone(),
            at: it.at,
            by: it.why.words.clone(),
            ballot: it.why.ballot.clone(),
            entry: it.why.entry,
            line: it.why.line,
        }
    }
}

impl Annulment {
    fn of(it: &Annulled) -> Self {
        Self { event: it.by.clone(), at: it.at, by: it.why.words.clone(), entry: it.why.entry }
    }
}

impl Next {
    fn of(next: &licence::Next<'_>) -> Self {
        let cause = |cause: &Moving| match cause {
            Moving::Event(event) => Some(Cause::Event { event: event.clone() }),
            Moving::At(instant, written) => {
                Some(Cause::Instant { instant: *instant, written: written.clone() })
            }
            Moving::After(_) => None, // an instant, once the agreement is open
        };
        let causes: Vec<Cause> = next.causes.iter().filter_map(|it| cause(it)).collect();
        let value = next.value.is.clone();
        if next.all {
            Self { value, all_of: Some(causes), first_of: None }
        } else {
            Self { value, all_of: None, first_of: Some(causes) }
        }
    }
}

impl Back {
    fn of(attribute: &AttributeState<'_>) -> Option<Self> {
        let mut events: Vec<Named> = annulling(attribute.back.iter())
            .into_iter()
            .map(|event| Named { event: event.clone() })
            .collect();
        match events.len() {
            0 | 1 => events.pop().map(Self::One),
            _ => Some(Self::Several(events)),
        }
    }
}
