//! `serve`: the agreements of a data folder, for anybody who can reach it.

mod certificate;
mod config;

use std::fs::DirBuilder;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::answer::Answer;
use super::context::Context;
use super::error::CliError;
use super::served::{announce, shutdown};
use crate::export::writable;
use crate::net::listen::bind;
use crate::net::origin;
use crate::registry::{Registry, Settings, SubmitError};
use crate::serve::{self, Service};
use crate::store::data::DataDir;
use certificate::{Certificate, renewed};
use config::{Config, TlsFiles};

/// Serve the agreements of the data folder over HTTP, until SIGTERM or Ctrl-C
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate serve --listen 127.0.0.1:7381\n  \
    quorate serve --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem\n  \
    quorate serve --config /etc/quorate/server.toml\n\n\
    Each agreement's log is under /a/NAME, where `quorate audit` and every C2SP reader find it; the interface for programs \
    is under /v1. A certificate that was renewed is read on SIGHUP. Port 0 takes a free one; standard output says which.")]
pub struct ServeArgs {
    /// Where to take connections
    #[arg(long, value_name = "ADDR:PORT", required_unless_present = "config")]
    listen: Option<SocketAddr>,
    /// What the server does, in a file: docs/operating.md has an example. Options given here go before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The certificate and its chain, in PEM; without it, HTTP without TLS, for a proxy in front
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// The address by which clients ask, which readers of restricted agreements sign [default: the one that is listened on]
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// Let anybody open agreements over the network
    #[arg(long)]
    openings: bool,
    /// Believe this proxy whom it speaks for (Forwarded or X-Forwarded-For). Repeat it for several
    #[arg(long, value_name = "ADDR")]
    behind_proxy: Vec<IpAddr>,
    /// Your word that this machine's clock is right, where an agreement has been silent for more than 400 days
    #[arg(long)]
    accept_clock_jump: bool,
    /// Give out metrics for Prometheus at /metrics there: for the operator alone, so on an address that nobody else reaches
    #[arg(long, value_name = "ADDR:PORT")]
    metrics: Option<SocketAddr>,
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
    let data = context.data_to_serve()?;
    let config = args.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
    let listen = args.listen.or(config.listen).ok_or_else(|| {
        CliError::usage("nothing says where to listen: give --listen, or `listen` in the file")
    })?;
    let (mut limits, export) = (config.limits()?, config.export(data.root())?);
    limits.listen.connections = within_files(limits.listen.connections);
    let hooks = config.hooks(data.root().join("webhooks"))?;
    let openings = args.openings || config.openings;
    let cosigning = config.cosigning(openings)?;
    let evidence = data.root().join("evidence");
    let proxies = [args.behind_proxy.as_slice(), &config.behind_proxy].concat();
    let given = args.tls_cert.clone().zip(args.tls_key.clone());
    let pem = given.or(config.tls.map(|TlsFiles { cert, key }| (cert, key)));
    let tls = pem.map(Certificate::read).transpose()?;
    let seed = data.log_seed()?;
    if let Some(export) = &export {
        writable(&export.folder).map_err(|error| CliError::usage(format!("export.folder: {error}")))?;
        export.restricted.as_deref().map_or(Ok(()), kept_private)?;
    }
    let origin = args.origin.clone().or(config.origin);
    let origin = origin.map(|given| named_origin(&given)).transpose()?;
    let store = Arc::new(data.open_store()?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| CliError::Storage(format!("the server cannot be started: {error}")))?;
    let served = runtime.block_on(async {
        let clock = context.clock();
        let mut settings = Settings::new(data.log_name());
        settings.clock_accepted = args.accept_clock_jump.then(|| clock.now());
        let registry = Registry::open(store, *seed, settings, clock)?;
        registry.check_keys().map_err(|error| other_key(&data, error))?;
        let agreements = registry.agreements().len();
        for (hook, agreement) in hooks.strangers(&registry.agreements()) {
            tracing::warn!(%hook, %agreement, "a webhook names an agreement that is not here: it is told nothing of it");
        }
        let cannot = |error| CliError::Usage(format!("cannot listen on {listen}: {error}"));
        let listener = bind(listen).map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let counted = args.metrics.or(config.metrics);
        let metrics = match counted {
            Some(address) => Some(bind(address).map_err(|error| {
                CliError::Usage(format!("cannot give out metrics on {address}: {error}"))
            })?),
            None => None,
        };
        // Before the address is told: whoever reads it may send a signal at once.
        let shutdown = shutdown()?;
        let reload = tokio::spawn(renewed(tls.clone())?);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let here = format!("{scheme}://{address}");
        data.note_server(&here)?;
        let restricted = registry.agreements().iter().any(|(anchor, _)| {
            registry.agreement(anchor).is_some_and(|published| published.state.is_restricted())
        });
        if restricted && openings {
            tracing::warn!(
                "whoever opens an agreement is told that a name is taken, also by a restricted one: serve without --openings, or give \
                 restricted agreements names that nobody guesses"
            );
        }
        if restricted && origin.is_none() {
            tracing::warn!(
                origin = here,
                "readers of restricted agreements sign this address: say with --origin by which they ask"
            );
        }
        let origin = origin.unwrap_or(here);
        let counted = metrics.as_ref().and_then(|listener| listener.local_addr().ok());
        let mut json = json!({ "listening": address });
        let mut line = format!("listening on {address}");
        if let (Some(counted), Some(fields)) = (counted, json.as_object_mut()) {
            fields.insert("metrics".to_owned(), json!(counted));
            line = format!("{line}\nmetrics on {counted}");
        }
        announce(context, &json, &line)?;
        let told = counted.map(tracing::field::display);
        tracing::info!(%address, agreements, tls = tls.is_some(), metrics = told, "serving");
        let service = Service {
            registry,
            origin,
            openings,
            limits,
            hooks,
            export,
            cosigning,
            evidence,
            proxies,
            metrics,
        };
        let acceptor = tls.map(|certificate| certificate.acceptor());
        let served = serve::run(listener, acceptor, service, shutdown).await;
        reload.abort();
        tracing::info!("ended");
        served.map_err(|failed| CliError::Storage(failed.to_string()))
    });
    // Nothing is waited for that storage may never finish.
    runtime.shutdown_background();
    served.map(|()| Answer::told())
}

/// How many files are open beside connections: the store's, exports, webhooks, witnesses, the listeners.
const OTHER_FILES: usize = 256;

/// How many connections there may be, by what the operator says and by how many files this process may have open. Where they took
/// all of them, nothing else could be opened.
fn within_files(connections: usize) -> usize {
    // Where that cannot be read, what the operator says holds.
    let text = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files: Option<usize> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    let most = files.map_or(connections, |files| files.saturating_sub(OTHER_FILES).max(files / 2).max(1));
    if most >= connections {
        return connections;
    }
    tracing::warn!(
        connections = most,
        files,
        wanted = connections,
        "this process may have too few files open for so many connections, so there are fewer: let it have more (`ulimit -n`, \
         systemd's LimitNOFILE), or set limits.connections"
    );
    most
}

/// The folder of restricted agreements' exports: for the operator alone.
fn kept_private(folder: &Path) -> Result<(), CliError> {
    let wrong = |why: &dyn std::fmt::Display| CliError::usage(format!("export.restricted: {why}"));
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| wrong(&format!("{} cannot be made: {error}", folder.display())))?;
    let mode = folder.metadata().map_err(|error| wrong(&error))?.permissions().mode();
    if mode & 0o077 != 0 {
        let folder = folder.display();
        return Err(wrong(&format!(
            "{folder} can be read by others, and restricted agreements go there: run `chmod 700 {folder}`"
        )));
    }
    writable(folder).map_err(|error| wrong(&error))
}

/// An address without a path, as a client derives it from the one that it asks.
fn named_origin(given: &str) -> Result<String, CliError> {
    origin(given).ok_or_else(|| {
        CliError::usage(format!(
            "origin: `{given}` is no address of a server: give one such as https://log.example.org, without anything after it"
        ))
    })
}

/// Why nothing is served: every statement would be refused, since nothing could be signed.
fn other_key(data: &DataDir, error: SubmitError) -> CliError {
    match error {
        SubmitError::OtherKey { .. } => CliError::usage(format!(
            "{}: {error}, so nothing could be signed: put your copy of that log's key there; `log-name` in config.toml is the \
             first part of a key's name",
            data.log_key_path().display()
        )),
        other => other.into(),
    }
}
