//! Holding a checkpoint that somebody kept against a log: what one source alone cannot show.

use super::{Finding, Place, Report, signed_head};
use crate::log::Head;

impl Report {
    /// Compares the log with a signed checkpoint that was kept elsewhere: that of a receipt, of a witness, of
    /// another copy. What it shows is added to the findings.
    pub fn compare(&mut self, held: &str) {
        let Some(vkey) = &self.vkey else {
            self.not_comparable(Place::Checkpoint);
            return;
        };
        match signed_head(held, vkey) {
            Ok(head) => self.compare_head(head),
            Err(error) => {
                let what = format!("the one that it was compared with: {error}");
                self.add(Finding::new(Place::Checkpoint, "checkpoint", what));
            }
        }
    }

    /// Whether a checkpoint that was kept elsewhere, which the log has signed, says something else than is here.
    pub fn contradicts(&self, held: &str) -> bool {
        let head = self.vkey.as_ref().and_then(|vkey| signed_head(held, vkey).ok());
        head.is_some_and(|head| self.contradicted_by(head).is_some())
    }

    /// What was kept elsewhere cannot be held against a log that has no opening statement, which is never passed over.
    pub(super) fn not_comparable(&mut self, place: Place) {
        let what =
            "the one that it was to be compared with could not be: no opening statement names the log's key";
        let follows = self.findings.iter().find_map(|finding| finding.place.first_entry());
        self.add(Finding { follows, ..Finding::new(place, "not-open", what) });
    }

    /// Compares the log with a head that it has signed, be it in a checkpoint or in a refusal.
    pub(super) fn compare_head(&mut self, head: Head) {
        if let Some(finding) = self.contradicted_by(head) {
            self.add(finding);
        }
    }

    fn contradicted_by(&self, head: Head) -> Option<Finding> {
        let last = head.size.saturating_sub(1);
        if head.size > self.entries {
            let place = Place::Entries(self.entries, last);
            let what = format!(
                "missing: the log has signed {} entries, and {} are here; the note that says so proves it",
                head.size, self.entries
            );
            return Some(Finding::new(place, "missing", what));
        }
        let here = self.tree.root_at(head.size)?;
        (here != head.root).then(|| {
            // Only where the log has signed what is here, too, does it stand against its own word.
            let newest = self.vkey.as_ref().and_then(|vkey| signed_head(&self.checkpoint, vkey).ok());
            let (rule, shown) = match newest {
                Some(newest)
                    if newest == self.head || (newest.size == head.size && newest.root != head.root) =>
                {
                    ("two-histories", "two histories, which both notes together prove")
                }
                _ => ("tree", "what is here is not what the log has signed"),
            };
            let what = format!(
                "the log has signed the root {} at {} entries, here it is {here}: {shown}",
                head.root, head.size
            );
            Finding::new(Place::Checkpoint, rule, what)
        })
    }

    /// Adds a finding in its place.
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
        self.findings.sort_by_key(|finding| finding.place.order());
    }
}
