//! What every request goes through.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;

use super::desk::Desk;
use super::problem::Problem;
use super::{addresses, kinds, pages};
use crate::net::listen::Peer;

/// Everything that is served.
pub(super) fn router(desk: Arc<Desk>) -> Router {
    let page = Router::new()
        .route("/", get(pages::agreement))
        .route("/grants/{grant}", get(pages::grant))
        .route("/workflow", get(pages::workflow))
        .route("/cases/{procedure}/{case}", get(pages::case))
        .route("/cases/{procedure}/{case}/report", get(pages::report))
        .route("/entries", get(pages::entries))
        .route("/entries/{index}", get(pages::entry))
        .route("/documents/{digest}", get(pages::document));
    addresses::api()
        .into_router()
        .route("/", get(pages::agreements))
        .route("/assets/{file}", get(pages::asset))
        .nest("/agreements/{agreement}", page)
        .fallback(pages::nothing)
        .method_not_allowed_fallback(async || Problem::new(&kinds::METHOD, kinds::METHOD.means))
        .layer(from_fn(told))
        .with_state(desk)
}

/// Names each request, tells it in the log, and says how its answer may be used.
async fn told(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request_id();
    let method = request.method().clone();
    // The pattern and not the address: what somebody puts into one is not for the log.
    let path = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str).to_owned();
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", value);
    }
    let status = answer.status().as_u16();
    let micros = begun.elapsed().as_micros();
    tracing::info!(request = id, peer = peer.map(tracing::field::display), %method, path, status, micros, "answered");
    answer
}

fn request_id() -> String {
    let mut bytes = [0; 8];
    // Without randomness requests have one name, and are answered all the same.
    let _ = getrandom::fill(&mut bytes);
    format!("{:016x}", u64::from_be_bytes(bytes))
}
