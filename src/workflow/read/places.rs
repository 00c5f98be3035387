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
            let help = match nearest(&place, places.spans.keys().map(String::as_str)) {
                Some(near) => {
                    format!("Only what is written in this file has a place. Did you mean `{near}`?")
                }
                None => "Name a section or key of this file, such as `ballot` or `ballot.NAME.quorum`".into(),
            };
            r.error(&member.span(), format!("there is no place `{place}`"), help);
        } else if readings.iter().any(|reading| reading.place == place) {
            r.error(&member.span(), format!("`{place}` is listed twice"), "List it once");
        } else {
            readings.push(Reading { place, text: None });
        }
    }
    readings
}
