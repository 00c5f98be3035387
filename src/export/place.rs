//! Where an agreement may be exported to: never to where the log's private key is.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::ExportError;

/// That a folder is neither the data folder, nor in it, nor around it: whoever gives out an exported folder would give out
/// the log's private key, or write into the store. Neither has to be there.
///
/// # Errors
/// It is, or where the two are cannot be found out.
pub fn apart(folder: &Path, data: &Path) -> Result<(), ExportError> {
    let (path, kept) = (resolved(folder)?, resolved(data)?);
    let why = match (path.starts_with(&kept), kept.starts_with(&path)) {
        (true, true) => "it is",
        (true, false) => "it is inside",
        (false, true) => "it holds",
        (false, false) => return Ok(()),
    };
    Err(ExportError::DataFolder { path: folder.to_owned(), data: data.to_owned(), why })
}

/// A path without links and without `..`, as far as it is there; what is not there yet can be no link.
fn resolved(path: &Path) -> Result<PathBuf, ExportError> {
    let io = |source| ExportError::Io { what: "find", path: path.to_owned(), source };
    let mut found = PathBuf::new();
    for part in std::path::absolute(path).map_err(io)?.components() {
        match part {
            Component::ParentDir => drop(found.pop()),
            part => found.push(part),
        }
        match found.canonicalize() {
            Ok(there) => found = there,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io(error)),
        }
    }
    Ok(found)
}

/// That files can be written into a folder, which is made where it is not there.
///
/// # Errors
/// They cannot.
pub fn writable(folder: &Path) -> Result<(), ExportError> {
    let io = |what, path: &Path| {
        let path = path.to_owned();
        move |source| ExportError::Io { what, path, source }
    };
    fs::create_dir_all(folder).map_err(io("create", folder))?;
    // Permissions do not say it: disks are mounted for reading, and quotas end.
    let tried = folder.join("tried.part");
    fs::write(&tried, []).map_err(io("write", &tried))?;
    fs::remove_file(&tried).map_err(io("remove", &tried))
}

/// What a data folder has: it would be served with the log's private key.
const DATA_FOLDER: [&str; 4] = ["log.key", "config.toml", "store", "openings"];

/// What an export writes before the checkpoint.
const BEFORE_CHECKPOINT: [&str; 6] =
    ["tile", "checkpoints", "blobs", "log.vkey", "allowed_signers", "policy"];

/// That a folder is one to export to, by the names in it: it is new, or an export, or what an interrupted one left.
pub(super) fn check_names(folder: &Path, exported: bool) -> Result<(), ExportError> {
    let io = |source| ExportError::Io { what: "read", path: folder.to_owned(), source };
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(io(source)),
    };
    let not_ours = |why: String| Err(ExportError::NotOurs { path: folder.to_owned(), why });
    for file in listed {
        let name = file.map_err(io)?.file_name();
        let name = name.to_string_lossy();
        if DATA_FOLDER.contains(&&*name) {
            return not_ours(format!("`{name}` is in it, as in a data folder, which is never to be served"));
        }
        let left = BEFORE_CHECKPOINT.contains(&&*name) || name.ends_with(".part");
        if !exported && !left {
            return not_ours(format!("`{name}` is in it, and no checkpoint"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_apart_from_the_data_folder_whatever_it_is_called() {
        let all = tempfile::tempdir().unwrap();
        let at = |name: &str| all.path().join(name);
        fs::create_dir_all(at("var/data")).unwrap();
        fs::create_dir_all(at("public")).unwrap();
        std::os::unix::fs::symlink(at("var"), at("link")).unwrap();
        let data = at("link/data");
        let refused = [
            ("var/data", "it is"),
            ("public/../var/data/.", "it is"),
            ("new/../var/data", "it is"),
            ("link/data/a/b", "it is inside"),
            ("var", "it holds"),
            ("link/../var", "it holds"),
            ("", "it holds"),
        ];
        for (folder, words) in refused {
            let error = apart(&at(folder), &data).unwrap_err();
            assert!(
                matches!(error, ExportError::DataFolder { why, .. } if why == words),
                "{folder}: {error}"
            );
        }
        for folder in ["public", "var/database", "var/data/../public", "new/folder", "link/new"] {
            apart(&at(folder), &data).unwrap();
        }
    }
}
