//! The times of a workflow: which a walk must come to, and how far back they count.

use std::collections::BTreeSet;

use crate::values::{Instant, Length, Span};
use crate::workflow::Workflow;
use crate::workflow::invariant::Holds;
use crate::workflow::model::{Cause, Delay, Moves, Origin, Procedure, State, Step};

/// What matters of a case in a state: how far its clocks count, and who can still do something.
#[derive(Clone, Copy, Default)]
pub(super) struct Clocks {
    /// The longest time from entering the state.
    pub entered: Option<Span>,
    /// The longest time from the opening of the case, in this state or a later one.
    pub opened: Option<Span>,
    /// The longest time from the latest notice that was served, likewise.
    pub served: Option<Span>,
    /// Whether somebody can act there though the case has ended.
    pub acts: bool,
    /// Whether it matters from then on who has a seat, beside the electors of ballots that are open by then.
    pub seats: bool,
}

/// Every step, with its state.
pub(super) fn steps(workflow: &Workflow) -> impl Iterator<Item = (&State, &Step)> {
    let states = workflow.procedures.iter().flat_map(|procedure| &procedure.states);
    states.flat_map(|state| state.steps.iter().map(move |step| (state, step)))
}

/// Every time of a step, and those within which cases can be opened.
pub(super) fn delays(workflow: &Workflow) -> impl Iterator<Item = &Delay> {
    workflow.procedures.iter().flat_map(Procedure::delays)
}

/// Every instant that the file names where it matters: in steps, grants and propositions.
pub(super) fn dates(workflow: &Workflow, parts: &[Holds]) -> BTreeSet<Instant> {
    let said = parts.iter().filter_map(|part| match part {
        Holds::Now(_, at) => Some(*at),
        _ => None,
    });
    workflow.dates().chain(said).collect()
}

/// Whether the file names a date at which something happens or is said.
pub(super) fn names_dates(workflow: &Workflow) -> bool {
    let mut parts = Vec::new();
    for proposition in workflow.invariants.iter().filter_map(|invariant| invariant.promise.proposition()) {
        proposition.holds.each(&mut |part| parts.push(part.clone()));
    }
    !dates(workflow, &parts).is_empty()
}

/// Every length that counts from the opening of the agreement.
pub(super) fn after_opening(workflow: &Workflow) -> Vec<Length> {
    let delays = delays(workflow).filter(|delay| delay.of == Origin::Agreement);
    let attributes = workflow.grants.iter().flat_map(|grant| &grant.attributes);
    let moves = attributes.flat_map(|attribute| &attribute.values).filter_map(|value| value.moves.as_ref());
    let causes = moves.flat_map(Moves::causes).filter_map(|cause| match cause {
        Cause::After(span) => Some(Length::Time(*span)),
        Cause::Event(_) | Cause::At(..) => None,
    });
    delays.map(|delay| delay.length.clone()).chain(causes).collect()
}

/// Everything that can make a case longer, each as long as it can be: its times, what acts put them off by, ballots, the
/// passing of the right to nominate.
fn stretches(workflow: &Workflow) -> Vec<Span> {
    let times = |span: Span, most: u32| Span::from_seconds(span.seconds().saturating_mul(u64::from(most)));
    let mut all: Vec<Span> = delays(workflow).map(|delay| delay.length.longest()).collect();
    all.extend(
        steps(workflow)
            .filter_map(|(_, step)| Some(times(step.doing()?.extends?, step.at_most.unwrap_or(1)))),
    );
    all.extend(workflow.ballots.iter().map(|ballot| {
        let reveal = ballot.sealed.iter().map(|sealed| sealed.reveal_for.longest());
        let lasting = ballot.outcomes.iter().filter_map(|outcome| outcome.lasting).max();
        let put_off = ballot.extend.iter().map(|extend| times(extend.by, extend.at_most.unwrap_or(1)));
        reveal.chain(lasting).chain(put_off).fold(ballot.open_for.longest(), Span::and)
    }));
    all.extend(workflow.panels.iter().filter_map(|it| it.vacancy.as_ref()).map(|it| it.after.longest()));
    all
}

/// How long a case takes at most, as far as its steps have a bound: everything once, and again as often as one of them
/// can lead back.
fn longest_case(workflow: &Workflow) -> Span {
    let once = stretches(workflow).into_iter().fold(Span::from_seconds(0), Span::and);
    let leading = steps(workflow).filter(|(_, step)| step.to.is_some());
    let again = leading.filter_map(|(_, step)| step.at_most).max().unwrap_or(0);
    Span::from_seconds(once.seconds().saturating_mul(u64::from(again) + 1)).min(Span::MAX)
}

/// How long before a date that a step waits for a case may begin, for the date to come in the midst of it.
pub(super) fn leads(workflow: &Workflow) -> Vec<Span> {
    let all: BTreeSet<Span> = stretches(workflow).into_iter().chain([longest_case(workflow)]).collect();
    all.into_iter().collect()
}

/// Every time that an act can begin: of states, ballots, and of seats that are left.
pub(super) fn begun(workflow: &Workflow) -> Vec<Span> {
    let vacant = workflow.panels.iter().filter_map(|panel| panel.vacancy.as_ref());
    let reveals = workflow.ballots.iter().filter_map(|ballot| ballot.sealed.as_ref());
    let more = vacant.map(|it| &it.after).chain(reveals.map(|it| &it.reveal_for)).map(Length::longest);
    let all: BTreeSet<Span> = leads(workflow).into_iter().chain(more).collect();
    all.into_iter().filter(|length| length.seconds() > 0).collect()
}

/// How near a date must be to matter: longer than any case takes by itself.
pub(super) fn horizon(workflow: &Workflow) -> Span {
    let again = workflow.procedures.iter().filter_map(|it| it.again_after.as_ref());
    let owed = workflow.procedures.iter().flat_map(Procedure::duties).filter(|duty| !duty.if_late.is_empty());
    let after = again.map(Length::longest).chain(owed.map(|duty| duty.within.longest()));
    // The last instant before a date is another than one long before it, also where nothing takes any time.
    after.fold(longest_case(workflow), Span::and).and(Span::from_seconds(1))
}

/// How far the clocks of a state count.
pub(super) fn clocks(procedure: &Procedure, state: &State) -> Clocks {
    let longest = |states: &[&State], of: &Origin| {
        let steps = states.iter().flat_map(|state| &state.steps);
        let delays = steps.flat_map(Step::delays);
        delays.filter(|delay| delay.of == *of).map(|delay| delay.length.longest()).max()
    };
    let reached = procedure.reached(&state.name);
    Clocks {
        entered: longest(&[state], &Origin::Entered),
        opened: longest(&reached, &Origin::Opened),
        served: longest(&reached, &Origin::Served),
        acts: false,
        seats: true,
    }
}
