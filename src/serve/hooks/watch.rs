//! What is to be told: the licence as it was told last, beside the licence that is in force.

use std::sync::{Arc, Weak};

use serde::Serialize;

use super::outbox::{Message, Outbox, Seen};
use crate::audit::{SourceError, StoreSource, replay_until};
use crate::engine::State;
use crate::registry::Published;
use crate::serve::desk::Desk;
use crate::serve::follow::{Followed, until_next};
use crate::values::{Digest, Instant};
use crate::view::changes;
use crate::view::document::Licence;

/// Watches an agreement as long as it is served. Of a restricted one only a webhook is told that names it (`named`).
pub(super) async fn watch(desk: Weak<Desk>, anchor: Digest, outbox: Arc<Outbox>, named: bool) {
    let Some(mut followed) = Followed::new(Weak::clone(&desk), anchor) else { return };
    let mut told: Option<(State, Instant)> = match resumed(&desk, anchor, &outbox).await {
        Ok(told) => told,
        Err(error) => {
            tracing::error!(%error, "the log cannot be read, so no webhook of it is told anything");
            return;
        }
    };
    drop(desk);
    while let Some((now, published)) = followed.now() {
        // A clock that was set back brings nothing about.
        let at = now.registry.now().max(told.as_ref().map_or(Instant::MIN, |(_, was)| *was));
        let state = published.state.at(at).into_owned();
        let sleep = until_next(&now.registry, &state);
        if outbox.has_room() {
            let may = named || !state.is_restricted();
            let kept = match look(told.as_ref(), &state, &published, at) {
                Some((seen, message)) => outbox.add(seen, message.filter(|_| may)).await,
                // Looked through again from the same place, it comes to the same.
                None => Ok(()),
            };
            match kept {
                Ok(()) => told = Some((state, at)),
                Err(error) => tracing::error!(%error, "what webhooks are to be told cannot be kept"),
            }
        }
        drop((published, now));
        if followed.growth_within(sleep).await.is_none() {
            return;
        }
    }
}

/// The agreement as it was when it was looked through last; `None` where it never was, or where the log is shorter now.
async fn resumed(
    desk: &Weak<Desk>,
    anchor: Digest,
    outbox: &Outbox,
) -> Result<Option<(State, Instant)>, SourceError> {
    let (Some(desk), Some(seen)) = (desk.upgrade(), outbox.seen()) else { return Ok(None) };
    let resuming = desk.resuming.clone();
    let replayed = resuming.run(move || {
        let source = StoreSource { store: desk.registry.store(), anchor };
        replay_until(&source, |index, _| index < seen.entries)
    });
    // What came to no end has found nothing: it is not as if nobody had ever looked.
    let state = replayed.await.map_err(|ended| SourceError::Unreadable(ended.to_string()))??;
    Ok(state.map(|state| (state.at(seen.at).into_owned(), seen.at)))
}

/// How far the agreement has been looked through now, with what is to be told; nothing where nothing has moved.
fn look(
    told: Option<&(State, Instant)>,
    state: &State,
    published: &Published,
    at: Instant,
) -> Option<(Seen, Option<Message>)> {
    let seen = Seen { entries: published.head.size, at };
    let Some((told, was)) = told else { return Some((seen, None)) };
    let moved = changes::licence((told, *was), (state, at));
    (!moved.is_empty()).then(|| (seen, message(state, published, moved, at)))
}

/// What is sent.
#[derive(Debug, Serialize)]
struct Told {
    /// `licence.changed`.
    r#type: &'static str,
    /// When that was noticed.
    timestamp: Instant,
    data: Moved,
}

/// What has moved.
#[derive(Debug, Serialize)]
struct Moved {
    /// What has moved, each in words: `stateless-api, status: exclusive → ended`.
    changes: Vec<String>,
    /// The licence then, as `GET …/licence` tells it.
    licence: Licence,
    /// The log's signed checkpoint then.
    checkpoint: String,
}

fn message(state: &State, published: &Published, changes: Vec<String>, at: Instant) -> Option<Message> {
    let licence = Licence::of(state, published.head, at)?;
    let data = Moved { changes, licence, checkpoint: published.checkpoint.clone() };
    let body = serde_json::to_string(&Told { r#type: "licence.changed", timestamp: at, data }).ok()?;
    Some(Message { id: format!("msg_{}", Digest::of(body.as_bytes()).hex()), body })
}
