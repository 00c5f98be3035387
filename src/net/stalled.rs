//! A stream whose other side has to read what it is sent.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// A stream on which writing fails once nothing at all could be written for a time: whoever does not read an answer keeps
/// neither it nor their place.
pub(super) struct Unstalled<S> {
    stream: S,
    most: Duration,
    /// Runs while the other side reads nothing.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<S> Unstalled<S> {
    pub(super) fn new(stream: S, most: Duration) -> Self {
        Self { stream, most, waiting: None }
    }

    /// What has come of writing, unless that has waited for too long.
    fn timed<T>(&mut self, polled: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.waiting = None;
            return polled;
        }
        let most = self.most;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(most)));
        ready!(waiting.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other side reads nothing")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Unstalled<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Unstalled<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.timed(polled, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.timed(polled, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        self.timed(polled, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.timed(polled, cx)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use axum::Router;
    use axum::routing::get;
    use tokio::net::TcpListener;

    use super::*;
    use crate::net::listen::{Limits, serve};

    /// A server of long answers, of which an address gets one connection at a time.
    fn listening(stalled: Duration) -> String {
        let (told, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap().to_string()).unwrap();
                let router = Router::new().route("/", get(async || vec![b'x'; 64 << 20]));
                let (head, end) = (Duration::from_secs(60), Duration::from_secs(1));
                let limits = Limits { connections: 8, per_address: 1, head, stalled, connection: None, end };
                serve(listener, router, limits, std::future::pending()).await;
            });
        });
        heard.recv().unwrap()
    }

    fn ask(address: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        stream
    }

    #[test]
    fn whoever_does_not_read_an_answer_loses_it_and_their_place() {
        let address = listening(Duration::from_millis(200));
        let mut idle = ask(&address);
        let mut first = [0; 1];
        idle.read_exact(&mut first).unwrap();
        // The only place of this address is free again once that one has been given up.
        let whole = (0..500).find_map(|_| {
            let mut text = Vec::new();
            let _ = ask(&address).read_to_end(&mut text);
            if text.len() > 64 << 20 {
                return Some(text);
            }
            std::thread::sleep(Duration::from_millis(20));
            None
        });
        assert!(whole.is_some());
        let mut rest = Vec::new();
        let _ = idle.read_to_end(&mut rest);
        assert!(rest.len() < 64 << 20, "{}", rest.len());
    }
}
