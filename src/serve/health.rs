//! For whoever operates it: whether it lives, and whether it takes statements.

use std::sync::Arc;

use axum::extract::State;

use super::desk::Desk;
use super::kinds;
use super::problem::{Problem, read_only};

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// Statements are taken. Each agreement to which nothing can be added is named; where there is no other, none are taken.
pub(super) async fn ready(State(desk): State<Arc<Desk>>) -> Result<String, Problem> {
    if desk.registry.is_stopped() {
        return Err(Problem::new(&kinds::STOPPED, "storage has failed"));
    }
    if desk.room.available_permits() == 0 {
        return Err(Problem::busy());
    }
    // Of a restricted agreement nobody here learns that it is there.
    let agreements: Vec<_> =
        desk.registry.agreements().into_iter().filter(|(_, name)| desk.is_public(name)).collect();
    let mut shut = Vec::new();
    for (anchor, name) in &agreements {
        let why = desk.registry.read_only(anchor)?;
        shut.extend(why.map(|why| format!("read-only: {name}: {}\n", read_only(why))));
    }
    if !shut.is_empty() && shut.len() == agreements.len() && !desk.openings {
        return Err(Problem::new(&kinds::READ_ONLY, shut.concat().trim_end()));
    }
    Ok(format!("ready\n{}", shut.concat()))
}
