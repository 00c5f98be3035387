//! Answers that are asked for again: what is known already is not sent once more.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;

use super::read::json;
use crate::values::{Digest, Instant};
use crate::view::document::Facts;

/// A document as it goes out, and its tag, which stands for all that it says but the time asked about: that goes on.
pub(super) fn written<D: Serialize>(mut document: D, facts: fn(&mut D) -> &mut Facts) -> (Bytes, String) {
    let text = json(&document);
    let size = facts(&mut document).head.size;
    facts(&mut document).at = Instant::MIN;
    (text.into(), tag(size, json(&document).as_bytes()))
}

/// The tag of what is told of a log with so many entries. Weak, as it leaves out times that go on.
pub(super) fn tag(size: u64, told: &[u8]) -> String {
    let digest = Digest::of(told).hex();
    format!("W/\"{size}-{}\"", digest.get(..32).unwrap_or_default())
}

/// The answer with its tag.
pub(super) fn tagged(mut answer: Response, tag: &str) -> Response {
    if let Ok(value) = tag.parse() {
        answer.headers_mut().insert(header::ETAG, value);
    }
    answer
}

/// Answers 304 to whoever has an answer as it is. It is made first: a tag is of what is told, and of nothing else.
pub(super) async fn known(request: Request, next: Next) -> Response {
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let answer = next.run(request).await;
    let same = known.is_some_and(|known| has(known.to_str().unwrap_or_default(), answer.headers()));
    if !same || answer.status() != StatusCode::OK {
        return answer;
    }
    let (mut parts, _) = answer.into_parts();
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}

/// Whether one of these tags is that of an answer.
fn has(known: &str, answer: &HeaderMap) -> bool {
    let tag = answer.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    tag.is_some_and(|tag| known.split(',').any(|known| known.trim() == tag))
}
