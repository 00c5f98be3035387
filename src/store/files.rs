//! Files that are replaced as a whole.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::StoreError;

/// Writes a file beside its place, under a name that ends in `.part`, makes it durable, and puts it in its place at
/// once: whoever reads there, or comes after a crash, finds the old file or the new one, and never half of one. It is
/// on stable storage, and so is its name, when this returns.
///
/// # Errors
/// An operation failed. Unless it was the last one, the `fsync` of the folder, the old file is still in its place.
pub fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let mut file = File::create(&part).map_err(StoreError::io("create", &part))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(StoreError::io("write", &part))?;
    fs::rename(&part, path).map_err(StoreError::io("rename", &part))?;
    // The folder of a bare name is the one in which we stand.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(StoreError::io("fsync", folder))
}
