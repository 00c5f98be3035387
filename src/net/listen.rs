//! Taking connections: HTTP/1.1, with a limit for everything that a client decides.
//!
//! Every wait for a client has a limit, and so have the number of connections, of one address and of all, and the bytes
//! of a request's head. What a request's body may cost is for its handler to say.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::share::Held;
use super::stalled::Unstalled;

/// What one client may take from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; further ones wait unaccepted.
    pub connections: usize,
    /// Connections at a time from one address; further ones are closed at once.
    pub per_address: usize,
    /// How long a TLS handshake and the head of a request may take, and a connection be idle.
    pub head: Duration,
    /// How long a client may read nothing of what it is sent.
    pub stalled: Duration,
    /// How long a connection may last; a client opens another. `None` where answers have no end.
    pub connection: Option<Duration>,
    /// How long a request under way may take after that, and when the server ends.
    pub end: Duration,
}

/// The address at the other end of the connection: an extension of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Ends when the server is to end: an extension of every request, for answers that would last for ever.
#[derive(Debug, Clone)]
pub struct Ending(watch::Receiver<()>);

impl Ending {
    /// Returns once the server is to end.
    pub async fn wait(mut self) {
        // Nothing is ever sent: it ends when the sender is dropped.
        while self.0.changed().await.is_ok() {}
    }
}

/// How many connections may wait to be taken; the system may allow fewer (`net.core.somaxconn`, 4,096 as a rule). Where more
/// come at once, the system drops what their clients send, which is then repeated later and later.
const WAITING: u32 = 4_096;

/// Listens at an address.
///
/// # Errors
/// Another listens there, or this may not.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that was started again need not wait until the connections of the one before are forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}

/// Where the certificate comes from, for each connection anew, since one is renewed while the server runs.
pub type Tls = Arc<dyn Fn() -> TlsAcceptor + Send + Sync>;

/// Serves without TLS until `shutdown`: then no more connections are accepted, and requests under way are answered.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    serve_with(listener, None, router, limits, shutdown).await;
}

/// The same, with TLS where there is any.
pub async fn serve_with(
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let (end, ending) = watch::channel(());
    let mut connections = JoinSet::new();
    let hall = Hall { tls, router, ending: Ending(ending), limits, held: Held::default() };
    tokio::select! {
        () = hall.accept(&listener, &mut connections) => {}
        () = shutdown => {}
    }
    drop((listener, hall, end));
    while connections.join_next().await.is_some() {}
}

/// What every connection needs.
struct Hall {
    tls: Option<Tls>,
    router: Router,
    ending: Ending,
    limits: Limits,
    held: Held,
}

impl Hall {
    /// Accepts connections as long as there are fewer than the limit.
    async fn accept(&self, listener: &TcpListener, connections: &mut JoinSet<()>) {
        let free = Arc::new(Semaphore::new(self.limits.connections));
        loop {
            // Never closed.
            let Ok(place) = Arc::clone(&free).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, peer)) => self.take(stream, peer.ip(), place, connections),
                // Out of file descriptors, mostly: others must end first.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
    }

    fn take(
        &self,
        stream: TcpStream,
        peer: IpAddr,
        place: OwnedSemaphorePermit,
        connections: &mut JoinSet<()>,
    ) {
        let Some(held) = self.held.one_more(peer, self.limits.per_address) else {
            tracing::debug!(%peer, "too many connections of one address");
            return;
        };
        tracing::debug!(%peer, "connection");
        // Small answers, such as single events, leave at once.
        let _ = stream.set_nodelay(true);
        let (router, ending, limits) = (self.router.clone(), self.ending.clone(), self.limits);
        let tls = self.tls.as_ref().map(|acceptor| acceptor());
        connections.spawn(async move {
            // In this order: whoever is accepted in this place may be of the same address.
            let _held = (held, place);
            match tls {
                None => connection(stream, peer, router, ending, limits).await,
                Some(tls) => match tokio::time::timeout(limits.head, tls.accept(stream)).await {
                    Ok(Ok(stream)) => connection(stream, peer, router, ending, limits).await,
                    Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS"),
                    Err(_) => tracing::debug!(%peer, "no TLS in time"),
                },
            }
        });
    }
}

/// Serves one connection until the client ends it, its time is over, or the server ends.
async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: IpAddr,
    router: Router,
    ending: Ending,
    limits: Limits,
) {
    let router = TowerToHyperService::new(router);
    let ended = ending.clone();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(ended.clone());
        router.call(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(Unstalled::new(stream, limits.stalled)), service);
    let mut connection = pin!(connection);
    let mut ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = ending.wait() => None,
        () = lasting(limits.connection) => None,
    };
    if ended.is_none() {
        connection.as_mut().graceful_shutdown();
        // Whoever does not read an answer would keep the place for ever.
        ended = tokio::time::timeout(limits.end, connection).await.ok();
    }
    match ended {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::debug!(%error, "connection ended"),
        None => tracing::debug!("connection closed: its request took too long"),
    }
}

async fn lasting(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

/// The most bytes of a request's head, and of a body's part that is kept while it comes.
const MAX_HEAD: usize = 16 * 1024;

/// A certificate with its key, in PEM, as an acceptor of connections.
///
/// # Errors
/// One of the files is not what it should be, or the key is not the certificate's.
pub fn tls(certificate: &[u8], key: &[u8]) -> io::Result<TlsAcceptor> {
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::pem::PemObject as _;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain.map_err(|error| io::Error::other(format!("the certificate: {error}")))?;
    if chain.is_empty() {
        return Err(io::Error::other(
            "the certificate: there is none in that file; it is to be in PEM, the server's own first",
        ));
    }
    let key =
        PrivateKeyDer::from_pem_slice(key).map_err(|error| {
        io::Error::other(format!(
            "the key: {error}; it is to be in PEM and not encrypted: `openssl pkey -in KEY -out NEW` asks for its passphrase"
        ))
    })?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let mut config = config.map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
