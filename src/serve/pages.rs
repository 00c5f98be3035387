//! Pages for people with a browser: finds what a page needs, and says how the page may be used.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64ct::{Base64, Encoding as _};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::again::{tag, tagged};
use super::asked::{Asked, At};
use super::client::Client;
use super::desk::{Desk, Found};
use super::gate::listed;
use super::problem::Problem;
use super::reports::{self, no_case};
use super::site::{ASK_AGAIN, FOR_EVER};
use super::tokens::Caller;
use crate::engine::State as Agreement;
use crate::page::{self, About, Line, Shown, Signed, assets};
use crate::report::Format;
use crate::statement::{CaseRef, Checked, Entry};
use crate::store::StoreError;
use crate::values::Instant;

/// What a page may do: nothing but use this server's own style, scripts, pictures and answers.
macro_rules! policy {
    (forms go to $whom:literal) => {
        concat!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; ",
            "frame-ancestors 'none'; form-action ",
            $whom
        )
    };
}

pub(super) const POLICY: &str = policy!(forms go to "'none'");

/// The same for a page with a form that goes to this server alone.
pub(super) const WITH_FORM: &str = policy!(forms go to "'self'");

/// The same for what is nothing but text or a picture.
pub(super) const NOTHING: &str =
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; sandbox";

/// A problem, told on a page.
pub(super) struct Wrong(Problem);

impl<P: Into<Problem>> From<P> for Wrong {
    fn from(problem: P) -> Self {
        Self(problem.into())
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let (status, detail, instead) = self.0.told();
        // What a program asks instead is nothing to a reader, who is shown where the agreements are.
        let instead = instead.filter(|_| status != StatusCode::NOT_FOUND);
        let text = page::problem(status.canonical_reason().unwrap_or("Problem"), detail, instead);
        let mut answer = html(text, POLICY);
        *answer.status_mut() = status;
        self.0.set_retry(answer.headers_mut());
        answer
    }
}

/// What a page is asked for, of which a fault is told on a page.
pub(super) struct OnPage<T>(pub(super) T);

impl<S: Send + Sync, T: FromRequestParts<S, Rejection = Problem>> FromRequestParts<S> for OnPage<T> {
    type Rejection = Wrong;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Wrong> {
        T::from_request_parts(parts, state).await.map(Self).map_err(Wrong)
    }
}

/// An agreement, with everything that time alone has brought by now.
struct Now {
    found: Found,
    /// Its state, where time alone has moved it since its last entry.
    later: Option<Agreement>,
    at: Instant,
}

impl Now {
    fn of(desk: &Desk, name: &str) -> Result<Self, Wrong> {
        let found = desk.find(name)?;
        let at = found.now(desk);
        let later = match found.published.state.at(at) {
            Cow::Borrowed(_) => None,
            Cow::Owned(later) => Some(later),
        };
        Ok(Self { found, later, at })
    }

    fn state(&self) -> &Agreement {
        self.later.as_ref().unwrap_or(&self.found.published.state)
    }

    fn about(&self, desk: &Desk) -> Result<About<'_>, Wrong> {
        let read_only = desk.registry.read_only(&self.found.feed.anchor)?;
        Ok(About { state: self.state(), head: self.found.published.head, at: self.at, read_only })
    }

    /// The page of an agreement, with a tag: of what it says but as of when, and of the minute, so that it is not as of long ago.
    fn page(&self, text: String) -> Response {
        let told = page::without_as_of(&text, self.at);
        let tag = tag(self.found.published.head.size, &[told.as_bytes(), &self.minute()].concat());
        tagged(html(text, POLICY), &tag)
    }

    fn minute(&self) -> [u8; 8] {
        (self.at.unix() / 60).to_be_bytes()
    }

    /// The lines of entries below an index, the newest first.
    async fn lines(
        &self,
        desk: &Arc<Desk>,
        client: Client,
        before: u64,
        most: u64,
    ) -> Result<Vec<Line>, Wrong> {
        let (reading, anchor) = (Arc::clone(desk), self.found.feed.anchor);
        let read = desk.reading.run(client, move || {
            let entries = reading.registry.store().entries(&anchor, before.saturating_sub(most)..before);
            let lines = entries.map(|read| read.map(|(index, bytes)| Line::read(index, &bytes)));
            lines.collect::<Result<Vec<Line>, StoreError>>()
        });
        let mut lines = read.await??;
        lines.reverse();
        Ok(lines)
    }
}

/// `GET /`.
pub(super) async fn agreements(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Wrong> {
    let all: Vec<Now> =
        desk.names(caller).iter().filter_map(|name| Now::of(&desk, name.as_str()).ok()).collect();
    let restricted = all.iter().any(|now| now.found.feed.is_restricted());
    let all: Vec<About<'_>> = all.iter().map(|now| now.about(&desk)).collect::<Result<_, _>>()?;
    Ok(listed(html(page::agreements(&all), POLICY), restricted))
}

/// How many entries the page of an agreement shows.
const NEWEST: u64 = 5;

/// `GET /agreements/NAME`.
pub(super) async fn agreement(
    State(desk): State<Arc<Desk>>,
    OnPage(At(name)): OnPage<At<String>>,
    Extension(client): Extension<Client>,
) -> Result<Response, Wrong> {
    let now = Now::of(&desk, &name)?;
    let newest = now.lines(&desk, client, now.found.published.head.size, NEWEST).await?;
    Ok(now.page(page::agreement(&now.about(&desk)?, &newest)))
}

/// `GET …/grants/GRANT`.
pub(super) async fn grant(
    State(desk): State<Arc<Desk>>,
    OnPage(At((name, grant))): OnPage<At<(String, String)>>,
) -> Result<Response, Wrong> {
    let now = Now::of(&desk, &name)?;
    let page = page::grant(&now.about(&desk)?, &grant);
    Ok(now.page(page.ok_or_else(|| Problem::not_found("there is no such right or term"))?))
}

/// `GET …/workflow`.
pub(super) async fn workflow(
    State(desk): State<Arc<Desk>>,
    OnPage(At(name)): OnPage<At<String>>,
) -> Result<Response, Wrong> {
    let now = Now::of(&desk, &name)?;
    Ok(now.page(page::workflow(&now.about(&desk)?)))
}

/// `GET …/cases/PROCEDURE/NUMBER`.
pub(super) async fn case(
    State(desk): State<Arc<Desk>>,
    OnPage(At((name, procedure, number))): OnPage<At<(String, String, String)>>,
) -> Result<Response, Wrong> {
    let now = Now::of(&desk, &name)?;
    let case = case_ref(&procedure, &number)?;
    let page = page::case(&now.about(&desk)?, &case);
    Ok(now.page(page.ok_or_else(no_case)?))
}

/// `GET …/cases/PROCEDURE/NUMBER/report`: the very bytes of `quorate report --format html`.
pub(super) async fn report(
    State(desk): State<Arc<Desk>>,
    OnPage(At((name, procedure, number))): OnPage<At<(String, String, String)>>,
    Extension(client): Extension<Client>,
) -> Result<Response, Wrong> {
    let (found, id) = (desk.find(&name)?, case_ref(&procedure, &number)?);
    let (size, working) = (found.published.head.size, Arc::clone(&desk));
    let made = desk.thinking.run(client, move || reports::made(&working, &found, &id, None, None)).await??;
    let report = made.write(Format::Html);
    let (policy, tag) = (of_style(&report), tag(size, report.as_bytes()));
    Ok(tagged(html(report, &policy), &tag))
}

/// The policy of a page that carries its own style and nothing else.
pub(super) fn of_style(page: &str) -> String {
    let style = page.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>"));
    let digest = Sha256::digest(style.map_or("", |(style, _)| style).as_bytes());
    let hash = Base64::encode_string(&digest);
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
    )
}

fn case_ref(procedure: &str, number: &str) -> Result<CaseRef, Wrong> {
    format!("{procedure}#{number}").parse().map_err(|_| no_case().into())
}

/// Which entries are shown.
#[derive(Debug, Deserialize)]
pub(super) struct Before {
    before: Option<String>,
}

/// `GET …/entries?before=`.
pub(super) async fn entries(
    State(desk): State<Arc<Desk>>,
    OnPage(At(name)): OnPage<At<String>>,
    OnPage(Asked(Before { before })): OnPage<Asked<Before>>,
    Extension(client): Extension<Client>,
) -> Result<Response, Wrong> {
    let now = Now::of(&desk, &name)?;
    let size = now.found.published.head.size;
    // What is no number is no place in the log: the newest are shown.
    let before = before.and_then(|before| before.parse().ok()).unwrap_or(size).clamp(1, size.max(1));
    let lines = now.lines(&desk, client, before, page::PAGE).await?;
    Ok(now.page(page::record(&now.about(&desk)?, &lines, before.saturating_sub(page::PAGE))))
}

/// `GET …/entries/INDEX`.
pub(super) async fn entry(
    State(desk): State<Arc<Desk>>,
    OnPage(At((name, index))): OnPage<At<(String, String)>>,
) -> Result<Response, Wrong> {
    let now = Now::of(&desk, &name)?;
    let none = || Problem::not_found("the log has no such entry yet");
    let index: u64 = index.parse().map_err(|_| none())?;
    let size = now.found.published.head.size;
    let bytes = desk.registry.store().entry(&now.found.feed.anchor, index)?;
    let bytes = bytes.filter(|_| index < size).ok_or_else(none)?;
    let read =
        Entry::parse(&bytes).ok().and_then(|entry| Some((entry.time, entry.envelope.into_checked().ok()?)));
    let (time, checked) = read.ok_or_else(|| {
        tracing::error!(index, "an entry does not pass");
        Problem::failed("this entry cannot be read; its operator has been told")
    })?;
    Ok(now.page(page::entry(&now.about(&desk)?, &shown(&now, index, time, &checked))))
}

fn shown(now: &Now, index: u64, time: Instant, checked: &Checked) -> Shown {
    let signatures = checked.signers().iter().zip(&checked.envelope().signatures);
    let signatures = signatures.map(|(key, signature)| Signed {
        key: signature.key.clone(),
        holders: now.found.feed.named_for(key),
        sig: signature.sig.clone(),
    });
    Shown {
        index,
        time,
        text: checked.text().to_owned(),
        statement: checked.statement().clone(),
        signatures: signatures.collect(),
    }
}

/// `GET /assets/FILE`.
pub(super) async fn asset(At(file): At<String>) -> Result<Response, Problem> {
    let asset = assets::named(&file).ok_or_else(|| Problem::not_found("there is no such file"))?;
    let headers = [
        (header::CONTENT_TYPE, asset.kind),
        (header::CACHE_CONTROL, FOR_EVER),
        (header::CONTENT_SECURITY_POLICY, NOTHING),
    ];
    Ok((headers, asset.content).into_response())
}

/// Which status a badge shows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfGrant {
    grant: String,
    attribute: Option<String>,
}

/// `GET /v1/agreements/NAME/badge.svg?grant=&attribute=`.
pub(super) async fn badge(
    State(desk): State<Arc<Desk>>,
    At(name): At<String>,
    Asked(OfGrant { grant, attribute }): Asked<OfGrant>,
) -> Result<Response, Problem> {
    let now = Now::of(&desk, &name).map_err(|wrong| wrong.0)?;
    let about = now.about(&desk).map_err(|wrong| wrong.0)?;
    let badge = page::badge(&about, &grant, attribute.as_deref());
    let badge = badge.ok_or_else(|| Problem::not_found("there is no such right or term"))?;
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        // As old as a page may be that shows it.
        (header::CACHE_CONTROL, "public, max-age=60"),
        (header::CONTENT_SECURITY_POLICY, NOTHING),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    Ok((headers, badge).into_response())
}

/// What is at no address.
pub(super) async fn nothing(headers: HeaderMap) -> Response {
    told(Problem::not_found("there is nothing at this address"), &headers)
}

/// A problem: a page for a browser, a problem document for a program.
pub(super) fn told(problem: Problem, headers: &HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/html") { Wrong(problem).into_response() } else { problem.into_response() }
}

/// A page, which may do what a policy says.
pub(super) fn html(text: impl Into<Body>, policy: &str) -> Response {
    let mut answer = (StatusCode::OK, text.into()).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(ASK_AGAIN));
    // With less a browser does not say whose page a form comes from (`Origin: null`), and nobody could sign in.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if let Ok(policy) = policy.parse() {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    answer
}
