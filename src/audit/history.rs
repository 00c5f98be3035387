//! What the signers saw. Every statement names a head of the log, so whoever signed it is a witness to the
//! entries before it: an entry that was altered, removed or put in later makes the next heads differ.
//!
//! All of them differ from there on, so they are one finding, at the entries that can be the cause.

use super::{Finding, Place};
use crate::log::{Hash, Head};

/// The heads that statements name, as far as they tell where the history was changed.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The largest size at which a statement names this log's root: the entries below it stand as they were.
    sound: u64,
    differing: Vec<Differing>,
}

/// A statement that names another head than the log gives.
#[derive(Debug)]
struct Differing {
    entry: u64,
    named: Head,
    /// The root that the log gives at that size, where it is so large before the entry.
    here: Option<Hash>,
}

impl History {
    /// A statement names a root that is this log's at this size.
    pub(super) fn holds(&mut self, size: u64) {
        self.sound = self.sound.max(size);
    }

    /// The statement of `entry` names a head that is not this log's.
    pub(super) fn differs(&mut self, entry: u64, named: Head, here: Option<Hash>) {
        self.differing.push(Differing { entry, named, here });
    }

    /// The first entry whose statement names another head.
    pub(super) fn first(&self) -> Option<u64> {
        self.differing.first().map(|differing| differing.entry)
    }

    /// One finding for the place at which the history was changed, and one for each statement that is alone
    /// in naming another head, since later ones confirm the entries before it. `known` is what else was found:
    /// an entry that is at fault anyhow explains the heads that follow.
    pub(super) fn findings(&self, known: &[Finding]) -> Vec<Finding> {
        let (alone, changed): (Vec<_>, Vec<_>) =
            self.differing.iter().partition(|differing| differing.named.size <= self.sound);
        let mut findings: Vec<Finding> = alone.into_iter().map(Differing::alone).collect();
        findings.extend(self.changed(&changed, known));
        findings
    }

    fn changed(&self, changed: &[&Differing], known: &[Finding]) -> Option<Finding> {
        let first = changed.iter().min_by_key(|differing| (differing.named.size, differing.entry))?;
        let Head { size, root } = first.named;
        let last = size.saturating_sub(1);
        let place = if self.sound >= last { Place::Entry(last) } else { Place::Entries(self.sound, last) };
        let mut what = match first.here.filter(|_| size <= first.entry) {
            Some(here) => format!(
                "altered, removed or put in after it was signed for: entry {} was signed after {size} entries with \
                 the root {root}, here their root is {here}",
                first.entry
            ),
            None => format!(
                "not all is there: entry {} was signed after {size} entries with the root {root}, and stands after {}",
                first.entry, first.entry
            ),
        };
        let others = changed.len().saturating_sub(1);
        if others > 0 {
            let last = changed.iter().map(|differing| differing.entry).max().unwrap_or(first.entry);
            let more = format!("; so were {others} more entries, the last being entry {last}");
            what.push_str(&more);
        }
        what.push_str("; what was signed so is left out of the replay");
        let causes = known.iter().filter(|finding| finding.follows.is_none());
        let follows = causes
            .filter_map(|finding| finding.place.first_entry())
            .find(|entry| (self.sound.min(last)..=last).contains(entry));
        Some(Finding { follows, ..Finding::new(place, "other-history", what) })
    }
}

impl Differing {
    fn alone(&self) -> Finding {
        let Head { size, root } = self.named;
        let here = self.here.map_or_else(|| "none".to_owned(), |here| here.to_string());
        let what = format!(
            "it names the root {root} at {size} entries, this log's is {here}, and other statements confirm that: it \
             ought not to have been taken"
        );
        Finding::new(Place::Entry(self.entry), "other-history", what)
    }
}
