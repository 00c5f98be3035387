//! Which rights are in force: the one place that derives it, from the events and the time asked for.
//!
//! Every attribute of a grant moves forward through its values; a value holds from the instant at which
//! its first (or last) cause came. An annulled event is left out and the value derived anew: nothing
//! "switches back".

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::event::Occurrence;
use crate::engine::state::State;
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
    /// An event occurred.
    Event(Arc<Occurrence>),
    /// An instant came; with the offset in which the workflow wrote it.
    Instant(String),
    /// The event that had moved it further was annulled.
    Annulled(Arc<Occurrence>),
}

/// What is in force at an instant.
#[derive(Debug, Clone)]
pub struct Licence<'a> {
    /// The instant.
    pub at: Instant,
    /// Whether that is later than the last entry: then it is what follows if nobody has acted since.
    pub beyond_last_entry: bool,
    /// Every grant, in the workflow's order.
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
    /// The event that would annul the one to which the value is owed, where the workflow has one: the value is
    /// then derived anew.
    pub back: Option<&'a Id>,
}

/// A later value of an attribute.
#[derive(Debug, Clone)]
pub struct Next<'a> {
    /// The value.
    pub value: &'a Value,
    /// Whether all causes are needed, or the first.
    pub all: bool,
    /// What has not come yet.
    pub causes: Vec<&'a Cause>,
}

impl State {
    /// Every grant at `at`, as this state of the record shows it. This state must be the one at `at`
    /// ([`State::at`]) where `at` is later than the last entry.
    ///
    /// Returns `None` before the agreement was opened: it granted nothing yet.
    pub fn licence(&self, at: Instant) -> Option<Licence<'_>> {
        if at < self.opened {
            return None;
        }
        let timelines = self.timelines.get_or_init(|| Arc::new(self.derive()));
        let grants = self.workflow.grants.iter().zip(timelines.iter());
        let grants = grants.map(|(grant, timelines)| GrantState {
            grant,
            attributes: self.attributes(grant, timelines, at),
        });
        Some(Licence { at, beyond_last_entry: at > self.last, grants: grants.collect() })
    }

    fn derive(&self) -> Timelines {
        let of_grant =
            |grant: &Grant| grant.attributes.iter().map(|attribute| self.timeline(attribute)).collect();
        self.workflow.grants.iter().map(of_grant).collect()
    }

    fn timeline(&self, attribute: &Attribute) -> Timeline {
        let mut timeline: Timeline = Vec::new();
        for instant in self.turning_points(attribute) {
            let (value, because) = self.value_at(attribute, instant);
            let (since, because) = match timeline.last() {
                Some(last) if last.value == value && last.because == because => continue,
                Some(last) if last.value == value => (last.since, because),
                Some(last) if last.value > value => {
                    (instant, self.annulled_at(attribute, instant).unwrap_or(because))
                }
                _ => (instant, because),
            };
            timeline.push(Period { from: instant, since, value, because });
        }
        timeline
    }

    /// Every instant at which the attribute could change, from the opening on.
    fn turning_points(&self, attribute: &Attribute) -> BTreeSet<Instant> {
        let mut points = BTreeSet::from([self.opened]);
        for cause in attribute.values.iter().filter_map(|value| value.moves.as_ref()).flat_map(Moves::causes)
        {
            match cause {
                Cause::At(at, _) => {
                    points.insert((*at).max(self.opened));
                }
                Cause::Event(event) => {
                    for occurrence in self.occurrences(event) {
                        points.insert(occurrence.at);
                        points.extend(occurrence.until());
                    }
                }
            }
        }
        points
    }

    fn occurrences<'a>(&'a self, event: &'a Id) -> impl Iterator<Item = &'a Arc<Occurrence>> {
        self.events.iter().filter(move |occurrence| occurrence.event == *event)
    }

    /// The furthest value whose causes have come by `at`.
    fn value_at(&self, attribute: &Attribute, at: Instant) -> (usize, Because) {
        let come = attribute.values.iter().enumerate().rev().find_map(|(place, value)| {
            let (_, because) = self.come(value.moves.as_ref()?, at)?;
            Some((place, because))
        });
        come.unwrap_or((0, Because::Opening))
    }

    /// When and through what a value's causes had come, seen from `at`.
    fn come(&self, moves: &Moves, at: Instant) -> Option<(Instant, Because)> {
        let came = moves.causes().iter().map(|cause| self.came(cause, at));
        match moves {
            // Of equals the first listed, as everywhere in a workflow.
            Moves::FirstOf(_) => came.flatten().min_by_key(|(instant, _)| *instant),
            Moves::AllOf(_) => {
                came.collect::<Option<Vec<_>>>()?.into_iter().max_by_key(|(instant, _)| *instant)
            }
        }
    }

    fn came(&self, cause: &Cause, at: Instant) -> Option<(Instant, Because)> {
        match cause {
            Cause::At(instant, written) => {
                (*instant <= at).then(|| (*instant, Because::Instant(written.clone())))
            }
            Cause::Event(event) => self
                .occurrences(event)
                .find(|occurrence| occurrence.at <= at && occurrence.until().is_none_or(|until| at < until))
                .map(|occurrence| (occurrence.at, Because::Event(Arc::clone(occurrence)))),
        }
    }

    /// The annulment of one of the attribute's own causes that took effect at an instant: one act may annul others
    /// too at that second.
    fn annulled_at(&self, attribute: &Attribute, instant: Instant) -> Option<Because> {
        let moves = attribute.values.iter().filter_map(|value| value.moves.as_ref());
        let causes: Vec<&Cause> = moves.flat_map(Moves::causes).collect();
        let own = |event: &Id| causes.iter().any(|cause| matches!(cause, Cause::Event(own) if own == event));
        let annulled = self
            .events
            .iter()
            .find(|occurrence| occurrence.until() == Some(instant) && own(&occurrence.event));
        annulled.map(|occurrence| Because::Annulled(Arc::clone(occurrence)))
    }

    fn attributes<'a>(
        &'a self,
        grant: &'a Grant,
        timelines: &[Timeline],
        at: Instant,
    ) -> Vec<AttributeState<'a>> {
        let states = grant.attributes.iter().zip(timelines).filter_map(|(attribute, timeline)| {
            let period = timeline.iter().rev().find(|period| period.from <= at)?;
            let value = attribute.values.get(period.value)?;
            let later = attribute.values.iter().skip(period.value + 1);
            let next = later.filter_map(|value| next(value, at)).collect();
            let back = self.annulling(&period.because);
            Some(AttributeState { attribute, value, period: period.clone(), next, back })
        });
        states.collect()
    }

    /// The event that would undo a reason.
    fn annulling(&self, because: &Because) -> Option<&Id> {
        let Because::Event(occurrence) = because else { return None };
        let event = self.workflow.events.iter().find(|event| event.name == occurrence.event)?;
        event.annulled.as_ref().map(|annulment| &annulment.by)
    }
}

fn next(value: &Value, at: Instant) -> Option<Next<'_>> {
    let moves = value.moves.as_ref()?;
    let to_come = |cause: &&Cause| !matches!(cause, Cause::At(instant, _) if *instant <= at);
    let causes = moves.causes().iter().filter(to_come).collect();
    Some(Next { value, all: matches!(moves, Moves::AllOf(_)), causes })
}
