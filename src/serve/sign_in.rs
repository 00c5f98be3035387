//! How a reader shows whose key they have: they take a challenge, sign it, and get a token for it, a program at `/v1`, and
//! whoever has a browser on a page.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{DefaultBodyLimit, Extension, Form, FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::client::Client;
use super::desk::Desk;
use super::gate::COOKIE;
use super::kinds;
use super::pages::{WITH_FORM, Wrong, html};
use super::problem::Problem;
use super::tokens::{Caller, Token};
use crate::page;
use crate::statement::request::Challenge;
use crate::statement::sshsig::MAX_ARMOUR;
use crate::values::Instant;

/// The most bytes of what is sent to sign in: a challenge and a signature, each character of which a form may write as
/// three.
const MOST: usize = 3 * (Challenge::MAX_BYTES + MAX_ARMOUR) + 1_024;

/// A challenge with its signature.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Signed {
    /// The challenge's text, exactly as it was given out.
    challenge: String,
    /// The signature as OpenSSH armours it (SSHSIG), in the namespace `quorate/request/v1`.
    signature: String,
}

/// What a reader asks with from then on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Given {
    /// Sent as `Authorization: Bearer TOKEN`.
    token: String,
    /// Until when it is good.
    expires: Instant,
}

/// `GET /v1/challenge`: the text to sign.
pub(super) async fn challenge(State(desk): State<Arc<Desk>>) -> Result<Response, Problem> {
    let challenge = desk.tokens.challenge(desk.registry.now())?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, challenge.to_text()).into_response())
}

/// `POST /v1/token`: a token for a signed challenge, whoever's key it is.
pub(super) async fn token(
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Result<Response, Problem> {
    let Json::<Signed>(signed) =
        within(&desk, request, |error: JsonRejection| (error.status(), error.body_text())).await?;
    let Token { text, until, .. } = exchange(&desk, client, &signed)?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    let given = Given { token: text, expires: until };
    // Nothing that JSON could not write.
    Ok((headers, serde_json::to_string(&given).unwrap_or_default()).into_response())
}

/// One signature is checked; how often an address may have that done is bounded as its submissions are.
fn exchange(desk: &Desk, client: Client, signed: &Signed) -> Result<Token, Problem> {
    desk.may_submit(client)?;
    let exchanged = desk.tokens.exchange(&signed.challenge, &signed.signature, client, desk.registry.now());
    exchanged.inspect_err(|problem| {
        if problem.name() == kinds::TOO_MANY.name {
            desk.metrics.limited("readers");
        }
    })
}

/// What a request brings, in the time and of the length that it may have.
async fn within<T, E>(
    desk: &Desk,
    mut request: Request,
    why: impl Fn(E) -> (StatusCode, String),
) -> Result<T, Problem>
where
    T: FromRequest<(), Rejection = E>,
{
    DefaultBodyLimit::max(MOST).apply(&mut request);
    let came = tokio::time::timeout(desk.limits.body, T::from_request(request, &())).await;
    came.map_err(|_| Problem::too_slow())?.map_err(|error| {
        let (status, why) = why(error);
        unfit(status, why)
    })
}

fn unfit(status: StatusCode, why: String) -> Problem {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_long(why),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(&kinds::MEDIA_TYPE, why),
        _ => Problem::bad_request(why),
    }
}

/// `GET /sign-in`: a page with a challenge.
pub(super) async fn page(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Wrong> {
    let now = desk.registry.now();
    let until = caller.key(now).and(caller.until());
    let challenge = desk.tokens.challenge(now)?.to_text();
    Ok(never_kept(html(page::sign_in(&challenge, until, None), WITH_FORM)))
}

/// `POST /sign-in`: takes the form of that page, and gives the browser a cookie. Whoever comes from another site is
/// turned away; what somebody signs in with reads and can do nothing else.
pub(super) async fn signed(
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Wrong> {
    if !from_here(&desk, &headers) {
        return Err(Problem::bad_request("this form was sent by a page of another site").into());
    }
    let Form::<Signed>(signed) =
        within(&desk, request, |error: FormRejection| (error.status(), error.body_text())).await?;
    // A browser ends lines of a form with CR LF, and whoever copies a text may leave its last end out.
    let lines = |text: &str| format!("{}\n", text.replace("\r\n", "\n").trim());
    let signed = Signed { challenge: lines(&signed.challenge), signature: lines(&signed.signature) };
    let token = match exchange(&desk, client, &signed) {
        Ok(token) => token,
        Err(problem) => {
            let anew = desk.tokens.challenge(desk.registry.now())?.to_text();
            let (status, why, instead) = problem.told();
            let page = page::sign_in(&anew, None, Some((why, instead)));
            return Ok((status, never_kept(html(page, WITH_FORM))).into_response());
        }
    };
    let secure = if desk.origin.starts_with("https://") { "; Secure" } else { "" };
    let Token { text, seconds, .. } = token;
    let cookie = format!("{COOKIE}={text}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    let there = [(header::LOCATION, "/".to_owned()), (header::SET_COOKIE, cookie)];
    Ok(never_kept((StatusCode::SEE_OTHER, there).into_response()))
}

/// Whether a browser says that a page of this server sent it; what is no browser says nothing. A browser that says which site
/// a request is from knows by which address it came here, which whoever serves under several would have to guess from `Origin`.
fn from_here(desk: &Desk, headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match said("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => said("origin").is_none_or(|origin| origin == desk.origin),
    }
}

fn never_kept(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    answer
}
