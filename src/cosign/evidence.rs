//! Two signed checkpoints that contradict each other: kept as files, so that whoever saw them can show them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::error::{CliError, file_error, not_replaced};
use super::show::{Page, Tone};
use crate::log::Checkpoint;
use crate::store::replace_file;
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
    pub fn write(&self, folder: &Path) -> Result<[PathBuf; 2], CliError> {
        fs::create_dir_all(folder).map_err(file_error("create", folder))?;
        let paths = [write(folder, "kept", self.kept)?, write(folder, "shown", self.shown)?];
        for folder in [Some(folder), folder.parent()].into_iter().flatten() {
            sync(folder).map_err(file_error("fsync", folder))?;
        }
        Ok(paths)
    }
}

/// Tells where both notes are, and what they are good for.
pub fn told(page: &mut Page, [kept, shown]: &[PathBuf; 2]) {
    page.title("Evidence");
    page.fields([("accepted", kept.display().to_string()), ("shown now", shown.display().to_string())]);
    page.line(
        Tone::Notice,
        "Keep both signed checkpoints, and show them to the parties and to anybody who relies on this log: with the \
         log's key they can be checked by whoever has them.",
    );
}

fn write(folder: &Path, role: &str, note: &str) -> Result<PathBuf, CliError> {
    let digest = Digest::of(note.as_bytes()).hex();
    let path = folder.join(format!("{role}-{}-{digest}.checkpoint", claimed_size(note)));
    // What is there already and whole is never touched. Half of it is no evidence.
    if fs::read(&path).is_ok_and(|there| there == note.as_bytes()) {
        return Ok(path);
    }
    replace_file(&path, note.as_bytes()).map_err(not_replaced)?;
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
