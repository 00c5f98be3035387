//! How statements name things: agreements, cases, ballots, holders, and in whose name one speaks.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::values::{Digest, Id, ValueError, serde_as_text};

/// An agreement by name and identity: `agi-2025@sha256:…`. The digest is the anchor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgreementRef {
    /// What people call it. Two agreements may share a name, never an anchor.
    pub name: Id,
    /// The SHA-256 of its opening statement.
    pub anchor: Digest,
}

impl FromStr for AgreementRef {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let refuse = || ValueError::new(text, "an agreement: NAME@sha256:… with 64 hexadecimal digits");
        let (name, anchor) = text.split_once('@').ok_or_else(refuse)?;
        Ok(Self { name: name.parse().map_err(|_| refuse())?, anchor: anchor.parse().map_err(|_| refuse())? })
    }
}

impl fmt::Display for AgreementRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.anchor)
    }
}

/// A case: the n-th run of a procedure, counted from 1: `verification#1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseRef {
    /// The procedure's name in the workflow.
    pub procedure: Id,
    /// Which run of it, from 1.
    pub number: NonZeroU32,
}

impl FromStr for CaseRef {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (procedure, number) =
            numbered(text).ok_or_else(|| ValueError::new(text, "a case: PROCEDURE#NUMBER"))?;
        Ok(Self { procedure, number })
    }
}

impl fmt::Display for CaseRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        padded(f, format_args!("{}#{}", self.procedure, self.number))
    }
}

/// A ballot of a case, the n-th of its name there, from 1: `verification#1/finding#1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BallotRef {
    /// The case in which it was opened.
    pub case: CaseRef,
    /// The ballot's name in the workflow.
    pub ballot: Id,
    /// Which round of it in this case, from 1.
    pub round: NonZeroU32,
}

impl FromStr for BallotRef {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let refuse = || ValueError::new(text, "a ballot: PROCEDURE#NUMBER/BALLOT#ROUND");
        let (case, ballot) = text.split_once('/').ok_or_else(refuse)?;
        let (ballot, round) = numbered(ballot).ok_or_else(refuse)?;
        Ok(Self { case: case.parse().map_err(|_| refuse())?, ballot, round })
    }
}

impl fmt::Display for BallotRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        padded(f, format_args!("{}/{}#{}", self.case, self.ballot, self.round))
    }
}

/// Writes a text, filled up where a width is asked for.
fn padded(f: &mut fmt::Formatter<'_>, text: fmt::Arguments<'_>) -> fmt::Result {
    match (f.width(), f.precision()) {
        (None, None) => f.write_fmt(text),
        _ => f.pad(&text.to_string()),
    }
}

/// `NAME#NUMBER`, the number without sign or leading zero.
fn numbered(text: &str) -> Option<(Id, NonZeroU32)> {
    let (name, number) = text.split_once('#')?;
    let parsed: NonZeroU32 = number.parse().ok()?;
    (parsed.to_string() == number).then_some((name.parse().ok()?, parsed))
}

/// Whoever a key speaks for: an officer of a party or role, a seat of a standing panel, or a seat of
/// a case's own panel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HolderRef {
    /// `openai/ceo`, `authority/registrar`: an officer of a party or role; `experts/i1`: a seat of the
    /// standing panel of that name.
    Office {
        /// The party, role or standing panel.
        body: Id,
        /// The officer or seat.
        name: Id,
    },
    /// `verification#1/i1`: a seat of the panel that was formed for one case.
    CaseSeat {
        /// The case.
        case: CaseRef,
        /// The seat.
        seat: Id,
    },
}

impl HolderRef {
    /// The officer's or the seat's own name, without its body or case.
    pub fn name(&self) -> &Id {
        match self {
            Self::Office { name, .. } => name,
            Self::CaseSeat { seat, .. } => seat,
        }
    }
}

impl FromStr for HolderRef {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let refuse = || ValueError::new(text, "a holder: PARTY/OFFICER, PANEL/SEAT or PROCEDURE#NUMBER/SEAT");
        let (body, name) = text.split_once('/').ok_or_else(refuse)?;
        let name = name.parse().map_err(|_| refuse())?;
        if body.contains('#') {
            Ok(Self::CaseSeat { case: body.parse().map_err(|_| refuse())?, seat: name })
        } else {
            Ok(Self::Office { body: body.parse().map_err(|_| refuse())?, name })
        }
    }
}

impl fmt::Display for HolderRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Office { body, name } => padded(f, format_args!("{body}/{name}")),
            Self::CaseSeat { case, seat } => padded(f, format_args!("{case}/{seat}")),
        }
    }
}

serde_as_text!(AgreementRef);
serde_as_text!(CaseRef);
serde_as_text!(BallotRef);
serde_as_text!(HolderRef);

/// In whose name a statement speaks: one actor (`"i1"`), or several jointly (`["microsoft","openai"]`,
/// sorted, at least two).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum By {
    /// One party, role or seat.
    One(Id),
    /// Several, each of which must sign.
    Jointly(Vec<Id>),
}

impl By {
    /// The actors named.
    pub fn actors(&self) -> &[Id] {
        match self {
            Self::One(actor) => std::slice::from_ref(actor),
            Self::Jointly(actors) => actors,
        }
    }

    /// Whether all whom the other names are among these.
    pub fn includes(&self, other: &Self) -> bool {
        other.actors().iter().all(|actor| self.actors().contains(actor))
    }

    /// The actors as one `By`: sorted, each once.
    pub fn of(mut actors: Vec<Id>) -> Self {
        actors.sort();
        actors.dedup();
        match <[Id; 1]>::try_from(actors) {
            Ok([actor]) => Self::One(actor),
            Err(actors) => Self::Jointly(actors),
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.actors().iter().map(Id::as_str).collect();
        f.pad(&names.join(" and "))
    }
}

impl Serialize for By {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(actor) => actor.serialize(out),
            Self::Jointly(actors) => actors.serialize(out),
        }
    }
}

// By hand: an untagged enum would hide why neither form fits.
impl<'de> Deserialize<'de> for By {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(ByVisitor)
    }
}

struct ByVisitor;

impl<'de> de::Visitor<'de> for ByVisitor {
    type Value = By;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one actor's name, or a sorted list of at least two different names")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<By, E> {
        text.parse().map(By::One).map_err(E::custom)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<By, A::Error> {
        let actors = Vec::<Id>::deserialize(de::value::SeqAccessDeserializer::new(list))?;
        if actors.len() >= 2 && actors.is_sorted_by(|a, b| a < b) {
            Ok(By::Jointly(actors))
        } else {
            Err(de::Error::custom("several actors are a sorted list of at least two different names"))
        }
    }
}
