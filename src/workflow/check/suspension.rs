//! Suspensions: each ends, and lets through only acts that there are.

use std::collections::BTreeSet;

use super::Checker;
use crate::values::Id;
use crate::workflow::model::{Procedure, Suspends};

pub(super) fn check(c: &mut Checker<'_>) {
    let mut told = BTreeSet::new();
    for procedure in &c.workflow.procedures {
        let Some(suspends) = &procedure.suspends else { continue };
        allowed(c, procedure, suspends);
        if procedure.at_most.is_none() {
            let message = format!(
                "{} can suspend {} without limit, by `{}` again and again",
                procedure.open.by.words(),
                words(&suspends.procedures),
                procedure.open.act
            );
            let help = "Say how many cases there may be in all: cases = { at-most = 3 }";
            c.warn(&format!("procedure.{}.suspends", procedure.name), message, help);
        }
        if told.contains(&procedure.name) {
            continue;
        }
        if let Some(circle) = circle(c, procedure) {
            let message = format!("this suspension may never end: {}", round(&circle));
            let help = "Cases that suspend each other wait for each other for ever: leave one of them out";
            c.error(&format!("procedure.{}.suspends", procedure.name), message, help);
            told.extend(circle);
        }
    }
}

fn allowed(c: &mut Checker<'_>, procedure: &Procedure, suspends: &Suspends) {
    let suspended = suspends.procedures.iter().filter_map(|name| c.workflow.procedure(name));
    let known: BTreeSet<&Id> = suspended.flat_map(acts).collect();
    for (index, act) in suspends.allow.iter().enumerate() {
        if !known.contains(act) {
            let place = format!("procedure.{}.suspends.allow", procedure.name);
            let message = format!("there is no act `{act}` in {}", words(&suspends.procedures));
            let names: Vec<&str> = known.iter().map(|act| act.as_str()).collect();
            c.error(&format!("{place}[{}]", index + 1), message, format!("There are: {}", names.join(", ")));
        }
    }
}

/// Every act of a procedure: its opening, its steps, its duties.
fn acts(procedure: &Procedure) -> impl Iterator<Item = &Id> {
    let states = procedure.states.iter();
    let states = states.flat_map(|state| {
        state.doings().map(|doing| &doing.act).chain(state.duties.iter().map(|duty| &duty.act))
    });
    std::iter::once(&procedure.open.act).chain(states)
}

/// A chain of procedures, each of which suspends the next, that leads back to the first.
fn circle<'w>(c: &Checker<'w>, first: &'w Procedure) -> Option<Vec<&'w Id>> {
    let mut paths = vec![vec![&first.name]];
    let mut seen = BTreeSet::new();
    while let Some(path) = paths.pop() {
        let last = path.last().and_then(|name| c.workflow.procedure(name));
        for next in last.and_then(|it| it.suspends.as_ref()).iter().flat_map(|it| &it.procedures) {
            if *next == first.name {
                return Some(path);
            }
            if seen.insert(next) {
                paths.push(path.iter().copied().chain([next]).collect());
            }
        }
    }
    None
}

/// `a suspends b, which suspends a`.
fn round(circle: &[&Id]) -> String {
    let names = circle.iter().chain(circle.first()).enumerate().map(|(place, name)| match place {
        0 => format!("`{name}`"),
        1 => format!(" suspends `{name}`"),
        _ => format!(", which suspends `{name}`"),
    });
    names.collect()
}

fn words(procedures: &[Id]) -> String {
    let names: Vec<String> = procedures.iter().map(|name| format!("`{name}`")).collect();
    names.join(" and ")
}
