//! The one place that says whether an entry is good. Registry and audit both call it.
//!
//! Judging reads the state and changes nothing; only what is judged good is applied.

mod act;
mod amend;
mod annulled;
mod open;
mod parties;
mod policy;
mod sealed;
mod seats;
mod signers;
mod stranded;
mod subject;
mod vote;

pub use act::judge_attachments;
pub use amend::Moved;
pub use open::judge_opening;
pub use seats::DISCLOSURE;
pub use vote::judge_choice;
pub(in crate::engine) use vote::judge_voted_before;

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::engine::change::Change;
use crate::engine::clock::Moment;
use crate::engine::panel::Done;
use crate::engine::{Refusal, State};
use crate::log::{Hash, MemoryTree};
use crate::statement::{Body, Checked, Header, HolderRef, attachments};
use crate::values::{Digest, Instant};

/// The roots of the log at its earlier sizes.
pub trait Heads {
    /// The root of the tree over the first `size` entries; `None` beyond the log.
    fn root_at(&self, size: u64) -> Option<Hash>;
}

impl Heads for MemoryTree {
    fn root_at(&self, size: u64) -> Option<Hash> {
        MemoryTree::root_at(self, size)
    }
}

/// What judging an entry finds: what it does, and as whom it was signed.
struct Admission {
    change: Change,
    signers: BTreeSet<HolderRef>,
}

impl State {
    /// Admits a statement received at `at`, or says why not; a refusal changes nothing.
    ///
    /// # Errors
    /// The first rule that the statement breaks.
    pub fn admit(&mut self, at: Instant, checked: &Checked, heads: &dyn Heads) -> Result<(), Refusal> {
        let (advanced, admission) = self.judge_at(at, checked, heads)?;
        if let Some(advanced) = advanced {
            *self = advanced;
        }
        self.moment = Moment::of(at);
        let done = Done { at, entry: self.size };
        for holder in &admission.signers {
            self.holders.signed(holder, done.entry);
        }
        self.last = at;
        self.size += 1;
        self.documents.name(&attachments(&checked.statement().body));
        self.apply(admission.change, done);
        Ok(())
    }

    /// Whether a statement received at `at` would be admitted. Changes nothing.
    ///
    /// # Errors
    /// As [`State::admit`].
    pub fn would_admit(&self, at: Instant, checked: &Checked, heads: &dyn Heads) -> Result<(), Refusal> {
        self.judge_at(at, checked, heads).map(drop)
    }

    /// Judges a statement, and gives the state to which time has passed by `at` where that is another one.
    fn judge_at(
        &self,
        at: Instant,
        checked: &Checked,
        heads: &dyn Heads,
    ) -> Result<(Option<Self>, Admission), Refusal> {
        if at < self.last {
            let why = format!("its time {at} is before {}, the time of the entry before it", self.last);
            return Err(Refusal::new("time-goes-back", why, "times never go back: check the log's clock"));
        }
        let advanced = match self.at(at) {
            Cow::Owned(advanced) => Some(advanced),
            Cow::Borrowed(_) => None,
        };
        let admission = advanced.as_ref().unwrap_or(self).judge(at, checked, heads)?;
        Ok((advanced, admission))
    }

    /// Judges a statement in a state in which time has already passed to `at`.
    fn judge(&self, at: Instant, checked: &Checked, heads: &dyn Heads) -> Result<Admission, Refusal> {
        let statement = checked.statement();
        let already_open = || {
            let instead = "an agreement is opened once; open another one, with a log of its own";
            Refusal::new("already-open", "an opening statement stands first in a log", instead)
        };
        let header = statement.header.as_ref().ok_or_else(already_open)?;
        self.judge_header(header, &statement.body, heads)?;
        self.judge_documents(&attachments(&statement.body))?;
        let admission = match &statement.body {
            Body::Open(_) => Err(already_open()),
            Body::Nominate(nominate) => self.judge_nominate(at, checked, nominate),
            Body::AcceptSeat(accept) => self.judge_accept(checked, accept),
            Body::Disclose(disclose) => self.judge_disclose(checked, disclose),
            Body::Recuse(recuse) => self.judge_recuse(checked, recuse),
            Body::StepDown(step_down) => self.judge_step_down(checked, step_down),
            Body::Act(act) => self.judge_act(at, checked, act),
            Body::Vote(vote) => self.judge_vote(checked, vote),
            Body::Commit(commit) => self.judge_commit(checked, commit),
            Body::Reveal(reveal) => self.judge_reveal(checked, reveal),
            Body::Amend(amend) => self.judge_amend(at, checked, amend),
            Body::Reaffirm(reaffirm) => self.judge_reaffirm(checked, reaffirm),
            Body::ReplaceKey(replace) => self.judge_replace_key(checked, replace),
        }?;
        self.judge_authority(at, &admission.signers)?;
        self.judge_chain(header, &admission.signers)?;
        Ok(admission)
    }

    fn judge_header(&self, header: &Header, body: &Body, heads: &dyn Heads) -> Result<(), Refusal> {
        if header.agreement != self.agreement {
            let why = format!(
                "the statement belongs to the agreement {}, this is {}",
                header.agreement, self.agreement
            );
            let instead =
                "submit it where it belongs, or sign a statement that names this agreement and its anchor";
            return Err(Refusal::new("other-agreement", why, instead));
        }
        self.judge_workflow_named(header.workflow, body)?;
        let size = header.after.size;
        if size == 0 || size > self.size {
            let why = format!("`after` names a head of {size} entries, the log has {}", self.size);
            let instead = format!("name a head of this log, from 1 to {} entries", self.size);
            return Err(Refusal::new("unknown-head", why, instead));
        }
        if heads.root_at(size) != Some(header.after.root) {
            let why = format!(
                "`after` names the root {} at {size} entries, which is not this log's",
                header.after.root
            );
            let instead = "fetch this log's checkpoint and sign after that; if a checkpoint with that root was \
                           signed by this log, keep it: it proves two histories";
            return Err(Refusal::new("other-history", why, instead));
        }
        Ok(())
    }

    fn judge_workflow_named(&self, named: Digest, body: &Body) -> Result<(), Refusal> {
        let meant = self.workflow_for(body).digest;
        if named == meant {
            return Ok(());
        }
        let which = if meant == self.workflow.digest { "in force" } else { "under which that case goes on" };
        let instead = format!("sign one that names the workflow {which}, {meant}");
        let until = self.workflows.windows(2).find_map(|pair| match pair {
            [former, next] if former.workflow.digest == named => Some(next.from),
            _ => None,
        });
        if let Some(until) = until {
            let why = format!(
                "the statement names the workflow {named}, which was in force until entry {} of {} amended it",
                until.entry, until.at
            );
            return Err(Refusal::new("former-workflow", why, instead));
        }
        let why = format!("the statement names the workflow {named}");
        Err(Refusal::new("other-workflow", why, instead))
    }

    /// Each signer's statements form a chain: an old one cannot be brought out after a newer one.
    fn judge_chain(&self, header: &Header, signers: &BTreeSet<HolderRef>) -> Result<(), Refusal> {
        for name in signers {
            let last = self.holders.last(name);
            if let Some(last) = last.filter(|last| header.after.size <= *last) {
                let why = format!(
                    "`after` names {} entries, but {name} has since signed entry {last}: this statement was made \
                     before that one",
                    header.after.size
                );
                let instead = format!("sign a new statement after a head of at least {} entries", last + 1);
                return Err(Refusal::new("stale-after", why, instead));
            }
        }
        Ok(())
    }
}
