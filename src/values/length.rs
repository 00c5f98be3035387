use std::fmt;
use std::sync::Arc;

use super::{Calendar, Day, Instant, Span};

/// A length of time as a workflow says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Length {
    /// So long, every day having 24 hours.
    Time(Span),
    /// So many business days.
    Business(BusinessDays),
}

/// So many business days of a calendar: they have run at the end of the last of them. The day from which they count
/// is none of them, and neither is a day on which the clock stood still.
#[derive(Clone, PartialEq, Eq)]
pub struct BusinessDays {
    days: u32,
    calendar: Arc<Calendar>,
}

/// A time in which a clock stood still: from when, until when if it goes on again.
pub type Standstill = (Instant, Option<Instant>);

impl BusinessDays {
    /// The most that can be counted.
    pub const MOST: u32 = 1_000;

    /// So many; `None` where there are none, or too many.
    pub fn new(days: u32, calendar: Arc<Calendar>) -> Option<Self> {
        (1..=Self::MOST).contains(&days).then_some(Self { days, calendar })
    }

    /// How many.
    pub fn days(&self) -> u32 {
        self.days
    }

    /// The last second of the last of these days, counted from `from`; `None` where a clock that stands still has not
    /// come to it.
    pub fn last_second(&self, from: Instant, stops: &[Standstill]) -> Option<Instant> {
        let calendar = &self.calendar;
        let last = calendar.day_of(Instant::MAX);
        // A stop that ends as it begins stops nothing; one that ends at midnight is not in the day that begins then.
        let whole = |stop: &&Standstill| stop.1.is_none_or(|until| until > stop.0);
        let end = |until: Instant| calendar.day_of(Instant::from_unix(until.unix().saturating_sub(1)));
        let stops: Vec<(Day, Option<Day>)> = stops
            .iter()
            .filter(whole)
            .map(|(from, until)| (calendar.day_of(*from), until.map(end)))
            .collect();
        let mut day = calendar.day_of(from);
        let mut left = self.days;
        while left > 0 && day < last {
            day = day.next();
            let stop =
                stops.iter().find(|(from, until)| *from <= day && until.is_none_or(|until| day <= until));
            match stop {
                Some((_, until)) => day = day.max((*until)?),
                None => left -= u32::from(calendar.counts(day)),
            }
        }
        Some(calendar.last_second(day))
    }
}

impl Length {
    /// What is longer than nothing.
    pub fn is_some_time(&self) -> bool {
        !matches!(self, Self::Time(span) if span.seconds() == 0)
    }

    /// When it has run since `from`: where that instant itself is still in time (`included`), the last that is; else the
    /// first that is not. Of business days the two are the last second of a day and the first after it.
    pub fn end(&self, from: Instant, included: bool) -> Instant {
        match self {
            Self::Time(span) => from.plus(*span),
            Self::Business(days) => days.end(from, included, &[]).unwrap_or(Instant::MAX),
        }
    }

    /// Whether it is counted in business days: then it ends with a day, and no act is at its very instant.
    pub fn ends_with_a_day(&self) -> bool {
        matches!(self, Self::Business(_))
    }

    /// The least that it can be.
    pub fn shortest(&self) -> Span {
        match self {
            Self::Time(span) => *span,
            Self::Business(days) => Span::from_seconds(u64::from(days.days) * 86_400),
        }
    }

    /// The most that it can be, where no clock stands still.
    pub fn longest(&self) -> Span {
        let Self::Business(BusinessDays { days, calendar }) = self else { return self.shortest() };
        let free = calendar.weekend().iter().filter(|free| !**free).count().max(1);
        let free = u64::try_from(free).unwrap_or(1);
        let holidays = u64::try_from(calendar.holidays().len()).unwrap_or(u64::MAX);
        let weeks = (u64::from(*days) + holidays) / free + 2;
        Span::from_seconds(weeks.saturating_mul(7 * 86_400)).min(Span::MAX)
    }
}

impl BusinessDays {
    /// As [`Length::end`], without the days on which the clock stood still.
    pub fn end(&self, from: Instant, included: bool, stops: &[Standstill]) -> Option<Instant> {
        let last = self.last_second(from, stops)?;
        Some(if included { last } else { last.next() })
    }
}

impl From<Span> for Length {
    fn from(span: Span) -> Self {
        Self::Time(span)
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(span) => span.fmt(f),
            Self::Business(days) => days.fmt(f),
        }
    }
}

impl fmt::Display for BusinessDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.days;
        f.pad(&format!("{days} business day{}", if days == 1 { "" } else { "s" }))
    }
}

// The calendar is the workflow's, and told once.
impl fmt::Debug for BusinessDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
