//! How near a ballot was to another outcome.

use serde::Serialize;

use crate::engine::ballot::{BallotRun, outcome};
use crate::engine::count::{Marks, Standing, Table, marks};
use crate::values::{Id, Span};
use crate::workflow::model::Ballot;

/// How many votes would have to differ for another outcome: each cast otherwise, not at all, or by an elector who cast
/// none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
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

/// How far a group is spread over its options: the first `place` of them have their heads.
#[derive(Clone, Copy)]
struct Spread {
    place: usize,
    /// How many heads are still to be placed.
    left: u32,
    /// How many heads stand where none of the group stood before.
    more: u32,
    /// How many of those who stood there are placed elsewhere.
    fewer: u32,
}

impl Search<'_> {
    /// Whether some way in which exactly so many votes of these groups differ gives another outcome; `None` where too
    /// many have been counted.
    fn groups(&mut self, table: &mut Table, groups: &[Group], votes: u32) -> Option<bool> {
        let (Some((group, later)), true) = (groups.split_first(), votes > 0) else {
            self.counts += 1;
            return (self.counts <= MOST_COUNTS).then(|| votes == 0 && (self.other)(table));
        };
        let spread = Spread { place: 0, left: group.now.iter().sum(), more: 0, fewer: 0 };
        self.options(table, group, later, spread, votes)
    }

    /// Spreads a group over its remaining options, such that at most so many votes of it differ. Every beginning that is
    /// tried can be completed, so that what the search costs is bounded by what it counts.
    fn options(
        &mut self,
        table: &mut Table,
        group: &Group,
        later: &[Group],
        Spread { place, left, more, fewer }: Spread,
        votes: u32,
    ) -> Option<bool> {
        // Once all differ that may, the others stay where they are.
        let all_differ = more == votes && fewer == votes;
        let (Some(option), Some(now), false) =
            (self.options.get(place), group.now.get(place).copied(), all_differ)
        else {
            return self.groups(table, later, votes - more);
        };
        let (least, most) = if place + 1 == self.options.len() {
            (left, left)
        } else {
            (now.saturating_sub(votes - fewer), left.min(now + (votes - more)))
        };
        for heads in least..=most {
            let spread = Spread {
                place: place + 1,
                left: left - heads,
                more: more + heads.saturating_sub(now),
                fewer: fewer + now.saturating_sub(heads),
            };
            move_heads(table, &group.standing, option.as_ref(), now, heads);
            let found = self.options(table, group, later, spread, votes);
            move_heads(table, &group.standing, option.as_ref(), heads, now);
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
