//! For whoever operates it: whether it lives, and whether it takes statements.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::desk::Desk;
use super::kinds;
use super::problem::Problem;
use crate::registry::{Registry, SubmitError};
use crate::store::StoreError;
use crate::values::{Digest, Id};

/// How long what was found of the disk is told again: whoever asks is not counted.
const FRESH: Duration = Duration::from_secs(5);

/// How long the disk may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long an answer is given again.
const SAME: Duration = Duration::from_secs(1);

/// A flush that takes longer holds up whoever submits.
const STUCK: Duration = Duration::from_secs(10);

/// What was found last.
#[derive(Default)]
pub(super) struct Health(Mutex<Found>);

#[derive(Default)]
struct Found {
    /// Nothing, or why something cannot be kept.
    disk: Option<(Instant, Option<String>)>,
    /// Since when the disk is looked at, as long as it has not answered.
    looking: Option<(Instant, JoinHandle<Result<(), String>>)>,
    answer: Option<(Instant, Result<String, Problem>)>,
}

impl Found {
    /// Why something cannot be kept; looks again where nobody has just done so, and waits so long for the disk and no longer.
    async fn full(&mut self, desk: &Arc<Desk>) -> Option<String> {
        if let Some((_, why)) = self.disk.as_ref().filter(|(when, _)| when.elapsed() < FRESH) {
            return why.clone();
        }
        let (since, mut looking) = self.looking.take().unwrap_or_else(|| {
            let desk = Arc::clone(desk);
            (Instant::now(), tokio::task::spawn_blocking(move || kept(&desk.registry)))
        });
        let Ok(looked) = tokio::time::timeout(PATIENCE, &mut looking).await else {
            self.looking = Some((since, looking));
            return Some(format!("the disk has not answered for {} seconds", since.elapsed().as_secs()));
        };
        let why = looked.map_err(|ended| ended.to_string()).and_then(|looked| looked).err();
        self.disk = Some((Instant::now(), why.clone()));
        why
    }
}

/// That entries and documents can be kept; or why not.
fn kept(registry: &Registry) -> Result<(), String> {
    let told = |what, error| format!("no {what} can be kept: {}", cause(what, &error));
    registry.takes_entries().map_err(|error| told("entry", error))?;
    registry.takes_documents().map_err(|error| told("document", error))
}

/// Why, without the names of this machine's folders, which its log has.
fn cause(what: &str, error: &StoreError) -> String {
    tracing::error!(%error, "no {what} can be kept");
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
    let mut found = desk.health.0.lock().await;
    if let Some((_, answer)) = found.answer.as_ref().filter(|(when, _)| when.elapsed() < SAME) {
        return answer.clone();
    }
    let full = found.full(&desk).await;
    let answer = looked(&desk, full);
    found.answer = Some((Instant::now(), answer.clone()));
    answer
}

fn looked(desk: &Desk, full: Option<String>) -> Result<String, Problem> {
    if desk.registry.is_stopped() {
        return Err(Problem::new(&kinds::STOPPED, "storage has failed"));
    }
    if let Some(took) = desk.registry.flushing().filter(|took| *took > STUCK) {
        let why = format!("what was submitted is being made durable for {} seconds already", took.as_secs());
        return Err(Problem::new(&kinds::STORAGE, why));
    }
    if desk.room.available_permits() == 0 {
        return Err(Problem::busy());
    }
    if let Some(why) = full {
        return Err(Problem::new(&kinds::STORAGE, why));
    }
    // Of a restricted agreement nobody here learns that it is there.
    let agreements: Vec<_> =
        desk.registry.agreements().into_iter().filter(|(_, name)| desk.is_public(name)).collect();
    let (mut read_only, mut clock) = (Vec::new(), Vec::new());
    for (anchor, name) in &agreements {
        if let Some(why) = desk.registry.read_only(anchor)? {
            read_only.push(format!("read-only: {name}: {}\n", why.words()));
        } else if let Err(wrong) = desk.registry.fits_clock(anchor) {
            clock.push(format!("clock: {name}: {}\n", off(&wrong)));
        }
    }
    let kind = if read_only.is_empty() { &kinds::CLOCK } else { &kinds::READ_ONLY };
    let shut = [read_only, clock].concat();
    if !shut.is_empty() && shut.len() == agreements.len() && !desk.openings {
        return Err(Problem::new(kind, shut.concat().trim_end()));
    }
    Ok(format!("ready\n{}{}", shut.concat(), cosigned(desk, &agreements)))
}

/// How the clock does not fit.
fn off(error: &SubmitError) -> String {
    match error {
        SubmitError::ClockBehind { now, last } => {
            format!("it shows {now}, and the last entry is of {last}")
        }
        SubmitError::ClockAhead { now, ahead, .. } => format!("it shows {now}, {ahead} after the last entry"),
        other => other.to_string(),
    }
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
