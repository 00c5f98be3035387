//! The determination of a case as a document: what was asked, who decided, how the votes were counted, what came of it,
//! and the entry behind each sentence.
//!
//! A report is a function of the log up to a head, a time, and the documents that are put into it: whoever has these
//! makes the same bytes again. It counts nothing itself; every number is the engine's.

mod ballot;
mod counted;
mod follows;
mod html;
mod json;
mod made;
mod markdown;
mod panel;
mod question;
mod when;

use std::collections::BTreeMap;

use serde::Serialize;

pub use counted::{Answered, Compared, Counted, Tallied, Weighed};
pub use made::{EDITION, Made, MadeError};
pub use when::{attached, last_change};

use crate::engine::State;
use crate::log::Head;
use crate::statement::{AgreementRef, Attachments, CaseRef};
use crate::values::{Digest, Instant, visible};
use crate::workflow::model::{Nature, ReportSigner};
use crate::workflow::words::{readings, utc as told};

/// What a report is made from.
#[derive(Debug)]
pub struct Sources<'a> {
    /// The state of the agreement at the report's time, of the log at `head`.
    pub state: &'a State,
    /// The head.
    pub head: Head,
    /// The time.
    pub at: Instant,
    /// The documents that statements carry, by entry.
    pub attached: BTreeMap<u64, Attachments>,
    /// The texts of the documents that votes carry, where they are to be put in; `None` where they are not. One that
    /// is no text, or not at hand, is missing.
    pub documents: Option<BTreeMap<Digest, String>>,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// From what it was made: the line by which it is made again.
    pub made: Made,
    /// The workflow's title.
    pub title: String,
    /// Whether the agreement is a specimen, which binds nobody.
    pub specimen: bool,
    /// The workflow under which the case ran.
    pub workflow: Digest,
    /// The contract, which prevails.
    pub contract: Digest,
    /// How many choices and readings in the workflow are its authors'.
    pub readings: usize,
    /// Whose signature makes it the panel's, where the workflow says so: `chair` or `majority`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<ReportSigner>,
    /// The sections.
    pub sections: Vec<Section>,
    /// The count of each ballot that has closed, for a machine.
    pub ballots: Vec<Counted>,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// What it is about.
    pub heading: String,
    /// What it says, in order.
    pub parts: Vec<Part>,
}

/// A part of a section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Part {
    /// A sentence, and the entries behind it.
    Sentence {
        /// The sentence.
        sentence: String,
        /// The entries.
        entries: Vec<u64>,
    },
    /// A table.
    Table {
        /// The heads of the columns; entries stand in one of their own after them.
        columns: Vec<&'static str>,
        /// The rows.
        rows: Vec<Row>,
    },
    /// A document, word for word.
    Document {
        /// What it is, and by whom.
        of: String,
        /// Its digest.
        document: Digest,
        /// Its text; absent where it is not at hand or no text.
        text: Option<String>,
    },
}

/// A row of a table, and the entries behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The cells.
    pub cells: Vec<String>,
    /// The entries.
    pub entries: Vec<u64>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Markdown.
    Markdown,
    /// One page of HTML that needs nothing else.
    Html,
    /// JSON.
    Json,
}

/// The longest document whose text is put into a report, in characters.
const LONGEST_TEXT: usize = 100_000;

/// The texts of the documents that statements carry, as far as they are texts in which nothing is hidden, and none too long.
/// `content` gives what a document says, where it is at hand.
///
/// # Errors
/// What `content` says.
pub fn texts<E>(
    attached: &BTreeMap<u64, Attachments>,
    content: impl Fn(&Digest) -> Result<Option<Vec<u8>>, E>,
) -> Result<BTreeMap<Digest, String>, E> {
    let mut texts = BTreeMap::new();
    for digest in attached.values().flat_map(Attachments::values) {
        let Some(content) = content(digest)? else { continue };
        let Ok(text) = String::from_utf8(content) else { continue };
        if text.len() <= LONGEST_TEXT && visible(&text) == text {
            texts.insert(*digest, text);
        }
    }
    Ok(texts)
}

impl Report {
    /// The report of a case; `None` where there is no such case.
    pub fn of(sources: &Sources<'_>, case: &CaseRef) -> Option<Self> {
        let state = sources.state;
        let case = state.case(case)?;
        let workflow = &case.workflow;
        let ballots: Vec<Counted> = case.ballots.iter().filter_map(|run| counted::counted(run)).collect();
        let mut sections =
            vec![question::asked(sources, case), question::way(sources, case), panel::seats(sources, case)];
        for run in &case.ballots {
            sections.extend(ballot::sections(sources, case, run, &ballots));
        }
        sections.extend([follows::events(sources, case), follows::grants(sources, case)]);
        sections.retain(|section| !section.parts.is_empty());
        Some(Self {
            made: Made {
                edition: EDITION,
                agreement: state.agreement.clone(),
                case: case.id.clone(),
                at: sources.at,
                head: sources.head,
                documents: sources.documents.is_some(),
            },
            title: workflow.title.clone(),
            specimen: workflow.nature == Nature::Specimen,
            workflow: workflow.digest,
            contract: state.contract,
            readings: workflow.readings.len(),
            signed_by: case.procedure().and_then(|procedure| procedure.report),
            sections,
            ballots,
        })
    }

    /// The report's exact text. The same report always gives the same bytes.
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Markdown => markdown::write(self),
            Format::Html => html::write(self),
            Format::Json => json::write(self),
        }
    }

    /// What stands above the sections, name by name.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let Made { edition: _, agreement, case, at, head, documents: _ } = &self.made;
        let AgreementRef { name, anchor } = agreement;
        let readings = match self.readings {
            0 => String::new(),
            many => format!("; {} its authors'", readings(many)),
        };
        let signer = self.signed_by.map(|signer| {
            ("to be signed", format!("by {}; quorate report --check tells whether it is", signer.plainly()))
        });
        let mut outcomes: Vec<String> = self.ballots.iter().filter_map(Counted::in_short).collect();
        if outcomes.is_empty() {
            outcomes.push("none yet".to_owned());
        }
        let facts = vec![
            ("agreement", format!("{name}, anchor {anchor}")),
            ("case", case.to_string()),
            ("outcome", outcomes.join("; ")),
            ("as of", told(*at)),
            ("log", format!("{} entries, root {}", head.size, head.root)),
            ("workflow", format!("{}{readings}", self.workflow)),
            ("contract", format!("{}, which prevails over the workflow", self.contract)),
        ];
        facts.into_iter().chain(signer).collect()
    }
}

/// Where a report's own words end: what it is good for.
const CLOSING: &str = "Each sentence names the entries of the log from which it follows. Whoever has the log makes this report again, \
                       byte for byte, with `quorate report --check`, which also tells who has signed it.";

impl Section {
    fn new(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), parts: Vec::new() }
    }

    fn say(&mut self, sentence: impl Into<String>, entries: impl IntoIterator<Item = u64>) {
        let mut entries: Vec<u64> = entries.into_iter().collect();
        entries.sort_unstable();
        entries.dedup();
        self.parts.push(Part::Sentence { sentence: sentence.into(), entries });
    }

    fn table(&mut self, columns: Vec<&'static str>, mut rows: Vec<Row>) {
        for row in &mut rows {
            row.entries.sort_unstable();
        }
        if !rows.is_empty() {
            self.parts.push(Part::Table { columns, rows });
        }
    }
}

/// `entry 3`, `entries 3, 7`; nothing where there is none.
fn behind(entries: &[u64]) -> String {
    let numbers: Vec<String> = entries.iter().map(u64::to_string).collect();
    match numbers.as_slice() {
        [] => String::new(),
        [one] => format!("entry {one}"),
        _ => format!("entries {}", numbers.join(", ")),
    }
}

/// The documents that an entry carries: `rationale sha256:…`.
fn documents(sources: &Sources<'_>, entry: u64) -> Vec<(String, Digest)> {
    let attached = sources.attached.get(&entry).into_iter().flatten();
    attached.map(|(name, digest)| (name.to_string(), *digest)).collect()
}
