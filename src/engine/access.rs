//! Who may read an agreement: one function of its state, whoever asks.
//!
//! Whoever can sign something in an agreement can read it: the officers of its parties and roles while their authority
//! lasts, whoever is named for a seat or sits there, and whoever has left one and has still to reveal a vote that stands. A
//! key that was replaced, an officer who was and a panelist who was dismissed cannot. What counts is the workflow in
//! force.

use std::collections::{BTreeSet, HashMap};

use crate::engine::State;
use crate::engine::case::Case;
use crate::engine::holders::Authority;
use crate::statement::{HolderRef, PublicKey, RawKey};
use crate::values::{Digest, Id, Instant};
use crate::workflow::model::{self, Tier};

/// Who may read an agreement, as of some state of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// By key; `None` where anybody may. Nothing goes through them in their order: keys are looked up, in a time that says
    /// nothing of how many there are.
    readers: Option<HashMap<RawKey, Reader>>,
}

/// Whoever may read a restricted agreement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Reader {
    /// The parties, roles and panels to which they belong.
    bodies: BTreeSet<Id>,
    /// From when until when, of an officer.
    authority: Authority,
}

impl Access {
    /// As of an agreement that nobody may read. It has one key, with which nobody can sign, so that looking for another takes
    /// as long as among many.
    pub fn nobody() -> Self {
        Self { readers: Some(HashMap::from([(RawKey([0; 32]), Reader::default())])) }
    }

    /// Whether it is given to those whom it names alone.
    pub fn is_restricted(&self) -> bool {
        self.readers.is_some()
    }

    /// Whether whoever has this key may read the agreement at `at`; without a key, whether anybody may.
    pub fn admits(&self, key: Option<&RawKey>, at: Instant) -> bool {
        self.readers.is_none() || self.reader(key, at).is_some()
    }

    /// Whether they may read what is of this tier.
    pub fn admits_to(&self, tier: &Tier, key: Option<&RawKey>, at: Instant) -> bool {
        self.reader(key, at)
            .is_some_and(|reader| tier.readers.iter().any(|body| reader.bodies.contains(body)))
    }

    fn reader(&self, key: Option<&RawKey>, at: Instant) -> Option<&Reader> {
        let reader = self.readers.as_ref()?.get(key?)?;
        let Authority { from, until } = reader.authority;
        let lasts = from.is_none_or(|from| from <= at) && until.is_none_or(|until| at <= until);
        lasts.then_some(reader)
    }
}

impl State {
    /// Whether the agreement is given to those whom it names alone.
    pub fn is_restricted(&self) -> bool {
        self.workflow.access == model::Access::Restricted
    }

    /// Who may read the agreement. Time alone can change it: this state is to be the one at the time asked about.
    pub fn access(&self) -> Access {
        if !self.is_restricted() {
            return Access { readers: None };
        }
        let mut readers: HashMap<RawKey, Reader> = HashMap::new();
        // First, so that a seat or an office that they have now goes before one that they have left.
        for key in self.still_to_reveal() {
            readers.insert(key.raw(), Reader::default());
        }
        for (name, holder) in self.holders.iter() {
            let bodies = self.body_of_holder(name).into_iter().collect();
            readers.insert(holder.key.raw(), Reader { bodies, authority: holder.authority });
        }
        Access { readers: Some(readers) }
    }

    /// The party, role or panel of a holder.
    fn body_of_holder(&self, name: &HolderRef) -> Option<Id> {
        match name {
            HolderRef::Office { body, .. } => Some(body.clone()),
            HolderRef::CaseSeat { .. } => self.seat(name).map(|seating| seating.panel.name.clone()),
        }
    }

    /// The keys of those who have left a seat and can still reveal what they have voted there.
    fn still_to_reveal(&self) -> impl Iterator<Item = &PublicKey> {
        let running = self.running.iter().filter_map(|id| self.case(id));
        running.flat_map(Case::open_ballots).flat_map(|run| {
            let sealed = run.sealed.iter().flat_map(|sealing| sealing.commitments.values());
            sealed.filter_map(|committed| committed.leaver.as_ref()).filter(|key| run.left_by(key).is_some())
        })
    }

    /// The tier of a document: that of the name under which an entry named it first, so that nobody opens or closes it by
    /// filing it again. `None` where whoever may read the agreement may read it.
    pub fn tier_of(&self, document: &Digest) -> Option<&Tier> {
        let name = self.documents.first_named(document)?;
        self.workflow.tiers.iter().find(|tier| tier.documents.contains(name))
    }
}
