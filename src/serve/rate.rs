//! How often somebody may: each has a bucket, which refills with time. Memory is bounded.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many are remembered at a time, some 3 MiB: further ones share a bucket.
const MOST: usize = 65_536;

/// How often those are looked for who need not be remembered any more.
const SWEEP: Duration = Duration::from_secs(1);

/// So many in a minute, and so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many in a minute, for ever. 0: as many as there are.
    pub per_minute: u32,
    /// How many at once, by somebody who has been quiet.
    pub at_once: u32,
}

impl Rate {
    /// Another rate, with as much at once in proportion.
    pub fn of(self, per_minute: u32) -> Self {
        let at_once = u64::from(self.at_once) * u64::from(per_minute) / u64::from(self.per_minute.max(1));
        Self { per_minute, at_once: u32::try_from(at_once).unwrap_or(u32::MAX) }
    }

    /// Without a limit.
    pub const NONE: Self = Self { per_minute: 0, at_once: 0 };
}

/// Everybody's bucket.
pub(super) struct Rates<K> {
    /// After how long there is room for one more; `None` without a limit.
    each: Option<Duration>,
    /// How long an empty bucket takes to be full.
    whole: Duration,
    table: Mutex<Table<K>>,
}

/// When each bucket is full again. One that is full already need not be remembered.
struct Table<K> {
    full: HashMap<K, Instant>,
    /// The bucket that those share for whom there is no room.
    rest: Option<Instant>,
    swept: Option<Instant>,
}

impl<K: Hash + Eq> Rates<K> {
    pub(super) fn new(rate: Rate) -> Self {
        let each = (rate.per_minute > 0).then(|| Duration::from_secs(60) / rate.per_minute);
        let whole = each.unwrap_or_default() * rate.at_once.max(1);
        Self { each, whole, table: Mutex::new(Table { full: HashMap::new(), rest: None, swept: None }) }
    }

    /// Takes one out of somebody's bucket.
    ///
    /// # Errors
    /// There is none in it: how long until there is.
    pub(super) fn take(&self, who: K, now: Instant) -> Result<(), Duration> {
        let mut table = self.table();
        self.has(table.full(&who, now), now)?;
        self.fill(&mut table, who, now);
        Ok(())
    }

    /// Whether there is one in somebody's bucket. It stays there.
    ///
    /// # Errors
    /// As for [`take`](Self::take).
    pub(super) fn may(&self, who: &K, now: Instant) -> Result<(), Duration> {
        self.has(self.table().full(who, now), now)
    }

    /// Takes out one for what has happened, be it there or not: whoever did several at once waits for all of them.
    pub(super) fn count(&self, who: K, now: Instant) {
        self.fill(&mut self.table(), who, now);
    }

    fn table(&self) -> MutexGuard<'_, Table<K>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is one more in a bucket that is full then.
    fn has(&self, full: Instant, now: Instant) -> Result<(), Duration> {
        let Some(each) = self.each else { return Ok(()) };
        let wait = (full + each).duration_since(now).saturating_sub(self.whole);
        if wait.is_zero() { Ok(()) } else { Err(wait) }
    }

    fn fill(&self, table: &mut Table<K>, who: K, now: Instant) {
        let Some(each) = self.each else { return };
        let full = table.full(&who, now) + each;
        if table.full.len() < MOST || table.full.contains_key(&who) {
            table.full.insert(who, full);
        } else {
            table.rest = Some(full);
        }
    }
}

impl<K: Hash + Eq> Table<K> {
    /// When somebody's bucket is full again.
    fn full(&mut self, who: &K, now: Instant) -> Instant {
        self.full.get(who).copied().or_else(|| self.no_room(who, now)).unwrap_or(now).max(now)
    }

    /// When the shared bucket is full, for somebody new for whom there is no other.
    fn no_room(&mut self, who: &K, now: Instant) -> Option<Instant> {
        if self.full.len() < MOST || self.full.contains_key(who) {
            return None;
        }
        if self.swept.is_none_or(|swept| now.duration_since(swept) >= SWEEP) {
            self.swept = Some(now);
            self.full.retain(|_, full| *full > now);
        }
        if self.full.len() < MOST { None } else { self.rest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_minute: 60, at_once: 3 };

    #[test]
    fn a_bucket_gives_what_it_holds_and_then_what_time_brings() {
        let (rates, begun) = (Rates::new(RATE), Instant::now());
        let at = |seconds: u64| begun + Duration::from_secs(seconds);
        for _ in 0..3 {
            assert_eq!(rates.take("a", at(0)), Ok(()));
        }
        assert_eq!(rates.take("a", at(0)), Err(Duration::from_secs(1)));
        // Another one's is full.
        assert_eq!(rates.take("b", at(0)), Ok(()));
        // What is refused costs nothing.
        assert_eq!(rates.take("a", at(1)), Ok(()));
        assert_eq!(rates.take("a", at(1)), Err(Duration::from_secs(1)));
        for _ in 0..3 {
            assert_eq!(rates.take("a", at(60)), Ok(()));
        }
        assert!(rates.take("a", at(60)).is_err());
    }

    #[test]
    fn what_has_happened_is_counted_and_whether_one_may_is_not() {
        let (rates, begun) = (Rates::new(RATE), Instant::now());
        let at = |seconds: u64| begun + Duration::from_secs(seconds);
        assert!((0..100).all(|_| rates.may(&"a", at(0)).is_ok()));
        for _ in 0..5 {
            rates.count("a", at(0));
        }
        assert_eq!(rates.may(&"a", at(0)), Err(Duration::from_secs(3)));
        assert_eq!(rates.may(&"a", at(3)), Ok(()));
    }

    #[test]
    fn without_a_limit_there_is_none() {
        let (rates, now) = (Rates::new(Rate::NONE), Instant::now());
        assert!((0..10_000).all(|_| rates.take("a", now).is_ok()));
    }

    #[test]
    fn memory_is_bounded_and_those_who_are_known_keep_their_bucket() {
        let (rates, begun) = (Rates::new(RATE), Instant::now());
        for who in 0..MOST {
            assert_eq!(rates.take(who, begun), Ok(()));
        }
        // Everybody else shares a bucket of three.
        let taken = (MOST..MOST + 100).filter(|who| rates.take(*who, begun).is_ok()).count();
        assert_eq!(taken, 3);
        assert_eq!(rates.table.lock().unwrap().full.len(), MOST);
        assert_eq!(rates.take(7, begun), Ok(()));
        // Whose bucket is full again is forgotten, and there is room.
        assert_eq!(rates.take(MOST + 7, begun + Duration::from_secs(1)), Ok(()));
        assert_eq!(rates.table.lock().unwrap().full.len(), 2);
    }
}
