//! The log that a report is made from.

use std::path::{Path, PathBuf};

use crate::audit::{audit, replay_until};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::record::Record;
use crate::cli::source::exported;
use crate::engine::State;
use crate::log::{Hash, Head};
use crate::store::ReadOnly;
use crate::values::{Digest, Instant};

/// An agreement whose log has just passed an audit: of the data folder or a server, or exported.
pub struct Kept {
    record: Record,
    /// The folder of its documents, where it is exported.
    documents: Option<PathBuf>,
}

impl Kept {
    /// Finds and audits it.
    ///
    /// # Errors
    /// There is none, or it does not pass.
    pub fn load(context: &Context, name: Option<&str>) -> Result<Self, CliError> {
        let Some((name, source)) =
            name.map(|name| exported(context, name).map(|it| it.map(|it| (name, it)))).transpose()?.flatten()
        else {
            return Ok(Self { record: Record::load(context, name)?, documents: None });
        };
        let audited = audit(&source, None, &mut |_, _| {})?;
        // Of an address there is no such folder, so no document of it is at hand.
        let documents = Some(Path::new(name).join("blobs"));
        Ok(Self { record: Record::there(source, audited, &format!("quorate audit {name}"))?, documents })
    }

    /// The state after the last entry.
    pub fn state(&self) -> &State {
        &self.record.state
    }

    /// The head that was audited.
    pub fn head(&self) -> Head {
        self.record.head
    }

    /// Why nothing may be added to it here.
    pub fn read_only(&self) -> Option<ReadOnly> {
        self.record.read_only
    }

    /// An entry.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, CliError> {
        self.record.entry(index)
    }

    /// A document, salt first, where it is at hand.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, CliError> {
        match &self.documents {
            None => self.record.blob(digest),
            // What cannot be read is not at hand.
            Some(documents) => Ok(std::fs::read(documents.join(digest.hex())).ok()),
        }
    }

    /// The root over the first `size` entries.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn root(&self, size: u64) -> Result<Option<Hash>, CliError> {
        self.record.root(size)
    }

    /// The state after the first `size` entries.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn until(&self, size: u64) -> Result<Option<State>, CliError> {
        self.replayed(|entry, _| entry < size)
    }

    /// The state after the last entry before a time.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn before(&self, time: Instant) -> Result<Option<State>, CliError> {
        self.replayed(|_, at| at < time)
    }

    fn replayed(&self, admits: impl Fn(u64, Instant) -> bool) -> Result<Option<State>, CliError> {
        Ok(replay_until(&*self.record.source(), admits)?)
    }
}
