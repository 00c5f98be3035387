//! From strict JSON to typed values, with the place of every mistake: serde's own readers say what is
//! wrong with a value, not in which field.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::CowStrDeserializer;
use serde::de::{self, Deserialize, DeserializeSeed, IntoDeserializer as _, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::json::{Fields, Json};

/// What is wrong with a field, or with the set of fields where `field` is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// `roster.2.key`; empty where a field is missing or unknown at the top.
    pub field: String,
    /// What was found and what would be accepted.
    pub cause: String,
}

impl FieldError {
    fn within(mut self, name: &str) -> Self {
        if !self.field.is_empty() {
            self.field.insert(0, '.');
        }
        self.field.insert_str(0, name);
        self
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => f.write_str(&self.cause),
            field => write!(f, "field `{field}`: {}", self.cause),
        }
    }
}

impl std::error::Error for FieldError {}

impl de::Error for FieldError {
    fn custom<T: fmt::Display>(cause: T) -> Self {
        Self { field: String::new(), cause: cause.to_string() }
    }
}

/// Takes the field `name` out of `fields`.
pub(super) fn take<'t, T: Deserialize<'t>>(
    fields: &mut Fields<'t>,
    name: &'static str,
) -> Result<T, FieldError> {
    let at = fields.iter().position(|(known, _)| known == name);
    let at = at.ok_or_else(|| <FieldError as de::Error>::missing_field(name))?;
    let (_, value) = fields.remove(at);
    T::deserialize(value).map_err(|error| error.within(name))
}

/// Reads all of `fields` as a `T`, which denies those that it does not know.
pub(super) fn all<'t, T: Deserialize<'t>>(fields: Fields<'t>) -> Result<T, FieldError> {
    T::deserialize(Json::Map(fields))
}

impl<'t> de::Deserializer<'t> for Json<'t> {
    type Error = FieldError;

    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, FieldError> {
        match self {
            Json::Null => visitor.visit_unit(),
            Json::Bool(value) => visitor.visit_bool(value),
            Json::Count(value) => visitor.visit_u64(value),
            Json::Negative(value) => visitor.visit_i64(value),
            Json::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Json::Text(Cow::Owned(text)) => visitor.visit_string(text),
            Json::List(values) => visitor.visit_seq(List { values: values.into_iter(), index: 0 }),
            Json::Map(fields) => visitor.visit_map(Map { fields: fields.into_iter(), value: None }),
        }
    }

    /// What may be absent is left out; `null` stands for nothing.
    fn deserialize_option<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        <V: Visitor<'t>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct List<'t> {
    values: std::vec::IntoIter<Json<'t>>,
    index: usize,
}

impl<'t> SeqAccess<'t> for List<'t> {
    type Error = FieldError;

    fn next_element_seed<T: DeserializeSeed<'t>>(&mut self, seed: T) -> Result<Option<T::Value>, FieldError> {
        let Some(value) = self.values.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(value).map(Some).map_err(|error| error.within(&index.to_string()))
    }
}

struct Map<'t> {
    fields: std::vec::IntoIter<(Cow<'t, str>, Json<'t>)>,
    value: Option<(Cow<'t, str>, Json<'t>)>,
}

impl<'t> MapAccess<'t> for Map<'t> {
    type Error = FieldError;

    fn next_key_seed<K: DeserializeSeed<'t>>(&mut self, seed: K) -> Result<Option<K::Value>, FieldError> {
        let Some((name, value)) = self.fields.next() else { return Ok(None) };
        self.value = Some((name.clone(), value));
        let name: CowStrDeserializer<'t, FieldError> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'t>>(&mut self, seed: V) -> Result<V::Value, FieldError> {
        let (name, value) = self.value.take().ok_or_else(|| de::Error::custom("a value before its name"))?;
        seed.deserialize(value).map_err(|error| error.within(&name))
    }
}
