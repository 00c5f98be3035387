//! Votes that are cast blank: where nothing tells before a ballot closes what was voted, but only who has.
//!
//! On such a ballot a walk lets everybody vote for its first choice, and chooses at the closing what they had voted: one
//! way for everything that the ballot can come to, and that a proposition counts of it, since nothing else of a closed
//! ballot is looked at. Whatever was cast so could have been cast: what is told of a behaviour says of every vote what
//! was chosen.

use std::collections::{BTreeMap, BTreeSet};

use super::branch::{Branch, Turn};
use super::told;
use super::view::View;
use crate::engine::ballot::{BallotRun, outcome};
use crate::engine::possible::{Deed, Possible};
use crate::statement::{BallotRef, By};
use crate::values::Id;
use crate::workflow::Workflow;
use crate::workflow::invariant::Holds;
use crate::workflow::model::{AnswerKind, Ballot, Early, ExtendOn, NewEvidence};

/// A vote: on which ballot, of which seat, for what.
pub(super) type Vote = (BallotRef, Id, Id);

/// In how many ways the votes of a ballot may be spread over its choices, at most, for them to be cast blank.
const MOST_WAYS: u64 = 5_000;

/// Whether nothing tells before a ballot closes what was voted, but at most who has: neither does an outcome or a quorum that
/// counts choices end or put off its window, nor does one begin to hold for some time, nor is anybody held to what they said
/// before.
pub(super) fn is_blank(workflow: &Workflow, ballot: &Ballot, parts: &[Holds]) -> bool {
    let extends = |on: ExtendOn| match on {
        ExtendOn::Vote | ExtendOn::Evidence => true,
        ExtendOn::Quorum | ExtendOn::NoQuorum => ballot.quorum.iter().all(told::counts_voters),
    };
    let ends = match &ballot.early {
        Early::Never | Early::AllVoted => false,
        Early::When(rule) => !told::counts_voters(rule),
        Early::Certain | Early::Confirmed => true,
    };
    let told = ballot.candidates()
        || ballot.lasts()
        || ends
        || !ballot.extend.as_ref().is_none_or(|extend| extends(extend.on))
        || ballot.new_evidence == NewEvidence::VotesToReaffirm;
    !told && most_ways(workflow, ballot, parts).is_some_and(|ways| ways <= MOST_WAYS)
}

/// In how many ways all seats can vote that no rule tells apart.
fn most_ways(workflow: &Workflow, ballot: &Ballot, parts: &[Holds]) -> Option<u64> {
    let classes = told::classes(workflow, parts);
    let mut heads: BTreeMap<(Option<&Id>, u32), u64> = BTreeMap::new();
    for seat in &workflow.panel(&ballot.panel)?.seats {
        *heads
            .entry((seat.class.as_ref().filter(|class| classes.contains(*class)), seat.weight))
            .or_default() += 1;
    }
    let answers = ballot.answer_kind().into_iter().flat_map(AnswerKind::samples).count();
    let choices = u64::try_from(ballot.choices.len() + ballot.abstention.iter().count() + answers).ok()?;
    // So many heads over so many choices: each further choice multiplies by (heads + choice) / choice, which is exact.
    let spread = |heads: u64| {
        (1..choices).try_fold(1_u64, |ways, choice| Some(ways.checked_mul(heads + choice)? / choice))
    };
    heads.into_values().try_fold(1_u64, |ways, heads| ways.checked_mul(spread(heads)?))
}

/// Whether a vote is walked: on a ballot whose votes are cast blank one for all.
pub(super) fn is_walked(view: &View<'_>, branch: &Branch, ballot: &BallotRef, choice: &Id) -> bool {
    !view.is_blank(&ballot.ballot) || branch.state.votable(ballot).first() == Some(choice)
}

/// The turn in each way in which blank votes can have been cast that count now, since it closes their ballot, once for all
/// of which the same is seen; `None` where it closes none, or all are chosen.
pub(super) fn chosen(view: &View<'_>, before: &Branch, turn: &Turn, after: &Branch) -> Option<Vec<Turn>> {
    let (inner, known) = match turn {
        Turn::Chosen(inner, votes) => (&**inner, &**votes),
        turn => (turn, &[][..]),
    };
    let running = before.state.cases.values().filter(|case| case.ended.is_none());
    let blank = running.flat_map(|case| case.open_ballots()).filter(|run| view.is_blank(&run.id.ballot));
    let closed = blank.filter_map(|run| after.state.ballot_run(&run.id)).filter(|run| run.closed.is_some());
    let mut closed: Vec<&BallotRun> = closed.collect();
    // One that came to an outcome first: on that may hang whether another is cut short.
    closed.sort_by_key(|run| run.closed.as_ref().is_none_or(|closing| closing.outcome.is_none()));
    let chosen =
        |run: &BallotRun, seat: &Id| known.iter().any(|(ballot, of, _)| *ballot == run.id && of == seat);
    let open = |run: &&&BallotRun| cast(run).any(|seat| !chosen(run, seat));
    let run = closed.iter().find(open)?;
    let mut alike: BTreeMap<(Option<&Id>, u32), Vec<&Id>> = BTreeMap::new();
    for seat in cast(run).filter(|seat| !chosen(run, seat)) {
        let Some(standing) = run.electors.get(seat).map(|elector| &elector.standing) else { continue };
        let class = standing.class.as_ref().filter(|class| view.classes.contains(*class));
        alike.entry((class, standing.weight)).or_default().push(seat);
    }
    let votable = before.state.votable(&run.id);
    let votes = |way: Vec<(&Id, usize)>| {
        let way = way.into_iter().filter_map(|(seat, choice)| Some((seat, votable.get(choice)?)));
        let way = way.map(|(seat, choice)| (run.id.clone(), seat.clone(), choice.clone()));
        known.iter().cloned().chain(way).collect::<Vec<Vote>>()
    };
    let mut so = (*run).clone();
    let mut all_seen = BTreeSet::new();
    let mut new = |way: &Vec<(&Id, usize)>| {
        for (seat, choice) in way {
            if let Some((cast, choice)) = so.votes.get_mut(*seat).zip(votable.get(*choice)) {
                choice.clone_into(&mut cast.choice);
            }
        }
        all_seen.insert(Seen::of(view, &so))
    };
    let ways = ways(alike.values(), votable.len()).into_iter().filter(|way| new(way));
    Some(ways.map(|way| Turn::Chosen(Box::new(inner.clone()), votes(way))).collect())
}

/// What is looked at of a closed ballot.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
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
        let has_one = run.closed.as_ref().is_some_and(|closing| closing.outcome.is_some());
        let outcome = has_one.then(|| outcome(ballot, &table, run.eased));
        let chosen = outcome.as_ref().and_then(|outcome| run.chosen(ballot, outcome));
        let counted = view.marks.iter().filter_map(|mark| match mark {
            Holds::Counted { ballot, comparison } if *ballot == run.id.ballot => {
                Some(table.working(comparison).holds)
            }
            _ => None,
        });
        Some(Self { outcome, chosen, counted: counted.collect() })
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

/// Every way to give each seat one of so many choices, those that are alike in any order.
fn ways<'a>(alike: impl Iterator<Item = &'a Vec<&'a Id>>, choices: usize) -> Vec<Vec<(&'a Id, usize)>> {
    let mut all: Vec<Vec<(&Id, usize)>> = vec![Vec::new()];
    for seats in alike {
        for (place, seat) in seats.iter().enumerate() {
            let further = |way: &Vec<(&'a Id, usize)>| {
                let least = way.last().filter(|_| place > 0).map_or(0, |(_, choice)| *choice);
                let with = |choice| way.iter().copied().chain([(*seat, choice)]).collect();
                (least..choices).map(with).collect::<Vec<_>>()
            };
            all = all.iter().flat_map(further).collect();
        }
    }
    all
}

/// What is done where these votes are chosen: whoever votes or reveals a vote with it does so for what is chosen.
pub(super) fn voting(possible: &Possible, votes: &[Vote]) -> Possible {
    let mut possible = possible.clone();
    if let Deed::Vote { ballot, choice, .. } = &mut possible.deed
        && let Some(chosen) = of(votes, ballot, &possible.by)
    {
        chosen.clone_into(choice);
    }
    possible
}

/// What is chosen of those who act on a ballot.
pub(super) fn of<'v>(votes: &'v [Vote], ballot: &BallotRef, by: &By) -> Option<&'v Id> {
    let its = |(known, seat, _): &&Vote| known == ballot && by.actors().first() == Some(seat);
    votes.iter().find(its).map(|(.., choice)| choice)
}

/// Tells of the votes among these deeds what was chosen.
pub(super) fn tell<T>(deeds: &mut [(T, Possible)], votes: &[Vote]) {
    for (of, seat, chosen) in votes {
        let its = |it: &&mut (T, Possible)| {
            it.1.by.actors().first() == Some(seat)
                && matches!(&it.1.deed, Deed::Vote { ballot, .. } if ballot == of)
        };
        if let Some((_, Possible { deed: Deed::Vote { choice, .. }, .. })) = deeds.iter_mut().rev().find(its)
        {
            chosen.clone_into(choice);
        }
    }
}
