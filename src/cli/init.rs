//! `init`: a data folder with a log key.

use clap::Args;
use serde_json::json;

use super::answer::{self, Answer};
use super::context::Context;
use super::error::CliError;
use super::show::{Page, Tone};
use crate::store::data::DataDir;

/// Make a data folder with a new log key
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate init --data /var/lib/quorate --log-name log.example.org\n\n\
    The log's private key is in DIR/log.key: whoever has it can sign as the log. Keep a copy.")]
pub struct Init {
    /// The name of the log: a host name or URL without scheme that you control
    #[arg(long, value_name = "NAME")]
    log_name: String,
}

/// Runs `init`.
///
/// # Errors
/// There is something already, or the name cannot be used.
pub fn run(context: &Context, args: &Init) -> Result<Answer, CliError> {
    let path = context.data_path()?;
    let data = DataDir::init(&path, &args.log_name)?;
    let mut page = Page::default();
    page.line(Tone::Good, &format!("made the data folder {}", path.display()));
    page.fields([
        ("log name", data.log_name().to_owned()),
        ("log key", format!("{}, for this machine alone: keep a copy", data.log_key_path().display())),
    ]);
    page.blank();
    page.raw("Next: `quorate key new NAME` makes a key to sign with;");
    page.raw("      `quorate open --help` says how the parties open an agreement.");
    Ok(Answer::done(page, json!({ "data": answer::path(&path), "log-name": data.log_name() })))
}
