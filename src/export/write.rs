use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::hints;
use crate::engine::State;
use crate::log::tile::{bundles_between, tiles_between};
use crate::log::{Checkpoint, Head, Note};
use crate::registry::StoreNodes;
use crate::store::{Store, StoreError};

/// What an export did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// The head that the folder had before; of size 0 in a new one.
    pub before: u64,
    /// The head that it has now.
    pub head: Head,
    /// How many files were written.
    pub files: usize,
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
    /// The folder holds another log, or another history of this one.
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

/// Exports an agreement whose log has passed its audit to `state`: adds to the folder what it does not have.
///
/// # Errors
/// The folder holds something else, or cannot be written.
pub fn export(store: &dyn Store, state: &State, folder: &Path) -> Result<Exported, ExportError> {
    let anchor = state.agreement.anchor;
    let stored = store.head(&anchor)?.ok_or_else(|| ExportError::Missing("the head".to_owned()))?;
    let nodes = StoreNodes { store, anchor: &anchor };
    let before = earlier(folder, state, stored.head, &nodes)?;
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
    for digest in hints::documents(store, &anchor, before..stored.head.size)? {
        // An erased document is not there, and its entry stands all the same.
        if let Some(bytes) = store.blob(&digest)? {
            out.add(&format!("blobs/{}", digest.hex()), &bytes)?;
        }
    }
    out.replace("log.vkey", format!("{}\n", state.log.vkey).as_bytes())?;
    out.replace("allowed_signers", hints::allowed_signers(store, state)?.as_bytes())?;
    if let Some(policy) = &state.policy {
        out.replace("policy", policy.as_bytes())?;
    }
    // After these: whoever reads a checkpoint finds everything that it promises.
    out.replace("checkpoint", stored.checkpoint.as_bytes())?;
    // After that: whoever finds a size here, and then reads the checkpoint, finds one that is no smaller.
    out.add(&format!("checkpoints/{}", stored.head.size), stored.checkpoint.as_bytes())?;
    Ok(Exported { before, head: stored.head, files: out.files })
}

/// The size that the folder has, which must be an earlier state of this very log.
fn earlier(folder: &Path, state: &State, head: Head, nodes: &StoreNodes<'_>) -> Result<u64, ExportError> {
    let path = folder.join("checkpoint");
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(source) => return Err(ExportError::Io { what: "read", path, source }),
    };
    let other = |why: String| ExportError::OtherHistory { path: path.clone(), why };
    let note = Note::parse(&bytes).map_err(|error| other(error.to_string()))?;
    let there: Checkpoint = note
        .unverified_text()
        .parse()
        .map_err(|error: crate::log::CheckpointError| other(error.to_string()))?;
    if there.origin != state.log.origin {
        return Err(other(format!("its log is {}, this one is {}", there.origin, state.log.origin)));
    }
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

/// Writes files into a folder.
struct Out<'a> {
    folder: &'a Path,
    files: usize,
}

impl Out<'_> {
    /// Writes a file that never changes, unless it is there.
    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
        if self.folder.join(name).exists() { Ok(()) } else { self.replace(name, bytes) }
    }

    /// Writes a file beside its place, makes it durable, and puts it there at once.
    fn replace(&mut self, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
        let path = self.folder.join(name);
        let io = |what: &'static str, path: &Path| {
            let path = path.to_owned();
            move |source| ExportError::Io { what, path, source }
        };
        let parent = path.parent().unwrap_or(self.folder);
        fs::create_dir_all(parent).map_err(io("create", parent))?;
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&part)
            .map_err(io("create", &part))?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io("write", &part))?;
        fs::rename(&part, &path).map_err(io("rename", &part))?;
        File::open(parent).and_then(|folder| folder.sync_all()).map_err(io("fsync", parent))?;
        self.files += 1;
        Ok(())
    }
}
