//! What this machine has seen of agreements that servers keep, against which the next answer is held.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::{CliError, file_error, not_replaced};
use super::receipts;
use super::record::Record;
use crate::log::VerifierKey;
use crate::store::replace_file;
use crate::values::{Digest, Id};

/// What this machine has seen of an agreement by a server: `seen/NAME/` in the data folder.
pub struct Seen {
    /// Where that is.
    pub folder: PathBuf,
    receipts: PathBuf,
}

impl Seen {
    /// What was seen of the agreement of this name.
    pub fn of(data: &Path, agreement: &Id) -> Self {
        let folder = data.join("seen").join(agreement.as_str());
        Self { folder, receipts: receipts::folder(data, agreement) }
    }

    /// The anchor by which the name was first seen.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn anchor(&self) -> Result<Option<Digest>, CliError> {
        let path = self.folder.join("anchor");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let anchor = text.trim_end().parse();
                anchor.map(Some).map_err(|error| CliError::usage(format!("{}: {error}", path.display())))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(file_error("read", &path)(error)),
        }
    }

    /// The newest head that was seen, and that of the newest receipt: an audit holds the log against them.
    pub fn checkpoints(&self) -> Vec<String> {
        let seen = fs::read_to_string(self.folder.join("checkpoint")).ok();
        let key = fs::read_to_string(self.receipts.join("log.vkey")).ok();
        let key: Option<VerifierKey> = key.and_then(|key| key.trim_end().parse().ok());
        let receipt =
            key.and_then(|key| receipts::newest(&self.receipts, &key)).map(|(_, checkpoint, _)| checkpoint);
        seen.into_iter().chain(receipt).collect()
    }

    /// Keeps what was found now.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, record: &Record) -> Result<(), CliError> {
        fs::create_dir_all(&self.folder).map_err(file_error("create", &self.folder))?;
        let anchor = format!("{}\n", record.state.agreement.anchor);
        replace_file(&self.folder.join("anchor"), anchor.as_bytes()).map_err(not_replaced)?;
        replace_file(&self.folder.join("checkpoint"), record.checkpoint.as_bytes()).map_err(not_replaced)
    }
}
