//! Where each case stands, who has still to act, and what happens if nobody does.

use serde_json::{Map, Value, json};

use super::time;
use crate::engine::State;
use crate::engine::ballot::BallotRun;
use crate::engine::case::{Case, Obligation};
use crate::engine::evidence::{News, since_vote};
use crate::engine::outlook::{Kind, Task};
use crate::engine::sealed::Sealing;
use crate::values::{Id, Instant};
use crate::workflow::model::{Ballot, Counted, Step, Term, Trigger};

/// `suspended by challenge#1 since …: its clocks stand still; possible meanwhile: file`.
pub fn suspended_words(state: &State, case: &Case, since: Instant) -> String {
    let procedure = &case.id.procedure;
    let by: Vec<String> = state.suspending(procedure).map(|(id, _)| id.to_string()).collect();
    let allowed: Vec<&str> = state.allowed(procedure).into_iter().map(Id::as_str).collect();
    let allowed = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
    format!(
        "suspended by {} since {}: its clocks stand still; possible meanwhile: {allowed}",
        by.join(" and "),
        time::plain(since)
    )
}

/// `ballot verification#1/finding#1, open until …: met 3, not-met 1, abstain 0, 3 of 7 still to vote`.
pub fn ballot_words(run: &BallotRun, rules: &Ballot, at: Instant, suspended: bool) -> String {
    let counts: Vec<String> =
        tally(run, rules).into_iter().map(|(choice, votes)| format!("{choice} {votes}")).collect();
    if let Some(sealing) = run.sealed.as_ref().filter(|_| run.closed.is_none()) {
        return sealed_words(run, sealing, &counts, at, suspended);
    }
    let how = match &run.closed {
        None if suspended => "open, and standing still".to_owned(),
        None => format!("open until {}", time::from_now(run.until(rules), at)),
        Some(end) => match &end.outcome {
            Some(outcome) => {
                let answer = run.answer(rules).zip(rules.answer.as_ref());
                let answer = answer
                    .map_or_else(String::new, |(answer, asked)| format!(", {}", asked.with_unit(&answer)));
                let chosen = run.chosen(rules, outcome);
                let chosen = chosen.map_or_else(String::new, |seat| format!(", {seat} chosen"));
                format!("closed {}: {outcome}{answer}{chosen}", time::plain(end.at))
            }
            None => format!("abandoned {}", time::plain(end.at)),
        },
    };
    let waiting = if run.closed.is_none() {
        format!("; {} of {} electors still to vote", run.awaited().count(), run.electors.len())
    } else {
        format!("; {} electors", run.electors.len())
    };
    let sealing = run.sealed.as_ref();
    let unrevealed: Vec<&str> = sealing.into_iter().flat_map(Sealing::unrevealed).map(Id::as_str).collect();
    let unrevealed = match unrevealed.as_slice() {
        [] => String::new(),
        seats => format!("; not revealed by {}", seats.join(", ")),
    };
    format!("ballot {}, {how}; {}{waiting}{unrevealed}", run.id, counts.join(", "))
}

/// `ballot …, sealed, votes are cast until …; 3 of 7 electors have committed: i1, m1, o1`, and later
/// `ballot …, sealed, votes are revealed until …; met 2, not-met 0, abstain 0; still sealed: i1`.
fn sealed_words(
    run: &BallotRun,
    sealing: &Sealing,
    counts: &[String],
    at: Instant,
    suspended: bool,
) -> String {
    let phase = |deed: &str| {
        if suspended {
            "sealed, and standing still".to_owned()
        } else {
            format!("sealed, votes are {deed} until {}", time::from_now(run.closes, at))
        }
    };
    let names = |seats: Vec<&Id>| match seats.as_slice() {
        [] => "nobody".to_owned(),
        seats => seats.iter().map(|seat| seat.as_str()).collect::<Vec<_>>().join(", "),
    };
    if sealing.revealing.is_some() {
        let sealed = names(sealing.unrevealed().filter(|seat| run.counts(seat)).collect());
        return format!(
            "ballot {}, {}; {}; still sealed: {sealed}",
            run.id,
            phase("revealed"),
            counts.join(", ")
        );
    }
    let committed: Vec<&Id> = sealing.commitments.keys().filter(|seat| run.counts(seat)).collect();
    format!(
        "ballot {}, {}; {} of {} electors have committed: {}",
        run.id,
        phase("cast"),
        committed.len(),
        run.electors.len(),
        names(committed)
    )
}

/// What a voter has not seen, in words.
pub fn news_words(news: News<'_>) -> String {
    match news {
        News::Filed(name) => format!("{name} filed"),
        News::Struck(name) => format!("{name} struck"),
        News::Left(seat) => format!("{seat} left the ballot"),
    }
}

/// The votes that count, by choice in the workflow's order, and by answer: people, and of one affiliation those who count.
pub fn tally(run: &BallotRun, rules: &Ballot) -> Vec<(Id, u64)> {
    let table = run.table(rules);
    let of = |choice: &Id| {
        table.amount(&vec![Term { counted: Counted::Choice(choice.clone()), heads: true, class: None }])
    };
    let answers = table.answers().into_iter().map(|(answer, _)| answer);
    let choices = run.choices(rules).cloned().chain(answers).chain(rules.abstention.clone());
    choices.map(|choice| (choice.clone(), of(&choice))).collect()
}

/// What is to be done, with the case where the words do not name it.
pub fn what(task: &Task) -> String {
    if task.what.contains(&task.case.to_string()) {
        task.what.clone()
    } else {
        format!("{} in {}", task.what, task.case)
    }
}

/// How much a task presses, in a word.
pub fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Overdue => "overdue",
        Kind::Owed => "owed",
        Kind::Awaited => "awaited",
        Kind::Possible => "possible",
    }
}

/// Every case, what is to be done, and what comes by itself, of a state to which time has passed.
pub fn document(state: &State, at: Instant) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("cases".to_owned(), state.cases.values().map(|case| case_json(state, case)).collect());
    let tasks = state.tasks(at);
    fields.insert("tasks".to_owned(), tasks.iter().map(task_json).collect());
    let coming = state.if_nobody_acts();
    let coming = coming.iter().map(|it| json!({ "at": it.at, "case": it.case, "what": it.what }));
    fields.insert("if-nobody-acts".to_owned(), coming.collect());
    fields
}

/// One case for a machine.
pub fn case_json(state: &State, case: &Case) -> Value {
    let path = case.path.iter().map(|step| {
        json!({ "at": step.at, "to": step.to, "by": step.why.words, "entry": step.why.entry, "line": step.why.line })
    });
    let seats = state.panel_of(case).map(|(panel, seats)| {
        let seat = |seat: &crate::workflow::model::Seat| {
            let nominee = seats.seats.get(&seat.name).and_then(|place| place.nominee.as_ref());
            json!({
                "seat": state.seat_name(case, &seat.name),
                "person": nominee.map(|nominee| &nominee.person),
                "key": nominee.map(|nominee| nominee.key.fingerprint()),
                "filled": seats.filled(panel, &seat.name).is_some(),
                "recused": case.recused.get(&seat.name).map(|recusal| &recusal.reason),
                "obliged": case.obliged.get(&seat.name).map(Obligation::words),
            })
        };
        panel.seats.iter().map(seat).collect::<Vec<_>>()
    });
    let ballots = case.ballots.iter().filter_map(|run| {
        let since = run.electors.keys().filter(|_| run.closed.is_none());
        let since: Vec<Value> = since.filter_map(|seat| since_json(case, run, seat)).collect();
        let mut json = ballot_json(run, run.rules()?);
        json.as_object_mut()?.insert("since-votes".to_owned(), json!(since));
        Some(json)
    });
    let filed = case.filed.iter().map(|it| {
        json!({ "name": it.name, "digest": it.digest, "by": it.by, "entry": it.done.entry, "struck": it.struck.map(|struck| struck.entry) })
    });
    let mut json = json!({
        "case": case.id,
        "workflow": case.workflow.digest,
        "state": case.state,
        "opened": case.opened.at,
        "since": case.entered,
        "ended": case.ended,
        "subject": case.subject.as_ref().map(|it| json!({
            "seat": it.seat, "person": it.person, "seated": state.subject_seated(case),
        })),
        "suspended": case.suspended().map(|since| json!({
            "since": since,
            "by": state.suspending(&case.id.procedure).map(|(id, _)| id).collect::<Vec<_>>(),
            "allow": state.allowed(&case.id.procedure),
        })),
        "path": path.collect::<Vec<_>>(),
        "seats": seats,
        "ballots": ballots.collect::<Vec<_>>(),
        "filed": filed.collect::<Vec<_>>(),
        "listens": case.listening().filter_map(listens).collect::<Vec<_>>(),
    });
    if let (Some(chosen), Some(fields)) = (state.around(case).chosen(), json.as_object_mut()) {
        fields.insert("chosen".to_owned(), json!({ "chair": chosen.seat, "by": chosen.ballot }));
    }
    json
}

fn listens(step: &Step) -> Option<Value> {
    let Trigger::On(events) = &step.trigger else { return None };
    Some(json!({ "on": events, "to": step.to, "emits": step.emits }))
}

fn since_json(case: &Case, run: &BallotRun, seat: &Id) -> Option<Value> {
    let news = since_vote(case, run, seat);
    let told = news.iter().map(|(entry, news)| json!({ "what": news_words(*news), "entry": entry }));
    let told: Vec<Value> = told.collect();
    let counts = !run.lapsed.contains_key(seat);
    (!told.is_empty()).then(|| json!({ "seat": seat, "counts": counts, "news": told }))
}

/// A ballot with its count.
pub fn ballot_json(run: &BallotRun, rules: &Ballot) -> Value {
    let counts: Map<String, Value> =
        tally(run, rules).into_iter().map(|(choice, votes)| (choice.to_string(), json!(votes))).collect();
    let mut ballot = json!({
        "ballot": run.id,
        "question": run.paper,
        "opened": run.opened,
        "closes": run.until(rules),
        "closed": run.closed.as_ref().map(|end| json!({ "at": end.at, "entry": end.entry, "outcome": end.outcome })),
        "electors": run.electors.keys().collect::<Vec<_>>(),
        "excluded": *run.excluded,
        "left": run.left.iter().map(|(seat, left)| json!({ "seat": seat, "reason": left.reason.words(), "entry": left.entry })).collect::<Vec<_>>(),
        "heads": counts,
        "awaited": run.awaited().map(|(seat, _)| seat).collect::<Vec<_>>(),
    });
    if let (Some(answer), Some(fields)) = (run.answer(rules), ballot.as_object_mut()) {
        fields.insert("answer".to_owned(), json!(answer));
    }
    let outcome = run.closed.as_ref().and_then(|end| end.outcome.as_ref());
    let chosen = outcome.and_then(|outcome| run.chosen(rules, outcome));
    if let (Some(chosen), Some(fields)) = (chosen, ballot.as_object_mut()) {
        fields.insert("chosen".to_owned(), json!(chosen));
    }
    if let (Some(sealing), Some(fields)) = (&run.sealed, ballot.as_object_mut()) {
        fields.insert("sealed".to_owned(), sealed_json(sealing));
    }
    ballot
}

fn sealed_json(sealing: &Sealing) -> Value {
    let committed = sealing.commitments.iter().map(|(seat, committed)| {
        let revealed = committed.revealed.map(|done| done.entry);
        json!({ "seat": seat, "entry": committed.done.entry, "revealed": revealed })
    });
    json!({
        "phase": if sealing.revealing.is_some() { "reveal" } else { "commit" },
        "revealing-since": sealing.revealing.map(|revealing| revealing.since),
        "committed": committed.collect::<Vec<_>>(),
    })
}

/// One task for a machine.
pub fn task_json(task: &Task) -> Value {
    json!({ "kind": kind_word(task.kind), "case": task.case, "who": task.who, "what": task.what, "until": task.until })
}
