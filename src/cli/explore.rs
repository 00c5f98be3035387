//! `workflow explore`: whether a workflow's invariants hold whatever anybody does.

use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::answer::Answer;
use super::documents::read_text;
use super::error::{CliError, file_error};
use super::show::{Page, Tone};
use super::stop::Stop;
use super::workflow::read;
use crate::explore::{Bounds, ExploreError, Report, Verdict, explore_until, not_walked};
use crate::scenario::Scenario;
use crate::workflow::Workflow;
use crate::workflow::invariant::Promise;
use crate::workflow::words::times;

/// What to explore, and how far.
#[derive(Debug, Args)]
pub struct ExploreArgs {
    /// The workflow
    file: PathBuf,
    /// How many different states to look at, at most: it bounds time and memory
    #[arg(long, value_name = "STATES", default_value_t = 1_000_000, value_parser = at_least_one)]
    most: usize,
    /// How many cases of each procedure somebody opens, at most
    #[arg(long, value_name = "N", default_value_t = 1)]
    cases: u32,
    /// How often an act that may be done again is done in one case, at most
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    repeats: u32,
    /// How often panelists step down, stay out of a case, or lose their keys, at most
    #[arg(long, value_name = "N", default_value_t = 1)]
    leaving: u8,
    /// Act also between the edges of deadlines, where a time that begins then ends at one: many more states
    #[arg(long)]
    between: bool,
    /// Write each counterexample into this folder, as a scenario that `workflow test` plays
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Runs `workflow explore`.
///
/// # Errors
/// The file cannot be read or does not pass, it has no invariant, or a counterexample cannot be written.
pub fn run(args: &ExploreArgs) -> Result<Answer, CliError> {
    let (_, workflow) = read(&args.file)?;
    let text = read_text(&args.file)?;
    let bounds = Bounds {
        states: args.most,
        cases: args.cases,
        repeats: args.repeats,
        leaving: args.leaving,
        between: args.between,
        ..Bounds::default()
    };
    let bar = bar();
    let stop = Stop::on_signals()?;
    let report = explore_until(&text, bounds, stop.asked(), &mut |progress| {
        bar.set_message(format!(
            "{} states, {} moves, {} deep",
            progress.states, progress.visits, progress.depth
        ));
        bar.tick();
    });
    bar.finish_and_clear();
    let report = report.map_err(|error| match error {
        ExploreError::NoInvariant => CliError::usage(format!("{}: {error}", args.file.display())),
        error => CliError::Faults(format!("{}: {error}", args.file.display())),
    })?;
    let mut page = Page::default();
    page.title(&workflow.title);
    let mut rows = Vec::new();
    let mut stories = Vec::new();
    for (invariant, verdict) in workflow.invariants.iter().zip(&report.verdicts) {
        let tone = match verdict {
            Verdict::Kept => Tone::Good,
            Verdict::KeptAsWalked | Verdict::Undecided => Tone::Notice,
            Verdict::Unreached | Verdict::Broken(_) => Tone::Bad,
        };
        rows.push(vec![
            (word(&invariant.promise, verdict).to_owned(), tone),
            (invariant.words(), Tone::Plain),
        ]);
        if let Verdict::Broken(scenario) = verdict {
            stories.push((invariant.line, scenario));
        }
    }
    page.table(&["", "invariant"], rows);
    for (line, scenario) in &stories {
        told(&mut page, args, *line, scenario)?;
    }
    if !stories.is_empty() {
        page.blank();
        let words = "What is shown is a shortest behaviour; in the folder of the workflow's scenarios `workflow test` plays it with signatures.";
        page.line(Tone::Bad, words);
    }
    let stopped = report.cut_short && stop.is_asked();
    summary(&mut page, &report, &workflow, stopped);
    let json = as_json(&workflow, &report, stopped);
    Ok(if stopped {
        Answer::stopped(stop.code(), page, json)
    } else if report.fails() {
        Answer::faults(page, json)
    } else if report.passes() {
        Answer::done(page, json)
    } else {
        Answer::undecided(page, json)
    })
}

fn word(promise: &Promise, verdict: &Verdict) -> &'static str {
    match (verdict, promise) {
        (Verdict::Kept, _) => "holds",
        (Verdict::KeptAsWalked, _) => "holds as walked",
        (Verdict::Undecided, Promise::Reaches(_)) => "not reached so far",
        (Verdict::Undecided, _) => "holds so far",
        (Verdict::Unreached, _) => "UNREACHED",
        (Verdict::Broken(_), _) => "BROKEN",
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|most| *most > 0).ok_or_else(|| "a whole number from 1 on".to_owned())
}

/// A counterexample, written or shown.
fn told(page: &mut Page, args: &ExploreArgs, line: usize, scenario: &Scenario) -> Result<(), CliError> {
    page.blank();
    let Some(folder) = &args.out else {
        page.raw(scenario.text().trim_end());
        return Ok(());
    };
    let file = folder.join(format!("counterexample-{line}.toml"));
    write(&file, scenario.text())?;
    page.line(Tone::Plain, &format!("The invariant of line {line}: {}", file.display()));
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), CliError> {
    let folder = file.parent().unwrap_or(file);
    std::fs::create_dir_all(folder).map_err(file_error("create", folder))?;
    std::fs::write(file, text).map_err(file_error("write", file))
}

fn summary(page: &mut Page, report: &Report, workflow: &Workflow, stopped: bool) {
    let Bounds { cases, repeats, leaving, states, between, kept: _, reduced: _ } = report.bounds;
    page.blank();
    let all = if report.cut_short { ", not all" } else { "" };
    let seen = format!("{} different states{all}; {} moves and waits.", report.states, report.visits);
    page.line(Tone::Plain, &seen);
    let bounds = format!(
        "Walked: at most {} of each procedure, an act done again in one {}, panelists leaving or losing their keys {}, acts at once or at the edge of a deadline{}.",
        if cases == 1 { "one case".to_owned() } else { format!("{cases} cases") },
        times(repeats),
        times(leaving.into()),
        if between { ", or such that a time that it begins ends at one" } else { "" },
    );
    page.line(Tone::Faint, &bounds);
    page.line(Tone::Faint, &format!("Not walked: {}.", not_walked(workflow, report.between).join("; ")));
    if workflow.calendar.is_some() {
        let words = "Business days take longer from one day than from another, and the walk opens on one day alone: what holds \
                     as walked may not from another. Play such days as scenarios, opened before a weekend or holidays.";
        page.line(Tone::Notice, words);
    }
    if report.between && workflow.calendar.is_none() {
        let words = "Somewhere an act begins a time while another runs, and which of them ends first hangs on when it is done: \
                     what holds as walked may not where it is done between the edges. --between looks at many of these orders; play \
                     others as scenarios.";
        page.line(Tone::Notice, words);
    }
    if stopped {
        let words = "It was stopped there: nothing is proven. What holds so far may not beyond it.";
        page.line(Tone::Notice, words);
    } else if report.cut_short {
        let words = format!(
            "It ended at {states} states: what holds so far may not beyond them. --most STATES goes further."
        );
        page.line(Tone::Notice, &words);
    }
}

fn as_json(workflow: &Workflow, report: &Report, stopped: bool) -> Value {
    let one = |(invariant, verdict): (&crate::workflow::invariant::Invariant, &Verdict)| {
        let (holds, scenario) = match verdict {
            Verdict::Kept => (Some(true), None),
            Verdict::KeptAsWalked | Verdict::Undecided => (None, None),
            Verdict::Unreached => (Some(false), None),
            Verdict::Broken(scenario) => (Some(false), Some(scenario.text())),
        };
        let as_walked = matches!(verdict, Verdict::KeptAsWalked);
        json!({ "says": invariant.words(), "line": invariant.line, "holds": holds, "as_walked": as_walked, "counterexample": scenario })
    };
    json!({
        "workflow": workflow.digest,
        "passes": report.passes(),
        "complete": report.complete,
        "stopped": stopped,
        "between": report.between,
        "not_walked": not_walked(workflow, report.between),
        "states": report.states,
        "visits": report.visits,
        "bounds": { "states": report.bounds.states, "cases": report.bounds.cases, "repeats": report.bounds.repeats, "leaving": report.bounds.leaving, "between": report.bounds.between },
        "invariants": workflow.invariants.iter().zip(&report.verdicts).map(one).collect::<Vec<_>>(),
    })
}

/// Progress on standard error, where that is a terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar
}
