//! From the text of a workflow to the model: every name resolved, every rule read.
//!
//! Reading goes on after a mistake, so that one run tells as many as it can. What could not be read
//! is left out on the way: with a single mistake there is no workflow in the end. Whether the workflow
//! that was read is sound (states that nobody can leave, outcomes that nobody handles) is looked at
//! by `check`, and only once nothing is wrong with the text itself.

mod access;
mod actors;
mod answer;
mod ballot;
mod calendar;
mod event;
mod grant;
mod invariant;
mod item;
mod names;
mod outcome;
mod panel;
mod places;
mod procedure;
mod sealed;
mod step;
#[cfg(test)]
mod tests;
mod waits;

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

pub(crate) use self::item::{Fields, Item};
use self::names::Names;
pub(super) use self::places::Places;
use super::check;
use super::diagnostic::{Diagnostic, Diagnostics, Severity};
use super::model::{Contract, Nature, Reading, Workflow};
use crate::values::{Digest, Id};

/// The longest text in bytes.
///
/// The text travels in the opening statement, a JSON text that is itself a JSON string in the entry:
/// it is escaped twice. A quotation mark becomes 4 bytes (`\\\"`), a backslash 4, a line break 3
/// (`\\n`), all else stays. An entry has room for 65,535 bytes (u16 length, C2SP tlog-tiles);
/// [`ESCAPED`] of them are left to the workflow, the rest to roster, policy and signatures.
pub const LONGEST: usize = 40_000;

/// The longest text in bytes once it is escaped twice: 65,535 less 13,535 for everything else.
pub const ESCAPED: usize = 52_000;

/// A workflow that may be run, and what its authors should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The workflow.
    pub workflow: Workflow,
    /// What it probably does not mean to say.
    pub warnings: Diagnostics,
}

impl Checked {
    /// Reads and checks a text.
    pub fn from_text(text: &str) -> Result<Self, Diagnostics> {
        let mut r = Reader::new(text, WORKFLOW);
        let workflow = size(&mut r).and_then(|()| read(&mut r));
        r.finish(workflow).map(|(workflow, warnings)| Self { workflow, warnings })
    }
}

/// What a workflow is called in findings.
const WORKFLOW: &str = "workflow";

/// What reading carries along. Other rooms read their own TOML with it, under the same rules.
pub(crate) struct Reader<'t> {
    pub(super) text: &'t str,
    /// What is read, as findings call it: `workflow`.
    subject: &'static str,
    found: Vec<Diagnostic>,
    readings: Vec<Reading>,
    names: Names,
    /// Every name that was read: of those with the same text all are copies of one.
    ids: BTreeSet<Id>,
    /// The business days.
    calendar: calendar::Given,
}

impl<'t> Reader<'t> {
    pub(crate) fn new(text: &'t str, subject: &'static str) -> Self {
        let (names, calendar) = (Names::default(), calendar::Given::Absent);
        Self { text, subject, found: Vec::new(), readings: Vec::new(), names, ids: BTreeSet::new(), calendar }
    }

    /// The name, as a copy of the first one with this text.
    pub(super) fn shared(&mut self, id: Id) -> Id {
        if let Some(known) = self.ids.get(&id) {
            return known.clone();
        }
        self.ids.insert(id.clone());
        id
    }

    /// The text as TOML, once every character of it can be seen.
    pub(crate) fn tables(&mut self) -> Option<Spanned<DeTable<'t>>> {
        characters(self)?;
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            let at = error.span().unwrap_or(0..0);
            let help = self.remedy(error.message(), &at);
            self.error(&at, format!("the file cannot be read: {}", error.message()), help);
        }
        errors.is_empty().then_some(root)
    }

    /// What to do where the text is no TOML.
    fn remedy(&self, message: &str, at: &Range<usize>) -> String {
        let key = self.text.get(at.clone()).unwrap_or_default();
        if message.starts_with("cannot extend value of type") && !key.is_empty() {
            let written = self.text.get(at.start..).unwrap_or_default();
            let written = written.split([' ', '=', '\n']).next().unwrap_or(key);
            return format!(
                "`{key}` has a value already: where another is named beside it, name both, as in \
                 {{ {key}.status = \"…\", {written} = \"…\" }}"
            );
        }
        "The file is TOML (https://toml.io): `key = value`, texts in quotes, lists in [ ]".to_owned()
    }

    /// What was read, with the warnings; or the findings, if one of them is an error.
    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<(T, Diagnostics), Diagnostics> {
        let errors = self.found.iter().any(|found| found.severity == Severity::Error);
        let found = Diagnostics::new(self.found);
        match read.filter(|_| !errors) {
            Some(read) => Ok((read, found)),
            None => Err(found),
        }
    }

    pub(crate) fn error(&mut self, at: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Diagnostic::at(self.text, Severity::Error, at, message, help));
    }

    /// Says what is wrong, and gives nothing.
    pub(crate) fn refuse<T>(
        &mut self,
        at: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<T> {
        self.error(at, message, help);
        None
    }

    /// Reads `reading`, notes it as a choice of the authors, and hands it back.
    fn reading(&mut self, fields: &mut Fields<'_>) -> Option<String> {
        let text = fields.get("reading")?.text(self)?;
        self.readings.push(Reading { place: fields.place.clone(), text: Some(text.clone()) });
        Some(text)
    }
}

/// The name among `known` that is most like `word`, if one is like it at all.
pub(crate) fn nearest<'n>(word: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let limit = (word.chars().count() / 3).max(1);
    let near = |name: &'n str| {
        let part = word.len() >= 3 && name.len() >= 3 && (name.starts_with(word) || word.starts_with(name));
        let distance = strsim::damerau_levenshtein(word, name);
        (part || distance <= limit).then_some((distance, name))
    };
    known.filter_map(near).min().map(|(_, name)| name)
}

/// Whether a workflow fits into an entry.
fn size(r: &mut Reader<'_>) -> Option<()> {
    let text = r.text;
    let escaped: usize = text.bytes().map(escaped_length).sum();
    if text.len() > LONGEST || escaped > ESCAPED {
        r.error(
            &(0..0),
            format!(
                "the text has {} bytes, {escaped} once it is escaped in the log; \
                 it may have {LONGEST} and {ESCAPED}",
                text.len()
            ),
            "Shorten comments, scopes and readings, or move them into a document beside it",
        );
        return None;
    }
    Some(())
}

/// What has to be right before the text is worth parsing.
fn characters(r: &mut Reader<'_>) -> Option<()> {
    let text = r.text;
    let bad = text.char_indices().find(|(_, c)| *c != '\n' && item::refused(*c));
    if let Some((at, c)) = bad {
        let help = match c {
            '\r' => "Save the file with Unix line ends (LF)",
            '\t' => "Use spaces instead of tabs",
            _ => "Delete it: nobody should sign what they cannot see",
        };
        let message = format!("the invisible character {} is not taken", c.escape_unicode());
        r.error(&(at..at + c.len_utf8()), message, help);
        return None;
    }
    Some(())
}

/// Bytes of one byte of text after it is escaped in a JSON string twice.
fn escaped_length(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' => 4,
        b'\n' => 3,
        _ => 1,
    }
}

fn read(r: &mut Reader<'_>) -> Option<Workflow> {
    let root = r.tables()?;
    let places = Places::of(root.get_ref());
    r.names = Names::scan(r.text, root.get_ref(), &mut r.found);
    let workflow = workflow(r, Fields::root(&root), &places)?;
    if r.found.is_empty() {
        r.found = check::check(&workflow, &places, r.text);
    }
    Some(workflow)
}

fn workflow(r: &mut Reader<'_>, mut fields: Fields<'_>, places: &Places) -> Option<Workflow> {
    language(r, &mut fields);
    let title =
        fields.need(r, "title", "Say in words what it decides: title = \"…\"").and_then(|i| i.text(r));
    let nature = fields
        .need(r, "nature", "nature = \"specimen\" for a study that binds nobody, \"live\" where it does")
        .and_then(|item| item.word(r, &[("specimen", Nature::Specimen), ("live", Nature::Live)]));
    let contract = contract(r, &mut fields);
    let excluded = fields.get("deadline").and_then(|item| deadline(r, &item)).unwrap_or(false);
    let ours = fields.get("ours");
    // Before everything that can count in it.
    let calendar = fields.get("calendar").map(|item| calendar::calendar(r, &item));
    r.calendar = match &calendar {
        None => calendar::Given::Absent,
        Some(None) => calendar::Given::Bad,
        Some(Some(calendar)) => calendar::Given::Is(std::sync::Arc::clone(calendar)),
    };
    let access = access::access(r, &mut fields);
    let parties = section(r, &mut fields, "party", actors::office);
    let roles = section(r, &mut fields, "role", actors::office);
    let panels = section(r, &mut fields, "panel", |r, name, item| panel::panel(r, name, item, excluded));
    let mut events = section(r, &mut fields, "event", event::event);
    if let Some(item) = fields.get("annul") {
        event::annulments(r, &item, &mut events);
    }
    let ballots = section(r, &mut fields, "ballot", |r, name, item| ballot::ballot(r, name, item, excluded));
    let procedures =
        section(r, &mut fields, "procedure", |r, name, item| procedure::procedure(r, name, item, excluded));
    let grants = section(r, &mut fields, "grant", grant::grant);
    let tiers = section(r, &mut fields, "tier", access::tier);
    let declared = invariant::Declared {
        panels: &panels,
        events: &events,
        procedures: &procedures,
        ballots: &ballots,
        grants: &grants,
    };
    let invariants = invariant::invariants(r, &mut fields, &declared);
    fields.close(r);
    let mut readings = ours.map(|item| places::ours(r, &item, places)).unwrap_or_default();
    readings.append(&mut r.readings);
    Some(Workflow {
        digest: Digest::of(r.text.as_bytes()),
        title: title?,
        nature: nature?,
        contract: contract?,
        readings,
        access: access?,
        tiers,
        calendar: calendar.flatten(),
        parties,
        roles,
        panels,
        events,
        procedures,
        ballots,
        grants,
        invariants,
    })
}

/// `[party]`, `[ballot.finding]`, …: one entry for each name.
fn section<T>(
    r: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    key: &'static str,
    mut entry: impl FnMut(&mut Reader<'_>, Id, &Item<'_>) -> Option<T>,
) -> Vec<T> {
    let named = fields.get(key).map(|item| item.named(r)).unwrap_or_default();
    named.into_iter().filter_map(|(name, item)| entry(r, name, &item)).collect()
}

fn language(r: &mut Reader<'_>, fields: &mut Fields<'_>) {
    let help = "The first line says in which language the rest is written: language = 1";
    let Some(item) = fields.need(r, "language", help) else { return };
    if item.number(r, 0, u32::MAX).is_some_and(|language| language != 1) {
        r.error(
            &item.span(),
            "this version knows language 1 only",
            "Use language = 1, or a version that knows this one",
        );
    }
}

fn contract(r: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<Contract> {
    let help = "Name the text that it puts into practice: \
                contract = { digest = \"sha256:…\", prevails = true }";
    let mut fields = fields.need(r, "contract", help)?.table(r)?;
    let digest = fields.need(r, "digest", "The SHA-256 of the contract's text: sha256sum FILE");
    let digest = digest.and_then(|item| {
        let read = item.raw(r)?.parse().ok();
        read.or_else(|| item.wrong(r, "sha256: and 64 digits of 0-9a-f", "Take it from sha256sum FILE"))
    });
    let source = fields.get("source").and_then(|item| item.text(r));
    let prevails = fields.need(r, "prevails", "Say that the contract prevails: prevails = true");
    if let Some(item) = prevails
        && item.flag(r) == Some(false)
    {
        r.error(
            &item.span(),
            "a workflow never prevails over its contract",
            "Write prevails = true: what it gets wrong is annulled, not enforced",
        );
    }
    fields.close(r);
    Some(Contract { digest: digest?, source })
}

/// `deadline`: whether an act at the very instant is already late.
fn deadline(r: &mut Reader<'_>, item: &Item<'_>) -> Option<bool> {
    item.word(r, &[("included", false), ("excluded", true)])
}
