//! How far witnesses vouch for the times in a log: which entries lie between two cosignatures, how far these are
//! apart, and which entries witnesses were shown late.

use serde::Serialize;

use crate::values::{Instant, Span};

/// How far an entry's time may lie outside the times of cosignatures: clocks differ, and a head can be cosigned while
/// an entry is being written.
pub const SLACK: Span = Span::from_seconds(60);

/// How many of the entries that witnesses were shown late are named.
const NAMED: usize = 5;

/// What cosigned checkpoints say about the times of a log's entries.
///
/// Entries before [`end`](Self::end) are no later than a quorum of witnesses says, give or take [`SLACK`]. Entries from
/// [`first`](Self::first) on had not been shown to a quorum at some time, and so were shown later; whether they were
/// there already, no cosignature says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Times {
    /// How many witnesses the policy names; 0 where it asks for none.
    pub witnesses: usize,
    /// How many of them have cosigned a checkpoint that counts.
    pub cosigned_by: usize,
    /// How many heads have a checkpoint that counts: cosigned by the policy's quorum, and of this log.
    pub checkpoints: usize,
    /// The first entry with a cosignature before it, which the next one may be: the size of the first checkpoint.
    pub first: Option<u64>,
    /// The first entry that no quorum has seen: the size of the last checkpoint.
    pub end: Option<u64>,
    /// The times between which entries were shown to a quorum, where any has a cosignature before it and one after it.
    pub between: Option<Between>,
    /// The latest time at which a quorum had been shown no more than what one of the checkpoints says.
    pub until: Option<Instant>,
    /// The time at which a quorum had been shown no head newer than the newest one here.
    pub newest_at: Option<Instant>,
    /// The entries that a quorum was shown late, if any.
    pub late: Option<Late>,
}

/// Entries that are dated before a time at which a quorum of witnesses had still been shown no more. Each was backdated,
/// or the log, and everybody else, showed it to them no earlier: which of the two, no cosignature tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Late {
    /// How many there are.
    pub entries: u64,
    /// The first few of them.
    pub named: Vec<LateEntry>,
}

/// An entry that witnesses were shown late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct LateEntry {
    /// Its index.
    pub entry: u64,
    /// The time that it says.
    pub time: Instant,
    /// The time at which a quorum had been shown no more than what comes before it.
    pub shown_after: Instant,
}

impl Late {
    pub(super) fn add(&mut self, entry: u64, time: Instant, shown_after: Instant) {
        self.entries = self.entries.saturating_add(1);
        if self.named.len() < NAMED {
            self.named.push(LateEntry { entry, time, shown_after });
        }
    }
}

/// How far the two times of the entries that have both are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Between {
    /// How many entries have both.
    pub entries: u64,
    /// At least half of these are no farther apart, in seconds.
    pub median: u64,
    /// The greatest distance, in seconds.
    pub widest: u64,
}

/// What one checkpoint says about times, by a quorum: seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Vouched {
    /// The size of its head.
    pub(super) size: u64,
    /// The entries before the head are no later.
    pub(super) existed_by: Instant,
    /// A quorum had been shown no larger head then.
    pub(super) newest_at: Instant,
}

impl Times {
    /// What the checkpoints that count say, in ascending order of size, about a log of `entries` entries.
    pub(super) fn of(vouched: &[Vouched], entries: u64) -> Self {
        let last = vouched.last();
        let newest = vouched.iter().rev().take_while(|it| it.size == entries);
        Self {
            checkpoints: vouched.chunk_by(|one, next| one.size == next.size).count(),
            first: vouched.first().map(|it| it.size),
            end: last.map(|it| it.size),
            between: between(vouched),
            until: vouched.iter().map(|it| it.newest_at).max(),
            newest_at: newest.map(|it| it.newest_at).max(),
            ..Self::default()
        }
    }
}

fn between(vouched: &[Vouched]) -> Option<Between> {
    // From the right: no entry is later than any head after it was there.
    let mut latest = Instant::MAX;
    let mut until: Vec<Instant> = vouched
        .iter()
        .rev()
        .map(|it| {
            latest = latest.min(it.existed_by);
            latest
        })
        .collect();
    until.reverse();
    let mut from = Instant::MIN;
    let mut gaps: Vec<(u64, u64)> = Vec::new();
    for ((here, next), until) in vouched.iter().zip(vouched.iter().skip(1)).zip(until.iter().skip(1)) {
        from = from.max(here.newest_at);
        let apart = if *until > from { until.since(from).seconds() } else { 0 };
        gaps.push((apart, next.size.saturating_sub(here.size)));
    }
    gaps.retain(|(_, entries)| *entries > 0);
    gaps.sort_unstable();
    let entries = gaps.iter().map(|(_, entries)| entries).sum();
    let (widest, _) = gaps.last()?;
    let mut counted = 0_u64;
    let median = gaps.iter().find(|(_, count)| {
        counted = counted.saturating_add(*count);
        counted >= entries - entries / 2
    });
    Some(Between { entries, median: median?.0, widest: *widest })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_of_many_late_entries_are_named() {
        let at = Instant::from_unix(0);
        let mut late = Late::default();
        (0..1_000).for_each(|entry| late.add(entry, at, at));
        assert_eq!((late.entries, late.named.len()), (1_000, NAMED));
    }

    /// Entry by entry: the latest time before it and the earliest after it, in seconds apart.
    fn entry_by_entry(vouched: &[Vouched], entries: u64) -> Vec<u64> {
        let apart = |entry: u64| {
            let from = vouched.iter().filter(|it| it.size <= entry).map(|it| it.newest_at).max()?;
            let until = vouched.iter().filter(|it| it.size > entry).map(|it| it.existed_by).min()?;
            Some(if until > from { until.since(from).seconds() } else { 0 })
        };
        let mut apart: Vec<u64> = (0..entries).filter_map(apart).collect();
        apart.sort_unstable();
        apart
    }

    proptest! {
        #[test]
        fn the_distances_are_those_of_every_entry(
            mut sizes in prop::collection::vec((0_u64..40, 0_i64..900, 0_i64..900), 0..12),
        ) {
            sizes.sort_unstable();
            let vouched: Vec<Vouched> = sizes
                .into_iter()
                .map(|(size, one, other)| Vouched {
                    size,
                    existed_by: Instant::from_unix(one.min(other)),
                    newest_at: Instant::from_unix(one.max(other)),
                })
                .collect();
            let times = Times::of(&vouched, 40);
            let each = entry_by_entry(&vouched, 40);
            let between = (!each.is_empty()).then(|| Between {
                entries: each.len() as u64,
                median: each[(each.len() - 1) / 2],
                widest: each[each.len() - 1],
            });
            prop_assert_eq!(times.between, between);
        }
    }
}
