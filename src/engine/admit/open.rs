//! The opening statement: the first entry, from which everything else follows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use crate::engine::clock::Moment;
use crate::engine::documents::Documents;
use crate::engine::event::Events;
use crate::engine::holders::{Authority, Holders};
use crate::engine::in_force::InForce;
use crate::engine::panel::Seats;
use crate::engine::{Refusal, State};
use crate::log::Policy;
use crate::statement::{AgreementRef, Body, Checked, HolderRef, Open, RawKey, RosterLine};
use crate::values::{Digest, Id, Instant};
use crate::workflow::Workflow;
use crate::workflow::model::Formed;

use super::policy::judge_policy;

impl State {
    /// Opens an agreement with its first statement, received at `at`.
    ///
    /// # Errors
    /// The first rule that the statement breaks.
    pub fn open(at: Instant, checked: &Checked) -> Result<Self, Refusal> {
        let Body::Open(open) = &checked.statement().body else {
            let why = format!("the first entry of a log is of type `{}`", checked.statement().type_name());
            return Err(Refusal::new(
                "not-open",
                why,
                "a log begins with the opening statement of its agreement",
            ));
        };
        let Opening { workflow, holders, witnesses } = judge_opening(open)?;
        let workflow = Arc::new(workflow);
        let mut state = Self {
            agreement: AgreementRef { name: open.name.clone(), anchor: checked.digest() },
            log: Arc::new(open.log.clone()),
            policy: open.policy.clone(),
            witnesses: witnesses.map(Arc::new),
            contract: open.contract,
            workflow_text: open.workflow.as_str().into(),
            opened: at,
            size: 1,
            last: at,
            holders,
            panels: Arc::default(),
            cases: Arc::default(),
            running: Arc::default(),
            owing: Arc::default(),
            events: Events::default(),
            documents: Documents::default(),
            reaffirmed: Vec::new(),
            moment: Moment::of(at),
            blank_papers: false,
            timelines: OnceLock::new(),
            due: OnceLock::new(),
            workflows: Arc::new(vec![InForce::opening(Arc::clone(&workflow), at)]),
            workflow,
        };
        let parties = state.all_parties();
        if checked.statement().by != parties {
            let why = format!("it speaks for {}", checked.statement().by);
            return Err(Refusal::new("not-all-parties", why, format!("an agreement is opened by {parties}")));
        }
        let signers = state.signed_for(&parties, checked, |_| None, None)?;
        state.judge_authority(at, &signers)?;
        for name in signers {
            state.holders.signed(&name, 0);
        }
        let standing = state.workflow.panels.iter().filter(|panel| panel.formed == Formed::Standing);
        let standing = standing.map(|panel| (panel.name.clone(), Seats::vacant(panel, at)));
        state.panels = Arc::new(standing.collect());
        Ok(state)
    }
}

/// What an opening statement says, once it is known to be sound.
#[derive(Debug)]
pub struct Opening {
    /// Its workflow.
    pub workflow: Workflow,
    /// The officers on its roster.
    pub holders: Holders,
    /// Its witness policy, where it has one.
    pub witnesses: Option<Policy>,
}

/// What an opening says, whoever signs it: its workflow, its log's identity, its roster and its witnesses. Whoever
/// drafts one asks this before anybody signs; admission asks the same.
///
/// # Errors
/// The first rule that it breaks.
pub fn judge_opening(open: &Open) -> Result<Opening, Refusal> {
    let instead = "open it with the contract that the workflow names";
    let workflow = judge_workflow(&open.workflow, &open.contract, instead)?;
    judge_identity(open)?;
    let holders = judge_roster(&workflow, &open.roster)?;
    let witnesses = judge_policy(open, &holders)?;
    Ok(Opening { workflow, holders, witnesses })
}

/// The workflow of a text, which must pass and be written for this contract; `instead` says what to do where it is not.
pub(super) fn judge_workflow(text: &str, contract: &Digest, instead: &str) -> Result<Workflow, Refusal> {
    let workflow = Workflow::parse(text).map_err(|faults| {
        let why = format!("its workflow does not pass `workflow check`: {faults}");
        Refusal::new("bad-workflow", why, "mend the workflow, check it, and have the parties sign again")
    })?;
    if workflow.contract.digest != *contract {
        let why = format!(
            "it names the contract {contract}, its workflow was written for {}",
            workflow.contract.digest
        );
        return Err(Refusal::new("other-contract", why, instead));
    }
    Ok(workflow)
}

fn judge_identity(open: &Open) -> Result<(), Refusal> {
    let suffix = format!("/{}", open.name);
    if !open.log.origin.ends_with(&suffix) || !open.log.vkey.starts_with(&format!("{}+", open.log.origin)) {
        let why = format!("its log is `{}` with the key `{}`", open.log.origin, open.log.vkey);
        let instead = format!("the origin ends in `{suffix}`, and the verifier key is the origin's");
        return Err(Refusal::new("bad-log-identity", why, instead));
    }
    let vkey: Result<crate::log::VerifierKey, _> = open.log.vkey.parse();
    if let Err(error) = vkey {
        let why = format!("the log's verifier key cannot be read: {error}");
        return Err(Refusal::new("bad-log-identity", why, "use the key that `quorate init` prints"));
    }
    Ok(())
}

/// The lines of a roster: officers of parties and roles, each once, with a key of their own.
pub(super) fn judge_lines(workflow: &Workflow, roster: &[RosterLine]) -> Result<(), Refusal> {
    let bad = |why: String, instead: String| Err(Refusal::new("bad-roster", why, instead));
    let mut keys: BTreeMap<RawKey, &HolderRef> = BTreeMap::new();
    let mut names: BTreeSet<&HolderRef> = BTreeSet::new();
    for line in roster {
        let Some(office) = workflow.offices().find(|office| belongs(&line.holder, &office.name)) else {
            let why = format!("the roster names {}, which is no officer of a party or role", line.holder);
            return bad(why, "roster lines are `PARTY/OFFICER`; seats are nominated".to_owned());
        };
        if !names.insert(&line.holder) {
            let why = format!("the roster names {} twice", line.holder);
            return bad(why, format!("name every officer of {} once", office.name));
        }
        if let Some(other) = keys.insert(line.key.raw(), &line.holder) {
            let why = format!("the roster gives {other} and {} the same key", line.holder);
            let instead = "one key speaks for one holder: give each their own";
            return Err(Refusal::new("key-in-use", why, instead));
        }
        judge_dates(line)?;
    }
    Ok(())
}

/// The officers of every party and role, as many as the workflow says, each with a key of their own.
fn judge_roster(workflow: &Workflow, roster: &[RosterLine]) -> Result<Holders, Refusal> {
    judge_lines(workflow, roster)?;
    let mut holders = Holders::default();
    for line in roster {
        holders.enter(line.holder.clone(), line.person.clone(), line.key.clone(), 0);
        holders.date(&line.holder, Authority { from: line.from, until: line.until });
    }
    for office in workflow.offices() {
        let named = roster.iter().filter(|line| belongs(&line.holder, &office.name)).count();
        if named != usize::try_from(office.of).unwrap_or(usize::MAX) {
            let why = format!(
                "the roster gives {} {named} of the {} officers that the workflow says",
                office.name, office.of
            );
            return Err(Refusal::new(
                "bad-roster",
                why,
                format!("give {} as many lines `{}/NAME` as it has officers", office.name, office.name),
            ));
        }
    }
    Ok(holders)
}

/// Whether the authority of an officer ends after it begins.
fn judge_dates(line: &RosterLine) -> Result<(), Refusal> {
    match (line.from, line.until) {
        (Some(from), Some(until)) if until < from => {
            let why = format!("the authority of {} ends on {until}, before it begins on {from}", line.holder);
            Err(Refusal::new("bad-roster", why, "let `until` come after `from`, or leave one of them out"))
        }
        _ => Ok(()),
    }
}

fn belongs(holder: &HolderRef, office: &Id) -> bool {
    matches!(holder, HolderRef::Office { body, .. } if body == office)
}
