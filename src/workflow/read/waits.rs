//! What a step waits for that nobody does: conditions, and what ballots come to.

use super::names::Names;
use super::procedure::Around;
use super::step::Asked;
use super::{Item, Reader};
use crate::values::Id;
use crate::workflow::model::{Condition, NO_QUORUM};
use crate::workflow::rule::Vocabulary;

/// `outcome = "scope.yes"`, where a state has several ballots: the same as `when` with these joined by `or`.
pub(super) fn outcome_of_several(r: &mut Reader<'_>, item: &Item<'_>, ballots: &[Id]) -> Option<Condition> {
    let known = known_outcomes(r, ballots);
    let named = r.each_once(item, |r, member| {
        let raw = member.raw(r)?;
        let split = raw.split_once('.').filter(|(ballot, outcome)| {
            known.iter().any(|(of, is)| of.as_str() == *ballot && is.as_str() == *outcome)
        });
        let Some((ballot, outcome)) = split else {
            let all: Vec<String> = known.iter().map(|(ballot, is)| format!("{ballot}.{is}")).collect();
            let help = format!("Name ballot and outcome: {}", all.join(", "));
            let message = format!("no ballot of this state has an outcome `{}`", raw.escape_debug());
            return r.refuse(&member.span(), message, help);
        };
        Some(Condition::Outcome { ballot: ballot.parse().ok()?, outcome: outcome.parse().ok()? })
    });
    match <[Condition; 1]>::try_from(named) {
        Ok([one]) => Some(one),
        Err(several) => (!several.is_empty()).then_some(Condition::Any(several)),
    }
}

/// The ballots with each outcome that they can have.
fn known_outcomes(r: &Reader<'_>, ballots: &[Id]) -> Vec<(Id, Id)> {
    let of = |ballot: &Id| {
        let quorum = r.names.with_quorum.contains(ballot).then(|| Id::constant(NO_QUORUM));
        let outcomes = r.names.outcomes(ballot).into_iter().chain(quorum);
        outcomes.map(|outcome| (ballot.clone(), outcome)).collect::<Vec<_>>()
    };
    ballots.iter().flat_map(of).collect()
}

/// `when = "every seat filled"`.
pub(super) fn condition(
    r: &mut Reader<'_>,
    item: &Item<'_>,
    around: &Around<'_>,
    ballot: &Asked<'_>,
) -> Option<Condition> {
    let raw = item.raw(r)?;
    let classes = around.panel.map(|panel| r.names.classes(panel)).unwrap_or_default();
    let outcomes = match ballot {
        Asked::Several(ballots) => known_outcomes(r, ballots),
        _ => Vec::new(),
    };
    let (events, subject) = (r.names.events.clone(), around.about);
    let elsewhere = r.names.results.iter().map(|it| (it.1.clone(), Names::no_event(it))).collect();
    let names = Vocabulary { classes, events, outcomes, subject, elsewhere, ..Vocabulary::default() };
    match Condition::parse(raw, &names) {
        Ok(condition) if around.panel.is_none() && condition.counts_seats() => {
            let help = "Name the panel in the procedure (panel = \"…\"), or wait for an event";
            r.refuse(&item.span(), "the procedure has no panel whose seats could be counted", help)
        }
        Ok(condition) => Some(condition),
        Err(fault) => {
            let at = item.inside(r, &fault.at);
            r.refuse(&at, format!("in this condition: {}", fault.message), fault.help)
        }
    }
}

/// `outcome = ["yes", "no"]`, where a state has one ballot.
pub(super) fn outcomes(r: &mut Reader<'_>, item: &Item<'_>, ballot: &Asked<'_>) -> Option<Vec<Id>> {
    let ballot = match ballot {
        Asked::Ballot(ballot) => *ballot,
        Asked::Unknown | Asked::Several(_) => return None,
        Asked::Nothing => {
            let help = "Open one in this state (ballot = \"…\"), or leave the step out";
            return r.refuse(&item.key, "this state has no ballot that could have an outcome", help);
        }
    };
    let mut known = r.names.outcomes(ballot);
    let quorum = r.names.with_quorum.contains(ballot);
    if quorum && !known.iter().any(|outcome| *outcome == NO_QUORUM) {
        known.extend(NO_QUORUM.parse::<Id>());
    }
    let all = r.each_once(item, |r, member| {
        if !quorum && member.value.get_ref().as_str() == Some(NO_QUORUM) {
            let help = "Give the ballot a quorum, or leave this outcome out";
            return r.refuse(
                &member.span(),
                format!("the ballot `{ballot}` has no quorum that could fail"),
                help,
            );
        }
        r.known(member, &format!("outcome of the ballot `{ballot}` called"), &known)
    });
    (!all.is_empty()).then_some(all)
}
