//! Cases about a seat: before whom they run, who is left out, and what becomes of whoever sits there.

use std::sync::Arc;

use crate::engine::ballot::{Leaving, Reason};
use crate::engine::case::{Case, Obligation, Subject};
use crate::engine::panel::{Dismissal, Nominee, Seats};
use crate::engine::state::State;
use crate::statement::{CaseRef, HolderRef, PublicKey};
use crate::values::Id;
use crate::workflow::model::{self, Exclusion};

/// Whom a case is about, as they are known: by name, and by every key that they have had in that body.
#[derive(Debug, Clone, Copy)]
pub struct Whom<'a> {
    /// The seat that the case names.
    pub seat: &'a HolderRef,
    person: &'a str,
    key: &'a PublicKey,
    body: Option<&'a Seats>,
}

impl Whom<'_> {
    /// Whether somebody in a seat, be it another one, is that person.
    pub fn is(&self, nominee: &Nominee) -> bool {
        self.body.map_or(nominee.key.raw() == self.key.raw(), |body| {
            body.is((self.person, self.key), &nominee.person, &nominee.key)
        })
    }
}

impl State {
    /// Whom a case is about, also where they have left the seat.
    pub(super) fn whom<'a>(&'a self, case: &'a Case) -> Option<Whom<'a>> {
        let Subject { seat, person, key, .. } = case.subject.as_ref()?;
        Some(Whom { seat, person, key, body: self.body_with(seat) })
    }

    /// Whom a case would be about that named a seat.
    pub(super) fn whom_of<'a>(&'a self, seat: &'a HolderRef) -> Option<Whom<'a>> {
        let seating = self.seat(seat)?;
        let Nominee { person, key, .. } = seating.nominee?;
        Some(Whom { seat, person, key, body: Some(seating.body) })
    }

    /// Whoever sits in a seat, as somebody a case can be about.
    pub(super) fn sitting(&self, seat: &HolderRef) -> Option<Subject> {
        let nominee = self.seat(seat)?.nominee?;
        Some(Subject {
            seat: seat.clone(),
            person: nominee.person.clone(),
            key: nominee.key.clone(),
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

    /// Whoever a running case is about has another key: by that they are known should they leave.
    pub(super) fn subject_key_replaced(&mut self, seat: &HolderRef, key: &PublicKey) {
        let about = |case: &Case| case.subject.as_ref().is_some_and(|subject| subject.seat == *seat);
        let cases = self.running.iter().filter_map(|id| self.case(id));
        let cases = cases.filter(|case| about(case) && self.subject_seated(case)).map(|case| case.id.clone());
        for id in cases.collect::<Vec<_>>() {
            self.with_case(&id, |case| {
                if let Some(subject) = &mut case.subject {
                    subject.key = key.clone();
                }
            });
        }
    }

    /// The running cases that are about somebody in a body, with whom: that of this seat.
    pub(super) fn running_about<'a>(
        &'a self,
        seat: &'a HolderRef,
    ) -> impl Iterator<Item = (&'a CaseRef, &'a Subject)> {
        let same = move |other: &HolderRef| match (seat, other) {
            (HolderRef::CaseSeat { case, .. }, HolderRef::CaseSeat { case: other, .. }) => case == other,
            (HolderRef::Office { body, .. }, HolderRef::Office { body: other, .. }) => body == other,
            _ => false,
        };
        let subjects = self.running.iter().filter_map(|id| Some((id, self.case(id)?.subject.as_ref()?)));
        subjects.filter(move |(_, subject)| same(&subject.seat))
    }

    /// The case to which the seats of a case's panel belong, where the panel is formed per case: itself, or for a
    /// case about a seat of that very panel the one in which that seat is.
    pub fn body_of<'a>(&'a self, case: &'a Case) -> Option<&'a Case> {
        if case.seats.is_some() {
            return Some(case);
        }
        let procedure = case.procedure()?;
        let shared = procedure.about.is_some() && procedure.about == procedure.panel;
        // Of a standing panel the seat is no case's.
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
            Exclusion::Subject => self.around(case).about(&seat.name),
            Exclusion::Obliged => case.obliged.get(&seat.name).map(Obligation::words),
        }
    }

    /// Whoever the case is about comes to no seat of that body any more, and loses the seat if they still have it. The
    /// key speaks for nobody from then on.
    pub(super) fn dismiss(&mut self, id: &CaseRef, entry: Option<u64>) {
        let Some(case) = self.case(id) else { return };
        let Some(Subject { seat, person, key, .. }) = case.subject.clone() else { return };
        let (seated, at) = (self.subject_seated(case), self.moment.at);
        if seated {
            self.clear_seat(&seat, Leaving { reason: Reason::Dismissed, at, entry, vote_stands: false });
        }
        let name: Id = seat.name().clone();
        self.with_body(&seat, |body| {
            if let Some(place) = Arc::make_mut(&mut body.seats).get_mut(&name).filter(|_| seated) {
                place.nominee = None;
                place.vacant_since = at;
            }
            body.dismissed.push(Dismissal { seat: name, person, key, seated, case: id.clone(), at });
        });
        if seated {
            self.holders.leave(&seat);
        }
    }
}
