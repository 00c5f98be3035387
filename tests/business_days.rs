//! Business days against a naive calendar that looks at one day after the other.
//!
//! A procedure counts everything in business days: how long a case waits, until when and from when something may be
//! done, how long a ballot is open, what is owed, and when another case may be opened. Cases that suspend it, and acts
//! that put times off, come at random, also at the first and the last second of a day. The simulator goes through time
//! in steps of less than an hour and asks at the end of each day whether that was a business day on which nothing stood
//! still. It shares nothing with the engine but the workflow's text.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "shared/cases.rs"]
mod cases;

use std::num::NonZeroU32;

use proptest::prelude::*;
use quorate::engine::State;
use quorate::engine::possible::{Deed, Possible};
use quorate::scenario::{plain_key, supposed_agreement};
use quorate::statement::{By, CaseRef, HolderRef};
use quorate::values::{Calendar, Day, Id, Instant, Offset};

/// 2026-01-01T00:00:00Z, a Thursday.
const BASE: i64 = 1_767_225_600;
const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;
const HALF: i64 = 1_800;
/// How many days are looked at.
const DAYS: i64 = 60;
const WEEK: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

#[derive(Debug, Clone)]
struct Rules {
    /// Places in [`WEEK`].
    weekend: Vec<usize>,
    /// Days after that of [`BASE`].
    holidays: Vec<i64>,
    /// In half hours.
    offset: i64,
    wait: i64,
    within: i64,
    not_before: i64,
    open_for: i64,
    owed: i64,
    again: i64,
    /// By how many hours an act puts times off.
    by: i64,
    /// What the file says of instants, which says nothing of business days.
    excluded: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Act {
    Stay,
    Lift,
    Note,
    Extend,
}

fn id(text: &str) -> Id {
    text.parse().unwrap()
}

fn case(procedure: &str, number: u32) -> CaseRef {
    CaseRef { procedure: id(procedure), number: NonZeroU32::new(number).unwrap() }
}

impl Rules {
    fn offset(&self) -> String {
        let (sign, halves) = if self.offset < 0 { ('-', -self.offset) } else { ('+', self.offset) };
        format!("{sign}{:02}:{:02}", halves / 2, halves % 2 * 30)
    }

    fn text(&self) -> String {
        let weekend: Vec<&str> = self.weekend.iter().map(|day| WEEK[*day]).collect();
        let holidays: Vec<String> =
            self.holidays.iter().map(|day| Day::from_unix(BASE / DAY + day).to_string()).collect();
        let holidays = if holidays.is_empty() { String::new() } else { format!("holidays = {holidays:?}") };
        let Self { wait, within, not_before, open_for, owed, again, by, excluded, .. } = self;
        format!(
            r#"language = 1
title    = "Business days made at random"
nature   = "specimen"
deadline = "{}"
contract = {{ digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", prevails = true }}
[calendar]
weekend = {weekend:?}
{holidays}
offset = "{}"
[party]
alpha = {{ signatures = "1 of 1" }}
[panel.board]
formed = "standing"
seats  = [ {{ names = ["a", "b"], by = "alpha" }} ]
[procedure.motion]
open  = {{ do = "move", by = "alpha" }}
panel = "board"
cases = {{ again-after = "{again} business days" }}
start = "waiting"
[procedure.motion.state.waiting]
steps = [
  {{ do = "note", by = "alpha", within = "{within} business days", not-before = "{not_before} business day" }},
  {{ do = "extend", by = "alpha", extends = "{by} hours", at-most = 9 }},
  {{ after = "{wait} business days", to = "voting" }},
]
[procedure.motion.state.voting]
ballot = "poll"
duties = [ {{ do = "minutes", by = "alpha", within = "{owed} business days" }} ]
steps  = [
  {{ do = "extend", by = "alpha", extends = "{by} hours", at-most = 9 }},
  {{ outcome = ["yes", "no"], to = "over" }},
]
[procedure.motion.state.over]
ends = true
[procedure.halt]
open     = {{ do = "stay", by = "alpha" }}
cases    = {{ at-most = 99 }}
suspends = {{ procedures = "motion" }}
start    = "halted"
[procedure.halt.state.halted]
steps = [ {{ do = "lift", by = "alpha", to = "over" }}, {{ after = "300 days", to = "over" }} ]
[procedure.halt.state.over]
ends = true
[ballot.poll]
question = "Shall it be?"
electors = {{ of = "board" }}
choices  = ["for", "against"]
open-for = "{open_for} business days"
outcomes = [ {{ is = "yes", if = "for > against" }}, {{ is = "no" }} ]
[grant.right]
status = [ {{ is = "in force" }} ]
fixed  = true
"#,
            if *excluded { "excluded" } else { "included" },
            self.offset(),
        )
    }

    /// The day of a second after [`BASE`], counted from its own, where the calendar is.
    fn day(&self, second: i64) -> i64 {
        (second + self.offset * HALF).div_euclid(DAY)
    }

    fn is_last_of_day(&self, second: i64) -> bool {
        self.day(second + 1) > self.day(second)
    }

    fn is_business(&self, day: i64) -> bool {
        // Day 0 is a Thursday.
        !self.weekend.contains(&usize::try_from((day + 3).rem_euclid(7)).unwrap())
            && !self.holidays.contains(&day)
    }
}

/// A time that runs.
#[derive(Debug, Clone)]
struct Clock {
    began: i64,
    left: i64,
    extra: i64,
    extends: bool,
    /// When it ends, once its days have run.
    ends: Option<i64>,
    ended: Option<i64>,
}

impl Clock {
    fn new(began: i64, days: i64, extends: bool) -> Self {
        Self { began, left: days, extra: 0, extends, ends: None, ended: None }
    }

    fn extend(&mut self, by: i64) {
        if self.extends && self.ended.is_none() {
            match &mut self.ends {
                Some(ends) => *ends += by,
                None => self.extra += by,
            }
        }
    }

    /// From `second`, at which everybody has acted, until before `next`.
    fn run(&mut self, rules: &Rules, second: i64, next: i64, stopped: bool, spoilt: bool) {
        if self.ended.is_some() {
            return;
        }
        if stopped {
            if let Some(ends) = &mut self.ends {
                *ends += next - second;
            }
            return;
        }
        let day = rules.day(second);
        if self.ends.is_none()
            && rules.is_last_of_day(second)
            && day > rules.day(self.began)
            && rules.is_business(day)
            && !spoilt
        {
            self.left -= 1;
            if self.left == 0 {
                self.ends = Some(second + self.extra);
            }
        }
        self.ended = self.ends.filter(|ends| *ends < next);
    }
}

struct Simulator<'r> {
    rules: &'r Rules,
    stopped: bool,
    /// Whether the day has seen a standstill.
    spoilt: bool,
    wait: Clock,
    within: Clock,
    not_before: Clock,
    ballot: Option<Clock>,
    owed: Option<Clock>,
}

impl<'r> Simulator<'r> {
    fn new(rules: &'r Rules, began: i64) -> Self {
        let clock = |days, extends| Clock::new(began, days, extends);
        Self {
            rules,
            stopped: false,
            spoilt: false,
            wait: clock(rules.wait, true),
            within: clock(rules.within, true),
            not_before: clock(rules.not_before, false),
            ballot: None,
            owed: None,
        }
    }

    fn is_over(&self) -> bool {
        self.ballot.as_ref().is_some_and(|ballot| ballot.ended.is_some())
    }

    /// Whether it is taken.
    fn acts(&mut self, act: Act) -> bool {
        match act {
            Act::Stay => !std::mem::replace(&mut self.stopped, true),
            Act::Lift => std::mem::replace(&mut self.stopped, false),
            Act::Note => {
                let waits = self.wait.ended.is_none() && !self.stopped;
                waits && self.within.ended.is_none() && self.not_before.ended.is_some()
            }
            Act::Extend => {
                let taken = !self.stopped && !self.is_over();
                if taken && self.wait.ended.is_none() {
                    self.wait.extend(self.rules.by * HOUR);
                    self.within.extend(self.rules.by * HOUR);
                } else if taken && let Some(ballot) = &mut self.ballot {
                    ballot.extend(self.rules.by * HOUR);
                }
                taken
            }
        }
    }

    fn run(&mut self, second: i64, next: i64) {
        self.spoilt |= self.stopped;
        let (rules, stopped, spoilt) = (self.rules, self.stopped, self.spoilt);
        let over = self.is_over();
        // What has ended does not stand still.
        let halted = stopped && !over;
        for clock in
            [&mut self.wait, &mut self.within, &mut self.not_before].into_iter().chain(&mut self.ballot)
        {
            clock.run(rules, second, next, stopped, spoilt);
        }
        if let Some(owed) = &mut self.owed {
            owed.run(rules, second, next, halted, spoilt && !over);
        }
        if let (Some(entered), None) = (self.wait.ended, &self.ballot) {
            self.ballot = Some(Clock::new(entered, rules.open_for, true));
            self.owed = Some(Clock::new(entered, rules.owed, false));
        }
        if rules.is_last_of_day(second) {
            self.spoilt = false;
        }
    }
}

/// Does it; whether it was taken.
fn does(state: &mut State, second: i64, act: Act, halts: u32) -> bool {
    let (procedure, number, name) = match act {
        Act::Stay => ("halt", halts + 1, "stay"),
        Act::Lift => ("halt", halts.max(1), "lift"),
        Act::Note => ("motion", 1, "note"),
        Act::Extend => ("motion", 1, "extend"),
    };
    let deed = Deed::Act {
        case: case(procedure, number),
        act: id(name),
        attach: Vec::new(),
        seat: None,
        strike: None,
    };
    says(state, second, By::One(id("alpha")), deed)
}

fn says(state: &mut State, second: i64, by: By, deed: Deed) -> bool {
    state.suppose(Instant::from_unix(BASE + second), &Possible { by, deed }, &plain_key, None).is_ok()
}

/// The seconds that are looked at: the first and the last of every half hour.
fn ticks() -> impl Iterator<Item = i64> {
    (0..DAYS * 48).flat_map(|half| [half * HALF, half * HALF + HALF - 1])
}

fn play(rules: &Rules, began: i64, acts: &[(i64, Act)]) -> Result<(), TestCaseError> {
    let text = rules.text();
    let mut state = supposed_agreement(&text, Instant::from_unix(BASE - 9 * DAY))
        .unwrap_or_else(|refusal| panic!("{refusal:?}\n{text}"));
    for seat in ["a", "b"] {
        let seat = HolderRef::Office { body: id("board"), name: id(seat) };
        assert!(says(&mut state, -8 * DAY, By::One(id("alpha")), Deed::Nominate(seat.clone())));
        assert!(says(&mut state, -8 * DAY, By::One(seat.name().clone()), Deed::Accept(seat)));
    }
    let again = |number| Deed::Act {
        case: case("motion", number),
        act: id("move"),
        attach: Vec::new(),
        seat: None,
        strike: None,
    };
    assert!(says(&mut state, began, By::One(id("alpha")), again(1)));
    let mut simulator = Simulator::new(rules, began);
    let mut halts = 0;
    let mut ticks = ticks().filter(|tick| *tick >= began).peekable();
    while let Some(second) = ticks.next() {
        let Some(next) = ticks.peek() else { break };
        for (_, act) in acts.iter().filter(|(at, _)| *at == second) {
            let found = does(&mut state, second, *act, halts);
            let expected = simulator.acts(*act);
            prop_assert_eq!(found, expected, "{:?} at {}\n{:?}\n{}", act, second, acts, text);
            halts += u32::from(*act == Act::Stay && found);
        }
        simulator.run(second, *next);
    }
    let last = Instant::from_unix(BASE + DAYS * DAY - 2);
    let state = state.at(last);
    let motion = state.case(&case("motion", 1)).unwrap();
    let seconds = |at: Instant| at.unix() - BASE;
    let entered = motion.path.iter().find(|step| step.to == *"voting").map(|step| seconds(step.at));
    prop_assert_eq!(entered, simulator.wait.ended, "waiting\n{:?}\n{}", acts, text);
    let closed =
        motion.ballots.first().and_then(|run| run.closed.as_ref()).map(|closing| seconds(closing.at));
    let ended = simulator.ballot.as_ref().and_then(|ballot| ballot.ended);
    prop_assert_eq!(closed, ended, "ballot\n{:?}\n{}", acts, text);
    if let Some(owed) = simulator.owed.as_ref().and_then(|owed| owed.ended) {
        prop_assert_eq!(seconds(motion.duties[0].due), owed, "owed\n{:?}\n{}", acts, text);
    }
    // Nothing is opened while it would stand still.
    if let Some(ended) = ended.filter(|_| !simulator.stopped) {
        let mut again_from = Clock::new(ended, rules.again, false);
        for second in (ended..ended + 40 * DAY)
            .filter(|second| (second + 1) % HALF == 0 && rules.is_last_of_day(*second))
        {
            again_from.run(rules, second, second + 1, false, false);
        }
        let until = again_from.ended.unwrap();
        for (second, taken) in [(until, false), (until + 1, true)] {
            let mut state = state.clone().into_owned();
            let second = second.max(DAYS * DAY);
            let taken = taken || second > until;
            let found = says(&mut state, second, By::One(id("alpha")), again(2));
            prop_assert_eq!(found, taken, "another at {}\n{:?}\n{}", second, acts, text);
        }
    }
    Ok(())
}

fn rules() -> impl Strategy<Value = Rules> {
    let days = || 1..5_i64;
    let weekend = prop::collection::btree_set(0..7_usize, 1..4);
    let holidays = prop::collection::btree_set(0..DAYS, 0..12);
    (
        weekend,
        holidays,
        -28..=28_i64,
        (days(), days(), days(), days(), days(), days()),
        1..60_i64,
        any::<bool>(),
    )
        .prop_map(
            |(weekend, holidays, offset, (wait, within, not_before, open_for, owed, again), by, excluded)| {
                Rules {
                    weekend: weekend.into_iter().collect(),
                    holidays: holidays.into_iter().collect(),
                    offset,
                    wait,
                    // What can never be in time is refused.
                    within: not_before + within,
                    not_before,
                    open_for,
                    owed,
                    again,
                    by,
                    excluded,
                }
            },
        )
}

fn acts() -> impl Strategy<Value = Vec<(i64, Act)>> {
    let act = prop_oneof![
        2 => Just(Act::Stay), 3 => Just(Act::Lift), 4 => Just(Act::Note), 1 => Just(Act::Extend)
    ];
    let half = (0..26 * 48_i64, any::<bool>())
        .prop_map(|(half, last)| half * HALF + if last { HALF - 1 } else { 0 });
    let acts = prop::collection::vec((half, act), 0..14);
    acts.prop_map(|mut acts| {
        acts.sort_by_key(|(at, _)| *at);
        acts
    })
}

proptest! {
    #![proptest_config(cases::config(120))]

    #[test]
    fn business_days_count_as_a_naive_calendar_counts_them(
        rules in rules(), began in (0..9 * 24_i64).prop_map(|hour| hour * HOUR), acts in acts()
    ) {
        let acts: Vec<_> = acts.into_iter().filter(|(at, _)| *at >= began).collect();
        play(&rules, began, &acts)?;
    }
}

#[test]
fn business_days_end_with_time_itself() {
    let offset = |text: &str| Offset::read(text).unwrap();
    for text in ["+00:00", "-14:00", "+14:00"] {
        let weekend = [true, true, true, true, true, true, false];
        let calendar = Calendar::new(weekend, Vec::new(), offset(text), None).unwrap();
        let days = quorate::values::BusinessDays::new(1_000, calendar.into()).unwrap();
        for late in [true, false] {
            let end = days.end(Instant::MAX, late, &[]).unwrap();
            assert!(end <= Instant::MAX, "{end}");
            assert!(days.end(Instant::MIN, late, &[]).unwrap() > Instant::MIN);
            let always = [(Instant::MIN, Some(Instant::MAX))];
            assert!(days.end(Instant::MIN, late, &always).unwrap() <= Instant::MAX);
            assert_eq!(days.end(Instant::MIN, late, &[(Instant::MIN, None)]), None);
        }
    }
    for text in ["", "+", "00:00", "+0:00", "+14:01", "+10:60", "-00:00", "+é0:00", "+15:00", "Z"] {
        assert_eq!(Offset::read(text), None, "{text}");
    }
}
