//! Whether the right to name for a seat has passed to somebody else before the case has come to where its seats are
//! needed. The time of `vacant` counts from the opening of the case, whatever state it is in.

use std::collections::BTreeMap;

use super::Checker;
use crate::values::{Id, Span};
use crate::workflow::model::{Delay, Origin, Procedure, State, Step, Trigger, Vacancy};

pub(super) fn check(c: &mut Checker<'_>, procedure: &Procedure) {
    let Some(panel) = c.workflow.own_panel(procedure) else { return };
    let Some(vacancy) = &panel.vacancy else { return };
    if !panel.seats.iter().any(|seat| vacancy.changes(seat)) {
        return;
    }
    let Some((state, way)) = way_to_the_seats(procedure) else { return };
    if vacancy.after.longest() <= way {
        let message = format!(
            "the right to name for `{}` passes to `{}` {} after the opening of the case, and `{state}`, where its seats are \
             needed, may come as late as after {way}",
            panel.name, vacancy.filled_by, vacancy.after
        );
        let help = format!(
            "It counts from the opening: add the time to name to the way there, as in after = \"{}\"",
            way.and(vacancy.after.longest())
        );
        c.warn(&format!("panel.{}.vacant.after", panel.name), message, help);
    // Where it never passes in time, it is told who can keep the case from going on.
    } else if let Some((state, end)) =
        ends_before(procedure, vacancy).filter(|_| passes_in_time(procedure, vacancy))
    {
        let message = format!(
            "the right to name for `{}` passes to `{}` {} after the opening of the case, and `{state}`, which waits for its \
             seats, may have ended {end} after it",
            panel.name, vacancy.filled_by, vacancy.after
        );
        let help = "Count the clock of that state from the opening as well (of = \"opened\"), longer than the way there and \
                    this time";
        c.warn(&format!("panel.{}.vacant.after", panel.name), message, help);
    }
}

/// A state that waits for seats and, entered as early as it can be, has ended before the right to name passes on.
fn ends_before<'p>(procedure: &'p Procedure, vacancy: &Vacancy) -> Option<(&'p Id, Span)> {
    let earliest = earliest(procedure);
    let states = procedure.states.iter().filter(|state| waits_for_seats(state));
    let states = states.filter(|state| !state.doings().any(|doing| doing.extends.is_some()));
    let ends = states.filter_map(|state| {
        let come = *earliest.get(&state.name)?;
        Some((&state.name, state.steps.iter().filter_map(|step| ends(step, come)).min()?))
    });
    ends.min_by_key(|(_, end)| *end).filter(|(_, end)| *end <= vacancy.after.shortest())
}

/// How early after the opening of the case each state can be entered before anybody has voted, where whoever may act does
/// so at once.
fn earliest(procedure: &Procedure) -> BTreeMap<&Id, Span> {
    let mut earliest: BTreeMap<&Id, Span> = [(&procedure.start, Span::from_seconds(0))].into();
    let mut open = vec![&procedure.start];
    while let Some(name) = open.pop() {
        let (Some(state), Some(come)) = (procedure.state(name), earliest.get(name).copied()) else {
            continue;
        };
        if waits_for_seats(state) || state.ballots().next().is_some() {
            continue;
        }
        for step in &state.steps {
            let Some(to) = &step.to else { continue };
            let there = match &step.trigger {
                Trigger::After(delay) => since_opening(delay, come),
                Trigger::Do(doing) => doing.not_before.as_ref().and_then(|delay| since_opening(delay, come)),
                _ => None,
            };
            let there = there.unwrap_or(come);
            if earliest.get(to).is_none_or(|known| there < *known) {
                earliest.insert(to, there);
                open.push(to);
            }
        }
    }
    earliest
}

/// Whether the right to name passes to somebody else before every state has ended that waits for seats. Where it is not
/// known when one has, it does.
pub(super) fn passes_in_time(procedure: &Procedure, vacancy: &Vacancy) -> bool {
    let waiting = waiting(procedure);
    let in_time = |(state, come): &(&State, Span)| {
        let put_off = state.doings().any(|doing| doing.extends.is_some());
        let end = state.steps.iter().filter_map(|step| ends(step, *come)).min();
        put_off || end.is_none_or(|end| vacancy.after.shortest() < end)
    };
    waiting.is_empty() || waiting.iter().any(in_time)
}

/// The state that waits for seats to which the longest of the ways of fewest steps leads, and how long it can be, where
/// no clock stands still.
fn way_to_the_seats(procedure: &Procedure) -> Option<(&Id, Span)> {
    let waiting = waiting(procedure).into_iter().rev();
    waiting.max_by_key(|(_, way)| *way).map(|(state, way)| (&state.name, way))
}

/// The states that wait for seats to which the ways of fewest steps lead, and how long these can be at most.
fn waiting(procedure: &Procedure) -> Vec<(&State, Span)> {
    let mut layer: BTreeMap<&Id, Span> = [(&procedure.start, Span::from_seconds(0))].into();
    let mut seen: Vec<&Id> = Vec::new();
    let mut waiting: Vec<(&State, Span)> = Vec::new();
    while !layer.is_empty() {
        seen.extend(layer.keys());
        let mut next: BTreeMap<&Id, Span> = BTreeMap::new();
        for (name, come) in layer {
            let Some(state) = procedure.state(name) else { continue };
            if waits_for_seats(state) {
                waiting.push((state, come));
                continue;
            }
            // Whoever sits votes: whoever is to sit was to be named before.
            if state.ballots().next().is_some() {
                continue;
            }
            // Where nothing is known to end the state, nothing is said of it.
            let Some(end) = state.steps.iter().filter_map(|step| ends(step, come)).min() else { continue };
            for step in &state.steps {
                let Some(to) = step.to.as_ref().filter(|to| !seen.contains(to)) else { continue };
                let left = latest(step, come).map_or(end, |latest| latest.min(end));
                let there = next.entry(to).or_insert(left);
                *there = (*there).max(left);
            }
        }
        layer = next;
    }
    waiting
}

fn waits_for_seats(state: &State) -> bool {
    let waits = |step: &Step| matches!(&step.trigger, Trigger::When(condition) if condition.counts_seats());
    state.steps.iter().any(waits)
}

/// By when after the opening of the case the state has ended by this step, if it was entered at `come`.
fn ends(step: &Step, come: Span) -> Option<Span> {
    match &step.trigger {
        Trigger::After(delay) if step.to.is_some() && step.at_most.is_none() => since_opening(delay, come),
        _ => None,
    }
}

/// Until when after the opening of the case this step can be taken, as far as it says so itself.
fn latest(step: &Step, come: Span) -> Option<Span> {
    match &step.trigger {
        Trigger::After(delay) => since_opening(delay, come),
        Trigger::Do(doing) => since_opening(doing.within.as_ref()?, come),
        _ => None,
    }
}

fn since_opening(delay: &Delay, come: Span) -> Option<Span> {
    let length = delay.length.shortest();
    match delay.of {
        Origin::Entered => Some(come.and(length)),
        Origin::Opened => Some(length.max(come)),
        Origin::Served | Origin::Agreement | Origin::Filled | Origin::Event(_) => None,
    }
}
