//! The parsed TOML, one place at a time: every question asked of a place either answers or says in
//! the list of findings what was expected there, and reading goes on.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Reader, WORKFLOW, nearest};
use crate::values::{Id, Instant, Span};

/// Words that are kept for later parts of the language. Nothing may mean something else by them.
const LATER: [&str; 3] = ["amends", "veto", "needs-reasons"];

/// A value, the key it stands under, and its place in words: `panel.experts.seats[2]`, counted from 1.
#[derive(Clone)]
pub(crate) struct Item<'a> {
    pub key: Range<usize>,
    pub value: &'a Spanned<DeValue<'a>>,
    pub place: String,
}

impl<'a> Item<'a> {
    pub(crate) fn span(&self) -> Range<usize> {
        self.value.span()
    }

    /// A text with line breaks and runs of spaces folded into one space; not empty.
    pub(crate) fn text(&self, r: &mut Reader<'_>) -> Option<String> {
        let DeValue::String(text) = self.value.get_ref() else {
            return self.wrong(r, "a text", "Put it in quotes");
        };
        if let Some(bad) = text.chars().find(|c| *c != '\n' && refused(*c)) {
            r.error(
                &self.span(),
                format!("the text holds the invisible character {}", bad.escape_unicode()),
                "Leave it out: nobody should sign what they cannot see",
            );
            return None;
        }
        let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if folded.is_empty() {
            return self.wrong(r, "a text with words in it", "Write it, or leave the key out");
        }
        Some(folded)
    }

    /// The raw text, for rules: offsets in it are offsets in the file where [`Item::inside`] can say so.
    pub(crate) fn raw(&self, r: &mut Reader<'_>) -> Option<&'a str> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text),
            DeValue::Array(_) => {
                self.wrong(r, "a text", "Only one can stand here: write it alone, without brackets")
            }
            _ => self.wrong(r, "a text", "Put it in quotes"),
        }
    }

    /// Where bytes `at` of the raw text stand in the file; the whole text where escapes hide it.
    pub(crate) fn inside(&self, r: &Reader<'_>, at: &Range<usize>) -> Range<usize> {
        let span = self.span();
        let DeValue::String(text) = self.value.get_ref() else { return span };
        let written = r.text.get(span.clone()).unwrap_or_default();
        match written.find(text.as_ref()) {
            Some(start) => span.start + start + at.start..span.start + start + at.end,
            None => span,
        }
    }

    pub(crate) fn id(&self, r: &mut Reader<'_>) -> Option<Id> {
        let raw = self.raw(r)?;
        raw.parse().ok().map(|id| r.shared(id)).or_else(|| {
            r.refuse(
                &self.span(),
                format!("`{}` is not a name", raw.escape_debug()),
                "Names are 1 to 64 characters of a-z, 0-9 and -",
            )
        })
    }

    pub(crate) fn number(&self, r: &mut Reader<'_>, least: u32, most: u32) -> Option<u32> {
        let expected = format!("a whole number from {least} to {most}");
        let DeValue::Integer(number) = self.value.get_ref() else {
            return self.wrong(r, &expected, "Write it without quotes");
        };
        match u32::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) if (least..=most).contains(&number) => Some(number),
            _ => self.wrong(r, &expected, "Choose a number in that range"),
        }
    }

    pub(crate) fn flag(&self, r: &mut Reader<'_>) -> Option<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => self.wrong(r, "true or false", "Write it without quotes"),
        }
    }

    pub(crate) fn time(&self, r: &mut Reader<'_>) -> Option<Span> {
        if matches!(self.value.get_ref(), DeValue::Table(_)) {
            let help =
                "Write it in quotes, such as \"40 days\": what it counts from is fixed, and it takes no `of`";
            return self.wrong(r, "a length of time", help);
        }
        if let DeValue::Integer(_) = self.value.get_ref() {
            return self.wrong(r, "a length of time", "Write it in quotes and with its unit: \"14 days\"");
        }
        if let DeValue::Datetime(_) = self.value.get_ref() {
            let help = "An instant stands by `at`. A length of time is in quotes: \"14 days\"";
            return self.wrong(r, "a length of time", help);
        }
        let DeValue::String(raw) = self.value.get_ref() else {
            return self.wrong(r, "a length of time", "Write it in quotes: \"14 days\"");
        };
        if super::calendar::asks(raw) {
            let help = "Write whole days, hours, minutes and seconds: \"7 days\"";
            return r.refuse(&self.span(), "no business days are counted here", help);
        }
        raw.parse().ok().or_else(|| {
            let help = match meant(raw) {
                Some(meant) => format!("Did you mean \"{meant}\"?"),
                None => "Write whole days, hours, minutes and seconds: \"90 days\", \"1 day 12 hours\"; \
                         months differ in length and are not used"
                    .to_owned(),
            };
            r.refuse(&self.span(), format!("`{}` is not a length of time", raw.escape_debug()), help)
        })
    }

    /// A length of time that is not 0.
    pub(super) fn some_time(&self, r: &mut Reader<'_>, help: &str) -> Option<Span> {
        let time = self.time(r)?;
        if time.seconds() > 0 {
            return Some(time);
        }
        r.refuse(&self.span(), format!("`{}` is a time of 0", self.place), help)
    }

    /// An offset date-time in whole seconds, and how it was written.
    pub(crate) fn instant(&self, r: &mut Reader<'_>) -> Option<(Instant, String)> {
        const HELP: &str = "Write date, time and offset without quotes: 2031-01-01T00:00:00-08:00";
        let DeValue::Datetime(written) = self.value.get_ref() else {
            let length = self.value.get_ref().as_str().filter(|raw| raw.parse::<Span>().is_ok());
            return match length {
                Some(_) => {
                    let help = "A length of time stands by `after`. An instant is date, time and offset without quotes: \
                                2031-01-01T00:00:00-08:00";
                    self.wrong(r, "an instant", help)
                }
                None => self.wrong(r, "an instant", HELP),
            };
        };
        if written.offset.is_none() {
            return self.wrong(r, "an instant with an offset, or it differs from place to place", HELP);
        }
        let whole = written
            .time
            .is_some_and(|time| time.nanosecond.is_none() && time.second.is_some_and(|second| second < 60));
        if !whole {
            return self.wrong(r, "an instant in whole seconds", HELP);
        }
        let text = written.to_string();
        let parsed = text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second);
        match parsed.filter(|seconds| Instant::from_unix(*seconds).unix() == *seconds) {
            Some(seconds) => Some((Instant::from_unix(seconds), text)),
            None => self.wrong(r, "an instant from the year 1 to the year 9999", HELP),
        }
    }

    /// One of these words.
    pub(crate) fn word<T: Copy>(&self, r: &mut Reader<'_>, words: &[(&str, T)]) -> Option<T> {
        let raw = self.raw(r)?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == raw) {
            return Some(*meaning);
        }
        let all: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let message = format!("`{}` is not one of the words that can stand here", raw.escape_debug());
        let help = match nearest(raw, words.iter().map(|(word, _)| *word)) {
            Some(near) => format!("Did you mean \"{near}\"?"),
            None => format!("Write {}", all.join(" or ")),
        };
        r.error(&self.span(), message, help);
        None
    }

    pub(crate) fn table(&self, r: &mut Reader<'_>) -> Option<Fields<'a>> {
        let span = if self.value.span().is_empty() { self.key.clone() } else { self.value.span() };
        match self.value.get_ref() {
            DeValue::Table(table) => {
                Some(Fields { table, span, place: self.place.clone(), asked: Vec::new() })
            }
            _ => self.wrong(r, "a table", "Write { key = value, … }, or a section in [brackets]"),
        }
    }

    /// The members of a list.
    pub(crate) fn list(&self, r: &mut Reader<'_>) -> Vec<Item<'a>> {
        if let DeValue::Array(_) = self.value.get_ref() {
            return self.one_or_many();
        }
        let _: Option<()> = self.wrong(r, "a list", "Write [ …, … ]");
        Vec::new()
    }

    /// The members of a list, or a single value as a list of one.
    pub(crate) fn one_or_many(&self) -> Vec<Item<'a>> {
        let DeValue::Array(members) = self.value.get_ref() else { return vec![self.clone()] };
        let member = |(index, value): (usize, &'a Spanned<DeValue<'a>>)| Item {
            key: value.span(),
            value,
            place: format!("{}[{}]", self.place, index + 1),
        };
        members.iter().enumerate().map(member).collect()
    }

    /// The entries of a table whose keys are names that the authors choose.
    pub(crate) fn named(&self, r: &mut Reader<'_>) -> Vec<(Id, Item<'a>)> {
        let Some(fields) = self.table(r) else { return Vec::new() };
        let mut named = Vec::new();
        for (key, item) in fields.entries() {
            match key.parse() {
                Ok(id) => named.push((r.shared(id), item)),
                Err(_) => r.error(
                    &item.key,
                    format!("`{}` is not a name", key.escape_debug()),
                    "Names are 1 to 64 characters of a-z, 0-9 and -",
                ),
            }
        }
        named
    }

    /// "expected X, found Y" at this value.
    pub(crate) fn wrong<T>(&self, r: &mut Reader<'_>, expected: &str, help: &str) -> Option<T> {
        let found = match self.value.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => "an empty text".to_owned(),
            DeValue::String(_) => "a text".to_owned(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(_) => "a decimal number, which no rule uses".to_owned(),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Datetime(written) => written.to_string(),
            DeValue::Array(members) if members.is_empty() => "an empty list".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        r.error(&self.span(), format!("`{}`: expected {expected}, found {found}", self.place), help);
        None
    }
}

/// The length of time that a text of one number, and perhaps a unit, is likely to mean.
fn meant(raw: &str) -> Option<Span> {
    let raw = raw.trim().to_lowercase().replace([',', ';'], " ").replace(" and ", " ");
    let split = raw.find(|c: char| !c.is_ascii_digit()).unwrap_or(raw.len());
    let (number, unit) = raw.split_at(split);
    let number: u64 = number.parse().ok()?;
    let spelt = match unit.trim().trim_end_matches('s').trim_end_matches('-') {
        "" | "d" | "-day" | "day" => format!("{number} days"),
        "h" | "hr" | "-hour" | "hour" => format!("{number} hours"),
        "min" | "minute" => format!("{number} minutes"),
        "w" | "wk" | "week" | "-week" => format!("{} days", number.checked_mul(7)?),
        _ => raw.split_whitespace().collect::<Vec<_>>().join(" "),
    };
    spelt.parse().ok()
}

/// What nobody sees: as in statements, since the text of a workflow stands in one.
pub(super) fn refused(c: char) -> bool {
    crate::values::is_hidden(c)
}

/// A table whose keys the language fixes. It remembers which were asked for; the others are unknown.
pub(crate) struct Fields<'a> {
    table: &'a DeTable<'a>,
    pub span: Range<usize>,
    pub place: String,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(crate) fn root(table: &'a Spanned<DeTable<'a>>) -> Self {
        Self { table: table.get_ref(), span: 0..0, place: String::new(), asked: Vec::new() }
    }

    pub(crate) fn entries(&self) -> Vec<(&'a str, Item<'a>)> {
        let below = if self.place.is_empty() { String::new() } else { format!("{}.", self.place) };
        let entry = |(key, value): (&'a Spanned<toml::de::DeString<'a>>, &'a Spanned<DeValue<'a>>)| {
            let name: &'a str = key.get_ref();
            (name, Item { key: key.span(), value, place: format!("{below}{name}") })
        };
        self.table.iter().map(entry).collect()
    }

    pub(crate) fn get(&mut self, key: &'static str) -> Option<Item<'a>> {
        self.asked.push(key);
        self.entries().into_iter().find(|(name, _)| *name == key).map(|(_, item)| item)
    }

    /// A key that must be there.
    pub(crate) fn need(&mut self, r: &mut Reader<'_>, key: &'static str, help: &str) -> Option<Item<'a>> {
        let found = self.get(key);
        if found.is_none() {
            let message = match self.place.as_str() {
                "" => format!("the {} lacks `{key}`", r.subject),
                place => format!("`{place}` lacks `{key}`"),
            };
            r.error(&self.span, message, help);
        }
        found
    }

    /// Whatever was not asked for.
    pub(crate) fn rest(&self) -> Vec<(&'a str, Item<'a>)> {
        self.entries().into_iter().filter(|(name, _)| !self.asked.contains(name)).collect()
    }

    /// Says of whatever was not asked for that it is unknown.
    pub(crate) fn close(self, r: &mut Reader<'_>) {
        for (name, item) in self.rest() {
            self.unknown(r, name, &item);
        }
    }

    pub(crate) fn unknown(&self, r: &mut Reader<'_>, name: &str, item: &Item<'_>) {
        if r.subject == WORKFLOW && LATER.contains(&name) {
            r.error(
                &item.key,
                format!("`{name}` is kept for a later part of the language"),
                "This version cannot run it: leave it out, or use a version that can",
            );
            return;
        }
        let help = match nearest(name, self.asked.iter().copied()) {
            Some(near) => format!("Did you mean `{near}`?"),
            None if name == "of" && r.subject == WORKFLOW => {
                format!("What this time counts from is fixed. The keys here: {}", self.asked.join(", "))
            }
            None => format!("The keys here: {}", self.asked.join(", ")),
        };
        let place = match self.place.as_str() {
            "" => format!("the {}", r.subject),
            place => format!("`{place}`"),
        };
        r.error(&item.key, format!("`{}` is not a key of {place}", name.escape_debug()), help);
    }
}
