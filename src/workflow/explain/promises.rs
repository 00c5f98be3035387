//! What the authors promise of every way in which things can go: invariants.

use super::rules::Counting;
use super::{Paragraph, Section, capital, sentence};
use crate::workflow::invariant::{Holds, Invariant, Promise, Proposition};
use crate::workflow::model::Workflow;
use crate::workflow::words::{all_of, quoted, utc};

pub(super) fn section(workflow: &Workflow) -> Section {
    let told = |it: &Invariant| {
        let Invariant { title, promise, silent, line: _ } = it;
        let title = title.as_ref().map_or_else(String::new, |title| format!("{} ", sentence(title)));
        let even = if promise.is_about_a_way() { "even if" } else { "if" };
        let silent = match silent.as_slice() {
            [] => String::new(),
            [one] => format!(", {even} {} does nothing", quoted(one)),
            several => format!(", {even} {} do nothing", all_of(several)),
        };
        Paragraph::of(format!("{title}{}{silent}.", capital(&promised(workflow, promise))))
    };
    Section {
        heading: "What the authors promise, whatever anybody does; `workflow explore` looks whether it is so"
            .to_owned(),
        paragraphs: workflow.invariants.iter().map(told).collect(),
    }
}

fn promised(workflow: &Workflow, promise: &Promise) -> String {
    let holds = |Proposition { holds, text: _ }: &Proposition| proposition(workflow, holds);
    match promise {
        Promise::Never(it) => format!("it is never so that {}", holds(it)),
        Promise::Always(it) => format!("it is always so that {}", holds(it)),
        Promise::Reaches(it) => format!("it can come to be that {}", holds(it)),
        Promise::Ends { procedure, within } => {
            let within = within.map_or_else(String::new, |span| {
                format!(", at the latest {span} after its opening, at that very instant included")
            });
            format!("every case of {} ends, whatever is done and left undone{within}", quoted(procedure))
        }
    }
}

fn proposition(workflow: &Workflow, holds: &Holds) -> String {
    let several = |parts: &[Holds], by: &str| {
        let part = |part: &Holds| match part {
            Holds::All(_) | Holds::Any(_) => format!("({})", proposition(workflow, part)),
            single => proposition(workflow, single),
        };
        parts.iter().map(part).collect::<Vec<_>>().join(by)
    };
    match holds {
        Holds::Grant { grant, attribute, value } => {
            format!("{} of {} is “{value}”", quoted(attribute), quoted(grant))
        }
        Holds::Event(event) => format!("the event {} counts", quoted(event)),
        Holds::Within { span, of } => {
            format!("the latest event {} that counts is less than {span} ago", quoted(of))
        }
        Holds::In { procedure, state } => {
            format!("a case of {} is in the state {}", quoted(procedure), quoted(state))
        }
        Holds::Counted { ballot, comparison } => {
            let ballot = workflow.ballot(ballot);
            let counting = ballot.and_then(|ballot| {
                let panel = workflow.panel(&ballot.panel)?;
                Some((ballot, ballot.part_of(panel)))
            });
            counting.map_or_else(
                || comparison.to_string(),
                |(ballot, panel)| {
                    let counting = Counting::of(ballot, &panel);
                    format!(
                        "in the round of {} that closed last, {}",
                        quoted(&ballot.name),
                        counting.comparison(comparison)
                    )
                },
            )
        }
        Holds::Now(op, at) => format!("the time is {} {}", op.of_time(), utc(*at)),
        Holds::Not(inner) => match &**inner {
            Holds::Event(event) => format!("the event {} does not count", quoted(event)),
            inner => format!("it is not so that {}", several(std::slice::from_ref(inner), "")),
        },
        Holds::All(parts) => several(parts, ", and "),
        Holds::Any(parts) => several(parts, ", or "),
    }
}
