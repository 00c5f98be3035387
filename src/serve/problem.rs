//! What goes wrong, as a problem document (RFC 9457), in the words of the command line.

use std::fmt::Display;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::kinds::{self, Kind};
use crate::registry::SubmitError;
use crate::store::StoreError;

/// An answer other than what was asked for.
#[derive(Debug, Clone)]
pub(super) struct Problem(Box<Document>);

/// What went wrong (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Document {
    /// The stable name of what went wrong.
    #[serde(rename = "type")]
    #[schema(pattern = "^urn:quorate:problem:[a-z-]+$")]
    kind: String,
    /// The status in words.
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// Why, in a sentence.
    detail: String,
    /// What to do instead. There where there is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    instead: Option<String>,
    /// A refusal as the log signs it: a signed note, to be kept and checked. There where the log has signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    note: Option<String>,
    /// After how many seconds to come again.
    #[serde(skip)]
    retry: Option<u32>,
}

impl Problem {
    pub(super) fn new(kind: &Kind, detail: impl Into<String>) -> Self {
        Self::named(kind, kind.name, detail)
    }

    fn named(kind: &Kind, name: &str, detail: impl Into<String>) -> Self {
        Self(Box::new(Document {
            kind: format!("urn:quorate:problem:{name}"),
            title: kind.status.canonical_reason().unwrap_or("Problem"),
            status: kind.status.as_u16(),
            detail: detail.into(),
            instead: None,
            note: None,
            retry: kind.again.then_some(30),
        }))
    }

    pub(super) fn instead(mut self, instead: impl Into<String>) -> Self {
        self.0.instead = Some(instead.into());
        self
    }

    fn retry(mut self, seconds: u32) -> Self {
        self.0.retry = Some(seconds);
        self
    }

    /// The same for an agreement that is not here and for one that is not to be seen.
    pub(super) fn no_agreement() -> Self {
        Self::new(&kinds::NO_AGREEMENT, kinds::NO_AGREEMENT.means)
            .instead("GET /v1/agreements lists those that can")
    }

    pub(super) fn not_found(what: impl Into<String>) -> Self {
        Self::new(&kinds::NOT_FOUND, what)
    }

    pub(super) fn bad_request(why: impl Into<String>) -> Self {
        Self::new(&kinds::BAD_REQUEST, why)
    }

    pub(super) fn too_long(why: impl Into<String>) -> Self {
        Self::new(&kinds::TOO_LONG, why)
    }

    pub(super) fn too_slow() -> Self {
        Self::new(&kinds::TOO_SLOW, kinds::TOO_SLOW.means).retry(1)
    }

    /// The stable name of what went wrong.
    pub(super) fn name(&self) -> &str {
        self.0.kind.rsplit(':').next().unwrap_or_default()
    }

    /// Somebody asks more often than one may, and has to wait so long.
    pub(super) fn too_many(what: impl Into<String>, wait: Duration) -> Self {
        let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
        Self::new(&kinds::TOO_MANY, what)
            .instead("come again after the time that `Retry-After` says")
            .retry(seconds)
    }

    pub(super) fn busy() -> Self {
        Self::new(&kinds::BUSY, "as many statements as can be taken at a time are being taken")
            .instead("submit the same statement again; it is taken once, however often it is submitted")
            .retry(1)
    }

    pub(super) fn busy_with_answers() -> Self {
        Self::new(
            &kinds::BUSY,
            "as many questions that take time as can be answered at a time are being answered, or as many long answers sent",
        )
        .instead("ask again, or work it out yourself from the log: the command line does, with --server")
        .retry(2)
    }

    pub(super) fn busy_with_streams() -> Self {
        Self::new(
            &kinds::BUSY,
            "as many streams of events are open as there can be, of this address or of all",
        )
        .instead(
            "end one that you do not need, or ask for the entries now and then: `GET …/entries?from=INDEX`",
        )
    }

    /// Its status, why, and what to do instead.
    pub(super) fn told(&self) -> (StatusCode, &str, Option<&str>) {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, &self.0.detail, self.0.instead.as_deref())
    }

    /// Says when to come again, where that is known.
    pub(super) fn set_retry(&self, headers: &mut HeaderMap) {
        if let Some(seconds) = self.0.retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }

    pub(super) fn failed(why: impl Into<String>) -> Self {
        Self::new(&kinds::FAILED, why)
    }

    /// The log cannot be read, which is for the operator to hear: whoever asks learns nothing of this machine's folders.
    pub(super) fn unreadable(why: &dyn Display) -> Self {
        tracing::error!(%why, "the log cannot be read");
        Self::failed("the log cannot be read at the moment; its operator has been told")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::unreadable(&error)
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        let unavailable = |kind: &Kind, words: String| {
            Self::new(kind, words)
                .instead(
                    "submit the same statement again later; it is taken once, however often it is submitted",
                )
                .retry(30)
        };
        match error {
            SubmitError::Refused { refusal, note } => {
                let mut problem =
                    Self::named(&kinds::REFUSED, refusal.rule, refusal.why).instead(refusal.instead);
                problem.0.note = note;
                problem
            }
            wrong @ SubmitError::NoEntry { .. } => Self::not_found(wrong.to_string()),
            SubmitError::ReadOnly { why, .. } => {
                tracing::warn!(%error, "not taken");
                Self::new(&kinds::READ_ONLY, format!("{}: {}", kinds::READ_ONLY.means, why.words()))
                    .instead("tell its operator, and keep your receipts, which prove what the log has signed")
            }
            SubmitError::ClockBehind { .. } | SubmitError::ClockAhead { .. } => {
                tracing::error!(%error, "not taken");
                unavailable(&kinds::CLOCK, "this log's clock cannot be relied on at the moment".to_owned())
            }
            SubmitError::NoReceipt { index, .. } => {
                tracing::error!(%error, "no receipt");
                let words = format!(
                    "the statement is entry {index}, on stable storage, and its receipt could not be made"
                );
                unavailable(&kinds::NO_RECEIPT, words)
            }
            other => {
                tracing::error!(error = %other, "not taken");
                unavailable(&kinds::STORAGE, "this log cannot store anything at the moment".to_owned())
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, ..) = self.told();
        let body = serde_json::to_string(&self.0).unwrap_or_default();
        let mut answer = (
            status,
            [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")],
            body,
        )
            .into_response();
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §11.6.1.
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        self.set_retry(answer.headers_mut());
        answer
    }
}
