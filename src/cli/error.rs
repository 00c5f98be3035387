//! What can go wrong on the command line, and the exit code that says so.

use std::io;
use std::path::{Path, PathBuf};

use crate::audit::SourceError;
use crate::engine::Refusal;
use crate::registry::SubmitError;
use crate::signer::SignerError;
use crate::store::StoreError;
use crate::store::data::DataError;
use crate::witness::WitnessError;

/// The exit codes, which are stable: scripts rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// 0: done.
    Done = 0,
    /// 1: a check found faults.
    Faults = 1,
    /// 2: wrong usage.
    Usage = 2,
    /// 3: a statement was refused, and nothing changed.
    Refused = 3,
    /// 4: storage or input and output failed, or what has become of a statement is not known.
    Storage = 4,
    /// 5: a check found no fault, and did not look at everything.
    Undecided = 5,
    /// 6: a report is genuine, and lacks the signature that its workflow asks for.
    Unsigned = 6,
    /// 130: it was interrupted, and has told how far it came. As of every command that a signal ends: 128 and its number.
    Interrupted = 130,
    /// 143: it was asked to end, and has told how far it came.
    Terminated = 143,
}

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The command line asks for something that does not exist or does not fit.
    #[error("{0}")]
    Usage(String),
    /// A statement was refused.
    #[error("{}\n{}{}", refusal.why, refusal.remedy(), told(note.as_deref()))]
    Refused {
        /// Why.
        refusal: Refusal,
        /// Where the log's own signed word for it is, or why that could not be kept; `None` where there is none.
        note: Option<Box<Result<PathBuf, CliError>>>,
    },
    /// The log does not pass its audit.
    #[error("{0}")]
    Faults(String),
    /// A file could not be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Storage failed.
    #[error("{0}")]
    Storage(String),
    /// A statement was sent, and nothing that the log has signed says what has become of it.
    #[error(
        "{why}\nWhether the statement was taken is not known. It is kept as it was sent; submit the very same again, which \
         is taken once: {again}"
    )]
    Unsure {
        /// What the server said, if anything.
        why: String,
        /// The envelope, beside which are its documents.
        kept: PathBuf,
        /// The command that submits it.
        again: String,
    },
}

impl CliError {
    /// Wrong usage, in words that say what to do.
    pub fn usage(words: impl Into<String>) -> Self {
        Self::Usage(words.into())
    }

    /// The exit code.
    pub fn code(&self) -> Code {
        match self {
            Self::Usage(_) => Code::Usage,
            Self::Refused { .. } => Code::Refused,
            Self::Faults(_) => Code::Faults,
            Self::File { .. } | Self::Storage(_) | Self::Unsure { .. } => Code::Storage,
        }
    }

    /// Where the log's signed refusal was kept.
    pub fn note(&self) -> Option<&Path> {
        match self {
            Self::Refused { note: Some(note), .. } => note.as_ref().as_ref().ok().map(PathBuf::as_path),
            _ => None,
        }
    }

    /// Where a statement is of which nobody knows whether it was taken.
    pub fn unsure(&self) -> Option<&Path> {
        match self {
            Self::Unsure { kept, .. } => Some(kept),
            _ => None,
        }
    }

    /// The stable name of what went wrong: the rule of a refusal, else the kind.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Usage(_) => "usage",
            Self::Refused { refusal, .. } => refusal.rule,
            Self::Faults(_) => "faults",
            Self::File { .. } => "file",
            Self::Storage(_) => "storage",
            Self::Unsure { .. } => "unsure",
        }
    }
}

/// What is said of a signed refusal, on a line of its own.
fn told(note: Option<&Result<PathBuf, CliError>>) -> String {
    match note {
        None => String::new(),
        Some(Ok(path)) => format!("\nThe log has signed this refusal: {}", path.display()),
        Some(Err(error)) => format!("\nThe log has signed this refusal, which could not be kept: {error}"),
    }
}

/// A failed file operation.
pub fn file_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CliError {
    move |source| CliError::File { what, path: path.to_owned(), source }
}

/// A file of the user's that [`crate::store::replace_file`] could not put in its place, told as [`file_error`] does.
pub fn not_replaced(error: StoreError) -> CliError {
    match error {
        StoreError::Io { what, path, source } => file_error(what, &path)(source),
        other => other.into(),
    }
}

impl From<Refusal> for CliError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { refusal, note: None }
    }
}

impl From<SubmitError> for CliError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Refused { refusal, .. } => refusal.into(),
            fault @ (SubmitError::Damaged { .. } | SubmitError::ReadOnly { .. }) => {
                Self::Faults(fault.to_string())
            }
            wrong @ (SubmitError::LogName { .. } | SubmitError::NoEntry { .. }) => {
                Self::Usage(wrong.to_string())
            }
            SubmitError::Store(error) | SubmitError::Source(SourceError::Store(error)) => error.into(),
            other => Self::Storage(other.to_string()),
        }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        match error {
            // What was read is at fault, not the reading.
            fault @ (StoreError::Damaged { .. }
            | StoreError::Mismatch { .. }
            | StoreError::WentBack { .. }
            | StoreError::NoRecord { .. }) => Self::Faults(fault.to_string()),
            other => Self::Storage(other.to_string()),
        }
    }
}

impl From<SourceError> for CliError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Store(error) => error.into(),
            SourceError::NoLog(what) => Self::Usage(what),
            SourceError::Unreadable(what) => Self::Storage(what),
            SourceError::Damaged(what) => Self::Faults(what),
        }
    }
}

impl From<DataError> for CliError {
    fn from(error: DataError) -> Self {
        match error {
            DataError::Exists { .. } | DataError::Missing { .. } | DataError::LogName { .. } => {
                Self::Usage(error.to_string())
            }
            other => Self::Storage(other.to_string()),
        }
    }
}

impl From<WitnessError> for CliError {
    fn from(error: WitnessError) -> Self {
        match error {
            WitnessError::Store(error) => error.into(),
            WitnessError::Io { .. } | WitnessError::Random(_) | WitnessError::Desk => {
                Self::Storage(error.to_string())
            }
            WitnessError::Row { .. }
            | WitnessError::OtherKey { .. }
            | WitnessError::Forgotten { .. }
            | WitnessError::Untrusted { .. } => Self::Faults(error.to_string()),
            other => Self::Usage(other.to_string()),
        }
    }
}

impl From<SignerError> for CliError {
    fn from(error: SignerError) -> Self {
        let io = matches!(error, SignerError::Io { .. } | SignerError::Random(_));
        if io { Self::Storage(error.to_string()) } else { Self::Usage(error.to_string()) }
    }
}
