//! `completions` and `man`: made from the same definitions that parse the command line.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _};
use serde_json::json;

use super::Cli;
use super::answer::{self, Answer};
use super::error::{CliError, file_error};
use super::show::{Page, Tone};

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  quorate completions bash > ~/.local/share/bash-completion/completions/quorate"
)]
pub struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

/// Write the manual pages, one a command
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate man ~/.local/share/man/man1 && man quorate-vote")]
pub struct Man {
    /// The folder, made where it is not there
    dir: PathBuf,
}

/// Runs `completions`.
pub fn completions(args: &Completions) -> Answer {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "quorate", &mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut page = Page::default();
    page.raw(text.trim_end());
    Answer::done(page, json!({ "shell": args.shell.to_string(), "script": text }))
}

/// Runs `man`.
///
/// # Errors
/// A file cannot be written.
pub fn man(args: &Man) -> Result<Answer, CliError> {
    fs::create_dir_all(&args.dir).map_err(file_error("create", &args.dir))?;
    let mut written = Vec::new();
    let mut command = Cli::command();
    command.build();
    pages(&command, "", &args.dir, &mut written)?;
    let mut page = Page::default();
    page.line(Tone::Good, &format!("wrote {} pages to {}", written.len(), args.dir.display()));
    let files: Vec<_> = written.iter().map(|path| answer::path(path)).collect();
    Ok(Answer::done(page, json!({ "files": files })))
}

fn pages(
    command: &clap::Command,
    parent: &str,
    dir: &Path,
    written: &mut Vec<PathBuf>,
) -> Result<(), CliError> {
    let name = if parent.is_empty() {
        command.get_name().to_owned()
    } else {
        format!("{parent}-{}", command.get_name())
    };
    let mut bytes = Vec::new();
    let path = dir.join(format!("{name}.1"));
    // Writing to memory does not fail.
    let _ = clap_mangen::Man::new(command.clone()).title(name.clone()).render(&mut bytes);
    fs::write(&path, bytes).map_err(file_error("write", &path))?;
    written.push(path);
    command.get_subcommands().try_for_each(|sub| pages(sub, &name, dir, written))
}
