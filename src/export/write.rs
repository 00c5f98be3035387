use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::hints;
use crate::engine::State;
use crate::log::cosigned::{Keep, merged};
use crate::log::tile::{bundles_between, tiles_between};
use crate::log::{Checkpoint, Head, Note, Policy, VerifierKey};
use crate::registry::StoreNodes;
use crate::store::{Store, StoreError, StoredHead, replace_file};
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

/// Why an agreement was not exported. The folder's `checkpoint` is then the one that it had.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store lacks something that its head promises.
    #[error("the store lacks {0}; run `quorate audit`")]
    Missing(String),
    /// The folder holds something else than an export of this log.
    #[error("{} holds something else than an export of this log: {why}; export to a new folder", path.display())]
    NotOurs {
        /// The folder, or its checkpoint.
        path: PathBuf,
        /// What is there.
        why: String,
    },
    /// The folder holds another history of this log, which the log has signed.
    #[error(
        "{} is not an earlier state of this log: {why}; both signed checkpoints together are evidence, keep them, and \
         export to a new folder", path.display()
    )]
    OtherHistory {
        /// The folder's checkpoint.
        path: PathBuf,
        /// What differs.
        why: String,
    },
    /// Nothing has been cosigned by the quorum.
    #[error(
        "the policy's quorum has not cosigned any head yet: run `quorate cosign`, or publish without waiting for \
         witnesses by leaving --cosigned out"
    )]
    NotCosigned,
    /// The folder shows more than what has been cosigned.
    #[error(
        "{} shows {there} entries, and the policy's quorum has cosigned no more than {size}: what was published is never \
         taken back; run `quorate cosign`, or leave --cosigned out", path.display()
    )]
    Published {
        /// The folder's checkpoint.
        path: PathBuf,
        /// Its size.
        there: u64,
        /// The size that would have been published.
        size: u64,
    },
    /// A file operation failed.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
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
    let newest = store.head(&anchor)?.ok_or_else(|| ExportError::Missing("the head".to_owned()))?;
    let nodes = StoreNodes { store, anchor: &anchor };
    let before = earlier(folder, state, newest.head, &nodes)?;
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
    let mut newest = None;
    for kept in store.checkpoints(&anchor) {
        let (size, text) = kept?;
        let met = |note: &Note| policy.support(note).is_ok_and(|support| support.met());
        if Note::parse(text.as_bytes()).is_ok_and(|note| met(&note)) {
            newest = Some((size, text));
        }
    }
    let Some((size, text)) = newest else { return Ok(None) };
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
    check_names(folder, bytes.is_some())?;
    let Some(bytes) = bytes else { return Ok(0) };
    let not_ours = |why: String| ExportError::NotOurs { path: path.clone(), why };
    let key: VerifierKey = state.log.vkey.parse().map_err(|error| not_ours(format!("{error}")))?;
    // What this log has not signed is evidence of nothing.
    let there = Checkpoint::open(&bytes, &key).map_err(|error| not_ours(error.to_string()))?;
    let other = |why: String| ExportError::OtherHistory { path: path.clone(), why };
    if there.head.size > head.size {
        return Err(other(format!("it has {} entries, the store has {}", there.head.size, head.size)));
    }
    let root = crate::log::tree::root(there.head.size, nodes);
    let root = root.map_err(|error| ExportError::Missing(error.to_string()))?;
    if root != there.head.root {
        let size = there.head.size;
        return Err(other(format!(
            "at {size} entries its root is {}, this log's is {root}",
            there.head.root
        )));
    }
    Ok(there.head.size)
}

/// What a data folder has: it would be served with the log's private key.
const DATA_FOLDER: [&str; 4] = ["log.key", "config.toml", "store", "openings"];

/// What an export writes before the checkpoint.
const BEFORE_CHECKPOINT: [&str; 6] =
    ["tile", "checkpoints", "blobs", "log.vkey", "allowed_signers", "policy"];

/// That a folder is one to export to, by the names in it: it is new, or an export, or what an interrupted one left.
fn check_names(folder: &Path, exported: bool) -> Result<(), ExportError> {
    let io = |source| ExportError::Io { what: "read", path: folder.to_owned(), source };
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(io(source)),
    };
    let not_ours = |why: String| Err(ExportError::NotOurs { path: folder.to_owned(), why });
    for file in listed {
        let name = file.map_err(io)?.file_name();
        let name = name.to_string_lossy();
        if DATA_FOLDER.contains(&&*name) {
            return not_ours(format!("`{name}` is in it, as in a data folder, which is never to be served"));
        }
        let left = BEFORE_CHECKPOINT.contains(&&*name) || name.ends_with(".part");
        if !exported && !left {
            return not_ours(format!("`{name}` is in it, and no checkpoint"));
        }
    }
    Ok(())
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
