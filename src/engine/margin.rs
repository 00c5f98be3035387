//! How near a ballot was to another outcome.

use crate::engine::ballot::{BallotRun, outcome};
use crate::engine::count::{Marks, Standing, Table, marks};
use crate::values::{Id, Span};
use crate::workflow::model::Ballot;

/// How many votes would have to differ for another outcome: each cast otherwise, not at all, or by an elector who cast
/// none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Margin {
    /// So many at least.
    Votes(u32),
    /// Nothing that these electors could have voted gives another outcome.
    None,
    /// The outcome depends on when votes came and not on what they were alone.
    Timed,
    /// There are more ways than are searched.
    NotSearched,
}

/// How many counts are made before the search gives up.
const MOST_COUNTS: u32 = 1_000_000;

impl BallotRun {
    /// The margin of the votes that count now. Whoever left, and whose vote does not stand, could not have voted, nor
    /// could whoever must abstain.
    pub fn margin(&self, ballot: &Ballot) -> Margin {
        if ballot.outcomes.iter().any(|outcome| outcome.lasting.is_some()) {
            return Margin::Timed;
        }
        if ballot.answer.is_some() {
            return Margin::NotSearched; // any answer might have been given
        }
        let free = |seat: &Id| self.counts(seat) && !self.obliged.contains_key(seat);
        let able = self.electors.iter().filter(|(seat, _)| free(seat));
        let able = able.map(|(seat, elector)| (seat, elector.standing.clone()));
        let made = self.votes.iter().filter(|(seat, _)| free(seat));
        let made = made.map(|(seat, cast)| (seat, cast.choice.clone()));
        margin(ballot, &self.table(ballot), &marks(able, made), self.eased)
    }
}

/// The margin of a ballot in which these votes counted, by the rules in force so long after its opening. `able` are
/// those of the table's electors whose votes could have been others.
pub fn margin(ballot: &Ballot, table: &Table, able: &Marks<Id>, elapsed: Span) -> Margin {
    // Of those among whom a ballot chooses, who can lead, or has votes though they have left.
    let made = |choice: &&Id| {
        table.choices.contains(choice)
            || able.values().any(|made| made.contains_key(&Some((*choice).clone())))
    };
    let choices = ballot.choices.iter().filter(|choice| !ballot.candidates() || made(choice));
    let options: Vec<Option<Id>> =
        choices.chain(&ballot.abstention).cloned().map(Some).chain([None]).collect();
    let group = |(standing, made): (&Standing, &std::collections::BTreeMap<Option<Id>, u32>)| {
        let now = options.iter().map(|option| made.get(option).copied().unwrap_or(0)).collect();
        Group { standing: standing.clone(), now }
    };
    let groups: Vec<Group> = able.iter().map(group).collect();
    let most: u32 = groups.iter().flat_map(|group| &group.now).sum();
    let now = outcome(ballot, table, elapsed);
    let mut search =
        Search { options: &options, counts: 0, other: &mut |table| outcome(ballot, table, elapsed) != now };
    for votes in 1..=most {
        match search.groups(&mut table.clone(), &groups, votes) {
            Some(true) => return Margin::Votes(votes),
            Some(false) => {}
            None => return Margin::NotSearched,
        }
    }
    Margin::None
}

/// Electors of one standing, and how many of them took each option.
struct Group {
    standing: Standing,
    now: Vec<u32>,
}

struct Search<'a> {
    options: &'a [Option<Id>],
    counts: u32,
    other: &'a mut dyn FnMut(&Table) -> bool,
}

impl Search<'_> {
    /// Whether some way in which exactly so many votes of these groups differ gives another outcome; `None` where too
    /// many have been counted.
    fn groups(&mut self, table: &mut Table, groups: &[Group], votes: u32) -> Option<bool> {
        let Some((group, later)) = groups.split_first() else {
            self.counts += 1;
            return (self.counts <= MOST_COUNTS).then(|| votes == 0 && (self.other)(table));
        };
        let all: u32 = group.now.iter().sum();
        self.options(table, group, later, (0, all, 0), votes)
    }

    /// Spreads a group over its options from the one at `place` on: `left` heads are still to be placed, `more` of
    /// those placed stand where fewer stood before.
    fn options(
        &mut self,
        table: &mut Table,
        group: &Group,
        later: &[Group],
        (place, left, more): (usize, u32, u32),
        votes: u32,
    ) -> Option<bool> {
        let (Some(option), Some(now)) = (self.options.get(place), group.now.get(place)) else {
            return if left > 0 { Some(false) } else { self.groups(table, later, votes.checked_sub(more)?) };
        };
        let last = place + 1 == self.options.len();
        for heads in if last { left } else { 0 }..=left {
            let more = more + heads.saturating_sub(*now);
            if more > votes {
                break;
            }
            move_heads(table, &group.standing, option.as_ref(), *now, heads);
            let found = self.options(table, group, later, (place + 1, left - heads, more), votes);
            move_heads(table, &group.standing, option.as_ref(), heads, *now);
            if found != Some(false) {
                return found;
            }
        }
        Some(false)
    }
}

/// Where `from` heads of a standing took an option, `to` do now; others who cannot vote otherwise stay.
fn move_heads(table: &mut Table, standing: &Standing, option: Option<&Id>, from: u32, to: u32) {
    let count = table.electors.entry(standing.clone()).or_default().entry(option.cloned()).or_default();
    *count = count.saturating_sub(from).saturating_add(to);
}
