//! Reading an agreement from the data folder: audited first, then asked.

use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::context::Context;
use super::error::CliError;
use crate::audit::{Report, Source, StoreSource, Times, audit_against};
use crate::engine::State;
use crate::log::Head;
use crate::statement::AgreementRef;
use crate::store::{ReadOnly, SledStore, Store};
use crate::values::{Digest, Id, Instant};

/// An agreement whose log has just passed an audit.
pub struct Record {
    /// The store, as it was when it was opened.
    pub store: SledStore,
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
}

impl Record {
    /// Opens the data folder, finds the agreement and audits its log.
    ///
    /// # Errors
    /// There is no such agreement, or it does not pass.
    pub fn load(context: &Context, agreement: Option<&str>) -> Result<Self, CliError> {
        let (store, anchor) = open_store(context, agreement)?;
        let report = audited(&store, anchor, None)?;
        if let Some(first) = report.findings.first() {
            return Err(CliError::Faults(format!(
                "the log does not pass its audit: {first}; nothing can be read off it; run `quorate audit` for all of it"
            )));
        }
        let Report { state, head, checkpoint, times, .. } = report;
        let state = state.ok_or_else(|| CliError::Faults("the log is empty".to_owned()))?;
        let read_only = store.read_only(&anchor)?;
        Ok(Self { store, state, head, checkpoint, times, read_only })
    }

    /// The latest time as of which a state may be certified: that of the last entry, or later, where a quorum of the
    /// policy's witnesses had been shown no newer head by then. An entry that was there, and that nobody had shown them,
    /// it does not exclude.
    pub fn shown_until(&self) -> Instant {
        shown_until(&self.state, &self.times)
    }

    /// The source that was audited.
    pub fn source(&self) -> StoreSource<&SledStore> {
        StoreSource { store: &self.store, anchor: self.state.agreement.anchor }
    }

    /// The state as the record showed it at an instant: the entries up to then, and what time alone brought.
    ///
    /// # Errors
    /// The instant is before the opening.
    pub fn state_at(&self, at: Instant) -> Result<State, CliError> {
        if at >= self.state.last {
            return Ok(self.state.at(at).into_owned());
        }
        let past = crate::audit::replay_until(&self.source(), |_, time| time <= at)?;
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

/// The record of this agreement, where the data folder keeps its log; `None` where there is no such folder or log.
///
/// # Errors
/// The log is here and does not pass its audit.
pub fn if_kept(context: &Context, anchor: Digest) -> Result<Option<Record>, CliError> {
    let Ok(data) = context.data() else { return Ok(None) };
    let store = SledStore::inspect(&data.store_path(), &data.blobs_path());
    if !store.is_ok_and(|store| store.agreements().is_ok_and(|all| all.contains(&anchor))) {
        return Ok(None);
    }
    Record::load(context, Some(&anchor.to_string())).map(Some)
}

/// See [`Record::shown_until`].
pub fn shown_until(state: &State, times: &Times) -> Instant {
    times.newest_at.map_or(state.last, |newest| newest.max(state.last))
}

/// The store of the data folder, for reading alone, and the anchor of the agreement meant.
///
/// # Errors
/// There is no such folder or agreement.
pub fn open_store(context: &Context, agreement: Option<&str>) -> Result<(SledStore, Digest), CliError> {
    let data = context.data()?;
    let store = SledStore::inspect(&data.store_path(), &data.blobs_path())?;
    let mut known = Vec::new();
    for anchor in store.agreements()? {
        known.push((anchor, name_of(&store, anchor)?));
    }
    if known.is_empty() && super::receipts::any(&data) {
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
