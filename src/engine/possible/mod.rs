//! What anybody could say now, and when that changes: what `explore` walks through.
//!
//! Whether something can be said is asked of admission, judgment by judgment: nothing here knows a rule. What is not
//! among what is offered is never walked, so whoever teaches the engine a new statement adds it here. Left out on
//! purpose: duties of which nothing comes, rotated keys and reaffirmations, which move nothing; amendments, which bring another text; and
//! another name for a nominee who has not accepted.

mod ahead;
mod seats;
mod votes;

use std::collections::BTreeMap;

use crate::engine::around::Around;
use crate::engine::case::Case;
use crate::engine::evidence::judge_evidence;
use crate::engine::state::State;
use crate::statement::{BallotRef, By, CaseRef, HolderRef};
use crate::values::{Digest, Id, Instant};
use crate::workflow::model::{Actors, Doing, Effect, Procedure, Step, Trigger};

/// Something that somebody could say.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Possible {
    /// In whose name.
    pub by: By,
    /// What.
    pub deed: Deed,
}

/// What somebody could say.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Opens a case, or takes a step of it, with these documents.
    Act {
        /// The case.
        case: CaseRef,
        /// The act.
        act: Id,
        /// The seat that the case is about, where the act opens one that is about a seat; or that it obliges to abstain.
        seat: Option<HolderRef>,
        /// The documents that the workflow asks for.
        attach: Vec<Id>,
        /// The document that is struck, and the name under which it was filed.
        strike: Option<(Id, Digest)>,
    },
    /// A vote; on a sealed ballot the commitment to it.
    Vote {
        /// On which ballot.
        ballot: BallotRef,
        /// For what.
        choice: Id,
        /// The documents that the ballot asks for.
        attach: Vec<Id>,
    },
    /// The vote is revealed to which the seat has committed.
    Reveal {
        /// On which ballot.
        ballot: BallotRef,
        /// The documents that the ballot asks for.
        attach: Vec<Id>,
    },
    /// Somebody is named for a seat.
    Nominate(HolderRef),
    /// A nominee takes the seat, with a disclosure.
    Accept(HolderRef),
    /// A nominee files the disclosure that is missing.
    Disclose(HolderRef),
    /// A panelist stays out of a case.
    Recuse(HolderRef, CaseRef),
    /// A panelist gives up the seat.
    StepDown(HolderRef),
    /// The lost key of an elector of an open ballot is replaced by those who may.
    Recover(HolderRef),
}

impl State {
    /// What anybody could say at `at`, in a fixed order. This state must be the one at `at`. `leaving` is whether panelists
    /// leave: step down, stay out of a case, lose their keys.
    pub fn possible(&self, at: Instant, leaving: bool) -> Vec<Possible> {
        let mut all = Vec::new();
        self.possible_into(at, leaving, &mut all);
        all
    }

    /// The same, put last into a list.
    pub(crate) fn possible_into(&self, at: Instant, leaving: bool, all: &mut Vec<Possible>) {
        for procedure in &self.workflow.procedures {
            self.possible_openings(at, procedure, all);
        }
        for case in self.cases.values() {
            self.possible_acts(at, case, all);
            self.possible_duties(case, all);
            if self.judge_window(case).is_ok() {
                case.open_ballots().for_each(|run| self.possible_votes(case, run, all));
            }
        }
        self.possible_seats(at, leaving, all);
    }

    /// The seats of which a case of a procedure can be about one; one `None` where it is about none.
    fn subjects(&self, procedure: &Procedure) -> Vec<Option<HolderRef>> {
        let Some(about) = &procedure.about else { return vec![None] };
        let of_it = |name: &HolderRef| self.seat(name).is_some_and(|seating| seating.panel.name == *about);
        self.seats().into_iter().filter(of_it).map(Some).collect()
    }

    fn possible_openings(&self, at: Instant, procedure: &Procedure, all: &mut Vec<Possible>) {
        // Asked first, since the words of the refusal would be written for every state of a walk.
        if self.as_many_as_may_run(procedure) {
            return;
        }
        let (case, open) = (self.next_case(&procedure.name), &procedure.open);
        for seat in self.subjects(procedure) {
            if self.judge_occasion(at, procedure, seat.as_ref()).is_err() {
                continue;
            }
            let around = self.around_opening(procedure, seat.as_ref());
            for by in around.speakers(&open.by) {
                let (case, act, attach) = (case.clone(), open.act.clone(), open.attach.clone());
                let deed = Deed::Act { case, act, seat: seat.clone(), attach, strike: None };
                all.push(Possible { by, deed });
            }
        }
    }

    fn possible_acts(&self, at: Instant, case: &Case, all: &mut Vec<Possible>) {
        let around = self.around(case);
        let steps = case.rules().map_or(&[][..], |state| &state.steps);
        for (place, step) in steps.iter().enumerate() {
            let Trigger::Do(doing) = &step.trigger else { continue };
            if self.judge_takable(at, case, (place, step, doing)).is_err() {
                continue;
            }
            for by in around.speakers(&doing.by) {
                for (strike, seat) in
                    strikes(case, doing).into_iter().flat_map(|it| self.naming(case, step, it))
                {
                    let (case, act, attach) = (case.id.clone(), doing.act.clone(), doing.attach.clone());
                    let deed = Deed::Act { case, act, seat, attach, strike };
                    let possible = Possible { by: by.clone(), deed };
                    if !all.contains(&possible) {
                        all.push(possible);
                    }
                }
            }
        }
    }

    /// The duties that can be done, of those of which something comes.
    fn possible_duties(&self, case: &Case, all: &mut Vec<Possible>) {
        let around = self.around(case);
        for duty in case.duties.iter().filter(|duty| duty.tells()) {
            if case.suspended().is_some()
                && self.judge_suspended(&case.id.procedure, &duty.act, &case.id).is_err()
                || judge_evidence(case, !duty.attach.is_empty(), false).is_err()
            {
                continue;
            }
            for by in around.speakers(&duty.by) {
                let (case, act, attach) = (case.id.clone(), duty.act.clone(), duty.attach.clone());
                let possible =
                    Possible { by, deed: Deed::Act { case, act, seat: None, attach, strike: None } };
                if !all.contains(&possible) {
                    all.push(possible);
                }
            }
        }
    }

    /// A strike with each seat that the step can name: none, or each that it would oblige to abstain.
    fn naming(&self, case: &Case, step: &Step, strike: Strike) -> Vec<(Strike, Option<HolderRef>)> {
        if step.effect != Some(Effect::Obliges) {
            return vec![(strike, None)];
        }
        let seats = self.panel_of(case).into_iter().flat_map(|(panel, _)| &panel.seats);
        let free = seats.filter(|seat| !case.obliged.contains_key(&seat.name));
        free.map(|seat| (strike.clone(), Some(self.seat_name(case, &seat.name)))).collect()
    }
}

type Strike = Option<(Id, Digest)>;

/// What a step can strike: of each name the newest document, or nothing.
fn strikes(case: &Case, doing: &Doing) -> Vec<Strike> {
    if doing.strikes.is_empty() {
        return vec![None];
    }
    let filed = case.filed.iter().filter(|it| it.struck.is_none() && doing.strikes.contains(&it.name));
    let newest: BTreeMap<&Id, Digest> = filed.map(|it| (&it.name, it.digest)).collect();
    newest.into_iter().map(|(name, digest)| Some((name.clone(), digest))).collect()
}

impl Around<'_> {
    /// Every `by` in which these may act now. Where all of several act, "any panelist" is the first one.
    pub(super) fn speakers(&self, actors: &Actors) -> Vec<By> {
        match actors {
            Actors::AnyOf(any) => {
                let mut names: Vec<Id> = Vec::new();
                for name in any.iter().flat_map(|actor| self.names(actor)) {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                names.into_iter().map(By::One).collect()
            }
            Actors::AllOf(all) => {
                let mut each: Vec<Vec<Id>> = all.iter().map(|actor| self.names(actor)).collect();
                each.sort_by_key(Vec::len);
                // Nobody acts jointly with themselves.
                let mut names: Vec<Id> = Vec::new();
                for of_one in each {
                    let Some(name) = of_one.into_iter().find(|name| !names.contains(name)) else {
                        return Vec::new();
                    };
                    names.push(name);
                }
                vec![By::of(names)]
            }
        }
    }
}
