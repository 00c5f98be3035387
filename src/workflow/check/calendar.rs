//! Business days: whether anything counts in the calendar, and whether it lasts as long as the file does.

use super::Checker;
use crate::values::Length;
use crate::workflow::model::{Procedure, Workflow};

pub(super) fn check(c: &mut Checker<'_>) {
    let Some(calendar) = &c.workflow.calendar else { return };
    if !lengths(c.workflow).any(|length| matches!(length, Length::Business(_))) {
        let help = "Leave the calendar out, or count in it: open-for = \"5 business days\"";
        return c.warn_at_name("calendar", "nothing counts business days", help);
    }
    let Some(until) = calendar.until() else { return };
    let end = calendar.last_second(until);
    if let Some(later) = c.workflow.dates().filter(|at| *at > end).min() {
        let message =
            format!("the holidays are known until {until}, and the file goes on until {later} at least");
        let help = "After it no day but the weekend is free: list the holidays to come, or amend the workflow in time";
        c.warn("calendar.until", message, help);
    }
}

/// Every length of time that can be in business days.
fn lengths(workflow: &Workflow) -> impl Iterator<Item = &Length> {
    let ballots = workflow.ballots.iter();
    let ballots = ballots.flat_map(|it| [Some(&it.open_for), it.sealed.as_ref().map(|it| &it.reveal_for)]);
    let panels = workflow.panels.iter().filter_map(|panel| Some(&panel.vacancy.as_ref()?.after));
    ballots.flatten().chain(panels).chain(workflow.procedures.iter().flat_map(of_procedure))
}

fn of_procedure(procedure: &Procedure) -> impl Iterator<Item = &Length> {
    let duties = procedure.duties().map(|duty| &duty.within);
    procedure.delays().map(|delay| &delay.length).chain(duties).chain(&procedure.again_after)
}
