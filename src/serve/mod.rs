//! HTTP: agreements that anybody can reach. It translates and bounds, and never decides.
//!
//! | file | does |
//! |---|---|
//! | `routes` | what every request goes through |
//! | `addresses` | which address is answered by whom, and its description |
//! | `api` | puts the descriptions together, for programs and as a page |
//! | `asked` | the parts and parameters of an address |
//! | `submit`, `parcel` | take statements with their documents, and answer with a receipt or the log's signed refusal |
//! | `site` | an agreement's log as C2SP's files, which audits read |
//! | `certificate`, `reports` | licence certificates, and reports, as the command line writes them |
//! | `read`, `newest` | what is told of an agreement, for machines |
//! | `pages` | the same for people with a browser: what a page needs, and how it may be used |
//! | `again` | answers 304 to whoever has an answer as it is |
//! | `documents` | whether a document may be given out, and its bytes |
//! | `follow` | what every task has in common that follows an agreement |
//! | `feed`, `events` | follows each agreement, and tells whoever listens what is new |
//! | `hooks` | tells other machines when a licence moves |
//! | `mirror` | keeps exported folders up to date |
//! | `cosigning` | has witnesses cosign what is new |
//! | `gate` | whether whoever asks may know of an agreement: every address of one is behind it |
//! | `tokens`, `sign_in` | how a reader shows whose key they have |
//! | `client`, `rate`, `quota`, `work`, `room`, `answers` | who asks, how often they may, and how much is kept, done and held for them |
//! | `metrics` | what is counted, at an address of its own |
//! | `health` | for whoever operates it |
//! | `problem`, `kinds` | what goes wrong, as RFC 9457 has it, and every way to |
//!
//! The way of a vote: `submit` reads the envelope, has the registry look whether it would be taken, reads the documents, and
//! hands both to [`Registry::submit`], which is what the command line calls as well.

mod addresses;
mod again;
mod answers;
mod api;
mod asked;
mod certificate;
mod client;
mod cosigning;
mod desk;
mod documents;
mod events;
mod feed;
mod follow;
mod gate;
mod health;
mod hooks;
mod kinds;
mod metrics;
mod mirror;
mod newest;
mod pages;
mod parcel;
mod problem;
mod quota;
mod rate;
mod read;
mod reports;
mod room;
mod routes;
mod sign_in;
mod site;
mod submit;
mod tokens;
mod work;

use std::future::Future;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::net::listen::{self, Tls};
use crate::registry::Registry;
pub use cosigning::Cosigning;
use desk::Desk;
pub use hooks::{Hook, Hooks, Secret};
pub use mirror::Export;
pub use quota::Quota;
pub use rate::Rate;

/// What one client may take from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections, of all clients and of one address.
    pub listen: listen::Limits,
    /// How long a request's body may take.
    pub body: Duration,
    /// The most bytes of a document that comes with a statement.
    pub document: usize,
    /// The most bytes of all documents of a statement.
    pub documents: usize,
    /// How many submissions are taken at a time; further ones are told to come again.
    pub submissions: usize,
    /// How often one address may ask for anything.
    pub requests: Rate,
    /// How often one address may submit something.
    pub submitted: Rate,
    /// How often one key may sign what is submitted.
    pub statements: Rate,
    /// How many bytes of documents are kept.
    pub quota: Quota,
    /// How many agreements there may be for another one to be opened over the network.
    pub agreements: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            listen: listen::Limits {
                connections: 16_384,
                per_address: 1_024,
                head: Duration::from_secs(15),
                stalled: Duration::from_secs(60),
                // Event streams have no end.
                connection: None,
                end: Duration::from_secs(10),
            },
            body: Duration::from_secs(60),
            document: 16 * 1024 * 1024,
            documents: 64 * 1024 * 1024,
            submissions: 512,
            requests: Rate { per_minute: 12_000, at_once: 4_000 },
            submitted: Rate { per_minute: 1_200, at_once: 1_200 },
            statements: Rate { per_minute: 120, at_once: 1_000 },
            quota: Quota { agreement: 4 << 30, party: 1 << 30 },
            agreements: 1_000,
        }
    }
}

/// Agreements that can be served.
pub struct Service {
    /// The agreements.
    pub registry: Registry,
    /// The address by which clients ask it, without a path: what readers sign names it.
    pub origin: String,
    /// Whether anybody may open an agreement over the network.
    pub openings: bool,
    /// What one client may take.
    pub limits: Limits,
    /// Who is told when a licence moves.
    pub hooks: Hooks,
    /// Where exported folders are kept up to date.
    pub export: Option<Export>,
    /// How witnesses are asked to cosign what is new, if they are.
    pub cosigning: Option<Cosigning>,
    /// Where signed checkpoints are kept that contradict each other.
    pub evidence: PathBuf,
    /// The proxies that are believed whom they speak for. Where there are any, nobody else is to reach the listener.
    pub proxies: Vec<IpAddr>,
    /// Where metrics are given out, if anywhere.
    pub metrics: Option<TcpListener>,
}

/// The description of the interface for programs (`OpenAPI` 3.1), as the server gives it out.
pub fn description() -> String {
    api::pretty(&addresses::api().described())
}

/// Serves until `shutdown`: then no more connections are accepted, and requests under way are answered.
///
/// # Errors
/// Storage has failed: what is in memory and what is on the disk may differ, and the process is to end.
pub async fn run(
    listener: TcpListener,
    tls: Option<Tls>,
    mut service: Service,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Failed> {
    let mut limits = service.limits;
    // All connections come from the proxies then.
    if !service.proxies.is_empty() {
        limits.listen.per_address = limits.listen.connections;
    }
    let metrics = service.metrics.take();
    let desk = Arc::new(Desk::new(service).ok_or(Failed)?);
    desk.follow_all();
    let stopped = desk.registry.stopped();
    let counted = metrics::router(Arc::clone(&desk));
    let counted = async {
        match metrics {
            Some(listener) => listen::serve(listener, counted, limits.listen, std::future::pending()).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = counted => Ok(()),
        () = listen::serve_with(listener, tls, routes::router(Arc::clone(&desk)), limits.listen, shutdown) => Ok(()),
        () = stopped => Err(Failed),
        () = desk.failed.notified() => Err(Failed),
    }
}

/// The registry has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("storage has failed, so nothing more is served; start again, which reads the disk anew")]
pub struct Failed;
