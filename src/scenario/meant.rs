//! Which case, ballot, seat and documents a step means where it does not say.

use std::num::NonZeroU32;

use super::model::{SeatName, Spot};
use crate::engine::case::Case;
use crate::engine::state::State;
use crate::statement::{BallotRef, By, CaseRef, HolderRef};
use crate::values::{Digest, Id};
use crate::workflow::Workflow;
use crate::workflow::model::{Actors, Formed, Panel, Procedure};

/// The case that was opened last among those that fit.
pub(super) fn newest(state: &State, fits: impl Fn(&Case) -> bool) -> Option<&Case> {
    let cases = state.cases.values().map(|case| &**case).filter(|case| fits(case));
    cases.max_by_key(|case| case.opened.entry)
}

/// The case that an act opens, or the newest of a procedure that knows the act.
pub(super) fn case_of_act(state: &State, act: &Id) -> CaseRef {
    if let Some(procedure) = state.workflow.opened_by(act) {
        return state.next_case(&procedure.name);
    }
    newest_or_first(state, |_, procedure| acts(procedure).any(|known| known.name == act))
}

/// The newest case before whose panel there is a seat of this name.
pub(super) fn case_of_seat(state: &State, seat: &SeatName) -> CaseRef {
    match seat {
        SeatName::Full(HolderRef::CaseSeat { case, .. }) => case.clone(),
        SeatName::Full(HolderRef::Office { body, .. }) => {
            newest_or_first(state, |_, procedure| procedure.panel.as_ref() == Some(body))
        }
        SeatName::Short(seat) => {
            newest_or_first(state, |workflow, procedure| has_seat(workflow, procedure, seat))
        }
    }
}

/// The newest case of a procedure that fits; where there is none yet, the first that there will be.
fn newest_or_first(state: &State, fits: impl Fn(&Workflow, &Procedure) -> bool) -> CaseRef {
    if let Some(case) =
        newest(state, |case| case.procedure().is_some_and(|procedure| fits(&case.workflow, procedure)))
    {
        return case.id.clone();
    }
    let procedures = &state.workflow.procedures;
    let procedure =
        procedures.iter().find(|procedure| fits(&state.workflow, procedure)).or(procedures.first());
    let name = procedure.map_or_else(|| Id::constant("none"), |procedure| procedure.name.clone());
    CaseRef { procedure: name, number: NonZeroU32::MIN }
}

/// Whom a name means, for a case.
pub(super) fn signer(state: &State, case: &CaseRef, name: &SeatName) -> HolderRef {
    match name {
        SeatName::Full(holder) => holder.clone(),
        SeatName::Short(seat) => holder(state, case, seat, None),
    }
}

/// The full name of a seat of a case's panel, be the case opened or not; `about` is the seat that it is about.
pub(super) fn holder(state: &State, case: &CaseRef, seat: &Id, about: Option<&HolderRef>) -> HolderRef {
    if let Some(run) = state.case(case).filter(|run| state.panel_of(run).is_some()) {
        return state.seat_name(run, seat);
    }
    let procedure = state.procedure(case);
    match procedure.and_then(|procedure| panel_of(state.workflow_of(case), procedure)) {
        Some(panel) if panel.formed == Formed::Standing => {
            HolderRef::Office { body: panel.name.clone(), name: seat.clone() }
        }
        panel => match about {
            Some(HolderRef::CaseSeat { case, .. })
                if procedure.is_some_and(|it| it.about.as_ref() == panel.map(|panel| &panel.name)) =>
            {
                HolderRef::CaseSeat { case: case.clone(), seat: seat.clone() }
            }
            _ => HolderRef::CaseSeat { case: case.clone(), seat: seat.clone() },
        },
    }
}

/// The seat that an act names: in a case that there is, one of its panel or of the one that it is about; else one of
/// the newest case that has a panel of its own.
pub(super) fn subject(state: &State, case: &CaseRef, name: &SeatName) -> HolderRef {
    let seat = match name {
        SeatName::Full(holder) => return holder.clone(),
        SeatName::Short(seat) => seat,
    };
    let about = state.procedure(case).and_then(|it| it.about.as_ref().or(it.panel.as_ref()));
    if let Some(panel) = about.filter(|panel| state.panels.contains_key(*panel)) {
        return HolderRef::Office { body: panel.clone(), name: seat.clone() };
    }
    if let Some(run) = state.case(case).filter(|run| state.panel_of(run).is_some()) {
        return state.seat_name(run, seat);
    }
    let own = newest(state, |case| case.seats.as_ref().is_some_and(|seats| Some(&seats.panel) == about));
    let own = own.map_or_else(|| case.clone(), |own| own.id.clone());
    HolderRef::CaseSeat { case: own, seat: seat.clone() }
}

fn panel_of<'a>(workflow: &'a Workflow, procedure: &Procedure) -> Option<&'a Panel> {
    workflow.panel(procedure.panel.as_ref()?)
}

/// Whether a procedure is before a panel with a seat of this name.
fn has_seat(workflow: &Workflow, procedure: &Procedure, seat: &Id) -> bool {
    panel_of(workflow, procedure).is_some_and(|panel| panel.seats.iter().any(|known| known.name == *seat))
}

/// The seat that votes, and on which ballot: where none is named, on the newest of the case; where no case is either, of
/// the newest with an open ballot, where the seat has any.
pub(super) fn voter(
    state: &State,
    case: Option<&CaseRef>,
    voter: &SeatName,
    ballot: Option<&Spot<BallotRef>>,
) -> (Id, BallotRef) {
    let seat = match voter {
        SeatName::Short(seat) => seat,
        SeatName::Full(holder) => holder.name(),
    };
    let votes = |case: &Case| {
        let seated = |seat| case.procedure().is_some_and(|it| has_seat(&case.workflow, it, seat));
        case.open_ballots().next().is_some() && matches!(voter, SeatName::Short(seat) if seated(seat))
    };
    let newest = || newest(state, votes).map_or_else(|| case_of_seat(state, voter), |case| case.id.clone());
    let case = || case.cloned().unwrap_or_else(newest);
    (seat.clone(), ballot.map_or_else(|| ballot_of(state, case()), |ballot| ballot.is.clone()))
}

/// The newest ballot of a case; where there is none yet, the first that there will be.
fn ballot_of(state: &State, case: CaseRef) -> BallotRef {
    let newest = state.case(&case).and_then(|case| case.ballots.last()).map(|run| run.id.clone());
    newest.unwrap_or_else(|| {
        let mut states = state.procedure(&case).into_iter().flat_map(|procedure| &procedure.states);
        let ballot = states.find_map(|state| state.ballots().next().cloned());
        let ballot = ballot.unwrap_or_else(|| case.procedure.clone());
        BallotRef { case, ballot, round: NonZeroU32::MIN }
    })
}

/// The newest document that is filed in a case under this name and not struck; where there is none, the newest that was.
pub(super) fn filed(state: &State, case: &CaseRef, name: &Id) -> Digest {
    let filed = || state.case(case).into_iter().flat_map(|case| case.filed.iter().rev());
    let of_name = || filed().filter(|filed| filed.name == *name);
    let found = of_name().find(|filed| filed.struck.is_none()).or_else(|| of_name().next());
    found.map_or(Digest([0; 32]), |filed| filed.digest)
}

/// The documents that the workflow asks for with an act, as far as it can be known which one is meant.
pub(super) fn documents(state: &State, case: &CaseRef, act: &Id, by: &By) -> Vec<Id> {
    let Some(procedure) = state.procedure(case) else { return Vec::new() };
    if procedure.open.act == *act {
        return procedure.open.attach.clone();
    }
    let run = state.case(case);
    // The more that fits, the more likely it is meant: the state, then who acts.
    let meant = acts(procedure).filter(|known| known.name == act).max_by_key(|known| {
        let here = run.is_some_and(|run| run.state == *known.state);
        (here, run.is_some_and(|run| state.may_act_in(known.by, by, run)))
    });
    meant.map(|known| known.attach.to_vec()).unwrap_or_default()
}

/// An act as the workflow has it, be it a step or a duty.
struct KnownAct<'w> {
    name: &'w Id,
    state: &'w Id,
    by: &'w Actors,
    attach: &'w [Id],
}

fn acts(procedure: &Procedure) -> impl Iterator<Item = KnownAct<'_>> {
    procedure.states.iter().flat_map(|state| {
        let steps = state.doings().map(|doing| (&doing.act, &doing.by, &*doing.attach));
        let duties = state.duties.iter().map(|duty| (&duty.act, &duty.by, &*duty.attach));
        let known = |(name, by, attach)| KnownAct { name, state: &state.name, by, attach };
        steps.chain(duties).map(known)
    })
}
