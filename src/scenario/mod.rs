//! Agreements played in memory: a workflow's scenarios, and the stage that they and the tests play on.
//!
//! A [`Stage`] is a real [`crate::registry::Registry`] over a store of the caller's choice, with a simulated clock
//! and a key for every officer and panelist. It signs and submits like anybody else, so what it shows is
//! what the product does. It decides nothing.

mod stage;
mod verbs;

pub use stage::{LOG_NAME, Stage, StageError, log_seed, public, sign_with};
