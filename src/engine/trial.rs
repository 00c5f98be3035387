//! A ballot on which votes are tried, one after another: what it would come to with each. Its table goes along with the votes, as
//! counting all of them anew takes long where there are thousands of ways to vote.

use std::borrow::Cow;

use super::ballot::{BallotRun, Cast, chosen, outcome};
use super::clock::Moment;
use super::count::Table;
use super::panel::Done;
use crate::values::Id;
use crate::workflow::model::Ballot;

/// A ballot with the votes that are tried.
#[derive(Debug, Clone)]
pub struct Trial<'b> {
    run: BallotRun,
    ballot: &'b Ballot,
    table: Table,
}

impl<'b> Trial<'b> {
    /// The ballot as it is; `None` where its workflow does not know it.
    pub fn of(run: &'b BallotRun) -> Option<Self> {
        let ballot = run.rules()?;
        Some(Self { run: run.clone(), ballot, table: run.table(ballot) })
    }

    /// Gives a seat this vote instead of the one that it has, or takes that.
    pub fn give(&mut self, seat: &Id, choice: Option<&Id>) {
        let had = match choice {
            None => self.run.votes.remove(seat),
            Some(choice) => {
                let done = Done { at: self.run.opened, entry: 0 };
                self.run.votes.insert(seat.clone(), Cast { choice: choice.clone(), done })
            }
        };
        // Whom the table does not count by this vote, it does not count by another.
        if !self.run.counts(seat) || self.run.obliged.contains_key(seat) {
            return;
        }
        if let Some(elector) = self.run.electors.get(seat) {
            let had = had.as_ref().map(|cast| &cast.choice);
            self.table.shift(&elector.standing, 1, (had, choice));
        }
    }

    /// The ballot with the votes that it has now.
    pub fn run(&self) -> &BallotRun {
        &self.run
    }

    /// Whether these votes end its window, as [`BallotRun::closes_early`].
    pub fn closes_early(&self) -> bool {
        self.run.closes_early_by(self.ballot, Moment::of(self.run.opened), || Cow::Borrowed(&self.table))
    }

    /// What these votes come to by the rules in force, as [`outcome`].
    pub fn outcome(&self) -> Id {
        outcome(self.ballot, &self.table, self.run.eased)
    }

    /// Whom they choose with this outcome.
    pub fn chosen(&self, outcome: &Id) -> Option<Id> {
        chosen(self.ballot, &self.table, outcome)
    }

    /// What rules count of these votes.
    pub fn table(&self) -> &Table {
        &self.table
    }
}
