//! Openings: what a voter keeps of a vote on a sealed ballot, so that it can be revealed later.
//!
//! The file is the very text of which the commitment is the SHA-256 (`docs/formats.md`). It is on stable storage before
//! the commitment is signed or sent: whoever loses it cannot reveal the vote any more.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::answer::{self, Answer};
use super::context::Context;
use super::documents::read_text;
use super::error::{CliError, file_error};
use super::parcel::beside;
use super::show::{Page, Tone};
use super::signing::Signing;
use crate::statement::{Commitment, Salt};
use crate::store::seed;
use crate::values::{Digest, Id};

/// A salt for a new opening.
///
/// # Errors
/// The machine has no randomness to give.
pub fn salt() -> Result<Salt, CliError> {
    Salt::random().map_err(|error| CliError::Storage(format!("no random numbers for the salt: {error}")))
}

/// `openings/AGREEMENT/HEX.opening` in the data folder, HEX being the commitment.
///
/// # Errors
/// Nothing says where the data folder is.
pub fn path(context: &Context, agreement: &Id, commitment: &Digest) -> Result<PathBuf, CliError> {
    let folder = context.data_path()?.join("openings").join(agreement.as_str());
    Ok(folder.join(format!("{}.opening", commitment.hex())))
}

/// Writes an opening durably, for its owner alone: beside the statement where that goes to a file, else in the data
/// folder. Where it is now.
///
/// # Errors
/// It cannot be written; then nothing was signed.
pub fn keep(context: &Context, signing: &Signing, opening: &Commitment) -> Result<PathBuf, CliError> {
    let path = match &signing.out {
        Some(out) if out.exists() => {
            let out = out.display();
            return Err(CliError::usage(format!("{out} is there already; name another file, or remove it")));
        }
        Some(out) => beside(out, ".opening"),
        None => path(context, &opening.agreement.name, &opening.digest())?,
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(file_error("create", folder))?;
    seed::write_new_file(&path, opening.text().as_bytes())
        .map_err(|(what, error)| file_error(what, &path)(error))?;
    // The names of the file and of the folders above it are on stable storage too.
    for folder in folder.ancestors().take(3).filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(file_error("fsync", folder))?;
    }
    Ok(path)
}

/// Reads an opening.
///
/// # Errors
/// It cannot be read, or is none.
pub fn read(path: &Path) -> Result<Commitment, CliError> {
    if !path.exists() {
        return Err(CliError::usage(format!("there is no opening {}; {LOST}", path.display())));
    }
    let text = read_text(path)?;
    text.parse().map_err(|error| CliError::usage(format!("{}: {error}", path.display())))
}

/// The opening of a commitment in the data folder, also one that was set aside.
///
/// # Errors
/// As [`read`].
pub fn find(context: &Context, agreement: &Id, commitment: &Digest) -> Result<Commitment, CliError> {
    let path = path(context, agreement, commitment)?;
    let aside = (1..=MOST_ASIDE).map(|number| set_aside_name(&path, number));
    for candidate in std::iter::once(path.clone()).chain(aside).filter(|path| path.exists()) {
        let opening = read(&candidate)?;
        if opening.digest() == *commitment {
            return Ok(opening);
        }
    }
    Err(CliError::usage(format!(
        "{} is not there as it was, the opening that `quorate vote` kept of the vote behind the commitment {commitment}: only with the \
         choice and the salt in it can that be revealed; {LOST}",
        path.display()
    )))
}

/// How many openings of one name are set aside.
const MOST_ASIDE: u32 = 1_000;

/// What to do where an opening is not found.
const LOST: &str = "name it with --opening where it is elsewhere (`quorate vote --out FILE` keeps it as FILE.opening), or get \
                    it from a backup; without it the vote cannot be revealed by anybody, and the ballot paper says for what \
                    it counts then";

/// Sets aside the opening of a commitment that was refused here, so that its name is free for another vote. It is never
/// deleted: a refusal here need not be the log's last word, and nobody can make an opening again.
pub fn set_aside(path: &Path) -> Option<PathBuf> {
    let free = (1..=MOST_ASIDE).map(|number| set_aside_name(path, number)).find(|path| !path.exists())?;
    // Where it cannot be renamed it stays as it is.
    fs::rename(path, &free).ok().map(|()| free)
}

fn set_aside_name(path: &Path, number: u32) -> PathBuf {
    beside(path, &if number == 1 { ".refused".to_owned() } else { format!(".refused-{number}") })
}

/// Tells where the opening is, below what else is told.
pub fn told(answer: &mut Answer, path: &Path) {
    let mut page = Page::default();
    let shown = path.display();
    page.line(Tone::Notice, &format!("opening: {shown}"));
    page.line(
        Tone::Faint,
        "keep it, and show it to nobody: without it the vote cannot be revealed, and `quorate reveal` is how",
    );
    answer.text.push_str(&page.into_text());
    if let Some(fields) = answer.json.as_object_mut() {
        fields.insert("opening".to_owned(), answer::path(path));
    }
}
