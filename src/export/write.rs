use std::fs;
use std::io;
use std::path::Path;

use super::{ExportError, hints, place};
use crate::cosign::newest_cosigned;
use crate::engine::State;
use crate::log::cosigned::{Keep, merged};
use crate::log::tile::{bundles_between, tiles_between};
use crate::log::{Checkpoint, Head, Note, Policy, VerifierKey};
use crate::registry::StoreNodes;
use crate::store::{ReadOnly, Store, StoreError, StoredHead, replace_file};
use crate::values::{Digest, Id};

/// What an export did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The head that the folder had before; of size 0 in a new one.
    pub before: u64,
    /// The head that it has now.
    pub head: Head,
    /// By how many entries it is behind the store's.
    pub behind: u64,
    /// How many files were written.
    pub files: usize,
    /// Documents that entries name, that nobody has struck, and that neither the store nor the folder has.
    pub missing: Vec<Missing>,
}

/// A document that is named and not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The first entry that names it.
    pub entry: u64,
    /// The name under which it does.
    pub name: Id,
    /// Its digest.
    pub digest: Digest,
}

/// Which head is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publish {
    /// The newest, with the cosignatures that it has.
    Newest,
    /// The newest that the policy's quorum has cosigned.
    Cosigned,
}

/// Exports an agreement whose log has passed its audit to `state`: adds to the folder what it does not have.
///
/// # Errors
/// The folder holds something else, or cannot be written; or there is no head to publish.
pub fn export(
    store: &dyn Store,
    state: &State,
    folder: &Path,
    publish: Publish,
) -> Result<Exported, ExportError> {
    let anchor = state.agreement.anchor;
    let nodes = StoreNodes { store, anchor: &anchor };
    let (newest, before) = compare(store, state, folder)?;
    let stored = match publish {
        Publish::Newest => newest.clone(),
        Publish::Cosigned => cosigned(store, state, &nodes)?.ok_or(ExportError::NotCosigned)?,
    };
    if before > stored.head.size {
        let path = folder.join("checkpoint");
        return Err(ExportError::Published { path, there: before, size: stored.head.size });
    }
    let mut out = Out { folder, files: 0 };
    for tile in tiles_between(before, stored.head.size) {
        let bytes = tile.bytes(&nodes).map_err(|error| ExportError::Missing(error.to_string()))?;
        out.add(&tile.to_string(), &bytes)?;
    }
    for bundle in bundles_between(before, stored.head.size) {
        let entries: Result<Vec<Vec<u8>>, StoreError> =
            store.entries(&anchor, bundle.entries()).map(|read| read.map(|(_, bytes)| bytes)).collect();
        let bytes = bundle.bytes(entries?).map_err(|error| ExportError::Missing(error.to_string()))?;
        out.add(&bundle.to_string(), &bytes)?;
    }
    let mut missing = Vec::new();
    for (digest, (entry, name)) in hints::documents(store, &anchor, 0..stored.head.size)? {
        let file = format!("blobs/{}", digest.hex());
        if out.has(&file) {
            continue;
        }
        match store.blob(&digest)? {
            Some(bytes) => out.add(&file, &bytes)?,
            // A struck document is erased, and its entry stands all the same; any other was lost.
            None if state.documents.is_needed(&digest) => missing.push(Missing { entry, name, digest }),
            None => {}
        }
    }
    missing.sort_by_key(|it| it.entry);
    // Erased in the store, so no longer published either.
    for digest in state.documents.struck() {
        if store.blob(&digest)?.is_some() {
            continue;
        }
        out.erase(&format!("blobs/{}", digest.hex()))?;
    }
    out.replace("log.vkey", format!("{}\n", state.log.vkey).as_bytes())?;
    out.replace("allowed_signers", hints::allowed_signers(store, state, stored.head.size)?.as_bytes())?;
    if let Some(policy) = &state.policy {
        out.replace("policy", policy.as_bytes())?;
    }
    let keeper = Keeper { policy: state.witnesses.as_deref() };
    let own = store.checkpoint_at(&anchor, stored.head.size)?;
    let cosignatures =
        [own.as_deref(), out.there("checkpoint")?.as_deref()].map(|it| it.unwrap_or("").to_owned());
    let checkpoint = keeper.merged(&stored.checkpoint, &cosignatures, Keep::Newest);
    // After these: whoever reads a checkpoint finds everything that it promises.
    out.replace("checkpoint", checkpoint.as_bytes())?;
    // After that: whoever finds a size here, and then reads the checkpoint, finds one that is no smaller.
    for kept in store.checkpoints(&anchor) {
        let (size, note) = kept?;
        if size <= stored.head.size {
            out.keep(&keeper, size, &note)?;
        }
    }
    out.keep(&keeper, stored.head.size, &checkpoint)?;
    let behind = newest.head.size.saturating_sub(stored.head.size);
    Ok(Exported { before, head: stored.head, behind, files: out.files, missing })
}

/// The store's head, and the size that the folder has, which must be an earlier state of this very log.
///
/// # Errors
/// The folder holds something else, or cannot be read.
pub fn compare(store: &dyn Store, state: &State, folder: &Path) -> Result<(StoredHead, u64), ExportError> {
    let anchor = state.agreement.anchor;
    let newest = store.head(&anchor)?.ok_or_else(|| ExportError::Missing("the head".to_owned()))?;
    let before = earlier(folder, state, newest.head, &StoreNodes { store, anchor: &anchor })?;
    Ok((newest, before))
}

/// The newest head that the policy's quorum has cosigned, by the notes that the store keeps; where no quorum is asked
/// for, the newest.
fn cosigned(
    store: &dyn Store,
    state: &State,
    nodes: &StoreNodes<'_>,
) -> Result<Option<StoredHead>, ExportError> {
    let anchor = state.agreement.anchor;
    let Some(policy) = state.witnesses.as_deref().filter(|policy| policy.asks_witnesses()) else {
        return Ok(store.head(&anchor)?);
    };
    let Some((size, text)) = newest_cosigned(store, &anchor, policy)? else { return Ok(None) };
    let root = crate::log::tree::root(size, nodes);
    let root = root.map_err(|error| ExportError::Missing(error.to_string()))?;
    Ok(Some(StoredHead { head: Head { size, root }, checkpoint: text }))
}

/// What is kept of cosignatures in the files of a folder.
struct Keeper<'a> {
    policy: Option<&'a Policy>,
}

impl Keeper<'_> {
    /// A note with what is kept of its own cosignatures and of those in `others`, as far as they are notes of the same
    /// head. Where there is no policy, nobody's cosignatures are known: the note stays as it is.
    fn merged(&self, note: &str, others: &[String], keep: Keep) -> String {
        let (Some(policy), Ok(base)) = (self.policy, Note::parse(note.as_bytes())) else {
            return note.to_owned();
        };
        let others = others.iter().filter_map(|other| Note::parse(other.as_bytes()).ok());
        let same = others.filter(|other| other.unverified_text() == base.unverified_text());
        let lines: Vec<_> = same.flat_map(|other| other.signatures().to_vec()).collect();
        merged(&base, policy.witnesses().map(|witness| &witness.key), &lines, keep).to_string()
    }
}

/// The size that the folder has, which must be an earlier state of this very log.
fn earlier(folder: &Path, state: &State, head: Head, nodes: &StoreNodes<'_>) -> Result<u64, ExportError> {
    let path = folder.join("checkpoint");
    let bytes = match fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(source) => return Err(ExportError::Io { what: "read", path, source }),
    };
    place::check_names(folder, bytes.is_some())?;
    let Some(bytes) = bytes else { return Ok(0) };
    let not_ours = |why: String| ExportError::NotOurs { path: path.clone(), why };
    let key: VerifierKey = state.log.vkey.parse().map_err(|error| not_ours(format!("{error}")))?;
    // What this log has not signed is evidence of nothing.
    let there = Checkpoint::open(&bytes, &key).map_err(|error| not_ours(error.to_string()))?;
    let size = there.head.size;
    let other = |history, why| ExportError::OtherHistory { path: path.clone(), history, why };
    if size > head.size {
        let why = format!("it has {size} entries, the store has {}", head.size);
        return Err(other(ReadOnly::Newer(size), why));
    }
    let root = crate::log::tree::root(size, nodes);
    let root = root.map_err(|error| ExportError::Missing(error.to_string()))?;
    if root != there.head.root {
        let why = format!("at {size} entries its root is {}, this log's is {root}", there.head.root);
        return Err(other(ReadOnly::TwoHistories(size), why));
    }
    Ok(size)
}

/// Writes files into a folder.
struct Out<'a> {
    folder: &'a Path,
    files: usize,
}

impl Out<'_> {
    /// Keeps the note of a size: the one file that is written anew when it gains something, and that loses nothing.
    fn keep(&mut self, keeper: &Keeper<'_>, size: u64, note: &str) -> Result<(), ExportError> {
        let name = format!("checkpoints/{size}");
        let there = self.there(&name)?;
        // What stands there is the base, so that lines by keys that nobody here knows stay.
        let (base, more) = match &there {
            Some(there) if Note::parse(there.as_bytes()).is_ok() => (there.as_str(), note),
            _ => (note, ""),
        };
        let kept = keeper.merged(base, &[more.to_owned()], Keep::FirstAndNewest);
        if there.as_deref() == Some(&kept) { Ok(()) } else { self.replace(&name, kept.as_bytes()) }
    }

    /// The text of a file, as far as it is one; `None` where it is not there.
    fn there(&self, name: &str) -> Result<Option<String>, ExportError> {
        let path = self.folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(String::from_utf8(bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ExportError::Io { what: "read", path, source }),
        }
    }

    /// Writes a file that never changes, unless it is there.
    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
        if self.has(name) { Ok(()) } else { self.replace(name, bytes) }
    }

    /// Whether a file is there.
    fn has(&self, name: &str) -> bool {
        self.folder.join(name).exists()
    }

    /// Removes a file, where it is there.
    fn erase(&self, name: &str) -> Result<(), ExportError> {
        let path = self.folder.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(ExportError::Io { what: "remove", path, source })
            }
            _ => Ok(()),
        }
    }

    /// Writes a file beside its place, makes it durable, and puts it there at once.
    fn replace(&mut self, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
        let path = self.folder.join(name);
        let parent = path.parent().unwrap_or(self.folder);
        fs::create_dir_all(parent).map_err(|source| ExportError::Io {
            what: "create",
            path: parent.to_owned(),
            source,
        })?;
        replace_file(&path, bytes)?;
        self.files += 1;
        Ok(())
    }
}
