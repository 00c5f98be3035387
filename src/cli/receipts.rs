//! The receipts that this data folder keeps: the log's own word, which the store must not contradict.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::error::{CliError, file_error, not_replaced};
use super::seen::damaged;
use crate::log::{Checkpoint, Hash, Head, Receipt, VerifierKey};
use crate::registry::Receipted;
use crate::store::replace_file;
use crate::values::Id;

/// How many of the newest receipts are read: more than one, as the last may be half written.
const NEWEST: usize = 4;

/// Where the receipts of an agreement are, below the data folder.
pub fn folder(data: &Path, agreement: &Id) -> PathBuf {
    data.join("receipts").join(agreement.as_str())
}

/// Where the receipt of an entry is in that folder.
fn path(folder: &Path, index: u64) -> PathBuf {
    folder.join(format!("{index}.tlog-proof"))
}

/// As [`newest`], by the key that is kept beside them; every file that this takes must be as it was written.
///
/// # Errors
/// The key, or the receipt of the last entry, is not.
pub fn newest_of_all(folder: &Path) -> Result<Option<(PathBuf, String)>, CliError> {
    let items = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let last = items.filter_map(|item| Some((index(&item.path())?, item.path()))).max();
    let Some((_, last)) = last else { return Ok(None) };
    let vkey = folder.join("log.vkey");
    let key = fs::read(&vkey).map_err(file_error("read", &vkey))?;
    let key: VerifierKey =
        String::from_utf8_lossy(&key).trim_end().parse().map_err(|error| damaged(&vkey, &error))?;
    let receipt = Receipt::parse(&fs::read(&last).map_err(file_error("read", &last))?);
    let receipt = receipt.map_err(|error| damaged(&last, &error))?;
    Checkpoint::open(receipt.checkpoint.as_bytes(), &key).map_err(|error| damaged(&last, &error))?;
    Ok(newest(folder, &key).map(|(path, checkpoint, _)| (path, checkpoint)))
}

/// Of the newest receipts that are there, the one with the largest head that the log's `key` has signed.
pub fn newest(folder: &Path, key: &VerifierKey) -> Option<(PathBuf, String, Head)> {
    let items = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let mut paths: Vec<(u64, PathBuf)> =
        items.filter_map(|item| Some((index(&item.path())?, item.path()))).collect();
    paths.sort();
    let read = paths.into_iter().rev().take(NEWEST).filter_map(|(_, path)| {
        let receipt = Receipt::parse(&fs::read(&path).ok()?).ok()?;
        let head = Checkpoint::open(receipt.checkpoint.as_bytes(), key).ok()?.head;
        Some((path, receipt.checkpoint, head))
    });
    read.max_by_key(|(_, _, head)| head.size)
}

fn index(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_suffix(".tlog-proof")?.parse().ok()
}

/// Whether any agreement has a receipt here.
pub fn any(data: &Path) -> bool {
    let folders = fs::read_dir(data.join("receipts")).ok();
    let mut folders = folders.into_iter().flatten().filter_map(Result::ok);
    folders.any(|folder| {
        let mut items = fs::read_dir(folder.path()).ok().into_iter().flatten().filter_map(Result::ok);
        items.any(|item| index(&item.path()).is_some())
    })
}

/// Refuses a store that does not continue the log of the newest receipt. `root_at` gives the store's roots.
///
/// # Errors
/// The receipt is of a later or of another history.
pub fn check(
    folder: &Path,
    key: &VerifierKey,
    size: u64,
    root_at: impl Fn(u64) -> Result<Hash, CliError>,
) -> Result<(), CliError> {
    let Some((path, _, head)) = newest(folder, key) else { return Ok(()) };
    let path = path.display();
    if head.size > size {
        return Err(CliError::Faults(format!(
            "the store has {size} entries, and the log has signed {} by the receipt {path}: the store is older than \
             this receipt, and going on would fork the log; restore the data folder from a newer copy",
            head.size
        )));
    }
    if root_at(head.size)? != head.root {
        return Err(CliError::Faults(format!(
            "the receipt {path} is of another history: at {} entries the log has signed another root than the store \
             has; keep both, which prove it, and restore the data folder from a good copy",
            head.size
        )));
    }
    Ok(())
}

/// Keeps a receipt. One that is there is never overwritten: of the same entry it is as good, and of any other it is
/// evidence.
///
/// # Errors
/// There is another receipt, or it cannot be written.
fn keep(path: &Path, receipt: &Receipt) -> Result<(), CliError> {
    match fs::read(path) {
        Ok(bytes) => {
            let same = Receipt::parse(&bytes)
                .is_ok_and(|kept| kept.index == receipt.index && kept.extra == receipt.extra);
            if same {
                Ok(())
            } else {
                Err(CliError::Faults(format!(
                    "{} is there already, and is not a receipt of this entry: it was kept, as it may prove another history",
                    path.display()
                )))
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            replace_file(path, receipt.to_string().as_bytes()).map_err(not_replaced)
        }
        Err(error) => Err(file_error("read", path)(error)),
    }
}

/// Keeps the receipt of an entry in `receipts/AGREEMENT/` of the data folder, with the log's key beside it as a hint.
///
/// # Errors
/// As [`keep`], with the path.
pub fn keep_with_key(
    data: &Path,
    agreement: &Id,
    vkey: &str,
    receipted: &Receipted,
) -> Result<PathBuf, (PathBuf, CliError)> {
    let folder = folder(data, agreement);
    let path = path(&folder, receipted.index);
    let kept = with_key(&folder, vkey, || keep(&path, &receipted.receipt));
    match kept {
        Ok(()) => Ok(path),
        Err(cause) => Err((path, cause)),
    }
}

/// Writes what the log has signed into a folder, one command at a time, and puts the log's key beside it as a hint. Where
/// that is there it is left alone.
///
/// # Errors
/// Either cannot be written.
pub fn with_key<T>(
    folder: &Path,
    vkey: &str,
    write: impl FnOnce() -> Result<T, CliError>,
) -> Result<T, CliError> {
    fs::create_dir_all(folder).map_err(file_error("create", folder))?;
    let lock = File::open(folder).map_err(file_error("open", folder))?;
    // Let go when this returns, or the process ends.
    lock.lock().map_err(file_error("lock", folder))?;
    let written = write()?;
    let (key, text) = (folder.join("log.vkey"), format!("{vkey}\n"));
    if !fs::read(&key).is_ok_and(|there| there == text.as_bytes()) {
        replace_file(&key, text.as_bytes()).map_err(not_replaced)?;
    }
    Ok(written)
}
