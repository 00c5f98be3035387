//! The pure state machine: a state and an entry give the next state, or a refusal.
//!
//! No I/O, no clock, no floats, no unordered iteration: the same entries give the same state on any
//! machine. Timers are functions of the entries' times and of the time asked for ([`State::at`]).
//! The engine does not check signatures (a [`crate::statement::Checked`] has passed that) and does
//! not know how the log is stored.
//!
//! The way of an entry: [`State::admit`] lets time pass ([`mod@clock`]), judges the statement
//! ([`mod@admit`]) and takes over what follows (`change`).

pub mod access;
pub mod admit;
pub mod amend;
pub mod around;
pub mod ballot;
pub mod case;
mod change;
pub mod clock;
pub mod count;
pub mod course;
pub mod documents;
pub mod event;
pub mod evidence;
pub mod filings;
pub mod holders;
pub mod in_force;
pub mod licence;
pub mod margin;
pub mod outlook;
pub mod panel;
pub mod paper;
pub mod possible;
pub mod refusal;
pub mod sealed;
pub mod state;
mod subject;
mod suppose;
pub mod suspension;
mod timeline;
pub mod trial;
pub mod window;

pub use admit::Heads;
pub use refusal::Refusal;
pub use state::State;
