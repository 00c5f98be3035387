//! A witness: it cosigns the heads of other people's logs, each only as the continuation of the one before.
//!
//! C2SP tlog-witness, to the letter. What it promises: of one log it never signs two heads that cannot both be true,
//! whatever it is sent, however often it is killed, and nothing that it has not made durable before. It does not
//! read entries, and does not say that they are good or were shown to anybody.
//!
//! | file | does |
//! |---|---|
//! | [`logs`] | which logs it serves, by which keys |
//! | [`judge`] | a request, and the head cosigned last, give an answer; pure |
//! | [`state`] | the head cosigned last of every log: compared and set in one place, durable before it is told |
//! | [`evidence`] | signed notes that may convict a log |
//! | [`serve`] | HTTP: translates, never decides |
//! | [`folder`] | where all that is |

mod desk;
mod error;
pub mod evidence;
pub mod folder;
pub mod judge;
pub mod logs;
pub mod serve;
pub mod state;

pub use error::WitnessError;
pub use evidence::Evidence;
pub use folder::WitnessDir;
pub use judge::{Refused, Submission};
pub use logs::{Logs, LogsError};
pub use serve::{Limits, Witness, run};
pub use state::{Disk, Remembered, State};
