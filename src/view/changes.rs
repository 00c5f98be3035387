//! What entries, or time alone, brought about, in words.

use crate::engine::State;
use crate::engine::ballot::BallotRun;
use crate::engine::licence::{AttributeState, GrantState, Licence};
use crate::values::Instant;
use crate::view::time;

/// The differences between two states of an agreement: cases that moved, ballots, events, grants.
pub fn between(before: Option<&State>, after: &State) -> Vec<String> {
    let Some(before) = before else { return vec![format!("the agreement {} is open", after.agreement)] };
    let mut changes = but_grants(before, after);
    changes.extend(by_entries(before, after));
    changes
}

/// The same, without grants.
fn but_grants(before: &State, after: &State) -> Vec<String> {
    let mut changes = Vec::new();
    if after.workflow.digest != before.workflow.digest {
        let (old, new) = (&before.workflow, &after.workflow);
        changes.push(format!("the workflow {} (“{}”) is in force", new.digest.short(), new.title));
        changes.push(format!("{} answers for the time until then", old.digest.short()));
    }
    for case in after.cases.values() {
        let known = before.case(&case.id);
        let moved = known.map_or(0, |known| known.path.len());
        for step in case.path.iter().skip(moved) {
            changes.push(format!("{} is now in the state {}: {}", case.id, step.to, step.why.words));
        }
        for run in &case.ballots {
            let was = known.and_then(|known| known.ballots.iter().find(|known| known.id == run.id));
            changes.extend(moved_ballot(was.map(|was| &**was), run));
        }
    }
    for occurrence in after.events.iter().skip(before.events.len()) {
        changes.push(format!("event {}", occurrence.event));
    }
    for (was, is) in before.events.iter().zip(&after.events) {
        if was.live() && !is.live() {
            changes.push(format!("event {} is annulled", is.event));
        }
    }
    changes
}

/// The grants that entries moved.
fn by_entries(before: &State, after: &State) -> Vec<String> {
    licence((before, after.last), (after, after.last))
}

/// The differences from one state and its instant to another, whether entries or time alone brought them about; and
/// whether the value of any grant is another one.
pub fn all(before: (&State, Instant), after: (&State, Instant)) -> (Vec<String>, bool) {
    let mut told = but_grants(before.0, after.0);
    let by_entries = by_entries(before.0, after.0);
    // An instant that a grant names moves it, and is no entry's doing. Where no time has passed there is none.
    let still = (before.1, after.1) == (after.0.last, after.0.last);
    let moved = if still { by_entries.clone() } else { licence(before, after) };
    let any = !moved.is_empty();
    told.extend(by_entries);
    let more: Vec<String> = moved.into_iter().filter(|moved| !told.contains(moved)).collect();
    told.extend(more);
    (told, any)
}

/// What has become of a ballot: that it opened, until when it is open now, and how it ended.
fn moved_ballot(was: Option<&BallotRun>, run: &BallotRun) -> Vec<String> {
    let mut changes = Vec::new();
    let (id, until) = (&run.id, time::plain(run.open_until()));
    match was {
        None => changes.push(format!("the ballot {id} is open until {until}")),
        Some(was) if was.open_until() != run.open_until() && run.closed.is_none() => {
            changes.push(match run.revealing() {
                Some(_) => format!("the votes on {id} can be revealed until {until}"),
                None if was.closes < run.closes => {
                    format!("the closing of the ballot {id} is put off to {until}")
                }
                // An outcome that has to last outlasts the window, or does no more.
                None => format!("the ballot {id} is now open until {until}"),
            });
        }
        Some(_) => {}
    }
    if was.is_none_or(|was| was.closed.is_none()) {
        changes.extend(run.closed.as_ref().map(|end| match &end.outcome {
            Some(outcome) => format!("the ballot {id} is closed: {outcome}"),
            None => format!("the ballot {id} is abandoned"),
        }));
    }
    changes
}

/// What has moved in the licence from one state and its instant to another: by entries, and by time alone.
pub fn licence((before, was): (&State, Instant), (after, is): (&State, Instant)) -> Vec<String> {
    moved_grants(before.licence(was).as_ref(), after.licence(is).as_ref())
}

fn moved_grants(before: Option<&Licence<'_>>, after: Option<&Licence<'_>>) -> Vec<String> {
    let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
    let same = |was: &GrantState<'_>| after.grants.iter().find(|is| is.grant.name == was.grant.name);
    before
        .grants
        .iter()
        .filter_map(|was| Some((was, same(was)?)))
        .flat_map(|(was, is)| moved(was, is))
        .collect()
}

fn moved(was: &GrantState<'_>, is: &GrantState<'_>) -> Vec<String> {
    let known =
        |was: &AttributeState<'_>| is.attributes.iter().find(|is| is.attribute.name == was.attribute.name);
    let pairs = was.attributes.iter().filter_map(|was| Some((was, known(was)?)));
    let moved = pairs.filter(|(was, is)| was.value.is != is.value.is);
    moved
        .map(|(was, now)| {
            let (grant, attribute) = (&is.grant.name, &now.attribute.name);
            format!("{grant}, {attribute}: {} → {}", was.value.is, now.value.is)
        })
        .collect()
}
