//! `workflow check`, `workflow show`, `workflow explain`, `workflow draw`, `workflow explore`, `workflow test`.

use std::borrow::Cow;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::answer::Answer;
use super::documents::read_text;
use super::error::CliError;
use super::show::{Page, Tone, title, visible};
use crate::workflow::model::{Ballot, Grant, Nature, Panel, Procedure, Workflow};
use crate::workflow::{Checked, Diagnostics, words};

/// Check, show, explain, draw, explore or test a workflow
#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  quorate workflow check workflows/agi-2025.toml")]
pub enum WorkflowCommand {
    /// Look for everything that would make it unsound, and say where and what to do
    #[command(after_help = "Example:\n  quorate workflow check workflows/agi-2025.toml")]
    Check(FileArgs),
    /// Show what it says: who, how, and what hangs on it
    #[command(after_help = "Example:\n  quorate workflow show workflows/agi-2025.toml")]
    Show(FileArgs),
    /// Explain it in plain English, with its numbers: what is open to whom, by when, and how votes count
    #[command(after_help = "Example:\n  quorate workflow explain workflows/agi-2025.toml\n\n\
        80 columns, paragraphs numbered, so that a contract's annex and its readers can refer to them.")]
    Explain(FileArgs),
    /// Draw it: states, steps, deadlines, ballots, panels, and what hangs on it
    #[command(
        after_help = "Example:\n  quorate workflow draw workflows/agi-2025.toml --out agi-2025.svg\n  \
        quorate workflow draw workflows/agi-2025.toml --pages --out annex.svg\n  \
        quorate workflow draw workflows/agi-2025.toml --out agi-2025.mmd\n\n\
        The SVG is 190 mm wide and in black and white. With --pages it is cut into pages for A4 or US Letter:\n\
        annex-1.svg, annex-2.svg, and so on. Without --format the ending of --out says what is written."
    )]
    Draw(super::draw::DrawArgs),
    /// Walk through everything that a panel and the parties can do, and look whether its invariants hold
    #[command(after_help = "Example:\n  quorate workflow explore workflows/agi-2025.toml\n\n\
        What breaks an invariant is shown as a scenario: the shortest way to it.")]
    Explore(super::explore::ExploreArgs),
    /// Say what another one says otherwise, part by part, in words
    #[command(after_help = "Example:\n  quorate workflow diff agi-2025.toml agi-2026-04.toml")]
    Diff(super::diff::DiffArgs),
    /// Run its scenarios
    #[command(after_help = "Example:\n  quorate workflow test workflows/agi-2025.toml\n\n\
        The scenarios of agi-2025.toml are the files in the folder agi-2025 beside it.")]
    Test(FileArgs),
}

/// A workflow file.
#[derive(Debug, Args)]
pub struct FileArgs {
    /// The workflow
    file: PathBuf,
}

/// Runs `workflow`.
///
/// # Errors
/// The file cannot be read, or does not pass where it must.
pub fn run(command: &WorkflowCommand) -> Result<Answer, CliError> {
    match command {
        WorkflowCommand::Check(args) => check(args),
        WorkflowCommand::Show(args) => show(args),
        WorkflowCommand::Explain(args) => explain(args),
        WorkflowCommand::Draw(args) => super::draw::run(args),
        WorkflowCommand::Explore(args) => super::explore::run(args),
        WorkflowCommand::Diff(args) => super::diff::run(args),
        WorkflowCommand::Test(args) => super::scenarios::run(&args.file),
    }
}

fn check(args: &FileArgs) -> Result<Answer, CliError> {
    let text = read_text(&args.file)?;
    let mut page = Page::default();
    match Checked::from_text(&text) {
        Ok(checked) => {
            draw(&mut page, args, &text, &checked.warnings);
            let workflow = &checked.workflow;
            page.line(Tone::Good, &format!("{} passes.", args.file.display()));
            page.fields([
                ("title", workflow.title.clone()),
                ("digest", workflow.digest.to_string()),
                ("warnings", checked.warnings.warnings().to_string()),
            ]);
            let json = json!({ "passes": true, "digest": workflow.digest, "title": workflow.title, "findings": checked.warnings.to_json() });
            Ok(Answer::done(page, json))
        }
        Err(found) => {
            draw(&mut page, args, &text, &found);
            page.line(Tone::Bad, &format!("{} does not pass.", args.file.display()));
            Ok(Answer::faults(page, json!({ "passes": false, "findings": found.to_json() })))
        }
    }
}

fn draw(page: &mut Page, args: &FileArgs, text: &str, found: &Diagnostics) {
    if !found.is_empty() {
        let name = args.file.display().to_string();
        page.drawn(drawn(|colour| found.render(&name, text, colour)).trim_end());
    }
}

/// A drawing of what somebody else wrote, with colours (`true`) or without: it differs by more than escape codes.
/// Where the text holds what a terminal would obey, it is drawn without: then every such character is the text's.
pub fn drawn(draw: impl Fn(bool) -> String) -> String {
    let plain = draw(false);
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    match visible(&plain) {
        Cow::Borrowed(_) if colour => draw(true),
        Cow::Borrowed(_) => plain,
        Cow::Owned(shown) => shown,
    }
}

/// A workflow from a file, which must pass.
///
/// # Errors
/// It cannot be read, or does not pass.
pub fn read(file: &std::path::Path) -> Result<(String, Workflow), CliError> {
    let text = read_text(file)?;
    match Workflow::parse(&text) {
        Ok(workflow) => Ok((text, workflow)),
        Err(found) => {
            let name = file.display().to_string();
            let drawn = found.render(&name, &text, false);
            Err(CliError::Faults(format!("{name} does not pass\n{}", drawn.trim_end())))
        }
    }
}

fn show(args: &FileArgs) -> Result<Answer, CliError> {
    let (_, workflow) = read(&args.file)?;
    let mut page = Page::default();
    title(&mut page, &workflow);
    page.fields([
        ("digest", workflow.digest.to_string()),
        ("contract", format!("{}, which prevails", workflow.contract.digest)),
        ("ours", words::count(workflow.readings.len() as u64, "reading")),
    ]);
    if let Some(calendar) = &workflow.calendar {
        page.title("Business days");
        page.fields(calendar.facts());
        let days: Vec<String> = calendar.holidays().iter().map(ToString::to_string).collect();
        if !days.is_empty() {
            page.line(Tone::Plain, &format!("holidays: {}", days.join(", ")));
        }
    }
    page.title("Who takes part");
    let offices =
        workflow.parties.iter().map(|it| ("party", it)).chain(workflow.roles.iter().map(|it| ("role", it)));
    let rows = offices.map(|(kind, it)| {
        vec![plain(it.name.as_str()), plain(kind), plain(&format!("signs with {} of {}", it.needed, it.of))]
    });
    page.table(&["", "", ""], rows.collect());
    for words in workflow.reading_words() {
        page.line(Tone::Plain, &words);
    }
    workflow.panels.iter().for_each(|panel| show_panel(&mut page, panel));
    workflow.procedures.iter().for_each(|procedure| show_procedure(&mut page, procedure));
    workflow.ballots.iter().for_each(|ballot| show_ballot(&mut page, ballot));
    page.title("What hangs on it");
    page.table(&["grant", "", "values in order"], workflow.grants.iter().flat_map(grant_rows).collect());
    if !workflow.invariants.is_empty() {
        page.title("What must be so whatever anybody does");
        let rows = workflow.invariants.iter().map(|it| vec![plain(&it.words())]);
        page.table(&[""], rows.collect());
    }
    if !workflow.readings.is_empty() {
        page.title("Ours, not the contract's");
        let rows = workflow.readings.iter().map(|reading| {
            let text = reading.words().split_whitespace();
            vec![plain(&reading.place), plain(&text.collect::<Vec<_>>().join(" "))]
        });
        page.table(&["place", "reading"], rows.collect());
    }
    Ok(Answer::done(page, json(&workflow)))
}

fn explain(args: &FileArgs) -> Result<Answer, CliError> {
    let (_, workflow) = read(&args.file)?;
    let explained = workflow.explain();
    let mut page = Page::default();
    page.raw(explained.to_string().trim_end());
    let json = json!({ "digest": workflow.digest, "explained": explained });
    Ok(Answer::done(page, json))
}

fn plain(text: &str) -> (String, Tone) {
    (text.to_owned(), Tone::Plain)
}

fn show_panel(page: &mut Page, panel: &Panel) {
    page.title(&format!("Panel {}", panel.name));
    let rows = panel.seats.iter().map(|seat| {
        let chair = if panel.chair.contains(&seat.name) { ", chairs" } else { "" };
        let class = seat.class.as_ref().map_or_else(String::new, |class| format!(", {class}"));
        let weight = if seat.weight == 1 { String::new() } else { format!(", weight {}", seat.weight) };
        let by = words::jointly(&seat.by);
        vec![plain(seat.name.as_str()), plain(&format!("named by {by}{class}{weight}{chair}"))]
    });
    page.table(&["seat", ""], rows.collect());
    if panel.one_seat_each {
        page.line(Tone::Plain, "Nobody is named for a second seat.");
    }
    page.fields(panel.facts());
}

fn show_procedure(page: &mut Page, procedure: &Procedure) {
    page.title(&format!("Procedure {}", procedure.name));
    let about =
        procedure.about.as_ref().map_or_else(String::new, |panel| format!(", about a seat of {panel}"));
    let opening = format!(
        "A case opens with {}, in the state {}{about}{}.",
        procedure.open.at_length(),
        procedure.start,
        words::events(&procedure.open.emits)
    );
    page.line(Tone::Plain, &opening);
    for line in procedure.cases_words() {
        page.line(Tone::Notice, &line);
    }
    for state in &procedure.states {
        page.line(Tone::Plain, &state.words());
        for step in &state.steps {
            page.line(Tone::Plain, &format!("  {}", step.at_length()));
        }
        for duty in &state.duties {
            page.line(Tone::Plain, &format!("  owed: {}", duty.at_length()));
        }
    }
}

fn show_ballot(page: &mut Page, ballot: &Ballot) {
    page.title(&format!("Ballot {}", ballot.name));
    page.line(Tone::Plain, &ballot.question);
    page.fields(ballot.facts());
    let rows =
        ballot.outcomes.iter().map(|outcome| vec![plain(outcome.is.as_str()), plain(&outcome.words())]);
    page.table(&["outcome", "if"], rows.collect());
}

fn grant_rows(grant: &Grant) -> Vec<Vec<(String, Tone)>> {
    let row = |(place, attribute): (usize, &crate::workflow::model::Attribute)| {
        let values: Vec<&str> = attribute.values.iter().map(|value| value.is.as_str()).collect();
        let name = if place == 0 { grant.name.as_str() } else { "" };
        vec![plain(name), plain(attribute.name.as_str()), plain(&values.join(" → "))]
    };
    grant.attributes.iter().enumerate().map(row).collect()
}

fn json(workflow: &Workflow) -> Value {
    json!({
        "title": workflow.title,
        "specimen": workflow.nature == Nature::Specimen,
        "digest": workflow.digest,
        "contract": workflow.contract.digest,
        "readings": workflow.readings.iter().map(|it| json!({ "place": it.place, "text": it.text })).collect::<Vec<_>>(),
        "access": workflow.access.word(),
        "tiers": workflow.tiers.iter().map(|it| json!({ "tier": it.name, "documents": it.documents, "readers": it.readers })).collect::<Vec<_>>(),
        "parties": workflow.parties.iter().map(|it| &it.name).collect::<Vec<_>>(),
        "roles": workflow.roles.iter().map(|it| &it.name).collect::<Vec<_>>(),
        "panels": workflow.panels.iter().map(|it| json!({ "panel": it.name, "seats": it.seats.iter().map(|seat| &seat.name).collect::<Vec<_>>() })).collect::<Vec<_>>(),
        "procedures": workflow.procedures.iter().map(|it| json!({ "procedure": it.name, "states": it.states.iter().map(|state| &state.name).collect::<Vec<_>>() })).collect::<Vec<_>>(),
        "ballots": workflow.ballots.iter().map(|it| &it.name).collect::<Vec<_>>(),
        "grants": workflow.grants.iter().map(|it| &it.name).collect::<Vec<_>>(),
        "invariants": workflow.invariants.iter().map(|it| json!({ "title": it.title, "says": it.words(), "line": it.line })).collect::<Vec<_>>(),
    })
}
