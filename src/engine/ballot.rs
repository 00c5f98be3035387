//! A ballot as it runs: electors fixed at opening, votes by seat, the outcome at closing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::clock::Moment;
use crate::engine::count::{Marks, Standing, Table, marks};
use crate::engine::panel::Done;
use crate::engine::paper::Written;
use crate::engine::sealed::Sealing;
use crate::engine::window::Comes;
use crate::statement::{BallotRef, PublicKey};
use crate::values::{Digest, Id, Instant, Span};
use crate::workflow::Workflow;
use crate::workflow::model::{Ballot, Early, Gives, NO_QUORUM, Outcome};

/// One round of a ballot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallotRun {
    /// Its name.
    pub id: BallotRef,
    /// The workflow under which it opened.
    pub workflow: Arc<Workflow>,
    /// When it opened.
    pub opened: Instant,
    /// When its window ends if nothing closes it before; late votes may have put it off. Of a sealed ballot, when the
    /// present phase ends.
    pub closes: Instant,
    /// The end of the present phase as the workflow counts it, before votes and acts put it off; without the days on
    /// which the case stood still, where it counts business days.
    pub counted: Instant,
    /// How often late votes have put the closing off.
    pub extended: u32,
    /// The acts that can put the end of its window off, in words.
    pub put_off_by: Arc<[String]>,
    /// How long it has stood still in all, while its case was suspended.
    pub stood: Span,
    /// The rules in force are those of this time after the opening: the latest at which one eased; 0 before. Where it
    /// closed early since its outcome was certain, the latest at which one would have eased by the end of its window.
    pub eased: Span,
    /// Since when the rules of outcomes that must last have held without a break, by their place in the list.
    pub held: BTreeMap<usize, Instant>,
    /// Who may vote, by seat; fixed at opening.
    pub electors: Arc<BTreeMap<Id, Elector>>,
    /// Electors who do not vote and count as abstaining, since an act of the case obliges them to.
    pub obliged: Arc<BTreeMap<Id, Cast>>,
    /// Who is seated and may not vote, with the reason.
    pub excluded: Arc<BTreeMap<Id, String>>,
    /// The seats at opening, marked where filled.
    pub seats: Arc<Marks<()>>,
    /// The votes, by seat: the one that counts. Of a sealed ballot those revealed, and at its closing the others.
    pub votes: BTreeMap<Id, Cast>,
    /// The commitments of a sealed ballot.
    pub sealed: Option<Sealing>,
    /// Electors who left or may not vote any more, by seat, with the reason. The base stays.
    pub left: BTreeMap<Id, Leaving>,
    /// Votes that new evidence took away, by seat, where nobody has voted anew yet.
    pub lapsed: BTreeMap<Id, Cast>,
    /// The number of entries up to which the paper tells what is filed and struck in the case: as at opening, or
    /// when evidence last moved where votes do not stand on an older paper.
    pub evidence: u64,
    /// The SHA-256 of the ballot paper.
    pub paper: Digest,
    /// The paper as far as it was hashed: it goes on from there where documents are added.
    pub written: Written,
    /// How it ended.
    pub closed: Option<Closing>,
}

/// One who may vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elector {
    /// The person, in words.
    pub person: String,
    /// The seat's key at opening; by its fingerprint a voter's machine finds its line.
    pub key: PublicKey,
    /// The entries by which the person had taken the seat then.
    pub taken: Vec<u64>,
    /// How the vote counts.
    pub standing: Standing,
}

/// A vote that was cast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cast {
    /// The choice, or the abstention.
    pub choice: Id,
    /// When, and by which entry.
    pub done: Done,
}

/// Why an elector is out of an open ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaving {
    /// The reason.
    pub reason: Reason,
    /// When.
    pub at: Instant,
    /// By which entry, or `None` where only time passed.
    pub entry: Option<u64>,
    /// Whether a vote already cast counts all the same.
    pub vote_stands: bool,
}

/// Why an elector is out of an open ballot, or somebody out of a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Stays out of the case.
    Recused,
    /// Gave up the seat.
    SteppedDown,
    /// Somebody else was nominated before the seat was accepted.
    Replaced,
    /// Has the seat still, with a key that was recovered meanwhile.
    KeyRecovered,
    /// Lost the seat by what a case found.
    Dismissed,
    /// An amendment has the seat no more.
    SeatGone,
}

impl Reason {
    /// `stepped down`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Recused => "recused",
            Self::SteppedDown => "stepped down",
            Self::Replaced => "replaced",
            Self::KeyRecovered => "key recovered",
            Self::Dismissed => "dismissed",
            Self::SeatGone => "the seat is no more",
        }
    }
}

/// How a ballot ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// When.
    pub at: Instant,
    /// The entry that closed it, be it before its time or after; `None` where time alone did.
    pub entry: Option<u64>,
    /// The outcome; `None` where the case left the state before the ballot had one.
    pub outcome: Option<Id>,
}

impl Leaving {
    /// Leaving by an entry; whether the vote stands is for the workflow to say.
    pub(super) fn by(reason: Reason, done: Done) -> Self {
        Self { reason, at: done.at, entry: Some(done.entry), vote_stands: false }
    }
}

impl BallotRun {
    /// What the workflow says of it: how votes are taken and count.
    pub fn rules(&self) -> Option<&Ballot> {
        self.workflow.ballot(&self.id.ballot)
    }

    /// When and by which entry a seat voted last, be it a commitment or a vote that has lapsed.
    pub fn voted(&self, seat: &Id) -> Option<Done> {
        match &self.sealed {
            Some(sealing) => sealing.commitments.get(seat).map(|committed| committed.done),
            None => self.votes.get(seat).or_else(|| self.lapsed.get(seat)).map(|cast| cast.done),
        }
    }

    /// The votes that count now, each elector once.
    pub fn marks(&self) -> Marks<Id> {
        let entitled = self.electors.iter().map(|(seat, elector)| (seat, elector.standing.clone()));
        marks(entitled, self.counting().map(|(seat, cast)| (seat, cast.choice.clone())))
    }

    /// The votes that count: not those of whoever left, unless they stand; and whoever must abstain does.
    pub fn counting(&self) -> impl Iterator<Item = (&Id, &Cast)> {
        self.votes.iter().chain(&*self.obliged).filter(|(seat, _)| self.counts(seat))
    }

    /// Who can still vote: electors who have neither voted nor left. In a sealed ballot, who can still commit, and
    /// then who can still reveal.
    pub fn awaited(&self) -> impl Iterator<Item = (&Id, &Elector)> {
        let awaited = |seat: &Id| match &self.sealed {
            None => !self.votes.contains_key(seat) && !self.left.contains_key(seat),
            Some(Sealing { commitments, revealing: None, .. }) => {
                !commitments.contains_key(seat) && !self.left.contains_key(seat)
            }
            Some(Sealing { commitments, revealing: Some(_), .. }) => {
                commitments.get(seat).is_some_and(|committed| committed.revealed.is_none())
                    && self.counts(seat)
            }
        };
        self.electors.iter().filter(move |(seat, _)| !self.obliged.contains_key(*seat) && awaited(seat))
    }

    /// The answer that its outcome gives, once it has closed.
    pub fn answer(&self, ballot: &Ballot) -> Option<Id> {
        let outcome = self.closed.as_ref()?.outcome.as_ref()?;
        let gives = ballot.given_by(outcome) == Some(Gives::Answer);
        gives.then(|| self.table(ballot).answer())?
    }

    /// What can be chosen besides abstaining: as the paper says, whatever has happened since.
    pub fn choices<'a>(&'a self, ballot: &'a Ballot) -> impl Iterator<Item = &'a Id> {
        let stands = |seat: &Id| self.electors.contains_key(seat) && !self.obliged.contains_key(seat);
        ballot.choices.iter().filter(move |choice| !ballot.candidates() || stands(choice))
    }

    /// What a vote can name, less answers: the choices and the abstention.
    pub fn offered<'a>(&'a self, ballot: &'a Ballot) -> impl Iterator<Item = &'a Id> {
        self.choices(ballot).chain(&ballot.abstention)
    }

    /// What the rules of the ballot count now. Nobody leads who has left; a recovered key is the same person's.
    pub fn table(&self, ballot: &Ballot) -> Table {
        let gone = |seat: &Id| self.left.get(seat).is_some_and(|it| it.reason != Reason::KeyRecovered);
        let choices = self.choices(ballot).filter(|choice| !ballot.candidates() || !gone(choice));
        let choices = choices.cloned().collect();
        Table { choices, ..Table::of_ballot(ballot, self.marks(), Arc::clone(&self.seats)) }
    }

    /// Who is chosen with this outcome.
    pub fn chosen(&self, ballot: &Ballot, outcome: &Id) -> Option<Id> {
        chosen(ballot, &self.table(ballot), outcome)
    }

    /// Whether its window ends now, before its time; of a sealed ballot, whether the present phase does.
    pub fn closes_early(&self, ballot: &Ballot, moment: Moment) -> bool {
        self.closes_early_by(ballot, moment, || Cow::Owned(self.table(ballot)))
    }

    /// The same, where its table may be at hand.
    pub(super) fn closes_early_by<'t>(
        &self,
        ballot: &Ballot,
        moment: Moment,
        table: impl FnOnce() -> Cow<'t, Table>,
    ) -> bool {
        if let Some(sealing) = &self.sealed {
            return self.phase_is_done(sealing, ballot);
        }
        match &ballot.early {
            Early::Never => false,
            Early::AllVoted => {
                self.votes.keys().any(|seat| self.counts(seat)) && self.awaited().next().is_none()
            }
            Early::When(rule) => table().holds(rule),
            Early::Confirmed => match self.comes_to(ballot, moment) {
                Comes::To(is) => ballot.outcomes.iter().any(|it| it.is == is && it.lasting.is_some()),
                Comes::Confirming(_) => false,
            },
            Early::Certain => {
                let awaited = self.awaited().map(|(seat, elector)| (seat, elector.standing.clone()));
                let awaited = marks::<_, Id>(awaited, []);
                certain(ballot, &table(), &awaited, self.eased_at_the_end(ballot))
            }
        }
    }
}

/// Who is chosen with this outcome, where these votes counted.
pub(super) fn chosen(ballot: &Ballot, table: &Table, outcome: &Id) -> Option<Id> {
    let gives = ballot.given_by(outcome) == Some(Gives::Chair);
    gives.then(|| table.leader().cloned())?
}

/// Whether the rule of an outcome that is in force so long after the opening holds. "Otherwise" always does.
pub fn holds(outcome: &Outcome, table: &Table, elapsed: Span) -> bool {
    outcome.gives.is_none_or(|gives| table.comes_to(gives))
        && outcome.rule_after(elapsed).is_none_or(|rule| table.holds(rule))
}

/// The outcomes whose rules are in force and hold so long after the opening, each with its place in the list; none without
/// a quorum. The first is what the ballot comes to, unless it must last.
pub(super) fn holding<'a>(
    ballot: &'a Ballot,
    table: &'a Table,
    elapsed: Span,
) -> impl Iterator<Item = (usize, &'a Outcome)> {
    let listed = if table.has_quorum(ballot) { ballot.outcomes.as_slice() } else { &[] };
    listed.iter().enumerate().filter(move |(_, outcome)| holds(outcome, table, elapsed))
}

/// The outcome of a ballot in which these votes counted, by the rules in force so long after its opening; none
/// of them must last.
pub fn outcome(ballot: &Ballot, table: &Table, elapsed: Span) -> Id {
    let first = holding(ballot, table, elapsed).next();
    first.map_or_else(|| Id::constant(NO_QUORUM), |(_, outcome)| outcome.is.clone())
}

/// Whether every way in which those who can still vote may vote, abstain or stay silent gives the
/// outcome that stands now, by the rules in force at the end of the window, so long after its opening: `workflow check`
/// lets none last. Walks the ways by group of equal standing; `workflow check` bounds them.
pub fn certain(ballot: &Ballot, table: &Table, awaited: &Marks<Id>, elapsed: Span) -> bool {
    let groups: Vec<(&Standing, u32)> =
        awaited.iter().map(|(standing, made)| (standing, made.values().sum())).collect();
    let options: Vec<&Id> = ballot.choices.iter().chain(&ballot.abstention).collect();
    let now = outcome(ballot, table, elapsed);
    let mut completed = table.clone();
    every_completion(&mut completed, &groups, &options, &mut |completed| {
        outcome(ballot, completed, elapsed) == now
    })
}

/// Whether `holds` for every completion; stops at the first for which it does not.
fn every_completion(
    table: &mut Table,
    groups: &[(&Standing, u32)],
    options: &[&Id],
    holds: &mut impl FnMut(&Table) -> bool,
) -> bool {
    let Some(((standing, silent), later)) = groups.split_first() else {
        return holds(table);
    };
    distribute(table, standing, *silent, options, &mut |table| every_completion(table, later, options, holds))
}

/// Every way to spread up to `silent` heads of one standing over the options.
fn distribute(
    table: &mut Table,
    standing: &Standing,
    silent: u32,
    options: &[&Id],
    holds: &mut dyn FnMut(&mut Table) -> bool,
) -> bool {
    let Some((option, rest)) = options.split_first() else {
        return holds(table);
    };
    (0..=silent).all(|heads| {
        table.shift(standing, heads, (None, Some(option)));
        let held = distribute(table, standing, silent - heads, rest, holds);
        table.shift(standing, heads, (Some(option), None));
        held
    })
}
