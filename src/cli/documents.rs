//! Documents that a statement names: read from files, salted, and named by their digest.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::error::{CliError, file_error};
use crate::statement::{Attachments, Blob};
use crate::values::Id;

/// The longest document in bytes. It is kept in memory while it is salted and stored.
pub const LONGEST: u64 = 64 * 1024 * 1024;

/// The option of every command that files documents.
#[derive(Debug, Clone, Default, Args)]
pub struct Attach {
    /// Attach FILE as the document that the workflow calls NAME; several times for several
    #[arg(long = "attach", value_name = "NAME=FILE", value_parser = pair)]
    pub attach: Vec<(Id, PathBuf)>,
}

fn pair(text: &str) -> Result<(Id, PathBuf), String> {
    let (name, file) = text.split_once('=').ok_or("write NAME=FILE, such as `exhibit=benchmarks.pdf`")?;
    Ok((name.parse().map_err(|error| format!("{error}"))?, PathBuf::from(file)))
}

/// Salted documents by name.
#[derive(Debug, Default)]
pub struct Documents(Vec<(Id, Blob)>);

impl Documents {
    /// Reads and salts files.
    ///
    /// # Errors
    /// A file cannot be read, is too large, or a name is given twice.
    pub fn read(files: &[(Id, PathBuf)]) -> Result<Self, CliError> {
        let mut documents = Self::default();
        for (name, file) in files {
            if documents.0.iter().any(|(known, _)| known == name) {
                return Err(CliError::usage(format!(
                    "two documents are called `{name}`; give each its own name"
                )));
            }
            let blob = Blob::seal(&read(file)?)
                .map_err(|error| CliError::Storage(format!("no random numbers for the salt: {error}")))?;
            documents.0.push((name.clone(), blob));
        }
        Ok(documents)
    }

    /// What a vote or its reveal carries: the documents attached, and the reasons as `rationale`.
    ///
    /// # Errors
    /// As [`Documents::read`].
    pub fn with_rationale(attach: &Attach, rationale: Option<&PathBuf>) -> Result<Self, CliError> {
        let mut files = attach.attach.clone();
        files.extend(rationale.map(|file| (Id::constant("rationale"), file.clone())));
        Self::read(&files)
    }

    /// One document, if there is a file.
    ///
    /// # Errors
    /// As [`Documents::read`].
    pub fn one(name: &'static str, file: Option<&PathBuf>) -> Result<Self, CliError> {
        let files: Vec<(Id, PathBuf)> =
            file.into_iter().map(|file| (Id::constant(name), file.clone())).collect();
        Self::read(&files)
    }

    /// What a statement says of them.
    pub fn attachments(&self) -> Attachments {
        self.0.iter().map(|(name, blob)| (name.clone(), blob.digest())).collect()
    }

    /// The documents themselves.
    pub fn into_blobs(self) -> Vec<Blob> {
        self.0.into_iter().map(|(_, blob)| blob).collect()
    }
}

/// A file's bytes, at most [`LONGEST`]. A private key is never read for another purpose: it would be filed, signed
/// or shown.
///
/// # Errors
/// It cannot be read, is larger, is a private key, or is a pipe or device, which might never end.
pub fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let kind = fs::metadata(path).map_err(file_error("open", path))?;
    // Of a folder the system says so itself.
    if !kind.is_file() && !kind.is_dir() {
        return Err(CliError::usage(format!(
            "{} is a pipe or a device; save what it gives to a file, and name that",
            path.display()
        )));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(file_error("open", path))?;
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(file_error("read", path))?;
    if bytes.len() as u64 > LONGEST {
        return Err(CliError::usage(format!(
            "{} has more than {LONGEST} bytes; name a smaller file, which may name the larger one by its digest",
            path.display()
        )));
    }
    let begins = bytes.get(..bytes.len().min(LONGEST_MARK)).unwrap_or_default();
    if holds_private_key(&String::from_utf8_lossy(begins)) { Err(private_key(path)) } else { Ok(bytes) }
}

/// How far into a file the mark of a private key may stand at its beginning.
const LONGEST_MARK: usize = 128;

/// Whether a text holds a log's or a witness's key, or a private key in one of the forms that begin with such a line.
fn holds_private_key(text: &str) -> bool {
    let begins = |line: &str| line.contains("-----BEGIN ") && line.contains("PRIVATE KEY-----");
    text.contains("quorate-log-key-v1") || text.contains("quorate-witness-key-v1") || text.lines().any(begins)
}

fn private_key(path: &Path) -> CliError {
    CliError::usage(format!(
        "{} holds a private key, which is for signing alone and is not shown here; name another file",
        path.display()
    ))
}

/// A text file, at most [`LONGEST`].
///
/// # Errors
/// It cannot be read, is not UTF-8, or holds a private key anywhere.
pub fn read_text(path: &Path) -> Result<String, CliError> {
    let text = String::from_utf8(read(path)?)
        .map_err(|error| CliError::usage(format!("{} is no text: {error}", path.display())))?;
    if holds_private_key(&text) { Err(private_key(path)) } else { Ok(text) }
}
