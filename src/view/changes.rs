//! What entries, or time alone, brought about, in words.

use crate::engine::State;
use crate::engine::licence::{AttributeState, GrantState, Licence};
use crate::values::Instant;

/// The differences between two states of an agreement: cases that moved, ballots, events, grants.
pub fn between(before: Option<&State>, after: &State) -> Vec<String> {
    let Some(before) = before else { return vec![format!("the agreement {} is open", after.agreement)] };
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
            if was.is_none() {
                changes.push(format!(
                    "the ballot {} is open until {}",
                    run.id,
                    crate::view::time::plain(run.closes)
                ));
            }
            if was.is_some_and(|was| was.closes != run.closes) && run.closed.is_none() {
                let until = crate::view::time::plain(run.closes);
                changes.push(match run.revealing() {
                    Some(_) => format!("the votes on {} can be revealed until {until}", run.id),
                    None => format!("the closing of the ballot {} is put off to {until}", run.id),
                });
            }
            let closed = was.is_none_or(|was| was.closed.is_none());
            if let Some(outcome) = run.closed.as_ref().filter(|_| closed).and_then(|end| end.outcome.as_ref())
            {
                changes.push(format!("the ballot {} is closed: {outcome}", run.id));
            }
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
    changes.extend(licence((before, after.last), (after, after.last)));
    changes
}

/// The differences from one state and its instant to another, whether entries or time alone brought them about; and
/// whether the value of any grant is another one.
pub fn all(before: (&State, Instant), after: (&State, Instant)) -> (Vec<String>, bool) {
    let mut told = between(Some(before.0), after.0);
    // An instant that a grant names moves it, and is no entry's doing.
    let moved = licence(before, after);
    let any = !moved.is_empty();
    let more: Vec<String> = moved.into_iter().filter(|moved| !told.contains(moved)).collect();
    told.extend(more);
    (told, any)
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
