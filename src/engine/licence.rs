//! Which rights are in force: the one place that derives it, from the events and the time asked for.
//!
//! Every attribute of a grant moves forward through its values; a value holds from the instant at which
//! its first (or last) cause came. An annulled event is left out and the value derived anew: nothing
//! "switches back". An amendment is never retroactive: each workflow answers for the time in which it was in force.

use std::borrow::Cow;
use std::sync::Arc;

use crate::engine::event::Occurrence;
use crate::engine::in_force::InForce;
use crate::engine::panel::Done;
use crate::engine::state::State;
use crate::statement::CaseRef;
use crate::values::{Id, Instant};
use crate::workflow::model::{Attribute, Cause, Grant, Moves, Value};

/// The timeline of every attribute, grant by grant in the workflow's order.
pub type Timelines = Vec<Vec<Timeline>>;

/// The values of one attribute over time: never empty, the first period beginning with the agreement.
pub type Timeline = Vec<Period>;

/// A stretch of time in which an attribute has one value for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// Its first instant.
    pub from: Instant,
    /// Since when the attribute has had this value, whatever the reason was.
    pub since: Instant,
    /// The place of the value in the attribute's list.
    pub value: usize,
    /// Why.
    pub because: Because,
}

/// Why an attribute has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// So it was when the agreement was opened.
    Opening,
    /// So the amendment put it.
    Amendment(Done),
    /// An event occurred.
    Event(Arc<Occurrence>),
    /// An instant came; with the offset in which the workflow wrote it.
    Instant(String),
    /// The event that had moved it further was annulled.
    Annulled(Arc<Occurrence>),
}

impl Because {
    /// Whether a case is behind it: it emitted the event, or annulled it.
    pub fn is_of(&self, case: &CaseRef) -> bool {
        match self {
            Self::Event(occurrence) => occurrence.case == *case,
            Self::Annulled(occurrence) => occurrence.case == *case || occurrence.annulled_by(case),
            Self::Opening | Self::Amendment(_) | Self::Instant(_) => false,
        }
    }

    /// The entry that brought it about, where it was not time alone; of the opening none is told.
    pub fn entry(&self) -> Option<u64> {
        match self {
            Self::Event(occurrence) => occurrence.why.entry,
            Self::Annulled(occurrence) => occurrence.annulled.as_ref()?.why.entry,
            Self::Amendment(done) => Some(done.entry),
            Self::Opening | Self::Instant(_) => None,
        }
    }
}

/// What is in force at an instant.
#[derive(Debug, Clone)]
pub struct Licence<'a> {
    /// The instant.
    pub at: Instant,
    /// Whether that is later than the last entry: then it is what follows if nobody has acted since.
    pub beyond_last_entry: bool,
    /// The workflow that was in force then.
    pub in_force: &'a InForce,
    /// Every grant, in the workflow's order; then those that an amendment ended.
    pub grants: Vec<GrantState<'a>>,
}

/// One grant at an instant.
#[derive(Debug, Clone)]
pub struct GrantState<'a> {
    /// The grant.
    pub grant: &'a Grant,
    /// Its attributes, in the workflow's order.
    pub attributes: Vec<AttributeState<'a>>,
}

/// One attribute at an instant.
#[derive(Debug, Clone)]
pub struct AttributeState<'a> {
    /// The attribute.
    pub attribute: &'a Attribute,
    /// Its value.
    pub value: &'a Value,
    /// Since when, and why.
    pub period: Period,
    /// The later values, each with what could bring it.
    pub next: Vec<Next<'a>>,
    /// Each event on which the value rests and that the workflow lets another annul: the value is then derived anew.
    pub back: Vec<Back<'a>>,
}

/// What could take from a value an event on which it rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Back<'a> {
    /// The event on which the value rests.
    pub rests_on: &'a Id,
    /// The event that annuls it.
    pub by: &'a Id,
    /// Whether that can still come, and the value is then another.
    pub can_come: bool,
}

/// A later value of an attribute.
#[derive(Debug, Clone)]
pub struct Next<'a> {
    /// The value.
    pub value: &'a Value,
    /// Whether all causes are needed, or the first.
    pub all: bool,
    /// The causes, less instants that have passed: what documents say, and certificates are checked by.
    pub causes: Vec<Cow<'a, Cause>>,
    /// Those that have not come yet.
    pub awaited: Vec<Cow<'a, Cause>>,
}

impl<'a> AttributeState<'a> {
    /// What can still take something from the value.
    pub fn undone_by(&self) -> impl Iterator<Item = &Back<'a>> {
        self.back.iter().filter(|back| back.can_come)
    }
}

impl State {
    /// Every grant at `at`, as this state of the record shows it. This state must be the one at `at`
    /// ([`State::at`]) where `at` is later than the last entry.
    ///
    /// Returns `None` before the agreement was opened: it granted nothing yet.
    pub fn licence(&self, at: Instant) -> Option<Licence<'_>> {
        let place = self.workflows.iter().rposition(|workflow| workflow.from.at <= at)?;
        let in_force = self.workflows.get(place)?;
        let timelines = self.timelines().get(place)?;
        let grants = in_force.grants().zip(timelines).map(|(grant, timelines)| GrantState {
            grant,
            attributes: self.attributes(in_force, grant, timelines, at),
        });
        Some(Licence { at, beyond_last_entry: at > self.last, in_force, grants: grants.collect() })
    }

    /// The value of an attribute of a grant at `at`, as [`State::licence`] says of an agreement that was never amended, without
    /// the history.
    pub fn value_of<'a>(&self, attribute: &'a Attribute, at: Instant) -> Option<&'a Value> {
        attribute.values.get(self.value_at(attribute, at))
    }

    fn attributes<'a>(
        &self,
        in_force: &'a InForce,
        grant: &'a Grant,
        timelines: &[Timeline],
        at: Instant,
    ) -> Vec<AttributeState<'a>> {
        let states = grant.attributes.iter().zip(timelines).filter_map(|(attribute, timeline)| {
            let period = period_at(timeline, at)?;
            let value = attribute.values.get(period.value)?;
            let later = attribute.values.iter().skip(period.value + 1);
            let next = later.filter_map(|value| self.next(value, at)).collect();
            let resting = self.rests_on(value, at).into_iter();
            let back =
                resting.filter_map(|event| self.back(in_force, (attribute, value), event, at)).collect();
            Some(AttributeState { attribute, value, period: period.clone(), next, back })
        });
        states.collect()
    }

    /// What could take an event from a value that rests on it.
    fn back<'a>(
        &self,
        in_force: &'a InForce,
        (attribute, value): (&Attribute, &Value),
        rests_on: &'a Id,
        at: Instant,
    ) -> Option<Back<'a>> {
        let by = &in_force.workflow.annulment(rests_on)?.by;
        let without = self.value_without(attribute, rests_on, at);
        let moves = attribute.values.get(without).is_none_or(|other| other.is != value.is);
        let occurred = &self.counting(rests_on, at)?.case;
        let may_come = in_force.workflow.procedures.iter().filter(|it| it.may_emit(by)).any(|procedure| {
            // Of the cases of its own procedure one undoes its own events alone.
            let own = procedure.name == occurred.procedure;
            let cases = || self.cases_of(&procedure.name);
            let one_more = u32::try_from(cases().count() + 1).unwrap_or(u32::MAX);
            let opens = !own && procedure.at_most.is_none_or(|most| one_more <= most);
            let mut undoing = cases().filter(|case| !own || case.id == *occurred);
            opens || undoing.any(|case| case.procedure().is_some_and(|it| it.still_emits(&case.state, by)))
        });
        Some(Back { rests_on, by, can_come: moves && may_come })
    }

    fn next<'a>(&self, value: &'a Value, at: Instant) -> Option<Next<'a>> {
        let moves = value.moves.as_ref()?;
        let past = |cause: &Cow<'_, Cause>| matches!(&**cause, Cause::At(instant, _) if *instant <= at);
        let came = |cause: &Cow<'_, Cause>| matches!(&**cause, Cause::Event(event) if self.counting(event, at).is_some());
        let causes: Vec<_> =
            moves.causes().iter().map(|cause| cause.since(self.opened)).filter(|it| !past(it)).collect();
        let awaited = causes.iter().filter(|it| !came(it)).cloned().collect();
        Some(Next { value, all: matches!(moves, Moves::AllOf(_)), causes, awaited })
    }
}

/// The period of a timeline in which an instant lies.
pub(super) fn period_at(timeline: &[Period], at: Instant) -> Option<&Period> {
    timeline.get(..timeline.partition_point(|period| period.from <= at))?.last()
}
