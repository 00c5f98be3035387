//! Statements as text: one JSON object on one line, in exactly one spelling.
//!
//! The order of the fields is `type`, `agreement`, `by`, `workflow`, `after`, then the body's own; `open`
//! has neither `agreement`, `workflow` (the header's digest) nor `after`. No space stands between tokens,
//! and only `"`, `\` and, in the long texts of `open` and `amend`, newlines and tabs are escaped. A statement
//! spelt otherwise is refused, so one meaning has one digest; see `docs/formats.md`.

use base64ct::{Base64, Encoding as _};
use serde::Serialize;

use super::amend::GrantFate;
use super::body::{Body, Header, RosterLine, Statement};
use super::entry::Entry;
use super::exact::is_visible_ascii;
use super::json::{self, JsonError};
use super::key::{KeyError, PublicKey};
use super::refs::By;
use super::typed::{self, FieldError};
use crate::values::is_hidden;

/// Every `type` there is, in the order of [`Body`].
pub const TYPES: [&str; 13] = [
    "open",
    "nominate",
    "accept-seat",
    "disclose",
    "recuse",
    "step-down",
    "act",
    "vote",
    "commit",
    "reveal",
    "reaffirm",
    "amend",
    "replace-key",
];

/// The fields of `open` and `amend` whose texts may have several lines.
const MULTILINE: [&str; 3] = ["workflow", "policy", "to"];

/// Why a text is not a statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Longer than a whole entry may be.
    #[error("the statement has {bytes} bytes, and an entry at most {most}; shorten its texts")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// [`Entry::MAX_BYTES`].
        most: usize,
    },
    /// Something before or after the object: a space, a newline, a byte-order mark.
    #[error(
        "a statement begins with `{{` and ends with `}}`; take away what stands around it, such as a final newline"
    )]
    Surrounded,
    /// A control, bidirectional or invisible character in the text as it stands.
    #[error("the hidden character U+{:04X} stands at byte {at}; a statement is one line of visible text", u32::from(*character))]
    Hidden {
        /// The character.
        character: char,
        /// Its place, in bytes from the start.
        at: usize,
    },
    /// The text as JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A `type` that nobody knows.
    #[error("`{found}` is no type of statement; the types are {}", TYPES.join(", "))]
    Type {
        /// What stands there.
        found: String,
    },
    /// A field is missing, unknown, or not what belongs there.
    #[error("{} statement: {cause}", .kind.map_or("a".to_owned(), |kind| format!("`{kind}`")))]
    Field {
        /// The statement's type, where it is known.
        kind: Option<&'static str>,
        /// The field and what would be accepted.
        cause: FieldError,
    },
    /// A key that cannot be anybody's.
    #[error("field `{field}`: {cause}")]
    Key {
        /// Where.
        field: String,
        /// Why.
        cause: KeyError,
    },
    /// Words that are to be said, and are not.
    #[error("field `{0}` is empty; say it in words")]
    Empty(String),
    /// The nonce of `open` is not 32 bytes.
    #[error("field `nonce` is not 32 bytes in base64 (44 characters)")]
    Nonce,
    /// Everything is understood, but spelt in another way than the one that is signed.
    #[error(
        "the statement is spelt in another way than the one accepted: at byte {at} there must stand `{expected}`"
    )]
    Spelling {
        /// Where the spellings part, in bytes from the start.
        at: usize,
        /// What stands there in the accepted one: up to 40 characters.
        expected: String,
    },
}

impl Statement {
    /// Reads a statement. Accepts exactly the texts that [`Statement::to_text`] writes.
    pub fn parse(text: &str) -> Result<Self, StatementError> {
        if text.len() > Entry::MAX_BYTES {
            return Err(StatementError::TooLong { bytes: text.len(), most: Entry::MAX_BYTES });
        }
        if !(text.starts_with('{') && text.ends_with('}')) {
            return Err(StatementError::Surrounded);
        }
        if !is_visible_ascii(text)
            && let Some((at, character)) = text.char_indices().find(|(_, c)| is_hidden(*c))
        {
            return Err(StatementError::Hidden { character, at });
        }
        let statement = read(json::read(text, &MULTILINE)?)?;
        statement.check_values()?;
        statement.check_spelling(text)?;
        Ok(statement)
    }

    /// The text that is signed.
    ///
    /// A header belongs to every body but `open`; the text of a statement put together otherwise is
    /// refused by [`Statement::parse`].
    pub fn to_text(&self) -> String {
        #[derive(Serialize)]
        struct Front<'s> {
            r#type: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            agreement: Option<&'s super::AgreementRef>,
            by: &'s By,
            #[serde(skip_serializing_if = "Option::is_none")]
            workflow: Option<crate::values::Digest>,
            #[serde(skip_serializing_if = "Option::is_none")]
            after: Option<crate::log::Head>,
        }
        let header = self.header.as_ref();
        let mut text = to_json(&Front {
            r#type: self.type_name(),
            agreement: header.map(|h| &h.agreement),
            by: &self.by,
            workflow: header.map(|h| h.workflow),
            after: header.map(|h| h.after),
        });
        let body = match &self.body {
            Body::Open(body) => to_json(body),
            Body::Nominate(body) => to_json(body),
            Body::AcceptSeat(body) => to_json(body),
            Body::Disclose(body) => to_json(body),
            Body::Recuse(body) => to_json(body),
            Body::StepDown(body) => to_json(body),
            Body::Act(body) => to_json(body),
            Body::Vote(body) => to_json(body),
            Body::Commit(body) => to_json(body),
            Body::Reveal(body) => to_json(body),
            Body::Reaffirm(body) => to_json(body),
            Body::Amend(body) => to_json(body),
            Body::ReplaceKey(body) => to_json(body),
        };
        // Two objects become one: `{…}` and `{…}` to `{…,…}`. Every body has at least one field.
        text.pop();
        text.push(',');
        text.push_str(body.strip_prefix('{').unwrap_or(&body));
        text
    }

    /// The `type` on the wire.
    pub fn type_name(&self) -> &'static str {
        match &self.body {
            Body::Open(_) => "open",
            Body::Nominate(_) => "nominate",
            Body::AcceptSeat(_) => "accept-seat",
            Body::Disclose(_) => "disclose",
            Body::Recuse(_) => "recuse",
            Body::StepDown(_) => "step-down",
            Body::Act(_) => "act",
            Body::Vote(_) => "vote",
            Body::Commit(_) => "commit",
            Body::Reveal(_) => "reveal",
            Body::Reaffirm(_) => "reaffirm",
            Body::Amend(_) => "amend",
            Body::ReplaceKey(_) => "replace-key",
        }
    }

    /// What the types alone do not say: keys that can sign, a nonce of 32 bytes.
    fn check_values(&self) -> Result<(), StatementError> {
        let check_key = |field: String, key: &PublicKey| match key.raw().verifying() {
            Ok(_) => Ok(()),
            Err(cause) => Err(StatementError::Key { field, cause }),
        };
        let check_words = |field: &str, words: &str| match words.trim() {
            "" => Err(StatementError::Empty(field.to_owned())),
            _ => Ok(()),
        };
        let check_roster = |roster: &[RosterLine]| {
            roster.iter().enumerate().try_for_each(|(index, line)| {
                check_words(&format!("roster.{index}.person"), &line.person)?;
                check_key(format!("roster.{index}.key"), &line.key)
            })
        };
        match &self.body {
            Body::Open(open) => {
                check_roster(&open.roster)?;
                match Base64::decode_vec(&open.nonce) {
                    Ok(nonce) if nonce.len() == 32 => Ok(()),
                    _ => Err(StatementError::Nonce),
                }
            }
            Body::Nominate(body) => {
                check_words("person", &body.person)?;
                check_key("key".to_owned(), &body.key)
            }
            Body::Recuse(body) => check_words("reason", &body.reason),
            Body::StepDown(body) => check_words("reason", &body.reason),
            Body::Reaffirm(body) => check_words("occasion", &body.occasion),
            Body::Amend(body) => {
                check_words("occasion", &body.occasion)?;
                check_roster(&body.roster)?;
                body.grants.iter().try_for_each(|(grant, fate)| match fate {
                    GrantFate::Ends(value) => check_words(&format!("grants.{grant}.ends"), value),
                    GrantFate::Becomes { .. } => Ok(()),
                })
            }
            Body::ReplaceKey(body) => check_key("key".to_owned(), &body.key),
            Body::AcceptSeat(_)
            | Body::Disclose(_)
            | Body::Act(_)
            | Body::Vote(_)
            | Body::Commit(_)
            | Body::Reveal(_) => Ok(()),
        }
    }

    fn check_spelling(&self, text: &str) -> Result<(), StatementError> {
        let accepted = self.to_text();
        if accepted == text {
            return Ok(());
        }
        let shared = accepted.char_indices().zip(text.chars()).find(|((_, ours), theirs)| ours != theirs);
        let at = shared.map_or(accepted.len().min(text.len()), |((at, _), _)| at);
        let expected = accepted.get(at..).unwrap_or_default().chars().take(40).collect();
        Err(StatementError::Spelling { at, expected })
    }
}

/// From fields to a statement: the type, the header, and what remains as the body.
fn read(mut fields: json::Fields<'_>) -> Result<Statement, StatementError> {
    let found: String =
        typed::take(&mut fields, "type").map_err(|cause| StatementError::Field { kind: None, cause })?;
    let Some(kind) = TYPES.into_iter().find(|kind| *kind == found) else {
        return Err(StatementError::Type { found: found.chars().take(80).collect() });
    };
    read_as(kind, fields).map_err(|cause| StatementError::Field { kind: Some(kind), cause })
}

fn read_as(kind: &'static str, mut fields: json::Fields<'_>) -> Result<Statement, FieldError> {
    let by = typed::take(&mut fields, "by")?;
    if kind == "open" {
        return Ok(Statement { by, header: None, body: Body::Open(Box::new(typed::all(fields)?)) });
    }
    let header = Header {
        agreement: typed::take(&mut fields, "agreement")?,
        workflow: typed::take(&mut fields, "workflow")?,
        after: typed::take(&mut fields, "after")?,
    };
    let body = match kind {
        "nominate" => Body::Nominate(typed::all(fields)?),
        "accept-seat" => Body::AcceptSeat(typed::all(fields)?),
        "disclose" => Body::Disclose(typed::all(fields)?),
        "recuse" => Body::Recuse(typed::all(fields)?),
        "step-down" => Body::StepDown(typed::all(fields)?),
        "act" => Body::Act(typed::all(fields)?),
        "vote" => Body::Vote(typed::all(fields)?),
        "commit" => Body::Commit(typed::all(fields)?),
        "reveal" => Body::Reveal(typed::all(fields)?),
        "reaffirm" => Body::Reaffirm(typed::all(fields)?),
        "amend" => Body::Amend(Box::new(typed::all(fields)?)),
        _ => Body::ReplaceKey(typed::all(fields)?),
    };
    Ok(Statement { by, header: Some(header), body })
}

fn to_json<T: Serialize>(value: &T) -> String {
    // Writing to memory fails only for maps with keys that are no texts, and statements have none. Were it
    // to fail, the empty text would be no statement.
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests;
