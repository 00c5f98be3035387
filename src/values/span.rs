use std::fmt;
use std::str::FromStr;

use super::{ValueError, serde_as_text};

/// A length of time in whole seconds, written in whole days, hours, minutes and seconds:
/// `90 days`, `1 day 12 hours`. There are no months: a deadline must not depend on a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

/// The units from the largest to the smallest, with their seconds.
const UNITS: [(&str, u64); 4] = [("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];

/// The seconds of [`Span::MAX`].
const LONGEST: u64 = 110_000 * 86_400;

impl Span {
    /// About 300 years: longer than any deadline, small enough that adding never overflows.
    pub const MAX: Self = Self(LONGEST);

    /// A span of `seconds`.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Both, one after the other; at most [`Span::MAX`].
    pub fn and(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0)).min(Self::MAX)
    }

    /// The whole length in seconds.
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl FromStr for Span {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let refuse = || {
            ValueError::new(text, "a span of time: whole days, hours, minutes, seconds, such as `90 days`")
        };
        let mut words = text.split(' ');
        let mut units = UNITS.iter();
        let mut total: u64 = 0;
        while let Some(count) = words.next() {
            let unit = words.next().ok_or_else(refuse)?;
            let digits = !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit());
            let number: u64 =
                if digits { count.parse().map_err(|_| refuse())? } else { return Err(refuse()) };
            // Larger units first, each at most once: `units` only moves forward.
            let (_, seconds) =
                units.find(|(name, _)| *name == unit.strip_suffix('s').unwrap_or(unit)).ok_or_else(refuse)?;
            total = number.checked_mul(*seconds).and_then(|s| s.checked_add(total)).ok_or_else(refuse)?;
        }
        if total > LONGEST { Err(refuse()) } else { Ok(Self(total)) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let mut parts = Vec::new();
        for (name, seconds) in UNITS {
            let count = rest / seconds;
            rest %= seconds;
            if count > 0 {
                parts.push(format!("{count} {name}{}", if count == 1 { "" } else { "s" }));
            }
        }
        if parts.is_empty() { f.pad("0 seconds") } else { f.pad(&parts.join(" ")) }
    }
}

serde_as_text!(Span);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written_in_whole_units() {
        for (text, seconds) in [
            ("90 days", 7_776_000),
            ("1 day", 86_400),
            ("1 day 12 hours", 129_600),
            ("0 seconds", 0),
            ("30 minutes", 1_800),
        ] {
            assert_eq!(text.parse::<Span>().map(Span::seconds), Ok(seconds), "{text}");
            assert_eq!(Span::from_seconds(seconds).to_string(), text);
        }
        for text in [
            "",
            "3 months",
            "1.5 days",
            "days",
            "12 hours 1 day",
            "1 day 1 day",
            "-1 days",
            "999999999 days",
            "1  day",
        ] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
