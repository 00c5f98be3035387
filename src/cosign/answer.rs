//! What a witness answered, in words for whoever keeps the log.

use std::time::Duration;

use crate::log::note::NoteSignature;
use crate::log::policy::PolicyWitness;
use crate::log::{Cosignature, CosignatureError, Head};
use crate::net::NetError;
use crate::values::{Instant, Span};

/// What one witness answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Who.
    pub witness: PolicyWitness,
    /// A cosignature, or why there is none.
    pub outcome: Result<Given, Fault>,
    /// How long it took.
    pub took: Duration,
}

/// A good cosignature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The line under the checkpoint.
    pub line: NoteSignature,
    /// When.
    pub at: Cosignature,
    /// The size that the witness had cosigned before; 0 where it had not seen this log.
    pub known: u64,
}

/// A checkpoint that the log's own key has signed and that does not fit to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// What it states.
    pub head: Head,
    /// The signed note, verbatim.
    pub note: String,
}

/// Why there is no cosignature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The policy gives no address.
    #[error("the policy gives no address for it")]
    NoAddress,
    /// The network.
    #[error(transparent)]
    Net(#[from] NetError),
    /// It did not answer in time.
    #[error("it did not answer within {} seconds", .0.as_secs())]
    Late(Duration),
    /// Status 404.
    #[error("it does not know this log (404): give its operator the log's key, {vkey}")]
    UnknownLog {
        /// The log's key.
        vkey: String,
    },
    /// Status 403.
    #[error(
        "it does not take the log's signature (403): it has another key for this log; its operator should have {vkey}"
    )]
    Signature {
        /// The log's key.
        vkey: String,
    },
    /// Status 400.
    #[error("it calls the request malformed (400): it may not speak C2SP tlog-witness; check its address")]
    Malformed,
    /// Status 422, and nothing proves why.
    #[error(
        "it says that this head does not continue the one that it has cosigned (422): the log may have two histories. \
         It shows no checkpoint that proves it; ask its operator for the one that it cosigned last, and compare with \
         `quorate audit --against FILE`"
    )]
    Refused,
    /// Status 409 with a larger size, and nothing proves it.
    #[error(
        "it says that it has cosigned {size} entries of this log, and there are {here} here: this store may be an older \
         copy, and going on would fork the log. It shows no checkpoint that proves it; ask its operator for the one that \
         it cosigned last, and compare with `quorate audit --against FILE`"
    )]
    Ahead {
        /// What it says.
        size: u64,
        /// What is here.
        here: u64,
    },
    /// The log has signed more than the store has.
    #[error(
        "it has a checkpoint of {} entries under the log's own signature, and there are {here} here: this store is an \
         older copy, and going on would fork the log", .proof.head.size
    )]
    Newer {
        /// The checkpoint.
        proof: Proof,
        /// What is here.
        here: u64,
    },
    /// The log has signed another root.
    #[error(
        "it has a checkpoint of {} entries under the log's own signature, whose root is not this store's: the log has two \
         histories", .0.head.size
    )]
    TwoHistories(Proof),
    /// Status 409 with no entries, where the head must be confirmed.
    #[error(
        "it has never seen this log, so it cannot say whether this copy is the newest; it is shown the log once the \
         agreement takes statements again"
    )]
    NeverSeen,
    /// It had seen this log, and the restored copy has no cosignature by it.
    #[error(
        "it has cosigned this log before, but the copy has no cosignature by it: somebody may have shown it this head \
         from the same copy, so it cannot say whether that is the newest; it is asked again once the agreement takes \
         statements"
    )]
    NotInCopy,
    /// It named a size with every answer, and never took it.
    #[error(
        "it answers each time with another size, last {size}, and takes none: its operator should look at it"
    )]
    Loop {
        /// The size named last.
        size: u64,
    },
    /// Status 429 or 5xx.
    #[error("it cannot answer now (status {0}): try again later")]
    Later(u16),
    /// Another status.
    #[error("it answers with the status {0}, which no witness gives: check its address")]
    Status(u16),
    /// What came is not what the specification says.
    #[error("its answer is not one of a witness: {0}; check its address")]
    Garbage(String),
    /// A cosignature by its key that is not of this checkpoint.
    #[error("it gave a cosignature that is not of this checkpoint: {0}")]
    Bad(CosignatureError),
    /// Signatures, but none by the key of the policy.
    #[error("it gave no cosignature by the key that the policy names, {key}: it signs with another key")]
    OtherKey {
        /// The key.
        key: String,
    },
    /// A time that cannot be.
    #[error(
        "it says that it cosigned at {at}, and here it is {now}, more than {slack} apart: its clock or this one is wrong, \
         and such a cosignature would say false times of entries; it was not kept"
    )]
    Clock {
        /// What it says.
        at: Instant,
        /// The clock here.
        now: Instant,
        /// What is allowed.
        slack: Span,
    },
    /// The log went on before the witness signed.
    #[error(
        "it cosigned at {at}, after the next entry was written at {next}: too late for this head; ask again"
    )]
    Overtaken {
        /// When it signed.
        at: Instant,
        /// The time of the next entry.
        next: Instant,
    },
    /// It has seen what the store has got meanwhile.
    #[error("it has cosigned a newer head of this log already, which is here now: ask again")]
    Meanwhile,
    /// The store could not prove growth.
    #[error("the store gives no proof for it: {0}; run `quorate audit`")]
    Tree(String),
    /// Something failed here.
    #[error("it was not asked: {0}")]
    Broken(String),
}

impl Answer {
    pub(super) fn broken(witness: &PolicyWitness, why: &str) -> Self {
        let outcome = Err(Fault::Broken(why.to_owned()));
        Self { witness: witness.clone(), outcome, took: Duration::ZERO }
    }
}

impl Fault {
    /// What proves that the log has forked, or will once somebody adds to this store.
    pub fn proof(&self) -> Option<&Proof> {
        match self {
            Self::Newer { proof, .. } | Self::TwoHistories(proof) => Some(proof),
            _ => None,
        }
    }

    /// Whether the witness says, without proof, that the log went on or otherwise than the store has it. Anybody can say so.
    pub fn claims(&self) -> bool {
        matches!(self, Self::Refused | Self::Ahead { .. })
    }

    /// Whether the witness says so, with or without proof.
    pub fn contradicts(&self) -> bool {
        self.proof().is_some() || self.claims()
    }
}
