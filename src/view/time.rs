//! Instants as people read them, and as they may write them.

use jiff::{Timestamp, civil};

use crate::values::{Instant, Span};

/// `2026-04-28 12:00:00 UTC`.
pub fn plain(at: Instant) -> String {
    format!("{} UTC", bare(at))
}

/// `2026-04-28 12:00:00`, for a column whose head says UTC.
pub fn bare(at: Instant) -> String {
    at.to_string().replace('T', " ").replace('Z', "")
}

/// `2026-04-28 12:00:00 UTC, in 3 days`.
pub fn from_now(at: Instant, now: Instant) -> String {
    format!("{}, {}", plain(at), distance(at, now))
}

/// `in 3 days`, `5 hours ago`, `now`.
pub fn distance(at: Instant, now: Instant) -> String {
    let (length, ahead) = if at > now { (at.since(now), true) } else { (now.since(at), false) };
    let words = rough(length.seconds());
    match (words, ahead) {
        (None, _) => "now".to_owned(),
        (Some(words), true) => format!("in {words}"),
        (Some(words), false) => format!("{words} ago"),
    }
}

/// The length in its largest sensible unit, rounded down; months and years are of 30 and 365 days.
fn rough(seconds: u64) -> Option<String> {
    const UNITS: [(u64, u64, &str); 6] = [
        (2 * 365 * 86_400, 365 * 86_400, "year"),
        (60 * 86_400, 30 * 86_400, "month"),
        (86_400, 86_400, "day"),
        (3_600, 3_600, "hour"),
        (60, 60, "minute"),
        (1, 1, "second"),
    ];
    let (_, unit, name) = UNITS.into_iter().find(|(least, _, _)| seconds >= *least)?;
    let count = seconds / unit;
    Some(format!("{count} {name}{}", if count == 1 { "" } else { "s" }))
}

/// An instant on the command line: `2033-01-02T00:00:00Z`, with any offset, or a date, which is its first
/// second in UTC.
///
/// # Errors
/// A sentence that says what is taken.
pub fn parse(text: &str) -> Result<Instant, String> {
    let stamp: Option<Timestamp> = text.parse().ok();
    let midnight = || {
        // jiff reads the date of a time without an offset too, and would drop the time.
        let date: civil::Date = Some(text).filter(|text| text.len() == 10)?.parse().ok()?;
        format!("{date}T00:00:00Z").parse().ok()
    };
    let stamp = stamp.or_else(midnight).ok_or_else(|| {
        "name an instant such as `2033-01-02T00:00:00Z`, with the offset of any zone, or a date such as \
         `2033-01-02`; the last one is 9999-12-30"
            .to_owned()
    })?;
    // jiff takes a leap second for the one before it, and a part of a second is left out: neither is what was meant.
    let second = text.split(':').nth(2).unwrap_or_default();
    if second.starts_with("60") {
        return Err("a leap second has no instant of its own here: name the second before it, `…:59`, or the one after it"
            .to_owned());
    }
    if stamp.subsec_nanosecond() != 0 || second.contains(['.', ',']) {
        return Err("instants are whole seconds here: leave the part of a second out".to_owned());
    }
    let instant = Instant::from_unix(stamp.as_second());
    if instant.unix() == stamp.as_second() {
        Ok(instant)
    } else {
        Err("that is beyond the years 1 to 9999".to_owned())
    }
}

/// A time to wait, as a person writes it on a command line: `10s`, `30m`, `1h`, `2d`.
///
/// # Errors
/// A sentence that says what is taken.
pub fn span(text: &str) -> Result<Span, String> {
    let wrong = || "a time is a whole number with s, m, h or d, such as 10s or 1h".to_owned();
    let seconds = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => return Err(wrong()),
    };
    let digits = text.get(..text.len() - 1).filter(|digits| digits.bytes().all(|it| it.is_ascii_digit()));
    let number: Option<u64> = digits.and_then(|digits| digits.parse().ok());
    let total = number.and_then(|number| number.checked_mul(seconds)).map(Span::from_seconds);
    total.filter(|span| *span <= Span::MAX).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_told_in_one_unit() {
        let now: Instant = "2026-03-01T12:00:00Z".parse().unwrap();
        let at = |text: &str| text.parse().unwrap();
        for (instant, words) in [
            ("2026-03-01T12:00:00Z", "now"),
            ("2026-03-01T12:00:59Z", "in 59 seconds"),
            ("2026-03-01T11:00:00Z", "1 hour ago"),
            ("2026-03-04T12:00:00Z", "in 3 days"),
            ("2026-12-31T12:00:00Z", "in 10 months"),
            ("2031-01-01T08:00:00Z", "in 4 years"),
        ] {
            assert_eq!(distance(at(instant), now), words);
        }
    }

    #[test]
    fn spans_are_read_with_one_unit() {
        for (text, seconds) in [("10s", 10), ("30m", 1_800), ("1h", 3_600), ("2d", 172_800), ("0s", 0)] {
            assert_eq!(span(text), Ok(Span::from_seconds(seconds)), "{text}");
        }
        for text in [
            "",
            "s",
            "10",
            "1.5h",
            "-1s",
            "1h30m",
            "10ss",
            "+1s",
            "99999999999999999999s",
            "9999999999d",
            "1\u{fc}",
        ] {
            assert!(span(text).is_err(), "{text}");
        }
    }

    #[test]
    fn instants_are_read_with_any_offset_or_as_a_date() {
        for text in ["2033-01-02T00:00:00Z", "2033-01-01T16:00:00-08:00", "2033-01-02"] {
            assert_eq!(parse(text).map(|at| at.to_string()), Ok("2033-01-02T00:00:00Z".to_owned()), "{text}");
        }
        for text in ["", "tomorrow", "2033-01-02T15:00:00", "2033-13-01"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_whole_second_is_refused_and_not_rounded() {
        for text in [
            "2016-12-31T23:59:60Z",
            "2016-12-31T23:59:60.5Z",
            "2016-12-31T15:59:60-08:00",
            "2026-03-01T12:00:00.5Z",
            "2026-03-01T12:00:00.000Z",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("2016-12-31T23:59:60Z").unwrap_err().contains("leap second"));
        assert_eq!(parse("2026-03-01T12:00:00+01:00").unwrap().to_string(), "2026-03-01T11:00:00Z");
    }
}
