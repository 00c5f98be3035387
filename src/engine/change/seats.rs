//! What happens to seats: who comes, who leaves, and what that does to open ballots.

use std::sync::Arc;

use crate::engine::ballot::{BallotRun, Leaving, Reason};
use crate::engine::case::{Case, Obligation, Recusal};
use crate::engine::panel::{Done, Nominee};
use crate::engine::state::State;
use crate::statement::{CaseRef, HolderRef, PublicKey};
use crate::values::Id;
use crate::workflow::model::{Ballot, Exclusion};

impl State {
    pub(super) fn nominated(&mut self, seat: HolderRef, nominee: Nominee) {
        let Nominee { person, key, nominated: done, .. } = nominee.clone();
        self.clear_seat(&seat, Leaving::by(Reason::Replaced, done));
        self.with_place(&seat, |place| place.nominee = Some(Arc::new(nominee)));
        self.with_body(&seat, |body| body.has_key(&person, &key));
        self.holders.enter(seat, person, key, done.entry);
    }

    pub(super) fn recused(&mut self, seat: &HolderRef, case: &CaseRef, reason: String, done: Done) {
        let seat = seat.name().clone();
        self.leave_ballot(case, &seat, Leaving::by(Reason::Recused, done), None);
        self.with_case(case, |case| {
            case.recused.insert(seat, Recusal { done, reason });
        });
    }

    pub(super) fn oblige(&mut self, case: &CaseRef, seat: Id, by: &str, done: Done) {
        let obligation = Obligation { done, by: by.to_owned() };
        self.with_case(case, |case| drop(case.obliged.insert(seat, obligation)));
    }

    pub(super) fn stepped_down(&mut self, seat: &HolderRef, done: Done) {
        let was_filled = self.seat(seat).is_some_and(|seating| seating.is_filled());
        self.clear_seat(seat, Leaving::by(Reason::SteppedDown, done));
        self.with_place(seat, |place| {
            place.nominee = None;
            // Whoever never filled the seat does not put off the time at which others may fill it.
            if was_filled {
                place.vacant_since = done.at;
            }
        });
        self.holders.leave(seat);
    }

    /// Whoever sat in a seat is out of its open ballots, and the next one does not inherit a recusal.
    pub(in crate::engine) fn clear_seat(&mut self, seat: &HolderRef, leaving: Leaving) {
        let key = self.holders.get(seat).map(|holder| holder.key.clone());
        for case in self.cases_of_seat(seat) {
            self.leave_ballot(&case, seat.name(), leaving, None);
            if let Some(key) = &key {
                let sealed = self.case(&case).into_iter().flat_map(Case::open_ballots);
                let sealed = sealed.filter(|run| run.sealed.is_some()).map(|run| run.id.clone());
                for id in sealed.collect::<Vec<_>>() {
                    self.with_ballot(&id, |run, _| run.keep_key(seat.name(), key));
                }
            }
            if self.case(&case).is_some_and(|case| case.recused.contains_key(seat.name())) {
                self.with_case(&case, |case| drop(case.recused.remove(seat.name())));
            }
        }
    }

    /// The cases in which a seat may be an elector; none for an officer.
    fn cases_of_seat(&self, seat: &HolderRef) -> Vec<CaseRef> {
        match seat {
            HolderRef::CaseSeat { case, .. } => {
                let shared = self.running.iter().filter(|id| *id != case && self.sits_in(id, case));
                [case].into_iter().chain(shared).cloned().collect()
            }
            HolderRef::Office { body, .. } => self.running_before(body).cloned().collect(),
        }
    }

    /// Takes an elector out of the case's open ballots. The base stays as it was fixed; whether a vote already
    /// cast stands is for the workflow to say, unless `stands` does.
    fn leave_ballot(&mut self, case: &CaseRef, seat: &Id, leaving: Leaving, stands: Option<bool>) {
        let at = leaving.at;
        let touches =
            |run: &BallotRun| run.electors.contains_key(seat) || run.rules().is_some_and(Ballot::lasts);
        let open = self.case(case).into_iter().flat_map(Case::open_ballots);
        let touched: Vec<_> = open.filter(|run| touches(run)).map(|run| run.id.clone()).collect();
        for id in touched {
            self.with_ballot(&id, |run, ballot| {
                // Where a ballot does not leave out who is recused, whoever recuses during it votes as well.
                let stays = leaving.reason == Reason::Recused && !ballot.less.contains(&Exclusion::Recused);
                if stays || !run.electors.contains_key(seat) {
                    return run.weigh(ballot, at);
                }
                let leaving = Leaving { vote_stands: stands.unwrap_or(ballot.leaver_stands), ..leaving };
                let before = run.left.entry(seat.clone()).or_insert(leaving);
                // A recovered key leaves the vote standing; leaving for good after that does not.
                if before.vote_stands && stands.is_none() {
                    *before = leaving;
                }
                run.weigh(ballot, at);
            });
        }
    }

    pub(super) fn key_replaced(&mut self, holder: &HolderRef, key: &PublicKey, recovered: bool, done: Done) {
        self.holders.replace_key(holder, key.clone(), done.entry);
        self.with_nominee(holder, |nominee| nominee.key = key.clone());
        if let Some(person) = self.seat(holder).and_then(|it| it.nominee).map(|it| it.person.clone()) {
            self.with_body(holder, |body| body.has_key(&person, key));
        }
        self.subject_key_replaced(holder, key);
        if recovered {
            // Whoever recovers a key is not heard in a ballot already open; a vote cast before stands.
            for case in self.cases_of_seat(holder) {
                self.leave_ballot(&case, holder.name(), Leaving::by(Reason::KeyRecovered, done), Some(true));
            }
        }
    }
}
