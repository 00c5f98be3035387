//! What was asked, on what evidence, and how the case went.

use super::{Row, Section, told};
use crate::engine::case::Case;

pub(super) fn asked(case: &Case) -> Section {
    let mut section = Section::new("The question");
    for run in &case.ballots {
        let Some(rules) = run.rules() else { continue };
        section.say(
            format!(
                "The ballot {} asked: “{}” Its paper, which says on what the votes were cast, has the SHA-256 {}.",
                run.id, rules.question, run.paper
            ),
            // The workflow, which asks, stands in the opening.
            [0],
        );
    }
    if case.ballots.is_empty() {
        section.say("No ballot has opened in this case.", []);
    }
    let rows = case.filed.iter().map(|filed| {
        let struck = filed.struck.map_or_else(String::new, |struck| format!("struck {}", told(struck.at)));
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
        section.table(vec!["document", "by", "when", "digest", ""], rows);
    }
    section
}

pub(super) fn way(case: &Case) -> Section {
    let mut section = Section::new("How the case went");
    let rows = case.path.iter().map(|step| Row {
        cells: vec![told(step.at), step.to.to_string(), step.why.words.clone()],
        entries: step.why.entry.into_iter().collect(),
    });
    section.table(vec!["when", "state", "by"], rows.collect());
    match case.ended {
        Some(ended) => section.say(
            format!("The case ended {}, in the state {}.", told(ended), case.state),
            case.path.last().and_then(|step| step.why.entry),
        ),
        None => section.say(format!("The case has not ended; it is in the state {}.", case.state), []),
    }
    section
}
