//! Evidence that comes late in an open ballot: whether it takes votes away that nobody can cast anew, and whether
//! what it puts off has a bound.

use super::evidence::lapses;
use super::graph::reachable;
use super::{Checker, place_of_state, place_of_step};
use crate::values::{Id, Span};
use crate::workflow::model::{
    Actors, Ballot, Delay, Doing, ExtendOn, NewEvidence, Origin, Procedure, State, Trigger, Workflow,
};

pub(super) fn check(c: &mut Checker<'_>, procedure: &Procedure) {
    for state in procedure.states.iter().filter(|state| !state.ends) {
        for ballot in state.ballots().filter_map(|name| c.workflow.ballot(name)).collect::<Vec<_>>() {
            at_the_closing(c, procedure, state, ballot);
        }
    }
}

/// What can bring or strike evidence while the ballot of a state is open.
struct Mover<'p> {
    place: String,
    act: &'p Id,
    by: &'p Actors,
    files: bool,
    duty: bool,
    at_most: Option<u32>,
    within: Option<&'p Delay>,
    extends: Option<Span>,
}

impl Mover<'_> {
    /// Whether its time is surely over while there is still enough to vote anew.
    fn ends_before(&self, ballot: &Ballot) -> bool {
        self.within.is_some_and(|within| {
            let last = within.length.longest().and(enough(ballot));
            matches!(within.of, Origin::Entered | Origin::Opened) && last <= ballot.open_for.shortest()
        })
    }

    /// Whether it gives the time to vote anew itself.
    fn puts_off(&self, ballot: &Ballot) -> bool {
        self.extends.is_some_and(|by| by >= enough(ballot))
    }
}

/// The acts that stay in the state, and what is owed since it was entered or since one on the way to it was.
fn movers<'p>(procedure: &'p Procedure, state: &'p State) -> Vec<Mover<'p>> {
    let steps = state.steps.iter().enumerate().filter(|(_, step)| step.to.is_none());
    let acts = steps.filter_map(|(index, step)| {
        let Trigger::Do(Doing { act, by, attach, strikes, within, extends, .. }) = &step.trigger else {
            return None;
        };
        (!attach.is_empty() || !strikes.is_empty()).then(|| Mover {
            place: format!("{}.do", place_of_step(procedure, state, index)),
            act,
            by,
            files: !attach.is_empty(),
            duty: false,
            at_most: step.at_most,
            within: within.as_ref(),
            extends: *extends,
        })
    });
    let before = procedure
        .states
        .iter()
        .filter(|it| !it.duties.is_empty() && reachable(procedure, &it.name).contains(&state.name));
    let duties = before.flat_map(|it| {
        it.duties.iter().enumerate().filter(|(_, duty)| !duty.attach.is_empty()).map(|(index, duty)| Mover {
            place: format!("{}.duties[{}].do", place_of_state(procedure, it), index + 1),
            act: &duty.act,
            by: &duty.by,
            files: true,
            duty: true,
            at_most: Some(1),
            within: None,
            extends: None,
        })
    });
    acts.chain(duties).collect()
}

/// Whoever files at the last moment takes the votes away when nobody can cast them anew, unless there is time again.
fn at_the_closing(c: &mut Checker<'_>, procedure: &Procedure, state: &State, ballot: &Ballot) {
    if !lapses(ballot) || ballot.sealed.is_some() {
        return;
    }
    let movers = movers(procedure, state);
    let late: Vec<&Mover<'_>> =
        movers.iter().filter(|mover| !mover.ends_before(ballot) && !mover.puts_off(ballot)).collect();
    let Some(first) = late.first() else { return };
    let who = format!("`{}` by {}", first.act, first.by.words());
    // What is owed can also be done late.
    let over = if first.duty { "" } else { "; or let its time be over before (within = \"…\")" };
    let name = &ballot.name;
    let times = late.iter().try_fold(0_u32, |sum, mover| sum.checked_add(mover.at_most?));
    let extend = ballot.extend.as_ref().filter(|extend| extend.on == ExtendOn::Evidence);
    let (message, help) = match extend.map(|extend| extend.at_most) {
        None => (
            format!("{who} can take the votes of `{name}` away at its very end, when nobody can vote anew"),
            format!(
                "Put the closing off then: extend = {{ on = \"evidence\", in-last = \"1 day\", by = \"2 days\" }}{over}"
            ),
        ),
        Some(Some(most)) if times.is_none_or(|times| times > most) => (
            format!(
                "once evidence has put the closing of `{name}` off {most} {}, {who} can still take its votes away at its \
                 very end",
                if most == 1 { "time" } else { "times" }
            ),
            times.map_or_else(
                || "Say how often it can come (at-most), and let each put the closing off".to_owned(),
                |times| format!("Let each put it off: at-most = {times} in `extend`, or none"),
            ),
        ),
        Some(_) if ballot.outcomes.iter().any(|outcome| outcome.lasting.is_some()) => (
            format!(
                "{who} can take the votes of `{name}` away while an outcome must still last, which ends the ballot"
            ),
            format!("Nothing opens a window again that is over: let the votes stand{over}"),
        ),
        Some(_) => return hurried(c, ballot, &who),
    };
    c.warn(&first.place, message, help);
}

/// Time enough to see that one's vote is gone and to vote anew: a tenth of the time for which a ballot is open, and of one
/// that is open for long a day.
fn enough(ballot: &Ballot) -> Span {
    Span::from_seconds((ballot.open_for.shortest().seconds() / 10).clamp(1, 86_400))
}

/// Whoever files just before it would put the closing off, or at the very end, leaves little time to vote anew where
/// these times are short.
fn hurried(c: &mut Checker<'_>, ballot: &Ballot, who: &str) {
    let Some(extend) = &ballot.extend else { return };
    let left = extend.in_last.map_or(extend.by, |in_last| in_last.min(extend.by));
    let enough = enough(ballot);
    if left < enough {
        let message = format!(
            "{who} can take the votes of `{}` away so late that only {left} is left to vote anew",
            ballot.name
        );
        let help = format!(
            "Let `in-last` and `by` be {enough} at least: whoever has voted must see it, and vote again"
        );
        c.warn(&format!("ballot.{}.extend", ballot.name), message, help);
    }
}

/// `extend` on evidence: some can come, and not for ever.
pub(super) fn puts_off(c: &mut Checker<'_>, ballot: &Ballot) {
    let Some(extend) = ballot.extend.as_ref().filter(|it| it.on == ExtendOn::Evidence) else { return };
    let place = format!("ballot.{}.extend", ballot.name);
    if ballot.new_evidence == NewEvidence::Refused {
        let help = "Leave `extend` out, or say what new evidence means: new-evidence = \"votes lapse\"";
        return c.error(&format!("{place}.on"), "the ballot refuses the evidence that could come late", help);
    }
    let movers = movers_of(c.workflow, ballot);
    if movers.is_empty() {
        let help = "Let an act of the state that opens the ballot file some (attach = [\"exhibit\"], and no `to`), or \
                    write on = \"vote\"";
        return c.error(&format!("{place}.on"), "nothing is filed or struck while the ballot is open", help);
    }
    // What is struck was filed before, so it is no more often struck than filed.
    if let Some(mover) = movers.iter().find(|mover| mover.files && mover.at_most.is_none())
        && extend.at_most.is_none()
    {
        let message = format!("`{}` could put the closing off for ever", mover.act);
        let help = "Limit it (at-most = 3), here or in the step";
        c.error(&place, message, help);
    }
}

/// Whether anything can be filed or struck in a case while a ballot of it is open.
pub(in crate::workflow) fn evidence_comes(workflow: &Workflow, ballot: &Ballot) -> bool {
    !movers_of(workflow, ballot).is_empty()
}

fn movers_of<'w>(workflow: &'w Workflow, ballot: &Ballot) -> Vec<Mover<'w>> {
    let states = workflow.procedures.iter().flat_map(|it| it.states.iter().map(move |state| (it, state)));
    let asked = states.filter(|(_, state)| state.ballots().any(|name| *name == ballot.name));
    asked.flat_map(|(procedure, state)| movers(procedure, state)).collect()
}
