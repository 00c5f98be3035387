//! Votes of which nothing tells before their ballot closes what they are, or not even who has cast one.
//!
//! On a ballot of the first kind votes are cast blank: a walk lets everybody vote for its first choice, and chooses at the
//! closing what they had voted. On one of the second kind nobody votes before the closing, where who had voted is chosen too; only
//! that so many vote at once that it ends the window is a turn of its own. Either gives one way for everything that the ballot can
//! come to, and that a proposition counts of it, since nothing else of a closed ballot is looked at. Whatever was
//! cast so could have been cast: what is told of a behaviour says who voted, and what was chosen.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasherDefault;
use std::rc::Rc;

use super::branch::{Branch, Turn};
use super::mixer::{Itself, Mixer};
use super::told;
use super::view::View;
use crate::engine::ballot::{BallotRun, Cast, outcome};
use crate::engine::clock::Moment;
use crate::engine::count::Standing;
use crate::engine::panel::Done;
use crate::engine::possible::{Deed, Possible};
use crate::statement::{BallotRef, By};
use crate::values::{Id, Instant};
use crate::workflow::Workflow;
use crate::workflow::invariant::Holds;
use crate::workflow::model::{
    Amount, AnswerKind, Ballot, Bound, Comparison, Counted, Early, ExtendOn, NewEvidence, Operator, Rule,
};

/// A vote: on which ballot, of which seat, for what; `None` is that it did not vote.
pub(super) type Vote = (BallotRef, Id, Option<Id>);

/// In how many ways the votes of a ballot may be spread over its choices, at most, for them to be chosen at the closing.
const MOST_WAYS: u64 = 20_000;

/// What is told of the votes of a ballot before it closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// What was voted: an outcome or a quorum that counts choices ends or puts off its window, one begins to hold for some
    /// time, or somebody is held to what they said before.
    Choices,
    /// Only who has voted.
    Voters,
    /// Neither.
    Nothing,
}

/// A ballot as a walk sees it.
pub(super) struct Asked {
    pub told: Told,
    /// The classes that something counts of it.
    pub classes: BTreeSet<Id>,
}

impl Asked {
    pub(super) fn of(workflow: &Workflow, ballot: &Ballot, parts: &[Holds]) -> Self {
        let classes = told::classes_of(ballot, parts);
        let few = |silent| most_ways(workflow, ballot, (&classes, silent)).is_some_and(|it| it <= MOST_WAYS);
        let told = match told(ballot) {
            Told::Nothing if few(true) => Told::Nothing,
            // Votes for candidates can be told by who they are cast for, who may leave.
            Told::Nothing | Told::Voters if few(false) && !ballot.candidates() => Told::Voters,
            _ => Told::Choices,
        };
        Self { told, classes }
    }
}

fn told(ballot: &Ballot) -> Told {
    let extends = |on: ExtendOn| match on {
        ExtendOn::Vote | ExtendOn::Evidence => true,
        ExtendOn::Quorum | ExtendOn::NoQuorum => ballot.quorum.iter().all(told::counts_voters),
    };
    let ends = match &ballot.early {
        Early::Never | Early::AllVoted => false,
        Early::When(rule) => !told::counts_voters(rule),
        Early::Certain | Early::Confirmed => true,
    };
    let choices = ballot.lasts()
        || ends
        || !ballot.extend.as_ref().is_none_or(|extend| extends(extend.on))
        || ballot.new_evidence == NewEvidence::VotesToReaffirm;
    let voters = ballot.sealed.is_some()
        || ballot.extend.is_some()
        || matches!(&ballot.early, Early::When(rule) if !grows(rule));
    match (choices, voters) {
        (true, _) => Told::Choices,
        (false, true) => Told::Voters,
        (false, false) => Told::Nothing,
    }
}

/// Whether votes can only bring a rule about, whoever casts them: it asks for so many voters, of a number that no vote changes.
fn grows(rule: &Rule) -> bool {
    let still = [Counted::Electors, Counted::Seats, Counted::Filled];
    let set = |amount: &Amount| amount.iter().all(|term| still.contains(&term.counted));
    rule.all.iter().all(|Comparison { amount, op, bound }| {
        let bound = match bound {
            Bound::Number(_) => true,
            Bound::Share { of, .. } | Bound::Times { of, .. } => set(of),
            Bound::Lesser(..) => false,
        };
        let voters = amount.iter().all(|term| term.counted == Counted::Participating);
        bound && voters && matches!(op, Operator::Above | Operator::AtLeast)
    })
}

/// In how many ways all seats can vote that no rule tells apart; `silent` is whether each can also not vote.
fn most_ways(workflow: &Workflow, ballot: &Ballot, (classes, silent): (&BTreeSet<Id>, bool)) -> Option<u64> {
    let panel = workflow.panel(&ballot.panel)?;
    let mut heads: BTreeMap<(Option<&Id>, u32), u64> = BTreeMap::new();
    for seat in &panel.seats {
        *heads
            .entry((seat.class.as_ref().filter(|class| classes.contains(*class)), seat.weight))
            .or_default() += 1;
    }
    let candidates = if ballot.candidates() { panel.seats.len() } else { ballot.choices.len() };
    let answers = ballot.answer_kind().into_iter().flat_map(AnswerKind::samples).count();
    let choices = candidates + ballot.abstention.iter().count() + answers + usize::from(silent);
    let choices = u64::try_from(choices).ok()?;
    // So many heads over so many choices: each further choice multiplies by (heads + choice) / choice, which is exact.
    let spread = |heads: u64| {
        (1..choices).try_fold(1_u64, |ways, choice| Some(ways.checked_mul(heads + choice)? / choice))
    };
    heads.into_values().try_fold(1_u64, |ways, heads| ways.checked_mul(spread(heads)?))
}

/// Whether a vote is walked by itself: one for all where votes are cast blank, none where they are cast at the closing.
pub(super) fn is_walked(view: &View<'_>, branch: &Branch, ballot: &BallotRef, choice: &Id) -> bool {
    match view.told_of(&ballot.ballot) {
        Told::Choices => true,
        Told::Voters => branch.state.votable(ballot).first() == Some(choice),
        Told::Nothing => false,
    }
}

/// That so many vote at once that it ends their ballot, for each on which nothing tells of votes before; `possible` is all that
/// can be done now.
pub(super) fn ended_by_votes(view: &View<'_>, branch: &Branch, possible: &[Possible]) -> Vec<Turn> {
    let mut voters: BTreeMap<&BallotRef, BTreeSet<&Id>> = BTreeMap::new();
    for it in possible {
        if let (Deed::Vote { ballot, .. }, [seat]) = (&it.deed, it.by.actors())
            && view.told_of(&ballot.ballot) == Told::Nothing
            && !view.silent.contains(seat)
        {
            voters.entry(ballot).or_default().insert(seat);
        }
    }
    let ends = |(ballot, voters): (&BallotRef, BTreeSet<&Id>)| {
        let run = branch.state.ballot_run(ballot)?;
        let voters: Vec<Id> =
            run.awaited().map(|(seat, _)| seat).filter(|it| voters.contains(it)).cloned().collect();
        let blank = branch.state.votable(ballot).into_iter().next()?;
        let mut so = run.clone();
        give(&mut so, voters.iter().map(|seat| (seat, Some(&blank))));
        ends_early(&so).then(|| Turn::Enough(ballot.clone(), voters))
    };
    voters.into_iter().filter_map(ends).collect()
}

/// Whether the votes that an open ballot has end its window.
fn ends_early(run: &BallotRun) -> bool {
    run.rules().is_some_and(|rules| run.closes_early(rules, Moment::of(run.opened)))
}

/// Gives these seats these votes, or takes the one that a seat has.
fn give<'v>(run: &mut BallotRun, votes: impl Iterator<Item = (&'v Id, Option<&'v Id>)>) {
    let done = Done { at: run.opened, entry: 0 };
    for (seat, choice) in votes {
        match choice {
            None => drop(run.votes.remove(seat)),
            Some(choice) => drop(run.votes.insert(seat.clone(), Cast { choice: choice.clone(), done })),
        }
    }
}

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
        let votes = |way: &Way| {
            let mut votes: Vec<Vote> = way
                .iter()
                .zip(&seats)
                .map(|(choice, seat)| {
                    let choice = choice.and_then(|choice| votable.get(choice)).cloned();
                    (run.id.clone(), (*seat).clone(), choice)
                })
                .collect();
            if let Some(last) = closed.last_vote(way, &seats, &votable).filter(|_| enough) {
                let last = votes.remove(last);
                votes.push(last);
            }
            with(votes)
        };
        let ways = known_ways.of(view, closed, &alike, &votable);
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
    fn last_votable(self) -> Option<BallotRun> {
        let mut last = self.last?.clone();
        last.votes.clone_from(&self.was.votes);
        Some(last)
    }

    /// Whether they can have voted so: not earlier than now have votes ended the window. `last` is the ballot when votes were taken
    /// last, whose votes of theirs this changes.
    fn is_possible(self, last: Option<&mut BallotRun>, (way, seats, votable): (&Way, &[&Id], &[Id])) -> bool {
        if self.enough {
            return self.last_vote(way, seats, votable).is_some();
        }
        let Some(last) = last.filter(|_| self.told == Told::Nothing) else { return true };
        give(last, votes(way, seats, votable));
        // Where nobody has voted with it, the ballot was open so before.
        !(last.votes != self.was.votes && ends_early(last))
    }

    /// The place of one of them whose vote, the last, ends the window.
    fn last_vote(self, way: &Way, seats: &[&Id], votable: &[Id]) -> Option<usize> {
        let mut was = self.was.clone();
        give(&mut was, votes(way, seats, votable));
        if !ends_early(&was) {
            return None;
        }
        let casts = |place: &usize| {
            let Some(seat) = seats.get(*place).copied().filter(|seat| !self.was.votes.contains_key(*seat))
            else {
                return false;
            };
            let Some(vote) = was.votes.remove(seat) else { return false };
            let before = ends_early(&was);
            was.votes.insert(seat.clone(), vote);
            !before
        };
        (0..seats.len()).find(casts)
    }
}

/// The votes of a way.
fn votes<'v>(
    way: &'v Way,
    seats: &'v [&Id],
    votable: &'v [Id],
) -> impl Iterator<Item = (&'v Id, Option<&'v Id>)> {
    let choice = |choice: &Option<usize>| choice.and_then(|choice| votable.get(choice));
    seats.iter().zip(way).map(move |(seat, it)| (*seat, choice(it)))
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
    fn of(&mut self, view: &View<'_>, closed: Closed<'_>, alike: &Alike<'_>, votable: &[Id]) -> Rc<Vec<Way>> {
        let seats: Vec<&Id> = alike.values().flatten().copied().collect();
        let mut so = closed.run.clone();
        give(&mut so, seats.iter().map(|seat| (*seat, None)));
        let mut last = closed.last_votable();
        let key = key(closed, (&so, last.as_ref()), alike, votable);
        if let Some(known) = self.0.get(&key) {
            return Rc::clone(known);
        }
        let (mut all_seen, mut found) = (BTreeSet::new(), Vec::new());
        for way in ways(alike, votable.len()) {
            give(&mut so, votes(&way, &seats, votable));
            let seen = Seen::of(view, &so);
            if closed.run.closed.is_none() && !seen.as_ref().is_some_and(|seen| seen.early) {
                continue;
            }
            // What is seen of most ways is known: whether those were possible is not asked.
            if !all_seen.contains(&seen) && closed.is_possible(last.as_mut(), (&way, &seats, votable)) {
                all_seen.insert(seen);
                found.push(way);
            }
        }
        let found = Rc::new(found);
        self.0.insert(key, Rc::clone(&found));
        found
    }
}

/// The key of a ballot in which these have still to be given a vote: equal where the same can come of it.
fn key(
    closed: Closed<'_>,
    (so, last): (&BallotRun, Option<&BallotRun>),
    alike: &Alike<'_>,
    votable: &[Id],
) -> u128 {
    let mut key = Mixer::default();
    key.put_id(&so.id.ballot);
    key.put(u64::from(closed.enough));
    key.put(match &so.closed {
        None => 2,
        Some(closing) => u64::from(closing.outcome.is_some()),
    });
    key.put(so.eased.seconds());
    for choice in votable {
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
    for run in [Some(so), Some(closed.was), last] {
        let Some((run, ballot)) = run.and_then(|run| Some((run, run.rules()?))) else {
            key.put(0xa10);
            continue;
        };
        key.put(u64::try_from(run.awaited().count()).unwrap_or(u64::MAX));
        let table = run.table(ballot);
        for (its, made) in &table.electors {
            key.put_mixer(standing(its));
            for (choice, heads) in made {
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
    fn of(view: &View<'_>, run: &BallotRun) -> Option<Self> {
        let ballot = run.rules()?;
        let table = run.table(ballot);
        let early = ends_early(run);
        let has_one = early || run.closed.as_ref().is_some_and(|closing| closing.outcome.is_some());
        let outcome = has_one.then(|| outcome(ballot, &table, run.eased));
        let chosen = outcome.as_ref().filter(|_| view.chair_acts);
        let chosen = chosen.and_then(|outcome| run.chosen(ballot, outcome));
        let counted = view.marks.iter().filter_map(|mark| match mark {
            Holds::Counted { ballot, comparison } if *ballot == run.id.ballot => {
                Some(table.working(comparison).holds)
            }
            _ => None,
        });
        Some(Self { early, outcome, chosen, counted: counted.collect() })
    }
}

/// Every way to give each of these one of so many choices, or none where they need not have voted; those that are alike in
/// any order.
fn ways(alike: &Alike<'_>, choices: usize) -> Vec<Way> {
    let mut all: Vec<Way> = vec![Vec::new()];
    for ((has, ..), seats) in alike {
        // Silence first, so that what is found is told with few votes.
        let options: Vec<Option<usize>> =
            (!has).then_some(None).into_iter().chain((0..choices).map(Some)).collect();
        for place in 0..seats.len() {
            let further = |way: &Way| {
                let least = way.last().copied().filter(|_| place > 0);
                let from = least.and_then(|least| options.iter().position(|it| *it == least)).unwrap_or(0);
                let with = |option: &Option<usize>| way.iter().copied().chain([*option]).collect();
                options.iter().skip(from).map(with).collect::<Vec<Way>>()
            };
            all = all.iter().flat_map(further).collect();
        }
    }
    all
}

/// What is done where these votes are chosen: whoever votes with it does so for what is chosen.
pub(super) fn voting(possible: &Possible, votes: &[Vote]) -> Possible {
    let mut possible = possible.clone();
    if let Deed::Vote { ballot, choice, .. } = &mut possible.deed
        && let Some(chosen) = possible.by.actors().first().and_then(|seat| of(votes, ballot, seat))
    {
        chosen.clone_into(choice);
    }
    possible
}

/// What is chosen of a seat on a ballot.
pub(super) fn of<'v>(votes: &'v [Vote], ballot: &BallotRef, seat: &Id) -> Option<&'v Id> {
    let its = |(known, by, _): &&Vote| known == ballot && by == seat;
    votes.iter().find(its).and_then(|(.., choice)| choice.as_ref())
}

/// Whether a deed is the casting of a vote.
pub(super) fn casts(possible: &Possible, (of, seat, _): &Vote) -> bool {
    possible.by.actors().first() == Some(seat)
        && matches!(&possible.deed, Deed::Vote { ballot, .. } if ballot == of)
}

/// What was done in a state of a behaviour: the votes of which it is chosen later that they were cast there, and the turn.
pub(super) struct Scene {
    at: Instant,
    votes: Vec<Possible>,
    deed: Option<Possible>,
}

impl Scene {
    /// Everything that was done in it, in order.
    pub(super) fn deeds(self) -> impl Iterator<Item = (Instant, Possible)> {
        let Self { at, votes, deed } = self;
        votes.into_iter().chain(deed).map(move |deed| (at, deed))
    }

    fn each(&mut self) -> impl Iterator<Item = &mut Possible> {
        self.votes.iter_mut().chain(&mut self.deed)
    }
}

/// Tells what was done with a turn with which these votes were chosen: of those that are told already what was chosen, and of the
/// others that they were cast when votes were taken last. `states` are those that the behaviour passes, up to the one of the turn.
pub(super) fn tell(scenes: &mut Vec<Scene>, states: &[(Branch, Turn)], (turn, votes): (&Turn, &[Vote])) {
    let Some((now, _)) = states.last() else { return };
    let deed = if let Turn::Does(possible) = turn { Some(voting(possible, votes)) } else { None };
    let ends = |(of, ..): &&Vote| matches!(turn, Turn::Enough(ballot, _) if ballot == of);
    let (last, others): (Vec<_>, Vec<_>) = votes.iter().partition(ends);
    let others = others.into_iter().chain(last);
    let others = others.filter(|vote| !deed.as_ref().is_some_and(|it| casts(it, vote)));
    scenes.push(Scene { at: now.now, votes: Vec::new(), deed: deed.clone() });
    for vote in others {
        let (of, seat, Some(chosen)) = vote else { continue };
        let known = scenes.iter_mut().flat_map(Scene::each).filter(|it| casts(it, vote)).last();
        if let Some(Possible { deed: Deed::Vote { choice, .. }, .. }) = known {
            chosen.clone_into(choice);
            continue;
        }
        let deed = Deed::Vote { ballot: of.clone(), choice: chosen.clone(), attach: Vec::new() };
        let vote = Possible { by: By::One(seat.clone()), deed };
        let Some(place) = states.iter().rposition(|(state, _)| state.takes_votes(of)) else { continue };
        let Some(scene) = scenes.get_mut(place) else { continue };
        // In an earlier state before what was done there, which may have been the last that took votes.
        let at = if place + 1 < states.len() { 0 } else { scene.votes.len() };
        scene.votes.insert(at, vote);
    }
}
