//! `[calendar]`, and the lengths of time that count in it.

use std::sync::Arc;

use toml::de::DeValue;

use super::{Item, Reader};
use crate::values::{BusinessDays, Calendar, Day, Length, Offset, WEEKDAYS};

/// What a file says of business days.
#[derive(Debug, Clone, Default)]
pub(super) enum Given {
    /// Nothing.
    #[default]
    Absent,
    /// What cannot be read, which has been said.
    Bad,
    /// This.
    Is(Arc<Calendar>),
}

/// `{ weekend = ["saturday", "sunday"], holidays = ["2025-12-25"], offset = "+00:00", until = "2027-12-31" }`.
pub(super) fn calendar(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Arc<Calendar>> {
    let mut fields = item.table(r)?;
    let help = "Say which days of the week do not count: weekend = [\"saturday\", \"sunday\"]";
    let words: Vec<(&str, usize)> = WEEKDAYS.into_iter().zip(0..).collect();
    let weekend = fields.need(r, "weekend", help);
    let weekend = weekend.map(|item| (r.each_once(&item, |r, member| member.word(r, &words)), item));
    let holidays = fields.get("holidays");
    let holidays = holidays.map(|item| (r.each_once(&item, |r, member| day(r, member)), item));
    let help = "Say when a day begins, as an offset from UTC: offset = \"+00:00\"";
    let offset = fields.need(r, "offset", help).and_then(|item| offset(r, &item));
    let until = fields.get("until").map(|item| day(r, &item).ok_or(()));
    fields.close(r);
    let (weekend, place) = weekend?;
    let mut free = [false; 7];
    for day in weekend {
        if let Some(free) = free.get_mut(day) {
            *free = true;
        }
    }
    let until = until.transpose().ok()?;
    let (holidays, listed) = holidays.map_or((Vec::new(), None), |(days, item)| (days, Some(item)));
    if let (Some(until), Some(listed)) = (until, listed)
        && let Some(late) = holidays.iter().find(|day| **day > until)
    {
        let help = "Let `until` be the last day of which the holidays are known";
        return r.refuse(
            &listed.span(),
            format!("the holiday {late} comes after the end of the calendar"),
            help,
        );
    }
    let calendar = Calendar::new(free, holidays, offset?, until).map(Arc::new);
    let help = "Leave out the days on which business is done";
    calendar.or_else(|| r.refuse(&place.span(), "no day would ever be a business day", help))
}

/// A day, in quotes or as TOML writes it.
fn day(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Day> {
    let written = match item.value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Datetime(written) if written.time.is_none() => Some(written.to_string()),
        _ => None,
    };
    let read = written.and_then(|text| text.parse().ok());
    read.or_else(|| item.wrong(r, "a day", "Write year, month and day: \"2025-12-25\""))
}

fn offset(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Offset> {
    let read = Offset::read(item.raw(r)?);
    let help = "Write hours and minutes, such as \"+00:00\" for UTC or \"-05:00\"; a calendar knows no time zones, \
                and no summer time";
    read.or_else(|| item.wrong(r, "an offset of at most 14 hours", help))
}

/// The number in `5 business days`, as far as the text is of that form.
fn business(text: &str) -> Option<&str> {
    text.strip_suffix(" business days").or_else(|| text.strip_suffix(" business day"))
}

/// Whether a text asks for business days, in whatever spelling.
pub(super) fn asks(text: &str) -> bool {
    text.contains("business")
}

/// Whether the very instant of a time is late: of business days it never is, as the last second of a day belongs to
/// it. `end` is the `deadline` that says so of this time alone, and is refused there.
pub(super) fn excluded(
    r: &mut Reader<'_>,
    length: Option<&Length>,
    excluded: bool,
    end: Option<&Item<'_>>,
) -> bool {
    if !length.is_some_and(Length::ends_with_a_day) {
        return excluded;
    }
    if let Some(end) = end {
        let help = "Leave it out: they end with the last of them, whose last second is in time";
        r.error(&end.key, "of business days no instant is included or excluded", help);
    }
    false
}

impl Item<'_> {
    /// A length of time that is not 0, which may be in business days.
    pub(super) fn some_length(&self, r: &mut Reader<'_>, help: &str) -> Option<Length> {
        let length = self.length(r)?;
        if length.is_some_time() {
            return Some(length);
        }
        r.refuse(&self.span(), format!("`{}` is a time of 0", self.place), help)
    }

    /// A length of time, which may be in business days.
    pub(super) fn length(&self, r: &mut Reader<'_>) -> Option<Length> {
        let Some(text) = self.value.get_ref().as_str().filter(|text| asks(text)) else {
            return self.time(r).map(Length::Time);
        };
        let digits = |count: &&str| count.bytes().all(|byte| byte.is_ascii_digit());
        let count = business(text).filter(digits).and_then(|count| count.parse().ok());
        let Some(count) = count.filter(|count| (1..=BusinessDays::MOST).contains(count)) else {
            let (text, most) = (text.escape_debug(), BusinessDays::MOST);
            let help = format!(
                "Write whole ones, from 1 to {most}, with nothing else beside them: \"5 business days\""
            );
            return r.refuse(&self.span(), format!("`{text}` is no number of business days"), help);
        };
        match &r.calendar {
            Given::Is(calendar) => BusinessDays::new(count, Arc::clone(calendar)).map(Length::Business),
            Given::Bad => None,
            Given::Absent => {
                let help = "Pin the days: [calendar] with weekend = [\"saturday\", \"sunday\"], holidays = [\"…\"] and \
                            offset = \"+00:00\"";
                r.refuse(&self.span(), "nothing says which days are business days", help)
            }
        }
    }
}
