//! What can go wrong, once each: its stable name, its status, and what it means.

use axum::http::StatusCode;

/// A way to go wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// The status of its answer.
    pub(super) status: StatusCode,
    /// Its stable name, the last part of a problem's `type`.
    pub(super) name: &'static str,
    /// What it means.
    pub(super) means: &'static str,
    /// Whether its answer says when to come again.
    pub(super) again: bool,
}

const fn kind(status: StatusCode, name: &'static str, means: &'static str) -> Kind {
    let again = matches!(
        status,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    );
    Kind { status, name, means, again }
}

pub(super) const BAD_REQUEST: Kind =
    kind(StatusCode::BAD_REQUEST, "bad-request", "a parameter or the body is none that is taken here");
pub(super) const NO_OPENINGS: Kind =
    kind(StatusCode::FORBIDDEN, "no-openings", "this server opens no agreements over the network");
pub(super) const BAD_TOKEN: Kind =
    kind(StatusCode::UNAUTHORIZED, "bad-token", "the token is none of this server's, or is over");
pub(super) const BAD_CHALLENGE: Kind = kind(
    StatusCode::FORBIDDEN,
    "bad-challenge",
    "the challenge is none of this server's, is over, or was used",
);
pub(super) const BAD_SIGNATURE: Kind =
    kind(StatusCode::FORBIDDEN, "bad-signature", "the signature is not one over this challenge");
pub(super) const TIER: Kind =
    kind(StatusCode::FORBIDDEN, "tier", "the document is of a tier that others may read");
pub(super) const NO_AGREEMENT: Kind =
    kind(StatusCode::NOT_FOUND, "no-agreement", "no agreement of this name can be seen here");
pub(super) const NOT_FOUND: Kind = kind(StatusCode::NOT_FOUND, "not-found", "what is asked for is not there");
pub(super) const METHOD: Kind =
    kind(StatusCode::METHOD_NOT_ALLOWED, "method", "the address takes another method");
pub(super) const TOO_SLOW: Kind = kind(StatusCode::REQUEST_TIMEOUT, "too-slow", "the request took too long");
pub(super) const TOO_LONG: Kind =
    kind(StatusCode::PAYLOAD_TOO_LARGE, "too-long", "the body was cut off, or is longer than what is taken");
pub(super) const MEDIA_TYPE: Kind =
    kind(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", "a body of this type is not taken");
pub(super) const BAD_ENVELOPE: Kind =
    kind(StatusCode::UNPROCESSABLE_ENTITY, "bad-envelope", "the envelope is not in the one exact form");
pub(super) const REFUSED: Kind = kind(
    StatusCode::UNPROCESSABLE_ENTITY,
    "RULE",
    "the log refuses the statement by this rule (docs/refusals.md), and may sign that in `note`",
);
pub(super) const QUOTA: Kind = kind(
    StatusCode::PAYLOAD_TOO_LARGE,
    "quota",
    "the documents of the agreement, or of whoever files them, have no room left for these",
);
pub(super) const TOO_MANY: Kind =
    kind(StatusCode::TOO_MANY_REQUESTS, "too-many", "somebody asks, or a key signs, more often than one may");
pub(super) const FAILED: Kind =
    kind(StatusCode::INTERNAL_SERVER_ERROR, "failed", "the log cannot be read at the moment");
pub(super) const BUSY: Kind =
    kind(StatusCode::SERVICE_UNAVAILABLE, "busy", "as many such requests as can be answered at a time are");
// Time alone does not mend it.
pub(super) const READ_ONLY: Kind = Kind {
    again: false,
    ..kind(StatusCode::SERVICE_UNAVAILABLE, "read-only", "nothing can be added to this agreement")
};
pub(super) const CLOCK: Kind =
    kind(StatusCode::SERVICE_UNAVAILABLE, "clock", "the log's clock cannot be relied on at the moment");
pub(super) const NO_RECEIPT: Kind = kind(
    StatusCode::SERVICE_UNAVAILABLE,
    "no-receipt",
    "the statement is in the log, and its receipt could not be made",
);
pub(super) const STORAGE: Kind =
    kind(StatusCode::SERVICE_UNAVAILABLE, "storage", "this log cannot store anything at the moment");
pub(super) const STOPPED: Kind =
    kind(StatusCode::SERVICE_UNAVAILABLE, "stopped", "storage has failed, and the process is to end");
