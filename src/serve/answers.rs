//! Bytes of answers that wait for their clients to read them. Whoever asks for much and reads it slowly holds it in memory
//! meanwhile: so there is room for so many of them, of one address and of all, and a time after which an answer is given up
//! that its client has not read.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use tokio::task::AbortHandle;

use super::client::Client;
use super::desk::Desk;
use super::gate::AGREEMENT;
use super::metrics::Metrics;
use super::pages;
use super::problem::Problem;
use super::room::{Room, Taken};

/// An answer up to this length is not counted.
const SMALL: u64 = 16 * 1024;

/// Room for answers of all, in bytes.
const ALL: u64 = 256 << 20;

/// How much of an answer leaves at a time, beside what is counted: the room for all of it is held to its end.
const CHUNK: usize = 64 * 1024;

/// How long an answer may take to leave.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// Each of them.
    any: Duration,
    /// So many of its bytes a second longer.
    bytes: u64,
}

/// A slow line reads the longest document in some nine minutes. Were there no such time, a few who read a byte now and then
/// would keep the room of all for ever.
const PACE: Pace = Pace { any: Duration::from_secs(60), bytes: 32 * 1024 };

impl Pace {
    /// How long an answer of so many bytes may take.
    fn of(self, bytes: u64) -> Duration {
        self.any.saturating_add(Duration::from_secs(bytes.div_ceil(self.bytes)))
    }
}

/// Room for answers.
pub(super) struct Answers {
    room: Room,
    pace: Pace,
    metrics: Arc<Metrics>,
}

impl Answers {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { room: Room::new(ALL), pace: PACE, metrics }
    }

    /// The answer, counted until it has left or its time is over; `None` where there is no room for it.
    fn counted(&self, answer: Response, bytes: u64, client: Client) -> Option<Response> {
        let Some(room) = self.room.take(bytes, client) else {
            self.metrics.limited("answers");
            return None;
        };
        let (most, metrics) = (self.pace.of(bytes), Arc::clone(&self.metrics));
        Some(answer.map(|body| Body::new(Counted::new(body, room, most, metrics))))
    }
}

/// Counts the answers about agreements: all others are short, the same bytes for everybody, or lists of agreements, of which there
/// are as many as the operator has let be opened.
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
    let answer = desk.answers.counted(answer, bytes, client);
    answer.unwrap_or_else(|| pages::told(Problem::busy_with_answers(), &headers))
}

/// The body of an answer that takes room until all of it has left.
struct Counted {
    /// `None` once its time is over.
    waiting: Arc<Mutex<Option<Waiting>>>,
    timer: AbortHandle,
}

/// What has still to leave.
struct Waiting {
    body: Body,
    /// What comes next of it.
    next: Bytes,
    _room: Taken,
}

impl Counted {
    fn new(body: Body, room: Taken, most: Duration, metrics: Arc<Metrics>) -> Self {
        let waiting = Arc::new(Mutex::new(Some(Waiting { body, next: Bytes::new(), _room: room })));
        let late = Arc::clone(&waiting);
        // A task of its own: as long as a connection takes nothing, nobody asks this body for more.
        let timer = tokio::spawn(async move {
            tokio::time::sleep(most).await;
            if lock(&late).take().is_some() {
                metrics.limited("slow-answers");
            }
        });
        Self { waiting, timer: timer.abort_handle() }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        // The timer ends a moment later.
        drop(lock(&self.waiting).take());
        self.timer.abort();
    }
}

fn lock(waiting: &Mutex<Option<Waiting>>) -> MutexGuard<'_, Option<Waiting>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Waiting {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
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
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let late = || axum::Error::new(io::Error::new(io::ErrorKind::TimedOut, "it was read too slowly"));
        lock(&self.waiting).as_mut().map_or_else(|| Poll::Ready(Some(Err(late()))), |it| it.poll_chunk(cx))
    }

    fn is_end_stream(&self) -> bool {
        lock(&self.waiting).as_ref().is_some_and(|it| it.next.is_empty() && it.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let waiting = lock(&self.waiting);
        let Some(Waiting { body, next, .. }) = waiting.as_ref() else { return SizeHint::new() };
        let (left, rest) = (next.len() as u64, body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(left));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(left));
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpStream};

    use axum::Router;
    use axum::routing::get;

    use super::*;
    use crate::net::listen::{Limits, bind, serve};

    fn client(last: u8) -> Client {
        Client([192, 0, 2, last].into())
    }

    /// An answer that fits into no buffer of a socket, in one piece.
    const LONG: usize = 15 << 20;

    /// A server whose long answers have so long to leave, and room for them.
    fn serving(pace: Pace) -> (SocketAddr, Arc<Answers>) {
        let answers = Arc::new(Answers { pace, ..Answers::new(Arc::new(Metrics::new())) });
        let (told, heard) = std::sync::mpsc::channel();
        let counting = Arc::clone(&answers);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = bind(([127, 0, 0, 1], 0).into()).unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                let answer = move || {
                    let answer = Response::new(Body::from(vec![b'x'; LONG]));
                    std::future::ready(counting.counted(answer, LONG as u64, client(1)).unwrap_or_default())
                };
                // Of whoever reads nothing a connection notices that in an hour alone.
                let [head, stalled, end] = [60, 3600, 1].map(Duration::from_secs);
                let limits = Limits { connections: 8, per_address: 8, head, stalled, connection: None, end };
                serve(listener, Router::new().route("/", get(answer)), limits, std::future::pending()).await;
            });
        });
        (heard.recv().unwrap(), answers)
    }

    fn asked(address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut first = [0; 64];
        stream.read_exact(&mut first).unwrap();
        stream
    }

    fn bytes_of(mut stream: TcpStream) -> usize {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        bytes.len()
    }

    #[test]
    fn whoever_reads_too_slowly_is_cut_off_and_the_room_comes_back_before_they_read_on() {
        let (address, answers) = serving(Pace { any: Duration::from_millis(100), bytes: u64::MAX });
        let slow = asked(address);
        assert!(!answers.room.is_free());
        // A second for what is begun of so many bytes, and a tenth: then all of it is there again, though nobody reads.
        let back = (0..1_000).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            answers.room.is_free()
        });
        assert!(back);
        let got = bytes_of(slow);
        assert!(got < LONG, "{got}");
        let told = answers.metrics.written();
        assert!(told.contains("limited_total{limit=\"slow-answers\"} 1"), "{told}");
    }

    #[test]
    fn whoever_reads_in_time_gets_all_of_it_from_chunks_that_do_not_hold_it() {
        let (address, answers) = serving(PACE);
        assert!(bytes_of(asked(address)) >= LONG);
        drop(answers);
        let whole = Bytes::from(vec![b'x'; LONG]);
        let answers = Answers::new(Arc::new(Metrics::new()));
        let body = Body::from(whole.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let answer = answers.counted(Response::new(body), LONG as u64, client(1)).unwrap();
            let mut body = answer.into_body();
            let mut kept = Vec::new();
            while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
                let chunk = frame.unwrap().into_data().unwrap();
                // All of it would be held by a part of it.
                assert!(chunk.len() <= CHUNK && !whole.as_ptr_range().contains(&chunk.as_ptr()));
                kept.push(chunk);
            }
            drop(body);
            assert_eq!(kept.concat(), whole);
            assert!(answers.room.is_free());
        });
    }
}
