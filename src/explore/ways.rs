//! In which ways the votes can have been cast of which nothing told before their ballot closed: one way for everything that can
//! come of them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasherDefault;
use std::iter;
use std::rc::Rc;

use super::blank::{Told, Vote};
use super::branch::{Branch, Turn};
use super::mixer::{Itself, Mixer};
use super::view::View;
use crate::engine::ballot::BallotRun;
use crate::engine::count::Standing;
use crate::engine::trial::Trial;
use crate::values::Id;
use crate::workflow::invariant::Holds;

/// The ways in which ballots can have been voted on of which nothing told before, by what is so of them.
#[derive(Default)]
pub(super) struct Ways(HashMap<u128, Rc<Vec<Way>>, BuildHasherDefault<Itself>>);

/// What each of those who can have voted did, group by group: the place of the choice among those that can be voted for.
type Way = Vec<Option<usize>>;

/// Those who vote alike, as far as anything tells: whether they must have voted, their class and weight.
type Alike<'a> = BTreeMap<(bool, Option<&'a Id>, u32), Vec<&'a Id>>;

/// A ballot of which votes are chosen: before the turn that makes them count, and after it.
#[derive(Clone, Copy)]
struct Closed<'a> {
    was: &'a BallotRun,
    /// As it was when votes were taken last; `None` where there was no time to vote.
    last: Option<&'a BallotRun>,
    run: &'a BallotRun,
    told: Told,
    /// Whether it is votes that end it with this turn.
    enough: bool,
}

/// The turn in each way in which votes can have been cast that count now, since it closes their ballot or the voter leaves, once
/// for all of which the same is seen; `None` where nothing is to choose, or all is chosen.
pub(super) fn chosen(
    view: &View<'_>,
    known_ways: &mut Ways,
    before: &Branch,
    turn: &Turn,
    after: &Branch,
) -> Option<Vec<Turn>> {
    let (inner, known) = match turn {
        Turn::Chosen(inner, votes) => (&**inner, &**votes),
        turn => (turn, &[][..]),
    };
    let running = before.state.cases.values().filter(|case| case.ended.is_none());
    let open = running.flat_map(|case| case.open_ballots());
    let open = open.filter(|run| view.told_of(&run.id.ballot) != Told::Choices);
    let both = open.filter_map(|run| Some((run, after.state.ballot_run(&run.id)?)));
    let mut both: Vec<(&BallotRun, &BallotRun)> = both.collect();
    // One that came to an outcome first: on that may hang whether another is cut short.
    both.sort_by_key(|(_, run)| run.closed.as_ref().is_none_or(|closing| closing.outcome.is_none()));
    let decided = |run: &BallotRun, seat: &Id| known.iter().any(|(of, by, _)| *of == run.id && by == seat);
    let with = |votes: Vec<Vote>| {
        let votes = known.iter().cloned().chain(votes).collect();
        Turn::Chosen(Box::new(inner.clone()), votes)
    };
    for (was, run) in both {
        let votable = before.state.votable(&run.id);
        let last = before.last_votable(&run.id).map(|run| &**run);
        let is_open = run.closed.is_none();
        if is_open {
            let could = last.into_iter().flat_map(|_| uncast(view, was, run));
            let mut left = could.filter(|seat| run.left.contains_key(*seat));
            if let Some(seat) = left.find(|seat| !decided(run, seat)) {
                let either = [None, votable.first().cloned()];
                let vote = |choice| with(vec![(run.id.clone(), seat.clone(), choice)]);
                return Some(either.map(vote).into());
            }
            // Where fewer are awaited, it may be that all of them have voted, which ends it with this turn.
            let fewer = last.is_some_and(|last| run.left.len() > last.left.len());
            if !fewer || !after.takes_votes(&run.id) {
                continue;
            }
        }
        let enough = matches!(inner, Turn::Enough(ballot, _) if *ballot == run.id);
        let closed = Closed { was, last, run, told: view.told_of(&run.id.ballot), enough };
        let alike = closed.alike(view, &decided);
        if alike.is_empty() || is_open && closed.told != Told::Nothing {
            continue;
        }
        let seats: Vec<&Id> = alike.values().flatten().copied().collect();
        let mut tried = enough.then(|| Tried::of(was, &seats, &votable)).flatten();
        let votes = |way: &Way| {
            let mut votes: Vec<Vote> = way
                .iter()
                .zip(&seats)
                .map(|(choice, seat)| {
                    let choice = choice.and_then(|choice| votable.get(choice)).cloned();
                    (run.id.clone(), (*seat).clone(), choice)
                })
                .collect();
            if let Some(last) = tried.as_mut().and_then(|tried| tried.last_vote(was, way)) {
                let last = votes.remove(last);
                votes.push(last);
            }
            with(votes)
        };
        let ways = known_ways.of(view, closed, &alike, (&seats, &votable));
        if is_open && ways.is_empty() {
            continue;
        }
        // Or it goes on, and it is chosen later how they have voted.
        let goes_on =
            is_open.then(|| with(seats.iter().map(|seat| (run.id.clone(), (*seat).clone(), None)).collect()));
        return Some(goes_on.into_iter().chain(ways.iter().map(votes)).collect());
    }
    None
}

impl<'a> Closed<'a> {
    /// Those whose votes are to be chosen, of whom it is not decided yet.
    fn alike<'v: 'a>(self, view: &'v View<'_>, decided: &dyn Fn(&BallotRun, &Id) -> bool) -> Alike<'a> {
        let Self { was, last, run, told, .. } = self;
        // Where nothing was told before, only the votes of those who had left were cast.
        let cast = cast(if told == Told::Nothing { was } else { run })
            .filter(|seat| run.counts(seat))
            .map(|seat| (seat, true));
        let uncast = last.into_iter().flat_map(|_| uncast(view, was, run)).map(|seat| (seat, false));
        let mut alike = Alike::new();
        for (seat, has) in cast.chain(uncast).filter(|(seat, _)| !decided(run, seat)) {
            let Some(Standing { class, weight, .. }) = run.electors.get(seat).map(|it| &it.standing) else {
                continue;
            };
            let class = class.as_ref().filter(|class| view.counts_class(&run.id.ballot, class));
            alike.entry((has, class, *weight)).or_default().push(seat);
        }
        alike
    }

    /// The ballot as it was when votes were taken last, with the votes that are known.
    fn last_known(self) -> Option<BallotRun> {
        let mut last = self.last?.clone();
        last.votes.clone_from(&self.was.votes);
        Some(last)
    }

    /// Whether they can have voted so: not earlier than now have votes ended the window. `last` is the ballot when votes were taken
    /// last.
    fn is_possible(self, (was, last): (&mut Tried<'_>, Option<&mut Tried<'_>>), way: &Way) -> bool {
        if self.enough {
            return was.last_vote(self.was, way).is_some();
        }
        let Some(last) = last.filter(|_| self.told == Told::Nothing) else { return true };
        last.give(way);
        // Where nobody has voted with it, the ballot was open so before.
        !(last.trial.run().votes != self.was.votes && last.trial.closes_early())
    }
}

/// A ballot on which the ways of these are tried.
struct Tried<'a> {
    trial: Trial<'a>,
    seats: &'a [&'a Id],
    votable: &'a [Id],
    way: Way,
}

impl<'a> Tried<'a> {
    /// None of them has voted yet.
    fn of(run: &'a BallotRun, seats: &'a [&'a Id], votable: &'a [Id]) -> Option<Self> {
        let mut trial = Trial::of(run)?;
        for seat in seats {
            trial.give(seat, None);
        }
        Some(Self { trial, seats, votable, way: vec![None; seats.len()] })
    }

    /// They vote so.
    fn give(&mut self, way: &Way) {
        for ((seat, had), choice) in self.seats.iter().zip(&mut self.way).zip(way) {
            if had != choice {
                *had = *choice;
                self.trial.give(seat, choice.and_then(|choice| self.votable.get(choice)));
            }
        }
    }

    /// The place of one of them whose vote, the last, ends the window; who had voted before is none.
    fn last_vote(&mut self, before: &BallotRun, way: &Way) -> Option<usize> {
        self.give(way);
        if !self.trial.closes_early() {
            return None;
        }
        let mut places = self.seats.iter().zip(way).enumerate();
        let ended_by = |(_, (seat, choice)): &(usize, (&&Id, &Option<usize>))| {
            let choice = choice.and_then(|choice| self.votable.get(choice));
            if choice.is_none() || before.votes.contains_key(**seat) {
                return false;
            }
            self.trial.give(seat, None);
            let ended = self.trial.closes_early();
            self.trial.give(seat, choice);
            !ended
        };
        places.find(ended_by).map(|(place, _)| place)
    }
}

/// The seats whose votes count that they have cast and, on a sealed ballot, revealed.
fn cast(run: &BallotRun) -> impl Iterator<Item = &Id> {
    let revealed = |seat: &Id| {
        run.sealed.as_ref().is_none_or(|sealing| {
            sealing.commitments.get(seat).is_some_and(|committed| committed.revealed.is_some())
        })
    };
    run.votes.keys().filter(move |seat| run.counts(seat) && revealed(seat))
}

/// The seats that can have voted on a ballot of which nothing was told, before the turn that leads from the one to the other: their
/// votes count.
fn uncast<'a>(view: &'a View<'_>, was: &'a BallotRun, run: &'a BallotRun) -> impl Iterator<Item = &'a Id> {
    let nothing = view.told_of(&run.id.ballot) == Told::Nothing;
    let could = was.awaited().map(|(seat, _)| seat).filter(move |_| nothing);
    could.filter(|seat| run.counts(seat) && !view.silent.contains(*seat))
}

impl Ways {
    /// The ways in which these can have voted, once for all of which the same is seen; where the ballot would be open without
    /// their votes, those that end it.
    fn of(
        &mut self,
        view: &View<'_>,
        closed: Closed<'_>,
        alike: &Alike<'_>,
        (seats, votable): (&[&Id], &[Id]),
    ) -> Rc<Vec<Way>> {
        let Some(so) = Tried::of(closed.run, seats, votable) else { return Rc::default() };
        let last = closed.last_known();
        let key = key(closed, (&so, last.as_ref()), alike);
        if let Some(known) = self.0.get(&key) {
            return Rc::clone(known);
        }
        let all = Rc::new(found(view, closed, (so, last.as_ref()), alike).unwrap_or_default());
        self.0.insert(key, Rc::clone(&all));
        all
    }
}

/// Of the ways in which these can have voted one for all of which the same is seen. `so` is the ballot without their votes, `last` as it
/// was when votes were taken last.
fn found(
    view: &View<'_>,
    closed: Closed<'_>,
    (mut so, last): (Tried<'_>, Option<&BallotRun>),
    alike: &Alike<'_>,
) -> Option<Vec<Way>> {
    let (seats, votable) = (so.seats, so.votable);
    let mut was = Tried::of(closed.was, seats, votable)?;
    let mut last = last.and_then(|last| Tried::of(last, seats, votable));
    let (mut all_seen, mut found) = (BTreeSet::new(), Vec::new());
    for way in ways(alike, votable.len()) {
        so.give(&way);
        let seen = Seen::of(view, &so.trial);
        if closed.run.closed.is_none() && !seen.early {
            continue;
        }
        // What is seen of most ways is known: whether those were possible is not asked.
        if !all_seen.contains(&seen) && closed.is_possible((&mut was, last.as_mut()), &way) {
            all_seen.insert(seen);
            found.push(way);
        }
    }
    Some(found)
}

/// The key of a ballot in which these have still to be given a vote: equal where the same can come of it.
fn key(closed: Closed<'_>, (tried, last): (&Tried<'_>, Option<&BallotRun>), alike: &Alike<'_>) -> u128 {
    let (mut key, so) = (Mixer::default(), tried.trial.run());
    key.put_id(&so.id.ballot);
    key.put(u64::from(closed.enough));
    key.put(match &so.closed {
        None => 2,
        Some(closing) => u64::from(closing.outcome.is_some()),
    });
    key.put(so.eased.seconds());
    for choice in tried.votable {
        key.put_id(choice);
    }
    for ((has, class, weight), seats) in alike {
        key.put(0xa11 + u64::from(*has));
        if let Some(class) = class {
            key.put_id(class);
        }
        key.put(u64::from(*weight));
        key.put(u64::try_from(seats.len()).unwrap_or(u64::MAX));
    }
    let counted = |run: &BallotRun| Some(Cow::Owned(run.table(run.rules()?)));
    let tables = [
        (Some(so), Some(Cow::Borrowed(tried.trial.table()))),
        (Some(closed.was), counted(closed.was)),
        (last, last.and_then(counted)),
    ];
    for (run, table) in tables {
        let (Some(run), Some(table)) = (run, table) else {
            key.put(0xa10);
            continue;
        };
        key.put(u64::try_from(run.awaited().count()).unwrap_or(u64::MAX));
        for (its, made) in &table.electors {
            key.put_mixer(standing(its));
            for (choice, heads) in made.iter().filter(|(_, heads)| **heads > 0) {
                if let Some(choice) = choice {
                    key.put_id(choice);
                }
                key.put(u64::from(*heads));
            }
        }
        for (its, made) in &*table.seats {
            key.put_mixer(standing(its));
            for (filled, heads) in made {
                key.put(u64::from(filled.is_some()) << 32 | u64::from(*heads));
            }
        }
        for choice in &table.choices {
            key.put_id(choice);
        }
    }
    key.finish()
}

fn standing(Standing { class, weight, affiliation }: &Standing) -> Mixer {
    let mut mark = Mixer::default();
    for it in class.iter().chain(affiliation) {
        mark.put_id(it);
    }
    mark.put(u64::from(*weight));
    mark
}

/// What is looked at of a closed ballot.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    /// Whether it ended by what was voted: where its case left it so, that came first.
    early: bool,
    outcome: Option<Id>,
    /// Whom it has chosen.
    chosen: Option<Id>,
    /// Whether what propositions count of it is so.
    counted: Vec<bool>,
}

impl Seen {
    fn of(view: &View<'_>, trial: &Trial<'_>) -> Self {
        let (run, early) = (trial.run(), trial.closes_early());
        let has_one = early || run.closed.as_ref().is_some_and(|closing| closing.outcome.is_some());
        let outcome = has_one.then(|| trial.outcome());
        let chosen = outcome.as_ref().filter(|_| view.chair_acts);
        let chosen = chosen.and_then(|outcome| trial.chosen(outcome));
        let counted = view.marks.iter().filter_map(|mark| match mark {
            Holds::Counted { ballot, comparison } if *ballot == run.id.ballot => {
                Some(trial.table().working(comparison).holds)
            }
            _ => None,
        });
        Self { early, outcome, chosen, counted: counted.collect() }
    }
}

/// Every way to give each of these one of so many choices, or none where they need not have voted; those that are alike in
/// any order. Silence first, so that what is found is told with few votes.
fn ways(alike: &Alike<'_>, choices: usize) -> impl Iterator<Item = Way> {
    let most = choices.checked_sub(1);
    // Of each place with whom it is alike, and the least that it can be given.
    let groups = alike.iter().enumerate();
    let places: Vec<(usize, Option<usize>)> = groups
        .flat_map(|(group, ((has, ..), seats))| iter::repeat_n((group, has.then_some(0)), seats.len()))
        .collect();
    let first = places.iter().map(|(_, least)| *least).collect::<Way>();
    let first = first.iter().all(|least| *least <= most).then_some(first);
    iter::successors(first, move |way| {
        let raised = way.iter().rposition(|choice| *choice < most)?;
        let to = way.get(raised)?.map_or(0, |choice| choice + 1);
        let (group, _) = places.get(raised)?;
        let rest = places.iter().skip(raised + 1);
        let rest = rest.map(|(its, least)| if its == group { Some(to) } else { *least });
        Some(way.iter().copied().take(raised).chain([Some(to)]).chain(rest).collect())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Alike, Way, ways};
    use crate::values::Id;

    /// Every way, and of those that are alike the one in order.
    fn by_hand(groups: &[(bool, usize)], choices: usize) -> Vec<Way> {
        let mut all: BTreeSet<Way> = BTreeSet::from([Vec::new()]);
        for (has, seats) in groups {
            let options = (!has).then_some(None).into_iter().chain((0..choices).map(Some));
            let options: Vec<Option<usize>> = options.collect();
            for place in 0..*seats {
                let further = all.iter().flat_map(|way| {
                    let in_order =
                        |it: &&Option<usize>| place == 0 || way.last().is_some_and(|last| last <= it);
                    let with = |it: &Option<usize>| way.iter().copied().chain([*it]).collect::<Way>();
                    options.iter().filter(in_order).map(with).collect::<Vec<_>>()
                });
                all = further.collect();
            }
        }
        all.into_iter().collect()
    }

    #[test]
    fn ways_are_all_that_differ_and_silence_comes_first() {
        let seat = Id::constant("seat");
        for choices in 0..4 {
            for groups in [
                vec![],
                vec![(false, 3)],
                vec![(true, 2)],
                vec![(false, 2), (false, 3)],
                vec![(false, 1), (true, 3)],
            ] {
                let weights = (1..).zip(&groups);
                let alike: Alike<'_> = weights
                    .map(|(weight, (has, seats))| ((*has, None, weight), vec![&seat; *seats]))
                    .collect();
                let found: Vec<Way> = ways(&alike, choices).collect();
                // The groups stand in the order of the table.
                let ordered: Vec<(bool, usize)> =
                    alike.iter().map(|((has, ..), seats)| (*has, seats.len())).collect();
                assert_eq!(found, by_hand(&ordered, choices), "{groups:?}, {choices} choices");
            }
        }
    }
}
