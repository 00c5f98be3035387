//! Parties, roles and panels that nothing mentions.

use std::collections::BTreeSet;

use super::Checker;
use crate::values::Id;
use crate::workflow::model::{Access, Actor, Actors, Formed, Procedure};

pub(super) fn check(c: &mut Checker<'_>) {
    let workflow = c.workflow;
    if workflow.parties.is_empty() {
        let help = "Somebody has to sign the contract: [party.NAME] with signatures = \"1 of 1\"";
        c.error("", "the workflow has no party", help);
    }
    about(c);
    opened(c);
    let used = used(c);
    let offices = workflow.parties.iter().map(|office| ("party", &office.name));
    for (section, name) in offices.chain(workflow.roles.iter().map(|office| ("role", &office.name))) {
        // Of a restricted agreement it is a part to read it.
        let reads = section == "role" && workflow.access == Access::Restricted;
        if !used.contains(name) && !reads {
            let message = format!("the {section} `{name}` has no part in anything");
            let help = "Nothing names it: let it act, nominate, give or have something, or leave it out";
            c.warn_at_name(&format!("{section}.{name}"), message, help);
        }
    }
    for panel in &workflow.panels {
        let sits = workflow.procedures.iter().any(|procedure| procedure.panel.as_ref() == Some(&panel.name));
        if !sits {
            let help = "Name it in a procedure (panel = \"…\"), or leave it out";
            let message = format!("no procedure is before the panel `{}`", panel.name);
            c.warn_at_name(&format!("panel.{}", panel.name), message, help);
        }
    }
}

/// A case can only be about a seat that there is: of a standing panel, or of one that cases of another procedure form.
fn about(c: &mut Checker<'_>) {
    let workflow = c.workflow;
    for procedure in &workflow.procedures {
        let Some(panel) = procedure.about.as_ref().and_then(|name| workflow.panel(name)) else { continue };
        let forms =
            |it: &Procedure| it.panel.as_ref() == Some(&panel.name) && it.about.as_ref() != Some(&panel.name);
        if panel.formed == Formed::PerCase && !workflow.procedures.iter().any(forms) {
            let message = format!("no case has seats of `{}` that another could be about", panel.name);
            let help = "Name it in the procedure whose cases form it (panel = \"…\"), or let it stand: formed = \"standing\"";
            c.error(&format!("procedure.{}.about", procedure.name), message, help);
        }
    }
}

/// A case is opened by somebody who is there: the seats of a panel that it forms come only with it.
fn opened(c: &mut Checker<'_>) {
    for procedure in &c.workflow.procedures {
        let Some(panel) = c.workflow.own_panel(procedure) else { continue };
        let seated = |actor: &Actor| matches!(actor, Actor::Seat(_) | Actor::Chair | Actor::Panelist);
        let (nobody, key) = match &procedure.open.by {
            Actors::AnyOf(any) => (any.iter().all(seated), "by"),
            Actors::AllOf(all) => (all.iter().any(seated), "by-all"),
        };
        if nobody {
            let message = format!(
                "nobody can open a case of `{}`: the seats of `{}` are there only once it is open",
                procedure.name, panel.name
            );
            let help = "Let a party or role open it, or let the panel stand: formed = \"standing\"";
            c.warn(&format!("procedure.{}.open.{key}", procedure.name), message, help);
        }
    }
}

/// The parties and roles that something mentions.
fn used<'w>(c: &Checker<'w>) -> BTreeSet<&'w Id> {
    let workflow = c.workflow;
    let mut used = BTreeSet::new();
    for panel in &workflow.panels {
        used.extend(panel.seats.iter().flat_map(|seat| &seat.by));
        used.extend(panel.vacancy.as_ref().map(|vacancy| &vacancy.filled_by));
    }
    for actors in workflow.procedures.iter().flat_map(all_actors) {
        used.extend(offices(actors));
    }
    for grant in &workflow.grants {
        used.extend(grant.from.iter().chain(&grant.to));
    }
    used
}

fn all_actors(procedure: &Procedure) -> Vec<&Actors> {
    let mut all = vec![&procedure.open.by];
    for state in &procedure.states {
        all.extend(state.doings().map(|doing| &doing.by));
        all.extend(state.duties.iter().map(|duty| &duty.by));
    }
    all
}

fn offices(actors: &Actors) -> impl Iterator<Item = &Id> {
    actors.named().iter().filter_map(|actor| match actor {
        Actor::Office(name) => Some(name),
        _ => None,
    })
}
