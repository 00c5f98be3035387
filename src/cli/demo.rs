//! `demo`: a play of the very commands that people type, with keys made anew and simulated times.
//!
//! The play is data (`workflows/*.demo`), as the workflow is; this file only performs it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Cli;
use super::answer::{self, Answer};
use super::error::{CliError, Code, file_error};
use super::parcel::write_new;
use super::show::{Page, Tone, time};
use crate::statement::{HolderRef, PublicKey};
use crate::values::{Id, Instant};

const PLAY: &str = include_str!("../../workflows/agi-2025.demo");
const WORKFLOW: &str = include_str!("../../workflows/agi-2025.toml");
const CONTRACT: &str = include_str!("../../workflows/agi-2025.contract.txt");

/// Play a whole case in a folder: keys, agreement, declaration, panel, votes, switched licences, audit
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate demo --dir my-demo\n\n\
    Its times are simulated; everything else is real: keys, signatures, store, log, receipts.")]
pub struct DemoArgs {
    /// The folder to play in, which must not be there yet [default: a new one among the temporary files]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Leave off before this time: before 2026-05-12 the ballot is open, and you can vote in it
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    until: Option<Instant>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Play {
    title: String,
    agreement: Id,
    officers: Vec<Officer>,
    keys: Vec<String>,
    files: BTreeMap<String, String>,
    act: Vec<Act>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Officer {
    holder: HolderRef,
    person: String,
    key: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    at: toml::value::Datetime,
    say: String,
    #[serde(default)]
    each: Vec<String>,
    run: Vec<String>,
    #[serde(default)]
    show: bool,
}

/// Runs `demo`.
///
/// # Errors
/// The folder is there already, or a command fails.
pub fn run(args: &DemoArgs) -> Result<Answer, CliError> {
    let play: Play = toml::from_str(PLAY).map_err(|error| CliError::usage(format!("the play: {error}")))?;
    let first = play.act.first().map(at).transpose()?;
    if let Some((_, first)) = args.until.zip(first).filter(|(until, first)| until <= first) {
        return Err(CliError::usage(format!("the play begins at {first}; name a later time with --until")));
    }
    let dir = folder(args.dir.as_deref())?;
    // The commands name their files as a person in that folder would.
    std::env::set_current_dir(&dir).map_err(file_error("enter", &dir))?;
    let mut page = Page::default();
    page.title(&play.title);
    page.line(Tone::Notice, "SPECIMEN: a play of published terms by invented people. It binds nobody, and its times are simulated.");
    prepare(&play)?;
    page.line(
        Tone::Faint,
        &format!(
            "In {}; every $ line is a command as you would type it there, with --data data --clock TIME.",
            dir.display()
        ),
    );
    for act in &play.act {
        if args.until.is_none_or(|until| at(act).is_ok_and(|at| at < until)) {
            perform(&mut page, act)?;
        }
    }
    let (anchor, entries) = audited()?;
    next(&mut page, &play, &dir, args.until, (&anchor, entries));
    Ok(Answer::done(
        page,
        json!({ "dir": answer::path(&dir), "data": answer::path(&dir.join("data")), "agreement": play.agreement, "anchor": anchor }),
    ))
}

/// A new folder: the one that is asked for, or one among the temporary files.
fn folder(asked: Option<&Path>) -> Result<PathBuf, CliError> {
    let fresh = || std::env::temp_dir().join(format!("quorate-demo-{}", std::process::id()));
    let dir = asked.map_or_else(fresh, Path::to_owned);
    let there = dir.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    if there || dir.is_file() {
        return Err(CliError::usage(format!(
            "{} is there already; name a new folder with --dir",
            dir.display()
        )));
    }
    fs::create_dir_all(&dir).map_err(file_error("create", &dir))?;
    dir.canonicalize().map_err(file_error("find", &dir))
}

/// The data folder, everybody's keys, the roster and the files.
fn prepare(play: &Play) -> Result<(), CliError> {
    let begun = play.act.first().map(at).transpose()?.unwrap_or(Instant::MIN);
    command(begun, "init --log-name demo.example")?;
    let mut roster = String::new();
    for officer in &play.officers {
        let key = new_key(begun, &officer.key)?;
        let (holder, person) = (&officer.holder, toml::Value::from(officer.person.as_str()));
        // Writing to a string does not fail.
        let _ = writeln!(
            roster,
            "[[officer]]
holder = \"{holder}\"
person = {person}
key = \"{key}\"
"
        );
    }
    for name in &play.keys {
        new_key(begun, name)?;
    }
    write_new(Path::new("roster.toml"), roster.as_bytes())?;
    write_new(&PathBuf::from(format!("{}.toml", play.agreement)), WORKFLOW.as_bytes())?;
    write_new(&PathBuf::from(format!("{}.contract.txt", play.agreement)), CONTRACT.as_bytes())?;
    play.files.iter().try_for_each(|(name, text)| write_new(Path::new(name), text.trim_start().as_bytes()))
}

fn new_key(at: Instant, name: &str) -> Result<PublicKey, CliError> {
    let answer = command(at, &format!("key new {name} --no-passphrase"))?;
    let key = answer.json.get("key").and_then(Value::as_str).unwrap_or_default();
    key.parse().map_err(|error| CliError::usage(format!("the new key {name}: {error}")))
}

fn perform(page: &mut Page, act: &Act) -> Result<(), CliError> {
    let at = at(act)?;
    page.title(&format!("{}  {}", &time::plain(at).get(..10).unwrap_or_default(), act.say));
    let names = if act.each.is_empty() { &[String::new()][..] } else { &act.each };
    let lines = names.iter().flat_map(|name| act.run.iter().map(move |line| line.replace("{}", name)));
    for line in lines {
        let answer = command(at, &line)?;
        let words: Vec<&str> = line.split_whitespace().collect();
        page.raw(&typed(&words));
        if act.show {
            page.blank().drawn(answer.text.trim_end());
        }
        let changes = answer.json.get("changes").and_then(Value::as_array);
        for change in changes.into_iter().flatten().filter_map(Value::as_str) {
            page.line(Tone::Good, &format!("      {change}"));
        }
    }
    Ok(())
}

/// A command as it is typed, in lines of at most 80 letters that a shell takes for one.
fn typed(words: &[&str]) -> String {
    let mut text = String::new();
    let mut line = "  $ quorate".to_owned();
    // An option stays with its value, and what stands between apostrophes is not broken.
    let mut parts: Vec<String> = Vec::new();
    for word in words {
        let open = |last: &String| last.matches('\'').count() % 2 == 1;
        let awaits = |last: &String| last.starts_with("--") && !last.contains(' ') && !word.starts_with("--");
        match parts.last_mut().filter(|last| open(last) || awaits(last)) {
            Some(last) => {
                let _ = write!(last, " {word}");
            }
            None => parts.push((*word).to_owned()),
        }
    }
    for part in parts {
        if line.chars().count() + part.chars().count() + 3 > 80 {
            text.push_str(&line);
            text.push_str(" \\\n");
            "     ".clone_into(&mut line);
        }
        let _ = write!(line, " {part}");
    }
    text + &line
}

fn at(act: &Act) -> Result<Instant, CliError> {
    time::parse(&act.at.to_string()).map_err(CliError::usage)
}

/// Runs a command as if it were typed. One that finds faults ends the play.
fn command(at: Instant, line: &str) -> Result<Answer, CliError> {
    let clock = at.to_string();
    let words = ["quorate", "--data", "data", "--clock", &clock].map(str::to_owned);
    let cli = Cli::read(words.into_iter().chain(split(line)).map(OsString::from))
        .map_err(|error| CliError::usage(error.to_string()))?;
    let answer = cli.answer()?;
    match answer.code {
        Code::Done => Ok(answer),
        _ => Err(CliError::Faults(anstream::adapter::strip_str(&answer.text).to_string())),
    }
}

/// The words of a line; what stands between apostrophes is one word.
fn split(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let words = |(number, part): (usize, &str)| match number % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    };
    parts.flat_map(words).collect()
}

/// The agreement's anchor and the number of its entries, as an audit tells them.
fn audited() -> Result<(String, u64), CliError> {
    let json = command(Instant::MAX, "audit")?.json;
    let anchor = json.get("anchor").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok((anchor, json.get("entries").and_then(Value::as_u64).unwrap_or_default()))
}

/// What to type next: every line can be pasted into a shell as it stands, and works.
fn next(page: &mut Page, play: &Play, dir: &Path, until: Option<Instant>, (anchor, entries): (&str, u64)) {
    page.title("Try next");
    let mut line = |line: &str| {
        page.raw(&format!("  {line}"));
    };
    line(&format!("cd {}", word(&dir.display().to_string())));
    line("export QUORATE_DATA=data");
    if let Some(until) = until {
        line(&format!("export QUORATE_CLOCK={until}"));
        if command(until, "ballot").is_ok() {
            line("quorate ballot --out paper.toml       # what a panelist is asked");
            line("quorate vote --help                   # how to answer it");
        }
    }
    line("quorate license --why research-ip     # why, and what could move it");
    line("quorate license --at 2033-01-02       # what the calendar alone will bring");
    line("quorate status                        # who has still to act");
    line("quorate log                           # all entries");
    if let Some(newest) = entries.checked_sub(1) {
        let show = format!("quorate log show {newest}");
        line(&format!("{show:38}# the newest of them"));
        line(&format!("quorate check data/receipts/{}/{newest}.tlog-proof", play.agreement));
    }
    line(&format!("quorate audit --anchor {anchor}"));
}

/// A word as a shell takes it, whatever is in it.
pub fn word(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+:@%".contains(letter);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
