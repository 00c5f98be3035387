//! Which rights are in force: the one place that derives it, from the events and the time asked for.
//!
//! Every attribute of a grant moves forward through its values; a value holds from the instant at which
//! its first (or last) cause came. An annulled event is left out and the value derived anew: nothing
//! "switches back". An amendment is never retroactive: each workflow answers for the time in which it was in force.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::event::Occurrence;
use crate::engine::in_force::InForce;
use crate::engine::panel::Done;
use crate::engine::state::State;
use crate::values::{Id, Instant};
use crate::workflow::Workflow;
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
        let place = self.workflows.iter().rposition(|workflow| workflow.from.at <= at)?;
        let in_force = self.workflows.get(place)?;
        let timelines = self.timelines.get_or_init(|| Arc::new(self.derive())).get(place)?;
        let grants = in_force.grants().zip(timelines).map(|(grant, timelines)| GrantState {
            grant,
            attributes: attributes(in_force, grant, timelines, at),
        });
        Some(Licence { at, beyond_last_entry: at > self.last, in_force, grants: grants.collect() })
    }

    /// The value of an attribute of a grant at `at`, as [`State::licence`] says of an agreement that was never amended, without
    /// the history.
    pub fn value_of<'a>(&self, attribute: &'a Attribute, at: Instant) -> Option<&'a Value> {
        attribute.values.get(self.value_at(attribute, at, &Because::Opening).0)
    }

    /// The timelines under each workflow that was in force; each goes on from where the one before it had come.
    fn derive(&self) -> Vec<Timelines> {
        let mut all: Vec<Timelines> = Vec::new();
        let mut before: Option<&InForce> = None;
        for in_force in self.workflows.iter() {
            let of_grant = |grant: &Grant| {
                let of_attribute = |attribute: &Attribute| {
                    let was = before.zip(all.last()).and_then(|(before, timelines)| {
                        was(
                            before,
                            timelines,
                            in_force.carries.get(&grant.name)?,
                            attribute,
                            in_force.from.at,
                        )
                    });
                    self.timeline(in_force, attribute, was)
                };
                grant.attributes.iter().map(of_attribute).collect()
            };
            let timelines = in_force.grants().map(of_grant).collect();
            all.push(timelines);
            before = Some(in_force);
        }
        all
    }

    /// The values of an attribute from the day on which its workflow came into force. `was` is the value before that
    /// and its period, where the attribute goes on.
    fn timeline(&self, in_force: &InForce, attribute: &Attribute, was: Option<(&str, &Period)>) -> Timeline {
        let base = match in_force.occasion {
            None => Because::Opening,
            Some(_) => Because::Amendment(in_force.from),
        };
        let mut timeline: Timeline = Vec::new();
        let mut derived: Option<Because> = None;
        for instant in self.turning_points(attribute, in_force.from.at) {
            let (value, because) = self.value_at(attribute, instant, &base);
            if timeline.last().is_some_and(|last| last.value == value) && derived.as_ref() == Some(&because) {
                continue;
            }
            derived = Some(because.clone());
            let (since, because) = match timeline.last() {
                Some(last) if last.value == value => (last.since, because),
                Some(last) if last.value > value => {
                    (instant, self.annulled_at(attribute, instant).unwrap_or(because))
                }
                Some(_) => (instant, because),
                None => first(attribute, value, because, was, in_force),
            };
            timeline.push(Period { from: instant, since, value, because });
        }
        timeline
    }

    /// Every instant at which the attribute could change, from that at which its workflow came into force.
    fn turning_points(&self, attribute: &Attribute, from: Instant) -> BTreeSet<Instant> {
        let mut points = BTreeSet::from([from]);
        for cause in attribute.values.iter().filter_map(|value| value.moves.as_ref()).flat_map(Moves::causes)
        {
            match cause {
                Cause::At(at, _) => {
                    points.insert((*at).max(from));
                }
                Cause::Event(event) => {
                    for occurrence in self.occurrences(event) {
                        points.insert(occurrence.at.max(from));
                        points.extend(occurrence.until().map(|until| until.max(from)));
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
    fn value_at(&self, attribute: &Attribute, at: Instant, base: &Because) -> (usize, Because) {
        let come = attribute.values.iter().enumerate().rev().find_map(|(place, value)| {
            let (_, because) = self.come(value.moves.as_ref()?, at)?;
            Some((place, because))
        });
        come.unwrap_or_else(|| (0, base.clone()))
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
}

/// What an attribute had come to when the next workflow came into force: its value in words, and that period.
fn was<'a>(
    before: &'a InForce,
    timelines: &'a Timelines,
    grant: &Id,
    attribute: &Attribute,
    at: Instant,
) -> Option<(&'a str, &'a Period)> {
    let (grant, timelines) =
        before.grants().zip(timelines).find(|(candidate, _)| candidate.name == *grant)?;
    let mut attributes = grant.attributes.iter().zip(timelines);
    let (attribute, timeline) = attributes.find(|(candidate, _)| candidate.name == attribute.name)?;
    let period = timeline.iter().rev().find(|period| period.from <= at)?;
    Some((attribute.values.get(period.value)?.is.as_str(), period))
}

/// Since when and why an attribute has the value that it has when its workflow comes into force: where it had the
/// same before, as before; otherwise by the amendment, which is never retroactive.
fn first(
    attribute: &Attribute,
    value: usize,
    because: Because,
    was: Option<(&str, &Period)>,
    in_force: &InForce,
) -> (Instant, Because) {
    let is = attribute.values.get(value).map(|value| value.is.as_str());
    match was {
        Some((words, period)) if is == Some(words) => (period.since, period.because.clone()),
        _ if in_force.occasion.is_none() || follows(&because, in_force.from) => (in_force.from.at, because),
        _ => (in_force.from.at, Because::Amendment(in_force.from)),
    }
}

/// Whether a reason is an event of an entry after this one, be it in the same second.
fn follows(because: &Because, done: Done) -> bool {
    matches!(because, Because::Event(occurrence) if occurrence.why.entry.is_some_and(|entry| entry > done.entry))
}

fn attributes<'a>(
    in_force: &'a InForce,
    grant: &'a Grant,
    timelines: &[Timeline],
    at: Instant,
) -> Vec<AttributeState<'a>> {
    let states = grant.attributes.iter().zip(timelines).filter_map(|(attribute, timeline)| {
        let period = timeline.iter().rev().find(|period| period.from <= at)?;
        let value = attribute.values.get(period.value)?;
        let later = attribute.values.iter().skip(period.value + 1);
        let next = later.filter_map(|value| next(value, at)).collect();
        let back = annulling(&in_force.workflow, attribute, &period.because);
        Some(AttributeState { attribute, value, period: period.clone(), next, back })
    });
    states.collect()
}

/// The event that would undo a reason, where the attribute hangs on it.
fn annulling<'a>(workflow: &'a Workflow, attribute: &Attribute, because: &Because) -> Option<&'a Id> {
    let Because::Event(occurrence) = because else { return None };
    let causes = attribute.values.iter().filter_map(|value| value.moves.as_ref()).flat_map(Moves::causes);
    let mut causes =
        causes.filter(|cause| matches!(cause, Cause::Event(event) if *event == occurrence.event));
    causes.next()?;
    let event = workflow.events.iter().find(|event| event.name == occurrence.event)?;
    event.annulled.as_ref().map(|annulment| &annulment.by)
}

fn next(value: &Value, at: Instant) -> Option<Next<'_>> {
    let moves = value.moves.as_ref()?;
    let to_come = |cause: &&Cause| !matches!(cause, Cause::At(instant, _) if *instant <= at);
    let causes = moves.causes().iter().filter(to_come).collect();
    Some(Next { value, all: matches!(moves, Moves::AllOf(_)), causes })
}
