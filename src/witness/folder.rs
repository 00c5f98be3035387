//! The folder of one witness.
//!
//! ```text
//! <witness>/
//!   config.toml   name = "wit.example/w1"       written last by `init`: without it the folder is not complete
//!   witness.key   the private key, mode 0600, as `store::seed` writes it
//!   logs.toml     the logs it serves (see `logs`); for people to edit
//!   state/        what it has cosigned (see `state`): never restored from a copy, never used by another key
//!   evidence/     signed notes that may convict a log (see `evidence`)
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::log::{VerifierKey, WitnessSigner};
use crate::store::seed::{self, SeedError};
use crate::store::{StoreError, Table, replace_file};
use crate::values::Digest;

use super::state::{self, Remembered, State};
use super::{Evidence, Logs, LogsError, WitnessError};

/// The first word of `witness.key`.
const KEY_FORM: &str = "quorate-witness-key-v1";

/// The longest name: cosignatures stand in notes whose length is bounded.
const MAX_NAME: usize = 200;

/// A complete folder of a witness.
#[derive(Debug, Clone)]
pub struct WitnessDir {
    root: PathBuf,
    config: Config,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The name of the key.
    name: String,
}

impl WitnessDir {
    /// Makes a witness with a new key and an empty memory; durable when it returns. Nothing is ever overwritten.
    ///
    /// # Errors
    /// There is something already, the name cannot be used, or the folder cannot be written.
    pub fn init(root: &Path, name: &str) -> Result<(Self, WitnessSigner), WitnessError> {
        let refused = || WitnessError::Name { name: name.chars().take(80).collect() };
        let seed = seed::new().map_err(WitnessError::Random)?;
        let signer = WitnessSigner::from_seed(name, &seed).map_err(|_| refused())?;
        if name.len() > MAX_NAME {
            return Err(refused());
        }
        let witness = Self { root: root.to_owned(), config: Config { name: name.to_owned() } };
        for path in [witness.config_path(), witness.key_path(), witness.logs_path(), witness.state_path()] {
            if path.exists() {
                return Err(WitnessError::Exists { path });
            }
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(root)
            .map_err(WitnessError::io("create", root))?;
        let path = witness.key_path();
        seed::write_new(&path, KEY_FORM, &seed)
            .map_err(|(what, error)| WitnessError::io(what, &path)(error))?;
        Table::create(&witness.state_path())?;
        Table::open(&witness.state_path())?.put(&[State::first_row(&signer)])?;
        write_new(&witness.logs_path(), LOGS.as_bytes())?;
        let path = witness.config_path();
        let config = toml::to_string(&witness.config)
            .map_err(|error| WitnessError::Config { path: path.clone(), cause: error.to_string() })?;
        write_new(&path, config.as_bytes())?;
        for path in [Some(root), root.parent()].into_iter().flatten() {
            sync(path)?;
        }
        Ok((witness, signer))
    }

    /// The witness that [`init`](Self::init) made.
    ///
    /// # Errors
    /// There is none, or its settings cannot be read.
    pub fn open(root: &Path) -> Result<Self, WitnessError> {
        let path = root.join("config.toml");
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                WitnessError::Missing { path: path.clone() }
            }
            _ => WitnessError::io("read", &path)(error),
        })?;
        let config =
            toml::from_str(&text).map_err(|error| WitnessError::Config { path, cause: error.to_string() })?;
        Ok(Self { root: root.to_owned(), config })
    }

    /// The private key, refused when anybody but its owner could read it.
    ///
    /// # Errors
    /// It is gone, exposed, or none.
    pub fn signer(&self) -> Result<WitnessSigner, WitnessError> {
        let path = self.key_path();
        let seed = seed::read(&path, KEY_FORM).map_err(|error| match error {
            SeedError::Missing => WitnessError::NoKey { path },
            SeedError::Exposed(mode) => WitnessError::Exposed { path, mode },
            SeedError::Form => WitnessError::KeyFile { path },
            SeedError::Io(what, source) => WitnessError::io(what, &path)(source),
        })?;
        Ok(WitnessSigner::from_seed(&self.config.name, &seed)?)
    }

    /// The logs it serves.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn logs(&self) -> Result<Logs, WitnessError> {
        let path = self.logs_path();
        let text = fs::read_to_string(&path).map_err(WitnessError::io("read", &path))?;
        Logs::parse(&text).map_err(|error| WitnessError::Logs { path, error })
    }

    /// Adds keys of logs, all or none: the file is written aside, and takes the old one's place when it is durable.
    ///
    /// # Errors
    /// One is there already, or the file cannot be read or written.
    pub fn add_logs(&self, new: &[(String, VerifierKey)]) -> Result<(), WitnessError> {
        let path = self.logs_path();
        let mut logs = self.logs()?;
        let mut text = fs::read_to_string(&path).map_err(WitnessError::io("read", &path))?;
        for (origin, key) in new {
            let refused = |error: LogsError| WitnessError::Logs { path: path.clone(), error };
            logs.add(origin, key.clone()).map_err(refused)?;
            text.push_str(&Logs::line(origin, key));
        }
        Ok(replace_file(&path, text.as_bytes())?)
    }

    /// Opens the state for signing, which one process can at a time.
    ///
    /// # Errors
    /// It is gone, in use, damaged, went back, or is of another key.
    pub fn open_state(&self) -> Result<State, WitnessError> {
        State::open(Box::new(Table::open(&self.state_path())?), self.signer()?)
    }

    /// What is remembered of each log; `None` while another process signs.
    ///
    /// # Errors
    /// It is gone, damaged, or of another key.
    pub fn look(&self) -> Result<Option<Looked>, WitnessError> {
        let table = match Table::inspect(&self.state_path()) {
            Err(StoreError::Busy { .. }) => return Ok(None),
            table => table?,
        };
        state::remembered(table.rows()?, &self.signer()?).map(Some)
    }

    /// The evidence that it keeps.
    pub fn evidence(&self) -> Evidence {
        Evidence::new(&self.root.join("evidence"))
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file with the private key.
    pub fn key_path(&self) -> PathBuf {
        self.root.join("witness.key")
    }

    /// The file that names the logs.
    pub fn logs_path(&self) -> PathBuf {
        self.root.join("logs.toml")
    }

    fn config_path(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    fn state_path(&self) -> PathBuf {
        self.root.join("state")
    }
}

/// What is remembered, by the SHA-256 of the logs' origins.
pub type Looked = std::collections::BTreeMap<Digest, std::sync::Arc<Remembered>>;

/// What `logs.toml` begins with.
const LOGS: &str = "# The logs whose checkpoints this witness cosigns. `quorate witness add-log` adds to it.\n\
    # Several tables with one origin are several keys of one log. A serving witness reads it again on SIGHUP.\n";

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), WitnessError> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = file.map_err(WitnessError::io("create", path))?;
    file.write_all(bytes).map_err(WitnessError::io("write", path))?;
    file.sync_all().map_err(WitnessError::io("fsync", path))
}

fn sync(folder: &Path) -> Result<(), WitnessError> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(WitnessError::io("fsync", folder))
}
