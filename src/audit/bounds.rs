//! What the checkpoints that a source keeps say: that the log signed these very heads, and, where witnesses have
//! cosigned them, by when the entries were there and when witnesses had not been shown them yet.
//!
//! A head that a quorum of the policy's witnesses saw by a time is of entries no later than that: an entry that says
//! a later time is at fault. That a quorum still cosigned a head at a time says no more than that it had been shown
//! no larger one: anybody can show a public head again, and nobody need have shown them the entries after it. So an
//! entry that is dated before such a time is told, and is no fault. The checkpoints are read once, before the entries,
//! and compared with the tree while it grows: beside the entries' pass there is no other.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::found::Findings;
use super::times::{Late, SLACK, Times, Vouched};
use super::{Finding, Place, Source, SourceError};
use crate::engine::State;
use crate::log::{Checkpoint, Head, MemoryTree, Note, Policy, VerifierKey};
use crate::values::Instant;

/// How many checkpoints are checked in parallel.
const CHUNK: usize = 256;

/// The checkpoints of a source, and the entries whose times they contradict or throw doubt on.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    policy: Option<Arc<Policy>>,
    /// In ascending order of size.
    kept: Vec<Kept>,
    /// The first of `kept` that is larger than the tree so far.
    next: usize,
    /// The latest time at which a quorum had been shown no head larger than those so far.
    from: Option<Instant>,
    late: Late,
    postdated: Vec<Postdated>,
    findings: Findings,
    /// The places in the policy of the witnesses that have cosigned in a quorum.
    cosigned: BTreeSet<usize>,
    /// A second root of the newest size was found.
    forked: bool,
    /// Entries are missing in the tree: what it gives from there on is no longer the log's.
    gap: bool,
}

/// A checkpoint that the log's key has signed.
#[derive(Debug)]
struct Kept {
    head: Head,
    vouched: Option<Vouched>,
    /// The earliest time by which this head or a larger one was there.
    until: Option<Bound>,
    /// Whether the tree gives this head; `None` where it is not so large.
    ours: Option<bool>,
    /// Whether another finding tells of a root that is not the tree's.
    told: bool,
    /// Whether the auditor brought it; another finding then tells that it is of more entries than there are.
    brought: bool,
}

/// A time that the checkpoint of this size gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Bound {
    at: Instant,
    size: u64,
}

/// An entry that says a later time than that by which it was there.
#[derive(Debug)]
struct Postdated {
    entry: u64,
    time: Instant,
    until: Bound,
}

/// A note after everything that needs no tree.
#[derive(Debug, Default)]
struct Read {
    kept: Option<Kept>,
    cosigned: Vec<usize>,
    finding: Option<Finding>,
}

impl Bounds {
    /// Reads the checkpoints that the source keeps, `newest`, and those that the auditor has `brought`, with the key and
    /// the policy of the opening.
    pub(super) fn read(
        source: &dyn Source,
        newest: &str,
        brought: &[String],
        state: &State,
    ) -> Result<Self, SourceError> {
        let Ok(key) = state.log.vkey.parse::<VerifierKey>() else { return Ok(Self::default()) };
        let mut bounds = Self { policy: state.witnesses.clone(), ..Self::default() };
        let policy = state.witnesses.as_deref();
        // Its own faults are told where it is compared with the whole tree.
        let first = read(None, newest.as_bytes(), &key, policy);
        let head = first.kept.as_ref().map(|kept| kept.head);
        bounds.take(first);
        for note in brought {
            bounds.take(read_brought(note, &key, policy));
        }
        let mut notes = source.checkpoints();
        loop {
            let chunk: Vec<_> = notes.by_ref().take(CHUNK).collect::<Result<_, _>>()?;
            if chunk.is_empty() {
                break;
            }
            let read = chunk.par_iter().map(|(size, note)| read(Some(*size), note, &key, policy));
            for (mut read, (_, note)) in read.collect::<Vec<_>>().into_iter().zip(&chunk) {
                if let (Some(kept), Some(head)) = (&mut read.kept, head)
                    && two_roots(kept.head, head)
                {
                    kept.told = true;
                    // One such pair of notes proves it, and each may be long.
                    let forked = forked(kept.head, head, note, newest);
                    if bounds.forked {
                        bounds.findings.push(Finding { evidence: Vec::new(), ..forked });
                    } else {
                        bounds.findings.push_always(forked);
                    }
                    bounds.forked = true;
                }
                bounds.take(read);
            }
        }
        bounds.kept.sort_by_key(|kept| kept.head.size);
        let mut until: Option<Bound> = None;
        for kept in bounds.kept.iter_mut().rev() {
            let own = kept.vouched.map(|it| Bound { at: it.existed_by, size: it.size });
            until = own.into_iter().chain(until).min();
            kept.until = until;
        }
        Ok(bounds)
    }

    fn take(&mut self, read: Read) {
        self.kept.extend(read.kept);
        self.cosigned.extend(read.cosigned);
        self.findings.extend(read.finding);
    }

    /// Holds the time of an entry, which is the last one in the tree, against its bounds.
    pub(super) fn entry(&mut self, index: u64, time: Instant, tree: &MemoryTree) {
        self.gap |= tree.size() != index.saturating_add(1);
        self.compare(index, tree);
        let until = self.kept.get(self.next).and_then(|kept| kept.until);
        // Where one quorum had seen the entry, that another had not says nothing.
        let unseen = |from: &Instant| until.is_none_or(|until| until.at > *from);
        if let Some(from) = self.from.filter(unseen).filter(|from| time.plus(SLACK) < *from) {
            self.late.add(index, time, from);
        }
        let postdated = until.filter(|until| time > until.at.plus(SLACK));
        self.postdated.extend(postdated.map(|until| Postdated { entry: index, time, until }));
    }

    /// Compares every checkpoint up to this size with the tree, and takes the times that it gives to what follows.
    fn compare(&mut self, size: u64, tree: &MemoryTree) {
        while let Some(kept) = self.kept.get_mut(self.next).filter(|kept| kept.head.size <= size) {
            self.next += 1;
            if self.gap {
                continue;
            }
            let ours = tree.root_at(kept.head.size) == Some(kept.head.root);
            kept.ours = Some(ours);
            self.from = self.from.max(kept.vouched.filter(|_| ours).map(|it| it.newest_at));
        }
    }

    /// What is wrong, and how tight the bounds are, once all `entries` are in the tree.
    pub(super) fn finish(
        mut self,
        source: &dyn Source,
        newest: &str,
        entries: u64,
        tree: &MemoryTree,
    ) -> Result<(Findings, Times), SourceError> {
        self.gap |= tree.size() != entries;
        self.compare(entries, tree);
        let mut findings = std::mem::take(&mut self.findings);
        let proved =
            self.rewritten(source, newest, tree)?.into_iter().chain(self.rolled_back(source, entries)?);
        proved.for_each(|finding| findings.push_always(finding));
        let ours: Vec<Vouched> =
            self.kept.iter().filter(|kept| kept.ours == Some(true)).filter_map(|kept| kept.vouched).collect();
        // Of one size there can be notes of another history too.
        let counts = |bound: Bound| {
            let first = ours.partition_point(|it| it.size < bound.size);
            let mut same = ours.iter().skip(first).take_while(|it| it.size == bound.size);
            same.any(|it| it.existed_by == bound.at)
        };
        findings.extend(self.postdated.iter().filter(|it| counts(it.until)).map(Postdated::finding));
        let asked = self.policy.as_ref().filter(|policy| policy.asks_witnesses());
        let times = Times {
            witnesses: asked.map_or(0, |policy| policy.witnesses().count()),
            cosigned_by: self.cosigned.len(),
            late: Some(self.late).filter(|late| late.entries > 0),
            ..Times::of(&ours, entries)
        };
        Ok((findings, times))
    }

    /// The checkpoints whose root is not this tree's: one finding, since the first explains the others.
    fn rewritten(
        &self,
        source: &dyn Source,
        newest: &str,
        tree: &MemoryTree,
    ) -> Result<Option<Finding>, SourceError> {
        let differ = |kept: &&Kept| kept.ours == Some(false) && !kept.told;
        let Some(Kept { head, .. }) = self.kept.iter().find(differ) else { return Ok(None) };
        let ours = self.kept.iter().filter(|kept| kept.ours == Some(true) && kept.head.size < head.size);
        let sound = ours.map(|kept| kept.head.size).max().unwrap_or(0);
        let here = tree.root_at(head.size).map_or_else(|| "none".to_owned(), |here| here.to_string());
        // Only where the log has signed what is here, too, does it stand against its own word.
        let signed = self.kept.iter().any(|kept| kept.head == tree.head());
        let (rule, shown) = if signed {
            ("two-histories", "two histories, which it proves together with the newest checkpoint")
        } else {
            (
                "tree",
                "what is here is not what the log has signed, nor is it what the newest checkpoint states",
            )
        };
        let mut what = format!(
            "the log has signed the root {} at {} entries, here it is {here}: {shown}; what differs is among the \
             entries from {sound} on",
            head.root, head.size
        );
        let others = self.kept.iter().filter(differ).count() - 1;
        if others > 0 {
            let last = self.kept.iter().rev().find(differ).map_or(head.size, |kept| kept.head.size);
            let more = format!("; so do {others} more of those kept, the last that of {last} entries");
            what.push_str(&more);
        }
        let finding = Finding::new(Place::CheckpointAt(head.size), rule, what);
        if !signed {
            return Ok(Some(finding));
        }
        let evidence = note_of(source, *head)?.into_iter().chain([newest.to_owned()]).collect();
        Ok(Some(Finding { evidence, ..finding }))
    }

    /// The largest checkpoint that is of more entries than there are.
    fn rolled_back(&self, source: &dyn Source, entries: u64) -> Result<Option<Finding>, SourceError> {
        let largest = self.kept.iter().rev().find(|kept| !kept.brought);
        let Some(Kept { head, .. }) = largest.filter(|kept| kept.head.size > entries) else {
            return Ok(None);
        };
        let what = format!(
            "missing: the log has signed {} entries, and {entries} are here; the checkpoint kept for {} proves it",
            head.size, head.size
        );
        let place = Place::Entries(entries, head.size.saturating_sub(1));
        let evidence = note_of(source, *head)?.into_iter().collect();
        Ok(Some(Finding { evidence, ..Finding::new(place, "missing", what) }))
    }
}

/// Checks one note; `size` is what it is kept for, and the newest checkpoint is kept for none.
fn read(size: Option<u64>, note: &[u8], key: &VerifierKey, policy: Option<&Policy>) -> Read {
    let place = size.map_or(Place::Checkpoint, Place::CheckpointAt);
    let fault = |rule: &str, what: String| Some(Finding::new(place, rule, what));
    let head = match Checkpoint::open(note, key) {
        Ok(checkpoint) => checkpoint.head,
        Err(error) => {
            let finding = size.and_then(|_| fault("checkpoint", format!("what is kept there: {error}")));
            return Read { finding, ..Read::default() };
        }
    };
    let mut read = Read::default();
    if let Some(size) = size.filter(|size| *size != head.size) {
        let what = format!("the note that is kept for {size} entries states {}", head.size);
        read.finding = fault("checkpoint", what);
    }
    let mut vouched = None;
    if let (Some(policy), Ok(note)) = (policy, Note::parse(note)) {
        match policy.support(&note) {
            Err(error) => read.finding = fault("cosignature", error.to_string()),
            Ok(support) => {
                let quorum = support.existed_by().zip(support.newest_at());
                vouched = quorum.map(|(existed_by, newest_at)| Vouched {
                    size: head.size,
                    existed_by: existed_by.time(),
                    newest_at: newest_at.time(),
                });
                let made = support.witnesses().enumerate().filter(|(_, (_, times))| !times.is_empty());
                read.cosigned = made.map(|(place, _)| place).filter(|_| quorum.is_some()).collect();
            }
        }
    }
    read.kept = Some(Kept { head, vouched, until: None, ours: None, told: size.is_none(), brought: false });
    read
}

/// A note that the auditor has brought. Its head is compared with the whole tree, as that of the newest is; here it
/// counts for what witnesses have said under it.
fn read_brought(note: &str, key: &VerifierKey, policy: Option<&Policy>) -> Read {
    let mut read = read(None, note.as_bytes(), key, policy);
    if let Some(kept) = &mut read.kept {
        kept.brought = true;
    }
    if let Some(finding) = &mut read.finding {
        finding.what = format!("the one that it was compared with: {}", finding.what);
    }
    read
}

fn two_roots(one: Head, other: Head) -> bool {
    one.size == other.size && one.root != other.root
}

/// Two heads of one size, both signed by the log.
fn forked(kept: Head, newest: Head, note: &[u8], newest_note: &str) -> Finding {
    let what = format!(
        "the log has signed two roots at {} entries, {} here and {} in the newest checkpoint: two histories, which both \
         notes together prove",
        kept.size, kept.root, newest.root
    );
    let evidence = vec![String::from_utf8_lossy(note).into_owned(), newest_note.to_owned()];
    Finding { evidence, ..Finding::new(Place::CheckpointAt(kept.size), "two-histories", what) }
}

/// The note that a source keeps for a head, read once more: only what is at fault is worth keeping.
fn note_of(source: &dyn Source, head: Head) -> Result<Option<String>, SourceError> {
    for read in source.checkpoints() {
        let (_, bytes) = read?;
        let states = |note: &Note| note.unverified_text().parse().is_ok_and(|it: Checkpoint| it.head == head);
        if let Some(note) = Note::parse(&bytes).ok().filter(states) {
            return Ok(Some(note.to_string()));
        }
    }
    Ok(None)
}

impl Postdated {
    fn finding(&self) -> Finding {
        let Self { entry, time, until: Bound { at, size } } = self;
        let what = format!(
            "it says {time}, and came earlier: by {at} the head of {size} entries, with it, was there, on the word of \
             the policy's witnesses (checkpoint {size})"
        );
        Finding::new(Place::Entry(*entry), "postdated", what)
    }
}
