//! Signed notes that were not cosigned and may convict their log.
//!
//! `<folder>/<SHA-256 of the origin>/<size>-<root>.note`, each a checkpoint with the log's own verified signature. Two of one
//! log and size with different roots convict the log before anybody, without a word from this witness. Where the
//! refused head is larger than the one cosigned last, both are kept: whether one continues the other, the log's
//! entries show.
//!
//! A log can sign any number of them, so no more than [`MAX_NOTES`] are kept of each.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::log::Head;
use crate::store::seed::write_new_file;
use crate::values::Digest;

use super::WitnessError;
use super::judge::{Shows, Submission};
use super::state::Remembered;

/// The most notes of one log. Doubts take half of them at most, so that they cannot crowd out a conviction.
pub const MAX_NOTES: usize = 64;

/// What the name of a half-written file ends in.
const PART: &str = ".part";

/// The folder of that evidence.
#[derive(Debug)]
pub struct Evidence {
    folder: PathBuf,
    /// One at a time, so that the limit holds.
    writing: Mutex<()>,
}

/// What there is of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The SHA-256 of its origin.
    pub log: Digest,
    /// How many notes.
    pub notes: usize,
    /// The sizes of which there are two roots: each convicts.
    pub forks: Vec<u64>,
}

impl Evidence {
    /// The evidence in `folder`, which need not be there yet.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), writing: Mutex::new(()) }
    }

    /// Keeps a refused checkpoint, and the one cosigned last beside it. Gives the folder where it is now, `None` where
    /// the limit is reached.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(
        &self,
        submission: &Submission,
        last: Option<&Remembered>,
        shows: Shows,
    ) -> Result<Option<PathBuf>, WitnessError> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.folder.join(submission.log().hex());
        fs::create_dir_all(&folder).map_err(WitnessError::io("create", &folder))?;
        let most = if shows == Shows::Fork { MAX_NOTES } else { MAX_NOTES / 2 };
        let mut there = names(&folder)?.len();
        let refused = (submission.head, submission.note.to_string());
        let last = last.map(|last| (last.head, last.note.to_string()));
        let mut kept = false;
        for (head, note) in std::iter::once(refused).chain(last) {
            let path = folder.join(name(head));
            if path.exists() {
                kept = true;
            } else if there < most {
                write(&path, note.as_bytes())?;
                there += 1;
                kept = true;
            }
        }
        sync(&folder)?;
        sync(&self.folder)?;
        Ok(kept.then_some(folder))
    }

    /// What there is, by log.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn held(&self) -> Result<Vec<Held>, WitnessError> {
        let mut held = Vec::new();
        for log in names(&self.folder)? {
            let Ok(digest) = format!("sha256:{log}").parse() else { continue };
            let names = names(&self.folder.join(&log))?;
            let size = |name: &String| name.split_once('-').and_then(|(size, _)| size.parse().ok());
            let sizes: Vec<u64> = names.iter().filter_map(size).collect();
            let twice = |size: &&u64| sizes.iter().filter(|other| other == size).count() > 1;
            let forks: BTreeSet<u64> = sizes.iter().filter(twice).copied().collect();
            held.push(Held { log: digest, notes: names.len(), forks: forks.into_iter().collect() });
        }
        Ok(held)
    }
}

/// Sixteen digits of the root tell the heads of one size apart that one log will ever sign.
fn name(head: Head) -> String {
    let root: String = Digest(head.root.0).hex().chars().take(16).collect();
    format!("{}-{root}.note", head.size)
}

/// What stands in a folder, half-written files left out; nothing where there is no folder.
fn names(folder: &Path) -> Result<BTreeSet<String>, WitnessError> {
    let items = match fs::read_dir(folder) {
        Ok(items) => items,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(WitnessError::io("list", folder)(error)),
    };
    let mut names = BTreeSet::new();
    for item in items {
        let name = item.map_err(WitnessError::io("list", folder))?.file_name();
        names.extend(name.into_string().ok().filter(|name| !name.ends_with(PART)));
    }
    Ok(names)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), WitnessError> {
    let part = path.with_file_name(format!("{}{PART}", path.file_name().unwrap_or_default().display()));
    // Left by a process that was killed.
    let _ = fs::remove_file(&part);
    write_new_file(&part, bytes).map_err(|(what, error)| WitnessError::io(what, &part)(error))?;
    fs::rename(&part, path).map_err(WitnessError::io("rename", &part))
}

fn sync(folder: &Path) -> Result<(), WitnessError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(WitnessError::io("fsync", folder))
}
