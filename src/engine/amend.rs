//! Taking an amendment over: officers, standing panels, grants and cases pass to the workflow that is now in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::ballot::{Leaving, Reason};
use crate::engine::event::Why;
use crate::engine::holders::Authority;
use crate::engine::in_force::InForce;
use crate::engine::panel::{Done, Seats};
use crate::engine::state::State;
use crate::statement::{Amend, CaseFate, CaseRef, GrantFate, HolderRef, PublicKey, RosterLine};
use crate::values::{Id, Instant};
use crate::workflow::Workflow;
use crate::workflow::model::{Attribute, Formed, Grant, Panel, Value};

/// An amendment that was found sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amended {
    /// The workflow that it puts into force.
    pub workflow: Arc<Workflow>,
    /// What the parties said.
    pub amend: Amend,
}

/// What an amendment makes of one officer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficerChange {
    /// Whose place it is.
    pub name: HolderRef,
    /// Who speaks there until then; nobody where the place is new.
    pub before: Option<Officer>,
    /// Who speaks there from then on; nobody where the officer goes.
    pub after: Option<Officer>,
}

/// Who speaks for a party or role: the person, their key, and from when until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Officer {
    /// The person, in words.
    pub person: String,
    /// The key that speaks for them.
    pub key: PublicKey,
    /// When their authority begins and ends.
    pub authority: Authority,
}

impl State {
    /// Each officer who comes, goes, or gets another name, key or dates, by the place that they have.
    pub fn officer_changes(&self, amended: &Amended) -> Vec<OfficerChange> {
        let before = |name: &HolderRef| {
            self.holders.get(name).map(|holder| Officer {
                person: holder.person.clone(),
                key: holder.key.clone(),
                authority: holder.authority,
            })
        };
        let gone = self.officers_leaving(amended).map(|name| (name.clone(), None));
        let listed = amended.amend.roster.iter().map(|line| {
            let authority = Authority { from: line.from, until: line.until };
            let officer = Officer { person: line.person.clone(), key: line.key.clone(), authority };
            (line.holder.clone(), Some(officer))
        });
        let mut changes: Vec<OfficerChange> = gone
            .chain(listed)
            .map(|(name, after)| OfficerChange { before: before(&name), name, after })
            .filter(|change| change.before != change.after)
            .collect();
        changes.sort_by(|one, other| one.name.cmp(&other.name));
        changes
    }

    /// Puts the workflow into force. Nothing before it changes.
    pub(super) fn amended(&mut self, amended: &Amended, by: &str, done: Done) {
        let Amended { workflow, amend } = amended;
        let seats: Vec<HolderRef> = self.seats_leaving(amended).cloned().collect();
        let gone: Vec<HolderRef> = self.officers_leaving(amended).chain(&seats).cloned().collect();
        for seat in &seats {
            self.clear_seat(seat, Leaving::by(Reason::SeatGone, done));
        }
        let entering: Vec<RosterLine> = self.officers_entering(amend).cloned().collect();
        for holder in &gone {
            self.holders.leave(holder);
        }
        for line in entering {
            self.holders.enter(line.holder, line.person, line.key, done.entry);
        }
        for line in &amend.roster {
            self.holders.rename(&line.holder, &line.person);
            self.holders.date(&line.holder, Authority { from: line.from, until: line.until });
        }
        self.panels = Arc::new(standing(workflow, &self.panels, done.at));
        let in_force = self.carried(amended, done);
        Arc::make_mut(&mut self.workflows).push(in_force);
        self.workflow = Arc::clone(workflow);
        self.workflow_text = amend.to.as_str().into();
        self.contract = workflow.contract.digest;
        self.timelines.take();
        for (case, fate) in &amend.cases {
            if let CaseFate::Enters(state) = fate {
                let words = format!("amend by {by}");
                let why = Why { entry: Some(done.entry), ballot: None, words, line: 0 };
                self.pass_over(case, state, why);
            }
        }
        // What suspends a case under one text may not under the other.
        self.stop_or_go_on();
    }

    /// Officers of offices that the workflow has no more, and those whom its roster replaces.
    pub(super) fn officers_leaving<'a>(
        &'a self,
        amended: &'a Amended,
    ) -> impl Iterator<Item = &'a HolderRef> {
        let roster = &amended.amend.roster;
        self.officers()
            .filter(move |(name, office)| {
                let listed = roster.iter().any(|line| body(&line.holder) == Some(*office));
                let stays = roster.iter().any(|line| line.holder == **name);
                amended.workflow.office(office).is_none() || listed && !stays
            })
            .map(|(name, _)| name)
    }

    /// Officers with their office, now.
    pub(super) fn officers(&self) -> impl Iterator<Item = (&HolderRef, &Id)> {
        let office = |(name, _)| {
            let office = body(name)?;
            self.office(office).map(|_| (name, office))
        };
        self.holders.iter().filter_map(office)
    }

    /// Whoever gets a key by the roster of an amendment: new officers, and those who had another key.
    pub(super) fn officers_entering<'a>(&'a self, amend: &'a Amend) -> impl Iterator<Item = &'a RosterLine> {
        let same =
            |line: &RosterLine| self.holders.get(&line.holder).is_some_and(|holder| holder.key == line.key);
        amend.roster.iter().filter(move |line| !same(line))
    }

    /// Seats that somebody holds and that are on no panel any more: of standing panels, and of cases that pass over.
    pub(super) fn seats_leaving<'a>(&'a self, amended: &'a Amended) -> impl Iterator<Item = &'a HolderRef> {
        let stays = |name: &HolderRef| match name {
            HolderRef::Office { body, name } => {
                self.office(body).is_some()
                    || amended.workflow.panel(body).is_some_and(|panel| {
                        panel.formed == Formed::Standing && panel.seats.iter().any(|seat| seat.name == *name)
                    })
            }
            HolderRef::CaseSeat { case, seat } => match amended.amend.cases.get(case) {
                Some(CaseFate::Enters(_)) => own_panel(&amended.workflow, case)
                    .is_some_and(|panel| panel.seats.iter().any(|candidate| candidate.name == *seat)),
                _ => true,
            },
        };
        self.holders.iter().map(|(name, _)| name).filter(move |name| !stays(name))
    }

    /// The workflow as it is in force from now on, with what becomes of the grants so far.
    pub(super) fn carried(&self, Amended { workflow, amend }: &Amended, done: Done) -> InForce {
        let mut carries = BTreeMap::new();
        let mut ended: Vec<Grant> = self.workflows.last().map(|now| now.ended.clone()).unwrap_or_default();
        for old in &self.workflow.grants {
            match amend.grants.get(&old.name) {
                Some(GrantFate::Becomes { grant, .. }) => {
                    carries.insert(grant.clone(), old.name.clone());
                }
                Some(GrantFate::Ends(value)) => ended.push(ending(old, value)),
                None => {}
            }
        }
        ended.retain(|grant| workflow.grants.iter().all(|new| new.name != grant.name));
        carries.extend(ended.iter().map(|grant| (grant.name.clone(), grant.name.clone())));
        let occasion = Some(amend.occasion.clone());
        InForce { workflow: Arc::clone(workflow), from: done, occasion, ended, carries }
    }

    /// A case passes to the workflow in force and enters a state of it. Who sits stays, on seats of the same name.
    fn pass_over(&mut self, id: &CaseRef, state: &Id, why: Why) {
        let workflow = Arc::clone(&self.workflow);
        let panel = own_panel(&workflow, id);
        let at = self.moment.at;
        self.with_case(id, |case| {
            let seats = panel.map(|panel| kept(panel, case.seats.as_ref(), at));
            case.seats = seats;
            let panel = workflow.procedure(&id.procedure).and_then(|it| workflow.panel(it.panel.as_ref()?));
            let sits = |seat: &Id| panel.is_some_and(|it| it.seats.iter().any(|known| known.name == *seat));
            case.recused.retain(|seat, _| sits(seat));
            case.obliged.retain(|seat, _| sits(seat));
            case.taken = Arc::default();
            case.workflow = Arc::clone(&workflow);
        });
        self.stop_or_go_on();
        self.enter(id, state, why);
    }
}

/// The party, role or standing panel of a holder; `None` for a seat of a case.
fn body(holder: &HolderRef) -> Option<&Id> {
    match holder {
        HolderRef::Office { body, .. } => Some(body),
        HolderRef::CaseSeat { .. } => None,
    }
}

/// The panel that a workflow forms for a case of its own.
fn own_panel<'w>(workflow: &'w Workflow, case: &CaseRef) -> Option<&'w Panel> {
    workflow.own_panel(workflow.procedure(&case.procedure)?)
}

/// The standing panels of a workflow, with those who sit on seats of the same name.
fn standing(workflow: &Workflow, before: &BTreeMap<Id, Seats>, at: Instant) -> BTreeMap<Id, Seats> {
    let standing = workflow.panels.iter().filter(|panel| panel.formed == Formed::Standing);
    standing.map(|panel| (panel.name.clone(), kept(panel, before.get(&panel.name), at))).collect()
}

/// A panel with those who sat on seats of the same name before; the others vacant since `at`.
fn kept(panel: &Panel, before: Option<&Seats>, at: Instant) -> Seats {
    let mut seats = Seats::vacant(panel, at);
    if let Some(before) = before {
        seats.dismissed.clone_from(&before.dismissed);
        seats.keys = Arc::clone(&before.keys);
    }
    for (name, place) in Arc::make_mut(&mut seats.seats) {
        if let Some(was) = before.and_then(|before| before.seats.get(name)) {
            *place = was.clone();
        }
    }
    seats
}

/// A grant whose status is these words from now on, and nothing else is said of it.
fn ending(grant: &Grant, status: &str) -> Grant {
    let value = Value { is: status.to_owned(), moves: None, reading: None, line: 0 };
    let status = Attribute { name: Id::constant("status"), values: vec![value] };
    Grant { attributes: vec![status], fixed: true, reading: None, ..grant.clone() }
}
