//! A hypothesis: the steps of a scenario on an agreement as it stands, with nobody's signature. Nothing is written;
//! each step takes the way of every entry, through the one admission.

use std::collections::BTreeSet;
use std::ops::Range;

use super::model::{Deed, SeatDeed, SeatName, Spot, Step};
use super::{Scenario, check, judge, meant, plain_key};
use crate::engine::possible::{self, Possible};
use crate::engine::{Refusal, State};
use crate::statement::{BallotRef, Body, By, HolderRef, Reaffirm};
use crate::values::{Id, Instant};
use crate::workflow::model::Workflow;
use crate::workflow::{Diagnostic, Diagnostics, Severity};

/// What would follow.
#[derive(Debug)]
pub struct Supposed {
    /// The state after the last step, at its time.
    pub state: State,
    /// The time of the last step.
    pub at: Instant,
    /// What would be refused, and what was expected and would not be so; places are in the scenario's text.
    pub found: Diagnostics,
}

impl Scenario {
    /// What would follow if this happened from now on: `state` is the one after the last entry. What would be refused
    /// is told, and the rest goes on.
    ///
    /// # Errors
    /// The scenario names what the workflow does not have, or a time before the last entry.
    pub fn suppose(&self, state: &State) -> Result<Supposed, Diagnostics> {
        let mut found: Vec<Diagnostic> = check::check(self, &workflows(state)).iter().cloned().collect();
        for step in self.steps.iter().filter(|step| step.at.is < state.last) {
            let message = format!("{} is before {}, the time of the last entry", step.at.is, state.last);
            let help = "What has happened cannot be supposed: begin after it";
            found.push(Diagnostic::at(&self.text, Severity::Error, &step.at.at, message, help));
        }
        if !found.is_empty() {
            return Err(Diagnostics::new(found));
        }
        let mut play = Hypothesis {
            text: &self.text,
            state: state.clone(),
            size: state.size,
            found: Vec::new(),
            refused: BTreeSet::new(),
        };
        let mut at = self.opened.max(state.last);
        for step in &self.steps {
            at = step.at.is;
            play.step(step);
        }
        let state = play.state.at(at).into_owned();
        Ok(Supposed { state, at, found: Diagnostics::new(play.found) })
    }
}

/// The texts whose names mean something: the one in force, and those under which cases go on or have ended.
fn workflows(state: &State) -> Vec<Workflow> {
    let mut known = vec![&state.workflow];
    for workflow in state.cases.values().map(|case| &case.workflow) {
        if known.iter().all(|other| other.digest != workflow.digest) {
            known.push(workflow);
        }
    }
    known.into_iter().map(|workflow| Workflow::clone(workflow)).collect()
}

struct Hypothesis<'s> {
    text: &'s str,
    state: State,
    /// How many entries there are: what others say is supposed.
    size: u64,
    found: Vec<Diagnostic>,
    /// What was told of refusals, by the step's place.
    refused: BTreeSet<(usize, String)>,
}

impl Hypothesis<'_> {
    fn step(&mut self, step: &Step) {
        self.state = self.state.at(step.at.is).into_owned();
        if let Some(deed) = &step.deed {
            self.deed(step, deed);
        }
        for expect in &step.expect {
            let case = step.case.as_ref().map(|case| case.is.clone());
            let case = case.or_else(|| meant::newest(&self.state, |_| true).map(|case| case.id.clone()));
            let (_, failed) = judge::judge(&self.state, step.at.is, case.as_ref(), expect);
            for (at, message, help) in failed {
                self.tell(&at, message, help);
            }
        }
    }

    fn deed(&mut self, step: &Step, deed: &Spot<Deed>) {
        let case = step.case.as_ref().map(|case| &case.is);
        let hangs_on_it = self.not_supposed(step, deed) && step.refused.is_some();
        match &deed.is {
            // Whether it would be refused is not known.
            _ if hangs_on_it => {}
            Deed::Act { act, by, seat, strike, attach, .. } => {
                let by = By::of(by.iter().map(|actor| actor.is.clone()).collect());
                let case = case.cloned().unwrap_or_else(|| meant::case_of_act(&self.state, &act.is));
                let asked = || meant::documents(&self.state, &case, &act.is, &by);
                let attach = attach.clone().unwrap_or_else(asked);
                let seat = seat.as_ref().map(|seat| meant::subject(&self.state, &case, &seat.is));
                let strike = strike.as_ref();
                let strike = strike.map(|name| (name.is.clone(), meant::filed(&self.state, &case, &name.is)));
                let deed = possible::Deed::Act { case, act: act.is.clone(), seat, attach, strike };
                self.says(step, &act.at, by, deed);
            }
            Deed::Seats { what, seats, by, .. } => {
                let by = by.as_ref().map(|by| By::of(by.iter().map(|by| by.is.clone()).collect()));
                for seat in seats {
                    self.seat(step, *what, seat, by.as_ref());
                }
            }
            Deed::Vote { votes, ballot, attach } => {
                for (choice, voter) in
                    votes.iter().flat_map(|(choice, all)| all.iter().map(move |it| (choice, it)))
                {
                    let (seat, ballot) = meant::voter(&self.state, case, &voter.is, ballot.as_ref());
                    let attach = attach.clone().unwrap_or_else(|| self.documents_of(&ballot));
                    let deed = possible::Deed::Vote { ballot, choice: choice.is.clone(), attach };
                    self.says(step, &voter.at, By::One(seat), deed);
                }
            }
            Deed::Reveal { votes, ballot, attach } => {
                for (choice, voter) in
                    votes.iter().flat_map(|(choice, all)| all.iter().map(move |it| (choice, it)))
                {
                    let (seat, ballot) = meant::voter(&self.state, case, &voter.is, ballot.as_ref());
                    if self.has_committed(&ballot, &seat) {
                        let Some(choice) = choice else {
                            let message = format!("to what `{seat}` has committed is not known");
                            let help = format!(
                                "Suppose it: --reveal CHOICE={seat}, or reveal = {{ CHOICE = [\"{seat}\"] }}"
                            );
                            self.tell(&voter.at, message, help);
                            continue;
                        };
                        self.state.suppose_voted(&ballot, &[(&seat, &choice.is)]);
                    }
                    let attach = attach.clone().unwrap_or_else(|| self.documents_of(&ballot));
                    self.says(step, &voter.at, By::One(seat), possible::Deed::Reveal { ballot, attach });
                }
            }
            Deed::Reaffirm(occasion) => {
                let body = Body::Reaffirm(Reaffirm { occasion: occasion.clone(), attach: [].into() });
                let answer = self.state.suppose_statement(step.at.is, self.state.all_parties(), body);
                self.answered(step, &deed.at, answer);
            }
            Deed::Amend(_) => self.beyond(&deed.at),
        }
    }

    /// Whether an entry of the log commits a seat to a vote that it has still to reveal.
    fn has_committed(&self, ballot: &BallotRef, seat: &Id) -> bool {
        let sealing = self.state.ballot_run(ballot).and_then(|run| run.sealed.as_ref());
        let committed = sealing.and_then(|sealing| sealing.commitments.get(seat));
        committed.is_some_and(|it| it.revealed.is_none() && it.done.entry < self.size)
    }

    /// The documents that a vote on a ballot carries. On a sealed one they come with the reveal.
    fn documents_of(&self, ballot: &BallotRef) -> Vec<Id> {
        self.state.ballot(ballot).map(|rules| rules.attach.clone()).unwrap_or_default()
    }

    /// Tells what the scenario says of a deed that no hypothesis knows, if it says anything of the kind.
    fn not_supposed(&mut self, step: &Step, deed: &Spot<Deed>) -> bool {
        let (at, help) = match &deed.is {
            Deed::Act { signed_by: Some(signers), .. } => {
                let at = signers.first().map_or(&deed.at, |signer| &signer.at);
                (at, "Nobody has signed: as many officers do as are needed")
            }
            Deed::Seats { affiliation: Some(affiliation), .. } => {
                (&affiliation.at, "Where an affiliation is needed, everybody has one of their own")
            }
            Deed::Seats { attach: Some(_), .. } => {
                (&deed.at, "Whoever accepts brings the disclosure: leave `attach` out")
            }
            Deed::Reveal { votes, ballot, .. } => {
                let case = step.case.as_ref().map(|case| &case.is);
                let mut claimed = votes.iter().filter_map(|(claimed, all)| Some((claimed.as_ref()?, all)));
                let supposed = |all: &[Spot<SeatName>]| {
                    all.iter().any(|voter| {
                        let (seat, ballot) = meant::voter(&self.state, case, &voter.is, ballot.as_ref());
                        !self.has_committed(&ballot, &seat)
                    })
                };
                match claimed.find(|(_, all)| supposed(all)) {
                    Some((claimed, _)) => (&claimed.at, "What is revealed is what was committed to"),
                    None => return false,
                }
            }
            _ => return false,
        };
        self.tell(at, "this is not supposed", help);
        true
    }

    fn seat(&mut self, step: &Step, what: SeatDeed, name: &Spot<SeatName>, by: Option<&By>) {
        let case = step.case.as_ref().map(|case| case.is.clone());
        let case = case.unwrap_or_else(|| meant::case_of_seat(&self.state, &name.is));
        let seat = meant::signer(&self.state, &case, &name.is);
        let own = || By::One(seat.name().clone());
        let at = &name.at;
        match what {
            SeatDeed::Fill => {
                self.nominate(step, at, &seat, by);
                self.says(step, at, own(), possible::Deed::Accept(seat.clone()));
            }
            SeatDeed::Nominate => self.nominate(step, at, &seat, by),
            SeatDeed::Accept => self.says(step, at, own(), possible::Deed::Accept(seat.clone())),
            SeatDeed::Disclose => self.says(step, at, own(), possible::Deed::Disclose(seat.clone())),
            SeatDeed::Recuse => self.says(step, at, own(), possible::Deed::Recuse(seat.clone(), case)),
            SeatDeed::StepDown => self.says(step, at, own(), possible::Deed::StepDown(seat.clone())),
            SeatDeed::RotateKey | SeatDeed::RecoverKey => self.beyond(at),
        }
    }

    fn nominate(&mut self, step: &Step, at: &Range<usize>, seat: &HolderRef, by: Option<&By>) {
        let may = || self.state.seat(seat).map(|seating| self.state.nominator(&seating, step.at.is));
        let by = by.cloned().or_else(may);
        let by = by.or_else(|| self.state.workflow.parties.first().map(|party| By::One(party.name.clone())));
        if let Some(by) = by {
            self.says(step, at, by, possible::Deed::Nominate(seat.clone()));
        }
    }

    fn says(&mut self, step: &Step, at: &Range<usize>, by: By, deed: possible::Deed) {
        let answer = self.state.suppose(step.at.is, &Possible { by, deed }, &plain_key, None);
        self.answered(step, at, answer);
    }

    /// A refusal is told, unless the step expects it.
    fn answered(&mut self, step: &Step, at: &Range<usize>, answer: Result<(), Refusal>) {
        let expected: Option<&Id> = step.refused.as_ref().map(|rule| &rule.is);
        let (message, help) = match (answer, expected) {
            (Ok(()), None) => return,
            (Err(refusal), Some(rule)) if *rule == refusal.rule => return,
            (Ok(()), Some(rule)) => {
                (format!("this would be taken, and is expected to be refused by `{rule}`"), String::new())
            }
            (Err(refusal), _) => {
                (format!("this would be refused: {} [{}]", refusal.why, refusal.rule), refusal.remedy())
            }
        };
        // The same of another seat of one step says nothing more.
        if self.refused.insert((step.at.at.start, message.clone())) {
            self.tell(at, message, help);
        }
    }

    fn beyond(&mut self, at: &Range<usize>) {
        self.tell(
            at,
            "this cannot be supposed",
            "Keys and amendments hang on who holds which key: leave it out",
        );
    }

    fn tell(&mut self, at: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Diagnostic::at(self.text, Severity::Warning, at, message, help));
    }
}
