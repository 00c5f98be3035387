//! Whose cosignatures are enough: C2SP tlog-policy.
//!
//! A policy names logs and witnesses by their keys, groups of witnesses with a threshold each, and one of them
//! as the quorum. It fetches nothing (addresses are kept as they stand), reads no clock (a [`Support`] gives the
//! witnesses' times, and what follows from them), and counts with the function that counts signers and seats.
//!
//! Where the specification leaves room: the last line too ends in a newline, as a policy cut off in a name would
//! be another policy; a threshold has no leading zeros; a witness or group is not called `none`; a text has at
//! most [`MAX_POLICY`] bytes. Keys of kinds not known here are refused: a witness that cannot be checked would
//! be one that never counts.

mod read;
mod support;

use std::fmt;

pub use read::PolicyError;
pub use support::{Support, SupportError};

use super::{VerifierKey, WitnessKey};

/// The longest text of a policy, in bytes: the most that fits into a statement.
pub const MAX_POLICY: usize = 65_535;

/// The name that stands for no quorum at all.
const NONE: &str = "none";

/// Known logs and witnesses, and which cosignatures make a checkpoint valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    /// Witnesses and groups in the order of their lines: a group's members stand before it.
    defined: Vec<Defined>,
    quorum: Quorum,
}

/// A log that a policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLog {
    /// Its key, whose name is the log's origin.
    pub key: VerifierKey,
    /// Where it is reached, as it stands in the policy.
    pub url: Option<Name>,
}

/// A witness that a policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWitness {
    /// What the policy calls it. That means nothing outside the policy.
    pub name: Name,
    /// Its key.
    pub key: WitnessKey,
    /// Where it takes requests (C2SP tlog-witness, the submission prefix), as it stands in the policy.
    pub url: Option<Name>,
}

/// A name or an address in a policy: bytes without spaces and control characters, UTF-8 or not; compared as bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Vec<u8>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Defined {
    Witness(Box<PolicyWitness>),
    Group(Group),
}

/// Which cosignatures are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quorum {
    None,
    /// Those of the witness or group at this place in [`Policy::defined`].
    Of(usize),
}

/// Witnesses and groups of which a number is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    name: Name,
    threshold: Threshold,
    /// Places in [`Policy::defined`], all before the group's own; no place is in two groups.
    members: Vec<usize>,
}

/// How many members of a group are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Threshold {
    All,
    Any,
    /// At least 1, at most the number of members.
    Number(u64),
}

impl Policy {
    /// The logs, any one of which may have signed.
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The witnesses, in the order of their lines. Not all need to be part of the quorum.
    pub fn witnesses(&self) -> impl Iterator<Item = &PolicyWitness> {
        self.defined.iter().filter_map(|defined| match defined {
            Defined::Witness(witness) => Some(&**witness),
            Defined::Group(_) => None,
        })
    }

    /// Whether it asks for any cosignature: not where it says `quorum none`.
    pub fn asks_witnesses(&self) -> bool {
        self.quorum != Quorum::None
    }

    /// The policy's text in its plain spelling: logs, then witnesses and groups, then the quorum; one space
    /// between words, no comments. Reading it gives this policy again.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = Text(Vec::new());
        for log in &self.logs {
            text.line(&[b"log", log.key.to_string().as_bytes()], log.url.as_ref());
        }
        for defined in &self.defined {
            match defined {
                Defined::Witness(witness) => {
                    let PolicyWitness { name, key, url } = &**witness;
                    text.line(&[b"witness", &name.0, key.to_string().as_bytes()], url.as_ref());
                }
                Defined::Group(Group { name, threshold, members }) => {
                    let threshold = threshold.to_string();
                    let mut words = vec![b"group".as_slice(), &name.0, threshold.as_bytes()];
                    words.extend(members.iter().map(|member| self.name(*member)));
                    text.line(&words, None);
                }
            }
        }
        let quorum = match self.quorum {
            Quorum::None => NONE.as_bytes(),
            Quorum::Of(place) => self.name(place),
        };
        text.line(&[b"quorum", quorum], None);
        text.0
    }

    /// The name of a witness or group.
    fn name(&self, place: usize) -> &[u8] {
        self.defined.get(place).map_or(b"", |defined| &defined.name().0)
    }
}

impl Defined {
    fn name(&self) -> &Name {
        match self {
            Self::Witness(witness) => &witness.name,
            Self::Group(group) => &group.name,
        }
    }
}

/// A text as it grows line by line.
struct Text(Vec<u8>);

impl Text {
    fn line(&mut self, words: &[&[u8]], url: Option<&Name>) {
        self.0.extend(words.join(&b' '));
        if let Some(url) = url {
            self.0.push(b' ');
            self.0.extend(&url.0);
        }
        self.0.push(b'\n');
    }
}

impl Name {
    /// The bytes as they stand in the policy.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Name {
    /// For people: bytes that are not UTF-8 are replaced.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Any => f.write_str("any"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}
