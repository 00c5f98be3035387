//! Schemas of what is sent, and of what is none of the server's types.

use serde_json::{Value, json};
use utoipa::PartialSchema as _;

use crate::values::Instant;

/// A text that looks like this, and one of them.
pub(in crate::serve) fn word(pattern: &str, example: &str) -> Value {
    json!({ "type": "string", "pattern": pattern, "examples": [example] })
}

/// A whole number in these bounds.
pub(in crate::serve) fn number(least: u64, most: u64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

/// An instant as it may be asked for.
pub(in crate::serve) fn instant() -> Value {
    json!({
        "type": "string",
        "format": "instant",
        "description": "In whole seconds, with the offset of any zone, or a date, which is its first second in UTC; of the \
            years 1 to 9999.",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2}))?$",
        "examples": ["2033-01-02T00:00:00Z", "2033-01-01T16:00:00-08:00", "2033-01-02"],
    })
}

/// A signed statement (docs/formats.md).
pub(in crate::serve) fn envelope() -> Value {
    let signature = json!({
        "type": "object",
        "properties": {
            "key": { "type": "string", "description": "The key's fingerprint.", "pattern": "^SHA256:[A-Za-z0-9+/]{43}$" },
            "sig": { "type": "string", "description": "The signature as OpenSSH armours it (SSHSIG)." },
        },
        "required": ["key", "sig"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "description": "A signed statement, in one exact form: docs/formats.md says which.",
        "properties": {
            "statement": { "type": "string", "description": "The statement's text, exactly as it was signed." },
            "signatures": { "type": "array", "description": "Sorted by key.", "items": signature },
        },
        "required": ["statement", "signatures"],
        "additionalProperties": false,
    })
}

/// An entry as it is in the log.
pub(in crate::serve) fn entry() -> Value {
    json!({
        "type": "object",
        "description": "An entry, in one exact form: docs/formats.md says which.",
        "properties": { "time": Instant::schema(), "envelope": envelope() },
        "required": ["time", "envelope"],
        "additionalProperties": false,
    })
}

/// A statement with the documents that it names.
pub(in crate::serve) fn documents() -> Value {
    json!({
        "type": "object",
        "properties": {
            "envelope": { "type": "string", "description": "The first part: the envelope's text." },
            "document": {
                "type": "array",
                "description": "A part for each document that the statement names: its salt, then its content.",
                "items": { "type": "string", "contentMediaType": "application/octet-stream" },
            },
        },
        "required": ["envelope"],
        "additionalProperties": false,
    })
}
