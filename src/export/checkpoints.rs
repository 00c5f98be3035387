//! The folder `checkpoints`: one file for every size at which the log's head was published.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use crate::store::{MAX_CHECKPOINT_BYTES, StoreError};

/// The sizes for which a folder keeps checkpoints, in ascending order. A file with any other name is none.
pub(super) fn sizes(folder: &Path) -> Result<Vec<u64>, StoreError> {
    let path = folder.join("checkpoints");
    let io = |source| StoreError::Io { what: "read", path: path.clone(), source };
    let files = match fs::read_dir(&path) {
        Ok(files) => files,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(source) => return Err(io(source)),
    };
    let mut sizes = Vec::new();
    for file in files {
        let file = file.map_err(io)?;
        let name = file.file_name();
        let size =
            name.to_str().and_then(|name| name.parse().ok().filter(|size: &u64| size.to_string() == name));
        sizes.extend(size.filter(|_| file.path().is_file()));
    }
    sizes.sort_unstable();
    Ok(sizes)
}

/// The note that is kept for a size; of what is too long to be one, the beginning.
pub(super) fn note(folder: &Path, size: u64) -> Result<Vec<u8>, StoreError> {
    let path = folder.join("checkpoints").join(size.to_string());
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_CHECKPOINT_BYTES).unwrap_or(u64::MAX);
    let read = File::open(&path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    read.map_err(|source| StoreError::Io { what: "read", path, source })?;
    Ok(bytes)
}
