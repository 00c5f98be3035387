//! Panels as they are: who sits where since when.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::count::{Marks, Standing, marks};
use crate::statement::{By, CaseRef, PublicKey, RawKey};
use crate::values::{Digest, Id, Instant};
use crate::workflow::model::{Filling, Panel, Seat};

/// The seats of a standing panel, or of the panel of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seats {
    /// The panel in the workflow.
    pub panel: Id,
    /// Every seat of it; shared between states.
    pub seats: Arc<BTreeMap<Id, Place>>,
    /// Who was dismissed from it, in order.
    pub dismissed: Vec<Dismissal>,
    /// Every key that spoke for somebody named for a seat of it, with the person, in order; shared between states.
    pub keys: Arc<Vec<(RawKey, Arc<str>)>>,
}

/// Somebody who is barred from a body by what a case found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dismissal {
    /// The seat.
    pub seat: Id,
    /// The person, in words.
    pub person: String,
    /// The key with which they signed last.
    pub key: PublicKey,
    /// Whether they had the seat until then, and lost it by this.
    pub seated: bool,
    /// The case that found it.
    pub case: CaseRef,
    /// When.
    pub at: Instant,
}

/// One seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Since when nobody has filled it: the clock of `vacant`.
    pub vacant_since: Instant,
    /// Whoever is nominated or sits here.
    pub nominee: Option<Arc<Nominee>>,
}

/// A person named for a seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nominee {
    /// The person, in words.
    pub person: String,
    /// The key with which they entered.
    pub key: PublicKey,
    /// The party or role that nominated, or several jointly.
    pub by: By,
    /// For whom they work, by the nomination.
    pub affiliation: Option<Id>,
    /// The nomination.
    pub nominated: Done,
    /// The acceptance.
    pub accepted: Option<Done>,
    /// The disclosures, in order.
    pub disclosures: Vec<(Done, Digest)>,
}

/// When something was done and by which entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// When.
    pub at: Instant,
    /// The entry.
    pub entry: u64,
}

impl Nominee {
    /// The entries by which they took the seat, in order: nominated, accepted, disclosed.
    pub fn entries(&self) -> Vec<u64> {
        let disclosed = self.disclosures.iter().map(|(done, _)| done.entry);
        let accepted = self.accepted.map(|done| done.entry);
        let mut entries: Vec<u64> =
            [self.nominated.entry].into_iter().chain(accepted).chain(disclosed).collect();
        entries.sort_unstable();
        entries.dedup();
        entries
    }

    /// What is still missing before the seat counts as filled.
    pub fn missing(&self, panel: &Panel) -> Vec<Filling> {
        panel.filled.iter().filter(|filling| !self.has(**filling)).copied().collect()
    }

    /// Whether nothing is missing.
    pub fn fills(&self, panel: &Panel) -> bool {
        panel.filled.iter().all(|filling| self.has(*filling))
    }

    fn has(&self, filling: Filling) -> bool {
        match filling {
            Filling::Accepted => self.accepted.is_some(),
            Filling::Disclosed => !self.disclosures.is_empty(),
        }
    }

    /// Since when the seat has been filled: when the last of what the panel asks was done.
    pub fn filled_since(&self, panel: &Panel) -> Option<Instant> {
        let done = |filling: &Filling| match filling {
            Filling::Accepted => self.accepted.map(|done| done.at),
            Filling::Disclosed => self.disclosures.first().map(|(done, _)| done.at),
        };
        panel.filled.iter().map(done).collect::<Option<Vec<Instant>>>()?.into_iter().max()
    }
}

impl Seats {
    /// A panel with every seat vacant since `at`.
    pub fn vacant(panel: &Panel, at: Instant) -> Self {
        let place = |seat: &Seat| (seat.name.clone(), Place { vacant_since: at, nominee: None });
        Self {
            panel: panel.name.clone(),
            seats: Arc::new(panel.seats.iter().map(place).collect()),
            dismissed: Vec::new(),
            keys: Arc::default(),
        }
    }

    /// How the seat was lost that nobody is named for since: by dismissal.
    pub fn dismissal(&self, seat: &Id) -> Option<&Dismissal> {
        let vacant = self.seats.get(seat).is_some_and(|place| place.nominee.is_none());
        self.dismissed.iter().rev().find(|dismissal| vacant && dismissal.seated && dismissal.seat == *seat)
    }

    /// Records that a key speaks for a person who is named for a seat.
    pub(super) fn has_key(&mut self, person: &str, key: &PublicKey) {
        if !self.keys.iter().any(|(raw, whose)| *raw == key.raw() && **whose == *person) {
            Arc::make_mut(&mut self.keys).push((key.raw(), person.into()));
        }
    }

    /// Whether somebody known by name and newest key is who is named here: the same name, or any key that they have
    /// had in this body.
    pub fn is(&self, known: (&str, &PublicKey), person: &str, key: &PublicKey) -> bool {
        let (name, newest) = known;
        let had = |(raw, whose): &(RawKey, Arc<str>)| *raw == key.raw() && same_person(whose, name);
        same_person(name, person) || newest.raw() == key.raw() || self.keys.iter().any(had)
    }

    /// Whoever fills the seat, having done everything that the panel asks.
    pub fn filled(&self, panel: &Panel, seat: &Id) -> Option<&Nominee> {
        let nominee = self.seats.get(seat)?.nominee.as_deref()?;
        nominee.fills(panel).then_some(nominee)
    }

    /// All seats for counting, marked where filled.
    pub fn marks(&self, panel: &Panel) -> Marks<()> {
        let filled = panel.seats.iter().filter(|seat| self.filled(panel, &seat.name).is_some());
        marks(
            panel.seats.iter().map(|seat| (&seat.name, standing(seat))),
            filled.map(|seat| (&seat.name, ())),
        )
    }
}

/// Whether two names are the same but for capitals and spaces.
pub(super) fn same_person(a: &str, b: &str) -> bool {
    // Most names differ, or not at all: words are folded one by one, and only where they are not the same as they stand.
    let same = |a: &str, b: &str| a == b || a.to_lowercase() == b.to_lowercase();
    let (mut a, mut b) = (a.split_whitespace(), b.split_whitespace());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if same(a, b) => {}
            _ => return false,
        }
    }
}

/// By whom whoever is named for a seat was named; of a vacant one, whose it is in the first place.
pub fn named_by(seat: &Seat, nominee: Option<&Nominee>) -> By {
    nominee.map_or_else(|| By::of(seat.by.clone()), |nominee| nominee.by.clone())
}

/// How a seat counts.
pub fn standing(seat: &Seat) -> Standing {
    Standing { class: seat.class.clone(), weight: seat.weight, affiliation: None }
}
