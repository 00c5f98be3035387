//! Every place of a text by its name: what `ours` may list, and where checks point.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Item, Reader, nearest};
use crate::workflow::model::Reading;

/// No key of the language lies deeper: `procedure.NAME.state.NAME.steps[1].within.of`.
const DEEPEST: usize = 9;

/// Places such as `ballot.finding.quorum` or `panel.experts.seats[2]` (lists count from 1).
#[derive(Debug, Default)]
pub(in crate::workflow) struct Places {
    spans: BTreeMap<String, (Range<usize>, Range<usize>)>,
}

impl Places {
    pub(super) fn of(root: &DeTable<'_>) -> Self {
        let mut places = Self::default();
        places.table("", root, 0);
        places
    }

    fn table(&mut self, above: &str, table: &DeTable<'_>, depth: usize) {
        for (key, value) in table {
            let dot = if above.is_empty() { "" } else { "." };
            self.value(&format!("{above}{dot}{}", key.get_ref()), key.span(), value, depth);
        }
    }

    fn value(&mut self, place: &str, key: Range<usize>, value: &Spanned<DeValue<'_>>, depth: usize) {
        match value.get_ref() {
            _ if depth == DEEPEST => {}
            DeValue::Table(table) => self.table(place, table, depth + 1),
            DeValue::Array(members) => {
                for (index, member) in members.iter().enumerate() {
                    self.value(&format!("{place}[{}]", index + 1), member.span(), member, depth + 1);
                }
            }
            _ => {}
        }
        self.spans.insert(place.to_owned(), (key, value.span()));
    }

    /// Where the value of a place stands; of the nearest place around it where it has none of its own.
    pub(in crate::workflow) fn value_of(&self, place: &str) -> Range<usize> {
        self.around(place).map_or(0..0, |(_, value)| value)
    }

    /// Where the key of a place stands; of the nearest place around it where it has none of its own.
    pub(in crate::workflow) fn key_of(&self, place: &str) -> Range<usize> {
        self.around(place).map_or(0..0, |(key, _)| key)
    }

    /// What could be meant by a place that there is not: the longest part of it that there is says what it has.
    fn instead(&self, place: &str) -> String {
        let around =
            |place: &str| place.rfind(['.', '[']).and_then(|end| place.get(..end).map(str::to_owned));
        let mut missing = place.to_owned();
        let parent = loop {
            match around(&missing) {
                Some(parent) if self.spans.contains_key(&parent) => break parent,
                Some(parent) => missing = parent,
                None => break String::new(),
            }
        };
        let members: Vec<&str> = self.has(&parent).collect();
        let last = |place: &'_ str| place.rsplit('.').next().unwrap_or_default().to_owned();
        let keys: Vec<String> = members.iter().map(|member| last(member)).collect();
        // The last word alone: the words before it are the same, and would make everything near.
        let near = nearest(&last(&missing), keys.iter().map(String::as_str));
        let near =
            members.iter().zip(&keys).find(|(_, key)| Some(key.as_str()) == near).map(|(near, _)| *near);
        let near = near.filter(|near| !near.ends_with(']'));
        let rest = place.get(missing.len()..).unwrap_or_default();
        match (near, members.last()) {
            (Some(near), _) if self.spans.contains_key(&format!("{near}{rest}")) => {
                format!("Did you mean `{near}{rest}`?")
            }
            (Some(near), _) => format!("Did you mean `{near}`?"),
            (None, Some(last)) if last.ends_with(']') => {
                let many = members.len();
                format!("`{parent}` has {many}, counted from 1: the last is `{parent}[{many}]`")
            }
            (None, Some(_)) => {
                let keys = keys.join(", ");
                if parent.is_empty() {
                    return format!(
                        "Name a section or key of this file, such as `ballot.NAME.quorum`. It has: {keys}"
                    );
                }
                format!("Only what is written has a place: name `{parent}`, or what stands in it: {keys}")
            }
            (None, None) => format!("Nothing stands in `{parent}` that has a name: name `{parent}`"),
        }
    }

    /// The places directly below one, or the sections where it is empty.
    fn has<'p>(&'p self, parent: &'p str) -> impl Iterator<Item = &'p str> {
        self.spans.keys().map(String::as_str).filter(move |place| {
            let Some(below) = place.strip_prefix(parent) else { return false };
            let below = if parent.is_empty() { Some(below) } else { below.strip_prefix(['.', '[']) };
            below.is_some_and(|below| !below.is_empty() && !below.contains(['.', '[']))
        })
    }

    fn around(&self, place: &str) -> Option<(Range<usize>, Range<usize>)> {
        let mut place = place;
        loop {
            if let Some(spans) = self.spans.get(place) {
                return Some(spans.clone());
            }
            place = place.get(..place.rfind(['.', '['])?)?;
        }
    }
}

/// `ours`: places that are the authors' own choices.
pub(super) fn ours(r: &mut Reader<'_>, item: &Item<'_>, places: &Places) -> Vec<Reading> {
    let mut readings: Vec<Reading> = Vec::new();
    for member in item.list(r) {
        let Some(place) = member.text(r) else { continue };
        if !places.spans.contains_key(&place) {
            let help = places.instead(&place);
            r.error(&member.span(), format!("there is no place `{place}`"), help);
        } else if readings.iter().any(|reading| reading.place == place) {
            r.error(&member.span(), format!("`{place}` is listed twice"), "List it once");
        } else {
            readings.push(Reading { place, text: None });
        }
    }
    readings
}
