//! `serve`: the agreements of a data folder, for anybody who can reach it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::answer::Answer;
use super::context::Context;
use super::error::CliError;
use super::served::{announce, shutdown};
use crate::net::listen::{self, Tls};
use crate::registry::{Registry, Settings};
use crate::serve::{self, Limits, Service};

/// Serve the agreements of the data folder over HTTP, until SIGTERM or Ctrl-C
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate serve --listen 127.0.0.1:7381\n  \
    quorate serve --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem\n\n\
    Each agreement's log is under /a/NAME, where `quorate audit` and every C2SP reader find it; the interface for programs \
    is under /v1. A certificate that was renewed is read on SIGHUP. Port 0 takes a free one; standard output says which.")]
pub struct ServeArgs {
    /// Where to take connections
    #[arg(long, value_name = "ADDR:PORT")]
    listen: SocketAddr,
    /// The certificate and its chain, in PEM; without it, HTTP without TLS, for a proxy in front
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Let anybody open agreements over the network
    #[arg(long)]
    openings: bool,
}

/// Runs `serve`.
///
/// # Errors
/// The data folder cannot be served, or storage fails.
pub fn run(context: &Context, args: &ServeArgs) -> Result<Answer, CliError> {
    if context.clock.is_some() {
        return Err(CliError::usage(
            "a server stamps entries with the machine's clock: leave out --clock and QUORATE_CLOCK",
        ));
    }
    let data = context.data()?;
    let seed = data.log_seed()?;
    let store = Arc::new(data.open_store()?);
    let pem = args.tls_cert.clone().zip(args.tls_key.clone());
    let tls = pem.map(Certificate::read).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| CliError::Storage(format!("the server cannot be started: {error}")))?;
    let served = runtime.block_on(async {
        let registry = Registry::open(store, *seed, Settings::new(data.log_name()), context.clock())?;
        let agreements = registry.agreements().len();
        let cannot = |error| CliError::Usage(format!("cannot listen on {}: {error}", args.listen));
        let listener = TcpListener::bind(args.listen).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        // Before the address is told: whoever reads it may send a signal at once.
        let shutdown = shutdown()?;
        let reload = tls.clone().map(renewed).transpose()?.map(tokio::spawn);
        announce(context, &json!({ "listening": address }), &format!("listening on {address}"))?;
        tracing::info!(%address, agreements, tls = tls.is_some(), "serving");
        let service = Service { registry, openings: args.openings, limits: Limits::default() };
        let acceptor = tls.map(|certificate| certificate.acceptor());
        let served = serve::run(listener, acceptor, service, shutdown).await;
        if let Some(reload) = reload {
            reload.abort();
        }
        tracing::info!("ended");
        served.map_err(|failed| CliError::Storage(failed.to_string()))
    });
    // Nothing is waited for that storage may never finish.
    runtime.shutdown_background();
    served.map(|()| Answer::told())
}

/// The certificate that is in use.
#[derive(Clone)]
struct Certificate {
    files: Arc<(PathBuf, PathBuf)>,
    now: Arc<RwLock<tokio_rustls::TlsAcceptor>>,
}

impl Certificate {
    fn read((chain, key): (PathBuf, PathBuf)) -> Result<Self, CliError> {
        let now = Arc::new(RwLock::new(acceptor(&chain, &key)?));
        Ok(Self { files: Arc::new((chain, key)), now })
    }

    fn acceptor(&self) -> Tls {
        let now = Arc::clone(&self.now);
        Arc::new(move || now.read().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn renew(&self) {
        let (chain, key) = &*self.files;
        match acceptor(chain, key) {
            Ok(renewed) => {
                *self.now.write().unwrap_or_else(PoisonError::into_inner) = renewed;
                tracing::info!("the certificate was read anew");
            }
            Err(error) => {
                tracing::error!(%error, "the certificate was not read anew; the one of before is still in use");
            }
        }
    }
}

fn acceptor(chain: &Path, key: &Path) -> Result<tokio_rustls::TlsAcceptor, CliError> {
    let read = |path: &Path| fs::read(path).map_err(super::error::file_error("read", path));
    let (certificate, secret) = (read(chain)?, zeroize::Zeroizing::new(read(key)?));
    listen::tls(&certificate, &secret).map_err(|error| {
        CliError::usage(format!("{} and {} cannot be used: {error}", chain.display(), key.display()))
    })
}

/// Reads the certificate anew on each SIGHUP.
fn renewed(certificate: Certificate) -> Result<impl Future<Output = ()>, CliError> {
    let cannot = |error| CliError::Storage(format!("signals cannot be waited for: {error}"));
    let mut hangup = signal(SignalKind::hangup()).map_err(cannot)?;
    Ok(async move {
        while hangup.recv().await.is_some() {
            certificate.renew();
        }
    })
}
