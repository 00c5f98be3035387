//! Strict JSON: the pre-pass over a statement's text.
//!
//! Refuses what JSON readers disagree about or what a reader's eyes do not see: duplicate keys at any
//! depth, numbers that are not whole, hidden characters, and depth. What it returns borrows from the text
//! and is turned into typed values by `typed`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer as _, MapAccess, SeqAccess, Visitor};

use crate::values::is_hidden;

/// The deepest statement is an opening one: object, roster, officer. The rest is room for later types.
pub(super) const MAX_DEPTH: usize = 8;

/// The fields of an object in the order of the text, each name once.
pub(super) type Fields<'t> = Vec<(Cow<'t, str>, Json<'t>)>;

/// A JSON value without floats.
#[derive(Debug)]
pub(super) enum Json<'t> {
    Null,
    Bool(bool),
    Count(u64),
    Negative(i64),
    Text(Cow<'t, str>),
    List(Vec<Json<'t>>),
    Map(Fields<'t>),
}

/// What the pre-pass refuses, and in which field, written `roster.2.person`; the name is empty at the top.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not JSON.
    #[error("not JSON: {0}")]
    Syntax(String),
    /// A name that stands twice in one object.
    #[error("field `{0}` stands twice; keep one")]
    Duplicate(String),
    /// A number with a point, an exponent, a sign before zero, or beyond 64 bits.
    #[error("field `{0}`: numbers are whole and written in digits alone, at most 18446744073709551615")]
    Float(String),
    /// A control, bidirectional or invisible character, written as an escape.
    #[error("field `{field}` has the hidden character U+{:04X}; take it out", u32::from(*character))]
    Hidden {
        /// Where.
        field: String,
        /// The character.
        character: char,
    },
    /// Objects and lists within each other deeper than any statement's.
    #[error("field `{0}`: objects and lists within each other, deeper than {MAX_DEPTH}")]
    Depth(String),
}

/// Reads one JSON object. `multiline` names the fields at the top in whose texts newlines and tabs may
/// stand.
pub(super) fn read<'t>(text: &'t str, multiline: &[&str]) -> Result<Fields<'t>, JsonError> {
    let fault = RefCell::new(None);
    let top = Place { name: "", parent: None, depth: 0, multiline, fault: &fault };
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = reader.deserialize_map(top).and_then(|json| reader.end().map(|()| json));
    match read {
        Ok(Json::Map(fields)) => Ok(fields),
        Ok(_) => Err(JsonError::Syntax("the statement is one object".to_owned())),
        Err(error) => Err(fault.take().unwrap_or_else(|| JsonError::Syntax(error.to_string()))),
    }
}

/// Where in the text a value stands. It is the seed and the visitor of that value, and keeps the reason
/// for a refusal as a value: serde would reduce it to words.
#[derive(Clone, Copy)]
struct Place<'p> {
    name: &'p str,
    parent: Option<&'p Place<'p>>,
    depth: usize,
    multiline: &'p [&'p str],
    fault: &'p RefCell<Option<JsonError>>,
}

impl Place<'_> {
    fn inner<'p>(&'p self, name: &'p str) -> Place<'p> {
        Place { name, parent: Some(self), depth: self.depth + 1, ..*self }
    }

    fn path(&self) -> String {
        match self.parent {
            Some(parent) if !parent.name.is_empty() => format!("{}.{}", parent.path(), self.name),
            _ => self.name.to_owned(),
        }
    }

    fn refuse<E: de::Error>(&self, fault: JsonError) -> E {
        *self.fault.borrow_mut() = Some(fault);
        E::custom("refused")
    }

    fn check_depth<E: de::Error>(&self) -> Result<(), E> {
        if self.depth < MAX_DEPTH { Ok(()) } else { Err(self.refuse(JsonError::Depth(self.path()))) }
    }

    /// Only texts with escapes come here; the raw text has been looked through as a whole.
    fn check_text<E: de::Error>(&self, text: &str) -> Result<(), E> {
        let multiline = self.depth == 1 && self.multiline.contains(&self.name);
        let allowed = |c: char| multiline && matches!(c, '\n' | '\t');
        match text.chars().find(|c| is_hidden(*c) && !allowed(*c)) {
            Some(character) => Err(self.refuse(JsonError::Hidden { field: self.path(), character })),
            None => Ok(()),
        }
    }
}

impl<'t> DeserializeSeed<'t> for Place<'_> {
    type Value = Json<'t>;

    fn deserialize<D: de::Deserializer<'t>>(self, input: D) -> Result<Json<'t>, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for Place<'_> {
    type Value = Json<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Json<'t>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Json<'t>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Json<'t>, E> {
        Ok(Json::Count(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Json<'t>, E> {
        Ok(Json::Negative(value))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Json<'t>, E> {
        Err(self.refuse(JsonError::Float(self.path())))
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'t str) -> Result<Json<'t>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Json<'t>, E> {
        self.check_text(text)?;
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut list: A) -> Result<Json<'t>, A::Error> {
        self.check_depth()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self.inner(&values.len().to_string()))? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Json<'t>, A::Error> {
        self.check_depth()?;
        let mut fields = Fields::with_capacity(12);
        while let Some(name) = map.next_key_seed(Name(self))? {
            let place = self.inner(&name);
            // A linear search: a statement has about ten fields, attachments and rosters a few dozen.
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(self.refuse(JsonError::Duplicate(place.path())));
            }
            let value = map.next_value_seed(place)?;
            fields.push((name, value));
        }
        Ok(Json::Map(fields))
    }
}

/// The name of a field, which follows the same rules as a text on one line.
struct Name<'p>(Place<'p>);

impl<'t> DeserializeSeed<'t> for Name<'_> {
    type Value = Cow<'t, str>;

    fn deserialize<D: de::Deserializer<'t>>(self, input: D) -> Result<Self::Value, D::Error> {
        input.deserialize_str(self)
    }
}

impl<'t> Visitor<'t> for Name<'_> {
    type Value = Cow<'t, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_borrowed_str<E: de::Error>(self, name: &'t str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        match name.chars().find(|c| is_hidden(*c)) {
            Some(character) => Err(self.0.refuse(JsonError::Hidden {
                field: self.0.inner(&name.escape_debug().to_string()).path(),
                character,
            })),
            None => Ok(Cow::Owned(name.to_owned())),
        }
    }
}
