//! Votes of which nothing tells before their ballot closes what they are, or not even who has cast one.
//!
//! On a ballot of the first kind votes are cast blank: a walk lets everybody vote for its first choice, and chooses at the
//! closing what they had voted. On one of the second kind nobody votes before the closing, where who had voted is chosen too; only
//! that so many vote at once that it ends the window is a turn of its own. Either gives one way for everything that the ballot can
//! come to, and that a proposition counts of it, since nothing else of a closed ballot is looked at. Whatever was
//! cast so could have been cast: what is told of a behaviour says who voted, and what was chosen.

use std::collections::{BTreeMap, BTreeSet};

use super::branch::{Branch, Turn};
use super::told;
use super::view::View;
use crate::engine::possible::{Deed, Possible};
use crate::engine::trial::Trial;
use crate::statement::BallotRef;
use crate::values::Id;
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
        let mut so = Trial::of(run)?;
        for seat in &voters {
            so.give(seat, Some(&blank));
        }
        so.closes_early().then(|| Turn::Enough(ballot.clone(), voters))
    };
    voters.into_iter().filter_map(ends).collect()
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
