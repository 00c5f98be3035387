//! The log that is followed: audited once, and from then on each new entry by the same checks.

use crate::audit::{Source as _, SourceError};
use crate::cli::error::CliError;
use crate::cli::remote::Server;
use crate::cli::seen::Seen;
use crate::engine::State;
use crate::export::{Reader, Site};
use crate::log::{Checkpoint, Hash, Head, MemoryTree, Nodes as _, VerifierKey};
use crate::statement::Entry;
use crate::view::document::Line;

/// A log of a server, as far as it has passed.
pub(super) struct Log {
    /// The state after its last entry.
    pub(super) state: State,
    tree: MemoryTree,
    key: VerifierKey,
    address: String,
    /// Its files. It is shown once whose key asks, where that matters.
    site: Site,
    seen: Seen,
}

/// An entry that is in the log.
pub(super) struct Added {
    pub(super) line: Line,
    /// The state after it, where it is new.
    pub(super) after: Option<State>,
}

/// What looking at the log again came to.
pub(super) enum Advance {
    /// It has grown by these.
    By(Vec<Added>),
    /// It could not be read.
    Unreachable(String),
    /// What was read does not go on from what is known: in words, why.
    Doubt(String),
}

impl Log {
    /// The agreement that is named, or the only one, audited and held against what was seen of it before.
    ///
    /// # Errors
    /// As [`Server::record`].
    pub(super) fn audited(server: &Server, wanted: Option<&str>) -> Result<Self, CliError> {
        let record = server.record(wanted)?;
        let key = record.state.log.vkey.parse();
        let key = key.map_err(|error| CliError::Faults(format!("the log's key cannot be read: {error}")))?;
        let address = server.address_of(&record.state.agreement.name);
        let seen = Seen::of(&server.data, &record.state.agreement.name);
        let site = server.site(&record.state.agreement.name)?;
        let (state, tree) = record.into_tree()?;
        Ok(Self { state, tree, key, address, site, seen })
    }

    /// How many entries there are.
    pub(super) fn size(&self) -> u64 {
        self.tree.size()
    }

    pub(super) fn head(&self) -> Head {
        self.tree.head()
    }

    /// The agreement's name.
    pub(super) fn name(&self) -> String {
        self.state.agreement.name.to_string()
    }

    /// The entries from this one on, which have passed, without what each brought about.
    ///
    /// # Errors
    /// They cannot be read again, or are others now.
    pub(super) fn lines_from(&self, from: u64) -> Result<Vec<Added>, CliError> {
        let reader = Reader::open(self.site.clone())?;
        let mut lines = Vec::new();
        for read in reader.entries(from, self.size()) {
            let (index, bytes) = read?;
            let same = self.tree.node(0, index) == Ok(Hash::leaf(&bytes));
            let line = Line::parse(index, &bytes).filter(|_| same);
            let line = line.ok_or_else(|| {
                CliError::Faults(format!(
                    "entry {index} changed since the audit; run `quorate audit {}`",
                    self.address
                ))
            })?;
            lines.push(Added { line, after: None });
        }
        Ok(lines)
    }

    /// Looks whether the log has grown, and takes over what passes: signatures, rules, and the signed checkpoint over
    /// all of it. Otherwise nothing is taken over.
    pub(super) fn advance(&mut self) -> Advance {
        match self.grown() {
            Ok(added) => Advance::By(added),
            Err(Stopped::Source(SourceError::Unreadable(why))) => Advance::Unreachable(why),
            Err(Stopped::Source(error)) => Advance::Doubt(error.to_string()),
            Err(Stopped::Doubt(why)) => Advance::Doubt(why),
        }
    }

    fn grown(&mut self) -> Result<Vec<Added>, Stopped> {
        let reader = Reader::open(self.site.clone())?;
        let note = reader.checkpoint()?.unwrap_or_default();
        let head = Checkpoint::open(note.as_bytes(), &self.key).map_err(doubt)?.head;
        let known = self.tree.head();
        if head.size < known.size || (head.size == known.size && head.root != known.root) {
            return Err(Stopped::Doubt(format!(
                "the log now shows a checkpoint of {} entries that does not go on from the {} that were seen",
                head.size, known.size
            )));
        }
        let (mut state, mut tree) = (self.state.clone(), self.tree.clone());
        let mut added = Vec::new();
        for read in reader.entries(known.size, head.size) {
            let (index, bytes) = read?;
            if index != tree.size() {
                break;
            }
            let Entry { time, envelope } = Entry::parse(&bytes).map_err(doubt)?;
            let checked = envelope.into_checked().map_err(doubt)?;
            state.admit(time, &checked, &tree).map_err(|refusal| {
                Stopped::Doubt(format!(
                    "entry {index} is refused by the rule {}: {}",
                    refusal.rule, refusal.why
                ))
            })?;
            tree.push(Hash::leaf(&bytes));
            let line = Line::of(index, time, checked.statement(), checked.digest());
            added.push(Added { line, after: Some(state.clone()) });
        }
        if tree.head() != head {
            return Err(Stopped::Doubt(
                "the log's entries are not those of its signed checkpoint".to_owned(),
            ));
        }
        let shown = |size| tree.root_at(size);
        // What else is not kept here is audited again by the next command.
        if let Err(CliError::Faults(why)) = self.seen.keep(state.agreement.anchor, &note, &shown, &[]) {
            return Err(Stopped::Doubt(why));
        }
        (self.state, self.tree) = (state, tree);
        Ok(added)
    }
}

/// Why nothing was taken over.
enum Stopped {
    Source(SourceError),
    Doubt(String),
}

impl From<SourceError> for Stopped {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

fn doubt(error: impl std::fmt::Display) -> Stopped {
    Stopped::Doubt(format!("what the log shows cannot be read: {error}"))
}
