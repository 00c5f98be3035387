//! The licence: every grant with its value, since when, why, and what could move it next.

use super::{by_cause, by_entry, time};
use crate::engine::State;
use crate::engine::event::Occurrence;
use crate::engine::licence::{AttributeState, Back, Because, Next, Period};
use crate::values::Id;
use crate::workflow::Workflow;
use crate::workflow::model::Cause;

/// An instant as the workflow writes it, with spaces at which a narrow column can break it.
fn spaced(written: &str) -> String {
    let written = written.replace('T', " ");
    match written
        .char_indices()
        .rev()
        .find(|(place, letter)| *place > 10 && matches!(letter, '+' | '-' | 'Z'))
    {
        Some((place, _)) => {
            format!("{} {}", written.get(..place).unwrap_or(&written), written.get(place..).unwrap_or(""))
        }
        None => written,
    }
}

/// The day; where a date moved it and not an act, the hour matters as well.
pub fn since(period: &Period) -> String {
    let at = time::bare(period.since);
    match period.because {
        Because::Instant(_) => at,
        _ => at.chars().take(10).collect(),
    }
}

/// Why a value holds, in the fewest words: `agi-declared-by-openai (entry 5)`.
pub fn because(because: &Because) -> String {
    match because {
        Because::Opening => "opening".to_owned(),
        Because::Amendment(done) => format!("amendment{}", by_entry(Some(done.entry))),
        Because::Event(occurrence) => format!("{}{}", occurrence.event, by_entry(occurrence.why.entry)),
        Because::Instant(written) => spaced(written),
        Because::Annulled(occurrence) => {
            let by = occurrence.annulled.as_ref();
            let by = by.map_or_else(String::new, |by| format!(", {}{}", by.by, by_entry(by.why.entry)));
            format!("{} annulled{by}", occurrence.event)
        }
    }
}

/// What could move a term next, and back.
pub fn nexts(attribute: &AttributeState<'_>) -> String {
    let causes = |next: &Next<'_>| {
        let causes: Vec<String> = next.awaited.iter().map(|cause| cause_words(cause)).collect();
        causes.join(if next.all { " and " } else { " or " })
    };
    let mut each: Vec<String> = match attribute.next.as_slice() {
        [only] => vec![causes(only)],
        several => several.iter().map(|next| format!("{}: {}", next.value.is, causes(next))).collect(),
    };
    let back = annulling(attribute.undone_by());
    if !back.is_empty() {
        let back: Vec<String> = back.iter().map(ToString::to_string).collect();
        each.push(format!("back: {}", back.join(" or ")));
    }
    each.join("; ")
}

/// The events that annul what values rest on, each once.
pub(super) fn annulling<'b, 'a: 'b>(backs: impl Iterator<Item = &'b Back<'a>>) -> Vec<&'a Id> {
    let mut events: Vec<&Id> = Vec::new();
    for back in backs {
        if !events.contains(&back.by) {
            events.push(back.by);
        }
    }
    events
}

fn cause_words(cause: &Cause) -> String {
    match cause {
        Cause::Event(event) => event.to_string(),
        Cause::At(_, written) => spaced(written),
        Cause::After(_) => cause.words(),
    }
}

/// The title of a party or role, or its name.
pub fn office(state: &State, name: &Id) -> String {
    state.office(name).and_then(|office| office.title.clone()).unwrap_or_else(|| name.to_string())
}

/// A text of several lines on one.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why a value holds, as a sentence.
pub fn reason(state: &State, because: &Because) -> String {
    match because {
        Because::Opening => "so it was when the agreement was opened (entry 0)".to_owned(),
        Because::Amendment(done) => {
            let occasion =
                state.workflows.iter().find(|it| it.from == *done).and_then(|it| it.occasion.as_ref());
            let occasion = occasion.map_or_else(String::new, |occasion| format!(": {occasion}"));
            format!("the parties amended the workflow{}{occasion}", by_entry(Some(done.entry)))
        }
        Because::Instant(written) => format!("the instant {written} came"),
        Because::Event(occurrence) => story(state, occurrence),
        Because::Annulled(occurrence) => {
            let annulled = occurrence.annulled.as_ref();
            let by = annulled.map_or_else(String::new, |by| {
                format!(" by the event `{}`: {}{}", by.by, by.why.words, by_entry(by.why.entry))
            });
            format!("the event `{}` was annulled{by}", occurrence.event)
        }
    }
}

fn story(state: &State, occurrence: &Occurrence) -> String {
    let events = &state.workflow_of(&occurrence.case).events;
    let meaning = events.iter().find(|event| event.name == occurrence.event);
    let meaning = meaning.map_or_else(String::new, |event| format!(": {}", event.meaning));
    let ballot =
        occurrence.why.ballot.as_ref().map_or_else(String::new, |ballot| format!(" of the ballot {ballot}"));
    format!(
        "the event `{}` of {}{meaning}; {}{ballot}{}",
        occurrence.event,
        occurrence.case,
        by_cause(&occurrence.why.words),
        by_entry(occurrence.why.entry)
    )
}

/// What would move a value, with the steps that lead there.
pub fn cause_story(workflow: &Workflow, cause: &Cause) -> String {
    match cause {
        Cause::At(_, written) => format!("the instant {written}"),
        Cause::After(_) => format!("the instant {}", cause.words()),
        Cause::Event(event) => event_story(workflow, event),
    }
}

/// An event with the steps that emit it.
pub fn event_story(workflow: &Workflow, event: &Id) -> String {
    let emitters = workflow.emitters(event);
    let emitters: Vec<String> =
        emitters.map(|(procedure, words)| format!("{words} in {procedure}")).collect();
    let meaning = workflow.events.iter().find(|it| it.name == *event);
    let meaning = meaning.map_or_else(String::new, |it| format!(" (“{}”)", it.meaning));
    format!("the event `{event}`{meaning}, from {}", emitters.join(", or "))
}
