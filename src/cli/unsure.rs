//! What is on its way to a server: kept before it is sent, and until the log's own word for it is here. Whose answer is
//! lost, or proves nothing, submits the very same again, which is taken once; signed anew it would be another statement.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::error::{CliError, file_error};
use super::parcel::beside;
use crate::log::Receipt;
use crate::registry::Submission;

/// A submission in `unsure/` of the data folder: `DIGEST.json`, the envelope, and `DIGEST.json.documents/`, as
/// `quorate submit` takes them. The digest is the envelope's. A receipt that came for it, and proves nothing as yet, is
/// `DIGEST.json.tlog-proof`; another one, which may be of another history, is `DIGEST.json.2.tlog-proof`, and so on.
pub struct Unsure {
    file: PathBuf,
    documents: PathBuf,
}

impl Unsure {
    /// Keeps a submission, readable to this user alone, on stable storage.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(data: &Path, submission: &Submission) -> Result<Self, CliError> {
        let folder = data.join("unsure");
        let file = folder.join(format!("{}.json", submission.envelope.digest().hex()));
        let documents = beside(&file, ".documents");
        make(&folder)?;
        if !submission.blobs.is_empty() {
            make(&documents)?;
        }
        for blob in &submission.blobs {
            write(&documents.join(blob.digest().hex()), blob.bytes())?;
        }
        // Last: where the envelope is, all of it is.
        write(&file, submission.envelope.to_text().as_bytes())?;
        Ok(Self { file, documents })
    }

    /// Keeps a receipt beside it, and none in the place of another; where.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep_receipt(&self, receipt: &Receipt) -> Result<PathBuf, CliError> {
        let text = receipt.to_string();
        let is_free = |path: &PathBuf| match fs::read(path) {
            Ok(there) => there == text.as_bytes(),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        let path = self.places().find(is_free).unwrap_or_else(|| self.place(1));
        write(&path, text.as_bytes())?;
        Ok(path)
    }

    /// The receipts that are kept beside it.
    pub fn receipts(&self) -> Vec<PathBuf> {
        self.places().take_while(|path| path.exists()).collect()
    }

    fn places(&self) -> impl Iterator<Item = PathBuf> {
        (1..).map(|number| self.place(number))
    }

    fn place(&self, number: u32) -> PathBuf {
        let number = if number == 1 { String::new() } else { format!(".{number}") };
        beside(&self.file, &format!("{number}.tlog-proof"))
    }

    /// The file that `quorate submit` takes.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Removes it, but for receipts beside it: the log's own word has come. What cannot be removed does no harm: it is taken
    /// once.
    pub fn forget(self) {
        let _ = fs::remove_file(&self.file);
        let _ = fs::remove_dir_all(&self.documents);
    }
}

fn make(folder: &Path) -> Result<(), CliError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(file_error("create", folder))
}

/// Writes a file whose name says what is in it, so that one that is there and whole is left alone.
fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let part = beside(path, ".part");
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part);
    let mut file = file.map_err(file_error("create", &part))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(file_error("write", &part))?;
    fs::rename(&part, path).map_err(file_error("rename", &part))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(file_error("fsync", folder))
}
