//! Times that acts put off, notices from whose service times count, and acts for which their state does not last long enough.

use super::{Checker, place_of_state, place_of_step};
use crate::workflow::model::{Actor, Actors, Delay, Origin, Procedure, State, Step, Trigger};

pub(super) fn check(c: &mut Checker<'_>, procedure: &Procedure) {
    let steps = procedure.states.iter().flat_map(|state| &state.steps);
    let serves = steps.filter_map(Step::doing).any(|doing| !doing.serves.is_empty());
    for state in &procedure.states {
        for (index, step) in state.steps.iter().enumerate() {
            let place = place_of_step(procedure, state, index);
            if !serves && step.delays().any(|delay| delay.of == Origin::Served) {
                let help = "Let the act that serves it say on whom: serves = \"…\"";
                c.error(&place, format!("no act of `{}` serves notice", procedure.name), help);
            }
            if step.doing().is_some_and(|doing| doing.extends.is_some()) {
                extends(c, procedure, state, step, &format!("{place}.extends"));
            }
            outlasts(c, state, step, &place);
        }
    }
}

fn extends(c: &mut Checker<'_>, procedure: &Procedure, state: &State, step: &Step, place: &str) {
    if step.to.is_some() || state.ends {
        let state = place_of_state(procedure, state);
        let help = "It puts off the times of its own state, in which the case must stay: leave out `to` or `extends`";
        return c.error(place, format!("no time of `{state}` is left that it could put off"), help);
    }
    let Some(doing) = step.doing().filter(|_| step.at_most.is_none()) else { return };
    let message = format!("{} can put the times of this state off without limit", doing.by.words());
    let help = "Say how often: at-most = 2";
    if procedure.suspends.is_some() {
        c.error(place, format!("a suspension without end: {message}"), help);
    } else if !all_parties(c, &doing.by) {
        c.warn(place, message, help);
    }
}

/// An act that is possible only once, or still after, a clock from the same origin has left its state.
fn outlasts(c: &mut Checker<'_>, state: &State, step: &Step, place: &str) {
    // What puts the state's times off does not move `not-before`, and how often it comes nobody knows.
    let Some(doing) = step.doing().filter(|_| state.doings().all(|doing| doing.extends.is_none())) else {
        return;
    };
    let clocks = || {
        let leaving = state.steps.iter().filter(|step| step.to.is_some() && step.at_most.is_none());
        leaving.filter_map(|step| match &step.trigger {
            Trigger::After(delay) => Some(delay),
            _ => None,
        })
    };
    let by = |delay: &Delay| {
        clocks().filter(|clock| clock.of == delay.of).map(|clock| clock.length.longest()).min()
    };
    if let Some(not_before) = &doing.not_before
        && by(not_before).is_some_and(|left| not_before.length.shortest() >= left)
    {
        let message =
            format!("`{}` is too early for as long as the state lasts: a clock leaves it by then", doing.act);
        c.warn(&format!("{place}.not-before"), message, "Let it be possible earlier, or the clock be longer");
    } else if let Some(within) = &doing.within
        && by(within).is_some_and(|left| within.length.shortest() > left)
    {
        let message =
            format!("`{}` is not possible for that long: a clock leaves the state before", doing.act);
        c.warn(
            &format!("{place}.within"),
            message,
            "Leave the time out, shorten it, or let the clock be longer",
        );
    }
}

/// Whether it takes every party, who can also end everything together.
fn all_parties(c: &Checker<'_>, by: &Actors) -> bool {
    let Actors::AllOf(all) = by else { return false };
    c.workflow.parties.iter().all(|party| all.contains(&Actor::Office(party.name.clone())))
}
