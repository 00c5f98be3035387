//! An agreement's log as files: C2SP tlog-tiles, so that every tool for such logs reads it, `quorate audit` among them.
//! The same files as an exported folder has.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::asked::At;
use super::client::Client;
use super::desk::{Desk, Found};
use super::problem::Problem;
use crate::log::tile::{Bundle, Tile};
use crate::registry::StoreNodes;
use crate::store::{Store, StoreError};

/// What never changes under its name.
pub(super) const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// What may change at any moment: kept, and asked again.
pub(super) const ASK_AGAIN: &str = "no-cache";

/// What may be struck, so that nobody in between is to keep it.
pub(super) const NEVER: &str = "no-store";

/// `checkpoint`: the newest, with the cosignatures that it has.
pub(super) async fn checkpoint(
    State(desk): State<Arc<Desk>>,
    At(agreement): At<String>,
) -> Result<Response, Problem> {
    let found = desk.find(&agreement)?;
    let stored = desk.registry.store().head(&found.feed.anchor)?;
    Ok(text(stored.map_or_else(|| found.published.checkpoint.clone(), |stored| stored.checkpoint)))
}

/// `log.vkey`: the log's key.
pub(super) async fn vkey(
    State(desk): State<Arc<Desk>>,
    At(agreement): At<String>,
) -> Result<Response, Problem> {
    Ok(text(format!("{}\n", desk.find(&agreement)?.published.state.log.vkey)))
}

/// `policy`: whose cosignatures the parties rely on.
pub(super) async fn policy(
    State(desk): State<Arc<Desk>>,
    At(agreement): At<String>,
) -> Result<Response, Problem> {
    desk.find(&agreement)?.published.state.policy.clone().map(text).ok_or_else(|| no_file("policy"))
}

/// `allowed_signers`: whose keys have spoken for whom, as OpenSSH reads it.
pub(super) async fn allowed_signers(
    State(desk): State<Arc<Desk>>,
    At(agreement): At<String>,
) -> Result<Response, Problem> {
    Ok(text(desk.find(&agreement)?.feed.allowed_signers()))
}

/// `checkpoints/SIZE`: the note of an earlier head.
pub(super) async fn checkpoint_at(
    State(desk): State<Arc<Desk>>,
    At((agreement, name)): At<(String, String)>,
) -> Result<Response, Problem> {
    let found = desk.find(&agreement)?;
    let size = name.parse().ok().filter(|size: &u64| size.to_string() == name);
    let noted = size.map(|size| desk.registry.store().checkpoint_at(&found.feed.anchor, size));
    noted.transpose()?.flatten().map(text).ok_or_else(|| no_file(&format!("checkpoints/{name}")))
}

/// `tile/LEVEL/INDEX`: a tile or a bundle of entries that the published head has.
pub(super) async fn tile(
    State(desk): State<Arc<Desk>>,
    At((agreement, level, index)): At<(String, String, String)>,
    Extension(client): Extension<Client>,
) -> Result<Response, Problem> {
    let (found, reading) = (desk.find(&agreement)?, Arc::clone(&desk));
    let file = format!("tile/{level}/{index}");
    desk.reading.run(client, move || tile_of(reading.registry.store(), &found, &file)).await?
}

fn tile_of(store: &dyn Store, found: &Found, file: &str) -> Result<Response, Problem> {
    let (anchor, size) = (&found.feed.anchor, found.published.head.size);
    if file.starts_with("tile/entries/") {
        let bundle: Bundle = file.parse().map_err(|_| no_file(file))?;
        if bundle.entries().end > size {
            return Err(no_file(file));
        }
        let entries = store.entries(anchor, bundle.entries()).map(|read| read.map(|(_, bytes)| bytes));
        let entries: Result<Vec<Vec<u8>>, StoreError> = entries.collect();
        return bundle.bytes(entries?).map(bytes).map_err(|error| Problem::unreadable(&error));
    }
    let tile: Tile = file.parse().map_err(|_| no_file(file))?;
    if tile.end() > size {
        return Err(no_file(file));
    }
    tile.bytes(&StoreNodes { store, anchor }).map(bytes).map_err(|error| Problem::unreadable(&error))
}

fn text(text: String) -> Response {
    kept(ASK_AGAIN, "text/plain; charset=utf-8", text.into_bytes())
}

fn bytes(bytes: Vec<u8>) -> Response {
    kept(FOR_EVER, "application/octet-stream", bytes)
}

/// An answer that anybody's pages may read, kept for as long as this says.
pub(super) fn kept(cache: &'static str, kind: &'static str, body: impl IntoResponse) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, cache),
        // A checker on another's page reads it as well.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, body).into_response()
}

fn no_file(file: &str) -> Problem {
    let shown: String = file.chars().take(80).collect();
    Problem::not_found(format!("the log has no file `{shown}`"))
}
