//! Ballots: who opens them, when they close early, whether their thresholds can be reached.

use std::collections::BTreeMap;

use super::counts::{Silence, always, out_of_reach};
use super::{Checker, place_of_state};
use crate::workflow::model::{Ballot, Change, Early, Panel, Rule};

pub(super) fn check(c: &mut Checker<'_>) {
    for ballot in &c.workflow.ballots {
        opened(c, ballot);
        if let Some(panel) = c.workflow.panel(&ballot.panel) {
            early(c, ballot, panel);
            thresholds(c, ballot, panel);
        }
    }
}

fn opened(c: &mut Checker<'_>, ballot: &Ballot) {
    let mut opens = false;
    for procedure in &c.workflow.procedures {
        for state in procedure.states.iter().filter(|state| state.ballot.as_ref() == Some(&ballot.name)) {
            opens = true;
            if procedure.panel.as_ref() == Some(&ballot.panel) {
                continue;
            }
            let message = match &procedure.panel {
                None => format!("the procedure `{}` has no panel that could vote", procedure.name),
                Some(panel) => format!(
                    "in `{}` the panel `{}` votes, but the procedure is before `{panel}`",
                    ballot.name, ballot.panel
                ),
            };
            let help = format!("Write panel = \"{}\" in the procedure, or ask others", ballot.panel);
            c.error(&format!("{}.ballot", place_of_state(procedure, state)), message, help);
        }
    }
    if !opens {
        let help = "Name it in a state (ballot = \"…\"), or leave it out";
        let message = format!("no state opens the ballot `{}`", ballot.name);
        c.warn_at_name(&format!("ballot.{}", ballot.name), message, help);
    }
}

/// Asking whether an outcome is certain goes through every way in which the votes could still fall.
const MOST_COMPLETIONS: u128 = 1_000_000;

fn early(c: &mut Checker<'_>, ballot: &Ballot, panel: &Panel) {
    let place = format!("ballot.{}.early", ballot.name);
    match &ballot.early {
        Early::Certain if ballot.change != Change::Never => {
            let help =
                "Nothing is certain while votes can be changed: change = \"never\", or close otherwise";
            c.error(&place, "the ballot closes once the outcome is certain, but votes can be changed", help);
        }
        Early::Certain if completions(ballot, panel) > MOST_COMPLETIONS => {
            let message =
                format!("there are more than {MOST_COMPLETIONS} ways in which the votes could fall");
            let help =
                "Fewer different weights and classes make fewer; or close with \"all voted\" or a rule";
            c.error(&place, message, help);
        }
        Early::When(rule) if (Silence { panel, filled: true }).holds(rule) => {
            let help = "It would close at the moment at which it opens: count `participating`, or a choice";
            c.error(&place, "this rule holds before anybody has voted", help);
        }
        _ => {}
    }
}

/// The product over the groups of seats that count alike of the ways to distribute their votes:
/// n seats over m possibilities, not to vote being one, in C(n + m - 1, m - 1) ways.
fn completions(ballot: &Ballot, panel: &Panel) -> u128 {
    let mut groups: BTreeMap<_, u128> = BTreeMap::new();
    for seat in &panel.seats {
        *groups.entry((&seat.class, seat.weight)).or_default() += 1;
    }
    let possibilities = ballot.choices.len() + usize::from(ballot.abstention.is_some()) + 1;
    groups.values().fold(1, |ways, seats| {
        let group = (1..possibilities as u128).fold(1_u128, |ways, k| ways.saturating_mul(seats + k) / k);
        ways.saturating_mul(group)
    })
}

fn thresholds(c: &mut Checker<'_>, ballot: &Ballot, panel: &Panel) {
    let place = format!("ballot.{}", ballot.name);
    let outcomes = ballot.outcomes.iter().enumerate();
    let outcomes =
        outcomes.filter_map(|(i, o)| Some((format!("{place}.outcomes[{}].if", i + 1), o.rule.as_ref()?)));
    let quorum = ballot.quorum.as_ref().map(|rule| (format!("{place}.quorum"), rule));
    let early = match &ballot.early {
        Early::When(rule) => Some((format!("{place}.early"), rule)),
        _ => None,
    };
    let rules: Vec<(String, &Rule)> = outcomes.chain(quorum).chain(early).collect();
    for (place, rule) in rules {
        for comparison in rule.all.iter().filter(|comparison| always(panel, comparison)) {
            let message = format!("`{comparison}` holds whatever is counted");
            let help =
                "What comes after it could never be reached: leave it out, or write the amount that is meant";
            c.error(&place, message, help);
        }
        for comparison in rule.all.iter().filter(|comparison| out_of_reach(panel, comparison)) {
            let message =
                format!("`{comparison}` can never hold, even if every seat of `{}` votes", panel.name);
            c.warn(&place, message, "Lower the threshold, or add seats");
        }
    }
}
