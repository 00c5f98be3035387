//! Bytes of answers that wait for their clients to read them. Whoever asks for much and reads it slowly holds it in memory for as
//! long as they like: so there is room for so many of them, of one address and of all.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::client::Client;
use super::desk::Desk;
use super::gate::AGREEMENT;
use super::pages;
use super::problem::Problem;
use crate::net::share::{Held, Share};

/// An answer up to this length is not counted.
const SMALL: u64 = 16 * 1024;

/// In what is counted, so that a number of them fits where it is kept.
const UNIT: u64 = 1024;

/// Room for answers of all, in units.
const ALL: u32 = 256 * 1024;

/// The same of one address, for more than one answer.
const OF_ONE: usize = 64 * 1024;

/// How much of an answer leaves at a time, beside what is counted: the room for all of it is held to its end.
const CHUNK: usize = 64 * 1024;

/// Room for answers.
pub(super) struct Answers {
    all: Arc<Semaphore>,
    held: Held,
}

/// The room that an answer takes.
type Room = (OwnedSemaphorePermit, Share);

impl Answers {
    pub(super) fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(ALL as usize)), held: Held::default() }
    }

    /// Room for an answer of so many bytes. One that is longer than all room takes all of it.
    fn room(&self, bytes: u64, client: Client) -> Option<Room> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(ALL).min(ALL);
        let share = self.held.more(client.0, units as usize, OF_ONE)?;
        let all = Arc::clone(&self.all).try_acquire_many_owned(units).ok()?;
        Some((all, share))
    }
}

/// Counts the answers about agreements: all others are short, or the same bytes for everybody.
pub(super) async fn held<F: Future<Output = Response>>(
    desk: &Desk,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let client = request.extensions().get::<Client>().copied();
    let (true, Some(client)) = (path.is_some_and(|path| path.as_str().contains(AGREEMENT)), client) else {
        return next(request).await;
    };
    let headers = request.headers().clone();
    let answer = next(request).await;
    // Events have no length: they are sent as they come.
    let Some(bytes) = answer.body().size_hint().exact().filter(|bytes| *bytes > SMALL) else {
        return answer;
    };
    let Some(room) = desk.answers.room(bytes, client) else {
        desk.metrics.limited("answers");
        return pages::told(Problem::busy_with_answers(), &headers);
    };
    answer.map(|body| Body::new(Counted { body, next: Bytes::new(), _room: room }))
}

/// The body of an answer that takes room until all of it has left.
struct Counted {
    body: Body,
    /// What comes next of it.
    next: Bytes,
    _room: Room,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        while self.next.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.next = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = self.next.len().min(CHUNK);
        // A copy: a slice that waits for its client would hold the whole answer, which is not counted any more then.
        let chunk = Bytes::copy_from_slice(&self.next.split_to(length));
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.next.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let left = self.next.len() as u64;
        let rest = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(left));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(left));
        }
        hint
    }
}
