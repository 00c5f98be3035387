//! Reading an agreement, from the data folder or a server: audited first, then asked.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::context::Context;
use super::error::CliError;
use super::remote::Server;
use crate::audit::{
    Entries, Report, Source, SourceError, StoreSource, Times, audit_against, replay_until, shown_until,
};
use crate::engine::State;
use crate::export::Reader;
use crate::log::{Hash, Head, MemoryTree, Receipt, tree};
use crate::registry::{StoreNodes, SubmitError, receipt};
use crate::statement::AgreementRef;
use crate::store::{ReadOnly, SledStore, Store};
use crate::values::{Digest, Id, Instant};

/// An agreement whose log has just passed an audit.
pub struct Record {
    /// The state after the last entry.
    pub state: State,
    /// The head that was audited.
    pub head: Head,
    /// The signed checkpoint over it.
    pub checkpoint: String,
    /// How far witnesses vouch for the times in it.
    pub times: Times,
    /// Why nothing may be added to it.
    pub read_only: Option<ReadOnly>,
    kept: Kept,
}

/// Where a record is kept.
enum Kept {
    /// In the data folder, as it was when it was opened.
    Here(Box<SledStore>),
    /// By a server, with the tree of what it gave.
    There(Box<Reader>, Box<MemoryTree>),
}

impl Record {
    /// Finds the agreement, in the data folder or at the server that the command line names, and audits its log.
    ///
    /// # Errors
    /// There is no such agreement, or it does not pass.
    pub fn load(context: &Context, agreement: Option<&str>) -> Result<Self, CliError> {
        if let Some(server) = Server::of(context)? {
            return server.record(agreement);
        }
        let (store, anchor) = open_store(context, agreement)?;
        let report = audited(&store, anchor, None)?;
        let read_only = store.read_only(&anchor)?;
        Self::of(report, |_| Kept::Here(Box::new(store)), read_only, "quorate audit")
    }

    /// What a server gave, and an audit has found. `audit` is the command that tells all of it.
    ///
    /// # Errors
    /// It does not pass.
    pub fn there(reader: Reader, report: Report, audit: &str) -> Result<Self, CliError> {
        Self::of(report, |tree| Kept::There(Box::new(reader), Box::new(tree)), None, audit)
    }

    fn of(
        report: Report,
        kept: impl FnOnce(MemoryTree) -> Kept,
        read_only: Option<ReadOnly>,
        audit: &str,
    ) -> Result<Self, CliError> {
        if let Some(first) = report.findings.first() {
            return Err(CliError::Faults(format!(
                "the log does not pass its audit: {first}; nothing can be read off it; run `{audit}` for all of it"
            )));
        }
        let Report { state, head, checkpoint, times, tree, .. } = report;
        let state = state.ok_or_else(|| CliError::Faults("the log is empty".to_owned()))?;
        Ok(Self { state, head, checkpoint, times, read_only, kept: kept(tree) })
    }

    /// The store of the data folder.
    ///
    /// # Errors
    /// The record is kept by a server.
    pub fn store(&self) -> Result<&SledStore, CliError> {
        match &self.kept {
            Kept::Here(store) => Ok(store),
            Kept::There(..) => Err(CliError::usage("this works on a data folder itself: leave out --server")),
        }
    }

    /// The state and the tree of what a server gave, to go on from.
    ///
    /// # Errors
    /// The record is of the data folder.
    pub fn into_tree(self) -> Result<(State, MemoryTree), CliError> {
        match self.kept {
            Kept::There(_, tree) => Ok((self.state, *tree)),
            Kept::Here(_) => Err(CliError::usage("this follows a server: name it with --server")),
        }
    }

    /// The entries in a range, each with its index.
    pub fn entries(&self, range: Range<u64>) -> Entries<'_> {
        match &self.kept {
            Kept::Here(store) => {
                let read = store.entries(&self.state.agreement.anchor, range);
                Box::new(read.map(|read| read.map_err(SourceError::from)))
            }
            Kept::There(reader, _) => reader.entries(range.start, range.end),
        }
    }

    /// An entry; `None` beyond the log.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, CliError> {
        match &self.kept {
            Kept::Here(store) => Ok(store.entry(&self.state.agreement.anchor, index)?),
            Kept::There(..) => {
                let read = self.entries(index..index.saturating_add(1)).next().transpose()?;
                Ok(read.map(|(_, bytes)| bytes))
            }
        }
    }

    /// A document, salt first, where it is at hand.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, CliError> {
        match &self.kept {
            Kept::Here(store) => Ok(store.blob(digest)?),
            // What comes under a digest and has another is not the document.
            Kept::There(reader, _) => Ok(reader.blob(digest)?.filter(|bytes| Digest::of(bytes) == *digest)),
        }
    }

    /// The root over the first `size` entries.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn root(&self, size: u64) -> Result<Option<Hash>, CliError> {
        match &self.kept {
            Kept::Here(store) => {
                let nodes = StoreNodes { store: &**store, anchor: &self.state.agreement.anchor };
                tree::root(size, &nodes).map(Some).map_err(|error| CliError::Storage(error.to_string()))
            }
            Kept::There(_, tree) => Ok(tree.root_at(size)),
        }
    }

    /// The receipt of an entry, against the head that was audited.
    ///
    /// # Errors
    /// There is no such entry, or no proof of it.
    pub fn receipt(&self, index: u64) -> Result<Receipt, CliError> {
        let tree = match &self.kept {
            Kept::Here(store) => return Ok(receipt(&**store, &self.state.agreement.anchor, index)?),
            Kept::There(_, tree) => tree,
        };
        let entry = self.entry(index)?.ok_or(SubmitError::NoEntry { index })?;
        let proof = tree::inclusion_proof(index, self.head.size, &**tree)
            .map_err(|error| CliError::Storage(format!("no proof for entry {index}: {error}")))?;
        Ok(Receipt { extra: Some(entry), index, proof, checkpoint: self.checkpoint.clone() })
    }

    /// The source that was audited.
    pub fn source(&self) -> Box<dyn Source + '_> {
        match &self.kept {
            Kept::Here(store) => {
                Box::new(StoreSource { store: &**store, anchor: self.state.agreement.anchor })
            }
            Kept::There(reader, _) => Box::new(&**reader),
        }
    }

    /// The latest time as of which a state may be certified.
    pub fn shown_until(&self) -> Instant {
        shown_until(&self.state, &self.times)
    }

    /// Now, as far as the record goes: where this machine's clock is behind the last entry, the time of that.
    pub fn now(&self, context: &Context) -> Instant {
        self.state.present(context.now())
    }

    /// The state as the record showed it at an instant: the entries up to then, and what time alone brought.
    ///
    /// # Errors
    /// The instant is before the opening.
    pub fn state_at(&self, at: Instant) -> Result<State, CliError> {
        if at >= self.state.last {
            return Ok(self.state.at(at).into_owned());
        }
        let past = replay_until(&*self.source(), |_, time| time <= at)?;
        let past = past.ok_or_else(|| self.before_opening(at))?;
        Ok(past.at(at).into_owned())
    }

    /// The refusal of a question about the time before the agreement.
    pub fn before_opening(&self, at: Instant) -> CliError {
        CliError::usage(format!(
            "at {at} there was no agreement {} yet: it was opened at {}; ask about a later time",
            self.state.agreement.name, self.state.opened
        ))
    }
}

/// The record of this agreement, where the data folder keeps its log, or from the server that is named; `None` where there
/// is no such folder or log.
///
/// # Errors
/// The log does not pass its audit, or the server does not have it.
pub fn if_kept(context: &Context, anchor: Digest) -> Result<Option<Record>, CliError> {
    if let Some(server) = Server::of(context)? {
        return server.record(Some(&anchor.to_string())).map(Some);
    }
    let Ok(data) = context.data() else { return Ok(None) };
    let store = SledStore::inspect(&data.store_path(), &data.blobs_path());
    if !store.is_ok_and(|store| store.agreements().is_ok_and(|all| all.contains(&anchor))) {
        return Ok(None);
    }
    Record::load(context, Some(&anchor.to_string())).map(Some)
}

/// The store of the data folder, for reading alone, and the anchor of the agreement meant.
///
/// # Errors
/// There is no such folder or agreement.
pub fn open_store(context: &Context, agreement: Option<&str>) -> Result<(SledStore, Digest), CliError> {
    let data = context.data()?;
    let store = data.inspect_store()?;
    let mut known = Vec::new();
    for anchor in store.agreements()? {
        known.push((anchor, name_of(&store, anchor)?));
    }
    if known.is_empty() && super::receipts::any(data.root()) {
        return Err(CliError::Faults(format!(
            "{} holds no agreement, but receipts of one: its store is gone; restore the folder from a backup",
            data.root().display()
        )));
    }
    let anchor = choose(&known, agreement, data.root())?;
    Ok((store, anchor))
}

/// The name of an agreement by its opening statement, before anything of it is believed.
pub fn name_of(store: &SledStore, anchor: Digest) -> Result<Option<Id>, CliError> {
    let Some(bytes) = store.entry(&anchor, 0)? else { return Ok(None) };
    let statement = crate::statement::Entry::parse(&bytes).ok().map(|entry| entry.envelope.statement);
    let statement = statement.and_then(|text| crate::statement::Statement::parse(&text).ok());
    Ok(statement.and_then(|statement| match statement.body {
        crate::statement::Body::Open(open) => Some(open.name),
        _ => None,
    }))
}

/// The agreement that somebody names, or the only one there is.
pub fn choose(
    known: &[(Digest, Option<Id>)],
    wanted: Option<&str>,
    folder: &Path,
) -> Result<Digest, CliError> {
    let names = || {
        let name = |(anchor, name): &(Digest, Option<Id>)| {
            format!("`{}`", name.as_ref().map_or_else(|| anchor.to_string(), ToString::to_string))
        };
        let mut names: Vec<String> = known.iter().map(name).collect();
        names.sort();
        names.join(", ")
    };
    if known.is_empty() {
        return Err(CliError::usage(format!(
            "{} holds no agreement yet; the parties open one with `quorate open`",
            folder.display()
        )));
    }
    let Some(wanted) = wanted else {
        return match known {
            [(only, _)] => Ok(*only),
            _ => Err(CliError::usage(format!("name the agreement; there are {}", names()))),
        };
    };
    let full: Option<AgreementRef> = wanted.parse().ok();
    let anchor: Option<Digest> = full.map(|full| full.anchor).or_else(|| wanted.parse().ok());
    let found = known.iter().find(|(candidate, name)| {
        anchor
            .map_or_else(|| name.as_ref().is_some_and(|name| *name == wanted), |anchor| anchor == *candidate)
    });
    found.map(|(anchor, _)| *anchor).ok_or_else(|| {
        CliError::usage(format!(
            "there is no agreement `{wanted}` in {}, which holds {}",
            folder.display(),
            names()
        ))
    })
}

/// Audits with a progress bar where that takes a while and somebody watches.
///
/// # Errors
/// The store cannot be read.
pub fn audited(store: &SledStore, anchor: Digest, expected: Option<Digest>) -> Result<Report, CliError> {
    audited_source(&StoreSource { store, anchor }, expected)
}

/// Audits any source in the same way.
///
/// # Errors
/// It cannot be read.
pub fn audited_source(source: &dyn Source, expected: Option<Digest>) -> Result<Report, CliError> {
    audited_against(source, expected, &[])
}

/// The same, held against signed checkpoints that were brought from elsewhere.
///
/// # Errors
/// It cannot be read.
pub fn audited_against(
    source: &dyn Source,
    expected: Option<Digest>,
    brought: &[String],
) -> Result<Report, CliError> {
    let bar = ProgressBar::hidden();
    let mut drawn = false;
    let begun = std::time::Instant::now();
    let report = audit_against(source, expected, brought, &mut |done, of| {
        if !drawn && begun.elapsed() > Duration::from_millis(300) {
            bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
            bar.set_style(style());
            drawn = true;
        }
        bar.set_length(of);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    Ok(report)
}

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template("auditing {wide_bar} {pos} of {len} entries, {eta} left");
    style.unwrap_or_else(|_| ProgressStyle::default_bar())
}
