//! Why a submission was not taken, or an agreement cannot be opened.

use crate::audit::SourceError;
use crate::engine::Refusal;
use crate::store::{ReadOnly, StoreError};
use crate::values::{Digest, Id, Instant, Span};

/// Why a submission was not taken, or has no receipt. Nothing has changed, except after
/// [`SubmitError::NoReceipt`] and where [`SubmitError::is_fatal`].
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The statement was refused: by its form, its signatures, or a rule.
    #[error("{refusal}")]
    Refused {
        /// Why.
        refusal: Refusal,
        /// The same as the log signs it ([`crate::statement::Refused`]), verbatim. Only where the statement could
        /// be read and is of an agreement that is kept here, and the clock is sound: a note names a time.
        note: Option<String>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// What the store holds does not pass an audit.
    #[error(
        "the agreement {} does not pass its audit: {first}; run `quorate audit` for all of it, and restore the data \
         folder from a good copy before anything is submitted",
        .name.as_ref().map_or_else(|| .anchor.short(), ToString::to_string)
    )]
    Damaged {
        /// The agreement.
        anchor: Digest,
        /// Its name, as far as it could be read.
        name: Option<Id>,
        /// The first finding.
        first: String,
    },
    /// Going on could fork the log, or would.
    #[error("{}; nothing was added", read_only(.name.as_ref(), *.why))]
    ReadOnly {
        /// The agreement's name; `None` where it is still to be opened.
        name: Option<Id>,
        /// Why.
        why: ReadOnly,
    },
    /// The clock is behind the log.
    #[error(
        "the clock shows {now}, but the last entry is of {last}: times never go back; set the machine's clock right \
         and submit again"
    )]
    ClockBehind {
        /// The clock.
        now: Instant,
        /// The last entry's time.
        last: Instant,
    },
    /// The clock is far ahead of the log.
    #[error(
        "the clock shows {now}, {ahead} after the last entry, which is more than the {longest} that are set; an entry \
         with a wrong time cannot be undone: check the clock, and if it is right submit with --accept-clock-jump"
    )]
    ClockAhead {
        /// The clock.
        now: Instant,
        /// By how much.
        ahead: Span,
        /// What is allowed.
        longest: Span,
    },
    /// The writer has no thread to run on.
    #[error("the machine gives no thread for the writer: {0}")]
    NoThread(std::io::Error),
    /// A log name that cannot be a key name.
    #[error("the log name `{name}` cannot be used: {error}; choose one such as `example.org/quorate`")]
    LogName {
        /// The name.
        name: String,
        /// Why.
        error: String,
    },
    /// No such entry.
    #[error("there is no entry {index} in this log; `quorate log` lists them")]
    NoEntry {
        /// The index asked for.
        index: u64,
    },
    /// The tree could not give a proof.
    #[error("no proof for entry {index}: {error}; run `quorate audit`")]
    Proof {
        /// The entry.
        index: u64,
        /// Why.
        error: String,
    },
    /// The key here is not that of an agreement's log.
    #[error("the log of the agreement {name} has the key `{log}`, and the key here is `{here}`")]
    OtherKey {
        /// The agreement.
        name: Id,
        /// The key that its opening statement names.
        log: String,
        /// The key here.
        here: String,
    },
    /// A checkpoint could not be signed.
    #[error("the checkpoint could not be signed: {0}")]
    Checkpoint(String),
    /// The statement was taken, but its receipt could not be made.
    #[error(
        "the statement is entry {index} of the agreement {}, on stable storage, but its receipt could not be made: \
         {cause}; submit the same statement again to get the receipt",
        .anchor.short()
    )]
    NoReceipt {
        /// The agreement.
        anchor: Digest,
        /// The index of the entry.
        index: u64,
        /// Why there is no receipt.
        cause: Box<SubmitError>,
    },
    /// A batch was refused as a whole, after its statements had been admitted.
    #[error(
        "{cause}; nothing of it was stored, and the registry has stopped: start again, which reads the disk anew"
    )]
    NotAppended {
        /// Why.
        cause: Box<SubmitError>,
    },
    /// The writer has ended, after a failure that it reported to somebody else.
    #[error("the registry has stopped after a failure of its store; start again, which reads the disk anew")]
    Stopped,
}

impl From<Refusal> for SubmitError {
    /// A refusal without a note.
    fn from(refusal: Refusal) -> Self {
        Self::Refused { refusal, note: None }
    }
}

/// Why an agreement can only be read, and what to do about it.
pub fn read_only(name: Option<&Id>, why: ReadOnly) -> String {
    let named = name.map_or_else(|| "this agreement".to_owned(), |name| format!("the agreement {name}"));
    let name = name.map_or_else(|| "AGREEMENT".to_owned(), ToString::to_string);
    let instead = match why {
        ReadOnly::Restored => format!(
            "Where its log went on after that copy, going on here would fork it. `quorate cosign {name}` asks the policy's \
             witnesses; where no quorum of them can say, `quorate restore --accept-fork-risk {name}` takes \
             that risk at once, and `quorate restore --help` says what it is"
        ),
        ReadOnly::Newer(_) => "Going on here would fork the log, as a witness or an exported folder has shown. Restore a copy \
             with all entries into a new data folder; the checkpoint that proves it is in `evidence` in this one, or in that \
             exported folder"
            .to_owned(),
        ReadOnly::TwoHistories(_) => "A witness or an exported folder has shown it; the parties must hear of it and decide \
             which holds. The checkpoint that proves it is in `evidence` in the data folder, or in that exported folder"
            .to_owned(),
    };
    format!("{named} can only be read: {}. {instead}", why.words())
}

impl SubmitError {
    /// Whether the process must end: what is in memory and what is on the disk may differ.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Stopped | Self::NotAppended { .. } => true,
            Self::Store(error) | Self::Source(SourceError::Store(error)) => error.is_fatal(),
            Self::NoReceipt { cause, .. } => cause.is_fatal(),
            _ => false,
        }
    }
}
