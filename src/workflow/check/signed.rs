//! Whether those who are to sign the report of a case can do so.

use std::collections::BTreeSet;

use super::Checker;
use super::graph::{on_circles, ways};
use crate::values::Id;
use crate::workflow::model::{Actor, Actors, Panel, Procedure, ReportSigner, State, Step};

pub(super) fn check(c: &mut Checker<'_>, procedure: &Procedure) {
    let Some(signer) = procedure.report else { return };
    let place = format!("procedure.{}.report", procedure.name);
    let panel = procedure.panel.as_ref().and_then(|name| c.workflow.panel(name));
    let Some(panel) = panel else {
        let help = "Name the panel in the procedure (panel = \"…\"), or leave it out";
        return c.error(&place, "the procedure is before no panel that could sign a report", help);
    };
    if signer == ReportSigner::Chair && panel.chair.is_empty() {
        let message = format!("the panel `{}` has no chair who could sign the report", panel.name);
        return c.error(
            &place,
            message,
            "Name the seat: chair = \"…\" in the panel; or signed-by = \"majority\"",
        );
    }
    // Any one panelist, each at a time, makes a majority; the chair is one of them.
    let may = |by: &Actors| match by {
        Actors::AnyOf(all) => all.iter().any(|actor| match (actor, signer) {
            (Actor::Panelist, _)
            | (Actor::Chair, ReportSigner::Chair)
            | (Actor::Seat(_), ReportSigner::Majority) => true,
            (Actor::Seat(seat), ReportSigner::Chair) => panel.chair.contains(seat),
            _ => false,
        }),
        Actors::AllOf(_) => false,
    };
    let mut filings = procedure.states.iter().flat_map(|state| filings(procedure, state));
    if !filings.any(|filing| may(filing.by)) {
        let message = format!("nothing lets {} file the report that they are to sign", signer.plainly());
        return c.error(&place, message, help(signer, panel));
    }
    let most = most_seats(procedure, panel);
    if signer == ReportSigner::Majority && 2 * most <= panel.seats.len() {
        let message = format!(
            "{most} of the {} seats of `{}` can file the report at most, and where all are filled that is no majority",
            panel.seats.len(),
            panel.name
        );
        c.warn(&place, message, help(signer, panel));
    }
}

fn help(signer: ReportSigner, panel: &Panel) -> String {
    match signer {
        ReportSigner::Chair => {
            "Where the case ends: duties = [{ do = \"sign-report\", by = \"chair\", attach = [\"report\"], within = \"30 days\" }]"
                .to_owned()
        }
        ReportSigner::Majority => format!(
            "Where the case ends: steps = [{{ do = \"sign-report\", by = \"{}\", attach = [\"report\"] }}]",
            panel.name
        ),
    }
}

/// An act that files documents: by whom, and how often in a case; `None` where that has no bound.
struct Filing<'p> {
    by: &'p Actors,
    most: Option<usize>,
}

fn filings<'p>(procedure: &'p Procedure, state: &'p State) -> Vec<Filing<'p>> {
    let again = on_circles(&ways(procedure, |_| true)).iter().any(|way| way.from.name == state.name);
    let once = (!again).then_some(1);
    let step = |step: &'p Step| {
        let doing = step.doing().filter(|doing| !doing.attach.is_empty())?;
        let most = step.at_most.and_then(|most| usize::try_from(most).ok());
        Some(Filing { by: &doing.by, most: if step.to.is_some() { most.or(once) } else { most } })
    };
    let duties = state.duties.iter().filter(|duty| !duty.attach.is_empty());
    // A duty is done once, whoever of those who owe it does it.
    let duties = duties.map(|duty| Filing { by: &duty.by, most: once });
    state.steps.iter().filter_map(step).chain(duties).collect()
}

/// How many seats can each file a document of their own at most.
fn most_seats(procedure: &Procedure, panel: &Panel) -> usize {
    let seats = |by: &Actors| -> BTreeSet<Id> {
        let Actors::AnyOf(all) = by else { return BTreeSet::new() };
        let names = all.iter().flat_map(|actor| match actor {
            Actor::Seat(seat) => vec![seat.clone()],
            // Who chairs changes, and can be chosen.
            Actor::Panelist | Actor::Chair => panel.seats.iter().map(|seat| seat.name.clone()).collect(),
            Actor::Office(_) | Actor::Subject => Vec::new(),
        });
        names.collect()
    };
    let mut all = BTreeSet::new();
    let mut times = 0_usize;
    for filing in procedure.states.iter().flat_map(|state| filings(procedure, state)) {
        let seats = seats(filing.by);
        times = times.saturating_add(filing.most.map_or(seats.len(), |most| most.min(seats.len())));
        all.extend(seats);
    }
    times.min(all.len())
}
