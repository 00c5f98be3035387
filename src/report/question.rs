//! What was asked, on what evidence, and how the case went.

use super::{Row, Section, Sources, told};
use crate::engine::ballot::BallotRun;
use crate::engine::case::Case;
use crate::engine::suspension::Stop;

pub(super) fn asked(sources: &Sources<'_>, case: &Case) -> Section {
    let mut section = Section::new("The question");
    for run in &case.ballots {
        let Some(rules) = run.rules() else { continue };
        section.say(
            format!(
                "The ballot {} asked: “{}” Its paper, which says on what the votes were cast, has the SHA-256 {}.",
                run.id, rules.question, run.paper
            ),
            [text_of(sources, run)],
        );
    }
    if case.ballots.is_empty() {
        section.say("No ballot has opened in this case.", []);
    }
    let rows = case.filed.iter().map(|filed| {
        let struck = filed.struck.map_or_else(String::new, |struck| told(struck.at));
        let entries = [Some(filed.done.entry), filed.struck.map(|struck| struck.entry)];
        Row {
            cells: vec![
                filed.name.to_string(),
                filed.by.clone(),
                told(filed.done.at),
                filed.digest.to_string(),
                struck,
            ],
            entries: entries.into_iter().flatten().collect(),
        }
    });
    let rows: Vec<Row> = rows.collect();
    if !rows.is_empty() {
        section.say("Filed in the case:", []);
        section.table(vec!["document", "by", "when", "digest", "struck"], rows);
    }
    section
}

/// The entry in which the workflow stands that asks: the opening, or the amendment that put it into force.
fn text_of(sources: &Sources<'_>, run: &BallotRun) -> u64 {
    let mut texts = sources.state.workflows.iter().rev();
    let asks = texts.find(|it| it.workflow.digest == run.workflow.digest && it.from.at <= run.opened);
    asks.map_or(0, |text| text.from.entry)
}

pub(super) fn way(sources: &Sources<'_>, case: &Case) -> Section {
    let mut section = Section::new("How the case went");
    let rows = case.path.iter().map(|step| Row {
        cells: vec![told(step.at), step.to.to_string(), step.why.words.clone()],
        entries: step.why.entry.into_iter().collect(),
    });
    section.table(vec!["when", "state", "by"], rows.collect());
    for stop in &case.stops {
        stood_still(&mut section, sources, case, *stop);
    }
    match case.ended {
        Some(ended) => section.say(
            format!("The case ended {}, in the state {}.", told(ended), case.state),
            case.path.last().and_then(|step| step.why.entry),
        ),
        None => section.say(format!("The case has not ended; it is in the state {}.", case.state), []),
    }
    section
}

/// When the case stood still, by which other cases, with the entries that opened and ended these.
fn stood_still(section: &mut Section, sources: &Sources<'_>, case: &Case, stop: Stop) {
    let suspends = |other: &&Case| {
        let suspends = other.procedure().and_then(|procedure| procedure.suspends.as_ref());
        suspends.is_some_and(|it| it.procedures.contains(&case.id.procedure))
            && stop.until.is_none_or(|until| other.opened.at <= until)
            && other.ended.is_none_or(|ended| ended >= stop.from)
    };
    let by: Vec<&Case> = sources.state.cases.values().map(|other| &**other).filter(suspends).collect();
    let names = by.iter().map(|other| other.id.to_string()).collect::<Vec<_>>().join(", ");
    let while_running = if names.is_empty() { String::new() } else { format!(", while {names} ran") };
    let closing = by.iter().filter(|other| other.ended.is_some()).filter_map(|other| other.path.last());
    let entries = by.iter().map(|other| other.opened.entry).chain(closing.filter_map(|step| step.why.entry));
    let words = match stop.until {
        Some(until) => format!(
            "The case was suspended from {} until {}{while_running}: what was still to come came so much later.",
            told(stop.from),
            told(until)
        ),
        None => format!("The case has been suspended since {}{while_running}.", told(stop.from)),
    };
    section.say(words, entries.collect::<Vec<_>>());
}
