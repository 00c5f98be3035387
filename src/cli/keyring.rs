//! Finding keys: those with which a command signs, and public ones.

use std::path::{Path, PathBuf};
use std::{fs, io};

use zeroize::Zeroizing;

use super::context::Context;
use super::error::{CliError, file_error};
use super::show::visible;
use crate::signer::{self, Places, Signer};
use crate::statement::PublicKey;

/// The keys that a command signs with: those named; else, where one is needed, the only one there is.
///
/// # Errors
/// There is no such key, or it stays locked.
pub fn signers(context: &Context, named: &[String], needed: bool) -> Result<Vec<Signer>, CliError> {
    if named.is_empty() && needed {
        return Ok(vec![signer_of(context, &only_key(context)?)?]);
    }
    named.iter().map(|name| signer_of(context, name)).collect()
}

/// The only private key in the data folder.
///
/// # Errors
/// There is none, or more than one.
pub fn only_key(context: &Context) -> Result<String, CliError> {
    let folder = keys_folder(context)?;
    let names = names(&folder)?;
    match names.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(CliError::usage(format!(
            "name the key to sign with, --key KEY, or make one with `quorate key new NAME`; there is none in {}",
            folder.display()
        ))),
        several => Err(CliError::usage(format!(
            "name the key to sign with, --key KEY; there are {}",
            several.join(", ")
        ))),
    }
}

/// The key that somebody names, ready to sign.
///
/// # Errors
/// There is no such key, or it stays locked.
pub fn signer_of(context: &Context, name: &str) -> Result<Signer, CliError> {
    Ok(Signer::find(name, &Places::new(keys_folder(context)?), &mut ask_passphrase)?)
}

/// The names of the private keys in a folder, which need not exist.
fn names(folder: &Path) -> Result<Vec<String>, CliError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(file_error("list", folder)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.map_err(file_error("list", folder))?.path();
        if path.extension().is_none_or(|extension| extension != "pub") {
            names.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

/// A public key: the line itself, a .pub file, a name in the data folder.
///
/// # Errors
/// There is no such key.
pub fn public(context: &Context, name: &str) -> Result<PublicKey, CliError> {
    let named = keys_folder(context)?.join(format!("{name}.pub"));
    let plain = !name.is_empty() && !name.contains(['/', ' ']);
    if plain && !named.exists() && !Path::new(name).exists() {
        return Err(CliError::usage(format!(
            "there is no key `{name}`: neither {} nor a file {name} is there; `quorate key new {name}` makes one",
            named.display()
        )));
    }
    let line =
        if plain && named.exists() { signer::public::read(&named) } else { signer::public::given(name) };
    Ok(line.map_err(signer::SignerError::Public)?.key)
}

/// Where this machine keeps keys of people, be the data folder made or not.
///
/// # Errors
/// Nothing says where the data folder is.
pub fn keys_folder(context: &Context) -> Result<PathBuf, CliError> {
    Ok(context.data_path()?.join("keys"))
}

/// At the terminal, never from standard input: what a script pipes in is not a person.
fn ask_passphrase(path: &Path) -> io::Result<Zeroizing<String>> {
    rpassword::prompt_password(visible(&format!("Passphrase for {}: ", path.display()))).map(Zeroizing::new)
}
