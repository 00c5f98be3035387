//! What every request goes through.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::client::client;
use super::desk::Desk;
use super::gate::gate;
use super::problem::Problem;
use super::{addresses, again, answers, documents, kinds, pages, sign_in};
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
        .route("/documents/{digest}", get(documents::content));
    addresses::api()
        .into_router()
        .route("/", get(pages::agreements))
        .route("/sign-in", get(sign_in::page).post(sign_in::signed))
        .route("/assets/{file}", get(pages::asset))
        .nest("/agreements/{agreement}", page)
        .fallback(pages::nothing)
        .layer(from_fn_with_state(Arc::clone(&desk), through))
        // Beside the gate: which methods an address takes this table says, whatever is there, and no agreement is asked for it.
        .method_not_allowed_fallback(other_method)
        .with_state(desk)
}

/// What every request goes through, from without to within. It is one layer: each layer copies the way to an address, with
/// the layers below it, once more for each request.
async fn through(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let held = |request| answers::held(&desk, request, |request| again::known(request, next));
    told(&desk, request, |request| gate(&desk, request, held)).await
}

/// The answer to a method that an address does not take; the router says which it does (`Allow`).
async fn other_method(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let problem = || Problem::new(&kinds::METHOD, kinds::METHOD.means);
    told(&desk, request, |_| std::future::ready(problem().into_response())).await
}

/// Names each request, tells it in the log, and says how its answer may be used.
async fn told<F: Future<Output = Response>>(
    desk: &Desk,
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let begun = Instant::now();
    let id = request_id();
    let method = request.method().clone();
    // The pattern and not the address: what somebody puts into one is not for the log.
    let path = request.extensions().get::<MatchedPath>().cloned();
    let path = path.as_ref().map_or("unknown", MatchedPath::as_str);
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
    let client = client(peer, request.headers(), &desk.proxies);
    request.extensions_mut().insert(client);
    // Whoever looks whether the server lives asks as often as they like: it costs little, and what is found is kept for a moment.
    let may =
        if matches!(path, "/healthz" | "/readyz") { Ok(()) } else { desk.asks.take(client.counted(), begun) };
    let accepts = request.headers().get(header::ACCEPT).cloned();
    let mut answer = match may {
        Ok(()) => next(request).await,
        Err(wait) => {
            desk.metrics.limited("requests");
            let problem = Problem::too_many("this address asks more often than one may", wait);
            pages::told(problem, &accepts.into_iter().map(|accepts| (header::ACCEPT, accepts)).collect())
        }
    };
    let headers = answer.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", value);
    }
    let status = answer.status().as_u16();
    let took = begun.elapsed();
    desk.metrics.answered(path, answer.status(), took);
    let (client, micros) = (client.0, took.as_micros());
    tracing::info!(request = id, %client, %method, path, status, micros, "answered");
    answer
}

/// A name that no other request of this process has: a number, mixed (`SplitMix64`, which maps no two to one) from where chance
/// lets it begin.
fn request_id() -> String {
    static BEGIN: OnceLock<u64> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let begin = BEGIN.get_or_init(|| {
        let mut bytes = [0; 8];
        // Without randomness two processes may give the same names.
        let _ = getrandom::fill(&mut bytes);
        u64::from_be_bytes(bytes)
    });
    let number = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut id = begin.wrapping_add(number);
    id = (id ^ (id >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    id = (id ^ (id >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("{:016x}", id ^ (id >> 31))
}
