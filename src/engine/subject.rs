//! Cases about a seat: before whom they run, who is left out, and what becomes of whoever sits there.

use std::sync::Arc;

use crate::engine::ballot::{DISMISSED, Leaving};
use crate::engine::case::{Case, Subject};
use crate::engine::panel::Dismissal;
use crate::engine::state::State;
use crate::statement::{CaseRef, HolderRef};
use crate::values::Id;
use crate::workflow::model::{self, Exclusion, Formed};

impl State {
    /// Whoever sits in a seat, as somebody a case can be about.
    pub(super) fn sitting(&self, seat: &HolderRef) -> Option<Subject> {
        let nominee = self.seat(seat)?.nominee?;
        Some(Subject {
            seat: seat.clone(),
            person: nominee.person.clone(),
            nominated: nominee.nominated.entry,
        })
    }

    /// Whether whoever the case is about still has the seat.
    pub fn subject_seated(&self, case: &Case) -> bool {
        let Some(subject) = &case.subject else { return false };
        self.seat(&subject.seat)
            .and_then(|seating| seating.nominee)
            .is_some_and(|nominee| nominee.nominated.entry == subject.nominated)
    }

    /// The case to which the seats of a case's panel belong, where the panel is formed per case: itself, or for a
    /// case about a seat of that very panel the one in which that seat is.
    pub fn body_of<'a>(&'a self, case: &'a Case) -> Option<&'a Case> {
        if case.seats.is_some() {
            return Some(case);
        }
        let procedure = case.procedure()?;
        let panel = case.workflow.panel(procedure.panel.as_ref()?)?;
        let shared = panel.formed == Formed::PerCase && procedure.about.as_ref() == Some(&panel.name);
        match case.subject.as_ref().map(|subject| &subject.seat) {
            Some(HolderRef::CaseSeat { case, .. }) if shared => self.case(case),
            _ => None,
        }
    }

    /// Whether the seats of a case's panel belong to another case.
    pub(super) fn sits_in(&self, id: &CaseRef, body: &CaseRef) -> bool {
        self.case(id).and_then(|case| self.body_of(case)).is_some_and(|case| case.id == *body)
    }

    /// Why a filled seat is left out of the electors of a ballot that is about to open in a case.
    pub(super) fn left_out(&self, case: &Case, seat: &model::Seat, less: Exclusion) -> Option<String> {
        match less {
            Exclusion::Recused => {
                case.recused.get(&seat.name).map(|recusal| format!("recused: {}", recusal.reason))
            }
            Exclusion::Subject => {
                let subject = case.subject.as_ref().filter(|_| self.subject_seated(case))?;
                let is = subject.seat == self.seat_name(case, &seat.name);
                is.then(|| "the case is about this seat".to_owned())
            }
        }
    }

    /// Whoever the case is about loses the seat, if they still have it. The key speaks for nobody from then on.
    pub(super) fn dismiss(&mut self, id: &CaseRef, entry: Option<u64>) {
        let Some(case) = self.case(id).filter(|case| self.subject_seated(case)) else { return };
        let Some(Subject { seat, person, .. }) = case.subject.clone() else { return };
        let Some(key) = self.holders.get(&seat).map(|holder| holder.key.clone()) else { return };
        let at = self.moment.at;
        self.clear_seat(&seat, Leaving { reason: DISMISSED, at, entry, vote_stands: false });
        let name: Id = seat.name().clone();
        self.with_body(&seat, |body| {
            if let Some(place) = Arc::make_mut(&mut body.seats).get_mut(&name) {
                place.nominee = None;
                place.vacant_since = at;
            }
            body.dismissed.push(Dismissal { seat: name, person, key, case: id.clone(), at });
        });
        self.holders.leave(&seat);
    }
}
