//! Whether an amendment leaves a case without a way out because texts meet: what one text annuls, a clock of a case under
//! another may count from. `check` sees each text alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::amend::Amended;
use crate::engine::{Refusal, State};
use crate::statement::{CaseFate, CaseRef};
use crate::values::{Digest, Id};
use crate::workflow::Workflow;
use crate::workflow::model::{self, Origin, Procedure, Trigger};

/// A case, or every case of a procedure of the new text.
#[derive(Clone, Copy)]
struct Run<'a> {
    workflow: &'a Workflow,
    procedure: &'a Procedure,
    /// Which one; none for those that are still to be opened.
    case: Option<&'a CaseRef>,
    /// In which state it will be.
    from: &'a Id,
}

impl<'a> Run<'a> {
    /// The events that it can still annul: each with what it emits then.
    fn annuls(self) -> impl Iterator<Item = (&'a Id, &'a Id)> {
        let emits = move |event: &Id| {
            let opens = self.case.is_none() && self.procedure.open.emits.contains(event);
            opens || self.procedure.still_emits(self.from, event)
        };
        let annulled = self.workflow.events.iter();
        let annulled = annulled.filter_map(|event| Some((&event.name, &event.annulled.as_ref()?.by)));
        annulled.filter(move |(_, by)| emits(by))
    }

    /// The case, or any of its procedure, in words.
    fn words(self) -> String {
        self.case.map_or_else(|| format!("a case of `{}`", self.procedure.name), ToString::to_string)
    }
}

/// Whether no case that goes on beside others under other rules can be left without an end by what these annul.
///
/// # Errors
/// The first that could be.
pub(super) fn judge_clocks(state: &State, amended: &Amended) -> Result<(), Refusal> {
    let new = &*amended.workflow;
    let opening = new.procedures.iter().map(|procedure| Run {
        workflow: new,
        procedure,
        case: None,
        from: &procedure.start,
    });
    // Cases in one state under one text can do the same.
    let mut going_on: BTreeMap<(Digest, &Id, &Id), Run<'_>> = BTreeMap::new();
    for (id, case) in &*state.cases {
        let (workflow, from) = match amended.amend.cases.get(id) {
            Some(CaseFate::Enters(state)) => (new, state),
            _ => (&*case.workflow, &case.state),
        };
        let Some(procedure) = workflow.procedure(&id.procedure) else { continue };
        let run = Run { workflow, procedure, case: Some(id), from };
        going_on.entry((workflow.digest, &procedure.name, from)).or_insert(run);
    }
    let runs: Vec<Run<'_>> = going_on.into_values().chain(opening).collect();
    for run in &runs {
        let others = runs.iter().filter(|other| {
            other.workflow.digest != run.workflow.digest && other.procedure.name != run.procedure.name
        });
        let annulling: Vec<_> =
            others.flat_map(|other| other.annuls().map(move |(event, by)| (event, by, *other))).collect();
        let annulled: BTreeSet<&Id> = annulling.iter().map(|(event, ..)| *event).collect();
        let Some(stays) = run.workflow.stays_for_ever(run.procedure, run.from, &annulled) else { continue };
        let mut counted =
            run.procedure.states.iter().filter(|it| it.name == stays.name).chain(&run.procedure.states);
        let found = counted.find_map(|state| {
            let of = |(event, ..): &&(&Id, &Id, Run<'_>)| counts_from(state, event);
            annulling.iter().find(of).map(|found| (state, found))
        });
        if let Some((clocked, (event, by, other))) = found {
            let why = format!(
                "`{by}` of {} would annul `{event}`, and the clock of `{}` counts from that: if nobody did anything then, \
                 {} would stay in `{}` for ever",
                other.words(),
                clocked.name,
                run.words(),
                stays.name
            );
            let instead =
                "let both run under one text, or give that state a clock that counts from entering it";
            return Err(super::stranded::stranded(why, instead));
        }
    }
    Ok(())
}

/// Whether time brings a state to an end that counts from an event.
fn counts_from(state: &model::State, event: &Id) -> bool {
    state.steps.iter().any(
        |step| matches!(&step.trigger, Trigger::After(delay) if delay.of == Origin::Event(event.clone())),
    )
}
