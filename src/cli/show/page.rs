use std::fmt::Write as _;

use clap::builder::styling::{AnsiColor, Style};
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::visible;
use crate::view::SPECIMEN;
use crate::workflow::Workflow;
use crate::workflow::model::Nature;

/// A page for a person, put together line by line.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
}

/// How something stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As everything else.
    Plain,
    /// In force, passed, done.
    Good,
    /// Awaited, projected, a specimen.
    Notice,
    /// Ended, overdue, at fault.
    Bad,
    /// Beside the point.
    Faint,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Notice => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default(),
            Self::Faint => Style::new().dimmed(),
        }
    }

    fn cell(self, text: &str) -> Cell {
        let cell = Cell::new(text);
        match self {
            Self::Plain => cell,
            Self::Good => cell.fg(Color::DarkGreen),
            Self::Notice => cell.fg(Color::DarkYellow),
            Self::Bad => cell.fg(Color::DarkRed),
            // Of the terminal's own colour for text: a grey that is read on white is not read on black.
            Self::Faint => cell.add_attribute(Attribute::Dim),
        }
    }
}

impl Page {
    /// The text with its colours.
    pub fn into_text(self) -> String {
        self.text
    }

    /// A title, with an empty line before it unless it is the first.
    pub fn title(&mut self, words: &str) -> &mut Self {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.styled(Style::new().bold(), words)
    }

    /// A line, wrapped to the width of the terminal.
    pub fn line(&mut self, tone: Tone, words: &str) -> &mut Self {
        self.styled(tone.style(), words)
    }

    fn styled(&mut self, style: Style, words: &str) -> &mut Self {
        for line in wrap(&visible(words), width()) {
            let _ = writeln!(self.text, "{style}{line}{style:#}");
        }
        self
    }

    /// What is no live agreement says so.
    pub fn specimen(&mut self, workflow: &Workflow) -> &mut Self {
        self.nature(Some(workflow.nature))
    }

    /// The same where no more than the nature is known, if that: a statement alone does not tell it.
    pub fn nature(&mut self, nature: Option<Nature>) -> &mut Self {
        match nature {
            None => self.line(Tone::Notice, NATURE_UNKNOWN),
            Some(Nature::Specimen) => self.line(Tone::Notice, SPECIMEN),
            Some(Nature::Live) => self,
        }
    }

    /// A line as it stands, or several.
    pub fn raw(&mut self, line: &str) -> &mut Self {
        self.drawn(&visible(line))
    }

    /// What has been drawn already, colours and all: everything from elsewhere in it is [`visible`].
    pub fn drawn(&mut self, line: &str) -> &mut Self {
        self.text.push_str(line);
        self.text.push('\n');
        self
    }

    /// An empty line.
    pub fn blank(&mut self) -> &mut Self {
        self.raw("")
    }

    /// Names and what belongs to them, the values in one column. A value breaks between words only, so that a
    /// digest can be copied whole.
    pub fn fields<'a>(&mut self, fields: impl IntoIterator<Item = (&'a str, String)>) -> &mut Self {
        let fields: Vec<(&str, String)> = fields.into_iter().collect();
        let names = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let faint = Tone::Faint.style();
        for (name, value) in fields {
            for (number, line) in
                wrap(&visible(&value), width().saturating_sub(names + 2)).into_iter().enumerate()
            {
                let name = if number == 0 { name } else { "" };
                let _ = writeln!(self.text, "{faint}{name:names$}{faint:#}  {line}");
            }
        }
        self
    }

    /// A table. The first column keeps its width; the others share what is left and break between words.
    pub fn table(&mut self, head: &[&str], mut rows: Vec<Vec<(String, Tone)>>) -> &mut Self {
        for (text, _) in rows.iter_mut().flatten() {
            *text = visible(text).into_owned();
        }
        if rows.is_empty() {
            return self;
        }
        let least = least_widths(head, &rows);
        let mut table = Table::new();
        table.load_style(presets::NOTHING).enforce_styling();
        table.style_text_only();
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns(width()));
        if head.iter().any(|name| !name.is_empty()) {
            table.set_header(head.iter().map(|name| Tone::Faint.cell(name)));
        }
        for row in rows {
            table.add_row(row.into_iter().map(|(text, tone)| match tone {
                // Nothing to colour: the blanks before it are taken off the end of the line.
                _ if text.is_empty() => Cell::new(text),
                tone => tone.cell(&text),
            }));
        }
        for (column, least) in table.column_iter_mut().zip(least) {
            column.set_padding((0, GAP));
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(columns(least) + GAP)));
        }
        for line in table.lines() {
            self.drawn(line.trim_end());
        }
        self
    }
}

const NATURE_UNKNOWN: &str =
    "Whether this is a specimen, its agreement's workflow says, which is not at hand here.";

/// The space between two columns.
const GAP: u16 = 2;

/// Words longer than this may break: a digest in a table.
const LONGEST_WORD: usize = 30;

/// How narrow each column may become: the first not at all, the others down to their longest word.
fn least_widths(head: &[&str], rows: &[Vec<(String, Tone)>]) -> Vec<usize> {
    let longest_word = |text: &str| text.split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
    let least = |(column, name): (usize, &&str)| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|(text, _)| text.as_str());
        let widths = cells
            .chain([*name])
            .map(|text| if column == 0 { text.chars().count() } else { longest_word(text) });
        widths.max().unwrap_or(0).min(LONGEST_WORD)
    };
    head.iter().enumerate().map(least).collect()
}

fn columns(width: usize) -> u16 {
    u16::try_from(width).unwrap_or(u16::MAX)
}

/// The width to write for: the terminal's, from 60 to 120; 80 where there is none.
pub fn width() -> usize {
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    terminal.unwrap_or(80).clamp(60, 120)
}

/// Breaks words into lines of at most `width` characters; continued lines keep the indent of the first.
fn wrap(words: &str, width: usize) -> Vec<String> {
    let indent: String = words.chars().take_while(|letter| *letter == ' ').collect();
    let mut lines = Vec::new();
    let mut line = indent.clone();
    for word in words.split_whitespace() {
        let full = line.chars().count() + 1 + word.chars().count() > width;
        if full && line.len() > indent.len() {
            lines.push(std::mem::replace(&mut line, indent.clone()));
        }
        if line.len() > indent.len() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}
