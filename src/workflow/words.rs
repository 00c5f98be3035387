//! Parts of a workflow in words, as statuses, reasons and refusals quote them.

use super::model::{Cause, Delay, Moves, Origin, Trigger};

impl Trigger {
    /// `declare`, `after 60 days`, `outcome verified or refused`.
    pub fn words(&self) -> String {
        match self {
            Self::Do(doing) => format!("{} by {}", doing.act, doing.by.words()),
            Self::When(condition) => format!("when {condition}"),
            Self::After(delay) => format!("after {}", delay.words()),
            Self::At(at) => format!("at {at}"),
            Self::Outcome(names) => {
                let names: Vec<&str> = names.iter().map(crate::values::Id::as_str).collect();
                format!("outcome {}", names.join(" or "))
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

impl Moves {
    /// The causes, as listed.
    pub fn causes(&self) -> &[Cause] {
        match self {
            Self::FirstOf(causes) | Self::AllOf(causes) => causes,
        }
    }
}
