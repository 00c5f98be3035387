//! `ballot`: the ballot paper, the exact text on which votes are cast.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::answer::{self, Answer};
use super::context::Context;
use super::documents::read_text;
use super::error::CliError;
use super::parcel::{beside, write_new};
use super::record::{Record, if_kept};
use super::show::{Page, Tone, marked};
use crate::audit::signed_head;
use crate::engine::State;
use crate::engine::paper::Paper;
use crate::engine::refusal::alternatives;
use crate::log::Head;
use crate::statement::BallotRef;
use crate::values::Digest;

/// Print the ballot paper, or write it for voting on another machine
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate ballot agi-2025 --out paper.toml\n\n\
    Writes paper.toml, the exact text whose SHA-256 every vote names, and paper.toml.checkpoint, the log's signed \
    head beside it. `quorate vote --ballot paper.toml` needs nothing else.")]
pub struct BallotArgs {
    /// The agreement; may be left out where there is only one
    agreement: Option<String>,
    /// The ballot; may be left out where only one is open
    #[arg(long, value_name = "BALLOT")]
    ballot: Option<BallotRef>,
    /// Write FILE and FILE.checkpoint
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs `ballot`.
///
/// # Errors
/// There is no such ballot, or a file is there already.
pub fn run(context: &Context, args: &BallotArgs) -> Result<Answer, CliError> {
    let record = Record::load(context, args.agreement.as_deref())?;
    let state = record.state.at(context.now()).into_owned();
    let id = match &args.ballot {
        Some(id) => id.clone(),
        None => only_open(&state)?,
    };
    let paper = state.ballot_paper(&id).ok_or_else(|| {
        CliError::usage(format!("there is no ballot {id}; open now: {}", alternatives(state.open_ballots())))
    })?;
    let digest = Digest::of(paper.as_bytes());
    let mut page = Page::default();
    if let Some(out) = &args.out {
        write_new(out, paper.as_bytes())?;
        write_new(&beside(out, ".checkpoint"), record.checkpoint.as_bytes())?;
        page.specimen(&state.workflow);
        page.line(Tone::Good, &format!("wrote {} and {}.checkpoint", out.display(), out.display()));
        page.fields([("ballot", id.to_string()), ("question", digest.to_string())]);
        marked(&mut page, record.read_only);
        page.blank();
        let out = out.display();
        if state.ballot_run(&id).is_some_and(|run| run.revealing().is_some()) {
            page.raw("Send both to whoever has voted. They reveal the vote with");
            page.raw(&format!("  quorate reveal --ballot {out} --opening FILE --key KEY --out reveal.json"));
        } else {
            page.raw("Send both to whoever votes. They vote with");
            page.raw(&format!("  quorate vote --ballot {out} --choice CHOICE --key KEY --out vote.json"));
        }
    } else {
        page.raw(paper.trim_end());
    }
    let out = args.out.as_deref().map(answer::path);
    Ok(Answer::done(
        page,
        json!({ "ballot": id, "question": digest, "paper": paper, "checkpoint": record.checkpoint, "out": out }),
    ))
}

/// The only open ballot.
///
/// # Errors
/// None is open, or several are.
pub fn only_open(state: &State) -> Result<BallotRef, CliError> {
    match state.open_ballots().as_slice() {
        [only] => Ok((*only).clone()),
        [] => Err(CliError::usage("no ballot is open now; `quorate status` says what comes next")),
        several => {
            Err(CliError::usage(format!("several ballots are open; name one of {}", alternatives(several))))
        }
    }
}

/// A paper from a file, and the head beside it.
pub struct Sheet {
    /// The paper.
    pub paper: Paper,
    /// The SHA-256 of its exact text.
    pub question: Digest,
    /// The head that the log signed.
    pub head: Head,
}

/// Reads a paper and the checkpoint beside it, which the paper's log must have signed.
///
/// # Errors
/// A file cannot be read, or is not what it should be.
pub fn read(file: &Path) -> Result<Sheet, CliError> {
    let text = read_text(file)?;
    let paper =
        Paper::parse(&text).map_err(|error| CliError::usage(format!("{}: {error}", file.display())))?;
    let checkpoint = beside(file, ".checkpoint");
    if !checkpoint.exists() {
        return Err(CliError::usage(format!(
            "{} is not there: `quorate ballot --out` wrote it beside the paper; copy both",
            checkpoint.display()
        )));
    }
    let signed = read_text(&checkpoint)?;
    let head = signed_head(&signed, &paper.vkey)
        .map_err(|error| CliError::usage(format!("{}: {error}", checkpoint.display())))?;
    Ok(Sheet { paper, question: Digest::of(text.as_bytes()), head })
}

impl Sheet {
    /// Holds the paper against the log where one of its agreement is kept here: `false` where none is. Nobody signs the
    /// paper itself, so whoever carried it may have changed it.
    ///
    /// # Errors
    /// The log has another paper, or does not pass its audit.
    pub fn compare(&self, context: &Context) -> Result<bool, CliError> {
        let Some(record) = if_kept(context, self.paper.agreement.anchor)? else { return Ok(false) };
        let state = record.state.at(context.now());
        state.judge_question(&self.paper.ballot, self.question, &self.paper.asks)?;
        Ok(true)
    }

    /// Tells what was signed, below what else is told: the question and the paper's digest.
    pub fn told(&self, answer: &mut Answer, compared: bool) {
        let mut page = Page::default();
        page.fields([
            ("signed on", format!("{}, “{}”", self.paper.ballot, self.paper.asks)),
            ("question", self.question.to_string()),
        ]);
        if compared {
            page.line(Tone::Good, "It is the paper that the log here has.");
        } else {
            page.line(
                Tone::Notice,
                "No log is here to compare the paper with. Ask whoever keeps it, or another elector, for the question's digest: \
                 on another paper the vote is refused.",
            );
        }
        answer.text.push_str(&page.into_text());
        if let Some(fields) = answer.json.as_object_mut() {
            fields.insert("question".to_owned(), json!(self.question));
            fields.insert("compared".to_owned(), json!(compared));
        }
    }
}
