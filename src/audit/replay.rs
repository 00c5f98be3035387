//! The replay: entries in chunks, signatures in parallel, rules in order.

use rayon::prelude::*;

use super::bounds::Bounds;
use super::found::Findings;
use super::history::History;
use super::report::{Report, claimed};
use super::roots::Roots;
use super::{Entries, Finding, Place, Source, SourceError};
use crate::engine::admit::Heads as _;
use crate::engine::{Refusal, State};
use crate::log::{Hash, Head, MemoryTree};
use crate::statement::{Checked, Entry};
use crate::values::Instant;

/// How many entries are checked in parallel before the engine takes them: enough to keep every core busy.
const CHUNK: usize = 2048;

/// The most entries of a chunk that a core takes at once: few, so that none is idle for long where a chunk ends.
const PIECE: usize = 16;

/// How many bytes of entries make a chunk all the same, however few they are: three chunks are there at once.
const CHUNK_BYTES: usize = 8 << 20;

/// A log on its way through the rules.
pub(super) struct Replay<'a> {
    source: &'a dyn Source,
    checkpoint: &'a str,
    brought: &'a [String],
    size: Option<u64>,
    next: u64,
    signatures: u64,
    tree: MemoryTree,
    state: Option<State>,
    findings: Findings,
    history: History,
    /// Whether the tree is over the entries' bytes, where other hashes are kept beside them.
    by_bytes: bool,
    /// Whether a hash that is kept is not that of its entry.
    pub(super) leaves_differ: bool,
    /// What is wrong with the hashes that are kept beside the entries, and explains nothing else.
    tiles: Findings,
    /// The entries below this have been told to have no hash beside them.
    tiles_told: u64,
    /// Once the opening statement has told whose cosignatures count.
    bounds: Option<Bounds>,
    roots: Roots,
}

/// An entry after everything that needs no other entry.
struct Read {
    index: u64,
    leaf: Hash,
    checked: Result<(Instant, Checked), Finding>,
}

impl<'a> Replay<'a> {
    pub(super) fn new(
        source: &'a dyn Source,
        checkpoint: &'a str,
        brought: &'a [String],
        by_bytes: bool,
    ) -> Self {
        let size = claimed(checkpoint).ok().map(|head| head.size);
        let tree = MemoryTree::with_capacity(size.unwrap_or(0).min(1 << 24));
        Self {
            source,
            checkpoint,
            brought,
            size,
            next: 0,
            signatures: 0,
            tree,
            state: None,
            findings: Findings::default(),
            history: History::default(),
            by_bytes,
            leaves_differ: false,
            tiles: Findings::default(),
            tiles_told: 0,
            bounds: None,
            roots: Roots::default(),
        }
    }

    /// Two chunks are under way at any time: the rules of one are replayed, one after the other, while the
    /// signatures of the next are checked on every core that is left.
    pub(super) fn entries(&mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), SourceError> {
        let mut entries = self.source.entries(0, self.size.unwrap_or(u64::MAX));
        let mut checked: Vec<Read> = Vec::new();
        let mut chunk = next_chunk(&mut entries)?;
        while !(chunk.is_empty() && checked.is_empty()) {
            let pieces = chunk.into_par_iter().with_max_len(PIECE);
            let check = || pieces.map(|(index, bytes)| read(index, &bytes)).collect();
            let replay = || {
                checked.into_iter().try_for_each(|entry| self.entry(entry))?;
                next_chunk(&mut entries)
            };
            let (now_checked, next) = rayon::join(check, replay);
            (checked, chunk) = (now_checked, next?);
            progress(self.next, self.size.unwrap_or(self.next));
            if self.state.is_none() && self.next >= CHUNK as u64 {
                self.given_up(checked.is_empty());
                return Ok(());
            }
        }
        drop(entries);
        self.missing_until(self.size.unwrap_or(self.next))
    }

    /// Without an opening statement no rule applies, and nothing names the key of the log.
    fn given_up(&mut self, at_end: bool) {
        let last = self.size.map_or(self.next, |size| size.saturating_sub(1));
        if at_end && last < self.next {
            return;
        }
        let what = "they were not looked at: without an opening statement as entry 0 there is no rule to hold them to";
        let finding = Finding::new(Place::Entries(self.next, last.max(self.next)), "not-open", what);
        self.findings.push(Finding { follows: Some(0), ..finding });
    }

    /// Takes one entry over: into the tree, and into the state if it is good.
    fn entry(&mut self, entry: Read) -> Result<(), SourceError> {
        if entry.index < self.next {
            let what = format!("it comes after entry {}", self.next.saturating_sub(1));
            self.find(Place::Entry(entry.index), "missing", what);
            return Ok(());
        }
        self.missing_until(entry.index)?;
        let leaf = self.leaf(entry.index, entry.leaf)?;
        self.tree.push(leaf);
        self.next = entry.index.saturating_add(1);
        match entry.checked {
            Err(finding) => self.findings.push(Finding { follows: self.altered(entry.index), ..finding }),
            Ok((time, checked)) => {
                self.signatures += checked.signers().len() as u64;
                self.replay(entry.index, time, &checked);
                self.bound(entry.index, time)?;
            }
        }
        Ok(())
    }

    /// The hash over which the tree goes on: what it was built over, so that one altered entry is one finding.
    fn leaf(&mut self, index: u64, hash: Hash) -> Result<Hash, SourceError> {
        let Some(kept) = self.source.leaf(index)? else {
            let told = self.source.why_no_leaf(index).filter(|_| index >= self.tiles_told);
            if let Some((end, why)) = told.filter(|(end, _)| *end > index) {
                let what =
                    format!("their hashes are not kept beside them: {why}; export again to a new folder");
                self.tiles.push(Finding::new(Place::Entries(index, end - 1), "tree", what));
                self.tiles_told = end;
            }
            return Ok(hash);
        };
        if kept == hash {
            return Ok(kept);
        }
        self.leaves_differ = true;
        if self.by_bytes {
            let what = format!(
                "its bytes hash to {hash}, as the checkpoint has it, and {kept} is kept beside them: that hash was altered"
            );
            self.tiles.push(Finding::new(Place::Entry(index), "tree", what));
            return Ok(hash);
        }
        let what = format!("its bytes hash to {hash}, the tree was built over {kept}: it was altered");
        self.find(Place::Entry(index), "tree", what);
        Ok(kept)
    }

    /// Holds an entry's time against those at which witnesses saw the heads around it.
    fn bound(&mut self, index: u64, time: Instant) -> Result<(), SourceError> {
        if let (None, Some(state)) = (&self.bounds, &self.state) {
            self.bounds = Some(Bounds::read(self.source, self.checkpoint, self.brought, state)?);
        }
        if let Some(bounds) = &mut self.bounds {
            bounds.entry(index, time, &self.tree);
        }
        Ok(())
    }

    fn replay(&mut self, index: u64, time: Instant, checked: &Checked) {
        let refused = match &mut self.state {
            Some(state) => {
                // A refused or missing entry still takes up its place in the log.
                state.size = index;
                state.admit(time, checked, &self.roots.of(&self.tree)).err()
            }
            None if index == 0 => match State::open(time, checked) {
                Ok(state) => {
                    self.state = Some(state);
                    None
                }
                Err(refusal) => Some(refusal),
            },
            None => None,
        };
        self.witness(index, checked);
        let header = checked.statement().header.as_ref();
        match (refused, header) {
            (Some(Refusal { rule: "other-history" | "unknown-head", .. }), Some(header)) => {
                self.history.differs(index, header.after, self.tree.root_at(header.after.size));
            }
            (Some(refusal), _) => {
                let follows = self.first_fault();
                let what = format!("{}; {}", refusal.why, refusal.instead);
                let finding = Finding::new(Place::Entry(index), refusal.rule, what);
                self.findings.push(Finding { follows, ..finding });
            }
            (None, _) => {}
        }
    }

    /// Whoever signed this entry's statement, good or not, confirms the entries before its head, where that
    /// head is this log's.
    fn witness(&mut self, index: u64, checked: &Checked) {
        let Some(header) = &checked.statement().header else { return };
        let ours = self.state.as_ref().is_some_and(|state| state.agreement == header.agreement);
        let Head { size, root } = header.after;
        if ours && size <= index && self.roots.of(&self.tree).root_at(size) == Some(root) {
            self.history.holds(size);
        }
    }

    /// The first entry that is known to be at fault: what comes after it may only follow from it.
    fn first_fault(&self) -> Option<u64> {
        self.findings.first_entry().into_iter().chain(self.history.first()).min()
    }

    /// The entry itself where its bytes are known to be altered: that they are wrong follows from that.
    fn altered(&self, index: u64) -> Option<u64> {
        let altered = |finding: &&Finding| finding.place == Place::Entry(index) && finding.rule == "tree";
        self.findings.kept().last().filter(altered).map(|_| index)
    }

    /// Reports the entries before `index` that the source left out: once for all that are missing for one reason.
    fn missing_until(&mut self, index: u64) -> Result<(), SourceError> {
        while self.next < index {
            let first = self.next;
            let told = self.source.why_missing(first).filter(|(end, _)| *end > first);
            let end = told.as_ref().map_or(index, |(end, _)| (*end).min(index));
            let (place, what) = match end - first {
                1 => (Place::Entry(first), "it is not there"),
                _ => (Place::Entries(first, end - 1), "they are not there"),
            };
            let what = told.map_or_else(|| what.to_owned(), |(_, why)| format!("{what}: {why}"));
            self.find(place, "missing", what);
            // The tree goes on over what it was built over. A checkpoint may claim any size: where even the leaf
            // hashes end, nothing more is to be had.
            let mut kept = first;
            while kept < end
                && let Some(leaf) = self.source.leaf(kept)?
            {
                self.tree.push(leaf);
                kept += 1;
            }
            self.next = end;
        }
        Ok(())
    }

    fn find(&mut self, place: Place, rule: &str, what: String) {
        self.findings.push(Finding::new(place, rule, what));
    }

    /// What the replay found, before the checkpoint and the anchor are judged.
    pub(super) fn report(mut self, checkpoint: &str) -> Result<Report, SourceError> {
        let history = self.history.findings(self.findings.kept());
        self.findings.extend(history);
        let bounds = self.bounds.unwrap_or_default();
        let (found, times) = bounds.finish(self.source, checkpoint, self.next, &self.tree)?;
        let (mut findings, more) = self.findings.into_parts();
        let (of_checkpoints, more_of_checkpoints) = found.into_parts();
        findings.extend(of_checkpoints);
        let (of_tiles, more_of_tiles) = self.tiles.into_parts();
        findings.extend(of_tiles);
        Ok(Report {
            entries: self.next,
            signatures: self.signatures,
            head: self.tree.head(),
            vkey: self.state.as_ref().map(|state| state.log.vkey.clone()),
            anchor: self.state.as_ref().map(|state| state.agreement.anchor),
            anchor_checked: false,
            checkpoint: checkpoint.to_owned(),
            findings,
            more: more.saturating_add(more_of_checkpoints).saturating_add(more_of_tiles),
            state: self.state,
            tree: self.tree,
            times,
        })
    }
}

/// The next entries of the source, as many as there are or a chunk has.
fn next_chunk(entries: &mut Entries<'_>) -> Result<Vec<(u64, Vec<u8>)>, SourceError> {
    let (mut chunk, mut weight) = (Vec::with_capacity(CHUNK), 0);
    while chunk.len() < CHUNK
        && weight < CHUNK_BYTES
        && let Some(entry) = entries.next()
    {
        let (index, bytes) = entry?;
        weight += bytes.len();
        chunk.push((index, bytes));
    }
    Ok(chunk)
}

fn read(index: u64, bytes: &[u8]) -> Read {
    let fault = |rule: &str, what: String| Finding::new(Place::Entry(index), rule, what);
    let checked = Entry::parse(bytes).map_err(|error| fault("entry", error.to_string())).and_then(|entry| {
        let checked = entry.envelope.into_checked().map_err(|error| fault("signature", error.to_string()))?;
        Ok((entry.time, checked))
    });
    Read { index, leaf: Hash::leaf(bytes), checked }
}
