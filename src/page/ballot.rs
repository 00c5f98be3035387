//! A ballot: how it stands, its count and quorum as drawings, and who has voted.

use maud::{Markup, html};

use super::About;
use super::bars::{Stretch, bar, electors, far};
use super::parts::{capital, digest, facts, table, to_entry, when_from};
use crate::engine::ballot::{BallotRun, Elector};
use crate::engine::case::Case;
use crate::engine::count::Table;
use crate::engine::evidence::since_vote;
use crate::values::Id;
use crate::view::status::{ballot_words, news_words, tally};
use crate::view::{by_entry, status::ballot_word};
use crate::workflow::model::{Ballot, Comparison, Positions, Rule};

/// How many ways of voting have a look of their own.
const SHADES: usize = 5;

/// A ballot on the page of its case.
pub(super) fn whole(about: &About<'_>, case: &Case, run: &BallotRun) -> Markup {
    let Some(rules) = run.rules() else { return html! {} };
    let suspended = case.suspended().is_some();
    let end = if let Some(end) = &run.closed {
        ("Closed", when_from(end.at, about.at))
    } else {
        let still = || html! { "it stands still while the case is suspended" };
        ("Closes", run.takes(suspended).1.map_or_else(still, |until| when_from(until, about.at)))
    };
    html! {
        article.card {
            h3 { (run.id) ": " (ballot_word(run)) }
            p.question { (rules.question) }
            p { (capital(&ballot_words(run, rules, about.at, suspended))) "." }
            (drawings(run, rules))
            (facts([
                ("Opened", when_from(run.opened, about.at)),
                end,
                ("Paper", html! {
                    a href=(about.interface(&format!("/ballots/{}/{}/{}/{}", run.id.case.procedure, run.id.case.number, run.id.ballot, run.id.round))) { "the paper on which votes are cast" }
                    " " (digest(&run.paper))
                }),
            ]))
            (votes(about, case, run, rules))
        }
    }
}

/// An open ballot on the page of its agreement.
pub(super) fn brief(about: &About<'_>, case: &Case, run: &BallotRun) -> Markup {
    let Some(rules) = run.rules() else { return html! {} };
    html! {
        p.question { (rules.question) }
        p { (capital(&ballot_words(run, rules, about.at, case.suspended().is_some()))) "." }
        (drawings(run, rules))
    }
}

/// The votes, then each rule that can decide, with what it still takes.
fn drawings(run: &BallotRun, rules: &Ballot) -> Markup {
    let counts = run.table(rules);
    let total = electors(&counts);
    html! {
        div.drawings {
            (cast(run, rules, total))
            @if commits(run) { p.note { (uncounted(run)) } }
            @if let Some(quorum) = &rules.quorum { (rule(run, &counts, "Quorum", quorum, total)) }
            @for outcome in &rules.outcomes {
                @let name = format!("Outcome “{}”", outcome.is);
                @match outcome.rule_after(run.eased) {
                    Some(of) => { (rule(run, &counts, &name, of, total)) },
                    None => { p.rule { (name) ": otherwise" } },
                }
            }
        }
    }
}

/// Who has voted how, as one bar with its key.
fn cast(run: &BallotRun, rules: &Ballot, total: u64) -> Markup {
    let number = |many: usize| u64::try_from(many).unwrap_or(0);
    let counting = |seat: &&Id| run.counts(seat);
    let mut counts: Vec<(String, u64)> = Vec::new();
    let sealing = run.sealed.as_ref().filter(|_| run.closed.is_none());
    if sealing.is_none_or(|sealing| sealing.revealing.is_some()) {
        let told = tally(run, rules).into_iter();
        counts.extend(told.map(|(choice, votes)| (choice.to_string(), votes)));
    }
    if let Some(sealing) = sealing {
        counts.push(("still sealed".to_owned(), number(sealing.unrevealed().filter(counting).count())));
    }
    let heads = number(run.electors.len());
    let voted: u64 = counts.iter().map(|(_, votes)| votes).sum();
    let silent = heads.saturating_sub(voted);
    let mut said: Vec<String> = counts.iter().map(|(choice, votes)| format!("{choice} {votes}")).collect();
    said.push(format!("without a vote {silent}"));
    let words = format!("Of {heads} electors: {}", said.join(", "));
    let stretches: Vec<Stretch> = counts
        .iter()
        .enumerate()
        .map(|(place, (_, votes))| Stretch { shade: place % SHADES, cells: *votes })
        .collect();
    html! {
        figure.votes {
            (bar(&words, &stretches, heads.max(u64::from(total == 0)), None))
            figcaption {
                ul.key {
                    @for (place, (choice, votes)) in counts.iter().enumerate() {
                        li { svg.swatch viewBox="0 0 12 12" aria-hidden="true" { rect class=(format!("shade{}", place % SHADES)) width="12" height="12" {} } (choice) " " strong { (votes) } }
                    }
                    li { svg.swatch viewBox="0 0 12 12" aria-hidden="true" { rect.empty width="12" height="12" {} } "without a vote " strong { (silent) } }
                }
            }
        }
    }
}

/// Whether no vote has been revealed yet, as it is a sealed ballot's first phase: its rules count nothing, which is not
/// that they do not hold.
fn commits(run: &BallotRun) -> bool {
    run.sealed.is_some() && run.revealing().is_none()
}

fn uncounted(run: &BallotRun) -> &'static str {
    match run.closed {
        None => "Quorum and outcomes are counted once votes are revealed. Until then nobody knows a vote.",
        Some(_) => "It ended before any vote was revealed, so quorum and outcomes were never counted.",
    }
}

/// A rule: each of its comparisons as a bar up to its amount, and a line where it begins to hold; where nothing can be
/// counted yet, its words alone.
fn rule(run: &BallotRun, counts: &Table, name: &str, rule: &Rule, total: u64) -> Markup {
    html! {
        @for comparison in &rule.all {
            @if commits(run) { p.rule { (name) ", “" (comparison) "”" } }
            @else { (compared(counts, name, comparison, total)) }
        }
    }
}

fn compared(counts: &Table, name: &str, comparison: &Comparison, total: u64) -> Markup {
    let working = counts.working(comparison);
    let words = format!("{name}, “{comparison}”: {}", far(&working, comparison.op));
    html! {
        figure.rule {
            figcaption { (words) }
            (bar(&words, &[Stretch { shade: usize::from(!working.holds), cells: working.amount }], total, working.bound))
        }
    }
}

fn votes(about: &About<'_>, case: &Case, run: &BallotRun, rules: &Ballot) -> Markup {
    let row = |(seat, elector): (&Id, &Elector)| {
        let entry = run.voted(seat).or_else(|| run.obliged.get(seat).map(|cast| cast.done));
        let committed = run.sealed.as_ref().and_then(|sealing| sealing.commitments.get(seat));
        let revealed = committed.and_then(|committed| committed.revealed);
        vec![
            html! { (seat) },
            html! { (elector.person) },
            html! { (vote(run, rules, seat)) },
            html! {
                @if let Some(done) = entry { (to_entry(about, done.entry)) }
                @if let Some(done) = revealed { ", revealed in " (to_entry(about, done.entry)) }
            },
            html! { (news(case, run, seat)) },
        ]
    };
    let rows: Vec<_> = run.electors.iter().map(row).collect();
    html! {
        (table("Who votes", &["Seat", "Person", "Vote", "Entry", "Since that vote"], &rows))
        @for (seat, reason) in run.excluded.iter() { p { (seat) " has no vote here: " (reason) "." } }
    }
}

/// How a seat stands: what it voted, where reports of this ballot tell that.
fn vote(run: &BallotRun, rules: &Ballot, seat: &Id) -> String {
    let told = rules.positions == Positions::Told;
    let sealed = run.sealed.as_ref().and_then(|sealing| sealing.commitments.get(seat));
    let counts = match run.left.get(seat) {
        Some(left) if left.vote_stands => format!(", has left ({}); the vote stands", left.reason.words()),
        Some(left) => format!(", has left ({}); a vote does not count", left.reason.words()),
        None => String::new(),
    };
    let vote = if run.lapsed.contains_key(seat) {
        "voted, and that vote does not count any more".to_owned()
    } else if sealed.is_some_and(|committed| committed.revealed.is_none()) {
        "committed, not revealed".to_owned()
    } else {
        match run.votes.get(seat) {
            Some(cast) if told => cast.choice.to_string(),
            Some(_) => "voted".to_owned(),
            None if run.obliged.contains_key(seat) => "abstains, as obliged".to_owned(),
            None if run.closed.is_some() => "did not vote".to_owned(),
            None => "not yet".to_owned(),
        }
    };
    format!("{vote}{counts}")
}

/// What is new to a voter of an open ballot.
fn news(case: &Case, run: &BallotRun, seat: &Id) -> String {
    if run.closed.is_some() {
        return String::new();
    }
    let news = since_vote(case, run, seat);
    let news: Vec<String> =
        news.into_iter().map(|(entry, news)| format!("{}{}", news_words(news), by_entry(entry))).collect();
    news.join(", ")
}
