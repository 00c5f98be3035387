//! The timelines of licences, from the events of the whole record: in one sweep over them, however many there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::engine::event::{Events, Occurrence};
use crate::engine::in_force::InForce;
use crate::engine::licence::{Because, Period, Timeline, Timelines, period_at};
use crate::engine::panel::Done;
use crate::engine::state::State;
use crate::values::{Id, Instant};
use crate::workflow::model::{Attribute, Cause, Grant, Moves, Value};

impl State {
    /// The timelines under each workflow that was in force, derived once.
    pub(super) fn timelines(&self) -> &[Timelines] {
        self.timelines.get_or_init(|| Arc::new(self.derive()))
    }

    /// The timelines under each workflow that was in force; each goes on from where the one before it had come.
    fn derive(&self) -> Vec<Timelines> {
        let mut all: Vec<Timelines> = Vec::new();
        let mut before: Option<&InForce> = None;
        let courses = Courses::of(&self.events, self.opened);
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
                    courses.timeline(in_force, attribute, was)
                };
                grant.attributes.iter().map(of_attribute).collect()
            };
            let timelines = in_force.grants().map(of_grant).collect();
            all.push(timelines);
            before = Some(in_force);
        }
        all
    }

    /// The place of the furthest value of an attribute whose causes have come by `at`.
    pub(super) fn value_at(&self, attribute: &Attribute, at: Instant) -> usize {
        value_at(attribute, (at, self.opened), &Because::Opening, |event| self.counting(event, at)).0
    }

    /// The place of the value that an attribute would have at `at` if an event had not come.
    pub(super) fn value_without(&self, attribute: &Attribute, event: &Id, at: Instant) -> usize {
        let counting = |other: &Id| self.counting(other, at).filter(|_| other != event);
        value_at(attribute, (at, self.opened), &Because::Opening, counting).0
    }

    /// The events on which a value rests at `at`, as its moves name them: of `all-of` every event, the instant among
    /// them counting only with those; of `first-of` the one that came first, if an event did.
    pub(super) fn rests_on<'a>(&self, value: &'a Value, at: Instant) -> Vec<&'a Id> {
        let came = |cause: &'a Cause| match cause {
            Cause::At(instant, _) => (*instant <= at).then_some((*instant, None)),
            Cause::After(span) => {
                let instant = self.opened.plus(*span);
                (instant <= at).then_some((instant, None))
            }
            Cause::Event(event) => self.counting(event, at).map(|it| (it.at, Some(event))),
        };
        match value.moves.as_ref() {
            None => Vec::new(),
            Some(Moves::FirstOf(causes)) => {
                let first = causes.iter().filter_map(came).min_by_key(|(instant, _)| *instant);
                first.and_then(|(_, event)| event).into_iter().collect()
            }
            Some(Moves::AllOf(causes)) => {
                causes.iter().filter_map(came).filter_map(|(_, event)| event).collect()
            }
        }
    }

    /// The earliest occurrence of an event that counts at an instant.
    pub(super) fn counting(&self, event: &Id, at: Instant) -> Option<&Arc<Occurrence>> {
        let occurrences = self.events.iter().filter(|occurrence| occurrence.event == *event);
        occurrences.into_iter().find(|it| it.at <= at && it.until().is_none_or(|until| at < until))
    }
}

/// What became of each event over time.
struct Courses<'a> {
    of_event: BTreeMap<&'a Id, Course<'a>>,
    /// When the agreement was opened.
    opened: Instant,
}

/// What became of one event.
#[derive(Default)]
struct Course<'a> {
    /// Every instant at which an occurrence came or no longer counted.
    points: BTreeSet<Instant>,
    /// The earliest occurrence that counts, from an instant on until the next.
    counting: Vec<(Instant, Option<&'a Arc<Occurrence>>)>,
    /// The earliest occurrence, with its number, that counts no more from an instant on.
    annulled: BTreeMap<Instant, (usize, &'a Arc<Occurrence>)>,
}

impl<'a> Courses<'a> {
    fn of(events: &'a Events, opened: Instant) -> Self {
        let mut by_event: BTreeMap<&Id, Vec<(usize, &Arc<Occurrence>)>> = BTreeMap::new();
        for (number, occurrence) in events.iter().enumerate() {
            by_event.entry(&occurrence.event).or_default().push((number, occurrence));
        }
        let of_event = by_event.into_iter().map(|(event, all)| (event, Course::of(&all))).collect();
        Self { of_event, opened }
    }

    /// The earliest occurrence of an event that counts at an instant.
    fn counting(&self, event: &Id, at: Instant) -> Option<&'a Arc<Occurrence>> {
        let counting = &self.of_event.get(event)?.counting;
        counting.get(..counting.partition_point(|(from, _)| *from <= at))?.last()?.1
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
            let (value, because) =
                value_at(attribute, (instant, self.opened), &base, |event| self.counting(event, instant));
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
        for cause in causes(attribute) {
            match cause {
                Cause::At(at, _) => drop(points.insert((*at).max(from))),
                Cause::After(span) => drop(points.insert(self.opened.plus(*span).max(from))),
                Cause::Event(event) => {
                    points.extend(
                        self.of_event.get(event).iter().flat_map(|course| course.points.range(from..)),
                    );
                }
            }
        }
        points
    }

    /// The annulment of one of the attribute's own causes that took effect at an instant: one act may annul others
    /// too at that second.
    fn annulled_at(&self, attribute: &Attribute, instant: Instant) -> Option<Because> {
        let own = causes(attribute).filter_map(|cause| match cause {
            Cause::Event(event) => self.of_event.get(event)?.annulled.get(&instant),
            Cause::At(..) | Cause::After(_) => None,
        });
        let (_, occurrence) = own.min_by_key(|(number, _)| *number)?;
        Some(Because::Annulled(Arc::clone(occurrence)))
    }
}

impl<'a> Course<'a> {
    /// The course of an event that occurred so often, the earliest first.
    fn of(occurrences: &[(usize, &'a Arc<Occurrence>)]) -> Self {
        let mut course = Self::default();
        // Who comes and who goes at an instant, by place in the list.
        let mut turns: BTreeMap<Instant, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for (place, (number, occurrence)) in occurrences.iter().enumerate() {
            let until = occurrence.until();
            course.points.insert(occurrence.at);
            if let Some(until) = until {
                course.points.insert(until);
                course.annulled.entry(until).or_insert((*number, *occurrence));
            }
            if until.is_none_or(|until| occurrence.at < until) {
                turns.entry(occurrence.at).or_default().0.push(place);
                if let Some(until) = until {
                    turns.entry(until).or_default().1.push(place);
                }
            }
        }
        let mut now: BTreeSet<usize> = BTreeSet::new();
        for (at, (come, go)) in turns {
            now.extend(come);
            for place in go {
                now.remove(&place);
            }
            let first =
                now.first().and_then(|place| occurrences.get(*place)).map(|(_, occurrence)| *occurrence);
            course.counting.push((at, first));
        }
        course
    }
}

fn causes(attribute: &Attribute) -> impl Iterator<Item = &Cause> {
    attribute.values.iter().filter_map(|value| value.moves.as_ref()).flat_map(Moves::causes)
}

/// The furthest value whose causes have come by `at` in an agreement that was opened then; `counting` gives the earliest occurrence of an event that counts
/// then.
fn value_at<'a>(
    attribute: &Attribute,
    (at, opened): (Instant, Instant),
    base: &Because,
    counting: impl Fn(&Id) -> Option<&'a Arc<Occurrence>>,
) -> (usize, Because) {
    let came = |cause: &Cause| match &*cause.since(opened) {
        Cause::At(instant, written) => {
            (*instant <= at).then(|| (*instant, Because::Instant(written.clone())))
        }
        Cause::Event(event) => counting(event).map(|it| (it.at, Because::Event(Arc::clone(it)))),
        Cause::After(_) => None, // an instant by now
    };
    // When and through what a value's causes had come.
    let come = |moves: &Moves| {
        let came = moves.causes().iter().map(came);
        match moves {
            // Of equals the first listed, as everywhere in a workflow.
            Moves::FirstOf(_) => came.flatten().min_by_key(|(instant, _)| *instant),
            Moves::AllOf(_) => {
                came.collect::<Option<Vec<_>>>()?.into_iter().max_by_key(|(instant, _)| *instant)
            }
        }
    };
    let furthest = attribute.values.iter().enumerate().rev().find_map(|(place, value)| {
        let (_, because) = come(value.moves.as_ref()?)?;
        Some((place, because))
    });
    furthest.unwrap_or_else(|| (0, base.clone()))
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
    let period = period_at(timeline, at)?;
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
