//! An agreement's log as files: C2SP tlog-tiles, so that every tool for such logs reads it, `quorate audit` among them.
//! The same files as an exported folder has.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::desk::{Desk, Found};
use super::problem::Problem;
use crate::log::tile::{Bundle, Tile};
use crate::registry::StoreNodes;
use crate::store::{Store, StoreError};
use crate::values::Digest;

/// What never changes under its name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// What may change at any moment: kept, and asked again.
const ASK_AGAIN: &str = "no-cache";

/// `GET /a/AGREEMENT/FILE`.
pub(super) async fn file(
    State(desk): State<Arc<Desk>>,
    Path((agreement, file)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let found = desk.find(&agreement)?;
    let store = desk.registry.store();
    let state = &found.published.state;
    match file.as_str() {
        "checkpoint" => Ok(text(checkpoint(store, &found)?)),
        "log.vkey" => Ok(text(format!("{}\n", state.log.vkey))),
        "policy" => state.policy.clone().map(text).ok_or_else(|| no_file(&file)),
        "allowed_signers" => Ok(text(found.feed.allowed_signers())),
        _ => match file.split_once('/') {
            Some(("tile", _)) => tile(store, &found, &file),
            Some(("checkpoints", name)) => {
                let size = name.parse().ok().filter(|size: &u64| size.to_string() == name);
                let note =
                    size.map(|size| store.checkpoint_at(&found.feed.anchor, size)).transpose()?.flatten();
                note.map(text).ok_or_else(|| no_file(&file))
            }
            Some(("blobs", digest)) => blob(store, &found, digest)?.ok_or_else(|| no_file(&file)),
            _ => Err(no_file(&file)),
        },
    }
}

/// The newest checkpoint, with the cosignatures that it has.
fn checkpoint(store: &dyn Store, found: &Found) -> Result<String, Problem> {
    let stored = store.head(&found.feed.anchor)?;
    Ok(stored.map_or_else(|| found.published.checkpoint.clone(), |stored| stored.checkpoint))
}

/// A tile or a bundle of entries that the published head has.
fn tile(store: &dyn Store, found: &Found, file: &str) -> Result<Response, Problem> {
    let (anchor, size) = (&found.feed.anchor, found.published.head.size);
    if file.starts_with("tile/entries/") {
        let bundle: Bundle = file.parse().map_err(|_| no_file(file))?;
        if bundle.entries().end > size {
            return Err(no_file(file));
        }
        let entries = store.entries(anchor, bundle.entries()).map(|read| read.map(|(_, bytes)| bytes));
        let entries: Result<Vec<Vec<u8>>, StoreError> = entries.collect();
        return bundle.bytes(entries?).map(bytes).map_err(|error| lacks(&error));
    }
    let tile: Tile = file.parse().map_err(|_| no_file(file))?;
    if tile.end() > size {
        return Err(no_file(file));
    }
    tile.bytes(&StoreNodes { store, anchor }).map(bytes).map_err(|error| lacks(&error))
}

/// A document that an entry of this agreement names.
fn blob(store: &dyn Store, found: &Found, digest: &str) -> Result<Option<Response>, Problem> {
    let digest: Option<Digest> = format!("sha256:{digest}").parse().ok();
    let named = digest.filter(|digest| found.published.state.documents.is_needed(digest));
    let Some(document) = named.map(|digest| store.blob(&digest)).transpose()?.flatten() else {
        return Ok(None);
    };
    // It may be struck, so nobody in between is to keep it.
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_DISPOSITION, "attachment"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    Ok(Some((headers, document).into_response()))
}

fn text(text: String) -> Response {
    kept(ASK_AGAIN, "text/plain; charset=utf-8", text.into_bytes())
}

fn bytes(bytes: Vec<u8>) -> Response {
    kept(FOR_EVER, "application/octet-stream", bytes)
}

fn kept(cache: &'static str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, cache),
        // A checker on another's page reads it as well.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, bytes).into_response()
}

fn no_file(file: &str) -> Problem {
    let shown: String = file.chars().take(80).collect();
    Problem::not_found(format!("the log has no file `{shown}`"))
}

fn lacks(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "the store lacks what its head promises");
    Problem::failed("the log cannot be read at the moment; its operator has been told")
}
