//! A checked workflow, as the engine runs it. Every name in it resolves; every rule is well formed.
//!
//! Lists keep the order of the file: the first step that applies wins, the first outcome whose rule
//! holds is the outcome, and people see grants in the order in which the parties wrote them.

mod access;
mod ballot;
mod condition;
mod grant;
mod people;
mod procedure;
mod rule;

pub use access::*;
pub use ballot::*;
pub use condition::*;
pub use grant::*;
pub use people::*;
pub use procedure::*;
pub use rule::*;

use std::sync::Arc;

use super::invariant::Invariant;
use crate::values::{Calendar, Digest};

/// A workflow in language 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    /// The SHA-256 of the exact text: what statements name.
    pub digest: Digest,
    /// The title, in words.
    pub title: String,
    /// Whether a real contract hangs on it.
    pub nature: Nature,
    /// The contract it puts into practice, which prevails over it.
    pub contract: Contract,
    /// The choices that are the authors' own: places listed in `ours`, and every `reading`.
    pub readings: Vec<Reading>,
    /// Who may read the agreement.
    pub access: Access,
    /// Documents that fewer may read; only where access is restricted.
    pub tiers: Vec<Tier>,
    /// Which days are business days, where it counts any.
    pub calendar: Option<Arc<Calendar>>,
    /// Who contracts.
    pub parties: Vec<Office>,
    /// Offices outside both parties and panels, such as an appointing authority.
    pub roles: Vec<Office>,
    /// The bodies of seats.
    pub panels: Vec<Panel>,
    /// The named facts that steps emit.
    pub events: Vec<Event>,
    /// The state machines.
    pub procedures: Vec<Procedure>,
    /// The ballots.
    pub ballots: Vec<Ballot>,
    /// The rights and terms.
    pub grants: Vec<Grant>,
    /// What must be so whatever anybody does.
    pub invariants: Vec<Invariant>,
}

/// `nature`: printed on every output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// A study of a contract; binds nobody.
    Specimen,
    /// The parties mean it.
    Live,
}

/// `contract`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// The digest of the contract's text that the workflow was written for; the opening statement
    /// names the same one.
    pub digest: Digest,
    /// Where its words can be read.
    pub source: Option<String>,
}

/// A choice that is the authors' and not the contract's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The place in the workflow: `ballot.finding` or `grant.research-ip`.
    pub place: String,
    /// The reason in words; absent where `ours` lists the place without one.
    pub text: Option<String>,
}
