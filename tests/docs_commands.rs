//! `docs/commands.md` names every command and every option of its own, and its examples are well formed.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

use std::collections::BTreeMap;
use std::fs;

use clap::{CommandFactory as _, Parser as _};
use quorate::cli::Cli;

/// The section of each command, by its words: `quorate key new`.
fn sections() -> BTreeMap<String, String> {
    let page = fs::read_to_string("docs/commands.md").unwrap();
    let section = |part: &str| {
        let (name, text) = part.split_once("`\n").unwrap();
        (name.to_owned(), text.split("\n## ").next().unwrap().to_owned())
    };
    page.split("\n### `").skip(1).map(section).collect()
}

/// Every command that can be run, with its own options.
fn commands(command: &clap::Command, words: &str, found: &mut BTreeMap<String, Vec<String>>) {
    let name = format!("{words} {}", command.get_name()).trim().to_owned();
    let own = command.get_arguments().filter(|arg| !arg.is_global_set() && arg.get_help_heading().is_none());
    let options = own.filter_map(|arg| arg.get_long()).map(|long| format!("--{long}")).collect();
    if !command.is_subcommand_required_set() {
        found.insert(name.clone(), options);
    }
    for inner in command.get_subcommands() {
        commands(inner, &name, found);
    }
}

#[test]
fn every_command_and_option_is_on_the_page() {
    let mut there = BTreeMap::new();
    commands(&Cli::command(), "", &mut there);
    let sections = sections();
    assert_eq!(sections.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
    for (command, options) in there {
        for option in options {
            assert!(sections[&command].contains(&option), "{command} {option}");
        }
    }
}

#[test]
fn every_example_is_taken_by_its_command() {
    for (command, section) in sections() {
        let examples = section.split("```sh\n").nth(1).unwrap_or_default().split("```").next().unwrap();
        assert!(examples.starts_with(&command), "{command}");
        for line in examples.lines() {
            // What stands in single quotation marks is one word.
            let parts = line.split('\'').enumerate();
            let words = parts.flat_map(|(place, part)| match place % 2 {
                0 => part.split_whitespace().map(str::to_owned).collect(),
                _ => vec![part.to_owned()],
            });
            if let Err(error) = Cli::try_parse_from(words) {
                panic!("{line}: {error}");
            }
        }
    }
}

#[test]
fn options_that_every_signing_command_shares_are_on_the_page() {
    let page = fs::read_to_string("docs/commands.md").unwrap();
    let cli = Cli::command();
    let vote = cli.find_subcommand("vote").unwrap();
    for arg in vote.get_arguments().chain(cli.get_arguments()) {
        let Some(long) = arg.get_long() else { continue };
        assert!(page.contains(&format!("`--{long}")) || page.contains(&format!("--{long} ")), "{long}");
    }
}
