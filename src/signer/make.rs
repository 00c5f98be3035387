//! New keys, as the files that `ssh-keygen -t ed25519` would have written.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{Cipher, Kdf, LineEnding, PrivateKey};
use zeroize::Zeroizing;

use super::SignerError;
use crate::statement::{PublicKey, RawKey};
use crate::values::is_hidden;

/// Rounds of bcrypt for a new key: what newer versions of `ssh-keygen` take (9.2 took 16). They are written in
/// the file, so every version reads it.
const ROUNDS: u32 = 24;

/// Makes a new key: the private file at `path` (mode 0600; encrypted with aes256-ctr and bcrypt if a
/// passphrase is given, as `ssh-keygen` does), and the public one at `path` with `.pub` (mode 0644). Both are
/// on stable storage when this returns.
///
/// # Errors
/// [`SignerError::Exists`] if either file is there: none is ever overwritten, and after an error neither is
/// left behind.
pub fn generate(path: &Path, comment: &str, passphrase: Option<&str>) -> Result<PublicKey, SignerError> {
    if let Some(character) = comment.chars().find(|c| is_hidden(*c)) {
        return Err(SignerError::Comment { character });
    }
    if passphrase.is_some_and(str::is_empty) {
        return Err(SignerError::EmptyPassphrase);
    }
    let (public, text) = make(comment, passphrase)?;
    let line = format!("{public} {comment}");
    let private_file = create(path, 0o600)?;
    let public_path = public_path(path);
    let written = create(&public_path, 0o644).and_then(|public_file| {
        let written = write(private_file, text.as_bytes(), path)
            .and_then(|()| write(public_file, format!("{}\n", line.trim_end()).as_bytes(), &public_path))
            .and_then(|()| sync_folder(path));
        written.inspect_err(|_| drop(fs::remove_file(&public_path)))
    });
    written.inspect_err(|_| drop(fs::remove_file(path)))?;
    Ok(public)
}

/// Where the public key of a private key file is: the same name with `.pub` behind it.
pub fn public_path(private: &Path) -> PathBuf {
    let mut name = private.as_os_str().to_owned();
    name.push(".pub");
    name.into()
}

/// A random key, as its public part and the text of its file.
fn make(comment: &str, passphrase: Option<&str>) -> Result<(PublicKey, Zeroizing<String>), SignerError> {
    let encode = |error: ssh_key::Error| SignerError::Encode(error.to_string());
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(SignerError::Random)?;
    let pair = Ed25519Keypair::from_seed(&seed);
    let public = PublicKey::plain(RawKey(pair.public.0));
    let mut key = PrivateKey::new(KeypairData::from(pair), comment).map_err(encode)?;
    if let Some(passphrase) = passphrase {
        let (mut salt, mut check) = ([0; 16], [0; 4]);
        getrandom::fill(&mut salt).and_then(|()| getrandom::fill(&mut check)).map_err(SignerError::Random)?;
        let kdf = Kdf::Bcrypt { salt: salt.to_vec(), rounds: ROUNDS };
        key = key
            .encrypt_with(Cipher::Aes256Ctr, kdf, u32::from_be_bytes(check), passphrase)
            .map_err(encode)?;
    }
    Ok((public, key.to_openssh(LineEnding::LF).map_err(encode)?))
}

fn create(path: &Path, mode: u32) -> Result<File, SignerError> {
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            SignerError::Exists { path: path.to_owned() }
        } else {
            SignerError::io("create", path)(error)
        }
    })
}

fn write(mut file: File, bytes: &[u8], path: &Path) -> Result<(), SignerError> {
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(SignerError::io("write", path))
}

/// Makes the names in a file's folder durable.
fn sync_folder(path: &Path) -> Result<(), SignerError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(SignerError::io("fsync", folder))
}
