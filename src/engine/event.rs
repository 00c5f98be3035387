//! Events: named facts that steps emit, and their annulment.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::statement::{BallotRef, CaseRef};
use crate::values::{Id, Instant};
use crate::workflow::model::AnnulledFrom;

/// One time that an event was emitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// Which event.
    pub event: Id,
    /// The case that emitted it.
    pub case: CaseRef,
    /// When.
    pub at: Instant,
    /// By what.
    pub why: Why,
    /// Set once another event has annulled it.
    pub annulled: Option<Annulled>,
}

/// How an occurrence was annulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annulled {
    /// The annulling event.
    pub by: Id,
    /// The case that emitted it.
    pub case: CaseRef,
    /// When that was emitted.
    pub at: Instant,
    /// From when the annulled one no longer counts.
    pub from: AnnulledFrom,
    /// By what the annulling event was emitted.
    pub why: Why,
}

impl Occurrence {
    /// The first instant at which the occurrence no longer counts; `None` where it was not annulled.
    /// Equal to `at` where it never counted.
    pub fn until(&self) -> Option<Instant> {
        self.annulled.as_ref().map(|annulled| match annulled.from {
            AnnulledFrom::Then => annulled.at,
            AnnulledFrom::Start => self.at,
        })
    }

    /// Whether the case has annulled it.
    pub fn annulled_by(&self, case: &CaseRef) -> bool {
        self.annulled.as_ref().is_some_and(|annulled| annulled.case == *case)
    }

    /// Whether it speaks to a case: its own does, and one of another procedure, which looks at what this one
    /// found. Other cases of the same procedure go their own ways.
    pub fn reaches(&self, case: &CaseRef) -> bool {
        self.case == *case || self.case.procedure != case.procedure
    }

    /// Whether it counts now, after everything that has been recorded.
    pub fn live(&self) -> bool {
        self.annulled.is_none()
    }
}

/// What set a change off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The entry whose admission did it, or `None` where only time passed.
    pub entry: Option<u64>,
    /// The ballot whose outcome did it.
    pub ballot: Option<BallotRef>,
    /// The trigger in words: `declare by openai`, `outcome verified`, `after 60 days`.
    pub words: String,
    /// The step's line in the workflow; 0 for the opening of a case.
    pub line: usize,
}

/// All occurrences, in the order in which they were emitted, and found by what is asked of them without looking at
/// each: an agreement may go on for decades.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Events {
    all: Arc<Vec<Arc<Occurrence>>>,
    /// Those that count now, by event: what follows from `all`.
    live: Arc<BTreeMap<Id, Arc<Live>>>,
}

/// The numbers of an event's occurrences that count now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Live {
    all: BTreeSet<usize>,
    of_procedure: BTreeMap<Id, OfProcedure>,
}

/// Those of one procedure's cases, all and case by case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct OfProcedure {
    all: BTreeSet<usize>,
    of_case: BTreeMap<NonZeroU32, BTreeSet<usize>>,
}

impl Events {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The occurrence with this number.
    pub fn get(&self, number: usize) -> Option<&Occurrence> {
        self.all.get(number).map(|occurrence| &**occurrence)
    }

    /// All of them, the earliest first.
    pub fn iter(&self) -> std::slice::Iter<'_, Arc<Occurrence>> {
        self.all.iter()
    }

    /// The occurrences of an event that count now, the latest first.
    pub fn live<'a>(&'a self, event: &Id) -> impl Iterator<Item = &'a Occurrence> {
        let numbers = self.live.get(event).into_iter().flat_map(|live| live.all.iter().rev());
        numbers.filter_map(|number| self.get(*number))
    }

    /// The latest one of an event that counts now and is of this case.
    pub fn live_of(&self, event: &Id, case: &CaseRef) -> Option<&Occurrence> {
        let of_procedure = self.live.get(event)?.of_procedure.get(&case.procedure)?;
        self.get(*of_procedure.of_case.get(&case.number)?.last()?)
    }

    /// The latest one of an event that counts now and is of a case of another procedure.
    pub fn live_beside(&self, event: &Id, procedure: &Id) -> Option<&Occurrence> {
        let others = self.live.get(event)?.of_procedure.iter().filter(|(name, _)| *name != procedure);
        self.get(others.filter_map(|(_, numbers)| numbers.all.last()).copied().max()?)
    }

    /// The latest one of an event that counts now and [reaches](Occurrence::reaches) a case: its own before others.
    pub fn reaching(&self, event: &Id, case: &CaseRef) -> Option<&Occurrence> {
        self.live_of(event, case).or_else(|| self.live_beside(event, &case.procedure))
    }

    /// The number of the earliest one of an event, from number `since` on, that counts now and is of another case
    /// than this one.
    pub(super) fn first_of_others(&self, event: &Id, since: usize, case: &CaseRef) -> Option<usize> {
        let mut later = self.live.get(event)?.all.range(since..).copied();
        later.find(|number| self.get(*number).is_some_and(|it| it.case != *case))
    }

    pub(super) fn push(&mut self, occurrence: Occurrence) {
        let number = self.all.len();
        if occurrence.live() {
            let CaseRef { procedure, number: case } = occurrence.case.clone();
            let live =
                Arc::make_mut(Arc::make_mut(&mut self.live).entry(occurrence.event.clone()).or_default());
            live.all.insert(number);
            let of_procedure = live.of_procedure.entry(procedure).or_default();
            of_procedure.all.insert(number);
            of_procedure.of_case.entry(case).or_default().insert(number);
        }
        Arc::make_mut(&mut self.all).push(Arc::new(occurrence));
    }

    /// The events as if a case had emitted none. What it annulled counts then, unless another case has emitted later what
    /// would have annulled it as well.
    pub(super) fn without(&self, case: &CaseRef) -> Self {
        let mut events = Self::default();
        let others = || self.all.iter().enumerate().filter(|(_, it)| it.case != *case);
        for (number, occurrence) in others() {
            let mut occurrence = Occurrence::clone(occurrence);
            if let Some(annulled) = occurrence.annulled.take_if(|annulled| annulled.case == *case) {
                let annuls = |it: &Occurrence| it.event == annulled.by && occurrence.reaches(&it.case);
                let again = others().find(|(later, it)| *later > number && annuls(it)).map(|(_, it)| {
                    Annulled { case: it.case.clone(), at: it.at, why: it.why.clone(), ..annulled.clone() }
                });
                occurrence.annulled = again;
            }
            events.push(occurrence);
        }
        events
    }

    /// Annuls every occurrence of an event that counts and [reaches](Occurrence::reaches) the case that annuls it.
    pub(super) fn annul(&mut self, event: &Id, annulled: &Annulled) {
        let case = &annulled.case;
        if self.reaching(event, case).is_none() {
            return;
        }
        let Some(live) = Arc::make_mut(&mut self.live).get_mut(event).map(Arc::make_mut) else { return };
        let mut gone = BTreeSet::new();
        live.of_procedure.retain(|procedure, numbers| {
            if *procedure == case.procedure {
                let mut own = numbers.of_case.remove(&case.number).unwrap_or_default();
                for number in &own {
                    numbers.all.remove(number);
                }
                gone.append(&mut own);
            } else {
                gone.append(&mut numbers.all);
            }
            !numbers.all.is_empty()
        });
        for number in gone {
            live.all.remove(&number);
            if let Some(occurrence) = Arc::make_mut(&mut self.all).get_mut(number) {
                Arc::make_mut(occurrence).annulled = Some(annulled.clone());
            }
        }
    }
}

impl<'a> IntoIterator for &'a Events {
    type Item = &'a Arc<Occurrence>;
    type IntoIter = std::slice::Iter<'a, Arc<Occurrence>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
