//! The description of one answer.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::doc::Schemas;

/// An answer: its status, what it says, its body and its headers.
pub(in crate::serve) struct Answer {
    pub(super) status: u16,
    says: String,
    content: Map<String, Value>,
    headers: Map<String, Value>,
    pub(super) schemas: Schemas,
}

impl Answer {
    pub(in crate::serve) fn new(status: u16, says: impl Into<String>) -> Self {
        let (content, headers, schemas) = (Map::new(), Map::new(), Schemas::default());
        let answer = Self { status, says: says.into(), content, headers, schemas };
        answer.header("x-request-id", "The request's name in the server's log.", "^[0-9a-f]{16}$").header(
            "x-content-type-options",
            "The body is what its type says.",
            "^nosniff$",
        )
    }

    /// A document of this type.
    pub(in crate::serve) fn json<T: ToSchema>(mut self) -> Self {
        let schema = self.schemas.of::<T>();
        self.json_value(schema)
    }

    /// A document of this schema.
    pub(in crate::serve) fn json_value(self, schema: Value) -> Self {
        self.body("application/json", schema)
    }

    /// A text of this type.
    pub(in crate::serve) fn text(self, kind: &str) -> Self {
        self.body(kind, json!({ "type": "string" }))
    }

    /// Bytes of any kind.
    pub(in crate::serve) fn bytes(self) -> Self {
        self.body("application/octet-stream", json!({}))
    }

    /// A body of this type and schema.
    pub(super) fn body(mut self, kind: &str, schema: Value) -> Self {
        self.content.insert(kind.to_owned(), Value::from_iter([("schema", schema)]));
        self
    }

    /// A header that is always there, and the texts that it can be.
    pub(in crate::serve) fn header(mut self, name: &str, says: &str, pattern: &str) -> Self {
        let schema = json!({ "type": "string", "pattern": pattern });
        let header = json!({ "description": says, "required": true, "schema": schema });
        self.headers.insert(name.to_owned(), header);
        self
    }

    fn kept(self, says: &str, pattern: &str) -> Self {
        self.header("cache-control", says, pattern)
    }

    /// It may change at any moment: kept, and asked again.
    pub(in crate::serve) fn asked_again(self) -> Self {
        self.kept("May be kept, and is asked for again.", "^no-cache$")
    }

    /// It never changes.
    pub(in crate::serve) fn for_ever(self) -> Self {
        self.kept("Never changes.", "^public, max-age=31536000, immutable$")
    }

    /// Nobody in between is to keep it.
    pub(in crate::serve) fn never_kept(self) -> Self {
        self.kept("Is not to be kept in between.", "^no-store$")
    }

    /// Pages of others may read it.
    pub(in crate::serve) fn public(self) -> Self {
        self.header("access-control-allow-origin", "Pages of others may read it.", "^\\*$")
    }

    /// It has a tag by which it is asked for again.
    pub(in crate::serve) fn tagged(self) -> Self {
        self.header("etag", "Stands for all that the answer says but the time asked about.", "^W/\".+\"$")
    }

    pub(super) fn finish(self) -> Value {
        let mut answer = json!({ "description": self.says, "headers": self.headers });
        if let (false, Value::Object(fields)) = (self.content.is_empty(), &mut answer) {
            fields.insert("content".to_owned(), Value::Object(self.content));
        }
        answer
    }
}
