//! Where each case stands, who has still to act, and what happens if nobody does.

use super::time;
use crate::engine::State;
use crate::engine::ballot::BallotRun;
use crate::engine::case::Case;
use crate::engine::evidence::News;
use crate::engine::outlook::{Kind, Task};
use crate::engine::sealed::Sealing;
use crate::engine::window::Takes;
use crate::values::{Id, Instant};
use crate::workflow::model::{Ballot, Counted, Term};

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
    let counts = counts(run, rules);
    let Some(end) = &run.closed else { return open_words(run, &counts, at, suspended) };
    let how = match &end.outcome {
        Some(outcome) => {
            let answer = run.answer(rules).zip(rules.answer.as_ref());
            let answer =
                answer.map_or_else(String::new, |(answer, asked)| format!(", {}", asked.with_unit(&answer)));
            let chosen = run.chosen(rules, outcome);
            let chosen = chosen.map_or_else(String::new, |seat| format!(", {seat} chosen"));
            format!("closed {}: {outcome}{answer}{chosen}", time::plain(end.at))
        }
        None => format!("abandoned {}", time::plain(end.at)),
    };
    // Where the case went on without an outcome, nobody's time to reveal has run out.
    let sealing = run.sealed.as_ref().filter(|_| end.outcome.is_some());
    let unrevealed: Vec<&str> = sealing.into_iter().flat_map(Sealing::unrevealed).map(Id::as_str).collect();
    let unrevealed = match unrevealed.as_slice() {
        [] => String::new(),
        seats => format!("; not revealed by {}", seats.join(", ")),
    };
    format!("ballot {}, {how}; {counts}; {} electors{unrevealed}", run.id, run.electors.len())
}

/// `met 3, not-met 1`; of a ballot that asks for an answer alone, what was answered so far.
fn counts(run: &BallotRun, rules: &Ballot) -> String {
    let counts: Vec<String> =
        tally(run, rules).into_iter().map(|(choice, votes)| format!("{choice} {votes}")).collect();
    if counts.is_empty() { "no answers".to_owned() } else { counts.join(", ") }
}

/// `ballot …, open until …; met 3, not-met 1; 3 of 7 electors still to vote`; of a sealed one
/// `ballot …, sealed, votes are cast until …; 3 of 7 electors have committed: i1, m1, o1`, and later
/// `ballot …, sealed, votes are revealed until …; met 2, not-met 0, abstain 0; still sealed: i1`.
fn open_words(run: &BallotRun, counts: &str, at: Instant, suspended: bool) -> String {
    let (takes, until) = run.takes(suspended);
    let (kind, what) = match takes {
        Takes::Votes => ("open", ""),
        Takes::Commitments => ("sealed", ", votes are cast"),
        Takes::Reveals => ("sealed", ", votes are revealed"),
    };
    let how = match until {
        Some(until) => format!("{kind}{what} until {}", time::from_now(until, at)),
        None => format!("{kind}, and standing still"),
    };
    let names = |seats: Vec<&Id>| match seats.as_slice() {
        [] => "nobody".to_owned(),
        seats => seats.iter().map(|seat| seat.as_str()).collect::<Vec<_>>().join(", "),
    };
    let electors = run.electors.len();
    let sealing = run.sealed.as_ref();
    let told = match takes {
        Takes::Votes => format!("{counts}; {} of {electors} electors still to vote", run.awaited().count()),
        Takes::Commitments => {
            let committed = sealing.into_iter().flat_map(|sealing| sealing.commitments.keys());
            let committed: Vec<&Id> = committed.filter(|seat| run.counts(seat)).collect();
            let many = committed.len();
            format!("{many} of {electors} electors have committed: {}", names(committed))
        }
        Takes::Reveals => {
            let sealed = sealing.into_iter().flat_map(Sealing::unrevealed);
            format!("{counts}; still sealed: {}", names(sealed.filter(|seat| run.counts(seat)).collect()))
        }
    };
    format!("ballot {}, {how}; {told}", run.id)
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
fn what(task: &Task) -> String {
    if task.what.contains(&task.case.to_string()) {
        task.what.clone()
    } else {
        format!("{} in {}", task.what, task.case)
    }
}

/// What several people have to do alike: seven votes are one thing to wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered<'a> {
    /// How much it presses.
    pub kind: Kind,
    /// What is to be done.
    pub what: String,
    /// Until when, if that ends.
    pub until: Option<Instant>,
    /// By whom.
    pub who: Vec<&'a str>,
}

/// Tasks, those alike as one, what presses most first.
pub fn gathered(tasks: &[Task]) -> Vec<Gathered<'_>> {
    let mut all: Vec<Gathered<'_>> = Vec::new();
    for task in tasks {
        let what = what(task);
        let alike =
            |it: &&mut Gathered<'_>| (it.kind, it.until) == (task.kind, task.until) && it.what == what;
        match all.iter_mut().find(alike) {
            Some(it) => it.who.push(&task.who),
            None => all.push(Gathered { kind: task.kind, what, until: task.until, who: vec![&task.who] }),
        }
    }
    all.sort_by_key(|it| it.kind);
    all
}

/// What is told where there is no case: who can open one.
pub fn none_yet(state: &State) -> String {
    let openings = state.workflow.procedures.iter();
    let openings =
        openings.map(|it| format!("`{}` by {} opens a case of {}", it.open.act, it.open.by.words(), it.name));
    format!("None yet; {}.", openings.collect::<Vec<_>>().join("; "))
}

/// How a ballot stands, in the fewest words: `open`, `closed: verified`.
pub fn ballot_word(run: &BallotRun) -> String {
    match run.closed.as_ref().map(|end| &end.outcome) {
        Some(Some(outcome)) => format!("closed: {outcome}"),
        Some(None) => "abandoned".to_owned(),
        None => match run.takes(false).0 {
            Takes::Votes => "open".to_owned(),
            Takes::Commitments => "open and sealed".to_owned(),
            Takes::Reveals => "votes are revealed".to_owned(),
        },
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
