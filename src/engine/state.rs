//! The state of an agreement after some entries.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};

use crate::engine::ballot::BallotRun;
use crate::engine::case::Case;
use crate::engine::clock::{Due, Moment};
use crate::engine::documents::Documents;
use crate::engine::event::{Events, Occurrence};
use crate::engine::holders::Holders;
use crate::engine::in_force::InForce;
use crate::engine::licence::Timelines;
use crate::engine::panel::{Done, Nominee, Seats};
use crate::log::{Head, Policy};
use crate::statement::{
    AcceptSeat, AgreementRef, BallotRef, Body, CaseRef, Disclose, Header, HolderRef, LogIdentity, Nominate,
    ReplaceKey, StepDown,
};
use crate::values::{Digest, Id, Instant};
use crate::workflow::Workflow;
use crate::workflow::model::{self, Formed, Panel, Procedure};

/// Everything that follows from the entries so far. What not every entry changes is shared between states.
#[derive(Debug, Clone)]
pub struct State {
    /// The agreement.
    pub agreement: AgreementRef,
    /// The log that keeps it.
    pub log: Arc<LogIdentity>,
    /// The witness policy of the opening statement, its exact text.
    pub policy: Option<String>,
    /// That policy, to be applied to this log's checkpoints.
    pub witnesses: Option<Arc<Policy>>,
    /// The digest of the contract's text, as the workflow in force names it.
    pub contract: Digest,
    /// The workflow in force: the last of `workflows`.
    pub workflow: Arc<Workflow>,
    /// Every workflow that was in force so far, in order: that of the opening, then one for each amendment.
    pub workflows: Arc<Vec<InForce>>,
    /// The exact text of the workflow in force.
    pub workflow_text: Arc<str>,
    /// When the agreement was opened.
    pub opened: Instant,
    /// The number of entries.
    pub size: u64,
    /// The time of the last entry.
    pub last: Instant,
    /// For whom each key speaks.
    pub holders: Holders,
    /// The standing panels, by name.
    pub panels: Arc<BTreeMap<Id, Seats>>,
    /// All cases.
    pub cases: Arc<BTreeMap<CaseRef, Arc<Case>>>,
    /// The cases that have not ended.
    pub running: Arc<BTreeSet<CaseRef>>,
    /// The cases that have ended, and of whose duties something still comes where they are not done in time.
    pub owing: Arc<BTreeSet<CaseRef>>,
    /// Every event so far.
    pub events: Events,
    /// Every document that an entry names.
    pub documents: Documents,
    /// When all parties said that the workflow stands.
    pub reaffirmed: Vec<Reaffirmed>,
    pub(super) moment: Moment,
    /// Whether ballot papers are left blank: [`State::with_blank_papers`].
    pub(super) blank_papers: bool,
    /// The licence timelines under each of `workflows`, computed when first asked for and dropped when an event is
    /// emitted or a workflow put into force.
    pub(super) timelines: OnceLock<Arc<Vec<Timelines>>>,
    /// What comes next by itself, computed when first asked for and dropped by whatever may move it: [`State::settle`]
    /// and [`State::pass`].
    pub(super) due: OnceLock<Option<Due>>,
}

/// A reaffirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaffirmed {
    /// When, and by which entry.
    pub done: Done,
    /// The occasion, in words.
    pub occasion: String,
}

impl State {
    /// The state at `instant`, with every timer fired that is due by then and nothing else done.
    /// Before the last entry this is the state after that entry: the past is a replay's to tell.
    pub fn at(&self, instant: Instant) -> Cow<'_, Self> {
        let moment = Moment::of(instant);
        if self.next_due().is_none_or(|due| due.moment > moment) {
            return Cow::Borrowed(self);
        }
        let mut later = self.clone();
        later.pass(moment);
        Cow::Owned(later)
    }

    /// The present, as a clock shows it: never before the last entry, which has been, whatever a clock says.
    pub fn present(&self, clock: Instant) -> Instant {
        clock.max(self.last)
    }

    /// The header of a statement under the workflow in force made after `after`, a head of this agreement's log.
    pub fn header(&self, after: Head) -> Header {
        Header { agreement: self.agreement.clone(), workflow: self.workflow.digest, after }
    }

    /// The header of a statement that says this: what belongs to a case names the workflow under which that runs.
    pub fn header_of(&self, body: &Body, after: Head) -> Header {
        Header { workflow: self.workflow_for(body).digest, ..self.header(after) }
    }

    /// The workflow under which a statement speaks: that of the case or seat which it is about, else the one in force.
    pub fn workflow_for(&self, body: &Body) -> &Arc<Workflow> {
        match body {
            Body::Act(act) => self.workflow_of(&act.case),
            Body::Vote(vote) => self.workflow_of(&vote.ballot.case),
            Body::Commit(commit) => self.workflow_of(&commit.ballot.case),
            Body::Reveal(reveal) => self.workflow_of(&reveal.ballot.case),
            Body::Recuse(recuse) => self.workflow_of(&recuse.case),
            Body::Nominate(Nominate { seat, .. })
            | Body::AcceptSeat(AcceptSeat { seat, .. })
            | Body::Disclose(Disclose { seat, .. })
            | Body::StepDown(StepDown { seat, .. })
            | Body::ReplaceKey(ReplaceKey { holder: seat, .. }) => match seat {
                HolderRef::CaseSeat { case, .. } => self.workflow_of(case),
                HolderRef::Office { .. } => &self.workflow,
            },
            Body::Open(_) | Body::Reaffirm(_) | Body::Amend(_) => &self.workflow,
        }
    }

    /// The case of this name.
    pub fn case(&self, id: &CaseRef) -> Option<&Case> {
        self.cases.get(id).map(|case| &**case)
    }

    /// The procedure of a case; of one that there is not yet, the one in force.
    pub fn procedure(&self, id: &CaseRef) -> Option<&Procedure> {
        self.workflow_of(id).procedure(&id.procedure)
    }

    /// The workflow under which a case runs; of one that there is not yet, the one in force.
    pub fn workflow_of(&self, id: &CaseRef) -> &Arc<Workflow> {
        self.case(id).map_or(&self.workflow, |case| &case.workflow)
    }

    /// The cases of a procedure, oldest first.
    pub fn cases_of<'a>(&'a self, procedure: &'a Id) -> impl Iterator<Item = &'a Case> {
        self.cases
            .range(first_case(procedure)..)
            .map(|(_, case)| &**case)
            .take_while(move |case| case.id.procedure == *procedure)
    }

    /// The panel that a case's seats are of, and the seats.
    pub fn panel_of<'a>(&'a self, case: &'a Case) -> Option<(&'a Panel, &'a Seats)> {
        let name = case.procedure()?.panel.as_ref()?;
        let panel = case.workflow.panel(name)?;
        let seats = match panel.formed {
            Formed::PerCase => self.body_of(case)?.seats.as_ref()?,
            Formed::Standing => self.panels.get(name)?,
        };
        Some((panel, seats))
    }

    /// The panel of a procedure and its seats, where it stands for all cases.
    pub fn standing_panel(&self, procedure: &Procedure) -> Option<(&Panel, &Seats)> {
        let name = procedure.panel.as_ref()?;
        Some((self.workflow.panel(name)?, self.panels.get(name)?))
    }

    /// The panel and place behind a seat's full name, and the case it belongs to where it is a case's own.
    pub fn seat(&self, name: &HolderRef) -> Option<Seating<'_>> {
        let body = self.body_with(name)?;
        let case = match name {
            HolderRef::CaseSeat { case, .. } => self.case(case),
            HolderRef::Office { .. } => None,
        };
        let panel = case.map_or(&self.workflow, |case| &case.workflow).panel(&body.panel)?;
        let seat = panel.seats.iter().find(|candidate| candidate.name == *name.name())?;
        let place = body.seats.get(&seat.name)?;
        Some(Seating {
            case,
            panel,
            seat,
            body,
            vacant_since: place.vacant_since,
            nominee: place.nominee.as_deref(),
        })
    }

    /// The body to which a seat belongs or has belonged.
    pub(super) fn body_with(&self, seat: &HolderRef) -> Option<&Seats> {
        match seat {
            HolderRef::CaseSeat { case, .. } => self.case(case)?.seats.as_ref(),
            HolderRef::Office { body, .. } => self.panels.get(body),
        }
    }

    /// The full name of a seat of a case's panel.
    pub fn seat_name(&self, case: &Case, seat: &Id) -> HolderRef {
        match (self.body_of(case), self.panel_of(case)) {
            (None, Some((panel, _))) => HolderRef::Office { body: panel.name.clone(), name: seat.clone() },
            (body, _) => HolderRef::CaseSeat { case: body.unwrap_or(case).id.clone(), seat: seat.clone() },
        }
    }

    /// The party, role or seat as which a holder speaks.
    pub fn speaks_as<'a>(&self, holder: &'a HolderRef) -> &'a Id {
        match holder {
            HolderRef::Office { body, .. } if self.office(body).is_some() => body,
            seat => seat.name(),
        }
    }

    /// Every seat that there is now: of standing panels, then of cases that are not at rest.
    pub fn seats(&self) -> Vec<HolderRef> {
        let standing = self.panels.iter().flat_map(|(panel, seats)| {
            let name = move |seat: &Id| HolderRef::Office { body: panel.clone(), name: seat.clone() };
            seats.seats.keys().map(name)
        });
        let own = self.cases.values().filter(|case| !case.at_rest()).flat_map(|case| {
            let name = move |seat: &Id| HolderRef::CaseSeat { case: case.id.clone(), seat: seat.clone() };
            case.seats.iter().flat_map(|seats| seats.seats.keys()).map(name)
        });
        standing.chain(own).collect()
    }

    /// The running cases before a panel.
    pub fn running_before<'a>(&'a self, panel: &'a Id) -> impl Iterator<Item = &'a CaseRef> {
        let before = |id: &&CaseRef| self.procedure(id).is_some_and(|it| it.panel.as_ref() == Some(panel));
        self.running.iter().filter(before)
    }

    /// The case that would be opened next of a procedure.
    pub fn next_case(&self, procedure: &Id) -> CaseRef {
        let known = u32::try_from(self.cases_of(procedure).count()).unwrap_or(u32::MAX);
        CaseRef { procedure: procedure.clone(), number: NonZeroU32::MIN.saturating_add(known) }
    }

    /// One round of a ballot, open or closed.
    pub fn ballot_run(&self, id: &BallotRef) -> Option<&BallotRun> {
        self.case(&id.case)?.ballots.iter().map(|run| &**run).find(|run| run.id == *id)
    }

    /// The ballots that are open now.
    pub fn open_ballots(&self) -> Vec<&BallotRef> {
        let running = self.running.iter().filter_map(|id| self.case(id));
        running.flat_map(Case::open_ballots).map(|run| &run.id).collect()
    }

    /// What the workflow says of a ballot; of one that was never opened, the workflow of its case.
    pub fn ballot(&self, id: &BallotRef) -> Option<&model::Ballot> {
        match self.ballot_run(id) {
            Some(run) => run.rules(),
            None => self.workflow_of(&id.case).ballot(&id.ballot),
        }
    }

    /// The ballot that was opened last, open or closed.
    pub fn newest_ballot(&self) -> Option<&BallotRef> {
        let runs = self.cases.values().flat_map(|case| &case.ballots);
        runs.max_by_key(|run| run.opened).map(|run| &run.id)
    }

    /// A party or role by name.
    pub fn office(&self, name: &Id) -> Option<&model::Office> {
        self.workflow.office(name)
    }

    /// The occurrences of an event that count now, the latest first.
    pub fn live<'a>(&'a self, event: &'a Id) -> impl Iterator<Item = &'a Occurrence> {
        self.events.live(event)
    }
}

/// A seat with whoever is in it.
#[derive(Debug, Clone, Copy)]
pub struct Seating<'a> {
    /// The case to which it belongs, where the panel is formed per case.
    pub case: Option<&'a Case>,
    /// The panel.
    pub panel: &'a Panel,
    /// The seat in the workflow.
    pub seat: &'a model::Seat,
    /// All seats of the body.
    pub body: &'a Seats,
    /// Since when nobody has filled it.
    pub vacant_since: Instant,
    /// Whoever is nominated or sits here.
    pub nominee: Option<&'a Nominee>,
}

impl Seating<'_> {
    /// The moment from which another than before may nominate, if one may some time; `None` also while that clock
    /// stands still.
    pub fn passing(&self) -> Option<Moment> {
        let vacancy = self.panel.vacancy.as_ref().filter(|vacancy| vacancy.changes(self.seat))?;
        let late = !vacancy.excluded;
        match self.case {
            Some(case) => case.moment_after(self.vacant_since, &vacancy.after, late),
            None => Some(Moment { at: vacancy.after.end(self.vacant_since, late), late }),
        }
    }

    /// Whether somebody sits here who has done everything that the panel asks.
    pub fn is_filled(&self) -> bool {
        self.nominee.is_some_and(|nominee| nominee.fills(self.panel))
    }
}

fn first_case(procedure: &Id) -> CaseRef {
    CaseRef { procedure: procedure.clone(), number: NonZeroU32::MIN }
}
