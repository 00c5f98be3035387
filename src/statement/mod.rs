//! What people sign, and how: statements, envelopes, entries, keys and signatures.
//!
//! A [`Statement`] is a JSON text whose exact bytes are signed; an [`Envelope`] is that text with its
//! signatures; an [`Entry`] is an admitted envelope with the log's time, and the leaf of the tree; what is not
//! admitted is [`Refused`], in a note that the log signs.
//!
//! This room says whether a signature is a key's. Whose key it is, and what that person may say, is the
//! engine's to judge.

pub mod amend;
pub mod blob;
pub mod body;
pub mod commitment;
pub mod entry;
pub mod envelope;
mod exact;
mod json;
pub mod key;
pub mod refs;
pub mod refused;
pub mod request;
pub mod sshsig;
pub(crate) mod sshwire;
mod typed;
pub mod wire;

pub use amend::{Amend, CaseFate, GrantFate};
pub use blob::Blob;
pub use body::{
    AcceptSeat, Act, Attachments, Body, Commit, Disclose, Header, LogIdentity, Nominate, Open, Reaffirm,
    Recuse, ReplaceKey, Replacement, Reveal, RosterLine, Statement, StepDown, Vote, attachments,
};
pub use commitment::{Commitment, Salt};
pub use entry::{Entry, EntryError, TooLong};
pub use envelope::{Checked, Envelope, EnvelopeError, Signature};
pub use exact::FormatError;
pub use json::JsonError;
pub use key::{KeyError, PublicKey, RawKey};
pub use refs::{AgreementRef, BallotRef, By, CaseRef, HolderRef};
pub use refused::{Refused, RefusedError};
pub use sshsig::SignatureError;
pub use typed::FieldError;
pub use wire::StatementError;

#[cfg(test)]
mod samples;
