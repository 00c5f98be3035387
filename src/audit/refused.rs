//! Holding a refusal that the log has signed against the log: whether its head is one of this log, and whether the
//! rules refuse that statement at that time. A log that turns somebody away in writing can be convicted of it.

use super::{Finding, Place, Report, Source, SourceError, replay_until};
use crate::engine::Refusal;
use crate::statement::{Checked, Entry, Envelope, Refused, attachments};
use crate::values::{Instant, Span};

/// How far a refusal's time may be after that of the next entry without a word: clocks are set right.
const CLOCK_SLACK: Span = Span::from_seconds(60);

/// What whoever sent a faulty envelope can do.
const MEND: &str = "mend the statement or sign it again";

/// What an audit says of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The statement is refused, by this rule: the first that it breaks, which need not be the one that the note
    /// names.
    Stands(Refusal),
    /// The statement is refused at the time that the note names, and the next entry is dated earlier: either the log's
    /// clock was set back in between, or the note is dated late so as to turn the statement away.
    Doubtful {
        /// Why it is refused at that time.
        refusal: Refusal,
        /// The next entry.
        entry: u64,
        /// The time that it says.
        time: Instant,
    },
    /// The rules admit the statement, and the note's reason is one that no log can show: which documents came along.
    NotShown,
    /// The rules admit the statement: a finding says so.
    Wrong,
    /// It could not be judged, for what the findings say.
    Unjudged,
}

impl Report {
    /// Reads a refusal that this log has signed, and compares its head with the log. What it shows is added to the
    /// findings; `None` where it is not this log's word.
    pub fn compare_refusal(&mut self, note: &[u8]) -> Option<Refused> {
        let Some(vkey) = &self.vkey else {
            self.not_comparable(Place::Refusal);
            return None;
        };
        let key = vkey.parse().ok()?;
        let refused = match Refused::open(note, &key) {
            Ok(refused) => refused,
            Err(error) => {
                self.add(Finding::new(Place::Refusal, "refusal", error.to_string()));
                return None;
            }
        };
        if let Some(anchor) = self.anchor.filter(|anchor| *anchor != refused.agreement.anchor) {
            let what = format!(
                "it is of the agreement {}, and this is {anchor}: another one, whatever its name",
                refused.agreement.anchor
            );
            self.add(Finding::new(Place::Refusal, "anchor", what));
            return None;
        }
        self.compare_head(refused.head);
        Some(refused)
    }

    /// Has the engine judge what was refused, with the signatures with which it was submitted, after the entries
    /// and at the time that the refusal names. `source` is the one that was audited.
    ///
    /// # Errors
    /// The source cannot be read.
    pub fn judge_refusal(
        &mut self,
        source: &dyn Source,
        refused: &Refused,
        envelope: &Envelope,
    ) -> Result<Verdict, SourceError> {
        let sound = self.findings.iter().all(|finding| finding.place == Place::Refusal);
        if !sound || !refused.is_of(envelope) {
            return Ok(Verdict::Unjudged);
        }
        let judged = match envelope.check() {
            // Neither needs the log, nor a time.
            Err(error) => Verdict::Stands(Refusal::new("bad-envelope", error.to_string(), MEND)),
            Ok(_) if refused.rule == "bad-envelope" => Verdict::Wrong,
            Ok(checked) => match time_fault(source, refused)?.or_else(|| self.antedated(refused, &checked)) {
                Some(fault) => {
                    self.add(fault);
                    Verdict::Unjudged
                }
                None => {
                    match (self.judge_by_rules(source, refused, &checked)?, next_before(source, refused)?) {
                        (Verdict::Stands(refusal), Some((entry, time))) => {
                            Verdict::Doubtful { refusal, entry, time }
                        }
                        (verdict, _) => verdict,
                    }
                }
            },
        };
        if judged == Verdict::Wrong {
            let what = format!(
                "refused though the rules admit it: the log has signed that the statement {} breaks the rule `{}` at \
                 {} after {} entries, and it does not",
                refused.statement, refused.rule, refused.time, refused.head.size
            );
            self.add(Finding::new(Place::Refusal, "wrongly-refused", what));
        }
        Ok(judged)
    }

    /// Whoever signed the statement had seen the head that it names, so it was judged after that: a note that names an
    /// earlier one was not written when it says, and by that head the rules would call the later one unknown.
    fn antedated(&self, refused: &Refused, checked: &Checked) -> Option<Finding> {
        let after = checked.statement().header.as_ref()?.after;
        if after.size <= refused.head.size || self.tree.root_at(after.size) != Some(after.root) {
            return None;
        }
        let what = format!(
            "the refusal says that it was judged after {} entries, and the statement was signed after {}, with the root \
             that this log has there: it was judged later than the log has signed",
            refused.head.size, after.size
        );
        Some(Finding::new(Place::Refusal, "refusal-time", what))
    }

    fn judge_by_rules(
        &self,
        source: &dyn Source,
        refused: &Refused,
        checked: &Checked,
    ) -> Result<Verdict, SourceError> {
        let entry = Entry { time: refused.time, envelope: checked.envelope().clone() };
        if let Err(error) = entry.to_bytes() {
            return Ok(Verdict::Stands(Refusal::new("too-long", error.to_string(), "shorten it")));
        }
        let Some(mut state) = replay_until(source, |index, _| index < refused.head.size)? else {
            return Ok(Verdict::Unjudged);
        };
        state.size = refused.head.size;
        let names_documents = !attachments(&checked.statement().body).is_empty();
        Ok(match state.would_admit(refused.time, checked, &self.tree) {
            Err(refusal) => Verdict::Stands(refusal),
            Ok(()) if refused.rule == "document-absent" && names_documents => Verdict::NotShown,
            Ok(()) if refused.rule == "needless-document" => Verdict::NotShown,
            Ok(()) => Verdict::Wrong,
        })
    }
}

/// The log never judges at a time before that of its last entry, whatever its clock says: a note that does was not
/// written after the head that it names.
fn time_fault(source: &dyn Source, refused: &Refused) -> Result<Option<Finding>, SourceError> {
    let last = refused.head.size.saturating_sub(1);
    let dated = dated(source, last, refused.head.size)?;
    Ok(dated.filter(|(_, time)| refused.time < *time).map(|(index, time)| {
        let what = format!(
            "its time is {}, and it was judged after entry {index}, which is of {time}: the log has signed a wrong time",
            refused.time
        );
        Finding::new(Place::Refusal, "refusal-time", what)
    }))
}

/// The entry after the refusal's head, if it is dated more than a little before the refusal. Documents that came along
/// needlessly are refused without waiting for the entries that are being written, however long that takes.
fn next_before(source: &dyn Source, refused: &Refused) -> Result<Option<(u64, Instant)>, SourceError> {
    let size = refused.head.size;
    let next = dated(source, size, size.saturating_add(1))?;
    let before = |time: Instant| refused.time > time.plus(CLOCK_SLACK) && refused.rule != "needless-document";
    Ok(next.filter(|(_, time)| before(*time)))
}

/// The first entry in `from..to`, with its time.
fn dated(source: &dyn Source, from: u64, to: u64) -> Result<Option<(u64, Instant)>, SourceError> {
    let Some((index, bytes)) = source.entries(from, to).next().transpose()? else { return Ok(None) };
    Ok(Entry::parse(&bytes).ok().map(|entry| (index, entry.time)))
}
