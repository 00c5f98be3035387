//! Rebuilding an agreement in a store from another copy of its log, which has passed its audit.
//!
//! The copy may be an older one, and nobody here can tell. So the agreement is marked before its first entry is
//! written, and stays read-only until others have said that the log did not go on.

use std::collections::{BTreeMap, BTreeSet};

use super::agreement::closed_nodes;
use crate::audit::{Report, SLACK, Source, SourceError};
use crate::engine::State;
use crate::log::cosigned::{Keep, merged};
use crate::log::note::NoteSignature;
use crate::log::{
    Checkpoint, CheckpointError, Hash, Head, LogKey, MemoryTree, Nodes as _, Note, Policy, WitnessKey,
};
use crate::statement::{Entry, Statement, attachments};
use crate::store::{
    Append, MAX_BATCH_WEIGHT, NewEntry, ReadOnly, Store, StoreError, entry_weight, head_weight,
};
use crate::values::{Digest, Id, Instant};

/// Room for a checkpoint between batches, and more than enough.
const CHECKPOINT_BYTES: usize = 4_096;

/// Gives a document of the copy by its digest; `None` where it has none. Whether it is that one is checked.
pub type Documents<'a> = dyn Fn(&Digest) -> Result<Option<Vec<u8>>, SourceError> + 'a;

/// What was rebuilt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restored {
    /// The entries that the store had, of an attempt that was interrupted.
    pub before: u64,
    /// The documents that were taken over.
    pub blobs: u64,
    /// The documents that entries name and the copy does not have: erased, or never copied.
    pub absent: BTreeSet<Digest>,
    /// The documents in whose place the copy has something else, by their digests.
    pub altered: BTreeMap<Digest, Altered>,
    /// The cosigned heads that were taken over.
    pub checkpoints: u64,
    /// The cosignatures that were left out because they are from the future, by the clock here: the sizes, and the
    /// witnesses' names. They would be the newest, and so stay in place of every true one, and speak against the log.
    pub future: BTreeSet<(u64, String)>,
}

/// Something that the copy gives out under the name of a document, and that is not it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Altered {
    /// The first entry that names the document.
    pub entry: u64,
    /// The name under which it does.
    pub name: Id,
    /// What is there instead, in words.
    pub instead: String,
}

/// Why an agreement was not rebuilt. What was written is marked as read-only, and the same command goes on with it.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// It is here.
    #[error(
        "this data folder has the agreement already, with {size} entries; what is there is never overwritten: restore \
         into a new data folder"
    )]
    There {
        /// The entries that are there.
        size: u64,
    },
    /// The key here is another one.
    #[error(
        "the log is `{log}`, and the key of this data folder is `{here}`: a log's private key is in no export. Put your \
         copy of its `log.key` into the data folder, made by `quorate init --log-name` with the log's name; without \
         that key the log can be read and audited, and not gone on with"
    )]
    Key {
        /// The key of the log.
        log: String,
        /// The key here.
        here: String,
    },
    /// The copy changed between its audit and now.
    #[error("entry {0} is not the one that was audited: the copy changes while it is read; try again")]
    Changed(u64),
    /// The copy cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A checkpoint could not be made.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// Rebuilds the agreement of a copy in `store`: its documents, its entries and its cosigned heads. `report` is that of
/// the copy's audit, which has passed; `blob` gives a document of the copy, where it has it; `key` is the log's; `now` is
/// the time of the clock here.
///
/// # Errors
/// See [`RestoreError`].
pub fn restore(
    store: &dyn Store,
    source: &dyn Source,
    report: &Report,
    state: &State,
    key: &LogKey,
    now: Instant,
    blob: &Documents<'_>,
) -> Result<Restored, RestoreError> {
    if key.verifier().to_string() != state.log.vkey {
        let (log, here) = (state.log.vkey.clone(), key.verifier().to_string());
        return Err(RestoreError::Key { log, here });
    }
    let anchor = state.agreement.anchor;
    let before = begun(store, &anchor, &report.tree)?;
    if before.is_none() {
        store.set_read_only(&anchor, Some(ReadOnly::Restored))?;
    }
    let copy = Copy { store, source, tree: &report.tree, state, key, latest: now.plus(SLACK), blob };
    let mut restored = Restored { before: before.unwrap_or(0), ..Restored::default() };
    copy.entries(&mut restored, &report.checkpoint)?;
    copy.checkpoints(&mut restored, &report.checkpoint)?;
    Ok(restored)
}

/// How many entries an interrupted attempt has written; `None` where there was none.
fn begun(store: &dyn Store, anchor: &Digest, tree: &MemoryTree) -> Result<Option<u64>, RestoreError> {
    let marked = store.read_only(anchor)? == Some(ReadOnly::Restored);
    match store.head(anchor)?.map(|stored| stored.head) {
        None => Ok(marked.then_some(0)),
        Some(head) if marked && tree.root_at(head.size) == Some(head.root) => Ok(Some(head.size)),
        Some(head) => Err(RestoreError::There { size: head.size }),
    }
}

struct Copy<'a> {
    store: &'a dyn Store,
    source: &'a dyn Source,
    tree: &'a MemoryTree,
    state: &'a State,
    key: &'a LogKey,
    /// The latest time at which a cosignature can have been made.
    latest: Instant,
    blob: &'a Documents<'a>,
}

impl Copy<'_> {
    /// Entries in batches, each after the documents that it names; the last batch brings the copy's checkpoint.
    fn entries(&self, restored: &mut Restored, newest: &str) -> Result<(), RestoreError> {
        let (mut batch, mut weight) = (Vec::new(), head_weight(CHECKPOINT_BYTES));
        let size = self.tree.head().size;
        let mut next = restored.before;
        for read in self.source.entries(next, size) {
            let (index, bytes) = read?;
            if index != next || self.tree.node(0, index).ok() != Some(Hash::leaf(&bytes)) {
                return Err(RestoreError::Changed(next));
            }
            let entry = Entry::parse(&bytes).map_err(|_| RestoreError::Changed(next))?;
            let statement = entry.envelope.statement;
            self.documents(restored, index, &statement)?;
            let nodes = usize::try_from((index + 1).trailing_zeros()).unwrap_or(64) + 1;
            let more = entry_weight(bytes.len(), nodes);
            if weight.saturating_add(more) > MAX_BATCH_WEIGHT {
                self.append(next, std::mem::take(&mut batch), self.signed(next)?)?;
                weight = head_weight(CHECKPOINT_BYTES);
            }
            weight = weight.saturating_add(more);
            batch.push(NewEntry { bytes, statement: Digest::of(statement.as_bytes()) });
            next += 1;
        }
        if next != size {
            return Err(RestoreError::Changed(next));
        }
        self.append(size, batch, self.signed(size)?)?;
        // Its cosignatures are as many as fit into a batch of their own.
        let note = Note::parse(newest.as_bytes()).map_err(CheckpointError::Note)?;
        let lines = self.of_the_past(restored, size, &note);
        let head = merged(&by_log(&note, self.key), self.witnesses(), &lines, Keep::Newest);
        self.append(size, Vec::new(), head.to_string())
    }

    /// Appends the entries before `end`.
    fn append(&self, end: u64, entries: Vec<NewEntry>, checkpoint: String) -> Result<(), RestoreError> {
        let first = end - entries.len() as u64;
        let nodes = closed_nodes(self.tree, first..end);
        let append = Append {
            anchor: self.state.agreement.anchor,
            first,
            nodes,
            head: self.head_at(end)?,
            checkpoint,
            entries,
        };
        Ok(self.store.append(&[append])?)
    }

    fn head_at(&self, size: u64) -> Result<Head, RestoreError> {
        let root = self.tree.root_at(size).ok_or(RestoreError::Changed(size))?;
        Ok(Head { size, root })
    }

    /// The log's word for a head that it had on its way: the same bytes as then, since signing has no chance in it.
    fn signed(&self, size: u64) -> Result<String, RestoreError> {
        let checkpoint = Checkpoint { origin: self.state.log.origin.clone(), head: self.head_at(size)? };
        Ok(checkpoint.sign(self.key)?.to_string())
    }

    /// The documents that a statement names, which are there before anything counts on them.
    fn documents(&self, restored: &mut Restored, entry: u64, statement: &str) -> Result<(), RestoreError> {
        let body = Statement::parse(statement).map(|statement| statement.body);
        for (name, digest) in body.map(|body| attachments(&body)).unwrap_or_default() {
            let instead = match (self.blob)(&digest) {
                Ok(None) => {
                    restored.absent.insert(digest);
                    continue;
                }
                Ok(Some(bytes)) if Digest::of(&bytes) == digest => {
                    self.store.put_blob(&digest, &bytes)?;
                    restored.blobs += 1;
                    continue;
                }
                Ok(Some(bytes)) => format!("{} bytes, whose SHA-256 is {}", bytes.len(), Digest::of(&bytes)),
                // Longer than any document, which it therefore is not.
                Err(SourceError::Damaged(why)) => why,
                Err(error) => return Err(error.into()),
            };
            restored.altered.entry(digest).or_insert(Altered { entry, name, instead });
        }
        Ok(())
    }

    /// The heads that witnesses have cosigned. What has no cosignature that counts is no loss.
    fn checkpoints(&self, restored: &mut Restored, newest: &str) -> Result<(), RestoreError> {
        let anchor = &self.state.agreement.anchor;
        let newest = Ok((self.tree.head().size, newest.as_bytes().to_vec()));
        for read in self.source.checkpoints().chain([newest]) {
            let (size, bytes) = read?;
            let Ok(checkpoint) = Checkpoint::open(&bytes, self.key.verifier()) else { continue };
            let ours = checkpoint.head.size == size && self.tree.root_at(size) == Some(checkpoint.head.root);
            let Some(note) = Note::parse(&bytes).ok().filter(|_| ours && size > 0) else { continue };
            let earlier = self.store.checkpoint_at(anchor, size)?;
            let earlier = earlier.and_then(|earlier| Note::parse(earlier.as_bytes()).ok());
            let mut lines = self.of_the_past(restored, size, &note);
            lines.extend(earlier.iter().flat_map(Note::signatures).cloned());
            let kept = merged(&by_log(&note, self.key), self.witnesses(), &lines, Keep::FirstAndNewest);
            if kept.signatures().len() > 1 {
                self.store.keep_checkpoint(anchor, size, &kept.to_string())?;
                restored.checkpoints += u64::from(earlier.is_none());
            }
        }
        Ok(())
    }

    /// The lines under a note, without cosignatures that are from the future.
    fn of_the_past(&self, restored: &mut Restored, size: u64, note: &Note) -> Vec<NoteSignature> {
        let mut lines = Vec::new();
        for line in note.signatures() {
            let alone = note.only(vec![line.clone()]);
            // One that does not verify is left out by `merged`.
            let times = self.witnesses().filter_map(|witness| witness.cosignatures(&alone).ok());
            if times.flatten().any(|cosigned| cosigned.time() > self.latest) {
                restored.future.insert((size, line.name.clone()));
            } else {
                lines.push(line.clone());
            }
        }
        lines
    }

    fn witnesses(&self) -> impl Iterator<Item = &WitnessKey> {
        let policy: Option<&Policy> = self.state.witnesses.as_deref();
        policy.into_iter().flat_map(|policy| policy.witnesses().map(|witness| &witness.key))
    }
}

/// The note under the log's signature alone.
fn by_log(note: &Note, key: &LogKey) -> Note {
    let key = key.verifier();
    let own = note.signatures().iter().find(|line| line.name == key.name() && line.id == key.id());
    note.only(own.cloned().into_iter().collect())
}
