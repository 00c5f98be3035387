//! The description of one address under one method.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::answer::Answer;
use crate::serve::kinds::{BAD_TOKEN, Kind, TOO_MANY};
use crate::serve::problem;

/// What an address does under one method.
pub(in crate::serve) struct Doc {
    operation: Map<String, Value>,
    parameters: Vec<Value>,
    answers: BTreeMap<u16, Value>,
    problems: Vec<&'static Kind>,
    schemas: Schemas,
}

impl Doc {
    /// By a name of its own, for whoever generates a client.
    pub(in crate::serve) fn new(name: &str, summary: &str) -> Self {
        let mut operation = Map::new();
        operation.insert("operationId".to_owned(), json!(name));
        operation.insert("summary".to_owned(), json!(summary));
        let (parameters, answers, problems) = (Vec::new(), BTreeMap::new(), vec![&TOO_MANY, &BAD_TOKEN]);
        Self { operation, parameters, answers, problems, schemas: Schemas::default() }
    }

    /// What else there is to say.
    pub(in crate::serve) fn says(mut self, description: &str) -> Self {
        self.operation.insert("description".to_owned(), json!(description));
        self
    }

    /// A part of the address.
    pub(in crate::serve) fn part(self, name: &str, says: &str, schema: Value) -> Self {
        self.parameter("path", true, name, says, schema)
    }

    /// A parameter that is needed behind the question mark.
    pub(in crate::serve) fn needs(self, name: &str, says: &str, schema: Value) -> Self {
        self.parameter("query", true, name, says, schema)
    }

    /// A parameter that may be there behind the question mark.
    pub(in crate::serve) fn asked(self, name: &str, says: &str, schema: Value) -> Self {
        self.parameter("query", false, name, says, schema)
    }

    /// A header that may be there.
    pub(in crate::serve) fn header(self, name: &str, says: &str, schema: Value) -> Self {
        self.parameter("header", false, name, says, schema)
    }

    fn parameter(mut self, place: &str, required: bool, name: &str, says: &str, schema: Value) -> Self {
        let mut parameter = json!({ "name": name, "in": place, "description": says, "required": required });
        if let Value::Object(fields) = &mut parameter {
            fields.insert("schema".to_owned(), schema);
        }
        self.parameters.push(parameter);
        self
    }

    /// What is sent along, by its type.
    pub(in crate::serve) fn takes(mut self, bodies: &[(&str, Value)]) -> Self {
        let content: Map<String, Value> =
            bodies.iter().map(|(kind, schema)| ((*kind).to_owned(), json!({ "schema": schema }))).collect();
        self.operation.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
        self
    }

    /// The same, as a document of this type.
    pub(in crate::serve) fn takes_type<T: ToSchema>(mut self) -> Self {
        let schema = self.schemas.of::<T>();
        self.takes(&[("application/json", schema)])
    }

    /// An answer.
    pub(in crate::serve) fn answer(mut self, mut answer: Answer) -> Self {
        self.schemas.0.append(&mut answer.schemas.0);
        self.answers.insert(answer.status, answer.finish());
        self
    }

    /// What can go wrong.
    pub(in crate::serve) fn problems(mut self, kinds: &[&'static Kind]) -> Self {
        self.problems.extend(kinds);
        self
    }

    /// Types that are told of nowhere else.
    pub(in crate::serve) fn type_of<T: ToSchema>(mut self) -> Self {
        self.schemas.of::<T>();
        self
    }

    /// It is answered however often it is asked.
    pub(in crate::serve) fn without_limit(mut self) -> Self {
        self.problems.retain(|kind| *kind != &TOO_MANY);
        self
    }

    pub(super) fn finish(mut self) -> (Value, BTreeMap<String, Value>) {
        let mut by_status: BTreeMap<u16, Vec<&Kind>> = BTreeMap::new();
        for kind in &self.problems {
            by_status.entry(kind.status.as_u16()).or_default().push(kind);
        }
        for (status, kinds) in by_status {
            self = self.answer(told(status, &kinds));
        }
        let answers: Map<String, Value> =
            self.answers.into_iter().map(|(status, answer)| (status.to_string(), answer)).collect();
        let mut operation = self.operation;
        if !self.parameters.is_empty() {
            operation.insert("parameters".to_owned(), json!(self.parameters));
        }
        operation.insert("responses".to_owned(), Value::Object(answers));
        (Value::Object(operation), self.schemas.0)
    }
}

/// The problems of one status, as one answer.
fn told(status: u16, kinds: &[&Kind]) -> Answer {
    let says: Vec<String> = kinds.iter().map(|kind| format!("`{}`: {}.", kind.name, kind.means)).collect();
    let mut answer = Answer::new(status, says.join(" "));
    let any = answer.schemas.of::<problem::Document>();
    let named = |kind: &&Kind| format!("urn:quorate:problem:{}", kind.name);
    let mut its = json!({ "properties": { "status": { "const": status } } });
    // A refusal's name is one of many.
    if let (true, Value::Object(its)) = (kinds.iter().all(|kind| kind.name != "RULE"), &mut its) {
        let names: Vec<String> = kinds.iter().map(named).collect();
        its.insert(
            "properties".to_owned(),
            json!({ "status": { "const": status }, "type": { "enum": names } }),
        );
    }
    let answer = answer.body("application/problem+json", json!({ "allOf": [any, its] })).never_kept();
    let again = "After how many seconds to come again.";
    if kinds.iter().all(|kind| kind.again) {
        answer.header("retry-after", again, "^[1-9][0-9]*$")
    } else {
        answer
    }
}

/// The schemas that are referred to, by name.
#[derive(Default)]
pub(super) struct Schemas(pub(super) BTreeMap<String, Value>);

impl Schemas {
    /// A reference to a type's schema, which is kept, with those that it refers to.
    pub(super) fn of<T: ToSchema>(&mut self) -> Value {
        let mut inner: Vec<(String, RefOr<Schema>)> = Vec::new();
        T::schemas(&mut inner);
        inner.push((T::name().into_owned(), T::schema()));
        // What utoipa writes is JSON.
        self.0.extend(inner.into_iter().map(|(name, schema)| (name, json!(schema))));
        json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
    }
}
