//! Whether things are as a scenario expects: what is found, said so that a lawyer can read it.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::Range;

use super::check::{AMENDMENT, DATE, OPENING};
use super::model::{Expect, ExpectBallot, ExpectGrant, ExpectNext, Names, Spot};
use crate::engine::ballot::BallotRun;
use crate::engine::case::Case;
use crate::engine::licence::{AttributeState, Because, Licence};
use crate::engine::outlook::Kind;
use crate::engine::state::State;
use crate::engine::window::Takes;
use crate::statement::CaseRef;
use crate::values::{Id, Instant};

/// An expectation that is not met: where it stands, what was found and expected, why it is so.
type Failed = (Range<usize>, String, String);

/// How many expectations are met, and those that are not. `state` is the one at `now`; `case` is the case
/// that the step means.
pub(super) fn judge(
    state: &State,
    now: Instant,
    case: Option<&CaseRef>,
    expect: &Expect,
) -> (usize, Vec<Failed>) {
    let at = expect.at.as_ref().map_or(now, |at| at.is);
    let state = state.at(at);
    let mut judge = Judge { state: &state, at, met: 0, failed: Vec::new() };
    judge.everywhere(expect);
    let needs_case = expect.state.as_ref().map(|state| &state.at);
    let needs_case = needs_case.or(expect.next.as_ref().map(|next| &next.at));
    let needs_case = needs_case.or(expect.ballot.as_ref().map(|ballot| &ballot.at));
    match (case.and_then(|case| state.case(case)), needs_case) {
        (Some(case), _) => judge.in_case(case, expect),
        (None, Some(place)) => judge.fail(place, "no such case has been opened".to_owned(), "Open it first"),
        (None, None) => judge.tasks(None, expect),
    }
    (judge.met, judge.failed)
}

/// Said where a step looks at the last instant of a time, and expects what comes after it.
const SOON: &str = "It is so one second later: the last instant of a time still belongs to it. Look one second after it, as in \
                    after = \"14 days 1 second\", or at the second after the instant in `at`";

struct Judge<'s> {
    state: &'s State,
    at: Instant,
    met: usize,
    failed: Vec<Failed>,
}

impl Judge<'_> {
    fn fail(&mut self, at: &Range<usize>, message: String, help: impl Into<String>) {
        self.failed.push((at.clone(), message, help.into()));
    }

    /// Looks at one expectation. `why` tells how it came to be so.
    fn same<T: PartialEq + Display>(
        &mut self,
        what: &str,
        found: Option<&T>,
        expected: Option<&Spot<T>>,
        why: impl FnOnce() -> String,
    ) {
        let Some(expected) = expected else { return };
        if found == Some(&expected.is) {
            self.met += 1;
            return;
        }
        let found = found.map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let message = format!("on {} {what}: {found}; expected {}", self.at, expected.is);
        self.fail(&expected.at, message, why());
    }

    fn same_names(&mut self, what: &str, found: &[Id], expected: Option<&Names>, ordered: bool) {
        let Some(expected) = expected else { return };
        let wanted: Vec<&Id> = expected.is.iter().map(|name| &name.is).collect();
        let sorted = |names: &[&Id]| names.iter().map(|name| (*name).clone()).collect::<BTreeSet<Id>>();
        let found: Vec<&Id> = found.iter().collect();
        let met = if ordered { found == wanted } else { sorted(&found) == sorted(&wanted) };
        if met {
            self.met += 1;
            return;
        }
        let message = format!("on {} {what}: {}; expected {}", self.at, list(&found), list(&wanted));
        let missing: Vec<&Id> = wanted.iter().filter(|name| !found.contains(name)).copied().collect();
        let more: Vec<&Id> = found.iter().filter(|name| !wanted.contains(name)).copied().collect();
        let help = match (missing.is_empty(), more.is_empty()) {
            (true, true) => "The order, or how often each is there, differs".to_owned(),
            (true, false) => format!("Not expected: {}", list(&more)),
            (false, true) => format!("Missing: {}", list(&missing)),
            (false, false) => format!("Missing: {}; not expected: {}", list(&missing), list(&more)),
        };
        self.fail(&expected.at, message, help);
    }

    /// What is asked of the agreement as a whole.
    fn everywhere(&mut self, expect: &Expect) {
        let events = |live: bool| -> Vec<Id> {
            let events = self.state.events.iter().filter(|occurrence| occurrence.live() == live);
            events.map(|occurrence| occurrence.event.clone()).collect()
        };
        let (live, annulled) = (events(true), events(false));
        self.same_names("the events that count are", &live, expect.events.as_ref(), true);
        self.same_names("the annulled events are", &annulled, expect.annulled.as_ref(), true);
        let state = self.state;
        if let Some(licence) = state.licence(self.at) {
            expect.grants.iter().for_each(|grant| self.grant(&licence, grant));
        } else if let Some(first) = expect.grants.first() {
            let message = format!("on {} nothing was granted yet", self.at);
            self.fail(&first.grant.at, message, format!("The agreement was opened on {}", state.opened));
        }
    }

    fn grant(&mut self, licence: &Licence<'_>, expect: &ExpectGrant) {
        let Some(grant) = licence.grants.iter().find(|one| one.grant.name == expect.grant.is) else {
            let names = licence.grants.iter().map(|one| &one.grant.name);
            return self.not_in_force(&expect.grant, "no such grant is in force", names);
        };
        let Some(found) = grant.attributes.iter().find(|one| one.attribute.name == expect.attribute.is)
        else {
            let message = format!("`{}` has no such attribute", expect.grant.is);
            let names = grant.attributes.iter().map(|one| &one.attribute.name);
            return self.not_in_force(&expect.attribute, &message, names);
        };
        let name = format!("`{}.{}`", expect.grant.is, expect.attribute.is);
        self.same(&name, Some(&found.value.is), expect.is.as_ref(), || how(found));
        self.same(
            &format!("{name} has been so since"),
            Some(&found.period.since),
            expect.since.as_ref(),
            || how(found),
        );
        let because = reason(&found.period.because);
        self.same(&format!("the reason of {name}"), Some(&because), expect.because.as_ref(), || how(found));
    }

    /// What a text of the scenario has, and not the one that is in force at the time.
    fn not_in_force<'n>(&mut self, name: &Spot<Id>, message: &str, known: impl Iterator<Item = &'n Id>) {
        let known: Vec<&Id> = known.collect();
        let message = format!("on {} {message}: {}", self.at, name.is);
        self.fail(&name.at, message, format!("By the text in force then there are: {}", list(&known)));
    }

    /// What is asked of one case.
    fn in_case(&mut self, case: &Case, expect: &Expect) {
        let what = format!("the state of {}", case.id);
        let expected = expect.state.as_ref().map(|state| &state.is);
        let soon = self.state.at(self.at.next());
        let soon = soon.case(&case.id).is_some_and(|later| Some(&later.state) == expected);
        self.same(&what, Some(&case.state), expect.state.as_ref(), || {
            if soon { SOON.to_owned() } else { path(case) }
        });
        self.tasks(Some(&case.id), expect);
        if let Some(next) = &expect.next {
            self.next(case, next);
        }
        if let Some(ballot) = &expect.ballot {
            self.ballot(case, &ballot.is);
        }
    }

    fn tasks(&mut self, case: Option<&CaseRef>, expect: &Expect) {
        let tasks = self.state.tasks(self.at);
        let of = |kind: Kind, by_whom: bool| -> Vec<Id> {
            let tasks = tasks.iter().filter(|task| task.kind == kind && case == Some(&task.case));
            let said = tasks.map(|task| if by_whom { own_name(&task.who) } else { &task.what });
            said.filter_map(|name| name.parse().ok()).collect()
        };
        self.same_names("the case waits for", &of(Kind::Awaited, true), expect.awaited.as_ref(), false);
        self.same_names("owed is", &of(Kind::Owed, false), expect.owed.as_ref(), false);
        self.same_names("overdue is", &of(Kind::Overdue, false), expect.overdue.as_ref(), false);
        self.same_names("possible is", &of(Kind::Possible, false), expect.possible.as_ref(), false);
    }

    fn next(&mut self, case: &Case, expect: &Spot<ExpectNext>) {
        let coming = self.state.next_in(&case.id);
        match (&expect.is, &coming) {
            (ExpectNext::Nothing, None) | (ExpectNext::Something { at: None, what: None }, Some(_)) => {
                self.met += 1;
            }
            (ExpectNext::Nothing, Some(coming)) => {
                let message = format!("on {} something follows by itself, expected nothing", coming.at);
                self.fail(&expect.at, message, format!("It is: {}", coming.what));
            }
            (ExpectNext::Something { .. }, None) => {
                let message = format!("nothing follows by itself in {}", case.id);
                self.fail(&expect.at, message, path(case));
            }
            (ExpectNext::Something { at, what }, Some(coming)) => {
                let why = || format!("On {}: {}", coming.at, coming.what);
                self.same("what comes next comes", Some(&coming.at), at.as_ref(), why);
                self.same("what comes next", Some(&coming.what), what.as_ref(), why);
            }
        }
    }

    fn ballot(&mut self, case: &Case, expect: &ExpectBallot) {
        let named = |run: &&BallotRun| expect.name.as_ref().is_none_or(|name| run.id.ballot == name.is);
        let run = case.ballots.iter().map(|run| &**run).rev().find(named);
        let closing = run.and_then(|run| run.closed.as_ref());
        let why = || match (run, closing) {
            (None, _) => "No ballot has been opened".to_owned(),
            (Some(run), None) => match run.takes(case.suspended().is_some()) {
                (_, None) => format!("{} is open, and stands still while the case is suspended", run.id),
                (Takes::Reveals, Some(until)) => {
                    format!("The votes on {} are revealed until {until}", run.id)
                }
                (_, Some(until)) => format!("{} is open until {until}", run.id),
            },
            (Some(run), Some(closing)) => {
                let outcome = closing.outcome.as_ref().map_or("no outcome", Id::as_str);
                format!("{} closed on {}: {outcome}", run.id, closing.at)
            }
        };
        if let (Some(name), None) = (&expect.name, run) {
            self.fail(
                &name.at,
                format!("no round of `{}` has been opened in {}", name.is, case.id),
                path(case),
            );
            return;
        }
        self.same(
            "the round of the ballot",
            run.map(|run| run.id.round.get()).as_ref(),
            expect.round.as_ref(),
            why,
        );
        let open = run.is_some() && closing.is_none();
        self.same("the ballot is open", Some(&open), expect.open.as_ref(), why);
        let closes = run.map(BallotRun::open_until);
        self.same("the ballot closes at the latest", closes.as_ref(), expect.closes.as_ref(), why);
        let closed = closing.map(|closing| &closing.at);
        self.same("the ballot closed", closed, expect.closed.as_ref(), why);
        let outcome = closing.and_then(|closing| closing.outcome.as_ref());
        self.same("the outcome of the ballot", outcome, expect.outcome.as_ref(), why);
        let answer = run.and_then(|run| run.answer(run.rules()?));
        self.same("the answer of the ballot", answer.as_ref(), expect.answer.as_ref(), why);
        let electors: Vec<Id> = run.map(|run| run.electors.keys().cloned().collect()).unwrap_or_default();
        let excluded: Vec<Id> = run.map(|run| run.excluded.keys().cloned().collect()).unwrap_or_default();
        let voted: Vec<Id> = run.map(|run| run.votes.keys().cloned().collect()).unwrap_or_default();
        let left: Vec<Id> = run.map(|run| run.left.keys().cloned().collect()).unwrap_or_default();
        let sealing = run.and_then(|run| run.sealed.as_ref());
        let committed: Vec<Id> =
            sealing.map(|sealing| sealing.commitments.keys().cloned().collect()).unwrap_or_default();
        let revealing = closing.is_none() && run.is_some_and(|run| run.revealing().is_some());
        self.same("the votes are being revealed", Some(&revealing), expect.revealing.as_ref(), why);
        self.same_names("committed have", &committed, expect.committed.as_ref(), false);
        self.same_names("the electors are", &electors, expect.electors.as_ref(), false);
        self.same_names("excluded are", &excluded, expect.excluded.as_ref(), false);
        self.same_names("voted have", &voted, expect.voted.as_ref(), false);
        self.same_names("out of the ballot are", &left, expect.left.as_ref(), false);
    }
}

/// `i1` of `verification#1/i1`, also where a person is called after it.
fn own_name(who: &str) -> &str {
    who.rsplit('/').next().unwrap_or(who)
}

fn list(names: &[&Id]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
}

/// The word by which a scenario names the reason.
fn reason(because: &Because) -> Id {
    match because {
        Because::Opening => Id::constant(OPENING),
        Because::Amendment(_) => Id::constant(AMENDMENT),
        Because::Instant(_) => Id::constant(DATE),
        Because::Event(occurrence) => occurrence.event.clone(),
        Because::Annulled(occurrence) => occurrence
            .annulled
            .as_ref()
            .map_or_else(|| occurrence.event.clone(), |annulled| annulled.by.clone()),
    }
}

fn how(found: &AttributeState<'_>) -> String {
    let because = match &found.period.because {
        Because::Opening => "so it was when the agreement was opened".to_owned(),
        Because::Amendment(_) => "so the amendment put it".to_owned(),
        Because::Instant(written) => format!("{written} had come"),
        Because::Event(occurrence) => {
            format!("`{}` was emitted by {} ({})", occurrence.event, occurrence.case, occurrence.why.words)
        }
        Because::Annulled(occurrence) => match &occurrence.annulled {
            Some(annulled) => format!("`{}` was annulled by `{}`", occurrence.event, annulled.by),
            None => format!("`{}` was annulled", occurrence.event),
        },
    };
    format!("It is “{}” since {}: {because}", found.value.is, found.period.since)
}

/// How a case got where it is.
fn path(case: &Case) -> String {
    let moves = case.path.iter().map(|step| format!("{} on {} ({})", step.to, step.at, step.why.words));
    format!("The way of {}: {}", case.id, moves.collect::<Vec<_>>().join(", "))
}
