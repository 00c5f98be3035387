//! What is wrong with a text, where, and what to do about it.

use std::fmt::{self, Write as _};
use std::ops::Range;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource};
use serde::Serialize;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The text is refused.
    Error,
    /// The text is taken, and probably does not say what its authors meant.
    Warning,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Whether it refuses the text.
    pub severity: Severity,
    /// What is wrong, as a sentence without full stop.
    pub message: String,
    /// What to do, as a sentence without full stop.
    pub help: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The first byte of the place.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

impl Diagnostic {
    /// A finding at `span`, in bytes of `text`.
    pub(crate) fn at(
        text: &str,
        severity: Severity,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let start = boundary(text, span.start);
        let end = boundary(text, span.end.max(span.start));
        let before = text.get(..start).unwrap_or_default();
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { severity, message: message.into(), help: help.into(), line, column, start, end }
    }
}

/// The nearest place at or before `at` that lies between two characters of `text`.
fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Everything found in one text, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub(crate) fn new(mut list: Vec<Diagnostic>) -> Self {
        list.sort_by(|a, b| {
            (a.start, a.end, a.severity, &a.message).cmp(&(b.start, b.end, b.severity, &b.message))
        });
        list.dedup();
        Self { list }
    }

    /// Each finding, in the order of the text.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many of them refuse the text.
    pub fn errors(&self) -> usize {
        self.list.iter().filter(|found| found.severity == Severity::Error).count()
    }

    /// How many of them do not.
    pub fn warnings(&self) -> usize {
        self.list.len() - self.errors()
    }

    /// The findings as a person reads them: file, line, the words with a caret below, the remedy.
    /// Without `colour` the output is the same on every machine and terminal.
    pub fn render(&self, file: &str, text: &str, colour: bool) -> String {
        let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(82)
            .with_links(false)
            .with_context_lines(1)
            .without_syntax_highlighting();
        let source = NamedSource::new(file, text.to_owned());
        let mut out = String::new();
        for found in &self.list {
            // Writing into a string does not fail; a finding that cannot be drawn is still told in words.
            if handler.render_report(&mut out, &Drawn { found, source: &source }).is_err() {
                let _ = writeln!(out, "{file}:{}:{}: {found}", found.line, found.column);
            }
        }
        // miette pads some lines with spaces.
        out.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
    }

    /// The findings as a JSON list, each with `severity`, `message`, `help`, `line`, `column`, `start`, `end`.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message, self.help)
    }
}

impl fmt::Display for Diagnostics {
    /// `3 errors; line 7: …: …`: for where there is no room to draw.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self.errors();
        write!(f, "{errors} error{}", if errors == 1 { "" } else { "s" })?;
        for found in self.list.iter().filter(|found| found.severity == Severity::Error).take(3) {
            write!(f, "; line {}: {found}", found.line)?;
        }
        if errors > 3 { write!(f, "; and {} more", errors - 3) } else { Ok(()) }
    }
}

impl std::error::Error for Diagnostics {}

/// One finding as miette draws it.
#[derive(Debug)]
struct Drawn<'a> {
    found: &'a Diagnostic,
    source: &'a NamedSource<String>,
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.found.message)
    }
}

impl std::error::Error for Drawn<'_> {}

impl miette::Diagnostic for Drawn<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.found.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'h>(&'h self) -> Option<Box<dyn fmt::Display + 'h>> {
        Some(Box::new(&self.found.help))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let length = self.found.end.saturating_sub(self.found.start);
        Some(Box::new(std::iter::once(LabeledSpan::new(None, self.found.start, length))))
    }
}
