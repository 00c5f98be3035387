//! Blobs as files: `<folder>/<64 hexadecimal digits>`, written so that a name never stands for half a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::StoreError;
use crate::values::Digest;

/// Refuses bytes that are not what their name says.
pub(super) fn check_new(digest: &Digest, bytes: &[u8]) -> Result<(), StoreError> {
    check(digest, bytes, "name it by the SHA-256 of salt and content")
}

fn check(digest: &Digest, bytes: &[u8], remedy: &'static str) -> Result<(), StoreError> {
    let actual = Digest::of(bytes);
    if actual == *digest { Ok(()) } else { Err(StoreError::BlobDigest { expected: *digest, actual, remedy }) }
}

/// Why a blob was not stored, or not erased.
pub(super) enum PutError {
    /// Nothing counts on it: the file may be there or not, and another attempt is harmless.
    Refused(StoreError),
    /// An fsync failed: the disk cannot be trusted any more.
    Sync(PathBuf, io::Error),
}

/// Writes a temporary file, syncs it, renames it, and syncs the folder.
///
/// A blob that is there already is synced again rather than trusted: another process may have been killed
/// between its rename and its sync.
pub(super) fn put(folder: &Path, digest: &Digest, bytes: &[u8]) -> Result<(), PutError> {
    check_new(digest, bytes).map_err(PutError::Refused)?;
    let path = folder.join(digest.hex());
    if let Ok(Some(_)) = get(folder, digest) {
        let file = File::open(&path).map_err(|e| PutError::Refused(StoreError::io("open", &path)(e)))?;
        file.sync_all().map_err(|e| PutError::Sync(path, e))?;
        return sync_folder(folder);
    }
    let temporary = folder.join(temporary_name(digest));
    let file = write(&temporary, bytes).map_err(|error| {
        let _ = fs::remove_file(&temporary);
        PutError::Refused(StoreError::io("write", &temporary)(error))
    })?;
    file.sync_all().map_err(|e| PutError::Sync(temporary.clone(), e))?;
    fs::rename(&temporary, &path).map_err(|e| PutError::Refused(StoreError::io("rename", &temporary)(e)))?;
    sync_folder(folder)
}

/// Removes what processes that were killed have left of files that they wrote. Nobody writes here meanwhile.
pub(super) fn tidy(folder: &Path) -> Result<(), StoreError> {
    for item in fs::read_dir(folder).map_err(StoreError::io("list", folder))? {
        let path = item.map_err(StoreError::io("list", folder))?.path();
        if path.extension().is_some_and(|ending| ending == PART) {
            fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
        }
    }
    Ok(())
}

/// How much room is tried for.
const PROBE: usize = 256 * 1024;

/// Writes a file and removes it again, to see whether there is room for one.
pub(super) fn probe(folder: &Path) -> Result<(), StoreError> {
    let bytes = vec![0; PROBE];
    let path = folder.join(temporary_name(&Digest::of(&bytes)));
    // A disk may say only then that it has no room.
    let written = write(&path, &bytes).and_then(|file| file.sync_data());
    let _ = fs::remove_file(&path);
    written.map_err(StoreError::io("write", &path))
}

/// How many bytes the file has, where there is one.
pub(super) fn size(folder: &Path, digest: &Digest) -> Result<Option<u64>, StoreError> {
    let path = folder.join(digest.hex());
    match fs::metadata(&path) {
        Ok(file) => Ok(Some(file.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("read", &path)(error)),
    }
}

/// Removes the file, where there is one, and syncs the folder.
pub(super) fn erase(folder: &Path, digest: &Digest) -> Result<(), PutError> {
    let path = folder.join(digest.hex());
    match fs::remove_file(&path) {
        Ok(()) => sync_folder(folder),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(PutError::Refused(StoreError::io("remove", &path)(error))),
    }
}

/// The ending of a file that is being written.
const PART: &str = "part";

/// Unique in this process and, by its id, among the processes that share the folder.
fn temporary_name(digest: &Digest) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}.{}-{}.{PART}", digest.hex(), std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    file.write_all(bytes)?;
    Ok(file)
}

fn sync_folder(folder: &Path) -> Result<(), PutError> {
    let open = File::open(folder).map_err(|e| PutError::Refused(StoreError::io("open", folder)(e)))?;
    open.sync_all().map_err(|e| PutError::Sync(folder.to_owned(), e))
}

/// The blob, checked against its name; `None` when there is no such file.
pub(super) fn get(folder: &Path, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
    let path = folder.join(digest.hex());
    match fs::read(&path) {
        Ok(bytes) => {
            check(digest, &bytes, "the file is damaged; restore it from a copy")?;
            Ok(Some(bytes))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("read", &path)(error)),
    }
}
