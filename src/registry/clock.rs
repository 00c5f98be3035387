//! The clock that stamps entries: the only one in the house.

use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::values::{Instant, Span};

/// Where the time of an entry comes from.
pub trait Clock: Send + Sync + Debug {
    /// The time now.
    fn now(&self) -> Instant;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Instant::from_unix(i64::try_from(since).unwrap_or(i64::MAX))
    }
}

/// A clock that stands until it is set: for demonstrations, scenarios and tests.
#[derive(Debug)]
pub struct SimulatedClock(AtomicI64);

impl SimulatedClock {
    /// A clock that shows `at`.
    pub fn at(at: Instant) -> Self {
        Self(AtomicI64::new(at.unix()))
    }

    /// Sets the clock.
    pub fn set(&self, at: Instant) {
        self.0.store(at.unix(), Ordering::SeqCst);
    }

    /// Lets time pass.
    pub fn pass(&self, span: Span) {
        self.set(self.now().plus(span));
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Instant {
        Instant::from_unix(self.0.load(Ordering::SeqCst))
    }
}
