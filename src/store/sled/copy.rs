//! Looking without touching: the database of a folder, opened from a copy of its files.
//!
//! sled takes what it cannot read for the end of its log, and cuts the file off there when it opens it: a flipped
//! bit in the middle would cost everything behind it, on the disk, by looking. So whatever is not known to be
//! sound is opened from a copy, and the folder itself is not written to.
//!
//! The cost is that the file is copied once on each opening, which the file system may do without moving a byte
//! (`copy_file_range`), and room for it among the temporary files.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::folder::{self, wait_for};
use super::{StoreError, caught};

/// Opens a copy of the database in `folder`, an empty one where there is none. Whoever calls it holds the folder's
/// lock, so that nobody writes meanwhile.
///
/// The copy's files are gone from their folder when this returns, and live as long as sled has them open: nothing
/// is left behind by a command that is killed later.
pub(super) fn open(folder: &Path) -> Result<sled::Db, StoreError> {
    let copy = Copy::new()?;
    let held = hold(folder)?;
    fill(folder, &copy.0)?;
    drop(held);
    caught(folder, || folder::config(&copy.0).open())
}

/// A folder of our own among the temporary files, removed with everything in it.
struct Copy(PathBuf);

impl Copy {
    fn new() -> Result<Self, StoreError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let name = format!("quorate-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let path = std::env::temp_dir().join(name);
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self(path)),
                // Of a process that was killed, and had the same id.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(StoreError::io("create", &path)(error)),
            }
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Waits until sled has let go of the database: its threads may be about for a moment after it was closed.
fn hold(folder: &Path) -> Result<Option<File>, StoreError> {
    let path = folder.join("db");
    let db = match File::open(&path) {
        Ok(db) => db,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("open", &path)(error)),
    };
    wait_for(folder, &path, || db.try_lock_shared())?;
    Ok(Some(db))
}

/// Copies what sled reads; half a snapshot it would take for a whole one.
fn fill(from: &Path, to: &Path) -> Result<(), StoreError> {
    let items = match fs::read_dir(from) {
        Ok(items) => items,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::io("list", from)(error)),
    };
    for item in items {
        let item = item.map_err(StoreError::io("list", from))?;
        let (path, name) = (item.path(), item.file_name());
        let target = to.join(&name);
        let name = name.to_string_lossy();
        let snapshot = name.starts_with("snap.") && !name.ends_with(".generating");
        if name == "blobs" && path.is_dir() {
            fs::create_dir(&target).map_err(StoreError::io("create", &target))?;
            copy_files(&path, &target)?;
        } else if snapshot || name == "db" || name == "conf" {
            copy_file(&path, &target)?;
        }
    }
    Ok(())
}

fn copy_files(from: &Path, to: &Path) -> Result<(), StoreError> {
    for item in fs::read_dir(from).map_err(StoreError::io("list", from))? {
        let item = item.map_err(StoreError::io("list", from))?;
        copy_file(&item.path(), &to.join(item.file_name()))?;
    }
    Ok(())
}

/// The copy is its owner's to write, whatever the original allows.
fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::copy(from, to).map_err(StoreError::io("copy", from))?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o600)).map_err(StoreError::io("copy", from))
}
