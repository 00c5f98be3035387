//! The ballot paper: the exact text that a vote's `question` is the SHA-256 of.
//!
//! It is TOML, so that a person can read it and a voter's machine too. Its form is part of language 1:
//! every voter signs its digest, so not a byte of it ever changes.

mod made;
mod write;

use serde::Deserialize;

use crate::statement::{AgreementRef, BallotRef, HolderRef};
use crate::values::{Digest, Id, Instant, Span};
use crate::workflow::model::{AnswerKind, Nature};
pub use made::Written;
pub(super) use made::renew;

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
