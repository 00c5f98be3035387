//! A calendar in words.

use crate::values::{Calendar, WEEKDAYS};

impl Calendar {
    /// What there is to know of it besides its holidays, each by its name.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("no business days", self.weekend_words()),
            ("a day begins at midnight", format!("UTC{}", self.offset())),
        ];
        facts.extend(self.until().map(|until| ("holidays are known until", until.to_string())));
        facts
    }

    /// What business days are, as a paragraph.
    pub(in crate::workflow) fn words(&self) -> String {
        let days: Vec<String> = self.holidays().iter().map(ToString::to_string).collect();
        let holidays = match days.as_slice() {
            [] => String::new(),
            days => format!(" and these holidays: {}", days.join(", ")),
        };
        let until = self.until().map_or_else(String::new, |until| {
            format!(" The holidays are known until {until}; after it every other day counts.")
        });
        format!(
            "Business days are all days but {weekend}{holidays}. Each lasts from midnight to midnight at UTC{offset}, in \
             summer as in winter. Some number of them from an event on has passed at the end of the last of them; the day \
             of the event is not counted, and neither is a day on which the case stood still.{until}",
            weekend = self.weekend_words(),
            offset = self.offset(),
        )
    }

    /// `saturday and sunday`; `no day of the week`.
    pub(in crate::workflow) fn weekend_words(&self) -> String {
        let free = WEEKDAYS.into_iter().zip(self.weekend()).filter(|(_, free)| *free).map(|(day, _)| day);
        match free.collect::<Vec<_>>().split_last() {
            None => "no day of the week".to_owned(),
            Some((last, [])) => (*last).to_owned(),
            Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        }
    }
}
