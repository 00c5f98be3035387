use std::fmt;

use super::{Day, Instant};

/// Which days count as business days, pinned: no time zone, and nothing that is looked up anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    weekend: [bool; 7],
    holidays: Vec<Day>,
    offset: Offset,
    until: Option<Day>,
}

/// How far the calendar's days begin before those of UTC, in seconds: `+01:00` is 3600.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset(i32);

const DAY: i64 = 86_400;

impl Offset {
    /// `+01:00`; at most 14 hours either way.
    pub fn read(text: &str) -> Option<Self> {
        let (sign, rest) = match text.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        let two = |text: &str| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<i32>().ok().filter(|_| digits)
        };
        let (hours, minutes) = (two(hours)?, two(minutes)?);
        let seconds = hours * 3_600 + minutes * 60;
        // UTC has one spelling.
        let taken = minutes < 60 && seconds <= 14 * 3_600 && (seconds > 0 || sign > 0);
        taken.then_some(Self(sign * seconds))
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let minutes = self.0.unsigned_abs() / 60;
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl Calendar {
    /// The calendar in which these days of the week and these holidays do not count; `None` where no day of the week
    /// is left.
    pub fn new(
        weekend: [bool; 7],
        mut holidays: Vec<Day>,
        offset: Offset,
        until: Option<Day>,
    ) -> Option<Self> {
        holidays.sort_unstable();
        holidays.dedup();
        let some = weekend.contains(&false);
        some.then_some(Self { weekend, holidays, offset, until })
    }

    /// The days of the week that do not count: by their place in [`super::WEEKDAYS`].
    pub fn weekend(&self) -> [bool; 7] {
        self.weekend
    }

    /// The holidays, in order.
    pub fn holidays(&self) -> &[Day] {
        &self.holidays
    }

    /// When its days begin.
    pub fn offset(&self) -> Offset {
        self.offset
    }

    /// The last day of which it tells the holidays.
    pub fn until(&self) -> Option<Day> {
        self.until
    }

    /// The day in which an instant lies.
    pub fn day_of(&self, at: Instant) -> Day {
        Day::from_unix(at.unix().saturating_add(i64::from(self.offset.0)).div_euclid(DAY))
    }

    /// The last second of a day.
    pub fn last_second(&self, day: Day) -> Instant {
        let next = day.next().unix().saturating_mul(DAY);
        Instant::from_unix(next.saturating_sub(i64::from(self.offset.0)).saturating_sub(1))
    }

    /// Whether a day counts.
    pub fn counts(&self, day: Day) -> bool {
        !self.weekend.get(day.weekday()).copied().unwrap_or(false)
            && self.holidays.binary_search(&day).is_err()
    }
}
