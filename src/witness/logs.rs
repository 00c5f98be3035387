//! The logs that a witness serves: origins, and whose signatures count for each.
//!
//! ```toml
//! [[log]]
//! origin = "log.example/votes"
//! key = "log.example/votes+fe0831bc+AYqI…"
//! ```
//!
//! One table a key; several with one origin are several keys of one log, any of which signs for it, as while a log
//! changes its key. C2SP tlog-checkpoint lets a key have another name than the origin, so both stand there.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::log::VerifierKey;

/// Known logs. What is not here is answered with 404.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logs {
    logs: BTreeMap<String, Vec<VerifierKey>>,
}

/// Why a text does not say which logs are known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogsError {
    /// Not in the form.
    #[error("{0}")]
    Form(String),
    /// An origin that no checkpoint can have.
    #[error("`{origin}` is no origin: it is not empty and has no control characters")]
    Origin {
        /// The origin.
        origin: String,
    },
    /// A key that is there already.
    #[error("the key {key} of `{origin}` is there already")]
    Twice {
        /// The log.
        origin: String,
        /// The key.
        key: Box<VerifierKey>,
    },
    /// Two keys that a signature line cannot tell apart, so that each would refuse what the other signs.
    #[error(
        "two keys of `{origin}` have the name {name} and the ID {id:08x}: ask the log for a key of another name"
    )]
    SameId {
        /// The log.
        origin: String,
        /// The name.
        name: String,
        /// The ID.
        id: u32,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    log: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    origin: String,
    key: VerifierKey,
}

impl Logs {
    /// Reads the form above.
    ///
    /// # Errors
    /// It is not in the form, or names something twice.
    pub fn parse(text: &str) -> Result<Self, LogsError> {
        let file: File = toml::from_str(text).map_err(|error| LogsError::Form(error.to_string()))?;
        let mut logs = Self::default();
        for Line { origin, key } in file.log {
            logs.add(&origin, key)?;
        }
        Ok(logs)
    }

    /// One log's key in that form, to be written after what is there.
    pub fn line(origin: &str, key: &VerifierKey) -> String {
        let quoted = toml::Value::from(origin);
        format!("\n[[log]]\norigin = {quoted}\nkey = \"{key}\"\n")
    }

    /// Adds a key of a log.
    ///
    /// # Errors
    /// It is there, or cannot stand beside those that are.
    pub fn add(&mut self, origin: &str, key: VerifierKey) -> Result<(), LogsError> {
        if origin.is_empty() || origin.contains(|c: char| c < ' ') {
            return Err(LogsError::Origin { origin: origin.to_owned() });
        }
        let keys = self.logs.entry(origin.to_owned()).or_default();
        if keys.contains(&key) {
            return Err(LogsError::Twice { origin: origin.to_owned(), key: Box::new(key) });
        }
        if keys.iter().any(|known| known.name() == key.name() && known.id() == key.id()) {
            let (name, id) = (key.name().to_owned(), key.id());
            return Err(LogsError::SameId { origin: origin.to_owned(), name, id });
        }
        keys.push(key);
        Ok(())
    }

    /// The keys of a log; `None` where it is not known.
    pub fn keys(&self, origin: &str) -> Option<&[VerifierKey]> {
        self.logs.get(origin).map(Vec::as_slice)
    }

    /// Every log with its keys, by origin.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[VerifierKey])> {
        self.logs.iter().map(|(origin, keys)| (origin.as_str(), keys.as_slice()))
    }
}
