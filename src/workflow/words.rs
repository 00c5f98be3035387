//! Parts of a workflow in words, as statuses, reasons and refusals quote them.

use super::model::{Actor, Actors, Delay, Origin, Trigger};
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
