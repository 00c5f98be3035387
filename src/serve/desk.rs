//! What every request needs.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Semaphore;

use super::feed::{self, Feed};
use super::metrics::Metrics;
use super::problem::Problem;
use super::rate::Rates;
use super::{Export, Hooks, Limits, Service, mirror};
use crate::registry::{Published, Registry};
use crate::statement::RawKey;
use crate::values::{Digest, Id};

/// How many replays of the past run at a time: one core each.
const REPLAYS: usize = 2;

/// The agreements, and who follows them.
pub(super) struct Desk {
    pub(super) registry: Registry,
    pub(super) openings: bool,
    pub(super) limits: Limits,
    hooks: Hooks,
    export: Option<Export>,
    /// Room for submissions.
    pub(super) room: Semaphore,
    /// Room for replays of the past.
    pub(super) past: Semaphore,
    /// The proxies that are believed whom they speak for.
    pub(super) proxies: Vec<IpAddr>,
    /// How often an address asks.
    pub(super) asks: Rates<IpAddr>,
    /// How often an address submits.
    pub(super) submits: Rates<IpAddr>,
    /// How often a key signs.
    pub(super) signs: Rates<RawKey>,
    /// What is counted.
    pub(super) metrics: Arc<Metrics>,
    feeds: RwLock<BTreeMap<Id, Arc<Feed>>>,
}

/// One agreement as it is published now.
pub(super) struct Found {
    pub(super) feed: Arc<Feed>,
    pub(super) published: Arc<Published>,
}

impl Desk {
    pub(super) fn new(service: Service) -> Self {
        let Service { registry, openings, limits, hooks, export, proxies, metrics: _ } = service;
        let (room, past) = (Semaphore::new(limits.submissions), Semaphore::new(REPLAYS));
        let (asks, submits) = (Rates::new(limits.requests), Rates::new(limits.submitted));
        let (signs, metrics) = (Rates::new(limits.statements), Arc::new(Metrics::new()));
        let told = Arc::clone(&metrics);
        registry.watch_flushes(move |statements, took| told.flushed(statements, took));
        let feeds = RwLock::default();
        Self {
            registry,
            openings,
            limits,
            hooks,
            export,
            room,
            past,
            proxies,
            asks,
            submits,
            signs,
            metrics,
            feeds,
        }
    }

    /// Follows every agreement that nobody follows yet.
    pub(super) fn follow_all(self: &Arc<Self>) {
        for (anchor, name) in self.registry.agreements() {
            self.follow(anchor, name);
        }
    }

    fn follow(self: &Arc<Self>, anchor: Digest, name: Id) {
        let mut feeds = self.feeds.write().unwrap_or_else(PoisonError::into_inner);
        feeds.entry(name.clone()).or_insert_with(|| {
            self.hooks.follow(self, anchor, &name);
            if let Some(export) = &self.export {
                mirror::compare(self, export, &anchor, &name);
                tokio::spawn(mirror::mirror(Arc::downgrade(self), export.clone(), anchor, name));
            }
            let feed = Arc::new(Feed::new(anchor));
            tokio::spawn(feed::follow(Arc::downgrade(self), Arc::clone(&feed)));
            feed
        });
    }

    /// The agreement of this name.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn find(&self, name: &str) -> Result<Found, Problem> {
        let feeds = self.feeds.read().unwrap_or_else(PoisonError::into_inner);
        let feed = name.parse().ok().and_then(|name: Id| feeds.get(&name).cloned());
        drop(feeds);
        let found = feed.and_then(|feed| {
            let published = self.registry.agreement(&feed.anchor)?;
            Some(Found { feed, published })
        });
        found.ok_or_else(Problem::no_agreement)
    }

    /// The names of all agreements.
    pub(super) fn names(&self) -> Vec<Id> {
        self.feeds.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}
