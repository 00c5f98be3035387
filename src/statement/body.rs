//! The statements that people sign. The wire form is in `docs/formats.md`; reading and writing it is
//! in the hands of `wire`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{AgreementRef, Amend, BallotRef, By, CaseRef, HolderRef, PublicKey, Salt};
use crate::log::Head;
use crate::values::{Digest, Id, Instant, ValueError, serde_as_text};

/// Attached documents by the names that the workflow asks for, each by the digest of its blob.
pub type Attachments = BTreeMap<Id, Digest>;

/// What somebody says and signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// In whose name it speaks.
    pub by: By,
    /// Where it belongs; `None` in an opening statement, which has nothing before it.
    pub header: Option<Header>,
    /// What it says.
    pub body: Body,
}

/// What every statement but the opening one carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The agreement to which it belongs.
    pub agreement: AgreementRef,
    /// The workflow in force for whoever signs.
    pub workflow: Digest,
    /// A head of this agreement's log, newer than the signer's previous statement.
    pub after: Head,
}

/// The kinds of statement, by the `type` on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// `open`: the parties open an agreement.
    Open(Box<Open>),
    /// `nominate`: an appointer names a person and key for a seat.
    Nominate(Nominate),
    /// `accept-seat`: the nominee takes the seat.
    AcceptSeat(AcceptSeat),
    /// `disclose`: a panelist files a disclosure.
    Disclose(Disclose),
    /// `recuse`: a panelist stays out of one case.
    Recuse(Recuse),
    /// `step-down`: a panelist gives up the seat.
    StepDown(StepDown),
    /// `act`: a step or duty that the workflow names; also opens a case.
    Act(Act),
    /// `vote`: a panelist's vote.
    Vote(Vote),
    /// `commit`: a panelist's vote on a sealed ballot, by a digest that tells nothing.
    Commit(Commit),
    /// `reveal`: what a `commit` stands for.
    Reveal(Reveal),
    /// `reaffirm`: all parties record that a named workflow stands unchanged.
    Reaffirm(Reaffirm),
    /// `amend`: all parties put another workflow into force.
    Amend(Box<Amend>),
    /// `replace-key`: a holder's key is rotated, or a lost one recovered.
    ReplaceKey(ReplaceKey),
}

/// The opening statement. Its digest is the agreement's anchor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// The agreement's name.
    pub name: Id,
    /// The log that keeps it.
    pub log: LogIdentity,
    /// The C2SP tlog-policy that says which witnesses the parties rely on; absent where none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The digest of the contract's text.
    pub contract: Digest,
    /// The workflow's whole text.
    pub workflow: String,
    /// The keys of the officers of each party and role.
    pub roster: Vec<RosterLine>,
    /// 32 random bytes in base64: no two agreements share an anchor.
    pub nonce: String,
}

/// The identity of a log: C2SP origin and verifier key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogIdentity {
    /// `<log name>/<agreement name>`.
    pub origin: String,
    /// `<origin>+<key id>+<key>` (C2SP signed-note).
    pub vkey: String,
}

/// One officer and the key that speaks for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterLine {
    /// `openai/ceo`.
    pub holder: HolderRef,
    /// The person, in words.
    pub person: String,
    /// Their key.
    pub key: PublicKey,
    /// From when they speak for the party or role; from the opening on where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Instant>,
    /// Until when, that instant included; for good where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
}

/// `nominate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nominate {
    /// The seat: `verification#1/i1` or `experts/i1`.
    pub seat: HolderRef,
    /// The person, in words.
    pub person: String,
    /// The nominee's key.
    pub key: PublicKey,
    /// For whom the nominee works: a name, so that the same one is spelt the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affiliation: Option<Id>,
}

/// `accept-seat`, signed by the nominee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptSeat {
    /// The seat.
    pub seat: HolderRef,
    /// May carry the `disclosure`, and then discloses as well.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attach: Attachments,
}

/// `disclose`: interests that bear on the panelist's independence, as an attached document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclose {
    /// The seat.
    pub seat: HolderRef,
    /// The `disclosure`.
    pub attach: Attachments,
}

/// `recuse`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recuse {
    /// The seat.
    pub seat: HolderRef,
    /// The case in which the panelist takes no part.
    pub case: CaseRef,
    /// The reason, in words.
    pub reason: String,
}

/// `step-down`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepDown {
    /// The seat.
    pub seat: HolderRef,
    /// The reason, in words.
    pub reason: String,
}

/// `act`: a step (`do = "…"`), a duty, or the act that opens a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// The case; an opening act names the case that it opens.
    pub case: CaseRef,
    /// The act's name in the workflow.
    #[serde(rename = "do")]
    pub act: Id,
    /// The seat that the case is about, where the workflow wants one named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<HolderRef>,
    /// The documents that the workflow asks for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attach: Attachments,
    /// The document that it takes out of the case, for a step with `strikes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strike: Option<Digest>,
}

/// `vote`. It carries question and choice in words as well: nobody signs blind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vote {
    /// The ballot.
    pub ballot: BallotRef,
    /// The question, in words.
    pub asks: String,
    /// The SHA-256 of the ballot paper.
    pub question: Digest,
    /// One of the ballot's choices, or its abstention.
    pub choice: Id,
    /// The documents that the ballot asks for, such as the `rationale`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attach: Attachments,
}

/// `commit`. Question and ballot stand in it in words, the choice only in the voter's opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// The ballot.
    pub ballot: BallotRef,
    /// The question, in words.
    pub asks: String,
    /// The SHA-256 of the ballot paper.
    pub question: Digest,
    /// [`Commitment::digest`] of the choice and a salt.
    ///
    /// [`Commitment::digest`]: super::Commitment::digest
    pub commitment: Digest,
}

/// `reveal`: with the salt, everything of which the commitment is the digest is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    /// The ballot.
    pub ballot: BallotRef,
    /// One of the ballot's choices, or its abstention.
    pub choice: Id,
    /// The salt of the commitment.
    pub salt: Salt,
    /// The documents that the ballot asks for, such as the `rationale`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attach: Attachments,
}

/// `reaffirm`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reaffirm {
    /// Why or on what occasion, in words.
    pub occasion: String,
    /// The joint statement, if there is a document.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attach: Attachments,
}

/// `replace-key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplaceKey {
    /// Whose key.
    pub holder: HolderRef,
    /// How.
    pub how: Replacement,
    /// The new key, which signs too.
    pub key: PublicKey,
}

/// The two ways in which a key is replaced. Neither is retroactive.
///
/// Read and written as text: serde's unit variants would take `{"rotation":null}` as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// Signed by the old and the new key; `by` is the holder's own party, role or seat.
    Rotation,
    /// The old key is lost: signed by the appointer, all other parties and the new key.
    Recovery,
}

impl FromStr for Replacement {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text {
            "rotation" => Ok(Self::Rotation),
            "recovery" => Ok(Self::Recovery),
            _ => Err(ValueError::new(text, "a way to replace a key: rotation or recovery")),
        }
    }
}

impl fmt::Display for Replacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rotation => "rotation",
            Self::Recovery => "recovery",
        })
    }
}

serde_as_text!(Replacement);

/// The documents that a statement names.
pub fn attachments(body: &Body) -> Attachments {
    match body {
        Body::AcceptSeat(accept) => accept.attach.clone(),
        Body::Disclose(disclose) => disclose.attach.clone(),
        Body::Act(act) => act.attach.clone(),
        Body::Vote(vote) => vote.attach.clone(),
        Body::Reveal(reveal) => reveal.attach.clone(),
        Body::Reaffirm(reaffirm) => reaffirm.attach.clone(),
        Body::Amend(amend) => amend.attach.clone(),
        Body::Open(_)
        | Body::Nominate(_)
        | Body::Recuse(_)
        | Body::StepDown(_)
        | Body::Commit(_)
        | Body::ReplaceKey(_) => Attachments::new(),
    }
}
