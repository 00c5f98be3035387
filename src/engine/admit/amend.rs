//! Amendments: whether all parties signed, and whether every right and everybody who holds one goes on; of cases
//! `stranded` asks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Admission;
use super::annulled::judge_clocks;
use super::open::{judge_lines, judge_workflow};
use crate::engine::amend::Amended;
use crate::engine::change::Change;
use crate::engine::licence::GrantState;
use crate::engine::panel::Done;
use crate::engine::refusal::{all_of, alternatives};
use crate::engine::{Refusal, State};
use crate::statement::{Amend, Checked, GrantFate, HolderRef};
use crate::values::{Digest, Id, Instant};
use crate::workflow::Workflow;

/// Which attributes of each grant the amendment moves, with the value that they then have.
pub type Moved = BTreeMap<Id, BTreeMap<Id, String>>;

impl State {
    pub(super) fn judge_amend(
        &self,
        at: Instant,
        checked: &Checked,
        amend: &Amend,
    ) -> Result<Admission, Refusal> {
        let (by, parties) = (&checked.statement().by, self.all_parties());
        if *by != parties {
            let why = format!("it speaks for {by}");
            return Err(Refusal::new(
                "not-all-parties",
                why,
                format!("an agreement is amended by {parties}"),
            ));
        }
        let signers = self.signed_for(by, checked, |_| None, None)?;
        let amended = Box::new(self.judge_amendment(at, amend)?);
        Ok(Admission { change: Change::Amended { amended, by: by.to_string() }, signers })
    }

    /// What an amendment says, whoever signs it. Whoever drafts one asks this before anybody signs; admission asks
    /// the same. This state must be the one at `at`.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn judge_amendment(&self, at: Instant, amend: &Amend) -> Result<Amended, Refusal> {
        let workflow = Arc::new(self.judge_new_workflow(amend)?);
        let amended = Amended { workflow, amend: amend.clone() };
        self.judge_officers(&amended)?;
        self.judge_grants(&amended)?;
        self.judge_cases(&amended)?;
        self.judge_ends(at, &amended)?;
        judge_clocks(self, &amended)?;
        self.judge_moves(at, &amended)?;
        Ok(amended)
    }

    fn judge_new_workflow(&self, amend: &Amend) -> Result<Workflow, Refusal> {
        if Digest::of(amend.to.as_bytes()) == self.workflow.digest {
            let why = "it amends the workflow to the text that is in force already";
            let instead =
                "amend it to another text; that a workflow stands unchanged is said with `quorate reaffirm`";
            return Err(Refusal::new("same-workflow", why, instead));
        }
        let workflow =
            judge_workflow(&amend.to, &amend.contract, "name the contract that the workflow names")?;
        if workflow.nature != self.workflow.nature {
            let why = "its workflow is a specimen and this agreement is live, or the other way round";
            let instead = "an agreement keeps its nature: open another one";
            return Err(Refusal::new("other-nature", why, instead));
        }
        let named = |workflow: &Workflow| workflow.party_names().into_iter().collect::<BTreeSet<Id>>();
        let (old, new) = (named(&self.workflow), named(&workflow));
        if old != new {
            let why = format!("its workflow is one between {}", all_of(&new));
            let instead = format!("the parties are {}: others open an agreement of their own", all_of(&old));
            return Err(Refusal::new("other-parties", why, instead));
        }
        Ok(workflow)
    }

    /// Whether every office of the new workflow has as many officers as that says, each with a key of their own.
    fn judge_officers(&self, amended: &Amended) -> Result<(), Refusal> {
        let Amended { workflow, amend } = amended;
        let bad = |why: String, instead: String| Refusal::new("bad-roster", why, instead);
        judge_lines(workflow, &amend.roster)?;
        let names: BTreeSet<&HolderRef> = amend.roster.iter().map(|line| &line.holder).collect();
        let leaving: BTreeSet<&HolderRef> =
            self.officers_leaving(amended).chain(self.seats_leaving(amended)).collect();
        for line in self.officers_entering(amend) {
            let speaks_for = self.holders.speaks_for(line.key.raw());
            if speaks_for.is_none_or(|holder| !leaving.contains(holder) && *holder != line.holder) {
                self.judge_new_key(&line.key)?;
            }
        }
        for office in workflow.offices() {
            let staying = self.officers().filter(|(name, body)| {
                **body == office.name && !leaving.contains(name) && !names.contains(name)
            });
            let listed = names
                .iter()
                .filter(|name| matches!(name, HolderRef::Office { body, .. } if *body == office.name));
            let count = staying.count() + listed.count();
            if count != usize::try_from(office.of).unwrap_or(usize::MAX) {
                let why = format!(
                    "there are {count} of the {} officers that the new workflow gives {}",
                    office.of, office.name
                );
                let instead = format!("put all officers of {} on the roster of the amendment", office.name);
                return Err(bad(why, instead));
            }
        }
        Ok(())
    }

    /// Whether every grant so far is said to become something.
    fn judge_grants(&self, Amended { workflow, amend }: &Amended) -> Result<(), Refusal> {
        let known = |name: &Id| workflow.grants.iter().any(|grant| grant.name == *name);
        let mut taken: BTreeMap<&Id, &Id> = BTreeMap::new();
        let strands = |why: String, instead: String| Err(Refusal::new("strands-grant", why, instead));
        for grant in &self.workflow.grants {
            let name = &grant.name;
            match amend.grants.get(name) {
                None => {
                    let why = format!("it does not say what becomes of the grant `{name}`");
                    return strands(
                        why,
                        format!("say which grant `{name}` becomes, or with what status it ends"),
                    );
                }
                Some(GrantFate::Ends(_)) if known(name) => {
                    let why =
                        format!("it ends the grant `{name}`, and the new workflow has one of that name");
                    return strands(why, "let it become that, or give the new one another name".to_owned());
                }
                Some(GrantFate::Ends(_)) => {}
                Some(GrantFate::Becomes { grant, .. }) if !known(grant) => {
                    let why = format!(
                        "it says that the grant `{name}` becomes `{grant}`, which the new workflow has not"
                    );
                    let names = workflow.grants.iter().map(|grant| &grant.name);
                    return strands(
                        why,
                        format!(
                            "the new workflow has {}; or say with what status it ends",
                            alternatives(names)
                        ),
                    );
                }
                Some(GrantFate::Becomes { grant, .. }) => {
                    if let Some(other) = taken.insert(grant, name) {
                        let why = format!("it says that both `{other}` and `{name}` become `{grant}`");
                        return strands(
                            why,
                            "let one become it, and say with what status the other ends".to_owned(),
                        );
                    }
                }
            }
        }
        let stranger =
            amend.grants.keys().find(|name| self.workflow.grants.iter().all(|grant| grant.name != **name));
        match stranger {
            Some(name) => {
                let why =
                    format!("it says what becomes of `{name}`, which is no grant of the workflow in force");
                Err(Refusal::new("unknown-grant", why, "leave it out"))
            }
            None => Ok(()),
        }
    }

    /// Whether the amendment moves exactly what its signers were told that it moves.
    fn judge_moves(&self, at: Instant, amended: &Amended) -> Result<(), Refusal> {
        let moved = self.moved_by(at, amended);
        for (name, fate) in &amended.amend.grants {
            let GrantFate::Becomes { moves, .. } = fate else { continue };
            let none = BTreeMap::new();
            let found = moved.get(name).unwrap_or(&none);
            if found != moves {
                let why = format!(
                    "it says that the grant `{name}` moves {}, and it would move {}",
                    words(moves),
                    words(found)
                );
                let instead = "something has happened since it was written, or it was written otherwise: prepare it anew";
                return Err(Refusal::new("other-value", why, instead));
            }
        }
        Ok(())
    }

    /// Which attributes the amendment moves by itself: those that the old grant and the new one have, and that differ.
    fn moved_by(&self, at: Instant, amended: &Amended) -> Moved {
        let mut next = self.clone();
        let in_force = self.carried(amended, Done { at, entry: self.size });
        Arc::make_mut(&mut next.workflows).push(in_force);
        next.timelines.take();
        let (Some(before), Some(after)) = (self.licence(at), next.licence(at)) else { return Moved::new() };
        let value = |grants: &[GrantState<'_>], grant: &Id, attribute: &Id| {
            let grant = grants.iter().find(|candidate| candidate.grant.name == *grant)?;
            let mut attributes = grant.attributes.iter();
            let found = attributes.find(|candidate| candidate.attribute.name == *attribute)?;
            Some(found.value.is.clone())
        };
        let mut moved = Moved::new();
        for (old, fate) in &amended.amend.grants {
            let GrantFate::Becomes { grant, .. } = fate else { continue };
            let was = before.grants.iter().find(|candidate| candidate.grant.name == *old);
            for was in was.iter().flat_map(|was| &was.attributes) {
                let name = &was.attribute.name;
                if let Some(is) = value(&after.grants, grant, name).filter(|is| *is != was.value.is) {
                    moved.entry(old.clone()).or_default().insert(name.clone(), is);
                }
            }
        }
        moved
    }

    /// What becomes of each grant where nothing else is said: the one of the same name.
    pub fn going_on(&self, workflow: &Workflow) -> BTreeMap<Id, GrantFate> {
        let known = |name: &Id| workflow.grants.iter().any(|grant| grant.name == *name);
        let names = self.workflow.grants.iter().map(|grant| &grant.name).filter(|name| known(name));
        let fate = |name: &Id| GrantFate::Becomes { grant: name.clone(), moves: BTreeMap::new() };
        names.map(|name| (name.clone(), fate(name))).collect()
    }

    /// The amendment with everything filled in that follows from it: what it moves at `at`.
    ///
    /// # Errors
    /// The new workflow is unfit.
    pub fn with_moves(&self, at: Instant, mut amend: Amend) -> Result<Amend, Refusal> {
        let workflow = Arc::new(self.judge_new_workflow(&amend)?);
        let moved = self.moved_by(at, &Amended { workflow, amend: amend.clone() });
        for (name, fate) in &mut amend.grants {
            if let GrantFate::Becomes { moves, .. } = fate {
                *moves = moved.get(name).cloned().unwrap_or_default();
            }
        }
        Ok(amend)
    }
}

fn words(moves: &BTreeMap<Id, String>) -> String {
    if moves.is_empty() {
        return "nothing".to_owned();
    }
    let each: Vec<String> =
        moves.iter().map(|(attribute, value)| format!("`{attribute}` to “{value}”")).collect();
    each.join(" and ")
}
