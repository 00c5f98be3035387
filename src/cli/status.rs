//! `status`: where each case stands, who has still to act, what is overdue, what happens when if nobody does.

use clap::Args;
use serde_json::{Value, json};

use super::answer::Answer;
use super::context::Context;
use super::error::CliError;
use super::record::Record;
use super::show::{Page, Tone, ahead, by_cause, by_entry, header, time};
use crate::engine::State;
use crate::engine::ballot::BallotRun;
use crate::engine::case::Case;
use crate::engine::evidence::since_vote;
use crate::engine::outlook::{Kind, Task};
use crate::values::Instant;
use crate::view::document::{self, Cases};
use crate::view::status::{ballot_words, gathered, kind_word, news_words, none_yet, suspended_words};

/// Where each case stands, who has still to act, and what happens if nobody does
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate status agi-2025\n  quorate status --at 2026-04-01\n\n\
    A time in the past is answered from the record as it was then; a time to come, as if nobody acted until then.")]
pub struct StatusArgs {
    /// The agreement; may be left out where there is only one
    agreement: Option<String>,
    /// Stand at this time instead of now
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    at: Option<Instant>,
}

/// Runs `status`.
///
/// # Errors
/// There is no such agreement, or it does not pass its audit.
pub fn run(context: &Context, args: &StatusArgs) -> Result<Answer, CliError> {
    let record = Record::load(context, args.agreement.as_deref())?;
    let now = record.now(context);
    let at = args.at.unwrap_or(now);
    let state = record.state_at(at)?;
    let (mut page, mut json) = header(&record, &state, at, context.now());
    if at > now {
        page.line(Tone::Notice, "A projection: what will be if nobody acts until then.");
    }
    cases(&mut page, &state, at);
    let tasks = state.tasks(at);
    who_acts(&mut page, &tasks, at);
    ahead(&mut page, "If nobody acts", &state, at);
    json.insert("projection".to_owned(), json!(at > now));
    json.extend(document::fields(&Cases::of(&state, at)));
    Ok(Answer::done(page, Value::Object(json)))
}

fn cases(page: &mut Page, state: &State, at: Instant) {
    page.title("Cases");
    if state.cases.is_empty() {
        page.line(Tone::Plain, &none_yet(state));
    }
    for case in state.cases.values() {
        let tone = if case.ended.is_some() { Tone::Faint } else { Tone::Plain };
        let since = time::from_now(case.entered, at);
        page.line(tone, &format!("{}: {}, since {since}", case.id, case.state));
        if let Some(step) = case.path.last() {
            page.line(Tone::Faint, &format!("  {}{}", by_cause(&step.why.words), by_entry(step.why.entry)));
        }
        if let Some(since) = case.suspended() {
            page.line(Tone::Notice, &format!("  {}", suspended_words(state, case, since)));
        }
        if case.ended.is_none() && case.workflow.digest != state.workflow.digest {
            let words = format!(
                "  goes on under the workflow {}, “{}”",
                case.workflow.digest.short(),
                case.workflow.title
            );
            page.line(Tone::Notice, &words);
        }
        if let Some(subject) = &case.subject {
            let gone = if state.subject_seated(case) { "" } else { ", who has the seat no longer" };
            page.line(tone, &format!("  about {}: {}{gone}", subject.seat, subject.person));
        }
        if let Some((panel, seats)) = state.panel_of(case).filter(|_| case.ended.is_none()) {
            let filled = panel.seats.iter().filter(|seat| seats.filled(panel, &seat.name).is_some()).count();
            page.line(
                tone,
                &format!("  panel {}: {filled} of {} seats filled", panel.name, panel.seats.len()),
            );
        }
        if let Some(chosen) = state.around(case).chosen() {
            page.line(tone, &format!("  {} is chosen to chair, by {}", chosen.seat, chosen.ballot));
        }
        for (seat, recusal) in &case.recused {
            page.line(
                tone,
                &format!("  {seat} stays out: {}{}", recusal.reason, by_entry(Some(recusal.done.entry))),
            );
        }
        for (seat, obligation) in &case.obliged {
            let entry = by_entry(Some(obligation.done.entry));
            page.line(tone, &format!("  {seat} is {}{entry}", obligation.words()));
        }
        for run in &case.ballots {
            if let Some(rules) = run.rules() {
                page.line(tone, &format!("  {}", ballot_words(run, rules, at, case.suspended().is_some())));
                since_votes(page, case, run);
            }
        }
        for step in case.listening() {
            let to = step.to.as_ref().map_or_else(String::new, |to| format!(" → {to}"));
            page.line(Tone::Faint, &format!("  waits for {}{to}", step.trigger.words()));
        }
    }
}

/// What each voter of an open ballot has not seen, in a row for all to whom the same is new.
fn since_votes(page: &mut Page, case: &Case, run: &BallotRun) {
    let mut rows: Vec<(Vec<&str>, String)> = Vec::new();
    for seat in run.electors.keys().filter(|_| run.closed.is_none()) {
        let news = since_vote(case, run, seat);
        if news.is_empty() {
            continue;
        }
        let news: Vec<String> = news
            .into_iter()
            .map(|(entry, news)| format!("{}{}", news_words(news), by_entry(entry)))
            .collect();
        let lapsed = if run.lapsed.contains_key(seat) { ": that vote does not count any more" } else { "" };
        let words = format!("{}{lapsed}", news.join(", "));
        match rows.iter_mut().find(|(_, known)| *known == words) {
            Some((seats, _)) => seats.push(seat.as_str()),
            None => rows.push((vec![seat.as_str()], words)),
        }
    }
    for (seats, words) in rows {
        page.line(Tone::Notice, &format!("  since the vote of {}: {words}", seats.join(", ")));
    }
}

fn who_acts(page: &mut Page, tasks: &[Task], at: Instant) {
    page.title("Who has still to act");
    if tasks.is_empty() {
        page.line(Tone::Plain, "Nobody.");
    }
    let rows = gathered(tasks).into_iter().map(|it| {
        let until = it.until.map_or_else(String::new, |until| time::from_now(until, at));
        vec![
            (kind_word(it.kind).to_owned(), tone(it.kind)),
            (it.who.join(", "), Tone::Plain),
            (it.what, Tone::Plain),
            (until, Tone::Plain),
        ]
    });
    page.table(&["", "who", "what", "until"], rows.collect());
}

fn tone(kind: Kind) -> Tone {
    match kind {
        Kind::Overdue => Tone::Bad,
        Kind::Owed | Kind::Awaited => Tone::Notice,
        Kind::Possible => Tone::Faint,
    }
}
