//! A ballot made at random, as a workflow's text.

use std::fmt::Write as _;

use crate::{HALT, SEATS};

/// `yes >= 3`, or `no >= 3`.
#[derive(Debug, Clone, Copy)]
pub struct Law {
    pub yes: bool,
    pub least: usize,
}

#[derive(Debug, Clone)]
pub struct Outcome {
    pub law: Law,
    pub lasting: Option<i64>,
    /// After so many seconds another law takes the place.
    pub eases: Vec<(i64, Law)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Early {
    Never,
    AllVoted,
    Confirmed,
    Three,
}

/// What puts the closing off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum On {
    Quorum,
    /// At the closing there is none.
    NoQuorum,
    Vote,
    Evidence,
}

/// What evidence does to votes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Evidence {
    Stand,
    Lapse,
    Reaffirm,
}

#[derive(Debug, Clone)]
pub struct Ballot {
    pub open_for: i64,
    pub excluded: bool,
    pub changeable: bool,
    pub stands: bool,
    pub early: Early,
    /// On what, in the last, by, at most.
    pub extend: Option<(On, i64, i64, Option<u32>)>,
    pub evidence: Evidence,
    pub quorum: Option<usize>,
    pub outcomes: Vec<Outcome>,
}

#[derive(Debug, Clone, Copy)]
pub enum Deed {
    Vote {
        seat: usize,
        yes: bool,
    },
    Leave {
        seat: usize,
    },
    File,
    /// A case is opened that suspends the ballot's.
    Halt,
    /// The first of these that is open ends.
    Lift,
}

impl Law {
    pub fn text(self) -> String {
        format!("{} >= {}", if self.yes { "yes" } else { "no" }, self.least)
    }
}

impl Ballot {
    pub fn text(&self) -> String {
        let mut ballot = String::new();
        let mut line = |text: String| writeln!(ballot, "{text}").unwrap();
        line(format!("open-for = \"{} seconds\"", self.open_for));
        line(format!("deadline = \"{}\"", if self.excluded { "excluded" } else { "included" }));
        line(format!("change = \"{}\"", if self.changeable { "until close" } else { "never" }));
        line(format!("if-leaving = \"{}\"", if self.stands { "vote stands" } else { "has not voted" }));
        let early = match self.early {
            Early::Never => "never",
            Early::AllVoted => "all voted",
            Early::Confirmed => "confirmed",
            Early::Three => "yes >= 3",
        };
        line(format!("early = \"{early}\""));
        let evidence = match self.evidence {
            Evidence::Stand => "votes stand",
            Evidence::Lapse => "votes lapse",
            Evidence::Reaffirm => "votes to reaffirm",
        };
        line(format!("new-evidence = \"{evidence}\""));
        if let Some((on, last, by, most)) = self.extend {
            let most = most.map_or_else(String::new, |most| format!(", at-most = {most}"));
            let on = match on {
                On::Quorum => "quorum",
                On::NoQuorum => "no-quorum",
                On::Vote => "vote",
                On::Evidence => "evidence",
            };
            let last =
                if on == "no-quorum" { String::new() } else { format!(", in-last = \"{last} seconds\"") };
            line(format!("extend = {{ on = \"{on}\"{last}, by = \"{by} seconds\"{most} }}"));
        }
        if let Some(quorum) = self.quorum {
            line(format!("quorum = \"participating >= {quorum}\""));
        }
        line("outcomes = [".to_owned());
        for (number, outcome) in self.outcomes.iter().enumerate() {
            let lasting =
                outcome.lasting.map_or_else(String::new, |time| format!(", for = \"{time} seconds\""));
            let eases: Vec<String> = outcome
                .eases
                .iter()
                .map(|(after, law)| format!("{{ after = \"{after} seconds\", if = \"{}\" }}", law.text()))
                .collect();
            let eases =
                if eases.is_empty() { String::new() } else { format!(", eases = [{}]", eases.join(", ")) };
            line(format!("  {{ is = \"o{number}\", if = \"{}\"{lasting}{eases} }},", outcome.law.text()));
        }
        line("  { is = \"otherwise\" },\n]".to_owned());
        let mut outcomes: Vec<String> =
            (0..self.outcomes.len()).map(|number| format!("\"o{number}\"")).collect();
        outcomes.push("\"otherwise\"".to_owned());
        outcomes.extend(self.quorum.map(|_| "\"no-quorum\"".to_owned()));
        format!(
            r#"language = 1
title    = "A ballot made at random"
nature   = "specimen"
contract = {{ digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", prevails = true }}
[party]
alpha = {{ signatures = "1 of 1" }}
[panel.board]
formed = "standing"
seats  = [ {{ names = {SEATS:?}, by = "alpha" }} ]
[procedure.matter]
open  = {{ do = "begin", by = "alpha" }}
panel = "board"
start = "voting"
[procedure.matter.state.voting]
ballot = "poll"
steps  = [
  {{ do = "file", by = "alpha", attach = ["exhibit"], at-most = 50 }},
  {{ outcome = [{}], to = "over" }},
]
[procedure.matter.state.over]
ends = true
[procedure.halt]
open     = {{ do = "halt", by = "alpha" }}
cases    = {{ at-once = 2 }}
suspends = {{ procedures = ["matter"], allow = ["file"] }}
start    = "pending"
[procedure.halt.state.pending]
steps = [ {{ do = "lift", by = "alpha", to = "lifted" }}, {{ after = "{HALT} seconds", to = "lifted" }} ]
[procedure.halt.state.lifted]
ends = true
[grant.right]
status = [ {{ is = "in force" }} ]
fixed  = true
[ballot.poll]
question = "Shall it be?"
electors = {{ of = "board" }}
choices  = ["yes", "no"]
{ballot}"#,
            outcomes.join(", ")
        )
    }
}
