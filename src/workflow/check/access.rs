//! Who may read: tiers of documents.

use std::collections::BTreeSet;

use super::Checker;
use crate::values::Id;
use crate::workflow::model::{Access, State};

pub(super) fn check(c: &mut Checker<'_>) {
    let workflow = c.workflow;
    if workflow.access == Access::Public && !workflow.tiers.is_empty() {
        let help = "Restrict the agreement (access = \"restricted\"), or leave the tiers out";
        c.error_at_name("tier", "anybody may read the agreement, and tiers are for a restricted one", help);
    }
    let attached = attached(c);
    let mut known: BTreeSet<&Id> = BTreeSet::new();
    for tier in &workflow.tiers {
        for name in &tier.documents {
            if !known.insert(name) {
                let message = format!("`{name}` is of two tiers");
                let help = "Name it in one: a document has one tier, or none";
                c.error(&format!("tier.{}.documents", tier.name), message, help);
            } else if !attached.contains(name) {
                let message = format!("nothing in this file attaches a document called `{name}`");
                let help = "Name what an act, a duty or a vote attaches: attach = [\"…\"] there";
                c.warn(&format!("tier.{}.documents", tier.name), message, help);
            }
        }
    }
}

/// The names under which the workflow asks for documents; `disclosure` is everybody's who is named for a seat.
fn attached<'w>(c: &Checker<'w>) -> BTreeSet<&'w Id> {
    let workflow = c.workflow;
    let procedures = workflow.procedures.iter();
    let states = procedures.clone().flat_map(|procedure| &procedure.states);
    let steps = states.clone().flat_map(State::doings).flat_map(|doing| &doing.attach);
    let duties = states.flat_map(|state| &state.duties).flat_map(|duty| &duty.attach);
    let votes = workflow.ballots.iter().flat_map(|ballot| &ballot.attach);
    procedures
        .flat_map(|procedure| &procedure.open.attach)
        .chain(steps)
        .chain(duties)
        .chain(votes)
        .chain(workflow.tiers.iter().flat_map(|tier| &tier.documents).filter(|name| *name == "disclosure"))
        .collect()
}
