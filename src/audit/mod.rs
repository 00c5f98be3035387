//! Replaying a log from any source, with no trust in whoever keeps it, and listing what is wrong.
//!
//! The way of an audit: a [`Source`] gives the checkpoint and the entries; every entry is parsed and
//! its signatures checked, on every core; the tree is built and compared with the checkpoint; the
//! [`crate::engine`] replays. The registry opens an agreement in the same way, so what is served
//! has passed what an auditor runs.
//!
//! An audit does not show that the log is complete or the newest: whoever keeps it may withhold its
//! tail. Receipts, later statements and other people's checkpoints show that; `docs/attacks.md`.

mod bounds;
mod certificate;
mod finding;
mod found;
mod held;
mod history;
mod past;
mod refused;
mod replay;
mod report;
mod roots;
mod signed;
mod source;
mod subtrees;
mod times;

pub use certificate::{
    Certificate, CertificateError, GatherError, NotCertified, Witnessed, may_certify, shown_until, witnessed,
};
pub use finding::{Finding, Place};
pub use past::replay_until;
pub use refused::Verdict;
pub use report::{Report, audit, audit_against};
pub use signed::signed_head;
pub use source::{Checkpoints, Entries, Source, SourceError, StoreSource};
pub use times::{Between, Late, LateEntry, SLACK, Times};
