//! Which states are one: those from which the same can follow, and of which the same can be said.
//!
//! The structures of the engine are taken apart field by field, with none left out by `..`: whoever adds a field says
//! here whether it bears on what can follow. What does not: names of people, keys, entries, documents, the words of
//! reasons, the way a case took, what was annulled, and duties of which nothing comes.

use std::collections::BTreeMap;
use std::hash::Hash;

use super::branch::Branch;
use super::holds::holds;
use super::marks::SeatMarks;
use super::mixer::Mixer;
use super::times::Clocks;
use super::view::View;
use crate::engine::State;
use crate::engine::ballot::BallotRun;
use crate::engine::case::{Case, DutyRun};
use crate::engine::count::{Marks, Standing};
use crate::engine::event::Occurrence;
use crate::engine::sealed::Sealing;
use crate::engine::suspension::Stop;
use crate::values::{Calendar, Id, Instant, Span};

/// More documents of one name that could be struck count as so many.
pub(super) const MOST_FILED: usize = 2;

/// The key of a state with these futures: equal for states of which the same can be said, and can follow.
pub(super) fn key(view: &View<'_>, branch: &Branch, futures: Mixer) -> u128 {
    let Branch { state, now, left: _, committed: _, stilled: _ } = branch;
    let mut key = futures;
    for (procedure, within) in &view.ends {
        for case in state.running.iter().filter(|case| case.procedure == *procedure) {
            key.put(age(*now, state.case(case).map_or(*now, |case| case.opened.at), *within));
        }
    }
    key.finish()
}

/// The key without how long cases have been open where that is only looked at, and moves nothing.
pub(super) fn futures(view: &View<'_>, branch: &Branch) -> Mixer {
    let Branch { state, now, left, committed: _, stilled } = branch; // `committed` seat by seat
    let now = *now;
    let mut key = Mixer::default();
    key.put(u64::from(*left));
    for date in &view.anchored {
        let ahead = date.since(now);
        key.put(if ahead > view.horizon { u64::MAX } else { ahead.seconds() });
    }
    // A case whose times were put off counts from the opening of the agreement what is past for all others.
    if view.since_opening && put_off(view, state) {
        key.put(now.since(view.opened).seconds());
    }
    if let Some(calendar) = &view.workflow.calendar {
        week_into(&mut key, view, calendar, now);
    }
    let seats = SeatMarks::of(view, branch);
    for procedure in &view.workflow.procedures {
        let cases = state.cases.values().filter(|case| case.id.procedure == procedure.name);
        let mut count = 0_u64;
        let mut ended: Option<Instant> = None;
        for case in cases {
            count += 1;
            // Of a case about a seat the seat tells.
            ended = ended.max(case.ended.filter(|_| case.subject.is_none()));
            if !goes_on(view, case) {
                continue;
            }
            key.put(count);
            case_into(&mut key, view, case, (view.clocks(&procedure.name, &case.state), now));
            stops_into(&mut key, view, (state, case), now);
            for ballot in stilled.keys().filter(|it| it.case == case.id) {
                key.put_id(&ballot.ballot);
            }
            if case.subject.is_some() {
                key.put(u64::from(state.subject_seated(case)));
            }
        }
        key.put(count);
        // How long until another may be opened matters where one may still be.
        if count < u64::from(view.bounds.cases)
            && let (Some(ended), Some(after)) = (ended, &procedure.again_after)
        {
            key.put(after.end(ended, false).since(now).seconds());
        }
    }
    for panel in &seats.all {
        if let Some(case) = panel.case {
            key.put_id(&case.procedure);
        }
        panel.sorted_into(&mut key);
    }
    events_into(&mut key, view, state, now);
    for mark in &view.marks {
        key.put(u64::from(holds(state, now, now, mark)));
    }
    key
}

/// Whether something can still be done in a case, or come of it, though it may have ended.
pub(super) fn goes_on(view: &View<'_>, case: &Case) -> bool {
    let acts = || view.clocks(&case.id.procedure, &case.state).acts;
    case.ended.is_none() || acts() || case.duties.iter().any(DutyRun::tells)
}

/// Where in the week it is, and which holidays are near: the same time has more business days in one week than in
/// another.
fn week_into(key: &mut Mixer, view: &View<'_>, calendar: &Calendar, now: Instant) {
    let today = calendar.day_of(now);
    key.put(u64::try_from(today.weekday()).unwrap_or(u64::MAX));
    key.put(calendar.last_second(today).since(now).seconds());
    for holiday in calendar.holidays().iter().filter(|holiday| **holiday >= today) {
        let ahead = calendar.last_second(*holiday).since(now);
        if ahead > view.horizon {
            break;
        }
        key.put(ahead.seconds());
    }
}

/// Whether what is long past may still be to come in a running case: acts have put its times off, or it has stood still, and
/// how long that is in business days hangs on the days.
pub(super) fn put_off(view: &View<'_>, state: &State) -> bool {
    state.cases.values().filter(|case| case.ended.is_none()).any(|case| is_put_off(view, case))
}

fn is_put_off(view: &View<'_>, case: &Case) -> bool {
    !case.extensions.is_empty() || tells_stops(view, case) && !case.stops.is_empty()
}

/// Whether it matters when a case stood still, and not only how long its clocks have run: where business days count, and where
/// acts may have put times off meanwhile. Without the reductions it is told of every case.
fn tells_stops(view: &View<'_>, case: &Case) -> bool {
    let both = !(case.stops.is_empty() || case.extensions.is_empty());
    view.workflow.calendar.is_some() || both || !view.bounds.reduced
}

/// How long the clocks of a case have run since; where its stops are told, how long ago it was.
pub(super) fn ran(view: &View<'_>, case: &Case, (from, now): (Instant, Instant)) -> Span {
    if tells_stops(view, case) { now.since(from) } else { case.ran(from, now) }
}

/// How long ago, as far as it matters: beyond `longest` all is the same.
pub(super) fn age(now: Instant, from: Instant, longest: Span) -> u64 {
    up_to(now.since(from), longest)
}

/// A time that has passed, as far as it matters.
pub(super) fn up_to(passed: Span, longest: Span) -> u64 {
    passed.seconds().min(longest.seconds().saturating_add(1))
}

fn case_into(key: &mut Mixer, view: &View<'_>, case: &Case, (clocks, now): (Clocks, Instant)) {
    let Case {
        id: _,
        workflow: _,
        opened,
        state,
        entered,
        ended,
        seats: _,   // with the panel
        subject: _, // with the seat
        recused: _, // seat by seat
        obliged: _,
        chosen: _, // seat by seat, while they have it
        ballots,
        duties,
        filed,
        path: _,
        taken,
        spent,
        heard: _, // everything that can be heard has been, once nothing applies any more
        stops: _, // what has run since is told
        extensions,
        served,
        asked,
    } = case;
    key.put_id(state);
    key.put(u64::from(ended.is_some()));
    let far = |longest| if is_put_off(view, case) { Span::MAX } else { longest };
    let origins =
        [(clocks.entered, Some(*entered)), (clocks.opened, Some(opened.at)), (clocks.served, *served)];
    for (longest, origin) in origins {
        let (Some(longest), Some(origin)) = (longest.map(far), origin) else { continue };
        key.put(up_to(ran(view, case, (origin, now)), longest));
    }
    for ((state, place), times) in &**taken {
        if view.is_idle(&case.id.procedure, state, *place) {
            continue;
        }
        let bounded = case.procedure().and_then(|it| it.state(state)?.steps.get(*place)?.at_most);
        if bounded.is_some() {
            key.put_id(state);
            key.put(u64::try_from(*place).unwrap_or(u64::MAX));
            key.put(u64::from(*times));
        }
    }
    for place in spent {
        key.put(u64::try_from(*place).unwrap_or(u64::MAX));
    }
    for name in view.strikable(&case.id.procedure) {
        let there = filed.iter().filter(|filed| filed.name == *name && filed.struck.is_none());
        key.put(u64::try_from(there.take(MOST_FILED).count()).unwrap_or(u64::MAX));
    }
    for duty in duties.iter().filter(|duty| duty.tells()) {
        duty_into(key, duty, case.suspended().filter(|_| duty.stopped).unwrap_or(now));
    }
    key.put(0x5ea7);
    key.put(u64::from(case.suspended().is_some()));
    for (at, by) in extensions {
        key.put(ran(view, case, (*at, now)).seconds());
        key.put(by.seconds());
    }
    key.put(0x5e12 + u64::from(served.is_some()));
    for run in ballots.iter().skip(*asked).filter(|run| view.asks(&run.id.ballot)) {
        match run.closed.as_ref().map(|closing| closing.outcome.as_ref()) {
            None => ballot_into(key, view, case, run, now),
            Some(outcome) => outcome.into_iter().for_each(|outcome| key.put_id(outcome)),
        }
    }
}

/// A duty of which something can still come; `now` is when its clock stopped where it has.
fn duty_into(key: &mut Mixer, duty: &DutyRun, now: Instant) {
    let DutyRun {
        act,
        by,
        attach,
        arisen: _, // as `due`
        due,
        within: _,
        stopped,
        excluded,
        done: _,
        emits,
        if_late,
        heeded,
        line: _,
    } = duty;
    key.put_id(act);
    by.hash(key);
    for names in [attach, emits, if_late] {
        for name in names {
            key.put_id(name);
        }
        key.put(0xd07);
    }
    key.put(u64::from(*stopped) << 2 | u64::from(*excluded) << 1 | u64::from(*heeded));
    if duty.may_lapse() {
        key.put(due.since(now).seconds());
    }
}

/// What a case that has stood still counts otherwise than others do.
fn stops_into(key: &mut Mixer, view: &View<'_>, (state, case): (&State, &Case), now: Instant) {
    if case.stops.is_empty() {
        return;
    }
    if tells_stops(view, case) {
        for Stop { from, until } in &case.stops {
            key.put(now.since(*from).seconds());
            key.put(until.map_or(u64::MAX, |until| now.since(until).seconds()));
        }
        return;
    }
    if view.since_opening {
        key.put(case.ran(view.opened, now).seconds());
    }
    for (event, longest) in view.counted() {
        let reaching = state.events.reaching(event, &case.id);
        key.put(reaching.map_or(u64::MAX, |it| up_to(case.ran(it.at, now), *longest)));
    }
}

fn ballot_into(key: &mut Mixer, view: &View<'_>, case: &Case, run: &BallotRun, now: Instant) {
    let BallotRun {
        id,
        workflow: _,
        opened, // as `closes`, and how often that was put off
        closes,
        counted,
        extended,
        eased,
        held,
        electors: _, // seat by seat
        obliged: _,  // as the case says
        excluded: _, // everybody who is no elector
        seats,
        votes: _,
        left: _,
        lapsed: _, // has not voted; where the vote is to be reaffirmed, seat by seat
        evidence: _,
        paper: _,
        written: _,
        sealed,
        closed: _,
        stood,
        put_off_by: _, // as the state says
    } = run;
    // Where its case stands still, so does it.
    let tells_stops = tells_stops(view, case);
    let now = if tells_stops { now } else { run.now(now, case.suspended()) };
    key.put_id(&id.ballot);
    key.put(closes.since(now).seconds());
    if tells_stops {
        key.put(counted.since(now).seconds());
        key.put(stood.seconds());
    }
    if let Some(Sealing { commitments: _, known: _, revealing }) = sealed {
        key.put(1 + u64::from(revealing.is_some()));
    }
    key.put(u64::from(*extended));
    key.put(eased.seconds());
    let lasting = run.rules().map_or(&[][..], |rules| &rules.outcomes);
    if lasting.iter().any(|outcome| !outcome.eases.is_empty()) {
        key.put(now.since(*opened).seconds().saturating_sub(if tells_stops { 0 } else { stood.seconds() }));
    }
    for (place, since) in held {
        let longest = lasting.get(*place).and_then(|outcome| outcome.lasting);
        key.put(u64::try_from(*place).unwrap_or(u64::MAX));
        key.put(u64::from(since <= closes));
        key.put(age(now, *since, longest.unwrap_or(Span::from_seconds(0))));
    }
    if view.filled {
        filled_into(key, view, seats);
    }
}

/// How many seats of each kind that a rule can tell were filled at the opening.
fn filled_into(key: &mut Mixer, view: &View<'_>, seats: &Marks<()>) {
    let mut filled: BTreeMap<(Option<&Id>, u32), u64> = BTreeMap::new();
    for (Standing { class, weight, affiliation: _ }, made) in seats {
        let class = class.as_ref().filter(|class| view.classes.contains(*class));
        let heads = made.iter().filter(|(mark, _)| mark.is_some()).map(|(_, heads)| u64::from(*heads));
        *filled.entry((class, *weight)).or_default() += heads.sum::<u64>();
    }
    for heads in filled.into_values() {
        key.put(heads);
    }
}

/// The events that count: which, whose, and how long ago where anything counts from them.
fn events_into(key: &mut Mixer, view: &View<'_>, state: &State, now: Instant) {
    let mut all: Vec<Mixer> = Vec::new();
    let put_off = put_off(view, state);
    for occurrence in state.events.iter().filter(|it| it.live() && view.tells(&it.event)) {
        let Occurrence { event, case, at, why: _, annulled: _ } = &**occurrence;
        let mut mark = Mixer::default();
        mark.put_id(event);
        mark.put_id(&case.procedure);
        // Cases in which something can still be done have events of their own.
        if view.bounds.cases > 1 && state.case(case).is_some_and(|case| goes_on(view, case)) {
            mark.put(u64::from(case.number.get()));
        }
        if let Some(longest) = view.counted_from(event).map(|it| if put_off { Span::MAX } else { it }) {
            mark.put(age(now, *at, longest));
        }
        all.push(mark);
    }
    all.sort_unstable();
    all.dedup();
    key.put(u64::try_from(all.len()).unwrap_or(u64::MAX));
    for mark in all {
        key.put_mixer(mark);
    }
}
