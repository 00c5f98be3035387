use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::error::{CliError, file_error};
use crate::cli::parcel::write_new;
use crate::cli::receipts;
use crate::statement::{Envelope, Refused};

/// How many refusals of statements with the same first digits are kept.
const MOST: u32 = 1_000;

/// Keeps a refusal in `receipts/AGREEMENT/` of the data folder: `refused-DIGITS.note` and, since a refusal is of one
/// statement with its very signatures, `refused-DIGITS.json`, the envelope. The digits are the first of the
/// statement's digest; a further refusal gets `refused-DIGITS.2.note`, and nothing is overwritten.
///
/// `vkey` is the log's key, put beside them as a hint.
///
/// # Errors
/// The note is none, or a file cannot be written.
pub fn keep(data: &Path, note: &str, envelope: &Envelope, vkey: &str) -> Result<PathBuf, CliError> {
    let unreadable = |error| CliError::Storage(format!("the log's refusal cannot be read: {error}"));
    let (_, refused) = Refused::parse(note.as_bytes()).map_err(unreadable)?;
    let folder = receipts::folder(data, &refused.agreement.name);
    receipts::with_key(&folder, vkey, || write(&folder, note, &refused, envelope))
}

fn write(folder: &Path, note: &str, refused: &Refused, envelope: &Envelope) -> Result<PathBuf, CliError> {
    let digits: String = refused.statement.hex().chars().take(12).collect();
    for number in 1..=MOST {
        let number = if number == 1 { String::new() } else { format!(".{number}") };
        let path = folder.join(format!("refused-{digits}{number}.note"));
        let sent = path.with_extension("json");
        if has_or_writes(&sent, &envelope.to_text())? && has_or_writes(&path, note)? {
            return Ok(path);
        }
    }
    Err(CliError::Storage(format!(
        "{} keeps {MOST} refusals of the statement {} already",
        folder.display(),
        refused.statement
    )))
}

/// Writes a file where there is none; whether it has this text then.
fn has_or_writes(path: &Path, text: &str) -> Result<bool, CliError> {
    match fs::read(path) {
        Ok(there) => Ok(there == text.as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            write_new(path, text.as_bytes()).map(|()| true)
        }
        Err(error) => Err(file_error("read", path)(error)),
    }
}
