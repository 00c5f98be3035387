//! Server-sent events: what is new in an agreement, as long as somebody listens.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::asked::{Asked, At};
use super::client::Client;
use super::desk::Desk;
use super::feed::{Feed, Place};
use super::metrics::Listening;
use super::problem::Problem;
use super::tokens::Caller;
use crate::net::listen::{self, Ending};
use crate::net::share::{Held, Share};

/// How often a listener hears something, so that nobody in between takes the connection for dead.
const BEAT: Duration = Duration::from_secs(20);

/// After how long somebody who has to catch up looks again whether the store can be read for them.
const TURN: Duration = Duration::from_secs(1);

/// About how many bytes leave at once.
const CHUNK: usize = 64 * 1024;

/// Streams that are open: they last, so that whoever opens many would keep others out. An eighth of all connections is left for what
/// is answered and over.
pub(super) struct Streams {
    all: Arc<Semaphore>,
    held: Held,
    /// Of one address.
    each: usize,
}

impl Streams {
    pub(super) fn new(limits: listen::Limits) -> Self {
        let all = Arc::new(Semaphore::new(limits.connections - limits.connections / 8));
        Self { all, held: Held::default(), each: limits.per_address }
    }

    fn one_more(&self, client: Client) -> Option<(OwnedSemaphorePermit, Share)> {
        let share = self.held.one_more(client.0, self.each)?;
        Some((Arc::clone(&self.all).try_acquire_owned().ok()?, share))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    /// Tells every entry from this one on first, instead of what is new alone.
    from: Option<u64>,
}

/// `GET …/events`. `Last-Event-ID` is the last entry that the listener has; it goes on after it, with what that brought about.
pub(super) async fn stream(
    State(desk): State<Arc<Desk>>,
    At(agreement): At<String>,
    Asked(From { from }): Asked<From>,
    Extension(ending): Extension<Ending>,
    Extension(caller): Extension<Caller>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = desk.find(&agreement)?;
    let last =
        headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse::<u64>().ok());
    let from = last.map(|last| last.saturating_add(1)).or(from);
    let size = found.published.head.size;
    if let Some(from) = from.filter(|from| *from > size) {
        let words = format!("the log has {size} entries, and events after entry {} are asked for", from - 1);
        return Err(Problem::bad_request(words)
            .instead("whoever has heard of more entries asks what became of them: `quorate audit --against` a receipt tells"));
    }
    let Some(stream) = desk.streams.one_more(client) else {
        desk.metrics.limited("streams");
        return Err(Problem::busy_with_streams());
    };
    let (count, place) = (found.feed.count(), found.feed.place(from, last.is_some()));
    let listening = desk.metrics.listening();
    let listener = Listener {
        desk,
        caller,
        client,
        feed: found.feed,
        count,
        place,
        ending,
        begun: false,
        _open: (stream, listening),
    };
    let events = futures_util::stream::unfold(listener, |mut listener| async {
        listener.next().await.map(|bytes| (Ok::<_, Infallible>(bytes), listener))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
        // What stands in between is not to keep events back.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    Ok((headers, Body::from_stream(events)).into_response())
}

struct Listener {
    desk: Arc<Desk>,
    caller: Caller,
    client: Client,
    feed: Arc<Feed>,
    count: watch::Receiver<u64>,
    place: Place,
    ending: Ending,
    begun: bool,
    _open: ((OwnedSemaphorePermit, Share), Listening),
}

impl Listener {
    /// What comes next; `None` once the server ends, or whoever listens may not read the agreement any more.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.begun {
            self.begun = true;
            // At once, so that whoever asked knows that it listens.
            return Some(Bytes::from_static(b"retry: 2000\n: listening\n\n"));
        }
        loop {
            self.count.borrow_and_update();
            let now = self.desk.registry.now();
            if !self.feed.admits(self.caller, now) {
                return None;
            }
            let next = match self.feed.kept(self.place, CHUNK) {
                Some(kept) => Some(kept),
                None => self.caught_up().await,
            };
            let Some((bytes, place)) = next else {
                // Many have to catch up: whoever listens already waits for their turn instead of coming again.
                tokio::select! {
                    () = self.ending.clone().wait() => return None,
                    () = tokio::time::sleep(TURN) => return Some(Bytes::from_static(b": waits for its turn\n\n")),
                }
            };
            let moved = place != self.place;
            self.place = place;
            if !bytes.is_empty() {
                return Some(bytes.into());
            }
            if moved {
                continue;
            }
            tokio::select! {
                changed = self.count.changed() => changed.ok()?,
                () = self.ending.clone().wait() => return None,
                () = self.caller.over(now), if self.feed.is_restricted() => {}
                () = tokio::time::sleep(BEAT) => return Some(Bytes::from_static(b": still here\n\n")),
            }
        }
    }

    /// What comes next, from the store; `None` where too much is being read for this client, or for all.
    async fn caught_up(&self) -> Option<(Vec<u8>, Place)> {
        let (reading, feed, place) = (Arc::clone(&self.desk), Arc::clone(&self.feed), self.place);
        let read = move || feed.catch_up(reading.registry.store(), place, CHUNK);
        self.desk.reading.run(self.client, read).await.ok()
    }
}
