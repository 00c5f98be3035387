//! Quorate: contractual determinations by expert panels.
//!
//! The rooms, from the ground up; a lower one never imports an upper one:
//! [`values`] → [`log`], [`workflow`], [`net`] → [`statement`] → [`engine`], [`store`] → [`report`], [`view`] → [`page`], [`audit`] → [`registry`] → [`cosign`], [`witness`],
//! [`signer`], [`scenario`] → [`explore`], [`serve`] → [`cli`]. Which imports which, and why: `docs/design.md`; `tests/rooms.rs` checks it.

pub mod audit;
pub mod cli;
pub mod cosign;
pub mod engine;
pub mod explore;
pub mod export;
pub mod log;
pub mod net;
pub mod page;
pub mod registry;
pub mod report;
pub mod scenario;
pub mod serve;
pub mod signer;
pub mod statement;
pub mod store;
pub mod values;
pub mod view;
pub mod witness;
pub mod workflow;
