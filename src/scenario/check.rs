//! Whether the names of a scenario mean something in the workflow that it is played with.

use std::collections::BTreeSet;

use super::Scenario;
use super::model::{Deed, Expect, ExpectGrant, Names, SeatName, Spot, Step};
use crate::statement::HolderRef;
use crate::values::Id;
use crate::workflow::model::{Grant, NO_QUORUM, State, Workflow};
use crate::workflow::read::nearest;
use crate::workflow::{Diagnostic, Diagnostics, Severity};

/// Words that say why a grant is as it is, besides events.
pub(super) const OPENING: &str = "opening";
pub(super) const DATE: &str = "date";
pub(super) const AMENDMENT: &str = "amendment";

/// Every name that no workflow of the scenario has.
pub(super) fn check(scenario: &Scenario, workflows: &[Workflow]) -> Diagnostics {
    let known = Known::of(workflows);
    let mut c = Checker { text: &scenario.text, known: &known, workflows, found: Vec::new() };
    for officer in &scenario.officers {
        c.officer(&officer.name);
    }
    for step in &scenario.steps {
        c.step(step);
    }
    Diagnostics::new(c.found)
}

/// The names of some workflows by what they name.
struct Known {
    offices: Vec<Id>,
    seats: Vec<Id>,
    acts: Vec<Id>,
    choices: Vec<Id>,
    states: Vec<Id>,
    ballots: Vec<Id>,
    events: Vec<Id>,
    outcomes: Vec<Id>,
}

impl Known {
    fn of(workflows: &[Workflow]) -> Self {
        let procedures = || workflows.iter().flat_map(|workflow| &workflow.procedures);
        let states = || procedures().flat_map(|procedure| &procedure.states);
        let steps = states().flat_map(State::doings).map(|doing| &doing.act);
        let duties = states().flat_map(|state| &state.duties).map(|duty| &duty.act);
        let openings = procedures().map(|procedure| &procedure.open.act);
        let ballots = || workflows.iter().flat_map(|workflow| &workflow.ballots);
        let outcomes = ballots().flat_map(|ballot| &ballot.outcomes).map(|outcome| outcome.is.clone());
        Self {
            offices: workflows.iter().flat_map(Workflow::offices).map(|office| office.name.clone()).collect(),
            seats: workflows
                .iter()
                .flat_map(|workflow| &workflow.panels)
                .flat_map(|panel| &panel.seats)
                .map(|seat| seat.name.clone())
                .collect(),
            acts: openings
                .chain(steps)
                .chain(duties)
                .cloned()
                .collect::<BTreeSet<Id>>()
                .into_iter()
                .collect(),
            choices: ballots()
                .flat_map(|ballot| ballot.choices.iter().chain(&ballot.abstention))
                .cloned()
                .collect(),
            states: states().map(|state| state.name.clone()).collect(),
            ballots: ballots().map(|ballot| ballot.name.clone()).collect(),
            events: workflows
                .iter()
                .flat_map(|workflow| &workflow.events)
                .map(|event| event.name.clone())
                .collect(),
            outcomes: outcomes.chain([Id::constant(NO_QUORUM)]).collect(),
        }
    }

    /// What a name stands for that is easily taken for something else, and where it belongs.
    fn kind(&self, name: &Id) -> Option<(&'static str, &'static str)> {
        let kinds = [
            (
                &self.outcomes,
                "an outcome",
                "what votes come to stands in expect = { ballot = { outcome = \"…\" } }",
            ),
            (&self.choices, "a choice", "what votes are for stands in vote = { … }"),
            (&self.events, "an event", "what has happened stands in expect = { events = [\"…\"] }"),
            (&self.states, "a state", "where a case is stands in expect = { state = \"…\" }"),
            (&self.acts, "an act", "what somebody does stands in do = \"…\""),
        ];
        if name.as_str() == "chair" {
            return Some(("no seat", "name the seat that chairs"));
        }
        if name.as_str() == "is" {
            let instead = "an attribute stands before it, as in grants = { fee.status = { is = \"…\" } }";
            return Some(("what a value is", instead));
        }
        let its = kinds.into_iter().find(|(names, ..)| names.contains(name));
        its.map(|(_, kind, instead)| (kind, instead))
    }

    fn actors(&self) -> Vec<Id> {
        self.offices.iter().chain(&self.seats).cloned().collect()
    }
}

struct Checker<'s> {
    text: &'s str,
    workflows: &'s [Workflow],
    known: &'s Known,
    found: Vec<Diagnostic>,
}

impl Checker<'_> {
    /// Whether a vote for this answers a ballot instead of naming a choice.
    fn answers(&self, vote: &Id) -> bool {
        self.workflows.iter().flat_map(|workflow| &workflow.ballots).any(|ballot| ballot.answers(vote))
    }

    fn step(&mut self, step: &Step) {
        // What must be refused may be nonsense; only who does it must be somebody.
        let sensible = step.refused.is_none();
        let known = self.known;
        match step.deed.as_ref().map(|deed| &deed.is) {
            Some(Deed::Act { act, by, seat, signed_by, .. }) => {
                self.seats(seat.as_slice());
                self.seats(signed_by.as_deref().unwrap_or_default());
                self.known("act", &known.acts, sensible.then_some(act));
                self.known("party, role or seat", &known.actors(), by);
            }
            Some(Deed::Seats { seats, by, .. }) => {
                self.seats(seats);
                self.known("party or role", &known.offices, by.iter().flatten());
            }
            Some(Deed::Vote { votes, .. }) => {
                for (choice, voters) in votes {
                    let choice = Some(choice).filter(|choice| sensible && !self.answers(&choice.is));
                    self.known("choice", &known.choices, choice);
                    self.seats(voters);
                }
            }
            Some(Deed::Reveal { votes, .. }) => {
                for (choice, voters) in votes {
                    let choice = choice.as_ref().filter(|choice| sensible && !self.answers(&choice.is));
                    self.known("choice", &known.choices, choice);
                    self.seats(voters);
                }
            }
            Some(Deed::Amend(amend)) => {
                self.seats(amend.signed_by.as_deref().unwrap_or_default());
                self.known("party or role", &known.offices, amend.by.iter().flatten());
            }
            Some(Deed::Reaffirm(_)) | None => {}
        }
        for expect in &step.expect {
            self.expect(expect);
        }
    }

    /// An officer as the stage calls them: `buyer/officer-1` up to as many as the workflow says.
    fn officer(&mut self, officer: &Spot<HolderRef>) {
        let all: Vec<String> = self
            .workflows
            .iter()
            .flat_map(Workflow::offices)
            .flat_map(|office| (1..=office.of).map(|number| format!("{}/officer-{number}", office.name)))
            .collect();
        if !all.contains(&officer.is.to_string()) {
            let known: Vec<&str> = all.iter().map(String::as_str).collect();
            self.unknown(officer, format!("the workflow has no officer `{}`", officer.is), &known);
        }
    }

    fn seats(&mut self, seats: &[Spot<SeatName>]) {
        for seat in seats {
            if let SeatName::Short(name) = &seat.is {
                self.known("seat", &self.known.seats, [&Spot { is: name.clone(), at: seat.at.clone() }]);
            }
        }
    }

    fn expect(&mut self, expect: &Expect) {
        let known = self.known;
        self.known("state", &known.states, &expect.state);
        self.lists("event", &known.events, [&expect.events, &expect.annulled]);
        self.lists("act", &known.acts, [&expect.owed, &expect.overdue, &expect.possible]);
        self.lists("party, role or seat", &known.actors(), [&expect.awaited]);
        if let Some(ballot) = expect.ballot.as_ref().map(|ballot| &ballot.is) {
            self.known("ballot", &known.ballots, &ballot.name);
            self.known("outcome", &known.outcomes, &ballot.outcome);
            self.lists(
                "seat",
                &known.seats,
                [&ballot.electors, &ballot.excluded, &ballot.voted, &ballot.left, &ballot.committed],
            );
        }
        for grant in &expect.grants {
            self.grant(grant);
        }
    }

    fn grant(&mut self, expect: &ExpectGrant) {
        let all: Vec<&Grant> = self.workflows.iter().flat_map(|workflow| &workflow.grants).collect();
        let grants: Vec<Id> = all.iter().map(|grant| grant.name.clone()).collect();
        self.known("grant", &grants, [&expect.grant]);
        let because: Vec<Id> = [OPENING, DATE, AMENDMENT]
            .map(Id::constant)
            .into_iter()
            .chain(self.known.events.iter().cloned())
            .collect();
        self.known("event", &because, &expect.because);
        let same: Vec<&Grant> = all.into_iter().filter(|grant| grant.name == expect.grant.is).collect();
        if same.is_empty() {
            return;
        }
        let name = &expect.grant.is;
        let attributes = || same.iter().flat_map(|grant| &grant.attributes);
        let names: Vec<Id> = attributes().map(|attribute| attribute.name.clone()).collect();
        self.known(&format!("attribute of `{name}` called"), &names, [&expect.attribute]);
        let values = attributes().filter(|attribute| attribute.name == expect.attribute.is);
        let values: Vec<&str> =
            values.flat_map(|attribute| &attribute.values).map(|value| value.is.as_str()).collect();
        // An amendment may end a grant with any words.
        let amended = self.workflows.len() > 1;
        if let Some(is) = expect
            .is
            .as_ref()
            .filter(|is| !amended && !values.is_empty() && !values.contains(&is.is.as_str()))
        {
            let message = format!("`{name}.{}` can never be “{}”", expect.attribute.is, is.is);
            self.unknown(is, message, &values);
        }
    }

    fn lists<'n>(&mut self, what: &str, known: &[Id], lists: impl IntoIterator<Item = &'n Option<Names>>) {
        for names in lists.into_iter().flatten() {
            self.known(what, known, &names.is);
        }
    }

    fn known<'n>(&mut self, what: &str, known: &[Id], names: impl IntoIterator<Item = &'n Spot<Id>>) {
        for name in names {
            if known.contains(&name.is) {
                continue;
            }
            let known: Vec<&str> = known.iter().map(Id::as_str).collect();
            let message = format!("the workflow has no {what} `{}`", name.is);
            match self.known.kind(&name.is) {
                Some((kind, instead)) => {
                    let help = format!("`{}` is {kind}: {instead}. There are: {}", name.is, known.join(", "));
                    self.found.push(Diagnostic::at(self.text, Severity::Error, &name.at, message, help));
                }
                None => self.unknown(name, message, &known),
            }
        }
    }

    fn unknown<T: ToString>(&mut self, spot: &Spot<T>, message: String, known: &[&str]) {
        let help = match nearest(&spot.is.to_string(), known.iter().copied()) {
            Some(near) => format!("Did you mean `{near}`?"),
            None if known.is_empty() => "There is none".to_owned(),
            None => format!("There are: {}", known.join(", ")),
        };
        self.found.push(Diagnostic::at(self.text, Severity::Error, &spot.at, message, help));
    }
}
