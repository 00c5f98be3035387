//! Reports over HTTP: the very bytes of `quorate report`.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::header;
use axum::response::Response;
use serde::Deserialize;

use super::asked::{Asked, At};
use super::client::Client;
use super::desk::{Desk, Found};
use super::documents;
use super::kinds;
use super::pages::{html, of_style};
use super::problem::Problem;
use super::read::instant;
use super::site::{ASK_AGAIN, NEVER, kept};
use super::tokens::Caller;
use crate::report::{Format, Report, Sources, attached, last_change, texts};
use crate::statement::{Blob, CaseRef};
use crate::values::Instant;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Written {
    #[default]
    Md,
    Html,
    Json,
}

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct How {
    at: Option<String>,
    #[serde(default)]
    format: Written,
    #[serde(default)]
    documents: bool,
}

/// `GET …/cases/PROCEDURE/NUMBER/report?at=&format=&documents=`.
pub(super) async fn report(
    State(desk): State<Arc<Desk>>,
    At((name, procedure, number)): At<(String, String, u32)>,
    Asked(How { at, format, documents }): Asked<How>,
    Extension(caller): Extension<Caller>,
    Extension(client): Extension<Client>,
) -> Result<Response, Problem> {
    let found = desk.find(&name)?;
    let id = format!("{procedure}#{number}").parse().map_err(|_| no_case())?;
    let at = instant("at", at.as_deref())?;
    // Documents may be struck.
    let cache = if documents { NEVER } else { ASK_AGAIN };
    let documents = documents.then_some(caller);
    let working = Arc::clone(&desk);
    let report = desk.thinking.run(client, move || made(&working, &found, &id, at, documents)).await??;
    let (kind, written) = match format {
        Written::Md => ("text/markdown; charset=utf-8", report.write(Format::Markdown)),
        Written::Json => ("application/json", report.write(Format::Json)),
        Written::Html => {
            let page = report.write(Format::Html);
            let policy = of_style(&page);
            let mut answer = html(page, &policy);
            answer.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static(cache));
            return Ok(answer);
        }
    };
    Ok(kept(cache, kind, written))
}

/// The report on a case as of a time, or as of when the record last changed; with the documents that somebody may read, where
/// they ask for them. It may read documents and count many ways to vote, so it is for a thread that may wait.
pub(super) fn made(
    desk: &Desk,
    found: &Found,
    id: &CaseRef,
    at: Option<Instant>,
    documents: Option<Caller>,
) -> Result<Report, Problem> {
    let (published, now) = (&found.published, found.now(desk));
    let at = at.unwrap_or_else(|| last_change(&published.state, now));
    if at < published.state.last {
        return Err(Problem::bad_request(format!("the last entry is of {}", published.state.last)).instead(
            "name that time or a later one; what was known before, `quorate report` makes of an older export",
        ));
    }
    if at > now {
        let words =
            format!("{at} is still to come: what would be if nobody acted until then is no determination");
        return Err(Problem::bad_request(words).instead("leave `at` out"));
    }
    let state = published.state.at(at);
    let case = state.case(id).ok_or_else(no_case)?;
    let store = desk.registry.store();
    let attached = attached(case, |entry| store.entry(&found.feed.anchor, entry))?;
    let content = |digest: &_| {
        // What whoever asks may not read is as if it were not at hand.
        let bytes = match documents.map(|caller| documents::read(desk, found, digest, caller)) {
            Some(Err(problem)) if problem.name() == kinds::TIER.name => None,
            read => read.transpose()?.flatten(),
        };
        let content = bytes.map(|mut bytes| bytes.split_off(Blob::SALT.min(bytes.len())));
        Ok::<_, Problem>(content)
    };
    let documents = documents.is_some().then(|| texts(&attached, content)).transpose()?;
    let sources = Sources { state: &state, head: published.head, at, attached, documents };
    Report::of(&sources, id).ok_or_else(no_case)
}

/// There is none of this name.
pub(super) fn no_case() -> Problem {
    Problem::not_found("there is no such case in this agreement")
}
