//! The ballot paper: the exact text that a vote's `question` is the SHA-256 of.
//!
//! It is TOML, so that a person can read it and a voter's machine too. Its form is part of language 1:
//! every voter signs its digest, so not a byte of it ever changes.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::engine::ballot::BallotRun;
use crate::engine::case::Case;
use crate::engine::state::State;
use crate::statement::{AgreementRef, BallotRef, HolderRef};
use crate::values::{Digest, Id, Instant};
use crate::workflow::model::{Ballot, Change, Early, Nature};

/// A ballot paper as a voter's machine reads it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Paper {
    /// The form of the paper: 1.
    pub paper: u32,
    /// `specimen` or `live`.
    pub nature: String,
    /// The agreement.
    pub agreement: AgreementRef,
    /// The workflow in force.
    pub workflow: Digest,
    /// Its title.
    pub title: String,
    /// The contract, by the digest of its text.
    pub contract: Digest,
    /// The origin of the agreement's log.
    pub origin: String,
    /// Its verifier key.
    pub vkey: String,
    /// The ballot.
    pub ballot: BallotRef,
    /// The question.
    pub asks: String,
    /// The choices.
    pub choices: Vec<Id>,
    /// The abstention, if one may abstain.
    pub abstention: Option<Id>,
    /// The documents that a vote must carry.
    pub attach: Vec<Id>,
    /// When the ballot opened.
    pub opened: Instant,
    /// When it closes at the latest.
    pub closes: Instant,
    /// Whether a vote may be changed: `never` or `until close`.
    pub change: String,
    /// What closes the ballot before its time.
    pub early: String,
    /// The quorum.
    pub quorum: Option<String>,
    /// The outcomes, in order.
    #[serde(default, rename = "outcome")]
    pub outcomes: Vec<OutcomeLine>,
    /// Who may vote.
    #[serde(default, rename = "elector")]
    pub electors: Vec<ElectorLine>,
    /// Who is on the panel and may not vote.
    #[serde(default)]
    pub excluded: Vec<ExcludedLine>,
    /// What had been filed when the ballot opened.
    #[serde(default)]
    pub filed: Vec<FiledLine>,
}

/// An outcome and its rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeLine {
    /// Its name.
    pub is: Id,
    /// Its rule; absent for "otherwise".
    #[serde(rename = "if")]
    pub rule: Option<String>,
}

/// An elector.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElectorLine {
    /// The seat.
    pub seat: HolderRef,
    /// The person.
    pub person: String,
    /// The fingerprint of the seat's key when the ballot opened.
    pub key: String,
    /// The weight of the vote.
    pub weight: u32,
    /// The class.
    pub class: Option<Id>,
}

/// A seat without a vote.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExcludedLine {
    /// The seat.
    pub seat: HolderRef,
    /// Why.
    pub reason: String,
}

/// A filed document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FiledLine {
    /// The name under which the workflow asks for it.
    pub name: Id,
    /// The digest of its blob.
    pub digest: Digest,
    /// In whose name.
    pub by: String,
    /// The entry.
    pub entry: u64,
}

impl State {
    /// The paper of a ballot, as it was when the ballot opened; `None` where there is no such ballot.
    pub fn ballot_paper(&self, id: &BallotRef) -> Option<String> {
        Some(text(self, self.case(&id.case)?, self.ballot(&id.ballot)?, self.ballot_run(id)?))
    }
}

/// The exact text.
pub(super) fn text(state: &State, case: &Case, ballot: &Ballot, run: &BallotRun) -> String {
    let mut paper = Writer(String::new());
    head(&mut paper, state, ballot, run);
    rules(&mut paper, ballot, run);
    for outcome in &ballot.outcomes {
        paper.table("outcome");
        paper.field("is", &quoted(outcome.is.as_str()));
        paper.maybe("if", outcome.rule.as_ref().map(|rule| quoted(&rule.text)));
    }
    for (seat, elector) in &run.electors {
        paper.table("elector");
        paper.field("seat", &quoted(&state.seat_name(case, seat).to_string()));
        paper.field("person", &quoted(&elector.person));
        paper.field("key", &quoted(&elector.key));
        paper.field("weight", &elector.standing.weight.to_string());
        paper.maybe("class", elector.standing.class.as_ref().map(|class| quoted(class.as_str())));
    }
    for (seat, reason) in &run.excluded {
        paper.table("excluded");
        paper.field("seat", &quoted(&state.seat_name(case, seat).to_string()));
        paper.field("reason", &quoted(reason));
    }
    for filed in case.filed.iter().take(run.filed) {
        paper.table("filed");
        paper.field("name", &quoted(filed.name.as_str()));
        paper.field("digest", &quoted(&filed.digest.to_string()));
        paper.field("by", &quoted(&filed.by));
        paper.field("entry", &filed.done.entry.to_string());
    }
    paper.0
}

fn head(paper: &mut Writer, state: &State, ballot: &Ballot, run: &BallotRun) {
    paper.comment("Ballot paper. A vote names the SHA-256 of this text as its `question`.");
    let nature = match state.workflow.nature {
        Nature::Specimen => {
            paper.comment("SPECIMEN: it binds nobody.");
            "specimen"
        }
        Nature::Live => "live",
    };
    paper.comment("The contract prevails over the workflow.");
    paper.field("paper", "1");
    paper.field("nature", &quoted(nature));
    paper.field("agreement", &quoted(&state.agreement.to_string()));
    paper.field("workflow", &quoted(&state.workflow.digest.to_string()));
    paper.field("title", &quoted(&state.workflow.title));
    paper.field("contract", &quoted(&state.contract.to_string()));
    paper.field("origin", &quoted(&state.log.origin));
    paper.field("vkey", &quoted(&state.log.vkey));
    paper.field("ballot", &quoted(&run.id.to_string()));
    paper.field("asks", &quoted(&ballot.question));
}

fn rules(paper: &mut Writer, ballot: &Ballot, run: &BallotRun) {
    paper.field("choices", &list(&ballot.choices));
    paper.maybe("abstention", ballot.abstention.as_ref().map(|name| quoted(name.as_str())));
    paper.field("attach", &list(&ballot.attach));
    paper.field("opened", &quoted(&run.opened.to_string()));
    paper.field("closes", &quoted(&run.closes.to_string()));
    let change = match ballot.change {
        Change::Never => "never",
        Change::UntilClose => "until close",
    };
    paper.field("change", &quoted(change));
    let early = match &ballot.early {
        Early::Never => "never",
        Early::AllVoted => "all voted",
        Early::Certain => "certain",
        Early::When(rule) => &rule.text,
    };
    paper.field("early", &quoted(early));
    paper.maybe("quorum", ballot.quorum.as_ref().map(|rule| quoted(&rule.text)));
}

/// Writes TOML in the one form that is signed.
struct Writer(String);

impl Writer {
    fn comment(&mut self, words: &str) {
        let _ = writeln!(self.0, "# {words}");
    }

    fn table(&mut self, name: &str) {
        let _ = write!(self.0, "\n[[{name}]]\n");
    }

    fn field(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.0, "{name} = {value}");
    }

    fn maybe(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value {
            self.field(name, &value);
        }
    }
}

/// A TOML basic string. Everything that could end it or is not printable ASCII punctuation is escaped
/// as TOML 1.0 asks; other characters stand as they are.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn list(names: &[Id]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name.as_str())).collect();
    format!("[{}]", names.join(", "))
}
