//! Documents: whether one may be given out, and its bytes.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::asked::At;
use super::client::Client;
use super::desk::{Desk, Found};
use super::pages::{NOTHING, OnPage, Wrong};
use super::problem::Problem;
use super::site::{NEVER, kept};
use super::tokens::Caller;
use crate::statement::Blob;
use crate::values::Digest;

/// The bytes, salt first, of a document that an entry of an agreement names, for somebody who may know of the agreement; `None`
/// where it is not here, or was struck. They are read and hashed, so it is for a thread that may wait.
///
/// # Errors
/// It is of a tier of others, or the store fails.
pub(super) fn read(
    desk: &Desk,
    found: &Found,
    digest: &Digest,
    caller: Caller,
) -> Result<Option<Vec<u8>>, Problem> {
    desk.may_read(found, digest, caller)?;
    if !found.published.state.documents.is_needed(digest) {
        return Ok(None);
    }
    // The store has compared them with their digest.
    Ok(desk.registry.store().blob(digest)?)
}

/// The document that an address names.
async fn named(
    desk: &Arc<Desk>,
    (agreement, hex): (String, String),
    caller: Caller,
    client: Client,
) -> Result<Bytes, Problem> {
    let found = desk.find(&agreement)?;
    let none = || Problem::not_found("that document is not kept here, or was struck");
    let digest: Digest = format!("sha256:{hex}").parse().map_err(|_| none())?;
    let reading = Arc::clone(desk);
    let bytes = desk.reading.run(client, move || read(&reading, &found, &digest, caller)).await??;
    bytes.map(Bytes::from).ok_or_else(none)
}

/// `GET /a/NAME/blobs/HEX`: its salt, then its content.
pub(super) async fn salted(
    State(desk): State<Arc<Desk>>,
    At(at): At<(String, String)>,
    Extension(caller): Extension<Caller>,
    Extension(client): Extension<Client>,
) -> Result<Response, Problem> {
    let bytes = named(&desk, at, caller, client).await?;
    let mut answer = kept(NEVER, "application/octet-stream", bytes);
    answer.headers_mut().insert(header::CONTENT_DISPOSITION, header::HeaderValue::from_static("attachment"));
    Ok(answer)
}

/// `GET /agreements/NAME/documents/HEX`: what it says, without the salt before it.
pub(super) async fn content(
    State(desk): State<Arc<Desk>>,
    OnPage(At(at)): OnPage<At<(String, String)>>,
    Extension(caller): Extension<Caller>,
    Extension(client): Extension<Client>,
) -> Result<Response, Wrong> {
    let mut content = named(&desk, at, caller, client).await?;
    content = content.split_off(Blob::SALT.min(content.len()));
    // Text is shown as text, whatever it looks like; everything else is only kept.
    let (kind, how) = match std::str::from_utf8(&content) {
        Ok(_) => ("text/plain; charset=utf-8", "inline"),
        Err(_) => ("application/octet-stream", "attachment"),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, how),
        (header::CACHE_CONTROL, NEVER),
        (header::CONTENT_SECURITY_POLICY, NOTHING),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    Ok((headers, content).into_response())
}
