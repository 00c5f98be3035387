//! What makes a workflow unsound though every word of it can be read: cases that never end, outcomes
//! that nobody handles, votes that cannot reach a threshold.
//!
//! The reader has resolved every name before. Each file here looks at one thing; all of them report
//! by place, such as `procedure.verification.state.voting.steps[3]`.

mod access;
mod actors;
mod acts;
mod alone;
mod ballots;
mod block;
mod calendar;
pub(super) mod counts;
mod events;
mod evidence;
mod flow;
mod grants;
mod graph;
pub(super) mod late;
mod nobody;
mod numbers;
mod obliged;
mod outcomes;
mod sealed;
mod signed;
mod states;
mod suspension;
mod times;
mod together;
mod vacancy;

use super::diagnostic::{Diagnostic, Severity};
use super::model::{Procedure, State, Workflow};
use super::read::Places;

/// All findings.
pub(super) fn check(workflow: &Workflow, places: &Places, text: &str) -> Vec<Diagnostic> {
    let mut c = Checker { workflow, places, text, found: Vec::new() };
    actors::check(&mut c);
    access::check(&mut c);
    events::check(&mut c);
    ballots::check(&mut c);
    for procedure in &workflow.procedures {
        acts::check(&mut c, procedure);
        states::check(&mut c, procedure);
        evidence::check(&mut c, procedure);
        late::check(&mut c, procedure);
        signed::check(&mut c, procedure);
        for state in procedure.states.iter().filter(|state| !state.ends) {
            outcomes::check(&mut c, procedure, state);
        }
        flow::check(&mut c, procedure);
        times::check(&mut c, procedure);
        block::check(&mut c, procedure);
        vacancy::check(&mut c, procedure);
        events::unheard(&mut c, procedure);
        events::not_yet(&mut c, procedure);
        events::not_begun(&mut c, procedure);
        numbers::conditions(&mut c, procedure);
    }
    alone::check(&mut c);
    obliged::check(&mut c);
    suspension::check(&mut c);
    grants::check(&mut c);
    calendar::check(&mut c);
    c.found
}

/// What the checks share.
struct Checker<'w> {
    workflow: &'w Workflow,
    places: &'w Places,
    text: &'w str,
    found: Vec<Diagnostic>,
}

impl Checker<'_> {
    /// A mistake at the value of `place`.
    fn error(&mut self, place: &str, message: impl Into<String>, help: impl Into<String>) {
        let at = self.places.value_of(place);
        self.found.push(Diagnostic::at(self.text, Severity::Error, &at, message, help));
    }

    /// A mistake of the thing called `place` as a whole: at its name.
    fn error_at_name(&mut self, place: &str, message: impl Into<String>, help: impl Into<String>) {
        let at = self.places.key_of(place);
        self.found.push(Diagnostic::at(self.text, Severity::Error, &at, message, help));
    }

    /// Something odd at the value of `place`.
    fn warn(&mut self, place: &str, message: impl Into<String>, help: impl Into<String>) {
        let at = self.places.value_of(place);
        self.found.push(Diagnostic::at(self.text, Severity::Warning, &at, message, help));
    }

    /// Something odd of the thing called `place` as a whole: at its name.
    fn warn_at_name(&mut self, place: &str, message: impl Into<String>, help: impl Into<String>) {
        let at = self.places.key_of(place);
        self.found.push(Diagnostic::at(self.text, Severity::Warning, &at, message, help));
    }
}

fn place_of_state(procedure: &Procedure, state: &State) -> String {
    format!("procedure.{}.state.{}", procedure.name, state.name)
}

/// `index` counts from 0, the place from 1.
fn place_of_step(procedure: &Procedure, state: &State, index: usize) -> String {
    format!("{}.steps[{}]", place_of_state(procedure, state), index + 1)
}
