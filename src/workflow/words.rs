//! Parts of a workflow in words, as statuses, reasons and refusals quote them.

use super::model::{Actor, Actors, Delay, Extend, ExtendOn, Origin, Outcome, Trigger};
use crate::values::Id;

impl Trigger {
    /// `declare by openai`, `after 60 days`, `outcome verified or refused`.
    pub fn words(&self) -> String {
        match self {
            Self::Do(doing) => format!("{} by {}", doing.act, doing.by.words()),
            Self::When(condition) => format!("when {condition}"),
            Self::After(delay) => format!("after {}", delay.words()),
            Self::At(at) => format!("at {at}"),
            Self::Outcome(names) => {
                let names: Vec<&str> = names.iter().map(Id::as_str).collect();
                format!("outcome {}", names.join(" or "))
            }
            Self::On(events) => {
                let events: Vec<&str> = events.iter().map(Id::as_str).collect();
                format!("on {} of another case", events.join(" or "))
            }
        }
    }
}

impl Delay {
    /// `60 days`, `90 days from the opening of the case`.
    pub fn words(&self) -> String {
        match &self.of {
            Origin::Entered => self.span.to_string(),
            Origin::Opened => format!("{} from the opening of the case", self.span),
            Origin::Event(event) => format!("{} from `{event}`", self.span),
        }
    }
}

impl Extend {
    /// `by 1 day, where a vote comes in the last 1 hour`, `by 1 day, where the quorum comes in the last 1 hour, at
    /// most 2 times`. A part of the ballot paper: it never changes.
    pub fn words(&self) -> String {
        let on = match self.on {
            ExtendOn::Vote => "a vote",
            ExtendOn::Quorum => "the quorum",
        };
        let bound = match self.at_most {
            None => String::new(),
            Some(1) => ", at most once".to_owned(),
            Some(most) => format!(", at most {most} times"),
        };
        format!("by {}, where {on} comes in the last {}{bound}", self.by, self.in_last)
    }
}

impl Outcome {
    /// Its rule and all that is said of it: `met >= 4 for 3 days; after 30 days met >= 3`, `otherwise`.
    pub fn words(&self) -> String {
        let rule = self.rule.as_ref().map_or("otherwise", |rule| &rule.text);
        let lasting = self.lasting.map_or_else(String::new, |time| format!(" for {time}"));
        let eases = self.eases.iter().map(|ease| format!("; after {} {}", ease.after, ease.rule.text));
        format!("{rule}{lasting}{}", eases.collect::<String>())
    }
}

impl Actors {
    /// `openai or microsoft`, `openai and microsoft jointly`, `the chair`.
    pub fn words(&self) -> String {
        let word = |actor: &Actor| match actor {
            Actor::Office(name) | Actor::Seat(name) => name.to_string(),
            Actor::Chair => "the chair".to_owned(),
            Actor::Panelist => "any seated panelist".to_owned(),
        };
        match self {
            Self::AnyOf(any) => any.iter().map(word).collect::<Vec<_>>().join(" or "),
            Self::AllOf(all) => format!("{} jointly", all.iter().map(word).collect::<Vec<_>>().join(" and ")),
        }
    }
}
