//! A state of the walk, and where it can go from there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::blank::{self, Vote};
use super::hope;
use super::marks::SeatMarks;
use super::view::View;
use crate::engine::State;
use crate::engine::ballot::BallotRun;
use crate::engine::case::Case;
use crate::engine::possible::{Deed, Possible};
use crate::statement::{BallotRef, By, CaseRef, HolderRef, PublicKey};
use crate::values::{Id, Instant, Span};
use crate::workflow::model::Step;

/// A state at a time.
#[derive(Debug, Clone)]
pub(super) struct Branch {
    /// The state, with everything that time alone has brought about by `now`.
    pub state: State,
    /// The time.
    pub now: Instant,
    /// How often panelists have left.
    pub left: u8,
    /// To which choices seats have committed on sealed ballots, which the engine does not know.
    pub committed: Arc<Committed>,
    /// The open ballots of cases that stand still, as they were when votes were taken last; none on which there was no time to vote.
    pub stilled: Arc<Stilled>,
}

/// Choices by ballot and seat.
pub(super) type Committed = BTreeMap<(BallotRef, Id), Id>;

/// Ballots as they were.
pub(super) type Stilled = BTreeMap<BallotRef, Arc<BallotRun>>;

/// Where a walk can go.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Turn {
    /// Nobody does anything until then.
    Wait(Instant),
    /// Somebody does something, at once. Being nominated goes on to filling the seat.
    Does(Possible),
    /// So many of these vote on a ballot that it ends.
    Enough(BallotRef, Vec<Id>),
    /// One of these, by which votes come to count of which nothing was told before: so they were cast.
    Chosen(Box<Turn>, Vec<Vote>),
}

impl Branch {
    /// Everything that can be done now, in a fixed order, waiting first. Of seats that are alike one is taken. `room` is empty, before
    /// and after.
    pub(super) fn turns(&self, view: &View<'_>, room: &mut Vec<Possible>) -> Vec<Turn> {
        if view.bounds.reduced && !hope::is_left(view, &view.workflow.invariants, (&self.state, self.now)) {
            return Vec::new();
        }
        let seats = SeatMarks::of(view, self);
        let wait = next_point(view, &seats, &self.state, self.now).map(Turn::Wait);
        self.state.possible_into(self.now, self.left < view.bounds.leaving, room);
        let ended = blank::ended_by_votes(view, self, room);
        let walked = room.drain(..).filter(|possible| self.is_walked(view, &seats, possible));
        wait.into_iter().chain(ended).chain(walked.map(Turn::Does)).collect()
    }

    fn is_walked(&self, view: &View<'_>, seats: &SeatMarks<'_>, possible: &Possible) -> bool {
        if possible.by.actors().iter().any(|actor| view.silent.contains(actor)) {
            return false;
        }
        if self.has_twin(seats, possible) {
            return false;
        }
        match &possible.deed {
            Deed::Act { case: id, act, .. } => match self.state.case(id) {
                Some(case) => !is_idle(view, case, act) && !is_repeated(view, case, act),
                None => {
                    id.number.get() <= view.bounds.cases && view.workflow.procedure(&id.procedure).is_some()
                }
            },
            Deed::Recover(_) => self.left < view.bounds.leaving,
            Deed::StepDown(seat) | Deed::Recuse(seat, _) => {
                !seats.is_idle(seat) && self.left < view.bounds.leaving
            }
            Deed::Nominate(seat) => !seats.is_idle(seat) && !view.silent.contains(seat.name()),
            Deed::Accept(seat) | Deed::Disclose(seat) => !seats.is_idle(seat),
            Deed::Vote { ballot, choice, .. } => {
                view.asks(&ballot.ballot) && blank::is_walked(view, self, ballot, choice)
            }
            Deed::Reveal { ballot, .. } => view.asks(&ballot.ballot),
        }
    }

    /// Whether the same is done in the name of, or about, another seat that is like this one in everything. What two seats
    /// do to each other is the same with a third in the place of one of them, and not where they change places.
    fn has_twin(&self, seats: &SeatMarks<'_>, possible: &Possible) -> bool {
        let own = |case: &CaseRef| {
            let body = self.state.case(case).and_then(|case| self.state.body_of(case));
            body.map_or_else(|| case.clone(), |body| body.id.clone())
        };
        let actor = possible.by.actors().first();
        let (case, actor, about) = match &possible.deed {
            Deed::Act { case, seat: Some(about), .. } => match about {
                HolderRef::CaseSeat { case, .. } => (Some(case.clone()), actor, Some(about.name())),
                HolderRef::Office { .. } => (Some(own(case)), actor, Some(about.name())),
            },
            Deed::Act { case, .. } => (Some(own(case)), actor, None),
            Deed::Vote { ballot, .. } | Deed::Reveal { ballot, .. } => (Some(own(&ballot.case)), actor, None),
            Deed::Nominate(seat)
            | Deed::Accept(seat)
            | Deed::Disclose(seat)
            | Deed::StepDown(seat)
            | Deed::Recuse(seat, _)
            | Deed::Recover(seat) => match seat {
                HolderRef::CaseSeat { case, .. } => (Some(case.clone()), None, Some(seat.name())),
                HolderRef::Office { .. } => (None, None, Some(seat.name())),
            },
        };
        let twin = |seat: Option<&Id>, but: Option<&Id>| {
            seat.is_some_and(|seat| seats.has_twin(case.as_ref(), seat, but.filter(|but| *but != seat)))
        };
        twin(actor, about) || twin(about, actor)
    }

    /// Goes there; `None` where the engine refuses it.
    pub(super) fn take(&self, turn: &Turn, key: &dyn Fn(&HolderRef) -> PublicKey) -> Option<Self> {
        let mut after = self.turned(turn, key)?;
        after.stilled = self.stilled_in(&after.state);
        Some(after)
    }

    /// An open ballot as it was when votes were taken last: as it is, unless its case stands still.
    pub(super) fn last_votable(&self, ballot: &BallotRef) -> Option<&Arc<BallotRun>> {
        let case = self.state.case(&ballot.case)?;
        match case.suspended() {
            None => case.ballots.iter().find(|run| run.id == *ballot),
            Some(_) => self.stilled.get(ballot),
        }
    }

    /// Whether votes are taken now on a ballot.
    pub(super) fn takes_votes(&self, ballot: &BallotRef) -> bool {
        let run = self.state.ballot_run(ballot).filter(|run| run.closed.is_none());
        run.is_some() && self.state.case(&ballot.case).is_some_and(|case| case.suspended().is_none())
    }

    /// What of this state is the last that was open to votes in the one that follows. What lapsed since can be cast no more.
    fn stilled_in(&self, after: &State) -> Arc<Stilled> {
        let still = after.running.iter().filter_map(|id| after.case(id));
        let still = still.filter(|case| case.suspended().is_some());
        let runs = still.flat_map(Case::open_ballots);
        let last = runs.filter_map(|run| {
            let was = self.last_votable(&run.id)?;
            (was.evidence == run.evidence).then(|| (run.id.clone(), Arc::clone(was)))
        });
        Arc::new(last.collect())
    }

    fn turned(&self, turn: &Turn, key: &dyn Fn(&HolderRef) -> PublicKey) -> Option<Self> {
        match turn {
            Turn::Wait(until) => {
                let (committed, stilled) = (Arc::clone(&self.committed), Arc::default());
                let state = self.state.at(*until).into_owned();
                Some(Self { state, now: *until, left: self.left, committed, stilled })
            }
            Turn::Does(possible) => {
                let mut after = self.clone();
                after.does(possible, key, self.committed_to(possible).as_ref())?;
                Some(after)
            }
            Turn::Enough(ballot, voters) => {
                let mut after = self.clone();
                let blank = self.state.votable(ballot).into_iter().next()?;
                let votes = voters.iter().map(|seat| (ballot.clone(), seat.clone(), Some(blank.clone())));
                after.vote_to_the_end(&votes.collect::<Vec<_>>(), key)?;
                Some(after)
            }
            Turn::Chosen(turn, votes) => {
                let mut chosen = self.clone();
                match &**turn {
                    Turn::Enough(ballot, _) => {
                        let (its, others): (Vec<_>, Vec<_>) =
                            votes.iter().cloned().partition(|(of, ..)| of == ballot);
                        chosen.have_voted(others.iter());
                        chosen.vote_to_the_end(&its, key)?;
                    }
                    Turn::Does(possible) => {
                        chosen.have_voted(votes.iter().filter(|vote| !blank::casts(possible, vote)));
                        let opens = match &possible.deed {
                            Deed::Reveal { ballot, .. } => {
                                let seat = possible.by.actors().first();
                                seat.and_then(|seat| blank::of(votes, ballot, seat)).cloned()
                            }
                            _ => None,
                        };
                        let opens = opens.or_else(|| self.committed_to(possible));
                        chosen.does(&blank::voting(possible, votes), key, opens.as_ref())?;
                    }
                    turn => {
                        chosen.have_voted(votes.iter());
                        return chosen.take(turn, key);
                    }
                }
                Some(chosen)
            }
        }
    }

    /// As if these votes had been cast.
    fn have_voted<'v>(&mut self, votes: impl Iterator<Item = &'v Vote>) {
        let cast = votes.filter_map(|(ballot, seat, choice)| Some((ballot, (seat, choice.as_ref()?))));
        let mut of_ballot: BTreeMap<&BallotRef, Vec<(&Id, &Id)>> = BTreeMap::new();
        for (ballot, vote) in cast {
            of_ballot.entry(ballot).or_default().push(vote);
        }
        for (ballot, votes) in of_ballot {
            self.state.suppose_voted(ballot, &votes);
        }
    }

    /// These votes are cast on one ballot, the last of which ends it.
    fn vote_to_the_end(&mut self, votes: &[Vote], key: &dyn Fn(&HolderRef) -> PublicKey) -> Option<()> {
        let cast = votes.iter().rposition(|(.., choice)| choice.is_some())?;
        let (others, last) = votes.split_at_checked(cast)?;
        self.have_voted(others.iter());
        let (ballot, seat, choice) = last.first()?;
        let attach = self.state.ballot_run(ballot)?.rules()?.attach.clone();
        let deed = Deed::Vote { ballot: ballot.clone(), choice: choice.clone()?, attach };
        self.does(&Possible { by: By::One(seat.clone()), deed }, key, None)
    }

    /// To which choice whoever reveals a vote has committed.
    fn committed_to(&self, possible: &Possible) -> Option<Id> {
        let Deed::Reveal { ballot, .. } = &possible.deed else { return None };
        self.committed.get(&(ballot.clone(), possible.by.actors().first()?.clone())).cloned()
    }

    fn does(
        &mut self,
        possible: &Possible,
        key: &dyn Fn(&HolderRef) -> PublicKey,
        opens: Option<&Id>,
    ) -> Option<()> {
        self.state.suppose(self.now, possible, key, opens).ok()?;
        match &possible.deed {
            Deed::Nominate(seat) => {
                let accept = Possible { by: By::One(seat.name().clone()), deed: Deed::Accept(seat.clone()) };
                self.state.suppose(self.now, &accept, key, None).ok()?;
            }
            Deed::StepDown(_) | Deed::Recuse(..) | Deed::Recover(_) => self.left += 1,
            Deed::Vote { ballot, choice, .. } => {
                let sealed = self.state.ballot_run(ballot).is_some_and(|run| run.sealed.is_some());
                if let Some(seat) = possible.by.actors().first().filter(|_| sealed) {
                    let committed = Arc::make_mut(&mut self.committed);
                    committed.insert((ballot.clone(), seat.clone()), choice.clone());
                }
            }
            _ => {}
        }
        Some(())
    }
}

/// The steps by an act where a case is, each with its place.
fn steps_of<'a>(case: &'a Case, act: &'a Id) -> impl Iterator<Item = (usize, &'a Step)> {
    let steps = case.rules().map_or(&[][..], |state| &state.steps).iter().enumerate();
    steps.filter(|(_, step)| step.doing().is_some_and(|doing| doing.act == *act))
}

/// Whether an act moves nothing where a case is.
fn is_idle(view: &View<'_>, case: &Case, act: &Id) -> bool {
    let mut its = steps_of(case, act).peekable();
    // What is no step, or is owed from an earlier state, is a duty of which something comes.
    let owed = case.duties.iter().any(|duty| duty.act == *act && duty.tells());
    let goes_on = view.goes_on_from(&case.id.procedure, &case.state);
    !owed
        && its.peek().is_some()
        && (!goes_on || its.all(|(place, _)| view.is_idle(&case.id.procedure, &case.state, place)))
}

/// Whether an act has been done as often where a case is as a walk does it. Where it comes to another step in the end, that is walked.
fn is_repeated(view: &View<'_>, case: &Case, act: &Id) -> bool {
    let mut its = steps_of(case, act);
    match (its.next(), its.next()) {
        (Some((place, step)), None) => {
            step.at_most.is_some() && case.times_taken(place) >= view.bounds.repeats
        }
        _ => false,
    }
}

/// The next instant at which to look again: the last before, and the first after, whatever comes next.
fn next_point(view: &View<'_>, seats: &SeatMarks<'_>, state: &State, now: Instant) -> Option<Instant> {
    let mut next: Option<Instant> = None;
    let mut see = |at: Instant| {
        if at > now && next.is_none_or(|next| at < next) {
            next = Some(at);
        }
    };
    let passing = view.passes_somewhere().then(|| state.passing()).into_iter().flatten();
    let passing = passing
        .filter(|(seat, _)| view.passes(state, seat) && !seats.is_idle(seat))
        .map(|(_, moment)| moment);
    for moment in state.moments_of_cases(&view.workflow.procedures).into_iter().chain(passing) {
        let first = if moment.late { moment.at.next() } else { moment.at };
        see(before(first));
        see(first);
        // When a time that begins then ends with it, just before it, or just after.
        for then in view.begun.iter().map(|length| earlier(first, *length)) {
            [before(then), then, then.next()].into_iter().for_each(&mut see);
        }
    }
    for date in &view.anchored {
        [before(*date), *date, date.next()].into_iter().for_each(&mut see);
        // A case can be under way when the date comes: every deadline of the file before it.
        if state.running.is_empty() {
            view.leads.iter().for_each(|lead| see(earlier(*date, *lead)));
        }
    }
    for (span, event) in &view.withins {
        if let Some(occurrence) = state.live(event).next() {
            let end = occurrence.at.plus(*span);
            see(before(end));
            see(end);
        }
    }
    for (procedure, within) in &view.ends {
        for case in state.running.iter().filter(|case| case.procedure == *procedure) {
            if let Some(case) = state.case(case) {
                see(case.opened.at.plus(*within).next());
            }
        }
    }
    next
}

fn before(at: Instant) -> Instant {
    earlier(at, Span::from_seconds(1))
}

fn earlier(at: Instant, span: Span) -> Instant {
    Instant::from_unix(at.unix().saturating_sub_unsigned(span.seconds()))
}
