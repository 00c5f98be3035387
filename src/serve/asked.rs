//! What a request asks for, in its address: read by axum, and told as a problem where it cannot be.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// The parts of an address's path.
pub(super) struct At<T>(pub(super) T);

/// The parameters behind its question mark.
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::from_request_parts(parts, state).await;
        // An address with something else in that place is the address of nothing.
        path.map(|Path(parts)| Self(parts))
            .map_err(|_| Problem::not_found("this is the address of nothing here"))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::from_request_parts(parts, state).await;
        query.map(|Query(asked)| Self(asked)).map_err(|_| {
            Problem::bad_request("a parameter behind the `?` is unknown here, is there twice, or has no value that it can have")
                .instead("`/v1/openapi.json` says what each address takes")
        })
    }
}
