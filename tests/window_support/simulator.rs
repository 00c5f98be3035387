//! The naive clock: it knows nothing of what is due next, and looks at every second.

use std::collections::BTreeMap;

use super::ballot::{Ballot, Deed, Early, Evidence, On, Outcome};
use crate::{HALT, SEATS};

/// A second of the ballot's own time, which does not run while its case is suspended, and whether everybody who acts in it
/// has acted.
pub type Tick = (i64, bool);

pub struct Simulator<'b> {
    pub ballot: &'b Ballot,
    pub closes: i64,
    pub extended: u32,
    /// Whether the window has ended, and was not put off for want of a quorum.
    pub over: bool,
    pub votes: BTreeMap<usize, bool>,
    /// Votes that evidence took away.
    pub lapsed: BTreeMap<usize, bool>,
    pub left: Vec<usize>,
    /// Since when each outcome's law has held with the quorum.
    pub since: Vec<Option<i64>>,
    pub closed: Option<(i64, String)>,
    /// When each case that suspends this one was opened, with its number, as long as it lasts.
    pub halts: BTreeMap<u32, i64>,
    /// How many there have been.
    pub halted: u32,
    /// How long the ballot has stood still in all,
    pub stood: i64,
    /// and how long it had when it closed.
    pub closed_after: Option<i64>,
}

impl<'b> Simulator<'b> {
    pub fn new(ballot: &'b Ballot) -> Self {
        let since = vec![None; ballot.outcomes.len()];
        Self {
            ballot,
            closes: ballot.open_for,
            extended: 0,
            over: false,
            votes: [].into(),
            lapsed: [].into(),
            left: Vec::new(),
            since,
            closed: None,
            halts: [].into(),
            halted: 0,
            stood: 0,
            closed_after: None,
        }
    }

    pub fn count(&self, wanted: Option<bool>) -> usize {
        let counts = |(seat, vote): &(&usize, &bool)| {
            (self.ballot.stands || !self.left.contains(seat)) && wanted.is_none_or(|wanted| **vote == wanted)
        };
        self.votes.iter().filter(counts).count()
    }

    pub fn quorum(&self) -> bool {
        self.ballot.quorum.is_none_or(|least| self.count(None) >= least)
    }

    pub fn holds(&self, outcome: &Outcome, second: i64) -> bool {
        let mut law = outcome.law;
        for (after, eased) in &outcome.eases {
            if second >= *after {
                law = *eased;
            }
        }
        self.count(Some(law.yes)) >= law.least
    }

    /// Looks at the laws, after something may have changed.
    pub fn look(&mut self, second: i64) {
        for (number, outcome) in self.ballot.outcomes.iter().enumerate() {
            let holds = self.quorum() && self.holds(outcome, second);
            self.since[number] = if holds { self.since[number].or(Some(second)) } else { None };
        }
    }

    /// What it comes to now; none while something is being confirmed.
    pub fn comes_to(&self, now: Tick) -> Option<String> {
        if !self.quorum() {
            return Some("no-quorum".to_owned());
        }
        for (number, outcome) in self.ballot.outcomes.iter().enumerate() {
            let Some(since) = self.since[number] else { continue };
            let Some(lasting) = outcome.lasting else { return Some(format!("o{number}")) };
            if self.has_come(since + lasting, now) {
                return Some(format!("o{number}"));
            }
            if since <= self.closes {
                return None;
            }
        }
        Some("otherwise".to_owned())
    }

    pub fn has_come(&self, second: i64, (now, acted): Tick) -> bool {
        if self.ballot.excluded || acted { now >= second } else { now > second }
    }

    /// A second of the calendar, before or after its deeds.
    pub fn tick(&mut self, second: i64, acted: bool) {
        if acted {
            self.halts.retain(|_, since| *since + HALT > second);
        }
        if self.closed.is_some() {
            return;
        }
        let now = (second - self.stood, acted);
        self.look(now.0);
        if !self.halts.is_empty() {
            return;
        }
        if let Some((On::NoQuorum, _, by, most)) = self.ballot.extend
            && self.has_come(self.closes, now)
            && !self.over
        {
            if !self.quorum() && most.is_some_and(|most| self.extended < most) {
                self.closes += by;
                self.extended += 1;
            } else {
                self.over = true;
            }
        }
        let comes_to = self.comes_to(now);
        let early = match self.ballot.early {
            Early::Never => false,
            Early::AllVoted => {
                let awaited = |seat: &usize| !self.votes.contains_key(seat) && !self.left.contains(seat);
                self.count(None) > 0 && !(0..SEATS.len()).any(|seat| awaited(&seat))
            }
            Early::Three => self.count(Some(true)) >= 3,
            Early::Confirmed => comes_to.as_ref().is_some_and(|outcome| {
                let mut lasting =
                    self.ballot.outcomes.iter().enumerate().filter(|(_, it)| it.lasting.is_some());
                lasting.any(|(number, _)| *outcome == format!("o{number}"))
            }),
        };
        if (early || self.has_come(self.closes, now))
            && let Some(outcome) = comes_to
        {
            self.closed = Some((second, outcome));
            self.closed_after = Some(self.stood);
        }
    }

    /// Something came that may put the closing off.
    pub fn came(&mut self, what: On, second: i64) {
        let Some((on, last, by, most)) = self.ballot.extend else { return };
        let late = second >= self.closes - last && second <= self.closes;
        if on == what && late && most.is_none_or(|most| self.extended < most) {
            self.closes += by;
            self.extended += 1;
        }
    }

    /// Whether the deed is allowed; then it is done.
    pub fn does(&mut self, deed: Deed, calendar: i64) -> bool {
        let second = calendar - self.stood;
        match deed {
            Deed::Vote { seat, yes } => {
                let again = self.votes.contains_key(&seat) && !self.ballot.changeable;
                let other = self.ballot.evidence == Evidence::Reaffirm
                    && !self.ballot.changeable
                    && self.lapsed.get(&seat).is_some_and(|vote| *vote != yes);
                let out = self.closed.is_some() || self.left.contains(&seat);
                if out || again || other || !self.halts.is_empty() {
                    return false;
                }
                let before = self.quorum();
                self.votes.insert(seat, yes);
                self.lapsed.remove(&seat);
                if !before && self.quorum() {
                    self.came(On::Quorum, second);
                }
                self.came(On::Vote, second);
                true
            }
            Deed::File => {
                if self.closed.is_some() {
                    return false;
                }
                if !self.has_come(self.closes, (second, false)) {
                    self.came(On::Evidence, second);
                }
                if self.ballot.evidence != Evidence::Stand {
                    self.lapsed.append(&mut self.votes);
                }
                true
            }
            Deed::Halt => {
                let room = self.halts.len() < 2;
                if room {
                    self.halted += 1;
                    self.halts.insert(self.halted, calendar);
                }
                room
            }
            Deed::Lift => self.halts.pop_first().is_some(),
            Deed::Leave { seat } => {
                let first = !self.left.contains(&seat);
                self.left.push(seat);
                first
            }
        }
    }
}
