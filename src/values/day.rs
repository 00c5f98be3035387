use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use super::{ValueError, serde_as_text};

/// A day of the Gregorian calendar, written `2025-12-25`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

/// The days of the week, Monday first, as a workflow writes them.
pub const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Day {
    /// The day so many days after 1970-01-01.
    pub const fn from_unix(days: i64) -> Self {
        Self(days)
    }

    /// How many days it comes after 1970-01-01.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// The next day.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Its day of the week: its place in [`WEEKDAYS`].
    pub fn weekday(self) -> usize {
        // 1970-01-01 was a Thursday.
        usize::try_from(self.0.saturating_add(3).rem_euclid(7)).unwrap_or(0)
    }
}

/// The first of all days that jiff writes with four digits, and the epoch.
const EPOCH: Date = Date::constant(1970, 1, 1);

impl FromStr for Day {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let refuse = || ValueError::new(text, "a day: YYYY-MM-DD");
        let date: Date = text.parse().map_err(|_| refuse())?;
        let days = date.since((jiff::Unit::Day, EPOCH)).map_err(|_| refuse())?.get_days();
        let day = Self(i64::from(days));
        // The one written form.
        if day.to_string() == text { Ok(day) } else { Err(refuse()) }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = jiff::Span::new().try_days(self.0).and_then(|days| EPOCH.checked_add(days));
        f.pad(&date.map_err(|_| fmt::Error)?.to_string())
    }
}

serde_as_text!(Day);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_text_form_and_its_weekday() {
        for (text, days, weekday) in [
            ("1970-01-01", 0, "thursday"),
            ("1969-12-31", -1, "wednesday"),
            ("2024-02-29", 19_782, "thursday"),
            ("2025-12-25", 20_447, "thursday"),
            ("0001-01-01", -719_162, "monday"),
            ("9999-12-31", 2_932_896, "friday"),
        ] {
            let day: Day = text.parse().unwrap();
            assert_eq!((day.unix(), WEEKDAYS.get(day.weekday())), (days, Some(&weekday)), "{text}");
            assert_eq!(day.to_string(), text);
        }
        for text in
            ["2025-02-29", "2025-2-1", "20250201", "2025-12-25T00:00:00", "-00001-01-01", "", "10000-01-01"]
        {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }
}
