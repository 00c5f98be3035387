//! Playing a scenario: every step through the real registry, every expectation looked at, and the whole
//! log audited at the end.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::amend::{self, Texts};
use super::model::{Deed, SeatDeed, SeatName, Spot, Step};
use super::{Failure, Outcome, Scenario, Stage, check, judge, meant};
use crate::audit::{StoreSource, audit};
use crate::engine::Refusal;
use crate::engine::admit::DISCLOSURE;
use crate::engine::licence::Licence;
use crate::log::Head;
use crate::registry::{Receipted, SubmitError};
use crate::statement::{Act, Attachments, By, Replacement, RosterLine};
use crate::store::{MemoryStore, Store as _};
use crate::values::Id;
use crate::workflow::{Diagnostic, Diagnostics, Severity, Workflow};

impl Scenario {
    /// Plays the scenario with a workflow. It stops at the first step that goes otherwise than it must.
    /// Must not be called from inside a tokio runtime.
    ///
    /// # Errors
    /// The first thing that is not as the scenario says.
    pub fn run(&self, workflow: &str) -> Result<Outcome, Failure> {
        self.play(workflow, None)
    }

    /// The same with a workflow in this folder, beside which lie those that the scenario names.
    ///
    /// # Errors
    /// As [`Scenario::run`].
    pub fn run_beside(&self, workflow: &str, folder: &Path) -> Result<Outcome, Failure> {
        self.play(workflow, Some(folder))
    }

    fn play(&self, workflow: &str, folder: Option<&Path>) -> Result<Outcome, Failure> {
        let mut known = vec![Workflow::parse(workflow).map_err(Failure::Workflow)?];
        let (opening, texts) = self.texts(workflow, folder)?;
        // What does not pass has no names; the registry refuses it.
        known.extend(texts.values().filter_map(|text| Workflow::parse(text).ok()));
        let unknown = check::check(self, &known);
        if !unknown.is_empty() {
            return Err(Failure::Names(unknown));
        }
        let store = Arc::new(MemoryStore::new());
        let dated = |line: &mut RosterLine| {
            if let Some(officer) = self.officers.iter().find(|officer| officer.name.is == line.holder) {
                (line.from, line.until) = (officer.from, officer.until);
            }
        };
        let name = Id::constant("scenario");
        let stage = Stage::open_with(&opening, &name, self.opened, store.clone(), dated)?;
        let head = head(&store, &stage)?;
        let mut play = Play { text: &self.text, texts, stage, store, head, refused: 0, met: 0 };
        for step in &self.steps {
            play.step(step)?;
        }
        play.audit()?;
        Ok(Outcome {
            entries: play.head.size,
            refused: play.refused,
            met: play.met,
            ended: play.stage.registry().now(),
        })
    }
}

/// A scenario as it is played.
struct Play<'s> {
    text: &'s str,
    texts: Texts,
    stage: Stage,
    store: Arc<MemoryStore>,
    /// The head after the last statement that was taken: a refusal leaves it.
    head: Head,
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
            let case = case.or_else(|| meant::newest(&state, |_| true).map(|case| case.id.clone()));
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
            Deed::Act { act, by, seat, attach, strike, signed_by } => {
                let state = self.stage.state()?;
                let by = By::of(by.iter().map(|actor| actor.is.clone()).collect());
                let case = case.cloned().unwrap_or_else(|| meant::case_of_act(&state, &act.is));
                let attach = attach.clone().unwrap_or_else(|| meant::documents(&state, &case, &act.is, &by));
                let seat = seat.as_ref().map(|seat| meant::subject(&state, &case, &seat.is));
                let signers = match signed_by {
                    None => self.stage.signers_about(&by, Some(&case), seat.as_ref())?,
                    Some(signers) => {
                        signers.iter().map(|signer| meant::signer(&state, &case, &signer.is)).collect()
                    }
                };
                let strike = strike.as_ref().map(|name| meant::filed(&state, &case, &name.is));
                let act_of = Act { case, act: act.is.clone(), seat, attach: Attachments::new(), strike };
                let answer = self.stage.act_signed(act_of, &by, &attach, &signers);
                self.answered(step, &act.at, answer)
            }
            Deed::Seats { what, seats, by, attach, affiliation } => {
                let by = by.as_ref().map(|by| By::of(by.iter().map(|by| by.is.clone()).collect()));
                for seat in seats {
                    let who = (by.as_ref(), affiliation.as_ref().map(|name| &name.is));
                    self.seat_deed(step, *what, seat, who, attach.as_deref())?;
                }
                Ok(())
            }
            Deed::Vote { votes, ballot, attach } => {
                for (choice, voters) in votes {
                    for voter in voters {
                        let state = self.stage.state()?;
                        let (seat, ballot) = meant::voter(&state, case, &voter.is, ballot.as_ref());
                        let answer = self.stage.vote_attaching(&ballot, &seat, &choice.is, attach.as_deref());
                        self.answered(step, &voter.at, answer)?;
                    }
                }
                Ok(())
            }
            Deed::Reveal { votes, ballot, attach } => {
                for (choice, voters) in votes {
                    for voter in voters {
                        let state = self.stage.state()?;
                        let (seat, ballot) = meant::voter(&state, case, &voter.is, ballot.as_ref());
                        let choice = choice.as_ref().map(|choice| &choice.is);
                        let answer = self.stage.reveal_attaching(&ballot, &seat, choice, attach.as_deref());
                        self.answered(step, &voter.at, answer)?;
                    }
                }
                Ok(())
            }
            Deed::Amend(amend) => {
                let to = self.texts.get(&amend.to.is).map_or("", String::as_str);
                let by = amend.by.as_ref().map(|by| By::of(by.iter().map(|by| by.is.clone()).collect()));
                let signers = amend.signed_by.as_ref();
                let signers = signers.map(|all| all.iter().map(|name| amend::signer(&name.is)).collect());
                let answer = self.stage.amend(to, (&amend.grants, &amend.cases), by, signers);
                self.answered(step, &deed.at, answer)
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
        (by, affiliation): (Option<&By>, Option<&Id>),
        attach: Option<&[Id]>,
    ) -> Result<(), Failure> {
        let state = self.stage.state()?;
        let case = step.case.as_ref().map(|case| &case.is);
        let case = case.cloned().unwrap_or_else(|| meant::case_of_seat(&state, &seat.is));
        let holder = meant::signer(&state, &case, &seat.is);
        let by =
            by.cloned().or_else(|| state.seat(&holder).map(|seating| state.nominator(&seating, step.at.is)));
        // Nobody is asked who nominates for a seat that does not exist; the refusal tells so.
        let by = by.or_else(|| state.workflow.parties.first().map(|party| By::One(party.name.clone())));
        let by = by.unwrap_or_else(|| By::One(case.procedure.clone()));
        let disclosure = [Id::constant(DISCLOSURE)];
        let brought = attach.unwrap_or(&disclosure);
        let answer = match what {
            SeatDeed::Fill => {
                let nominated = self.stage.nominate_of(&by, &holder, affiliation);
                self.answered(step, &seat.at, nominated)?;
                self.stage.accept_attaching(&holder, brought)
            }
            SeatDeed::Nominate => self.stage.nominate_of(&by, &holder, affiliation),
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
        let head = head(&self.store, &self.stage)?;
        let fail =
            |at, message, help| Err(Failure::Step(Diagnostics::new(vec![self.finding(at, message, help)])));
        match (&step.refused, answer) {
            (None, Ok(_)) => {
                self.head = head;
                Ok(())
            }
            (None, Err(SubmitError::Refused { refusal, .. })) => {
                let message = format!("on {} this was refused: {}", step.at.is, refusal.why);
                let (remedy, rule) = (refusal.remedy(), refusal.rule);
                let help = format!("{remedy}. If it must be refused, say so: refused = \"{rule}\"");
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
            (Some(expected), Err(SubmitError::Refused { refusal, .. })) if expected.is != refusal.rule => {
                let Refusal { rule, why, instead } = refusal;
                let message =
                    format!("this was refused by `{rule}`, and must be refused by `{}`", expected.is);
                fail(&expected.at, message, format!("The refusal says: {why}; {instead}"))
            }
            (Some(_), Err(SubmitError::Refused { .. })) if head != self.head => {
                let message = "this was refused, and the log has changed all the same";
                fail(at, message.to_owned(), "That is a defect of the registry: please report it".to_owned())
            }
            (Some(_), Err(SubmitError::Refused { .. })) => {
                self.refused += 1;
                Ok(())
            }
            (_, Err(error)) => Err(error.into()),
        }
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
}

/// The head that the store keeps.
fn head(store: &MemoryStore, stage: &Stage) -> Result<Head, Failure> {
    let head = store.head(&stage.anchor()).map_err(SubmitError::from)?;
    Ok(head.ok_or(SubmitError::Stopped)?.head)
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
