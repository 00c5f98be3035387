//! Writing: the data folder with its registry, and the log's key.

use std::sync::Arc;

use tokio::runtime::Runtime;

use super::context::Context;
use super::error::CliError;
use super::record::choose;
use super::{receipts, refused};
use crate::engine::{Refusal, State};
use crate::log::Head;
use crate::registry::{Receipted, Registry, Settings, StoreNodes, Submission, SubmitError};
use crate::statement::{Body, Envelope, Refused, Statement};
use crate::store::data::DataDir;
use crate::values::Digest;
use crate::workflow::Workflow;
use crate::workflow::model::Nature;

/// An open registry. Every agreement in it has passed its audit.
pub struct Session {
    /// The data folder.
    pub data: DataDir,
    registry: Registry,
    runtime: Runtime,
    simulated: bool,
}

/// One agreement as it is now.
pub struct Live {
    /// The state, with everything that time alone has brought.
    pub state: State,
    /// The newest head: what a statement made now comes after.
    pub head: Head,
}

impl Session {
    /// Opens the data folder for writing.
    ///
    /// # Errors
    /// It is not there, in use, or damaged.
    pub fn open(context: &Context) -> Result<Self, CliError> {
        let data = context.data()?;
        let seed = data.log_seed()?;
        let store = Arc::new(data.open_store()?);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
        let runtime = runtime.map_err(|error| CliError::Storage(format!("cannot start threads: {error}")))?;
        let registry = {
            let _entered = runtime.enter();
            Registry::open(store, *seed, Settings::new(data.log_name()), context.clock())?
        };
        Ok(Self { data, registry, runtime, simulated: context.clock.is_some() })
    }

    /// The agreement that is named, or the only one.
    ///
    /// # Errors
    /// There is no such agreement.
    pub fn agreement(&self, wanted: Option<&str>) -> Result<Live, CliError> {
        let known: Vec<_> =
            self.registry.agreements().into_iter().map(|(anchor, name)| (anchor, Some(name))).collect();
        self.live(choose(&known, wanted, self.data.root())?)
    }

    fn live(&self, anchor: Digest) -> Result<Live, CliError> {
        let gone = || CliError::Storage("the registry has lost the agreement; start again".to_owned());
        let published = self.registry.agreement(&anchor).ok_or_else(gone)?;
        let head = self.registry.store().head(&anchor)?.ok_or_else(gone)?.head;
        let state = published.state.at(self.registry.now()).into_owned();
        Ok(Live { state, head })
    }

    /// Submits, and waits until it is on stable storage.
    ///
    /// # Errors
    /// As [`Registry::submit`]; and a simulated clock stamps entries of specimens alone.
    pub fn submit(&self, submission: Submission) -> Result<Receipted, CliError> {
        if self.simulated && self.nature_of(&submission) == Some(Nature::Live) {
            return Err(CliError::usage(
                "--clock stamps entries of specimens only: a live agreement takes the machine's time; leave it out",
            ));
        }
        self.check_receipts(&submission)?;
        let envelope = submission.envelope.clone();
        let told = self.runtime.block_on(self.registry.submit(submission));
        told.map_err(|error| match error {
            SubmitError::Refused { refusal, note: Some(note) } => self.turned_away(refusal, &note, &envelope),
            other => other.into(),
        })
    }

    /// A refusal, with the log's word for it kept for whoever was turned away.
    fn turned_away(&self, refusal: Refusal, note: &str, envelope: &Envelope) -> CliError {
        let kept = Refused::parse(note.as_bytes()).ok().and_then(|(_, refused)| {
            let agreement = self.registry.agreement(&refused.agreement.anchor)?;
            let vkey = agreement.state.log.vkey.clone();
            Some(Box::new(refused::keep(&self.data, note, envelope, &vkey)))
        });
        CliError::Refused { refusal, note: kept }
    }

    /// Refuses to add to a store that the receipts in this folder contradict: an older copy, put in its place.
    fn check_receipts(&self, submission: &Submission) -> Result<(), CliError> {
        let Ok(statement) = Statement::parse(&submission.envelope.statement) else {
            return Ok(());
        };
        let (name, vkey, anchor) = match (&statement.body, &statement.header) {
            // A name that is taken is the registry's to refuse.
            (Body::Open(open), _)
                if self.registry.agreements().iter().any(|(_, name)| *name == open.name) =>
            {
                return Ok(());
            }
            (Body::Open(open), _) => (
                open.name.clone(),
                open.log.vkey.clone(),
                Digest::of(submission.envelope.statement.as_bytes()),
            ),
            (_, Some(header)) => {
                let Some(published) = self.registry.agreement(&header.agreement.anchor) else {
                    return Ok(());
                };
                let state = &published.state;
                (state.agreement.name.clone(), state.log.vkey.clone(), header.agreement.anchor)
            }
            _ => return Ok(()),
        };
        let Ok(key) = vkey.parse() else { return Ok(()) };
        let store = self.registry.store();
        let size = store.head(&anchor)?.map_or(0, |stored| stored.head.size);
        let nodes = StoreNodes { store, anchor: &anchor };
        receipts::check(&receipts::folder(&self.data, &name), &key, size, |size| {
            crate::log::tree::root(size, &nodes).map_err(|error| CliError::Storage(error.to_string()))
        })
    }

    /// Whether the agreement that a submission is for, or opens, is meant; `None` where that cannot be read,
    /// and then the registry refuses it.
    fn nature_of(&self, submission: &Submission) -> Option<Nature> {
        let statement = Statement::parse(&submission.envelope.statement).ok()?;
        if let Body::Open(open) = &statement.body {
            return Workflow::parse(&open.workflow).ok().map(|workflow| workflow.nature);
        }
        let published = self.registry.agreement(&statement.header?.agreement.anchor)?;
        let nature = published.state.workflow.nature;
        Some(nature)
    }
}
