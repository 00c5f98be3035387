//! Acts that a statement could not tell apart: it names the case, the act and the actor, nothing more.

use super::{Checker, place_of_state};
use crate::values::Id;
use crate::workflow::model::{Actor, Actors, Doing, Procedure, State, Step, Trigger};

pub(super) fn check(c: &mut Checker<'_>, procedure: &Procedure) {
    let open = [(format!("procedure.{}.open", procedure.name), &procedure.open.act, &procedure.open.by)];
    let acts_of_all = procedure.states.iter().flat_map(|state| acts(procedure, state));
    for (place, _, by) in open.into_iter().chain(acts_of_all) {
        jointly(c, procedure, &place, by);
    }
    for state in &procedure.states {
        let acts = acts(procedure, state);
        for (index, (place, act, by)) in acts.iter().enumerate() {
            if **act == procedure.open.act {
                let message = format!("`{act}` already opens a case of `{}`", procedure.name);
                c.error(&format!("{place}.do"), message, "Give one of the two acts another name");
            }
            let earlier = acts.iter().take(index).any(|(_, other, who)| other == act && overlap(by, who));
            if earlier && !in_turn(state, act) {
                let message = format!("somebody may `{act}` in this state in two ways");
                let help = if place.contains(".duties[") {
                    "A duty is an act of its own, and a statement names only the act and who acts: leave the \
                     duty out and let a clock follow the step, or give one of the two another name"
                } else {
                    "A statement names the act and who acts: give one of the two another name; or, where the second is what \
                     follows once the first is used up, give the first an at-most, and both the same by, attach and times"
                };
                c.error(&format!("{place}.do"), message, help);
            }
        }
        owed_since_before(c, procedure, state);
    }
}

/// A duty stays owed when the case has moved on; where a later state has a step of the same name for the same people, doing
/// that takes the step, and what they owe stays owed.
fn owed_since_before(c: &mut Checker<'_>, procedure: &Procedure, state: &State) {
    for (index, duty) in state.duties.iter().enumerate() {
        let later = procedure.reached(&state.name).into_iter().filter(|it| it.name != state.name);
        let taken = |it: &&State| it.doings().any(|it| it.act == duty.act && overlap(&it.by, &duty.by));
        let Some(later) = later.into_iter().find(taken) else { continue };
        let message = format!(
            "in `{}` to do `{}` is a step, and this would stay owed though somebody has done that",
            later.name, duty.act
        );
        let help = "A statement names only the act and who acts: give one of the two another name";
        c.warn(&format!("{}.duties[{}].do", place_of_state(procedure, state), index + 1), message, help);
    }
}

/// Whether the steps with an act take their turn: each has a bound, except perhaps the last, and they ask for the same, so
/// that the next is taken where the one before it is used up, and only then. What files documents is left out where a
/// ballot may refuse it from a step that stays and take it from one that leaves.
fn in_turn(state: &State, act: &Id) -> bool {
    let its = state.steps.iter().filter_map(|step| match &step.trigger {
        Trigger::Do(doing) if doing.act == *act => Some((step, doing)),
        _ => None,
    });
    let its: Vec<(&Step, &Doing)> = its.collect();
    let asks = |doing: &Doing| {
        let Doing { act: _, by, attach, within, not_before, strikes, serves: _, extends: _ } = doing.clone();
        (by, attach, within, not_before, strikes)
    };
    let owed = state.duties.iter().any(|duty| duty.act == *act);
    let Some(((last, first_asks), before)) =
        its.split_last().map(|((step, doing), before)| ((step, asks(doing)), before))
    else {
        return false;
    };
    let files = !(first_asks.1.is_empty() && first_asks.4.is_empty());
    let refusable = files && state.ballots().next().is_some();
    !(owed || refusable)
        && before.iter().all(|(step, doing)| {
            step.at_most.is_some() && step.effect == last.effect && asks(doing) == first_asks
        })
}

/// Who acts jointly are as many people as are named: the chair is not one more beside the seat that chairs.
fn jointly(c: &mut Checker<'_>, procedure: &Procedure, place: &str, by: &Actors) {
    let Actors::AllOf(all) = by else { return };
    let panel = procedure.panel.as_ref().and_then(|panel| c.workflow.panel(panel));
    if !all.contains(&Actor::Chair) {
        return;
    }
    let place = format!("{place}.by-all");
    if let Some(chair) =
        panel.into_iter().flat_map(|panel| &panel.chair).find(|chair| all.contains(&seat(chair)))
    {
        let message = format!("`{chair}` is the chair, and nobody acts jointly with themselves");
        return c.error(&place, message, "Leave one of the two out, or name another seat");
    }
    let ballots = procedure.states.iter().flat_map(State::ballots).filter_map(|name| c.workflow.ballot(name));
    let chooses = ballots.into_iter().find(|ballot| ballot.candidates());
    let named = panel.into_iter().flat_map(|panel| &panel.seats).map(|it| &it.name);
    if let (Some(ballot), Some(chosen)) = (chooses, named.into_iter().find(|name| all.contains(&seat(name))))
    {
        let message = format!("once `{}` has chosen `{chosen}` to chair, nobody can do this", ballot.name);
        let help =
            "Nobody acts jointly with themselves: leave one of the two out, or let another step do without";
        c.warn(&place, message, help);
    }
}

fn seat(name: &Id) -> Actor {
    Actor::Seat(name.clone())
}

/// The acts of a state, steps and duties: place, name, and who may.
fn acts<'p>(procedure: &Procedure, state: &'p State) -> Vec<(String, &'p Id, &'p Actors)> {
    let place = place_of_state(procedure, state);
    let steps = state.steps.iter().enumerate().filter_map(|(index, step)| match &step.trigger {
        Trigger::Do(doing) => Some((format!("{place}.steps[{}]", index + 1), &doing.act, &doing.by)),
        _ => None,
    });
    let duties = state.duties.iter().enumerate();
    let duties = duties.map(|(index, duty)| (format!("{place}.duties[{}]", index + 1), &duty.act, &duty.by));
    steps.chain(duties).collect()
}

/// Whether one statement could speak for both.
fn overlap(a: &Actors, b: &Actors) -> bool {
    match (a, b) {
        (Actors::AnyOf(a), Actors::AnyOf(b)) => a.iter().any(|a| b.iter().any(|b| same(a, b))),
        (Actors::AllOf(a), Actors::AllOf(b)) => {
            a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| same(a, b)))
        }
        // One speaks alone, the others jointly.
        _ => false,
    }
}

fn same(a: &Actor, b: &Actor) -> bool {
    match (a, b) {
        (Actor::Office(a), Actor::Office(b)) | (Actor::Seat(a), Actor::Seat(b)) => a == b,
        (Actor::Office(_), _) | (_, Actor::Office(_)) => false,
        // Whoever the case is about acts as nobody else in it.
        (Actor::Subject, other) | (other, Actor::Subject) => *other == Actor::Subject,
        // Any seat may be the chair, and the chair is a panelist.
        _ => true,
    }
}
