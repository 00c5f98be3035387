//! Who could come to a seat, and leave it.

use super::{Deed, Possible};
use crate::engine::case::Case;
use crate::engine::panel::Seats;
use crate::engine::state::State;
use crate::statement::{By, HolderRef};
use crate::values::{Id, Instant};
use crate::workflow::model::{self, Actor, Doing, Exclusion, Formed, Panel};

impl State {
    pub(super) fn possible_seats(&self, at: Instant, leaving: bool, all: &mut Vec<Possible>) {
        for panel in self.workflow.panels.iter().filter(|panel| panel.formed == Formed::Standing) {
            let Some(seats) = self.panels.get(&panel.name) else { continue };
            let name = |seat: &Id| HolderRef::Office { body: panel.name.clone(), name: seat.clone() };
            let cases: Vec<&Case> = self.running_before(&panel.name).filter_map(|id| self.case(id)).collect();
            self.seats_of((at, leaving), panel, seats, &name, &cases, all);
        }
        for case in self.cases.values().filter(|case| !case.at_rest()) {
            let (Some(seats), Some((panel, _))) = (&case.seats, self.panel_of(case)) else { continue };
            let name = |seat: &Id| HolderRef::CaseSeat { case: case.id.clone(), seat: seat.clone() };
            let shares = |other: &&Case| self.body_of(other).is_some_and(|body| body.id == case.id);
            let cases = self.running.iter().filter_map(|id| self.case(id)).filter(shares).collect::<Vec<_>>();
            self.seats_of((at, leaving), panel, seats, &name, &cases, all);
        }
    }

    fn seats_of(
        &self,
        (at, leaving): (Instant, bool),
        panel: &Panel,
        seats: &Seats,
        name: &dyn Fn(&Id) -> HolderRef,
        cases: &[&Case],
        all: &mut Vec<Possible>,
    ) {
        for (seat, place) in seats.seats.iter() {
            let mut says = |deed: Deed| all.push(Possible { by: By::One(seat.clone()), deed });
            match &place.nominee {
                None => {
                    let full = name(seat);
                    let nominator = self.seat(&full).map(|seating| self.nominator(&seating, at));
                    if let Some(by) = nominator {
                        all.push(Possible { by, deed: Deed::Nominate(full) });
                    }
                }
                Some(nominee) if nominee.accepted.is_none() => says(Deed::Accept(name(seat))),
                Some(nominee) if !nominee.fills(panel) => says(Deed::Disclose(name(seat))),
                Some(_) if leaving => {
                    says(Deed::StepDown(name(seat)));
                    for case in cases.iter().filter(|case| matters_to_recuse(case, seat)) {
                        says(Deed::Recuse(name(seat), case.id.clone()));
                    }
                    let mut open = cases.iter().flat_map(|case| case.open_ballots());
                    if open.any(|run| run.electors.contains_key(seat) && !run.left.contains_key(seat)) {
                        let by = self.who_recovers(&name(seat));
                        all.push(Possible { by, deed: Deed::Recover(name(seat)) });
                    }
                }
                Some(_) => {}
            }
        }
    }
}

/// Whether anything can be otherwise because a seat stays out of a case: it may act there, or vote.
fn matters_to_recuse(case: &Case, seat: &Id) -> bool {
    let states = || case.procedure().into_iter().flat_map(|it| &it.states);
    let mut ballots = states().flat_map(|state| state.ballot.iter().chain(&state.together));
    let less = |name: &Id| {
        case.workflow.ballot(name).is_some_and(|ballot| ballot.less.contains(&Exclusion::Recused))
    };
    let acts = |doing: &Doing| doing.by.named().iter().any(|actor| !matches!(actor, Actor::Office(_)));
    !case.recused.contains_key(seat)
        && (ballots.any(less) || states().flat_map(model::State::doings).any(acts))
}
