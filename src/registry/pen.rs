//! What the log itself says: its key, its time, and the refusals that it signs.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Clock, Settings, SubmitError, log_key};
use crate::engine::Refusal;
use crate::log::{Head, LogKey};
use crate::statement::refused::words;
use crate::statement::{AgreementRef, Envelope, Refused};
use crate::values::{Digest, Id, Instant, Span};

/// How far the clock may be behind the last entry; the entry then takes the last one's time.
const CLOCK_SLACK: Span = Span::from_seconds(60);

/// The operator's seed, clock and settings. Whoever submits and the writer share it.
pub(super) struct Pen {
    pub(super) seed: Zeroizing<[u8; 32]>,
    pub(super) settings: Settings,
    pub(super) clock: Arc<dyn Clock>,
}

impl Pen {
    /// The key of an agreement that is open here, which must be the one that its opening statement names.
    pub(super) fn key(&self, agreement: &Id, vkey: &str) -> Result<LogKey, SubmitError> {
        let key = log_key(&self.settings.log_name, agreement, &self.seed)?;
        if key.verifier().to_string() == vkey {
            return Ok(key);
        }
        let (name, log, here) = (agreement.clone(), vkey.to_owned(), key.verifier().to_string());
        Err(SubmitError::OtherKey { name, log, here })
    }

    /// The time of an entry after one of `last`: the clock's, but never before that.
    pub(super) fn time(&self, last: Option<Instant>, jump: bool) -> Result<Instant, SubmitError> {
        let now = self.clock.now();
        let Some(last) = last else { return Ok(now) };
        if now.plus(CLOCK_SLACK) < last {
            return Err(SubmitError::ClockBehind { now, last });
        }
        let known = self.settings.clock_accepted.map_or(last, |accepted| accepted.max(last));
        let (ahead, longest) = (now.since(known), self.settings.longest_silence);
        if ahead > longest && !jump {
            return Err(SubmitError::ClockAhead { now, ahead, longest });
        }
        Ok(now.max(last))
    }
}

/// The refusal with its note: of this envelope, judged at `time` after that head of the agreement's log. Without a
/// note where it cannot be signed, since it is a refusal all the same.
pub(super) fn signed(
    refusal: Refusal,
    envelope: &Envelope,
    time: Instant,
    (agreement, head): (&AgreementRef, Head),
    key: &LogKey,
) -> SubmitError {
    let note = refusal.rule.parse().ok().and_then(|rule| {
        let refused = Refused {
            agreement: agreement.clone(),
            statement: Digest::of(envelope.statement.as_bytes()),
            envelope: envelope.digest(),
            time,
            head,
            rule,
            why: words(&refusal.why),
            instead: words(&refusal.instead),
        };
        refused.sign(key).ok().map(|note| note.to_string())
    });
    if note.is_none() {
        tracing::error!(rule = refusal.rule, "a refusal could not be signed");
    }
    SubmitError::Refused { refusal, note }
}
