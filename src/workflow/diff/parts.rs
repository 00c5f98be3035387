//! The parts of a workflow, each with everything that is said of it. Taken apart without `..`.

use super::{Listed, Part, nature};
use crate::values::{Calendar, Id};
use crate::workflow::invariant::Invariant;
use crate::workflow::model::{
    Access, Attribute, Ballot, Contract, Duty, Event, Grant, Office, Outcome, Panel, Procedure, Reading,
    Seat, State, Step, Tier, Value, Workflow,
};

/// Every part, in the order of the language.
pub(super) fn of(workflow: &Workflow) -> Vec<Part> {
    let Workflow {
        digest: _,
        title: _,
        nature: _,
        contract: _,
        readings,
        access: _,
        tiers,
        calendar,
        parties,
        roles,
        panels,
        events,
        procedures,
        ballots,
        grants,
        invariants: _,
    } = workflow;
    let mut parts = vec![top(workflow)];
    parts.extend(calendar.as_deref().map(self::calendar));
    parts.extend(parties.iter().map(|it| office("party", it)));
    parts.extend(roles.iter().map(|it| office("role", it)));
    parts.extend(tiers.iter().map(tier));
    parts.extend(panels.iter().map(panel));
    parts.extend(events.iter().map(event));
    for it in procedures {
        parts.push(procedure(it));
        parts.extend(it.states.iter().map(|state| self::state(it, state)));
    }
    parts.extend(ballots.iter().map(ballot));
    parts.extend(grants.iter().map(grant));
    parts.extend(invariants_of(workflow));
    parts.push(ours(readings));
    parts
}

fn part(name: String, facts: Vec<(&str, Option<String>)>, lists: Vec<Listed>, exact: String) -> Part {
    let facts = facts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Part { name, facts: facts.collect(), lists, exact }
}

fn listed(what: &str, members: Vec<String>) -> Listed {
    Listed { what: what.to_owned(), members, ordered: false }
}

fn top(workflow: &Workflow) -> Part {
    let Contract { digest, source } = &workflow.contract;
    let facts = vec![
        ("title", Some(workflow.title.clone())),
        ("nature", Some(nature(workflow.nature).to_owned())),
        ("contract", Some(digest.to_string())),
        ("source of the contract", source.clone()),
        ("access", (workflow.access != Access::Public).then(|| workflow.access.word().to_owned())),
    ];
    part("the workflow".to_owned(), facts, Vec::new(), String::new())
}

fn calendar(calendar: &Calendar) -> Part {
    let holidays = listed("holiday", calendar.holidays().iter().map(ToString::to_string).collect());
    let facts = calendar.facts().into_iter().map(|(name, value)| (name, Some(value))).collect();
    part("the calendar".to_owned(), facts, vec![holidays], String::new())
}

fn office(kind: &str, office: &Office) -> Part {
    let Office { name, title, needed, of } = office;
    let signs = format!("signs with {needed} of {of}");
    let facts = vec![("title", title.clone()), ("signatures", Some(signs))];
    part(format!("{kind} {name}"), facts, Vec::new(), format!("{office:?}"))
}

fn tier(tier: &Tier) -> Part {
    let Tier { name, documents, readers } = tier;
    let named = |names: &[Id]| names.iter().map(ToString::to_string).collect();
    let lists = vec![listed("document", named(documents)), listed("reader", named(readers))];
    part(format!("tier {name}"), Vec::new(), lists, format!("{tier:?}"))
}

fn panel(panel: &Panel) -> Part {
    let facts = panel.facts().into_iter().map(|(name, value)| (name, Some(value))).collect();
    let seat = |seat: &Seat| {
        let Seat { name, by, class, weight } = seat;
        let class = class.as_ref().map_or_else(String::new, |class| format!(", class {class}"));
        let weight = if *weight == 1 { String::new() } else { format!(", weight {weight}") };
        format!("{name}, named by {}{class}{weight}", crate::workflow::words::jointly(by))
    };
    let seats = listed("seat", panel.seats.iter().map(seat).collect());
    part(format!("panel {}", panel.name), facts, vec![seats], format!("{panel:?}"))
}

fn event(event: &Event) -> Part {
    let Event { name, meaning, annulled } = event;
    let annulled =
        annulled.as_ref().map(|annulment| format!("by {}, {}", annulment.by, annulment.from.words()));
    let facts = vec![("meaning", Some(meaning.clone())), ("annulled", annulled)];
    part(format!("event {name}"), facts, Vec::new(), format!("{event:?}"))
}

fn procedure(procedure: &Procedure) -> Part {
    let open = &procedure.open;
    let facts = vec![
        ("title", procedure.title.clone()),
        ("opened", Some(format!("{}{}", open.at_length(), crate::workflow::words::events(&open.emits)))),
        ("begins in", Some(procedure.start.to_string())),
        ("cases", Some(procedure.facts().join(" "))),
    ];
    let exact = format!("{:?}", Procedure { states: Vec::new(), ..procedure.clone() });
    part(format!("procedure {}", procedure.name), facts, Vec::new(), exact)
}

fn state(procedure: &Procedure, state: &State) -> Part {
    let State { name: _, ends, ballot: _, together: _, steps, duties } = state;
    let step = |step: &Step| {
        let to = step.to.as_ref().map_or_else(String::new, |to| format!(" → {to}"));
        let taken = format!("{}{to}", step.trigger.at_length());
        [vec![taken], step.besides()].concat().join(", ")
    };
    let steps = Listed { ordered: true, ..listed("step", steps.iter().map(step).collect()) };
    let owed = listed("owed", duties.iter().map(Duty::at_length).collect());
    let ballots: Vec<String> = state.ballots().map(ToString::to_string).collect();
    let facts = vec![
        ("the end", ends.then(|| "the case has ended here".to_owned())),
        ("ballot", (!ballots.is_empty()).then(|| ballots.join(", "))),
    ];
    let mut bare = state.clone();
    bare.steps.iter_mut().for_each(|step| step.line = 0);
    bare.duties.iter_mut().for_each(|duty| duty.line = 0);
    part(format!("state {} of {}", state.name, procedure.name), facts, vec![steps, owed], format!("{bare:?}"))
}

fn ballot(ballot: &Ballot) -> Part {
    let mut facts = vec![("question", Some(ballot.question.clone()))];
    facts.extend(ballot.facts().into_iter().map(|(name, value)| (name, Some(value))));
    let order: Vec<&str> = ballot.outcomes.iter().map(|outcome| outcome.is.as_str()).collect();
    facts.push(("outcomes, the first that applies", Some(order.join(", "))));
    let mut part = part(format!("ballot {}", ballot.name), facts, Vec::new(), format!("{ballot:?}"));
    let outcome = |is: &Id| {
        let places = ballot.outcomes.iter().filter(|outcome| outcome.is == *is).map(Outcome::words);
        (format!("outcome {is}"), places.collect::<Vec<_>>().join("; or "))
    };
    part.facts.extend(ballot.named_outcomes().map(outcome));
    part
}

fn grant(grant: &Grant) -> Part {
    let Grant { name, title, from, to, scope, clause, source, reading: _, fixed, attributes } = grant;
    let mut part = part(
        format!("grant {name}"),
        vec![
            ("title", Some(title.clone())),
            ("from", from.as_ref().map(ToString::to_string)),
            ("to", to.as_ref().map(ToString::to_string)),
            ("scope", scope.clone()),
            ("clause", clause.clone()),
            ("source", source.clone()),
            ("fixed", fixed.then(|| "nothing moves it".to_owned())),
        ],
        Vec::new(),
        String::new(),
    );
    let value = |value: &Value| {
        let Value { is, moves, reading: _, line: _ } = value;
        let with = moves.as_ref().map_or_else(String::new, |moves| format!(" with {}", moves.words()));
        format!("“{is}”{with}")
    };
    let attribute = |attribute: &Attribute| {
        let Attribute { name, values } = attribute;
        let values = values.iter().map(value).collect::<Vec<_>>().join(", then ");
        (name.to_string(), values)
    };
    part.facts.extend(attributes.iter().map(attribute));
    part
}

fn invariants_of(workflow: &Workflow) -> Option<Part> {
    let told = |invariant: &Invariant| {
        let title = invariant.title.as_ref().map_or_else(String::new, |title| format!("{title}: "));
        format!("{title}{}", invariant.words())
    };
    let members: Vec<String> = workflow.invariants.iter().map(told).collect();
    let promises = || vec![listed("promise", members.clone())];
    (!members.is_empty()).then(|| part("what must be so".to_owned(), Vec::new(), promises(), String::new()))
}

/// Choices and readings that are the authors' own, and not the contract's.
fn ours(readings: &[Reading]) -> Part {
    let words = |reading: &Reading| (reading.place.clone(), reading.words().to_owned());
    let name = "ours, and not the contract's".to_owned();
    Part { name, facts: readings.iter().map(words).collect(), lists: Vec::new(), exact: String::new() }
}
