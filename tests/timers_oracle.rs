//! Every timer against a naive clock that ticks second by second.
//!
//! Small procedures are made at random, written as workflows, and played on a real stage with acts and votes at
//! random seconds. Beside it runs a simulator that knows nothing of what is due next: at every second it first
//! asks whether anything has come that includes or excludes this very second from acts, then lets people act,
//! then asks for what was possible until this second and is not after it. At every second and after every act
//! both must show the same: states, when they were entered, ballots, duties, events, and what was refused.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "shared/cases.rs"]
mod cases;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;
use quorate::engine::State;
use quorate::registry::SubmitError;
use quorate::scenario::Stage;
use quorate::statement::{BallotRef, By, CaseRef, HolderRef};
use quorate::store::MemoryStore;
use quorate::values::{Id, Instant};

/// 2026-01-01T00:00:00Z: second 0 of every play.
const BASE: i64 = 1_767_225_600;
/// The last second that is looked at.
const END: i64 = 34;
/// The second at which the agreement is opened.
const OPENED: i64 = -60;
/// How many events there are; the last annuls the first, from then on.
const EVENTS: usize = 3;

fn id(text: &str) -> Id {
    text.parse().unwrap()
}

fn instant(second: i64) -> Instant {
    Instant::from_unix(BASE + second)
}

// A procedure: states by number, the last of which ends the case.

#[derive(Debug, Clone)]
struct Procedure {
    at_once: usize,
    again_after: Option<i64>,
    opening_emits: Option<usize>,
    /// Whether deadlines exclude their second, where a step does not say.
    excluded: bool,
    seats: usize,
    /// How many of the seats are filled; these vote.
    filled: usize,
    open_for: i64,
    ballot_excluded: Option<bool>,
    all_voted: bool,
    states: Vec<Place>,
    /// Another procedure, whose cases suspend those of this one.
    halt: Option<Halt>,
}

#[derive(Debug, Clone)]
struct Halt {
    seconds: i64,
    excluded: Option<bool>,
    emits: Option<usize>,
    /// Acts that are possible meanwhile.
    allow: Vec<String>,
}

#[derive(Debug, Clone)]
struct Place {
    ballot: bool,
    steps: Vec<Step>,
    duties: Vec<Owed>,
}

/// What is owed, by when, and the events that doing it and not doing it bring.
#[derive(Debug, Clone)]
struct Owed {
    act: usize,
    within: i64,
    emits: Option<usize>,
    if_late: Option<usize>,
}

#[derive(Debug, Clone)]
struct Step {
    trigger: Trigger,
    excluded: Option<bool>,
    to: Option<usize>,
    emits: Option<usize>,
    at_most: Option<u32>,
}

#[derive(Debug, Clone)]
enum Trigger {
    Do {
        act: usize,
        within: Option<Clock>,
        not_before: Option<Clock>,
        extends: Option<i64>,
        serves: bool,
    },
    When {
        not: bool,
        event: usize,
    },
    After(Clock),
    At(i64),
    Outcome(&'static [&'static str]),
    /// An event of another case.
    On(usize),
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Clock {
    seconds: i64,
    of: Of,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Of {
    Entered,
    Opened,
    Served,
    Agreement,
    Event(usize),
}

// What people do.

#[derive(Debug, Clone)]
enum Deed {
    Begin,
    Act { case: usize, act: usize },
    Owe { case: usize, act: usize },
    Vote { case: usize, seat: usize, yes: Option<bool> },
    Halt,
    Lift { halt: usize },
}

/// How many cases there may be that suspend others.
const HALTS: usize = 3;
/// The number in events of the first such case; those below are of the procedure itself.
const FIRST_HALT: usize = 100;

const SEATS: [&str; 2] = ["x", "y"];

// The procedure as a workflow.

impl Procedure {
    fn text(&self) -> String {
        let mut text = format!(
            r#"language = 1
title    = "A procedure made at random"
nature   = "specimen"
contract = {{ digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", prevails = true }}
ours     = ["procedure", "panel"]
deadline = "{}"
[party]
alpha = {{ signatures = "1 of 1" }}
[panel.board]
formed = "standing"
seats  = [ {{ names = {:?}, by = "alpha" }} ]
filled = ["accepted"]
[event]
e0 = "One thing"
e1 = "Another thing"
e2 = "The one thing is undone"
[annul]
e0 = {{ by = "e2", from = "then" }}
[grant.right]
title  = "A right"
status = [ {{ is = "in force" }} ]
fixed  = true
[ballot.poll]
question   = "Shall it be?"
electors   = {{ of = "board" }}
choices    = ["yes", "no"]
abstention = "abstain"
open-for   = "{} seconds"
early      = "{}"
quorum     = "participating >= 1"
outcomes   = [ {{ is = "passed", if = "yes >= 1/2 of participating" }}, {{ is = "failed" }} ]
"#,
            deadline(self.excluded),
            &SEATS[..self.seats],
            self.open_for,
            if self.all_voted { "all voted" } else { "never" },
        );
        if let Some(excluded) = self.ballot_excluded {
            writeln!(text, "deadline   = \"{}\"", deadline(excluded)).unwrap();
        }
        let emits = self.opening_emits.map_or_else(String::new, |event| format!(", emits = \"e{event}\""));
        writeln!(text, "[procedure.matter]\nopen  = {{ do = \"begin\", by = \"alpha\"{emits} }}").unwrap();
        writeln!(text, "panel = \"board\"\nstart = \"s0\"").unwrap();
        let again =
            self.again_after.map_or_else(String::new, |wait| format!(", again-after = \"{wait} seconds\""));
        writeln!(text, "cases = {{ at-once = {}{again} }}", self.at_once).unwrap();
        for (number, place) in self.states.iter().enumerate() {
            writeln!(text, "[procedure.matter.state.s{number}]").unwrap();
            if number + 1 == self.states.len() {
                writeln!(text, "ends = true").unwrap();
            }
            if place.ballot {
                writeln!(text, "ballot = \"poll\"").unwrap();
            }
            let steps: Vec<String> = place.steps.iter().map(Step::text).collect();
            writeln!(text, "steps = [\n{}]", steps.concat()).unwrap();
            let duty = |Owed { act, within, emits, if_late }: &Owed| {
                let emits = emits.map_or_else(String::new, |event| format!(", emits = \"e{event}\""));
                let late = if_late.map_or_else(String::new, |event| format!(", if-late = \"e{event}\""));
                let within = format!("within = \"{within} seconds\"{emits}{late}");
                format!("  {{ do = \"owe-{act}\", by = \"alpha\", {within} }},\n")
            };
            let duties: Vec<String> = place.duties.iter().map(duty).collect();
            writeln!(text, "duties = [\n{}]", duties.concat()).unwrap();
        }
        self.halt.iter().for_each(|halt| text.push_str(&halt.text()));
        text
    }
}

impl Halt {
    fn text(&self) -> String {
        let allow = if self.allow.is_empty() { String::new() } else { format!(", allow = {:?}", self.allow) };
        let emits = self.emits.map_or_else(String::new, |event| format!(", emits = \"e{event}\""));
        let end = self.excluded.map_or_else(String::new, |it| format!(", deadline = \"{}\"", deadline(it)));
        format!(
            r#"[procedure.halt]
open = {{ do = "halt", by = "alpha" }}
start = "running"
cases = {{ at-once = 2, at-most = {HALTS} }}
suspends = {{ procedures = "matter"{allow} }}
[procedure.halt.state.running]
steps = [
  {{ do = "lift", by = "alpha", to = "over"{emits} }},
  {{ after = "{} seconds"{end}, to = "over"{emits} }},
]
[procedure.halt.state.over]
ends = true
"#,
            self.seconds
        )
    }
}

fn deadline(excluded: bool) -> &'static str {
    if excluded { "excluded" } else { "included" }
}

impl Step {
    fn text(&self) -> String {
        let mut parts = Vec::new();
        let clock = |clock: &Clock| {
            format!("{{ time = \"{} seconds\", of = \"{}\" }}", clock.seconds, clock.of.text())
        };
        match &self.trigger {
            Trigger::Do { act, within, not_before, extends, serves } => {
                parts.extend(serves.then(|| "serves = \"alpha\"".to_owned()));
                parts.extend(extends.map(|by| format!("extends = \"{by} seconds\"")));
                parts.push(format!("do = \"act-{act}\", by = \"alpha\""));
                parts.extend(within.as_ref().map(|within| format!("within = {}", clock(within))));
                parts.extend(not_before.as_ref().map(|start| format!("not-before = {}", clock(start))));
            }
            Trigger::When { not, event } => {
                parts.push(format!("when = \"{}e{event}\"", if *not { "not " } else { "" }));
            }
            Trigger::After(Clock { seconds, of }) => {
                parts.push(format!("after = \"{seconds} seconds\", of = \"{}\"", of.text()));
            }
            Trigger::At(second) => parts.push(format!("at = {}", instant(*second))),
            Trigger::Outcome(names) => parts.push(format!("outcome = {names:?}")),
            Trigger::On(event) => parts.push(format!("on = \"e{event}\"")),
        }
        parts.extend(self.excluded.map(|excluded| format!("deadline = \"{}\"", deadline(excluded))));
        parts.extend(self.to.map(|to| format!("to = \"s{to}\"")));
        parts.extend(self.emits.map(|event| format!("emits = \"e{event}\"")));
        parts.extend(self.at_most.map(|most| format!("at-most = {most}")));
        format!("  {{ {} }},\n", parts.join(", "))
    }
}

impl Of {
    fn text(self) -> String {
        match self {
            Self::Entered => "entered".to_owned(),
            Self::Opened => "opened".to_owned(),
            Self::Served => "served".to_owned(),
            Self::Agreement => "agreement opened".to_owned(),
            Self::Event(event) => format!("e{event}"),
        }
    }
}

// The naive clock.

/// A second, and whether everybody who acts in it has acted.
type Tick = (i64, bool);

struct Simulator<'p> {
    procedure: &'p Procedure,
    cases: Vec<Case>,
    /// When each was opened, and ended.
    halts: Vec<(i64, Option<i64>)>,
    /// The seconds in which the cases stood still.
    still: BTreeSet<i64>,
    /// Event, case, second, and the second at which it was annulled.
    events: Vec<(usize, usize, i64, Option<i64>)>,
}

#[derive(Default)]
struct Case {
    state: usize,
    opened: i64,
    entered: i64,
    /// When notice was served last, in whatever state.
    served: Option<i64>,
    ended: Option<i64>,
    path: Vec<(i64, usize)>,
    taken: BTreeMap<(usize, usize), u32>,
    /// Steps that stay in the state and were set off since it was entered.
    spent: BTreeSet<usize>,
    ballots: Vec<Ballot>,
    duties: Vec<Duty>,
    /// When its state's times were put off since it was entered, and by how much.
    extended: Vec<(i64, i64)>,
    /// What other cases have told it since it entered its state, by number among all events.
    told: Vec<usize>,
}

struct Duty {
    act: usize,
    due: i64,
    done: Option<i64>,
    emits: Option<usize>,
    /// What comes if it is not done; none any more once it has come.
    if_late: Option<usize>,
}

struct Ballot {
    opened: i64,
    extended: i64,
    closes: i64,
    votes: BTreeMap<usize, Option<bool>>,
    closed: Option<(i64, Option<&'static str>)>,
}

impl Simulator<'_> {
    /// Lets everything happen that has come by this tick: again and again the first thing of the first case.
    fn tick(&mut self, now: Tick) {
        while self.one_thing(now) {}
    }

    /// A second goes by. Where the cases stand still it does not count for them.
    fn second(&mut self, now: i64) {
        if !self.halted() {
            return;
        }
        self.still.insert(now);
        let excluded = self.procedure.excluded;
        for case in self.cases.iter_mut().filter(|case| case.ended.is_none()) {
            let open = case.ballots.iter_mut().filter(|ballot| ballot.closed.is_none());
            open.for_each(|ballot| ballot.closes += 1);
            let owed = case.duties.iter_mut().filter(|duty| !duty.settled(now, excluded));
            owed.for_each(|duty| duty.due += 1);
        }
    }

    fn halted(&self) -> bool {
        self.halts.iter().any(|(_, ended)| ended.is_none())
    }

    fn allows(&self, act: &str) -> bool {
        !self.halted()
            || self.procedure.halt.iter().any(|halt| halt.allow.iter().any(|allowed| allowed == act))
    }

    fn end_halt(&mut self, number: usize, second: i64) {
        self.halts[number].1 = Some(second);
        let emits = self.procedure.halt.as_ref().and_then(|halt| halt.emits);
        self.emit(FIRST_HALT + number, emits, second);
    }

    /// How many seconds have counted from `from` to `now`.
    fn counted(&self, from: i64, now: i64) -> i64 {
        (from..now).filter(|second| !self.still.contains(second)).count().try_into().unwrap()
    }

    /// How many seconds have counted for a case: before it was opened all of them.
    fn run(&self, number: usize, from: i64, now: i64) -> i64 {
        let opened = self.cases[number].opened.max(from);
        opened - from + self.counted(opened, now)
    }

    /// Whether so many seconds have gone by; `excluded` and the tick as in [`has_come`].
    fn gone_by(&self, from: i64, seconds: i64, excluded: bool, (now, acted): Tick) -> bool {
        // An origin may lie in the past of the clock alone.
        has_come(seconds, excluded, (self.counted(from, now), acted))
    }

    fn one_thing(&mut self, now: Tick) -> bool {
        for number in 0..self.halts.len() {
            let (opened, ended) = self.halts[number];
            let halt = self.procedure.halt.as_ref().unwrap();
            let excluded = halt.excluded.unwrap_or(self.procedure.excluded);
            if ended.is_none() && has_come(opened + halt.seconds, excluded, now) {
                self.end_halt(number, now.0);
                return true;
            }
        }
        for number in 0..self.cases.len() {
            let ended = self.cases[number].ended.is_some();
            if !ended && self.ballot_ends(number, now) {
                let outcome = self.cases[number].ballots.last().unwrap().outcome();
                self.cases[number].ballots.last_mut().unwrap().closed = Some((now.0, Some(outcome)));
                return true;
            }
            let still = self.halted() && !ended;
            let excluded = self.procedure.excluded;
            let late = |duty: &&mut Duty| {
                duty.done.is_none() && duty.if_late.is_some() && !still && has_come(duty.due, excluded, now)
            };
            if let Some(duty) = self.cases[number].duties.iter_mut().find(late) {
                let event = duty.if_late.take();
                self.emit(number, event, now.0);
                return true;
            }
            if ended {
                continue;
            }
            let steps = &self.procedure.states[self.cases[number].state].steps;
            if let Some(place) = (0..steps.len()).find(|place| self.applies(number, *place, now)) {
                self.take(number, place, now.0);
                return true;
            }
        }
        false
    }

    fn ballot_ends(&self, number: usize, now: Tick) -> bool {
        if self.halted() {
            return false;
        }
        let Some(ballot) = self.cases[number].ballots.last().filter(|ballot| ballot.closed.is_none()) else {
            return false;
        };
        let excluded = self.procedure.ballot_excluded.unwrap_or(self.procedure.excluded);
        let over = self.gone_by(ballot.opened, self.procedure.open_for + ballot.extended, excluded, now);
        let all = ballot.votes.len() == self.procedure.filled && self.procedure.filled > 0;
        over || (self.procedure.all_voted && all)
    }

    fn applies(&self, number: usize, place: usize, now: Tick) -> bool {
        let case = &self.cases[number];
        let step = &self.procedure.states[case.state].steps[place];
        let moves = !self.halted() || matches!(step.trigger, Trigger::At(_) | Trigger::On(_));
        if self.used_up(number, place) || !moves {
            return false;
        }
        let excluded = step.excluded.unwrap_or(self.procedure.excluded);
        match &step.trigger {
            Trigger::Do { .. } => false,
            Trigger::When { not, event } => self.live(number, *event).is_some() != *not,
            Trigger::After(clock) => self.from(number, clock.of).is_some_and(|from| {
                let long = self.put_off(number, from, clock.seconds, excluded);
                has_come(long, excluded, (self.run(number, from, now.0), now.1))
            }),
            Trigger::At(second) => has_come(*second, true, now),
            Trigger::On(event) => self.first_told(number).is_some_and(|told| self.events[told].0 == *event),
            Trigger::Outcome(names) => {
                let closed = case.ballots.last().and_then(|ballot| ballot.closed);
                closed.and_then(|(_, outcome)| outcome).is_some_and(|outcome| names.contains(&outcome))
            }
        }
    }

    /// What a case was told first of that some step of its state can answer.
    fn first_told(&self, number: usize) -> Option<usize> {
        let case = &self.cases[number];
        let answers = |event: usize| {
            let steps = self.procedure.states[case.state].steps.iter().enumerate();
            steps.into_iter().any(|(place, step)| {
                matches!(step.trigger, Trigger::On(wanted) if wanted == event) && !self.used_up(number, place)
            })
        };
        let counts = |told: &&usize| self.events[**told].3.is_none() && answers(self.events[**told].0);
        case.told.iter().find(counts).copied()
    }

    fn used_up(&self, number: usize, place: usize) -> bool {
        let case = &self.cases[number];
        let most = self.procedure.states[case.state].steps[place].at_most;
        let taken = case.taken.get(&(case.state, place)).copied().unwrap_or(0);
        case.spent.contains(&place) || most.is_some_and(|most| taken >= most)
    }

    /// The second of the latest occurrence of an event in a case that counts, or else in one of the other procedure:
    /// what other cases of its own emit is theirs.
    fn live(&self, number: usize, event: usize) -> Option<i64> {
        let latest = |by: &dyn Fn(usize) -> bool| {
            let counts = |e: &&(usize, usize, i64, Option<i64>)| e.0 == event && by(e.1) && e.3.is_none();
            self.events.iter().rev().find(counts).map(|e| e.2)
        };
        latest(&|case| case == number).or_else(|| latest(&|case| case >= FIRST_HALT))
    }

    /// How long a time of the state has become: each extension adds to it that came before it was over.
    fn put_off(&self, number: usize, from: i64, seconds: i64, excluded: bool) -> i64 {
        let came = self.cases[number].extended.iter().filter(|(at, _)| *at >= from);
        came.fold(seconds, |long, (at, by)| {
            let gone = self.run(number, from, *at);
            if gone > long || excluded && gone == long { long } else { long + by }
        })
    }

    /// The second from which a clock runs; none before it starts.
    fn from(&self, number: usize, of: Of) -> Option<i64> {
        let case = &self.cases[number];
        match of {
            Of::Entered => Some(case.entered),
            Of::Opened => Some(case.opened),
            Of::Served => case.served,
            Of::Agreement => Some(OPENED),
            Of::Event(event) => self.live(number, event),
        }
    }

    fn take(&mut self, number: usize, place: usize, second: i64) {
        let told = self.first_told(number);
        let case = &mut self.cases[number];
        let step = &self.procedure.states[case.state].steps[place];
        *case.taken.entry((case.state, place)).or_default() += 1;
        if matches!(step.trigger, Trigger::On(_)) {
            case.told.retain(|one| Some(*one) > told);
        } else if step.to.is_none() && !matches!(step.trigger, Trigger::Do { .. }) {
            case.spent.insert(place);
        }
        self.emit(number, step.emits, second);
        if let Some(to) = step.to {
            self.enter(number, to, second);
        }
    }

    fn emit(&mut self, number: usize, event: Option<usize>, second: i64) {
        let Some(event) = event else { return };
        if event == EVENTS - 1 {
            let reaches = |case: usize| case == number || (case >= FIRST_HALT) != (number >= FIRST_HALT);
            let undone =
                |e: &&mut (usize, usize, i64, Option<i64>)| e.0 == 0 && reaches(e.1) && e.3.is_none();
            self.events.iter_mut().filter(undone).for_each(|e| e.3 = Some(second));
        }
        self.events.push((event, number, second, None));
        let told = self.events.len() - 1;
        let others = self.cases.iter_mut().enumerate().filter(|(other, _)| *other != number);
        others.for_each(|(_, case)| case.told.push(told));
    }

    fn enter(&mut self, number: usize, to: usize, second: i64) {
        let case = &mut self.cases[number];
        if let Some(ballot) = case.ballots.last_mut().filter(|ballot| ballot.closed.is_none()) {
            ballot.closed = Some((second, None));
        }
        let place = &self.procedure.states[to];
        case.state = to;
        case.entered = second;
        case.spent.clear();
        case.told.clear();
        case.extended.clear();
        case.path.push((second, to));
        let owed = place.duties.iter().map(|&Owed { act, within, emits, if_late }| Duty {
            act,
            due: second + within,
            done: None,
            emits,
            if_late,
        });
        case.duties.extend(owed);
        case.ended = (to + 1 == self.procedure.states.len()).then_some(second);
        if place.ballot {
            let closes = second + self.procedure.open_for;
            case.ballots.push(Ballot { opened: second, extended: 0, closes, votes: [].into(), closed: None });
        }
    }

    /// Whether the deed is allowed; then it is done.
    fn does(&mut self, deed: &Deed, second: i64) -> bool {
        match *deed {
            Deed::Begin => self.begins(second),
            Deed::Act { case, act } => self.acts(case, act, second),
            Deed::Owe { case: number, act } => {
                let allowed = self.allows(&format!("owe-{act}"));
                let Some(case) = self.cases.get_mut(number) else { return false };
                let allowed = allowed || case.ended.is_some();
                let owed = case.duties.iter_mut().find(|duty| duty.act == act && duty.done.is_none());
                let Some(duty) = owed.filter(|_| allowed) else { return false };
                duty.done = Some(second);
                let emits = duty.emits;
                self.emit(number, emits, second);
                true
            }
            Deed::Halt => {
                let running = self.halts.iter().filter(|(_, ended)| ended.is_none()).count();
                let room = self.procedure.halt.is_some() && self.halts.len() < HALTS && running < 2;
                self.halts.extend(room.then_some((second, None)));
                room
            }
            Deed::Lift { halt } => {
                let running = self.halts.get(halt).is_some_and(|(_, ended)| ended.is_none());
                running.then(|| self.end_halt(halt, second)).is_some()
            }
            Deed::Vote { case, seat, yes } => {
                let halted = self.halted();
                let ballot = self.cases.get_mut(case).and_then(|case| case.ballots.last_mut());
                let Some(ballot) = ballot.filter(|ballot| ballot.closed.is_none()) else { return false };
                seat < self.procedure.filled && !halted && !ballot.votes.contains_key(&seat) && {
                    ballot.votes.insert(seat, yes);
                    true
                }
            }
        }
    }

    fn begins(&mut self, second: i64) -> bool {
        let running = self.cases.iter().filter(|case| case.ended.is_none()).count();
        let last = self.cases.iter().filter_map(|case| case.ended).max();
        let wait = self.procedure.again_after.zip(last).is_some_and(|(wait, ended)| second < ended + wait);
        if running == self.procedure.at_once || wait || !self.allows("begin") {
            return false;
        }
        self.cases.push(Case { opened: second, ..Case::default() });
        let number = self.cases.len() - 1;
        self.emit(number, self.procedure.opening_emits, second);
        self.enter(number, 0, second);
        true
    }

    fn acts(&mut self, number: usize, act: usize, second: i64) -> bool {
        let Some(case) = self.cases.get(number) else { return false };
        let steps = &self.procedure.states[case.state].steps;
        let found = steps.iter().enumerate().find_map(|(place, step)| match &step.trigger {
            Trigger::Do { act: name, within, not_before, extends, serves } if *name == act => {
                Some((place, step, *within, *not_before, (*extends, *serves)))
            }
            _ => None,
        });
        let Some((place, step, within, not_before, (extends, serves))) = found else { return false };
        let excluded = step.excluded.unwrap_or(self.procedure.excluded);
        // In time at the very second of a deadline, unless that is excluded; a clock that has not started
        // does not run out, and is not reached either.
        let since = |clock: Clock| self.from(number, clock.of).map(|from| self.run(number, from, second));
        let late = within.is_some_and(|end| {
            let long =
                self.from(number, end.of).map(|from| self.put_off(number, from, end.seconds, excluded));
            since(end).zip(long).is_some_and(|(gone, long)| if excluded { gone >= long } else { gone > long })
        });
        let early = not_before.is_some_and(|start| since(start).is_none_or(|gone| gone < start.seconds));
        let allowed = self.allows(&format!("act-{act}"));
        if self.used_up(number, place) || late || early || !allowed {
            return false;
        }
        if serves {
            self.cases[number].served = Some(second);
        }
        if let Some(by) = extends {
            let case = &mut self.cases[number];
            case.extended.push((second, by));
            for ballot in case.ballots.iter_mut().filter(|ballot| ballot.closed.is_none()) {
                ballot.extended += by;
                ballot.closes += by;
            }
        }
        self.take(number, place, second);
        true
    }

    fn shows(&self, now: i64) -> String {
        let mut text = format!("{:?}\n", self.halts);
        let excluded = self.procedure.excluded;
        for case in &self.cases {
            let Case { state, entered, ended, path, .. } = case;
            let halted = self.halted() && ended.is_none();
            let duties: Vec<(usize, Option<i64>, Option<i64>)> = case
                .duties
                .iter()
                .map(|duty| {
                    let still = halted && !duty.settled(now, excluded);
                    (duty.act, Some(duty.due).filter(|_| !still), duty.done)
                })
                .collect();
            writeln!(text, "s{state} since {entered}, ended {ended:?}, {path:?}, owed {duties:?}").unwrap();
            for ballot in &case.ballots {
                // When one closes is nothing to look at while it stands still, or once it is closed.
                let closes = Some(ballot.closes).filter(|_| !halted && ballot.closed.is_none());
                let votes = ballot.votes.len();
                writeln!(text, "  ballot {}–{closes:?}, {votes} votes, {:?}", ballot.opened, ballot.closed)
                    .unwrap();
            }
        }
        writeln!(text, "{:?}", self.events).unwrap();
        text
    }
}

/// Whether a second has come by this tick: from its beginning where it is excluded from what is in time, after
/// everybody has acted where it is included.
fn has_come(second: i64, excluded: bool, (now, acted): Tick) -> bool {
    if excluded || acted { now >= second } else { now > second }
}

impl Duty {
    /// Whether nothing moves its time any more: it is done, or it is overdue.
    fn settled(&self, now: i64, excluded: bool) -> bool {
        self.done.is_some() || now > self.due || excluded && now == self.due
    }
}

impl Ballot {
    fn outcome(&self) -> &'static str {
        let yes = self.votes.values().filter(|vote| **vote == Some(true)).count();
        match self.votes.len() {
            0 => "no-quorum",
            all if 2 * yes >= all => "passed",
            _ => "failed",
        }
    }
}

// The engine's side of it, in the same words.

fn shown(state: &State) -> String {
    let mut text = String::new();
    let second = |at: Instant| at.unix() - BASE;
    let number =
        |name: &Id, prefix: &str| name.as_str().strip_prefix(prefix).unwrap().parse::<usize>().unwrap();
    let (matter, halt) = (id("matter"), id("halt"));
    let halts: Vec<(i64, Option<i64>)> =
        state.cases_of(&halt).map(|case| (second(case.opened.at), case.ended.map(second))).collect();
    writeln!(text, "{halts:?}").unwrap();
    for case in state.cases_of(&matter) {
        let path: Vec<(i64, usize)> =
            case.path.iter().map(|step| (second(step.at), number(&step.to, "s"))).collect();
        let duties: Vec<(usize, Option<i64>, Option<i64>)> = case
            .duties
            .iter()
            .map(|duty| {
                let due = Some(second(duty.due)).filter(|_| !duty.stopped);
                (number(&duty.act, "owe-"), due, duty.done.map(|done| second(done.at)))
            })
            .collect();
        let (name, entered, ended) = (&case.state, second(case.entered), case.ended.map(second));
        writeln!(text, "{name} since {entered}, ended {ended:?}, {path:?}, owed {duties:?}").unwrap();
        for run in &case.ballots {
            let closed = run
                .closed
                .as_ref()
                .map(|closing| (second(closing.at), closing.outcome.as_ref().map(Id::as_str)));
            let still = case.suspended().is_some() || run.closed.is_some();
            let (opened, closes) = (second(run.opened), Some(second(run.closes)).filter(|_| !still));
            writeln!(text, "  ballot {opened}–{closes:?}, {} votes, {closed:?}", run.votes.len()).unwrap();
        }
    }
    let events: Vec<(usize, usize, i64, Option<i64>)> = state
        .events
        .iter()
        .map(|occurrence| {
            let case = usize::try_from(occurrence.case.number.get()).unwrap() - 1;
            let case = if occurrence.case.procedure == halt { FIRST_HALT + case } else { case };
            let annulled = occurrence.annulled.as_ref().map(|annulled| second(annulled.at));
            (number(&occurrence.event, "e"), case, second(occurrence.at), annulled)
        })
        .collect();
    writeln!(text, "{events:?}").unwrap();
    text
}

fn stage(procedure: &Procedure) -> Stage {
    let store = Arc::new(MemoryStore::new());
    let text = procedure.text();
    let mut stage = Stage::open(&text, &id("random"), instant(OPENED), store)
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    for seat in &SEATS[..procedure.filled] {
        let seat = HolderRef::Office { body: id("board"), name: id(seat) };
        stage.nominate(&id("alpha"), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    stage
}

/// Whether the stage takes the deed.
fn done(stage: &Stage, deed: &Deed, simulator: &Simulator<'_>) -> bool {
    let case = |number: usize| -> CaseRef { format!("matter#{}", number + 1).parse().unwrap() };
    let alpha = By::One(id("alpha"));
    let answer = match *deed {
        Deed::Begin => stage.act(&case(simulator.cases.len()), &id("begin"), &alpha, &[]),
        Deed::Act { case: number, act } => stage.act(&case(number), &id(&format!("act-{act}")), &alpha, &[]),
        Deed::Owe { case: number, act } => stage.act(&case(number), &id(&format!("owe-{act}")), &alpha, &[]),
        Deed::Vote { case: number, seat, yes } => {
            let rounds = simulator.cases.get(number).map_or(0, |case| case.ballots.len()).max(1);
            let ballot: BallotRef = format!("{}/poll#{rounds}", case(number)).parse().unwrap();
            let choice = yes.map_or("abstain", |yes| if yes { "yes" } else { "no" });
            stage.vote(&ballot, &id(SEATS[seat]), &id(choice))
        }
        Deed::Halt => {
            let next = format!("halt#{}", simulator.halts.len() + 1).parse().unwrap();
            stage.act(&next, &id("halt"), &alpha, &[])
        }
        Deed::Lift { halt } => {
            stage.act(&format!("halt#{}", halt + 1).parse().unwrap(), &id("lift"), &alpha, &[])
        }
    };
    match answer {
        Ok(receipted) => {
            assert!(!receipted.known);
            true
        }
        Err(SubmitError::Refused { .. }) => false,
        Err(other) => panic!("{other}"),
    }
}

fn play(procedure: &Procedure, deeds: &[(i64, Deed)]) -> Result<(), TestCaseError> {
    let stage = stage(procedure);
    let (cases, halts, events) = (Vec::new(), Vec::new(), Vec::new());
    let mut simulator = Simulator { procedure, cases, halts, still: BTreeSet::new(), events };
    // The state that was carried on second by second, beside the one that is always reckoned anew.
    let mut carried = stage.state().unwrap();
    for second in 0..=END {
        stage.clock().set(instant(second));
        simulator.tick((second, false));
        let computed = shown(&stage.state().unwrap());
        carried = carried.at(instant(second)).into_owned();
        prop_assert_eq!(&computed, &simulator.shows(second), "at second {}\n{}", second, procedure.text());
        prop_assert_eq!(&computed, &shown(&carried), "carried to second {}\n{}", second, procedure.text());
        for (_, deed) in deeds.iter().filter(|(at, _)| *at == second) {
            let taken = done(&stage, deed, &simulator);
            let allowed = simulator.does(deed, second);
            prop_assert_eq!(taken, allowed, "{:?} at second {}\n{}", deed, second, procedure.text());
            simulator.tick((second, false));
            carried = stage.state().unwrap();
            let (shown, shows) = (shown(&carried), simulator.shows(second));
            prop_assert_eq!(shown, shows, "after {:?} at second {}\n{}", deed, second, procedure.text());
        }
        simulator.tick((second, true));
        simulator.second(second);
    }
    Ok(())
}

// What is tried.

fn clock(least: i64) -> impl Strategy<Value = Clock> {
    let of = prop_oneof![
        4 => Just(Of::Entered),
        2 => Just(Of::Opened),
        2 => Just(Of::Served),
        1 => Just(Of::Agreement),
        2 => (0..EVENTS).prop_map(Of::Event),
    ];
    (least..6, of).prop_map(|(seconds, of)| Clock {
        seconds: if of == Of::Agreement { 4 * seconds - OPENED } else { seconds },
        of,
    })
}

fn trigger() -> impl Strategy<Value = Trigger> {
    let extends = prop::option::weighted(0.3, 1..6_i64);
    let serves = prop::bool::weighted(0.4);
    let clocks = (prop::option::weighted(0.7, clock(1)), prop::option::of(clock(1)), extends, serves);
    prop_oneof![
        3 => clocks.prop_map(|(within, not_before, extends, serves)| {
            // Both from one origin could leave no second for the act.
            let not_before = not_before.filter(|start| within.is_none_or(|end| end.of != start.of));
            Trigger::Do { act: 0, within, not_before, extends, serves }
        }),
        2 => (any::<bool>(), 0..EVENTS).prop_map(|(not, event)| Trigger::When { not, event }),
        3 => clock(0).prop_map(Trigger::After),
        2 => (0..25_i64).prop_map(Trigger::At),
        2 => (0..EVENTS).prop_map(Trigger::On),
    ]
}

/// A step whose `to` is how far it leads on, to be made fit for its state.
type Raw = (Trigger, Option<bool>, Option<i64>, Option<usize>, Option<u32>);

fn raw_step() -> impl Strategy<Value = Raw> {
    let emits = prop::option::of(0..EVENTS);
    (
        trigger(),
        prop::option::weighted(0.4, any::<bool>()),
        prop::option::weighted(0.6, -2..3_i64),
        emits,
        prop::option::weighted(0.3, 1..3_u32),
    )
}

struct RawPlace {
    ballot: bool,
    steps: Vec<Raw>,
    way_out: Clock,
    way_out_excluded: Option<bool>,
    outcomes_at: usize,
    duties: Vec<RawOwed>,
}

/// Seconds, and the two events.
type RawOwed = (i64, Option<usize>, Option<usize>);

fn owed() -> impl Strategy<Value = RawOwed> {
    (1..15_i64, prop::option::weighted(0.4, 0..EVENTS), prop::option::weighted(0.6, 0..EVENTS))
}

fn duties(raw: Vec<RawOwed>) -> Vec<Owed> {
    let owed = raw.into_iter().enumerate();
    owed.map(|(act, (within, emits, if_late))| Owed { act, within, emits, if_late }).collect()
}

impl std::fmt::Debug for RawPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a state")
    }
}

fn raw_place() -> impl Strategy<Value = RawPlace> {
    (
        prop::bool::weighted(0.4),
        prop::collection::vec(raw_step(), 0..4),
        (0..12_i64, prop::bool::weighted(0.7)),
        prop::option::weighted(0.4, any::<bool>()),
        0..4_usize,
        prop::collection::vec(owed(), 0..3),
    )
        .prop_map(|(ballot, steps, (seconds, entered), way_out_excluded, outcomes_at, duties)| {
            RawPlace {
                ballot,
                steps,
                way_out: Clock { seconds, of: if entered { Of::Entered } else { Of::Opened } },
                way_out_excluded,
                outcomes_at,
                duties,
            }
        })
}

/// A step that `workflow check` takes in the state of this number, `last` being the one that ends the case.
fn fit((mut trigger, excluded, ahead, emits, mut at_most): Raw, number: usize, last: usize) -> Step {
    let here = i64::try_from(number).unwrap();
    let needs_nobody = !matches!(trigger, Trigger::Do { .. });
    let mut to = ahead.map(|ahead| usize::try_from((here + ahead).max(0)).unwrap().min(last));
    if to.is_some_and(|to| to <= number) {
        match &mut trigger {
            // It could go round in no time.
            Trigger::When { .. } => to = Some(number + 1),
            Trigger::After(clock) => clock.seconds = clock.seconds.max(1),
            _ => {}
        }
    }
    // What leaves its state puts nothing off.
    if let (Trigger::Do { extends, .. }, Some(_)) = (&mut trigger, to) {
        *extends = None;
    }
    let back = to.is_some_and(|to| to <= number);
    let stays = to.is_none() && needs_nobody;
    if matches!(trigger, Trigger::On(_)) {
        at_most = at_most.or(Some(2)).filter(|_| back || stays);
    } else if back || stays {
        at_most = Some(1);
    }
    let emits = if stays { Some(emits.unwrap_or(1)) } else { emits };
    let timed = matches!(trigger, Trigger::Do { .. } | Trigger::After(_));
    Step { trigger, excluded: excluded.filter(|_| timed), to, emits, at_most }
}

fn place(raw: RawPlace, number: usize, last: usize) -> Place {
    let mut steps: Vec<Step> = raw.steps.into_iter().map(|step| fit(step, number, last)).collect();
    for (act, step) in (0..).zip(steps.iter_mut()) {
        if let Trigger::Do { act: name, .. } = &mut step.trigger {
            *name = act;
        }
    }
    let onward = |trigger, to| Step { trigger, excluded: None, to: Some(to), emits: None, at_most: None };
    if raw.ballot {
        let at = raw.outcomes_at.min(steps.len());
        steps.insert(at, onward(Trigger::Outcome(&["failed", "no-quorum"]), last));
        steps.insert(at, onward(Trigger::Outcome(&["passed"]), number + 1));
    }
    steps.push(Step { excluded: raw.way_out_excluded, ..onward(Trigger::After(raw.way_out), number + 1) });
    Place { ballot: raw.ballot, steps, duties: duties(raw.duties) }
}

/// No time counts from a service where nothing serves.
fn serve(states: &mut [Place]) {
    let steps = || states.iter().flat_map(|place| &place.steps);
    if steps().any(|step| matches!(step.trigger, Trigger::Do { serves: true, .. })) {
        return;
    }
    let opened = |clock: &mut Clock| {
        if clock.of == Of::Served {
            clock.of = Of::Opened;
        }
    };
    for step in states.iter_mut().flat_map(|place| &mut place.steps) {
        match &mut step.trigger {
            Trigger::Do { within, not_before, .. } => {
                within.iter_mut().chain(not_before.iter_mut()).for_each(opened);
                // Not both from one origin.
                *not_before = not_before.filter(|start| within.is_none_or(|end| end.of != start.of));
            }
            Trigger::After(clock) => opened(clock),
            _ => {}
        }
    }
}

fn procedure() -> impl Strategy<Value = Procedure> {
    (
        (1..3_usize, prop::option::of(1..10_i64), prop::option::of(0..EVENTS), any::<bool>()),
        (1..=SEATS.len(), 0..=SEATS.len(), 1..7_i64, prop::option::of(any::<bool>()), any::<bool>()),
        prop::collection::vec(raw_place(), 1..4),
        prop::collection::vec(owed(), 0..2),
        prop::option::weighted(0.6, halt()),
    )
        .prop_map(|((at_once, again_after, opening_emits, excluded), ballot, raw, owed, mut halt)| {
            let (seats, filled, open_for, ballot_excluded, all_voted) = ballot;
            let last = raw.len();
            let mut states: Vec<Place> =
                raw.into_iter().enumerate().map(|(number, raw)| place(raw, number, last)).collect();
            states.push(Place { ballot: false, steps: Vec::new(), duties: duties(owed) });
            serve(&mut states);
            // Only where two cases can be open does one hear of the other.
            let listens = states.iter().flat_map(|place| &place.steps);
            let listens = listens.into_iter().any(|step| matches!(step.trigger, Trigger::On(_)));
            let at_once = if listens { 2 } else { at_once };
            if let Some(halt) = &mut halt {
                let steps = states.iter().flat_map(|place| &place.steps);
                let acts = steps.filter_map(|step| match step.trigger {
                    Trigger::Do { act, .. } => Some(format!("act-{act}")),
                    _ => None,
                });
                let duties = states.iter().flat_map(|place| &place.duties);
                let known: BTreeSet<String> = acts
                    .chain(duties.map(|duty| format!("owe-{}", duty.act)))
                    .chain(["begin".to_owned()])
                    .collect();
                halt.allow.retain(|act| known.contains(act));
            }
            Procedure {
                at_once,
                again_after,
                opening_emits,
                excluded,
                seats,
                filled: filled.min(seats),
                open_for,
                ballot_excluded,
                all_voted,
                states,
                halt,
            }
        })
}

fn halt() -> impl Strategy<Value = Halt> {
    let acts = ["begin", "act-0", "act-1", "owe-0"].map(str::to_owned).to_vec();
    let allow = prop::sample::subsequence(acts, 0..=4);
    let emits = prop::option::of(0..EVENTS);
    (0..6_i64, prop::option::of(any::<bool>()), emits, allow)
        .prop_map(|(seconds, excluded, emits, allow)| Halt { seconds, excluded, emits, allow })
}

fn deeds() -> impl Strategy<Value = Vec<(i64, Deed)>> {
    let case = || prop_oneof![3 => Just(0_usize), 1 => Just(1)];
    let deed = prop_oneof![
        2 => Just(Deed::Begin),
        6 => (case(), 0..3_usize).prop_map(|(case, act)| Deed::Act { case, act }),
        1 => (case(), 0..2_usize).prop_map(|(case, act)| Deed::Owe { case, act }),
        3 => (case(), 0..SEATS.len(), prop::option::weighted(0.9, any::<bool>()))
            .prop_map(|(case, seat, yes)| Deed::Vote { case, seat, yes }),
        1 => Just(Deed::Halt),
        1 => (0..HALTS).prop_map(|halt| Deed::Lift { halt }),
    ];
    let first = (0..3_i64).prop_map(|second| (second, Deed::Begin));
    (first, prop::collection::vec((0..20_i64, deed), 0..30)).prop_map(|(first, mut deeds)| {
        deeds.insert(0, first);
        deeds.sort_by_key(|(second, _)| *second);
        deeds
    })
}

proptest! {
    #![proptest_config(cases::config(600))]

    #[test]
    fn every_timer_fires_at_the_second_at_which_a_naive_clock_fires_it(
        procedure in procedure(),
        deeds in deeds(),
    ) {
        play(&procedure, &deeds)?;
    }
}

/// Found by the test above: what came in one case made a step of the other overtake its ballot.
#[test]
fn what_comes_at_one_moment_in_two_cases_goes_in_each_as_it_would_alone() {
    let onward = |trigger| Step { trigger, excluded: None, to: Some(1), emits: None, at_most: None };
    let steps = vec![
        onward(Trigger::Outcome(&["passed", "failed", "no-quorum"])),
        onward(Trigger::After(Clock { seconds: 5, of: Of::Opened })),
    ];
    let procedure = Procedure {
        at_once: 2,
        again_after: None,
        opening_emits: None,
        excluded: false,
        seats: 1,
        filled: 1,
        open_for: 5,
        ballot_excluded: None,
        all_voted: false,
        states: vec![
            Place { ballot: true, steps, duties: Vec::new() },
            Place { ballot: false, steps: Vec::new(), duties: Vec::new() },
        ],
        halt: None,
    };
    play(&procedure, &[(2, Deed::Begin), (2, Deed::Begin)]).unwrap();
}
