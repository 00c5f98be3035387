//! Refusals that a log has signed: kept by whoever was turned away, checked offline, and held against the log.

mod against;
mod check;
mod keep;

pub use against::{Held, Holder};
pub use check::check;
pub use keep::keep;

use std::path::{Path, PathBuf};

use super::documents::read_text;
use super::error::CliError;
use super::parcel;
use crate::statement::{Envelope, Refused};

/// The envelopes that may be what was refused: those that somebody names, else the one beside the note's file,
/// which [`keep`] wrote. One beside it that was not refused is none.
///
/// # Errors
/// A file that somebody names cannot be read, or is neither a statement nor an envelope.
fn candidates(note: Option<&Path>, named: &[PathBuf], refused: &Refused) -> Result<Vec<Envelope>, CliError> {
    let mut envelopes = Vec::new();
    for file in named {
        // Nothing is submitted here, so nothing is refused: whoever names the file named the wrong one.
        let opened = parcel::open(file).map_err(|error| match error {
            CliError::Refused { refusal, .. } => CliError::usage(format!(
                "--statement {}: {}; name the statement or envelope as it was submitted",
                file.display(),
                refusal.why
            )),
            other => other,
        });
        envelopes.push(opened?.0);
    }
    let beside = note.and_then(|note| read_text(&note.with_extension("json")).ok());
    let beside = beside.and_then(|text| Envelope::parse(&text).ok());
    envelopes.extend(beside.filter(|envelope| refused.is_of(envelope)));
    Ok(envelopes)
}
