//! Where the cases stand.

use serde::Serialize;
use utoipa::ToSchema;

use super::ballot::Ballot;
use super::facts::Facts;
use crate::engine::State;
use crate::engine::ballot::BallotRun;
use crate::engine::case::{self, Obligation};
use crate::engine::evidence::since_vote;
use crate::engine::outlook;
use crate::log::Head;
use crate::statement::{BallotRef, CaseRef, HolderRef};
use crate::values::{Digest, Id, Instant};
use crate::view::status::{kind_word, news_words};
use crate::workflow::model::{Step, Trigger};

/// Where each case stands, who has still to act, and what happens if nobody does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Status {
    /// What every answer begins with.
    #[serde(flatten)]
    pub facts: Facts,
    /// Whether the time asked about is still to come: then it is what will be if nobody acts until then.
    pub projection: bool,
    /// Where the cases stand.
    #[serde(flatten)]
    pub cases: Cases,
}

/// The cases of an agreement, and what lies ahead in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Cases {
    /// Every case, in the order of procedures and numbers.
    pub cases: Vec<Case>,
    /// Who has still to act.
    pub tasks: Vec<Task>,
    /// What comes by itself.
    #[serde(flatten)]
    pub ahead: Ahead,
}

/// What comes by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Ahead {
    /// What comes by itself, in order: at most the first 64.
    pub if_nobody_acts: Vec<Coming>,
    /// Whether more comes by itself than is listed there.
    pub more_follows: bool,
}

/// A case: one run of a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Case {
    /// Which one.
    pub case: CaseRef,
    /// The workflow under which it runs.
    pub workflow: Digest,
    /// The state it is in, as the workflow names it.
    pub state: Id,
    /// When it was opened.
    pub opened: Instant,
    /// When it entered the state it is in.
    pub since: Instant,
    /// When it ended; `null` while it runs.
    #[schema(required)]
    pub ended: Option<Instant>,
    /// Whom it is about; `null` where it is about no seat.
    #[schema(required)]
    pub subject: Option<Subject>,
    /// Why it stands still; `null` where it does not.
    #[schema(required)]
    pub suspended: Option<Suspended>,
    /// How it got to the state it is in.
    pub path: Vec<Move>,
    /// Its panel's seats, in the workflow's order; `null` where it has no panel.
    #[schema(required)]
    pub seats: Option<Vec<Seat>>,
    /// Its ballots so far.
    pub ballots: Vec<Ballot>,
    /// The documents filed, in order.
    pub filed: Vec<Filed>,
    /// What it waits for in other cases.
    pub listens: Vec<Listening>,
    /// Who was chosen to chair it. There where somebody was, and still has the seat.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub chosen: Option<Chosen>,
}

/// Whom a case is about: who had the seat when it was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Subject {
    /// The seat.
    pub seat: HolderRef,
    /// The person, in words.
    pub person: String,
    /// Whether the person still has the seat.
    pub seated: bool,
}

/// A case that stands still: its clocks and its ballots' windows are stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Suspended {
    /// Since when.
    pub since: Instant,
    /// The cases that suspend it.
    pub by: Vec<CaseRef>,
    /// The acts that are possible in it all the same.
    pub allow: Vec<Id>,
}

/// A change of state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Move {
    /// When.
    pub at: Instant,
    /// To which state.
    pub to: Id,
    /// By what, in words: `declare by openai`, `outcome verified`, `after 60 days`.
    pub by: String,
    /// The entry that did it; `null` where time alone did.
    #[schema(required)]
    pub entry: Option<u64>,
    /// The line of the workflow that says so, from 1; 0 for the opening of a case.
    pub line: usize,
}

/// A seat of a case's panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Seat {
    /// The seat.
    pub seat: HolderRef,
    /// Who is named for it, in words; `null` where nobody is.
    #[schema(required)]
    pub person: Option<String>,
    /// The fingerprint of that person's key, `SHA256:…` as OpenSSH writes it.
    #[schema(required)]
    pub key: Option<String>,
    /// Whether it is filled: accepted, and whatever else the workflow asks for.
    pub filled: bool,
    /// Why the panelist stays out of this case; `null` where they do not.
    #[schema(required)]
    pub recused: Option<String>,
    /// What obliges the seat to abstain, in words; `null` where nothing does.
    #[schema(required)]
    pub obliged: Option<String>,
}

/// A document that was filed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Filed {
    /// The name under which the workflow asks for it.
    pub name: Id,
    /// The SHA-256 of its salt and content.
    pub digest: Digest,
    /// In whose name it was filed.
    pub by: String,
    /// The entry that filed it.
    pub entry: u64,
    /// The entry that struck it, with which it is erased; `null` where none did.
    #[schema(required)]
    pub struck: Option<u64>,
}

/// A step that waits for events of other cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Listening {
    /// The events, any of which sets it off.
    pub on: Vec<Id>,
    /// The state to which it leads; `null` where it stays.
    #[schema(required)]
    pub to: Option<Id>,
    /// The events that it emits.
    pub emits: Vec<Id>,
}

/// Who was chosen to chair a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Chosen {
    /// The seat.
    pub chair: Id,
    /// The ballot that chose.
    pub by: BallotRef,
}

/// What an elector who has voted has not seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SinceVote {
    /// The elector's seat.
    pub seat: Id,
    /// Whether the vote still counts.
    pub counts: bool,
    /// What came since.
    pub news: Vec<News>,
}

/// Something that came after a vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct News {
    /// What, in words: `exhibit filed`.
    pub what: String,
    /// The entry; `null` where time alone did it.
    #[schema(required)]
    pub entry: Option<u64>,
}

/// Something that somebody can or must do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Task {
    /// How much it presses: `overdue`, a duty whose time has passed; `owed`, a duty; `awaited`, the case waits for it;
    /// `possible`, somebody may.
    #[schema(pattern = "^(overdue|owed|awaited|possible)$")]
    pub kind: &'static str,
    /// In which case.
    pub case: CaseRef,
    /// Who: a party, role or seat, in words.
    pub who: String,
    /// What, in words: `vote on verification#1/finding#1`.
    pub what: String,
    /// Until when; `null` where that does not end.
    #[schema(required)]
    pub until: Option<Instant>,
}

/// Something that happens by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Coming {
    /// When.
    pub at: Instant,
    /// In which case.
    pub case: CaseRef,
    /// What, in words: `the ballot closes: no-quorum`.
    pub what: String,
}

impl Status {
    /// Of a state of the record, of which time has not brought about more than its last entry.
    pub fn of(state: &State, head: Head, at: Instant, now: Instant) -> Self {
        Self { facts: Facts::of(state, head, at), projection: at > now, cases: Cases::of(&state.at(at), at) }
    }
}

impl Cases {
    /// Of a state to which time has passed.
    pub fn of(state: &State, at: Instant) -> Self {
        Self {
            cases: state.cases.values().map(|case| Case::of(state, case)).collect(),
            tasks: state.tasks(at).into_iter().map(Task::of).collect(),
            ahead: Ahead::of(state),
        }
    }
}

impl Case {
    fn of(state: &State, case: &case::Case) -> Self {
        let ballots = case.ballots.iter().filter_map(|run| {
            let since = run.electors.keys().filter(|_| run.closed.is_none());
            let since = since.filter_map(|seat| SinceVote::of(case, run, seat));
            Some(Ballot::of(run, run.rules()?, case.suspended().is_some(), since.collect()))
        });
        Self {
            case: case.id.clone(),
            workflow: case.workflow.digest,
            state: case.state.clone(),
            opened: case.opened.at,
            since: case.entered,
            ended: case.ended,
            subject: case.subject.as_ref().map(|it| Subject {
                seat: it.seat.clone(),
                person: it.person.clone(),
                seated: state.subject_seated(case),
            }),
            suspended: case.suspended().map(|since| Suspended::of(state, case, since)),
            path: case.path.iter().map(|step| Move::of(step)).collect(),
            seats: Seat::all(state, case),
            ballots: ballots.collect(),
            filed: case.filed.iter().map(Filed::of).collect(),
            listens: case.listening().filter_map(Listening::of).collect(),
            chosen: state
                .around(case)
                .chosen()
                .map(|it| Chosen { chair: it.seat.clone(), by: it.ballot.clone() }),
        }
    }
}

impl Suspended {
    fn of(state: &State, case: &case::Case, since: Instant) -> Self {
        let procedure = &case.id.procedure;
        let by = state.suspending(procedure).map(|(id, _)| id.clone());
        let allow = state.allowed(procedure).into_iter().cloned();
        Self { since, by: by.collect(), allow: allow.collect() }
    }
}

impl Move {
    fn of(step: &case::Move) -> Self {
        let why = &step.why;
        Self { at: step.at, to: step.to.clone(), by: why.words.clone(), entry: why.entry, line: why.line }
    }
}

impl Seat {
    fn all(state: &State, case: &case::Case) -> Option<Vec<Self>> {
        let (panel, seats) = state.panel_of(case)?;
        let of = |seat: &crate::workflow::model::Seat| {
            let nominee = seats.seats.get(&seat.name).and_then(|place| place.nominee.as_deref());
            Self {
                seat: state.seat_name(case, &seat.name),
                person: nominee.map(|nominee| nominee.person.clone()),
                key: nominee.map(|nominee| nominee.key.fingerprint()),
                filled: seats.filled(panel, &seat.name).is_some(),
                recused: case.recused.get(&seat.name).map(|recusal| recusal.reason.clone()),
                obliged: case.obliged.get(&seat.name).map(Obligation::words),
            }
        };
        Some(panel.seats.iter().map(of).collect())
    }
}

impl Filed {
    fn of(it: &case::Filed) -> Self {
        Self {
            name: it.name.clone(),
            digest: it.digest,
            by: it.by.clone(),
            entry: it.done.entry,
            struck: it.struck.map(|struck| struck.entry),
        }
    }
}

impl Listening {
    fn of(step: &Step) -> Option<Self> {
        let Trigger::On(events) = &step.trigger else { return None };
        Some(Self { on: events.clone(), to: step.to.clone(), emits: step.emits.clone() })
    }
}

impl SinceVote {
    /// `None` where there is nothing that the elector has not seen.
    fn of(case: &case::Case, run: &BallotRun, seat: &Id) -> Option<Self> {
        let news = since_vote(case, run, seat);
        let news: Vec<News> =
            news.into_iter().map(|(entry, news)| News { what: news_words(news), entry }).collect();
        let counts = !run.lapsed.contains_key(seat);
        (!news.is_empty()).then(|| Self { seat: seat.clone(), counts, news })
    }
}

impl Task {
    fn of(task: outlook::Task) -> Self {
        let outlook::Task { case, who, what, kind, until } = task;
        Self { kind: kind_word(kind), case, who, what, until }
    }
}

impl Ahead {
    /// What happens in this state if nobody does anything.
    pub fn of(state: &State) -> Self {
        let outlook::Ahead { coming, more } = state.if_nobody_acts();
        let coming = coming.into_iter().map(|outlook::Coming { at, case, what }| Coming { at, case, what });
        Self { if_nobody_acts: coming.collect(), more_follows: more }
    }
}
