//! Two signed checkpoints that contradict each other: kept as files, so that whoever saw them can show them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::log::Checkpoint;
use crate::store::{StoreError, replace_file};
use crate::values::Digest;

/// Two notes of one log, the one that was known before and the one that does not extend it.
pub struct Evidence<'a> {
    /// What was accepted before.
    pub kept: &'a str,
    /// What is shown now.
    pub shown: &'a str,
}

impl Evidence<'_> {
    /// Writes both into a folder, made where it is not there, under names that tell size and content; the paths. Both are
    /// on stable storage when it returns.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write(&self, folder: &Path) -> Result<[PathBuf; 2], StoreError> {
        fs::create_dir_all(folder).map_err(StoreError::io("create", folder))?;
        let paths = [write(folder, "kept", self.kept)?, write(folder, "shown", self.shown)?];
        for folder in [Some(folder), folder.parent()].into_iter().flatten() {
            sync(folder).map_err(StoreError::io("fsync", folder))?;
        }
        Ok(paths)
    }
}

fn write(folder: &Path, role: &str, note: &str) -> Result<PathBuf, StoreError> {
    let digest = Digest::of(note.as_bytes()).hex();
    let path = folder.join(format!("{role}-{}-{digest}.checkpoint", claimed_size(note)));
    // What is there already and whole is never touched. Half of it is no evidence.
    if fs::read(&path).is_ok_and(|there| there == note.as_bytes()) {
        return Ok(path);
    }
    replace_file(&path, note.as_bytes())?;
    Ok(path)
}

fn sync(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

/// The size that a note claims, in words, since it may be no checkpoint at all.
fn claimed_size(note: &str) -> String {
    let checkpoint = Checkpoint::claimed(note.as_bytes());
    checkpoint.map_or_else(|_| "unreadable".to_owned(), |checkpoint| checkpoint.head.size.to_string())
}
