//! What a case has done to rights: every value that it has brought about, in its time.

use std::sync::{Arc, OnceLock};

use crate::engine::event::Occurrence;
use crate::engine::in_force::InForce;
use crate::engine::licence::{Because, Period};
use crate::engine::state::State;
use crate::statement::CaseRef;
use crate::values::Instant;
use crate::workflow::model::{Attribute, Cause, Grant, Moves, Value};

/// A value that an attribute has, or has had, by what a case has emitted or annulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held<'a> {
    /// The grant, as the text has it that was in force.
    pub grant: &'a Grant,
    /// The attribute.
    pub attribute: &'a Attribute,
    /// The value.
    pub value: &'a Value,
    /// Since when it was so.
    pub since: Instant,
    /// Until when, and what came then: another value, or another text. `None` while it lasts.
    pub until: Option<(Instant, Because)>,
    /// Why it was so first.
    pub because: Because,
    /// The case's own events on which it rests.
    pub rests_on: Vec<Arc<Occurrence>>,
    /// What the case has annulled that could have moved the attribute.
    pub annulled: Vec<Arc<Occurrence>>,
}

/// A time in which an attribute has one value under one text, be it for several reasons one after the other.
struct Stretch<'s> {
    first: &'s Period,
    until: Option<(Instant, Because)>,
}

impl Stretch<'_> {
    /// Whether the other has another value at some time of this one.
    fn differs(&self, other: &Self) -> bool {
        let ends_after = |it: &Self, at: Instant| it.until.as_ref().is_none_or(|(until, _)| at < *until);
        self.first.value != other.first.value
            && ends_after(self, other.first.from)
            && ends_after(other, self.first.from)
    }
}

impl State {
    /// Every value of an attribute by `at` to which the case has moved it, or which it would not have had then if the case
    /// had emitted nothing. What other cases have emitted is taken as it is.
    pub fn brought_about_by(&self, case: &CaseRef, at: Instant) -> Vec<Held<'_>> {
        let without = Self { events: self.events.without(case), timelines: OnceLock::new(), ..self.clone() };
        let mut all: Vec<Held<'_>> = Vec::new();
        for (place, text) in self.workflows.iter().enumerate().take_while(|(_, it)| it.from.at <= at) {
            let next = self.workflows.get(place + 1).filter(|next| next.from.at <= at);
            let ends = next.map(|next| (next.from.at, Because::Amendment(next.from)));
            let stretches = |timeline| stretches(timeline, at, ends.as_ref());
            let timelines = self.timelines().iter().zip(without.timelines()).nth(place);
            let timelines = timelines.into_iter().flat_map(|(is, would_be)| is.iter().zip(would_be));
            let mut found: Vec<Held<'_>> = Vec::new();
            for (grant, (is, would_be)) in text.grants().zip(timelines) {
                for (attribute, (is, would_be)) in grant.attributes.iter().zip(is.iter().zip(would_be)) {
                    let would_be = stretches(would_be);
                    let by_it = |stretch: &Stretch<'_>| {
                        stretch.first.because.is_of(case) || would_be.iter().any(|it| stretch.differs(it))
                    };
                    let moved = stretches(is).into_iter().filter(by_it);
                    found.extend(moved.filter_map(|it| self.held(case, (grant, attribute), it)));
                }
            }
            // What goes on under the next text is told there alone.
            all.retain(|moved| !found.iter().any(|it| goes_on(moved, text, it)));
            all.append(&mut found);
        }
        all
    }

    fn held<'a>(
        &'a self,
        case: &CaseRef,
        (grant, attribute): (&'a Grant, &'a Attribute),
        Stretch { first, until }: Stretch<'_>,
    ) -> Option<Held<'a>> {
        let value = attribute.values.get(first.value)?;
        let resting = self.rests_on(value, first.from).into_iter();
        let resting = resting.filter_map(|event| self.counting(event, first.from));
        let causes =
            || attribute.values.iter().filter_map(|value| value.moves.as_ref()).flat_map(Moves::causes);
        let annulled = self.events.iter().filter(|it| {
            it.annulled_by(case)
                && causes().any(|cause| matches!(cause, Cause::Event(event) if *event == it.event))
        });
        Some(Held {
            grant,
            attribute,
            value,
            since: first.since,
            until,
            because: first.because.clone(),
            rests_on: resting.filter(|it| it.case == *case).cloned().collect(),
            annulled: annulled.cloned().collect(),
        })
    }
}

fn stretches<'s>(timeline: &'s [Period], at: Instant, ends: Option<&(Instant, Because)>) -> Vec<Stretch<'s>> {
    let by_then = |period: &&Period| period.from <= at && ends.is_none_or(|(end, _)| period.from < *end);
    let mut all: Vec<Stretch<'_>> = Vec::new();
    for first in timeline.iter().filter(by_then) {
        if let Some(last) = all.last_mut() {
            if last.first.value == first.value {
                continue;
            }
            last.until = Some((first.from, first.because.clone()));
        }
        all.push(Stretch { first, until: ends.cloned() });
    }
    all
}

/// Whether a value is the one that the attribute still has under the next text.
fn goes_on(was: &Held<'_>, text: &InForce, is: &Held<'_>) -> bool {
    was.until.as_ref() == Some(&(text.from.at, Because::Amendment(text.from)))
        && text.carries.get(&is.grant.name) == Some(&was.grant.name)
        && (&was.attribute.name, &was.value.is, was.since) == (&is.attribute.name, &is.value.is, is.since)
}
