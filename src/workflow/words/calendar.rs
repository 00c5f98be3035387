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
