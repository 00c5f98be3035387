//! The ballot paper: the exact text that a vote's `question` is the SHA-256 of.
//!
//! It is TOML, so that a person can read it and a voter's machine too. Its form is part of language 1:
//! every voter signs its digest, so not a byte of it ever changes.

mod write;

use serde::Deserialize;

use crate::engine::ballot::BallotRun;
use crate::engine::case::{Case, Obligation};
use crate::engine::state::State;
use crate::statement::{AgreementRef, BallotRef, HolderRef};
use crate::values::{Digest, Id, Instant, Length, Span};
use crate::workflow::model::{AnswerKind, Ballot, Change, Early, Extend, Nature, NewEvidence};

/// A ballot paper as a voter's machine reads it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Paper {
    /// The form of the paper: 1.
    pub paper: u32,
    /// `specimen` or `live`.
    pub nature: String,
    /// The agreement.
    pub agreement: AgreementRef,
    /// The workflow in force.
    pub workflow: Digest,
    /// Its title.
    pub title: String,
    /// The contract, by the digest of its text.
    pub contract: Digest,
    /// The origin of the agreement's log.
    pub origin: String,
    /// Its verifier key.
    pub vkey: String,
    /// The ballot.
    pub ballot: BallotRef,
    /// The seat that the case is about.
    pub about: Option<HolderRef>,
    /// Whoever sat there when the case was opened.
    pub person: Option<String>,
    /// The question.
    pub asks: String,
    /// The classes whose seats vote, and are the `seats` of its rules; absent where all do.
    #[serde(default)]
    pub classes: Vec<Id>,
    /// The choices.
    pub choices: Vec<Id>,
    /// What can be answered besides.
    pub answer: Option<AnswerLine>,
    /// The abstention, if one may abstain.
    pub abstention: Option<Id>,
    /// The documents that a vote must carry.
    pub attach: Vec<Id>,
    /// When the ballot opened.
    pub opened: Instant,
    /// When it closes at the latest, unless a case of `suspended-by` runs meanwhile: then so much later.
    pub closes: Instant,
    /// How many business days it is open, where it counts any: days on which it is suspended are none of them.
    pub open_for: Option<String>,
    /// The procedures whose cases suspend the ballot.
    #[serde(default)]
    pub suspended_by: Vec<Id>,
    /// The acts that can put the closing off.
    #[serde(default)]
    pub put_off_by: Vec<String>,
    /// Whether a vote may be changed: `never` or `until close`.
    pub change: String,
    /// What becomes of votes when evidence moves; absent where they stand.
    pub new_evidence: Option<String>,
    /// What closes the ballot before its time.
    pub early: String,
    /// What puts its closing off.
    pub extend: Option<String>,
    /// Of a sealed ballot: how long votes are revealed, and what one counts as that is not.
    #[serde(default)]
    pub sealed: Option<SealedLine>,
    /// How votes count, where not each by itself: `one per affiliation`.
    pub count: Option<String>,
    /// The quorum.
    pub quorum: Option<String>,
    /// The outcomes, in order.
    #[serde(default, rename = "outcome")]
    pub outcomes: Vec<OutcomeLine>,
    /// Who may vote.
    #[serde(default, rename = "elector")]
    pub electors: Vec<ElectorLine>,
    /// Who is on the panel and may not vote.
    #[serde(default)]
    pub excluded: Vec<ExcludedLine>,
    /// What was filed, and not struck, when the ballot opened; or when evidence last moved, where votes do not stand on
    /// an older paper.
    #[serde(default)]
    pub filed: Vec<FiledLine>,
}

/// What a sealed ballot does with votes after `closes`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SealedLine {
    /// How long they can be revealed.
    pub reveal_for: String,
    /// What one counts as that is not: `has not voted`, `abstains`, or a choice.
    pub unrevealed: String,
}

/// An outcome and its rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeLine {
    /// Its name.
    pub is: Id,
    /// Its rule; absent for "otherwise".
    #[serde(rename = "if")]
    pub rule: Option<String>,
    /// How long the rule must have held without a break.
    #[serde(rename = "for")]
    pub lasting: Option<Span>,
    /// What takes the place of the rule with time.
    #[serde(default)]
    pub eases: Vec<EaseLine>,
    /// `answer` or `chair`, where the outcome gives that.
    pub gives: Option<String>,
}

/// What can be answered, and which answer decides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerLine {
    /// `number`, `date` or `text`.
    pub is: String,
    /// What it counts.
    pub unit: Option<String>,
    /// `median` or `leading`.
    pub decides: String,
}

impl AnswerLine {
    /// What can be answered; none where the word is not known.
    pub fn kind(&self) -> Option<AnswerKind> {
        [AnswerKind::Number, AnswerKind::Date, AnswerKind::Text]
            .into_iter()
            .find(|kind| kind.word() == self.is)
    }
}

/// A rule that takes the place of an outcome's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EaseLine {
    /// From when on, counted from the opening of the ballot.
    pub after: Span,
    /// The rule.
    #[serde(rename = "if")]
    pub rule: String,
}

/// An elector.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElectorLine {
    /// The seat.
    pub seat: HolderRef,
    /// The person.
    pub person: String,
    /// The fingerprint of the seat's key when the ballot opened.
    pub key: String,
    /// The weight of the vote.
    pub weight: u32,
    /// The class.
    pub class: Option<Id>,
    /// For whom the elector works, where the ballot counts identical votes of one affiliation as one.
    pub affiliation: Option<Id>,
    /// What obliges the elector to abstain, where something does: no vote of theirs is taken.
    pub abstains: Option<String>,
}

/// A seat without a vote.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExcludedLine {
    /// The seat.
    pub seat: HolderRef,
    /// Why.
    pub reason: String,
}

/// A filed document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FiledLine {
    /// The name under which the workflow asks for it.
    pub name: Id,
    /// The digest of its blob.
    pub digest: Digest,
    /// In whose name.
    pub by: String,
    /// The entry.
    pub entry: u64,
}

/// Why a text is no ballot paper.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// It has not the fields of one.
    #[error("it is no ballot paper: {0}")]
    Fields(String),
    /// A later form.
    #[error("it is a paper of form {0}, and this version of quorate knows form 1")]
    Form(u32),
    /// It says the same in other words than the log does: something was added, moved or written differently.
    #[error(
        "it is not in the exact form in which a log writes its papers: it was altered; vote on the one that \
         `quorate ballot --out` wrote, unchanged"
    )]
    Altered,
    /// Its key is of another log, or its log of another agreement.
    #[error(
        "its log is `{origin}`, its key is of `{key}` and its agreement `{name}`: they do not belong together"
    )]
    Mixed {
        /// The origin on it.
        origin: String,
        /// The name of the key on it.
        key: String,
        /// The name of the agreement on it.
        name: Id,
    },
}

impl Paper {
    /// Reads a paper in exactly the form in which the log writes it: its digest is signed, so a comment more is
    /// another paper.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PaperError> {
        let paper: Self =
            toml::from_str(text).map_err(|error| PaperError::Fields(error.message().to_owned()))?;
        if paper.paper != 1 {
            return Err(PaperError::Form(paper.paper));
        }
        if paper.to_text() != text {
            return Err(PaperError::Altered);
        }
        let key = paper.vkey.split_once('+').map_or("", |(name, _)| name);
        let name = &paper.agreement.name;
        if key != paper.origin || !paper.origin.ends_with(&format!("/{name}")) {
            let (origin, key, name) = (paper.origin.clone(), key.to_owned(), name.clone());
            return Err(PaperError::Mixed { origin, key, name });
        }
        Ok(paper)
    }

    /// Whether the ballot is of a specimen. What does not say `live` is not taken for it.
    pub fn nature(&self) -> Nature {
        if self.nature == "live" { Nature::Live } else { Nature::Specimen }
    }
}

impl State {
    /// The paper of a ballot on which votes are taken; `None` where there is no such ballot.
    pub fn ballot_paper(&self, id: &BallotRef) -> Option<String> {
        Some(text(self, self.case(&id.case)?, self.ballot(id)?, self.ballot_run(id)?))
    }
}

/// The digest of a ballot's paper as it is now. A blank one is told by the ballot, and the evidence that it knows.
pub(super) fn digest(state: &State, case: &Case, ballot: &Ballot, run: &BallotRun) -> Digest {
    if state.blank_papers {
        let mut blank = [0; 32];
        blank.iter_mut().zip(run.evidence.to_be_bytes()).for_each(|(to, from)| *to = from);
        return Digest(blank);
    }
    Digest::of(text(state, case, ballot, run).as_bytes())
}

/// The exact text of a ballot's paper.
fn text(state: &State, case: &Case, ballot: &Ballot, run: &BallotRun) -> String {
    paper(state, case, ballot, run).to_text()
}

fn paper(state: &State, case: &Case, ballot: &Ballot, run: &BallotRun) -> Paper {
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
    let filed = case.filed.iter().filter(|filed| filed.counts_at(run.evidence)).map(|filed| FiledLine {
        name: filed.name.clone(),
        digest: filed.digest,
        by: filed.by.clone(),
        entry: filed.done.entry,
    });
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
        filed: filed.collect(),
    }
}
