//! Checkpoints, opened with the key that an opening statement or a ballot paper names.

use crate::log::{Checkpoint, Head, VerifierKey};

/// The head in a checkpoint that the log with this verifier key signed, both as text.
///
/// # Errors
/// In words: the key cannot be read, or it did not sign this.
pub fn signed_head(checkpoint: &str, vkey: &str) -> Result<Head, String> {
    let key: VerifierKey = vkey.parse().map_err(|error| format!("{error}"))?;
    let checkpoint = Checkpoint::open(checkpoint.as_bytes(), &key).map_err(|error| error.to_string())?;
    Ok(checkpoint.head)
}
