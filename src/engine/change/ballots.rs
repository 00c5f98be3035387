//! What happens to ballots: opening with the electors of that moment, easing, closing.

use std::num::NonZeroU32;
use std::sync::Arc;

use crate::engine::ballot::{BallotRun, Cast, Closing, Elector};
use crate::engine::case::{Case, Chosen, Obligation};
use crate::engine::count::Standing;
use crate::engine::panel::{Seats, standing};
use crate::engine::paper::{self, Written};
use crate::engine::sealed::Sealing;
use crate::engine::state::State;
use crate::engine::window::Comes;
use crate::statement::{BallotRef, CaseRef};
use crate::values::{Digest, Id, Span};
use crate::workflow::model::{self, Early, Trigger};

impl State {
    pub(super) fn open_ballot(&mut self, id: &CaseRef, name: &Id) {
        let Some(run) = self.case(id).and_then(|case| self.new_ballot(case, name)) else { return };
        self.with_case(id, |case| case.ballots.push(Arc::new(run)));
    }

    /// The ballot with its electors as they are now.
    fn new_ballot(&self, case: &Case, name: &Id) -> Option<BallotRun> {
        let ballot = case.workflow.ballot(name)?;
        let (panel, seats) = self.panel_of(case)?;
        let rounds = case.ballots.iter().filter(|run| run.id.ballot == *name).count();
        let round = u32::try_from(rounds + 1).ok().and_then(NonZeroU32::new)?;
        let closes = ballot.open_for.end(self.moment.at, !ballot.excluded);
        let mut run = BallotRun {
            id: BallotRef { case: case.id.clone(), ballot: name.clone(), round },
            workflow: Arc::clone(&case.workflow),
            opened: self.moment.at,
            closes,
            counted: closes,
            extended: 0,
            put_off_by: case.rules().into_iter().flat_map(put_off_by).collect(),
            stood: Span::from_seconds(0),
            eased: Span::from_seconds(0),
            held: [].into(),
            electors: Arc::default(),
            obliged: Arc::default(),
            excluded: Arc::default(),
            seats: Arc::new(seats.marks(&ballot.part_of(panel))),
            votes: [].into(),
            sealed: ballot.sealed.as_ref().map(|_| Sealing::default()),
            left: [].into(),
            lapsed: [].into(),
            evidence: self.size,
            paper: Digest([0; 32]),
            written: Written::default(),
            closed: None,
        };
        let (electors, excluded) = (Arc::make_mut(&mut run.electors), Arc::make_mut(&mut run.excluded));
        let part = ballot.part_of(panel);
        for seat in panel.seats.iter().filter(|seat| !part.seats.contains(seat)) {
            excluded.insert(seat.name.clone(), "the seat is of no class that votes here".to_owned());
        }
        for seat in &part.seats {
            let less = ballot.less.iter().find_map(|less| self.left_out(case, seat, *less));
            match (seats.filled(panel, &seat.name), less) {
                (Some(_), Some(reason)) => {
                    excluded.insert(seat.name.clone(), reason);
                }
                (Some(nominee), None) => {
                    let key = nominee.key.clone();
                    let affiliation = nominee.affiliation.clone().filter(|_| ballot.per_affiliation);
                    let standing = Standing { affiliation, ..standing(seat) };
                    let (person, taken) = (nominee.person.clone(), nominee.entries());
                    let elector = Elector { person, key, taken, standing };
                    electors.insert(seat.name.clone(), elector);
                }
                (None, _) => {
                    excluded.insert(seat.name.clone(), vacancy(seats, seat));
                }
            }
        }
        if let Some(abstention) = ballot.abstention.as_ref().filter(|_| !ballot.abstain.is_empty()) {
            let obliged = case.obliged.iter().filter(|(seat, _)| run.electors.contains_key(*seat));
            let abstains = |it: &Obligation| Cast { choice: abstention.clone(), done: it.done };
            run.obliged = Arc::new(obliged.map(|(seat, it)| (seat.clone(), abstains(it))).collect());
        }
        run.weigh(ballot, run.opened);
        paper::renew(self, case, ballot, &mut run);
        Some(run)
    }

    /// The ballots that are open in a case.
    pub(in crate::engine) fn open_in(&self, case: &CaseRef) -> Vec<BallotRef> {
        self.case(case).into_iter().flat_map(Case::open_ballots).map(|run| run.id.clone()).collect()
    }

    /// Whether the case's ballot closes now: its window is over, at its time or before, and no outcome is still
    /// being confirmed.
    pub(in crate::engine) fn closes_now(&self, run: &BallotRun) -> bool {
        let Some(ballot) = run.rules() else { return false };
        let over = Self::closing(run) <= self.moment || run.closes_early(ballot, self.moment);
        over && run.confirming(ballot, self.moment).is_none()
    }

    /// Puts into force the rules of this time after the opening of a ballot.
    pub(in crate::engine) fn ease_ballot(&mut self, id: &BallotRef, after: Span) {
        let at = self.moment.at;
        self.with_ballot(id, |run, ballot| {
            run.eased = after;
            run.weigh(ballot, at);
        });
    }

    /// Closes a ballot with the outcome of the votes that count; [`State::settle`] goes on from there. A
    /// sealed ballot whose votes are not yet being revealed goes on to that instead.
    pub(in crate::engine) fn close_ballot(&mut self, id: &BallotRef, entry: Option<u64>) {
        let at = self.moment.at;
        let mut reveals = false;
        self.with_ballot(id, |run, ballot| reveals = run.begins_to_reveal(ballot, at, entry));
        if reveals {
            return;
        }
        self.with_ballot(id, |run, ballot| {
            run.take_unrevealed(ballot);
            // What is certain is what the votes come to at the end of the window, by the rules in force then.
            if ballot.early == Early::Certain {
                run.eased = run.eased_at_the_end(ballot);
            }
        });
        let result = self.ballot_run(id).and_then(|run| match run.comes_to(run.rules()?, self.moment) {
            Comes::To(is) => Some(is),
            Comes::Confirming(_) => None,
        });
        self.choose(id, result.as_ref());
        self.with_ballot(id, |run, _| run.closed = Some(Closing { at, entry, outcome: result }));
    }
}

impl State {
    /// Whoever a ballot has chosen with its outcome chairs the case from now on.
    fn choose(&mut self, id: &BallotRef, outcome: Option<&Id>) {
        let chosen = || {
            let (run, case) = (self.ballot_run(id)?, self.case(&id.case)?);
            let seat = run.chosen(run.rules()?, outcome?)?;
            let (panel, seats) = self.panel_of(case)?;
            let nominated = seats.filled(panel, &seat)?.nominated.entry;
            Some(Chosen { seat, nominated, ballot: id.clone() })
        };
        if let Some(chosen) = chosen() {
            self.with_case(&id.case, |case| case.chosen = Some(chosen));
        }
    }
}

/// The acts of a state that put its ballot off, in words.
fn put_off_by(state: &model::State) -> impl Iterator<Item = String> {
    state.steps.iter().filter_map(|step| match &step.trigger {
        Trigger::Do(doing) if doing.extends.is_some() => Some(step.words()),
        _ => None,
    })
}

/// Why nobody who fills the seat can vote.
fn vacancy(seats: &Seats, seat: &model::Seat) -> String {
    match seats.dismissal(&seat.name) {
        Some(dismissal) => format!("dismissed by {}", dismissal.case),
        None => "the seat is not filled".to_owned(),
    }
}
