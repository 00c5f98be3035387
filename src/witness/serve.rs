//! HTTP (C2SP tlog-witness): `POST /add-checkpoint` and `GET /<origin hash>/checkpoint`. It translates, never decides.
//!
//! HTTP/1.1 without TLS: a proxy in front of it brings that, the prefix of the addresses, and a limit of connections per
//! client, whom it alone can tell apart. Every wait for a client
//! has a limit, and so have the number of connections and the bytes of a request; signatures are checked and files
//! written beside the threads that serve.

use std::fmt::Display;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;

use crate::log::add_checkpoint::MAX_ADD_CHECKPOINT;
use crate::net::listen;
use crate::values::{Digest, Instant, visible};

use super::desk::{Desk, Now, Running};
use super::judge::{self, Refused, Shows, Submission, nothing};
use super::state::Turned;
use super::{Evidence, Logs, State, WitnessError};

/// What one client may take from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; further ones wait unaccepted.
    pub connections: usize,
    /// How long the head of a request may take, and a connection be idle.
    pub head: Duration,
    /// How long its body may take.
    pub body: Duration,
    /// How long a connection may last; a client opens another.
    pub connection: Duration,
    /// How long a request under way may take after that, and when the witness ends.
    pub end: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            head: Duration::from_secs(15),
            body: Duration::from_secs(15),
            connection: Duration::from_secs(300),
            end: Duration::from_secs(10),
        }
    }
}

impl From<Limits> for listen::Limits {
    fn from(limits: Limits) -> Self {
        let Limits { connections, head, body: _, connection, end } = limits;
        // The proxy in front is the only client that is seen.
        Self { connections, per_address: connections, head, stalled: end, connection: Some(connection), end }
    }
}

/// A witness that can be served.
pub struct Witness {
    /// What it remembers, and its key.
    pub state: State,
    /// The logs that it knows; may be replaced while it serves.
    pub logs: Arc<RwLock<Arc<Logs>>>,
    /// Where it keeps what may convict a log.
    pub evidence: Evidence,
    /// The clock.
    pub now: Box<dyn Fn() -> Instant + Send>,
    /// What one client may take.
    pub limits: Limits,
}

/// What every request needs.
struct Serving {
    desk: Desk,
    logs: Arc<RwLock<Arc<Logs>>>,
    evidence: Evidence,
    body: Duration,
}

/// Serves until `shutdown`: then no more connections are accepted, and requests under way are answered.
///
/// # Errors
/// Storage has failed. By then nothing is answered any more, and the process is to end.
pub async fn run(
    listener: TcpListener,
    witness: Witness,
    shutdown: impl Future<Output = ()>,
) -> Result<(), WitnessError> {
    let Witness { state, logs, evidence, now, limits } = witness;
    let now: Now = now;
    let (desk, running) = Desk::start(state, now)
        .map_err(WitnessError::io("start", std::path::Path::new("the signing thread")))?;
    let Running { thread, mut lost } = running;
    let serving = Arc::new(Serving { desk, logs, evidence, body: limits.body });
    let router = Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{log}/checkpoint", get(checkpoint))
        .with_state(Arc::clone(&serving));
    tokio::select! {
        () = listen::serve(listener, router, limits.into(), shutdown) => {}
        // Dropping the connections ends them, whatever was under way.
        failure = &mut lost => return Err(failure.map_or(WitnessError::Desk, WitnessError::from)),
    }
    // Not sooner: the thread's end, as long as connections are, would be taken for its failure.
    drop(serving);
    // The last way to the thread is gone, so it ends, and lets go of the disk.
    let ended = tokio::task::spawn_blocking(move || thread.join()).await;
    match (ended, lost.try_recv()) {
        (_, Ok(failure)) => Err(failure.into()),
        (Ok(Ok(())), Err(_)) => Ok(()),
        _ => Err(WitnessError::Desk),
    }
}

async fn add_checkpoint(Shared(serving): Shared<Arc<Serving>>, body: Body) -> Response {
    let body = match tokio::time::timeout(serving.body, to_bytes(body, MAX_ADD_CHECKPOINT)).await {
        Err(_) => return text(StatusCode::REQUEST_TIMEOUT, "the request took too long\n".to_owned()),
        Ok(Err(_)) => {
            let most = format!("the request was cut off, or has more than {MAX_ADD_CHECKPOINT} bytes\n");
            return text(StatusCode::PAYLOAD_TOO_LARGE, most);
        }
        Ok(Ok(body)) => body,
    };
    let logs = Arc::clone(&serving.logs.read().unwrap_or_else(PoisonError::into_inner));
    let Ok(read) = tokio::task::spawn_blocking(move || judge::read(&logs, &body)).await else {
        return failed();
    };
    let submission = match read {
        Ok(submission) => submission,
        Err(refused) => {
            tracing::info!(status = refused.status(), why = %shown(&refused), "refused");
            return refusal(&refused);
        }
    };
    let Some(answer) = serving.desk.submit(submission.clone()).await else { return failed() };
    let (origin, size) = (shown(&submission.origin), submission.head.size);
    match answer {
        Ok(signature) => {
            tracing::info!(%origin, size, old = submission.old, "cosigned");
            text(StatusCode::OK, format!("{signature}\n"))
        }
        Err(turned) => {
            let status = turned.refused.status();
            if let Refused::Jump { .. } = turned.refused {
                tracing::error!(why = %shown(&turned.refused), "the clock has jumped: nothing is signed");
            }
            tracing::info!(%origin, size, old = submission.old, status, why = %shown(&turned.refused), "refused");
            let answer = refusal(&turned.refused);
            keep(serving, submission, turned).await;
            answer
        }
    }
}

/// Keeps what convicts the log, or may. What cannot be kept is no reason not to answer.
async fn keep(serving: Arc<Serving>, submission: Submission, turned: Turned) {
    let shows = submission.shows(turned.last.as_deref().map_or_else(nothing, |last| last.head));
    if shows == Shows::Nothing {
        return;
    }
    let (origin, size, root) = (shown(&submission.origin), submission.head.size, submission.head.root);
    let write = move || serving.evidence.keep(&submission, turned.last.as_deref(), shows);
    match tokio::task::spawn_blocking(write).await {
        Ok(Ok(Some(folder))) if shows == Shows::Fork => {
            tracing::error!(%origin, size, %root, evidence = %folder.display(), "the log has signed two histories");
        }
        Ok(Ok(Some(folder))) => {
            tracing::warn!(%origin, size, %root, evidence = %folder.display(), "no proof that the log only grew");
        }
        Ok(Ok(None)) => tracing::warn!(%origin, size, %root, "no room for more evidence of this log"),
        Ok(Err(error)) => tracing::error!(%origin, size, %error, "evidence cannot be kept"),
        Err(error) => tracing::error!(%origin, size, %error, "evidence cannot be kept"),
    }
}

/// A recent checkpoint of a log, with the cosignature that `add-checkpoint` returned.
async fn checkpoint(Shared(serving): Shared<Arc<Serving>>, Path(log): Path<String>) -> Response {
    let hash: Option<Digest> = format!("sha256:{log}").parse().ok();
    match hash.and_then(|hash| serving.desk.last(&hash)) {
        Some(last) => text(StatusCode::OK, last.note.to_string()),
        None => text(StatusCode::NOT_FOUND, "this witness has cosigned no such log\n".to_owned()),
    }
}

/// Words in which a client's own may stand, on one line with nothing in them that a terminal would obey.
fn shown(words: &impl Display) -> String {
    visible(&words.to_string()).replace('\n', "␊")
}

fn refusal(refused: &Refused) -> Response {
    let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = text(status, format!("{}\n", shown(refused)));
    if let Refused::Conflict { .. } = refused {
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/x.tlog.size"));
    }
    answer
}

/// Whatever is not signed for a reason of our own.
fn failed() -> Response {
    text(StatusCode::INTERNAL_SERVER_ERROR, "the witness has failed and signs nothing\n".to_owned())
}

fn text(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response()
}
