//! For whoever operates it: whether it lives, and whether it takes statements.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};

use super::desk::Desk;
use super::kinds;
use super::problem::Problem;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// Statements are taken.
pub(super) async fn ready(State(desk): State<Arc<Desk>>) -> Response {
    if desk.registry.is_stopped() {
        return Problem::new(&kinds::STOPPED, "storage has failed").into_response();
    }
    if desk.room.available_permits() == 0 {
        return Problem::busy().into_response();
    }
    "ready\n".into_response()
}
