//! Signed notes that were not cosigned and may convict their log.
//!
//! `<folder>/<SHA-256 of the origin>/<size>-<root>.note`, each a checkpoint with the log's own verified signature. Two of one
//! log and size with different roots convict the log before anybody, without a word from this witness. Where the
//! refused head is larger than the one cosigned last, both are kept: whether one continues the other, the log's
//! entries show.
//!
//! A log can sign any number of them, so no more than [`MAX_NOTES`] are kept of each. What convicts is never given up. Doubts
//! are: anybody who has the log's checkpoints can send bad proofs with them, so where the doubts' half is full, a new one
//! takes the place of the oldest. Otherwise the first stranger, or the log itself, could fill it for good.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::log::{Hash, Head, Note, SeenCheckpoint};
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
    /// The sizes of which there are two roots, or a root that no log has: each convicts.
    pub forks: Vec<u64>,
}

impl Evidence {
    /// The evidence in `folder`, which need not be there yet.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), writing: Mutex::new(()) }
    }

    /// Keeps a refused checkpoint, and the one cosigned last beside it. Gives the folder where it is now, `None` where
    /// the limit is reached, which convictions alone do.
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
        let refused = (submission.head, submission.note.to_string());
        let last = last.map(|last| (last.head, last.note.to_string()));
        let both: Vec<(Head, String)> = std::iter::once(refused).chain(last).collect();
        let heads: Vec<Head> = both.iter().map(|(head, _)| *head).collect();
        let mut kept = false;
        for (head, note) in &both {
            let path = folder.join(name(*head));
            if path.exists() {
                kept = true;
            } else if has_room(&folder, shows, &heads)? {
                write(&path, note.as_bytes())?;
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
            let there = there(&self.folder.join(&log))?;
            let forks = forks(&there);
            held.push(Held { log: digest, notes: there.len(), forks: forks.into_iter().collect() });
        }
        Ok(held)
    }
}

/// All digits of the root: a log chooses its roots, and finds two that begin alike.
fn name(head: Head) -> String {
    format!("{}-{}.note", head.size, Digest(head.root.0).hex())
}

/// A note that is there.
struct There {
    path: PathBuf,
    written: SystemTime,
    /// `None` where it cannot be read.
    head: Option<Head>,
}

/// The notes in the folder of a log, by what they say and not by their names; the oldest first.
fn there(folder: &Path) -> Result<Vec<There>, WitnessError> {
    let mut there = Vec::new();
    for name in names(folder)? {
        let path = folder.join(name);
        let examined = fs::metadata(&path).and_then(|examined| examined.modified());
        let written = examined.map_err(WitnessError::io("examine", &path))?;
        let note = Note::parse(&fs::read(&path).map_err(WitnessError::io("read", &path))?).ok();
        let seen: Option<SeenCheckpoint> = note.and_then(|note| note.unverified_text().parse().ok());
        there.push(There { path, written, head: seen.map(|seen| seen.head) });
    }
    there.sort_by(|one, other| (one.written, &one.path).cmp(&(other.written, &other.path)));
    Ok(there)
}

/// The sizes at which what is there convicts.
fn forks(there: &[There]) -> BTreeSet<u64> {
    let mut roots: BTreeMap<u64, BTreeSet<Hash>> = BTreeMap::new();
    roots.entry(0).or_default().insert(Hash::empty());
    for head in there.iter().filter_map(|it| it.head) {
        roots.entry(head.size).or_default().insert(head.root);
    }
    roots.into_iter().filter(|(_, roots)| roots.len() > 1).map(|(size, _)| size).collect()
}

/// Whether one more note can be kept. For a doubt the oldest one, other than of `heads`, is given up where it must.
fn has_room(folder: &Path, shows: Shows, heads: &[Head]) -> Result<bool, WitnessError> {
    let there = there(folder)?;
    let forks = forks(&there);
    let doubts = there.iter().filter(|it| it.head.is_none_or(|head| !forks.contains(&head.size)));
    let doubts: Vec<&There> = doubts.collect();
    if there.len() < MAX_NOTES && (shows == Shows::Fork || doubts.len() < MAX_NOTES / 2) {
        return Ok(true);
    }
    let mut others = doubts.iter().filter(|it| it.head.is_none_or(|head| !heads.contains(&head)));
    match others.next().filter(|_| shows != Shows::Fork) {
        Some(oldest) => {
            fs::remove_file(&oldest.path).map_err(WitnessError::io("remove", &oldest.path))?;
            Ok(true)
        }
        None => Ok(false),
    }
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
