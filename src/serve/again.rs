//! Pages that are asked for again: what is known already is not sent once more.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use super::desk::Desk;
use super::read::{tag_of, tagged, unchanged};

/// How long a page may say that it is as of a time, and how far from then something is, in seconds.
const AS_OF: i64 = 60;

/// Answers 304 to whoever has the page of an agreement as it is, and else gives it a tag: of the log's head, of what time
/// has brought about, and of the minute, since a page tells times from now.
pub(super) async fn pages(
    State(desk): State<Arc<Desk>>,
    Path(parts): Path<HashMap<String, String>>,
    request: Request,
    next: Next,
) -> Response {
    // Before the page is made: it may come to show more than its tag says, and never less.
    let Some(tag) = parts.get("agreement").and_then(|name| tag(&desk, name, request.uri())) else {
        return next.run(request).await;
    };
    if let Some(same) = unchanged(request.headers(), &tag) {
        return same;
    }
    let answer = next.run(request).await;
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let page = answer.status() == StatusCode::OK && kind.is_some_and(|kind| kind.starts_with("text/html"));
    if page { tagged(answer, &tag) } else { answer }
}

fn tag(desk: &Desk, name: &str, uri: &Uri) -> Option<String> {
    let found = desk.find(name).ok()?;
    let read_only = desk.registry.read_only(&found.feed.anchor).ok()?;
    let at = desk.registry.now();
    let asked = format!("{uri} {} {read_only:?}", at.unix() / AS_OF);
    Some(tag_of(&found, &found.published.state, at, &asked))
}
