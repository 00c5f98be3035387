//! What is told of an agreement, for machines: the documents of the command line's `--json`.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::again::{tagged, written};
use super::asked::{Asked, At};
use super::client::Client;
use super::desk::{Desk, Found};
use super::gate::listed;
use super::newest;
use super::problem::Problem;
use super::site::{ASK_AGAIN, FOR_EVER, kept};
use super::tokens::Caller;
use crate::audit::{StoreSource, replay_until};
use crate::engine::State as Agreement;
use crate::log::Head;
use crate::registry::SubmitError;
use crate::statement::AgreementRef;
use crate::values::Instant;
use crate::view::document::{Facts, KnownAt, Licence, Line, Status};
use crate::view::time;

/// The most entries of one answer.
pub(super) const PAGE: u64 = 256;

/// Instants that may be asked about.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    at: Option<String>,
    known_at: Option<String>,
}

/// The agreements that are kept here.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Agreements {
    /// Each of them, by name.
    agreements: Vec<About>,
}

/// An agreement: what it is, and where its log is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct About {
    /// What every answer begins with.
    #[serde(flatten)]
    facts: Facts,
    /// Where its log is on this server, as C2SP tlog-tiles.
    log: String,
    /// The log's key, as C2SP signed notes name it.
    vkey: String,
}

impl About {
    fn of(found: &Found, now: Instant) -> Self {
        let state = &found.published.state;
        Self {
            facts: Facts::of(state, found.published.head, now),
            log: format!("/a/{}", state.agreement.name),
            vkey: state.log.vkey.clone(),
        }
    }
}

/// A page of an agreement's log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page {
    /// The agreement.
    agreement: AgreementRef,
    /// The log's newest state.
    head: Head,
    /// The entries, in order.
    entries: Vec<Line>,
    /// Where the next page begins; `null` where this is the last one.
    #[schema(required)]
    next: Option<u64>,
}

/// `GET /v1/agreements`.
pub(super) async fn agreements(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
) -> Response {
    let clock = desk.registry.now();
    let found: Vec<Found> =
        desk.names(caller).into_iter().filter_map(|name| desk.find(name.as_str()).ok()).collect();
    let agreements =
        found.iter().map(|found| About::of(found, found.published.state.present(clock))).collect();
    listed(json_answer(&Agreements { agreements }), found.iter().any(|found| found.feed.is_restricted()))
}

/// `GET /v1/agreements/NAME`.
pub(super) async fn agreement(
    State(desk): State<Arc<Desk>>,
    At(name): At<String>,
) -> Result<Response, Problem> {
    let found = desk.find(&name)?;
    Ok(json_answer(&About::of(&found, found.now(&desk))))
}

/// `GET …/licence`: what `license --json` tells.
pub(super) async fn licence(
    State(desk): State<Arc<Desk>>,
    At(name): At<String>,
    Asked(when): Asked<When>,
    Extension(client): Extension<Client>,
) -> Result<Response, Problem> {
    let found = desk.find(&name)?;
    let now = found.now(&desk);
    if when.known_at.is_none() && when.at.is_none() {
        return newest::licence(&found, now);
    }
    let known_at = instant("known_at", when.known_at.as_deref())?;
    if known_at.is_some_and(|at| at > now) {
        return Err(Problem::bad_request(
            "known_at is still to come: nobody knows what the record will show",
        ));
    }
    let at = instant("at", when.at.as_deref())?.or(known_at).unwrap_or(now);
    let state = &*shown(&desk, &found, known_at, client).await?;
    let mut document = Licence::of(state, found.published.head, at).ok_or_else(|| before(state, at))?;
    document.known_at = known_at.map(|at| KnownAt { at, entries: state.size });
    let (text, tag) = written(document, |it| &mut it.facts);
    Ok(tagged(json_text(text), &tag))
}

/// `GET …/status`: what `status --json` tells.
pub(super) async fn status(
    State(desk): State<Arc<Desk>>,
    At(name): At<String>,
    Asked(when): Asked<When>,
    Extension(client): Extension<Client>,
) -> Result<Response, Problem> {
    let found = desk.find(&name)?;
    if when.known_at.is_some() {
        return Err(Problem::bad_request(
            "known_at is a question about the licence; ask the status with `at`",
        ));
    }
    let now = found.now(&desk);
    let at = instant("at", when.at.as_deref())?.unwrap_or(now);
    let past = Some(at).filter(|at| *at < found.published.state.last);
    let state = &*shown(&desk, &found, past, client).await?;
    let status = Status::of(state, found.published.head, at, now);
    let (text, tag) = written(status, |it| &mut it.facts);
    Ok(tagged(json_text(text), &tag))
}

/// Which entries are asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Span {
    from: Option<u64>,
    limit: Option<u64>,
}

/// `GET …/entries?from=&limit=`: a page of the log.
pub(super) async fn entries(
    State(desk): State<Arc<Desk>>,
    At(name): At<String>,
    Asked(Span { from, limit }): Asked<Span>,
    Extension(client): Extension<Client>,
) -> Result<Response, Problem> {
    let found = desk.find(&name)?;
    let (from, limit) = (from.unwrap_or(0), limit.unwrap_or(PAGE));
    if limit == 0 || limit > PAGE {
        return Err(Problem::bad_request(format!("limit is a number from 1 to {PAGE}")));
    }
    let size = found.published.head.size;
    let end = from.saturating_add(limit).min(size);
    let (next, reading) = ((end < size).then_some(end), Arc::clone(&desk));
    let page = desk.reading.run(client, move || {
        let mut entries = Vec::new();
        for read in reading.registry.store().entries(&found.feed.anchor, from.min(end)..end) {
            let (index, bytes) = read?;
            entries.extend(Line::parse(index, &bytes));
        }
        let (agreement, head) = (found.published.state.agreement.clone(), found.published.head);
        Ok::<_, Problem>(json_answer(&Page { agreement, head, entries, next }))
    });
    page.await?
}

/// `GET …/entries/INDEX`: the entry as it is in the log.
pub(super) async fn entry(
    State(desk): State<Arc<Desk>>,
    At((name, index)): At<(String, u64)>,
) -> Result<Response, Problem> {
    let found = desk.find(&name)?;
    let bytes = desk.registry.store().entry(&found.feed.anchor, index)?;
    let bytes = bytes.ok_or_else(|| Problem::not_found(format!("the log has no entry {index} yet")))?;
    Ok(kept(FOR_EVER, "application/json", bytes))
}

/// `GET …/entries/INDEX/receipt`: a C2SP tlog-proof against the newest head.
pub(super) async fn receipt(
    State(desk): State<Arc<Desk>>,
    At((name, index)): At<(String, u64)>,
) -> Result<Response, Problem> {
    let found = desk.find(&name)?;
    let receipt = desk.registry.receipt(&found.feed.anchor, index).map_err(|error| match error {
        none @ SubmitError::NoEntry { .. } => Problem::from(none),
        error => Problem::unreadable(&error),
    })?;
    Ok(kept(ASK_AGAIN, "text/plain; charset=utf-8", receipt.to_string()))
}

/// `GET …/ballots/PROCEDURE/CASE/BALLOT/ROUND`: the paper, whose digest a vote signs.
pub(super) async fn paper(
    State(desk): State<Arc<Desk>>,
    At((name, procedure, case, ballot, round)): At<(String, String, u32, String, u32)>,
) -> Result<Response, Problem> {
    let found = desk.find(&name)?;
    let id = format!("{procedure}#{case}/{ballot}#{round}");
    let state = found.published.state.at(found.now(&desk));
    let paper = id.parse().ok().and_then(|id| state.ballot_paper(&id));
    let paper = paper.ok_or_else(|| Problem::not_found("there is no such ballot"))?;
    Ok(kept(ASK_AGAIN, "application/toml", paper))
}

/// An instant that a parameter of this name asks for.
pub(super) fn instant(name: &str, text: Option<&str>) -> Result<Option<Instant>, Problem> {
    let Some(text) = text else { return Ok(None) };
    time::parse(text).map(Some).map_err(|why| {
        let problem = Problem::bad_request(format!("`{name}` is `{text}`: {why}"));
        // What is meant as `+` is read as a space.
        if text.contains(' ') {
            problem.instead("write the `+` of an offset as `%2B`, or name the instant with `Z`")
        } else {
            problem
        }
    })
}

/// The state as the record showed it at an instant that is asked for, else as it shows it now.
async fn shown<'a>(
    desk: &Arc<Desk>,
    found: &'a Found,
    at: Option<Instant>,
    client: Client,
) -> Result<Cow<'a, Agreement>, Problem> {
    match at {
        None => Ok(Cow::Borrowed(&found.published.state)),
        Some(at) => state_at(desk, found, at, client).await.map(Cow::Owned),
    }
}

/// The state as the record showed it at an instant. One before the last entry is replayed, signatures and all, which
/// nobody may ask of the server as often as they like.
async fn state_at(
    desk: &Arc<Desk>,
    found: &Found,
    at: Instant,
    client: Client,
) -> Result<Agreement, Problem> {
    let published = &found.published.state;
    if at >= published.last {
        return Ok(published.at(at).into_owned());
    }
    let (replaying, anchor) = (Arc::clone(desk), found.feed.anchor);
    let past = desk.thinking.run(client, move || {
        let source = StoreSource { store: replaying.registry.store(), anchor };
        replay_until(&source, |_, time| time <= at)
    });
    let past = past.await?.map_err(|error| Problem::unreadable(&error))?;
    Ok(past.ok_or_else(|| before(published, at))?.at(at).into_owned())
}

pub(super) fn before(state: &Agreement, at: Instant) -> Problem {
    Problem::not_found(format!(
        "at {at} there was no agreement {} yet: it was opened at {}",
        state.agreement.name, state.opened
    ))
}

fn json_answer(document: &impl Serialize) -> Response {
    json_text(json(document).into())
}

pub(super) fn json(document: &impl Serialize) -> String {
    // Nothing that JSON could not write.
    serde_json::to_string(document).unwrap_or_default()
}

pub(super) fn json_text(document: Bytes) -> Response {
    kept(ASK_AGAIN, "application/json", document)
}
