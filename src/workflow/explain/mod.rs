//! A workflow in plain English, with its numbers: for whoever must understand it before it is signed.
//!
//! Every part of the model is taken apart here without `..`, so that nothing can be added to the language that
//! this page does not tell. It explains and decides nothing: the workflow's text is what binds.

mod actors;
mod ballots;
mod cases;
mod conditions;
mod promises;
mod rules;
mod terms;
mod text;

use serde::Serialize;

use super::model::{Contract, Nature, Reading, Workflow};

/// A workflow in plain English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The workflow's title.
    pub title: String,
    /// Whether it is a specimen, which binds nobody.
    pub specimen: bool,
    /// What stands before the first section.
    pub preamble: Vec<String>,
    /// The sections, in the order in which a reader needs them.
    pub sections: Vec<Section>,
}

/// A section: its place in the list, from 1, is its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// What it is about.
    pub heading: String,
    /// Its paragraphs.
    pub paragraphs: Vec<Paragraph>,
}

/// A paragraph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Paragraph {
    /// By what others refer to it: `4.3`, or `R2` for a reading.
    pub label: String,
    /// Its sentences.
    pub text: String,
    /// What it lists, as (a), (b), …
    pub items: Vec<String>,
}

impl Paragraph {
    fn of(text: impl Into<String>) -> Self {
        Self::listing(text, Vec::new())
    }

    fn listing(text: impl Into<String>, items: Vec<String>) -> Self {
        Self { label: String::new(), text: text.into(), items }
    }
}

impl Workflow {
    /// The workflow in plain English.
    pub fn explain(&self) -> Explained {
        // No `..`: whatever the language learns to say has to be told.
        let Self {
            digest: _,
            title,
            nature,
            contract: _,
            readings: _,
            access: _,   // who takes part
            tiers: _,    // who takes part
            calendar: _, // the preamble
            parties: _,
            roles: _,
            panels: _,
            events: _,
            procedures,
            ballots,
            grants: _,
            invariants: _,
        } = self;
        let mut sections = vec![actors::who(self), actors::panels(self), terms::events(self)];
        sections.extend(procedures.iter().map(|procedure| cases::section(self, procedure)));
        sections.extend(ballots.iter().map(|ballot| ballots::section(self, ballot)));
        sections.extend([terms::grants(self), promises::section(self)]);
        sections.retain(|section| !section.paragraphs.is_empty());
        for (section, number) in sections.iter_mut().zip(1..) {
            for (paragraph, place) in section.paragraphs.iter_mut().zip(1..) {
                paragraph.label = format!("{number}.{place}");
            }
        }
        sections.extend(ours(self));
        Explained {
            title: title.clone(),
            specimen: *nature == Nature::Specimen,
            preamble: preamble(self),
            sections,
        }
    }

    /// ` [R1, R4]`: the readings of a place, of what is around it and of what is in it; empty where there is none.
    fn marked(&self, place: &str) -> String {
        self.marks(|known| within(place, known) || within(known, place))
    }

    /// The same for a section, whose paragraphs have places of their own: what is in them is marked there.
    fn marked_around(&self, place: &str) -> String {
        self.marks(|known| within(place, known))
    }

    /// The same for a paragraph of a section: what is around it is marked above the section.
    fn marked_within(&self, place: &str) -> String {
        self.marks(|known| within(known, place))
    }

    fn marks(&self, of: impl Fn(&str) -> bool) -> String {
        let readings = self.readings.iter().zip(1..);
        let numbers: Vec<String> = readings
            .filter(|(reading, _)| of(&reading.place))
            .map(|(_, number)| format!("R{number}"))
            .collect();
        if numbers.is_empty() { String::new() } else { format!(" [{}]", numbers.join(", ")) }
    }
}

/// Whether `place` is `around`, or lies in it.
fn within(place: &str, around: &str) -> bool {
    place.strip_prefix(around).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn preamble(workflow: &Workflow) -> Vec<String> {
    let Contract { digest, source } = &workflow.contract;
    let source = source.as_ref().map_or_else(String::new, |source| format!(" Its words: {source}."));
    let mut told = vec![
        format!(
            "This explains a workflow in plain words. What is signed is the workflow's own text, which has the \
             SHA-256 {}. The contract prevails over it; the contract's text has the SHA-256 {digest}.{source}",
            workflow.digest
        ),
        format!(
            "Names like `this` are the workflow's own, as they stand in statements and in the log. A day has 24 hours. \
             Whether something done at the very instant of a deadline is in time is said with each deadline.{}",
            workflow.marked("deadline")
        ),
    ];
    told.extend(workflow.calendar.as_deref().map(|it| it.words() + &workflow.marked("calendar")));
    if !workflow.readings.is_empty() {
        told.push(
            "A mark such as [R1] says that what stands there is a choice or reading of the workflow's authors and no \
             term of the contract; the last section lists them all."
                .to_owned(),
        );
    }
    told
}

fn ours(workflow: &Workflow) -> Option<Section> {
    let reading = |(reading, number): (&Reading, usize)| {
        let told = format!("`{}`: {}", reading.place, sentence(reading.words()));
        Paragraph { label: format!("R{number}"), ..Paragraph::of(told) }
    };
    let paragraphs: Vec<Paragraph> = workflow.readings.iter().zip(1..).map(reading).collect();
    let heading = "Ours: choices and readings of the authors, not terms of the contract".to_owned();
    (!paragraphs.is_empty()).then_some(Section { heading, paragraphs })
}

/// The text with a full stop, if it has no end yet.
fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// The text with its first letter large.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
