//! How often somebody may: each has a bucket, which refills with time. Memory is bounded.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
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
        let Some(each) = self.each else { return Ok(()) };
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let full = table.full.get(&who).copied().or(table.no_room(&who, now)).unwrap_or(now).max(now);
        let full = full + each;
        let wait = full.duration_since(now).saturating_sub(self.whole);
        if !wait.is_zero() {
            return Err(wait);
        }
        if table.full.len() < MOST || table.full.contains_key(&who) {
            table.full.insert(who, full);
        } else {
            table.rest = Some(full);
        }
        Ok(())
    }
}

impl<K: Hash + Eq> Table<K> {
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
