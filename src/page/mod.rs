//! Web pages: what is told of an agreement, for people with a browser.
//!
//! Each page is a function of a state and a time, as a report is: it decides and counts nothing. Its words are those of
//! `view`, so that the command line, the interface for programs and the page say the same. Pages are whole without
//! JavaScript; where there is some, `page.js` renews what is marked `data-live` as the record grows, and `check.js` checks
//! the record in the browser.
//!
//! | file | does |
//! |---|---|
//! | `layout`, `problem` | what stands around every page; what goes wrong |
//! | `parts` | times, links, tables |
//! | `agreements`, `agreement`, `grants` | the list; one agreement; what is in force, and the story of one grant |
//! | `case`, `timeline`, `ballot`, `bars`, `panel` | a case, what happened in it, its ballots and their drawing, its panel |
//! | `record`, `entry` | the log, and one entry of it |
//! | `workflow` | the workflow, as a picture and in words |
//! | `check` | the panel with which a reader checks the record |
//! | `sign_in` | where a reader shows whose key they have |
//! | `programs` | the interface for programs, described |
//! | `badge` | a status as a small picture, for other people's pages |
//! | `assets` | the style, the scripts and the sign, under names that change with what they hold |

mod agreement;
mod agreements;
pub mod assets;
mod badge;
mod ballot;
mod bars;
mod case;
mod check;
mod entry;
mod grants;
mod layout;
mod panel;
mod parts;
mod problem;
mod programs;
mod record;
mod sign_in;
mod timeline;
mod workflow;

use crate::engine::State;
use crate::log::Head;
use crate::store::ReadOnly;
use crate::values::{Id, Instant};
use crate::view::workflow_at;
use crate::workflow::Workflow;

pub use agreement::agreement;
pub use agreements::agreements;
pub use badge::badge;
pub use case::case;
pub use entry::{Shown, Signed, entry};
pub use grants::grant;
pub use problem::problem;
pub use programs::programs;
pub use record::{Line, PAGE, record};
pub use sign_in::sign_in;
pub use workflow::workflow;

/// A page without the words as of when it tells, which come first in it and go on: the same where nothing else has changed.
pub fn without_as_of(page: &str, at: Instant) -> String {
    page.replacen(&layout::as_of(at).0, "", 1)
}

/// The agreement that a page is about, as it is now.
#[derive(Debug)]
pub struct About<'a> {
    /// Its state, with everything that time alone has brought by `at`.
    pub state: &'a State,
    /// The head of its log.
    pub head: Head,
    /// The time as of which the page tells.
    pub at: Instant,
    /// Why nothing may be added to it, where that is so.
    pub read_only: Option<ReadOnly>,
}

impl About<'_> {
    fn name(&self) -> &Id {
        &self.state.agreement.name
    }

    fn workflow(&self) -> &Workflow {
        workflow_at(self.state, self.at)
    }

    /// The address of a page of this agreement: `page("/entries/3")`.
    fn page(&self, rest: &str) -> String {
        format!("/agreements/{}{rest}", self.name())
    }

    /// The address of what programs are told of it.
    fn interface(&self, rest: &str) -> String {
        format!("/v1/agreements/{}{rest}", self.name())
    }

    /// The address of its log's files.
    fn log(&self, rest: &str) -> String {
        format!("/a/{}{rest}", self.name())
    }
}
