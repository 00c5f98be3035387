//! Taking statements. The envelope comes first, alone or before its documents, so that nobody's documents are received
//! for a statement that would not be taken.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Extension, FromRequest as _, Multipart, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::client::Client;
use super::desk::Desk;
use super::kinds;
use super::problem::Problem;
use super::quota::Coming;
use crate::registry::{Receipted, Signed, Submission};
use crate::statement::{AgreementRef, Blob, Body as Says, Entry, Envelope, Statement, attachments};
use crate::values::{Digest, Instant as Moment};

/// The most bytes of an envelope: an entry holds it, and JSON may write its characters longer.
const MAX_ENVELOPE: usize = 2 * Entry::MAX_BYTES;

/// What a form has beside its documents: the envelope, and what stands around each part.
const MAX_FORM: usize = MAX_ENVELOPE + 1024 * 1024;

/// Takes a statement: `application/json`, which is the envelope, or `multipart/form-data` with the part `envelope` first
/// and a part `document` for each document, salt and content.
pub(super) async fn submit(
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Response {
    match take(&desk, client, request).await {
        Ok(receipted) => {
            desk.metrics.submitted(if receipted.known { "known" } else { "admitted" });
            receipted_json(&desk, &receipted)
        }
        Err(problem) => {
            desk.metrics.submitted(problem.name());
            problem.into_response()
        }
    }
}

async fn take(desk: &Arc<Desk>, client: Client, request: Request) -> Result<Receipted, Problem> {
    desk.may_submit(client)?;
    let Ok(_room) = desk.room.try_acquire() else { return Err(Problem::busy()) };
    let came = tokio::time::timeout(desk.limits.body, receive(desk, request)).await;
    let (signed, _coming) = came.map_err(|_| Problem::too_slow())??;
    let receipted = desk.registry.take(signed).await?;
    // The first entry opened the agreement.
    if receipted.index == 0 {
        let opened = Arc::clone(desk);
        // Should it fail, the agreement is there after a new start.
        let _ = tokio::task::spawn_blocking(move || opened.follow_all()).await;
    }
    // Whoever has the receipt finds that whom it lets in can read, and whom it dismisses cannot.
    desk.look(&receipted.anchor);
    Ok(receipted)
}

/// Checks form and signatures, and that none of the keys signs more often than one may: a key that somebody has stolen, or
/// whose holder is angry, fills no log.
fn signed(desk: &Desk, submission: Submission) -> Result<Signed, Problem> {
    let mut signed = desk.registry.check(submission)?;
    let now = Instant::now();
    for key in signed.keys() {
        let may = desk.signs.take(key, now);
        may.map_err(|wait| desk.limited("statements", "this key signs more often than one may", wait))?;
    }
    // A statement's signatures show whose keys these are, as a token does.
    if !desk.signed_by_a_reader(&signed) {
        signed.hide();
    }
    Ok(signed)
}

/// What is submitted, and the room that its documents have taken until its entry tells of them.
async fn receive(desk: &Desk, request: Request) -> Result<(Signed, Option<Coming>), Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let most = match kind.as_str() {
        "application/json" => MAX_ENVELOPE,
        _ => desk.limits.documents.saturating_add(MAX_FORM),
    };
    may_be_long(&request, most)?;
    match kind.as_str() {
        "application/json" => {
            let bytes = body(request.into_body()).await?;
            let envelope = envelope(&bytes)?;
            // Whether it is taken the log says alone: there are no documents to keep out.
            may_open(desk, Statement::parse(&envelope.statement).ok().as_ref())?;
            Ok((signed(desk, Submission::of(envelope))?, None))
        }
        "multipart/form-data" => {
            let parts = Multipart::from_request(request, &()).await;
            parcel(desk, parts.map_err(|error| Problem::bad_request(error.body_text()))?).await
        }
        _ => Err(Problem::new(
            &kinds::MEDIA_TYPE,
            "a statement comes as application/json, or with its documents as multipart/form-data",
        )),
    }
}

/// That a request does not say itself that it is longer than what is taken: nobody waits for all of it then.
fn may_be_long(request: &Request, most: usize) -> Result<(), Problem> {
    let said = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    match said.and_then(|length| length.parse::<u64>().ok()) {
        Some(said) if said > most as u64 => Err(Problem::too_long(format!(
            "a body of {said} bytes is announced, and one like this has at most {most}"
        ))),
        _ => Ok(()),
    }
}

async fn body(body: Body) -> Result<Vec<u8>, Problem> {
    let long =
        || Problem::too_long(format!("the envelope was cut off, or has more than {MAX_ENVELOPE} bytes"));
    to_bytes(body, MAX_ENVELOPE).await.map(Into::into).map_err(|_| long())
}

fn envelope(bytes: &[u8]) -> Result<Envelope, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::bad_request("the envelope is not UTF-8"))?;
    Envelope::parse(text).map_err(|error| {
        Problem::new(&kinds::BAD_ENVELOPE, error.to_string())
            .instead("send the envelope as `--out` or `log show --envelope` writes it")
    })
}

/// That a statement opens no agreement where nobody may over the network.
fn may_open(desk: &Desk, statement: Option<&Statement>) -> Result<(), Problem> {
    if !desk.openings && statement.is_some_and(|it| matches!(it.body, Says::Open(_))) {
        return Err(Problem::new(&kinds::NO_OPENINGS, kinds::NO_OPENINGS.means)
            .instead("ask its operator to open the agreement, or to serve with --openings"));
    }
    Ok(())
}

/// The parts in their order: what comes is bounded before it is kept.
async fn parcel(desk: &Desk, mut parts: Multipart) -> Result<(Signed, Option<Coming>), Problem> {
    let first = parts.next_field().await.map_err(|error| cut_off(&error))?;
    let first = first.filter(|part| part.name() == Some("envelope"));
    let first = first.ok_or_else(|| Problem::bad_request("the first part is to be `envelope`"))?;
    let envelope = envelope(&part(first, MAX_ENVELOPE).await?)?;
    let statement = Statement::parse(&envelope.statement);
    may_open(desk, statement.as_ref().ok())?;
    let mut signed = signed(desk, Submission::of(envelope))?;
    desk.registry.would_take(&signed)?;
    let statement = statement.map_err(|error| Problem::bad_request(error.to_string()))?;
    let mut wanted: Vec<_> = attachments(&statement.body).into_values().collect();
    let (mut blobs, mut left) = (Vec::new(), desk.limits.documents);
    let feed = statement.header.as_ref().and_then(|header| desk.find(header.agreement.name.as_str()).ok());
    let mut coming = feed.map(|found| found.feed.documents.coming(statement.by.to_string()));
    while let Some(next) = parts.next_field().await.map_err(|error| cut_off(&error))? {
        if next.name() != Some("document") {
            return Err(Problem::bad_request("every part after the first is to be a `document`"));
        }
        let bytes = part(next, desk.limits.document.min(left)).await?;
        left -= bytes.len();
        let digest = Digest::of(&bytes);
        let Some(place) = wanted.iter().position(|named| *named == digest) else {
            return Err(Problem::bad_request(format!(
                "the document {digest} is none that the statement names"
            ))
            .instead(
                "send each document that it names once, its salt first, as `FILE.documents/` holds them",
            ));
        };
        let named = wanted.swap_remove(place);
        // What is here already takes no more room.
        let new = desk.registry.store().blob_size(&digest)?.is_none();
        let fits = |coming: &mut Coming| coming.one_more(bytes.len() as u64, desk.limits.quota);
        if new && !coming.as_mut().is_none_or(fits) {
            desk.metrics.limited("documents");
            return Err(Problem::new(&kinds::QUOTA, kinds::QUOTA.means)
                .instead("file less, or ask the operator for more room"));
        }
        blobs.extend(Blob::open(bytes, &named));
    }
    signed.brings(blobs);
    Ok((signed, coming))
}

async fn part(mut field: Field<'_>, most: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| cut_off(&error))? {
        if bytes.len() + chunk.len() > most {
            return Err(Problem::too_long(format!("a part has more than the {most} bytes that it can have")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn cut_off(error: &MultipartError) -> Problem {
    Problem::bad_request(error.body_text())
}

/// A statement that was taken: it is in the log, on stable storage.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Taken {
    /// The agreement.
    #[schema(required)]
    agreement: Option<AgreementRef>,
    /// Its index in the log, from 0.
    entry: u64,
    /// Whether the log had it already.
    known: bool,
    /// When the log took it.
    #[schema(required)]
    time: Option<Moment>,
    /// Its receipt against the log's newest head, a C2SP tlog-proof.
    receipt: String,
}

fn receipted_json(desk: &Desk, receipted: &Receipted) -> Response {
    let time =
        receipted.receipt.extra.as_deref().and_then(|bytes| Entry::parse(bytes).ok()).map(|entry| entry.time);
    let agreement = desk.registry.agreement(&receipted.anchor).map(|it| it.state.agreement.clone());
    let answer = Taken {
        agreement,
        entry: receipted.index,
        known: receipted.known,
        time,
        receipt: receipted.receipt.to_string(),
    };
    let status = if receipted.known { StatusCode::OK } else { StatusCode::CREATED };
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    // Nothing that JSON could not write.
    (status, headers, serde_json::to_string(&answer).unwrap_or_default()).into_response()
}
