//! The small values that every other room shares: ids, instants, days, spans, digests.
//!
//! Each has exactly one text form, refuses every other one, and has a total order.
//! Nothing here knows about statements, logs or workflows.

mod calendar;
pub mod count;
mod day;
mod digest;
mod hidden;
mod id;
mod instant;
mod length;
mod span;
mod visible;

pub use calendar::{Calendar, Offset};
pub use day::{Day, WEEKDAYS};
pub use digest::Digest;
pub use hidden::is_hidden;
pub use id::Id;
pub use instant::Instant;
pub use length::{BusinessDays, Length, Standstill};
pub use span::Span;
pub use visible::{visible, visible_json};

/// Why a text is not a value: what was read, and what would have been accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct ValueError {
    /// The text as it was given, shortened to 80 characters.
    pub text: String,
    /// What would have been accepted, with an article: "an id, `[a-z0-9-]{1,64}`".
    pub expected: &'static str,
}

impl ValueError {
    pub(crate) fn new(text: &str, expected: &'static str) -> Self {
        Self { text: text.chars().take(80).collect(), expected }
    }
}

/// Serde as the text form: `Display` out, `FromStr` in.
macro_rules! serde_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(input)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text;
