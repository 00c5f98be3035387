//! The log that a report is made from.

use std::path::{Path, PathBuf};

use crate::audit::{Report as Audited, Source as _, audit, replay_until};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::record::Record;
use crate::cli::source::exported;
use crate::engine::State;
use crate::export::Reader;
use crate::log::{Hash, Head};
use crate::store::ReadOnly;
use crate::values::{Digest, Instant};

/// An agreement whose log has just passed an audit: of the data folder, or exported.
pub enum Kept {
    /// Of the data folder.
    Stored(Box<Record>),
    /// In a folder, or at an address.
    Exported {
        /// Where it is read from.
        source: Box<Reader>,
        /// What the audit found.
        audited: Box<Audited>,
        /// The state after the last entry.
        state: Box<State>,
        /// The folder of its documents.
        documents: PathBuf,
    },
}

impl Kept {
    /// Finds and audits it.
    ///
    /// # Errors
    /// There is none, or it does not pass.
    pub fn load(context: &Context, name: Option<&str>) -> Result<Self, CliError> {
        let Some((name, source)) =
            name.map(|name| exported(name).map(|it| it.map(|it| (name, it)))).transpose()?.flatten()
        else {
            return Record::load(context, name).map(|record| Self::Stored(Box::new(record)));
        };
        let mut audited = audit(&source, None, &mut |_, _| {})?;
        if let Some(first) = audited.findings.first() {
            return Err(CliError::Faults(format!(
                "the log does not pass its audit: {first}; nothing can be read off it; run `quorate audit {name}` for all of it"
            )));
        }
        let state = audited.state.take().ok_or_else(|| CliError::Faults("the log is empty".to_owned()))?;
        // Of an address there is no such folder, so no document of it is at hand.
        Ok(Self::Exported {
            source: Box::new(source),
            audited: Box::new(audited),
            state: Box::new(state),
            documents: Path::new(name).join("blobs"),
        })
    }

    /// The state after the last entry.
    pub fn state(&self) -> &State {
        match self {
            Self::Stored(record) => &record.state,
            Self::Exported { state, .. } => state,
        }
    }

    /// The head that was audited.
    pub fn head(&self) -> Head {
        match self {
            Self::Stored(record) => record.head,
            Self::Exported { audited, .. } => audited.head,
        }
    }

    /// Why nothing may be added to it here.
    pub fn read_only(&self) -> Option<ReadOnly> {
        match self {
            Self::Stored(record) => record.read_only,
            Self::Exported { .. } => None,
        }
    }

    /// An entry.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, CliError> {
        match self {
            Self::Stored(record) => record.entry(index),
            Self::Exported { source, .. } => {
                Ok(source.entries(index, index + 1).next().transpose()?.map(|(_, bytes)| bytes))
            }
        }
    }

    /// A document, salt first, where it is at hand.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, CliError> {
        match self {
            Self::Stored(record) => record.blob(digest),
            // What cannot be read is not at hand.
            Self::Exported { documents, .. } => Ok(std::fs::read(documents.join(digest.hex())).ok()),
        }
    }

    /// The root over the first `size` entries.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn root(&self, size: u64) -> Result<Option<Hash>, CliError> {
        match self {
            Self::Stored(record) => record.root(size),
            Self::Exported { audited, .. } => Ok(audited.tree.root_at(size)),
        }
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
        match self {
            Self::Stored(record) => Ok(replay_until(&*record.source(), admits)?),
            Self::Exported { source, .. } => Ok(replay_until(&**source, admits)?),
        }
    }
}
