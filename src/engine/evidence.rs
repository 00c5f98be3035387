//! Evidence moves: documents are filed and struck, also while a ballot is open.

use std::sync::Arc;

use crate::engine::ballot::{BallotRun, Cast};
use crate::engine::case::{Case, Filed};
use crate::engine::filings::Filings;
use crate::engine::panel::Done;
use crate::engine::refusal::alternatives;
use crate::engine::{Refusal, State, paper};
use crate::statement::body::Attachments;
use crate::statement::{BallotRef, CaseRef};
use crate::values::{Digest, Id};
use crate::workflow::model::{Ballot, Change, Doing, NewEvidence, Trigger};

/// Something that came after somebody had voted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News<'a> {
    /// A document was filed under this name.
    Filed(&'a Id),
    /// A document of this name was struck.
    Struck(&'a Id),
    /// An elector is out of the ballot.
    Left(&'a Id),
}

impl State {
    /// Whatever was struck, and counts as filed nowhere, comes back under no name: its blob is to be kept nowhere.
    pub(super) fn judge_documents(&self, attach: &Attachments) -> Result<(), Refusal> {
        let struck = attach.iter().find(|(_, digest)| self.documents.is_struck(digest));
        let Some((name, digest)) = struck else {
            return Ok(());
        };
        let why = format!("its document `{name}`, {digest}, was struck");
        Err(Refusal::new("struck-document", why, "what was struck is not filed again; file another document"))
    }

    /// Takes a document out of the case under the names that the step strikes, and under no other: the same content
    /// filed as something else stays.
    pub(super) fn strike(&mut self, case: &CaseRef, place: usize, strike: Option<Digest>, done: Done) {
        let Some(digest) = strike else { return };
        let step = self.case(case).and_then(|case| case.rules()?.steps.get(place));
        let Some(Trigger::Do(Doing { strikes, .. })) = step.map(|step| step.trigger.clone()) else { return };
        let mut filings = 0;
        self.with_case(case, |case| {
            let meant = |filed: &Filed| filed.digest == digest && strikes.contains(&filed.name);
            filings = Arc::make_mut(&mut case.filed).strike(meant, done);
        });
        self.documents.strike(digest, u64::try_from(filings).unwrap_or(u64::MAX));
    }

    /// After an entry that may have filed or struck: the closing of an open ballot may be put off, and one whose votes
    /// do not stand gets a new paper.
    pub(super) fn evidence_moved(&mut self, id: &CaseRef, done: Done) {
        for ballot in self.open_in(id) {
            self.evidence_moved_in(&ballot, done);
        }
    }

    fn evidence_moved_in(&mut self, id: &BallotRef, done: Done) {
        let Some(case) = self.case(&id.case) else { return };
        let moved = |filed: &Filed| {
            filed.done.entry == done.entry || filed.struck.is_some_and(|struck| struck.entry == done.entry)
        };
        // A ballot that opened with this very entry knows already.
        let run =
            self.ballot_run(id).filter(|run| run.evidence <= done.entry && case.filed.iter().any(moved));
        let Some((run, ballot)) = run.and_then(|run| Some((run, run.rules()?))) else {
            return;
        };
        let now = run.now(done.at, case.suspended());
        if !matches!(ballot.new_evidence, NewEvidence::VotesLapse | NewEvidence::VotesToReaffirm) {
            self.with_ballot(id, |run, ballot| run.evidence_came(ballot, now));
            return;
        }
        let mut anew = run.clone();
        anew.evidence_came(ballot, now);
        let votes = std::mem::take(&mut anew.votes);
        anew.lapsed.extend(votes);
        anew.evidence = self.size;
        paper::renew(self, case, ballot, &mut anew);
        self.with_ballot(id, |run, ballot| {
            *run = anew;
            run.weigh(ballot, done.at);
        });
    }
}

/// Whether evidence may move in a case now: not while it has an open ballot that refuses that and would stay open.
pub(super) fn judge_evidence(case: &Case, moves: bool, leaves: bool) -> Result<(), Refusal> {
    let refuses = |run: &&BallotRun| run.rules().is_some_and(|it| it.new_evidence == NewEvidence::Refused);
    let Some(run) = case.open_ballots().find(refuses).filter(|_| moves && !leaves) else { return Ok(()) };
    let why = format!("the ballot {} is open, and takes no new evidence", run.id);
    Err(Refusal::new("evidence-closed", why, format!("wait until it has closed, by {}", run.closes)))
}

/// Whether an act names a document to strike just where it may: one of `filed`, under one of the names `strikes`.
pub(super) fn judge_strike(filed: &Filings, strike: Option<Digest>, strikes: &[Id]) -> Result<(), Refusal> {
    let why = match strike {
        None if strikes.is_empty() => return Ok(()),
        None => "it does not say which document it strikes".to_owned(),
        Some(digest) => {
            let there = filed.iter().find(|it| it.digest == digest && strikes.contains(&it.name));
            match there.map(|it| it.struck) {
                Some(None) => return Ok(()),
                Some(Some(struck)) => format!("{digest} was struck with entry {}", struck.entry),
                None => format!("{digest} is no document that this act can strike"),
            }
        }
    };
    let there = filed.iter().filter(|it| it.struck.is_none() && strikes.contains(&it.name));
    let there: Vec<String> =
        there.map(|it| format!("{} ({}, entry {})", it.digest, it.name, it.done.entry)).collect();
    let instead = match (strikes, there.as_slice()) {
        ([], _) => "leave `strike` out: this act strikes nothing".to_owned(),
        (_, []) => "nothing is filed in this case that it could strike".to_owned(),
        (_, there) => format!("name {}", alternatives(there)),
    };
    Err(Refusal::new("wrong-strike", why, instead))
}

/// Whether a vote says again what has to be reaffirmed; where votes can be changed, it may say something else at once.
pub(super) fn judge_reaffirmed(
    run: &BallotRun,
    ballot: &Ballot,
    seat: &Id,
    choice: &Id,
) -> Result<(), Refusal> {
    let lapsed = run.lapsed.get(seat).filter(|lapsed| lapsed.choice != *choice);
    let lapsed = lapsed.filter(|_| ballot.change == Change::Never);
    let (NewEvidence::VotesToReaffirm, Some(lapsed)) = (ballot.new_evidence, lapsed) else { return Ok(()) };
    let why = format!(
        "`{seat}` voted {} with entry {}, and votes cannot be changed",
        lapsed.choice, lapsed.done.entry
    );
    let instead = format!("vote {} again on the new paper, or let the vote lapse", lapsed.choice);
    Err(Refusal::new("not-reaffirmed", why, instead))
}

/// What has come in a case since `seat` voted in a ballot, with the entry, or without one where only time passed;
/// nothing where it has not.
pub fn since_vote<'a>(case: &'a Case, run: &'a BallotRun, seat: &Id) -> Vec<(Option<u64>, News<'a>)> {
    let Some(voted) = run.voted(seat) else { return Vec::new() };
    let by = |done: Done, news| (done.at, Some(done.entry), news);
    let filed = case.filed.iter().map(|filed| by(filed.done, News::Filed(&filed.name)));
    let struck = case.filed.iter().filter_map(|filed| Some(by(filed.struck?, News::Struck(&filed.name))));
    let left = run.left.iter().map(|(seat, leaving)| (leaving.at, leaving.entry, News::Left(seat)));
    let later = filed
        .chain(struck)
        .chain(left)
        .filter(|(at, entry, _)| entry.map_or(*at > voted.at, |entry| entry > voted.entry));
    let mut news: Vec<_> = later.collect();
    news.sort_by_key(|(at, entry, _)| (*at, *entry));
    news.into_iter().map(|(_, entry, news)| (entry, news)).collect()
}

/// The vote of a seat that new evidence took away and that was not cast anew, with the entry that did.
pub fn lapse<'a>(case: &'a Case, run: &'a BallotRun, seat: &Id) -> Option<(&'a Cast, Option<u64>)> {
    let cast = run.lapsed.get(seat)?;
    let moved = since_vote(case, run, seat).into_iter();
    let by = moved.filter(|(_, news)| !matches!(news, News::Left(_))).find_map(|(entry, _)| entry);
    Some((cast, by))
}
