//! `what-if`: what would follow, from an agreement as it stands, if somebody did something. It writes nothing.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::answer::Answer;
use super::context::Context;
use super::documents::read_text;
use super::error::CliError;
use super::license;
use super::record::Record;
use super::show::{Page, Tone, ahead, header, time};
use super::workflow::drawn;
use crate::engine::State;
use crate::engine::ballot::BallotRun;
use crate::engine::case::Case;
use crate::engine::event::Occurrence;
use crate::scenario::{Scenario, Supposed};
use crate::statement::BallotRef;
use crate::values::{Instant, Span};
use crate::view::document::{self, Ahead, Grant};
use crate::workflow::Diagnostics;

/// What would follow if somebody did this: licence, outcomes, what comes next
#[derive(Debug, Args)]
#[command(
    name = "what-if",
    after_help = "Example:\n  quorate what-if agi-2025 --vote met=o1,o2,i1,i2,i3 --vote not-met=m1,m2 \\\n    --reveal o1,o2,i1,i2,i3,m1,m2\n  \
        quorate what-if agi-2025 --do withdraw-declaration=openai\n  quorate what-if agi-2025 --steps tomorrow.toml\n\n\
        Nothing is signed, and nothing is written. What is done at one time comes in this order: fill, do, vote, reveal.\n\
        --steps takes a scenario's file; its `opened` is when the hypothesis begins."
)]
pub struct WhatIfArgs {
    /// The agreement; may be left out where there is only one
    agreement: Option<String>,
    /// The seats that are filled
    #[arg(long, value_name = "SEAT,…", value_delimiter = ',')]
    fill: Vec<String>,
    /// An act and in whose name; several jointly by `+`
    #[arg(long = "do", value_name = "ACT=WHO")]
    acts: Vec<String>,
    /// A choice and who votes for it
    #[arg(long, value_name = "CHOICE=SEAT,…")]
    vote: Vec<String>,
    /// Who reveals, in a sealed ballot; with the choice where they have committed
    #[arg(long, value_name = "[CHOICE=]SEAT,…")]
    reveal: Vec<String>,
    /// The ballot that is voted on, or revealed, where several are open
    #[arg(long, value_name = "BALLOT")]
    on: Option<BallotRef>,
    /// How long from now it is done, and looked at
    #[arg(long, value_name = "TIME", conflicts_with = "at", allow_hyphen_values = true)]
    after: Option<Span>,
    /// When it is done, and looked at, instead of now
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    at: Option<Instant>,
    /// What happens, as a scenario's file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fill", "acts", "vote", "reveal", "on", "after", "at"])]
    steps: Option<PathBuf>,
}

/// Runs `what-if`.
///
/// # Errors
/// There is no such agreement, its log does not pass its audit, or the hypothesis cannot be read.
pub fn run(context: &Context, args: &WhatIfArgs) -> Result<Answer, CliError> {
    let record = Record::load(context, args.agreement.as_deref())?;
    let now = record.now(context);
    let then = when(&record, args, now)?;
    let (name, text) = match &args.steps {
        Some(file) => (file.display().to_string(), read_text(file)?),
        None => ("the hypothesis".to_owned(), text(args, now, then)?),
    };
    let unread = |found: Diagnostics| {
        CliError::Faults(drawn(|colour| found.render(&name, &text, colour)).trim_end().to_owned())
    };
    let supposed = if text.is_empty() {
        // Nothing is done: what time alone brings.
        Supposed { state: record.state.at(then).into_owned(), at: then, found: Diagnostics::new(Vec::new()) }
    } else {
        Scenario::parse(&text).and_then(|scenario| scenario.suppose(&record.state)).map_err(unread)?
    };
    let Supposed { state, at, found } = supposed;
    let (mut page, mut json) = header(&record, &record.state, now, context.now());
    page.line(Tone::Notice, "A hypothesis: nobody has signed it, and nothing is written.");
    page.fields([("seen at", time::from_now(at, now))]);
    if let Some(run) = state.running.iter().filter_map(|id| state.case(id)).find_map(still_sealed) {
        let words = format!(
            "{} is sealed: what is voted there are commitments, which count once they are revealed (--reveal).",
            run.id
        );
        page.line(Tone::Notice, &words);
    }
    if !found.is_empty() {
        page.blank().drawn(drawn(|colour| found.render(&name, &text, colour)).trim_end());
    }
    let before = record.state.at(now);
    follows(&mut page, &before, &state);
    page.title("Licence then");
    if let Some(licence) = state.licence(at) {
        let moved = license::moved(&mut page, &licence);
        page.line(Tone::Faint, &format!("{} as at the opening.", others(&licence, moved)));
    }
    ahead(&mut page, "Then, if nobody acts", &state, at);
    json.insert("hypothesis".to_owned(), json!(true));
    json.insert("at".to_owned(), json!(at));
    json.insert("findings".to_owned(), found.to_json());
    json.insert("follows".to_owned(), json!(what_follows(&before, &state)));
    json.insert("grants".to_owned(), json!(state.licence(at).map(|it| Grant::all(&state, &it))));
    json.extend(document::fields(&Ahead::of(&state)));
    let json = Value::Object(json);
    Ok(if found.is_empty() { Answer::done(page, json) } else { Answer::faults(page, json) })
}

/// A sealed ballot of the case in which something is committed and not yet revealed.
fn still_sealed(case: &Case) -> Option<&BallotRun> {
    case.open_ballots().find(|run| run.sealed.as_ref().is_some_and(|sealed| !sealed.commitments.is_empty()))
}

/// When it is done, and looked at: nothing can be supposed of what is past.
fn when(record: &Record, args: &WhatIfArgs, now: Instant) -> Result<Instant, CliError> {
    let at = args.at.or_else(|| args.after.map(|after| now.plus(after))).unwrap_or(now);
    if at < record.state.opened {
        return Err(record.before_opening(at));
    }
    if at < now {
        return Err(CliError::usage(format!(
            "{at} is past, and what has happened cannot be supposed: it is {now}; name that time or a later one, or see what \
             was in force then with `quorate license --at {at}`"
        )));
    }
    Ok(at)
}

/// The flags as a scenario; empty where nothing is done.
fn text(args: &WhatIfArgs, now: Instant, at: Instant) -> Result<String, CliError> {
    if args.fill.is_empty() && args.acts.is_empty() && args.vote.is_empty() && args.reveal.is_empty() {
        return Ok(String::new());
    }
    let mut text = format!("scenario = \"What if\"\nopened = {now}\n");
    let mut step = |line: String| {
        let _ = writeln!(text, "\n[[step]]\nat = {at}\n{line}"); // writing into a string does not fail
    };
    let quoted = |names: &str, by: char| {
        let names: Vec<String> =
            names.split(by).map(|name| toml::Value::from(name.trim()).to_string()).collect();
        format!("[{}]", names.join(", "))
    };
    let parts = |text: &str, how: &str| {
        let parts = text.split_once('=').map(|(left, right)| (left.trim().to_owned(), right.to_owned()));
        parts.ok_or_else(|| CliError::usage(format!("`{text}` is not understood: write {how}")))
    };
    let on = args
        .on
        .as_ref()
        .map_or_else(String::new, |ballot| format!("\nballot = {}", toml::Value::from(ballot.to_string())));
    if !args.fill.is_empty() {
        step(format!("fill = {}", quoted(&args.fill.join(","), ',')));
    }
    for act in &args.acts {
        let (act, by) = parts(act, "ACT=PARTY, such as withdraw-declaration=openai")?;
        step(format!("do = {}\nby = {}", toml::Value::from(act), quoted(&by, '+')));
    }
    for vote in &args.vote {
        let (choice, seats) = parts(vote, "CHOICE=SEAT,SEAT, such as met=i1,i2")?;
        step(format!("vote = {{ {} = {} }}{on}", toml::Value::from(choice), quoted(&seats, ',')));
    }
    for reveal in &args.reveal {
        step(match reveal.split_once('=') {
            None => format!("reveal = {}{on}", quoted(reveal, ',')),
            Some((choice, seats)) => {
                let choice = toml::Value::from(choice.trim());
                format!("reveal = {{ {choice} = {} }}{on}", quoted(seats, ','))
            }
        });
    }
    Ok(text)
}

/// What is different: cases that are elsewhere, ballots that opened or closed, events.
fn what_follows(before: &State, after: &State) -> Vec<String> {
    // At one instant a closing comes before the step that it brings, and that before its event.
    let mut lines: Vec<(Instant, u8, String)> = Vec::new();
    for case in after.cases.values() {
        let was = before.case(&case.id);
        for step in case.path.iter().skip(was.map_or(0, |was| was.path.len())) {
            let words = format!("{}: {} goes to {} ({})", step.at, case.id, step.to, step.why.words);
            lines.push((step.at, 1, words));
        }
        for run in &case.ballots {
            let closed_before = was.and_then(|was| was.ballots.iter().find(|it| it.id == run.id));
            let closing = run.closed.as_ref();
            if let Some(closing) = closing.filter(|_| closed_before.is_none_or(|it| it.closed.is_none())) {
                let outcome = closing.outcome.as_ref().map_or("no outcome", |outcome| outcome.as_str());
                lines.push((closing.at, 0, format!("{}: {} closes: {outcome}", closing.at, run.id)));
            }
        }
    }
    for (place, occurrence) in after.events.iter().enumerate() {
        let was = before.events.get(place);
        if was.is_none() {
            let words = format!("{}: event {} of {}", occurrence.at, occurrence.event, occurrence.case);
            lines.push((occurrence.at, 2, words));
        }
        if let Some(annulled) = occurrence.annulled.as_ref().filter(|_| was.is_none_or(Occurrence::live)) {
            let words = format!("{}: {} annuls {}", annulled.at, annulled.by, occurrence.event);
            lines.push((annulled.at, 3, words));
        }
    }
    lines.sort();
    lines.into_iter().map(|(.., words)| words).collect()
}

fn follows(page: &mut Page, before: &State, after: &State) {
    page.title("What follows");
    let lines = what_follows(before, after);
    if lines.is_empty() {
        page.line(Tone::Plain, "No case moves, no ballot closes, no event.");
    }
    for line in lines {
        page.line(Tone::Plain, &line);
    }
}

fn others(licence: &crate::engine::licence::Licence<'_>, moved: usize) -> String {
    let all: usize = licence.grants.iter().map(|grant| grant.attributes.len()).sum();
    let rest = all.saturating_sub(moved);
    if rest == 1 { "1 other is".to_owned() } else { format!("{rest} others are") }
}
