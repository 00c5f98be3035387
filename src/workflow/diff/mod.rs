//! What one workflow says otherwise than another, in words: for whoever must decide whether to amend.
//!
//! Parts are matched by their names: what has another name is another thing. Each part is told by the words that
//! `show` and `draw` have for it (`words/length.rs`), which leave nothing out; should they not show a difference that
//! there is, that is said, so that no difference is passed over in silence.

mod parts;

use serde::Serialize;

use super::model::{Nature, Workflow};

/// What differs in one part of two workflows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The part in words: `ballot finding`.
    pub part: String,
    /// Whether the part is in both, or in one alone.
    pub how: How,
    /// What differs, or what the part says that is in one alone, line by line.
    pub lines: Vec<String>,
}

/// Whether a part is in both workflows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// In both, and not the same.
    Changed,
    /// In the second alone.
    New,
    /// In the first alone.
    Gone,
}

/// A part of a workflow, told in full.
pub(super) struct Part {
    /// By which it is found in the other workflow: `ballot finding`.
    pub name: String,
    /// What is said of it, each by its name; in order.
    pub facts: Vec<(String, String)>,
    /// Lists of which each member is told by itself, by what they list. In some the order counts.
    pub lists: Vec<Listed>,
    /// The part as the engine has it, without its places in the file: for what words might not show.
    pub exact: String,
}

/// What a part lists.
pub(super) struct Listed {
    /// What: `seat`, `step`.
    pub what: String,
    /// The members, in order.
    pub members: Vec<String>,
    /// Whether the first that applies wins.
    pub ordered: bool,
}

impl Workflow {
    /// What `new` says otherwise, part by part in the order of the language; empty where it says the same.
    pub fn diff(&self, new: &Self) -> Vec<Difference> {
        let (before, after) = (parts::of(self), parts::of(new));
        let same = |part: &Part, of: &[Part]| of.iter().position(|other| other.name == part.name);
        let mut found: Vec<Difference> = Vec::new();
        for part in &after {
            found.extend(match same(part, &before).and_then(|place| before.get(place)) {
                Some(old) => changed(old, part),
                None => Some(alone(part, How::New)),
            });
        }
        let gone = before.iter().filter(|part| same(part, &after).is_none());
        found.extend(gone.map(|part| alone(part, How::Gone)));
        found
    }
}

fn alone(part: &Part, how: How) -> Difference {
    let facts = part.facts.iter().map(|(name, value)| format!("{name}: {value}"));
    let listed = part
        .lists
        .iter()
        .flat_map(|list| list.members.iter().map(|member| format!("{}: {member}", list.what)));
    Difference { part: part.name.clone(), how, lines: facts.chain(listed).collect() }
}

fn changed(old: &Part, new: &Part) -> Option<Difference> {
    let mut lines = Vec::new();
    let value = |part: &Part, name: &str| {
        part.facts.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    for (name, is) in &new.facts {
        match value(old, name) {
            Some(was) if was == *is => {}
            Some(was) => lines.push(format!("{name}: {was} → {is}")),
            None => lines.push(format!("{name}, new: {is}")),
        }
    }
    let gone = old.facts.iter().filter(|(name, _)| value(new, name).is_none());
    lines.extend(gone.map(|(name, was)| format!("{name}, no longer: {was}")));
    let none = |what: &str| Listed { what: what.to_owned(), members: Vec::new(), ordered: false };
    for list in &new.lists {
        let before = old.lists.iter().find(|known| known.what == list.what);
        lines.extend(of_lists(before.unwrap_or(&none(&list.what)), list));
    }
    for list in old.lists.iter().filter(|old| new.lists.iter().all(|known| known.what != old.what)) {
        lines.extend(of_lists(list, &none(&list.what)));
    }
    if lines.is_empty() && old.exact != new.exact {
        lines.push("differs in what these words do not show: compare the two texts".to_owned());
    }
    (!lines.is_empty()).then(|| Difference { part: new.name.clone(), how: How::Changed, lines })
}

fn of_lists(old: &Listed, new: &Listed) -> Vec<String> {
    let what = &new.what;
    let gone = old.members.iter().filter(|member| !new.members.contains(member));
    let mut lines: Vec<String> = gone.map(|member| format!("{what}, no longer: {member}")).collect();
    let added = new.members.iter().filter(|member| !old.members.contains(member));
    lines.extend(added.map(|member| format!("{what}, new: {member}")));
    let stay = |list: &Listed, other: &Listed| {
        list.members.iter().filter(|member| other.members.contains(member)).cloned().collect::<Vec<_>>()
    };
    let (was, is) = (stay(old, new), stay(new, old));
    if new.ordered && was != is {
        lines.push(format!("{what}s in another order, and the first that applies wins: {}", is.join("; ")));
    }
    lines
}

/// `specimen`, `live`.
pub(super) fn nature(nature: Nature) -> &'static str {
    match nature {
        Nature::Specimen => "specimen",
        Nature::Live => "live",
    }
}
