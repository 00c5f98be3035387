//! What people sign, and how: statements, envelopes, entries, keys and signatures.
//!
//! A [`Statement`] is a JSON text whose exact bytes are signed; an envelope is that text with its
//! signatures; an entry is an admitted envelope with the log's time, and the leaf of the tree.

pub mod body;
pub mod key;
pub mod refs;

pub use body::{
    AcceptSeat, Act, Body, Disclose, Header, LogIdentity, Nominate, Open, Reaffirm, Recuse, ReplaceKey,
    Replacement, RosterLine, Statement, StepDown, Vote,
};
pub use key::{PublicKey, RawKey};
pub use refs::{AgreementRef, BallotRef, By, CaseRef, HolderRef};
mod stub;
pub use stub::Checked;
