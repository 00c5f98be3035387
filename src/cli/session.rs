//! Writing: the data folder with its registry and the log's key, or a server that has them.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Runtime;

use super::context::Context;
use super::error::CliError;
use super::record::{Record, choose};
use super::remote::Server;
use super::{receipts, refused};
use crate::engine::State;
use crate::log::Head;
use crate::registry::{Receipted, Registry, Settings, StoreNodes, Submission, SubmitError};
use crate::statement::{Body, Refused, Statement};
use crate::values::{Digest, Instant};
use crate::workflow::Workflow;
use crate::workflow::model::Nature;

/// The way of statements to the log: an open registry of the data folder, every agreement of which has passed its audit;
/// or a server.
pub struct Session {
    /// Where receipts are kept: the data folder.
    pub data: PathBuf,
    way: Way,
    simulated: bool,
}

enum Way {
    Here(Box<Registry>, Runtime),
    /// With the agreement that was asked for last: to audit it takes fetching its log.
    There(Server, RefCell<Option<Box<Live>>>),
}

/// One agreement as it is now.
#[derive(Clone)]
pub struct Live {
    /// The state, with everything that time alone has brought.
    pub state: State,
    /// The newest head: what a statement made now comes after.
    pub head: Head,
}

/// A statement that is in the log.
pub struct Submitted {
    /// Its receipt.
    pub receipted: Receipted,
    /// The agreement after it, or why that is not known.
    pub after: Result<Live, CliError>,
}

impl Live {
    /// What was audited, at a time.
    pub fn of(record: &Record, now: Instant) -> Self {
        Self { state: record.state.at(now).into_owned(), head: record.head }
    }
}

impl Session {
    /// Opens the data folder for writing, or goes to the server that the command line names.
    ///
    /// # Errors
    /// It is not there, in use, or damaged.
    pub fn open(context: &Context) -> Result<Self, CliError> {
        let (data, simulated) = (context.data_path()?, context.clock.is_some());
        if let Some(server) = Server::of(context)? {
            return Ok(Self { data, way: Way::There(server, RefCell::default()), simulated });
        }
        let folder = context.data()?;
        let seed = folder.log_seed()?;
        let store = Arc::new(folder.open_store()?);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
        let runtime = runtime.map_err(|error| CliError::Storage(format!("cannot start threads: {error}")))?;
        let registry = {
            let _entered = runtime.enter();
            Registry::open(store, *seed, Settings::new(folder.log_name()), context.clock())?
        };
        Ok(Self { data, way: Way::Here(Box::new(registry), runtime), simulated })
    }

    /// The agreement that is named, or the only one.
    ///
    /// # Errors
    /// There is no such agreement.
    pub fn agreement(&self, wanted: Option<&str>) -> Result<Live, CliError> {
        match &self.way {
            Way::Here(registry, _) => {
                let known: Vec<_> =
                    registry.agreements().into_iter().map(|(anchor, name)| (anchor, Some(name))).collect();
                live(registry, choose(&known, wanted, &self.data)?)
            }
            Way::There(server, last) => {
                let is = |live: &&Live| wanted == Some(&*live.state.agreement.anchor.to_string());
                if let Some(live) = last.borrow().as_deref().filter(is) {
                    return Ok(live.clone());
                }
                let live = Live::of(&server.record(wanted)?, server.now());
                *last.borrow_mut() = Some(Box::new(live.clone()));
                Ok(live)
            }
        }
    }

    /// Submits, and waits until it is on stable storage.
    ///
    /// # Errors
    /// As [`Registry::submit`]; and a simulated clock stamps entries of specimens alone.
    pub fn submit(&self, submission: Submission) -> Result<Submitted, CliError> {
        let (registry, runtime) = match &self.way {
            Way::Here(registry, runtime) => (registry, runtime),
            Way::There(..) if submission.accept_clock_jump => {
                return Err(CliError::usage(
                    "--accept-clock-jump is the word of whoever operates the log: a server is started with it, and takes it \
                     from nobody else; leave it out",
                ));
            }
            Way::There(server, last) => {
                // Whatever comes of it, what was audited is not the newest any more.
                let audited = last.take();
                return server.submit(&submission, audited.as_deref());
            }
        };
        if self.simulated && nature_of(registry, &submission) == Some(Nature::Live) {
            return Err(CliError::usage(
                "--clock stamps entries of specimens only: a live agreement takes the machine's time; leave it out",
            ));
        }
        self.check_receipts(registry, &submission)?;
        let envelope = submission.envelope.clone();
        let told = runtime.block_on(registry.submit(submission));
        let receipted = told.map_err(|error| match error {
            SubmitError::Refused { refusal, note: Some(note) } => {
                let kept = Refused::parse(note.as_bytes()).ok().and_then(|(_, refused)| {
                    let agreement = registry.agreement(&refused.agreement.anchor)?;
                    let vkey = agreement.state.log.vkey.clone();
                    Some(Box::new(refused::keep(&self.data, &note, &envelope, &vkey)))
                });
                CliError::Refused { refusal, note: kept }
            }
            other => other.into(),
        })?;
        let after = live(registry, receipted.anchor);
        Ok(Submitted { receipted, after })
    }

    /// Refuses to add to a store that the receipts in this folder contradict: an older copy, put in its place.
    fn check_receipts(&self, registry: &Registry, submission: &Submission) -> Result<(), CliError> {
        let Ok(statement) = Statement::parse(&submission.envelope.statement) else {
            return Ok(());
        };
        let (name, vkey, anchor) = match (&statement.body, &statement.header) {
            // A name that is taken is the registry's to refuse.
            (Body::Open(open), _) if registry.agreements().iter().any(|(_, name)| *name == open.name) => {
                return Ok(());
            }
            (Body::Open(open), _) => (
                open.name.clone(),
                open.log.vkey.clone(),
                Digest::of(submission.envelope.statement.as_bytes()),
            ),
            (_, Some(header)) => {
                let Some(published) = registry.agreement(&header.agreement.anchor) else {
                    return Ok(());
                };
                let state = &published.state;
                (state.agreement.name.clone(), state.log.vkey.clone(), header.agreement.anchor)
            }
            _ => return Ok(()),
        };
        let Ok(key) = vkey.parse() else { return Ok(()) };
        let store = registry.store();
        let size = store.head(&anchor)?.map_or(0, |stored| stored.head.size);
        let nodes = StoreNodes { store, anchor: &anchor };
        receipts::check(&receipts::folder(&self.data, &name), &key, size, |size| {
            crate::log::tree::root(size, &nodes).map_err(|error| CliError::Storage(error.to_string()))
        })
    }
}

fn live(registry: &Registry, anchor: Digest) -> Result<Live, CliError> {
    let gone = || CliError::Storage("the registry has lost the agreement; start again".to_owned());
    let published = registry.agreement(&anchor).ok_or_else(gone)?;
    let head = registry.store().head(&anchor)?.ok_or_else(gone)?.head;
    let state = published.state.at(registry.now()).into_owned();
    Ok(Live { state, head })
}

/// Whether the agreement that a submission is for, or opens, is meant; `None` where that cannot be read,
/// and then the registry refuses it.
fn nature_of(registry: &Registry, submission: &Submission) -> Option<Nature> {
    let statement = Statement::parse(&submission.envelope.statement).ok()?;
    if let Body::Open(open) = &statement.body {
        return Workflow::parse(&open.workflow).ok().map(|workflow| workflow.nature);
    }
    let published = registry.agreement(&statement.header?.agreement.anchor)?;
    let nature = published.state.workflow.nature;
    Some(nature)
}
