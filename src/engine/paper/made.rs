//! The paper of a ballot as it runs, and its digest.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::{AnswerLine, EaseLine, ElectorLine, ExcludedLine, FiledLine, OutcomeLine, Paper, SealedLine};
use crate::engine::ballot::BallotRun;
use crate::engine::case::{Case, Filed, Obligation};
use crate::engine::state::State;
use crate::statement::BallotRef;
use crate::values::{Digest, Length};
use crate::workflow::model::{Ballot, Change, Early, Extend, Nature, NewEvidence};

impl State {
    /// The paper of a ballot on which votes are taken; `None` where there is no such ballot.
    pub fn ballot_paper(&self, id: &BallotRef) -> Option<String> {
        Some(text(self, self.case(&id.case)?, self.ballot(id)?, self.ballot_run(id)?))
    }
}

/// A paper as far as it was hashed: everything but the documents, and these one after the other. Each is written last, so a
/// paper with more of them goes on where the one before it ended, and costs what is new.
#[derive(Clone, Default)]
pub struct Written(Option<Hashed>);

#[derive(Clone)]
struct Hashed {
    /// The digest of the text before the documents.
    frame: Digest,
    /// How many of the case's documents it has been through, and how many were struck then: if more are now, a line may be gone.
    filed: usize,
    struck: usize,
    hash: Sha256,
}

/// What follows from the rest of a ballot is no part of it.
impl PartialEq for Written {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Written {}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Written").field(&self.0.as_ref().map(|hashed| hashed.filed)).finish()
    }
}

/// Gives a ballot the paper with what is filed by now. A blank one is told by the ballot, and the evidence that it knows.
pub(in crate::engine) fn renew(state: &State, case: &Case, ballot: &Ballot, run: &mut BallotRun) {
    if state.blank_papers {
        let mut blank = [0; 32];
        blank.iter_mut().zip(run.evidence.to_be_bytes()).for_each(|(to, from)| *to = from);
        run.paper = Digest(blank);
        return;
    }
    let text = frame(state, case, ballot, run).to_text();
    let (frame, struck) = (Digest::of(text.as_bytes()), case.filed.struck());
    let before = run.written.0.take().filter(|it| it.frame == frame && it.struck == struck);
    let mut hashed = before.unwrap_or_else(|| Hashed {
        frame,
        filed: 0,
        struck,
        hash: Sha256::new_with_prefix(text.as_bytes()),
    });
    for filed in case.filed.after(hashed.filed).take_while(|filed| filed.done.entry < run.evidence) {
        if filed.counts_at(run.evidence) {
            hashed.hash.update(line(filed).to_text().as_bytes());
        }
        hashed.filed += 1;
    }
    run.paper = Digest(hashed.hash.clone().finalize().into());
    run.written = Written(Some(hashed));
}

/// The exact text of a ballot's paper.
fn text(state: &State, case: &Case, ballot: &Ballot, run: &BallotRun) -> String {
    let filed = case.filed.iter().filter(|filed| filed.counts_at(run.evidence)).map(line).collect();
    Paper { filed, ..frame(state, case, ballot, run) }.to_text()
}

fn line(filed: &Filed) -> FiledLine {
    let (name, by) = (filed.name.clone(), filed.by.clone());
    FiledLine { name, digest: filed.digest, by, entry: filed.done.entry }
}

/// The paper without its documents.
fn frame(state: &State, case: &Case, ballot: &Ballot, run: &BallotRun) -> Paper {
    let outcomes = ballot.outcomes.iter().map(|outcome| OutcomeLine {
        is: outcome.is.clone(),
        rule: outcome.rule.as_ref().map(|rule| rule.text.clone()),
        lasting: outcome.lasting,
        eases: outcome
            .eases
            .iter()
            .map(|ease| EaseLine { after: ease.after, rule: ease.rule.text.clone() })
            .collect(),
        gives: outcome.gives.map(|gives| gives.word().to_owned()),
    });
    let electors = run.electors.iter().map(|(seat, elector)| ElectorLine {
        seat: state.seat_name(case, seat),
        person: elector.person.clone(),
        key: elector.key.fingerprint(),
        weight: elector.standing.weight,
        class: elector.standing.class.clone(),
        affiliation: elector.standing.affiliation.clone(),
        abstains: run.obliged.get(seat).and(case.obliged.get(seat)).map(Obligation::words),
    });
    let excluded = run
        .excluded
        .iter()
        .map(|(seat, reason)| ExcludedLine { seat: state.seat_name(case, seat), reason: reason.clone() });
    let nature = match run.workflow.nature {
        Nature::Specimen => "specimen",
        Nature::Live => "live",
    };
    let change = match ballot.change {
        Change::Never => "never",
        Change::UntilClose => "until close",
    };
    let early = match &ballot.early {
        Early::Never => "never",
        Early::AllVoted => "all voted",
        Early::Certain => "certain",
        Early::Confirmed => "confirmed",
        Early::When(rule) => &rule.text,
    };
    let new_evidence = match ballot.new_evidence {
        NewEvidence::VotesStand => None,
        NewEvidence::Refused => Some("refused"),
        NewEvidence::VotesLapse => Some("votes lapse"),
        NewEvidence::VotesToReaffirm => Some("votes to reaffirm"),
    };
    Paper {
        paper: 1,
        nature: nature.to_owned(),
        agreement: state.agreement.clone(),
        workflow: run.workflow.digest,
        title: run.workflow.title.clone(),
        contract: run.workflow.contract.digest,
        origin: state.log.origin.clone(),
        vkey: state.log.vkey.clone(),
        ballot: run.id.clone(),
        about: case.subject.as_ref().map(|subject| subject.seat.clone()),
        person: case.subject.as_ref().map(|subject| subject.person.clone()),
        asks: ballot.question.clone(),
        classes: ballot.classes.clone(),
        choices: run.choices(ballot).cloned().collect(),
        answer: ballot.answer.as_ref().map(|answer| AnswerLine {
            is: answer.is.word().to_owned(),
            unit: answer.unit.clone(),
            decides: answer.decides.word().to_owned(),
        }),
        abstention: ballot.abstention.clone(),
        attach: ballot.attach.clone(),
        opened: run.opened,
        // As it was when the ballot opened, whatever has put the closing off since: the paper does not change.
        closes: ballot.open_for.end(run.opened, !ballot.excluded),
        open_for: matches!(ballot.open_for, Length::Business(_)).then(|| ballot.open_for.to_string()),
        put_off_by: run.put_off_by.to_vec(),
        suspended_by: run.workflow.suspending(&case.id.procedure).map(|it| it.name.clone()).collect(),
        change: change.to_owned(),
        new_evidence: new_evidence.map(str::to_owned),
        early: early.to_owned(),
        extend: ballot.extend.as_ref().map(Extend::words),
        sealed: ballot.sealed.as_ref().map(|sealed| SealedLine {
            reveal_for: sealed.reveal_for.to_string(),
            unrevealed: sealed.unrevealed.words().to_owned(),
        }),
        count: ballot.per_affiliation.then(|| "one per affiliation".to_owned()),
        quorum: ballot.quorum.as_ref().map(|rule| rule.text.clone()),
        outcomes: outcomes.collect(),
        electors: electors.collect(),
        excluded: excluded.collect(),
        filed: Vec::new(),
    }
}
