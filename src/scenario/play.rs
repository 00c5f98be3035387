//! Playing a scenario: every step through the real registry, every expectation looked at, and the whole
//! log audited at the end.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::model::{Deed, SeatDeed, SeatName, Spot, Step};
use super::{Scenario, Stage, StageError, check, judge};
use crate::audit::{StoreSource, audit};
use crate::engine::Refusal;
use crate::engine::case::Case;
use crate::engine::licence::Licence;
use crate::engine::state::State;
use crate::log::Head;
use crate::registry::{Receipted, SubmitError};
use crate::statement::{BallotRef, By, CaseRef, HolderRef, Replacement};
use crate::store::{MemoryStore, Store as _};
use crate::values::{Id, Instant};
use crate::workflow::model::{Formed, Procedure, Trigger};
use crate::workflow::{Diagnostic, Diagnostics, Severity, Workflow};

/// What a scenario that passes has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How many statements were admitted, the opening one included: the entries of the log.
    pub entries: u64,
    /// How many statements were refused, as they must be.
    pub refused: usize,
    /// How many expectations were met.
    pub met: usize,
    /// The time of the last step.
    pub ended: Instant,
}

/// Why a scenario does not pass.
#[derive(Debug)]
pub enum Failure {
    /// The workflow is refused; places are in the workflow's text.
    Workflow(Diagnostics),
    /// The scenario names what the workflow does not have; places are in the scenario's text.
    Names(Diagnostics),
    /// A step went otherwise than it must; places are in the scenario's text.
    Step(Diagnostics),
    /// The play itself could not be held.
    Stage(StageError),
    /// Every step went as it must, but the log does not pass its audit.
    Audit(String),
}

impl Failure {
    /// The failure as a person reads it; each text with the name of its file.
    pub fn render(&self, scenario: (&str, &str), workflow: (&str, &str), colour: bool) -> String {
        match self {
            Self::Workflow(found) => found.render(workflow.0, workflow.1, colour),
            Self::Names(found) | Self::Step(found) => found.render(scenario.0, scenario.1, colour),
            Self::Stage(error) => format!("{}: {error}\n", scenario.0),
            Self::Audit(finding) => format!("{}: the log does not pass its audit: {finding}\n", scenario.0),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workflow(found) => write!(f, "the workflow does not pass its check: {found}"),
            Self::Names(found) | Self::Step(found) => found.fmt(f),
            Self::Stage(error) => error.fmt(f),
            Self::Audit(finding) => write!(f, "the log does not pass its audit: {finding}"),
        }
    }
}

impl std::error::Error for Failure {}

impl<E: Into<StageError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Stage(error.into())
    }
}

impl Scenario {
    /// Plays the scenario with a workflow. It stops at the first step that goes otherwise than it must.
    /// Must not be called from inside a tokio runtime.
    ///
    /// # Errors
    /// The first thing that is not as the scenario says.
    pub fn run(&self, workflow: &str) -> Result<Outcome, Failure> {
        let checked = Workflow::parse(workflow).map_err(Failure::Workflow)?;
        let unknown = check::check(self, &checked);
        if !unknown.is_empty() {
            return Err(Failure::Names(unknown));
        }
        let store = Arc::new(MemoryStore::new());
        let stage = Stage::open(workflow, &Id::constant("scenario"), self.opened, store.clone())?;
        let mut play = Play { text: &self.text, stage, workflow: checked, store, refused: 0, met: 0 };
        for step in &self.steps {
            play.step(step)?;
        }
        play.audit()?;
        Ok(Outcome {
            entries: play.head()?.size,
            refused: play.refused,
            met: play.met,
            ended: play.stage.registry().now(),
        })
    }
}

/// A scenario as it is played.
struct Play<'s> {
    text: &'s str,
    stage: Stage,
    workflow: Workflow,
    store: Arc<MemoryStore>,
    refused: usize,
    met: usize,
}

type Answer = Result<Receipted, SubmitError>;

impl Play<'_> {
    fn step(&mut self, step: &Step) -> Result<(), Failure> {
        self.stage.clock().set(step.at.is);
        if let Some(deed) = &step.deed {
            self.deed(step, deed)?;
        }
        let mut found = Vec::new();
        for expect in &step.expect {
            let state = self.stage.state()?;
            let case = step.case.as_ref().map(|case| case.is.clone());
            let case = case.or_else(|| newest(&state, |_| true).map(|case| case.id.clone()));
            let (met, failed) = judge::judge(&state, step.at.is, case.as_ref(), expect);
            self.met += met;
            found.extend(failed.into_iter().map(|(at, message, help)| self.finding(&at, message, help)));
        }
        if found.is_empty() { Ok(()) } else { Err(Failure::Step(Diagnostics::new(found))) }
    }

    fn finding(&self, at: &Range<usize>, message: String, help: String) -> Diagnostic {
        Diagnostic::at(self.text, Severity::Error, at, message, help)
    }

    fn deed(&mut self, step: &Step, deed: &Spot<Deed>) -> Result<(), Failure> {
        let case = step.case.as_ref().map(|case| &case.is);
        match &deed.is {
            Deed::Act { act, by, attach } => {
                let state = self.stage.state()?;
                let by = By::of(by.iter().map(|actor| actor.is.clone()).collect());
                let case = case.cloned().unwrap_or_else(|| self.case_of_act(&state, &act.is));
                let attach = attach.clone().unwrap_or_else(|| asked(&state, &case, &act.is, &by));
                let answer = self.stage.act(&case, &act.is, &by, &attach);
                self.answered(step, &act.at, answer)
            }
            Deed::Seats { what, seats, by, attach } => {
                for seat in seats {
                    let by = by.as_ref().map(|by| &by.is);
                    self.seat_deed(step, *what, seat, by, attach.as_deref())?;
                }
                Ok(())
            }
            Deed::Vote { votes, ballot, attach } => {
                for (choice, voters) in votes {
                    for voter in voters {
                        let state = self.stage.state()?;
                        let (seat, of) = self.voter(&state, case, &voter.is);
                        let ballot = ballot.as_ref().map(|ballot| ballot.is.clone());
                        let ballot = ballot.unwrap_or_else(|| self.ballot_of(&state, of));
                        let answer = self.stage.vote_attaching(&ballot, &seat, &choice.is, attach.as_deref());
                        self.answered(step, &voter.at, answer)?;
                    }
                }
                Ok(())
            }
            Deed::Reaffirm(occasion) => {
                let answer = self.stage.reaffirm(occasion);
                self.answered(step, &deed.at, answer)
            }
        }
    }

    fn seat_deed(
        &mut self,
        step: &Step,
        what: SeatDeed,
        seat: &Spot<SeatName>,
        by: Option<&Id>,
        attach: Option<&[Id]>,
    ) -> Result<(), Failure> {
        let state = self.stage.state()?;
        let case = step.case.as_ref().map(|case| &case.is);
        let case = case.cloned().unwrap_or_else(|| self.case_of_seat(&state, &seat.is));
        let holder = match &seat.is {
            SeatName::Full(holder) => holder.clone(),
            SeatName::Short(seat) => self.holder(&state, &case, seat),
        };
        let by = by
            .cloned()
            .or_else(|| state.seat(&holder).map(|seating| state.nominator(&seating, step.at.is).clone()));
        // Nobody is asked who nominates for a seat that does not exist; the refusal tells so.
        let by = by.or_else(|| self.workflow.parties.first().map(|party| party.name.clone()));
        let by = by.unwrap_or_else(|| case.procedure.clone());
        let disclosure = [super::verbs::disclosure()];
        let brought = attach.unwrap_or(&disclosure);
        let answer = match what {
            SeatDeed::Fill => {
                let nominated = self.stage.nominate(&by, &holder);
                self.answered(step, &seat.at, nominated)?;
                self.stage.accept_attaching(&holder, brought)
            }
            SeatDeed::Nominate => self.stage.nominate(&by, &holder),
            SeatDeed::Accept => self.stage.accept_attaching(&holder, brought),
            SeatDeed::Disclose => self.stage.disclose(&holder),
            SeatDeed::Recuse => self.stage.recuse(&holder, &case),
            SeatDeed::StepDown => self.stage.step_down(&holder),
            SeatDeed::RotateKey => self.stage.replace_key(&holder, Replacement::Rotation),
            SeatDeed::RecoverKey => self.stage.replace_key(&holder, Replacement::Recovery),
        };
        self.answered(step, &seat.at, answer)
    }

    /// Whether a statement was taken, or refused by the rule, as the step says.
    fn answered(&mut self, step: &Step, at: &Range<usize>, answer: Answer) -> Result<(), Failure> {
        let head = self.head()?;
        let fail =
            |at, message, help| Err(Failure::Step(Diagnostics::new(vec![self.finding(at, message, help)])));
        match (&step.refused, answer) {
            (None, Ok(_)) => Ok(()),
            (None, Err(SubmitError::Refused(Refusal { rule, why, instead }))) => {
                let message = format!("on {} this was refused: {why}", step.at.is);
                let help =
                    format!("{}. If it must be refused, say so: refused = \"{rule}\"", capital(&instead));
                fail(at, message, help)
            }
            (Some(expected), Ok(receipted)) => {
                let message = format!(
                    "this was taken as entry {}, and must be refused by `{}`",
                    receipted.index, expected.is
                );
                let help =
                    "If it is right to take it, leave out `refused`; otherwise the workflow allows too much";
                fail(at, message, help.to_owned())
            }
            (Some(expected), Err(SubmitError::Refused(Refusal { rule, why, .. }))) if expected.is != rule => {
                let message =
                    format!("this was refused by `{rule}`, and must be refused by `{}`", expected.is);
                fail(&expected.at, message, format!("The refusal says: {why}"))
            }
            (Some(_), Err(SubmitError::Refused(_))) => {
                self.refused += 1;
                let state = self.stage.state()?;
                if state.size == head.size {
                    return Ok(());
                }
                let message =
                    format!("the refusal changed the log: {} entries and {}", head.size, state.size);
                self.refused -= 1;
                Err(Failure::Audit(message))
            }
            (_, Err(error)) => Err(error.into()),
        }
    }

    fn head(&self) -> Result<Head, Failure> {
        let head = self.store.head(&self.stage.anchor()).map_err(SubmitError::from)?;
        Ok(head.ok_or(SubmitError::Stopped)?.head)
    }

    /// The whole log, with no trust in the registry: every signature, the tree, every rule, the licence.
    fn audit(&self) -> Result<(), Failure> {
        let anchor = self.stage.anchor();
        let source = StoreSource { store: &*self.store, anchor };
        let report = audit(&source, Some(anchor), &mut |_, _| {}).map_err(SubmitError::from)?;
        if let Some(finding) = report.findings.first() {
            return Err(Failure::Audit(finding.to_string()));
        }
        let now = self.stage.registry().now();
        let live = self.stage.state()?;
        let replayed = report.state.ok_or(SubmitError::Stopped)?;
        let replayed = replayed.at(now);
        let same = live.events == replayed.events
            && live.cases == replayed.cases
            && live.licence(now).map(|licence| words(&licence))
                == replayed.licence(now).map(|licence| words(&licence));
        if same { Ok(()) } else { Err(Failure::Audit("the replay arrives at another licence".to_owned())) }
    }

    /// The case that an act opens, or the newest of a procedure that knows the act.
    fn case_of_act(&self, state: &State, act: &Id) -> CaseRef {
        let opens = self.workflow.procedures.iter().find(|procedure| procedure.open.act == *act);
        if let Some(procedure) = opens {
            let number = std::num::NonZeroU32::new(state.next_case(&procedure.name));
            return CaseRef { number: number.unwrap_or(std::num::NonZeroU32::MIN), ..first_of(procedure) };
        }
        self.newest_or_first(state, |procedure| acts(procedure).any(|(name, ..)| name == act))
    }

    /// The newest case before whose panel there is a seat of this name.
    fn case_of_seat(&self, state: &State, seat: &SeatName) -> CaseRef {
        match seat {
            SeatName::Full(HolderRef::CaseSeat { case, .. }) => case.clone(),
            SeatName::Full(HolderRef::Office { body, .. }) => {
                self.newest_or_first(state, |procedure| procedure.panel.as_ref() == Some(body))
            }
            SeatName::Short(seat) => self.newest_or_first(state, |procedure| {
                let panel =
                    self.workflow.panels.iter().find(|panel| procedure.panel.as_ref() == Some(&panel.name));
                panel.is_some_and(|panel| panel.seats.iter().any(|known| known.name == *seat))
            }),
        }
    }

    fn newest_or_first(&self, state: &State, fits: impl Fn(&Procedure) -> bool) -> CaseRef {
        let case = newest(state, |case| state.procedure(&case.id).is_some_and(&fits));
        let first = || self.workflow.procedures.iter().find(|procedure| fits(procedure));
        match (case, first().or(self.workflow.procedures.first())) {
            (Some(case), _) => case.id.clone(),
            (None, Some(procedure)) => first_of(procedure),
            (None, None) => CaseRef { procedure: Id::constant("none"), number: std::num::NonZeroU32::MIN },
        }
    }

    /// The full name of a seat of a case's panel, be the case opened or not.
    fn holder(&self, state: &State, case: &CaseRef, seat: &Id) -> HolderRef {
        let panel = state.procedure(case).and_then(|procedure| procedure.panel.as_ref());
        let panel = self.workflow.panels.iter().find(|known| Some(&known.name) == panel);
        match panel {
            Some(panel) if panel.formed == Formed::Standing => {
                HolderRef::Office { body: panel.name.clone(), name: seat.clone() }
            }
            _ => HolderRef::CaseSeat { case: case.clone(), seat: seat.clone() },
        }
    }

    /// The seat that votes, and the case in which.
    fn voter(&self, state: &State, case: Option<&CaseRef>, voter: &SeatName) -> (Id, CaseRef) {
        let case = case.cloned().unwrap_or_else(|| self.case_of_seat(state, voter));
        match voter {
            SeatName::Short(seat) => (seat.clone(), case),
            SeatName::Full(HolderRef::CaseSeat { seat: name, .. } | HolderRef::Office { name, .. }) => {
                (name.clone(), case)
            }
        }
    }

    /// The newest ballot of a case; where there is none yet, the first that could be.
    fn ballot_of(&self, state: &State, case: CaseRef) -> BallotRef {
        let newest = state.case(&case).and_then(|case| case.ballots.last()).map(|run| run.id.clone());
        newest.unwrap_or_else(|| {
            let states = state.procedure(&case).into_iter().flat_map(|procedure| &procedure.states);
            let ballot = states.filter_map(|state| state.ballot.clone()).next();
            let ballot = ballot.unwrap_or_else(|| case.procedure.clone());
            BallotRef { case, ballot, round: std::num::NonZeroU32::MIN }
        })
    }
}

/// The case that was opened last among those that fit.
fn newest(state: &State, fits: impl Fn(&Case) -> bool) -> Option<&Case> {
    let cases = state.cases.values().map(|case| &**case).filter(|case| fits(case));
    cases.max_by_key(|case| case.opened.entry)
}

fn first_of(procedure: &Procedure) -> CaseRef {
    CaseRef { procedure: procedure.name.clone(), number: std::num::NonZeroU32::MIN }
}

/// Every act of a procedure: name, state, and the documents that it must carry.
fn acts(procedure: &Procedure) -> impl Iterator<Item = (&Id, &Id, &crate::workflow::model::Actors, &[Id])> {
    procedure.states.iter().flat_map(|state| {
        let steps = state.steps.iter().filter_map(|step| match &step.trigger {
            Trigger::Do(doing) => Some((&doing.act, &state.name, &doing.by, &*doing.attach)),
            _ => None,
        });
        let duties = state.duties.iter().map(|duty| (&duty.act, &state.name, &duty.by, &*duty.attach));
        steps.chain(duties)
    })
}

/// The documents that the workflow asks for with an act, as far as it can be known which one is meant.
fn asked(state: &State, case: &CaseRef, act: &Id, by: &By) -> Vec<Id> {
    let Some(procedure) = state.procedure(case) else { return Vec::new() };
    if procedure.open.act == *act {
        return procedure.open.attach.clone();
    }
    let run = state.case(case);
    // The more that fits, the more likely it is meant: the state, then who acts.
    let meant = acts(procedure).filter(|(name, ..)| *name == act).max_by_key(|(_, of, actors, _)| {
        let may = run.is_some_and(|run| state.may_act_in(actors, by, run));
        (run.is_some_and(|run| run.state == **of), may)
    });
    meant.map(|(.., attach)| attach.to_vec()).unwrap_or_default()
}

/// Every attribute of every grant: value, since when, why.
fn words(licence: &Licence<'_>) -> Vec<String> {
    let grants = licence.grants.iter();
    let attributes = grants.flat_map(|grant| grant.attributes.iter().map(move |one| (grant.grant, one)));
    attributes
        .map(|(grant, one)| {
            format!("{} {} {} {:?}", grant.name, one.attribute.name, one.value.is, one.period)
        })
        .collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
