//! For whoever operates it: whether it lives, and whether it takes statements.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use tokio::sync::Mutex;

use super::desk::Desk;
use super::kinds;
use super::problem::Problem;
use crate::store::StoreError;
use crate::values::{Digest, Id};

/// How long what was found of the disk is told again: whoever asks is not counted.
const FRESH: Duration = Duration::from_secs(5);

/// Whether documents can be kept, as it was found last: nothing, or why not.
#[derive(Default)]
pub(super) struct Disk(Mutex<Option<(Instant, Option<String>)>>);

impl Disk {
    /// Why documents cannot be kept; looks again where nobody has just done so.
    async fn full(&self, desk: &Arc<Desk>) -> Option<String> {
        let mut found = self.0.lock().await;
        if let Some((_, why)) = found.as_ref().filter(|(when, _)| when.elapsed() < FRESH) {
            return why.clone();
        }
        let looking = Arc::clone(desk);
        let looked = tokio::task::spawn_blocking(move || looking.registry.takes_documents()).await;
        let why = looked
            .map_err(|ended| ended.to_string())
            .and_then(|looked| looked.map_err(|error| cause(&error)));
        let why = why.err();
        *found = Some((Instant::now(), why.clone()));
        why
    }
}

/// Why, without the names of this machine's folders, which its log has.
fn cause(error: &StoreError) -> String {
    tracing::error!(%error, "documents cannot be kept");
    match error {
        StoreError::Io { source, .. } => source.to_string(),
        _ => "the store has failed".to_owned(),
    }
}

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
    if let Some(why) = desk.disk.full(&desk).await {
        return Err(Problem::new(&kinds::STORAGE, format!("no document can be kept: {why}")));
    }
    // Of a restricted agreement nobody here learns that it is there.
    let agreements: Vec<_> =
        desk.registry.agreements().into_iter().filter(|(_, name)| desk.is_public(name)).collect();
    let mut shut = Vec::new();
    for (anchor, name) in &agreements {
        let why = desk.registry.read_only(anchor)?;
        shut.extend(why.map(|why| format!("read-only: {name}: {}\n", why.words())));
    }
    if !shut.is_empty() && shut.len() == agreements.len() && !desk.openings {
        return Err(Problem::new(&kinds::READ_ONLY, shut.concat().trim_end()));
    }
    Ok(format!("ready\n{}{}", shut.concat(), cosigned(&desk, &agreements)))
}

/// How far witnesses have cosigned each of these agreements about which they are asked.
fn cosigned(desk: &Desk, agreements: &[(Digest, Id)]) -> String {
    let found = agreements.iter().filter_map(|(_, name)| Some((desk.find(name.as_str()).ok()?, name)));
    let lines = found.filter_map(|(found, name)| {
        let size = (*found.feed.cosigned.borrow())?;
        Some(format!("cosigned: {name}: {size} of {} entries\n", found.published.head.size))
    });
    lines.collect()
}
