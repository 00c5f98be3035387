//! The seed of an Ed25519 key in a file of its own: one line, for its owner alone.
//!
//! The line is the key's form (`quorate-log-key-v1`), a space, the 32 bytes in base64 (RFC 4648 §4), a line feed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use base64ct::{Base64, Encoding as _};
use zeroize::Zeroizing;

/// The seed of an Ed25519 key, wiped from memory when it is dropped.
pub type Seed = Zeroizing<[u8; 32]>;

/// Why a key cannot be read.
#[derive(Debug)]
pub enum SeedError {
    /// There is no such file.
    Missing,
    /// Others on this machine could read it: its mode.
    Exposed(u32),
    /// It is not a key of this form.
    Form,
    /// A file operation failed: which, and why.
    Io(&'static str, io::Error),
}

/// A new seed, from the system's random numbers.
///
/// # Errors
/// There are none.
pub fn new() -> Result<Seed, getrandom::Error> {
    let mut seed = Seed::default();
    getrandom::fill(seed.as_mut_slice())?;
    Ok(seed)
}

/// Writes a key to a file that is not there yet, for its owner alone, durably.
///
/// # Errors
/// The operation that failed, and why.
pub fn write_new(path: &Path, form: &str, seed: &Seed) -> Result<(), (&'static str, io::Error)> {
    write_new_file(path, text(form, seed).as_bytes())
}

/// Writes a file that is not there yet, for its owner alone, durably.
///
/// # Errors
/// The operation that failed, and why.
pub fn write_new_file(path: &Path, bytes: &[u8]) -> Result<(), (&'static str, io::Error)> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(|error| ("create", error))?;
    file.write_all(bytes).map_err(|error| ("write", error))?;
    file.sync_all().map_err(|error| ("fsync", error))
}

/// The key in a file, refused when anybody but its owner could read it.
///
/// # Errors
/// As [`SeedError`] says.
pub fn read(path: &Path, form: &str) -> Result<Seed, SeedError> {
    read_secret(path, |text| parse(text, form))
}

/// What a short file says, refused when anybody but its owner could read it.
///
/// # Errors
/// As [`SeedError`] says; its form is wrong where `read` gives nothing.
pub fn read_secret<T>(path: &Path, read: impl FnOnce(&[u8]) -> Option<T>) -> Result<T, SeedError> {
    let mut file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => SeedError::Missing,
        _ => SeedError::Io("open", error),
    })?;
    // Of the open file, so that nobody can put another one in its place in between.
    let examined = file.metadata().map_err(|error| SeedError::Io("examine", error))?;
    let mode = examined.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(SeedError::Exposed(mode));
    }
    // One read into a buffer that never grows: growing would leave a copy of the secret behind.
    let mut text = Zeroizing::new([0; 128]);
    let length = file.read(text.as_mut_slice()).map_err(|error| SeedError::Io("read", error))?;
    text.get(..length).and_then(read).ok_or(SeedError::Form)
}

fn text(form: &str, seed: &Seed) -> Zeroizing<String> {
    let base64 = Zeroizing::new(Base64::encode_string(seed.as_slice()));
    Zeroizing::new([form, " ", &base64, "\n"].concat())
}

fn parse(text: &[u8], form: &str) -> Option<Seed> {
    let base64 = text.strip_prefix(form.as_bytes())?.strip_prefix(b" ")?.strip_suffix(b"\n")?;
    // 44 digits are 33 bytes until the padding is taken off.
    let mut bytes = Zeroizing::new([0; 33]);
    let read = Base64::decode(base64, bytes.as_mut_slice()).ok()?;
    let mut seed = Seed::default();
    (read.len() == seed.len()).then(|| seed.copy_from_slice(read))?;
    Some(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_text_form() {
        let form = "quorate-log-key-v1";
        let line = format!("{form} {}\n", "AQEB".repeat(10) + "AQE=");
        assert_eq!(*parse(line.as_bytes(), form).unwrap(), [1; 32]);
        assert_eq!(*text(form, &Seed::new([1; 32])), line);
        let cut = &line[..line.len() - 1];
        for other in
            ["", cut, &line[1..], &format!("{line}\n"), &line.replace(' ', "  "), &line.replace('=', "")]
        {
            assert!(parse(other.as_bytes(), form).is_none(), "{other:?}");
        }
        assert!(parse(line.as_bytes(), "quorate-witness-key-v1").is_none());
    }
}
