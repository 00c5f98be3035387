//! Changing one case, ballot or seat in place; cases are shared between states, so it is copied first.

use std::sync::Arc;

use crate::engine::ballot::BallotRun;
use crate::engine::case::Case;
use crate::engine::panel::{Nominee, Place, Seats};
use crate::engine::state::State;
use crate::statement::{BallotRef, CaseRef, HolderRef};
use crate::workflow::model;

impl State {
    pub(in crate::engine) fn with_case(&mut self, id: &CaseRef, change: impl FnOnce(&mut Case)) {
        if let Some(case) = Arc::make_mut(&mut self.cases).get_mut(id) {
            change(Arc::make_mut(case));
        }
    }

    /// Changes an open ballot, by its rules.
    pub(in crate::engine) fn with_ballot(
        &mut self,
        id: &BallotRef,
        change: impl FnOnce(&mut BallotRun, &model::Ballot),
    ) {
        self.with_case(&id.case, |case| {
            let Some(run) = case.open_ballot_mut(id) else { return };
            let workflow = Arc::clone(&run.workflow);
            if let Some(ballot) = workflow.ballot(&run.id.ballot) {
                change(run, ballot);
            }
        });
    }

    /// Changes the body to which a seat belongs.
    pub(in crate::engine) fn with_body(&mut self, seat: &HolderRef, change: impl FnOnce(&mut Seats)) {
        let seats = match seat {
            HolderRef::CaseSeat { case, .. } => Arc::make_mut(&mut self.cases)
                .get_mut(case)
                .and_then(|case| Arc::make_mut(case).seats.as_mut()),
            HolderRef::Office { body, .. } => Arc::make_mut(&mut self.panels).get_mut(body),
        };
        if let Some(seats) = seats {
            change(seats);
        }
    }

    pub(super) fn with_place(&mut self, seat: &HolderRef, change: impl FnOnce(&mut Place)) {
        self.with_body(seat, |body| {
            if let Some(place) = Arc::make_mut(&mut body.seats).get_mut(seat.name()) {
                change(place);
            }
        });
    }

    pub(super) fn with_nominee(&mut self, seat: &HolderRef, change: impl FnOnce(&mut Nominee)) {
        self.with_place(seat, |place| {
            if let Some(nominee) = &mut place.nominee {
                change(Arc::make_mut(nominee));
            }
        });
    }
}
