//! Taking statements. The envelope comes first, alone or before its documents, so that nobody's documents are received
//! for a statement that would not be taken.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use tokio::sync::SemaphorePermit;
use utoipa::ToSchema;

use super::client::Client;
use super::desk::Desk;
use super::gate::until_told;
use super::kinds;
use super::parcel::{MAX_FORM, Parcel};
use super::problem::Problem;
use super::quota::Coming;
use super::room::Growing;
use super::work::blocking;
use crate::registry::{Receipted, Signed, Submission};
use crate::statement::{AgreementRef, Body as Says, Entry, Envelope};
use crate::values::Instant as Moment;

/// The most bytes of an envelope: an entry holds it, and JSON may write its characters longer.
pub(super) const MAX_ENVELOPE: usize = 2 * Entry::MAX_BYTES;

/// The refusal of a statement of an agreement that is not kept here, or of which its signers may not know.
const UNKNOWN_AGREEMENT: &str = "unknown-agreement";

/// The most signatures of an envelope that are checked over the network: more than any panel has who sign one statement.
const MOST_SIGNATURES: usize = 64;

/// An envelope with so many is checked at once; one with more waits for its turn.
const FEW_SIGNATURES: usize = 8;

/// The part of the places for submissions that one address may hold while its documents come: they take time.
const SHARE: usize = 8;

/// Takes a statement: `application/json`, which is the envelope, or `multipart/form-data` with the part `envelope` first
/// and a part `document` for each document, salt and content.
pub(super) async fn submit(
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Response {
    // A task of its own: whoever hangs up gives back neither the place nor the room that the statement takes as long as it
    // waits for the writer, and a statement that is taken is followed to its end.
    let taking = Arc::clone(&desk);
    let taken = tokio::spawn(async move {
        let mut came = tokio::time::Instant::now();
        let taken = take(&taking, client, request, &mut came).await;
        (taken, came)
    });
    let (taken, came) = taken.await.unwrap_or_else(|ended| {
        tracing::error!(%ended, "a submission was not taken to its end");
        let failed = Problem::failed("what has become of the statement cannot be told")
            .instead("submit the same statement again; it is taken once, however often it is submitted");
        (Err(failed), tokio::time::Instant::now())
    });
    match taken {
        Ok(receipted) => {
            desk.metrics.submitted(if receipted.known { "known" } else { "admitted" });
            receipted_json(&desk, &receipted)
        }
        Err(problem) => {
            desk.metrics.submitted(problem.name());
            let not_there = problem.name() == UNKNOWN_AGREEMENT;
            let answer = problem.into_response();
            if not_there {
                until_told(came).await;
            }
            answer
        }
    }
}

/// What came, as far as it was looked at.
enum Came<'a> {
    /// The log has the statement already.
    Known(Box<Receipted>),
    /// It is for the log to say whether it is taken.
    New { signed: Box<Signed>, place: SemaphorePermit<'a>, coming: Option<Coming>, room: Option<Growing> },
}

/// Takes what comes; `came` is when all of the envelope was here and checked.
async fn take(
    desk: &Arc<Desk>,
    client: Client,
    request: Request,
    came: &mut tokio::time::Instant,
) -> Result<Receipted, Problem> {
    desk.may_submit(client)?;
    let (signed, coming, _until_taken) = match receive(desk, client, request, came).await? {
        Came::Known(receipted) => return Ok(*receipted),
        Came::New { signed, place, coming, room } => (signed, coming, (place, room)),
    };
    let keys: Vec<_> = signed.keys().collect();
    let opens = opens(&signed);
    // Until it is there, and counts.
    let _opening = if opens { Some(desk.may_open().await?) } else { None };
    let taken = desk.registry.take(*signed).await;
    if opens {
        let opened = Arc::clone(desk);
        // Should it fail, the agreement is there after a new start.
        let _ = blocking(move || opened.follow_all()).await;
    }
    let receipted = taken?;
    if !receipted.known {
        for key in keys {
            desk.signs.count(key, Instant::now());
        }
    }
    // Whoever has the receipt finds that whom it lets in can read, and whom it dismisses cannot.
    let feed = desk.look(&receipted.anchor);
    // Until the entry tells of its documents, their room is taken.
    if let Some((feed, coming)) = feed.zip(coming) {
        feed.until_counted(receipted.index, coming);
    }
    Ok(receipted)
}

/// Reads what is submitted, by a time.
async fn receive<'a>(
    desk: &'a Arc<Desk>,
    client: Client,
    request: Request,
    came: &mut tokio::time::Instant,
) -> Result<Came<'a>, Problem> {
    let by = tokio::time::Instant::now() + desk.limits.body;
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let most = match kind.as_str() {
        "application/json" => MAX_ENVELOPE,
        _ => desk.limits.documents.saturating_add(MAX_FORM),
    };
    announced(&request, most)?;
    match kind.as_str() {
        "application/json" => {
            let bytes = in_time(by, body(request.into_body())).await?;
            let signed = signed(desk, client, &bytes, came).await?;
            if let Some(known) = known(desk, &signed)? {
                return Ok(Came::Known(Box::new(known)));
            }
            // Whether it is taken the log says alone: there are no documents to keep out.
            may_sign(desk, &signed)?;
            Ok(Came::New { signed: Box::new(signed), place: place(desk)?, coming: None, room: None })
        }
        "multipart/form-data" => {
            let (mut parcel, bytes) = in_time(by, Parcel::open(request)).await?;
            let signed = signed(desk, client, &bytes, came).await?;
            let of_here = desk.registry.is_of_here(&signed);
            let came = in_time(by, documents(desk, client, &mut parcel, signed)).await;
            if of_here && !matches!(came, Ok(Came::New { .. })) {
                let _ = tokio::time::timeout_at(by, parcel.drain(desk)).await;
            }
            came
        }
        _ => Err(Problem::new(
            &kinds::MEDIA_TYPE,
            "a statement comes as application/json, or with its documents as multipart/form-data",
        )),
    }
}

/// The documents of a statement, once it is known that it would be taken with them.
async fn documents<'a>(
    desk: &'a Desk,
    client: Client,
    parcel: &mut Parcel,
    mut signed: Signed,
) -> Result<Came<'a>, Problem> {
    if let Some(known) = known(desk, &signed)? {
        return Ok(Came::Known(Box::new(known)));
    }
    desk.registry.would_take(&signed)?;
    may_sign(desk, &signed)?;
    let most = desk.limits.submissions.div_ceil(SHARE);
    let _share = desk.receives.one_more(client.0, most).ok_or_else(Problem::busy)?;
    let place = place(desk)?;
    let header = signed.statement().header.as_ref();
    let found = header.and_then(|header| desk.find(header.agreement.name.as_str()).ok());
    let mut coming = found.map(|found| found.feed.documents.coming(signed.statement().by.to_string()));
    let mut room = Growing::new(&desk.arriving, client);
    let blobs = parcel.documents(desk, &signed, coming.as_mut(), &mut room).await?;
    signed.brings(blobs);
    Ok(Came::New { signed: Box::new(signed), place, coming, room: Some(room) })
}

async fn in_time<T>(
    by: tokio::time::Instant,
    what: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    tokio::time::timeout_at(by, what).await.map_err(|_| Problem::too_slow())?
}

/// A place among those whose submissions are taken: held by nobody who has still to send an envelope.
fn place(desk: &Desk) -> Result<SemaphorePermit<'_>, Problem> {
    desk.room.try_acquire().map_err(|_| Problem::busy())
}

/// Checks form and signatures; `came` is when that was done, or what came was found to be none. How long it takes anybody decides
/// who signs an envelope often: it is nothing of whether an agreement is here.
async fn signed(
    desk: &Arc<Desk>,
    client: Client,
    envelope: &[u8],
    came: &mut tokio::time::Instant,
) -> Result<Signed, Problem> {
    let text =
        std::str::from_utf8(envelope).map_err(|_| Problem::bad_request("the envelope is not UTF-8"))?;
    let envelope = Envelope::parse(text).map_err(|error| {
        Problem::new(&kinds::BAD_ENVELOPE, error.to_string())
            .instead("send the envelope as `--out` or `log show --envelope` writes it")
    })?;
    let signatures = envelope.signatures.len();
    if signatures > MOST_SIGNATURES {
        let why = format!(
            "the envelope has {signatures} signatures, and over the network at most {MOST_SIGNATURES} are checked"
        );
        return Err(Problem::new(&kinds::BAD_ENVELOPE, why)
            .instead("send it with those signatures alone that the statement needs"));
    }
    let submission = Submission::of(envelope);
    let checked = if signatures <= FEW_SIGNATURES {
        desk.registry.check(submission)
    } else {
        let checking = Arc::clone(desk);
        let checked = desk.checking.run(client, move || checking.registry.check(submission)).await;
        checked.map_err(|why| if why.name() == kinds::BUSY.name { Problem::busy() } else { why })?
    };
    *came = tokio::time::Instant::now();
    let mut signed = checked?;
    // A statement's signatures show whose keys these are, as a token does.
    if !desk.signed_by_a_reader(&signed) {
        signed.hide();
    }
    Ok(signed)
}

/// The receipt of a statement that the log has already. One that would open an agreement goes no further where nobody may over
/// the network.
fn known(desk: &Desk, signed: &Signed) -> Result<Option<Receipted>, Problem> {
    let known = desk.registry.known(signed)?;
    if known.is_none() && !desk.openings && opens(signed) {
        return Err(Problem::new(&kinds::NO_OPENINGS, kinds::NO_OPENINGS.means)
            .instead("ask its operator to open the agreement, or to serve with --openings"));
    }
    Ok(known)
}

fn opens(signed: &Signed) -> bool {
    matches!(signed.statement().body, Says::Open(_))
}

/// That none of the keys signs more often than one may: a key that somebody has stolen, or whose holder is angry, fills no
/// log. What is counted is what the log takes, so that nobody uses up the allowance of others by sending what they signed.
fn may_sign(desk: &Desk, signed: &Signed) -> Result<(), Problem> {
    let now = Instant::now();
    for key in signed.keys() {
        let may = desk.signs.may(&key, now);
        may.map_err(|wait| desk.limited("statements", "this key signs more often than one may", wait))?;
    }
    Ok(())
}

/// That a request does not say itself that it is longer than what is taken: nobody waits for all of it then.
fn announced(request: &Request, most: usize) -> Result<(), Problem> {
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
    let time = receipted.receipt.extra.as_deref().and_then(Entry::time_of);
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
