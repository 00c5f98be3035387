//! The findings of an audit while it runs: as many as somebody can read, and the number of the others.

use super::Finding;

/// How many findings are kept. A log that is nothing but faults has one for each entry.
pub(super) const MOST: usize = 10_000;

/// Findings in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    kept: Vec<Finding>,
    more: u64,
    first_entry: Option<u64>,
}

impl Findings {
    /// Adds one, or counts it where there are enough.
    pub(super) fn push(&mut self, finding: Finding) {
        let entry = finding.place.first_entry();
        self.first_entry = self.first_entry.into_iter().chain(entry).min();
        if self.kept.len() < MOST {
            self.kept.push(finding);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// Adds one of those that are found once at most, however many there are.
    pub(super) fn push_always(&mut self, finding: Finding) {
        self.kept.push(finding);
    }

    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.push(finding));
    }

    /// The first entry that is at fault.
    pub(super) fn first_entry(&self) -> Option<u64> {
        self.first_entry
    }

    /// Those that were kept.
    pub(super) fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// Those that were kept, and how many there are beside them.
    pub(super) fn into_parts(self) -> (Vec<Finding>, u64) {
        (self.kept, self.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Place;

    #[test]
    fn ten_thousand_are_kept_and_the_others_counted() {
        let mut found = Findings::default();
        (1..=10_003).rev().for_each(|entry| found.push(Finding::new(Place::Entry(entry), "tree", "")));
        found.push_always(Finding::new(Place::Checkpoint, "tree", ""));
        assert_eq!(found.first_entry(), Some(1), "of those that were not kept, too");
        let (kept, more) = found.into_parts();
        assert_eq!((kept.len(), more), (10_001, 3));
    }
}
