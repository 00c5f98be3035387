//! What follows from an admitted statement, and taking it over into the state.

use std::num::NonZeroU32;
use std::sync::Arc;

use crate::engine::amend::Amended;
use crate::engine::ballot::{BallotRun, Cast, Closing, Elector, Leaving, outcome};
use crate::engine::case::{Case, DutyRun, Filed, Move, Recusal, Subject};
use crate::engine::count::Standing;
use crate::engine::event::{Annulled, Occurrence, Why};
use crate::engine::panel::{Done, Nominee, Place, Seats, standing};
use crate::engine::paper;
use crate::engine::sealed::Sealing;
use crate::engine::state::{Reaffirmed, State};
use crate::engine::window::Comes;
use crate::statement::body::Attachments;
use crate::statement::{BallotRef, CaseRef, HolderRef, PublicKey};
use crate::values::{Digest, Id, Span};
use crate::workflow::model::{self, Early, Effect, Exclusion, Formed, Panel, Step, Trigger};

/// Why an elector is out of a ballot that leaves out whoever is recused.
const RECUSED: &str = "recused";

/// What an admitted statement does. Judging has made sure that it can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A person is named for a seat.
    Nominated { seat: HolderRef, person: String, key: PublicKey, by: Id, affiliation: Option<Id> },
    /// The nominee takes the seat, perhaps with a disclosure.
    Accepted { seat: HolderRef, disclosure: Option<Digest> },
    /// A disclosure is filed.
    Disclosed { seat: HolderRef, disclosure: Digest },
    /// A panelist stays out of a case.
    Recused { seat: HolderRef, case: CaseRef, reason: String },
    /// A panelist gives up the seat.
    SteppedDown { seat: HolderRef },
    /// A case is opened, perhaps about a seat.
    CaseOpened { case: CaseRef, subject: Option<HolderRef>, by: String, attach: Attachments },
    /// Somebody acts: the step at this place of the case's state.
    Acted { case: CaseRef, place: usize, by: String, attach: Attachments, strike: Option<Digest> },
    /// Somebody discharges the duty at this place.
    Discharged { case: CaseRef, duty: usize, by: String, attach: Attachments },
    /// A vote.
    Voted { ballot: BallotRef, seat: Id, choice: Id },
    /// A commitment to a vote on a sealed ballot.
    Committed { ballot: BallotRef, seat: Id, commitment: Digest },
    /// The vote behind a commitment.
    Revealed { ballot: BallotRef, seat: Id, choice: Id },
    /// The parties put another workflow into force.
    Amended { amended: Box<Amended>, by: String },
    /// The parties say that the workflow stands.
    Reaffirmed { occasion: String },
    /// A holder's key is another one from now on.
    KeyReplaced { holder: HolderRef, key: PublicKey, recovered: bool },
}

impl State {
    /// Takes over what an admitted entry does, and everything that follows at once.
    pub(super) fn apply(&mut self, change: Change, done: Done) {
        match change {
            Change::Nominated { seat, person, key, by, affiliation } => {
                let nominee = Nominee {
                    person,
                    key,
                    by,
                    affiliation,
                    nominated: done,
                    accepted: None,
                    disclosures: Vec::new(),
                };
                self.nominated(seat, nominee);
            }
            Change::Accepted { seat, disclosure } => self.with_nominee(&seat, |nominee| {
                nominee.accepted = Some(done);
                nominee.disclosures.extend(disclosure.map(|digest| (done, digest)));
            }),
            Change::Disclosed { seat, disclosure } => {
                self.with_nominee(&seat, |nominee| nominee.disclosures.push((done, disclosure)));
            }
            Change::Recused { seat, case, reason } => self.recused(&seat, &case, reason, done),
            Change::SteppedDown { seat } => self.stepped_down(&seat, done),
            Change::CaseOpened { case, subject, by, attach } => {
                let subject = subject.and_then(|seat| self.sitting(&seat));
                self.case_opened(&case, subject, &by, &attach, done);
            }
            Change::Acted { case, place, by, attach, strike } => {
                self.file(&case, &by, &attach, done);
                self.strike(&case, place, strike, done);
                self.serve_and_extend(&case, place, done);
                let why = Why { entry: Some(done.entry), ..self.act_words(&case, place, &by) };
                self.take_step(&case, place, why);
                self.evidence_moved(&case, done);
            }
            Change::Discharged { case, duty, by, attach } => {
                self.file(&case, &by, &attach, done);
                self.with_case(&case, |case| case.discharged(duty, done));
                self.evidence_moved(&case, done);
            }
            Change::Voted { ballot, seat, choice } => {
                self.with_ballot(&ballot, |run, ballot| run.cast(ballot, seat, Cast { choice, done }));
            }
            Change::Committed { ballot, seat, commitment } => {
                self.with_ballot(&ballot, |run, _| run.commit(seat, commitment, done));
            }
            Change::Revealed { ballot, seat, choice } => {
                self.with_ballot(&ballot, |run, ballot| run.reveal(ballot, seat, Cast { choice, done }));
            }
            Change::Amended { amended, by } => self.amended(&amended, &by, done),
            Change::Reaffirmed { occasion } => self.reaffirmed.push(Reaffirmed { done, occasion }),
            Change::KeyReplaced { holder, key, recovered } => {
                self.key_replaced(&holder, key, recovered, done);
            }
        }
        self.settle(Some(done.entry));
    }

    fn nominated(&mut self, seat: HolderRef, nominee: Nominee) {
        let Nominee { person, key, nominated: done, .. } = nominee.clone();
        self.clear_seat(&seat, Leaving::by("replaced", done));
        self.with_place(&seat, |place| place.nominee = Some(nominee));
        self.holders.enter(seat, person, key, done.entry);
    }

    fn recused(&mut self, seat: &HolderRef, case: &CaseRef, reason: String, done: Done) {
        let seat = seat.name().clone();
        self.leave_ballot(case, &seat, Leaving::by(RECUSED, done), None);
        self.with_case(case, |case| {
            case.recused.insert(seat, Recusal { done, reason });
        });
    }

    fn stepped_down(&mut self, seat: &HolderRef, done: Done) {
        let was_filled = self.seat(seat).is_some_and(|seating| seating.is_filled());
        self.clear_seat(seat, Leaving::by("stepped down", done));
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
    pub(super) fn clear_seat(&mut self, seat: &HolderRef, leaving: Leaving) {
        for case in self.cases_of_seat(seat) {
            self.leave_ballot(&case, seat.name(), leaving, None);
            self.with_case(&case, |case| {
                case.recused.remove(seat.name());
            });
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
        for id in self.open_in(case) {
            self.with_ballot(&id, |run, ballot| {
                // Where a ballot does not leave out who is recused, whoever recuses during it votes as well.
                let stays = leaving.reason == RECUSED && !ballot.less.contains(&Exclusion::Recused);
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

    /// The ballots that are open in a case.
    pub(super) fn open_in(&self, case: &CaseRef) -> Vec<BallotRef> {
        self.case(case).into_iter().flat_map(Case::open_ballots).map(|run| run.id.clone()).collect()
    }

    fn key_replaced(&mut self, holder: &HolderRef, key: PublicKey, recovered: bool, done: Done) {
        self.holders.replace_key(holder, key.clone(), done.entry);
        self.with_nominee(holder, |nominee| nominee.key = key);
        if recovered {
            // Whoever recovers a key is not heard in a ballot already open; a vote cast before stands.
            for case in self.cases_of_seat(holder) {
                self.leave_ballot(&case, holder.name(), Leaving::by("key recovered", done), Some(true));
            }
        }
    }

    fn case_opened(
        &mut self,
        id: &CaseRef,
        subject: Option<Subject>,
        by: &str,
        attach: &Attachments,
        done: Done,
    ) {
        let Some(procedure) = self.procedure(id).cloned() else { return };
        let workflow = Arc::clone(&self.workflow);
        let panel = procedure.panel.as_ref().and_then(|name| workflow.panel(name));
        // A case about a seat of this very panel is before those who sit there already.
        let forms =
            |panel: &&Panel| panel.formed == Formed::PerCase && procedure.about.as_ref() != Some(&panel.name);
        let seats = panel.filter(forms).map(|panel| Seats::vacant(panel, done.at));
        let case = Case {
            id: id.clone(),
            workflow: Arc::clone(&workflow),
            opened: done,
            state: procedure.start.clone(),
            entered: done.at,
            ended: None,
            seats,
            subject,
            recused: [].into(),
            ballots: Vec::new(),
            asked: 0,
            duties: Vec::new(),
            filed: Vec::new(),
            path: Vec::new(),
            taken: [].into(),
            spent: [].into(),
            heard: 0,
            stops: Vec::new(),
            extensions: Vec::new(),
            served: None,
        };
        self.cases.insert(id.clone(), Arc::new(case));
        self.running.insert(id.clone());
        self.stop_or_go_on();
        self.file(id, by, attach, done);
        let words = format!("{} by {by}", procedure.open.act);
        let why = Why { entry: Some(done.entry), ballot: None, words, line: 0 };
        self.emit(id, &procedure.open.emits, &why);
        self.enter(id, &procedure.start, why);
    }

    fn file(&mut self, case: &CaseRef, by: &str, attach: &Attachments, done: Done) {
        self.with_case(case, |case| {
            for (name, digest) in attach {
                case.filed.push(Filed {
                    name: name.clone(),
                    digest: *digest,
                    by: by.to_owned(),
                    done,
                    struck: None,
                });
            }
        });
    }

    fn act_words(&self, id: &CaseRef, place: usize, by: &str) -> Why {
        let step = self.case(id).and_then(|case| case.rules()?.steps.get(place));
        let words = match step.map(|step| &step.trigger) {
            Some(Trigger::Do(doing)) => format!("{} by {by}", doing.act),
            _ => by.to_owned(),
        };
        Why { entry: None, ballot: None, words, line: step.map_or(0, |step| step.line) }
    }

    /// Takes the step at this place of the case's state.
    pub(super) fn take_step(&mut self, id: &CaseRef, place: usize, why: Why) {
        let step = self.case(id).and_then(|case| case.rules()?.steps.get(place)).cloned();
        let Some(Step { trigger, to, emits, effect, .. }) = step else { return };
        let answered = self.case(id).and_then(|case| self.answerable(case)).map(|(number, _)| number + 1);
        self.with_case(id, |case| {
            *case.taken.entry((case.state.clone(), place)).or_default() += 1;
            match trigger {
                Trigger::Do(_) => {}
                // It waits for the next occurrence.
                Trigger::On(_) => case.heard = answered.unwrap_or(case.heard),
                _ if to.is_none() => drop(case.spent.insert(place)),
                _ => {}
            }
        });
        self.emit(id, &emits, &why);
        match effect {
            Some(Effect::Dismisses) => self.dismiss(id, why.entry),
            None => {}
        }
        if let Some(to) = to {
            self.enter(id, &to, why);
        }
    }

    /// Enters a state: its clocks start, its ballot opens, its duties arise.
    pub(super) fn enter(&mut self, id: &CaseRef, name: &Id, why: Why) {
        let state = self.procedure(id).and_then(|procedure| procedure.state(name));
        let Some(state) = state.cloned() else { return };
        let (at, heard) = (self.moment.at, self.events.len());
        self.with_case(id, |case| {
            for run in case.open_ballots_mut() {
                run.closed = Some(Closing { at, entry: why.entry, outcome: None });
            }
            case.asked = case.ballots.len();
            case.state = state.name.clone();
            case.entered = at;
            case.spent.clear();
            case.heard = heard;
            case.extensions.clear();
            if state.ends {
                case.go_on(at);
            }
            let stopped = case.suspended().is_some();
            case.duties.extend(state.duties.iter().map(|duty| DutyRun::new(duty, at, stopped)));
            case.path.push(Arc::new(Move { at, to: state.name.clone(), why }));
            case.ended = state.ends.then_some(at);
        });
        if state.ends {
            self.running.remove(id);
            self.stop_or_go_on();
        }
        for ballot in state.ballots() {
            self.open_ballot(id, ballot);
        }
    }

    fn open_ballot(&mut self, id: &CaseRef, name: &Id) {
        let Some(run) = self.case(id).and_then(|case| self.new_ballot(case, name)) else { return };
        self.with_case(id, |case| case.ballots.push(run));
    }

    /// The ballot with its electors as they are now.
    fn new_ballot(&self, case: &Case, name: &Id) -> Option<BallotRun> {
        let ballot = case.workflow.ballot(name)?;
        let (panel, seats) = self.panel_of(case)?;
        let rounds = case.ballots.iter().filter(|run| run.id.ballot == *name).count();
        let round = u32::try_from(rounds + 1).ok().and_then(NonZeroU32::new)?;
        let mut run = BallotRun {
            id: BallotRef { case: case.id.clone(), ballot: name.clone(), round },
            workflow: Arc::clone(&case.workflow),
            opened: self.moment.at,
            closes: self.moment.at.plus(ballot.open_for),
            extended: 0,
            put_off_by: case.rules().into_iter().flat_map(put_off_by).collect(),
            stood: Span::from_seconds(0),
            eased: Span::from_seconds(0),
            held: [].into(),
            electors: Arc::default(),
            excluded: Arc::default(),
            seats: Arc::new(seats.marks(&ballot.part_of(panel))),
            votes: [].into(),
            sealed: ballot.sealed.as_ref().map(|_| Sealing::default()),
            left: [].into(),
            lapsed: [].into(),
            evidence: self.size,
            paper: Digest([0; 32]),
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
                    let key = nominee.key.fingerprint();
                    let affiliation = nominee.affiliation.clone().filter(|_| ballot.per_affiliation);
                    let standing = Standing { affiliation, ..standing(seat) };
                    let elector = Elector { person: nominee.person.clone(), key, standing };
                    electors.insert(seat.name.clone(), elector);
                }
                (None, _) => {
                    excluded.insert(seat.name.clone(), vacancy(seats, seat));
                }
            }
        }
        run.weigh(ballot, run.opened);
        run.paper = Digest::of(paper::text(self, case, ballot, &run).as_bytes());
        Some(run)
    }

    /// Whether the case's ballot closes now: its window is over, at its time or before, and no outcome is still
    /// being confirmed.
    pub(super) fn closes_now(&self, run: &BallotRun) -> bool {
        let Some(ballot) = run.rules() else { return false };
        let over = Self::closing(run) <= self.moment || run.closes_early(ballot, self.moment);
        over && matches!(run.comes_to(ballot, self.moment), Comes::To(_))
    }

    /// Puts into force the rules of this time after the opening of a ballot.
    pub(super) fn ease_ballot(&mut self, id: &BallotRef, after: Span) {
        let at = self.moment.at;
        self.with_ballot(id, |run, ballot| {
            run.eased = after;
            run.weigh(ballot, at);
        });
    }

    /// Closes a ballot with the outcome of the votes that count; [`State::settle`] goes on from there. A
    /// sealed ballot whose votes are not yet being revealed goes on to that instead.
    pub(super) fn close_ballot(&mut self, id: &BallotRef, entry: Option<u64>) {
        let at = self.moment.at;
        let mut reveals = false;
        self.with_ballot(id, |run, ballot| reveals = run.begins_to_reveal(ballot, at, entry));
        if reveals {
            return;
        }
        self.with_ballot(id, BallotRun::take_unrevealed);
        let result = self.ballot_run(id).and_then(|run| {
            let ballot = run.rules()?;
            match run.comes_to(ballot, self.moment) {
                // What is certain is what the votes come to at the end, when every rule has eased.
                Comes::To(_) if ballot.early == Early::Certain => {
                    Some(outcome(ballot, &run.table(ballot), Span::MAX))
                }
                Comes::To(is) => Some(is),
                Comes::Confirming(_) => None,
            }
        });
        self.with_ballot(id, |run, _| run.closed = Some(Closing { at, entry, outcome: result }));
    }

    /// Emits events, and annuls what they annul.
    fn emit(&mut self, case: &CaseRef, events: &[Id], why: &Why) {
        for event in events {
            self.annul(case, event, why);
            let occurrence = Occurrence {
                event: event.clone(),
                case: case.clone(),
                at: self.moment.at,
                why: why.clone(),
                annulled: None,
            };
            self.events.push(Arc::new(occurrence));
        }
        if !events.is_empty() {
            self.timelines.take();
        }
    }

    /// Annuls what the event annuls: in the same case where that emitted it, else every live occurrence
    /// of cases of other procedures.
    fn annul(&mut self, case: &CaseRef, by: &Id, why: &Why) {
        let at = self.moment.at;
        let workflow = Arc::clone(self.workflow_of(case));
        for definition in &workflow.events {
            let Some(annulment) = definition.annulled.as_ref().filter(|annulment| annulment.by == *by) else {
                continue;
            };
            for occurrence in &mut self.events {
                if occurrence.event == definition.name && occurrence.live() && occurrence.reaches(case) {
                    let annulled = Annulled { by: by.clone(), at, from: annulment.from, why: why.clone() };
                    Arc::make_mut(occurrence).annulled = Some(annulled);
                }
            }
        }
    }

    pub(super) fn with_case(&mut self, id: &CaseRef, change: impl FnOnce(&mut Case)) {
        if let Some(case) = self.cases.get_mut(id) {
            change(Arc::make_mut(case));
        }
    }

    /// Changes an open ballot, by its rules.
    pub(super) fn with_ballot(
        &mut self,
        id: &BallotRef,
        change: impl FnOnce(&mut BallotRun, &model::Ballot),
    ) {
        self.with_case(&id.case, |case| {
            let Some(run) = case.open_ballots_mut().find(|run| run.id == *id) else { return };
            let workflow = Arc::clone(&run.workflow);
            if let Some(ballot) = workflow.ballot(&run.id.ballot) {
                change(run, ballot);
            }
        });
    }

    /// Changes the body to which a seat belongs.
    pub(super) fn with_body(&mut self, seat: &HolderRef, change: impl FnOnce(&mut Seats)) {
        let seats = match seat {
            HolderRef::CaseSeat { case, .. } => {
                self.cases.get_mut(case).and_then(|case| Arc::make_mut(case).seats.as_mut())
            }
            HolderRef::Office { body, .. } => self.panels.get_mut(body),
        };
        if let Some(seats) = seats {
            change(seats);
        }
    }

    fn with_place(&mut self, seat: &HolderRef, change: impl FnOnce(&mut Place)) {
        self.with_body(seat, |body| {
            if let Some(place) = Arc::make_mut(&mut body.seats).get_mut(seat.name()) {
                change(place);
            }
        });
    }

    fn with_nominee(&mut self, seat: &HolderRef, change: impl FnOnce(&mut Nominee)) {
        self.with_place(seat, |place| {
            if let Some(nominee) = &mut place.nominee {
                change(nominee);
            }
        });
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
