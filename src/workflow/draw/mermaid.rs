//! The picture as a Mermaid flowchart. Labels are quoted strings in which whatever means something to Mermaid or to
//! HTML is written as an entity, so that no word of a workflow can end a label.

use std::fmt::Write as _;

use super::{bare, nature};
use crate::values::Id;
use crate::workflow::model::{Ballot, Cause, Grant, Procedure, State, Step, Value, Workflow};

pub(super) fn draw(workflow: &Workflow) -> String {
    let mut out = String::from("flowchart TB\n");
    let _ = writeln!(out, "  accTitle: {}", escaped(&workflow.title));
    let _ = writeln!(out, "  accDescr: {}", escaped(nature(workflow)));
    let _ = writeln!(
        out,
        "  head[{}]",
        label(&[workflow.title.as_str(), nature(workflow), &workflow.digest.to_string()])
    );
    for (procedure, number) in workflow.procedures.iter().zip(1..) {
        let place = format!("p{number}");
        subgraph(&mut out, workflow, procedure, &place);
    }
    let moving = workflow.grants.iter().filter(|grant| grant.moves());
    for (grant, number) in moving.zip(1..) {
        moved(&mut out, workflow, grant, &format!("g{number}"));
    }
    out
}

fn subgraph(out: &mut String, workflow: &Workflow, procedure: &Procedure, place: &str) {
    let title = procedure.title.as_deref().unwrap_or_default();
    let _ = writeln!(out, "  subgraph {place} [{}]", label(&[procedure.name.as_str(), title]));
    let states = &procedure.states;
    let name = |wanted: &Id| {
        let at = states.iter().position(|state| state.name == *wanted).unwrap_or_default();
        format!("{place}s{}", at + 1)
    };
    let mut opening = vec![procedure.open.at_length()];
    opening.extend(procedure.open.emits.iter().map(|event| format!("event {event}")));
    let _ = writeln!(out, "    {place}open([{}])", label(&opening));
    for state in states {
        node(out, state, &name(&state.name));
    }
    let _ = writeln!(out, "    {place}open --> {}", name(&procedure.start));
    for state in states {
        for step in &state.steps {
            let to = step.to.as_ref().unwrap_or(&state.name);
            let _ = writeln!(out, "    {} -->|{}| {}", name(&state.name), edge(step), name(to));
        }
        for (ballot, number) in state.ballots().zip(1..) {
            let ballot = workflow.ballot(ballot);
            let at = name(&state.name);
            let _ = writeln!(out, "    {at}b{number}{{{{{}}}}}", ballot.map_or_else(String::new, asked));
            let _ = writeln!(out, "    {at} -.- {at}b{number}");
        }
    }
    let _ = writeln!(out, "  end");
}

fn node(out: &mut String, state: &State, name: &str) {
    let mut lines = vec![state.name.to_string()];
    lines.extend(state.duties.iter().map(|duty| format!("owed: {}", duty.at_length())));
    let (open, close) = if state.ends { ("[[", "]]") } else { ("[", "]") };
    let _ = writeln!(out, "    {name}{open}{}{close}", label(&lines));
}

fn edge(step: &Step) -> String {
    let mut lines = vec![step.trigger.at_length()];
    lines.extend(step.besides());
    label(&lines)
}

fn asked(ballot: &Ballot) -> String {
    let mut lines = vec![format!("ballot {}", ballot.name), ballot.question.clone()];
    lines.extend(ballot.facts().into_iter().map(|(name, words)| format!("{name}: {words}")));
    lines.extend(ballot.outcomes.iter().map(|outcome| format!("{}: {}", outcome.is, outcome.words())));
    label(&lines)
}

/// A grant, its values in order, and dotted lines from the procedures whose events move it.
fn moved(out: &mut String, workflow: &Workflow, grant: &Grant, place: &str) {
    let mut lines = vec![grant.name.to_string()];
    for attribute in &grant.attributes {
        let value = |value: &Value| match &value.moves {
            None => value.is.clone(),
            Some(_) => format!("{} {}", value.is, workflow.brought_by(value, true)),
        };
        let values: Vec<String> = attribute.values.iter().map(value).collect();
        lines.push(format!("{}: {}", attribute.name, values.join(", then ")));
    }
    let _ = writeln!(out, "  {place}[/{}/]", label(&lines));
    let values = grant.attributes.iter().flat_map(|attribute| &attribute.values);
    let causes: Vec<&Cause> = values
        .filter_map(|value| value.moves.as_ref())
        .flat_map(crate::workflow::model::Moves::causes)
        .collect();
    for (procedure, number) in workflow.procedures.iter().zip(1..) {
        let mut events: Vec<&str> = Vec::new();
        for cause in &causes {
            if let Cause::Event(event) = cause
                && workflow.emitters(event).any(|(emits, _)| *emits == procedure.name)
                && !events.contains(&event.as_str())
            {
                events.push(event.as_str());
            }
        }
        if !events.is_empty() {
            let _ = writeln!(out, "  p{number} -.->|{}| {place}", label(&[events.join(", ")]));
        }
    }
}

/// A quoted label of several lines; empty ones are left out.
fn label<L: AsRef<str>>(lines: &[L]) -> String {
    let lines = lines.iter().map(|line| escaped(&bare(line.as_ref()))).filter(|line| !line.is_empty());
    let lines: Vec<String> = lines.collect();
    format!("\"{}\"", lines.join("<br/>"))
}

/// Letters, digits and what means nothing to Mermaid stand as they are; everything else as an entity by its number.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        match letter {
            ' ' | ',' | '.' | '-' | '/' | '(' | ')' | ':' | '?' | '\'' | '=' | '+' => out.push(letter),
            letter if letter.is_alphanumeric() => out.push(letter),
            other => {
                let _ = write!(out, "#{};", u32::from(other));
            }
        }
    }
    out
}
