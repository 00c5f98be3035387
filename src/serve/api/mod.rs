//! The interface for programs, and its description (`OpenAPI` 3.1), which come from one table: no address is answered that
//! is not described, and none is described that is not answered.
//!
//! utoipa derives the schemas from the very types that are written. Addresses and answers are put together here, since
//! its attributes would name each address a second time, beside the router.

mod answer;
mod doc;
mod parts;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::handler::Handler;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::pages::{POLICY, html};
use super::site::{ASK_AGAIN, kept};
pub(super) use answer::Answer;
pub(super) use doc::Doc;
pub(super) use parts::{documents, entry, envelope, instant, number, word};

/// Addresses with who answers them, and their description.
#[derive(Default)]
pub(super) struct Api {
    router: Router<Arc<Desk>>,
    paths: Map<String, Value>,
    schemas: BTreeMap<String, Value>,
}

impl Api {
    /// Answers `GET` at this path, which is written as axum's are.
    pub(super) fn get<T: 'static>(
        mut self,
        path: &str,
        handler: impl Handler<T, Arc<Desk>>,
        doc: Doc,
    ) -> Self {
        self.describe(path, "get", doc);
        self.router = self.router.route(path, get(handler));
        self
    }

    /// Answers `POST` at this path.
    pub(super) fn post<T: 'static>(
        mut self,
        path: &str,
        handler: impl Handler<T, Arc<Desk>>,
        doc: Doc,
    ) -> Self {
        self.describe(path, "post", doc);
        self.router = self.router.route(path, post(handler));
        self
    }

    fn describe(&mut self, path: &str, method: &str, doc: Doc) {
        let (operation, schemas) = doc.finish();
        self.schemas.extend(schemas);
        // What may have slashes in it is a part like others there.
        let path = path.replace("{*", "{");
        if let Value::Object(item) = self.paths.entry(path).or_insert_with(|| json!({})) {
            item.insert(method.to_owned(), operation);
        }
    }

    /// The description of everything that is answered, its own address included.
    pub(super) fn described(self) -> Value {
        self.with_itself().description()
    }

    fn with_itself(self) -> Self {
        self.get("/v1/openapi.json", as_json, of_itself())
    }

    fn description(&self) -> Value {
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Quorate",
                "summary": "Contractual determinations by expert panels: what is in force, and the record that says so.",
                "description": "Nothing that is answered here has to be believed: statements carry their own signatures, \
                    receipts and refusals are signed by the log, and a log that is given out is audited by whoever reads it.",
                "version": env!("CARGO_PKG_VERSION"),
                "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            },
            "paths": self.paths,
            "components": { "schemas": self.schemas },
        })
    }

    /// The router, which gives out the description as well, for programs and for people.
    pub(super) fn into_router(self) -> Router<Arc<Desk>> {
        let api = self.with_itself();
        let description = api.description();
        let described =
            Described { page: crate::page::programs(&description).into(), json: pretty(&description).into() };
        api.router.route("/docs/api", get(as_page)).layer(Extension(described))
    }
}

/// The description as it goes out.
#[derive(Clone)]
struct Described {
    json: Bytes,
    page: Bytes,
}

fn of_itself() -> Doc {
    let told = Answer::new(200, "The description.").json_value(json!({ "type": "object" }));
    Doc::new("openapi", "This description (OpenAPI 3.1)").answer(told.asked_again().public())
}

async fn as_json(Extension(described): Extension<Described>) -> Response {
    kept(ASK_AGAIN, "application/json", described.json)
}

async fn as_page(Extension(described): Extension<Described>) -> Response {
    html(described.page, POLICY)
}

/// The description as text, as it is kept in `docs/openapi.json`.
pub(super) fn pretty(description: &Value) -> String {
    format!("{description:#}\n")
}
