//! `amend` in a scenario: how it is read and written, and how it is played.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::model::{AmendDeed, Deed, SeatName, Spot, Step};
use super::read::{id, parsed};
use super::stage::{office_holder, officers, public};
use super::{Failure, Scenario, Stage};
use crate::registry::{Receipted, SubmitError};
use crate::statement::{Amend, Attachments, Body, By, CaseFate, CaseRef, GrantFate, HolderRef, RosterLine};
use crate::values::{Digest, Id};
use crate::workflow::Workflow;
use crate::workflow::read::{Item, Reader};

/// The texts of the workflows that a scenario names, by the names that it gives them.
pub(super) type Texts = BTreeMap<String, String>;

/// What becomes of grants and of cases, as far as something is said.
type Fates<'a> = (&'a [(Id, GrantFate)], &'a [(CaseRef, CaseFate)]);

/// The other keys of a step that amends.
pub(super) struct Keys<'a> {
    pub grants: Option<Item<'a>>,
    pub cases: Option<Item<'a>>,
    pub by: Option<Item<'a>>,
    pub signed_by: Option<Vec<Spot<SeatName>>>,
}

/// `amend = "FILE"`, with what becomes of grants and cases.
pub(super) fn read(r: &mut Reader<'_>, to: &Item<'_>, keys: Keys<'_>) -> Option<Deed> {
    let to = file(r, to)?;
    let grants = keys.grants.map(|item| item.named(r)).unwrap_or_default();
    let grants = grants.into_iter().filter_map(|(name, item)| Some((name, fate(r, &item)?))).collect();
    let cases = keys.cases.map(|item| cases(r, &item)).unwrap_or_default();
    let by = keys.by.map(|item| r.each_once(&item, |r, member| id(r, member)));
    Some(Deed::Amend(Box::new(AmendDeed { to, grants, cases, by, signed_by: keys.signed_by })))
}

/// The name of a file beside the workflow.
pub(super) fn file(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Spot<String>> {
    let name = item.text(r)?;
    if name.starts_with('/')
        || name.split('/').any(|part| part == "..")
        || Path::new(&name).extension() != Some("toml".as_ref())
    {
        let help = "Name a workflow in the folder in which the tested one lies: \"second.toml\"";
        return r.refuse(
            &item.span(),
            format!("`{name}` is no workflow beside the one that is tested"),
            help,
        );
    }
    Some(Spot { is: name, at: item.span() })
}

/// `"new-name"`, or `{ ends = "…" }`.
fn fate(r: &mut Reader<'_>, item: &Item<'_>) -> Option<GrantFate> {
    if item.value.get_ref().as_str().is_some() {
        return item.id(r).map(|grant| GrantFate::Becomes { grant, moves: BTreeMap::new() });
    }
    let mut fields = item.table(r)?;
    let ends = fields.need(r, "ends", "Say with what status it ends, or which grant it becomes, in quotes");
    let ends = ends.and_then(|item| item.text(r));
    fields.close(r);
    ends.map(GrantFate::Ends)
}

fn cases(r: &mut Reader<'_>, item: &Item<'_>) -> Vec<(CaseRef, CaseFate)> {
    let Some(fields) = item.table(r) else { return Vec::new() };
    let mut cases = Vec::new();
    for (key, item) in fields.entries() {
        let Ok(case) = key.parse() else {
            let message = format!("`{}` is not a case such as \"verification#1\"", key.escape_debug());
            r.error(&item.key, message, "Write it so");
            continue;
        };
        let fate = parsed(r, &item, "\"old rules\", or a state of the new workflow");
        cases.extend(fate.map(|fate| (case, fate.is)));
    }
    cases
}

/// The lines of the deed in a scenario that a machine writes.
pub(super) fn lines(deed: &AmendDeed, quoted: impl Fn(&str) -> String) -> Vec<String> {
    let mut lines = vec![format!("amend = {}", quoted(&deed.to.is))];
    let table = |key: &str, members: Vec<String>| format!("{key} = {{ {} }}", members.join(", "));
    if !deed.grants.is_empty() {
        let member = |(name, fate): &(Id, GrantFate)| match fate {
            GrantFate::Becomes { grant, .. } => format!("{name} = {}", quoted(grant.as_str())),
            GrantFate::Ends(value) => format!("{name} = {{ ends = {} }}", quoted(value)),
        };
        lines.push(table("grants", deed.grants.iter().map(member).collect()));
    }
    if !deed.cases.is_empty() {
        let member = |(case, fate): &(CaseRef, CaseFate)| {
            format!("{} = {}", quoted(&case.to_string()), quoted(&fate.to_string()))
        };
        lines.push(table("cases", deed.cases.iter().map(member).collect()));
    }
    let list = |names: Vec<String>| format!("[{}]", names.join(", "));
    let by = deed.by.as_ref().map(|by| list(by.iter().map(|by| quoted(by.is.as_str())).collect()));
    lines.extend(by.map(|by| format!("by = {by}")));
    let signed = deed.signed_by.as_ref();
    let signed = signed.map(|all| list(all.iter().map(|seat| quoted(&seat.is.to_string())).collect()));
    lines.extend(signed.map(|signed| format!("signed-by = {signed}")));
    lines
}

impl Scenario {
    /// The text under which the agreement is opened, and every workflow that it is amended to, read from `folder`.
    pub(super) fn texts(&self, workflow: &str, folder: Option<&Path>) -> Result<(String, Texts), Failure> {
        let mut texts = Texts::new();
        for name in self.opened_with.iter().chain(self.steps.iter().filter_map(amends)) {
            let name = &name.is;
            let Some(folder) = folder else {
                return Err(Failure::File(
                    name.clone(),
                    "the folder of the workflow is not known".to_owned(),
                ));
            };
            let text = fs::read_to_string(folder.join(name));
            let text = text.map_err(|error| Failure::File(name.clone(), error.to_string()))?;
            texts.insert(name.clone(), text);
        }
        let opened = self.opened_with.as_ref().and_then(|name| texts.get(&name.is));
        Ok((opened.cloned().unwrap_or_else(|| workflow.to_owned()), texts))
    }
}

/// The file to which a step amends.
fn amends(step: &Step) -> Option<&Spot<String>> {
    match &step.deed.as_ref()?.is {
        Deed::Amend(deed) => Some(&deed.to),
        _ => None,
    }
}

impl Stage {
    /// The parties put the workflow `to` into force. What is not said of a grant follows from its name, officers of
    /// new offices get keys like all others, and what the amendment moves is worked out.
    ///
    /// # Errors
    /// As [`crate::registry::Registry::submit`].
    pub fn amend(
        &self,
        to: &str,
        given: Fates<'_>,
        by: Option<By>,
        signers: Option<Vec<HolderRef>>,
    ) -> Result<Receipted, SubmitError> {
        let by = by.map_or_else(|| Ok(self.state()?.all_parties()), Ok::<By, SubmitError>)?;
        let signers = signers.map_or_else(|| self.signers(&by, None), Ok)?;
        let amend = self.amendment(to, given.0, given.1)?;
        self.say(by, Body::Amend(Box::new(amend)), &signers, Vec::new())
    }

    /// The amendment that [`Stage::amend`] signs.
    ///
    /// # Errors
    /// The registry has lost the agreement.
    pub fn amendment(
        &self,
        to: &str,
        grants: &[(Id, GrantFate)],
        cases: &[(CaseRef, CaseFate)],
    ) -> Result<Amend, SubmitError> {
        let state = self.state()?;
        let new = Workflow::parse(to).ok();
        let mut all = new.as_ref().map(|new| state.going_on(new)).unwrap_or_default();
        all.extend(grants.iter().cloned());
        let line = |holder: HolderRef| RosterLine {
            person: format!("Officer {holder}"),
            key: public(&self.key(&holder)),
            holder,
            from: None,
            until: None,
        };
        let offices = new.iter().flat_map(Workflow::offices);
        let changed = offices.filter(|it| state.office(&it.name).is_none_or(|now| now.of != it.of));
        let amend = Amend {
            occasion: "amendment".to_owned(),
            contract: new.as_ref().map_or(Digest([0; 32]), |new| new.contract.digest),
            to: to.to_owned(),
            roster: changed.flat_map(|office| officers(&office.name, office.of)).map(line).collect(),
            grants: all,
            cases: cases.iter().cloned().collect(),
            attach: Attachments::new(),
        };
        Ok(state.with_moves(self.registry().now(), amend.clone()).unwrap_or(amend))
    }
}

/// An officer by the short way in which scenarios name one: `openai/officer-1`.
pub(super) fn signer(name: &SeatName) -> HolderRef {
    match name {
        SeatName::Full(holder) => holder.clone(),
        SeatName::Short(name) => office_holder(name, 1),
    }
}
