//! A behaviour told as a scenario: what was done and when, and at the end what was found to be so.

use super::branch::Branch;
use crate::engine::possible::{Deed, Possible};
use crate::scenario::Scenario;
use crate::scenario::model::{Deed as Telling, Expect, ExpectGrant, Names, SeatDeed, SeatName, Spot, Step};
use crate::statement::{CaseRef, HolderRef};
use crate::values::{Id, Instant, Span};
use crate::workflow::invariant::{Holds, Invariant, Promise};
use crate::workflow::{Diagnostics, Workflow};

/// 2026-01-01T00:00:00Z: when the agreement of a counterexample is opened, where no date asks for another time.
pub(super) fn usual() -> Instant {
    Instant::from_unix(1_767_225_600)
}

/// What was done, and where it led.
pub(super) struct Behaviour {
    /// When the agreement was opened.
    pub opened: Instant,
    /// What was done, each with its time.
    pub deeds: Vec<(Instant, Possible)>,
    /// What it led to.
    pub end: Branch,
    /// Whether it took place at the dates that the walk gave it.
    pub anchored: bool,
    /// The date at which the end is seen, if it matters; and before which it must be seen, if that matters.
    pub dates: (Option<Instant>, Option<Instant>),
}

/// The scenario. Its last step expects what was found, so it comes true where the fault is, and nowhere else.
pub(super) fn tell(
    workflow: &Workflow,
    invariant: &Invariant,
    behaviour: &Behaviour,
) -> Result<Scenario, Diagnostics> {
    let later = later(behaviour);
    let affiliated = workflow.panels.iter().any(|panel| panel.affiliation_needed);
    let mut steps: Vec<Step> = Vec::new();
    for (at, possible) in &behaviour.deeds {
        let at = at.plus(later);
        if !steps.last_mut().is_some_and(|last| last.at.is == at && joins(last, possible)) {
            steps.push(step(at, possible, affiliated));
        }
    }
    let end = &behaviour.end;
    let case = case_shown(invariant, end);
    let expect = expectation(workflow, invariant, end, end.now.plus(later), case.as_ref());
    steps.push(Step {
        at: end.now.plus(later).into(),
        case: case.map(Spot::from),
        deed: None,
        refused: None,
        expect: vec![expect],
    });
    let title = format!("Counterexample to: {}", invariant.words());
    Scenario::of(&title, behaviour.opened.plus(later), &steps)
}

/// How much later than it was walked a behaviour is told.
fn later(behaviour: &Behaviour) -> Span {
    let nothing = Span::from_seconds(0);
    let end = behaviour.end.now;
    match behaviour.dates {
        _ if behaviour.anchored => nothing,
        (Some(date), _) => date.since(end),
        (None, first) => {
            let usual = usual().since(behaviour.opened);
            // Where the end must be seen before the first date, it is told a day before.
            let latest = first.map(|first| first.since(end.plus(Span::from_seconds(86_400))));
            latest.map_or(usual, |latest| usual.min(latest))
        }
    }
}

/// `affiliated`: whoever is named for a seat has an affiliation of their own, called as the seat.
fn step(at: Instant, possible: &Possible, affiliated: bool) -> Step {
    let seats = |what, seat: &HolderRef| Telling::Seats {
        what,
        seats: vec![SeatName::Full(seat.clone()).into()],
        by: None,
        attach: None,
        affiliation: (affiliated && what == SeatDeed::Fill).then(|| seat.name().clone().into()),
    };
    let (case, deed) = match &possible.deed {
        Deed::Act { case, act, seat, strike, .. } => {
            let by = possible.by.actors().iter().map(|actor| actor.clone().into()).collect();
            (
                Some(case),
                Telling::Act {
                    act: act.clone().into(),
                    by,
                    seat: seat.clone().map(|seat| SeatName::Full(seat).into()),
                    attach: None,
                    signed_by: None,
                    strike: strike.as_ref().map(|(name, _)| name.clone().into()),
                },
            )
        }
        Deed::Vote { ballot, choice, .. } => {
            let voters =
                possible.by.actors().iter().map(|seat| SeatName::Short(seat.clone()).into()).collect();
            let votes = vec![(choice.clone().into(), voters)];
            (Some(&ballot.case), Telling::Vote { votes, ballot: Some(ballot.clone().into()), attach: None })
        }
        Deed::Reveal { ballot, .. } => {
            let who = possible.by.actors().iter().map(|seat| SeatName::Short(seat.clone()).into()).collect();
            let ballot_named = Some(ballot.clone().into());
            (
                Some(&ballot.case),
                Telling::Reveal { votes: vec![(None, who)], ballot: ballot_named, attach: None },
            )
        }
        Deed::Nominate(seat) => (None, seats(SeatDeed::Fill, seat)),
        Deed::Accept(seat) => (None, seats(SeatDeed::Accept, seat)),
        Deed::Disclose(seat) => (None, seats(SeatDeed::Disclose, seat)),
        Deed::Recuse(seat, case) => (Some(case), seats(SeatDeed::Recuse, seat)),
        Deed::StepDown(seat) => (None, seats(SeatDeed::StepDown, seat)),
        Deed::Recover(seat) => (None, seats(SeatDeed::RecoverKey, seat)),
    };
    Step {
        at: at.into(),
        case: case.cloned().map(Spot::from),
        deed: Some(deed.into()),
        refused: None,
        expect: Vec::new(),
    }
}

/// Tells a deed with the step before where it is of the same kind: seats filled, votes cast one after the other.
fn joins(last: &mut Step, possible: &Possible) -> bool {
    match (last.deed.as_mut().map(|deed| &mut deed.is), &possible.deed) {
        (
            Some(Telling::Seats { what: SeatDeed::Fill, seats, affiliation: None, .. }),
            Deed::Nominate(seat),
        ) => {
            seats.push(SeatName::Full(seat.clone()).into());
            true
        }
        (Some(Telling::Vote { votes, ballot: Some(of), .. }), Deed::Vote { ballot, choice, .. }) => {
            if of.is != *ballot {
                return false;
            }
            let voters = possible.by.actors().iter().map(|seat| SeatName::Short(seat.clone()).into());
            match votes.iter().position(|(known, _)| known.is == *choice) {
                None => votes.push((choice.clone().into(), voters.collect())),
                Some(place) if place + 1 == votes.len() => {
                    if let Some((_, all)) = votes.last_mut() {
                        all.extend(voters);
                    }
                }
                Some(_) => return false,
            }
            true
        }
        _ => false,
    }
}

/// The case of which the end tells: one of the procedure that should have ended, else the newest.
fn case_shown(invariant: &Invariant, end: &Branch) -> Option<CaseRef> {
    let cases = || end.state.cases.values();
    let of_procedure = match &invariant.promise {
        Promise::Ends { procedure, .. } => {
            cases().find(|case| case.id.procedure == *procedure && case.ended.is_none())
        }
        _ => None,
    };
    of_procedure.or_else(|| cases().max_by_key(|case| case.opened.entry)).map(|case| case.id.clone())
}

fn expectation(
    workflow: &Workflow,
    invariant: &Invariant,
    end: &Branch,
    date: Instant,
    case: Option<&CaseRef>,
) -> Expect {
    let names = |live: bool| -> Option<Names> {
        let events = end.state.events.iter().filter(|occurrence| occurrence.live() == live);
        let names: Vec<Spot<Id>> = events.map(|occurrence| occurrence.event.clone().into()).collect();
        (!names.is_empty()).then(|| names.into())
    };
    let state = case.and_then(|case| end.state.case(case)).map(|case| case.state.clone().into());
    let mut grants: Vec<ExpectGrant> = Vec::new();
    let mut see = |part: &Holds| {
        let Holds::Grant { grant, attribute, .. } = part else { return };
        let known = workflow.attribute(grant, attribute);
        let Some(value) = known.and_then(|attribute| end.state.value_of(attribute, date)) else { return };
        let expect = ExpectGrant {
            grant: grant.clone().into(),
            attribute: attribute.clone().into(),
            is: Some(value.is.clone().into()),
            since: None,
            because: None,
        };
        if !grants.contains(&expect) {
            grants.push(expect);
        }
    };
    if let Some(proposition) = invariant.promise.proposition() {
        proposition.holds.each(&mut see);
    }
    Expect { state, events: names(true), annulled: names(false), grants, ..Expect::default() }
}
