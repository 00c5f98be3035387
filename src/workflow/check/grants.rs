//! Grants: whether what is said to move can, and what is said to be fixed does not.

use super::Checker;
use crate::values::Instant;
use crate::workflow::model::{Attribute, Cause, Grant, Moves};

pub(super) fn check(c: &mut Checker<'_>) {
    for grant in &c.workflow.grants {
        let moving = grant.attributes.iter().find(|attribute| attribute.values.len() > 1);
        let place = format!("grant.{}", grant.name);
        match moving {
            Some(attribute) if grant.fixed => {
                let message = format!("`{}` is fixed, but its `{}` moves", grant.name, attribute.name);
                c.error(&format!("{place}.fixed"), message, "Leave out `fixed`, or all values but the first");
            }
            None if !grant.fixed => {
                let message = format!("nothing can ever move `{}`", grant.name);
                c.warn_at_name(&place, message, "If that is meant, say so: fixed = true");
            }
            _ => {}
        }
        for attribute in &grant.attributes {
            in_order(c, grant, attribute);
        }
    }
}

/// Attributes go forward only: a later value whose instant comes first takes the place of both.
fn in_order(c: &mut Checker<'_>, grant: &Grant, attribute: &Attribute) {
    let mut latest: Option<(Instant, &str)> = None;
    for (index, value) in attribute.values.iter().enumerate() {
        let Some((instant, written)) = value.moves.as_ref().and_then(instant) else { continue };
        match latest {
            Some((before, earlier)) if instant <= before => {
                let place = format!("grant.{}.{}[{}]", grant.name, attribute.name, index + 1);
                let message =
                    format!("{written} is not after {earlier}, when the value before this one comes");
                c.warn(
                    &place,
                    message,
                    "Values are listed in the order in which they come: check the instants",
                );
            }
            _ => latest = Some((instant, written)),
        }
    }
}

/// The instant at which a value comes by itself at the latest (`first-of`), or at the earliest (`all-of`); `None` where
/// that hangs on when the agreement is opened.
fn instant(moves: &Moves) -> Option<(Instant, &str)> {
    if moves.causes().iter().any(|cause| matches!(cause, Cause::After(_))) {
        return None;
    }
    let instants = |causes: &'_ [Cause]| -> Vec<(Instant, usize)> {
        let at = causes.iter().enumerate().filter_map(|(index, cause)| match cause {
            Cause::At(instant, _) => Some((*instant, index)),
            Cause::Event(_) | Cause::After(_) => None,
        });
        at.collect()
    };
    let (causes, found) = match moves {
        Moves::FirstOf(causes) => (causes, instants(causes).into_iter().min()),
        Moves::AllOf(causes) => (causes, instants(causes).into_iter().max()),
    };
    match causes.get(found?.1)? {
        Cause::At(instant, written) => Some((*instant, written)),
        Cause::Event(_) | Cause::After(_) => None,
    }
}
