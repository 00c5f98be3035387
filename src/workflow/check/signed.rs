//! Whether those who are to sign the report of a case can do so.

use super::Checker;
use crate::workflow::model::{Actor, Actors, Procedure, ReportSigner, Trigger};

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
    let steps = procedure.states.iter().flat_map(|state| &state.steps);
    let steps = steps.filter_map(|step| match &step.trigger {
        Trigger::Do(doing) => Some((&doing.by, &doing.attach)),
        _ => None,
    });
    let duties = procedure.states.iter().flat_map(|state| &state.duties).map(|duty| (&duty.by, &duty.attach));
    if !steps.chain(duties).any(|(by, attach)| !attach.is_empty() && may(by)) {
        let message = format!("nothing lets {} file the report that they are to sign", signer.plainly());
        let help = match signer {
            ReportSigner::Chair => {
                "Where the case ends: duties = [{ do = \"sign-report\", by = \"chair\", attach = [\"report\"], within = \
                 \"30 days\" }]"
                    .to_owned()
            }
            ReportSigner::Majority => format!(
                "Where the case ends: steps = [{{ do = \"sign-report\", by = \"{}\", attach = [\"report\"] }}]",
                panel.name
            ),
        };
        c.error(&place, message, help);
    }
}
