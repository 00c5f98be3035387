//! Ballots: who opens them, when they close early, whether their thresholds can be reached.

use std::collections::BTreeMap;

use super::counts::{Silence, always, may_share_nothing, out_of_reach};
use super::evidence::{lapses, votes_that_lapse};
use super::late;
use super::nobody;
use super::numbers;
use super::sealed;
use super::{Checker, place_of_state};
use crate::values::Id;
use crate::workflow::model::{Ballot, Bound, Change, Early, Exclusion, ExtendOn, Outcome, Panel, Rule};

pub(super) fn check(c: &mut Checker<'_>) {
    for ballot in &c.workflow.ballots {
        opened(c, ballot);
        if let Some(panel) = c.workflow.panel(&ballot.panel) {
            let panel = &*ballot.part_of(panel);
            early(c, ballot, panel);
            window(c, ballot);
            late::puts_off(c, ballot);
            votes_that_lapse(c, ballot);
            sealed::check(c, ballot);
            affiliations(c, ballot, panel);
            answers(c, ballot);
            chosen(c, ballot, panel);
            thresholds(c, ballot, panel);
            nobody::check(c, ballot, panel);
            idle(c, ballot);
        }
    }
}

fn opened(c: &mut Checker<'_>, ballot: &Ballot) {
    let mut opens = false;
    for procedure in &c.workflow.procedures {
        for state in procedure.states.iter().filter(|state| state.ballots().any(|name| *name == ballot.name))
        {
            opens = true;
            if ballot.less.contains(&Exclusion::Subject) && procedure.about.as_ref() != Some(&ballot.panel) {
                let message =
                    format!("a case of `{}` is about no seat of `{}`", procedure.name, ballot.panel);
                let help =
                    format!("Write about = \"{}\" in the procedure, or leave out \"subject\"", ballot.panel);
                c.error(&format!("ballot.{}.electors.less", ballot.name), message, help);
            }
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
        Early::Certain if ballot.outcomes.iter().any(|outcome| outcome.lasting.is_some()) => {
            let help = "How long a rule has held hangs on when the votes come: write early = \"confirmed\"";
            c.error(&place, "nothing is certain where an outcome must last", help);
        }
        Early::Certain if ballot.answer.is_some() => {
            let help = "Close with \"all voted\" or a rule, or at the end of its time";
            c.error(&place, "nothing is certain where any answer can still come", help);
        }
        Early::Certain if ballot.candidates() => {
            let help = "Close with \"all voted\" or a rule, or at the end of its time";
            c.error(&place, "that somebody is chosen may be certain before it is certain who", help);
        }
        Early::Certain if ballot.extend.is_some() && eases(ballot) => {
            let help = "Leave out `extend`, or the eases, or close with \"all voted\" or a rule";
            c.error(&place, "which rule is in force at the end hangs on when the votes come", help);
        }
        Early::Confirmed if ballot.outcomes.iter().all(|outcome| outcome.lasting.is_none()) => {
            let help = "Say how long a rule must have held: { is = \"…\", if = \"…\", for = \"3 days\" }";
            c.error(&place, "no outcome of this ballot is ever confirmed", help);
        }
        Early::When(rule) if (Silence { panel, filled: true }).holds(rule) => {
            let help = "It would close at the moment at which it opens: count `participating`, or a choice";
            c.error(&place, "this rule holds before anybody has voted", help);
        }
        _ => {}
    }
}

fn affiliations(c: &mut Checker<'_>, ballot: &Ballot, panel: &Panel) {
    if ballot.per_affiliation && !panel.affiliation_needed {
        let message =
            format!("whoever is nominated for `{}` without an affiliation counts alone", panel.name);
        let help = "Write affiliation = \"needed\" in the panel, so that nobody can leave it out";
        c.warn(&format!("ballot.{}.count", ballot.name), message, help);
    }
}

fn answers(c: &mut Checker<'_>, ballot: &Ballot) {
    if ballot.answer.is_some() && ballot.outcomes.iter().all(|outcome| outcome.gives.is_none()) {
        let help = "Say with which outcome it is given: { is = \"…\", if = \"…\", gives = \"answer\" }";
        c.error(
            &format!("ballot.{}.answer", ballot.name),
            "no outcome of this ballot gives its answer",
            help,
        );
    }
}

/// Electors who choose one of themselves: to chair, before a panel that says who chairs once the chosen one is gone.
fn chosen(c: &mut Checker<'_>, ballot: &Ballot, panel: &Panel) {
    if !ballot.candidates() {
        return;
    }
    let place = format!("ballot.{}.choices", ballot.name);
    if ballot.outcomes.iter().all(|outcome| outcome.gives.is_none()) {
        let help = "Say with which outcome: { is = \"…\", if = \"leading >= 1\", gives = \"chair\" }";
        c.error(&place, "nobody is chosen with any outcome of this ballot", help);
    }
    if panel.chair.is_empty() {
        let message = format!("nobody chairs `{}` once whoever is chosen has left", panel.name);
        let help =
            "Say in the panel who does then: chair = \"…\", or chair = { first-filled = [\"…\", \"…\"] }";
        c.error(&place, message, help);
    }
}

fn eases(ballot: &Ballot) -> bool {
    ballot.outcomes.iter().any(|outcome| !outcome.eases.is_empty())
}

/// What puts the closing off, and what comes only after it.
fn window(c: &mut Checker<'_>, ballot: &Ballot) {
    let place = format!("ballot.{}", ballot.name);
    if let Some(extend) = &ballot.extend {
        let place = format!("{place}.extend");
        let asks = match extend.on {
            ExtendOn::Quorum => Some("the ballot has no quorum that could come late"),
            ExtendOn::NoQuorum => Some("the ballot has no quorum that could be missing"),
            ExtendOn::Vote | ExtendOn::Evidence => None,
        };
        if let Some(message) = asks.filter(|_| ballot.quorum.is_none()) {
            let help = "Give the ballot a quorum, or write on = \"vote\"";
            c.error(&format!("{place}.on"), message, help);
        }
        let anew = ballot.change == Change::UntilClose || lapses(ballot);
        if extend.at_most.is_none() && extend.on != ExtendOn::Evidence && anew {
            let help = "Limit it (at-most = 3), or let every vote be cast once and stand";
            let message = "votes can be cast anew, so the closing could be put off for ever";
            c.error(&place, message, help);
        }
        if extend.in_last.is_some_and(|in_last| in_last > ballot.open_for.longest()) {
            let message = format!("the ballot is open for {} only", ballot.open_for);
            c.error(&format!("{place}.in-last"), message, "Shorten it: late is what comes near the closing");
        }
    }
    let states = c.workflow.procedures.iter().flat_map(|procedure| &procedure.states);
    let mut asking = states.filter(|state| state.ballots().any(|name| *name == ballot.name));
    let may_outlast = ballot.extend.is_some()
        || ballot.sealed.is_some()
        || asking.any(|state| state.doings().any(|doing| doing.extends.is_some()))
        || ballot.outcomes.iter().any(|outcome| outcome.lasting.is_some());
    for (index, outcome) in ballot.outcomes.iter().enumerate() {
        let late = outcome.eases.iter().position(|ease| ease.after > ballot.open_for.longest());
        if let Some(late) = late.filter(|_| !may_outlast) {
            let message =
                format!("the ballot is open for {} only, so this rule is never in force", ballot.open_for);
            let help = "Let it ease earlier, or let the ballot be open for longer";
            c.error(&format!("{place}.outcomes[{}].eases[{}].after", index + 1, late + 1), message, help);
        }
    }
}

/// The product over the groups of seats that count alike of the ways to distribute their votes:
/// n seats over m possibilities, not to vote being one, in C(n + m - 1, m - 1) ways.
fn completions(ballot: &Ballot, panel: &Panel) -> u128 {
    let mut groups: BTreeMap<_, u128> = BTreeMap::new();
    for seat in &panel.seats {
        // Where affiliations count, nobody knows yet who will count alike.
        let alone = ballot.per_affiliation.then_some(&seat.name);
        *groups.entry((&seat.class, seat.weight, alone)).or_default() += 1;
    }
    let possibilities = ballot.choices.len() + usize::from(ballot.abstention.is_some()) + 1;
    groups.values().fold(1, |ways, seats| {
        let group = (1..possibilities as u128).fold(1_u128, |ways, k| ways.saturating_mul(seats + k) / k);
        ways.saturating_mul(group)
    })
}

fn thresholds(c: &mut Checker<'_>, ballot: &Ballot, panel: &Panel) {
    let place = format!("ballot.{}", ballot.name);
    let outcomes = ballot.outcomes.iter().enumerate().flat_map(|(i, outcome)| {
        let place = format!("{place}.outcomes[{}]", i + 1);
        let first = outcome.rule.as_ref().map(|rule| (format!("{place}.if"), rule));
        let eases = outcome.eases.iter().enumerate();
        let eases = eases.map(move |(i, ease)| (format!("{place}.eases[{}].if", i + 1), &ease.rule));
        first.into_iter().chain(eases)
    });
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
            let classes: Vec<&str> = ballot.classes.iter().map(Id::as_str).collect();
            let classes =
                if classes.is_empty() { String::new() } else { format!(" of class {}", classes.join(", ")) };
            let message = format!(
                "`{comparison}` can never hold, even if every seat of `{}`{classes} votes",
                panel.name
            );
            c.warn(&place, message, "Lower the threshold, or add seats");
        }
        for comparison in rule.all.iter().filter(|comparison| !out_of_reach(panel, comparison)) {
            let holds = match numbers::decided(ballot, panel, comparison) {
                Some(true) => "always holds",
                Some(false) => "can never hold",
                None => continue,
            };
            let message = format!("`{comparison}` {holds}, however the votes fall");
            c.warn(&place, message, numbers::HELP);
        }
        for comparison in &rule.all {
            let Some(base) = may_share_nothing(comparison, rule, ballot.quorum.as_ref()) else { continue };
            let base = Bound::Times { times: 1, of: base.to_vec() };
            let message = format!("`{comparison}` does not hold where `{base}` comes to nothing");
            let help = "A share of nothing never holds, whatever the operator: say by `>` or `>=` of votes or seats what \
                        carries, compare with an amount (`2 times no`), or put an outcome before it for that case";
            c.warn(&place, message, help);
        }
    }
}

/// Whether a rule holds wherever one of an outcome does, by the same amounts compared alike.
fn implied(rule: &Rule, outcome: &Outcome) -> bool {
    let asks = |it: &Rule| rule.all.iter().all(|less| it.all.iter().any(|more| more.asks_as_much_as(less)));
    outcome.rules().all(asks)
}

/// Conditions of an outcome that change nothing: one that is never looked at since an earlier outcome holds then too, one that stands there already, and those before the last outcome that
/// lead to the same. And two that must last, each by itself, where whoever says "or" may mean them together.
fn idle(c: &mut Checker<'_>, ballot: &Ballot) {
    let plain = |outcome: &Outcome| outcome.lasting.is_none() && outcome.eases.is_empty();
    let place = |index: usize| format!("ballot.{}.outcomes[{}].if", ballot.name, index + 1);
    for (index, outcome) in ballot.outcomes.iter().enumerate().filter(|(_, it)| it.rule.is_some()) {
        let same = |other: &Outcome| other.is == outcome.is && other.rule == outcome.rule && plain(other);
        let mut after = ballot.outcomes.iter().skip(index + 1);
        let before = ballot.outcomes.iter().take(index).filter(|it| plain(it) && it.gives.is_none());
        let implied =
            before.into_iter().find(|it| it.rule.as_ref().is_some_and(|rule| implied(rule, outcome)));
        if plain(outcome) && ballot.outcomes.iter().take(index).any(same) {
            let message = format!("this condition of `{}` stands there already", outcome.is);
            c.warn(&place(index), message, "Leave it out, or write the other one that is meant");
        } else if let Some(before) = implied {
            let message = format!(
                "`{}` is not the outcome by this: where it holds, `{}` is before",
                outcome.is, before.is
            );
            let help =
                "The first listed whose rule holds is the outcome: list the one that asks for more first";
            c.warn(&place(index), message, help);
        } else if outcome.lasting.is_some()
            && ballot.outcomes.iter().take(index).any(|it| it.is == outcome.is && it.lasting.is_some())
        {
            let message = format!(
                "`{}` must last by each of its conditions alone: time under another one does not count",
                outcome.is
            );
            let help = "Write one rule for both, if the outcome may pass from one to the other meanwhile";
            c.warn(&place(index), message, help);
        } else if ballot.outcomes.iter().all(|it| it.lasting.is_none()) && after.all(|it| it.is == outcome.is)
        {
            let message = format!("whether this holds or not, the outcome is `{}`", outcome.is);
            let help =
                "It is also what happens otherwise: leave this place out, or let the last outcome be another";
            c.warn(&place(index), message, help);
        }
    }
}
