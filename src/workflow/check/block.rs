//! Whether a party or role alone can keep cases from the panel: by naming nobody for its seats, where nobody else may.
//!
//! Its acts are another matter: where one is needed, it is so said. That the panel cannot sit or find anything without
//! somebody whom one of them would have to name is seldom meant. Somebody has to be the last who may name, though: a role
//! that alone names the whole panel, or to which `vacant` passes the right, is whom the contract has chosen for that.

use std::collections::BTreeSet;

use super::counts::out_of_reach_without;
use super::vacancy::passes_in_time;
use super::{Checker, place_of_step};
use crate::values::Id;
use crate::workflow::model::{
    Condition, Duty, NO_QUORUM, Office, Panel, Procedure, Rule, Seat, State, Step, Trigger,
};

pub(super) fn check(c: &mut Checker<'_>, procedure: &Procedure) {
    let Some(panel) = procedure.panel.as_ref().and_then(|name| c.workflow.panel(name)) else { return };
    let workflow = c.workflow;
    // A right that passes on only when the case has left the seats behind it is none.
    let own = workflow.own_panel(procedure).is_some();
    let vacancy = panel.vacancy.as_ref().filter(|vacancy| !own || passes_in_time(procedure, vacancy));
    for Office { name, .. } in workflow.offices() {
        let others = vacancy.is_some_and(|vacancy| vacancy.filled_by != *name);
        let all = panel.seats.iter().all(|seat| seat.by.as_slice() == std::slice::from_ref(name));
        let last = workflow.roles.iter().any(|role| role.name == *name) && (vacancy.is_some() || all);
        let empty: Vec<&Seat> = panel.seats.iter().filter(|seat| seat.by.contains(name)).collect();
        if !empty.is_empty() && !others && !last {
            holding_back(c, procedure, (panel, panel.vacancy.is_some() && vacancy.is_none()), name, &empty);
        }
    }
}

/// Reports the first step that no case ever takes while the office names nobody, and that leads to a state or an event
/// to which nothing else does. `too_late`: the right to name passes to somebody else only once nobody needs the seats.
fn holding_back(
    c: &mut Checker<'_>,
    procedure: &Procedure,
    (panel, too_late): (&Panel, bool),
    office: &Id,
    empty: &[&Seat],
) {
    let with = Reached::of(procedure, |_, _| true);
    let without = Reached::of(procedure, |state, step| !impossible(c, panel, state, step, empty));
    let steps = procedure
        .states
        .iter()
        .flat_map(|state| state.steps.iter().enumerate().map(move |(i, s)| (state, i, s)));
    let blocked = |(state, _, step): &(&State, usize, &Step)| {
        without.states.contains(&state.name) && impossible(c, panel, state, step, empty)
    };
    for (state, index, step) in steps.filter(blocked).collect::<Vec<_>>() {
        let lost =
            step.to.iter().filter(|to| !without.states.contains(to)).map(|to| format!("the state `{to}`"));
        let mut events =
            step.emits.iter().filter(|event| with.events.contains(event) && !without.events.contains(event));
        let Some(lost) = lost.chain(events.by_ref().map(|event| format!("the event `{event}`"))).next()
        else {
            continue;
        };
        let seats: Vec<String> = empty.iter().map(|seat| format!("`{}`", seat.name)).collect();
        let message = format!(
            "`{office}` alone can keep every case from {lost}: by naming nobody for {}",
            seats.join(", ")
        );
        let help = if too_late {
            "The right to name passes to somebody else only when the states that wait for seats have ended: let `vacant` come \
             earlier, or let them last longer"
        } else {
            "Let somebody else name them after a time: vacant = { after = \"30 days\", filled-by = \"…\" }"
        };
        return c.warn(&place_of_step(procedure, state, index), message, help);
    }
}

/// The states that cases come to, and the events that they emit.
struct Reached<'p> {
    states: BTreeSet<&'p Id>,
    events: BTreeSet<&'p Id>,
}

impl<'p> Reached<'p> {
    /// By the steps that can be taken.
    fn of(procedure: &'p Procedure, possible: impl Fn(&State, &Step) -> bool) -> Self {
        let mut reached =
            Self { states: [&procedure.start].into(), events: procedure.open.emits.iter().collect() };
        let mut open = vec![&procedure.start];
        while let Some(state) = open.pop().and_then(|name| procedure.state(name)) {
            reached.events.extend(state.duties.iter().flat_map(Duty::events));
            for step in state.steps.iter().filter(|step| possible(state, step)) {
                reached.events.extend(&step.emits);
                open.extend(step.to.iter().filter(|to| reached.states.insert(to)));
            }
        }
        reached
    }
}

/// Whether a step waits for what cannot come while nobody fills the seats in `empty`. Says `false` where in doubt.
fn impossible(c: &Checker<'_>, panel: &Panel, state: &State, step: &Step, empty: &[&Seat]) -> bool {
    match &step.trigger {
        Trigger::When(condition) => never(panel, condition, empty),
        Trigger::Outcome(outcomes) => {
            let Some(ballot) = state.ballot.as_ref().and_then(|name| c.workflow.ballot(name)) else {
                return false;
            };
            let panel = &*ballot.part_of(panel);
            let unreachable = |outcome: &Id| {
                // `no-quorum`, and what happens otherwise, can always come.
                let mut places = ballot.outcomes.iter().filter(|one| one.is == *outcome).peekable();
                places.peek().is_some()
                    && places
                        .all(|one| one.rule.is_some() && one.rules().all(|rule| beyond(panel, rule, empty)))
            };
            let no_quorum = ballot.quorum.as_ref().is_some_and(|quorum| beyond(panel, quorum, empty));
            outcomes.iter().all(|outcome| (no_quorum && *outcome != NO_QUORUM) || unreachable(outcome))
        }
        _ => false,
    }
}

fn beyond(panel: &Panel, rule: &Rule, empty: &[&Seat]) -> bool {
    rule.all.iter().any(|comparison| out_of_reach_without(panel, empty, comparison))
}

fn never(panel: &Panel, condition: &Condition, empty: &[&Seat]) -> bool {
    match condition {
        Condition::EverySeatFilled => true,
        Condition::Seats(rule) => beyond(panel, rule, empty),
        Condition::Event(_) | Condition::Outcome { .. } | Condition::SubjectSeated | Condition::Not(_) => {
            false
        }
        Condition::All(parts) => parts.iter().any(|part| never(panel, part, empty)),
        Condition::Any(parts) => parts.iter().all(|part| never(panel, part, empty)),
    }
}
