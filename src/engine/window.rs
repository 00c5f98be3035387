//! The window of a ballot: which rules are in force in it, what puts its closing off, and how long an outcome's
//! rule must have held.

use crate::engine::ballot::{BallotRun, Cast, holding};
use crate::engine::clock::Moment;
use crate::engine::state::State;
use crate::values::{Id, Instant, Span};
use crate::workflow::model::{Ballot, Extend, ExtendOn, NO_QUORUM};

/// What a ballot comes to if it closes now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comes {
    /// To this outcome.
    To(Id),
    /// To none yet: the rule of an outcome holds, and will have held for long enough at this instant.
    Confirming(Instant),
}

/// What an open ballot takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Votes.
    Votes,
    /// Of a sealed one, commitments to votes.
    Commitments,
    /// Of a sealed one, what was committed to.
    Reveals,
}

impl BallotRun {
    /// What it takes while it is open, and until when if nobody does anything more and nothing ends that before. There is no
    /// such time while its case is `suspended`: what is left of it begins to run once the case goes on.
    pub fn takes(&self, suspended: bool) -> (Takes, Option<Instant>) {
        let takes = match &self.sealed {
            None => Takes::Votes,
            Some(sealing) if sealing.revealing.is_none() => Takes::Commitments,
            Some(_) => Takes::Reveals,
        };
        (takes, (!suspended).then(|| self.open_until()))
    }

    /// Takes a vote: the one of this seat that counts from now on. A late one may put the closing off.
    pub(super) fn cast(&mut self, ballot: &Ballot, seat: Id, cast: Cast) {
        let at = cast.done.at;
        let quorum = |run: &Self| run.table(ballot).has_quorum(ballot);
        let had_quorum = ballot.extend.as_ref().is_some_and(|it| it.on == ExtendOn::Quorum) && quorum(self);
        self.lapsed.remove(&seat);
        self.votes.insert(seat, cast);
        self.weigh(ballot, at);
        let Some(extend) = &ballot.extend else { return };
        let sets_off = match extend.on {
            ExtendOn::Vote => true,
            ExtendOn::Quorum => !had_quorum && quorum(self),
            ExtendOn::Evidence | ExtendOn::NoQuorum => false,
        };
        if sets_off && at <= self.closes {
            self.put_off(extend, at);
        }
    }

    /// What time it is for this ballot at `at`: while its case stands still, since `stopped`, none runs.
    pub fn now(&self, at: Instant, stopped: Option<Instant>) -> Instant {
        stopped.map_or(at, |stopped| stopped.max(self.opened))
    }

    /// Evidence has moved in its case. Where the window is not over, and little of it is left, that may put the closing
    /// off.
    pub(super) fn evidence_came(&mut self, ballot: &Ballot, now: Instant) {
        let Some(extend) = &ballot.extend else { return };
        if extend.on == ExtendOn::Evidence && State::closing(self) > Moment::of(now) {
            self.put_off(extend, now);
        }
    }

    /// Puts the closing off where it is near at `at`, and has not been put off as often as it may be.
    fn put_off(&mut self, extend: &Extend, at: Instant) {
        let near = extend.in_last.is_none_or(|in_last| self.closes <= at.plus(in_last));
        if near && self.left_to_put_off(extend) != Some(0) {
            self.closes = self.closes.plus(extend.by);
            self.extended += 1;
        }
    }

    /// How often the closing can still be put off; `None` without a bound.
    fn left_to_put_off(&self, extend: &Extend) -> Option<u32> {
        extend.at_most.map(|most| most.saturating_sub(self.extended))
    }

    /// What puts the closing off at the end of the window: too few have voted.
    pub(super) fn short_of_quorum<'b>(&self, ballot: &'b Ballot) -> Option<&'b Extend> {
        let extend = ballot.extend.as_ref().filter(|extend| extend.on == ExtendOn::NoQuorum)?;
        (!self.table(ballot).has_quorum(ballot) && self.left_to_put_off(extend) != Some(0)).then_some(extend)
    }

    /// The end of the window has come.
    pub(super) fn wait_for_quorum(&mut self, ballot: &Ballot) {
        if let Some(extend) = self.short_of_quorum(ballot) {
            self.put_off(extend, self.closes);
        }
    }

    /// Notes which rules that must last hold since when, after a change at `at`. The quorum must have held with
    /// them.
    pub(super) fn weigh(&mut self, ballot: &Ballot, at: Instant) {
        if !ballot.lasts() {
            return;
        }
        let table = self.table(ballot);
        let lasting = holding(ballot, &table, self.eased).filter(|(_, outcome)| outcome.lasting.is_some());
        let since = |place: usize| (place, self.held.get(&place).copied().unwrap_or(at));
        self.held = lasting.map(|(place, _)| since(place)).collect();
    }

    /// The next time after the opening at which a rule gives way to an easier one, and its instant.
    pub fn next_ease(&self, ballot: &Ballot) -> Option<(Span, Instant)> {
        self.eases(ballot).filter(|(after, _)| *after > self.eased).min()
    }

    /// The time after the opening of which the rules are in force if the ballot closes at the end of its window.
    pub(super) fn eased_at_the_end(&self, ballot: &Ballot) -> Span {
        let by_then = self.eases(ballot).filter(|(_, at)| *at <= self.closes);
        by_then.map(|(after, _)| after).max().unwrap_or(self.eased)
    }

    /// The times after the opening at which a rule gives way to an easier one, with their instants.
    fn eases(&self, ballot: &Ballot) -> impl Iterator<Item = (Span, Instant)> {
        let eases = ballot.outcomes.iter().flat_map(|outcome| &outcome.eases).map(|ease| ease.after);
        eases.map(|after| (after, self.opened.plus(after).plus(self.stood)))
    }

    /// What the ballot comes to if it closes at this moment: the first outcome whose rule holds, unless it must
    /// hold for longer. What began to hold after the window does not wait: a ballot ends.
    pub fn comes_to(&self, ballot: &Ballot, moment: Moment) -> Comes {
        let table = self.table(ballot);
        for (place, outcome) in holding(ballot, &table, self.eased) {
            let Some(lasting) = outcome.lasting else { return Comes::To(outcome.is.clone()) };
            let since = self.held.get(&place).copied().unwrap_or(moment.at);
            let confirmed = since.plus(lasting);
            if (Moment { at: confirmed, late: !ballot.excluded }) <= moment {
                return Comes::To(outcome.is.clone());
            }
            if since <= self.closes {
                return Comes::Confirming(confirmed);
            }
        }
        Comes::To(Id::constant(NO_QUORUM))
    }

    /// When an outcome that holds will have held for long enough, if it must hold for longer than it has.
    pub(super) fn confirming(&self, ballot: &Ballot, moment: Moment) -> Option<Instant> {
        if !ballot.lasts() {
            return None;
        }
        match self.comes_to(ballot, moment) {
            Comes::Confirming(at) => Some(at),
            Comes::To(_) => None,
        }
    }

    /// Until when it is open if nobody does anything more and nothing closes it before: the end of its window, which
    /// may still be put off, or of a confirmation that outlasts it.
    pub fn until(&self, ballot: &Ballot) -> Instant {
        match self.confirming(ballot, Moment::of(self.opened)) {
            Some(confirmed) => self.closes.max(confirmed),
            None => self.closes,
        }
    }

    /// The same by the rules under which it runs.
    pub fn open_until(&self) -> Instant {
        self.rules().map_or(self.closes, |rules| self.until(rules))
    }
}
