//! The certificate of `serve`, read anew on SIGHUP.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::signal::unix::{SignalKind, signal};

use crate::cli::error::{CliError, file_error};
use crate::net::listen::{self, Tls};

/// The certificate that is in use.
#[derive(Clone)]
pub(super) struct Certificate {
    files: Arc<(PathBuf, PathBuf)>,
    now: Arc<RwLock<tokio_rustls::TlsAcceptor>>,
}

impl Certificate {
    pub(super) fn read((chain, key): (PathBuf, PathBuf)) -> Result<Self, CliError> {
        let now = Arc::new(RwLock::new(acceptor(&chain, &key)?));
        Ok(Self { files: Arc::new((chain, key)), now })
    }

    pub(super) fn acceptor(&self) -> Tls {
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
    let read = |path: &Path| fs::read(path).map_err(file_error("read", path));
    let (certificate, secret) = (read(chain)?, zeroize::Zeroizing::new(read(key)?));
    listen::tls(&certificate, &secret).map_err(|error| {
        CliError::usage(format!("{} and {} cannot be used: {error}", chain.display(), key.display()))
    })
}

/// Reads the certificate anew on each SIGHUP. Without TLS there is nothing to read, and the signal, which by itself would
/// end the process, is only told.
pub(super) fn renewed(certificate: Option<Certificate>) -> Result<impl Future<Output = ()>, CliError> {
    let cannot = |error| CliError::Storage(format!("signals cannot be waited for: {error}"));
    let mut hangup = signal(SignalKind::hangup()).map_err(cannot)?;
    Ok(async move {
        while hangup.recv().await.is_some() {
            if let Some(certificate) = &certificate {
                certificate.renew();
            } else {
                tracing::info!(
                    "SIGHUP: there is no certificate to read anew; to use a changed file of --config, start again"
                );
            }
        }
    })
}
