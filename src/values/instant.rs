use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::{Span, ValueError, serde_as_text};

/// A whole second of UTC, written exactly `YYYY-MM-DDTHH:MM:SSZ`, in the years that four digits can write.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800);
    /// 9999-12-30T22:00:00Z: jiff's last, a day early so that every offset can still write it.
    pub const MAX: Self = Self(253_402_207_200);

    /// The instant `seconds` after 1970-01-01T00:00:00Z, moved into the range that can be written.
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn unix(self) -> i64 {
        self.0
    }

    /// This instant moved later by `span`; at most [`Instant::MAX`].
    pub fn plus(self, span: Span) -> Self {
        Self::from_unix(self.0.saturating_add_unsigned(span.seconds()))
    }

    /// The next whole second; at most [`Instant::MAX`].
    pub fn next(self) -> Self {
        self.plus(Span::from_seconds(1))
    }

    /// The time from `earlier` to this instant; zero where `earlier` is not earlier.
    pub fn since(self, earlier: Self) -> Span {
        Span::from_seconds(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl FromStr for Instant {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let refuse = || ValueError::new(text, "an instant: YYYY-MM-DDTHH:MM:SSZ");
        if text.len() != 20 {
            return Err(refuse());
        }
        let parsed: Timestamp = text.parse().map_err(|_| refuse())?;
        let instant = Self(parsed.as_second());
        // The one written form: whatever else the parser takes (offsets, lower case, leap seconds) is refused.
        if instant.to_string() == text { Ok(instant) } else { Err(refuse()) }
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(stamp) => f.pad(&stamp.to_string()),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

serde_as_text!(Instant);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_has_one_text_form() {
        for text in
            ["2026-03-01T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-30T22:00:00Z", "2024-02-29T23:59:59Z"]
        {
            assert_eq!(text.parse::<Instant>().map(|i| i.to_string()), Ok(text.to_owned()));
        }
        for text in [
            "2026-03-01 12:00:00Z",
            "2026-03-01t12:00:00z",
            "2026-03-01T12:00:00+00:00",
            "2026-03-01T12:00:00.5Z",
            "2026-02-29T12:00:00Z",
            "2016-12-31T23:59:60Z",
            "2026-03-01T24:00:00Z",
            "9999-12-31T23:59:59Z",
            "-026-03-01T12:00:00Z",
            "",
        ] {
            assert!(text.parse::<Instant>().is_err(), "{text}");
        }
    }

    #[test]
    fn instants_stay_in_the_range_that_can_be_written() {
        assert_eq!(Instant::MAX.plus(Span::from_seconds(u64::MAX)), Instant::MAX);
        assert_eq!(Instant::MIN.to_string(), "0001-01-01T00:00:00Z");
        assert_eq!(Instant::MIN.since(Instant::MAX), Span::from_seconds(0));
    }
}
