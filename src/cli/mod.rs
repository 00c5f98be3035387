//! The command line: one file a command. It prints and asks; what is good or in force, others decide.

mod act;
mod amend;
mod answer;
mod audit;
mod ballot;
mod certificate;
mod check;
mod context;
mod cosign;
mod demo;
mod diff;
mod documents;
mod draw;
mod error;
mod explore;
mod export;
mod generate;
mod given;
mod init;
mod keyring;
mod keys;
mod license;
mod log;
mod monitor;
mod open;
mod opening;
mod parcel;
mod reader;
mod reaffirm;
mod receipts;
mod record;
mod refused;
mod remote;
mod report;
mod restore;
mod reveal;
mod scenarios;
mod seat;
mod seen;
mod send;
mod serve;
mod served;
mod session;
mod show;
mod signing;
mod source;
mod status;
mod stop;
mod submit;
mod taken;
mod unsure;
mod vote;
mod watch;
mod what_if;
mod witness;
mod workflow;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, Write as _};

use clap::builder::Resettable;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use serde_json::json;

use answer::Answer;
use context::Context;
pub use error::{CliError, Code};
use show::{visible, visible_json};

/// Contractual determinations by expert panels: signed votes, a tamper-evident log, and licences that switch
/// when quorum and threshold are met
#[derive(Debug, Parser)]
#[command(
    name = "quorate",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 done, 1 a check found faults, 2 wrong usage, 3 statement refused, 4 storage or I/O,\n\
        5 no fault found, and not all looked at,\n\
        6 a report lacks the signature that is asked for.\n\
        Example:\n  quorate demo"
)]
pub struct Cli {
    #[command(flatten)]
    context: Context,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    #[command(subcommand)]
    Key(keys::Key),
    Open(open::OpenArgs),
    Sign(submit::Sign),
    Submit(submit::Submit),
    Nominate(seat::NominateArgs),
    AcceptSeat(seat::AcceptArgs),
    Disclose(seat::DiscloseArgs),
    Recuse(seat::RecuseArgs),
    StepDown(seat::StepDownArgs),
    Declare(act::DeclareArgs),
    File(act::FileArgs),
    WithdrawDeclaration(act::WithdrawArgs),
    Do(act::DoArgs),
    Reaffirm(reaffirm::ReaffirmArgs),
    Amend(amend::AmendArgs),
    Ballot(ballot::BallotArgs),
    Vote(vote::VoteArgs),
    Reveal(reveal::RevealArgs),
    Status(status::StatusArgs),
    License(license::LicenseArgs),
    WhatIf(what_if::WhatIfArgs),
    Report(report::ReportArgs),
    Log(log::LogArgs),
    Audit(audit::AuditArgs),
    Monitor(monitor::MonitorArgs),
    Watch(watch::WatchArgs),
    Check(check::CheckArgs),
    Cosign(cosign::CosignArgs),
    Export(export::ExportArgs),
    Restore(restore::RestoreArgs),
    Serve(serve::ServeArgs),
    #[command(subcommand)]
    Workflow(workflow::WorkflowCommand),
    #[command(subcommand)]
    Witness(witness::WitnessCommand),
    Demo(demo::DemoArgs),
    Completions(generate::Completions),
    Man(generate::Man),
}

impl Cli {
    /// Reads a command line. A variable of the environment that is empty counts as one that is not set, and help that no
    /// terminal shows is as wide as all other answers are there.
    fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let is_empty = |name: &std::ffi::OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
        let mut command = Self::command().mut_args(|option| {
            if option.get_env().is_some_and(is_empty) { option.env(Resettable::Reset) } else { option }
        });
        if terminal_size::terminal_size().is_none() {
            command = command.term_width(show::width());
        }
        let matches = command.try_get_matches_from_mut(words)?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }

    /// Whether a command line starts a server, which tells in its log what it does.
    pub fn serves(words: &[OsString]) -> bool {
        let serves = |cli: Self| match &cli.command {
            Command::Witness(witness) => witness.serves(),
            Command::Serve(_) => true,
            _ => false,
        };
        Self::read(words.iter().cloned()).is_ok_and(serves)
    }

    /// Runs a command line and prints its answer; the exit code is returned.
    pub fn run_line(words: impl IntoIterator<Item = OsString>) -> Code {
        let words: Vec<OsString> = words.into_iter().collect();
        match Self::read(words.iter().cloned()) {
            Ok(cli) => cli.run(),
            Err(error) => print_misuse(&error, &words),
        }
    }

    /// Runs the command and prints its answer; the exit code is returned.
    pub fn run(&self) -> Code {
        match self.answer() {
            Ok(answer) => self.print(&answer),
            Err(error) => self.print_error(&error),
        }
    }

    fn answer(&self) -> Result<Answer, CliError> {
        let context = &self.context;
        match &self.command {
            Command::Init(args) => init::run(context, args),
            Command::Key(command) => keys::run(context, command),
            Command::Open(args) => open::run(context, args),
            Command::Sign(args) => submit::sign(context, args),
            Command::Submit(args) => submit::run(context, args),
            Command::Nominate(args) => seat::nominate(context, args),
            Command::AcceptSeat(args) => seat::accept(context, args),
            Command::Disclose(args) => seat::disclose(context, args),
            Command::Recuse(args) => seat::recuse(context, args),
            Command::StepDown(args) => seat::step_down(context, args),
            Command::Declare(args) => act::declare(context, args),
            Command::File(args) => act::file(context, args),
            Command::WithdrawDeclaration(args) => act::withdraw(context, args),
            Command::Do(args) => act::run(context, args),
            Command::Reaffirm(args) => reaffirm::run(context, args),
            Command::Amend(args) => amend::run(context, args),
            Command::Ballot(args) => ballot::run(context, args),
            Command::Vote(args) => vote::run(context, args),
            Command::Reveal(args) => reveal::run(context, args),
            Command::Status(args) => status::run(context, args),
            Command::License(args) => license::run(context, args),
            Command::WhatIf(args) => what_if::run(context, args),
            Command::Report(args) => report::run(context, args),
            Command::Log(args) => log::run(context, args),
            Command::Audit(args) => audit::run(context, args),
            Command::Monitor(args) => monitor::run(context, args),
            Command::Watch(args) => watch::run(context, args),
            Command::Check(args) => check::run(context, args),
            Command::Cosign(args) => cosign::run(context, args),
            Command::Export(args) => export::run(context, args),
            Command::Restore(args) => restore::run(context, args),
            Command::Serve(args) => serve::run(context, args),
            Command::Workflow(command) => workflow::run(command),
            Command::Witness(command) => witness::run(context, command),
            Command::Demo(args) => demo::run(args),
            Command::Completions(args) => Ok(generate::completions(args)),
            Command::Man(args) => generate::man(args),
        }
    }

    fn print(&self, answer: &Answer) -> Code {
        match write(&answer.shown(self.context.json)) {
            // Whoever read the output has seen enough, as `head` does.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => answer.code,
            Err(error) => {
                self.print_error(&CliError::Storage(format!("the answer cannot be written: {error}")))
            }
            Ok(()) => answer.code,
        }
    }

    fn print_error(&self, error: &CliError) -> Code {
        if self.context.json {
            let mut fault =
                json!({ "rule": error.rule(), "code": error.code() as u8, "what": error.to_string() });
            if let (Some(note), Some(fields)) = (error.note(), fault.as_object_mut()) {
                fields.insert("note".to_owned(), answer::path(note));
            }
            if let (Some(kept), Some(fields)) = (error.unsure(), fault.as_object_mut()) {
                fields.insert("unsure".to_owned(), answer::path(kept));
            }
            let _ = write(&pretty(&json!({ "error": fault })));
        }
        let rule = match error {
            CliError::Refused { refusal, .. } => format!(" [{}]", refusal.rule),
            _ => String::new(),
        };
        let bold = clap::builder::styling::AnsiColor::Red.on_default().bold();
        // Nobody is left to tell where standard error is gone.
        let _ = writeln!(anstream::stderr(), "{bold}error{bold:#}{rule}: {}", visible(&error.to_string()));
        error.code()
    }
}

/// What the command line itself got wrong, or the help that it asks for.
fn print_misuse(error: &clap::Error, words: &[OsString]) -> Code {
    let wrong = error.use_stderr();
    if wrong && words.iter().any(|word| word == "--json") {
        let what = error.to_string();
        let what = what.trim_end().trim_start_matches("error: ");
        let document = json!({ "error": { "rule": "usage", "code": Code::Usage as u8, "what": what } });
        let _ = write(&pretty(&document));
    }
    // Nobody is left to tell where the stream is gone.
    let _ = match visible(&words.iter().map(|word| word.to_string_lossy()).collect::<String>()) {
        Cow::Borrowed(_) => error.print(),
        // Usage is told with colours only where no word that it repeats could bring its own.
        Cow::Owned(_) => {
            write!(anstream::stderr(), "{}", visible(&error.render().to_string()))
        }
    };
    if wrong { Code::Usage } else { Code::Done }
}

/// Shows a page on standard error before the command goes on; its answer is still to come.
///
/// # Errors
/// It cannot be shown.
fn tell(page: show::Page) -> Result<(), CliError> {
    let mut out = anstream::stderr().lock();
    let told = writeln!(out, "{}", page.into_text()).and_then(|()| out.flush());
    told.map_err(|error| {
        CliError::Storage(format!("standard error cannot be written: {error}; nothing was done"))
    })
}

fn write(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn pretty(document: &serde_json::Value) -> String {
    format!("{}\n", visible_json(&format!("{document:#}")))
}
