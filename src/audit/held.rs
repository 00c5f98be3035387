//! Holding a checkpoint that somebody kept against a log: what one source alone cannot show.

use super::{Finding, Place, Report, signed_head};

impl Report {
    /// Compares the log with a signed checkpoint that was kept elsewhere: that of a receipt, of a witness, of
    /// another copy. What it shows is added to the findings.
    pub fn compare(&mut self, held: &str) {
        self.findings.extend(self.contradicted_by(held));
        self.findings.sort_by_key(|finding| finding.place.order());
    }

    fn contradicted_by(&self, held: &str) -> Option<Finding> {
        let head = match signed_head(held, self.vkey.as_ref()?) {
            Ok(head) => head,
            Err(error) => {
                let what = format!("the one that it was compared with: {error}");
                return Some(Finding::new(Place::Checkpoint, "checkpoint", what));
            }
        };
        let last = head.size.saturating_sub(1);
        if head.size > self.entries {
            let place = Place::Entries(self.entries, last);
            let what = format!(
                "missing: the log has signed {} entries, and {} are here; the checkpoint that says so proves it",
                head.size, self.entries
            );
            return Some(Finding::new(place, "missing", what));
        }
        let here = self.tree.root_at(head.size)?;
        (here != head.root).then(|| {
            let what = format!(
                "the log has signed the root {} at {} entries, here it is {here}: two histories, which both \
                 checkpoints together prove",
                head.root, head.size
            );
            Finding::new(Place::Checkpoint, "two-histories", what)
        })
    }
}
