//! The gate: whether whoever asks may know of an agreement. Every address of an agreement is behind it, whoever answers
//! there, so that a restricted one answers those who may not as one that does not exist: the same bytes, at the same time
//! after they asked.

use std::future::Future;
use std::time::Duration;

use axum::extract::{FromRequestParts as _, MatchedPath, RawPathParams, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use tokio::time::Instant;

use super::desk::Desk;
use super::kinds;
use super::pages::Wrong;
use super::problem::Problem;
use super::tokens::Caller;
use crate::values::Instant as Moment;

/// The part of an address that names an agreement, in every route that has one.
pub(super) const AGREEMENT: &str = "{agreement}";

/// The cookie of whoever has signed in with a browser.
pub(super) const COOKIE: &str = "quorate-token";

/// How long after a request came it is answered that an agreement is not there: longer than it takes to find out, so that
/// the time tells nothing of the work, which is some tenths of a microsecond more where there is one.
const NOT_THERE_AFTER: Duration = Duration::from_millis(4);

/// Waits until it is time to answer a request that came then, whoever asked and whatever is there.
pub(super) async fn until_told(came: Instant) {
    tokio::time::sleep_until(came + NOT_THERE_AFTER).await;
}

/// Finds out who asks, and lets requests about an agreement pass that they may know of.
pub(super) async fn gate<F: Future<Output = Response>>(
    desk: &Desk,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let came = Instant::now();
    let now = desk.registry.now();
    let caller = match caller(desk, request.headers(), now) {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let path = request.extensions().get::<MatchedPath>().cloned();
    let path = path.as_ref().map_or("", MatchedPath::as_str);
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(caller);
    let mut restricted = false;
    if path.contains(AGREEMENT) {
        let named = RawPathParams::from_request_parts(&mut parts, &()).await.ok();
        let named = named.as_ref().and_then(|all| all.iter().find(|(part, _)| *part == "agreement"));
        let Some(it) = desk.gate(named.map_or("", |(_, name)| name), caller, now) else {
            let answer = unseen(path);
            until_told(came).await;
            return answer;
        };
        restricted = it.is_restricted();
    }
    let mut answer = next(Request::from_parts(parts, body)).await;
    if restricted {
        for_nobody_else(answer.headers_mut());
    }
    answer
}

/// Whoever asks. A token that is none, or is over, is refused whatever is asked for, so that this says nothing of it; a
/// browser's is as good as none then, since nobody can take its cookie out of a link.
fn caller(desk: &Desk, headers: &HeaderMap, now: Moment) -> Result<Caller, Problem> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    // Other schemes are of somebody in between, and say nothing here.
    let given = text(header::AUTHORIZATION).map(|given| given.split_once(' ').unwrap_or((given, "")));
    if let Some((_, token)) = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) {
        let caller = desk.tokens.caller(token.trim(), now);
        return caller.ok_or_else(|| {
            Problem::new(&kinds::BAD_TOKEN, kinds::BAD_TOKEN.means)
                .instead("sign a new challenge: `GET /v1/challenge`, then `POST /v1/token`")
        });
    }
    let cookies = text(header::COOKIE).unwrap_or_default().split(';');
    let token = cookies.filter_map(|cookie| cookie.trim().split_once('=')).find(|(name, _)| *name == COOKIE);
    Ok(token.and_then(|(_, token)| desk.tokens.caller(token, now)).unwrap_or_default())
}

/// The answer for every agreement of which somebody may not know, and for every one that does not exist.
fn unseen(path: &str) -> Response {
    let problem = Problem::no_agreement();
    if path.starts_with("/agreements/") {
        Wrong::from(problem).into_response()
    } else {
        problem.into_response()
    }
}

/// A list of agreements: it is another for each who asks, and for nobody else where one of them is restricted.
pub(super) fn listed(mut answer: Response, restricted: bool) -> Response {
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("authorization, cookie"));
    if restricted {
        for_nobody_else(answer.headers_mut());
    }
    answer
}

/// What a restricted agreement answers is for whoever asked: nobody in between keeps it, and no page of others reads it.
fn for_nobody_else(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
}
