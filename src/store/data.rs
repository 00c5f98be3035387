//! The data folder of one installation: where the store, the blobs and the log's private key are.
//!
//! ```text
//! <data>/
//!   config.toml   log-name = "log.example"      written last by `init`: without it the folder is not complete
//!   log.key       the log's private key, mode 0600
//!   store/        the database (see `store`)
//!   blobs/        one file a blob, named by its SHA-256 in hexadecimal
//!   keys/         keys of people that this machine keeps, mode 0700
//!   serving       where a server of this folder listens, or listened last
//!   webhooks/     what a server has still to tell webhooks
//! ```
//!
//! `log.key` is one line: `quorate-log-key-v1`, a space, the 32-byte Ed25519 seed in base64 (RFC 4648 §4),
//! a line feed. Whoever has it can sign as the log, so it is in no store, blob or export.
//!
//! What is not here: finding `--data` and `QUORATE_DATA`, which is the command line's work.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use super::seed::Seed;
use super::seed::{self, SeedError};
use super::{SledStore, StoreError, replace_file};

/// The first word of `log.key`.
const KEY_FORM: &str = "quorate-log-key-v1";

/// A complete data folder.
#[derive(Debug, Clone)]
pub struct DataDir {
    root: PathBuf,
    config: Config,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Config {
    /// The first part of every log's origin: `<log name>/<agreement name>`.
    log_name: String,
}

/// Why a data folder cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// There is something that `init` would have to overwrite.
    #[error("{} is there already: name another folder, or go on with this one without `init`", path.display())]
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// The folder was never made, or `init` was interrupted.
    #[error("{} is not there: make the data folder with `quorate init`, or name the right one with `--data`", path.display())]
    Missing {
        /// The file that is missing.
        path: PathBuf,
    },
    /// The name cannot stand in a checkpoint's origin.
    #[error(
        "`{name}` cannot name a log: use a host name or a URL without its scheme, such as `log.example/votes`; \
             no spaces, no `+`, no `/` at either end, at most 128 characters of ASCII"
    )]
    LogName {
        /// The name as it was given.
        name: String,
    },
    /// The configuration cannot be read.
    #[error("{}: {cause}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        cause: String,
    },
    /// Others on this machine could sign as the log.
    #[error("{} can be read by others (mode {mode:04o}): run `chmod 600 {}`, and if others were about, make a new \
             log key", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The log's key is gone.
    #[error("{} is not there: restore it from your copy; without it this log can only be read", path.display())]
    NoKey {
        /// The file that is missing.
        path: PathBuf,
    },
    /// The key file is not one.
    #[error("{} is not a log key: it must be one line, `{KEY_FORM}`, a space, 32 bytes in base64; restore it from \
             your copy", path.display())]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// A file operation failed.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// The operation.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The operating system gives no random numbers.
    #[error("no random numbers for the log's key: {0}")]
    Random(getrandom::Error),
}

impl DataDir {
    /// Makes a data folder with a new log key; durable when it returns. Nothing is ever overwritten.
    pub fn init(root: &Path, log_name: &str) -> Result<Self, DataError> {
        let config = Config::new(log_name)?;
        let folder = Self { root: root.to_owned(), config };
        for path in [folder.config_path(), folder.log_key_path(), folder.store_path()] {
            if path.exists() {
                return Err(DataError::Exists { path });
            }
        }
        for path in [folder.root.clone(), folder.keys_path(), folder.blobs_path()] {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(&path);
            made.map_err(io_error("create", &path))?;
        }
        let seed = seed::new().map_err(DataError::Random)?;
        let path = folder.log_key_path();
        seed::write_new(&path, KEY_FORM, &seed).map_err(|(what, error)| io_error(what, &path)(error))?;
        let config = toml::to_string(&folder.config).map_err(|error| folder.config_error(&error))?;
        let path = folder.config_path();
        seed::write_new_file(&path, config.as_bytes())
            .map_err(|(what, error)| io_error(what, &path)(error))?;
        for path in
            [Some(root), root.parent()].into_iter().flatten().filter(|path| !path.as_os_str().is_empty())
        {
            File::open(path).and_then(|folder| folder.sync_all()).map_err(io_error("fsync", path))?;
        }
        Ok(folder)
    }

    /// A data folder that [`DataDir::init`] made.
    pub fn open(root: &Path) -> Result<Self, DataError> {
        let path = root.join("config.toml");
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                DataError::Missing { path: path.clone() }
            }
            _ => io_error("read", &path)(error),
        })?;
        let config: Config = toml::from_str(&text)
            .map_err(|error| DataError::Config { path: path.clone(), cause: error.to_string() })?;
        Ok(Self { root: root.to_owned(), config: Config::new(&config.log_name)? })
    }

    /// The first part of every log's origin.
    pub fn log_name(&self) -> &str {
        &self.config.log_name
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database's folder.
    pub fn store_path(&self) -> PathBuf {
        self.root.join("store")
    }

    /// Where blobs are files, named by their digest in hexadecimal.
    pub fn blobs_path(&self) -> PathBuf {
        self.root.join("blobs")
    }

    /// Where keys of people are kept.
    pub fn keys_path(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// The file with the log's private key.
    pub fn log_key_path(&self) -> PathBuf {
        self.root.join("log.key")
    }

    /// Opens the store; see [`SledStore::open`]. Where a server has it open, the error says which.
    pub fn open_store(&self) -> Result<SledStore, StoreError> {
        let opened = SledStore::open(&self.store_path(), &self.blobs_path());
        opened.map_err(|error| self.by_whom(error))
    }

    /// Opens the store for reading alone; see [`SledStore::inspect`]. Errors as in [`DataDir::open_store`].
    pub fn inspect_store(&self) -> Result<SledStore, StoreError> {
        let opened = SledStore::inspect(&self.store_path(), &self.blobs_path());
        opened.map_err(|error| self.by_whom(error))
    }

    fn by_whom(&self, error: StoreError) -> StoreError {
        match (error, self.server()) {
            (StoreError::Busy { path }, Some(url)) => StoreError::Served { path, url },
            (error, _) => error,
        }
    }

    /// Notes where a server of this folder listens, for whoever finds the folder in use.
    pub fn note_server(&self, url: &str) -> Result<(), StoreError> {
        replace_file(&self.serving_path(), format!("{url}\n").as_bytes())
    }

    /// The server that was noted last. It may have been killed since; nobody asks while the folder is free.
    fn server(&self) -> Option<String> {
        let url = fs::read_to_string(self.serving_path()).ok()?;
        let url = url.trim();
        let plain = url.len() <= 256 && url.bytes().all(|byte| byte.is_ascii_graphic());
        (plain && url.starts_with("http")).then(|| url.to_owned())
    }

    fn serving_path(&self) -> PathBuf {
        self.root.join("serving")
    }

    /// The seed of the log's key, refused when anybody but its owner could read it.
    pub fn log_seed(&self) -> Result<Seed, DataError> {
        let path = self.log_key_path();
        seed::read(&path, KEY_FORM).map_err(|error| match error {
            SeedError::Missing => DataError::NoKey { path },
            SeedError::Exposed(mode) => DataError::Exposed { path, mode },
            SeedError::Form => DataError::Key { path },
            SeedError::Io(what, source) => io_error(what, &path)(source),
        })
    }

    fn config_path(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    fn config_error(&self, cause: &dyn std::fmt::Display) -> DataError {
        DataError::Config { path: self.config_path(), cause: cause.to_string() }
    }
}

impl Config {
    /// C2SP signed-note allows a key name no spaces and no `+`; the rest keeps origins plain.
    fn new(log_name: &str) -> Result<Self, DataError> {
        let plain = log_name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'+');
        let ends = log_name.starts_with('/') || log_name.ends_with('/');
        if plain && !ends && (1..=128).contains(&log_name.len()) {
            Ok(Self { log_name: log_name.to_owned() })
        } else {
            Err(DataError::LogName { name: log_name.chars().take(160).collect() })
        }
    }
}

/// `$XDG_DATA_HOME/quorate`, or `~/.local/share/quorate`; `None` when neither variable is set.
/// As the XDG base directory specification asks, a relative `XDG_DATA_HOME` is ignored.
pub fn default_data_dir() -> Option<PathBuf> {
    data_dir_of(std::env::var_os("XDG_DATA_HOME"), std::env::var_os("HOME"))
}

fn data_dir_of(xdg: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let xdg = xdg.map(PathBuf::from).filter(|path| path.is_absolute());
    let home = home.map(PathBuf::from).filter(|path| path.is_absolute());
    Some(xdg.or_else(|| Some(home?.join(".local/share")))?.join("quorate"))
}

fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DataError {
    move |source| DataError::Io { what, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn init_makes_what_open_reads_and_never_overwrites() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("new/data");
        assert!(matches!(DataDir::open(&root), Err(DataError::Missing { .. })));
        let made = DataDir::init(&root, "log.example/votes").unwrap();
        let seed = made.log_seed().unwrap();
        let opened = DataDir::open(&root).unwrap();
        assert_eq!(opened.log_name(), "log.example/votes");
        assert_eq!(opened.log_seed().unwrap(), seed);
        assert_ne!(*seed, [0; 32]);
        drop(opened.open_store().unwrap());

        assert!(matches!(DataDir::init(&root, "other.example"), Err(DataError::Exists { .. })));
        fs::remove_file(root.join("config.toml")).unwrap();
        assert!(matches!(DataDir::init(&root, "other.example"), Err(DataError::Exists { .. })));
        assert_eq!(made.log_seed().unwrap(), seed);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::init(folder.path(), "log.example").unwrap();
        for mode in [0o640, 0o604, 0o644, 0o620] {
            fs::set_permissions(data.log_key_path(), fs::Permissions::from_mode(mode)).unwrap();
            let refused = data.log_seed().unwrap_err().to_string();
            assert!(refused.contains("chmod 600"), "{refused}");
        }
        fs::set_permissions(data.log_key_path(), fs::Permissions::from_mode(0o400)).unwrap();
        data.log_seed().unwrap();
    }

    #[test]
    fn names_that_cannot_stand_in_an_origin_are_refused() {
        for name in ["", "a b", "a+b", "/a", "a/", "ä.example", "a\nb", &"a".repeat(129)] {
            assert!(matches!(Config::new(name), Err(DataError::LogName { .. })), "{name}");
        }
    }

    #[test]
    fn a_configuration_with_a_word_too_many_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.toml"), "log-name = \"a\"\nlog_nam = 1\n").unwrap();
        let refused = DataDir::open(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("config.toml") && refused.contains("log_nam"), "{refused}");
    }

    #[test]
    fn the_default_folder_follows_xdg() {
        let of =
            |xdg: Option<&str>, home: Option<&str>| data_dir_of(xdg.map(Into::into), home.map(Into::into));
        assert_eq!(of(Some("/x"), Some("/h")), Some("/x/quorate".into()));
        for relative in [None, Some(""), Some("x")] {
            assert_eq!(of(relative, Some("/h")), Some("/h/.local/share/quorate".into()));
        }
        assert_eq!(of(None, None), None);
    }
}
