//! Folders that tests copy, to go on in the copy.
#![allow(clippy::unwrap_used)] // helpers of tests

use std::fs;
use std::path::Path;

/// Copies a folder with everything in it; modes stay.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
