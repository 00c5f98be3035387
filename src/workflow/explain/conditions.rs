//! What a step waits for, as a sentence.

use super::rules::Counting;
use crate::values::Id;
use crate::workflow::model::{Condition, Procedure, Workflow};
use crate::workflow::words::quoted;

/// Where a condition stands.
#[derive(Clone, Copy)]
pub(super) struct Asking<'w> {
    pub workflow: &'w Workflow,
    pub procedure: &'w Procedure,
    /// How its seats are counted; none where the procedure has no panel.
    pub counting: Option<Counting<'w>>,
}

impl Asking<'_> {
    /// “every seat is filled”, “at least …, or the event `declared` counts in this case”.
    pub(super) fn condition(self, condition: &Condition) -> String {
        let several = |parts: &[Condition], by: &str| {
            let part = |part: &Condition| match part {
                Condition::All(_) | Condition::Any(_) => format!("({})", self.condition(part)),
                single => self.condition(single),
            };
            parts.iter().map(part).collect::<Vec<_>>().join(by)
        };
        match condition {
            Condition::EverySeatFilled => {
                let all =
                    self.counting.map_or_else(String::new, |it| format!(" (all {})", it.panel.seats.len()));
                format!("every seat is filled{all}")
            }
            Condition::Seats(rule) => self.counting.map_or_else(|| rule.text.clone(), |it| it.rule(rule)),
            Condition::Event(event) => format!("the event {} counts{}", quoted(event), self.heard(event)),
            Condition::Outcome { ballot, outcome } => {
                format!("the ballot {} has closed with {}", quoted(ballot), quoted(outcome))
            }
            Condition::SubjectSeated => "whoever the case is about has the seat".to_owned(),
            Condition::Not(inner) => match &**inner {
                Condition::Event(event) => {
                    format!("the event {} does not count{}", quoted(event), self.heard(event))
                }
                Condition::SubjectSeated => "whoever the case is about has the seat no more".to_owned(),
                inner => format!("it is not so that {}", several(std::slice::from_ref(inner), "")),
            },
            Condition::All(parts) => several(parts, ", and "),
            Condition::Any(parts) => several(parts, ", or "),
        }
    }

    /// “ in this case”, “ in any case of `misuse`”: where an event must have been emitted for this case to know it.
    /// Of its own procedure's cases a case knows itself alone. Empty where nothing emits the event.
    pub(super) fn heard(self, event: &Id) -> String {
        let procedures = self.workflow.procedures.iter();
        let (own, others): (Vec<&Procedure>, Vec<&Procedure>) =
            procedures.filter(|it| it.may_emit(event)).partition(|it| it.name == self.procedure.name);
        let names: Vec<String> = others.iter().map(|it| quoted(&it.name)).collect();
        let elsewhere = || format!("in any case of {}", names.join(" or "));
        match (own.is_empty(), names.is_empty()) {
            (true, true) => String::new(),
            (false, true) => " in this case".to_owned(),
            (true, false) => format!(" {}", elsewhere()),
            (false, false) => format!(" in this case or {}", elsewhere()),
        }
    }
}
