//! Following an agreement: what every task that does so has in common.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::watch;

use super::desk::Desk;
use crate::engine::State;
use crate::registry::{Published, Registry};
use crate::values::Digest;

/// The longest sleep: a machine's clock may be set meanwhile.
const LONGEST_SLEEP: u64 = 60;

/// An agreement that a task follows as long as it is served. The task keeps nothing alive while it waits.
pub(super) struct Followed {
    desk: Weak<Desk>,
    anchor: Digest,
    growth: watch::Receiver<u64>,
}

impl Followed {
    /// `None` where it is not served.
    pub(super) fn new(desk: Weak<Desk>, anchor: Digest) -> Option<Self> {
        let growth = desk.upgrade()?.registry.growth(&anchor)?;
        Some(Self { desk, anchor, growth })
    }

    /// The agreement as it is published now; `None` once it is served no more.
    pub(super) fn now(&mut self) -> Option<(Arc<Desk>, Arc<Published>)> {
        let desk = self.desk.upgrade()?;
        // Before it is looked at: what comes in between is looked at again.
        self.growth.borrow_and_update();
        let published = desk.registry.agreement(&self.anchor)?;
        Some((desk, published))
    }

    /// Waits until it has grown since [`now`](Self::now); `None` once it never will again.
    pub(super) async fn growth(&mut self) -> Option<()> {
        self.growth.changed().await.ok()
    }

    /// The same, for this time at most.
    pub(super) async fn growth_within(&mut self, most: Duration) -> Option<()> {
        tokio::time::timeout(most, self.growth()).await.unwrap_or(Some(()))
    }
}

/// How long nothing happens by itself.
pub(super) fn until_next(registry: &Registry, state: &State) -> Duration {
    let now = registry.now();
    let due = state.next_due().map_or(LONGEST_SLEEP, |due| due.moment.at.since(now).seconds());
    // What is due after an instant, and not at it, is due in the second that follows.
    Duration::from_secs(due.clamp(1, LONGEST_SLEEP))
}
